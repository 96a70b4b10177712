import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { Backoff } from "../src/backoff.ts";
import { readLine } from "../src/log.ts";
import { readProbe, run } from "../src/machine.ts";
import { withPreview } from "../src/preview.ts";

test("each crash waits twice as long, and after six there is no more", () => {
  const backoff = new Backoff();
  const pauses = Array.from({ length: 7 }, (_, second) => backoff.next(second * 1000));
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 16000, undefined]);
  backoff.reset();
  assert.equal(backoff.next(8000), 500);
});

test("a server that ran for long did not crash because it was started", () => {
  const backoff = new Backoff();
  backoff.next(0);
  backoff.next(1000);
  assert.equal(backoff.next(182_000), 500);
});

test("lines of the server have their level, and those of a traceback are errors", () => {
  assert.deepEqual(readLine("2026-11-23 16:00:00,123 WARNING stackward.x: slow"), {
    level: "warn",
    text: "stackward.x: slow",
  });
  assert.deepEqual(readLine("  File x"), { level: "error", text: "  File x" });
});

test("what a Python says of itself is read with care", () => {
  assert.deepEqual(readProbe('{"version": [3, 12], "missing": []}'), { version: [3, 12], missing: [] });
  for (const wrong of ["", "[]", '{"version": "3", "missing": []}', '{"version": [3], "missing": []}', "null"]) {
    assert.equal(readProbe(wrong), undefined, wrong);
  }
});

test("a program's lines are heard, and its failure is an error with its last line", async () => {
  const heard: string[] = [];
  const never = { onCancellationRequested: () => undefined };
  const script = (text: string) => run(process.execPath, ["-e", text], (line) => heard.push(line), never);
  await script("console.log('one'); console.error('two')");
  assert.deepEqual(heard.sort(), ["one", "two"]);
  await assert.rejects(script("console.error('no index'); process.exit(3)"), /no index/);
  await assert.rejects(
    run(path.join(import.meta.dirname, "gone"), [], () => undefined, never),
    /ENOENT/,
  );
});

test("a program ends when it is cancelled", async () => {
  const ending = { onCancellationRequested: (listener: () => void) => listener() };
  await assert.rejects(run(process.execPath, ["-e", "setInterval(() => {}, 1000)"], () => undefined, ending));
});

test("a preview has the rewrite checked, and its proof as a comment that is not", () => {
  const range = { start: { line: 3, character: 1 }, end: { line: 4, character: 0 } };
  const first = { range: { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } }, newText: "x" };
  const edits = [first, { range, newText: "y", annotationId: "stackward" }];
  const edit = {
    documentChanges: [{ textDocument: { uri: "file:///a.go", version: 1 }, edits }],
    changeAnnotations: { stackward: { label: "l", needsConfirmation: true } },
  };
  const preview = withPreview(edit, "less (−1 allocation)", "proof", (uri, line) => `\t${uri} ${line}`);
  assert.deepEqual(preview.changeAnnotations, {
    rewrite: { label: "less (−1 allocation)" },
    proof: { label: "proof", needsConfirmation: true },
  });
  const start = { line: 3, character: 0 };
  const comment = { range: { start, end: start }, newText: "\t// less (−1 allocation)\n", annotationId: "proof" };
  const rewritten = edits.map((one) => ({ ...one, annotationId: "rewrite" }));
  assert.deepEqual(preview.documentChanges, [
    { textDocument: { uri: "file:///a.go", version: 1 }, edits: [comment, ...rewritten] },
  ]);
  assert.deepEqual(
    withPreview({}, "", "", () => ""),
    {},
  );
});
