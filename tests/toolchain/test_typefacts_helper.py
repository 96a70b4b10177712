"""The type facts helper as a process: it dies, hangs, cannot be built, is asked by many and says odd things."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from gomodule import write_module
from stackward.core.facts import NoFacts
from stackward.toolchain import typefacts_wire as wire
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken
from stackward.toolchain.typefacts import TypeFacts
from stackward.toolchain.typefacts_helper import SOURCE, build
from stackward.toolchain.unit import Unit
from typechecked import ask, type_of, units


@pytest.fixture
def small(tmp_path, toolchain) -> Unit:
    root = write_module(tmp_path / "m", {"a.go": 'package a\n\nimport "strings"\n\nvar A = strings.ToLower("")\n'})
    return units(root, toolchain)[0]


@pytest.fixture
def fresh(toolchain, cache) -> Iterator[TypeFacts]:
    made = TypeFacts(toolchain, BuildConfig(), cache)
    yield made
    made.close()


def helper_pid(checker: TypeFacts) -> int:
    assert checker._helper is not None
    return checker._helper.pid


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_helper_that_is_killed_is_started_again(fresh, small):
    seen = set()
    for _ in range(15):
        assert type_of(ask(fresh, small, "«A»")[0]) == "string"
        seen.add(helper_pid(fresh))
        os.kill(helper_pid(fresh), signal.SIGKILL)
    assert len(seen) == 15


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_helper_that_is_killed_while_it_is_asked(fresh, small):
    assert fresh.facts(small, {}, {}, []) == ()
    helper, pid = fresh._helper, helper_pid(fresh)
    os.kill(pid, signal.SIGSTOP)
    asked = threading.Event()
    ask_helper = helper.ask

    def told(line: bytes):
        answer = ask_helper(line)
        asked.set()
        return answer

    helper.ask = told
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, fresh, small, "«A»")
        assert asked.wait(30)
        os.kill(pid, signal.SIGKILL)
        assert type_of(answer.result(30)[0]) == "string"
    assert helper_pid(fresh) != pid


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_helper_that_hangs_is_ended(fresh, small, monkeypatch):
    assert type_of(ask(fresh, small, "«A»")[0]) == "string"
    monkeypatch.setattr("stackward.toolchain.typefacts._ANSWER_SECONDS", 0.2)
    hung = fresh._helper
    os.kill(hung.pid, signal.SIGSTOP)
    # More than a pipe holds, so that writing hangs as well.
    overlays = {small.files[0]: Path(small.files[0]).read_bytes() + b"//" + b"x" * (1 << 18)}
    fresh.facts(small, overlays, {}, [])
    assert "did not answer within 0.2 s" in hung.ended
    monkeypatch.undo()
    assert type_of(ask(fresh, small, "«A»", overlays=overlays)[0]) == "string"


def test_many_threads_may_ask(fresh, small):
    def work(number: int) -> str:
        text = f"package a\n\nvar A = [{number}]int{{}}\n"
        return type_of(ask(fresh, small, "«A»", overlays={small.files[0]: text.encode()})[0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(200))) == [f"[{number}]int" for number in range(200)]


def test_more_units_than_are_kept(fresh, small):
    copies = [replace(small, dir=f"/{number}") for number in range(40)]
    for unit in [*copies, *copies[::-1]]:
        text = f"package a\n\nvar A = [{unit.dir[1:]}]int{{}}\n".encode()
        assert type_of(ask(fresh, unit, "«A»", overlays={unit.files[0]: text})[0]) == f"[{unit.dir[1:]}]int"


def test_what_was_cancelled_has_no_facts(fresh, small):
    token = CancelToken()
    token.cancel()
    assert fresh.facts(small, {}, {}, [], token) == NoFacts("cancelled")
    assert fresh.facts(small, {}, {}, []) == ()


def test_a_closed_one_has_no_facts(fresh, small):
    assert fresh.facts(small, {}, {}, []) == ()
    helper = fresh._helper
    fresh.close()
    fresh.close()
    assert isinstance(fresh.facts(small, {}, {}, []), NoFacts)
    for thread in helper._threads:
        thread.join(10)
    assert helper._process.returncode is not None


def test_a_helper_that_cannot_be_built(tmp_path, toolchain, small, monkeypatch):
    broken = shutil.copytree(SOURCE, tmp_path / "source")
    (broken / "main.go").write_text("package main\n\nfunc main() { undefined() }\n", encoding="utf-8")
    monkeypatch.setattr("stackward.toolchain.typefacts_helper.SOURCE", broken)
    checker = TypeFacts(toolchain, BuildConfig(), str(tmp_path / "cache"))
    told = checker.facts(small, {}, {}, [])
    assert isinstance(told, NoFacts)
    assert "undefined" in told.reason
    assert checker.facts(small, {}, {}, []) == told


def test_a_cache_that_cannot_be_written(tmp_path, toolchain, small):
    (tmp_path / "file").write_text("", encoding="utf-8")
    told = TypeFacts(toolchain, BuildConfig(), str(tmp_path / "file")).facts(small, {}, {}, [])
    assert isinstance(told, NoFacts)


def program(cache: str) -> Path:
    [found] = [path for path in Path(cache).rglob("typefacts*") if path.is_file()]
    return found


@pytest.mark.skipif(os.name != "posix", reason="the program is an sh script")
@pytest.mark.parametrize("script", ["exit 3", "echo boom >&2; exit 3", "read x; echo boom >&2", "not even #!"])
def test_a_helper_that_keeps_dying_is_given_up(tmp_path, toolchain, small, cache, fresh, script):
    assert fresh.facts(small, {}, {}, []) == ()
    copy = tmp_path / "cache" / program(cache).relative_to(cache)
    copy.parent.mkdir(parents=True)
    copy.write_text(f"#!/bin/sh\n{script}\n" if "#!" not in script else script, encoding="utf-8")
    copy.chmod(0o755)
    checker = TypeFacts(toolchain, BuildConfig(), str(tmp_path / "cache"))
    for number in range(12):
        told = checker.facts(replace(small, dir=f"/{number}"), {}, {}, [])
        assert isinstance(told, NoFacts)
        assert told.reason
        if "boom" in script:
            assert "boom" in told.reason
    assert checker._deaths >= 10
    checker.close()


def test_it_may_be_built_by_several_at_once(tmp_path, toolchain):
    with ThreadPoolExecutor(3) as pool:
        built = list(pool.map(lambda _: build(toolchain, BuildConfig(), str(tmp_path), CancelToken()), range(3)))
    assert built == [str(program(str(tmp_path)))] * 3
    assert [path.name for path in program(str(tmp_path)).parent.iterdir()] == [program(str(tmp_path)).name]


def test_the_users_settings_do_not_reach_the_build(tmp_path, toolchain, small, monkeypatch):
    monkeypatch.setenv("GOFLAGS", "-mod=vendor -tags=nosuch")
    monkeypatch.setenv("GOWORK", str(tmp_path / "nosuch.work"))
    config = BuildConfig(goos="plan9", goarch="arm", env=(("CGO_ENABLED", "1"), ("GO111MODULE", "off")))
    checker = TypeFacts(toolchain, config, str(tmp_path / "cache"))
    assert checker.facts(small, {}, {}, []) == ()
    checker.close()


def test_a_file_name_that_is_not_utf8(fresh, small):
    told = fresh.facts(replace(small, files=("/\udcff.go",)), {}, {}, [])
    assert isinstance(told, NoFacts)
    assert "UTF-8" in told.reason


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no JSON",
        b"[]",
        b"null",
        b'{"id":2,"facts":[null]}',
        b'{"id":1}',
        b'{"id":1,"facts":[]}',
        b'{"id":1,"facts":[{"start":0,"end":1}]}',
        b'{"id":1,"facts":[{"start":0,"end":1,"exact":true,"type":0}]}',
        b'{"id":1,"types":[{"type":"T","kind":"int","size":"8"}],"facts":[null]}',
        b'{"id":1,"types":[{"type":"T","kind":"slice","elem":0}],"facts":[null]}',
        b'{"id":1,"types":[{"type":"T","kind":"slice","elem":-1}],"facts":[null]}',
        b'{"id":1,"facts":[{"start":0,"end":1,"exact":true,"object":{"kind":"var","name":"x","scope":"local","file":7}}]}',
        b'{"id":1,"failed":"it broke"}',
        b"[" * 100000,
    ],
)
def test_a_bad_reply_is_no_facts(line):
    assert isinstance(wire.parse(line, 1, ("/a.go",), 1), NoFacts)


def test_the_source_is_formatted_and_vetted(toolchain):
    gofmt = Path(toolchain.go).with_name(f"gofmt{'.exe' if sys.platform == 'win32' else ''}")
    env = {**os.environ, "GOFLAGS": "", "GOWORK": "off", "GOPROXY": "off"}
    vetted = subprocess.run(
        [toolchain.go, "vet", "."], cwd=SOURCE, env=env, capture_output=True, text=True, check=False
    )
    assert (vetted.returncode, vetted.stderr) == (0, "")
    if gofmt.exists():
        assert subprocess.run([gofmt, "-l", SOURCE], capture_output=True, text=True, check=True).stdout == ""
