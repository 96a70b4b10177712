"""The catalogues: complete, with all fields, and with nothing that no longer exists.

What the rules can say is found out by asking them about every kind of evidence; the other texts are read in the source.
"""

# ruff: noqa: RUF001 - Chinese has its own punctuation.

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stackward.core.allocation import Mechanism
from stackward.core.decision import FlowEdge, FlowStep
from stackward.core.hint import Hint
from stackward.core.position import ByteCol, BytePos, ByteRange, Location
from stackward.core.site import Allocates, Parameter, Site, Storage
from stackward.engine.rewriting import savings
from stackward.engine.tally import Tally
from stackward.report.language import Language, catalogue, language_of
from stackward.rules import Callee, Construct, End, Evidence, Fate, Statement, classify, leaking_words

SOURCE = Path(__file__).resolve().parents[2] / "server" / "stackward"
FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
CHINESE = catalogue("zh-CN")
ORIGIN = BytePos(0, ByteCol(0))
RANGE = ByteRange(ORIGIN, ORIGIN)
STEP = FlowStep("zq.zp", "spill", Location("/p.go", ORIGIN))
SITE = Site("/p.go", RANGE, Storage.VARIABLE, "zs", "zf", ORIGIN, flow=(FlowEdge("{heap}", "&zs", (STEP,)),))
CALLEES = (None, Callee("zc"), Callee("zc", 0), Callee("zc", 2), Callee("zc", 1, "zr"))


class Recording(Language):
    """Chinese, with what was looked up: ``used`` are the keys, ``missing`` the texts without any."""

    def __init__(self) -> None:
        super().__init__("zh-CN")
        self.used: set[tuple[str, str]] = set()
        self.missing: set[tuple[str, str]] = set()

    def _translated(self, section: str, text: str) -> str:
        translated = super()._translated(section, text)
        if text in CHINESE[section]:
            self.used.add((section, text))
        elif found := self._fitting(section, text):
            self.used.add((section, found[0].key))
        else:
            self.missing.add((section, text))
        return translated


def evidence() -> Iterator[Evidence]:
    """Evidence of every kind that the rules tell apart."""
    sites = [
        replace(SITE, storage=storage, runtime=runtime, inlined_from=origin)
        for storage in Storage
        for runtime in ("runtime.newobject", "runtime.moveSlice")
        for origin in ("", "zo.zo")
    ]
    steps = (None, STEP, replace(STEP, reason="too aligned for stack"))
    for construct, end, statement, callee, site, step, loops in itertools.product(
        Construct, End, Statement, CALLEES, sites, steps, (0, 1)
    ):
        if end is End.PASSED and step is None:
            continue  # It is a step that says so.
        if loops == 0 or construct is Construct.FUNC_LITERAL:
            yield Evidence(site, construct, Fate(end, step), statement, loops, callee, Mechanism.OBJECT)


@functools.cache
def judged() -> Recording:
    """The language after it was asked for all that rules can say."""
    language = Recording()
    for one in evidence():
        hint = classify(one)
        language.of("message", hint.message)
        language.of("label", hint.label)
        if hint.advice:
            language.of("advice", hint.advice)
    for to in (("heap",), ("content",), ("~r0", "~r1")):
        language.of("message", leaking_words(Parameter("zn", RANGE, to)).message)
    return language


def written(node: ast.AST) -> Iterator[str]:
    """The shapes of the texts that an expression can give."""
    match node:
        case ast.Constant(value=str(text)):
            yield text.replace("{", "").replace("}", "") if text.strip() in {"{", "}"} else text
        case ast.JoinedStr(values=values):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in values)
        case ast.IfExp(body=body, orelse=other):
            yield from written(body)
            yield from written(other)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from written(part)


def modules(*patterns: str) -> Iterator[ast.Module]:
    for pattern in patterns:
        for path in sorted(SOURCE.glob(pattern)):
            yield ast.parse(path.read_text(encoding="utf-8"))


