"""# map-to-struct

A map with constant keys that only becomes JSON, or is read by these keys, becomes a struct.

## Why it saves

A map of interfaces is allocated and filled one key at a time, each value that is no pointer is copied to the heap for
its interface, and `encoding/json` collects and sorts the keys before it writes them. A struct is one object at most,
and its fields are in order already.

## When it is offered

For a `map[string]any`, or a map of another type of values, whose keys are constants, in a literal or assigned to the
variable that holds it, and which is marshalled by `encoding/json`, by a function of the package that does nothing else
with it, or as a part of something else that only is; and for slices of such maps. An unexported function that returns
one, which all callers only marshal, returns `any`. The fields get the types of the
values, tags, and the order in which `encoding/json` writes the keys, so that the JSON is the same to the byte. A key
that is set on some paths only becomes a field that is left out as long as it is nil.

## When it is not

When the map is returned to callers that read it, ranged over, deleted from, asked for its length or for keys that are
not constant, or passed to anything else; if it may change after it was passed on; and for keys that no struct tag can
say. If a value is read after a function was called that could change it, while a map has kept it before, that is for
review.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._fields import Field, anonymous, common, edits, fields, struct_text, type_names
from stackward.rewrites._json import EMPTY_INTERFACES, literal_of, set_value
from stackward.rewrites._maps import Shape
from stackward.rewrites._order import disturbed
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, is_call
from stackward.rewrites._shapes import shape
from stackward.rewrites._variables import above, variable
from stackward.syntax.tree import SourceFile, text_of


def suits(node: Node, source: SourceFile) -> bool:
    if node.type == "call_expression":
        function, given = node.child_by_field_name("function"), arguments(node)
        return function is not None and text_of(function, source) == "make" and given[:1] != [] and _map(given[0])
    kind = node.child_by_field_name("type")
    if kind is not None and kind.type == "slice_type":
        body = node.child_by_field_name("body")
        return _map(kind.child_by_field_name("element")) and body is not None and bool(body.named_children)
    return _map(kind)


def _map(node: Node | None) -> bool:
    return node is not None and node.type == "map_type"


def propose(scene: Scene) -> Iterator[Offer]:
    found = shape(scene, scene.node)
    if isinstance(found, Refusal) and _of_interfaces(scene):
        yield found  # Of other maps nobody expects anything.
    if not isinstance(found, Shape) or not any(True for _ in found.entries()):
        return
    if _has_parts_to_change(scene, found):
        return  # Their types are not yet what they will be.
    listed = fields(scene, found)
    if isinstance(listed, Refusal):
        yield listed
        return
    proposal = _proposal(scene, found, listed)
    yield proposal


def _of_interfaces(scene: Scene) -> bool:
    return any(scene.text(scene.node).startswith(f"map[string]{elem}{{") for elem in EMPTY_INTERFACES)


def _has_parts_to_change(scene: Scene, found: Shape) -> bool:
    """Whether a value is a map, or a slice of maps, that becomes a struct as well."""
    for entry in found.entries():
        value = entry.value
        for made in _makers(scene, value):
            if any(site.node == made for site in found.sites):
                continue
            part = shape(scene, made)
            if not isinstance(part, Shape) or not any(True for _ in part.entries()):
                continue
            if isinstance(fields(scene, part), list):
                return True
    return False


def _makers(scene: Scene, value: Node) -> Iterator[Node]:
    """The expressions that make what a value is, as far as it may be maps."""
    if value.type == "composite_literal" or is_call(value):
        yield value
        return
    info = scene.type(value)
    known = variable(scene, value) if value.type == "identifier" and info is not None else None
    if known is None or info is None or info.kind not in {"map", "slice"}:
        return
    if known.value is not None:
        yield known.value
    for one in known.references:
        call = one.node.parent.parent if one.node.parent is not None else None
        if call is not None and is_call(call) and scene.callee(call) == "append":
            yield from arguments(call)[1:]


def _proposal(scene: Scene, found: Shape, listed: list[Field]) -> Offer:
    if anonymous(found):
        typed = struct_text(listed, scene.indent(found.sites[0].node))
        changes = edits(scene, found, listed, typed)
    else:
        anchor = common([*found.nodes(), *_around(scene, found)])
        if anchor is None:
            return Refusal("there is no place for the type")
        typed = scene.free_name(*type_names(scene, found))
        indent = scene.indent(anchor)
        declaration = f"type {typed} {struct_text(listed, indent)}\n{indent}"
        changes = edits(scene, found, listed, typed)
        changes.append(Replacement(above(anchor), above(anchor), declaration.encode()))
    # What becomes JSON is on the heap, and its first entry takes an object with room for eight.
    lighter = tuple(scene.span(site.node) for site in found.sites if found.json and site.entries)
    first = found.sites[0].typed or next(iter(found.slots), scene.node)
    title = f"Use a struct instead of {scene.text(first)}"
    for site in found.sites:
        value = disturbed(scene, [entry.value for entry in site.entries])
        if value is not None:
            differs = f"reading {scene.text(value)} after the calls beside it"
            edited = {scene.path: tuple(changes)}
            return Proposal(title, edited, applicability=Applicability.REVIEW, differs=differs, lighter=lighter)
    return Proposal(title, {scene.path: tuple(changes)}, lighter=lighter)


def _around(scene: Scene, found: Shape) -> Iterator[Node]:
    """The nodes of the shape that this one is a part of: it can then have a field of the new type."""
    for site in found.sites:
        entry, literal = set_value(site.node), literal_of(site.node)
        known = variable(scene, entry[0]) if entry is not None and entry[0].type == "identifier" else None
        if known is not None and known.value is not None:
            literal = known.value
        while literal is not None:
            outer = shape(scene, literal)
            if isinstance(outer, Shape):
                yield from outer.nodes()
                return
            literal = literal_of(literal)


REWRITE = Rewrite(
    "map-to-struct", "a struct for a map with constant keys", ("call_expression", "composite_literal"), suits, propose
)

EXAMPLES = (
    Example(
        before="""package p

