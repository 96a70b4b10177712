// A rewrite as a refactoring that is looked at first. Knows nothing of VS Code.

import type { WorkspaceEdit } from "vscode-languageclient/node";

/**
 * The same edit, such that VS Code opens its refactor preview. It does where a change is to be confirmed, and leaves that
 * one unchecked: so this is a comment with the proof, for who wants it in the code. The rewrite itself is checked.
 */
export function withPreview(
  edit: WorkspaceEdit,
  proof: string,
  aboutProof: string,
  lineOf: (uri: string, line: number) => string,
): WorkspaceEdit {
  const changes = edit.documentChanges ?? [];
  const last = changes.findLast((change) => "edits" in change);
  const place = last?.edits.reduce((one, other) => (other.range.start.line > one.range.start.line ? other : one));
  if (last === undefined || place === undefined) {
    return edit;
  }
  const start = { line: place.range.start.line, character: 0 };
  const indentation = /^\s*/.exec(lineOf(last.textDocument.uri, start.line))?.[0] ?? "";
  const comment = { range: { start, end: start }, newText: `${indentation}// ${proof}\n`, annotationId: "proof" };
  return {
    documentChanges: changes.map((change) => {
      if (!("edits" in change)) {
        return change;
      }
      const edits = change.edits.map((one) => ({ ...one, annotationId: "rewrite" }));
      return { ...change, edits: change === last ? [comment, ...edits] : edits };
    }),
    changeAnnotations: {
      rewrite: { label: proof },
      proof: { label: aboutProof, needsConfirmation: true },
    },
  };
}
