// Which settings the server is told. Its own are those of the generated section of package.json.

/** What VS Code knows of one setting; a value that is undefined is not set there. */
export interface Inspected {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

interface Section {
  readonly id?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

const PREFIX = "stackward.";

/** The names of the server's settings, without the prefix. */
export function serverSettings(manifest: unknown): string[] {
  return Object.keys(section(manifest)).map((name) => name.slice(PREFIX.length));
}

/** The names of all rules, from the schema of the setting `rules`. */
export function ruleNames(manifest: unknown): string[] {
  const rules = section(manifest)[`${PREFIX}rules`] as { properties?: Record<string, unknown> } | undefined;
  return Object.keys(rules?.properties ?? {});
}

/**
 * The settings that somebody has set, as nested objects. Defaults are left out: they are the server's to know, and a
 * team's `.stackward.toml` counts where the editor says nothing.
 */
export function chosen(names: readonly string[], inspect: (name: string) => Inspected | undefined): object {
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const value = effective(inspect(name));
    if (value !== undefined) {
      put(values, name.split("."), value);
    }
  }
  return values;
}

/** In a workspace that is not trusted no C compiler is run, unless the user's own settings say otherwise. */
export function restricted(values: object): object {
  const build: Record<string, unknown> = { ...Reflect.get(values, "build") };
  const env = { CGO_ENABLED: "0", ...(build.env as Record<string, string> | undefined) };
  return { ...values, build: { ...build, env } };
}

function effective(one: Inspected | undefined): unknown {
  const layers = [one?.globalValue, one?.workspaceValue, one?.workspaceFolderValue].filter((value) => isSet(value));
  // Tables are merged by VS Code too.
  return layers.every(isTable) && layers.length > 0 ? Object.assign({}, ...layers) : layers.at(-1);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isTable(value: unknown): value is object {
  return typeof value === "object" && !Array.isArray(value);
}

function put(values: Record<string, unknown>, names: readonly string[], value: unknown): void {
  const [first, ...rest] = names;
  if (first === undefined) {
    return;
  }
  if (rest.length === 0) {
    values[first] = value;
    return;
  }
  const below = (values[first] ?? {}) as Record<string, unknown>;
  values[first] = below;
  put(below, rest, value);
}

function section(manifest: unknown): Readonly<Record<string, unknown>> {
  const { contributes } = manifest as { contributes?: { configuration?: readonly Section[] } };
  return contributes?.configuration?.find((one) => one.id === "server")?.properties ?? {};
}
