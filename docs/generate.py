"""Writes the pages that are made from the code: docs/rules/*.md and docs/settings.md. ``--check`` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from stackward.engine.settings import TABLE, Owner
from stackward.rules import RULES

DOCS = Path(__file__).resolve().parent


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    found = {DOCS / "rules" / f"{rule.name}.md": rule.page + "\n" for rule in RULES}
    found[DOCS / "rules" / "README.md"] = _index()
    found[DOCS / "settings.md"] = _settings()
    return found


def _index() -> str:
    lines = ["# Rules", "", "Each site gets exactly one. `stackward explain RULE` prints a page.", ""]
    lines += [f"- [{rule.name}]({rule.name}.md): {rule.title} (level: {rule.level.value})" for rule in RULES]
    return "\n".join(lines) + "\n"


def _settings() -> str:
    lines = [
        "# Settings",
        "",
        "An editor sends them as the section `stackward`; a team keeps them in `.stackward.toml` at the module's root.",
        "Where both say something, the team's file wins for what is found (*team*), the editor for how it is shown.",
        "What could run a program of a workspace's choice (*editor only*) is refused in a workspace's file.",
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
    stale = []
    for path, text in pages().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'stale' if '--check' in sys.argv else 'wrote'} {path.relative_to(DOCS.parent)}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
