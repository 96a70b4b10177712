// The view Heap Allocations.

import * as vscode from "vscode";
import { type Branch, isSite, matches, ORDERS, type Order, outline, wayTo } from "./outline.ts";
import { markOf, type Point, type Site, sameSite, siteAt } from "./site.ts";
import type { Store } from "./store.ts";
import { allocations } from "./words.ts";

const { l10n } = vscode;
type Node = Branch | Site;

export class Tree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #store: Store;
  readonly #memory: vscode.Memento;
  readonly #view: vscode.TreeView<Node>;
  readonly #subscriptions: vscode.Disposable[];
  #filter = "";
  #roots: readonly Branch[] = [];
  #parents = new Map<string, Branch>();
  /** What the user has opened and closed. VS Code forgets that of a branch that goes and comes back. */
  readonly #opened = new Map<string, boolean>();

  constructor(context: vscode.ExtensionContext, store: Store) {
    this.#store = store;
    this.#memory = context.workspaceState;
    this.#view = vscode.window.createTreeView("stackward.allocations", {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    const remember = (node: Node, isOpen: boolean) => isSite(node) || this.#opened.set(this.#idOf(node), isOpen);
    this.#subscriptions = [
      store.onChange(() => this.#update()),
      this.#view.onDidExpandElement(({ element }) => remember(element, true)),
      this.#view.onDidCollapseElement(({ element }) => remember(element, false)),
      this.#view,
      this.#changed,
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  getChildren(node?: Node): Node[] {
    return node === undefined ? [...this.#roots] : isSite(node) ? [] : [...node.children];
  }

  getParent(node: Node): Node | undefined {
    return this.#parents.get(keyOf(node));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return isSite(node) ? siteItem(node) : branchItem(node, this.#idOf(node), this.#isOpen(node));
  }

  /** The site that is selected, for keys and for the palette. */
  get selected(): Site | undefined {
    const [node] = this.#view.selection;
    return node !== undefined && isSite(node) ? node : undefined;
  }

  get order(): Order {
    return this.#memory.get<Order>("order", "bytes");
  }

  /** Ask for another order. */
  async sort(): Promise<void> {
    const picked = await vscode.window.showQuickPick(
      ORDERS.map((order) => ({
        order,
        label: orderName(order),
        description: order === this.order ? l10n.t("current") : "",
      })),
      { title: l10n.t("Sort heap allocations by") },
    );
    if (picked !== undefined) {
      await this.#memory.update("order", picked.order);
      this.#update();
    }
  }

  /** Ask for words that what is shown must have. */
  async filter(): Promise<void> {
    const words = await vscode.window.showInputBox({
      title: l10n.t("Filter heap allocations"),
      prompt: l10n.t("Words of the rule, message, function or file"),
      value: this.#filter,
    });
    if (words !== undefined) {
      this.filterBy(words);
    }
  }

  filterBy(words: string): void {
    this.#filter = words.trim();
    void vscode.commands.executeCommand("setContext", "stackward.filtered", this.#filter !== "");
    this.#update();
  }

  /** Show a function's sites, as a code lens asks for. */
  async revealFunction(uri: vscode.Uri, name: string): Promise<void> {
    await this.#reveal((site) => site.uri === uri.toString() && site.function === name, 1);
  }

  /** Show the site at a position. */
  async revealAt(uri: vscode.Uri, at: Point): Promise<void> {
    const wanted = siteAt(this.#store.of(uri), at);
    if (wanted !== undefined) {
      await this.#reveal((site) => sameSite(site, wanted), 0);
    }
  }

  async #reveal(found: (site: Site) => boolean, up: number): Promise<void> {
    const hidden = this.#store.all().find((site) => found(site) && !matches(site, this.#filter, fileName));
    if (hidden !== undefined) {
      this.filterBy("");
    }
    const way = wayTo(this.#roots, found);
    const node = way?.at(-1 - up);
    if (node === undefined) {
      await vscode.commands.executeCommand("stackward.allocations.focus");
      return;
    }
    await this.#view.reveal(node, { select: true, focus: true, expand: true });
  }

  #update(): void {
    this.#roots = outline(this.#store.all(), this.order, this.#filter, folderName, fileName);
    this.#parents = new Map();
    for (const root of this.#roots) {
      this.#adopt(root);
    }
    const sites = this.#roots.reduce((sum, root) => sum + root.sites, 0);
    this.#view.badge = { value: sites, tooltip: allocations(sites) };
    this.#view.description = this.#filter === "" ? orderName(this.order) : `${orderName(this.order)} · ${this.#filter}`;
    const hidden = this.#filter !== "" && this.#roots.length === 0 && this.#store.all().length > 0;
    this.#view.message = hidden ? l10n.t("Nothing matches the filter “{0}”.", this.#filter) : "";
    this.#changed.fire();
  }

  /** A filter has branches of its own: what it lets through is open, whatever was open without it. */
  #idOf(branch: Branch): string {
    return this.#filter === "" ? branch.key : `filtered\n${branch.key}`;
  }

  #isOpen(branch: Branch): boolean {
    return this.#opened.get(this.#idOf(branch)) ?? (this.#filter !== "" || branch.kind === "package");
  }

  #adopt(parent: Branch): void {
    for (const child of parent.children) {
      this.#parents.set(keyOf(child), parent);
      if (!isSite(child)) {
        this.#adopt(child);
      }
    }
  }
}

