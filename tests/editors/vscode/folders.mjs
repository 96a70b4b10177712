// Opens a workspace of two folders, has both analysed, and changes the settings of one. Python judges.

import { readFileSync, writeFileSync } from "node:fs";
import { browser, palette, tree, until } from "./page.mjs";

const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { page, close } = await browser(given);
const { command } = palette(page, given.patience);
const { expand, labels, row } = tree(page);
const facts = { places: {} };

/** What is read out of the sites of the tree, once there are so many. */
const sites = (number) =>
  until(`${number} sites`, given.patience, async () => {
    const now = await labels(4);
    return now.length === number && now;
  });

try {
  await page.goto(given.url);
  await page.locator(".squiggly-info, .squiggly-hint").first().waitFor({ state: "attached" });
  await page.locator('.statusbar-item a[aria-label*="stackward: idle"]', { hasText: "heap: 1" }).waitFor();
  await command("stackward: Analyze the Workspace");
  await command("Focus on Heap Allocations View");
  for (const one of given.folders) {
    for (const part of [one.name, one.file, one.function]) {
      await expand(part);
    }
  }
  facts.packages = await labels(1);
  facts.sites = await sites(2);
  // The hint of each is where its expression is.
  let last = "";
  for (const { name, file, text } of given.folders) {
    await row(text).click();
    await page.locator(".tab.active", { hasText: file }).waitFor();
    const selected = page.locator(".statusbar-item", { hasText: "selected)" });
    last = facts.places[name] = await until(`the place in ${file}`, given.patience, async () => {
      const now = (await selected.count()) === 1 && (await selected.textContent()).trim();
      return now !== last && now;
    });
  }
  writeFileSync(given.settings, "{}");
  facts.later = await sites(3);
} catch (error) {
  facts.error = String(error.stack ?? error);
  await page.screenshot({ path: `${given.pictures}/error.png` });
}
writeFileSync(given.out, JSON.stringify(facts));
await close();
