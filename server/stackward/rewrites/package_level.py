"""# package-level

What a function makes anew on each call and never changes is made once, at package level.

## Why it saves

`regexp.MustCompile` and `regexp.MatchString` parse their pattern and allocate dozens of objects, so do templates, and
a replacer makes its tables; a map of more than eight entries, or a slice that escapes, is allocated and filled each
time the function is called. At package level all are made once, at start.

## When it is offered

- For `regexp.MustCompile` of a valid constant pattern of which only methods that change nothing are called.
- For `regexp.MatchString` and `regexp.Match` with a valid constant pattern, whose error is ignored, returned, or asked
  for by `if err != nil` in the next statement, which goes, as there never is one.
- For `strings.NewReplacer` of constants, of which only `Replace` and `WriteString` are called.
- For `template.Must(template.New(…).Parse(…))` of a valid constant text without functions of its own, in
  `text/template` and `html/template`, of which only `Execute` and `ExecuteTemplate` are called.
- For map and slice literals of constants that are only indexed, ranged over and measured with `len`.

A variable keeps its name unless that says little outside of its function: `re` in `Valid` becomes `validPattern`.

## When it is not

When the value is written to, returned, passed on or captured as a whole, when it depends on anything local, and when
more is done with the error of a match; in `main` and in tests, unless a loop or a func literal makes it; and in methods
that may be called through an interface while a variable of the package that is declared earlier is initialised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._constants import constant, of_package
from stackward.rewrites._imports import imports, package_level
from stackward.rewrites._initialisation import initialises
from stackward.rewrites._literals import unquoted
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, calls, is_call, replace_node
from stackward.rewrites._variables import (
    Variable,
    commented,
    context,
    expressions,
    method_called,
    removed,
    siblings,
    variable,
)
from stackward.syntax.tree import SourceFile, package_of

_COMPILES = ("regexp.MustCompile", "regexp.MustCompilePOSIX")
_METHODS = {"regexp.Match": "Match", "regexp.MatchString": "MatchString"}
_MATCHES = tuple(_METHODS)
_REPLACER = "strings.NewReplacer"
_MUST = ("html/template.Must", "text/template.Must")
# Longest and UnmarshalText change the expression.
_READS = ("Expand", "Find", "LiteralPrefix", "Match", "NumSubexp", "Replace", "Split", "String", "Subexp")
_REPLACES = ("Replace", "WriteString")
_EXECUTES = ("Execute",)
_TEST = re.compile(r"(Example|Test)([^a-z]|$)")
_VAGUE = 2  # Letters of a name that says something in its function only.
_ABBREVIATIONS = frozenset({"exp", "expr", "pat", "reg", "rep", "repl", "rgx", "tab", "tbl", "tmp", "tmpl", "tpl"})
_ON_STACK = 8  # Entries of a map that does not escape (internal/abi: SwissMapGroupSlots); no one allocates these.


def suits(node: Node, source: SourceFile) -> bool:
    if node.type == "call_expression":
        return calls(node, source, *_COMPILES, *_MATCHES, _REPLACER, "template.Must")
    kind = node.child_by_field_name("type")
    return kind is not None and kind.type in {"map_type", "slice_type"}


def propose(scene: Scene) -> Iterator[Offer]:
    function = scene.declaration()
    if function is None or scene.text(_name_of(function)) == "init":
        return
    once = _runs_once(scene, function)
    offers = _call(scene, function) if scene.node.type == "call_expression" else _table(scene, function)
    for offer in offers:
        if isinstance(offer, Refusal):
            yield offer
        elif once:
            yield Refusal(f"{scene.text(_name_of(function))} runs once")
        elif early := initialises(scene, function):
            yield Refusal(f"{early} is initialised before, and may need it")
        else:
            yield offer


def _runs_once(scene: Scene, function: Node) -> bool:
    """Whether the node is in ``main`` or a test, in no loop and no function that is made there."""
    name = scene.text(_name_of(function))
    main = name == "main" and package_of(scene.source) == "main"
    test = scene.path.endswith("_test.go") and _TEST.match(name) is not None
    return (main or test) and not any(one.type in {"for_statement", "func_literal"} for one in scene.around())


def _call(scene: Scene, function: Node) -> Iterator[Offer]:
    callee, given = scene.callee(scene.node), arguments(scene.node)
    if any(one.type == "variadic_argument" for one in given):
        return
    if callee in _COMPILES and len(given) == 1:
        yield from _checked(scene, given[0]) or _once(scene, function, "pattern", "expression", _READS)
    elif callee in _MATCHES and len(given) == 2:
        yield from _checked(scene, given[0]) or _matched(scene, function, given)
    elif callee == _REPLACER:
        if len(given) % 2 or not all(scene.constant(one) is not None and of_package(scene, one) for one in given):
            yield Refusal("its texts are not constants of the package")
        else:
            yield from _once(scene, function, "replacer", "replacer", _REPLACES)
    elif callee in _MUST and len(given) == 1:
        wrong = _template(scene, given[0])
        yield from [Refusal(wrong)] if wrong else _once(scene, function, "template", "template", _EXECUTES)


def _checked(scene: Scene, given: Node) -> list[Refusal]:
    """Why a pattern may not be compiled at the start of the program."""
    pattern = unquoted(scene.constant(given))
    if pattern is None or not of_package(scene, given):
        return [Refusal("the pattern is not a constant of the package")]
    if scene.callee(scene.node) == _COMPILES[1]:
        return [Refusal("the pattern is POSIX's")]
    if not scene.package.is_pattern(pattern):
        return [Refusal("the pattern is not valid, so that the program would end at its start")]
    return []


def _template(scene: Scene, made: Node) -> str:
    """Why a template may not be made at the start of the program; empty if it may."""
    package = scene.callee(scene.node).removesuffix(".Must")
    function = callee_node(made) if is_call(made) else None
    new = function.child_by_field_name("operand") if function is not None else None
    if new is None or scene.callee(made) != f"(*{package}.Template).Parse" or not is_call(new):
        return "the template is not made of a constant text alone"
    texts = [*arguments(new), *arguments(made)]
    if scene.callee(new) != f"{package}.New" or not all(of_package(scene, one) for one in texts):
        return "the template is not made of a constant text alone"
    text = unquoted(scene.constant(texts[-1]))
    if text is None or scene.constant(texts[0]) is None:
        return "the template is not made of a constant text alone"
    return (
        ""
        if scene.package.is_template(text)
        else "the template is not valid, so that the program would end at its start"
    )


def _once(scene: Scene, function: Node, kind: str, what: str, reads: tuple[str, ...]) -> Iterator[Offer]:
    """What a call makes, if only methods are called on it that change nothing, or not so that it matters."""
    called = method_called(scene.node)
    if called is not None:
        if not called[0].startswith(reads):
            yield Refusal(f"{called[0]} changes the {what}")
            return
        name = scene.free_name(*_owned(scene, function, kind))
        yield _moved(scene, function, name, replace_node(scene.node, name), f"the {kind}")
        return
    found = _local(scene)
    if found is None:
        yield Refusal(f"the {what} goes elsewhere")
        return
    for reference in found.references:
        method = method_called(reference.node)
        if reference.use.write or reference.use.address or method is None or not method[0].startswith(reads):
            yield Refusal(f"{found.name} is not only read")
            return
    yield from _kept(scene, function, found, kind)


def _matched(scene: Scene, function: Node, given: list[Node]) -> Iterator[Offer]:
    """``regexp.MatchString`` as a method of the expression, which gives no error: there is none."""
    listed, callee, method = scene.node.parent, callee_node(scene.node), _METHODS[scene.callee(scene.node)]
    statement = listed.parent if listed is not None and listed.type == "expression_list" else None
    if statement is None or callee is None or any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("its results are given to something else")
        return
    name = scene.free_name(*_owned(scene, function, "pattern"))
    edit = Replacement(scene.node.start_byte, given[1].start_byte, f"{name}.{method}(".encode())
    asked: list[Replacement] | None = []
    if statement.type == "return_statement":
        error = Replacement(scene.node.end_byte, scene.node.end_byte, b", nil")
    else:
        left = expressions(statement.child_by_field_name("left"))
        named = len(left) == 2 and scene.text(left[0]) != "_"
        if named and scene.text(left[1]) != "_":
            asked = _asked(scene, statement, left[1])
        if not named or asked is None:
            yield Refusal("its error is asked for")
            return
        error = Replacement(left[0].end_byte, left[1].end_byte)
    declared = f"{scene.text(callee).removesuffix(method)}MustCompile({scene.text(given[0])})"
    yield _moved(scene, function, name, edit, "the pattern", error, *asked or (), declared=declared)


def _asked(scene: Scene, statement: Node, error: Node) -> list[Replacement] | None:
    """The statement that asks for an error, which there never is, taken away; None where more is done with it."""
    listed, known = siblings(statement), variable(scene, error)
    following = listed[listed.index(statement) + 1 :][:1] if statement in listed else []
    if known is None or known.node != error or not following or following[0].type != "if_statement":
        return None
    asks, alternative = following[0], following[0].child_by_field_name("alternative")
    condition, body = asks.child_by_field_name("condition"), asks.child_by_field_name("consequence")
    if asks.child_by_field_name("initializer") is not None or condition is None or body is None:
        return None
    if scene.text(condition) != f"{known.name} != nil" or commented(scene.source, asks):
        return None
    if any(one.type == "comment" for one in walk(body)):
        return None
    later = [one.node for one in known.references if one.node.start_byte > body.end_byte]
    if later and not _declares(later[0], listed):
        return None
    if alternative is None:
        return [removed(scene.source, asks)]
    return [Replacement(asks.start_byte, alternative.start_byte)] if alternative.type == "if_statement" else None


def _declares(name: Node, listed: Sequence[Node]) -> bool:
    """Whether a name is given a value by one of the statements with ``:=``, so that it would be declared there."""
    left = name.parent
    statement = left.parent if left is not None and left.type == "expression_list" else None
    declares = statement is not None and statement.type == "short_var_declaration" and statement in listed
    return declares and statement is not None and statement.child_by_field_name("left") == left


def _table(scene: Scene, function: Node) -> Iterator[Offer]:
    info = scene.type(scene.node)
    body = scene.node.child_by_field_name("body")
    if info is None or body is None or info.kind not in {"map", "slice"} or not constant(scene, body):
        return
    if info.kind == "map" and sum(one.type != "comment" for one in body.named_children) <= _ON_STACK:
        return
    outer = context(scene.node)
    if outer is not None and outer.type == "index_expression" and not _written(outer):
        name = scene.free_name(*_owned(scene, function, "table"))
        yield _moved(scene, function, name, replace_node(scene.node, name), "the table")
        return
    found = _local(scene)
    if found is None:
        return  # Most literals are passed on: nobody expects anything else.
    for reference in found.references:
        if reference.use.write or reference.use.address or not _only_read(scene, reference.node):
            yield Refusal(f"{found.name} is not only indexed, ranged over and measured")
            return
    yield from _kept(scene, function, found, "table")


def _local(scene: Scene) -> Variable | None:
    """The variable that the node is the value of, declared by a statement of its own."""
    statement = scene.statement()
    if statement.type == "short_var_declaration":
        left = statement.child_by_field_name("left")
        name = left.named_children[0] if left is not None else None
    elif statement.type == "var_declaration":
        name = next((one for one in walk(statement) if one.type == "identifier"), None)
    else:
        return None
    found = variable(scene, name) if name is not None else None
    if found is None or found.value != scene.node or not found.alone or found.statement != statement:
        return None
    return found if found.typed is None and found.references else None


def _kept(scene: Scene, function: Node, found: Variable, kind: str) -> Iterator[Offer]:
    """The declaration moved to package level, under the name that it has if that says enough there."""
    files = scene.package.files.values()
    vague = len(found.name) <= _VAGUE or found.name in _ABBREVIATIONS
    taken = scene.package.hides(found.name) or any(
        found.name in package_level(source) or any(one.qualifier == found.name for one in imports(source))
        for source in files
    )
    if taken or vague:
        name = scene.free_name(*_owned(scene, function, kind if vague else found.name))
        edits = [replace_node(one.node, name) for one in found.references]
    else:
        name, edits = found.name, []
    remark = _remark(found.statement)
    gone = removed(scene.source, found.statement, remark)
    declared = f"{_dedented(scene)} {scene.text(remark)}" if remark is not None else ""
    what = found.name if not vague else f"the {kind}"
    yield _moved(scene, function, name, gone, what, *edits, declared=declared)


def _remark(statement: Node) -> Node | None:
    """The comment behind a statement on its line, which is about what it declares."""
    following = statement.next_named_sibling
    if following is None or following.type != "comment" or following.start_point[0] != statement.end_point[0]:
        return None
    return following


def _owned(scene: Scene, function: Node, name: str) -> tuple[str, str]:
    """Names that say whose it is: ``httpClientTable`` for a method of ``HTTPClient``, ``parseTable`` in ``parse``.

    The second one says more, for a type that has several: ``httpClientGetTable``.
    """
    receiver, own = function.child_by_field_name("receiver"), scene.text(_name_of(function))
    typed = re.search(r"(\w+)(?:\[[^\]]*\])?\s*\)$", scene.text(receiver)) if receiver is not None else None
    owner = typed[1] if typed is not None else own
    capitals = re.match(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]+", owner)
    owner = owner[: capitals.end()].lower() + owner[capitals.end() :] if capitals is not None else owner
    name = f"{name[:1].upper()}{name[1:]}"
    more = f"{own[:1].upper()}{own[1:]}" if typed is not None else ""
    return f"{owner}{name}", f"{owner}{more}{name}"


def _moved(
    scene: Scene, function: Node, name: str, edit: Replacement, what: str, *more: Replacement, declared: str = ""
) -> Proposal:
    start = _above(function)
    line = f"var {name} = {declared or _dedented(scene)}\n\n"
    edits = (Replacement(start, start, line.encode()), edit, *more)
    return Proposal(f"Make {what} once, at package level", {scene.path: edits})


def _dedented(scene: Scene) -> str:
    """The expression with one level of indentation less for each that its line has; gofmt sees to the rest."""
    indent, start = scene.indent(scene.node).encode(), scene.node.start_byte
    raw = [one for one in walk(scene.node) if one.type == "raw_string_literal"]
    lines, at = list[bytes](), 0
    for line in scene.source.text[start : scene.node.end_byte].split(b"\n"):
        within = any(one.start_byte < start + at < one.end_byte for one in raw)
        lines.append(line if within else line.removeprefix(indent))
        at += len(line) + 1
    return b"\n".join(lines).decode()


def _above(function: Node) -> int:
    """Where a declaration begins, its comment included."""
    first = function
    while True:
        before = first.prev_named_sibling
        if before is None or before.type != "comment" or before.end_point[0] != first.start_point[0] - 1:
            return first.start_byte
        first = before


def _name_of(function: Node) -> Node:
    name = function.child_by_field_name("name")
    assert name is not None
    return name


def _only_read(scene: Scene, name: Node) -> bool:
    """Whether a use takes an element, the length, or goes over all of them."""
    outer = context(name)
    if outer is None:
        return False
    if outer.type == "index_expression" and outer.child_by_field_name("operand") == name:
        return not _written(outer)
    if outer.type == "range_clause":
        return outer.child_by_field_name("right") == name
    if outer.type == "argument_list" and outer.parent is not None:
        return scene.callee(outer.parent) == "len"
    return False


def _written(element: Node) -> bool:
    """Whether an element is assigned to, has its address taken, or may have by a method."""
    outer = context(element)
    if outer is None or outer.type in {"inc_statement", "dec_statement", "selector_expression", "slice_expression"}:
        return True
    if outer.type == "unary_expression":
        operator = outer.child_by_field_name("operator")
        return operator is not None and operator.type == "&"
    if outer.type == "expression_list" and outer.parent is not None:
        return outer.parent.type == "assignment_statement" and outer.parent.child_by_field_name("left") == outer
    return outer.type == "index_expression" and outer.child_by_field_name("operand") == element


REWRITE = Rewrite(
    "package-level",
    "a pattern or a table of constants made once, at package level",
    ("call_expression", "composite_literal"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

import "regexp"

// Words splits a text into its words.
func Words(text string) []string {
	splitter := regexp.MustCompile(`[^\\p{L}\\p{N}]+`) // Of any script.

	return splitter.Split(text, -1)
}

func Digits(text string) bool { return regexp.MustCompile("^[0-9]+$").MatchString(text) }
""",
        after="""package p

import "regexp"

var splitter = regexp.MustCompile(`[^\\p{L}\\p{N}]+`) // Of any script.

// Words splits a text into its words.
func Words(text string) []string {
	return splitter.Split(text, -1)
}

var digitsPattern = regexp.MustCompile("^[0-9]+$")

func Digits(text string) bool { return digitsPattern.MatchString(text) }
""",
        probe="""for _, text := range []string{"", "a b", "é, 世界 12", "123", "\\xff"} {
	emit(Words(text))
	emit(Digits(text))
}""",
        saves=50,
    ),
    Example(
        before="""package p

const last = 'c'

// Plain drops accents.
func Plain(r rune) (rune, int) {
	// What customers leave out.
	plain := map[rune]rune{
		'à': 'a', 'é': 'e', 'è': 'e', 'ê': 'e', 'ô': 'o', // French
		'ñ': 'n', 'ç': last, 'ä': 'a', 'ö': 'o', 'ü': 'u',
	}
	if to, ok := plain[r]; ok {
		return to, len(plain)
	}
	return r, 0
}
""",
        after="""package p

const last = 'c'

var plain = map[rune]rune{
	'à': 'a', 'é': 'e', 'è': 'e', 'ê': 'e', 'ô': 'o', // French
	'ñ': 'n', 'ç': last, 'ä': 'a', 'ö': 'o', 'ü': 'u',
}

// Plain drops accents.
func Plain(r rune) (rune, int) {
	// What customers leave out.
	if to, ok := plain[r]; ok {
		return to, len(plain)
	}
	return r, 0
}
""",
        probe="""for _, r := range "aàéñçz世" {
	to, n := Plain(r)
	emit(to)
	emit(n)
}""",
    ),
    Example(
        before="""package p

var names = "taken"

type pair struct {
	key   string
	value int
}

func Sum(i int) (int, string) {
	names := []pair{{"a", 1}, {key: "b", value: 2}, {"c", -3}}
	sum := 0
	for _, one := range names {
		sum += one.value
	}
	label := map[int]string{0: "a", 1: "b", 2: "c", 3: "d", 4: "e", 5: "f", 6: "g", 7: "h", 8: "i"}[i]
	return sum, label
}
""",
        after="""package p

var names = "taken"

type pair struct {
	key   string
	value int
}

var sumTable = map[int]string{0: "a", 1: "b", 2: "c", 3: "d", 4: "e", 5: "f", 6: "g", 7: "h", 8: "i"}

func Sum(i int) (int, string) {
	names := []pair{{"a", 1}, {key: "b", value: 2}, {"c", -3}}
	sum := 0
	for _, one := range names {
		sum += one.value
	}
	label := sumTable[i]
	return sum, label
}
""",
        probe="""for i := range 4 {
	sum, label := Sum(i)
	emit(sum)
	emit(label)
}""",
    ),
    Example(
        before="""package p

import "regexp"

type HTTPVerb string

const known = "GET"

var _ interface{ Known() bool } = (*HTTPVerb)(nil)

// It is there: the compiler sees who needs it.
var fallback = valid("GET")

func valid(s string) bool { return regexp.MustCompile("^[A-Z]+$").MatchString(s) }

func (v HTTPVerb) Known() bool {
	known := regexp.MustCompile("^(GET|PUT|POST)$")
	return known.MatchString(string(v))
}
""",
        after="""package p

import "regexp"

type HTTPVerb string

const known = "GET"

var _ interface{ Known() bool } = (*HTTPVerb)(nil)

// It is there: the compiler sees who needs it.
var fallback = valid("GET")

var validPattern = regexp.MustCompile("^[A-Z]+$")

func valid(s string) bool { return validPattern.MatchString(s) }

var httpVerbKnown = regexp.MustCompile("^(GET|PUT|POST)$")

func (v HTTPVerb) Known() bool {
	return httpVerbKnown.MatchString(string(v))
}
""",
        probe="""emit(fallback)
for _, v := range []HTTPVerb{"", "GET", "get", "PUT\\n"} {
	emit(v.Known())
}""",
        saves=50,
    ),
    Example(
        before="""package p

import (
	"html/template"
	"io"
	"regexp"
	"strings"
)

type HTMLPage struct{ Title string }

func (p *HTMLPage) Render(w io.Writer) error {
	t := template.Must(template.New("page").Parse(`<head>
	<title>{{.Title}}</title>
	</head>
`))
	return t.Execute(w, p)
}

func (p *HTMLPage) Plain() string {
	r := strings.NewReplacer(
		"<", "(",
		">", ")",
	)
	return r.Replace(p.Title) + strings.NewReplacer("a", "A").Replace(p.Title)
}

func Slug(s string) (bool, error) {
	return regexp.MatchString("^[a-z-]+$", s)
}

func Kind(s []byte) string {
	if ok, _ := regexp.Match(`^[0-9]+$`, s); ok {
		return "number"
	}
	var known bool
	known, _ = regexp.MatchString(`^(yes|no)$`, string(s))
	if known {
		return "answer"
	}
	return ""
}
""",
        after="""package p

import (
	"html/template"
	"io"
	"regexp"
	"strings"
)

type HTMLPage struct{ Title string }

var htmlPageTemplate = template.Must(template.New("page").Parse(`<head>
	<title>{{.Title}}</title>
	</head>
`))

func (p *HTMLPage) Render(w io.Writer) error {
	return htmlPageTemplate.Execute(w, p)
}

var htmlPageReplacer = strings.NewReplacer(
	"<", "(",
	">", ")",
)

var htmlPagePlainReplacer = strings.NewReplacer("a", "A")

func (p *HTMLPage) Plain() string {
	return htmlPageReplacer.Replace(p.Title) + htmlPagePlainReplacer.Replace(p.Title)
}

var slugPattern = regexp.MustCompile("^[a-z-]+$")

func Slug(s string) (bool, error) {
	return slugPattern.MatchString(s), nil
}

var kindPattern = regexp.MustCompile(`^[0-9]+$`)

var kindPattern2 = regexp.MustCompile(`^(yes|no)$`)

func Kind(s []byte) string {
	if ok := kindPattern.Match(s); ok {
		return "number"
	}
	var known bool
	known = kindPattern2.MatchString(string(s))
	if known {
		return "answer"
	}
	return ""
}
""",
        probe="""for _, title := range []string{"", "a<b>&", "\\t世", "\\xff", "a-b"} {
	page := &HTMLPage{title}
	var b strings.Builder
	emit(page.Render(&b))
	emit(b.String())
	emit(page.Plain())
	ok, err := Slug(title)
	emit(ok)
	emit(err)
}
for _, s := range []string{"", "12", "yes", "1x"} {
	emit(Kind([]byte(s)))
}""",
        probe_imports=("strings",),
        saves=300,
    ),
    Example(
        before="""package p

import (
	"errors"
	"regexp"
	"strconv"
)

func Number(s string) (int, error) {
	ok, err := regexp.MatchString("^[0-9]{1,9}$", s)
	if err != nil {
		return 0, err
	}
	// Signs are not wanted.
	if !ok {
		return 0, errors.New("no number")
	}
	n, err := strconv.Atoi(s)
	return n, err
}

func Kind(s string) string {
	matched, err := regexp.MatchString("^[a-z]+$", s)
	if err != nil {
		panic(err)
	} else if matched {
		return "word"
	}
	return "other"
}
""",
        after="""package p

import (
	"errors"
	"regexp"
	"strconv"
)

var numberPattern = regexp.MustCompile("^[0-9]{1,9}$")

func Number(s string) (int, error) {
	ok := numberPattern.MatchString(s)
	// Signs are not wanted.
	if !ok {
		return 0, errors.New("no number")
	}
	n, err := strconv.Atoi(s)
	return n, err
}

var kindPattern = regexp.MustCompile("^[a-z]+$")

func Kind(s string) string {
	matched := kindPattern.MatchString(s)
	if matched {
		return "word"
	}
	return "other"
}
""",
        probe="""for _, s := range []string{"", "12", "-1", "word", "Wörd", "1234567890"} {
	n, err := Number(s)
	emit(n)
	emit(err)
	emit(Kind(s))
}""",
        saves=300,
    ),
)

