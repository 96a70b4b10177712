"""# context-chain

Several values that a function puts into a context one after the other become one struct under one key.

## Why it saves

Each `context.WithValue` allocates a context, and each value that is no pointer is copied to the heap. A reader asks
one context after the other until one has the key. One struct is one context and one copy, and is found at once.

## When it is offered

For two or more `context.WithValue` in a row in one function, whose keys nothing else in the package sets, with all
that reads them: `ctx.Value(key).(T)`, with and without `ok`, and functions that do no more than that for a key that
they are given. The values become fields with the types that they have; constants and types that only named the keys
go. It is for review: `fmt` prints another text for the context, and so does the panic of an assertion that fails.
With keys that are strings other packages may ask for them, too; those that import the package are looked through.

## When it is not

When one of the keys is exported, set anywhere else, or used for anything but reading; when a reader asserts another
type than that of the value, or none; when a value is an interface, which may be nil, or is made from the context
before it; when nothing in the package reads a key that is a string; when a package that imports this one has the same
string; when something that is no `context.Context` is asked for one of the keys; when generated code, files for other
systems or tests from outside of the package are concerned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._chains import Changes, Value, dead_declarations, key_name
from stackward.rewrites._context_keys import is_string, untouchable
from stackward.rewrites._contexts import Access, Contexts, contexts, read_abroad, used_elsewhere
from stackward.rewrites._json import field_name
from stackward.rewrites._literals import unquoted
from stackward.rewrites._names import KEYWORDS, PREDECLARED, walk
from stackward.rewrites._order import harmless, stable
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite, Span
from stackward.rewrites._risk import recovers
from stackward.rewrites._scene import Scene, arguments, calls, is_call, replace_node
from stackward.rewrites._targets import spelled
from stackward.rewrites._variables import above, has_goto, inside, mentions, siblings, sole, variable
from stackward.syntax.tree import SourceFile, text_of


@dataclass(frozen=True, slots=True)
class Link:
    """One ``context.WithValue`` of a chain. ``statement`` is the one it is in, ``name`` the variable it is put into."""

    call: Node
    statement: Node
    name: str


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, "context.WithValue")


def propose(scene: Scene) -> Iterator[Offer]:
    chain = _chain(scene)
    if len(chain) < 2 or chain[0].call != scene.node:
        return
    if scene.callee(scene.node) != "context.WithValue":
        return
    if not scene.package.complete:
        yield Refusal("files that are not compiled here may use the keys")
        return
    known = contexts(scene)
    listed = _fields(scene, chain, known)
    if isinstance(listed, Refusal):
        yield listed
        return
    made = _proposal(scene, chain, known, listed)
    yield made
    if isinstance(made, Proposal):
        # A shorter function may be inlined: its callers then seem to allocate what it did.
        callers = _callers(scene)
        shipped = tuple(one for one in callers if not one.path.endswith("_test.go"))
        for several in (shipped, callers):
            for number in range(1, min(len(chain), _CONSISTS + 1)) if several else ():
                yield replace(made, lighter=several * number)


_CONSISTS = 2  # A context and the copy of the struct are what the new chain allocates.


def _chain(scene: Scene) -> list[Link]:
    """The links from the scene's node on; none if it is not the first of its chain."""
    statement = _simple(scene.node)
    if statement is None or _parent_call(scene, scene.node) is not None:
        return []
    first = arguments(scene.node)[0] if arguments(scene.node) else None
    listed = siblings(statement)
    number = listed.index(statement)
    if first is not None and number > 0 and first.type == "identifier":
        earlier = _links(scene, listed[number - 1])
        if earlier and earlier[-1].name == scene.text(first):
            return []
    found = _links(scene, statement)
    if not found or found[0].call != scene.node:
        return []
    for following in listed[number + 1 :]:
        more = _links(scene, following)
        parent = _parent(more[0].call) if more else None
        if parent is None or parent.type != "identifier" or scene.text(parent) != found[-1].name:
            break
        if more[-1].name and (more[-1].name != found[-1].name or following.type != "assignment_statement"):
            break
        found += more
        if not more[-1].name:
            break
    return found


def _simple(node: Node) -> Node | None:
    """The assignment, declaration or return around a call, if it is in a list of statements."""
    outer = node.parent
    while outer is not None and outer.type not in _STATEMENTS:
        outer = outer.parent
    return outer if outer is not None and outer.parent is not None and outer.parent.type == "statement_list" else None


