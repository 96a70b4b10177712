package main

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
)

// An archive is a version of a file with export data.
type archive struct {
	file     string
	size     int64
	modified int64
}

// An importSet is the export data of a unit's imports, by their real paths.
type importSet struct {
	files    map[string]archive
	own      map[string]archive // Those of files outside the standard library.
	standard bool               // The unit is of the standard library, which then may change.
}

func importsOf(setup *setup) importSet {
	found := importSet{map[string]archive{}, map[string]archive{}, setup.Standard}
	for path, file := range setup.PackageFiles {
		one := archive{file: file}
		if stat, err := os.Stat(file); err == nil {
			one.size, one.modified = stat.Size(), stat.ModTime().UnixNano()
		}
		found.files[path] = one
		stat, err := os.Stat(filepath.Join(setup.Goroot, "src", filepath.FromSlash(path)))
		if err != nil || !stat.IsDir() {
			found.own[path] = one
		}
	}
	return found
}

// A shelf holds imported packages, which units share because reading them is a good part of a check.
//
// Export data also describes what it mentions of packages further down, and whichever description of an object comes
// first is taken for all. So packages may only be put together if they were built from the same versions of everything
// below, which their files do not say. It is certain for the standard library, which does not change while we run and
// depends on nothing else; and for units that have all their other imports in common.
type shelf struct {
	imports  importSet
	importer types.ImporterFrom
}

func newShelf(imports importSet) *shelf {
	made := &shelf{imports: importSet{maps.Clone(imports.files), maps.Clone(imports.own), imports.standard}}
	made.importer = importer.ForCompiler(token.NewFileSet(), "gc", made.open).(types.ImporterFrom)
	return made
}

// admit says whether a unit with these imports may use the shelf, and makes them known to it.
func (s *shelf) admit(imports importSet) bool {
	if s.imports.standard || imports.standard {
		return s.imports.standard == imports.standard && maps.Equal(s.imports.files, imports.files)
	}
	for path, file := range imports.files {
		if known, found := s.imports.files[path]; found && known != file {
			return false
		}
	}
	if len(imports.own) > 0 && len(s.imports.own) > 0 && !maps.Equal(imports.own, s.imports.own) {
		return false
	}
	maps.Copy(s.imports.files, imports.files)
	maps.Copy(s.imports.own, imports.own)
	return true
}

// holds says whether nothing has changed about these imports of a unit that uses the shelf.
func (s *shelf) holds(imports importSet) bool {
	for path, file := range imports.files {
		if s.imports.files[path] != file {
			return false
		}
	}
	return true
}

func (s *shelf) open(path string) (io.ReadCloser, error) {
	one, found := s.imports.files[path]
	if !found {
		return nil, fmt.Errorf("no export data is known for %q", path)
	}
	return os.Open(one.file)
}
