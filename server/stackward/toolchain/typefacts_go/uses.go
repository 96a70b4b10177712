package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A use is a place where an object of the unit is used. Write says that it, or a part of it, is assigned to; Address that
// its address, or that of a part, is taken (by &, by slicing an array, by a method with a pointer receiver); Captured
// that a function literal uses a variable of a function around it.
type use struct {
	File     int  `json:"file"`
	Offset   int  `json:"offset"`
	Write    bool `json:"write,omitempty"`
	Address  bool `json:"address,omitempty"`
	Captured bool `json:"captured,omitempty"`
}

// usesOf returns all uses of what is declared at a position, in the order of the files.
//
// An object is known by where it is declared, which is one place for all instances of a generic field or method, and
// for the variables that a type switch declares in each clause.
func (u *unit) usesOf(pos token.Pos) []use {
	if u.uses == nil {
		u.uses = map[token.Pos][]use{}
		for number, file := range u.files {
			if file.syntax != nil {
				u.addUses(number, file)
			}
		}
	}
	return u.uses[pos]
}

func (u *unit) addUses(number int, file *source) {
	var path []ast.Node
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		if node == nil {
			path = path[:len(path)-1]
			return true
		}
		if name, ok := node.(*ast.Ident); ok {
			if object := u.info.Uses[name]; object != nil && object.Pkg() == u.pkg && object.Pos().IsValid() {
				write, address := u.effect(path, name)
				found := use{number, file.tok.Offset(name.Pos()), write, address, captured(path, object)}
				u.uses[object.Pos()] = append(u.uses[object.Pos()], found)
			}
		}
		path = append(path, node)
		return true
	})
}

// effect says whether a variable is written or its address taken, itself or a part of it.
func (u *unit) effect(path []ast.Node, name *ast.Ident) (write, address bool) {
	var expr ast.Expr = name
	for len(path) > 0 {
		expr, path = climb(path, expr)
		switch context := parent(path, 1).(type) {
		case *ast.SelectorExpr:
			if context.Sel == expr {
				break // What is done to x.f is done to f too.
			}
			selection := u.info.Selections[context]
			if selection == nil {
				return false, false
			}
			if selection.Kind() == types.MethodVal {
				return false, takesAddress(selection)
			}
			if selection.Kind() != types.FieldVal || selection.Indirect() {
				return false, false
			}
		case *ast.IndexExpr:
			if _, array := core(u.info.TypeOf(context.X)).(*types.Array); !array || context.X != expr {
				return false, false
			}
		case *ast.SliceExpr:
			_, array := core(u.info.TypeOf(context.X)).(*types.Array)
			return false, array && context.X == expr
		case *ast.UnaryExpr:
			return false, context.Op == token.AND
		case *ast.IncDecStmt:
			return true, false
		case *ast.AssignStmt:
			for _, target := range context.Lhs {
				if target == expr {
					return true, false
				}
			}
			return false, false
		case *ast.RangeStmt:
			return context.Key == expr || context.Value == expr, false
		default:
			return false, false
		}
		expr, path = path[len(path)-1].(ast.Expr), path[:len(path)-1]
	}
	return false, false
}

// takesAddress says whether a method value or call passes the address of the variable that it is selected from.
func takesAddress(selection *types.Selection) bool {
	signature, ok := selection.Obj().Type().(*types.Signature)
	if !ok || signature.Recv() == nil {
		return false
	}
	_, wanted := types.Unalias(signature.Recv().Type()).(*types.Pointer)
	_, given := types.Unalias(selection.Recv()).(*types.Pointer)
	promoted := len(selection.Index()) > 1
	return wanted && !given && !(promoted && selection.Indirect())
}

// captured says whether a variable is used in a function literal that it is not declared in.
func captured(path []ast.Node, object types.Object) bool {
	variable, ok := object.(*types.Var)
	if !ok || variable.IsField() || variable.Parent() == variable.Pkg().Scope() {
		return false
	}
	literal, ok := function(path).(*ast.FuncLit)
	return ok && (object.Pos() < literal.Pos() || object.Pos() >= literal.End())
}
