"""``stackward fix`` as a user runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gomodule import vendored

TEXT = """package p

import "fmt"

func Key(region string, id int) string { return fmt.Sprintf("%s:%d", region, id) }

func Named(err error) string { return fmt.Sprintf("failed: %v", err) }
"""
FIXED = TEXT.replace('fmt.Sprintf("%s:%d", region, id)', 'region + ":" + strconv.Itoa(id)').replace(
    'import "fmt"', 'import (\n\t"fmt"\n\t"strconv"\n)'
)
GIT = {"GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "n", "GIT_COMMITTER_EMAIL": "a@b"}


def run(root: Path, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, cwd=root, capture_output=True, text=True, check=False, env={**os.environ, **GIT, **(env or {})}
    )


def fix(root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return run(root, sys.executable, "-m", "stackward", "fix", *argv)


@pytest.fixture
def root(module: Callable[..., Path]) -> Path:
    return module({"p.go": TEXT})


def test_the_diff_can_be_applied(root: Path) -> None:
    done = fix(root)
    assert done.returncode == 0, done.stderr
    assert (root / "p.go").read_text(encoding="utf-8") == TEXT
    (root / "d.patch").write_text(done.stdout, encoding="utf-8")
    applied = run(root, "git", "apply", "d.patch")
    assert applied.returncode == 0, applied.stderr
    assert (root / "p.go").read_text(encoding="utf-8") == FIXED
    assert "sprintf: 1 rewrite" in done.stderr
    assert "refused: 1 place" in done.stderr
    assert "p.go:7:39: sprintf" not in done.stderr


def test_refusals_are_explained(root: Path) -> None:
    done = fix(root, "--explain-refusals", "--rule", "sprintf")
    assert "p.go:7:39: sprintf: err may be nil, which %v prints as <nil>" in done.stderr


def test_what_may_differ_is_told(module: Callable[..., Path]) -> None:
    text = """package p

import (
	"fmt"
	"io"
)

func Key(region string, id int) string { return fmt.Sprintf("%s:%d", region, id) }

func Answer(w io.Writer) { w.Write([]byte("a long answer, which is on the heap if it is copied")) }

