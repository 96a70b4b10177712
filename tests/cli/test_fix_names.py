"""``stackward fix`` where two rewrites of one function take the same new name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

NESTED = """
    package p

    import "fmt"

    func Rows(s string, names []string, n, m, k int64) string {
    \tfor _, name := range names {
    \t\trow := fmt.Sprintf("%s:%d:%d:%d", name, n, m, k)
    \t\ts += row
    \t\ts += ","
    \t}
    \treturn s
    }
    """
TEST = """
    package p

    import "testing"

    func TestRows(t *testing.T) {
    \tif got := Rows(">", []string{"a", "b"}, 1000, 2000, 3000); got != ">a:1000:2000:3000,b:1000:2000:3000," {
    \t\tt.Fatal(got)
    \t}
    }
    """
BESIDE = """
    package p

    import "fmt"

    func Page(n int, ok bool) string {
    \tif ok {
    \t\treturn fmt.Sprintf("page=%d&all=%t", n, ok)
    \t}
    \treturn fmt.Sprintf("p=%d&a=%t", n, ok)
    }

    func Either(n int, ok bool) string {
    \tif ok {
    \t\treturn fmt.Sprintf("page=%d&all=%t", n, ok)
    \t} else {
    \t\treturn fmt.Sprintf("p=%d&a=%t", n, ok)
    \t}
    }
    """


def test_a_builder_in_a_loop_is_not_the_one_around_it(module: Callable[..., Path]) -> None:
    # Both are made, each has a name of its own: both would be "b", and the inner one hide the outer one.
    root = module({"p.go": NESTED, "p_test.go": TEST})
    done = fix(root)
    assert "sprintf: 1 rewrite" in done.stderr, done.stderr
    assert "string-loop: 1 rewrite" in done.stderr, done.stderr
    text = (root / "p.go").read_text(encoding="utf-8")
    assert text.count("var b strings.Builder") == 1, text
    assert text.count("var b2 strings.Builder") == 1, text
    tested = subprocess.run(["go", "test", "."], cwd=root, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout


def test_blocks_beside_each_other_may_have_the_same_name(module: Callable[..., Path]) -> None:
    root = module({"p.go": BESIDE})
    fix(root)
    page, _, either = (root / "p.go").read_text(encoding="utf-8").partition("func Either")
    assert page.count("buf2 := make") == 1, page
    assert either.count("buf := make") == 2, either


def fix(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackward", "fix", "--write", "--force"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