_STATEMENTS = frozenset(
    {"assignment_statement", "block", "expression_statement", "return_statement", "short_var_declaration"}
)


def _links(scene: Scene, statement: Node) -> list[Link]:
    """The links that one statement is, innermost first."""
    name = ""
    if statement.type == "return_statement":
        call = sole(statement.named_children[0]) if statement.named_children else None
    elif statement.type in {"assignment_statement", "short_var_declaration"}:
        target, call = sole(statement.child_by_field_name("left")), sole(statement.child_by_field_name("right"))
        operator = statement.child_by_field_name("operator")
        if target is None or target.type != "identifier" or (operator is not None and operator.type != "="):
            return []
        name = scene.text(target)
    else:
        return []
    found: list[Link] = []
    while call is not None and calls(call, scene.source, "context.WithValue") and len(arguments(call)) == 3:
        found.insert(0, Link(call, statement, name))
        call = _parent(call)
    return found


def _parent(call: Node) -> Node | None:
    given = arguments(call)
    return given[0] if given else None


def _parent_call(scene: Scene, call: Node) -> Node | None:
    """The call that a context comes from if that is a link itself."""
    parent = _parent(call)
    return parent if parent is not None and calls(parent, scene.source, "context.WithValue") else None


def _fields(scene: Scene, chain: Sequence[Link], known: Contexts) -> list[Value] | Refusal:
    """The values as fields of a struct, in their order."""
    by_call = {(one.path, one.call.start_byte): one for one in known.setters}
    found: list[Value] = []
    for link in chain:
        access = by_call.get((scene.path, link.call.start_byte))
        if access is None or access.value is None:
            return Refusal("a key is not known")
        info = scene.type(access.value)
        typed = spelled(scene, info) if info is not None and info.kind not in _NOT_CERTAIN else None
        if info is None or typed is None:
            return Refusal(f"{scene.text(access.value)} is an interface, or its type cannot be written here")
        name = _field_name(scene, access, [one.name for one in found])
        found.append(Value(access, name, (info.type, info.package), typed))
    return _alone(scene, chain, known, found) or found


_NOT_CERTAIN = frozenset({"interface", "invalid", "tuple", "type parameter", "untyped nil"})


def _field_name(scene: Scene, access: Access, taken: Sequence[str]) -> str:
    name = key_name(access.key, scene)
    if not name:
        public = field_name(unquoted(scene.constant(access.key.node)) or "value", ())
        head = re.match(r"[A-Z]+(?![a-z])|[A-Z]", public)
        name = public if head is None else head[0].lower() + public[head.end() :]
    if name in KEYWORDS | PREDECLARED:
        name += "Value"
    number, free = 2, name
    while free in taken:
        free = f"{name}{number}"
        number += 1
    return free


def _alone(scene: Scene, chain: Sequence[Link], known: Contexts, found: Sequence[Value]) -> Refusal | None:
    """Why the chain is not all that there is to its keys."""
    identities = {one.access.key.identity for one in found}
    if len(identities) < len(found):
        return Refusal("the chain sets a key twice")
    if sum(one.key.identity in identities for one in known.setters) > len(found):
        return Refusal("a key is set elsewhere, too")
    unclear = known.unclear(scene, identities)
    if unclear is not None:
        return unclear
    for one in found:
        key = one.access.key
        if key.name is not None and scene.text(key.name)[:1].isupper():
            return Refusal(f"{scene.text(key.name)} is exported")
        if used_elsewhere(scene, key, known):
            return Refusal(f"{scene.text(key.node)} is used for more than to read the value")
        if key.public and (abroad := read_abroad(scene, key, known)) is not None:
            return abroad
    return _in_order(scene, chain, found)