var println = fmt.Println
"""
    root = module({"p.go": text})
    told = "write-string: Use io.WriteString instead of Write, its WriteString must do what its Write does"
    assert f"p.go:10: {told}" in fix(root, "--review").stderr
    assert told not in fix(root).stderr
    # After a rewrite above, which needs one more import.
    assert f"p.go:11: {told}" in fix(root, "--review", "--write", "--force").stderr


def test_writing_and_then_there_is_nothing_left(root: Path) -> None:
    (root / "p.go").chmod(0o640)
    done = fix(root, "--write", "./...")
    assert done.returncode == 0, done.stderr
    assert (root / "p.go").read_text(encoding="utf-8") == FIXED
    assert (root / "p.go").stat().st_mode & 0o777 == 0o640
    assert "rewrote p.go" in done.stdout
    assert sorted(path.name for path in root.iterdir()) == ["go.mod", "p.go"]
    assert "nothing to rewrite" in fix(root, "--write", "./...").stderr


def test_uncommitted_changes_are_left_alone(root: Path) -> None:
    run(root, "git", "init", "-q")
    done = fix(root, "--write")
    assert done.returncode == 2
    assert "p.go was not changed: it has uncommitted changes" in done.stderr
    assert (root / "p.go").read_text(encoding="utf-8") == TEXT
    run(root, "git", "add", ".")
    assert run(root, "git", "commit", "-qm", "x").returncode == 0
    assert fix(root, "--write").returncode == 0
    assert (root / "p.go").read_text(encoding="utf-8") == FIXED
    (root / "p.go").write_text(TEXT, encoding="utf-8")
    assert fix(root, "--write", "--force").returncode == 0
    assert (root / "p.go").read_text(encoding="utf-8") == FIXED


def test_what_others_wrote_is_shown_only(module: Callable[..., Path]) -> None:
    root = module(vendored(TEXT))
    path = root / "vendor" / "example.com" / "v" / "v.go"
    assert "+\t" in fix(root, "example.com/v").stdout
    for options in (["--write"], ["--write", "--force"]):
        done = fix(root, *options, "example.com/v")
        assert done.returncode == 2
        assert "v.go was not changed: it lies in a vendor folder" in done.stderr
    assert path.read_text(encoding="utf-8") == TEXT
    assert fix(path.parent, "--write").returncode == 0  # Who works in that folder means it.
    assert path.read_text(encoding="utf-8") == FIXED


def test_what_an_editor_has_not_saved_is_left_alone(root: Path) -> None:
    (root / ".#p.go").symlink_to("user@host.123")
    done = fix(root, "--write")
    assert done.returncode == 2
    assert "unsaved changes" in done.stderr
    assert (root / "p.go").read_text(encoding="utf-8") == TEXT


def test_a_link_is_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "real.go").write_text(TEXT, encoding="utf-8")
    (root / "p.go").unlink()
    (root / "p.go").symlink_to(tmp_path / "real.go")
    assert fix(root, "--write").returncode == 0
    assert (root / "p.go").is_symlink()
    assert (tmp_path / "real.go").read_text(encoding="utf-8") == FIXED


def test_bad_calls(root: Path) -> None:
    unknown = fix(root, "--rule", "nonsense")
    assert unknown.returncode == 2
    assert "there is no rewrite 'nonsense'; there are " in unknown.stderr
    assert fix(root, "./none").returncode == 2
    assert fix(root, "--diff", "--write").returncode == 2


def test_a_package_that_does_not_build(module: Callable[..., Path]) -> None:
    root = module({"good/p.go": TEXT, "bad/p.go": "package bad\n\nfunc F() int { return nothing }\n"})
    done = fix(root, "--write", "./...")
    assert done.returncode == 2
    assert "nothing" in done.stderr
    assert (root / "good" / "p.go").read_text(encoding="utf-8") == FIXED


def test_generated_files_are_left_alone(module: Callable[..., Path]) -> None:
    root = module({"p.go": "// Code generated by x. DO NOT EDIT.\n\n" + TEXT})
    done = fix(root)
    assert done.stdout == ""
    assert "nothing to rewrite" in done.stderr


def test_types_are_known_in_what_was_rewritten_before(module: Callable[..., Path]) -> None:
    """The first rewrite imports a package that the module's recipe does not know of."""
    text = """package p

import (
	"encoding/json"
	"fmt"
)

func Rows(ids []int) ([]byte, error) {
	rows := []map[string]any{}
	for _, id := range ids {
		rows = append(rows, map[string]any{"id": id, "key": fmt.Sprintf("order %d", id)})
	}
	return json.Marshal(rows)
}
"""
    done = fix(module({"p.go": text}))
    assert done.returncode == 0, done.stderr
    assert '+\t\tKey string `json:"key"`' in done.stdout
    assert "strconv.Itoa(id)" in done.stdout


def test_only_what_is_new_is_formatted(module: Callable[..., Path]) -> None:
    text = """
        package p

        import "sync"

        type  T struct { a, b, c int }

        var pool = sync.Pool{New: func() any { return T{} }}

        func Use(x int) int {
        \tt := pool.Get().(T)
        \tt.a+=x
        \tpool.Put(t)
        \treturn t.a
        }
        """
    root = module({"p.go": text})
    done = fix(root, "--write", "--review", "--rule", "pool-pointer")
    assert done.returncode == 0, done.stderr
    made = (root / "p.go").read_text(encoding="utf-8")
    assert "var pool = sync.Pool{New: func() any {\n\tfresh := T{}\n\treturn &fresh\n}}\n" in made
    assert "type  T struct { a, b, c int }\n" in made
    assert "\tt.a+=x\n" in made