def said() -> set[str]:
    """The templates of the interface."""
    found: set[str] = set()
    for node in itertools.chain.from_iterable(map(ast.walk, modules("lsp/**/*.py", "report/*.py"))):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found |= set(written(node.args[0])) if name == "say" else set()
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in {"template", "unless"}:
            found |= set(written(node.value))
    return found


def titles(name: str) -> set[str]:
    """What rewrites have as titles, or say that differs: arguments of proposals, and the variables for these."""
    found: set[str] = set()
    for node in itertools.chain.from_iterable(map(ast.walk, modules("rewrites/*.py"))):
        match node:
            case ast.Call(func=ast.Name(id="Proposal"), args=[first, *_], keywords=keywords):
                found |= set(written(first)) if name == "title" else set()
                found |= {text for one in keywords if one.arg == name for text in written(one.value)}
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                found |= set(written(value))
            case ast.AugAssign(target=ast.Name(id=target), value=value) if target == name:
                found |= set(written(value))
    return {text for text in found if " " in text}


def conditions() -> set[str]:
    """When, and why not, object code allocates: each text of the modules that are about nothing else."""
    found: set[str] = set()
    for module in modules("engine/costs.py"):
        for node in ast.walk(module):
            documents = {
                id(one.body[0].value)
                for one in ast.walk(module)
                if isinstance(one, ast.FunctionDef | ast.Module | ast.ClassDef) and isinstance(one.body[0], ast.Expr)
            }
            inner = {id(part) for one in ast.walk(module) if isinstance(one, ast.JoinedStr) for part in one.values}
            if id(node) not in documents | inner:
                found |= set(written(node)) if isinstance(node, ast.Constant | ast.JoinedStr) else set()
    return {text for text in found if re.match(r"(it|its|the|a|all|more|there|what|n|differs) ", text)}


def covered(texts: Iterable[str], section: str) -> set[str]:
    """The texts, with code for their fields, that no template fits."""
    language = Recording()
    for text in texts:
        language.of(section, text.replace("{}", "zx.Zy"))
    return {text for _, text in language.missing if text != "zx.Zy"}


def test_everything_that_rules_say_is_translated() -> None:
    missing = {one for one in judged().missing if " " in one[1]}
    assert missing == set(), "add it to locales/zh-CN.json"


def test_no_translation_is_of_something_that_rules_no_longer_say() -> None:
    used = judged().used
    stale = {
        key for section in ("message", "label", "advice") for key in CHINESE[section] if (section, key) not in used
    }
    assert stale == set()


@pytest.mark.parametrize("section", CHINESE)
def test_translations_have_the_fields_of_the_text(section: str) -> None:
    for key, translation in CHINESE[section].items():
        wanted = {found[1] for found in FIELD.finditer(key)}
        assert {found[1] for found in FIELD.finditer(translation)} == wanted, key
        assert {found[2] for found in FIELD.finditer(translation)} <= {None, *CHINESE}, key
        assert translation, key


def test_the_interface_is_translated_and_no_more() -> None:
    assert set(CHINESE["interface"]) == said()


@pytest.mark.parametrize("section", ["title", "differs"])
def test_what_rewrites_say_is_translated(section: str) -> None:
    texts = titles(section)
    assert len(texts) > 10
    assert covered(texts, section) == set(), "add it to locales/zh-CN.json"


def test_conditions_are_translated() -> None:
    texts = conditions()
    assert len(texts) > 20
    assert covered(texts, "phrase") & covered(texts, "cost") == set(), "add it to locales/zh-CN.json"


def test_steps_are_translated_and_no_more() -> None:
    module = next(modules("rules/__init__.py"))
    reasons = next(one.value for one in module.body if isinstance(one, ast.Assign) and _target(one) == "_REASONS")
    assert isinstance(reasons, ast.Dict)
    assert {text for value in reasons.values for text in written(value)} == set(CHINESE["step"])


