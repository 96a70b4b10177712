// A place that allocates, as the server lists it. Knows nothing of VS Code.

export interface Point {
  readonly line: number;
  readonly character: number;
}

/** An item of `stackward.listHints`: a diagnostic, with what a list says of it in `data`. */
export interface Listed {
  readonly range: { readonly start: Point; readonly end: Point };
  readonly code: string;
  readonly tags?: readonly number[];
  readonly data: {
    /** What is so, without what it costs. */
    readonly message: string;
    /** The function that it is in, empty at package level. */
    readonly function: string;
    /** Of one allocation; null where it varies or is not known yet. */
    readonly bytes: number | null;
    readonly loops: number;
    /** Why the path is rarely taken; empty where it is not. */
    readonly cold: string;
  };
  /** The whole message, with what it costs. */
  readonly message: string;
}

/** How a site's storage is marked. */
export type Mark = "heap" | "heapInLoop" | "stack";

export interface Site {
  readonly uri: string;
  readonly start: Point;
  readonly end: Point;
  readonly rule: string;
  /** With what it costs, and `words` without. */
  readonly message: string;
  readonly words: string;
  readonly function: string;
  readonly bytes: number | undefined;
  readonly loops: number;
  readonly cold: boolean;
  /** Whether it allocates: what does not is listed only where the user wants to see it. */
  readonly allocates: boolean;
}

const FADED = 1; // DiagnosticTag.Unnecessary

/** A site from what the server lists. */
export function readSite(uri: string, { range, code, message, tags, data }: Listed): Site {
  return {
    uri,
    start: range.start,
    end: range.end,
    rule: code,
    message,
    words: data.message,
    function: data.function,
    bytes: data.bytes ?? undefined,
    loops: data.loops,
    cold: data.cold !== "",
    allocates: !tags?.includes(FADED),
  };
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
