// Command typefacts tells what the type checker knows about expressions of Go packages.
//
// It reads requests from its standard input and writes replies to its standard output, one JSON value per line, in
// the same order. It ends when its input does, so it does not outlive the server that started it. It runs none of the
// user's code, starts no process and opens only files that requests name.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"io"
	"os"
	"regexp/syntax"
	"runtime/debug"
	"text/template/parse"
)

// A request asks for facts about one unit, which it describes as far as that has changed, or to have a text formatted
// as gofmt does, or whether a regular expression or a template is one.
type request struct {
	ID       int     `json:"id"`
	Format   *[]byte `json:"format"`
	Pattern  *string `json:"pattern"`
	Template *string `json:"template"`
	Load     load    `json:"load"`
	Queries  []query `json:"queries"`
}

// A reply has one fact per query, null where there is no expression. Types are numbered by their place in Types.
type reply struct {
	ID     int        `json:"id"`
	Types  []typeInfo `json:"types,omitempty"`
	Facts  []*fact    `json:"facts"`
	Text   []byte     `json:"text,omitempty"`
	Stale  bool       `json:"stale,omitempty"`
	Failed string     `json:"failed,omitempty"`
}

func main() {
	// Syntax and types are kept for long: while there are few, a larger heap between collections saves more time than it
	// costs memory.
	debug.SetGCPercent(200)
	debug.SetMemoryLimit(3 * keptHeap)
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "typefacts:", err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	reader := bufio.NewReaderSize(in, 1<<16)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	kept := newStore()
	for {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			return err // Who asks is the server itself: what it sends is right, or one of the two is broken.
		}
		if err := encoder.Encode(answer(kept, &asked)); err != nil {
			return err
		}
	}
}

// predefined are the functions that each template has (text/template: funcs.go).
var predefined = map[string]any{
	"and": nil, "call": nil, "eq": nil, "ge": nil, "gt": nil, "html": nil, "index": nil, "js": nil, "le": nil, "len": nil,
	"lt": nil, "ne": nil, "not": nil, "or": nil, "print": nil, "printf": nil, "println": nil, "slice": nil,
	"urlquery": nil,
}

// answer never panics: what the type checker or we do not survive costs one reply, and the unit is dropped.
func answer(kept *store, asked *request) (told reply) {
	defer func() {
		if problem := recover(); problem != nil {
			kept.drop(asked.Load.Key)
			told = reply{ID: asked.ID, Failed: fmt.Sprintf("the type checker failed: %v", problem)}
		}
	}()
	if asked.Format != nil {
		text, err := format.Source(*asked.Format)
		if err != nil {
			return reply{ID: asked.ID, Failed: err.Error()}
		}
		return reply{ID: asked.ID, Text: text}
	}
	if asked.Pattern != nil {
		if _, err := syntax.Parse(*asked.Pattern, syntax.Perl); err != nil {
			return reply{ID: asked.ID, Failed: err.Error()}
		}
		return reply{ID: asked.ID, Text: []byte(*asked.Pattern)}
	}
	if asked.Template != nil {
		if _, err := parse.Parse("", *asked.Template, "", "", predefined); err != nil {
			return reply{ID: asked.ID, Failed: err.Error()}
		}
		return reply{ID: asked.ID, Text: []byte(*asked.Template)}
	}
	loaded, err := kept.load(asked.ID, &asked.Load)
	if errors.Is(err, errStale) {
		return reply{ID: asked.ID, Stale: true}
	}
	if err != nil {
		return reply{ID: asked.ID, Failed: err.Error()}
	}
	types := newTypeTable(loaded.pkg, loaded.sizes)
	facts := make([]*fact, len(asked.Queries))
	for i, one := range asked.Queries {
		facts[i] = loaded.fact(types, one)
	}
	return reply{ID: asked.ID, Types: types.infos, Facts: facts}
}
