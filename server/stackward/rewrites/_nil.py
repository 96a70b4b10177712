"""What a use of a slice can tell: whether it is nil rather than empty, and how much room it has."""

from __future__ import annotations

from tree_sitter import Node

from stackward.rewrites._scene import Scene, arguments, is_call
from stackward.rewrites._variables import called_name, context, expressions, inside

# Functions that do the same with an empty slice and with none.
_BLIND = frozenset(
    {
        "bytes.Join",
        "copy",
        "len",
        "slices.BinarySearch",
        "slices.BinarySearchFunc",
        "slices.Contains",
        "slices.ContainsFunc",
        "slices.Equal",
        "slices.Index",
        "slices.IndexFunc",
        "slices.IsSorted",
        "slices.Reverse",
        "slices.Sort",
        "slices.SortFunc",
        "slices.SortStableFunc",
        "sort.Float64s",
        "sort.Ints",
        "sort.Slice",
        "sort.SliceStable",
        "sort.Strings",
        "strings.Join",
    }
)


def tells_nil(scene: Scene, node: Node) -> bool:
    """Whether what is done with a slice could be another thing if it were empty rather than nil."""
    outer = context(node)
    if outer is None:
        return True
    if outer.type == "range_clause":
        right = outer.child_by_field_name("right")
        return right is None or not inside(node, right)
    if outer.type == "index_expression":
        operand = outer.child_by_field_name("operand")
        return operand is None or not inside(node, operand)
    if outer.type == "variadic_argument":
        call = outer.parent.parent if outer.parent is not None else None
        return call is None or not is_call(call) or scene.callee(call) != "append"
    if outer.type == "argument_list":
        name = called_name(scene, node)
        if name == "append":
            return not _to_itself(scene, node, outer)
        return name not in _BLIND
    if outer.type == "expression_list" and outer.parent is not None and outer.parent.type == "assignment_statement":
        # What is assigned to the slice is looked at where it comes from.
        return not any(inside(node, one) for one in expressions(outer.parent.child_by_field_name("left")))
    return True


def _to_itself(scene: Scene, node: Node, listed: Node) -> bool:
    """Whether a node is the slice of ``x = append(x, …)``."""
    call = listed.parent
    if call is None or not inside(node, arguments(call)[0]):
        return False
    assigned = context(call)
    statement = assigned.parent if assigned is not None else None
    if statement is None or statement.type != "assignment_statement":
        return False
    left = expressions(statement.child_by_field_name("left"))
    return len(left) == 1 and scene.text(left[0]) == scene.text(node)


def tells_capacity(scene: Scene, node: Node) -> bool:
    """Whether a use asks how much room a slice has, directly or by slicing it beyond its length."""
    outer = context(node)
    if outer is None:
        return False
    if outer.type == "argument_list":
        return called_name(scene, node) == "cap"
    if outer.type == "slice_expression":
        end = outer.child_by_field_name("end")
        return end is not None and scene.constant(end) != "0"
    return False
