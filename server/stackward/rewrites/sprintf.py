"""# sprintf

`fmt.Sprintf` with plain verbs becomes what it prints: `strconv`, `hex`, concatenation, or appending to a buffer.

## Why it saves

Each operand of `fmt.Sprintf` is put into an interface, which copies it to the heap, and fmt parses the format and looks
at the types while the program runs. `strconv` and `+` need neither.

## When it is offered

When every verb is plain (`%s`, `%d`, `%v`, `%x`, `%q`, `%t`, and `%f`, `%e`, `%g` with or without a precision) and
every operand has a predeclared type, or is an array of bytes for `%x`: what fmt prints of a type with methods is
theirs to say. A named type is taken as what it is underneath if it has no such methods, one of another package only
for verbs like `%d`, for which fmt does not ask `String`. Of a `time.Duration`, `time.Month` or `time.Weekday` it is
what `String` gives. Of several ways the one is taken that the compiler shows to be the cheapest: numbers among other
text are appended to a buffer on the stack, or three and more of them written to a `strings.Builder` with room for
all. An error that is certainly not nil, as `if err != nil` says, may be one of the operands. Then it is for review:
fmt asks a `Format` method of the error first, and prints the panic if its `Error` panics. So is a format that is a
constant with a name, as its text is then in two places.

## When it is not

With flags, widths, `%T`, `%p`, indexes; for named types with methods, other interfaces and pointers; for errors that
may be nil; where a name hides the package or type that is needed; where another call of the statement could change an
operand, or be made before it panics; and with comments in the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._format import Piece, judged, out_of_turn, printed
from stackward.rewrites._names import walk
from stackward.rewrites._order import disturbed
from stackward.rewrites._printing import own_name
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._risk import Risk, risk
from stackward.rewrites._scene import Scene, arguments, calls, is_call, is_loose, put_in_place, replace_node
from stackward.rewrites._variables import before, inside, is_path, loop_around, sole, variable
from stackward.rewrites._writers import Kind, Writer, write
from stackward.syntax.tree import SourceFile

_LARGEST_BUFFER = 256  # Bytes on the stack that a number is worth.
_NUMBERS = 3  # Of fewer, what is concatenated is easier to read, and hardly dearer.
_SPRINT = ("fmt.Sprint", "fmt.Sprintf", "fmt.Sprintln")


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, *_SPRINT)


def propose(scene: Scene) -> Iterator[Offer]:
    parent = scene.node.parent
    callee = scene.callee(scene.node)
    if callee not in _SPRINT or parent is None or parent.type == "expression_statement":
        return
    names = _digests(scene, arguments(scene.node))
    found = printed(scene, callee, arguments(scene.node), names)
    if isinstance(found, Refusal):
        yield found
        return
    if any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("there is a comment inside of the call")
        return
    early = out_of_turn(scene, scene.node, found)
    if early is not None:
        yield Refusal(f"{scene.text(early)} would be read before or after other calls than now")
        return
    imports = {scene.path: tuple(sorted({path for piece in found for path in piece.imports}))}
    text = " + ".join(piece.text for piece in found)
    operand = found[0].operand
    whole = operand is not None and found[0].text == scene.text(operand)
    loose = len(found) > 1 or (whole and operand is not None and is_loose(operand))
    edits = [put_in_place(scene.node, text, loose=loose)]
    if names:
        lines = [f"{names[one.start_byte]} := {scene.text(one)}" for one in arguments(scene.node)[1:]]
        edits.append(before(scene, scene.statement(), lines))
    yield judged(Proposal(_title(found, callee), {scene.path: tuple(edits)}, imports), found)
    if names:
        return
    appended = _appended(scene, found)
    if appended is not None:
        title = f"Append to a buffer instead of {callee}"
        yield judged(Proposal(title, {scene.path: appended[0]}, imports, roomy=appended[1]), found)
    built = _built(scene, found)
    if built is not None:
        imports = {scene.path: tuple(sorted({*imports[scene.path], "strings"}))}
        title = f"Write to a strings.Builder instead of {callee}"
        yield judged(Proposal(title, {scene.path: built[0]}, imports, roomy=built[1]), found)


def _digests(scene: Scene, given: Sequence[Node]) -> dict[int, str]:
    """The name for an operand that is an array which a call returns: of what has no name there is no slice."""
    if len(given) != 2 or not is_call(given[1]) or not _whole(scene):
        return {}
    info = scene.type(given[1])
    if info is None or info.kind != "array":
        return {}
    return {given[1].start_byte: own_name(scene, "sum", ())}


def _whole(scene: Scene) -> bool:
    """Whether the call is all that its statement evaluates."""
    statement, listed = scene.statement(), scene.node.parent
    if listed is None or listed.type != "expression_list" or len(listed.named_children) != 1:
        return False
    return listed.parent == statement and statement.type in {"return_statement", "short_var_declaration"}


def _title(found: Sequence[Piece], callee: str) -> str:
    if len(found) > 1:
        return f"Concatenate instead of {callee}"
    if found[0].call:
        made = found[0].text
        return f"Use {made.removesuffix('()') if found[0].method else made.partition('(')[0]} instead of {callee}"
    return f"Use the string itself instead of {callee}"


def _appended(scene: Scene, found: Sequence[Piece]) -> tuple[tuple[Replacement, ...], tuple[str, ...]] | None:
    """The statement with the call as several that append to a buffer on the stack; where that is simple."""
    room = 0
    for piece in found:
        if piece.room is None:
            return None
        room += piece.room
    statement = scene.statement()
    operands = [piece.operand for piece in found if piece.operand is not None]
    if disturbed(scene, operands, range(scene.node.start_byte, scene.node.end_byte)) is not None:
        return None
    if len(found) < 2 or not any(piece.number for piece in found) or room > _LARGEST_BUFFER:
        return None
    if not _whole(scene) or _grows(scene, statement):
        return None
    name = own_name(scene, "buf", ())
    lines = [f"{name} := make([]byte, 0, {room})"]
    lines += [f"{name} = {piece.append.format(name)}" for piece in found]
    return (before(scene, statement, lines), replace_node(scene.node, f"string({name})")), (name,)


def _grows(scene: Scene, statement: Node) -> bool:
    """Whether what a statement declares is a string that a loop adds to: its builder would be what appends."""
    name = sole(statement.child_by_field_name("left"))
    known = variable(scene, name) if name is not None and statement.type == "short_var_declaration" else None
    written = (one.node for one in known.references if one.use.write) if known is not None else ()
    loops = (loop_around(one) for one in written)
    return any(loop is not None and not inside(statement, loop) for loop in loops)


def _built(scene: Scene, found: Sequence[Piece]) -> tuple[tuple[Replacement, ...], tuple[str, ...]] | None:
    """The statement with a builder that has room for all, where only the length of some text is not known before."""
    strings, fixed, lengths = scene.qualifier("strings"), 0, list[str]()
    for piece in found:
        if piece.operand is not None and risk(scene, piece.operand) is Risk.ACTS:
            return None  # What it changes would be read behind it.
        if piece.room is not None:
            fixed += piece.room
            continue
        if piece.operand is None or not is_path(piece.operand):
            return None
        text = scene.text(piece.operand)
        if text not in {piece.text, piece.bytes}:
            return None
        lengths.append(f"len({text})")
    statement = scene.statement()
    if strings is None or not lengths or fixed > _LARGEST_BUFFER:
        return None
    if sum(piece.number for piece in found) < _NUMBERS:
        return None
    if not _whole(scene) or _grows(scene, statement):
        return None
    name = own_name(scene, "b", ())
    to = Writer(Kind.BUILDER, name, f"&{name}", Risk.NONE, private=True, lent=False)
    lines = [f"var {name} {strings}.Builder", f"{name}.Grow({' + '.join([*lengths, str(fixed)])})"]
    lines += [write(piece, to) for piece in found]
    return (before(scene, statement, lines), replace_node(scene.node, f"{name}.String()")), (name,)


REWRITE = Rewrite("sprintf", "fmt.Sprintf to strconv, concatenation or appending", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "fmt"

func Format(n int, big int64, u uint8) (string, string, string) {
	return fmt.Sprintf("%d", n), fmt.Sprintf("%x", big), fmt.Sprint(u)
}
""",
        after="""package p

import "strconv"

func Format(n int, big int64, u uint8) (string, string, string) {
	return strconv.Itoa(n), strconv.FormatInt(big, 16), strconv.FormatUint(uint64(u), 10)
}
""",
        probe="""for _, n := range []int64{0, 1, -1, 99, 100, 1000, math.MaxInt64, math.MinInt64} {
	a, b, c := Format(int(n), n, uint8(n))
	emit(a)
	emit(b)
	emit(c)
}""",
        probe_imports=("math",),
    ),
    Example(
        before="""package p

import "fmt"

// Key is how an order is stored.
func Key(region string, id int) string {
	// The region comes first.
	return fmt.Sprintf("order:%s:%d", region, id)
}
""",
        after="""package p

import "strconv"

// Key is how an order is stored.
func Key(region string, id int) string {
	// The region comes first.
	return "order:" + region + ":" + strconv.Itoa(id)
}
""",
        probe="""for _, region := range []string{"", "eu", "é世界", "%d", "\\x00"} {
	emit(Key(region, len(region)*-77))
}""",
    ),
    Example(
        before="""package p

import "fmt"

type Level int

func (l Level) String() string { return fmt.Sprintf("Level(%d)", int(l)) }

func Address(a [4]byte, port uint16, back int8) string {
	return fmt.Sprintf("%d.%d.%d.%d:%d%d", a[0], a[1], a[2], a[3], port, back)
}
""",
        after="""package p

import "strconv"

type Level int

func (l Level) String() string {
	buf := make([]byte, 0, 27)
	buf = append(buf, "Level("...)
	buf = strconv.AppendInt(buf, int64(l), 10)
	buf = append(buf, ")"...)
	return string(buf)
}

func Address(a [4]byte, port uint16, back int8) string {
	buf := make([]byte, 0, 25)
	buf = strconv.AppendUint(buf, uint64(a[0]), 10)
	buf = append(buf, "."...)
	buf = strconv.AppendUint(buf, uint64(a[1]), 10)
	buf = append(buf, "."...)
	buf = strconv.AppendUint(buf, uint64(a[2]), 10)
	buf = append(buf, "."...)
	buf = strconv.AppendUint(buf, uint64(a[3]), 10)
	buf = append(buf, ":"...)
	buf = strconv.AppendUint(buf, uint64(port), 10)
	buf = strconv.AppendInt(buf, int64(back), 10)
	return string(buf)
}
""",
        probe="""for _, l := range []Level{0, -1, 99, math.MaxInt, math.MinInt} {
	emit(l.String())
}
emit(Address([4]byte{127, 0, 0, 1}, 80, 0))
emit(Address([4]byte{255, 255, 255, 255}, math.MaxUint16, math.MinInt8))""",
        probe_imports=("math",),
    ),
    Example(
        before="""package p

import "fmt"

func Page(number int, whole bool) string {
	return fmt.Sprintf("page=%d&all=%t", number, whole)
}
""",
        after="""package p

import "strconv"

func Page(number int, whole bool) string {
	buf := make([]byte, 0, 35)
	buf = append(buf, "page="...)
	buf = strconv.AppendInt(buf, int64(number), 10)
	buf = append(buf, "&all="...)
	buf = strconv.AppendBool(buf, whole)
	return string(buf)
}
""",
        probe="""for _, n := range []int{0, -1, 7, 100, 123456789, -987654321} {
	emit(Page(n, n%2 == 0))
}""",
    ),
    Example(
        before="""package p

import "fmt"

func Rates(low, high float64, small float32) []string {
	return []string{
		fmt.Sprintf("%.2f", low),
		fmt.Sprintf("%v", high),
		fmt.Sprintf("%g", small),
		fmt.Sprintf("%e", low),
	}
}
""",
        after="""package p

import "strconv"

func Rates(low, high float64, small float32) []string {
	return []string{
		strconv.FormatFloat(low, 'f', 2, 64),
		strconv.FormatFloat(high, 'g', -1, 64),
		strconv.FormatFloat(float64(small), 'g', -1, 32),
		strconv.FormatFloat(low, 'e', 6, 64),
	}
}
""",
        probe="""tiny, negative := math.SmallestNonzeroFloat64, math.Copysign(0, -1)
for _, x := range []float64{0, negative, 1, -1.005, 1e20, 1e21, 1e-7, 123456789, math.Inf(1), math.NaN(), tiny} {
	for _, s := range Rates(x, -x, float32(x)) {
		emit(s)
	}
}""",
        probe_imports=("math",),
        since=25,
    ),
    Example(
        before="""package p

import "fmt"

func Script(name, shell string) string {
	return fmt.Sprintf(`# %s
if [[ $SHELL = "%s" ]]; then
	start_%s
fi
`, name, shell, name)
}
""",
        after="""package p

func Script(name, shell string) string {
	return "# " + name + `
if [[ $SHELL = "` + shell + `" ]]; then
	start_` + name + "\\nfi\\n"
}
""",
        probe="""for _, name := range []string{"", "a b", "`\\"\\\\n"} {
	emit(Script(name, "é"))
}""",
    ),
    Example(
        before="""package p

import (
	"fmt"
	"io"
)

func Tag(w io.Writer, sum []byte, name string) {
	io.WriteString(w, fmt.Sprintf("%x", sum))
	io.WriteString(w, fmt.Sprintf("%q", name))
	fmt.Fprintln(w)
}
""",
        after="""package p

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
)

func Tag(w io.Writer, sum []byte, name string) {
	io.WriteString(w, hex.EncodeToString(sum))
	io.WriteString(w, strconv.Quote(name))
	fmt.Fprintln(w)
}
""",
        probe="""for _, name := range []string{"", "a\\"b", "é\\x00\\u2028", "\\xff"} {
	var b strings.Builder
	Tag(&b, []byte(name), name)
	emit(b.String())
}""",
        probe_imports=("strings",),
        saves=0,
        since=25,
    ),
    Example(
        before="""package p

import (
	"fmt"
	"io"
	"strconv"
)

func Report(number string) string {
	_, err := strconv.Atoi(number)
	if err == nil || number == "-" {
		return "a number"
	}
	return fmt.Sprintf("no number: %v", err)
}

func Close(closer io.Closer) string {
	if err := closer.Close(); closer != nil && nil != err {
		return fmt.Sprint(err)
	}
	return ""
}
""",
        after="""package p

import (
	"io"
	"strconv"
)

func Report(number string) string {
	_, err := strconv.Atoi(number)
	if err == nil || number == "-" {
		return "a number"
	}
	return "no number: " + err.Error()
}

func Close(closer io.Closer) string {
	if err := closer.Close(); closer != nil && nil != err {
		return err.Error()
	}
	return ""
}
""",
        probe="""for _, number := range []string{"", "-", "1", "世", "99999999999999999999"} {
	emit(Report(number))
}
reader, writer := io.Pipe()
emit(Close(reader) + Close(writer))
emit(Close((*os.File)(nil)))""",
        probe_imports=("io", "os"),
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import "fmt"

func Rest(first, last string, n int) string {
	return fmt.Sprintf("%s", first+last)[n:]
}

func Warn(name string, level int) string {
	buf := fmt.Sprintf("\\033[%dm%s\\033[0m", level, name)
	return buf + fmt.Sprint("!", level, level, name)
}
""",
        after="""package p

import "strconv"

func Rest(first, last string, n int) string {
	return (first + last)[n:]
}

func Warn(name string, level int) string {
	buf := "\\033[" + strconv.Itoa(level) + "m" + name + "\\033[0m"
	return buf + "!" + strconv.Itoa(level) + " " + strconv.Itoa(level) + name
}
""",
        probe="""for n, name := range []string{"", "ab", "é世界", "\\xff"} {
	emit(Warn(name, n*-1001))
	emit(Rest("ab", name, n/2))
}
func() {
	defer func() { emit(recover() != nil) }()
	emit(Rest("", "é", 3))
}()""",
    ),
    Example(
        before="""package p

import (
	"fmt"
	"time"
)

func Took(name string, start, end time.Duration) string {
	return fmt.Sprintf("%s took %v", name, end-start)
}

func When(day time.Weekday, month time.Month, d time.Duration) [3]string {
	return [3]string{fmt.Sprint(day), fmt.Sprintf("%s", month), fmt.Sprintf("%v", d)}
}
""",
        after="""package p

import (
	"time"
)

func Took(name string, start, end time.Duration) string {
	return name + " took " + (end - start).String()
}

func When(day time.Weekday, month time.Month, d time.Duration) [3]string {
	return [3]string{day.String(), month.String(), d.String()}
}
""",
        probe="""for _, n := range []int64{0, 1, -1, 6, 7, 12, 13, 1500, 1e9, 3600e9, math.MaxInt64, math.MinInt64} {
	emit(Took("é", 1, time.Duration(n)))
	emit(When(time.Weekday(n), time.Month(n), time.Duration(n)))
}""",
        probe_imports=("math", "time"),
    ),
    Example(
        before="""package p

import (
	f "fmt"
	sc "strconv"
)

func Item(id int, name string) string { return f.Sprintf("%d", id) + sc.Quote(name) + f.Sprintf(", ") }

func State(id int, done bool) string { return f.Sprintf("%d: %t", id, done) }
""",
        after="""package p

import (
	sc "strconv"
)

func Item(id int, name string) string { return sc.Itoa(id) + sc.Quote(name) + ", " }

func State(id int, done bool) string {
	buf := make([]byte, 0, 27)
	buf = sc.AppendInt(buf, int64(id), 10)
	buf = append(buf, ": "...)
	buf = sc.AppendBool(buf, done)
	return string(buf)
}
""",
        probe="""for id, name := range []string{"", "a", "é\\xff"} {
	emit(Item(id*-70, name))
	emit(State(id*-200, id > 1))
}""",
    ),
    Example(
        before="""package p

import "fmt"

const subject = "orders.%s.%s"

func Subject(shop, id string) string { return fmt.Sprintf(subject, shop, id) }
""",
        after="""package p

const subject = "orders.%s.%s"

func Subject(shop, id string) string { return "orders." + shop + "." + id }
""",
        probe="""for _, id := range []string{"", "%d", "é\xff", "long enough to be no small string"} {
	emit(Subject("é", id))
	emit(Subject(id, ""))
}""",
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"crypto/sha256"
	"fmt"
)

func Digest(data []byte) string {
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

func Tag(data, salt []byte) string {
	sum := sha256.Sum256(data)
	for i, b := range salt {
		sum[i%len(sum)] ^= b
	}
	return fmt.Sprintf("W/%x", sum)
}
""",
        after="""package p

import (
	"crypto/sha256"
	"encoding/hex"
)

func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func Tag(data, salt []byte) string {
	sum := sha256.Sum256(data)
	for i, b := range salt {
		sum[i%len(sum)] ^= b
	}
	return "W/" + hex.EncodeToString(sum[:])
}
""",
        probe="""for _, text := range []string{"", "a", "é世界\xff"} {
	emit(Digest([]byte(text)))
	emit(Tag([]byte(text), []byte("salt")))
}""",
        saves=0,
    ),
    Example(
        before="""package p

import "fmt"

type Point struct{ X, Y, Z int }

func (p *Point) Row(name string, width uint) string {
	return fmt.Sprintf("%s=%d/%d/%d, which is %d wide", name, p.X, p.Y, p.Z, width)
}
""",
        after="""package p

import (
	"strconv"
	"strings"
)

type Point struct{ X, Y, Z int }

func (p *Point) Row(name string, width uint) string {
	var b strings.Builder
	b.Grow(len(name) + 99)
	b.WriteString(name)
	b.WriteByte('=')
	b.Write(strconv.AppendInt(make([]byte, 0, 20), int64(p.X), 10))
	b.WriteByte('/')
	b.Write(strconv.AppendInt(make([]byte, 0, 20), int64(p.Y), 10))
	b.WriteByte('/')
	b.Write(strconv.AppendInt(make([]byte, 0, 20), int64(p.Z), 10))
	b.WriteString(", which is ")
	b.Write(strconv.AppendUint(make([]byte, 0, 20), uint64(width), 10))
	b.WriteString(" wide")
	return b.String()
}
""",
        probe="""for _, n := range []int{0, -1, 7, math.MaxInt, math.MinInt} {
	p := Point{n, -n, n / 3}
	emit(p.Row("", uint(n)))
	emit(p.Row("é世界 %d", 0))
}""",
        probe_imports=("math",),
        saves=15,
    ),
    Example(
        before="""package p

import (
	"fmt"
	"time"
)

type (
	ID     int
	Level  int32
	Region string
	Share  float32
	Flag   bool
	Sign   rune
	Count  = int64
)

type State uint

func (s State) String() string { return "state" }

func Key(id ID, level Level, region Region) string {
	return fmt.Sprintf("%s/%d/%v", region, id, level)
}

func All(share Share, flag Flag, sign Sign, state State, took time.Duration) []string {
	return []string{
		fmt.Sprintf("%v", share),
		fmt.Sprintf("%t", flag),
		fmt.Sprintf("%c", sign),
		fmt.Sprintf("%q", sign),
		fmt.Sprintf("%d", state),
		fmt.Sprintf("%d", took),
		fmt.Sprintf("%d", ID(sign)+2),
	}
}

func Counted(n Count) string { return fmt.Sprintf("%d", n) }

func Quoted(region Region) string { return fmt.Sprintf("%q", region) + fmt.Sprintf("%x", region) }
""",
        after="""package p

import (
	"encoding/hex"
	"strconv"
	"time"
)

type (
	ID     int
	Level  int32
	Region string
	Share  float32
	Flag   bool
	Sign   rune
	Count  = int64
)

type State uint

func (s State) String() string { return "state" }

func Key(id ID, level Level, region Region) string {
	return string(region) + "/" + strconv.Itoa(int(id)) + "/" + strconv.FormatInt(int64(level), 10)
}

func All(share Share, flag Flag, sign Sign, state State, took time.Duration) []string {
	return []string{
		strconv.FormatFloat(float64(share), 'g', -1, 32),
		strconv.FormatBool(bool(flag)),
		string(rune(sign)),
		strconv.QuoteRune(rune(sign)),
		strconv.FormatUint(uint64(state), 10),
		strconv.FormatInt(int64(took), 10),
		strconv.Itoa(int(ID(sign) + 2)),
	}
}

func Counted(n Count) string { return strconv.FormatInt(int64(n), 10) }

func Quoted(region Region) string {
	return strconv.Quote(string(region)) + hex.EncodeToString([]byte(region))
}
""",
        probe="""for _, n := range []int{0, 1, -1, 100, 0x4e16, math.MaxInt32, math.MinInt32} {
	emit(Key(ID(n), Level(n), Region(string(rune(n)))))
	emit(Counted(Count(n)))
	for _, text := range All(Share(n), n > 0, Sign(n), State(n), time.Duration(n)) {
		emit(text)
	}
	emit(Quoted(Region("\\xff\\"" + string(rune(n)))))
}""",
        probe_imports=("math", "time"),
        saves=50,
        since=25,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "fmt"

func Tries(times int, errs []error) string {
	text := fmt.Sprintf("after %d tries", times)
	for _, err := range errs {
		text += ": " + err.Error()
	}
	return text
}
""",
        "would allocate more",
    ),
    Refused(
        """package p

import "fmt"

type Level int

func (l Level) Format(to fmt.State, verb rune) { to.Write([]byte("level")) }

func Show(l Level) string { return fmt.Sprintf("%d", l) }
""",
        "of which fmt calls Format",
    ),
    Refused(
        """package p

import (
	"fmt"
	"net/http"
)

func Show(s http.ConnState, m http.SameSite) string { return fmt.Sprintf("%v%v", m, s) }
""",
        "m has type http.SameSite, which may have methods",
    ),
    Refused(
        """package p

import "fmt"

func Both(n int, next func(*int) int) string {
	return fmt.Sprintf("%d %d", n, next(&n))
}
""",
        "before or after other calls",
    ),
    Refused(
        """package p

import "fmt"

type turns struct{ n int }

func (t *turns) next() string { t.n++; return "+" }

func Turn() string {
	var t turns
	return fmt.Sprintf("%d%s", t.n, t.next())
}
""",
        "before or after other calls",
    ),
    Refused(
        """package p

import "fmt"

func Share(total, parts int, log func() string) string {
	return fmt.Sprintf("%d%s", total/parts, log())
}
""",
        "before or after other calls",
    ),
    Refused(
        """package p

import "fmt"

type Reader struct{ name string }

func (r *Reader) Next() string { r.name += "+"; return r.name }

func Names(r *Reader) []string { return []string{fmt.Sprintf("%s!", r.name), r.Next()} }
""",
        "before or after other calls",
    ),
    Refused(
        """package p

import "fmt"

func Show(b []byte, string func([]byte) any) any { return fmt.Sprintf("%s", b) }
""",
        "means something else",
    ),
    Refused(
        """package p

import "fmt"

func Show(id int, name string) string {
	return fmt.Sprintf("%d:%s",
		id,   // never 0
		name, // may be empty
	)
}
""",
        "comment",
    ),
    Refused(
        """package p

import "fmt"

type ID int

func (ID) String() string { return "secret" }

func Show(id ID) string { return fmt.Sprintf("%v", id) }
""",
        "of which fmt calls String",
    ),
    Refused(
        """package p

import "fmt"

func Show(err error) string { return fmt.Sprintf("failed: %v", err) }
""",
        "may be nil",
    ),
    Refused(
        """package p

import "fmt"

func Show(n int) string { return fmt.Sprintf("%05d", n) }
""",
        "needs fmt",
    ),
    Refused(
        """package p

import "fmt"

func Show(layout string, n int) string { return fmt.Sprintf(layout, n) }
""",
        "not a constant",
    ),
    Refused(
        """package p

import "fmt"

func Show(v any) string { return fmt.Sprintf("%v", v) }
""",
        "methods",
    ),
    Refused(
        """package p

import "fmt"

func strconv(n int) string { return fmt.Sprintf("%d", n) }
""",
        "strconv cannot be used",
    ),
    Refused(
        """package p

import "fmt"

func Show(err error, last func() error) string {
	if err != nil {
		err = last()
		return fmt.Sprintf("%v", err)
	}
	return ""
}
""",
        "may be nil",
    ),
    Refused(
        """package p

import "fmt"

func Show(err error) string {
	if err != nil || err == nil {
		return fmt.Sprint(err)
	}
	return ""
}
""",
        "may be nil",
    ),
    Refused(
        """package p

import "fmt"

func Show(err error, other bool) string {
	if err == nil && other {
		return ""
	}
	return fmt.Sprint(err)
}
""",
        "may be nil",
    ),
)
