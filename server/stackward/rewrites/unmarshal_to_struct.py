"""# unmarshal-to-struct

JSON that is read into a map of interfaces, of which only some keys are looked at, is read into a struct.

## Why it saves

`encoding/json` makes a map for the object, a string for each key, and copies each value to the heap for its interface,
also of what nobody looks at. Into a struct it writes the fields that there are, and skips the rest.

## When it is offered

For a local `map[string]any` whose address `json.Unmarshal` or a `json.Decoder` gets once, and that is then only read
by constant keys. A key that is always asserted to have one of the types that JSON gives (`m["id"].(string)`,
`n, _ := m["n"].(float64)`, nested maps too) becomes a field of that type; any other becomes an `any`, and is read as
before. It is always for review: a value of a wrong type is an error of `Unmarshal` then, where it was a panic or `ok`
was false; a missing value is zero, where an assertion without `ok` panicked; and a field also takes a key that differs
from its own in case.

## When it is not

When the map is changed, ranged over, passed on or asked whether it has a key; when it is filled more than once, or
outside of the loop that reads it; and with a decoder that rejects fields it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._json import EMPTY_INTERFACES, field_name, is_target, tag
from stackward.rewrites._literals import unquoted
from stackward.rewrites._maps import made_map, map_type
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, is_call, replace_node
from stackward.rewrites._variables import Reference, Variable, context, expressions, has_goto, loop_around, variable
from stackward.syntax.tree import SourceFile, text_of

_FILLS = frozenset({"(*encoding/json.Decoder).Decode", "encoding/json.Unmarshal"})
# What a decoder puts into an interface, besides maps.
_TYPES = frozenset({"[]any", "[]interface {}", "[]interface{}", "bool", "float64", "json.Number", "string"})


@dataclass(slots=True)
class Part:
    """An object of the JSON: how its keys are read. ``reads`` are by key, ``parts`` the objects in it."""

    reads: dict[str, list[Read]] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """``x["k"]``, with the assertion around it, and the names that get its value and ``ok``, where there are two."""

    index: Node
    whole: Node | None
    names: tuple[Node, ...]


def suits(node: Node, source: SourceFile) -> bool:
    name = callee_node(node) if is_call(node) else None
    if name is None or not text_of(name, source).endswith((".Decode", ".Unmarshal")):
        return False
    return any(one.type == "unary_expression" for one in arguments(node))


def propose(scene: Scene) -> Iterator[Offer]:
    if scene.callee(scene.node) not in _FILLS:
        return
    given = arguments(scene.node)[-1]
    name = given.child_by_field_name("operand") if given.type == "unary_expression" else None
    known = variable(scene, name) if name is not None and name.type == "identifier" else None
    info = scene.type(name) if name is not None else None
    if known is None or info is None or info.kind != "map" or known.kind != "var":
        return
    if info.key is None or info.key.type != "string" or info.elem is None or info.elem.type not in EMPTY_INTERFACES:
        return
    declared = _declared(scene, known)
    if isinstance(declared, Refusal):
        yield declared
        return
    whole = Part()
    for one in known.references:
        refused = _read(scene, known, one, whole, given)
        if refused is not None:
            yield refused
            return
    function = scene.function()
    if function is None or has_goto(scene, scene.node) or "DisallowUnknownFields" in scene.text(function):
        yield Refusal("the decoder rejects fields that it does not know")
        return
    if not whole.reads and not whole.parts:
        yield Refusal(f"nothing of {known.name} is read")
        return
    yield _proposal(scene, known, whole, declared)


def _declared(scene: Scene, known: Variable) -> Node | Refusal:
    """The node of the declaration that is replaced: a type, or the statement."""
    if loop_around(known.node) != loop_around(scene.node) or scene.function(known.node) != scene.function(scene.node):
        return Refusal(f"{known.name} is filled more than once, or in another function")
    typed = known.typed
    if known.value is None:
        kind = map_type(typed, scene) if typed is not None and known.alone else None
        return kind if kind is not None else Refusal(f"the type of {known.name} has a name")
    body = known.value.child_by_field_name("body")
    if made_map(scene, known.value) is None or (body is not None and body.named_children) or typed is not None:
        return Refusal(f"{known.name} does not begin empty")
    if not known.alone:
        return Refusal(f"{known.name} is declared with others")
    return known.statement


def _read(scene: Scene, known: Variable, one: Reference, whole: Part, given: Node) -> Refusal | None:
    """Take note of a use of the map."""
    outer = context(one.node)
    if outer == given:
        return None
    if one.use.write or one.use.address or outer is None or outer.type != "index_expression":
        return Refusal(f"{known.name} is used in another way than to read constant keys")
    if outer.child_by_field_name("operand") != one.node:
        return Refusal(f"{known.name} is used in another way than to read constant keys")
    if is_target(outer):
        return Refusal(f"{known.name} is changed")
    if one.node.start_byte < given.start_byte:
        return Refusal(f"{known.name} is read before it is filled")
    return _indexed(scene, outer, whole)


def _indexed(scene: Scene, index: Node, part: Part) -> Refusal | None:
    inner = index.child_by_field_name("index")
    key = unquoted(scene.constant(inner)) if inner is not None else None
    if key is None or tag(key) is None:
        return Refusal(f"{scene.text(index)} has no key that a struct tag can say")
    outer = context(index)
    whole = outer if outer is not None and outer.type == "type_assertion_expression" else None
    if whole is None:
        if _names(index):
            return Refusal(f"whether {scene.text(index)} is there is asked")
        part.reads.setdefault(key, []).append(Read(index, None, ()))
        return None
    typed = whole.child_by_field_name("type")
    deeper = context(whole)
    nested = map_type(typed, scene) if typed is not None else None
    if (
        nested is not None
        and deeper is not None
        and deeper.type == "index_expression"
        and _empty_elements(scene, nested)
    ):
        return _indexed(scene, deeper, part.parts.setdefault(key, Part()))
    part.reads.setdefault(key, []).append(Read(index, whole, _names(whole)))
    return None


def _empty_elements(scene: Scene, typed: Node) -> bool:
    info = scene.type(typed)
    return info is not None and info.elem is not None and info.elem.type in EMPTY_INTERFACES


def _names(value: Node) -> tuple[Node, ...]:
    """The two names that a value with ``ok`` is assigned to."""
    listed = context(value)
    statement = listed.parent if listed is not None and listed.type == "expression_list" else None
    if listed is None or statement is None:
        return ()
    if statement.type == "var_spec":
        names = statement.children_by_field_name("name")
    else:
        names = expressions(statement.child_by_field_name("left"))
    return tuple(names) if len(names) == 2 and len(expressions(listed)) == 1 else ()


def _typed(scene: Scene, reads: list[Read]) -> str | None:
    """The type that all reads of a key assert, with no question whether it is; None if it has to stay an interface."""
    # A decoder that is told to UseNumber makes other numbers.
    function = scene.function()
    unlike = "float64" if function is not None and "UseNumber" in scene.text(function) else "json.Number"
    types = set()
    for read in reads:
        typed = read.whole.child_by_field_name("type") if read.whole is not None else None
        info = scene.type(typed) if typed is not None else None
        if typed is None or info is None or info.type not in _TYPES - {unlike}:
            return None
        if read.names and (scene.text(read.names[1]) != "_" or scene.text(read.names[0]) == "_"):
            return None
        if read.names and read.names[0].parent is not None and read.names[0].parent.type == "var_spec":
            return None
        types.add(scene.text(typed))
    return types.pop() if len(types) == 1 else None


@dataclass(slots=True)
class _Struct:
    """The struct as it is written, and the changes of what reads it. ``typed`` and ``sure`` are for the title."""

    scene: Scene
    edits: list[Replacement] = field(default_factory=list)
    typed: bool = False
    sure: bool = False

    def text(self, part: Part, path: str, indent: str) -> str | Refusal:
        lines = ""
        taken: list[str] = []
        folded: set[str] = set()
        for key in dict.fromkeys([*part.reads, *part.parts]):
            if key.casefold() in folded or (key in part.reads and key in part.parts):
                return Refusal(f"{key!r} is read in two ways, or differs from another in case only")
            folded.add(key.casefold())
            name = field_name(key, taken)
            taken.append(name)
            if key in part.parts:
                self.typed = self.sure = True
                inner = self.text(part.parts[key], f"{path}.{name}", f"{indent}\t")
                if isinstance(inner, Refusal):
                    return inner
                kind = inner
            else:
                kind = self._read(part.reads[key], f"{path}.{name}")
            lines += f"{indent}\t{name} {kind} {tag(key)}\n"
        return f"struct {{\n{lines}{indent}}}"

    def _read(self, reads: list[Read], path: str) -> str:
        typed = _typed(self.scene, reads)
        for read in reads:
            if typed is None or read.whole is None:
                self.edits.append(replace_node(read.index, path))
                continue
            self.typed = True
            self.edits.append(replace_node(read.whole, path))
            if read.names:
                self.edits.append(Replacement(read.names[0].end_byte, read.names[1].end_byte))
            else:
                self.sure = True
        return typed or "any"


def _proposal(scene: Scene, known: Variable, whole: Part, declared: Node) -> Offer:
    made = _Struct(scene)
    text = made.text(whole, known.name, scene.indent(known.statement))
    if isinstance(text, Refusal):
        return text
    written = text if declared.type == "map_type" else f"var {known.name} {text}"
    made.edits.append(replace_node(declared, written))
    differs = ["a wrong type is an error"] if made.typed else []
    differs += ["a missing value zero"] if made.sure else []
    differs.append("keys match in any case")
    last = f"{', '.join(differs[:-1])} and {differs[-1]}" if len(differs) > 1 else differs[0]
    return Proposal(
        f"Read JSON into a struct instead of {known.name}",
        {scene.path: tuple(made.edits)},
        applicability=Applicability.REVIEW,
        differs=f"where {last}",
        lighter=(scene.span(scene.node),),
    )


REWRITE = Rewrite("unmarshal-to-struct", "a struct for JSON in a map", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import (
	"encoding/json"
	"fmt"
)

type Product struct {
	SKU, Name string
	Price     int64
}

func Parse(data []byte) (*Product, error) {
	var row map[string]any
	if err := json.Unmarshal(data, &row); err != nil {
		return nil, fmt.Errorf("bad row: %w", err)
	}
	p := &Product{}
	// Both may be missing.
	p.SKU, _ = row["sku"].(string)
	p.Name, _ = row["name"].(string)
	price, _ := row["price"].(float64)
	p.Price = int64(price)
	return p, nil
}
""",
        after="""package p

import (
	"encoding/json"
	"fmt"
)

type Product struct {
	SKU, Name string
	Price     int64
}

func Parse(data []byte) (*Product, error) {
	var row struct {
		SKU   string  `json:"sku"`
		Name  string  `json:"name"`
		Price float64 `json:"price"`
	}
	if err := json.Unmarshal(data, &row); err != nil {
		return nil, fmt.Errorf("bad row: %w", err)
	}
	p := &Product{}
	// Both may be missing.
	p.SKU = row.SKU
	p.Name = row.Name
	price := row.Price
	p.Price = int64(price)
	return p, nil
}
""",
        probe="""for _, text := range []string{
	`{}`, `null`, `{"sku": "a", "name": "\\u00e9<", "price": 12.9, "more": {"x": [1, null]}}`,
	`{"price": -1e3, "sku": null}`, `{"sku": "a", "sku": "b"}`, `[1]`, `{"sku": `, `{"price": 1e999}`,
} {
	p, err := Parse([]byte(text))
	emit(err != nil)
	if err == nil {
		emit(*p)
	}
}""",
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"encoding/json"
	"io"
)

