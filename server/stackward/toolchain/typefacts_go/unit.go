package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"runtime"
	"strings"
	"sync"
)

// A unit is a package with its types, as they were found by one check.
type unit struct {
	key     string
	version int // The number of the load that it is the state of.
	setup   *setup
	sizes   types.Sizes
	fset    *token.FileSet
	files   []*source
	shelf   *shelf

	info *types.Info
	pkg  *types.Package
	uses map[token.Pos][]use // Nil until it is asked for.
}

func (u *unit) bytes() int {
	size := 0
	for _, file := range u.files {
		size += len(file.text)
	}
	return size
}

// read makes the unit's files those asked for, and says whether they differ from those of old.
func (u *unit) read(asked []fileSource, old *unit) (changed bool, err error) {
	before := map[string]*source{}
	if old != nil {
		for _, file := range old.files {
			before[file.path] = file
		}
	}
	for _, one := range asked {
		if known := before[one.Path]; one.Overlay && one.Text == nil && (known == nil || !known.overlay) {
			return false, errStale
		}
	}
	u.files = make([]*source, len(asked))
	var wait sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, one := range asked {
		wait.Add(1)
		turns <- struct{}{}
		go func() {
			defer func() { <-turns; wait.Done() }()
			u.files[i] = readSource(u.fset, one, before[one.Path])
		}()
	}
	wait.Wait()
	changed = old == nil || len(old.files) != len(u.files)
	for i, file := range u.files {
		changed = changed || old.files[i] != file
		if before[file.path] == file {
			delete(before, file.path)
		}
	}
	for _, gone := range before {
		if gone.tok != nil {
			u.fset.RemoveFile(gone.tok)
		}
	}
	return changed, nil
}

// check finds the types. Errors in the code are expected: what is right beside them is known all the same.
func (u *unit) check() {
	u.info = &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	config := types.Config{
		GoVersion:                u.setup.GoVersion,
		FakeImportC:              u.setup.Cgo,
		Error:                    func(error) {},
		Importer:                 u,
		Sizes:                    u.sizes,
		DisableUnusedImportCheck: true,
	}
	var files []*ast.File
	for _, file := range u.files {
		if file.syntax != nil {
			files = append(files, file.syntax)
		}
	}
	u.pkg, _ = config.Check(u.setup.Path, u.fset, files, u.info)
}

// Import implements types.Importer.
func (u *unit) Import(path string) (*types.Package, error) {
	return u.ImportFrom(path, "", 0)
}

// ImportFrom implements types.ImporterFrom. The go command says what a path means here (vendoring).
func (u *unit) ImportFrom(path, dir string, mode types.ImportMode) (*types.Package, error) {
	if mapped, found := u.setup.ImportMap[path]; found {
		path = mapped
	}
	if _, found := u.setup.PackageFiles[path]; !found && path != "unsafe" {
		// The shelf may know it from another unit, but this one has no right to it.
		return nil, fmt.Errorf("no export data is known for %q", path)
	}
	return u.shelf.importer.ImportFrom(path, dir, mode)
}

// named returns the type that Go, the unit or a package below it declares, whether it is exported or not: export data
// has those that inlined code needs, too. It is nil where there is none.
func (u *unit) named(name string) types.Type {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return typeIn(types.Universe, name)
	}
	if u.pkg == nil {
		return nil
	}
	seen := map[*types.Package]bool{}
	for waiting := []*types.Package{u.pkg}; len(waiting) > 0; {
		one := waiting[0]
		waiting = waiting[1:]
		if seen[one] {
			continue
		}
		seen[one] = true
		if one.Path() != name[:dot] {
			waiting = append(waiting, one.Imports()...)
			continue
		}
		if declared := typeIn(one.Scope(), name[dot+1:]); declared != nil {
			return declared
		}
	}
	return nil
}

func typeIn(scope *types.Scope, name string) types.Type {
	if declared, ok := scope.Lookup(name).(*types.TypeName); ok {
		return declared.Type()
	}
	return nil
}

// place is where something is declared or used, if that is in a file of the unit.
func (u *unit) place(pos token.Pos) (file, offset int, found bool) {
	if !pos.IsValid() {
		return 0, 0, false
	}
	tok := u.fset.File(pos)
	for i, one := range u.files {
		if one.tok == tok && tok != nil {
			return i, tok.Offset(pos), true
		}
	}
	return 0, 0, false
}
