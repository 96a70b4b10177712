// Opens a window whose extension host runs the tests, and waits for what these write.

import { readFileSync, writeFileSync } from "node:fs";
import { browser, until } from "./page.mjs";

const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { page, close } = await browser(given);
await page.goto(given.url);
const facts = await until("facts", given.patience * 3, () => {
  try {
    return JSON.parse(readFileSync(given.facts, "utf8"));
  } catch {
    return undefined;
  }
});
writeFileSync(given.out, JSON.stringify(facts));
await close();
