// A place that allocates, as the server lists it. Knows nothing of VS Code.

export interface Point {
  readonly line: number;
  readonly character: number;
}

/** An item of `stackward.listHints`: a diagnostic, with what it costs in `data` where the server gives that. */
export interface Listed {
  readonly range: { readonly start: Point; readonly end: Point };
  readonly code?: string | number;
  readonly message: string;
  readonly tags?: readonly number[];
  readonly data?: unknown;
}

/** How a site's storage is marked. */
export type Mark = "heap" | "heapInLoop" | "stack";

export interface Site {
  readonly uri: string;
  readonly start: Point;
  readonly end: Point;
  readonly rule: string;
  readonly message: string;
  /** The function that it is in, empty at package level. */
  readonly function: string;
  /** Of one allocation; undefined where it varies or is not known yet. */
  readonly bytes: number | undefined;
  readonly loops: number;
  readonly cold: boolean;
  /** Whether it allocates: what does not is listed only where the user wants to see it. */
  readonly allocates: boolean;
}

const FADED = 1; // DiagnosticTag.Unnecessary

/** A site from what the server lists. */
export function readSite(uri: string, listed: Listed, owner: string): Site {
  const data = typeof listed.data === "object" && listed.data !== null ? listed.data : {};
  const cost = costOf(listed.message);
  return {
    uri,
    start: listed.range.start,
    end: listed.range.end,
    rule: String(listed.code ?? ""),
    message: listed.message,
    function: text(data, "function") ?? owner,
    bytes: number(data, "bytes") ?? cost.bytes,
    loops: number(data, "loops") ?? cost.loops,
    cold: text(data, "cold") !== undefined ? text(data, "cold") !== "" : cost.cold,
    allocates: !listed.tags?.includes(FADED),
  };
}

/** Whether the server says by itself which function a listed hint is in. */
export function namesFunction(listed: Listed): boolean {
  return typeof listed.data === "object" && listed.data !== null && text(listed.data, "function") !== undefined;
}

/** The colour of a site. */
export function markOf(site: Site): Mark {
  return !site.allocates ? "stack" : site.loops > 0 && !site.cold ? "heapInLoop" : "heap";
}

/** The same place in the same text. */
export function sameSite(one: Site, other: Site): boolean {
  return one.uri === other.uri && one.rule === other.rule && compare(one.start, other.start) === 0;
}

/** Positions in the order of the text. */
export function compare(one: Point, other: Point): number {
  return one.line - other.line || one.character - other.character;
}

/** The site that a position means: the smallest around it, else the first on its line. */
export function siteAt(sites: readonly Site[], at: Point): Site | undefined {
  const around = sites.filter((site) => compare(site.start, at) <= 0 && compare(at, site.end) <= 0);
  around.sort((a, b) => a.end.line - a.start.line - (b.end.line - b.start.line) || compare(b.start, a.start));
  return around[0] ?? sites.filter((site) => site.start.line === at.line).sort((a, b) => compare(a.start, b.start))[0];
}

/** What the end of the server's message says: `(48 bytes, in 2 nested loops)`. */
function costOf(message: string): { bytes: number | undefined; loops: number; cold: boolean } {
  const cost = /\(([^()]*(?:\([^()]*\)[^()]*)*)\)$/.exec(message)?.[1] ?? "";
  const bytes = /^([\d,]+) bytes\b/.exec(cost)?.[1];
  const nested = /\bin (\d+) nested loops\b/.exec(cost)?.[1];
  return {
    bytes: bytes === undefined ? undefined : Number(bytes.replaceAll(",", "")),
    loops: nested === undefined ? Number(/\bin a loop\b/.test(cost)) : Number(nested),
    cold: /\brarely: |\bonce, at start\b/.test(cost),
  };
}

function text(data: object, key: string): string | undefined {
  const value: unknown = Reflect.get(data, key);
  return typeof value === "string" ? value : undefined;
}

function number(data: object, key: string): number | undefined {
  const value: unknown = Reflect.get(data, key);
  return typeof value === "number" ? value : undefined;
}
