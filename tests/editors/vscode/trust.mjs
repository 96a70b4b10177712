// Opens a folder that nobody trusts, has all of it analysed, and trusts it. Python judges.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { browser, palette, until } from "./page.mjs";

const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { page, close } = await browser(given);
const { command } = palette(page, given.patience);
const facts = {};
const hints = page.locator(".squiggly-info, .squiggly-hint").first();
const toasts = page.locator(".notification-list-item");

/** The programs of the workspace that have been run so far. */
const ran = () => readdirSync(given.ran).sort();

try {
  await page.goto(given.url);
  await hints.waitFor({ state: "attached" });
  await command("Notifications: Show Notifications"); // What was said some time ago is only there.
  const told = toasts.filter({ hasText: "stackward is restricted" });
  await told.waitFor();
  facts.told = await told.textContent();
  facts.status = await page.locator('.statusbar-item a[aria-label*="stackward:"]').getAttribute("aria-label");
  await page.screenshot({ path: `${given.pictures}/restricted.png` });
  await page.locator('.statusbar-item a[aria-label*="stackward: idle"]').waitFor();
  await command("stackward: Analyze the Workspace");
  await toasts.filter({ hasText: /packages? analyzed/ }).waitFor();
  facts.restricted = ran();

  await command("Workspaces: Manage Workspace Trust");
  await page.locator(".workspace-trust-editor .monaco-button", { hasText: "Trust" }).first().click();
  facts.trusted = await until("the server and the go command of the workspace", given.patience, () => {
    const now = ran();
    return now.includes("server") && now.includes("go") && now;
  });
  // A server that is ended again takes its hints along.
  await page.locator('.statusbar-item a[aria-label*="stackward: idle"]:not([aria-label*="Restricted"])').waitFor();
  await hints.waitFor({ state: "attached" });
  facts.starts = readFileSync(`${given.ran}/server`, "utf8").length;
} catch (error) {
  facts.error = String(error.stack ?? error);
  await page.screenshot({ path: `${given.pictures}/error.png` });
}
writeFileSync(given.out, JSON.stringify(facts));
await close();
