import assert from "node:assert/strict";
import { test } from "node:test";
import { discover, expand, isWithin, type Machine, type Probe, type Wanted } from "../src/discovery.ts";

const GOOD: Probe = { version: [3, 12], missing: [] };
const WORK = "/home/ann/work";

/** A machine with these programs, the Pythons among them with what they say. */
function machineWith(programs: Readonly<Record<string, Probe | null>>, changes: Partial<Machine> = {}): Machine {
  return {
    platform: "linux",
    env: { PATH: "/usr/local/bin:/usr/bin" },
    home: "/home/ann",
    isProgram: async (file) => file in programs,
    probe: async ({ command }) => programs[command] ?? undefined,
    ...changes,
  };
}

function wanting(changes: Partial<Wanted> = {}): Wanted {
  return {
    setting: "",
    folders: [WORK],
    trusted: true,
    launcher: "/ext/dist/python/launch.py",
    ownPython: "/data/python/bin/python",
    chosenPython: async () => undefined,
    ...changes,
  };
}

test("the setting comes first, then the workspace's environment, then PATH, then what is bundled", async () => {
  const programs: Record<string, Probe | null> = {
    "/opt/stackward": null,
    [`${WORK}/.venv/bin/stackward`]: null,
    "/usr/bin/stackward": null,
    "/usr/bin/python3": GOOD,
  };
  const commands: (string | undefined)[] = [];
  for (const setting of ["/opt/stackward", "", "", ""]) {
    const { server } = await discover(wanting({ setting }), machineWith(programs));
    commands.push(`${server?.origin} ${server?.command} ${server?.args.join(" ")}`);
    delete programs[server?.command ?? ""];
  }
  assert.deepEqual(commands, [
    "setting /opt/stackward serve",
    `environment ${WORK}/.venv/bin/stackward serve`,
    "path /usr/bin/stackward serve",
    "bundled /usr/bin/python3 -I /ext/dist/python/launch.py serve",
  ]);
});

test("a setting that does not work is an error", async () => {
  const { server, failure } = await discover(
    wanting({ setting: "~/gone" }),
    machineWith({ "/usr/bin/stackward": null }),
  );
  assert.equal(server, undefined);
  assert.deepEqual(failure, { kind: "setting", path: "/home/ann/gone", untrusted: false });
});

test("a bare name in the setting is looked up in PATH", async () => {
  const { server } = await discover(
    wanting({ setting: "stackward-dev" }),
    machineWith({ "/usr/bin/stackward-dev": null }),
  );
  assert.equal(server?.command, "/usr/bin/stackward-dev");
});

test("nothing of a workspace that is not trusted is run", async () => {
  const inside = `${WORK}/.venv/bin/stackward`;
  const python = `${WORK}/.venv/bin/python`;
  const programs = { [inside]: null, [python]: GOOD, "/usr/bin/python3": GOOD };
  const untrusted = { trusted: false, chosenPython: async () => python };
  const machine = machineWith(programs, { env: { PATH: `${WORK}/.venv/bin:/usr/bin:bin` } });
  const found = await discover(wanting(untrusted), machine);
  assert.equal(found.server?.command, "/usr/bin/python3");
  assert.deepEqual(found.distrusted, [inside]);
  const { failure } = await discover(
    wanting({ ...untrusted, setting: `${"$"}{workspaceFolder}/.venv/bin/stackward` }),
    machine,
  );
  assert.deepEqual(failure, { kind: "setting", path: inside, untrusted: true });
});

test("the Python that the user has chosen is asked before those of PATH", async () => {
  const programs = { "/usr/bin/python3": GOOD, "/opt/py/bin/python": GOOD };
  const chosenPython = async () => "/opt/py/bin/python";
  const { server } = await discover(wanting({ chosenPython }), machineWith(programs));
  assert.equal(server?.command, "/opt/py/bin/python");
});

test("the extension's own environment comes first where there is one", async () => {
  const programs = { "/usr/bin/python3": GOOD, "/data/python/bin/python": GOOD };
  const { server } = await discover(wanting(), machineWith(programs));
  assert.equal(server?.command, "/data/python/bin/python");
});

test("a Python that cannot run the server is passed over, and what is wrong is said if there is no other", async () => {
  const old: Probe = { version: [3, 9], missing: [] };
  const poor: Probe = { version: [3, 13], missing: ["tree_sitter"] };
  const both = { "/usr/bin/python3.13": poor, "/usr/bin/python3": old };
  assert.deepEqual((await discover(wanting(), machineWith(both))).failure, {
    kind: "modules",
    python: "/usr/bin/python3.13",
    missing: ["tree_sitter"],
  });
  assert.deepEqual((await discover(wanting(), machineWith({ "/usr/bin/python3": old }))).failure, {
    kind: "noPython",
    oldest: "3.9",
  });
  assert.deepEqual((await discover(wanting(), machineWith({}))).failure, { kind: "noPython", oldest: undefined });
  const { server } = await discover(wanting(), machineWith({ ...both, "/usr/local/bin/python": GOOD }));
  assert.equal(server?.command, "/usr/local/bin/python");
});

test("an extension without a server says so", async () => {
  const { failure } = await discover(wanting({ launcher: undefined }), machineWith({ "/usr/bin/python3": GOOD }));
  assert.deepEqual(failure, { kind: "notBundled" });
});

test("Windows has its own paths, endings and launcher", async () => {
  const windows = { platform: "win32", env: { Path: "C:\\Windows" }, home: "C:\\Users\\ann" } as const;
  const environment = "D:\\work\\.venv\\Scripts\\stackward.exe";
  const folders = ["D:\\work"];
  const inside = await discover(wanting({ folders }), machineWith({ [environment]: null }, windows));
  assert.equal(inside.server?.command, environment);
  const bundled = await discover(wanting({ folders }), machineWith({ "C:\\Windows\\py.exe": GOOD }, windows));
  assert.deepEqual(bundled.server?.args.slice(0, 2), ["-3", "-I"]);
});

test("paths in settings are expanded, and only what is below a folder lies in it", () => {
  const machine = machineWith({});
  assert.equal(expand("~/bin/stackward", WORK, machine), "/home/ann/bin/stackward");
  assert.equal(expand("~ann/x", WORK, machine), "~ann/x");
  assert.ok(isWithin(`${WORK}/a/b`, [WORK], machine));
  assert.ok(!isWithin(`${WORK}shop/a`, [WORK], machine));
  assert.ok(isWithin(`${WORK}/..hidden`, [WORK], machine));
});
