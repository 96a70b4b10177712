"""``stackward fix`` and packages whose names a file has without a qualifier, by ``import . "fmt"``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

KEY = 'func Key(s string, n int) string { return Sprintf("%s-%d", s, n) }\n'
NEW = 'func Key(s string, n int) string { return s + "-" + strconv.Itoa(n) }\n'
TIMED = "type t struct{ A time.Time }\n\nvar o = t{A: time.Time{}}\n\n"
LONG = 'func Long(s []string) bool { return MustCompile("^a+$").MatchString(s[0]) }\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Nothing needs the package any more.
        (f'import . "fmt"\n\n{KEY}', f'import "strconv"\n\n{NEW}'),
        (f'import (\n\t. "fmt"\n)\n\ntype T int\n\n{KEY}', f'import "strconv"\n\ntype T int\n\n{NEW}'),
        # The other name that could be the package's is one of another file.
        (f'import . "fmt"\n\nvar o Other\n\n{KEY}', f'import "strconv"\n\nvar o Other\n\n{NEW}'),
        # Nor are types of packages with a qualifier, and the names of fields.
        (
            f'import (\n\t. "fmt"\n\t"time"\n)\n\n{TIMED}{KEY}',
            f'import (\n\t"strconv"\n\t"time"\n)\n\n{TIMED}{NEW}',
        ),
        (
            f'import . "fmt"\n\n{KEY}\nfunc Say(s string) {{ Println(s, "!") }}\n',
            f'import (\n\t. "fmt"\n\t"strconv"\n)\n\n{NEW}\nfunc Say(s string) {{ Println(s, "!") }}\n',
        ),
        (
            f'import . "regexp"\n\n{LONG}',
            f'import . "regexp"\n\nvar longPattern = MustCompile("^a+$")\n\n{LONG}'.replace(
                'MustCompile("^a+$").M', "longPattern.M"
            ),
        ),
    ],
    ids=["alone", "group", "other", "qualified", "more", "kept"],
)
def test_names_without_a_qualifier(module: Callable[..., Path], before: str, after: str) -> None:
    root = module({"p.go": f"package p\n\n{before}", "q.go": "package p\n\ntype Other struct{}\n"})
    done = fix(root, "--write", "--force")
    assert (root / "p.go").read_text(encoding="utf-8") == f"package p\n\n{after}", done.stderr
    built = subprocess.run(["go", "vet", "./..."], cwd=root, capture_output=True, check=False)
    assert built.returncode == 0, built.stderr


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # One under another name in a group of its own, and one for its effects, are no group for others.
        (
            '"fmt"\n\t"os"\n\n\tjson "encoding/json"\n\n\t"example.com/m/other"',
            '"fmt"\n\t"os"\n\t"strconv"\n\n\tjson "encoding/json"\n\n\t"example.com/m/other"',
        ),
        ('_ "embed"\n\n\t"fmt"\n\t"os"', '_ "embed"\n\n\t"fmt"\n\t"os"\n\t"strconv"'),
        ('"fmt"\n\t"os"\n\n\t_ "embed"', '"fmt"\n\t"os"\n\t"strconv"\n\n\t_ "embed"'),
        ('"example.com/m/other"\n\t"fmt"\n\t"os"', '"example.com/m/other"\n\t"fmt"\n\t"os"\n\t"strconv"'),
    ],
    ids=["renamed", "before", "after", "mixed"],
)
def test_an_import_goes_to_the_group_of_the_others(module: Callable[..., Path], before: str, after: str) -> None:
    used = [name for name in ("json.Marshal", "other.Name") if name.partition(".")[0] in before]
    rest = "".join(f"var _ = {name}\n" for name in ["fmt.Println", "os.Exit", *used])
    text = "package p\n\nimport (\n\t{}\n)\n\nfunc Key(s string, n int) string {{ return {} }}\n\n{}"
    root = module(
        {
            "p.go": text.format(before, 'fmt.Sprintf("%s-%d", s, n)', rest),
            "other/other.go": 'package other\n\nconst Name = ""\n',
        }
    )
    done = fix(root, "--write", "--force")
    wanted = text.format(after, 's + "-" + strconv.Itoa(n)', rest)
    assert (root / "p.go").read_text(encoding="utf-8") == wanted, done.stderr


def test_imports_on_one_line_are_changed_as_a_whole(module: Callable[..., Path]) -> None:
    key = KEY.replace("Sprintf", "fmt.Sprintf")
    root = module({"p.go": f'package p\n\nimport ("fmt"; "os")\n\n{key}\nvar _ = os.Exit\n'})
    done = fix(root, "--write", "--force")
    wanted = f'package p\n\nimport "strconv"\n\nimport (\n\t"os"\n)\n\n{NEW}\nvar _ = os.Exit\n'
    assert (root / "p.go").read_text(encoding="utf-8") == wanted, done.stderr


def test_why_a_name_without_a_qualifier_is_left_alone(module: Callable[..., Path]) -> None:
    root = module({"p.go": f'package p\n\nimport (\n\t. "fmt"\n\t. "strconv"\n)\n\n{KEY}\nvar _ = Itoa(1)\n'})
    done = fix(root, "--explain-refusals", "--rule", "sprintf")
    assert "p.go:8:43: sprintf: strconv cannot be used here, its name is something else" in done.stderr


def fix(root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackward", "fix", *argv]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
