import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBytes } from "../src/columns.ts";
import { ignoreComment } from "../src/ignore.ts";
import { isSite, type Order, outline, wayTo } from "../src/outline.ts";
import { type Listed, markOf, readSite, type Site, siteAt } from "../src/site.ts";

const URI = "file:///w/p/a.go";

function listed(message: string, line = 0, character = 0, code = "channel"): Listed {
  return { range: { start: { line, character }, end: { line, character: character + 4 } }, code, message };
}

function site(message: string, changes: Partial<Site> = {}): Site {
  return { ...readSite(URI, listed(message), "F"), ...changes };
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
    nodes.map((node) => (isSite(node) ? node.message : [node.label, ...shown(node.children)]));
  return shown(tree);
}

test("costs are read from the message where the server does not give them", () => {
  const cost = ({ bytes, loops, cold }: Site) => [bytes, loops, cold];
  assert.deepEqual(cost(site("x is on the heap (1,048 bytes, in 2 nested loops)")), [1048, 2, false]);
  assert.deepEqual(cost(site("x escapes (n × 8 bytes, in a loop, rarely: error path)")), [undefined, 1, true]);
  assert.deepEqual(cost(site("x is boxed (8 bytes, when f(x) is not 0)")), [8, 0, false]);
  assert.deepEqual(cost(site("x escapes")), [undefined, 0, false]);
  const given = { ...listed("x (8 bytes)"), data: { bytes: 16, loops: 3, cold: "", function: "G" } };
  assert.deepEqual(cost(readSite(URI, given, "F")), [16, 3, false]);
  assert.equal(readSite(URI, given, "F").function, "G");
});

test("what is faded does not allocate, and what is rare is not marked as a loop", () => {
  assert.equal(markOf(readSite(URI, { ...listed("x"), tags: [1] }, "")), "stack");
  assert.equal(markOf(site("x (8 bytes, in a loop)")), "heapInLoop");
  assert.equal(markOf(site("x (8 bytes, in a loop, rarely: error path)")), "heap");
});

test("a position means the smallest site around it, else the first on its line", () => {
  const wide = readSite(
    URI,
    { ...listed("wide"), range: { start: { line: 1, character: 0 }, end: { line: 3, character: 0 } } },
    "",
  );
  const small = readSite(URI, listed("small", 1, 8), "");
  assert.equal(siteAt([wide, small], { line: 1, character: 9 })?.message, "small");
  assert.equal(siteAt([wide, small], { line: 2, character: 0 })?.message, "wide");
  assert.equal(siteAt([small], { line: 1, character: 0 })?.message, "small");
  assert.equal(siteAt([small], { line: 2, character: 0 }), undefined);
});

test("the tree has packages, files, functions and sites, in the order that is wanted", () => {
  const at = (line: number) => ({ start: { line, character: 0 }, end: { line, character: 1 } });
  const sites = [
    site("b (8 bytes)", { rule: "channel", ...at(1) }),
    site("c (64 bytes)", { rule: "goroutine", ...at(2) }),
    site("a (16 bytes, in a loop)", { rule: "boxed-in-interface", ...at(3) }),
    site("top", { function: "", ...at(0) }),
  ];
  const [b, c, a] = sites.map((one) => one.message);
  assert.deepEqual(names(sites, "bytes"), [["p", ["a.go", ["F", c, a, b], "top"]]]);
  assert.deepEqual(names(sites, "loops"), [["p", ["a.go", ["F", a, b, c], "top"]]]);
  assert.deepEqual(names(sites, "rule"), [["p", ["a.go", "top", ["F", a, b, c]]]]);
  assert.deepEqual(names(sites, "place"), [["p", ["a.go", "top", ["F", b, c, a]]]]);
  assert.deepEqual(names(sites, "place", "F goroutine"), [["p", ["a.go", ["F", c]]]]);
  assert.deepEqual(names(sites, "place", "nowhere"), []);
});

test("what does not allocate is in the tree, but not counted", () => {
  const sites = [site("x (8 bytes)"), site("y", { allocates: false })];
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
  const way = wayTo(tree, (one) => one.message === "x");
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
