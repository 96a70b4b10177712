package differential

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing/iotest"
	"time"
	"unsafe"
)

const deepest = 4 // Pointers, slices and maps within each other.

// unsupported is the panic of a generator that cannot make a value.
type unsupported struct{ why string }

// A source makes values of any type for one call; the same ones for the same seed.
type source struct {
	Function
	version int
	seed    uint64
	rand    *rand.Rand

	mu      sync.Mutex
	calls   []string
	sent    []reflect.Value
	written bytes.Buffer
	flush   []*bufio.Writer
}

func newSource(f Function, version int, seed uint64) *source {
	return (&source{Function: f, version: version, seed: seed}).renewed(1)
}

// renewed is a source of other values, which has recorded nothing.
func (s *source) renewed(stream uint64) *source {
	numbers := rand.New(rand.NewPCG(s.seed, stream))
	return &source{Function: s.Function, version: s.version, seed: s.seed, rand: numbers}
}

// finish adds what was sent on generated channels, and is in buffers, to the calls.
func (s *source) finish() {
	for _, channel := range s.sent {
		for value, ok := channel.TryRecv(); ok; value, ok = channel.TryRecv() {
			s.called("sent %s", show(value, nil, 0))
		}
	}
	for _, w := range s.flush {
		w.Flush()
	}
	if s.written.Len() > 0 {
		s.called("written %q", s.written.String())
	}
}

func (s *source) called(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
}

func (s *source) oneIn(n int) bool { return s.rand.IntN(n) == 0 }

var fragments = []string{
	"", "a", " ", "é世界", "\xff\xfe", "\x00", "%d%!", "<é>&\u2028", "\"q\\`", ",", ";", ": ", "=", "\n", "\t", "12", "-7", "1.5",
	"9223372036854775808", "key=value", "a,b", "😀\U0010ffff", "A b", "{", "}", "{}", "null", "/", ".", "-", "Z",
	`{"name": "é", "n": 1.5}`, `[1, "a"]`, strings.Repeat("long ", 20),
}

func (s *source) text() string {
	var b strings.Builder
	for range 1 + s.rand.IntN(4) {
		b.WriteString(fragments[s.rand.IntN(len(fragments))])
	}
	return b.String()
}

// number is one of the edges of a kind, small, or anything.
func (s *source) number(bits, depth int) uint64 {
	switch {
	case depth == 0 && s.Goroutines:
		return uint64(1 + s.rand.IntN(20))
	case depth == 0 && s.Sizes:
		return uint64(s.rand.IntN(60) - 4)
	case s.oneIn(3):
		edges := []uint64{0, 1, 9, 10, 99, 100, 255, 256, math.MaxUint64, 1 << (bits - 1), 1<<(bits-1) - 1}
		return edges[s.rand.IntN(len(edges))]
	case s.oneIn(2):
		return uint64(s.rand.IntN(250) - 100)
	}
	return s.rand.Uint64()
}

func (s *source) float() float64 {
	edges := []float64{
		0, math.Copysign(0, -1), 1, -1.005, 0.1, 1e20, 1e21, 1e-7, math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(),
		math.Inf(1), math.Inf(-1), 1 << 53,
	}
	if s.oneIn(2) {
		return edges[s.rand.IntN(len(edges))]
	}
	return (s.rand.Float64() - 0.5) * math.Pow10(s.rand.IntN(24)-8)
}

func (s *source) length() int {
	if s.oneIn(12) {
		return 40
	}
	return s.rand.IntN(6)
}

