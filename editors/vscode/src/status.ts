// The item in the status bar, and its menu.

import * as vscode from "vscode";
import type { Connection } from "./client.ts";
import type { State, Status } from "./protocol.ts";
import type { Store } from "./store.ts";

const { l10n } = vscode;
const DOWNLOADS = "https://go.dev/dl/";

export class StatusItem implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("stackward.status", vscode.StatusBarAlignment.Right, 90);
  readonly #connection: Connection;
  readonly #store: Store;
  readonly #subscriptions: vscode.Disposable[];
  #status: Status | undefined;

  constructor(connection: Connection, store: Store) {
    this.#connection = connection;
    this.#store = store;
    this.#item.name = "stackward";
    this.#item.command = "stackward.showMenu";
    this.#subscriptions = [
      connection.onStatus((status) => {
        this.#status = status;
        this.#show();
      }),
      store.onChange(() => this.#show()),
      vscode.window.onDidChangeActiveTextEditor(() => this.#show()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#show()),
    ];
    this.#show();
  }

  dispose(): void {
    vscode.Disposable.from(this.#item, ...this.#subscriptions).dispose();
  }

  /** The menu behind the item. */
  async menu(): Promise<void> {
    const picked = await vscode.window.showQuickPick(this.#entries(), {
      title: l10n.t("stackward: {0}", this.#words()),
      placeHolder: l10n.t("What to do"),
    });
    await picked?.run();
  }

  #show(): void {
    const item = this.#item;
    const here = vscode.window.activeTextEditor?.document;
    const count =
      here?.languageId === "go" ? this.#store.of(here.uri).filter((one) => one.allocates).length : undefined;
    const words = this.#words();
    item.text = `${icon(this.#status?.state)} ${count === undefined || !this.#hasHints() ? "stackward" : l10n.t("heap: {0}", count)}`;
    item.backgroundColor = background(this.#status?.state);
    const lines = [words];
    if (this.#status?.state === "missing") {
      lines.push(this.#status.message);
    }
    if (count !== undefined && this.#hasHints()) {
      lines.push(l10n.t("Places in this file that allocate: {0}", count));
    }
    if (!vscode.workspace.isTrusted) {
      lines.push(l10n.t("Restricted: the workspace is not trusted"));
    }
    item.tooltip = `stackward: ${lines.join("\n")}`;
    item.accessibilityInformation = { label: `stackward: ${lines.join(". ")}`, role: "button" };
    item.show();
  }

  #hasHints(): boolean {
    return this.#status !== undefined && this.#status.state !== "missing";
  }

  #words(): string {
    const message = this.#status?.message ?? "";
    switch (this.#status?.state) {
      case "idle":
        return l10n.t("idle");
      case "analysing":
        return message === "" ? l10n.t("analyzing") : l10n.t("analyzing: {0}", message);
      case "broken":
        return message; // It says what does not build, and where.
      case "missing":
        return l10n.t("no Go toolchain");
      case undefined:
        return l10n.t("the server is not running");
    }
  }

  #entries(): Entry[] {
    const status = this.#status;
    const entries: Entry[] = [];
    if (status?.state === "broken" && status.uri !== undefined) {
      entries.push({
        label: `$(error) ${l10n.t("Go to the Error")}`,
        detail: status.message,
        run: () => reveal(status),
      });
    }
    if (status?.state === "missing") {
      const set = () => vscode.commands.executeCommand("workbench.action.openSettings", "stackward.go.path");
      entries.push({ label: `$(gear) ${l10n.t("Set the Path of the go Command")}`, detail: status.message, run: set });
      const open = () => vscode.env.openExternal(vscode.Uri.parse(DOWNLOADS));
      entries.push({ label: `$(cloud-download) ${l10n.t("Get Go")}`, detail: DOWNLOADS, run: open });
    }
    if (!vscode.workspace.isTrusted) {
      entries.push(entry("shield", l10n.t("Manage Trust"), "workbench.trust.manage"));
    }
    const { server, version } = this.#connection;
    const running = server === undefined ? "" : `${version ?? ""} ${[server.command, ...server.args].join(" ")}`.trim();
    return [
      ...entries,
      entry("flame", l10n.t("Show Heap Allocations"), "stackward.allocations.focus"),
      entry("run-all", l10n.t("Analyze the Workspace"), "stackward.analyzeWorkspace"),
      entry("eye", l10n.t("Toggle Hints"), "stackward.toggleHints"),
      { ...entry("debug-restart", l10n.t("Restart the Server"), "stackward.restartServer"), detail: running },
      entry("output", l10n.t("Show Output"), "stackward.showOutput"),
      entry("gear", l10n.t("Open Settings"), "workbench.action.openSettings", "@ext:stackward.stackward"),
    ];
  }
}

interface Entry extends vscode.QuickPickItem {
  run(): unknown;
}

function entry(symbol: string, label: string, command: string, ...args: unknown[]): Entry {
  return { label: `$(${symbol}) ${label}`, run: () => vscode.commands.executeCommand(command, ...args) };
}

function icon(state: State | undefined): string {
  switch (state) {
    case "idle":
      return "$(flame)";
    case "analysing":
      return "$(sync~spin)";
    case "broken":
      return "$(warning)";
    case "missing":
      return "$(error)";
    case undefined:
      return "$(circle-slash)";
  }
}

function background(state: State | undefined): vscode.ThemeColor | undefined {
  if (state === "missing") {
    return new vscode.ThemeColor("statusBarItem.errorBackground");
  }
  return state === "broken" ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
}

async function reveal(status: Status): Promise<void> {
  const { start } = status.range ?? { start: { line: 0, character: 0 } };
  const at = new vscode.Position(start.line, start.character);
  await vscode.window.showTextDocument(vscode.Uri.parse(status.uri ?? ""), { selection: new vscode.Range(at, at) });
}
