import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBytes } from "../src/columns.ts";
import { ignoreComment } from "../src/ignore.ts";
import { isSite, type Order, outline, wayTo } from "../src/outline.ts";
import { type Listed, markOf, readSite, type Site, siteAt } from "../src/site.ts";

const URI = "file:///w/p/a.go";

function listed(words: string, line = 0, character = 0, cost: Partial<Listed["data"]> = {}): Listed {
  const data = { message: words, function: "F", bytes: null, loops: 0, cold: "", ...cost };
  const range = { start: { line, character }, end: { line, character: character + 4 } };
  return { range, code: "channel", message: `${words} (with its cost)`, data };
}

function site(words: string, changes: Partial<Site> = {}): Site {
  return { ...readSite(URI, listed(words)), ...changes };
}

function names(sites: readonly Site[], order: Order, filter = ""): unknown[] {
  const tree = outline(
    sites,
    order,
    filter,
    (uri) => uri.slice(10),
    (uri) => uri.slice(uri.lastIndexOf("/") + 1),
  );
  const shown = (nodes: readonly (Site | (typeof tree)[number])[]): unknown[] =>
    nodes.map((node) => (isSite(node) ? node.words : [node.label, ...shown(node.children)]));
  return shown(tree);
}

test("what the server says of a site is kept, with and without what it costs", () => {
  const cost = { bytes: 16, loops: 3, function: "G" };
  const found = readSite(URI, listed("x is on the heap", 2, 1, cost));
  assert.deepEqual([found.bytes, found.loops, found.cold, found.function], [16, 3, false, "G"]);
  assert.deepEqual([found.words, found.message], ["x is on the heap", "x is on the heap (with its cost)"]);
  assert.equal(site("x").bytes, undefined);
});

test("what is faded does not allocate, and what is rare is not marked as a loop", () => {
  assert.equal(markOf(readSite(URI, { ...listed("x"), tags: [1] })), "stack");
  assert.equal(markOf(site("x", { loops: 1 })), "heapInLoop");
  assert.equal(markOf(readSite(URI, listed("x", 0, 0, { loops: 1, cold: "error path" }))), "heap");
});

test("a position means the smallest site around it, else the first on its line", () => {
  const wide = site("wide", { start: { line: 1, character: 0 }, end: { line: 3, character: 0 } });
  const small = readSite(URI, listed("small", 1, 8));
  assert.equal(siteAt([wide, small], { line: 1, character: 9 })?.words, "small");
  assert.equal(siteAt([wide, small], { line: 2, character: 0 })?.words, "wide");
  assert.equal(siteAt([small], { line: 1, character: 0 })?.words, "small");
  assert.equal(siteAt([small], { line: 2, character: 0 }), undefined);
});

test("the tree has packages, files, functions and sites, in the order that is wanted", () => {
  const at = (line: number) => ({ start: { line, character: 0 }, end: { line, character: 1 } });
  const sites = [
    site("b", { bytes: 8, rule: "channel", ...at(1) }),
    site("c", { bytes: 64, rule: "goroutine", ...at(2) }),
    site("a", { bytes: 16, loops: 1, rule: "boxed-in-interface", ...at(3) }),
    site("top", { function: "", ...at(0) }),
  ];
  assert.deepEqual(names(sites, "bytes"), [["p", ["a.go", ["F", "c", "a", "b"], "top"]]]);
  assert.deepEqual(names(sites, "loops"), [["p", ["a.go", ["F", "a", "b", "c"], "top"]]]);
  assert.deepEqual(names(sites, "rule"), [["p", ["a.go", "top", ["F", "a", "b", "c"]]]]);
  assert.deepEqual(names(sites, "place"), [["p", ["a.go", "top", ["F", "b", "c", "a"]]]]);
  assert.deepEqual(names(sites, "place", "F goroutine"), [["p", ["a.go", ["F", "c"]]]]);
  assert.deepEqual(names(sites, "place", "nowhere"), []);
});

test("what does not allocate is in the tree, but not counted", () => {
  const sites = [site("x", { bytes: 8 }), site("y", { allocates: false })];
  const same = (uri: string) => uri;
  const [root] = outline(sites, "bytes", "", same, same);
  assert.deepEqual([root?.sites, root?.bytes], [1, 8]);
});

test("a site is found from the top", () => {
  const tree = outline(
    [site("x")],
    "bytes",
    "",
    (uri) => uri,
    (uri) => uri,
  );
  const way = wayTo(tree, (one) => one.words === "x");
  assert.deepEqual(
    way?.map((node) => (isSite(node) ? "site" : node.kind)),
    ["package", "file", "function", "site"],
  );
});

test("columns of pictures are bytes, those of VS Code units of UTF-16", () => {
  const line = "aé😀b";
  assert.deepEqual(
    [0, 1, 3, 7, 8, 99].map((column) => fromBytes(line, column)),
    [0, 1, 2, 4, 5, 5],
  );
});

test("an ignore comment goes above a statement, and behind what opens or closes a block", () => {
  const comment = (text: string, character = 1) => ignoreComment(text, 7, character, "channel", " two\nwords ");
  const words = "//stackward:ignore channel two words";
  assert.deepEqual(comment("\tx := f()"), { line: 7, character: 0, text: `\t${words}\n` });
  assert.deepEqual(comment("\tgo func() {"), { line: 7, character: 12, text: ` ${words}` });
  assert.deepEqual(comment("\t})"), { line: 7, character: 3, text: ` ${words}` });
  assert.deepEqual(comment("\tx := f() // why"), { line: 7, character: 0, text: `\t${words}\n` });
  assert.deepEqual(comment("\tx := `raw"), { line: 7, character: 0, text: `\t${words}\n` });
  assert.deepEqual(comment("raw`, g(x))", 6), { line: 7, character: 11, text: ` ${words}` });
});
