"""``stackward check`` and ``explain`` as a user calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

CART = """\
package cart

type Item struct{ Name string }

func New(name string) *Item {
	é, it := 1, Item{Name: name}
	_ = é
	return &it
}
"""
Module = Callable[[Mapping[str, str]], Path]


def stackward(root: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stackward", *args], cwd=root, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_text_form_shows_the_source_line(module: Module) -> None:
    done = stackward(module({"cart.go": CART}), "check")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "cart.go:6:6: it is moved to the heap: its address is returned (16 bytes) [address-returned]"
    assert lines[1] == "    6 |     é, it := 1, Item{Name: name}"
    assert lines[2] == "      |        ^^"
    assert "\x1b" not in done.stdout
    assert lines[-1].startswith("1 site in 1 package (go1.")


def test_expressions_are_named_as_the_source_has_them(module: Module) -> None:
    """The compiler prints constants, inlined calls (``~r0``) and formatting of its own."""
    done = stackward(
        module(
            {
                "row.go": """\
package row

import "fmt"

type Price int

func (p Price) String() string { return string(append([]byte{36}, byte('0'+p))) }

func Quote(row []byte, p Price) []byte {
	row = append(row, '"')
	return append(row, []byte(p.String())...)
}

func Show(p Price) string { return "<" + fmt.Sprint(p.String()) + ">" }
"""
            }
        ),
        "check",
        "--all",
    )
    assert done.returncode == 0, done.stderr
    assert "needs storage of its own: append(row, '\"')" in done.stdout
    assert "p.String() is copied to the heap: it is boxed in an interface for argument 1 of fmt.Sprint" in done.stdout
    assert "~" not in done.stdout
    assert "byte(34)" not in done.stdout


def test_the_json_form(module: Module) -> None:
    root = module({"sub/cart.go": CART})
    done = stackward(root, "check", "--format", "json", "./...")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["version"] == 1
    assert found["toolchain"].startswith("go1.")
    assert [package["path"] for package in found["packages"]] == ["example.com/m/sub"]
    assert found["problems"] == []
    (site,) = found["sites"]
    assert site["file"] == "sub/cart.go"
    assert site["range"] == {"start": {"line": 6, "column": 6}, "end": {"line": 6, "column": 8}}
    assert site["function"] == "New"
    assert site["rule"] == "address-returned"
    assert [(step["line"], step["column"], step["text"]) for step in site["flow"]] == [
        (8, 9, "address taken: &it"),
        (8, 2, "returned: return &it"),
    ]
    assert site["inlined_at"] == []
    assert (site["allocates"], site["bytes"], site["size_class"], site["type"]) == ("always", 16, 16, "Item")
    assert site["runtime"].startswith(("runtime.newobject", "runtime.mallocgc"))


def test_columns_are_bytes_from_one(module: Module) -> None:
    text = CART.replace("\té, it", '\ts := "é😀"; é, it').replace("_ = é", "_, _ = é, s")
    done = stackward(module({"cart.go": text}), "check", "--format", "json")
    (site,) = [one for one in json.loads(done.stdout)["sites"] if one["rule"] == "address-returned"]
    line = text.splitlines()[5].encode()
    assert site["range"]["start"]["column"] == line.index(b"it :=") + 1


def test_a_broken_package_beside_a_good_one(module: Module) -> None:
    root = module({"good/cart.go": CART, "bad/bad.go": "package bad\n\nfunc F() int { return x }\n"})
    done = stackward(root, "check", "--format", "json", "./...")
    assert done.returncode == 2
    assert "bad.go:3:23: undefined: x" in done.stderr
    found = json.loads(done.stdout)
    assert [site["file"] for site in found["sites"]] == ["good/cart.go"]
    assert [bool(package["error"]) for package in found["packages"]] == [True, False]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["check", "./nowhere"], "nowhere"),
        (["check", "--go", "/nowhere/go"], "/nowhere/go"),
        (["check", "--format", "xml"], "invalid choice"),
        (["check", "--jobs", "-1"], "'-1' is no number of jobs"),
        (["check", "gone.go"], "gone.go"),
        (["explain", "adress-returned"], "did you mean address-returned?"),
        (["frobnicate"], "invalid choice"),
    ],
)
def test_a_wrong_call_says_why_and_gives_2(module: Module, args: list[str], reason: str) -> None:
    done = stackward(module({"cart.go": CART}), *args)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


CONTROLS = """\
package p

