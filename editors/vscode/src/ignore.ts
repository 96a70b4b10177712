// Where the comment goes that ignores a hint. Knows nothing of VS Code.

export interface Insertion {
  readonly line: number;
  readonly character: number;
  readonly text: string;
}

/**
 * The comment for a site in a line of Go. Behind the code it speaks of that line; on a line above, of all that begins
 * there, which is too much where a block begins, and nothing where a bracket closes.
 */
export function ignoreComment(text: string, line: number, character: number, rule: string, reason: string): Insertion {
  const words = `//stackward:ignore ${rule} ${reason.trim().replace(/\s+/g, " ")}`;
  const code = text.trimEnd();
  const indentation = /^\s*/.exec(text)?.[0] ?? "";
  if (isAboveBetter(code, character)) {
    return { line, character: 0, text: `${indentation}${words}\n` };
  }
  return { line, character: code.length, text: ` ${words}` };
}

function isAboveBetter(code: string, character: number): boolean {
  const ticks = code.split("`").length - 1;
  if (ticks % 2 === 1) {
    return character <= code.indexOf("`"); // A raw string begins or ends here, and a comment in it would be text.
  }
  if (code.includes("//")) {
    return true; // There is a comment already.
  }
  return !/[{([,]$/.test(code) && !/^\s*[)}\]]/.test(code);
}