def test_lines_end_as_they_did(module: Callable[..., Path]) -> None:
    # gofmt takes every carriage return out, which would change each line of a file that was written on Windows.
    text = TEXT.replace('"%s:%d"', "`%s\n:%d`")
    root = module({"p.go": TEXT})
    (root / "p.go").write_bytes(text.replace("\n", "\r\n").encode())
    assert fix(root, "--write", "--force").returncode == 0
    made = (root / "p.go").read_bytes()
    assert b'region + "\\n:" + strconv.Itoa(id)' in made
    assert made.count(b"\n") == made.count(b"\r\n") == len(made.split(b"\r\n")) - 1
    assert b'import (\r\n\t"fmt"\r\n\t"strconv"\r\n)' in made


def test_what_another_rewrite_makes_possible_is_made_too(module: Callable[..., Path]) -> None:
    text = """
        package p

        import (
        \t"bytes"
        \t"sync"
        )

        var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

        func Copied(s string) []byte {
        \tb := pool.Get().(*bytes.Buffer)
        \tdefer pool.Put(b)
        \tb.WriteString(s)
        \treturn b.Bytes()
        }
        """
    root = module({"p.go": text})
    assert fix(root, "--write", "--review").returncode == 0
    made = (root / "p.go").read_text(encoding="utf-8")
    assert "bytes.Clone(b.Bytes())" in made
    assert "b.Reset()" in made  # Its bytes were kept before, which a reset would have changed.
    assert "nothing to rewrite" in fix(root, "--review").stderr


def test_what_does_not_pay_is_tried_again_when_its_function_has_changed(module: Callable[..., Path]) -> None:
    # As long as fmt makes the texts, a builder with room costs more each time than it saves.
    text = """
        package p

        import "fmt"

        func Escape(s string) string {
        \tres := ""
        \tfor _, r := range s {
        \t\tswitch {
        \t\tcase r == '<':
        \t\t\tres += "&lt;"
        \t\tcase r < ' ':
        \t\t\tres += fmt.Sprintf("&#x%x;", r)
        \t\tdefault:
        \t\t\tres += fmt.Sprintf("%c", r)
        \t\t}
        \t}
        \treturn res
        }
        """
    root = module({"p.go": text})
    assert fix(root, "--write", "--force").returncode == 0
    made = (root / "p.go").read_text(encoding="utf-8")
    assert "res.WriteRune(r)" in made, made
    assert "nothing to rewrite" in fix(root).stderr


def test_comments_are_kept(module: Callable[..., Path]) -> None:
    text = """
        package p

        func List(words []string, s string) (string, string) {
        \tout := "" // begins
        \tfor i := range words { // each
        \t\tout += "-" /* a dash */ + words[i] // and the word
        \t\tout = out + // a comma
        \t\t\t"," +
        \t\t\ts
        \t\ts += /* all */ words[i]
        \t\tout += ";" + s
        \t}
        \treturn out, s
        }
        """
    root = module({"p.go": text})
    assert fix(root, "--write", "--force").returncode == 0
    made = (root / "p.go").read_text(encoding="utf-8")
    assert "Builder" in made
    for comment in ("// begins", "// each", "/* a dash */", "// and the word", "// a comma", "/* all */"):
        assert comment in made, made


def test_what_a_test_makes_stays_in_it(module: Callable[..., Path]) -> None:
    texts = "".join(f'"{number}.0", ' for number in range(9))
    used = f"""
        package p

        import "testing"

        func TestKey(t *testing.T) {{
        \traw := []string{{{texts}}}
        \tfor _, one := range raw {{
        \t\tt.Run(one, func(t *testing.T) {{ t.Log(len(raw)) }})
        \t}}
        }}

        func check(t *testing.T, n int) {{
        \tnames := []string{{{texts}}}
        \tt.Run(names[n], func(t *testing.T) {{ t.Log(names[n]) }})
        }}

        func TestAll(t *testing.T) {{ check(t, 2) }}
        """
    done = fix(
        module({"p.go": "package p", "p_test.go": used}), "--tests", "--rule", "package-level", "--explain-refusals"
    )
    assert "p_test.go:6:9: package-level: TestKey runs once" in done.stderr
    assert "+var names = " in done.stdout, "what tests call is like any other function"


