// The sites of all files that the server knows, kept as they change.

import * as vscode from "vscode";
import { CodeLensRequest } from "vscode-languageclient/node";
import type { Connection } from "./client.ts";
import { type Listed, namesFunction, readSite, type Site } from "./site.ts";

const PAUSE_MS = 50; // Diagnostics of many files come one by one.

export class Store implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onChange = this.#changed.event;
  readonly #files = new Map<string, readonly Site[]>();
  /** The functions of listed hints, which are the same as long as the hints are and move together. */
  readonly #owners = new Map<string, { readonly hints: string; readonly functions: readonly string[] }>();
  readonly #stale = new Set<string>();
  readonly #connection: Connection;
  readonly #subscriptions: vscode.Disposable[];
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #connected = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#subscriptions = [
      vscode.languages.onDidChangeDiagnostics(({ uris }) => this.#mark(uris)),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#mark(shown())),
      connection.onStatus((status) => {
        const isNew = status !== undefined && !this.#connected;
        this.#connected = status !== undefined;
        if (status === undefined) {
          this.#clear();
        } else if (isNew) {
          this.refresh();
        } else {
          this.#mark(shown()); // Their diagnostics may be switched off.
        }
      }),
    ];
  }

  /** The sites of a file, in no order. */
  of(uri: vscode.Uri): readonly Site[] {
    return this.#files.get(uri.toString()) ?? [];
  }

  all(): Site[] {
    return [...this.#files.values()].flat();
  }

  /** Ask again about all files that are known or on show. */
  refresh(): void {
    const known = [...this.#files.keys()].map((uri) => vscode.Uri.parse(uri));
    const reported = vscode.languages
      .getDiagnostics()
      .filter(([, diagnostics]) => diagnostics.some((one) => one.source === "stackward"))
      .map(([uri]) => uri);
    this.#mark([...known, ...shown(), ...reported]);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    vscode.Disposable.from(...this.#subscriptions, this.#changed).dispose();
  }

  #mark(uris: readonly vscode.Uri[]): void {
    for (const uri of uris) {
      if (uri.scheme === "file" && uri.path.endsWith(".go")) {
        this.#stale.add(uri.toString());
      }
    }
    if (this.#stale.size > 0 && this.#timer === undefined && !this.#running) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        void this.#ask();
      }, PAUSE_MS);
    }
  }

  #clear(): void {
    this.#stale.clear();
    this.#owners.clear();
    if (this.#files.size > 0) {
      this.#files.clear();
      this.#changed.fire();
    }
  }

  async #ask(): Promise<void> {
    const wanted = [...this.#stale];
    this.#stale.clear();
    this.#running = true;
    try {
      for (const uri of wanted) {
        await this.#fetch(uri);
      }
    } catch (error) {
      this.#connection.output.debug(String(error)); // The server has gone; its successor is asked again.
    } finally {
      this.#running = false;
    }
    this.#changed.fire();
    this.#mark([]);
  }

  async #fetch(uri: string): Promise<void> {
    const listed = await this.#connection.execute<Listed[]>("stackward.listHints", [uri]);
    if (listed === undefined) {
      return;
    }
    if (listed.length === 0) {
      this.#files.delete(uri);
      this.#owners.delete(uri);
      return;
    }
    const hints = arrangement(listed);
    const known = this.#owners.get(uri);
    const functions = known?.hints === hints ? known.functions : await this.#functions(uri, listed);
    if (functions.some(Boolean)) {
      this.#owners.set(uri, { hints, functions });
    }
    const sites = listed.map((one, index) => readSite(uri, one, functions[index] ?? ""));
    this.#files.set(uri, sites);
  }

  /** The function of each hint of a file, from its code lenses, which name all functions that have any. */
  async #functions(uri: string, listed: readonly Listed[]): Promise<string[]> {
    if (listed.every(namesFunction)) {
      return [];
    }
    const lenses = await this.#connection.client?.sendRequest(CodeLensRequest.type, { textDocument: { uri } });
    const names = new Map<string, string>();
    for (const { command } of lenses ?? []) {
      const name: unknown = command?.arguments?.[1];
      if (typeof name === "string") {
        const own = await this.#connection.execute<Listed[]>("stackward.listHints", [uri, name]);
        for (const one of own ?? []) {
          names.set(keyOf(one), name);
        }
      }
    }
    return listed.map((one) => names.get(keyOf(one)) ?? "");
  }
}

function shown(): vscode.Uri[] {
  return vscode.window.visibleTextEditors.map((one) => one.document.uri);
}

/** What is the same after an edit that changes nothing but columns, or moves everything. */
function arrangement(listed: readonly Listed[]): string {
  const top = listed[0]?.range.start.line ?? 0;
  return listed.map(({ code, message, range }) => `${code} ${message} ${range.start.line - top}`).join("\n");
}

function keyOf({ range, code }: Listed): string {
  return [range.start.line, range.start.character, range.end.line, range.end.character, code].join(":");
}
