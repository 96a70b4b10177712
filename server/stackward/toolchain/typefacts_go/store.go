package main

import (
	"container/list"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"runtime"
	"runtime/metrics"
)

const (
	keptUnits = 16
	// keptBytes bounds the source text of the units that are kept. With syntax and types it is some forty times as much.
	keptBytes = 3 << 20
	// keptHeap bounds what all that is kept takes, the imported packages included: near the memory limit the collector
	// would take as much of the processor as we do.
	keptHeap = 160 << 20
	// keptAlways are the units used last that are kept whatever they take: those of two packages with their tests.
	keptAlways = 4
)

// errStale says that a request builds on a load that is no longer kept; the whole unit is to be sent.
var errStale = errors.New("the unit is not kept")

// A load describes a unit: in full, or, where Base is not zero, as it differs from the load with that number.
type load struct {
	Key   string       `json:"key"`
	Base  int          `json:"base"`
	Setup *setup       `json:"setup"` // Nil if it has not changed.
	Files []fileSource `json:"files"`
}

// A setup is what a unit has besides its files.
type setup struct {
	Path         string            `json:"path"`
	GOARCH       string            `json:"goarch"`
	GoVersion    string            `json:"go_version"`
	Goroot       string            `json:"goroot"`
	Standard     bool              `json:"standard"`
	Cgo          bool              `json:"cgo"`
	ImportMap    map[string]string `json:"import_map"`
	PackageFiles map[string]string `json:"package_files"`
}

// A store keeps the units that were asked for last.
type store struct {
	units map[string]*list.Element // Of *unit.
	order *list.List               // The one used last is in front.
}

func newStore() *store {
	return &store{units: map[string]*list.Element{}, order: list.New()}
}

// load returns the unit as it is now. The work is done for what has changed since it was last asked for.
func (s *store) load(version int, asked *load) (*unit, error) {
	old := s.find(asked.Key)
	if asked.Base != 0 && (old == nil || old.version != asked.Base) || asked.Base == 0 && asked.Setup == nil {
		return nil, errStale
	}
	next := &unit{key: asked.Key, version: version, setup: asked.Setup, fset: token.NewFileSet()}
	if next.setup == nil {
		next.setup = old.setup
	}
	if old != nil {
		next.fset = old.fset
	}
	next.sizes = types.SizesFor("gc", next.setup.GOARCH)
	if next.sizes == nil {
		return nil, fmt.Errorf("the type checker knows no GOARCH=%s", next.setup.GOARCH)
	}
	changed, err := next.read(asked.Files, old)
	if err != nil {
		return nil, err
	}
	imports := importsOf(next.setup)
	if old != nil && !changed && next.setup == old.setup && old.shelf.holds(imports) {
		old.version = version
		s.order.MoveToFront(s.units[asked.Key])
		return old, nil
	}
	// Its syntax is the new one's now, so it must not be found if the check fails.
	s.drop(asked.Key)
	next.shelf = s.shelfFor(imports, old)
	next.check()
	s.keep(next)
	return next, nil
}

func (s *store) find(key string) *unit {
	if element, found := s.units[key]; found {
		return element.Value.(*unit)
	}
	return nil
}

func (s *store) keep(one *unit) {
	s.units[one.key] = s.order.PushFront(one)
	count, size := 0, 0
	for element := s.order.Front(); element != nil; {
		kept, next := element.Value.(*unit), element.Next()
		count++
		size += kept.bytes()
		if count > keptAlways && (count > keptUnits || size > keptBytes) {
			s.drop(kept.key)
		}
		element = next
	}
	if s.order.Len() > keptAlways && liveHeap() > keptHeap {
		for s.order.Len() > keptAlways {
			s.drop(s.order.Back().Value.(*unit).key)
		}
		runtime.GC() // So that the next measurement is of what is left.
	}
}

// liveHeap returns how many bytes the last collection found in use.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func (s *store) drop(key string) {
	if element, found := s.units[key]; found {
		s.order.Remove(element)
		delete(s.units, key)
	}
}

// shelfFor finds imported packages that a unit may share with what it was before, or with another that is kept.
func (s *store) shelfFor(imports importSet, old *unit) *shelf {
	if old != nil && old.shelf.admit(imports) {
		return old.shelf
	}
	for element := s.order.Front(); element != nil; element = element.Next() {
		if one := element.Value.(*unit).shelf; one.admit(imports) {
			return one
		}
	}
	return newShelf(imports)
}