def test_what_only_tests_call_keeps_its_signature(module: Callable[..., Path]) -> None:
    made = """
        package p

        type Point struct{ x, y int }

        type Query struct {
        \tname string
        \targs [20]any
        }

        //go:noinline
        func At(x int) *Point { return &Point{x: x} }

        //go:noinline
        func New(name string) *Query { return &Query{name: name} }
        """
    used = """
        package p

        import "testing"

        func TestNew(t *testing.T) {
        \tp, q := At(1), New("name")
        \tif q.name[p.x] != 'a' {
        \t\tt.Fail()
        \t}
        }
        """
    done = fix(module({"p.go": made, "p_test.go": used}), "--review", "--explain-refusals")
    assert "return-by-value: only tests call it" in done.stderr, done.stderr
    assert "destination-parameter: only tests call it" in done.stderr
    assert not done.stdout


def test_a_refusal_is_told_once(module: Callable[..., Path]) -> None:
    # The first rewrite needs several lines, so that gofmt aligns the others anew.
    longer = 'func Longer(b bool, u uint) string { return fmt.Sprintf("%t=%d", b, u) }'
    short = 'func S(n int) string               { return fmt.Sprintf("%+d", n) }'
    root = module({"p.go": f'package p\n\nimport "fmt"\n\n{longer}\n{short}\n'})
    done = fix(root, "--explain-refusals")
    assert "+func S(n int) string { return" in done.stdout
    assert done.stderr.count("%+d of int needs fmt") == 2, done.stderr  # In the list, and in the summary.


def test_what_was_rewritten_is_not_refused(module: Callable[..., Path]) -> None:
    # The second function has the first line of the first one, which is not there any more in the end.
    text = """
        package p

        import "sort"

        func Names(rows []string) (first []string) {
        \tfor _, row := range rows {
        \t\tfirst = append(first, row[:1])
        \t}
        \tsort.SliceStable(rows, func(i, j int) bool {
        \t\treturn rows[i] < rows[j]
        \t})
        \treturn first
        }

        func Parts(rows []string, less func(a, b string) bool) {
        \tsort.SliceStable(rows, func(i, j int) bool {
        \t\treturn less(rows[i], rows[j])
        \t})
        }

        func Sizes(rows []string) {
        \tsort.SliceStable(rows, func(i, j int) bool {
        \t\treturn i < j
        \t})
        }
        """
    done = fix(
        module({"p.go": text}), "--explain-refusals", "--review", "--rule", "sort-slice", "--rule", "preallocate"
    )
    assert "preallocate: 1 rewrite" in done.stderr
    refused = [
        line.partition(": ")[2] for line in done.stderr.split("\n") if line.startswith("p.go:") and "Use" not in line
    ]
    assert refused == [
        "sort-slice: a function that is not known is called",
        "sort-slice: i is used for something else than an element",
    ]


def test_what_was_rewritten_is_not_refused_after_its_line_changed(module: Callable[..., Path]) -> None:
    text = """
        package p

        import "fmt"

        func Countdown(n int) []string {
        \tvar out []string
        \tfor i := n; i > 0; i-- {
        \t\tout = append(out, fmt.Sprintf("%d...", i))
        \t}
        \treturn out
        }
        """
    done = fix(module({"p.go": text}), "--explain-refusals", "--review")
    assert "preallocate: 1 rewrite" in done.stderr
    assert "sprintf: 1 rewrite" in done.stderr
    assert "refused" not in done.stderr
    assert "used before" not in done.stderr


def test_refusals_are_where_the_user_sees_them(module: Callable[..., Path]) -> None:
    """What is refused in a text that only the rewrites before have made is shown in the text on disk."""
    text = TEXT + '\nfunc Wide(id int) string { return fmt.Sprintf("%3d", id) }\n'
    root = module({"p.go": text})
    for argv in ((), ("--write",)):
        done = fix(root, "--explain-refusals", "--force", *argv)
        lines = (root / "p.go").read_text(encoding="utf-8").split("\n")
        found = [line.split(":") for line in done.stderr.split("\n") if ": sprintf: " in line]
        assert len(found) == 2
        for _, line, column, *_ in found:
            assert lines[int(line) - 1][int(column) - 1 :].startswith("fmt.Sprintf"), (argv, line, column)


