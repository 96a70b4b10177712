package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"time"
)

// A fileSource says where the text of a file is from: the disk, the request, or the load that the request builds on.
type fileSource struct {
	Path    string `json:"path"`
	Overlay bool   `json:"overlay"`
	Text    []byte `json:"text"` // Nil for an overlay that has not changed.
}

// A source is a file with its syntax, which is nil for one that cannot be read or is no Go at all.
type source struct {
	path    string
	overlay bool
	text    []byte
	stat    stamp
	syntax  *ast.File
	tok     *token.File
}

// readSource returns old if that has the text asked for, or else a new source with its syntax.
func readSource(fset *token.FileSet, asked fileSource, old *source) *source {
	made := &source{path: asked.Path, overlay: asked.Overlay, text: asked.Text}
	switch {
	case made.overlay && made.text == nil:
		return old
	case !made.overlay:
		made.stat = stampOf(made.path)
		if old != nil && !old.overlay && made.stat.same(old.stat) {
			return old
		}
		// A file that cannot be read counts as empty: the rest of the package has types all the same.
		made.text, _ = os.ReadFile(made.path)
	}
	if old != nil && bytes.Equal(old.text, made.text) {
		old.overlay, old.stat = made.overlay, made.stat
		return old
	}
	// Errors of syntax do not matter: what could be read is checked. All are asked for, as the parser gives up after ten.
	made.syntax, _ = parser.ParseFile(fset, made.path, made.text, parser.SkipObjectResolution|parser.AllErrors)
	if made.syntax != nil {
		made.tok = fset.File(made.syntax.FileStart)
	}
	return made
}

// A stamp tells versions of a file apart by what costs no reading.
type stamp struct {
	size     int64
	modified time.Time
	taken    time.Time
}

func stampOf(path string) stamp {
	found, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{found.Size(), found.ModTime(), time.Now()}
}

// same says whether the file is certain to be as it was at an earlier stamp. Some file systems count the time in steps
// of two seconds, so that what was new then may have changed since without another time.
func (s stamp) same(earlier stamp) bool {
	settled := !earlier.modified.IsZero() && earlier.taken.Sub(earlier.modified) > 3*time.Second
	return settled && s.size == earlier.size && s.modified.Equal(earlier.modified)
}
