// What the server writes to its standard error, at the level that it gives each line.

import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { LogOutputChannel } from "vscode";

const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)$/;

/** The level and the text of a line; lines of a traceback have no level of their own. */
export function readLine(line: string): { level: "debug" | "info" | "warn" | "error"; text: string } {
  const [, level, text] = LINE.exec(line) ?? [];
  switch (level) {
    case "DEBUG":
      return { level: "debug", text: text ?? "" };
    case "INFO":
      return { level: "info", text: text ?? "" };
    case "WARNING":
      return { level: "warn", text: text ?? "" };
    default:
      return { level: "error", text: text ?? line };
  }
}

/** Pass on a stream of the server's. */
export function forward(input: Readable, output: LogOutputChannel): void {
  createInterface({ input }).on("line", (line) => {
    const { level, text } = readLine(line);
    output[level](text);
  });
}
