// The panel that draws how a value gets to the heap.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Connection } from "./client.ts";
import { fromBytes } from "./columns.ts";
import type { Graph } from "./protocol.ts";
import type { Point } from "./site.ts";

const { l10n } = vscode;

/** A click in the page. */
interface Click {
  readonly uri: string;
  readonly line: number;
  readonly column: number;
}

export class FlowPanel implements vscode.Disposable {
  readonly #connection: Connection;
  readonly #extension: vscode.Uri;
  #panel: vscode.WebviewPanel | undefined;
  #shown: { readonly graph: Graph; readonly name: string } | undefined;

  constructor(context: vscode.ExtensionContext, connection: Connection) {
    this.#connection = connection;
    this.#extension = context.extensionUri;
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  /** Draw the flow of what is at a place, beside the editor. */
  async show(uri: vscode.Uri, at: Point): Promise<void> {
    const position = { line: at.line, character: at.character };
    const graph = await this.#connection.execute<Graph | null>("stackward.graph", [uri.toString(), position]);
    if (graph === undefined || graph === null) {
      void vscode.window.showInformationMessage(l10n.t("stackward: nothing allocates here."));
      return;
    }
    const name = `${uri.path.slice(uri.path.lastIndexOf("/") + 1)}:${at.line + 1}`;
    this.#shown = { graph, name };
    this.#panel ??= this.#made();
    this.#panel.title = l10n.t("Escape flow: {0}", name);
    this.#panel.webview.html = this.#page(this.#panel.webview, graph);
    this.#panel.reveal(undefined, false);
  }

  /** Save what is shown. */
  async save(form: "svg" | "mermaid"): Promise<void> {
    if (this.#shown === undefined) {
      return;
    }
    const ending = form === "svg" ? "svg" : "mmd";
    const name = `${this.#shown.name.replace(/[^\w.-]+/g, "-")}.${ending}`;
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const target = await vscode.window.showSaveDialog({
      filters: form === "svg" ? { SVG: ["svg"] } : { Mermaid: ["mmd"] },
      ...(folder && { defaultUri: vscode.Uri.joinPath(folder, name) }),
    });
    if (target !== undefined) {
      await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(this.#shown.graph[form]));
    }
  }

  #made(): vscode.WebviewPanel {
    const dist = vscode.Uri.joinPath(this.#extension, "dist");
    const panel = vscode.window.createWebviewPanel("stackward.flow", "", vscode.ViewColumn.Beside, {
      enableScripts: true,
      enableFindWidget: true,
      localResourceRoots: [dist],
    });
    panel.webview.onDidReceiveMessage((click: Click) => goTo(click));
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#shown = undefined;
    });
    return panel;
  }

  #page(webview: vscode.Webview, graph: Graph): string {
    const nonce = randomBytes(16).toString("base64");
    const script = webview.asWebviewUri(vscode.Uri.joinPath(this.#extension, "dist", "flow.js"));
    const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
    // The picture is text until the script has parsed it, and nothing in it can run.
    return `<!DOCTYPE html>
<html lang="${escaped(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main aria-label="${escaped(l10n.t("Escape flow"))}"><div id="picture" tabindex="-1"></div>
<details><summary>${escaped(l10n.t("As text"))}</summary><pre>${escaped(graph.text)}</pre></details></main>
<script type="text/plain" id="svg" nonce="${nonce}">${graph.svg.replaceAll("</", "<\\/")}</script>
<script nonce="${nonce}" src="${escaped(script.toString())}"></script>
</body>
</html>`;
  }
}

// The picture has its own colours, and takes these where the page has them.
const STYLE = `
body{padding:12px;color:var(--vscode-editor-foreground)}
.stackward{--ink:var(--vscode-editor-foreground);--faint:var(--vscode-descriptionForeground);
--box:var(--vscode-editorWidget-background);--line:var(--vscode-editorWidget-border,var(--vscode-contrastBorder));
--value:var(--vscode-textBlockQuote-background);--heap:var(--vscode-inputValidation-errorBackground);
--edge:var(--vscode-stackward-heapInLoop);max-width:100%;height:auto}
.stackward rect{fill:var(--box);stroke:var(--line,currentColor)}
.stackward .value rect{fill:var(--value)}
.stackward .heap rect{fill:var(--heap);stroke:var(--edge)}
.stackward text{fill:var(--ink);font:13px var(--vscode-editor-font-family,monospace)}
.stackward .place,.stackward .reason{fill:var(--faint);font:12px var(--vscode-font-family,sans-serif)}
.stackward path{stroke:var(--line,currentColor);fill:none;stroke-width:1.5}
.stackward a:hover rect{stroke-width:2.5}
.stackward a:focus{outline:none}
.stackward a:focus-visible rect{stroke:var(--vscode-focusBorder);stroke-width:3}
details{margin-top:12px}
summary:focus-visible{outline:1px solid var(--vscode-focusBorder)}
pre{white-space:pre-wrap}
`;

async function goTo({ uri, line, column }: Click): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const text = document.lineAt(Math.min(line, document.lineCount - 1)).text;
  const at = new vscode.Position(line, fromBytes(text, column));
  await vscode.window.showTextDocument(document, {
    selection: new vscode.Range(at, at),
    viewColumn:
      vscode.window.tabGroups.all.find((group) => !isFlow(group.activeTab))?.viewColumn ?? vscode.ViewColumn.One,
  });
}

function isFlow(tab: vscode.Tab | undefined): boolean {
  return tab?.input instanceof vscode.TabInputWebview && tab.input.viewType.endsWith("stackward.flow");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
