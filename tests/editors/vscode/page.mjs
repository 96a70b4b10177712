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
