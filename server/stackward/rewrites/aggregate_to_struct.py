"""# aggregate-to-struct

Maps with constant keys that are kept in a slice or in another map, and are changed there, become structs behind
pointers.

## Why it saves

Totals that are added up in a `map[string]any` for each group cost a map, a copy on the heap for every value and every
sum that is put into an interface, and a lookup for every access. A struct is one object, and a sum is added up in it.

## When it is offered

For literals of `map[string]any` with constant keys, with all variables of the function, slices and maps that they are
passed on to: as each of them knows the same map, each gets a pointer to the same struct. The maps may be read with
assertions or compared, set by constant keys, appended, ranged over, sorted, looked up, and become JSON, which is the
same to the byte.

## When it is not

When one of them is returned, passed to a function that does more than to marshal it, ranged over itself, or read by
keys that are not constant; if the type has a name. Where maps are compared that may be missing, it is for review.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._aggregates import Aggregate, aggregate
from stackward.rewrites._fields import common, compared, edits, fields, struct_text, type_names
from stackward.rewrites._order import disturbed
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, replace_node
from stackward.rewrites._variables import above
from stackward.syntax.tree import SourceFile, text_of


def suits(node: Node, source: SourceFile) -> bool:
    kind, body = node.child_by_field_name("type"), node.child_by_field_name("body")
    named = kind is not None and kind.type == "map_type" and text_of(kind, source).startswith("map[string]")
    return named and body is not None and bool(body.named_children)


def propose(scene: Scene) -> Iterator[Offer]:
    found = aggregate(scene, scene.node)
    if not isinstance(found, Aggregate):
        return  # Why a map stays one is for map-to-struct to say.
    shape = found.shape
    listed = fields(scene, shape)
    if isinstance(listed, Refusal):
        yield listed
        return
    anchor = common(shape.nodes())
    if anchor is None:
        yield Refusal("there is no place for the type")
        return
    name, indent = scene.free_name(*type_names(scene, shape)), scene.indent(anchor)
    slots, shape.slots = shape.slots, []
    changes = [*edits(scene, shape, listed, f"&{name}"), *(replace_node(slot, f"*{name}") for slot in slots)]
    changes.append(
        Replacement(above(anchor), above(anchor), f"type {name} {struct_text(listed, indent)}\n{indent}".encode())
    )
    differs = _differs(scene, found)
    yield Proposal(
        f"Use pointers to a struct instead of {scene.text(shape.sites[0].typed or scene.node)}",
        {scene.path: tuple(changes)},
        applicability=Applicability.REVIEW if differs else Applicability.SAFE,
        differs=differs,
    )


def _differs(scene: Scene, found: Aggregate) -> str:
    for site in found.shape.sites:
        value = disturbed(scene, [entry.value for entry in site.entries])
        if value is not None:
            return f"reading {scene.text(value)} after the calls beside it"
    # To read from a nil map gives nil, which an assertion does not take; but a comparison does.
    read = any(compared(scene, found.shape, one) for one in found.shape.reads)
    return "a missing entry panics" if found.missing and read else ""


REWRITE = Rewrite(
    "aggregate-to-struct",
    "structs behind pointers for maps that are kept together",
    ("composite_literal",),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

import (
	"encoding/json"
	"sort"
)

type Sale struct {
	Country, SKU string
	Quantity     int
	Net          int64
}

// Report sums up sales by country and article.
func Report(sales []Sale) ([]byte, error) {
	groups := map[string]map[string]interface{}{}
	for _, sale := range sales {
		entry, ok := groups[sale.Country+sale.SKU]
		if !ok {
			// Nothing was sold yet.
			entry = map[string]interface{}{"sku": sale.SKU, "country": sale.Country, "quantity": 0, "net": int64(0)}
			groups[sale.Country+sale.SKU] = entry
		}
		entry["quantity"] = entry["quantity"].(int) + sale.Quantity
		entry["net"] = entry["net"].(int64) + sale.Net
	}
	var rows []map[string]interface{}
	for _, entry := range groups {
		rows = append(rows, entry)
	}
	sort.Slice(rows, func(i, j int) bool {
		if rows[i]["net"] != rows[j]["net"] {
			return rows[i]["net"].(int64) > rows[j]["net"].(int64)
		}
		return rows[i]["country"].(string)+rows[i]["sku"].(string) < rows[j]["country"].(string)+rows[j]["sku"].(string)
	})
	return json.Marshal(rows)
}
""",
        after="""package p

import (
	"encoding/json"
	"sort"
)

type Sale struct {
	Country, SKU string
	Quantity     int
	Net          int64
}

// Report sums up sales by country and article.
func Report(sales []Sale) ([]byte, error) {
	type group struct {
		Country  string `json:"country"`
		Net      int64  `json:"net"`
		Quantity int    `json:"quantity"`
		SKU      string `json:"sku"`
	}
	groups := map[string]*group{}
	for _, sale := range sales {
		entry, ok := groups[sale.Country+sale.SKU]
		if !ok {
			// Nothing was sold yet.
			entry = &group{SKU: sale.SKU, Country: sale.Country, Quantity: 0, Net: 0}
			groups[sale.Country+sale.SKU] = entry
		}
		entry.Quantity = entry.Quantity + sale.Quantity
		entry.Net = entry.Net + sale.Net
	}
	var rows []*group
	for _, entry := range groups {
		rows = append(rows, entry)
	}
	sort.Slice(rows, func(i, j int) bool {
		if rows[i].Net != rows[j].Net {
			return rows[i].Net > rows[j].Net
		}
		return rows[i].Country+rows[i].SKU < rows[j].Country+rows[j].SKU
	})
	return json.Marshal(rows)
}
""",
        probe="""sales := []Sale{{"DE", "TEA", 2, 1380}, {"é", "<世界>", -1, 5}, {"DE", "TEA", 300, 1 << 40}, {}}
for count := range len(sales) + 1 {
	out, err := Report(sales[:count])
	emit(string(out))
	emit(err == nil)
}
out, err := Report(nil)
emit(string(out))
emit(err == nil)""",
        applicability=Applicability.REVIEW,
        saves=1,
    ),
    Example(
        before="""package p

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
)

func Words(w io.Writer, text string) error {
	words := make(map[string]map[string]any)
	order := []map[string]any{}
	for at, word := range strings.Fields(text) {
		known := words[word]
		if known == nil {
			known = map[string]any{"word": word, "first": at, "count": 0}
			words[word] = known
			order = append(order, known)
		}
		known["count"] = known["count"].(int) + 1
	}
	slices.SortStableFunc(order, func(a, b map[string]any) int { return b["count"].(int) - a["count"].(int) })
	return json.NewEncoder(w).Encode(order)
}
""",
        after="""package p

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
)

func Words(w io.Writer, text string) error {
	type wordJSON struct {
		Count int    `json:"count"`
		First int    `json:"first"`
		Word  string `json:"word"`
	}
	words := make(map[string]*wordJSON)
	order := []*wordJSON{}
	for at, word := range strings.Fields(text) {
		known := words[word]
		if known == nil {
			known = &wordJSON{Word: word, First: at, Count: 0}
			words[word] = known
			order = append(order, known)
		}
		known.Count = known.Count + 1
	}
	slices.SortStableFunc(order, func(a, b *wordJSON) int { return b.Count - a.Count })
	return json.NewEncoder(w).Encode(order)
}
""",
        probe="""for _, text := range []string{"", "a", "tea é tea <世界> a tea", strings.Repeat("x y ", 300)} {
	var out strings.Builder
	emit(Words(&out, text) == nil)
	emit(out.String())
}""",
        probe_imports=("strings",),
        saves=1,
    ),
    Example(
        before="""package p

import "encoding/json"

type Node struct {
	Name     string
	Size     float64
	Children []Node
}

func Flat(root Node) ([]byte, error) {
	var all []map[string]any
	var add func(node Node, depth int)
	add = func(node Node, depth int) {
		row := map[string]any{"name": node.Name, "depth": depth, "size": node.Size}
		all = append(all, row)
		for _, child := range node.Children {
			add(child, depth+1)
			row["size"] = row["size"].(float64) + child.Size
		}
	}
	add(root, 0)
	return json.MarshalIndent(all, "", " ")
}
""",
        after="""package p

import "encoding/json"

type Node struct {
	Name     string
	Size     float64
	Children []Node
}

func Flat(root Node) ([]byte, error) {
	type allEntry struct {
		Depth int     `json:"depth"`
		Name  string  `json:"name"`
		Size  float64 `json:"size"`
	}
	var all []*allEntry
	var add func(node Node, depth int)
	add = func(node Node, depth int) {
		row := &allEntry{Name: node.Name, Depth: depth, Size: node.Size}
		all = append(all, row)
		for _, child := range node.Children {
			add(child, depth+1)
			row.Size = row.Size + child.Size
		}
	}
	add(root, 0)
	return json.MarshalIndent(all, "", " ")
}
""",
        probe="""leaf := Node{Name: "é", Size: -0.5}
tree := Node{"root", 1e21, []Node{leaf, {Name: "<b>", Children: []Node{leaf, leaf}}}}
for _, node := range []Node{{}, leaf, tree} {
	out, err := Flat(node)
	emit(string(out))
	emit(err == nil)
}
out, err := Flat(Node{Size: math.NaN()})
emit(string(out))
emit(err.Error())""",
        probe_imports=("math",),
        saves=1,
    ),
)

