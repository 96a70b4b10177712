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
export function palette(page, patience) {
  const input = page.locator(".quick-input-widget input.input");
  const BRIEFLY = { timeout: 5000 };

  /** Takes an entry of what `open` opens, once it is the one that Enter takes; what loses the focus closes. */
  async function take(open, typed, entry) {
    await until(entry, patience, async () => {
      if (!(await input.isVisible())) {
        await open();
      }
      try {
        await input.fill(typed, BRIEFLY);
        await page.locator(".quick-input-list .monaco-list-row.focused", { hasText: entry }).waitFor(BRIEFLY);
      } catch {
        return false;
      }
      await page.keyboard.press("Enter");
      return true;
    });
  }

  const command = (name) => take(() => page.keyboard.press("F1"), `>${name}`, name);

  /** Answers a question that has this title. */
  async function answer(title, words) {
    const asked = page.locator(".quick-input-title", { hasText: title });
    await asked.waitFor();
    await input.fill(words);
    await page.keyboard.press("Enter");
    await asked.waitFor({ state: "hidden" });
  }

  async function goTo(line) {
    await take(() => page.keyboard.press("Control+G"), `:${line}`, `line ${line}`);
    await page.locator(".statusbar-item", { hasText: `Ln ${line},` }).waitFor();
  }

  return { answer, command, goTo, take };
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