// Login is the name and the first role of a user.
func Login(r io.Reader) (string, any, error) {
	body := make(map[string]interface{})
	if err := json.NewDecoder(r).Decode(&body); err != nil {
		return "", nil, err
	}
	name := body["user"].(map[string]interface{})["name"].(string)
	if roles := body["user"].(map[string]interface{})["roles"].([]interface{}); len(roles) > 0 {
		return name, roles[0], nil
	}
	return name, body["default"], nil
}
""",
        after="""package p

import (
	"encoding/json"
	"io"
)

// Login is the name and the first role of a user.
func Login(r io.Reader) (string, any, error) {
	var body struct {
		Default any `json:"default"`
		User    struct {
			Name  string        `json:"name"`
			Roles []interface{} `json:"roles"`
		} `json:"user"`
	}
	if err := json.NewDecoder(r).Decode(&body); err != nil {
		return "", nil, err
	}
	name := body.User.Name
	if roles := body.User.Roles; len(roles) > 0 {
		return name, roles[0], nil
	}
	return name, body.Default, nil
}
""",
        probe="""for _, text := range []string{
	`{"user": {"name": "ann", "roles": []}, "default": "reader"}`,
	`{"user": {"roles": ["admin", 1], "name": ""}}`,
	`{"user": {"name": "日本語", "roles": [{"deep": true}], "other": [[]]}, "default": 1.5} {}`,
	``, `"text"`,
} {
	name, role, err := Login(strings.NewReader(text))
	emit(name)
	emit(role)
	emit(err != nil)
}""",
        probe_imports=("strings",),
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import "encoding/json"

func Count(lines []string) (sum float64, named, failed int) {
	for _, line := range lines {
		m := map[string]any{}
		if json.Unmarshal([]byte(line), &m) != nil {
			failed++
			continue
		}
		if _, ok := m["name"].(string); ok {
			named++
		}
		if m["skip"] != nil {
			continue
		}
		if n, _ := m["n"].(float64); n > 0 {
			sum += n
		}
	}
	return sum, named, failed
}
""",
        after="""package p

import "encoding/json"

func Count(lines []string) (sum float64, named, failed int) {
	for _, line := range lines {
		var m struct {
			Name any     `json:"name"`
			Skip any     `json:"skip"`
			N    float64 `json:"n"`
		}
		if json.Unmarshal([]byte(line), &m) != nil {
			failed++
			continue
		}
		if _, ok := m.Name.(string); ok {
			named++
		}
		if m.Skip != nil {
			continue
		}
		if n := m.N; n > 0 {
			sum += n
		}
	}
	return sum, named, failed
}
""",
        probe="""sum, named, failed := Count([]string{
	`{"n": 2, "name": "a"}`, `{"n": 1.5}`, `{"name": null, "n": -3}`, `{"name": 7}`, `{"skip": false, "n": 9}`,
	`{"n": `, ``,
	`{"skip": null, "n": 1e3, "name": ""}`,
})
emit(sum)
emit(named)
emit(failed)""",
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "encoding/json"

