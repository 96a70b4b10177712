//go:build go1.26

package main

import "go/types"

// pointerShaped says whether an interface holds the value itself: since Go 1.26, if it is one word with a pointer in it.
func (t *typeTable) pointerShaped(typ types.Type) bool {
	return t.sizes.Sizeof(typ) == t.word && pointers(typ)
}
