package main

import (
	"go/types"
	"strings"
)

// A typeInfo describes a type. Size, Align, Pointers and PointerShaped are null where they depend on a type parameter or
// the type is invalid, Size and Align also for one that is too large. Elem and Key are numbers in the reply's table.
type typeInfo struct {
	Type          string   `json:"type"`
	Package       string   `json:"package,omitempty"` // The import path of the package that declares it.
	Kind          string   `json:"kind"`
	Size          *int64   `json:"size,omitempty"`
	Align         *int64   `json:"align,omitempty"`
	Pointers      *bool    `json:"pointers,omitempty"`
	PointerShaped *bool    `json:"pointer_shaped,omitempty"`
	Elem          *int     `json:"elem,omitempty"`
	Key           *int     `json:"key,omitempty"`
	Len           *int64   `json:"len,omitempty"`
	Printing      []string `json:"printing,omitempty"` // The methods that fmt asks first.
}

// A typeTable numbers the types that a reply mentions.
type typeTable struct {
	sizes   types.Sizes
	word    int64
	name    types.Qualifier
	infos   []typeInfo
	numbers map[tableKey]int
}

// A tableKey tells apart a type with what it is made of and one without, as types may be made of themselves.
type tableKey struct {
	typ   types.Type
	whole bool
}

func newTypeTable(own *types.Package, sizes types.Sizes) *typeTable {
	name := func(other *types.Package) string {
		if other == own {
			return ""
		}
		return other.Name()
	}
	word := sizes.Sizeof(types.Typ[types.Uintptr])
	return &typeTable{sizes: sizes, word: word, name: name, numbers: map[tableKey]int{}}
}

// number returns the place of a type in the table, with its element and key; nil for none.
func (t *typeTable) number(typ types.Type) *int {
	return t.add(typ, true)
}

func (t *typeTable) add(typ types.Type, whole bool) *int {
	if typ == nil {
		return nil
	}
	key := tableKey{typ, whole}
	if number, found := t.numbers[key]; found {
		return &number
	}
	info := typeInfo{Type: types.TypeString(typ, t.name), Package: declaredIn(typ), Kind: kind(typ)}
	if measurable(typ, nil) {
		has := pointers(typ)
		info.Pointers = &has
		// What does not fit into the address space comes out negative.
		if size, align := t.sizes.Sizeof(typ), t.sizes.Alignof(typ); size >= 0 {
			shaped := t.pointerShaped(typ)
			info.Size, info.Align, info.PointerShaped = &size, &align, &shaped
		}
	}
	if _, basic := typ.Underlying().(*types.Basic); basic && info.Package != "" {
		info.Printing = printing(typ)
	}
	if array, ok := typ.Underlying().(*types.Array); ok && array.Len() >= 0 {
		length := array.Len()
		info.Len = &length
	}
	if whole && !isTypeParam(typ) {
		info.Elem, info.Key = t.parts(typ.Underlying())
	}
	number := len(t.infos)
	t.infos = append(t.infos, info)
	t.numbers[key] = number
	return &number
}

// printing returns the names of the methods of a type's values that package fmt calls (fmt/print.go: handleMethods), also
// where they are of another signature.
func printing(typ types.Type) (names []string) {
	set := types.NewMethodSet(typ)
	for _, name := range []string{"Error", "Format", "String"} {
		if set.Lookup(nil, name) != nil {
			names = append(names, name)
		}
	}
	return names
}

// parts returns the element and the key of a type, which are described before it is.
func (t *typeTable) parts(typ types.Type) (elem, key *int) {
	switch typ := typ.(type) {
	case *types.Map:
		return t.add(typ.Elem(), false), t.add(typ.Key(), false)
	case interface{ Elem() types.Type }: // Array, Chan, Pointer, Slice.
		return t.add(typ.Elem(), false), nil
	}
	return nil, nil
}

// declaredIn returns the import path of the package that declares a named type; it is empty for other types.
func declaredIn(typ types.Type) string {
	if named, ok := types.Unalias(typ).(*types.Named); ok && named.Obj().Pkg() != nil {
		return named.Obj().Pkg().Path()
	}
	return ""
}

func isTypeParam(typ types.Type) bool {
	_, ok := types.Unalias(typ).(*types.TypeParam)
	return ok
}

// isInterface leaves out type parameters, whose underlying type is an interface.
func isInterface(typ types.Type) bool {
	return typ != nil && types.IsInterface(typ) && !isTypeParam(typ)
}

// kind names what a type is underneath.
func kind(typ types.Type) string {
	if isTypeParam(typ) {
		return "type parameter"
	}
	switch under := typ.Underlying().(type) {
	case *types.Basic:
		switch under.Kind() {
		case types.Invalid:
			return "invalid"
		case types.UnsafePointer:
			return "unsafe pointer"
		}
		return types.Typ[under.Kind()].Name() // That of byte is uint8.
	case *types.Array:
		return "array"
	case *types.Chan:
		return "chan"
	case *types.Interface:
		return "interface"
	case *types.Map:
		return "map"
	case *types.Pointer:
		return "pointer"
	case *types.Signature:
		return "func"
	case *types.Slice:
		return "slice"
	case *types.Struct:
		return "struct"
	case *types.Tuple:
		return "tuple"
	}
	return "other"
}

// measurable says whether a type has a size that is known here. In broken code a type may contain itself, which nothing
// that measures it would survive; within are the named types that it is part of.
func measurable(typ types.Type, within []*types.Named) bool {
	typ = types.Unalias(typ)
	if named, ok := typ.(*types.Named); ok {
		for _, outer := range within {
			if outer == named || outer.Origin() == named.Origin() && len(within) > 100 {
				return false
			}
		}
		within = append(within, named)
	}
	if isTypeParam(typ) {
		return false
	}
	switch under := typ.Underlying().(type) {
	case *types.Basic:
		return under.Kind() != types.Invalid && under.Info()&types.IsUntyped == 0
	case *types.Array:
		return under.Len() >= 0 && measurable(under.Elem(), within)
	case *types.Struct:
		for field := range fields(under) {
			if !measurable(field.Type(), within) {
				return false
			}
		}
	case *types.Tuple:
		return false
	}
	return true
}

// pointers says whether the collector has to look into values of a type, which must be measurable.
func pointers(typ types.Type) bool {
	switch under := typ.Underlying().(type) {
	case *types.Basic:
		return under.Kind() == types.UnsafePointer || under.Kind() == types.String
	case *types.Array:
		return under.Len() > 0 && pointers(under.Elem())
	case *types.Struct:
		for field := range fields(under) {
			if pointers(field.Type()) {
				return true
			}
		}
		return false
	case *types.Pointer:
		return !measurable(under.Elem(), nil) || !notInHeap(under.Elem())
	}
	return true
}

// notInHeap says whether the runtime has the values of a measurable type outside the heap (cmd/compile/internal/types).
func notInHeap(typ types.Type) bool {
	if named, ok := types.Unalias(typ).(*types.Named); ok && named.Obj().Name() == "nih" {
		return strings.HasSuffix(declaredIn(named), "runtime/sys")
	}
	switch under := typ.Underlying().(type) {
	case *types.Array:
		return notInHeap(under.Elem())
	case *types.Struct:
		for field := range fields(under) {
			if notInHeap(field.Type()) {
				return true
			}
		}
	}
	return false
}

func fields(of *types.Struct) func(yield func(*types.Var) bool) {
	return func(yield func(*types.Var) bool) {
		for i := 0; i < of.NumFields() && yield(of.Field(i)); i++ {
		}
	}
}