def _in_order(scene: Scene, chain: Sequence[Link], found: Sequence[Value]) -> Refusal | None:
    """Why the values cannot all be made at once."""
    names = {link.name for link in chain if link.name}
    for name in names:
        statement = next(link.statement for link in chain if link.name == name)
        target = sole(statement.child_by_field_name("left"))
        made = variable(scene, target) if target is not None else None
        if made is None or any(one.use.captured or one.use.address for one in made.references):
            return Refusal(f"{name} is used by another function")
        if made.kind == "result" and recovers(scene, scene.node):
            return Refusal(f"{name} is returned if a value panics")
    values = [one.access.value for one in found if one.access.value is not None]
    parent = _parent(chain[0].call)
    for number, value in enumerate((parent, *values)):
        if value is None or (number > 1 and any(mentions(value, name, scene.source) for name in names)):
            return Refusal("a value is made from the context before it")
        if any(_disturbs(scene, later) for later in values[max(number, 1) :]) and not stable(scene, value):
            return Refusal(f"{scene.text(value)} may change before all values are known")
    for call, value in zip((link.call for link in chain), values, strict=True):
        if any(one.type == "comment" and not inside(one, value) for one in walk(call)):
            return Refusal("there is a comment in the chain")
    if _crowded(scene, list(dict.fromkeys(link.statement for link in chain))):
        return Refusal("there is more on the lines of the chain")
    return Refusal("the function jumps about") if has_goto(scene, scene.node) else None


def _disturbs(scene: Scene, value: Node) -> bool:
    """Whether to make a value may change something."""
    for node in walk(value):
        operator = node.child_by_field_name("operator") if node.type == "unary_expression" else None
        if node.type == "func_literal" or (operator is not None and operator.type == "<-"):
            return True
        if is_call(node) and not harmless(scene, node):
            return True
    return False


def _proposal(scene: Scene, chain: Sequence[Link], known: Contexts, listed: Sequence[Value]) -> Offer:
    function = scene.declaration()
    if function is None or function.child_by_field_name("type_parameters") is not None:
        return Refusal("the function is generic, or is none with a name")
    key, struct = scene.free_name("contextKey", "valuesKey"), scene.free_name("contextValues", "valuesInContext")
    getter = scene.free_name("contextValuesOf", "valuesOfContext")
    values = {one.access.key.identity: one for one in listed}
    changes = Changes(scene, values, key, struct, getter)
    refused = changes.readers(known)
    if refused is not None:
        return refused
    changes.add(scene.path, *_joined(scene, chain, listed, key, struct))
    lines = "".join(f"\t{one.name} {one.typed}\n" for one in listed)
    text = f"// {struct} are what a context carries under {key}.\ntype {struct} struct {{\n{lines}}}\n\n"
    text += f"type {key} struct{{}}\n\n"
    if changes.called:
        text += (
            f"// {getter} returns what a context carries, zero values if it carries nothing.\n"
            f"func {getter}(ctx context.Context) {struct} {{\n"
            f"\tvalues, _ := ctx.Value({key}{{}}).({struct})\n\treturn values\n}}\n\n"
        )
    start = above(function)
    changes.add(scene.path, Replacement(start, start, text.encode()))
    for path, edit in list(dead_declarations(scene, [one.access.key for one in listed], changes.edits)):
        changes.add(path, edit)
    edited = {path: tuple(made) for path, made in changes.edits.items()}
    if (reason := untouchable(scene, edited)) is not None:
        return reason
    # Even the keys that nobody else can have show where a context is printed.
    strings = any(is_string(one.access.key) for one in listed)
    differs = "so that what knows the keys by their text finds nothing" if strings else "so that it prints otherwise"
    return Proposal(
        f"Put {len(listed)} values into the context as one",
        edited,
        applicability=Applicability.REVIEW,
        differs=differs,
    )


def _callers(scene: Scene) -> tuple[Span, ...]:
    """The calls of the function around the chain. Each makes a context less for every link but one."""
    function = scene.function()
    name = function.child_by_field_name("name") if function is not None else None
    if function is None or function.type != "function_declaration" or name is None:
        return ()
    full = f"{scene.package.import_path}.{scene.text(name)}"
    found = []
    for view in (scene.package, *(scene.package.importers() or ())):
        spans = [
            Span(path, node.start_byte, node.end_byte)
            for path, source in view.files.items()
            for node in walk(source.tree.root_node)
            if node.type == "call_expression" and text_of(node.children[0], source).endswith(scene.text(name))
        ]
        for span, told in zip(spans, view.facts(spans), strict=True):
            if told is not None and told.exact and told.call is not None and told.call.callee == full:
                found.append(span)
    return tuple(found)


