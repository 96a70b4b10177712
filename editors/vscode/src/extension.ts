// Where VS Code starts the extension: makes the parts and joins them.

import * as vscode from "vscode";
import { Connection } from "./client.ts";
import { commands } from "./commands.ts";
import { Pages } from "./documents.ts";
import { FlowPanel } from "./flow.ts";
import { Marks } from "./marks.ts";
import { Rewrites } from "./rewrites.ts";
import { StatusItem } from "./status.ts";
import { Store } from "./store.ts";
import { Tree } from "./tree.ts";

// Another server may be found when these change.
const CHOOSES_SERVER = "stackward.server";

let connection: Connection | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  connection = new Connection(context);
  const own = connection;
  const store = new Store(own);
  const tree = new Tree(context, store);
  const status = new StatusItem(own, store);
  const flow = new FlowPanel(context, own);
  const pages = new Pages();
  const rewrites = new Rewrites(own, pages);
  const manifest: unknown = context.extension.packageJSON;
  for (const [name, run] of commands({ manifest, connection: own, store, tree, status, flow, pages, rewrites })) {
    context.subscriptions.push(vscode.commands.registerCommand(`stackward.${name}`, run));
  }
  context.subscriptions.push(
    store,
    tree,
    status,
    flow,
    pages,
    new Marks(context, store),
    vscode.workspace.onDidGrantWorkspaceTrust(() => own.restart()),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      await (event.affectsConfiguration(CHOOSES_SERVER) ? own.restart() : own.tellSettings(event));
    }),
  );
  await own.restart();
}

export async function deactivate(): Promise<void> {
  await connection?.dispose();
}
