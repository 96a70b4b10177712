"""Settings: what is taken from a client and from a team's file, what is said about the rest, and who wins."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import stackward
from stackward.core.hint import Severity
from stackward.engine.settings import TABLE, TEAM_FILE, Owner, Settings, Type, json_schema, load_team, merge, parse
from stackward.rules import RULE_NAMES, RULES

SAMPLE: dict[Type, Any] = {
    Type.BOOL: True,
    Type.INT: 7,
    Type.STRING: "x",
    Type.STRINGS: ["x"],
    Type.MAP: {"X": "1"},
    Type.LEVELS: {RULES[0].name: "hint"},
}


def taken(values: dict[str, Any], *, team: bool = False) -> dict[str, Any]:
    """What is taken of values that have nothing wrong with them."""
    settings, problems = parse(values, "settings", RULE_NAMES, team=team)
    assert problems == []
    return dict(settings.values)


def said(values: dict[str, Any], *, team: bool = False) -> list[str]:
    return [problem.what for problem in parse(values, "settings", RULE_NAMES, team=team)[1]]


def team_file(folder: Path, text: bytes) -> tuple[Settings, list[str]]:
    (folder / TEAM_FILE).write_bytes(text)
    settings, problems = load_team(str(folder), RULE_NAMES)
    assert all(problem.path == str(folder / TEAM_FILE) for problem in problems)
    return settings, [problem.what for problem in problems]


class TestParse:
    @pytest.mark.parametrize(
        "values",
        [
            {"analysis": {"delay": 50}, "rules": {"goroutine": "off"}, "build": {"env": {"A.B": "c"}}},
            {"analysis.delay": 50, "rules.goroutine": "off", "build.env.A.B": "c"},
            {"analysis.delay": 50, "rules": {"goroutine": "off"}, "build.env": {"A.B": "c"}},
        ],
        ids=["nested", "dotted", "mixed"],
    )
    def test_nested_and_dotted_keys_are_the_same(self, values: dict[str, Any]) -> None:
        assert taken(values) == {"analysis.delay": 50, "rules": {"goroutine": "off"}, "build.env": {"A.B": "c"}}

    def test_null_is_not_set(self) -> None:
        assert taken({"analysis": {"delay": None}, "build": None, "rules": {"goroutine": None}, "nonsense": None}) == {}

    @pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
    def test_every_setting_takes_its_type_and_no_other(self, row: Any) -> None:
        good = row.choices[0] if row.choices else SAMPLE[row.type]
        expected = tuple(good) if row.type is Type.STRINGS else good
        assert taken({row.name: good}) == {row.name: expected}
        for kind, bad in SAMPLE.items():
            tables = {kind, row.type} == {Type.MAP, Type.LEVELS}
            if kind is not row.type and not tables:
                (message,) = said({row.name: bad})
                assert message.startswith(f"settings: {row.name}")

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"analysis": {"triger": "save"}}, "there is no setting 'analysis.triger'; did you mean analysis.trigger?"),
            ({"tags": ["a"]}, "there is no setting 'tags'; did you mean build.tags?"),
            ({"INLAYHINTS.ENABLE": True}, "there is no setting 'INLAYHINTS.ENABLE'; did you mean inlayHints.enable?"),
            ({"xyzzy": {"a": 1, "b": 2}}, "there is no setting 'xyzzy'"),
            ({"rules": {"gorutine": "off"}}, "rules: there is no rule 'gorutine'; did you mean goroutine?"),
            ({"rules": {"goroutine": "loud"}}, "rules.goroutine must be one of error, warning, information, hint, off"),
            ({"rules": {"goroutine": {"level": "off"}}}, "rules.goroutine must be one of"),
            ({"rules": "off"}, 'rules must be a table of rule names and levels, not "off"'),
            ({"analysis.trigger": "typed"}, 'analysis.trigger must be one of save, type, not "typed"'),
            ({"analysis.delay": "300"}, 'analysis.delay must be a whole number, not "300"'),
            ({"analysis.delay": True}, "analysis.delay must be a whole number, not true"),
            ({"analysis.delay": -1}, "analysis.delay must be at least 0, not -1"),
            ({"analysis.tests": 1}, "analysis.tests must be true or false, not 1"),
            ({"build.tags": "a,b"}, 'build.tags must be a list of strings, not "a,b"'),
            ({"build.tags": ["a", 7]}, "build.tags must be a list of strings, not a list with 7"),
            ({"build.env": {"CGO_ENABLED": 0}}, "build.env.CGO_ENABLED must be a string, not 0"),
            ({"diagnostics": True}, "there is no setting 'diagnostics'; did you mean diagnostics.enable?"),
        ],
    )
    def test_what_is_wrong_is_one_message_and_the_others_count(self, values: dict[str, Any], message: str) -> None:
        settings, problems = parse({**values, "build.goos": "plan9"}, "settings", RULE_NAMES)
        assert settings.values == {"build.goos": "plan9"}
        (problem,) = problems
        assert problem.what.startswith(f"settings: {message}")

    def test_one_bad_rule_costs_only_itself(self) -> None:
        settings, problems = parse(
            {"rules": {"gorutine": "off", "defer-spill": "loud", "slice-backing": "warning"}}, "settings", RULE_NAMES
        )
        assert settings.values == {"rules": {"slice-backing": "warning"}}
        assert len(problems) == 2

    def test_a_long_or_deep_value_is_not_printed_whole(self) -> None:
        deep: list[Any] = []
        for _ in range(5000):
            deep = [deep]
        assert len(said({"go.path": ["x" * 1000], "build.tags": deep, "analysis.delay": "x" * 1000})) == 3
        assert all(len(message) < 120 for message in said({"build.tags": deep, "analysis.delay": "x" * 1000}))


class TestTeamFile:
    def test_none_is_no_problem(self, tmp_path: Path) -> None:
        assert load_team(str(tmp_path), RULE_NAMES) == (Settings(), [])

    def test_it_is_read(self, tmp_path: Path) -> None:
        settings, problems = team_file(tmp_path, b'[build]\ntags = ["a"]\n[rules]\ngoroutine = "off"\n')
        assert (settings.values, problems) == ({"build.tags": ("a",), "rules": {"goroutine": "off"}}, [])

    def test_a_byte_order_mark_does_no_harm(self, tmp_path: Path) -> None:
        assert team_file(tmp_path, b'\xef\xbb\xbf[build]\ngoos = "plan9"\n')[0].values == {"build.goos": "plan9"}

    @pytest.mark.parametrize("name", [row.name for row in TABLE if row.owner is Owner.CLIENT_ONLY])
    def test_what_is_for_the_machine_is_refused(self, name: str) -> None:
        row = next(row for row in TABLE if row.name == name)
        assert taken({name: SAMPLE[row.type]})
        settings, (problem,) = parse({name: SAMPLE[row.type]}, "settings", RULE_NAMES, team=True)
        assert settings.values == {}
        assert name in problem.what
        assert "can only be set in the editor" in problem.what

    def test_a_workspace_chooses_no_program_and_no_amount_of_work(self) -> None:
        """The go command, its flags (``-toolexec``), its environment (``CC``), threads and disk."""
        refused = {row.name for row in TABLE if row.owner is Owner.CLIENT_ONLY}
        assert {"go.path", "build.flags", "build.env", "analysis.jobs", "cache.maxSizeMB"} <= refused

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (b"[build]\ngoos = = 1\n", "line 2"),
            (b"x = \xff", "utf-8"),
            (b"x = " + b"[" * 50_000, "nested too deeply"),
            (b"x = " + b"9" * 5_000, "digits"),
        ],
        ids=["syntax", "encoding", "depth", "number"],
    )
    def test_one_that_cannot_be_read_is_one_message(self, tmp_path: Path, text: bytes, why: str) -> None:
        settings, (message,) = team_file(tmp_path, text)
        assert settings == Settings()
        assert why in message

    def test_a_folder_in_its_place_is_one_message(self, tmp_path: Path) -> None:
        (tmp_path / TEAM_FILE).mkdir()
        settings, (problem,) = load_team(str(tmp_path), RULE_NAMES)
        assert settings == Settings()
        assert TEAM_FILE in problem.what


class TestMerge:
    def test_the_team_wins_for_what_is_found(self) -> None:
        both = merge(Settings({"build.tags": ("mine",)}), Settings({"build.tags": ("ours",)}))
        assert both.get("build.tags") == ("ours",)

    def test_the_client_wins_for_how_it_is_shown(self) -> None:
        both = merge(Settings({"diagnostics.severity": "hint"}), Settings({"diagnostics.severity": "error"}))
        assert both.get("diagnostics.severity") == "hint"
        assert merge(Settings(), Settings({"diagnostics.severity": "error"})).get("diagnostics.severity") == "error"

    def test_levels_are_joined_rule_by_rule(self) -> None:
        client = Settings({"rules": {"goroutine": "off", "defer-spill": "hint"}})
        both = merge(client, Settings({"rules": {"goroutine": "error"}}))
        assert both.get("rules") == {"goroutine": "error", "defer-spill": "hint"}
        assert client.get("rules")["goroutine"] == "off"

    def test_nothing_set_is_the_defaults(self) -> None:
        none = merge(Settings(), Settings())
        assert all(none.get(row.name) == row.default for row in TABLE)


class TestUse:
    def test_the_level_of_a_rule(self) -> None:
        settings = Settings(taken({"rules": {"goroutine": "off"}, "diagnostics.severity": "hint"}))
        assert settings.level_of("goroutine", Severity.WARNING) is Severity.OFF
        assert settings.level_of("defer-spill", Severity.INFORMATION) is Severity.HINT
        assert settings.level_of("leaking-parameter", Severity.OFF) is Severity.OFF
        own = Settings(taken({"rules.leaking-parameter": "warning"}))
        assert own.level_of("leaking-parameter", Severity.OFF) is Severity.WARNING

    def test_what_goes_to_the_go_command(self) -> None:
        values = {"go.path": "/go", "build": {"tags": ["a"], "goos": "os", "goarch": "arch", "flags": ["-race"]}}
        config = Settings(taken({**values, "build.env.B": "2", "build.env.A": "1"})).build_config()
        assert (config.go, config.tags, config.goos, config.goarch, config.flags) == (
            "/go",
            ("a",),
            "os",
            "arch",
            ("-race",),
        )
        assert config.env == (("A", "1"), ("B", "2"))

    def test_every_setting_is_read_somewhere(self) -> None:
        """One that nobody reads would be a promise in docs/settings.md that is not kept."""
        sources = "".join(path.read_text(encoding="utf-8") for path in Path(stackward.__file__).parent.rglob("*.py"))
        read = set(re.findall(r"""\.get\("([\w.]+)"\)""", sources))
        assert {row.name for row in TABLE} - read == set()


class TestSchema:
    def test_it_has_every_setting_and_its_default(self) -> None:
        schema = json_schema(RULE_NAMES)
        assert list(schema) == [f"stackward.{row.name}" for row in TABLE]
        defaults = {name.removeprefix("stackward."): entry["default"] for name, entry in schema.items()}
        # An editor that sends the defaults says nothing wrong and changes nothing.
        assert merge(Settings(taken(defaults)), Settings()).build_config() == Settings().build_config()

    def test_it_knows_the_choices_and_what_is_for_the_machine(self) -> None:
        schema = json_schema(RULE_NAMES)
        assert schema["stackward.analysis.trigger"]["enum"] == ["save", "type"]
        assert set(schema["stackward.rules"]["properties"]) == RULE_NAMES
        machine = {name for name, entry in schema.items() if entry.get("scope") == "machine"}
        assert machine == {f"stackward.{row.name}" for row in TABLE if row.owner is Owner.CLIENT_ONLY}