import "fmt"

func Red(n int) string { return fmt.Sprintf("\x1b[31m\u202eé %d", n) }
"""


def test_a_source_does_not_command_the_terminal(module: Module) -> None:
    done = stackward(module({"p.go": CONTROLS}), "check")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[1] == '    5 | func Red(n int) string { return fmt.Sprintf("␛[31m�é %d", n) }'
    assert lines[2].index("^") == lines[1].index("n) }")
    assert not {"\x1b", "\u202e"} & set(done.stdout)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_terminal_that_cannot_show_the_source(module: Module, form: str) -> None:
    argv = [sys.executable, "-m", "stackward", "check", "--format", form]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        argv, cwd=module({"p.go": CONTROLS}), env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    if form == "json":
        assert json.loads(done.stdout)["sites"][0]["file"] == "p.go"
    else:
        assert r"\xe9 %d" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it is made with a device of Linux")
def test_an_output_that_cannot_be_written_is_said(module: Module) -> None:
    argv = [sys.executable, "-m", "stackward", "check"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            argv,
            cwd=module({"cart.go": CART}),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 2
    assert done.stderr == "stackward: [Errno 28] No space left on device\n"


def test_tests_and_tags(module: Module) -> None:
    files = {
        "cart.go": CART,
        "cart_test.go": "package cart\n\nfunc inside() *int { n := 1; return &n }\n",
        "out_test.go": "package cart_test\n\nfunc outside() *int { n := 1; return &n }\n",
        "tagged.go": "//go:build special\n\npackage cart\n\nfunc tagged() *int { n := 1; return &n }\n",
    }
    root = module(files)

    def functions(*args: str) -> set[str]:
        return {
            site["function"] for site in json.loads(stackward(root, "check", "--format", "json", *args).stdout)["sites"]
        }

    assert functions() == {"New", "inside", "outside"}
    assert functions("--no-tests") == {"New"}
    assert functions("--no-tests", "--tags", "special") == {"New", "tagged"}


def test_ignored_and_switched_off(module: Module) -> None:
    ignored = CART.replace("\té, it", "\t//stackward:ignore address-returned the caller keeps it\n\té, it")
    root = module({"cart.go": ignored})
    assert json.loads(stackward(root, "check", "--format", "json").stdout)["sites"] == []
    (root / "cart.go").write_text(CART, encoding="utf-8")
    (root / ".stackward.toml").write_text('[rules]\naddress-returned = "off"\n', encoding="utf-8")
    assert json.loads(stackward(root, "check", "--format", "json").stdout)["sites"] == []
    assert len(json.loads(stackward(root, "check", "--all", "--format", "json").stdout)["sites"]) == 1


def test_explain_prints_the_page(tmp_path: Path) -> None:
    done = stackward(tmp_path, "explain", "goroutine")
    assert done.returncode == 0
    assert done.stdout.startswith("# goroutine\n")
    assert "goroutine" in stackward(tmp_path, "explain").stdout


def test_generic_instances_are_one_site(module: Module) -> None:
    text = 'package p\n\nfunc Ptr[T any](v T) *T { return &v }\n\nvar A, B = Ptr(1), Ptr("x")\n'
    done = stackward(module({"p.go": text}), "check", "--format", "json")
    sites = [site for site in json.loads(done.stdout)["sites"] if site["range"]["start"]["line"] == 3]
    assert len(sites) == 1
    assert sites[0]["function"] == "Ptr"


@pytest.mark.parametrize("functions", [1, 400], ids=["at the end", "on the way"])
def test_a_reader_that_has_seen_enough_is_no_error(module: Module, functions: int) -> None:
    text = "package p\n\n" + "".join(f"func F{n}() *int {{ n := {n}; return &n }}\n" for n in range(functions))
    argv = [sys.executable, "-m", "stackward", "check"]
    with subprocess.Popen(
        argv, cwd=module({"p.go": text}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