def test_what_importers_inline_is_counted_where_it_comes_from(module: Callable[..., Path]) -> None:
    # Without the map the function is small enough to be inlined, and its one object is made in the caller.
    root = module(
        {
            "wrap/wrap.go": """
                package wrap

                import "encoding/json"

                func Wrap(kind string, v any) ([]byte, error) {
                \treturn json.Marshal(map[string]any{"kind": kind, "value": v, "version": 2})
                }
                """,
            "m.go": """
                package m

                import "example.com/m/wrap"

                func Use(v *int) ([]byte, error) { return wrap.Wrap("use", v) }
                """,
        }
    )
    done = fix(root, "./wrap", "--explain-refusals")
    assert "map-to-struct: 1 rewrite" in done.stderr, done.stderr


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_a_package_with_c_in_it_is_changed_with_its_importers(module: Callable[..., Path]) -> None:
    root = module(
        {
            "c/c.go": """
                package c

                // static int twice(int x) { return 2 * x; }
                import "C"

                func twice(x int) int { return int(C.twice(C.int(x))) }
                """,
            "c/point.go": """
                package c

                type Point struct{ X, Y int }

                //go:noinline
                func New(x int) *Point {
                \tp := Point{X: twice(x)}
                \treturn &p
                }
                """,
            "m.go": """
                package m

                import "example.com/m/c"

                func Use(x int) int { return c.New(x).X }
                """,
        }
    )
    done = fix(root, "./c", "--review", "--rule", "return-by-value", "--explain-refusals")
    assert "return-by-value: 1 rewrite" in done.stderr, done.stderr
    assert "+func New(x int) Point {" in done.stdout


def test_one_of_several_proposals_is_made_though_the_others_are_not(module: Callable[..., Path]) -> None:
    # A concatenation would make three numbers into strings. What else is rewritten is another change of one attempt.
    text = """
        package p

        import "fmt"

        func Line(a, b, c int64, s string) string { return fmt.Sprintf("%d %d %d %s", a, b, c, s) }

        func Rows(keys []string) []string {
        \tvar rows []string
        \tfor _, key := range keys {
        \t\trows = append(rows, fmt.Sprintf("<%s>", key))
        \t}
        \treturn rows
        }
        """
    done = fix(module({"p.go": text}), "--explain-refusals")
    assert "sprintf: 2 rewrites" in done.stderr
    assert "would allocate more" not in done.stderr
    assert "strings.Builder" in done.stdout


def test_a_text_that_is_formatted_twice_needs_fmt_for_neither(module: Callable[..., Path]) -> None:
    text = """
        package p

        import "fmt"

        func Tag(n int, sum uint32) string { return fmt.Sprintf("%q", fmt.Sprintf("%x-%x", n, sum)) }
        """
    done = fix(module({"p.go": text}))
    assert "strconv.Quote(" in done.stdout
    assert not [line for line in done.stdout.split("\n") if line.startswith("+") and "fmt" in line]


def test_what_saves_more_comes_first(module: Callable[..., Path]) -> None:
    # With its capacity the slice of maps would be one that no struct takes the place of.
    text = """
        package p

        import "encoding/json"

        func Rows(keys []string) ([]byte, error) {
        \tvar rows []map[string]any
        \tfor i, key := range keys {
        \t\trows = append(rows, map[string]any{"key": key, "number": i})
        \t}
        \treturn json.Marshal(rows)
        }
        """
    done = fix(module({"p.go": text}))
    assert "map-to-struct: 1 rewrite" in done.stderr, done.stderr
    assert "preallocate: 1 rewrite" in done.stderr, done.stderr


def test_code_that_a_line_directive_moves_is_left_alone(module: Callable[..., Path]) -> None:
    root = module({"p.go": TEXT.replace("func Key", "//line p.y:7\nfunc Key")})
    done = fix(root, "--explain-refusals")
    assert "p.go:6:49: sprintf: a line directive moves it" in done.stderr
    assert done.stdout == ""
