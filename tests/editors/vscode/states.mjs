// What the item in the status bar says when the build is broken, and when there is no Go. Steps of window.mjs.

import { readFileSync, writeFileSync } from "node:fs";
import { palette, until } from "./page.mjs";

const OOPS = " oops";

export function states({ page, given, facts }) {
  const { command, goTo, take } = palette(page, given.patience);

  /** What is read out of the item once that has these words. */
  async function says(words, text = /stackward|heap/) {
    const item = page.locator(`.statusbar-item a[aria-label*="${words}"]`, { hasText: text });
    await item.waitFor();
    return await item.getAttribute("aria-label");
  }

  const well = () => says("stackward: idle", /heap: [1-9]/);

  /** A line that does not compile is saved, found from the menu, and taken back. */
  async function broken() {
    const before = readFileSync(given.file, "utf8");
    await goTo(given.flow_line);
    await page.keyboard.press("End");
    await page.keyboard.type(OOPS);
    await page.keyboard.press("Control+S");
    facts.broken = await says("does not build");
    await page.keyboard.press("Control+Home");
    await page.locator(".statusbar-item", { hasText: "Ln 1," }).waitFor();
    await take(() => command("stackward: Show Menu"), "Go to", "Go to the Error");
    const place = page.locator(".statusbar-item", { hasText: `Ln ${given.flow_line},` });
    await place.waitFor();
    await page.keyboard.press("End");
    for (const _ of OOPS) {
      await page.keyboard.press("Backspace");
    }
    await page.keyboard.press("Control+S");
    await until("the file as it was", given.patience, () => readFileSync(given.file, "utf8") === before);
    facts.mended = await well();
  }

  /** The settings of this machine name a go command that is not there, and then the right one. */
  async function missing() {
    const before = readFileSync(given.machine, "utf8");
    writeFileSync(given.machine, JSON.stringify({ ...JSON.parse(before), "stackward.go.path": given.no_go }));
    facts.missing = await says("no Go toolchain");
    await command("stackward: Show Menu");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Set the Path of the go Command" }).waitFor();
    await page.keyboard.press("Escape");
    writeFileSync(given.machine, before);
    facts.found = await well();
  }

  return { broken, missing };
}
