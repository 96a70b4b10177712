// What the server of stackward speaks beyond the protocol.

import type { Command, Diagnostic, Range } from "vscode-languageclient/node";

export const SCHEME = "stackward";

export type State = "idle" | "analysing" | "broken" | "missing";

/** The notification `stackward/status`. */
export interface Status {
  readonly state: State;
  readonly message: string;
  readonly uri?: string;
  readonly range?: Range;
}

/** The answer of `stackward.graph`. */
export interface Graph {
  readonly svg: string;
  readonly mermaid: string;
  readonly text: string;
}

/** The answer of `stackward.analyzeWorkspace`. */
export interface WorkspaceReport {
  readonly cancelled: boolean;
  readonly sites: number;
  readonly packages: number;
  readonly failures: readonly string[];
}

/** One finding of `stackward.inlineDiff`. */
export interface Inlined {
  readonly uri: string;
  readonly diagnostic: Diagnostic;
}

export type InlineDiff = { readonly failure: string } | { readonly appear: Inlined[]; readonly vanish: Inlined[] };

/** The answer of `stackward.proveRewrite`. */
export type Proof = { readonly failure: string } | { readonly text: string; readonly benchmarks: readonly unknown[] };

/** A code action or a bare command, as an answer to `textDocument/codeAction` has them. */
export interface Action {
  readonly title: string;
  readonly kind?: string;
  readonly command?: Command | string;
  readonly disabled?: { readonly reason: string };
}
