package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A query asks about the expression at a range of bytes in a file, which is named by its place in the load; or, where
// Type is set, about the type with this name, its import path before it.
type query struct {
	File  int    `json:"file"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Uses  bool   `json:"uses"`
	Type  string `json:"type"`
}

// A fact is what is known of one expression. Types are numbers in the reply's table.
type fact struct {
	Start     int     `json:"start"`
	End       int     `json:"end"`
	Exact     bool    `json:"exact"`
	Mode      string  `json:"mode,omitempty"`
	Type      *int    `json:"type,omitempty"`
	Constant  *string `json:"constant,omitempty"`
	Implicit  *int    `json:"implicit,omitempty"`
	Call      *call   `json:"call,omitempty"`
	Selection string  `json:"selection,omitempty"`
	Indirect  bool    `json:"indirect,omitempty"`
	Object    *object `json:"object,omitempty"`
}

// A call is what is known of a call expression.
type call struct {
	Kind     string  `json:"kind"`
	Callee   string  `json:"callee,omitempty"`
	Params   []param `json:"params,omitempty"`
	Results  []int   `json:"results,omitempty"`
	Variadic bool    `json:"variadic,omitempty"`
	Ellipsis bool    `json:"ellipsis,omitempty"`
}

type param struct {
	Name string `json:"name"`
	Type int    `json:"type"`
}

// fact answers a query; it is nil where there is no expression.
func (u *unit) fact(table *typeTable, asked query) *fact {
	if asked.Type != "" {
		typ := u.named(asked.Type)
		if typ == nil {
			return nil
		}
		return &fact{Exact: true, Mode: "type", Type: table.number(typ)}
	}
	if asked.File < 0 || asked.File >= len(u.files) {
		return nil
	}
	file := u.files[asked.File]
	if file.tok == nil || asked.Start < 0 || asked.End < asked.Start || asked.End > file.tok.Size() {
		return nil
	}
	start, end := file.tok.Pos(asked.Start), file.tok.Pos(asked.End)
	path, expr := find(file.syntax, start, end)
	if expr == nil {
		return nil
	}
	typ, mode := u.typeAndMode(expr)
	found := &fact{
		Start:    file.tok.Offset(expr.Pos()),
		End:      file.tok.Offset(expr.End()),
		Exact:    expr.Pos() == start && expr.End() == end,
		Mode:     mode,
		Type:     table.number(typ),
		Constant: u.constant(expr),
		Implicit: table.number(u.implicit(path, expr)),
	}
	switch expr := expr.(type) {
	case *ast.CallExpr:
		found.Call = u.call(table, expr)
	case *ast.SelectorExpr:
		found.Selection = u.selection(path, expr)
		if selection := u.info.Selections[expr]; selection != nil {
			found.Indirect = selection.Kind() == types.FieldVal && selection.Indirect()
		}
		found.Object = u.object(expr.Sel, asked.Uses)
	case *ast.Ident:
		found.Object = u.object(expr, asked.Uses)
	}
	return found
}

// typeAndMode returns the type of an expression, and what the expression stands for. A name that is being declared is
// no expression to the type checker, but has the type of what it declares.
func (u *unit) typeAndMode(expr ast.Expr) (types.Type, string) {
	known, found := u.info.Types[expr]
	if !found {
		name, ok := expr.(*ast.Ident)
		if !ok {
			return nil, ""
		}
		return declared(u.info.ObjectOf(name))
	}
	switch {
	case known.IsVoid():
		return nil, "novalue"
	case known.IsType():
		return known.Type, "type"
	case known.IsBuiltin():
		if kind(known.Type) == "invalid" {
			return nil, "builtin" // A call that is a constant, such as len("text"), has no signature.
		}
		return known.Type, "builtin"
	case known.IsNil():
		return known.Type, "nil"
	case known.Value != nil:
		return known.Type, "constant"
	case known.Addressable():
		return known.Type, "variable"
	case known.HasOk() && known.Assignable():
		return known.Type, "mapindex"
	case known.HasOk():
		return known.Type, "commaok"
	}
	return known.Type, "value"
}

func declared(object types.Object) (types.Type, string) {
	switch object := object.(type) {
	case *types.Var:
		return object.Type(), "variable"
	case *types.Const:
		return object.Type(), "constant"
	case *types.TypeName:
		return object.Type(), "type"
	case *types.Func:
		return object.Type(), "value"
	}
	return nil, ""
}

// constant returns the exact value of a constant as Go or as a fraction; nil if there is none.
func (u *unit) constant(expr ast.Expr) *string {
	value := u.info.Types[expr].Value
	if name, ok := expr.(*ast.Ident); ok && value == nil {
		if object, ok := u.info.Defs[name].(*types.Const); ok {
			value = object.Val()
		}
	}
	if value == nil {
		return nil
	}
	exact := value.ExactString()
	return &exact
}

func (u *unit) call(table *typeTable, expr *ast.CallExpr) *call {
	known := u.info.Types[expr.Fun]
	told := &call{Ellipsis: expr.Ellipsis.IsValid()}
	if known.IsType() {
		told.Kind, told.Callee = "conversion", types.TypeString(known.Type, table.name)
		return told
	}
	told.Kind, told.Callee = u.callee(expr.Fun)
	if known.IsBuiltin() {
		told.Kind = "builtin"
	}
	if known.Type == nil {
		return told // Not resolved.
	}
	if signature, ok := core(known.Type).(*types.Signature); ok {
		told.Variadic = signature.Variadic()
		for i := range signature.Params().Len() {
			one := signature.Params().At(i)
			told.Params = append(told.Params, param{one.Name(), *table.number(one.Type())})
		}
		for i := range signature.Results().Len() {
			told.Results = append(told.Results, *table.number(signature.Results().At(i).Type()))
		}
	}
	return told
}

// callee says how the function of a call is found, and its name if it has one.
func (u *unit) callee(expr ast.Expr) (kind, name string) {
	switch expr := ast.Unparen(expr).(type) {
	case *ast.FuncLit:
		return "static", ""
	case *ast.Ident:
		return calleeOf(u.info.Uses[expr], nil)
	case *ast.IndexExpr:
		return u.callee(expr.X)
	case *ast.IndexListExpr:
		return u.callee(expr.X)
	case *ast.SelectorExpr:
		return calleeOf(u.info.Uses[expr.Sel], u.info.Selections[expr])
	}
	return "dynamic", ""
}

func calleeOf(object types.Object, selection *types.Selection) (kind, name string) {
	switch object := object.(type) {
	case *types.Builtin:
		return "builtin", object.Name()
	case *types.Func:
		receiver := object.Type().(*types.Signature).Recv()
		switch {
		case receiver == nil || !types.IsInterface(receiver.Type()):
			return "static", object.Origin().FullName()
		case selection != nil && isTypeParam(pointee(selection.Recv())):
			return "dynamic", object.Origin().FullName() // Which method it is depends on the instance.
		}
		return "interface", object.Origin().FullName()
	}
	return "dynamic", ""
}

func pointee(typ types.Type) types.Type {
	if pointer, ok := types.Unalias(typ).(*types.Pointer); ok {
		return pointer.Elem()
	}
	return typ
}

func (u *unit) selection(path []ast.Node, expr *ast.SelectorExpr) string {
	selection, found := u.info.Selections[expr]
	if !found {
		if name, ok := expr.X.(*ast.Ident); ok {
			if _, ok := u.info.Uses[name].(*types.PkgName); ok {
				return "package member"
			}
		}
		return ""
	}
	switch selection.Kind() {
	case types.FieldVal:
		return "field"
	case types.MethodExpr:
		return "method expr"
	}
	outer, parents := climb(path, expr)
	if call, ok := parent(parents, 1).(*ast.CallExpr); ok && call.Fun == outer {
		return "call"
	}
	return "method value"
}

// An object is what an identifier stands for. File and Offset are there if it is declared in a file of the unit.
type object struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Scope  string `json:"scope"`
	File   *int   `json:"file,omitempty"`
	Offset *int   `json:"offset,omitempty"`
	Uses   []use  `json:"uses,omitempty"`
}

func (u *unit) object(name *ast.Ident, withUses bool) *object {
	pos := name.Pos()
	found := u.info.ObjectOf(name)
	told := &object{Kind: "var", Name: name.Name, Scope: "local"}
	if found != nil {
		pos = found.Pos()
		told.Kind = u.objectKind(found)
		told.Scope = u.scope(found)
	} else if _, symbolic := u.info.Defs[name]; !symbolic || name.Name == "_" {
		return nil // Not resolved. The variable of a type switch is defined, but once in each clause.
	}
	if told.Scope == "imported" || told.Scope == "universe" {
		return told
	}
	if file, offset, ok := u.place(pos); ok {
		told.File, told.Offset = &file, &offset
		if withUses {
			told.Uses = u.usesOf(pos)
		}
	}
	return told
}

func (u *unit) objectKind(found types.Object) string {
	switch found := found.(type) {
	case *types.Builtin:
		return "builtin"
	case *types.Const:
		return "const"
	case *types.Func:
		return "func"
	case *types.Label:
		return "label"
	case *types.Nil:
		return "nil"
	case *types.PkgName:
		return "pkg"
	case *types.TypeName:
		return "type"
	case *types.Var:
		if found.IsField() {
			return "field"
		}
		return u.variableKind(found.Pos())
	}
	return "var"
}

// variableKind tells parameters and results by where they are declared.
func (u *unit) variableKind(pos token.Pos) string {
	file, _, found := u.place(pos)
	if !found {
		return "var"
	}
	path, _ := find(u.files[file].syntax, pos, pos+1)
	for i := len(path) - 1; i > 0; i-- {
		list, ok := path[i].(*ast.FieldList)
		if !ok {
			continue
		}
		switch owner := path[i-1].(type) {
		case *ast.FuncDecl:
			if owner.Recv == list {
				return "receiver"
			}
		case *ast.FuncType:
			if owner.Results == list {
				return "result"
			}
			return "param"
		}
		break
	}
	return "var"
}

func (u *unit) scope(found types.Object) string {
	switch {
	case found.Pkg() == nil:
		return "universe"
	case found.Pkg() != u.pkg:
		return "imported"
	case found.Parent() == u.pkg.Scope():
		return "package"
	}
	if _, ok := found.(*types.PkgName); ok {
		return "file"
	}
	// Fields and methods are in no scope, and are declared where their type is.
	if file, _, ok := u.place(found.Pos()); ok {
		body, ok := declaration(u.files[file].syntax, found.Pos(), found.Pos()+1).(*ast.FuncDecl)
		if ok && body.Name.Pos() != found.Pos() {
			return "local"
		}
	}
	return "package"
}
