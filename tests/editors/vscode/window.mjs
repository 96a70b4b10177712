// Looks at the window as a user does: squiggles, the status item, the tree, the picture of a flow, a rewrite before it is
// made, in each theme. Python judges.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { browser, palette, tree as treeOf, until } from "./page.mjs";
import { keys } from "./keys.mjs";
import { states } from "./states.mjs";

const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { page, close } = await browser(given);
const { command, goTo, take } = palette(page, given.patience);
const { expand, labels, row } = treeOf(page);
const facts = { files: [], times: [] };

/** Opens the window on its file; how long it is until there is the text, and until there are hints. */
async function open() {
  const started = Date.now();
  await page.goto(given.url);
  await page.locator(".view-line", { hasText: given.needle }).waitFor();
  const text = Date.now() - started;
  await page.locator(".squiggly-info, .squiggly-hint").first().waitFor({ state: "attached" });
  facts.times.push({ text, hints: Date.now() - started });
  // Until the object code has been read, there are more of them.
  const item = page.locator('.statusbar-item a[aria-label*="stackward: idle"]', { hasText: /heap: [1-9]/ });
  await item.waitFor();
  facts.status = await item.getAttribute("aria-label");
}

/** The texts with a squiggle in the line that is looked for, taken from where they are on the screen. */
function underlined() {
  return page.evaluate((needle) => {
    const line = [...document.querySelectorAll(".view-line")].find((one) => one.textContent.includes(needle));
    const { top, bottom } = line.getBoundingClientRect();
    const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    const letters = [];
    while (texts.nextNode()) {
      let offset = 0;
      for (const letter of texts.currentNode.data) {
        const range = document.createRange();
        range.setStart(texts.currentNode, offset);
        offset += letter.length;
        range.setEnd(texts.currentNode, offset);
        const { left, right } = range.getBoundingClientRect();
        letters.push({ letter, middle: (left + right) / 2 });
      }
    }
    const squiggles = [...document.querySelectorAll(".squiggly-info, .squiggly-hint")]
      .map((one) => one.getBoundingClientRect())
      .filter((one) => one.top < bottom && one.bottom > top);
    return squiggles.map(({ left, right }) =>
      letters.filter(({ middle }) => left < middle && middle < right).map(({ letter }) => letter).join(""),
    );
  }, given.needle);
}

async function hints() {
  await open();
  // The editor draws them again when what is in front of them changes.
  facts.underlined = await until("squiggles under expressions", given.patience, async () => {
    const all = await underlined();
    return all.length >= given.boxed && all.every((one) => one !== "") && all;
  });
}

async function menu() {
  await page.locator(".statusbar-item", { hasText: "heap:" }).click();
  const entries = page.locator(".quick-input-list .monaco-list-row");
  await entries.first().waitFor();
  facts.menu = await entries.allTextContents();
  await page.keyboard.press("Escape");
}

async function tree() {
  await command("Focus on Heap Allocations View");
  await row(given.folder).waitFor();
  const edge = await page.locator(".part.sidebar").boundingBox();
  await page.mouse.move(edge.x + edge.width, 300);
  await page.mouse.down();
  await page.mouse.move(600, 300, { steps: 5 });
  await page.mouse.up();
  await expand(given.folder);
  await expand(given.name);
  await expand(given.function);
  await row(given.site).waitFor();
  facts.labels = await labels();
  await row(given.site).click();
  const place = page.locator(".statusbar-item", { hasText: `Ln ${given.line},` });
  await place.waitFor();
  facts.place = (await place.textContent()).trim();
}

const panel = page.frameLocator("iframe.webview").frameLocator("iframe");

async function flow() {
  await page.keyboard.press("Control+B"); // The tree makes room.
  await goTo(given.flow_line);
  await command("stackward: Show Escape Flow");
  const boxes = panel.locator("svg a[data-uri]");
  await boxes.first().waitFor();
  facts.drawn = await panel.locator("svg text").allTextContents();
  facts.nodes = await boxes.evaluateAll((all) => all.map((one) => Number(one.dataset.line) + 1));
}

/** The picture as files, beside what it is of. */
async function save() {
  for (const [form, ending] of [["SVG", ".svg"], ["Mermaid", ".mmd"]]) {
    await command(`stackward: Save Escape Flow as ${form}`);
    const input = page.locator(".quick-input-widget input.input");
    await input.waitFor();
    const file = await until("the name of a file", given.patience, async () => {
      const named = await input.inputValue();
      return named.endsWith(ending) && named;
    });
    await page.keyboard.press("Enter");
    facts.files.push(await until(file, given.patience, () => existsSync(file) && readFileSync(file, "utf8")));
  }
}

/** Each box leads to its line: the last by the keyboard alone, the first by a click. */
async function follow() {
  const boxes = panel.locator("svg a[data-uri]");
  const last = (await boxes.count()) - 1;
  const place = (number) => page.locator(".statusbar-item", { hasText: `Ln ${facts.nodes[number]},` });
  await boxes.nth(last).focus();
  await page.keyboard.press("Enter");
  await place(last).waitFor();
  facts.followed = (await place(last).textContent()).trim();
  await boxes.nth(0).click();
  await place(0).waitFor();
}

async function preview() {
  await command("View: Close Editors in Other Groups");
  await page.locator(".tab", { hasText: "Escape flow" }).waitFor({ state: "detached" });
  await goTo(given.rewrite_line);
  await command("stackward: Preview Rewrite at Cursor");
  const changes = page.locator(".part.panel .monaco-list-row", { hasText: given.rewrite });
  const choice = page.locator(".quick-input-title", { hasText: /^Rewrite$/ });
  await changes.or(choice).first().waitFor();
  if (await choice.isVisible()) {
    await page.keyboard.press("Enter"); // The innermost comes first.
  }
  await changes.first().waitFor();
  facts.preview = await page.locator(".part.panel .monaco-list-row").allTextContents();
}

/** Has the editor take up another theme. */
async function theme({ label, mark }) {
  const themes = async () => {
    await page.keyboard.press("Control+K");
    await page.keyboard.press("Control+T");
    await page.locator('.quick-input-widget input[placeholder*="Theme"]').waitFor();
  };
  await take(themes, label, label);
  await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  await page.locator(`.monaco-workbench.${mark}`).waitFor();
}

/** One picture for each theme. */
async function pictures(name) {
  for (const one of given.themes) {
    await theme(one);
    await page.screenshot({ path: `${given.pictures}/${name}-${one.name}.png` });
  }
}

const STEPS = {
  ...keys({ page, given, facts }),
  ...states({ page, given, facts }),
  hints,
  menu,
  tree,
  flow,
  follow,
  preview,
  save,
  again: open,
  "pictures of hints": () => pictures("hints"),
  "pictures of the flow": () => pictures("flow"),
  "pictures of the preview": () => pictures("preview"),
};

try {
  for (const step of given.steps) {
    facts.step = step;
    await STEPS[step]();
  }
} catch (error) {
  facts.error = `${facts.step}: ${error.stack ?? error}`;
  await page.screenshot({ path: `${given.pictures}/error.png` });
}
writeFileSync(given.out, JSON.stringify(facts));
await close();
