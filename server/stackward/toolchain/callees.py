"""Functions of the standard library that allocate on their own, out of sight of their callers' object code.

They say nothing about a site; they make two versions of a function comparable, such as one that calls ``fmt.Sprintf``
and one that joins strings by itself. The numbers were measured with ``testing.AllocsPerRun``; no test does that again.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

ALLOCATIONS: dict[str, float] = {
    "bytes.Clone": 1,
    "bytes.Join": 1,
    "bytes.Repeat": 1,
    "context.WithValue": 1,
    "context.WithCancel": 3,
    "context.WithTimeout": 5,
    "encoding/base64.(*Encoding).EncodeToString": 2,
    "encoding/hex.EncodeToString": 2,
    "encoding/json.Marshal": 2,
    "encoding/json.Unmarshal": 4,
    "errors.New": 1,
    "fmt.Errorf": 2,
    # Go 1.26 inlines Errorf: if errorf has formatted nothing, which it says by nil, the caller makes the error.
    "fmt.errorf": 2,
    "fmt.Append": 1,
    "fmt.Appendf": 1,
    "fmt.Appendln": 1,
    "fmt.Sprint": 1,
    "fmt.Sprintf": 1,
    "fmt.Sprintln": 1,
    # Since Go 1.26 the functions of strconv only call these. The texts of numbers below 100 are there already.
    "internal/strconv.FormatFloat": 1,
    "internal/strconv.FormatInt": 0.9,
    "internal/strconv.FormatUint": 0.9,
    "html/template.(*Template).Parse": 30,
    "internal/strconv.genericFtoa": 1,
    "regexp.Compile": 30,
    "regexp.Match": 30,
    "regexp.MatchString": 30,
    "regexp.MustCompile": 30,
    "sort.Slice": 2,
    "sort.SliceStable": 2,
    "strconv.FormatFloat": 1,
    "strconv.FormatInt": 0.9,
    "strconv.FormatUint": 0.9,
    "strconv.Itoa": 0.9,
    "strconv.Quote": 2,
    "strconv.appendQuotedRuneWith": 1,
    # Short texts are quoted on the stack since Go 1.25.
    "strconv.appendQuotedWith": 0.5,
    "strconv.genericFtoa": 1,
    "strings.(*Builder).Grow": 1,
    "strings.(*Builder).grow": 1,
    "strings.Join": 0.9,
    "strings.Repeat": 1,
    "runtime.gostring": 1,  # What C.GoString is, in the file that cgo generates.
    "strings.Split": 1,
    "text/template.(*Template).Parse": 20,
    "time.After": 3,
    "time.NewTicker": 3,
    "time.NewTimer": 3,
    "time.Tick": 3,
}
"""How many objects a typical call allocates, beside what is seen in the caller; by the linker's symbol.

A fraction is for a function that does so for some arguments only.
"""

INLINED = {
    "fmt.errorf": "Errorf",
    "internal/strconv.FormatFloat": "FormatFloat",
    "internal/strconv.FormatInt": "(?:FormatInt|Itoa)",
    "internal/strconv.FormatUint": "FormatUint",
    "internal/strconv.genericFtoa": "FormatFloat",
    "runtime.gostring": r"C\.GoString",
    "strconv.FormatInt": "Itoa",
    "strconv.appendQuotedRuneWith": "QuoteRune",
    "strconv.appendQuotedWith": "Quote",
    "strconv.genericFtoa": "FormatFloat",
    "time.NewTimer": "After",
}
"""What calls such a function where it is inlined, so that the object code puts the call elsewhere: a pattern."""


def called(text: bytes, call: bytes) -> Iterator[tuple[int, str]]:
    """The calls of these functions in what ``compile -S`` prints: the offset of the instruction, and the symbol.

    ``call`` is how the architecture prints a call, up to the symbol.
    """
    for found in _calls(call).finditer(text):
        yield found.start(), found[1].decode()


@functools.cache
def _calls(call: bytes) -> re.Pattern[bytes]:
    names = "|".join(re.escape(name) for name in sorted(ALLOCATIONS))
    return re.compile(re.escape(call) + rb"(" + names.encode() + rb")\(SB\)")