function keyOf(node: Node): string {
  return isSite(node)
    ? ["site", node.uri, node.rule, node.start.line, node.start.character, node.end.line, node.end.character].join("\n")
    : node.key;
}

function siteItem(site: Site): vscode.TreeItem {
  const uri = vscode.Uri.parse(site.uri);
  const item = new vscode.TreeItem(site.words);
  item.id = keyOf(site);
  item.contextValue = site.allocates ? "site.heap" : "site.stack";
  const line = l10n.t("line {0}", site.start.line + 1);
  const cost = costWords(site.bytes, site.loops);
  item.description = [cost, line].filter(Boolean).join(" · ");
  item.tooltip = new vscode.MarkdownString().appendText(site.message).appendMarkdown(`\n\n\`${site.rule}\``);
  item.iconPath = new vscode.ThemeIcon(
    site.allocates ? "circle-filled" : "circle-outline",
    new vscode.ThemeColor(`stackward.${markOf(site)}`),
  );
  item.accessibilityInformation = { label: [site.message, site.rule, fileName(site.uri), line].join(", ") };
  const selection = new vscode.Range(site.start.line, site.start.character, site.end.line, site.end.character);
  item.command = { title: l10n.t("Go to the Place"), command: "vscode.open", arguments: [uri, { selection }] };
  return item;
}

function branchItem(branch: Branch, id: string, isOpen: boolean): vscode.TreeItem {
  const open = isOpen ? "Expanded" : "Collapsed";
  const item = new vscode.TreeItem(branch.label, vscode.TreeItemCollapsibleState[open]);
  item.id = id;
  item.contextValue = branch.kind;
  item.description = [String(branch.sites), costWords(branch.bytes || undefined, branch.loops)]
    .filter(Boolean)
    .join(" · ");
  const symbol = { package: "package", file: "file-code", function: "symbol-method" }[branch.kind];
  item.iconPath = new vscode.ThemeIcon(symbol);
  const count = allocations(branch.sites);
  item.tooltip = `${branch.label}: ${count}`;
  item.accessibilityInformation = {
    label: [kindName(branch), count, costWords(branch.bytes || undefined, 0)].filter(Boolean).join(", "),
  };
  return item;
}

function kindName(branch: Branch): string {
  switch (branch.kind) {
    case "package":
      return l10n.t("package {0}", branch.label);
    case "file":
      return l10n.t("file {0}", branch.label);
    case "function":
      return l10n.t("function {0}", branch.label);
  }
}

function orderName(order: Order): string {
  switch (order) {
    case "bytes":
      return l10n.t("bytes");
    case "loops":
      return l10n.t("loop depth");
    case "rule":
      return l10n.t("rule");
    case "place":
      return l10n.t("place in the source");
  }
}

/** Bytes and loops in a few words. */
function costWords(bytes: number | undefined, loops: number): string {
  const size = bytes === undefined ? "" : l10n.t("{0} B", bytes.toLocaleString(vscode.env.language));
  const depth = loops === 0 ? "" : l10n.t("loop depth {0}", loops);
  return [size, depth].filter(Boolean).join(" · ");
}

function fileName(uri: string): string {
  return decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1));
}

function folderName(uri: string): string {
  const folder = vscode.Uri.parse(uri);
  const root = vscode.workspace.getWorkspaceFolder(folder);
  const way = vscode.workspace.asRelativePath(folder, (vscode.workspace.workspaceFolders?.length ?? 0) > 1);
  return root !== undefined && root.uri.toString() === folder.toString() ? root.name : way;
}
