package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// implicit returns the interface type to which the context of an expression converts its value; nil if it does not, as
// when the value is an interface itself. Of an expression with several values it is the type for the first such one.
func (u *unit) implicit(path []ast.Node, expr ast.Expr) types.Type {
	expr, path = climb(path, expr)
	from := u.info.Types[expr]
	if from.Type == nil || !from.IsValue() || from.IsNil() {
		return nil
	}
	values := []types.Type{from.Type}
	targets := u.targets(path, expr)
	if tuple, ok := from.Type.(*types.Tuple); ok {
		values = components(tuple)
	} else if ranged, ok := parent(path, 1).(*ast.RangeStmt); ok && ranged.X == expr {
		values = yields(from.Type)
	}
	for i, value := range values {
		if i < len(targets) && isInterface(targets[i]) && !isInterface(value) && kind(value) != "invalid" {
			return targets[i]
		}
	}
	return nil
}

// targets returns the types that the context wants for the values of an expression; nil where it wants none.
func (u *unit) targets(path []ast.Node, expr ast.Expr) []types.Type {
	switch context := parent(path, 1).(type) {
	case *ast.AssignStmt:
		if context.Tok == token.ASSIGN || context.Tok == token.DEFINE {
			return aligned(context.Rhs, expr, u.typesOf(context.Lhs))
		}
	case *ast.ValueSpec:
		if context.Type != nil && context.Type != expr {
			return slices.Repeat([]types.Type{u.info.TypeOf(context.Type)}, max(1, len(context.Names)))
		}
	case *ast.ReturnStmt:
		return aligned(context.Results, expr, u.results(function(path)))
	case *ast.SendStmt:
		if channel, ok := core(u.info.TypeOf(context.Chan)).(*types.Chan); ok && context.Value == expr {
			return []types.Type{channel.Elem()}
		}
	case *ast.CallExpr:
		return u.parametersFor(context, expr)
	case *ast.CompositeLit:
		return []types.Type{u.elementType(context, slices.Index(context.Elts, expr))}
	case *ast.KeyValueExpr:
		if literal, ok := parent(path, 2).(*ast.CompositeLit); ok {
			return []types.Type{u.pairType(literal, context, expr)}
		}
	case *ast.IndexExpr:
		if mapped, ok := core(u.info.TypeOf(context.X)).(*types.Map); ok && context.Index == expr {
			return []types.Type{mapped.Key()}
		}
	case *ast.BinaryExpr:
		if context.Op == token.EQL || context.Op == token.NEQ {
			other := context.X
			if other == expr {
				other = context.Y
			}
			return []types.Type{u.info.TypeOf(other)}
		}
	case *ast.RangeStmt:
		if context.X == expr && context.Tok == token.ASSIGN {
			return u.typesOf([]ast.Expr{context.Key, context.Value})
		}
	case *ast.CaseClause:
		if choice, ok := parent(path, 3).(*ast.SwitchStmt); ok && choice.Tag != nil {
			return []types.Type{u.info.TypeOf(choice.Tag)}
		}
	case *ast.SwitchStmt:
		if context.Tag == expr {
			return u.firstInterface(context)
		}
	}
	return nil
}

// aligned returns the types for one of several expressions, or for all values of the only one.
func aligned(exprs []ast.Expr, expr ast.Expr, all []types.Type) []types.Type {
	i := slices.Index(exprs, expr)
	switch {
	case len(exprs) == 1:
		return all
	case i >= 0 && i < len(all):
		return all[i : i+1]
	}
	return nil
}

// typesOf returns the types of what is assigned to; nil for the blank identifier and for what is left out.
func (u *unit) typesOf(exprs []ast.Expr) []types.Type {
	found := make([]types.Type, len(exprs))
	for i, expr := range exprs {
		if expr != nil {
			found[i] = u.info.TypeOf(expr)
		}
	}
	return found
}

// results returns the result types of a function declaration or literal.
func (u *unit) results(of ast.Node) []types.Type {
	var signature types.Type
	switch of := of.(type) {
	case *ast.FuncDecl:
		if object := u.info.Defs[of.Name]; object != nil {
			signature = object.Type()
		}
	case *ast.FuncLit:
		signature = u.info.TypeOf(of)
	}
	if signature, ok := signature.(*types.Signature); ok {
		return components(signature.Results())
	}
	return nil
}

