"""All settings: one table, from which parsing, ``docs/settings.md`` and the schema for editors are made.

A client sends them as the section ``stackward`` (nested objects or dotted keys); a team keeps them in
``.stackward.toml`` at the module
root. The team's file wins for what the analysis finds (``build``, ``analysis.tests``, ``rules``), so that everybody
sees the same; the client
wins for how it is shown. What could run a program of the workspace's choice can only be set by the client.
"""

from __future__ import annotations

import difflib
import enum
import tomllib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackward.core.decision import Problem
from stackward.core.hint import Severity
from stackward.toolchain.config import BuildConfig

TEAM_FILE = ".stackward.toml"
SEVERITIES = tuple(one.value for one in Severity)


class Type(enum.Enum):
    """The type of a setting's value; the value is its name in messages."""

    BOOL = "true or false"
    INT = "a whole number"
    STRING = "a string"
    STRINGS = "a list of strings"
    MAP = "a table of strings"
    LEVELS = "a table of rule names and levels"


class Owner(enum.Enum):
    """Who decides when both the client and the team's file set it."""

    CLIENT = "client"
    TEAM = "team"
    CLIENT_ONLY = "client only"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. ``minimum`` is for numbers, ``choices`` for strings."""

    name: str
    type: Type
    default: Any
    owner: Owner
    description: str
    choices: tuple[str, ...] = ()
    minimum: int = 0


TABLE: tuple[Setting, ...] = (
    Setting("go.path", Type.STRING, "", Owner.CLIENT_ONLY, "The go command to use; empty looks for one."),
    Setting("build.tags", Type.STRINGS, (), Owner.TEAM, "Build tags."),
    Setting("build.goos", Type.STRING, "", Owner.TEAM, "The target operating system; empty is the host's."),
    Setting("build.goarch", Type.STRING, "", Owner.TEAM, "The target architecture; empty is the host's."),
    Setting(
        "build.flags", Type.STRINGS, (), Owner.CLIENT_ONLY, "Further flags of go build, such as -race or -gcflags=-N."
    ),
    Setting("build.env", Type.MAP, {}, Owner.CLIENT_ONLY, "Environment variables for the go command and the compiler."),
    Setting(
        "analysis.trigger",
        Type.STRING,
        "save",
        Owner.CLIENT,
        "When to analyse: on save, or also after a pause while typing.",
        ("save", "type"),
    ),
    Setting("analysis.delay", Type.INT, 300, Owner.CLIENT, "The pause while typing, in milliseconds."),
    Setting("analysis.tests", Type.BOOL, True, Owner.TEAM, "Analyse _test.go files too."),
    Setting(
        "analysis.workspace", Type.BOOL, False, Owner.CLIENT, "Analyse the whole workspace when the server starts."
    ),
    Setting("analysis.jobs", Type.INT, 0, Owner.CLIENT, "Compilers at once; 0 is one per core."),
    Setting("diagnostics.enable", Type.BOOL, True, Owner.CLIENT, "Show hints as diagnostics."),
    Setting(
        "diagnostics.severity",
        Type.STRING,
        "information",
        Owner.CLIENT,
        "The level of diagnostics whose rule has none of its own; an allocation is a fact, not a fault.",
        SEVERITIES[:-1],
    ),
    Setting(
        "rules", Type.LEVELS, {}, Owner.TEAM, "The level of single rules: off, hint, information, warning or error."
    ),
    Setting("hover.enable", Type.BOOL, True, Owner.CLIENT, "Explain a hint when the pointer rests on it."),
    Setting("inlayHints.enable", Type.BOOL, True, Owner.CLIENT, "Show hints behind the expression."),
    Setting(
        "codeLens.enable",
        Type.BOOL,
        True,
        Owner.CLIENT,
        "Show above each function what it allocates and which of its parameters leak.",
    ),
    Setting(
        "cache.maxSizeMB",
        Type.INT,
        256,
        Owner.CLIENT,
        "The bound of the results that are kept on disk, in MiB; 0 keeps none.",
    ),
)
_BY_NAME = {row.name: row for row in TABLE}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force. Only what differs from the default is in ``values``."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """The value of a setting, by its name in the table."""
        return self.values.get(name, _BY_NAME[name].default)

    @property
    def analysis_tests(self) -> bool:
        return bool(self.get("analysis.tests"))

    def level_of(self, rule: str, default: Severity | None = None) -> Severity:
        """The level of a rule: its own, else its ``default`` where that is ``off``, else the general one."""
        own = self.get("rules").get(rule)
        if own is not None:
            return Severity(own)
        if default is Severity.OFF:
            return default
        return Severity(self.get("diagnostics.severity"))

    def build_config(self) -> BuildConfig:
        """What of it goes to the go command."""
        return BuildConfig(
            go=self.get("go.path"),
            tags=tuple(self.get("build.tags")),
            goos=self.get("build.goos"),
            goarch=self.get("build.goarch"),
            flags=tuple(self.get("build.flags")),
            env=tuple(sorted(self.get("build.env").items())),
        )


def parse(
    values: Mapping[str, Any], source: str, rules: Container[str], *, team: bool = False
) -> tuple[Settings, list[Problem]]:
    """Read settings. Each unknown key or wrong type is one problem that names it; the others count.

    ``source`` says in messages where they come from; ``team`` leaves out what only a client may set.
    """
    kept: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in _flatten(values):
        row = _BY_NAME.get(name)
        if row is None:
            near = difflib.get_close_matches(name, _BY_NAME, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            problems.append(Problem(f"{source}: there is no setting {name!r}{hint}", source))
        elif team and row.owner is Owner.CLIENT_ONLY:
            problems.append(
                Problem(f"{source}: {name} can only be set in the editor, not in a workspace's file", source)
            )
        elif (wrong := _wrong(row, value, rules)) is not None:
            problems.append(Problem(f"{source}: {wrong}", source))
        else:
            kept[name] = value
    return Settings(kept), problems


def load_team(folder: str, rules: Container[str]) -> tuple[Settings, list[Problem]]:
    """The team's file of a folder; none is no problem."""
    path = Path(folder, TEAM_FILE)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings(), []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Settings(), [Problem(f"{path}: cannot be read: {error}", str(path))]
    return parse(values, str(path), rules, team=True)