def _joined(
    scene: Scene, chain: Sequence[Link], listed: Sequence[Value], key: str, struct: str
) -> Iterator[Replacement]:
    """The chain as one statement: the first, or the last if that returns. Comments go with their values."""
    statements = list(dict.fromkeys(link.statement for link in chain))
    kept = statements[0] if chain[-1].name else statements[-1]
    call = next(link.call for link in reversed(chain) if link.statement == kept)
    start, end = _region(scene, statements, kept)
    comments = _comments(scene, statements, start, end)
    texts: list[str] = []
    indent = scene.indent(kept)
    for number, (link, one) in enumerate(zip(chain, listed, strict=True)):
        text = f"{one.name}: {scene.text(one.access.value)}" if one.access.value is not None else ""
        above_it, behind = comments.get(link.statement.id, ([], []))
        first = number == 0 or chain[number - 1].statement != link.statement
        final = number + 1 == len(chain) or chain[number + 1].statement != link.statement
        lead = "".join(f"{comment}\n{indent}\t" for comment in (above_it if first else ()))
        texts.append(f"{lead}{text}," + "".join(f" {comment}" for comment in (behind if final else ())))
    inner = " ".join(texts)[:-1]
    if comments or len(indent.expandtabs(4)) + len(inner) > _LONG:
        inner = "".join(f"\n{indent}\t{text}" for text in texts) + f"\n{indent}"
    function, parent = call.child_by_field_name("function"), _parent(chain[0].call)
    assert function is not None
    assert parent is not None
    head = f"{scene.text(function)}({scene.text(parent)}, {key}{{}}, {struct}{{{inner}}})"
    yield replace_node(call, head)
    if end > start:
        yield Replacement(start, end)


def _region(scene: Scene, statements: Sequence[Node], kept: Node) -> tuple[int, int]:
    """The bytes of the statements that go, with the comments that do."""
    text = scene.source.text
    if kept != statements[0]:
        return text.rfind(b"\n", 0, above(statements[0])) + 1, text.rfind(b"\n", 0, above(kept)) + 1
    if kept == statements[-1]:
        return kept.end_byte, kept.end_byte
    end = text.find(b"\n", statements[-1].end_byte)
    return kept.end_byte, end if end >= 0 else len(text)


def _comments(scene: Scene, statements: Sequence[Node], start: int, end: int) -> dict[int, tuple[list[str], list[str]]]:
    """The comments in a region: for each statement those above it, and those behind it."""
    found: dict[int, tuple[list[str], list[str]]] = {}
    for comment in (one for one in walk(scene.source.tree.root_node) if one.type == "comment"):
        if not start <= comment.start_byte < end or any(inside(comment, one) for one in statements):
            continue
        behind = [one for one in statements if one.end_point[0] == comment.start_point[0]]
        owner = behind[0] if behind else next((one for one in statements if one.start_byte > comment.start_byte), None)
        if owner is not None:
            found.setdefault(owner.id, ([], []))[1 if behind else 0].append(scene.text(comment))
    return found


def _crowded(scene: Scene, statements: Sequence[Node]) -> bool:
    """Whether there is anything but a comment on the lines of statements."""
    text = scene.source.text
    for one in statements:
        start, end = text.rfind(b"\n", 0, one.start_byte) + 1, text.find(b"\n", one.end_byte)
        rest = text[one.end_byte : end].strip()
        if text[start : one.start_byte].strip() or not (not rest or rest.startswith(b"//")):
            return True
    return False


_LONG = 60  # Columns of values that are still on one line.

REWRITE = Rewrite("context-chain", "one struct for several values in a context", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "context"

type ctxKey int

// What a request carries.
const (
	userKey ctxKey = iota
	tenantKey
	traceKey
)

// With adds what is known of a request to its context.
func With(ctx context.Context, user, tenant string, trace int64) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	ctx = context.WithValue(ctx, tenantKey, tenant)
	ctx = context.WithValue(ctx, traceKey, trace)
	return ctx
}

// User says who asks.
func User(ctx context.Context) (string, bool) {
	user, ok := ctx.Value(userKey).(string)
	return user, ok
}

// Tenant is empty if there is none.
func Tenant(ctx context.Context) string {
	tenant, _ := ctx.Value(tenantKey).(string)
	return tenant
}

