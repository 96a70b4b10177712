// The commands with a face: what the palette, the tree, the menus and the keys call.

import * as vscode from "vscode";
import type { Connection } from "./client.ts";
import type { Pages } from "./documents.ts";
import type { FlowPanel } from "./flow.ts";
import { ignoreComment } from "./ignore.ts";
import type { InlineDiff, Inlined, WorkspaceReport } from "./protocol.ts";
import type { Rewrites } from "./rewrites.ts";
import { ruleNames } from "./settings.ts";
import { compare, type Point, type Site, siteAt } from "./site.ts";
import type { StatusItem } from "./status.ts";
import type { Store } from "./store.ts";
import type { Tree } from "./tree.ts";
import { waiting } from "./waiting.ts";
import { packages } from "./words.ts";

const { l10n } = vscode;

export interface Parts {
  readonly manifest: unknown;
  readonly connection: Connection;
  readonly store: Store;
  readonly tree: Tree;
  readonly status: StatusItem;
  readonly flow: FlowPanel;
  readonly pages: Pages;
  readonly rewrites: Rewrites;
}

/** All commands by their names. */
export function commands(parts: Parts): ReadonlyMap<string, (...args: never[]) => unknown> {
  const { connection, tree, flow, rewrites } = parts;
  const onSite = (run: (site: Site) => unknown) => (site?: Site) => {
    const meant = site ?? tree.selected;
    return meant === undefined ? undefined : run(meant);
  };
  return new Map<string, (...args: never[]) => unknown>([
    ["analyzePackage", () => withEditor(({ document }) => analyzePackage(connection, document))],
    ["analyzeWorkspace", () => analyzeWorkspace(connection)],
    ["toggleHints", () => toggleHints(parts)],
    ["explainRule", (rule?: string) => explainRule(parts, rule)],
    ["fixAll", () => withEditor(({ document }) => rewrites.fixAll(document))],
    ["fixAtCursor", () => withEditor(({ document, selection }) => rewrites.fix(document.uri, selection, false))],
    ["previewAtCursor", () => withEditor(({ document, selection }) => rewrites.fix(document.uri, selection, true))],
    ["ignoreAtCursor", () => withEditor((editor) => ignoreAt(parts, editor))],
    ["proveAtCursor", () => withEditor(({ document, selection }) => rewrites.prove(document.uri, selection))],
    ["proveRewrite", (...args: unknown[]) => rewrites.measure(l10n.t("Proof"), args)],
    ["showFlow", () => withEditor(({ document, selection }) => flow.show(document.uri, selection.active))],
    ["saveFlowAsSvg", () => flow.save("svg")],
    ["saveFlowAsMermaid", () => flow.save("mermaid")],
    ["inlineDiff", () => withEditor(({ document }) => inlineDiff(connection, document))],
    ["restartServer", () => connection.restart()],
    ["showOutput", () => connection.output.show()],
    ["showTrace", () => showTrace(connection)],
    ["showMenu", () => parts.status.menu()],
    ["nextSite", () => step(parts, 1)],
    ["previousSite", () => step(parts, -1)],
    ["listHints", (uri: string, name = "") => tree.revealFunction(vscode.Uri.parse(uri), name)],
    ["tree.refresh", () => parts.store.refresh()],
    ["tree.sort", () => tree.sort()],
    ["tree.filter", () => tree.filter()],
    ["tree.clearFilter", () => tree.filterBy("")],
    ["tree.reveal", onSite(revealSite)],
    ["tree.ignore", onSite(ignore)],
    ["tree.fix", onSite((site) => rewrites.fix(uriOf(site), rangeOf(site), false))],
    ["tree.preview", onSite((site) => rewrites.fix(uriOf(site), rangeOf(site), true))],
    ["tree.prove", onSite((site) => rewrites.prove(uriOf(site), rangeOf(site)))],
    ["tree.flow", onSite((site) => flow.show(uriOf(site), site.start))],
    ["tree.explain", onSite((site) => explainRule(parts, site.rule))],
  ]);
}

function withEditor<Result>(run: (editor: vscode.TextEditor) => Result): Result | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId === "go") {
    return run(editor);
  }
  void vscode.window.showInformationMessage(l10n.t("stackward: open a Go file first."));
  return undefined;
}

async function analyzePackage(connection: Connection, document: vscode.TextDocument): Promise<void> {
  await connection.execute("stackward.analyzePackage", [document.uri.toString()]);
}

async function analyzeWorkspace(connection: Connection): Promise<void> {
  const report = await waiting(l10n.t("Analyzing the workspace"), async (progress, token) => {
    connection.progress.add(progress);
    try {
      return await connection.execute<WorkspaceReport>("stackward.analyzeWorkspace", [], token);
    } finally {
      connection.progress.delete(progress);
    }
  });
  if (report === undefined || report.cancelled) {
    return;
  }
  for (const failure of report.failures) {
    connection.output.warn(failure);
  }
  const text = l10n.t("stackward: {0} analyzed.", packages(report.packages));
  const tree = l10n.t("Show Heap Allocations");
  if (report.failures.length === 0) {
    const picked = await vscode.window.showInformationMessage(text, tree);
    await (picked && vscode.commands.executeCommand("stackward.allocations.focus"));
    return;
  }
  const log = l10n.t("Show Output");
  const warning = l10n.t("{0} Not analyzed: {1}.", text, report.failures.length);
  const picked = await vscode.window.showWarningMessage(warning, tree, log);
  await (picked &&
    vscode.commands.executeCommand(picked === log ? "stackward.showOutput" : "stackward.allocations.focus"));
}

