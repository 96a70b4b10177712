"""All settings: one table, from which parsing, ``docs/settings.md`` and the schema for editors are made.

A client sends them as the section ``stackward`` (nested objects or dotted keys; null is "not set"), and a team keeps
them in ``.stackward.toml`` at the module's root. The team's file wins for what the analysis finds (``build``,
``analysis.tests``, ``rules``), so that everybody sees the same; the client wins for how it is shown. Only the client
can set what could run a program of the workspace's choice, and what is for the machine's owner to decide.
"""

from __future__ import annotations

import difflib
import enum
import json
import tomllib
from collections.abc import Collection, Iterator, Mapping
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

    @property
    def is_table(self) -> bool:
        """Whether each entry counts by itself."""
        return self in {Type.MAP, Type.LEVELS}


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
    Setting("analysis.jobs", Type.INT, 0, Owner.CLIENT_ONLY, "Compilers at once; 0 is one per core."),
    Setting(
        "hints.nonAllocating",
        Type.BOOL,
        False,
        Owner.CLIENT,
        "Also show, faded, what the compiler's log puts on the heap but its object code does not allocate.",
    ),
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
        Owner.CLIENT_ONLY,
        "The bound of the results that are kept on disk, in MiB; 0 keeps none.",
    ),
)
_BY_NAME = {row.name: row for row in TABLE}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force. Only what somebody has set is in ``values``, by name; a table setting is a mapping there."""

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
    values: Mapping[str, Any], source: str, rules: Collection[str], *, team: bool = False
) -> tuple[Settings, list[Problem]]:
    """Read settings. Each unknown key or wrong value is one problem that names it; the others count.

    ``source`` says in messages where they come from, ``rules`` are the names of all rules; ``team`` leaves out what
    only a client may set.
    """
    kept: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in _leaves(values):
        row, entry = _find(name)
        if row is None:
            wrong: str | None = f"there is no setting {name!r}{_did_you_mean(name, _BY_NAME)}"
        elif team and row.owner is Owner.CLIENT_ONLY:
            wrong = f"{name} can only be set in the editor, not in a workspace's file"
        else:
            wrong = _wrong(row, entry, value, rules)
        if row is None or wrong is not None:
            problems.append(Problem(f"{source}: {wrong}", source))
        elif entry is not None:
            kept.setdefault(row.name, {})[entry] = value
        else:
            kept[row.name] = tuple(value) if row.type is Type.STRINGS else value
    return Settings(kept), problems


def load_team(folder: str, rules: Collection[str]) -> tuple[Settings, list[Problem]]:
    """The team's file of a folder; none is no problem."""
    path = Path(folder, TEAM_FILE)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Some editors on Windows write a BOM.
    except FileNotFoundError:
        return Settings(), []
    except RecursionError:
        return Settings(), [Problem(f"{path}: cannot be read: its values are nested too deeply", str(path))]
    except (OSError, ValueError) as error:  # Text that is no UTF-8 or no TOML is a ValueError.
        why = getattr(error, "strerror", None) or error
        return Settings(), [Problem(f"{path}: cannot be read: {why}", str(path))]
    return parse(values, str(path), rules, team=True)


def merge(client: Settings, team: Settings) -> Settings:
    """Both together; see the module for who wins."""
    merged = {**team.values, **client.values}
    for name, value in team.values.items():
        if _BY_NAME[name].owner is Owner.TEAM:
            merged[name] = {**client.values.get(name, {}), **value} if name == "rules" else value
    return Settings(merged)


def json_schema(rules: Collection[str]) -> dict[str, Any]:
    """The table as JSON schema properties, with the names as editors show them (``stackward.go.path``).

    ``scope`` is VS Code's: a workspace's own settings cannot set what is for the machine, and each folder can the rest.
    """
    level = {"type": "string", "enum": list(SEVERITIES)}
    kinds: dict[Type, dict[str, Any]] = {
        Type.BOOL: {"type": "boolean"},
        Type.INT: {"type": "integer"},
        Type.STRING: {"type": "string"},
        Type.STRINGS: {"type": "array", "items": {"type": "string"}},
        Type.MAP: {"type": "object", "additionalProperties": {"type": "string"}},
        Type.LEVELS: {
            "type": "object",
            "properties": dict.fromkeys(sorted(rules), level),
            "additionalProperties": False,
        },
    }
    properties: dict[str, Any] = {}
    for row in TABLE:
        default = list(row.default) if row.type is Type.STRINGS else row.default
        entry = {**kinds[row.type], "default": default, "description": row.description}
        if row.choices:
            entry["enum"] = list(row.choices)
        if row.type is Type.INT:
            entry["minimum"] = row.minimum
        entry["scope"] = "machine" if row.owner is Owner.CLIENT_ONLY else "resource"
        properties[f"stackward.{row.name}"] = entry
    return properties


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names with their values; groups and table settings are opened, null is left out."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        row = _BY_NAME.get(name)
        opens = row.type.is_table if row is not None else any(one.startswith(f"{name}.") for one in _BY_NAME)
        if opens and isinstance(value, Mapping):
            yield from _leaves(value, f"{name}.")
        elif value is not None:
            yield name, value


def _find(name: str) -> tuple[Setting | None, str | None]:
    """The setting of a dotted name, and which entry of it the name means where it is a table."""
    if name in _BY_NAME:
        return _BY_NAME[name], None
    for row in TABLE:
        if row.type.is_table and name.startswith(f"{row.name}."):
            return row, name.removeprefix(f"{row.name}.")
    return None, None


def _wrong(row: Setting, entry: str | None, value: Any, rules: Collection[str]) -> str | None:
    """What is wrong with a value, in words; None if nothing is."""
    name, kind, choices = row.name, row.type, row.choices
    if entry is not None:
        if kind is Type.LEVELS:
            choices = SEVERITIES
            if entry not in rules:
                return f"{name}: there is no rule {entry!r}{_did_you_mean(entry, rules)}"
        name, kind = f"{name}.{entry}", Type.STRING
    if choices and value not in choices:
        return f"{name} must be one of {', '.join(choices)}, not {_shown(value)}"
    if not _fits(kind, value):
        return f"{name} must be {kind.value}, not {_shown(value)}"
    if kind is Type.INT and value < row.minimum:
        return f"{name} must be at least {row.minimum}, not {_shown(value)}"
    return None


def _shown(value: Any) -> str:
    """A wrong value for a message, in the words and marks that TOML and JSON share."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        odd = next((one for one in value if not isinstance(one, str)), None)
        return "a list" if odd is None or isinstance(odd, list | tuple) else f"a list with {_shown(odd)}"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _did_you_mean(name: str, known: Collection[str]) -> str:
    """The end of a message about an unknown name: the known one that comes near, if any."""
    folded = {one.casefold(): one for one in sorted(known)}
    wanted = name.casefold()
    # "tags" is far from "build.tags" in letters, yet means it.
    near = [one for one in folded if one.endswith(f".{wanted}")] or difflib.get_close_matches(wanted, folded, n=1)
    return f"; did you mean {folded[near[0]]}?" if near else ""


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
        case Type.MAP | Type.LEVELS:
            return False  # A mapping has been opened already.
