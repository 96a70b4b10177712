// Which server to start. Knows nothing of VS Code, so that tests can run it as it is.

import * as path from "node:path";

/** What a Python said of itself when it was asked to load the bundled server. */
export interface Probe {
  readonly version: readonly [number, number];
  /** The modules that could not be imported; empty where the server can run. */
  readonly missing: readonly string[];
}

/** What of the machine discovery looks at. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  isProgram(file: string): Promise<boolean>;
  probe(python: Python, launcher: string): Promise<Probe | undefined>;
}

/** A Python as a command with its first arguments (`py -3`). */
export interface Python {
  readonly command: string;
  readonly args: readonly string[];
}

export interface Wanted {
  /** `stackward.server.path`, empty where it is not set. */
  readonly setting: string;
  /** The folders of the workspace that are on this machine. */
  readonly folders: readonly string[];
  /** Whether the user trusts the workspace: programs in it are run only then. */
  readonly trusted: boolean;
  /** The launcher of the bundled server, undefined where this extension has none. */
  readonly launcher: string | undefined;
  /** The interpreter of this extension's own environment, which is there once modules were installed. */
  readonly ownPython: string;
  /** The interpreter that the Python extension has chosen, if it is there. */
  chosenPython(): Promise<string | undefined>;
}

export type Origin = "setting" | "environment" | "path" | "bundled";

export interface Server {
  readonly command: string;
  readonly args: readonly string[];
  readonly origin: Origin;
}

/** Why there is no server. */
export type Failure =
  | { readonly kind: "setting"; readonly path: string; readonly untrusted: boolean }
  | { readonly kind: "noPython"; readonly oldest: string | undefined }
  | { readonly kind: "modules"; readonly python: string; readonly missing: readonly string[] }
  | { readonly kind: "notBundled" };

export interface Found {
  readonly server: Server | undefined;
  readonly failure: Failure | undefined;
  /** Servers in the workspace that were not run because the user does not trust it. */
  readonly distrusted: readonly string[];
}

const OLDEST = [3, 11] as const;
const NEWEST_MINOR = 14;

/** Look for a server: the setting, the workspace's environments, PATH, and the bundled one last. */
export async function discover(wanted: Wanted, machine: Machine): Promise<Found> {
  if (wanted.setting !== "") {
    return await fromSetting(wanted, machine);
  }
  const distrusted: string[] = [];
  for (const folder of wanted.folders) {
    for (const name of [".venv", "venv"]) {
      const program = inEnvironment(joined(machine, folder, name), "stackward", machine);
      if (await machine.isProgram(program)) {
        if (wanted.trusted) {
          return found({ command: program, args: ["serve"], origin: "environment" }, distrusted);
        }
        distrusted.push(program);
      }
    }
  }
  for (const program of onPath("stackward", machine)) {
    // A folder of an untrusted workspace may be on PATH, where its terminal has put it.
    if ((wanted.trusted || !isWithin(program, wanted.folders, machine)) && (await machine.isProgram(program))) {
      return found({ command: program, args: ["serve"], origin: "path" }, distrusted);
    }
  }
  return { ...(await bundled(wanted, machine)), distrusted };
}

async function fromSetting(wanted: Wanted, machine: Machine): Promise<Found> {
  const { sep } = pathOf(machine);
  const named = expand(wanted.setting, wanted.folders[0], machine);
  const plain = !named.includes("/") && !named.includes(sep);
  const candidates = plain ? onPath(named, machine) : programNames(named, machine);
  for (const program of candidates) {
    if (pathOf(machine).isAbsolute(program) && (await machine.isProgram(program))) {
      if (!wanted.trusted && isWithin(program, wanted.folders, machine)) {
        return failed({ kind: "setting", path: named, untrusted: true });
      }
      return found({ command: program, args: ["serve"], origin: "setting" }, []);
    }
  }
  // A setting that does not work is an error, not a reason to take another server.
  return failed({ kind: "setting", path: named, untrusted: false });
}

