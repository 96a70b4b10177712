// Words for numbers, in the plural where there are several.

import { l10n } from "vscode";

export function allocations(count: number): string {
  return count === 1 ? l10n.t("1 heap allocation") : l10n.t("{0} heap allocations", count);
}

export function packages(count: number): string {
  return count === 1 ? l10n.t("1 package") : l10n.t("{0} packages", count);
}