import "encoding/json"

type Order struct {
	ID       string
	Net, Tax int64
}

// Total is what the customer pays.
func (o *Order) Total() int64 { return o.Net + o.Tax }

func Summary(o *Order, rate float64, tags []string, note *string) ([]byte, error) {
	return json.Marshal(map[string]any{
		"id":    o.ID, // As on the invoice.
		"total": o.Total(),
		"tax":   o.Tax,
		"rate":  rate,
		"tags":  tags,
		"note":  note,
		"a&b":   'x',
		"none":  nil,
	})
}
""",
        after="""package p

import "encoding/json"

type Order struct {
	ID       string
	Net, Tax int64
}

// Total is what the customer pays.
func (o *Order) Total() int64 { return o.Net + o.Tax }

func Summary(o *Order, rate float64, tags []string, note *string) ([]byte, error) {
	return json.Marshal(struct {
		AB    rune     `json:"a&b"`
		ID    string   `json:"id"`
		None  any      `json:"none"`
		Note  *string  `json:"note"`
		Rate  float64  `json:"rate"`
		Tags  []string `json:"tags"`
		Tax   int64    `json:"tax"`
		Total int64    `json:"total"`
	}{
		ID:    o.ID, // As on the invoice.
		Total: o.Total(),
		Tax:   o.Tax,
		Rate:  rate,
		Tags:  tags,
		Note:  note,
		AB:    'x',
		None:  nil,
	})
}
""",
        probe="""note := "<é\\u2028>"
for _, order := range []Order{{}, {"o-1", -1, 2}, {"\\xff<&>", math.MaxInt64, 0}} {
	for _, rate := range []float64{0, 1.5, 1e21, math.NaN()} {
		text, err := Summary(&order, rate, nil, &note)
		emit(string(text))
		emit(err != nil && err.Error() != "")
		text, _ = Summary(&order, rate, []string{}, nil)
		emit(string(text))
	}
}""",
        probe_imports=("math",),
    ),
    Example(
        before="""package p

import (
	"encoding/json"
	"io"
	"time"
)

type Item struct {
	Name string
	Cost float64
	Made time.Time
}

func List(w io.Writer, items []Item) error {
	rows := []map[string]interface{}{}
	for n, item := range items {
		// One row for each.
		rows = append(rows, map[string]interface{}{
			"number": n,
			"name":   item.Name,
			"cost":   item.Cost,
			"made":   item.Made,
			"where":  map[string]interface{}{"page": n / 10, "line": n % 10},
		})
	}
	return json.NewEncoder(w).Encode(map[string]interface{}{"count": len(rows), "rows": rows})
}
""",
        after="""package p

import (
	"encoding/json"
	"io"
	"time"
)

