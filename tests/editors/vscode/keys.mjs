// What is done with the view Heap Allocations by the keyboard alone. Steps of window.mjs.

import { readFileSync } from "node:fs";
import { palette, tree, until } from "./page.mjs";

export function keys({ page, given, facts }) {
  const { answer, take, command } = palette(page, given.patience);
  const list = page.locator(".tree-explorer-viewlet-tree-view .monaco-list");
  const onDisk = () => readFileSync(given.file, "utf8");

  /** The files, functions and sites of the tree, as they are read out. */
  const [files, functions, sites] = [2, 3, 4].map((level) => () => tree(page).labels(level));

  /** The rows once they are other ones. */
  const changed = (rows, before = []) =>
    until("other rows", given.patience, async () => {
      const now = await rows();
      return now.join() !== before.join() && now;
    });

  async function sort() {
    await command("Focus on Heap Allocations View");
    facts.byBytes = await changed(functions);
    await take(() => command("stackward: Sort Heap Allocations"), "place", "place in the source");
    facts.byPlace = await changed(functions, facts.byBytes);
  }

  async function filterBy(words) {
    await command("stackward: Filter Heap Allocations");
    await answer("Filter heap allocations", words);
  }

  const nothing = page.getByText("Nothing matches the filter").first();

  async function filter() {
    facts.all = [await files(), await functions()];
    await filterBy(given.ignored.filter);
    facts.filtered = [await changed(files, facts.all[0]), await changed(functions), await changed(sites)];
    await filterBy("no such words");
    await nothing.waitFor();
    await command("stackward: Show All Heap Allocations");
    facts.unfiltered = [await changed(files), await changed(functions)];
  }

  /** Goes to a row, opening what is on the way, and takes an entry of its menu. */
  async function choose(text, entry) {
    await tree(page).row(text).waitFor(); // A view without rows has nothing to be focused.
    await command("Focus on Heap Allocations View");
    await list.and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Home");
    const focused = list.locator(".monaco-list-row.focused");
    await until(`the row of ${text}`, given.patience, async () => {
      // There is none while the tree is drawn anew.
      const [row] = await focused.evaluateAll((all) => all.map(({ ariaLabel, ariaExpanded }) => [ariaLabel, ariaExpanded]));
      const [label, expanded] = row ?? ["", ""];
      if (label.includes(text)) {
        return true;
      }
      await page.keyboard.press(row === undefined ? "Home" : expanded === "false" ? "ArrowRight" : "ArrowDown");
      return false;
    });
    await page.keyboard.press("Shift+F10");
    await page.locator(".monaco-menu").waitFor();
    const label = page.locator(".monaco-menu .action-item.focused .action-label");
    await until(`the entry ${entry}`, given.patience, async () => {
      if ((await label.count()) === 1 && (await label.textContent()) === entry) {
        return true;
      }
      await page.keyboard.press("ArrowDown");
      return false;
    });
    await page.keyboard.press("Enter");
  }

  async function ignore() {
    await filterBy(given.ignored.filter);
    await choose(given.ignored.site, "Ignore…");
    await answer("Ignore string-conversion", given.ignored.reason);
    await page.locator(".view-line", { hasText: "//stackward:ignore" }).waitFor();
    await page.keyboard.press("Control+S");
    await nothing.waitFor();
    facts.ignored = onDisk();
  }

  async function fix() {
    facts.before_rewrite = onDisk();
    await filterBy(given.fixed);
    await choose(given.fixed, "Rewrite");
    // A file that was saved before a rewrite is saved after it.
    facts.on_disk = await until("the rewrite on disk", given.patience, () => {
      const now = onDisk();
      return now !== facts.before_rewrite && now;
    });
  }

  return { sort, filter, ignore, fix };
}