REFUSALS = (
    Refused(
        """package p

import (
	"encoding/json"
	"regexp"
)

var Start, _ = json.Marshal(map[string]label{"a": "b c"})

type label string

func (l label) MarshalText() ([]byte, error) {
	return regexp.MustCompile(`\\s+`).ReplaceAll([]byte(l), []byte("-")), nil
}
""",
        "Start is initialised before",
    ),
    Refused(
        """package p

type namer interface{ name() string }

type kind int

const (
	none kind = iota
	some
)

func describe(n namer) string { return "<" + n.name() + ">" }

func first() string { return describe(some) }

var (
	unset string
	Label = first()
)

func (k kind) name() string {
	names := map[kind]string{0: "a", 1: "b", 2: "c", 3: "d", 4: "e", 5: "f", 6: "g", 7: "h", 8: "i"}
	return names[k]
}
""",
        "Label is initialised before",
    ),
    Refused(
        """package p

import "regexp"

func Valid(s string) error {
	ok, err := regexp.MatchString("^[a-z]+$", s)
	if !ok {
		return err
	}
	return nil
}
""",
        "its error is asked for",
    ),
    Refused(
        """package p

import "regexp"

var err error

func Valid(s string) error {
	ok, err := regexp.MatchString("^[a-z]+$", s)
	if err != nil {
		return err
	}
	if !ok {
		s = ""
	}
	return err
}
""",
        "its error is asked for",
    ),
    Refused(
        """package p

import "regexp"

func Valid(s string, err error) (bool, error) {
	if s != "" {
		var ok bool
		ok, err = regexp.MatchString("^[a-z]+$", s)
		if err != nil {
			return false, err
		}
		return ok, nil
	}
	return false, err
}
""",
        "its error is asked for",
    ),
    Refused(
        """package p

import "regexp"

func Valid(s string) bool {
	ok, _ := regexp.MatchString("[a-z", s)
	return ok
}
""",
        "not valid",
    ),
    Refused(
        """package p

import (
	"io"
	"text/template"
)

func Render(w io.Writer, data any) error {
	t := template.Must(template.New("x").Parse("{{.Title | upper}}"))
	return t.Execute(w, data)
}
""",
        "the template is not valid",
    ),
    Refused(
        """package p

import (
	"io"
	"text/template"
)

func Render(w io.Writer, data any) error {
	t := template.Must(template.New("x").Parse("{{.}}"))
	if _, err := t.New("y").Parse("{{.X}}"); err != nil {
		return err
	}
	return t.Execute(w, data)
}
""",
        "t is not only read",
    ),
    Refused(
        """package p

import "strings"

func Fill(text, name string) string { return strings.NewReplacer("$name", name).Replace(text) }
""",
        "not constants of the package",
    ),
    Refused(
        """package p

import "regexp"

func Match(text, word string) bool {
	re := regexp.MustCompile("^" + word)
	return re.MatchString(text)
}
""",
        "not a constant",
    ),
    Refused(
        """package p

import "regexp"

func Match(text string) bool {
	re := regexp.MustCompile("^(a|ab)")
	re.Longest()
	return re.MatchString(text)
}
""",
        "not only read",
    ),
    Refused(
        """package p

import "regexp"

func Make() *regexp.Regexp { return regexp.MustCompile("^a+$") }
""",
        "goes elsewhere",
    ),
    Refused(
        """package p

import "regexp"

func Never(text string) bool {
	if text != "" {
		return false
	}
	return regexp.MustCompile("a(").MatchString(text)
}
""",
        "not valid",
    ),
    Refused(
        """package p

func Count(text string) map[rune]int {
	counts := map[rune]int{'a': 0, 'b': 0, 'c': 0, 'd': 0, 'e': 0, 'f': 0, 'g': 0, 'h': 0, 'i': 0}
	for _, r := range text {
		counts[r]++
	}
	return counts
}
""",
        "not only indexed",
    ),
    Refused(
        """package p

func At(i int, first string) string {
	names := map[int]string{0: first, 1: "b", 2: "c", 3: "d", 4: "e", 5: "f", 6: "g", 7: "h", 8: "i"}
	return names[i]
}
"""
    ),
    Refused(
        """package p

func At(i int) string {
	const first = "first"
	names := map[int]string{0: first, 1: "b", 2: "c", 3: "d", 4: "e", 5: "f", 6: "g", 7: "h", 8: "i"}
	return names[i]
}
"""
    ),
    Refused(
        """package main

import (
	"os"
	"regexp"
)

func main() {
	pair := regexp.MustCompile(`^[a-z]+=[a-z]+$`)
	found := 0
	for _, one := range os.Args[1:] {
		if pair.MatchString(one) {
			found++
		}
	}
	os.Exit(found)
}
""",
        "main runs once",
    ),
)