// Trace panics without a trace.
func Trace(ctx context.Context) int64 { return ctx.Value(traceKey).(int64) }

// Known says whether there is one at all.
func Known(ctx context.Context) bool { return ctx.Value(traceKey) != nil }
""",
        after="""package p

import "context"

// contextValues are what a context carries under contextKey.
type contextValues struct {
	user   string
	tenant string
	trace  int64
}

type contextKey struct{}

// contextValuesOf returns what a context carries, zero values if it carries nothing.
func contextValuesOf(ctx context.Context) contextValues {
	values, _ := ctx.Value(contextKey{}).(contextValues)
	return values
}

// With adds what is known of a request to its context.
func With(ctx context.Context, user, tenant string, trace int64) context.Context {
	ctx = context.WithValue(ctx, contextKey{}, contextValues{user: user, tenant: tenant, trace: trace})
	return ctx
}

// User says who asks.
func User(ctx context.Context) (string, bool) {
	values, ok := ctx.Value(contextKey{}).(contextValues)
	return values.user, ok
}

// Tenant is empty if there is none.
func Tenant(ctx context.Context) string {
	tenant := contextValuesOf(ctx).tenant
	return tenant
}

// Trace panics without a trace.
func Trace(ctx context.Context) int64 { return ctx.Value(contextKey{}).(contextValues).trace }

// Known says whether there is one at all.
func Known(ctx context.Context) bool { return ctx.Value(contextKey{}) != nil }
""",
        probe="""empty := context.Background()
ctx, cancel := context.WithCancel(With(empty, "ann", "", math.MinInt64))
defer cancel()
for _, one := range []context.Context{empty, ctx, With(ctx, "", "é", 0)} {
	user, ok := User(one)
	emit(user)
	emit(ok)
	emit(Tenant(one))
	emit(Known(one))
	func() {
		defer func() { emit(recover() != nil) }()
		emit(Trace(one))
	}()
}""",
        probe_imports=("context", "math"),
        also={
            "p_test.go": (
                """package p

import (
	"context"
	"testing"
)

func TestTenant(t *testing.T) {
	ctx := With(context.Background(), "ann", "shop", 1)
	if ctx.Value(tenantKey) == nil {
		t.Error("no tenant")
	}
	if got, ok := ctx.Value(tenantKey).(string); !ok || got != "shop" {
		t.Error(got)
	}
}
""",
                """package p

import (
	"context"
	"testing"
)

func TestTenant(t *testing.T) {
	ctx := With(context.Background(), "ann", "shop", 1)
	if ctx.Value(contextKey{}) == nil {
		t.Error("no tenant")
	}
	if values, ok := ctx.Value(contextKey{}).(contextValues); !ok || values.tenant != "shop" {
		t.Error(values.tenant)
	}
}
""",
            )
        },
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import "context"

const (
	region   = "shop.region"
	currency = "shop.currency"
	language = "shop.language"
)

func Localised(ctx context.Context, where, money, tongue string) context.Context {
	ctx = context.WithValue(ctx, region, where)
	// Prices are shown in it.
	ctx = context.WithValue(ctx, currency, money)
	return context.WithValue(ctx, language, tongue)
}

func Describe(ctx context.Context) string {
	return text(ctx, region) + " " + text(ctx, currency) + " " + text(ctx, language)
}

func text(ctx context.Context, key string) string {
	found, _ := ctx.Value(key).(string)
	return found
}
""",
        after="""package p

import "context"

// contextValues are what a context carries under contextKey.
type contextValues struct {
	region   string
	currency string
	language string
}

type contextKey struct{}

// contextValuesOf returns what a context carries, zero values if it carries nothing.
func contextValuesOf(ctx context.Context) contextValues {
	values, _ := ctx.Value(contextKey{}).(contextValues)
	return values
}

func Localised(ctx context.Context, where, money, tongue string) context.Context {
	return context.WithValue(ctx, contextKey{}, contextValues{
		region: where,
		// Prices are shown in it.
		currency: money,
		language: tongue,
	})
}

func Describe(ctx context.Context) string {
	values := contextValuesOf(ctx)
	return values.region + " " + values.currency + " " + values.language
}
""",
        probe="""var wait sync.WaitGroup
for _, ctx := range []context.Context{context.Background(), Localised(context.Background(), "eu", "EUR", "日本語")} {
	emit(Describe(ctx))
	emit(Describe(Localised(ctx, "", "CHF", "")))
	wait.Add(1)
	go func() {
		defer wait.Done()
		Describe(Localised(ctx, "a", "b", "c"))
	}()
}
wait.Wait()""",
        probe_imports=("context", "sync"),
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"context"
	"time"
)

