package differential

import (
	"context"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

const depthShown = 8

// showAll is what can be seen of values: nil and empty are told apart, pointers followed. With a source the functions
// among them are called.
func showAll(values []reflect.Value, s *source) string {
	var parts []string
	for _, value := range values {
		parts = append(parts, show(value, s, 0))
	}
	return strings.Join(parts, ", ")
}

func show(v reflect.Value, s *source, depth int) string {
	if !v.IsValid() {
		return "nil"
	}
	if depth > depthShown {
		return "…"
	}
	switch v.Kind() {
	case reflect.Array, reflect.Slice:
		return sequence(v, s, depth)
	case reflect.Map:
		return mapping(v, s, depth)
	case reflect.Struct:
		return structure(v, s, depth)
	case reflect.Pointer, reflect.Interface:
		return behind(v, s, depth)
	case reflect.Func:
		return function(v, s)
	case reflect.Chan:
		return fmt.Sprint("chan that is nil: ", v.IsNil())
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.UnsafePointer:
		return fmt.Sprint("pointer that is nil: ", v.IsNil())
	}
	return v.Kind().String()
}

func sequence(v reflect.Value, s *source, depth int) string {
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			return "nil"
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return "bytes " + strconv.Quote(string(v.Bytes()))
		}
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = show(v.Index(i), s, depth+1)
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func mapping(v reflect.Value, s *source, depth int) string {
	if v.IsNil() {
		return "nil"
	}
	var parts []string
	for entries := v.MapRange(); entries.Next(); {
		parts = append(parts, show(entries.Key(), s, depth+1)+": "+show(entries.Value(), s, depth+1))
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, " ") + "}"
}

func structure(v reflect.Value, s *source, depth int) string {
	t := v.Type()
	if t.PkgPath() == "sync" {
		return t.String() // What is in a pool depends on when the collector runs.
	}
	if t.PkgPath() != "" && !strings.HasPrefix(t.PkgPath(), "example.com/") && v.CanInterface() {
		return foreign(v)
	}
	var parts []string
	for i := range v.NumField() {
		parts = append(parts, show(v.Field(i), s, depth+1))
	}
	return "{" + strings.Join(parts, " ") + "}"
}

// foreign is what another package's type says of itself; what is in its fields is its own business.
func foreign(v reflect.Value) string {
	if v.CanAddr() {
		v = v.Addr()
	}
	switch one := v.Interface().(type) {
	case error:
		return strconv.Quote(one.Error())
	case fmt.Stringer:
		return strconv.Quote(one.String())
	}
	return v.Type().String()
}

func behind(v reflect.Value, s *source, depth int) string {
	if v.IsNil() {
		return "nil"
	}
	switch v.Type() {
	case reflect.TypeFor[*writer](), reflect.TypeFor[context.Context]():
		return "given" // What is in it is the generator's business, or only told to who has the key.
	}
	inner := v.Elem()
	if err, ok := asError(v); ok {
		return fmt.Sprintf("%T error %q", err, err.Error())
	}
	if v.Kind() == reflect.Interface {
		return inner.Type().String() + " " + show(inner, s, depth+1)
	}
	return "&" + show(inner, s, depth+1)
}

func asError(v reflect.Value) (error, bool) {
	if !v.CanInterface() {
		return nil, false
	}
	err, ok := v.Interface().(error)
	return err, ok
}

// function calls a function a few times; without a source it only says whether there is one.
func function(v reflect.Value, s *source) string {
	if v.IsNil() {
		return "nil"
	}
	if s == nil {
		return "func"
	}
	var parts []string
	for range 3 {
		given := make([]reflect.Value, v.Type().NumIn())
		for i := range given {
			given[i] = s.value(v.Type().In(i), 0)
		}
		results, panicked := apply(v, given)
		parts = append(parts, "("+showAll(results, nil)+panicked+")")
	}
	return "func " + strings.Join(parts, " ")
}
