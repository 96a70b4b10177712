"""# context-key

A string that is the key of a value in a context gets a type of its own.

## Why it saves

Two packages that use the same string as a key overwrite each other's values and read the wrong ones; linters
complain about it. A key of an unexported type can be equal to that of no other package. A string that is passed on to
the function that reads is copied to the heap on its way into `ctx.Value`; so is a key of a string type, until
`context-chain` makes it an empty struct.

## When it is offered

For `context.WithValue` with a constant string as the key: in quotes, or an unexported constant of the package. All
keys of the package are changed at once, with all that reads them: `ctx.Value("key")`, and functions that only pass a
parameter to it. It is for review, since code elsewhere may use the same string; `fmt` prints another text for the
context, too.

## When it is not

When the constant is exported, made of others, or used for anything but keys; when a key is only known when the program
runs; when nothing in the package reads it, since it is then for others, or a package that imports this one has the same
string; when something that is no `context.Context` is asked for it; when generated code or tests from outside of the
package use it; and in packages with files for other systems.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._context_keys import Identity, Key, declared, in_file, is_string, untouchable
from stackward.rewrites._contexts import Contexts, Helper, contexts, read_abroad, used_elsewhere
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, calls, replace_node
from stackward.rewrites._variables import above, hidden
from stackward.syntax.tree import SourceFile, text_of

_DEFECT = "Any package that uses the same string as a key overwrites or reads this value."
_INTERFACES = frozenset({"any", "interface{}"})


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, "context.WithValue")


def propose(scene: Scene) -> Iterator[Offer]:
    given = arguments(scene.node)
    info = scene.type(given[1]) if len(given) == 3 else None
    if info is None or info.type != "string" or scene.callee(scene.node) != "context.WithValue":
        return
    if not scene.package.complete or hidden(scene, "string"):
        yield Refusal("files that are not compiled here may use the key")
        return
    known = contexts(scene)
    strings = {one.key.identity for one in known.setters if is_string(one.key)}
    if all(one.call != scene.node for one in known.setters):
        yield Refusal("the key is only known when the program runs")
        return
    unclear = known.unclear(scene, strings)
    if unclear is not None:
        yield unclear
        return
    yield _proposal(scene, known, strings)


def _proposal(scene: Scene, known: Contexts, strings: set[Identity]) -> Offer:
    typed = scene.free_name("contextKey", "ctxKey")
    made: dict[str, dict[tuple[int, int], Replacement]] = {}
    place: tuple[str, int] | None = None
    uses = [(one.path, one.key) for one in (*known.setters, *known.readers)]
    for helper in known.helpers:
        refused = _helper(scene, helper, strings, typed, made)
        if refused is not None:
            return refused
        uses += [(path, key) for path, _, key in helper.calls]
    for path, key in uses:
        if key.identity not in strings:
            continue
        other = in_file(scene, path, key.node)
        name = other.text(key.node)
        if key.name is not None and name[:1].isupper():
            return Refusal(f"{name} is exported")
        if used_elsewhere(other, key, known):
            return Refusal(f"{name} is used for more than keys")
        if (abroad := read_abroad(other, key, known)) is not None:
            return abroad
        if key.node.type != "identifier":
            _add(made, path, replace_node(key.node, f"{typed}({name})"))
            continue
        constant = _constant(other, key)
        if isinstance(constant, Refusal):
            return constant
        where, edit, start = constant
        _add(made, where, edit)
        place = min(place, (where, start)) if place is not None else (where, start)
    if place is None:
        function = scene.declaration()
        if function is None:
            return Refusal("there is no place for the type")
        place = scene.path, above(function)
    text = (
        f"// {typed} is the type of keys in contexts: no other package can have an equal one.\ntype {typed} string\n\n"
    )
    _add(made, place[0], Replacement(place[1], place[1], text.encode()))
    # The names of constants are written with the type that goes with them.
    edited = {
        path: tuple(Replacement(one.start, one.end, one.new.replace(b"\0", typed.encode())) for one in edits.values())
        for path, edits in made.items()
    }
    if (reason := untouchable(scene, edited)) is not None:
        return reason
    return Proposal(
        "Use keys of a type of their own in contexts",
        edited,
        applicability=Applicability.REVIEW,
        differs="so that code that uses the strings no longer finds the values",
        repairs=_DEFECT,
    )


def _add(made: dict[str, dict[tuple[int, int], Replacement]], path: str, edit: Replacement) -> None:
    made.setdefault(path, {})[edit.start, edit.end] = edit


def _constant(scene: Scene, key: Key) -> tuple[str, Replacement, int] | Refusal:
    """The declaration of a constant with a type: its path, the change, and where the whole declaration starts."""
    name = scene.text(key.node)
    found = declared(scene, scene.path, key.node)
    path, spec = found if found is not None else ("", key.node)
    node = spec.child_by_field_name("name")
    if spec.type != "const_spec" or spec.child_by_field_name("value") is None or node is None:
        return Refusal(f"the declaration of {name} is not simple")
    typed = spec.child_by_field_name("type")
    after = spec.next_named_sibling
    if after is not None and after.type == "const_spec" and after.child_by_field_name("value") is None:
        return Refusal(f"the declaration of {name} is not simple")
    edit = replace_node(typed, "\0") if typed is not None else Replacement(node.end_byte, node.end_byte, b" \0")
    declaration = spec
    while declaration.parent is not None and declaration.type != "const_declaration":
        declaration = declaration.parent
    return path, edit, above(declaration)


def _helper(
    scene: Scene,
    helper: Helper,
    strings: set[Identity],
    typed: str,
    made: dict[str, dict[tuple[int, int], Replacement]],
) -> Refusal | None:
    """The parameter of a function that passes keys on gets the type."""
    ours = [key.identity in strings for _, _, key in helper.calls]
    if not any(ours):
        return None
    source = scene.package.files[helper.path]
    kind = helper.parameter.child_by_field_name("type")
    written = text_of(kind, source) if kind is not None else ""
    if kind is None or not (written in _INTERFACES or (written == "string" and all(ours))):
        return Refusal("a function that reads the values is used for others, too")
    if written == "string":
        _add(made, helper.path, replace_node(kind, typed))
    return None


REWRITE = Rewrite("context-key", "a key of a type of its own in a context", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "context"

// The keys of what a request carries.
const (
	userKey  = "user"
	traceKey = "trace"
)

func WithUser(ctx context.Context, user string) context.Context {
	return context.WithValue(ctx, userKey, user)
}

func WithTrace(ctx context.Context, trace int) context.Context {
	return context.WithValue(ctx, traceKey, trace)
}

func User(ctx context.Context) string {
	user, _ := ctx.Value(userKey).(string)
	return user
}

func Trace(ctx context.Context) int {
	trace, _ := ctx.Value(traceKey).(int)
	return trace
}
""",
        after="""package p

import "context"

// contextKey is the type of keys in contexts: no other package can have an equal one.
type contextKey string

// The keys of what a request carries.
const (
	userKey  contextKey = "user"
	traceKey contextKey = "trace"
)

func WithUser(ctx context.Context, user string) context.Context {
	return context.WithValue(ctx, userKey, user)
}

func WithTrace(ctx context.Context, trace int) context.Context {
	return context.WithValue(ctx, traceKey, trace)
}

func User(ctx context.Context) string {
	user, _ := ctx.Value(userKey).(string)
	return user
}

func Trace(ctx context.Context) int {
	trace, _ := ctx.Value(traceKey).(int)
	return trace
}
""",
        probe="""ctx := WithTrace(WithUser(context.Background(), "é"), -1)
for _, one := range []context.Context{context.Background(), ctx, WithUser(ctx, "")} {
	emit(User(one))
	emit(Trace(one))
}""",
        probe_imports=("context",),
        saves=0,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"context"
	"net/http"
)