type startKey struct{}

type limitKey struct{}

type Limit struct{ Requests, Bytes int }

func Begin(parent context.Context, start time.Time, limit Limit) context.Context {
	ctx := context.WithValue(context.WithValue(parent, startKey{}, start), limitKey{}, limit)
	return ctx
}

func Late(ctx context.Context, now time.Time) bool {
	if start, ok := ctx.Value(startKey{}).(time.Time); ok {
		return now.Sub(start) > time.Minute
	}
	return false
}

func Allowed(ctx context.Context, bytes int) bool {
	limit, ok := ctx.Value(limitKey{}).(Limit)
	return !ok || bytes <= limit.Bytes
}
""",
        after="""package p

import (
	"context"
	"time"
)

type Limit struct{ Requests, Bytes int }

// contextValues are what a context carries under contextKey.
type contextValues struct {
	start time.Time
	limit Limit
}

type contextKey struct{}

func Begin(parent context.Context, start time.Time, limit Limit) context.Context {
	ctx := context.WithValue(parent, contextKey{}, contextValues{start: start, limit: limit})
	return ctx
}

func Late(ctx context.Context, now time.Time) bool {
	if values, ok := ctx.Value(contextKey{}).(contextValues); ok {
		return now.Sub(values.start) > time.Minute
	}
	return false
}

func Allowed(ctx context.Context, bytes int) bool {
	values, ok := ctx.Value(contextKey{}).(contextValues)
	return !ok || bytes <= values.limit.Bytes
}
""",
        probe="""now := time.Unix(1e9, 0)
for _, ctx := range []context.Context{context.Background(), Begin(context.Background(), now, Limit{1, 100})} {
	for _, after := range []time.Duration{-1, 0, time.Hour} {
		emit(Late(ctx, now.Add(after)))
	}
	emit(Allowed(ctx, 100))
	emit(Allowed(ctx, 101))
}""",
        probe_imports=("context", "time"),
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import "context"

type key string

// Span is a part of a trace.
type Span struct{ Trace, ID, Parent, Name string }

// Enter puts a span into a context.
func Enter(ctx context.Context, span Span) context.Context {
	ctx = context.WithValue(ctx, key("trace"), span.Trace) // The whole.
	ctx = context.WithValue(ctx, key("span-id"), span.ID)
	// The root has none.
	ctx = context.WithValue(ctx, key("parent"), span.Parent)

	ctx = context.WithValue(ctx, key("name"), span.Name)
	return ctx
}

// Current is the span that a context is in.
func Current(ctx context.Context) Span {
	return Span{get(ctx, "trace"), get(ctx, "span-id"), get(ctx, "parent"), get(ctx, "name")}
}

func get(ctx context.Context, name key) string {
	found, _ := ctx.Value(name).(string)
	return found
}
""",
        after="""package p

import "context"

// Span is a part of a trace.
type Span struct{ Trace, ID, Parent, Name string }

// contextValues are what a context carries under contextKey.
type contextValues struct {
	trace  string
	spanID string
	parent string
	name   string
}

type contextKey struct{}

// contextValuesOf returns what a context carries, zero values if it carries nothing.
func contextValuesOf(ctx context.Context) contextValues {
	values, _ := ctx.Value(contextKey{}).(contextValues)
	return values
}

// Enter puts a span into a context.
func Enter(ctx context.Context, span Span) context.Context {
	ctx = context.WithValue(ctx, contextKey{}, contextValues{
		trace:  span.Trace, // The whole.
		spanID: span.ID,
		// The root has none.
		parent: span.Parent,
		name:   span.Name,
	})
	return ctx
}

// Current is the span that a context is in.
func Current(ctx context.Context) Span {
	values := contextValuesOf(ctx)
	return Span{values.trace, values.spanID, values.parent, values.name}
}
""",
        probe="""emit(Current(context.Background()))
ctx := Enter(context.Background(), Span{"t", "\\x00", "", "é"})
emit(Current(ctx))
emit(Current(Enter(ctx, Span{})))""",
        probe_imports=("context",),
        also={
            "web/web.go": (
                """package web

import (
	"context"
	"net/http"

	"example.com/m"
)

// Handler tells the next one where the request is from.
func Handler(next func(context.Context)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		get := r.Header.Get
		next(p.Enter(r.Context(), p.Span{get("X-Trace"), get("X-Span"), get("X-Parent"), r.Method}))
	}
}
""",
            )
            * 2
        },
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "context"

