// Finds the server in the real world, and says with buttons what is to be done where there is none.

import { existsSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import { discover, type Failure, inEnvironment, type Server } from "./discovery.ts";
import { machine, run } from "./machine.ts";
import { waiting } from "./waiting.ts";

const { l10n } = vscode;
const DOWNLOADS = "https://www.python.org/downloads/";

/** What of the Python extension's interface is used. */
interface PythonExtension {
  readonly environments?: {
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(path: {
      readonly path: string;
    }): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
  };
}

export class Locator implements vscode.Disposable {
  readonly #output: vscode.LogOutputChannel;
  readonly #launcher: string | undefined;
  readonly #own: string;
  readonly #pythonChanged = new vscode.EventEmitter<void>();
  /** Another Python was chosen, which may be able to run the bundled server. */
  readonly onPythonChanged = this.#pythonChanged.event;
  readonly #subscriptions: vscode.Disposable[] = [this.#pythonChanged];
  #followsPython = false;
  #toldOfTrust = false;

  constructor(context: vscode.ExtensionContext, output: vscode.LogOutputChannel) {
    this.#output = output;
    this.#own = vscode.Uri.joinPath(context.globalStorageUri, "python").fsPath;
    const launcher = vscode.Uri.joinPath(context.extensionUri, "dist", "python", "launch.py").fsPath;
    this.#launcher = existsSync(launcher) ? launcher : undefined;
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  /** The server to start; undefined after the user was told why there is none. */
  async find(): Promise<Server | undefined> {
    const folders = localFolders();
    const { server, failure, distrusted } = await discover(
      {
        setting: vscode.workspace.getConfiguration("stackward").get("server.path", ""),
        folders,
        trusted: vscode.workspace.isTrusted,
        launcher: this.#launcher,
        ownPython: inEnvironment(this.#own, "python", machine),
        chosenPython: () => this.#chosenPython(),
      },
      machine,
    );
    if (!vscode.workspace.isTrusted) {
      this.#sayRestricted(distrusted);
    }
    if (failure !== undefined) {
      void this.#explain(failure);
    }
    return server;
  }

  /** Say why a server that was found does not start. */
  async explainStart(command: string, error: unknown): Promise<void> {
    const why = error instanceof Error ? error.message : String(error);
    await this.#offer(l10n.t("stackward: {0} does not start: {1}", command, why), [this.#settings(), this.#log()]);
  }

  /** Say that a server that keeps crashing is not started again. */
  async explainCrashes(restart: () => Promise<void>): Promise<void> {
    const again = { title: l10n.t("Start Again"), run: restart };
    const text = l10n.t("stackward: the server has ended unexpectedly too often and is not started again.");
    await this.#offer(text, [again, this.#log()]);
  }

  async #explain(failure: Failure): Promise<void> {
    const text = failureText(failure);
    this.#output.error(text);
    switch (failure.kind) {
      case "setting":
        return await this.#offer(text, failure.untrusted ? [trust(), this.#settings()] : [this.#settings()]);
      case "modules":
        return await this.#offer(text, [this.#install(failure.python), this.#settings(), this.#log()]);
      case "noPython":
        return await this.#offer(text, [getPython(), selectPython(), this.#settings()]);
      case "notBundled":
        return await this.#offer(text, [this.#settings(), this.#log()]);
    }
  }

  async #offer(text: string, buttons: readonly (Button | undefined)[]): Promise<void> {
    const shown = buttons.filter((one) => one !== undefined);
    const picked = await vscode.window.showErrorMessage(text, ...shown);
    await picked?.run();
  }

  #settings(): Button {
    const run = () => vscode.commands.executeCommand("workbench.action.openSettings", "stackward.server.path");
    return { title: l10n.t("Open Settings"), run };
  }

  #log(): Button {
    return { title: l10n.t("Show Output"), run: () => this.#output.show() };
  }

  /** Into an environment of this extension's own, with pip; what that says is in the output. */
  #install(python: string): Button {
    const requirements = path.join(path.dirname(this.#launcher ?? ""), "requirements.txt");
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "--no-deps"];
    const steps = [
      { command: python, args: ["-m", "venv", this.#own] },
      { command: inEnvironment(this.#own, "python", machine), args: [...pip, "--requirement", requirements] },
    ];
    const install = async () => {
      const done = await waiting(l10n.t("Installing Python modules"), async (progress, token) => {
        for (const { command, args } of steps) {
          progress({ message: args.slice(1, 3).join(" ") });
          await run(command, args, (line) => this.#output.info(line), token);
        }
        return true;
      });
      if (done) {
        this.#pythonChanged.fire();
      }
    };
    return { title: l10n.t("Install Them"), run: install };
  }

  async #chosenPython(): Promise<string | undefined> {
    const extension = vscode.extensions.getExtension<PythonExtension>("ms-python.python");
    if (extension === undefined) {
      return undefined;
    }
    try {
      const { environments } = extension.isActive ? extension.exports : await extension.activate();
      if (environments !== undefined && !this.#followsPython) {
        this.#followsPython = true;
        this.#subscriptions.push(environments.onDidChangeActiveEnvironmentPath(() => this.#pythonChanged.fire()));
      }
      const active = environments?.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
      const resolved = active && (await environments?.resolveEnvironment(active));
      return resolved?.executable.uri?.fsPath;
    } catch (error) {
      this.#output.warn(l10n.t("The Python extension gives no interpreter: {0}", String(error)));
      return undefined;
    }
  }

  #sayRestricted(distrusted: readonly string[]): void {
    for (const program of distrusted) {
      this.#output.warn(l10n.t("{0} is not run: the workspace is not trusted", program));
    }
    this.#output.warn(
      l10n.t(
        "The workspace is not trusted: its settings for the server, the go command, flags and environment are ignored, and cgo is off.",
      ),
    );
    if (this.#toldOfTrust) {
      return;
    }
    this.#toldOfTrust = true;
    const text = l10n.t(
      "stackward is restricted, because this workspace is not trusted: programs and build settings of the workspace are ignored.",
    );
    const manage = trust();
    void vscode.window.showInformationMessage(text, manage).then((picked) => picked?.run());
  }
}

interface Button extends vscode.MessageItem {
  run(): unknown;
}

/** The folders of the workspace that are on this machine. */
export function localFolders(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter(({ uri }) => uri.scheme === "file").map(({ uri }) => uri.fsPath);
}

function failureText(failure: Failure): string {
  switch (failure.kind) {
    case "setting":
      return failure.untrusted
        ? l10n.t("stackward: {0} lies in this workspace, which is not trusted, and is not run.", failure.path)
        : l10n.t("stackward: stackward.server.path is {0}, which is no program.", failure.path);
    case "noPython":
      return failure.oldest === undefined
        ? l10n.t("stackward needs Python 3.11 or newer, and none was found.")
        : l10n.t("stackward needs Python 3.11 or newer; the newest one found is {0}.", failure.oldest);
    case "modules":
      return l10n.t(
        "stackward: the server in this extension cannot run with {0}, which has no modules {1}.",
        failure.python,
        failure.missing.join(", "),
      );
    case "notBundled":
      return l10n.t("stackward: there is no server: none in the workspace's .venv, none on PATH.");
  }
}

function trust(): Button {
  return { title: l10n.t("Manage Trust"), run: () => vscode.commands.executeCommand("workbench.trust.manage") };
}

function getPython(): Button {
  return { title: l10n.t("Get Python"), run: () => vscode.env.openExternal(vscode.Uri.parse(DOWNLOADS)) };
}

function selectPython(): Button | undefined {
  return vscode.extensions.getExtension("ms-python.python") === undefined
    ? undefined
    : { title: l10n.t("Select Python"), run: () => vscode.commands.executeCommand("python.setInterpreter") };
}
