// Rewrites: made, previewed as a refactoring, and proved with a benchmark.

import * as vscode from "vscode";
import {
  type CodeAction,
  type CodeActionParams,
  CodeActionRequest,
  CodeActionResolveRequest,
  CodeActionTriggerKind,
  type Command,
  type WorkspaceEdit,
} from "vscode-languageclient/node";
import type { Connection } from "./client.ts";
import type { Pages } from "./documents.ts";
import { withPreview } from "./preview.ts";
import type { Proof } from "./protocol.ts";
import { waiting } from "./waiting.ts";

const { l10n } = vscode;
const PROVE = "refactor.stackward.prove";
const REWRITES = ["quickfix", "refactor.rewrite"];
const FIX_ALL = "source.fixAll.stackward";

export class Rewrites {
  readonly #connection: Connection;
  readonly #pages: Pages;

  constructor(connection: Connection, pages: Pages) {
    this.#connection = connection;
    this.#pages = pages;
  }

  /** Make a rewrite at a place, else on its line, after a choice where there are several; a preview is confirmed. */
  async fix(uri: vscode.Uri, range: vscode.Range, preview: boolean): Promise<boolean> {
    const action = await this.#choose(uri, range, REWRITES);
    const client = this.#connection.client;
    if (action === undefined || client === undefined) {
      return false;
    }
    const resolved = await waiting(
      l10n.t("Checking with the compiler"),
      async (_, token) => await client.sendRequest(CodeActionResolveRequest.type, action, token),
    );
    return resolved?.edit !== undefined && (await this.#apply(resolved.edit, resolved.title, preview));
  }

  /** Make all safe rewrites of a file. */
  async fixAll(document: vscode.TextDocument): Promise<boolean> {
    const client = this.#connection.client;
    if (client === undefined) {
      return false;
    }
    const end = document.lineAt(document.lineCount - 1).range.end;
    const [action] = await this.#actions(document.uri, new vscode.Range(new vscode.Position(0, 0), end), [FIX_ALL]);
    const resolved =
      action &&
      (await waiting(l10n.t("Looking for rewrites, and checking them with the compiler"), async (_, token) => {
        return await client.sendRequest(CodeActionResolveRequest.type, action, token);
      }));
    const edit = resolved?.edit;
    if (edit === undefined || isEmpty(edit)) {
      void vscode.window.showInformationMessage(l10n.t("stackward: there is nothing that is safe to rewrite."));
      return false;
    }
    return await this.#apply(edit, resolved?.title ?? "", false);
  }

  /** Run the benchmarks before and after a rewrite. This runs the workspace's code, so only when asked to. */
  async prove(uri: vscode.Uri, range: vscode.Range): Promise<void> {
    const action = await this.#choose(uri, range, [PROVE]);
    if (action?.command !== undefined) {
      await this.measure(action.title, action.command.arguments ?? []);
    }
  }

  /** Run the benchmarks of an action whose arguments are known. */
  async measure(title: string, args: readonly unknown[]): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      const text = l10n.t("stackward: benchmarks run the workspace's code, and the workspace is not trusted.");
      void vscode.window.showWarningMessage(text);
      return;
    }
    const proof = await waiting(l10n.t("Measuring before and after"), async (progress, token) => {
      this.#connection.progress.add(progress);
      try {
        return await this.#connection.execute<Proof>("stackward.proveRewrite", args, token);
      } finally {
        this.#connection.progress.delete(progress);
      }
    });
    if (proof === undefined) {
      return;
    }
    if ("failure" in proof) {
      void vscode.window.showWarningMessage(l10n.t("stackward: not measured: {0}", proof.failure));
      return;
    }
    await this.#pages.show(l10n.t("Proof"), `# ${title}\n\n\`\`\`text\n${proof.text}\n\`\`\`\n`);
  }

  async #choose(uri: vscode.Uri, range: vscode.Range, kinds: readonly string[]): Promise<CodeAction | undefined> {
    const found = await waiting(l10n.t("Looking for rewrites"), async () => {
      const document = await vscode.workspace.openTextDocument(uri); // The server knows only what is open.
      const here = await this.#actions(uri, range, kinds);
      return here.length > 0 ? here : await this.#actions(uri, document.lineAt(range.start.line).range, kinds);
    });
    if (found === undefined || found.length === 0) {
      const text = l10n.t("stackward: no rewrite here that the compiler confirms.");
      void vscode.window.showInformationMessage(text);
      return undefined;
    }
    if (found.length === 1) {
      return found[0];
    }
    const items = found.map((action) => ({ label: action.title, action }));
    return (await vscode.window.showQuickPick(items, { title: l10n.t("Rewrite") }))?.action;
  }

  async #actions(uri: vscode.Uri, range: vscode.Range, kinds: readonly string[]): Promise<CodeAction[]> {
    const client = this.#connection.client;
    if (client === undefined) {
      return [];
    }
    const here = vscode.languages
      .getDiagnostics(uri)
      .filter((one) => one.source === "stackward" && one.range.intersection(range));
    const params: CodeActionParams = {
      textDocument: { uri: client.code2ProtocolConverter.asUri(uri) },
      range: client.code2ProtocolConverter.asRange(range),
      context: {
        diagnostics: await client.code2ProtocolConverter.asDiagnostics(here),
        only: [...kinds],
        triggerKind: CodeActionTriggerKind.Invoked,
      },
    };
    const answer: (Command | CodeAction)[] = (await client.sendRequest(CodeActionRequest.type, params)) ?? [];
    return answer.filter((one): one is CodeAction => typeof one.command !== "string");
  }

  async #apply(edit: WorkspaceEdit, label: string, preview: boolean): Promise<boolean> {
    const wanted = preview ? withPreview(edit, label, l10n.t("The proof, as a comment"), lineOf) : edit;
    const converted = await this.#connection.client?.protocol2CodeConverter.asWorkspaceEdit(wanted);
    return converted !== undefined && (await vscode.workspace.applyEdit(converted, { isRefactoring: true }));
  }
}

function lineOf(uri: string, line: number): string {
  const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri);
  return document?.lineAt(line).text ?? "";
}

function isEmpty(edit: WorkspaceEdit): boolean {
  return !edit.documentChanges?.length && Object.keys(edit.changes ?? {}).length === 0;
}