// parametersFor returns the types of the parameters that an argument is passed for. For a builtin function the type
// checker has recorded a signature too.
func (u *unit) parametersFor(call *ast.CallExpr, argument ast.Expr) []types.Type {
	at := slices.Index(call.Args, argument)
	signature, ok := core(u.info.TypeOf(call.Fun)).(*types.Signature)
	if at < 0 || !ok || u.info.Types[call.Fun].IsType() {
		return nil
	}
	params := components(signature.Params())
	if signature.Variadic() && !call.Ellipsis.IsValid() && len(params) > 0 {
		last := len(params) - 1
		slice, ok := core(params[last]).(*types.Slice)
		if !ok {
			return nil // append([]byte, string...)
		}
		count := len(call.Args)
		if tuple, ok := u.info.TypeOf(argument).(*types.Tuple); ok && count == 1 {
			count = tuple.Len()
		}
		params = append(params[:last:last], slices.Repeat([]types.Type{slice.Elem()}, max(0, count-last))...)
	}
	return aligned(call.Args, argument, params)
}

// elementType returns the type of an element of a literal that is written without a key.
func (u *unit) elementType(literal *ast.CompositeLit, at int) types.Type {
	switch under := literalType(u.info.TypeOf(literal)).(type) {
	case *types.Struct:
		if at >= 0 && at < under.NumFields() {
			return under.Field(at).Type()
		}
	case *types.Array:
		return under.Elem()
	case *types.Slice:
		return under.Elem()
	}
	return nil
}

// pairType returns the type of the key or of the value in a literal.
func (u *unit) pairType(literal *ast.CompositeLit, pair *ast.KeyValueExpr, expr ast.Expr) types.Type {
	switch under := literalType(u.info.TypeOf(literal)).(type) {
	case *types.Struct:
		if name, ok := pair.Key.(*ast.Ident); ok && pair.Value == expr {
			if field, ok := u.info.Uses[name].(*types.Var); ok {
				return field.Type()
			}
		}
	case *types.Map:
		if pair.Key == expr {
			return under.Key()
		}
		return under.Elem()
	case interface{ Elem() types.Type }:
		if pair.Value == expr {
			return under.Elem()
		}
	}
	return nil
}

// firstInterface returns the first interface type that a switch compares its tag with.
func (u *unit) firstInterface(choice *ast.SwitchStmt) []types.Type {
	for _, statement := range choice.Body.List {
		clause, ok := statement.(*ast.CaseClause)
		if !ok {
			continue
		}
		for _, expr := range clause.List {
			if found := u.info.TypeOf(expr); isInterface(found) {
				return []types.Type{found}
			}
		}
	}
	return nil
}

// literalType is what a composite literal makes: in a literal of pointers, &T may be left out.
func literalType(typ types.Type) types.Type {
	under := core(typ)
	if pointer, ok := under.(*types.Pointer); ok {
		return core(pointer.Elem())
	}
	return under
}

// core returns the underlying type; for a type parameter the one that all its types have, and nil if they differ.
func core(typ types.Type) types.Type {
	if typ == nil {
		return nil
	}
	if !isTypeParam(typ) {
		return typ.Underlying()
	}
	var common types.Type
	for _, term := range terms(typ.Underlying(), 0) {
		if common != nil && !types.Identical(common, term) {
			return nil
		}
		common = term
	}
	return common
}

// terms returns the underlying types that a constraint lists. In broken code it may list itself.
func terms(typ types.Type, depth int) []types.Type {
	var found []types.Type
	switch typ := types.Unalias(typ).(type) {
	case *types.Union:
		for i := range typ.Len() {
			found = append(found, terms(typ.Term(i).Type(), depth+1)...)
		}
	default:
		constraint, ok := typ.Underlying().(*types.Interface)
		if !ok {
			return []types.Type{typ.Underlying()}
		}
		for i := 0; i < constraint.NumEmbeddeds() && depth < 20; i++ {
			found = append(found, terms(constraint.EmbeddedType(i), depth+1)...)
		}
	}
	return found
}

func components(tuple *types.Tuple) []types.Type {
	found := make([]types.Type, tuple.Len())
	for i := range found {
		found[i] = tuple.At(i).Type()
	}
	return found
}

// yields returns the types of what a range statement assigns.
func yields(typ types.Type) []types.Type {
	integer := types.Typ[types.Int]
	switch under := core(typ).(type) {
	case *types.Array:
		return []types.Type{integer, under.Elem()}
	case *types.Basic:
		if under.Info()&types.IsString != 0 {
			return []types.Type{integer, types.Universe.Lookup("rune").Type()}
		}
		return []types.Type{typ}
	case *types.Chan:
		return []types.Type{under.Elem()}
	case *types.Map:
		return []types.Type{under.Key(), under.Elem()}
	case *types.Pointer:
		if array, ok := under.Elem().Underlying().(*types.Array); ok {
			return []types.Type{integer, array.Elem()}
		}
	case *types.Signature:
		if under.Params().Len() == 1 {
			if yield, ok := core(under.Params().At(0).Type()).(*types.Signature); ok {
				return components(yield.Params())
			}
		}
	case *types.Slice:
		return []types.Type{integer, under.Elem()}
	}
	return nil
}
