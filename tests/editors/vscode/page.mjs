// Chromium, as the scripts of this folder need it.

const { chromium } = await import(process.env.STACKWARD_PLAYWRIGHT);

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page with what it says of errors on the standard error. */
export async function browser(given) {
  const started = await chromium.launch({ executablePath: given.chromium, args: FLAGS });
  const page = await started.newPage({ viewport: { width: 1440, height: 800 }, locale: given.locale ?? "en-US" });
  page.setDefaultTimeout(given.patience);
  page.on("pageerror", (error) => process.stderr.write(`page: ${error}\n`));
  return { page, close: () => started.close() };
}

/** Ask until there is an answer. */
export async function until(what, patience, ask) {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never came: ${what}`);
}

/** What is done with the keyboard: entries of the quick input, and commands. */
export function palette(page) {
  /** Takes an entry, once it is the one that Enter takes. */
  async function take(typed, entry) {
    const input = page.locator(".quick-input-widget input.input");
    await input.waitFor();
    await input.fill(typed);
    await page.locator(".quick-input-list .monaco-list-row.focused", { hasText: entry }).waitFor();
    await page.keyboard.press("Enter");
  }

  async function command(name) {
    await page.keyboard.press("F1");
    await take(`>${name}`, name);
  }

  return { take, command };
}

/** The view Heap Allocations. */
export function tree(page) {
  const rows = ".tree-explorer-viewlet-tree-view .monaco-list-row";

  /** A row whose label has this text. */
  const row = (text) => page.locator(rows, { hasText: text }).first();

  /** Opens a row; its children come from the extension. */
  async function expand(text) {
    await row(text).waitFor();
    if ((await row(text).getAttribute("aria-expanded")) !== "true") {
      await row(text).locator(".monaco-tl-twistie").click();
    }
    await page.locator(`${rows}[aria-expanded="true"]`, { hasText: text }).first().waitFor();
  }

  /** What is read out of all rows, or of those on one level. */
  async function labels(level) {
    const wanted = page.locator(level === undefined ? rows : `${rows}[aria-level="${level}"]`);
    return await wanted.evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  }

  return { expand, labels, row };
}
