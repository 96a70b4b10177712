import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { chosen, type Inspected, restricted, ruleNames, serverSettings } from "../src/settings.ts";

const manifest: unknown = JSON.parse(readFileSync(path.join(import.meta.dirname, "..", "package.json"), "utf8"));

function sent(set: Readonly<Record<string, Inspected>>): object {
  return chosen(serverSettings(manifest), (name) => set[name]);
}

test("the server is told its own settings, and of these only what is set", () => {
  assert.deepEqual(sent({}), {});
  const set = { "build.tags": { globalValue: ["dev"] }, "gutter.enable": { globalValue: false } };
  assert.deepEqual(sent(set), { build: { tags: ["dev"] } });
});

test("the workspace's value comes before the user's, and tables are merged", () => {
  const trigger = { globalValue: "save", workspaceValue: "type" };
  const rules = { globalValue: { channel: "off" }, workspaceValue: { goroutine: "hint" } };
  assert.deepEqual(sent({ "analysis.trigger": trigger, rules }), {
    analysis: { trigger: "type" },
    rules: { channel: "off", goroutine: "hint" },
  });
});

test("null is not set", () => {
  assert.deepEqual(sent({ "go.path": { globalValue: null } }), {});
});

test("without trust cgo is off, unless the user's own settings say otherwise", () => {
  assert.deepEqual(restricted({}), { build: { env: { CGO_ENABLED: "0" } } });
  const own = { build: { tags: ["x"], env: { CGO_ENABLED: "1", CC: "clang" } } };
  assert.deepEqual(restricted(own), own);
});

test("the rules are those of the schema", () => {
  assert.ok(ruleNames(manifest).includes("boxed-in-interface"));
});
