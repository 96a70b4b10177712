"""# conversions

A string that is made from bytes only to be looked at is not made: the bytes are looked at.

## Why it saves

`string(b)` copies the bytes if there are more than 32. The packages `bytes`, `regexp` and `unicode/utf8` have the same
functions for bytes. The other way round, `[]byte(s)` for an argument that is only read is often no copy since Go 1.22;
where it is one, the check finds that nothing would be saved.

## When it is offered

For a conversion that is an argument of a function which has such a twin and returns numbers or truth values:
`strings.Contains`, `HasPrefix`, `Index`, …, `utf8.RuneCountInString`, `(*regexp.Regexp).MatchString`, ….

What the compiler does without a copy already, `string(b) == s` or `m[string(b)]`, is left as it is.

## When it is not

When another argument that is evaluated may change the bytes; when the result is a part of the string, which has to be
a copy; when a name hides the package that is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._risk import Risk, risk
from stackward.rewrites._scene import Scene, arguments, callee_node, is_call, replace_node
from stackward.syntax.anchors import unparenthesized
from stackward.syntax.tree import SourceFile, text_of

_STRINGS = {
    "Compare": (0, 1),
    "Contains": (0, 1),
    "ContainsAny": (0,),
    "ContainsRune": (0,),
    "Count": (0, 1),
    "EqualFold": (0, 1),
    "HasPrefix": (0, 1),
    "HasSuffix": (0, 1),
    "Index": (0, 1),
    "IndexAny": (0,),
    "IndexByte": (0,),
    "IndexRune": (0,),
    "LastIndex": (0, 1),
    "LastIndexAny": (0,),
    "LastIndexByte": (0,),
}
"""Functions of ``strings`` that ``bytes`` has too, with the arguments that are bytes there."""
_OTHERS = {
    "(*regexp.Regexp).FindAllStringIndex": "FindAllIndex",
    "(*regexp.Regexp).FindAllStringSubmatchIndex": "FindAllSubmatchIndex",
    "(*regexp.Regexp).FindStringIndex": "FindIndex",
    "(*regexp.Regexp).FindStringSubmatchIndex": "FindSubmatchIndex",
    "(*regexp.Regexp).MatchString": "Match",
    "unicode/utf8.DecodeLastRuneInString": "DecodeLastRune",
    "unicode/utf8.DecodeRuneInString": "DecodeRune",
    "unicode/utf8.FullRuneInString": "FullRune",
    "unicode/utf8.RuneCountInString": "RuneCount",
    "unicode/utf8.ValidString": "Valid",
}
"""Functions whose first argument may be bytes if they are called by another name."""
_NAMES = frozenset(_STRINGS) | {name.rpartition(".")[2] for name in _OTHERS}


def suits(node: Node, source: SourceFile) -> bool:
    """A call, with a conversion, of a function that may have a twin."""
    callee = callee_node(node) if is_call(node) else None
    if callee is None or callee.type != "selector_expression":
        return False
    named = text_of(callee.named_children[-1], source) in _NAMES
    return named and any(text_of(one, source).lstrip("(").startswith("string(") for one in arguments(node))


def propose(scene: Scene) -> Iterator[Offer]:
    if any(one.type == "comment" for one in walk(scene.node)):
        return
    callee, given = scene.callee(scene.node), arguments(scene.node)
    function = callee.removeprefix("strings.")
    if function in _STRINGS and function != callee:
        yield from _twin(scene, given, _STRINGS[function])
    elif callee in _OTHERS and given:
        yield from _renamed(scene, given, _OTHERS[callee])


def _bytes(scene: Scene, node: Node) -> Node | None:
    """The bytes that an expression makes a string of."""
    inner = unparenthesized(node)
    given = arguments(inner) if is_call(inner) else []
    found = scene.facts(inner) if len(given) == 1 else None
    if found is None or found.call is None or found.call.kind != "conversion" or found.call.callee != "string":
        return None
    info = scene.type(given[0])
    of_bytes = info is not None and info.elem is not None and info.elem.type in {"byte", "uint8"}
    return given[0] if info is not None and info.kind == "slice" and of_bytes else None


def _twin(scene: Scene, given: Sequence[Node], places: Sequence[int]) -> Iterator[Offer]:
    """``strings.Contains(string(b), s)`` as ``bytes.Contains(b, []byte(s))``."""
    function = callee_node(scene.node)
    name = scene.qualifier("bytes")
    made = [(place, _bytes(scene, given[place])) for place in places if place < len(given)]
    if function is None or all(one is None for _, one in made):
        return
    if name is None:
        yield Refusal("bytes means something else here")
    elif _disturbed(scene, given):
        yield Refusal("what else is evaluated may change the bytes")
    else:
        called = scene.text(function.named_children[-1])
        edits = [replace_node(function, f"{name}.{called}")]
        for place, one in made:
            text = scene.text(one) if one is not None else f"[]byte({scene.text(given[place])})"
            edits.append(replace_node(given[place], text))
        yield Proposal(
            f"Use bytes.{called} without making a string", {scene.path: tuple(edits)}, _import(scene, "bytes")
        )


def _renamed(scene: Scene, given: Sequence[Node], name: str) -> Iterator[Offer]:
    """``re.MatchString(string(b))`` as ``re.Match(b)``."""
    function = callee_node(scene.node)
    made = _bytes(scene, given[0])
    if made is None or function is None:
        return
    receiver = scene.type(function.named_children[0])
    if receiver is not None and receiver.type not in {"*regexp.Regexp", "regexp.Regexp"}:
        yield Refusal(f"{receiver.type} may have a method {name} of its own")
    elif _disturbed(scene, given):
        yield Refusal("what else is evaluated may change the bytes")
    else:
        edits = (replace_node(function.named_children[-1], name), replace_node(given[0], scene.text(made)))
        yield Proposal(f"Use {name} without making a string", {scene.path: edits})


def _disturbed(scene: Scene, given: Sequence[Node]) -> bool:
    """Whether evaluating an argument could change the bytes of another, which were copied before."""
    acting = [node for node in given if risk(scene, _bytes(scene, node) or node) is Risk.ACTS]
    return bool(acting) and any(scene.constant(node) is None for node in given if node not in acting[:1])


def _import(scene: Scene, path: str) -> dict[str, tuple[str, ...]]:
    return {scene.path: (path,)}


REWRITE = Rewrite("conversions", "bytes looked at without making a string", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "strings"

func Kind(header []byte, end byte) (bool, int, bool) {
	at := strings.LastIndexByte(string(header), end)
	json := strings.HasPrefix(string(header), "application/json")
	return json, at, strings.EqualFold(string(header[:len(header)/2]), string(header[len(header)/2:]))
}
""",
        after="""package p

import "bytes"

func Kind(header []byte, end byte) (bool, int, bool) {
	at := bytes.LastIndexByte(header, end)
	json := bytes.HasPrefix(header, []byte("application/json"))
	return json, at, bytes.EqualFold(header[:len(header)/2], header[len(header)/2:])
}
""",
        probe="""headers := []string{"", "application/json", "Text-TEXT-", "é世界;É世界;", "\\xff\\xfe"}
for _, header := range append(headers, strings.Repeat("long ", 20)+"application/json") {
	for _, end := range []byte{0, 'n', 0xfe, ';'} {
		a, b, c := Kind([]byte(header), end)
		emit(a)
		emit(b)
		emit(c)
	}
}
a, b, c := Kind(nil, 0)
emit(a)
emit(b)
emit(c)""",
        probe_imports=("strings",),
        saves=10,
    ),
    Example(
        before="""package p

import (
	"regexp"
	"unicode/utf8"
)

var number = regexp.MustCompile(`\\d+`)

func Look(line []byte) (int, bool, []int) {
	if !utf8.ValidString(string(line)) {
		return utf8.RuneCountInString(string(line)), false, nil
	}
	return 0, number.MatchString(string(line)), number.FindStringIndex(string(line))
}
""",
        after="""package p

import (
	"regexp"
	"unicode/utf8"
)

var number = regexp.MustCompile(`\\d+`)

func Look(line []byte) (int, bool, []int) {
	if !utf8.Valid(line) {
		return utf8.RuneCount(line), false, nil
	}
	return 0, number.Match(line), number.FindIndex(line)
}
""",
        probe="""for _, line := range []string{"", "a1", "é 世界 22", "\\xff 1", strings.Repeat("x", 80) + "42"} {
	n, ok, at := Look([]byte(line))
	emit(n)
	emit(ok)
	emit(at)
}
_, _, at := Look(nil)
emit(at)""",
        probe_imports=("strings",),
        saves=2,
    ),
    Example(
        before="""package p

import "strings"

type Line []byte

func Fields(all []Line, next func() Line) (n int) {
	for _, one := range all {
		// The marker counts once.
		n += strings.Count(string(one), "; ") + strings.IndexByte((string(one)), '-')
	}
	return n + strings.Compare(string(next()), "the end of the lines, which is rather long")
}
""",
        after="""package p

import "bytes"

type Line []byte

func Fields(all []Line, next func() Line) (n int) {
	for _, one := range all {
		// The marker counts once.
		n += bytes.Count(one, []byte("; ")) + bytes.IndexByte(one, '-')
	}
	return n + bytes.Compare(next(), []byte("the end of the lines, which is rather long"))
}
""",
        probe="""all := []Line{nil, {}, Line("; "), Line("é; 世; \xff-- "), Line(strings.Repeat("long; ", 30))}
for _, last := range []Line{nil, Line("the end of the lines, which is rather long"), Line("\xff")} {
	emit(Fields(all, func() Line { return last }))
}""",
        probe_imports=("strings",),
        saves=5,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "regexp"

type pattern struct{ *regexp.Regexp }

func (pattern) Match(b []byte) bool { return len(b) > 0 }

func Has(p pattern, line []byte) bool { return p.MatchString(string(line)) }
""",
        "of its own",
    ),
    Refused(
        """package p

import "strings"

func Cut(line []byte, next func() string) bool { return strings.Contains(string(line), next()) }
""",
        "may change the bytes",
    ),
    Refused(
        """package p

import "strings"

func Has(b []byte, part string) bool { return strings.Contains(string(b), part) }
""",
        "save nothing",
    ),
    Refused(
        """package p

import "strings"

func Trim(line []byte) string { return strings.TrimSpace(string(line)) }
"""
    ),
    Refused(
        """package p

func Known(key []byte, names map[string]bool) bool { return string(key) == "all" || names[string(key)] }
"""
    ),
    Refused(
        """package p

import "strings"

func bytes(line []byte) bool { return strings.Contains(string(line), "\\n") }
""",
        "means something else",
    ),
    Refused(
        """package p

import "strings"

func Word(r rune, text string) bool { return strings.Contains(string(r), text) }
"""
    ),
)
