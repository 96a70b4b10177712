"""A toolchain that hangs, is killed or prints garbage: the server goes on, the next good save gives right hints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from editor import Editor
from faults import NEW, TEXT, Faulty, Start, at_last, editors, goroot_without_compiler, next_save

from gomodule import run_check, write_module
from stackward.toolchain import compiler
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain

Compiler = Callable[..., Faulty]
ESCAPES = '*" -m="*'
OBJECT_CODE = '*" -S "*'


@pytest.fixture
def start() -> Iterator[Start]:
    with editors() as make:
        yield make


@pytest.fixture
def faulty() -> Iterator[Callable[..., Faulty]]:
    made: list[Faulty] = []

    def make(path: Path, command: str, **how: str) -> Faulty:
        made.append(Faulty(path, command, **how))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def faulty_compiler(tmp_path: Path, toolchain: Toolchain, faulty: Callable[..., Faulty]) -> Compiler:
    def make(**how: str) -> Faulty:
        return faulty(goroot_without_compiler(tmp_path / "goroot", toolchain), toolchain.compile, **how)

    return make


def module(tmp_path: Path) -> Path:
    return write_module(tmp_path / "m", {"p.go": TEXT})


def with_goroot(tmp_path: Path, toolchain: Toolchain) -> dict[str, str]:
    return {"GOROOT": str(tmp_path / "goroot"), "STACKWARD_GO": toolchain.go}


def opened(editor: Editor) -> str:
    editor.start()
    return editor.open("p.go")


DISCOVERY, LIST, ENVIRONMENT = '*" env -json "*', '*" list "*', '*" env GOMOD "*'
GO_COMMANDS = {"discovery": DISCOVERY, "list": LIST, "environment": ENVIRONMENT}


@pytest.mark.parametrize("when", GO_COMMANDS.values(), ids=GO_COMMANDS.keys())
class TestGoThatHangs:
    def test_the_next_save_works(
        self, start: Start, tmp_path: Path, toolchain: Toolchain, faulty: Callable[..., Faulty], when: str
    ) -> None:
        go = faulty(tmp_path / "bin" / "go", toolchain.go, when=when)
        editor = start(module(tmp_path), env={"STACKWARD_GO": str(go.path)})
        uri = opened(editor)
        go.wait_until_it_hangs()
        at = {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 18}}
        assert editor.ask("textDocument/hover", at) is None
        go.repair()
        next_save(editor, uri)
        go.wait_until_it_is_ended()

    def test_it_does_not_hold_up_the_end_and_is_not_left_behind(
        self, start: Start, tmp_path: Path, toolchain: Toolchain, faulty: Callable[..., Faulty], when: str
    ) -> None:
        go = faulty(tmp_path / "bin" / "go", toolchain.go, when=when)
        editor = start(module(tmp_path), env={"STACKWARD_GO": str(go.path)})
        opened(editor)
        go.wait_until_it_hangs()
        editor.ask("shutdown")
        editor.notify("exit")
        assert editor.exit_code() == 0
        go.wait_until_it_is_ended()


@pytest.mark.parametrize("when", [ESCAPES, OBJECT_CODE], ids=["escapes", "object code"])
class TestCompilerThatHangs:
    def test_the_next_save_works(
        self, start: Start, tmp_path: Path, toolchain: Toolchain, faulty_compiler: Compiler, when: str
    ) -> None:
        compile_ = faulty_compiler(when=when)
        editor = start(module(tmp_path), env=with_goroot(tmp_path, toolchain))
        uri = opened(editor)
        compile_.wait_until_it_hangs()
        at = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
        assert editor.ask("textDocument/hover", at) is None
        compile_.repair()
        next_save(editor, uri)
        compile_.wait_until_it_is_ended()

    def test_it_does_not_hold_up_the_end_and_is_not_left_behind(
        self, start: Start, tmp_path: Path, toolchain: Toolchain, faulty_compiler: Compiler, when: str
    ) -> None:
        compile_ = faulty_compiler(when=when)
        editor = start(module(tmp_path), env=with_goroot(tmp_path, toolchain))
        opened(editor)
        compile_.wait_until_it_hangs()
        editor.ask("shutdown")
        editor.notify("exit")
        assert editor.exit_code() == 0
        compile_.wait_until_it_is_ended()

    def test_another_package_is_analysed_meanwhile(
        self, start: Start, tmp_path: Path, toolchain: Toolchain, faulty_compiler: Compiler, when: str
    ) -> None:
        compile_ = faulty_compiler(when=f"{when[:-1]}*p.go*")
        root = write_module(tmp_path / "m", {"p.go": TEXT, "other/o.go": TEXT.replace("package p", "package other")})
        editor = start(root, env=with_goroot(tmp_path, toolchain))
        opened(editor)
        compile_.wait_until_it_hangs()
        other = editor.open("other/o.go")
        at_last(editor, lambda: editor.hints(other) == {NEW})

    def test_a_text_that_comes_back(
        self, start: Start, tmp_path: Path, toolchain: Toolchain, faulty_compiler: Compiler, when: str
    ) -> None:
        """What is known of it is shown again, though the hints that the other text did not have were gone."""
        compile_ = faulty_compiler(when=when)
        compile_.repair()
        editor = start(module(tmp_path), env=with_goroot(tmp_path, toolchain))
        uri = opened(editor)
        next_save(editor, uri)
        compile_.damage()
        editor.change(uri, "package p\n")
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        compile_.wait_until_it_hangs()
        compile_.repair()
        next_save(editor, uri)

    def test_it_is_ended_at_last(
        self,
        tmp_path: Path,
        toolchain: Toolchain,
        faulty_compiler: Compiler,
        monkeypatch: pytest.MonkeyPatch,
        when: str,
    ) -> None:
        compile_ = faulty_compiler(when=when)
        monkeypatch.setattr(compiler, "_HANG_SECONDS", 1.0)
        config = BuildConfig(go=toolchain.go, env=tuple(with_goroot(tmp_path, toolchain).items()))
        report = run_check(module(tmp_path), config=config)
        said = [str(one.failure) for one in report.packages] + [one.what for one in report.problems]
        assert [one for one in said if "did not end within" in one]
        compile_.wait_until_it_is_ended()


FAULTS = {
    "killed": "kill -9 $$",
    "fails silently": "exit 3",
    "garbage": "printf 'x\\0\\377garbage: 1:2\\n'; exit 2",
    "a panic": "echo 'panic: index out of range [1]'; echo; echo 'goroutine 1 [running]:'; exit 2",
}


@pytest.mark.parametrize(
    ("when", "name"),
    [*((ESCAPES, name) for name in FAULTS), (OBJECT_CODE, "killed"), (OBJECT_CODE, "garbage")],
    ids=lambda value: {ESCAPES: "escapes", OBJECT_CODE: "object code"}.get(value, value),
)
def test_a_compiler_that_goes_wrong(
    start: Start, tmp_path: Path, toolchain: Toolchain, faulty_compiler: Compiler, when: str, name: str
) -> None:
    compile_ = faulty_compiler(when=when, fault=FAULTS[name])
    editor = start(module(tmp_path), env=with_goroot(tmp_path, toolchain))
    uri = opened(editor)
    status = editor.settled()
    if when == ESCAPES:
        assert status["state"] == "broken"
        assert status["message"]
    compile_.repair()
    next_save(editor, uri)


def test_a_compiler_that_prints_garbage_without_end(
    start: Start, tmp_path: Path, toolchain: Toolchain, faulty_compiler: Compiler
) -> None:
    compile_ = faulty_compiler(when=ESCAPES, fault="echo >&9; exec yes garbage 2>&1")
    editor = start(module(tmp_path), env=with_goroot(tmp_path, toolchain))
    uri = opened(editor)
    compile_.wait_until_it_hangs()
    compile_.repair()
    next_save(editor, uri)
    compile_.wait_until_it_is_ended()