// Identify says who asks.
func Identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), "user", r.Header.Get("X-User"))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Who asks.
func Who(r *http.Request) string {
	if user, ok := r.Context().Value("user").(string); ok {
		return user
	}
	return "nobody"
}
""",
        after="""package p

import (
	"context"
	"net/http"
)

// contextKey is the type of keys in contexts: no other package can have an equal one.
type contextKey string

// Identify says who asks.
func Identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), contextKey("user"), r.Header.Get("X-User"))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Who asks.
func Who(r *http.Request) string {
	if user, ok := r.Context().Value(contextKey("user")).(string); ok {
		return user
	}
	return "nobody"
}
""",
        probe="""r := httptest.NewRequest("GET", "/", nil)
emit(Who(r))
for _, name := range []string{"", "ann", "日本語"} {
	r.Header.Set("X-User", name)
	Identify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { emit(Who(r)) })).ServeHTTP(nil, r)
}""",
        probe_imports=("net/http", "net/http/httptest"),
        saves=0,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import "context"

const region string = "region"

const zone = "zone"

func Placed(ctx context.Context, where, when string) context.Context {
	ctx = context.WithValue(ctx, region, where)
	if when == "" {
		return ctx
	}
	return context.WithValue(ctx, zone, when)
}

func Place(ctx context.Context) [2]string { return [2]string{lookUp(ctx, region), lookUp(ctx, zone)} }

func lookUp(ctx context.Context, name string) string {
	found, _ := ctx.Value(name).(string)
	return found
}
""",
        after="""package p

import "context"

// contextKey is the type of keys in contexts: no other package can have an equal one.
type contextKey string

const region contextKey = "region"

const zone contextKey = "zone"

func Placed(ctx context.Context, where, when string) context.Context {
	ctx = context.WithValue(ctx, region, where)
	if when == "" {
		return ctx
	}
	return context.WithValue(ctx, zone, when)
}

func Place(ctx context.Context) [2]string { return [2]string{lookUp(ctx, region), lookUp(ctx, zone)} }

func lookUp(ctx context.Context, name contextKey) string {
	found, _ := ctx.Value(name).(string)
	return found
}
""",
        probe="""emit(Place(context.Background()))
for _, when := range []string{"", "noon"} {
	emit(Place(Placed(context.Background(), "x", when)))
}""",
        probe_imports=("context",),
        saves=0,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"context"
	"net/url"
)