type key int

const (
	UserKey key = iota
	TenantKey
)

func With(ctx context.Context, user, tenant string) context.Context {
	ctx = context.WithValue(ctx, UserKey, user)
	return context.WithValue(ctx, TenantKey, tenant)
}
""",
        "is exported",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	tenantKey
)

func With(ctx context.Context, user, tenant string) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	return context.WithValue(ctx, tenantKey, tenant)
}

func Alone(ctx context.Context, user string) context.Context { return context.WithValue(ctx, userKey, user) }
""",
        "set elsewhere",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	tenantKey
)

func With(ctx context.Context, user, tenant string) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	return context.WithValue(ctx, tenantKey, tenant)
}

func Tenant(ctx context.Context) any { return ctx.Value(tenantKey) }
""",
        "without a type",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	errorKey
)

func With(ctx context.Context, user string, err error) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	return context.WithValue(ctx, errorKey, err)
}
""",
        "is an interface",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	tenantKey
	count
)

func With(ctx context.Context, user, tenant string) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	return context.WithValue(ctx, tenantKey, tenant)
}

func All(ctx context.Context) (found []string) {
	for k := userKey; k < count; k++ {
		text, _ := ctx.Value(k).(string)
		found = append(found, text)
	}
	return found
}
""",
        "may be one of the keys",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	rightsKey
)

func rights(ctx context.Context) string {
	user, _ := ctx.Value(userKey).(string)
	return user + ":all"
}

func With(ctx context.Context, user string) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	return context.WithValue(ctx, rightsKey, rights(ctx))
}
""",
        "from the context before it",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	sizeKey
)

func With(ctx context.Context, user string, size int) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	return context.WithValue(ctx, sizeKey, size)
}

func Size(ctx context.Context) int64 {
	size, _ := ctx.Value(sizeKey).(int64)
	return size
}
""",
        "asserts another type",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	tenantKey
)

type caller struct {
	context.Context
	user string
}

func (c caller) Value(k any) any {
	if k == userKey {
		return c.user
	}
	return c.Context.Value(k)
}

func With(ctx context.Context, user, tenant string) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	return context.WithValue(ctx, tenantKey, tenant)
}
""",
        "contexts of its own",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	tenantKey
)

type valuer interface{ Value(key any) any }

func With(ctx context.Context, user, tenant string) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	return context.WithValue(ctx, tenantKey, tenant)
}

func User(of valuer) any { return of.Value(userKey) }
""",
        "may ask for one of the keys",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	tenantKey
)

type counter struct{ n int }

func (c *counter) next() int {
	c.n++
	return c.n
}

func With(ctx context.Context, c *counter) context.Context {
	ctx = context.WithValue(ctx, userKey, c.n)
	return context.WithValue(ctx, tenantKey, c.next())
}
""",
        "may change before",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	tenantKey
)

func With(parent context.Context, user, tenant func() string) (ctx context.Context) {
	defer func() { _ = recover() }()
	ctx = context.WithValue(parent, userKey, user())
	ctx = context.WithValue(ctx, tenantKey, tenant())
	return ctx
}
""",
        "if a value panics",
    ),
    Refused(
        """package p

import "context"

type key int

const (
	userKey key = iota
	tenantKey
)

func With(ctx context.Context, user, tenant string) context.Context {
	ctx = context.WithValue(ctx, userKey, user)
	return context.WithValue(ctx, tenantKey, tenant)
}

func User(ctx context.Context) any {
	get := ctx.Value
	return get(userKey)
}
""",
        "more than to read",
    ),
    Refused(
        """package p

import "context"

func With(ctx context.Context, user, tenant string) context.Context {
	ctx = context.WithValue(ctx, "user", user)
	return context.WithValue(ctx, "tenant", tenant)
}
""",
        "read in another package",
    ),
)
