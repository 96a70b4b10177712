"""An analysis leaves nothing that only the collector finds, which looks at everything seldom while somebody types."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path

from gomodule import run_check, write_module

SOURCE = """package p

type T struct{ a, b int }

var kept []*T

func New(n int) *T { t := T{a: n}; return &t }

func Keep(names map[string]int) {
	for name, n := range names {
		kept = append(kept, New(n+len(name)))
	}
	defer func() { kept = nil }()
}
"""


def test_sites_go_with_the_analysis(tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"p.go": SOURCE})
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        report = run_check(root)
        gc.collect()
        left = Counter(type(one).__name__ for one in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert report.hints
    kinds = ("Decision", "EvidenceMaker", "Found", "Part")  # Trees are the session's, which has ended, too.
    assert not {name: left[name] for name in kinds if left[name]}
