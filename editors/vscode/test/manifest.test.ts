// The manifest and the sources say the same.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const ROOT = path.join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
const contributed: string[] = manifest.contributes.commands.map((one: { command: string }) => one.command);

test("every command of the manifest is registered", () => {
  const source = readFileSync(path.join(ROOT, "src", "commands.ts"), "utf8");
  const registered = Array.from(source.matchAll(/^ {4}\["([\w.]+)",/gm), ([, name]) => `stackward.${name}`);
  // These two are called by what the server sends, with arguments that nobody types.
  const unseen = ["stackward.listHints", "stackward.proveRewrite"];
  assert.deepEqual(registered.filter((name) => !unseen.includes(name)).sort(), [...contributed].sort());
});

test("menus and keys name commands that are there", () => {
  const { menus, keybindings, submenus } = manifest.contributes;
  const items: { command?: string; submenu?: string }[] = [...Object.values(menus).flat(), ...keybindings];
  for (const { command, submenu } of items) {
    const known = submenu === undefined ? contributed : submenus.map((one: { id: string }) => one.id);
    assert.ok(known.includes(command ?? submenu), command ?? submenu);
  }
});

test("what could run a program of the workspace's choice is restricted", () => {
  const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
  const settings: Record<string, { scope?: string }> = Object.assign(
    {},
    ...manifest.contributes.configuration.map((one: { properties: object }) => one.properties),
  );
  const overridable = Object.keys(settings).filter((name) => settings[name]?.scope === "machine-overridable");
  assert.deepEqual(overridable.sort(), [...restrictedConfigurations].sort());
});

test("VS Code is as old as the language client allows, and its types are of that version", () => {
  const client = readFileSync(path.join(ROOT, "node_modules", "vscode-languageclient", "package.json"), "utf8");
  assert.equal(manifest.engines.vscode, JSON.parse(client).engines.vscode);
  assert.equal(`^${manifest.devDependencies["@types/vscode"]}`, manifest.engines.vscode);
});
