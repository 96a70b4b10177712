package main

import (
	"go/ast"
	"go/token"
	"sort"
)

// find returns the expression that a range is about and the nodes that it is in, outermost first: the innermost
// expression with exactly this range, or else the smallest around it. Without one the path is empty.
func find(file *ast.File, start, end token.Pos) (path []ast.Node, expr ast.Expr) {
	decl := declaration(file, start, end)
	if decl == nil {
		return nil, nil
	}
	var stack []ast.Node
	var size token.Pos
	ast.Inspect(decl, func(node ast.Node) bool {
		if node == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if node.Pos() > start || node.End() < end {
			return false
		}
		// The range of a function's type goes around its name, so it is not always the last one that is smallest.
		found, isExpr := node.(ast.Expr)
		if _, pair := node.(*ast.KeyValueExpr); isExpr && !pair && (expr == nil || node.End()-node.Pos() <= size) {
			path = append(path[:0], stack...)
			expr, size = found, node.End()-node.Pos()
		}
		stack = append(stack, node)
		return true
	})
	return path, expr
}

// declaration returns the top-level declaration around a range, or nil.
func declaration(file *ast.File, start, end token.Pos) ast.Decl {
	at := sort.Search(len(file.Decls), func(i int) bool { return file.Decls[i].End() >= end })
	if at == len(file.Decls) || file.Decls[at].Pos() > start {
		return nil
	}
	return file.Decls[at]
}

// climb leaves the parentheses around an expression: it returns the outermost of them, or the expression itself, and
// what that is in.
func climb(path []ast.Node, expr ast.Expr) (outer ast.Expr, parents []ast.Node) {
	for len(path) > 0 {
		paren, ok := path[len(path)-1].(*ast.ParenExpr)
		if !ok {
			break
		}
		expr, path = paren, path[:len(path)-1]
	}
	return expr, path
}

// parent returns the node that is so many levels up, 1 for the nearest; nil if there is none.
func parent(path []ast.Node, levels int) ast.Node {
	if levels > len(path) {
		return nil
	}
	return path[len(path)-levels]
}

// function returns the innermost function in a path.
func function(path []ast.Node) ast.Node {
	for i := len(path) - 1; i >= 0; i-- {
		switch path[i].(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return path[i]
		}
	}
	return nil
}