async function toggleHints({ connection, store }: Parts): Promise<void> {
  const shown = await connection.execute<boolean>("stackward.toggleHints");
  if (shown !== undefined) {
    await vscode.commands.executeCommand("setContext", "stackward.hidden", !shown);
    store.refresh();
    const text = shown ? l10n.t("stackward: hints are shown") : l10n.t("stackward: hints are hidden");
    vscode.window.setStatusBarMessage(text, 3000);
  }
}

async function explainRule(parts: Parts, named?: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const here = editor && siteAt(parts.store.of(editor.document.uri), editor.selection.active);
  const choose = async () =>
    await vscode.window.showQuickPick(ruleNames(parts.manifest), { title: l10n.t("Explain which rule?") });
  const rule = named ?? here?.rule ?? (await choose());
  const page = rule === undefined ? undefined : await parts.connection.execute<string>("stackward.explainRule", [rule]);
  if (rule !== undefined && page !== undefined) {
    await parts.pages.show(rule, page);
  }
}

async function inlineDiff(connection: Connection, document: vscode.TextDocument): Promise<void> {
  const diff = await waiting(l10n.t("Comparing with and without inlining"), async (progress, token) => {
    connection.progress.add(progress);
    try {
      return await connection.execute<InlineDiff>("stackward.inlineDiff", [document.uri.toString()], token);
    } finally {
      connection.progress.delete(progress);
    }
  });
  if (diff === undefined) {
    return;
  }
  if ("failure" in diff) {
    void vscode.window.showWarningMessage(l10n.t("stackward: {0}", diff.failure));
    return;
  }
  const items = [
    ...group(l10n.t("Allocate only without inlining"), diff.appear),
    ...group(l10n.t("Allocate only with inlining"), diff.vanish),
  ];
  if (items.length === 0) {
    void vscode.window.showInformationMessage(l10n.t("stackward: inlining makes no difference in this package."));
    return;
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t("What inlining changes"),
    matchOnDescription: true,
  });
  if (picked?.found !== undefined) {
    const { uri, diagnostic } = picked.found;
    await show(vscode.Uri.parse(uri), diagnostic.range.start, diagnostic.range.end);
  }
}

function group(title: string, found: readonly Inlined[]): (vscode.QuickPickItem & { found?: Inlined })[] {
  if (found.length === 0) {
    return [];
  }
  const items = found.map((one) => {
    const name = one.uri.slice(one.uri.lastIndexOf("/") + 1);
    const { message } = one.diagnostic;
    const label = typeof message === "string" ? message : message.value;
    return { label, description: `${name}:${one.diagnostic.range.start.line + 1}`, found: one };
  });
  return [{ label: title, kind: vscode.QuickPickItemKind.Separator }, ...items];
}

function showTrace(connection: Connection): void {
  connection.trace.show();
  if (connection.trace.logLevel !== vscode.LogLevel.Trace) {
    const text = l10n.t("To see messages, set the level of this channel to Trace with “Developer: Set Log Level”.");
    const set = l10n.t("Set Log Level");
    void vscode.window.showInformationMessage(text, set).then((picked) => {
      return picked && vscode.commands.executeCommand("workbench.action.setLogLevel");
    });
  }
}

/** Go to the next or the previous site of the file, and round its end. */
async function step({ store }: Parts, direction: 1 | -1): Promise<void> {
  await withEditor(async (editor) => {
    const at = editor.selection.active;
    const sites = store.of(editor.document.uri).filter((site) => site.allocates);
    const ordered = [...sites].sort((one, other) => direction * compare(one.start, other.start));
    const next = ordered.find((site) => direction * compare(site.start, at) > 0) ?? ordered[0];
    if (next === undefined) {
      vscode.window.setStatusBarMessage(l10n.t("stackward: nothing in this file allocates"), 3000);
      return;
    }
    const start = new vscode.Position(next.start.line, next.start.character);
    editor.selection = new vscode.Selection(start, start);
    editor.revealRange(rangeOf(next), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    // What a screen reader reads, and others see without the pointer.
    await vscode.commands.executeCommand("editor.action.showHover");
  });
}

async function revealSite(site: Site): Promise<void> {
  await show(uriOf(site), site.start, site.end);
}

async function ignoreAt({ store }: Parts, { document, selection }: vscode.TextEditor): Promise<void> {
  const site = siteAt(store.of(document.uri), selection.active);
  if (site === undefined) {
    void vscode.window.showInformationMessage(l10n.t("stackward: nothing allocates here."));
    return;
  }
  await ignore(site);
}

async function ignore(site: Site): Promise<void> {
  const reason = await vscode.window.showInputBox({
    title: l10n.t("Ignore {0}", site.rule),
    prompt: l10n.t("Why is this allocation all right?"),
    validateInput: (text) => (text.trim() === "" ? l10n.t("The comment needs a reason.") : undefined),
  });
  if (reason === undefined) {
    return;
  }
  const document = await vscode.workspace.openTextDocument(uriOf(site));
  const { line, character, text } = ignoreComment(
    document.lineAt(site.start.line).text,
    site.start.line,
    site.start.character,
    site.rule,
    reason,
  );
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(line, character), text);
  await vscode.workspace.applyEdit(edit);
  await show(document.uri, { line, character: 0 }, { line, character: 0 });
}

async function show(uri: vscode.Uri, start: Point, end: Point): Promise<void> {
  const selection = new vscode.Range(start.line, start.character, end.line, end.character);
  await vscode.window.showTextDocument(uri, { selection });
}

function uriOf(site: Site): vscode.Uri {
  return vscode.Uri.parse(site.uri);
}

function rangeOf({ start, end }: Site): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
