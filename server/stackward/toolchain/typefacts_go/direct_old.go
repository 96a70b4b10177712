//go:build !go1.26

package main

import "go/types"

// pointerShaped says whether an interface holds the value itself: before Go 1.26, if it is a pointer, or the only part
// of what holds nothing else.
func (t *typeTable) pointerShaped(typ types.Type) bool {
	switch under := typ.Underlying().(type) {
	case *types.Array:
		return under.Len() == 1 && t.pointerShaped(under.Elem())
	case *types.Struct:
		return under.NumFields() == 1 && t.pointerShaped(under.Field(0).Type())
	case *types.Interface:
		return false
	}
	return t.sizes.Sizeof(typ) == t.word && pointers(typ)
}
