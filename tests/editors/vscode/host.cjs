// Runs in the extension host: does what a user does, through the commands that VS Code's own views use, and writes down
// what a user gets. Python judges.

const fs = require("node:fs");
const vscode = require("vscode");

const given = JSON.parse(fs.readFileSync(process.env.STACKWARD_GIVEN, "utf8"));
const facts = {};
const uri = vscode.Uri.file(given.file);
let document;

/** Ask until there is an answer; only what never comes takes as long as patience lasts. */
async function until(what, ask) {
  const end = Date.now() + given.patience;
  let last;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    last = answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never came: ${what} (${JSON.stringify(last)})\n${JSON.stringify(own().map((one) => one.message))}`);
}

function own() {
  return vscode.languages.getDiagnostics(uri).filter((one) => one.source === "stackward");
}

function shown() {
  return own().map((one) => ({
    line: document.lineAt(one.range.start.line).text,
    text: document.getText(one.range),
    code: typeof one.code === "object" ? String(one.code.value) : String(one.code),
    source: one.source,
    message: one.message,
    steps: (one.relatedInformation ?? []).length,
  }));
}

/**
 * What is shown once the object code of the text as it is has been read: only then are sizes known. `last` is the last
 * argument of the call in the line of the test that allocates.
 */
function settled(last) {
  const found = shown();
  const about = (number) =>
    found.filter((one) => one.line.includes(given.needle) && one.message.includes(`argument ${number} of`));
  return about(last).some((one) => one.message.includes(" bytes")) && about(last + 1).length === 0 && found;
}

/** The servers that this extension host has started. */
function servers() {
  const found = [];
  for (const name of fs.readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    try {
      const [, parent] = /\) \S (\d+)/.exec(fs.readFileSync(`/proc/${name}/stat`, "utf8"));
      const line = fs.readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      if (Number(parent) === process.pid && line.includes("serve")) {
        found.push(Number(name));
      }
    } catch {
      // It has ended.
    }
  }
  return found;
}

/** On the last character of the expression: one further is another place. */
function place() {
  const line = document.lineAt(given.row).text;
  return new vscode.Position(given.row, line.indexOf(given.hover) + given.hover.length - 1);
}

async function look() {
  facts.diagnostics = await until("the first hints", () => settled(6));
  facts.pids = servers();
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  const hints = await until("inlay hints", async () => {
    const all = await vscode.commands.executeCommand("vscode.executeInlayHintProvider", uri, whole);
    return all.length >= facts.diagnostics.length && all;
  });
  facts.inlay = hints.map((one) => ({
    line: document.lineAt(one.position.line).text,
    before: document.getText(new vscode.Range(one.position.line, 0, one.position.line, one.position.character)),
    label: typeof one.label === "string" ? one.label : one.label.map((part) => part.value).join(""),
  }));
  const lenses = await until("lenses", async () => {
    const all = await vscode.commands.executeCommand("vscode.executeCodeLensProvider", uri, 100);
    return all.length > 0 && all;
  });
  facts.lenses = lenses.map((one) => ({
    text: document.getText(one.range),
    title: one.command.title,
    command: one.command.command,
  }));
  const hovers = await vscode.commands.executeCommand("vscode.executeHoverProvider", uri, place());
  facts.hover = hovers
    .map((one) => ({
      text: one.range ? document.getText(one.range) : "",
      value: one.contents.map((part) => part.value).join("\n"),
    }))
    .find((one) => one.value.includes("boxed-in-interface"));
}

/** The same commands as in the palette. */
async function commands() {
  facts.commands = (await vscode.commands.getCommands(true)).filter((one) => one.startsWith("stackward."));
  vscode.window.activeTextEditor.selection = new vscode.Selection(place(), place());
  await vscode.commands.executeCommand("stackward.explainRule");
  facts.page = await until("the page of a rule", () => {
    const page = vscode.workspace.textDocuments.find((one) => one.uri.scheme === "stackward");
    return page?.getText();
  });
  const selection = new vscode.Range(place(), place());
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, selection });
  await vscode.commands.executeCommand("stackward.showFlow");
  facts.panel = await until("the panel", () => {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const flow = (tab) => tab.input instanceof vscode.TabInputWebview && tab.input.viewType.endsWith("stackward.flow");
    return tabs.find(flow)?.label;
  });
  await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
}

async function toggle() {
  await vscode.commands.executeCommand("stackward.toggleHints");
  await until("no hints", () => own().length === 0);
  await vscode.commands.executeCommand("stackward.toggleHints");
  facts.toggled = await until("hints again", () => settled(6));
}

async function save() {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(uri, document.lineAt(given.row).range, given.edited.replace(/\n$/, ""));
  await vscode.workspace.applyEdit(edit);
  await document.save();
  facts.saved = await until("the hint gone", () => settled(5));
}

/** A rewrite that the compiler has confirmed. */
async function rewrite() {
  const at = document.positionAt(document.getText().indexOf(given.fix.before));
  const range = new vscode.Range(at, at);
  const proved = await until("a rewrite", async () => {
    const all = await vscode.commands.executeCommand("vscode.executeCodeActionProvider", uri, range, "quickfix", 10);
    return all.find((one) => one.edit !== undefined && one.isPreferred);
  });
  facts.rewrite = { title: proved.title, kind: proved.kind.value };
  facts.before_rewrite = document.getText();
  await vscode.workspace.applyEdit(proved.edit);
  await document.save();
  const row = document.positionAt(document.getText().indexOf(given.fix.after)).line;
  facts.rewrite.line = document.lineAt(row).text;
  facts.on_disk = await until("the file on disk", () => {
    const text = fs.readFileSync(given.file, "utf8");
    return text === document.getText() && text;
  });
}

async function rewritten() {
  facts.rewritten = await until("the rewritten hint gone", () => {
    const now = settled(5);
    return now && !now.some((one) => one.line === facts.rewrite.line && one.code === given.fix.rule) && now;
  });
}

/** The server is killed, and comes back; then the user starts it anew. */
async function crash() {
  const before = servers();
  for (const pid of before) {
    process.kill(pid, "SIGKILL");
  }
  await until("no hints of the server that was killed", () => own().length === 0);
  await until("another server", () => servers().some((pid) => !before.includes(pid)));
  facts.after_crash = await until("its hints", () => settled(5));
  const second = servers();
  await vscode.commands.executeCommand("stackward.restartServer");
  await until("the restarted server", () => servers().length === 1 && !second.includes(servers()[0]));
  facts.restarted = await until("hints of the restarted server", () => settled(5));
}

const STEPS = { look, commands, toggle, save, rewrite, rewritten, crash };

exports.run = async () => {
  try {
    document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    for (const step of given.steps) {
      await STEPS[step]();
    }
  } catch (error) {
    facts.error = String(error.stack ?? error);
  }
  // Under another name first, so that what is read is complete.
  fs.writeFileSync(`${given.facts}.new`, JSON.stringify(facts));
  fs.renameSync(`${given.facts}.new`, given.facts);
};