var makers = map[reflect.Type]func(*source) any{
	reflect.TypeFor[*bufio.Reader](): func(s *source) any { return bufio.NewReader(strings.NewReader(s.text())) },
	reflect.TypeFor[*bufio.Writer](): func(s *source) any {
		s.flush = append(s.flush, bufio.NewWriterSize(&s.written, 16+s.rand.IntN(40)))
		return s.flush[len(s.flush)-1]
	},
	reflect.TypeFor[*bytes.Buffer](): func(s *source) any { return bytes.NewBufferString(s.text()) },
	reflect.TypeFor[*http.Request](): func(s *source) any { return httptest.NewRequest("GET", "/a?b=c", strings.NewReader(s.text())) },
	reflect.TypeFor[*strings.Builder](): func(s *source) any {
		b := new(strings.Builder)
		b.WriteString(s.text())
		return b
	},
	reflect.TypeFor[context.Context](): func(s *source) any {
		return context.WithValue(context.Background(), reflect.TypeFor[source](), s.text())
	},
	reflect.TypeFor[error](): func(s *source) any {
		return []error{nil, io.EOF, errors.New(s.text()), fmt.Errorf("wrapped: %w", io.ErrUnexpectedEOF)}[s.rand.IntN(4)]
	},
	reflect.TypeFor[fmt.Stringer]():        func(s *source) any { return time.Duration(s.number(64, 1)) },
	reflect.TypeFor[http.Handler]():        func(*source) any { return http.NotFoundHandler() },
	reflect.TypeFor[http.ResponseWriter](): func(*source) any { return httptest.NewRecorder() },
	reflect.TypeFor[io.Closer]():           func(s *source) any { return io.NopCloser(strings.NewReader("")) },
	reflect.TypeFor[io.Reader](): func(s *source) any {
		if s.oneIn(3) {
			return iotest.OneByteReader(strings.NewReader(s.text()))
		}
		return strings.NewReader(s.text())
	},
	reflect.TypeFor[io.Writer]():     func(s *source) any { return &writer{source: s, room: s.rand.IntN(400)} },
	reflect.TypeFor[time.Duration](): func(s *source) any { return time.Duration(s.rand.IntN(1000) - 10) },
	reflect.TypeFor[time.Time](): func(s *source) any {
		return time.Unix(int64(s.rand.IntN(1<<34)), int64(s.rand.IntN(1e9))).UTC()
	},
}

