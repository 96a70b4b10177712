// Marks in the gutter and the overview ruler, in theme colours: heap, heap in a loop, and stack.

import * as vscode from "vscode";
import { type Mark, markOf } from "./site.ts";
import type { Store } from "./store.ts";

const MARKS: readonly Mark[] = ["stack", "heap", "heapInLoop"];

export class Marks implements vscode.Disposable {
  readonly #media: vscode.Uri;
  readonly #store: Store;
  readonly #subscriptions: vscode.Disposable[];
  #types: ReadonlyMap<Mark, vscode.TextEditorDecorationType>;

  constructor(context: vscode.ExtensionContext, store: Store) {
    this.#media = vscode.Uri.joinPath(context.extensionUri, "media");
    this.#store = store;
    this.#types = this.#made();
    this.#subscriptions = [
      store.onChange(() => this.#draw()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#draw()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("stackward.gutter") || event.affectsConfiguration("stackward.overviewRuler")) {
          this.#drop();
          this.#types = this.#made();
          this.#draw();
        }
      }),
    ];
    this.#draw();
  }

  dispose(): void {
    this.#drop();
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  #drop(): void {
    for (const type of this.#types.values()) {
      type.dispose();
    }
  }

  #made(): ReadonlyMap<Mark, vscode.TextEditorDecorationType> {
    const settings = vscode.workspace.getConfiguration("stackward");
    const gutter = settings.get("gutter.enable", true);
    const ruler = settings.get("overviewRuler.enable", true);
    const icon = (mark: Mark, theme: string) => vscode.Uri.joinPath(this.#media, `${mark}-${theme}.svg`);
    const made = (mark: Mark) =>
      vscode.window.createTextEditorDecorationType({
        ...(ruler && {
          overviewRulerColor: new vscode.ThemeColor(`stackward.${mark}`),
          overviewRulerLane: vscode.OverviewRulerLane.Left,
        }),
        ...(gutter && {
          gutterIconSize: "contain",
          light: { gutterIconPath: icon(mark, "light") },
          dark: { gutterIconPath: icon(mark, "dark") },
        }),
      });
    return new Map(MARKS.map((mark) => [mark, made(mark)]));
  }

  #draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.languageId !== "go" || editor.document.uri.scheme !== "file") {
        continue;
      }
      const lines = new Map<number, Mark>();
      for (const site of this.#store.of(editor.document.uri)) {
        const mark = markOf(site);
        const known = lines.get(site.start.line);
        // A line has one mark: the one that matters most.
        if (known === undefined || MARKS.indexOf(known) < MARKS.indexOf(mark)) {
          lines.set(site.start.line, mark);
        }
      }
      for (const [mark, type] of this.#types) {
        const own = [...lines].filter(([, one]) => one === mark);
        editor.setDecorations(
          type,
          own.map(([line]) => new vscode.Range(line, 0, line, 0)),
        );
      }
    }
  }
}