@pytest.mark.parametrize("section", ["phrase", "cost", "title", "differs", "progress", "problem", "kind"])
def test_no_translation_is_of_a_text_that_is_gone(section: str) -> None:
    """Each key has its longest part in the source; a template may be a text that is put together from several."""
    source = "\n".join(
        re.sub(r'"\s*\n\s*f?"', "", path.read_text(encoding="utf-8"))
        for path in SOURCE.rglob("*.py")
        if path.name != "language.py"
    )
    used = {key for name, key in judged().used if name == section}
    for key in CHINESE[section]:
        longest = max(re.split(r"\{\w+(?::\w+)?\}|, |\n| \(", key), key=len).strip()
        assert key in used or longest in source, key


def test_proofs_are_translated_and_no_more() -> None:
    language = Recording()
    before = Tally(50, 500, 5, 5, 5, 64, 5)
    changes = itertools.product((0, 1, 2, -1), (0, 1, 2), (0, 1, 5), (64, 32, None), (0, 1, 2, -1))
    for calls, turns, growths, bytes_, chances in changes:
        for part in savings(before, Tally(1, 1, 5 - calls, 5 - turns, 5 - growths, bytes_, 5 - chances)):
            language.of("proof", part)
    assert {text for _, text in language.missing if "allocation" in text or "growth" in text} == set()
    assert {key for _, key in language.used} == set(CHINESE["proof"])


def _target(node: ast.Assign) -> str:
    return getattr(node.targets[0], "id", "")


@pytest.mark.parametrize("locale", ["zh", "zh-CN", "zh-cn", "zh-Hans", "zh_CN.UTF-8", "ZH"])
def test_chinese(locale: str) -> None:
    assert language_of(locale).name == "zh-CN"


@pytest.mark.parametrize("locale", ["", "en", "en-US", "C", "C.UTF-8", "de", "zha", "../zh", "zh/../../x"])
def test_english(locale: str) -> None:
    language = language_of(locale)
    assert language.name == "en"
    assert language.of("message", "x is moved to the heap: y") == "x is moved to the heap: y"


def test_code_in_a_message_is_left_alone() -> None:
    language = language_of("zh")
    assert language.of("message", "it is returned(a, b) is on the heap: it is returned") == (
        "it is returned(a, b) 在堆上：它被返回"
    )
    text = 'fmt.Sprintf("{name}: %d", n) is on the heap: zc lets its argument escape'
    assert language.of("message", text) == 'fmt.Sprintf("{name}: %d", n) 在堆上：zc 使其实参逃逸'
    assert language.of("message", "compiler text that nobody knows") == "compiler text that nobody knows"


def test_costs_are_put_together() -> None:
    site = replace(
        SITE, allocates=Allocates.SOMETIMES, when="it is not empty", bytes=1024, loops=2, cold="it returns an error"
    )
    hint = Hint("x", site, "zs is moved to the heap: its address is returned", "", "", ())
    assert Language().hint(hint) == hint.text
    assert language_of("zh").hint(hint) == (
        "zs 被移到堆上：它的地址被返回（1,024 字节，条件：它不为空，在 2 层嵌套循环中，很少执行：会返回错误）"
    )


def test_problems_keep_what_they_are_about() -> None:
    language = language_of("zh")
    assert language.problem("stackward.toml: hints.level must be at least 1, not 0") == (
        "stackward.toml: hints.level 至少为 1，而不是 0"
    )
    assert language.problem("/p/q: no Go files") == "/p/q: 没有 Go 文件"
    assert language.problem("a: b: c") == "a: b: c"
    assert language.problem("m does not build: /p/a.go:3:8: m/x is not in the module cache; run 'go mod download'") == (
        "m 无法构建：/p/a.go:3:8: m/x 不在模块缓存中；请运行 'go mod download'"
    )