type Item struct {
	Name string
	Cost float64
	Made time.Time
}

func List(w io.Writer, items []Item) error {
	type where struct {
		Line int `json:"line"`
		Page int `json:"page"`
	}
	type row struct {
		Cost   float64   `json:"cost"`
		Made   time.Time `json:"made"`
		Name   string    `json:"name"`
		Number int       `json:"number"`
		Where  where     `json:"where"`
	}
	rows := []row{}
	for n, item := range items {
		// One row for each.
		rows = append(rows, row{
			Number: n,
			Name:   item.Name,
			Cost:   item.Cost,
			Made:   item.Made,
			Where:  where{Page: n / 10, Line: n % 10},
		})
	}
	return json.NewEncoder(w).Encode(struct {
		Count int   `json:"count"`
		Rows  []row `json:"rows"`
	}{Count: len(rows), Rows: rows})
}
""",
        probe="""made := time.Unix(1e9, 5).UTC()
many := make([]Item, 12)
for _, items := range [][]Item{nil, {}, {{"<a>", 1e-7, made}, {"", -2, made.AddDate(9000, 0, 0)}}, many} {
	var out strings.Builder
	err := List(&out, items)
	emit(out.String())
	if err != nil {
		emit(err.Error())
	}
}""",
        probe_imports=("strings", "time"),
    ),
    Example(
        before="""package p

import "encoding/json"

func Reply(id int, name string, err error) ([]byte, error) {
	reply := make(map[string]any)
	reply["id"] = id
	reply["ok"] = err == nil
	if name != "" {
		reply["name"] = name
	}
	if err != nil {
		reply["error"] = err.Error()
	}
	return json.MarshalIndent(reply, "", "  ")
}
""",
        after="""package p

import "encoding/json"

func Reply(id int, name string, err error) ([]byte, error) {
	var reply struct {
		Error any  `json:"error,omitempty"`
		ID    int  `json:"id"`
		Name  any  `json:"name,omitempty"`
		Ok    bool `json:"ok"`
	}
	reply.ID = id
	reply.Ok = err == nil
	if name != "" {
		reply.Name = name
	}
	if err != nil {
		reply.Error = err.Error()
	}
	return json.MarshalIndent(reply, "", "  ")
}
""",
        probe="""for _, name := range []string{"", "x", "\\"é\\""} {
	for _, err := range []error{nil, errors.New(""), errors.New("<late>")} {
		text, failed := Reply(len(name), name, err)
		emit(string(text))
		emit(failed)
	}
}""",
        probe_imports=("errors",),
    ),
    Example(
        before="""package p

import (
	"encoding/json"
	"net/http"
)

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		json.NewEncoder(w).Encode(body)
	}
}

func Missing(w http.ResponseWriter, r *http.Request) {
	respond(w, http.StatusNotFound, map[string]string{"error": "not found", "path": r.URL.Path})
}

func Health(w http.ResponseWriter, load float64, users []string) {
	found := []any{}
	for _, user := range users {
		found = append(found, map[string]any{"name": user, "size": len(user)})
	}
	respond(w, http.StatusOK, map[string]any{"load": load, "users": found})
}
""",
        after="""package p

import (
	"encoding/json"
	"net/http"
)

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		json.NewEncoder(w).Encode(body)
	}
}

func Missing(w http.ResponseWriter, r *http.Request) {
	respond(w, http.StatusNotFound, struct {
		Error string `json:"error"`
		Path  string `json:"path"`
	}{Error: "not found", Path: r.URL.Path})
}

func Health(w http.ResponseWriter, load float64, users []string) {
	type foundEntry struct {
		Name string `json:"name"`
		Size int    `json:"size"`
	}
	found := []foundEntry{}
	for _, user := range users {
		found = append(found, foundEntry{Name: user, Size: len(user)})
	}
	respond(w, http.StatusOK, struct {
		Load  float64      `json:"load"`
		Users []foundEntry `json:"users"`
	}{Load: load, Users: found})
}
""",
        probe="""for _, users := range [][]string{nil, {"ann", "<bob>"}, make([]string, 9)} {
	w := httptest.NewRecorder()
	Health(w, float64(len(users))/3, users)
	emit(w.Body.String())
}
w := httptest.NewRecorder()
Missing(w, httptest.NewRequest("GET", "/a%20b", nil))
emit(w.Body.String())""",
        probe_imports=("net/http/httptest",),
    ),
    Example(
        before="""package p