REFUSALS = (
    Refused(
        """package p

func Rows(names []string) []map[string]any {
	var rows []map[string]any
	for _, name := range names {
		row := map[string]any{"name": name, "size": len(name)}
		rows = append(rows, row)
	}
	return rows
}
"""
    ),
    Refused(
        """package p

import "encoding/json"

func Rows(names []string, key string) ([]byte, error) {
	var rows []map[string]any
	for _, name := range names {
		row := map[string]any{"name": name, "size": len(name)}
		row[key] = "more"
		rows = append(rows, row)
	}
	return json.Marshal(rows)
}
"""
    ),
    Refused(
        """package p

import "encoding/json"

func Rows(names []string) ([]byte, error) {
	var rows []map[string]any
	for _, name := range names {
		row := map[string]any{"name": name, "size": len(name)}
		rows = append(rows, row)
	}
	for _, row := range rows {
		for key := range row {
			row["key"] = key
		}
	}
	return json.Marshal(rows)
}
"""
    ),
    Refused(
        """package p

import "encoding/json"

type row map[string]any

func Rows(names []string) ([]byte, error) {
	rows := map[string]row{}
	for _, name := range names {
		one := map[string]any{"name": name, "size": len(name)}
		rows[name] = one
	}
	return json.Marshal(rows)
}
"""
    ),
    Refused(
        """package p

import "encoding/json"

func Rows(names []string, more []map[string]any) ([]byte, error) {
	rows := more
	for _, name := range names {
		row := map[string]any{"name": name, "size": len(name)}
		rows = append(rows, row)
	}
	return json.Marshal(rows)
}
"""
    ),
    Refused(
        """package p

import "encoding/json"

func Rows(names []string) ([]byte, error) {
	rows := map[string]map[string]any{}
	for _, name := range names {
		row, ok := rows[name]
		if !ok {
			row = map[string]any{"name": name}
			rows[name] = row
		}
		if _, seen := row["size"]; !seen {
			row["size"] = len(name)
		}
	}
	return json.Marshal(rows)
}
"""
    ),
)
