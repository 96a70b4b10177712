// Every text is there in every language, and nothing else is.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const ROOT = path.join(import.meta.dirname, "..");
const LANGUAGES = ["zh-cn"];

type Texts = Readonly<Record<string, string>>;

function texts(...names: string[]): Texts {
  return JSON.parse(readFileSync(path.join(ROOT, ...names), "utf8")) as Texts;
}

/** The texts that the sources give to `l10n.t`. */
function used(): string[] {
  const folder = path.join(ROOT, "src");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const source = readFileSync(path.join(folder, name), "utf8");
      const calls = source.match(/\bl10n\.t\(/g) ?? [];
      const found = Array.from(source.matchAll(/\bl10n\.t\(\s*("(?:[^"\\]|\\.)*")/g), ([, text]) =>
        String(JSON.parse(text ?? "")),
      );
      assert.equal(found.length, calls.length, `${name}: texts must be literals, or they cannot be translated`);
      return found;
    });
}

function placeholders(text: string): string[] {
  return (text.match(/\{\d\}|\]\(command:[^)]*\)|\$\{\w+\}/g) ?? []).sort();
}

function assertTranslated(originals: readonly (readonly [string, string])[], translated: Texts): void {
  const keys = originals.map(([key]) => key).sort();
  assert.deepEqual(Object.keys(translated).sort(), keys);
  for (const [key, text] of originals) {
    const other = translated[key] ?? "";
    assert.notEqual(other.trim(), "", key);
    assert.deepEqual(placeholders(other), placeholders(text), key);
  }
}

for (const language of LANGUAGES) {
  test(`the texts of the sources are there in ${language}`, () => {
    const originals = [...new Set(used())].map((text) => [text, text] as const);
    assertTranslated(originals, texts("l10n", `bundle.l10n.${language}.json`));
  });

  test(`the texts of the manifest are there in ${language}`, () => {
    assertTranslated(Object.entries(texts("package.nls.json")), texts(`package.nls.${language}.json`));
  });
}

test("the manifest names texts that are there, and all of them", () => {
  const manifest = readFileSync(path.join(ROOT, "package.json"), "utf8");
  const named = Array.from(manifest.matchAll(/"%([^%"]+)%"/g), ([, key]) => key);
  assert.deepEqual([...new Set(named)].sort(), Object.keys(texts("package.nls.json")).sort());
});

test("the pages of the walkthrough are there in every language", () => {
  for (const name of ["package.nls.json", ...LANGUAGES.map((one) => `package.nls.${one}.json`)]) {
    const pages = Object.entries(texts(name)).filter(([key]) => key.endsWith(".page"));
    assert.equal(pages.length, 4);
    for (const [, page] of pages) {
      const text = readFileSync(path.join(ROOT, page), "utf8");
      for (const [, image] of text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)) {
        readFileSync(path.join(ROOT, path.dirname(page), image ?? ""));
      }
    }
  }
});