// value makes a value of a type; depth counts what it is within.
func (s *source) value(t reflect.Type, depth int) reflect.Value {
	made := reflect.New(t).Elem()
	if constructors := s.constructors(t); depth < 2 && len(constructors) > 0 && !s.oneIn(3) {
		return s.constructed(constructors[s.rand.IntN(len(constructors))], depth)
	}
	if maker, ok := makers[t]; ok {
		if value := maker(s); value != nil {
			made.Set(reflect.ValueOf(value))
		}
		return made
	}
	switch t.Kind() {
	case reflect.Bool:
		made.SetBool(s.oneIn(2))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		made.SetInt(reflect.ValueOf(int64(s.number(t.Bits(), depth))).Convert(t).Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		made.SetUint(reflect.ValueOf(s.number(t.Bits(), depth)).Convert(t).Uint())
	case reflect.Float32, reflect.Float64:
		made.SetFloat(s.float())
	case reflect.String:
		made.SetString(s.text())
	case reflect.Array:
		for i := range t.Len() {
			made.Index(i).Set(s.value(t.Elem(), depth+1))
		}
	case reflect.Slice:
		s.slice(made, depth)
	case reflect.Map:
		s.mapping(made, depth)
	case reflect.Pointer:
		if depth > deepest || !s.Goroutines && s.oneIn(8) {
			break
		}
		made.Set(reflect.New(t.Elem()))
		made.Elem().Set(s.value(t.Elem(), depth+1))
	case reflect.Struct:
		s.structure(made, depth)
	case reflect.Func:
		made.Set(s.function(t))
	case reflect.Interface:
		s.boxed(made, depth)
	case reflect.Chan:
		made.Set(s.channel(t, depth))
	default:
		panic(unsupported{"no " + t.String() + " can be made"})
	}
	return made
}

// constructors are the functions of the package that return one value, of a type that is a context or has hidden fields.
func (s *source) constructors(t reflect.Type) []reflect.Value {
	hidden := t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct && t.Elem().Name() != ""
	if t != reflect.TypeFor[context.Context]() && !hidden {
		return nil
	}
	own := s.Versions[s.version].Functions
	var found []reflect.Value
	for _, name := range slices.Sorted(maps.Keys(own)) {
		one := reflect.TypeOf(own[name])
		if one.NumOut() == 1 && one.Out(0) == t && name != s.Name && !strings.HasPrefix(name, "(") {
			found = append(found, reflect.ValueOf(own[name]))
		}
	}
	return found
}

func (s *source) constructed(constructor reflect.Value, depth int) reflect.Value {
	given := make([]reflect.Value, constructor.Type().NumIn())
	for i := range given {
		given[i] = s.value(constructor.Type().In(i), depth+1)
	}
	results, panicked := apply(constructor, given)
	if panicked != "" {
		return reflect.Zero(constructor.Type().Out(0))
	}
	return results[0]
}

func (s *source) slice(made reflect.Value, depth int) {
	t := made.Type()
	if s.oneIn(8) {
		return
	}
	if t.Elem().Kind() == reflect.Uint8 {
		made.Set(reflect.ValueOf([]byte(s.text())).Convert(t))
		return
	}
	length := s.length()
	if depth > deepest {
		length = 0
	}
	made.Set(reflect.MakeSlice(t, length, length+s.rand.IntN(3)))
	for i := range length {
		made.Index(i).Set(s.value(t.Elem(), depth+1))
	}
}

func (s *source) mapping(made reflect.Value, depth int) {
	t := made.Type()
	if s.oneIn(8) {
		return
	}
	made.Set(reflect.MakeMap(t))
	if depth > deepest {
		return
	}
	for range s.length() {
		made.SetMapIndex(s.value(t.Key(), depth+1), s.value(t.Elem(), depth+1))
	}
}

// structure fills the fields of a struct; one of another package is left zero, as nothing is known of it.
func (s *source) structure(made reflect.Value, depth int) {
	t := made.Type()
	for i := range t.NumField() {
		if field := t.Field(i); t.PkgPath() == "" || strings.HasPrefix(t.PkgPath(), "example.com/") {
			open(made.Field(i)).Set(s.value(field.Type, depth+1))
		}
	}
}

// boxed sets an interface to one of the types of the package that have its methods; one without methods to anything.
func (s *source) boxed(made reflect.Value, depth int) {
	t := made.Type()
	if t.NumMethod() == 0 {
		some := []any{nil, 1, -7.5, true, s.text(), []string{"a", s.text()}, map[string]any{"b": 2, "a": s.text()}, []byte("é")}
		if one := some[s.rand.IntN(len(some))]; one != nil {
			made.Set(reflect.ValueOf(one))
		}
		return
	}
	var fitting []reflect.Type
	for _, one := range s.Versions[s.version].Types {
		if one.Kind() != reflect.Interface && one.Implements(t) {
			fitting = append(fitting, one)
		} else if reflect.PointerTo(one).Implements(t) {
			fitting = append(fitting, reflect.PointerTo(one))
		}
	}
	if len(fitting) == 0 {
		panic(unsupported{"nothing here is a " + t.String()})
	}
	made.Set(s.value(fitting[s.rand.IntN(len(fitting))], depth+1))
}

// channel is full and closed if it can be received from, else it has room for much.
func (s *source) channel(t reflect.Type, depth int) reflect.Value {
	both := reflect.ChanOf(reflect.BothDir, t.Elem())
	if t.ChanDir() == reflect.SendDir {
		s.sent = append(s.sent, reflect.MakeChan(both, 1<<12))
		return s.sent[len(s.sent)-1].Convert(t)
	}
	length := s.length()
	made := reflect.MakeChan(both, length)
	for range length {
		made.Send(s.value(t.Elem(), depth+1))
	}
	made.Close()
	return made.Convert(t)
}

// function records its calls. What it returns depends on its arguments, without any on how often it was called; an
// iterator yields a few values.
func (s *source) function(t reflect.Type) reflect.Value {
	var mu sync.Mutex
	count := uint64(0)
	return reflect.MakeFunc(t, func(given []reflect.Value) []reflect.Value {
		text := showAll(given, nil)
		s.called("func(%s)", text)
		digest := fnv.New64a()
		io.WriteString(digest, text)
		mu.Lock()
		salt := digest.Sum64()
		if len(given) == 0 {
			count++
			salt += count
		}
		mu.Unlock()
		own := s.renewed(salt)
		if len(given) == 1 && isYield(t.In(0)) && !given[0].IsNil() {
			own.iterate(given[0])
		}
		results := make([]reflect.Value, t.NumOut())
		for i := range results {
			results[i] = own.value(t.Out(i), 1)
		}
		return results
	})
}

func isYield(t reflect.Type) bool {
	return t.Kind() == reflect.Func && (t.NumOut() == 0 || t.NumOut() == 1 && t.Out(0).Kind() == reflect.Bool)
}

func (s *source) iterate(yield reflect.Value) {
	for range s.rand.IntN(5) {
		var given []reflect.Value
		for i := range yield.Type().NumIn() {
			given = append(given, s.value(yield.Type().In(i), 1))
		}
		if results := yield.Call(given); len(results) == 1 && !results[0].Bool() {
			return
		}
	}
}

// A writer records what it is given, by whichever method, and fails when it has room for no more.
type writer struct {
	source *source
	room   int
}

func (w *writer) Write(b []byte) (int, error) {
	if w.source.Buffered {
		return w.source.written.Write(b)
	}
	w.source.called("Write(%q)", b)
	if len(b) > w.room {
		return w.room, io.ErrShortWrite
	}
	w.room -= len(b)
	return len(b), nil
}

func (w *writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// open makes a field that is not exported writable.
func open(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}
