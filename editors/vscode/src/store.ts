// The sites of all files that the server knows, kept as they change.

import * as vscode from "vscode";
import type { Connection } from "./client.ts";
import { type Listed, readSite, type Site } from "./site.ts";

const PAUSE_MS = 50; // Diagnostics of many files come one by one.

export class Store implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onChange = this.#changed.event;
  readonly #files = new Map<string, readonly Site[]>();
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
    } else {
      this.#files.set(
        uri,
        listed.map((one) => readSite(uri, one)),
      );
    }
  }
}

function shown(): vscode.Uri[] {
  return vscode.window.visibleTextEditors.map((one) => one.document.uri);
}
