// What takes long, with a notification that shows how far it is and ends it.

import * as vscode from "vscode";
import { LSPErrorCodes, ResponseError } from "vscode-languageclient/node";
import type { ProgressListener } from "./client.ts";

const { l10n } = vscode;

/** Do something with a progress notification; undefined when it was cancelled or failed, which is then said. */
export async function waiting<Result>(
  title: string,
  work: (progress: ProgressListener, token: vscode.CancellationToken) => Promise<Result>,
): Promise<Result | undefined> {
  const options = { location: vscode.ProgressLocation.Notification, title: `stackward: ${title}`, cancellable: true };
  return await vscode.window.withProgress(options, async (progress, token) => {
    let done = 0;
    const listener: ProgressListener = ({ message, percentage }) => {
      const increment = percentage === undefined ? 0 : Math.max(0, percentage - done);
      done += increment;
      progress.report({ ...(message !== undefined && { message }), increment });
    };
    try {
      return await work(listener, token);
    } catch (error) {
      if (!token.isCancellationRequested && !isCancelled(error)) {
        const why = error instanceof Error ? error.message : String(error);
        void vscode.window.showWarningMessage(l10n.t("stackward: {0}", why));
      }
      return undefined;
    }
  });
}

function isCancelled(error: unknown): boolean {
  return error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled;
}
