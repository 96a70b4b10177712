// Package differential calls two versions of a function with the same generated arguments and compares what they do:
// what they return, what they make of their arguments, what they call, and how they panic.
package differential

import (
	"fmt"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"sync"
)

// A Package is one version of what is compared: its functions and methods by name, and its types.
type Package struct {
	Functions map[string]any
	Types     []reflect.Type
}

// A Function is one function or method in two versions, which both packages have under one name.
type Function struct {
	Name     string
	Versions [2]Package
	// Sizes says that numbers may be sizes and counts, of which large ones take too long.
	Sizes bool
	// Goroutines says that calls of what is passed may come in any order.
	Goroutines bool
	// Buffered says that what is written may be cut in other places.
	Buffered bool
	// Review says that the two may differ where something fails, and where a slice is empty.
	Review bool
}

// A Verdict is what came out. Skipped says why there was no call that could be compared.
type Verdict struct {
	Name                string
	Calls, Returned     int
	Skipped, Difference string
}

const (
	cases   = 150
	workers = 4
)

// Compare calls both versions of a function with the same arguments, one after the other, and the new one from several
// goroutines at once.
func Compare(f Function) (verdict Verdict) {
	verdict.Name = f.Name
	defer func() {
		if reason, ok := recover().(unsupported); ok {
			verdict.Skipped = reason.why
		}
	}()
	after := make([]outcome, cases)
	for seed := range uint64(cases) {
		old := f.call(0, seed)
		after[seed] = f.call(1, seed)
		if old.given != after[seed].given {
			verdict.Skipped = "what it is given has changed"
			return verdict
		}
		if f.Review && old.panicked {
			continue
		}
		verdict.Calls++
		if !old.panicked {
			verdict.Returned++
		}
		if old != after[seed] {
			verdict.Difference = fmt.Sprintf("given %s\nbefore %s\nafter  %s", old.given, old, after[seed])
			return verdict
		}
	}
	var wait sync.WaitGroup
	differences := make([]string, workers)
	for worker := range workers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for seed := uint64(worker); seed < cases; seed += workers {
				if again := f.call(1, seed); again != after[seed] {
					differences[worker] = fmt.Sprintf("given %s\nalone  %s\nbeside others %s", again.given, after[seed], again)
				}
			}
		}()
	}
	wait.Wait()
	verdict.Difference = strings.Join(differences, "")
	return verdict
}

// An outcome is all that can be seen of a call, as text.
type outcome struct {
	given, returned, left, calls string
	panicked                     bool
}

func (o outcome) String() string {
	return fmt.Sprintf("returns %s, leaves %s, calls %s", o.returned, o.left, o.calls)
}

func (f Function) call(version int, seed uint64) (seen outcome) {
	function := reflect.ValueOf(f.Versions[version].Functions[f.Name])
	s := newSource(f, version, seed)
	kind := function.Type()
	given := make([]reflect.Value, kind.NumIn())
	for i := range given {
		given[i] = s.value(kind.In(i), 0)
	}
	seen.given = showAll(given, nil)
	results, panicked := apply(function, given)
	seen.panicked, seen.returned = panicked != "", panicked
	if !seen.panicked {
		seen.returned = f.loosely(showAll(results, s))
	}
	s.finish()
	seen.left = f.loosely(showAll(given, nil))
	if f.Goroutines {
		sort.Strings(s.calls)
	}
	seen.calls = strings.Join(s.calls, "; ")
	return seen
}

// apply calls a function; a panic is a text.
func apply(function reflect.Value, given []reflect.Value) (results []reflect.Value, panicked string) {
	defer func() {
		if value := recover(); value != nil {
			if lacking, ok := value.(unsupported); ok {
				panic(lacking)
			}
			panicked = fmt.Sprint("panic: ", value)
		}
	}()
	if function.Type().IsVariadic() {
		return function.CallSlice(given), ""
	}
	return function.Call(given), ""
}

var errorText = regexp.MustCompile(`\*[\w.]+ error "(?:[^"\\]|\\.)*"`)

// loosely is a text without what may differ where somebody is to look at the change first.
func (f Function) loosely(text string) string {
	if !f.Review {
		return text
	}
	return errorText.ReplaceAllString(strings.ReplaceAll(text, "[]", "nil"), "error")
}
