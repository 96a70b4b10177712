"""Writes what is made from the code: docs/{rules,rewrites}/*.md, docs/settings.md and docs/settings.schema.json,
and the server's settings in the manifest of the VS Code extension.

``--check`` only compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from stackward.engine.settings import TABLE, Owner, json_schema
from stackward.rewrites import REWRITES
from stackward.rules import RULE_NAMES, RULES

DOCS = Path(__file__).resolve().parent
VSCODE = DOCS.parent / "editors" / "vscode"
# What could run a program of the workspace's choice: its own settings count once the user trusts it.
_TRUSTED_ONLY = ("stackward.go.path", "stackward.build.flags", "stackward.build.env")


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    found = {DOCS / "rules" / f"{rule.name}.md": rule.page + "\n" for rule in RULES}
    found[DOCS / "rules" / "README.md"] = _index()
    found |= {DOCS / "rewrites" / f"{one.name}.md": one.page + "\n" for one in REWRITES}
    found[DOCS / "rewrites" / "README.md"] = _rewrites()
    found[DOCS / "settings.md"] = _settings()
    found[DOCS / "settings.schema.json"] = json.dumps({"properties": json_schema(RULE_NAMES)}, indent=2) + "\n"
    if VSCODE.exists():  # The pages can be made without it.
        found |= _vscode()
    return found


def _index() -> str:
    lines = ["# Rules", "", "Each site gets exactly one. `stackward explain RULE` prints a page.", ""]
    lines += [f"- [{rule.name}]({rule.name}.md): {rule.title} (level: {rule.level.value})" for rule in RULES]
    return "\n".join(lines) + "\n"


def _rewrites() -> str:
    lines = [
        "# Rewrites",
        "",
        "Each is offered where the compiler confirms it. `stackward explain NAME` prints a page.",
        "",
    ]
    lines += [f"- [{one.name}]({one.name}.md): {one.title}" for one in REWRITES]
    return "\n".join(lines) + "\n"


def _settings() -> str:
    lines = [
        "# Settings",
        "",
        "An editor sends them as the section `stackward`; a team keeps them in `.stackward.toml` at the module's root.",
        "Where both say something, the team's file wins for what is found (*team*), the editor for how it is shown.",
        "A workspace's file cannot set what is for the machine's owner to decide, such as which programs run",
        "(*editor only*).",
        "",
        "| setting | value | default | decided by | meaning |",
        "|---|---|---|---|---|",
    ]
    owners = {Owner.CLIENT: "editor", Owner.TEAM: "team", Owner.CLIENT_ONLY: "editor only"}
    for row in TABLE:
        value = " or ".join(f"`{choice}`" for choice in row.choices) or row.type.value
        default = f"`{_toml(row.default)}`"
        lines.append(f"| `{row.name}` | {value} | {default} | {owners[row.owner]} | {row.description} |")
    lines += [
        "",
        "```toml",
        "# .stackward.toml",
        "[build]",
        'tags = ["integration"]',
        "",
        "[rules]",
        'boxed-in-interface = "warning"',
        'leaking-parameter = "hint"',
        'string-conversion = "off"',
        "```",
    ]
    return "\n".join(lines) + "\n"


def _vscode() -> dict[Path, str]:
    """The manifest of the VS Code extension and its English texts, with the server's settings as they are now."""
    manifest = json.loads((VSCODE / "package.json").read_text(encoding="utf-8"))
    texts = json.loads((VSCODE / "package.nls.json").read_text(encoding="utf-8"))
    prefix = "settings."
    texts = {key: text for key, text in texts.items() if not key.startswith(prefix)}
    properties = {}
    for order, (name, schema) in enumerate(json_schema(RULE_NAMES).items()):
        key = prefix + name.removeprefix("stackward.")
        texts[key] = schema["description"]
        scope = {"scope": "machine-overridable"} if name in _TRUSTED_ONLY else {}
        properties[name] = schema | {"description": f"%{key}%", "order": order} | scope
    _section(manifest)["properties"] = properties
    restricted = manifest["capabilities"]["untrustedWorkspaces"]
    own = [name for name in restricted["restrictedConfigurations"] if name.startswith("stackward.server.")]
    restricted["restrictedConfigurations"] = [*own, *_TRUSTED_ONLY]
    return {VSCODE / "package.json": _json(manifest), VSCODE / "package.nls.json": _json(texts)}


def _section(manifest: dict[str, Any]) -> dict[str, Any]:
    """The section of the manifest's settings that is the server's."""
    sections: list[dict[str, Any]] = manifest["contributes"]["configuration"]
    return next(one for one in sections if one.get("id") == "server")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "[]"
    return str(value)


def main() -> int:
    """Write or compare; the exit status says whether anything differs."""
    check = "--check" in sys.argv
    wanted = pages()
    stale = []
    for path, text in wanted.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in sorted(
        {*DOCS.glob("rules/*.md"), *DOCS.glob("rewrites/*.md")} - wanted.keys()
    ):  # Pages of what is no more.
        stale.append(path)
        if not check:
            path.unlink()
    for path in stale:
        print(f"{'stale:' if check else 'brought up to date:'} {path.relative_to(DOCS.parent)}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