def merge(client: Settings, team: Settings) -> Settings:
    """Both together; see the module for who wins."""
    merged = {**team.values, **client.values}
    for name, value in team.values.items():
        if _BY_NAME[name].owner is Owner.TEAM:
            merged[name] = {**client.values.get(name, {}), **value} if name == "rules" else value
    return Settings(merged)


def json_schema() -> dict[str, Any]:
    """The table as JSON schema properties, with the names as editors show them (``stackward.go.path``)."""
    kinds: dict[Type, dict[str, Any]] = {
        Type.BOOL: {"type": "boolean"},
        Type.INT: {"type": "integer"},
        Type.STRING: {"type": "string"},
        Type.STRINGS: {"type": "array", "items": {"type": "string"}},
        Type.MAP: {"type": "object", "additionalProperties": {"type": "string"}},
        Type.LEVELS: {"type": "object", "additionalProperties": {"type": "string", "enum": list(SEVERITIES)}},
    }
    properties: dict[str, Any] = {}
    for row in TABLE:
        entry = {**kinds[row.type], "default": _plain(row.default), "description": row.description}
        if row.choices:
            entry["enum"] = list(row.choices)
        if row.type is Type.INT:
            entry["minimum"] = row.minimum
        properties[f"stackward.{row.name}"] = entry
    return properties


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{prefix}{key}"
        inside = any(row.name.startswith(name + ".") for row in TABLE)
        if name in _BY_NAME or not inside:
            yield name, value
        elif isinstance(value, Mapping):
            yield from _flatten(value, name + ".")
        elif value is not None:
            yield name, value


def _wrong(row: Setting, value: Any, rules: Container[str]) -> str | None:
    """What is wrong with a value, in words; None if nothing is."""
    shown = repr(value) if len(repr(value)) <= 40 else f"{repr(value)[:39]}…"
    if not _fits(row.type, value):
        return f"{row.name} must be {row.type.value}, not {shown}"
    if row.choices and value not in row.choices:
        return f"{row.name} must be one of {', '.join(row.choices)}, not {shown}"
    if row.type is Type.INT and value < row.minimum:
        return f"{row.name} must be at least {row.minimum}, not {shown}"
    if row.type is Type.LEVELS:
        for rule, level in value.items():
            if rule not in rules:
                near = difflib.get_close_matches(
                    rule, list(rules) if isinstance(rules, frozenset | set | tuple) else [], n=1
                )
                return f"rules: there is no rule {rule!r}" + (f"; did you mean {near[0]}?" if near else "")
            if level not in SEVERITIES:
                return f"rules.{rule} must be one of {', '.join(SEVERITIES)}, not {level!r}"
    return None


def _fits(kind: Type, value: Any) -> bool:
    match kind:
        case Type.BOOL:
            return isinstance(value, bool)
        case Type.INT:
            return isinstance(value, int) and not isinstance(value, bool)
        case Type.STRING:
            return isinstance(value, str)
        case Type.STRINGS:
            return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
        case Type.MAP:
            return isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values())
        case Type.LEVELS:
            return isinstance(value, Mapping)
