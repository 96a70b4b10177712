"""Which packages are measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from groundtruth import modules
from groundtruth.gocommand import Go, Package, packages
from groundtruth.modules import Module

STOREFRONT = Path(__file__).parents[2] / "examples" / "storefront"

STANDARD: tuple[str, ...] = (
    "archive/tar",
    "archive/zip",
    "bufio",
    "bytes",
    "compress/bzip2",
    "compress/flate",
    "compress/gzip",
    "container/list",
    "database/sql",
    "encoding/asn1",
    "encoding/base64",
    "encoding/binary",
    "encoding/csv",
    "encoding/gob",
    "encoding/hex",
    "encoding/json",
    "encoding/pem",
    "encoding/xml",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go/ast",
    "go/build/constraint",
    "go/constant",
    "go/doc",
    "go/format",
    "go/parser",
    "go/printer",
    "go/scanner",
    "go/token",
    "go/types",
    "html",
    "html/template",
    "image",
    "image/gif",
    "image/png",
    "index/suffixarray",
    "io",
    "log",
    "log/slog",
    "maps",
    "mime",
    "mime/multipart",
    "net/http",
    "net/mail",
    "net/netip",
    "net/textproto",
    "net/url",
    "path/filepath",
    "regexp",
    "regexp/syntax",
    "slices",
    "sort",
    "strconv",
    "strings",
    "sync",
    "text/scanner",
    "text/tabwriter",
    "text/template",
    "text/template/parse",
    "time",
    "unicode/utf8",
)


def subjects(go: Go, wanted: Sequence[str]) -> list[Package]:
    """The packages that were asked for, or all of them.

    A name without a dot in its first element is the standard library's; ``storefront`` is the example.
    """
    names = wanted or (*STANDARD, "storefront")
    standard = [one for one in names if one != "storefront"]
    found = list(packages(go, go.goroot / "src", standard)) if standard else []
    if "storefront" in names:
        found += packages(go, STOREFRONT, ["./..."])
    return found


def subjects_in(go: Go, wanted: Sequence[Module], cache: Path) -> list[Package]:
    """The packages of modules."""
    found: list[Package] = []
    for module in wanted:
        found += packages(go, modules.folder(go, module, cache), module.patterns, module.name)
    return found