func Keys(data []byte) (keys []string, id any) {
	var m map[string]any
	json.Unmarshal(data, &m)
	for key := range m {
		keys = append(keys, key)
	}
	return keys, m["id"]
}
""",
        "used in another way",
    ),
    Refused(
        """package p

import "encoding/json"

func Has(data []byte) bool {
	var m map[string]any
	json.Unmarshal(data, &m)
	_, ok := m["id"]
	return ok
}
""",
        "is there is asked",
    ),
    Refused(
        """package p

import "encoding/json"

func Get(data []byte, key string) any {
	var m map[string]any
	json.Unmarshal(data, &m)
	return m[key]
}
""",
        "no key",
    ),
    Refused(
        """package p

import "encoding/json"

func Last(lines []string) any {
	m := map[string]any{}
	for _, line := range lines {
		json.Unmarshal([]byte(line), &m)
	}
	return m["id"]
}
""",
        "filled more than once",
    ),
    Refused(
        """package p

import (
	"encoding/json"
	"strings"
)

func Strict(text string) (any, error) {
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&m)
	return m["id"], err
}
""",
        "rejects fields",
    ),
    Refused(
        """package p

import "encoding/json"

func Filled(data []byte) any {
	m := map[string]any{"id": 1}
	json.Unmarshal(data, &m)
	return m["id"]
}
""",
        "does not begin empty",
    ),
    Refused(
        """package p

import "encoding/json"

func Changed(data []byte) any {
	var m map[string]any
	json.Unmarshal(data, &m)
	m["id"] = 1
	return m["id"]
}
""",
        "is changed",
    ),
)