import (
	"strconv"
	"strings"
)

// Split takes a line apart.
func Split(line string) (string, int) {
	key, value, found := strings.Cut(line, "=")
	parts := map[string]any{"key": key, "value": value, "size": len(value), "number": any(nil)}
	if !found {
		parts["size"] = -1
	}
	if n, err := strconv.Atoi(value); err == nil {
		parts["number"] = n
	}
	if _, ok := parts["number"].(int); ok {
		return "number", parts["size"].(int)
	}
	return parts["key"].(string) + ":" + parts["value"].(string), parts["size"].(int)
}
""",
        after="""package p

import (
	"strconv"
	"strings"
)

// Split takes a line apart.
func Split(line string) (string, int) {
	key, value, found := strings.Cut(line, "=")
	parts := struct {
		Key    string
		Number any
		Size   int
		Value  string
	}{Key: key, Value: value, Size: len(value), Number: any(nil)}
	if !found {
		parts.Size = -1
	}
	if n, err := strconv.Atoi(value); err == nil {
		parts.Number = n
	}
	if _, ok := parts.Number.(int); ok {
		return "number", parts.Size
	}
	return parts.Key + ":" + parts.Value, parts.Size
}
""",
        probe="""for _, line := range []string{"", "a", "a=", "=b", "a=b=c", "é=12", "n=-7"} {
	key, size := Split(line)
	emit(key)
	emit(size)
}""",
    ),
    Example(
        before="""package p

import "encoding/json"

type Clock interface{ Now() string }

type clock struct{}

func (clock) Now() string { return "noon" }

type Visit struct{ Page string }

func (v *Visit) Report(clock Clock) ([]byte, error) {
	return json.Marshal(map[string]any{"page": v.Page, "at": clock.Now()})
}
""",
        after="""package p

import "encoding/json"

type Clock interface{ Now() string }

type clock struct{}

func (clock) Now() string { return "noon" }

type Visit struct{ Page string }

func (v *Visit) Report(clock Clock) ([]byte, error) {
	return json.Marshal(struct {
		At   string `json:"at"`
		Page string `json:"page"`
	}{Page: v.Page, At: clock.Now()})
}
""",
        probe="""for _, page := range []string{"", "/", "/é<"} {
	visit := Visit{page}
	text, err := visit.Report(clock{})
	emit(string(text))
	emit(err)
}""",
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"encoding/json"
	"io"
)

type User struct {
	ID   int
	Name string
}

type page struct{ users []*User }

func view(u *User) map[string]any {
	if u == nil {
		return nil
	}
	shown := map[string]any{"id": u.ID}
	shown["name"] = u.Name
	return shown
}

func (p *page) body(first int) map[string]any {
	return map[string]any{"first": first, "user": view(p.users[first])}
}

func Write(w io.Writer, first int, users ...*User) error {
	p := &page{users}
	body := p.body(first)
	return json.NewEncoder(w).Encode(body)
}
""",
        after="""package p

import (
	"encoding/json"
	"io"
)

type User struct {
	ID   int
	Name string
}

type page struct{ users []*User }

func view(u *User) any {
	if u == nil {
		return nil
	}
	shown := struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}{ID: u.ID}
	shown.Name = u.Name
	return shown
}

func (p *page) body(first int) any {
	return struct {
		First int `json:"first"`
		User  any `json:"user"`
	}{First: first, User: view(p.users[first])}
}

func Write(w io.Writer, first int, users ...*User) error {
	p := &page{users}
	body := p.body(first)
	return json.NewEncoder(w).Encode(body)
}
""",
        probe="""var out strings.Builder
users := []*User{{1, "ann"}, nil, {0, "<é>"}}
for first := range users {
	emit(Write(&out, first, users...))
}
emit(out.String())""",
        probe_imports=("strings",),
    ),
    Example(
        before="""package p

import "encoding/json"

func Labels(app, zone, tier, stage, owner string) ([]byte, error) {
	return json.Marshal(map[string]string{"app": app, "zone": zone, "tier": tier, "stage": stage, "owner": owner})
}

func Place(region, zone, host string) ([]byte, error) {
	place := map[string]string{"region": region, "zone": zone, "host": host}
	return json.Marshal(place)
}
""",
        after="""package p

import "encoding/json"

func Labels(app, zone, tier, stage, owner string) ([]byte, error) {
	return json.Marshal(struct {
		App   string `json:"app"`
		Owner string `json:"owner"`
		Stage string `json:"stage"`
		Tier  string `json:"tier"`
		Zone  string `json:"zone"`
	}{App: app, Zone: zone, Tier: tier, Stage: stage, Owner: owner})
}

func Place(region, zone, host string) ([]byte, error) {
	place := struct {
		Host   string `json:"host"`
		Region string `json:"region"`
		Zone   string `json:"zone"`
	}{Region: region, Zone: zone, Host: host}
	return json.Marshal(place)
}
""",
        probe="""for _, text := range []string{"", "x", "\\"é<&\\"", "\\xff"} {
	labels, err := Labels(text, "a", text, "b", "c")
	emit(string(labels))
	emit(err)
	place, err := Place("eu", text, text)
	emit(string(place))
	emit(err)
}""",
        saves=50,
    ),
)

