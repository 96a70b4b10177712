// The connection to the server: its life from start to restart, and what it is told of settings.

import * as vscode from "vscode";
import {
  CloseAction,
  type CodeLens,
  DidChangeConfigurationNotification,
  type DynamicFeature,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  type ServerOptions,
  State,
  type StaticFeature,
} from "vscode-languageclient/node";
import { Backoff } from "./backoff.ts";
import type { Server } from "./discovery.ts";
import { Locator } from "./locator.ts";
import { forward } from "./log.ts";
import type { Status } from "./protocol.ts";
import { chosen, restricted, serverSettings } from "./settings.ts";

const { l10n } = vscode;

/** What a progress bar of the server says, for the command that waits for it. */
export type ProgressListener = (report: { message?: string; percentage?: number }) => void;

/** The commands of the server are called by this extension's own, which have a face. */
class Client extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if ("registrationType" in feature && feature.registrationType.method === ExecuteCommandRequest.method) {
      return;
    }
    super.registerFeature(feature);
  }

  /** All errors are in the output. That the server does not start is said with buttons, by others. */
  override error(message: string, data?: unknown, shown?: boolean | "force"): void {
    super.error(message, data, shown === "force" ? false : shown);
  }
}

/** Owns the server. Everything else asks it to `execute`, and hears of `onStatus`. */
export class Connection implements vscode.Disposable {
  readonly output = vscode.window.createOutputChannel("stackward", { log: true });
  readonly trace = vscode.window.createOutputChannel(l10n.t("stackward (trace)"), { log: true });
  readonly #status = new vscode.EventEmitter<Status | undefined>();
  /** Status of the server; undefined while there is none. */
  readonly onStatus = this.#status.event;
  readonly progress = new Set<ProgressListener>();
  readonly #backoff = new Backoff();
  readonly #locator: Locator;
  readonly #manifest: unknown;
  readonly #bytecode: string;
  #client: Client | undefined;
  /** Whether this server has answered at all: one that never did is not started again by itself. */
  #answered = false;
  #found: Server | undefined;
  #last: Status | undefined;
  #giveUp: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();
  /** A start that has not looked for a server yet: it takes account of all that changes until then. */
  #next: Promise<void> | undefined;

