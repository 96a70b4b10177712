// The real machine for discovery: files, and Pythons that are asked what they can.

import { execFile, spawn } from "node:child_process";
import { constants, promises as fs } from "node:fs";
import * as os from "node:os";
import { createInterface } from "node:readline";
import type { Machine, Probe, Python } from "./discovery.ts";

/** What ends a program before it is done; VS Code's tokens are such. */
interface Ending {
  onCancellationRequested(listener: () => void): unknown;
}

const PATIENCE_MS = 20_000; // A Python on a network drive is slow to start; one that waits for a window never does.

export const machine: Machine = {
  platform: process.platform,
  env: process.env,
  home: os.homedir(),
  isProgram,
  probe,
};

async function isProgram(file: string): Promise<boolean> {
  try {
    await fs.access(file, constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false;
  }
}

function probe(python: Python, launcher: string): Promise<Probe | undefined> {
  return new Promise((resolve) => {
    const args = [...python.args, "-I", launcher, "--probe"];
    execFile(python.command, args, { timeout: PATIENCE_MS, windowsHide: true }, (error, stdout) => {
      resolve(error === null ? readProbe(stdout) : undefined);
    });
  });
}

/** Run a program to its end. What it says goes to `said` line by line; a failure is an error. */
export function run(
  command: string,
  args: readonly string[],
  said: (line: string) => void,
  ending: Ending,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    let last = "";
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        last = line.trim() || last;
        said(line);
      });
    }
    ending.onCancellationRequested(() => child.kill());
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(last || `${command}: ${code}`))));
  });
}

/** What the launcher prints: one JSON object. */
export function readProbe(text: string): Probe | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("version" in value) || !("missing" in value)) {
      return undefined;
    }
    const { version, missing } = value;
    if (!Array.isArray(version) || !Array.isArray(missing) || !version.every((one) => typeof one === "number")) {
      return undefined;
    }
    const [major, minor] = version as number[];
    return major === undefined || minor === undefined
      ? undefined
      : { version: [major, minor], missing: missing.map(String) };
  } catch {
    return undefined;
  }
}