REFUSALS = (
    Refused(
        """package p

func Reply(id int) map[string]any { return map[string]any{"id": id} }
""",
        "more than marshalled",
    ),
    Refused(
        """package p

import "encoding/json"

func Reply(key string, id int) ([]byte, error) { return json.Marshal(map[string]any{key: id, "ok": true}) }
""",
        "is not a constant",
    ),
    Refused(
        """package p

func Reply(id int) (sum int) {
	m := map[string]any{"id": id, "size": id * 2}
	for range m {
		sum++
	}
	return sum + m["id"].(int)
}
""",
        "used in another way",
    ),
    Refused(
        """package p

import "encoding/json"

func Reply(id int) ([]byte, error) {
	var rows []map[string]any
	m := map[string]any{"id": id}
	rows = append(rows, m)
	m["id"] = id + 1
	return json.Marshal(rows)
}
""",
        "may change after",
    ),
    Refused(
        """package p

import "encoding/json"

func Reply(id int) ([]byte, error) { return json.Marshal(map[string]any{"a,b": id, "c": id}) }
""",
        "tag cannot say",
    ),
    Refused(
        """package p

func Reply(id int) (int, bool) {
	m := map[string]any{"id": id}
	if id > 3 {
		m["large"] = true
	}
	_, ok := m["large"]
	return m["id"].(int), ok
}
""",
        "is there is asked",
    ),
    Refused(
        """package p

import "encoding/json"

func Reply(id int, err error) ([]byte, error) {
	m := map[string]any{"id": id}
	if id > 3 {
		m["error"] = err
	}
	return json.Marshal(m)
}
""",
        "not always set",
    ),
    Refused(
        """package p

import (
	"encoding/json"
	"fmt"
)

func respond(body any) ([]byte, error) {
	fmt.Println(body)
	return json.Marshal(body)
}

func Reply(id int) ([]byte, error) { return respond(map[string]any{"id": id}) }
""",
        "more than marshalled",
    ),
    Refused(
        """package p

import "encoding/json"

type Secret string

func (s *Secret) MarshalJSON() ([]byte, error) { return []byte(`"?"`), nil }

func Reply(s Secret) ([]byte, error) {
	rows := []map[string]Secret{}
	rows = append(rows, map[string]Secret{"secret": s})
	return json.Marshal(rows)
}
""",
        "methods of pointers",
    ),
    Refused(
        """package p

import "encoding/json"

func view(id int) map[string]any { return map[string]any{"id": id} }

func Write(id int) ([]byte, error) {
	shown := view(id)
	shown["more"] = true
	return json.Marshal(shown)
}
""",
        "would not compile",
    ),
    Refused(
        """package p

import "encoding/json"

func view(id int) map[string]any { return map[string]any{"id": id} }

func Write(id int) ([]byte, error) { return json.Marshal(view(id)) }

func Count(id int) int { return len(view(id)) }
""",
        "more than marshalled",
    ),
    Refused(
        """package p

import "encoding/json"

type shown struct{ id int }

func (s shown) view() map[string]any { return map[string]any{"id": s.id} }

type viewed interface{ view() map[string]any }

func Write(s shown) ([]byte, error) { return json.Marshal(s.view()) }

func Size(v viewed) int { return len(v.view()) }
""",
        "more than marshalled",
    ),
    Refused(
        """package p

import "encoding/json"

// View is what other packages may look into.
func View(id int) map[string]any { return map[string]any{"id": id} }

func Write(id int) ([]byte, error) { return json.Marshal(View(id)) }
""",
        "more than marshalled",
    ),
)