  constructor(context: vscode.ExtensionContext) {
    this.#manifest = context.extension.packageJSON;
    this.#bytecode = vscode.Uri.joinPath(context.globalStorageUri, "bytecode").fsPath;
    this.#locator = new Locator(context, this.output);
    this.#locator.onPythonChanged(async () => {
      if (this.#found === undefined) {
        await this.restart();
      }
    });
  }

  /** Which server runs. */
  get server(): Server | undefined {
    return this.#found;
  }

  /** What the server calls itself. */
  get version(): string | undefined {
    return this.#client?.initializeResult?.serverInfo?.version;
  }

  /** The client, where the server answers. */
  get client(): LanguageClient | undefined {
    return this.#client?.isRunning() ? this.#client : undefined;
  }

  /** Have a command of the server run; undefined while there is none. */
  async execute<Answer>(
    command: string,
    args: readonly unknown[] = [],
    token?: vscode.CancellationToken,
  ): Promise<Answer | undefined> {
    const client = this.client;
    if (client === undefined) {
      return undefined;
    }
    const params = { command, arguments: [...args] };
    return (await client.sendRequest(ExecuteCommandRequest.type, params, token)) as Answer;
  }

  /** Have the server ask for its settings where some of them have changed. */
  async tellSettings(change: vscode.ConfigurationChangeEvent): Promise<void> {
    if (serverSettings(this.#manifest).some((name) => change.affectsConfiguration(`stackward.${name}`))) {
      await this.client?.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
    }
  }

  /** Start, or start anew with another server if there is another one now. */
  restart(): Promise<void> {
    this.#backoff.reset();
    this.#giveUp?.();
    // One runs and one waits, however often it is asked for: trust changes the settings too.
    this.#next ??= this.#work
      .catch(() => undefined) // Who asked for an earlier one that failed has been told.
      .then(async () => {
        await this.#stop().finally(() => {
          this.#next = undefined;
        });
        await this.#start();
      });
    this.#work = this.#next;
    return this.#next;
  }

  async dispose(): Promise<void> {
    this.#giveUp?.();
    await this.#work;
    await this.#stop();
    this.#locator.dispose();
    this.output.dispose();
    this.trace.dispose();
    this.#status.dispose();
  }

  async #start(): Promise<void> {
    this.#found = await this.#locator.find();
    if (this.#found === undefined) {
      this.#told(undefined);
      return;
    }
    const { command } = this.#found;
    const detailed = [vscode.LogLevel.Trace, vscode.LogLevel.Debug].includes(this.output.logLevel);
    const args = [...this.#found.args, "--log-level", detailed ? "debug" : "warning"];
    this.output.info(l10n.t("Starting {0}", [command, ...args].join(" ")));
    const env = { ...process.env, STACKWARD_BYTECODE: this.#bytecode };
    const run = { command, args, options: { env } };
    const options: ServerOptions = { run, debug: run };
    const client = new Client("stackward", "stackward", options, this.#options());
    this.#client = client;
    this.#answered = false;
    client.onNotification("stackward/status", (status: Status) => this.#told(status));
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        this.#answered = true;
        void this.#askStatus();
      } else {
        this.#told(undefined);
      }
    });
    try {
      await client.start();
    } catch (error) {
      this.output.error(String(error));
      void this.#locator.explainStart(command, error);
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#told(undefined);
    try {
      await client?.dispose();
    } catch (error) {
      this.output.warn(String(error)); // It had crashed before.
    }
  }

  /** The server says only what changes, and nothing changes until something is opened. */
  async #askStatus(): Promise<void> {
    try {
      const status = await this.execute<Status>("stackward.status");
      if (this.#last === undefined) {
        this.#told(status);
      }
    } catch (error) {
      this.output.debug(String(error)); // It has crashed since.
    }
  }

  #told(status: Status | undefined): void {
    this.#last = status;
    void vscode.commands.executeCommand("setContext", "stackward.running", status !== undefined);
    if (status === undefined) {
      void vscode.commands.executeCommand("setContext", "stackward.hidden", false); // A new server shows them.
    }
    this.#status.fire(status);
  }

  #options(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: "file", language: "go" }],
      diagnosticCollectionName: "stackward",
      outputChannel: this.output,
      traceOutputChannel: this.trace,
      stdioOptions: { stdout: forward, stderr: forward },
      initializationOptions: this.#settings(),
      initializationFailedHandler: (error) => {
        this.output.error(String(error));
        return false;
      },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: async () => ({ action: await this.#crashed(), handled: true }),
      },
      middleware: this.#middleware(),
    };
  }

  #middleware(): Middleware {
    return {
      handleWorkDoneProgress: (token, params, next) => {
        for (const listener of params.kind === "report" ? this.progress : []) {
          listener(params);
        }
        next(token, params);
      },
      workspace: {
        configuration: (params) => params.items.map((item) => this.#settings(item.scopeUri)),
      },
      provideCodeLenses: async (document, token, next) => {
        const lenses = await next(document, token);
        for (const lens of (lenses ?? []) as (vscode.CodeLens & CodeLens)[]) {
          if (lens.command !== undefined) {
            lens.command = { ...lens.command, tooltip: l10n.t("Show in Heap Allocations") };
          }
        }
        return lenses;
      },
    };
  }

  /**
   * What is set of the server's settings, for a workspace folder where one is named; nothing that a workspace says about
   * programs while it is not trusted.
   */
  #settings(folder?: string): object {
    const scope = folder === undefined ? undefined : vscode.Uri.parse(folder);
    const section = vscode.workspace.getConfiguration("stackward", scope);
    const values = chosen(serverSettings(this.#manifest), (name) => section.inspect(name));
    return vscode.workspace.isTrusted ? values : restricted(values);
  }

  /** Wait before the next start, or give up and say so. */
  async #crashed(): Promise<CloseAction> {
    this.#told(undefined);
    if (!this.#answered) {
      return CloseAction.DoNotRestart;
    }
    const pause = this.#backoff.next(Date.now());
    if (pause === undefined) {
      void this.#locator.explainCrashes(() => this.restart());
      return CloseAction.DoNotRestart;
    }
    this.output.warn(l10n.t("The server has ended unexpectedly; it is started again in {0} s", pause / 1000));
    return await new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#giveUp = undefined;
        resolve(CloseAction.Restart);
      }, pause);
      this.#giveUp = () => {
        clearTimeout(timer);
        this.#giveUp = undefined;
        resolve(CloseAction.DoNotRestart);
      };
    });
  }
}