func With(ctx context.Context, form url.Values) context.Context {
	return context.WithValue(ctx, "user", form.Get("user"))
}

func User(ctx context.Context) map[string]any {
	return map[string]any{"user": ctx.Value("user")}
}
""",
        after="""package p

import (
	"context"
	"net/url"
)

// contextKey is the type of keys in contexts: no other package can have an equal one.
type contextKey string

func With(ctx context.Context, form url.Values) context.Context {
	return context.WithValue(ctx, contextKey("user"), form.Get("user"))
}

func User(ctx context.Context) map[string]any {
	return map[string]any{"user": ctx.Value(contextKey("user"))}
}
""",
        probe="""emit(User(context.Background()))
for _, name := range []string{"", "ann", "日本語"} {
	emit(User(With(context.Background(), url.Values{"user": {name}})))
}""",
        probe_imports=("context", "net/url"),
        saves=0,
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "context"

const User = "user"

func With(ctx context.Context, user string) context.Context { return context.WithValue(ctx, User, user) }
""",
        "is exported",
    ),
    Refused(
        """package p

import "context"

const user = "user"

func With(ctx context.Context, name string) context.Context { return context.WithValue(ctx, user, name) }

func Header() string { return "X-" + user }
""",
        "more than keys",
    ),
    Refused(
        """package p

import "context"

func With(ctx context.Context, key, name string) context.Context { return context.WithValue(ctx, key, name) }
""",
        "only known when",
    ),
    Refused(
        """package p

import "context"

func With(ctx context.Context, name string) context.Context { return context.WithValue(ctx, "user", name) }

func Any(ctx context.Context, key any) any {
	if key == nil {
		return nil
	}
	return ctx.Value(key)
}
""",
        "may be one of the keys",
    ),
    Refused(
        """package p

import "context"

const (
	user = "user"
	also
)

func With(ctx context.Context, name string) context.Context { return context.WithValue(ctx, user, name) }

func Of(ctx context.Context) any { return ctx.Value(user) }

func Also() string { return also }
""",
        "not simple",
    ),
    Refused(
        """package p

import "context"

func With(ctx context.Context, name string) context.Context { return context.WithValue(ctx, "user", name) }
""",
        "read in another package",
    ),
    Refused(
        """package p

import "context"

func With(ctx context.Context, name string) context.Context { return context.WithValue(ctx, "user", name) }

func User(ctx context.Context) any { return ctx.Value("user") }

type request interface{ Value(key any) any }

func Of(r request) any { return r.Value("user") }
""",
        "may ask for one of the keys",
    ),
    Refused(
        """package p

import "context"

// Values looks for what a context has under a name.
type Values func(ctx context.Context, name string) any

func With(ctx context.Context, name string) context.Context { return context.WithValue(ctx, "user", name) }

func User(ctx context.Context, values Values) any {
	if found := ctx.Value("user"); found != nil {
		return found
	}
	return values(ctx, "user")
}
""",
        "more than keys",
    ),
    Refused(
        """package p

import (
	"context"
	"net/http"
)

const user = http.MethodGet

func With(ctx context.Context, name string) context.Context { return context.WithValue(ctx, user, name) }

func User(ctx context.Context) any { return ctx.Value(user) }
""",
        "a constant or a type of this package",
    ),
)
