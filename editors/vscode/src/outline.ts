// The Heap Allocations tree as data: packages, files, functions, sites. Knows nothing of VS Code.

import { compare, type Site } from "./site.ts";

export const ORDERS = ["bytes", "loops", "rule", "place"] as const;
export type Order = (typeof ORDERS)[number];

export type Kind = "package" | "file" | "function";

/** A branch. `key` is the same for the same branch in the next outline. */
export interface Branch {
  readonly kind: Kind;
  readonly key: string;
  readonly label: string;
  /** The file, or the folder of a package, as a URI. */
  readonly uri: string;
  readonly children: readonly (Branch | Site)[];
  /** How many of its sites allocate. */
  readonly sites: number;
  readonly bytes: number;
  readonly loops: number;
}

/** Whether a node is a site. */
export function isSite(node: Branch | Site): node is Site {
  return "rule" in node;
}

/** The tree of some sites. `folderName` names the folder of a package, `fileName` a file in it. */
export function outline(
  sites: readonly Site[],
  order: Order,
  filter: string,
  folderName: (uri: string) => string,
  fileName: (uri: string) => string,
): Branch[] {
  const kept = sites.filter((site) => matches(site, filter, fileName));
  const packages = grouped(kept, (site) => parent(site.uri));
  return sorted(
    Array.from(packages, ([folder, within]) => {
      const files = Array.from(
        grouped(within, (site) => site.uri),
        ([uri, own]) => {
          const functions = Array.from(
            grouped(own, (site) => site.function),
            // What is outside of functions stands beside them.
            ([name, last]) =>
              name === "" ? leaves(last, order) : [branch("function", name, uri, leaves(last, order))],
          ).flat();
          return branch("file", fileName(uri), uri, sorted(functions, order));
        },
      );
      return branch("package", folderName(folder), folder, sorted(files, order));
    }),
    order,
  );
}

/** Whether a filter, some words, lets a site through: each must be in its rule, message, function or file. */
export function matches(site: Site, filter: string, fileName: (uri: string) => string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [site.rule, site.message, site.function, fileName(site.uri)].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The way from the top to a site; undefined where it is not in the tree. */
export function wayTo(roots: readonly Branch[], found: (site: Site) => boolean): (Branch | Site)[] | undefined {
  for (const node of roots) {
    const way = wayWithin(node, found);
    if (way !== undefined) {
      return way;
    }
  }
  return undefined;
}

function wayWithin(node: Branch | Site, found: (site: Site) => boolean): (Branch | Site)[] | undefined {
  if (isSite(node)) {
    return found(node) ? [node] : undefined;
  }
  for (const child of node.children) {
    const way = wayWithin(child, found);
    if (way !== undefined) {
      return [node, ...way];
    }
  }
  return undefined;
}

function branch(kind: Kind, label: string, uri: string, children: readonly (Branch | Site)[]): Branch {
  const total = (of: (node: Branch | Site) => number) => children.reduce((sum, child) => sum + of(child), 0);
  return {
    kind,
    key: `${kind}\n${uri}\n${kind === "function" ? label : ""}`,
    label,
    uri,
    children,
    sites: total((node) => (isSite(node) ? Number(node.allocates) : node.sites)),
    bytes: total((node) => node.bytes ?? 0),
    loops: Math.max(0, ...children.map((child) => child.loops)),
  };
}

function leaves(sites: readonly Site[], order: Order): (Branch | Site)[] {
  return sorted(sites, order);
}

function sorted<Node extends Branch | Site>(nodes: readonly Node[], order: Order): Node[] {
  return [...nodes].sort((one, other) => byOrder(one, other, order) || byPlace(one, other));
}

function byOrder(one: Branch | Site, other: Branch | Site, order: Order): number {
  switch (order) {
    case "bytes":
      return (other.bytes ?? 0) - (one.bytes ?? 0);
    case "loops":
      return other.loops - one.loops;
    case "rule":
      return isSite(one) && isSite(other) ? collate(one.rule, other.rule) : 0;
    case "place":
      return 0;
  }
}

function byPlace(one: Branch | Site, other: Branch | Site): number {
  if (isSite(one) && isSite(other)) {
    return collate(one.uri, other.uri) || compare(one.start, other.start);
  }
  const first = firstOf(one);
  const second = firstOf(other);
  const within = first !== undefined && second !== undefined && first.uri === second.uri;
  return within ? compare(first.start, second.start) : collate(one.uri, other.uri);
}

function firstOf(node: Branch | Site): Site | undefined {
  if (isSite(node)) {
    return node;
  }
  const firsts = node.children.map(firstOf).filter((one) => one !== undefined);
  return firsts.sort((a, b) => compare(a.start, b.start))[0];
}

function collate(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function grouped<Key>(sites: readonly Site[], by: (site: Site) => Key): Map<Key, Site[]> {
  const groups = new Map<Key, Site[]>();
  for (const site of sites) {
    const group = groups.get(by(site));
    if (group === undefined) {
      groups.set(by(site), [site]);
    } else {
      group.push(site);
    }
  }
  return groups;
}

function parent(uri: string): string {
  return uri.slice(0, uri.lastIndexOf("/"));
}