async function bundled(wanted: Wanted, machine: Machine): Promise<Found> {
  if (wanted.launcher === undefined) {
    return failed({ kind: "notBundled" });
  }
  let incomplete: Failure | undefined;
  let newest: readonly [number, number] | undefined;
  for await (const python of pythons(wanted, machine)) {
    const probe = await machine.probe(python, wanted.launcher);
    if (probe === undefined) {
      continue;
    }
    if (isOlder(probe.version, OLDEST)) {
      newest = newest === undefined || isOlder(newest, probe.version) ? probe.version : newest;
    } else if (probe.missing.length > 0) {
      incomplete ??= { kind: "modules", python: python.command, missing: probe.missing };
    } else {
      // Isolated, so that neither the workspace nor the user's site packages come before what is bundled.
      const args = [...python.args, "-I", wanted.launcher, "serve"];
      return found({ command: python.command, args, origin: "bundled" }, []);
    }
  }
  return failed(incomplete ?? { kind: "noPython", oldest: newest?.join(".") });
}

/** Pythons in the order in which they are tried; none in an untrusted workspace's own folders. */
async function* pythons(wanted: Wanted, machine: Machine): AsyncGenerator<Python> {
  const allowed = (file: string) => wanted.trusted || !isWithin(file, wanted.folders, machine);
  if (await machine.isProgram(wanted.ownPython)) {
    yield { command: wanted.ownPython, args: [] };
  }
  const seen = new Set<string>();
  const chosen = await wanted.chosenPython();
  if (chosen !== undefined && allowed(chosen)) {
    seen.add(chosen);
    yield { command: chosen, args: [] };
  }
  const names = Array.from({ length: NEWEST_MINOR - OLDEST[1] + 1 }, (_, back) => `python3.${NEWEST_MINOR - back}`);
  for (const name of [...names, "python3", "python", ...(machine.platform === "win32" ? ["py"] : [])]) {
    for (const program of onPath(name, machine)) {
      if (!seen.has(program) && allowed(program) && (await machine.isProgram(program))) {
        seen.add(program);
        yield { command: program, args: name === "py" ? ["-3"] : [] };
      }
    }
  }
}

/** The program of a virtual environment. */
export function inEnvironment(environment: string, name: string, machine: Machine): string {
  return machine.platform === "win32"
    ? joined(machine, environment, "Scripts", `${name}.exe`)
    : joined(machine, environment, "bin", name);
}

/** `~` and `${workspaceFolder}` in a setting. */
export function expand(setting: string, folder: string | undefined, machine: Machine): string {
  const text = setting.trim().replaceAll(`\${workspaceFolder}`, () => folder ?? "");
  return /^~(?=$|[/\\])/.test(text) ? machine.home + text.slice(1) : text;
}

/** Where PATH says that a program may be. Relative entries are left out: they mean the workspace. */
export function onPath(name: string, machine: Machine): string[] {
  const { delimiter, isAbsolute } = pathOf(machine);
  const listed = machine.env.PATH ?? machine.env.Path ?? "";
  return listed
    .split(delimiter)
    .filter((folder) => folder !== "" && isAbsolute(folder))
    .flatMap((folder) => programNames(joined(machine, folder, name), machine));
}

/** Whether a file lies in one of the folders. */
export function isWithin(file: string, folders: readonly string[], machine: Machine): boolean {
  const { relative, isAbsolute, sep } = pathOf(machine);
  return folders.some((folder) => {
    const way = relative(folder, file);
    return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  });
}

function programNames(file: string, machine: Machine): string[] {
  // Scripts of other kinds would need a shell, which is never used.
  return machine.platform === "win32" && !/\.exe$/i.test(file) ? [`${file}.exe`] : [file];
}

function pathOf(machine: Machine): path.PlatformPath {
  return machine.platform === "win32" ? path.win32 : path.posix;
}

function joined(machine: Machine, ...parts: string[]): string {
  return pathOf(machine).join(...parts);
}

function isOlder(one: readonly [number, number], other: readonly [number, number]): boolean {
  return one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);
}

function found(server: Server, distrusted: readonly string[]): Found {
  return { server, failure: undefined, distrusted };
}

function failed(failure: Failure): Found {
  return { server: undefined, failure, distrusted: [] };
}
