"""``fmt.Errorf`` and ``errors.New``: what is made at the call, which since Go 1.26 is the error of a plain text too."""

from __future__ import annotations

import pytest

from gomodule import run_check, write_module
from stackward.core.hint import Hint
from stackward.core.site import Allocates
from stackward.toolchain.discovery import Toolchain

SOURCE = """
package p

import (
	"errors"
	"fmt"
)

var sink error

func New() { sink = errors.New("x") }

func Plain() { sink = fmt.Errorf("x") }

func Text(s string) { sink = fmt.Errorf(s) }

func Given(s string, all ...any) { sink = fmt.Errorf(s, all...) }

func Verb(s string) { sink = fmt.Errorf("x %s", s) }

type failing struct{ err error }

func (f *failing) Set() { f.err = errors.New("x") }

func Percent() { sink = fmt.Errorf("100%%") }

func Wrapped(err error) { sink = fmt.Errorf("x: %w", err) }
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Hint]:
    """By function the error that is made in it."""
    report = run_check(write_module(tmp_path_factory.mktemp("errors") / "m", {"p.go": SOURCE}))
    return {hint.site.function: hint for hint in report.hints if "errorString" in hint.site.subject}


def test_an_error_that_is_certainly_made(found: dict[str, Hint], toolchain: Toolchain) -> None:
    for function in ("New", "Plain") if toolchain.minor >= 26 else ("New",):
        site = found[function].site
        assert (site.allocates, site.when, site.cold) == (Allocates.ALWAYS, "", "")


def test_an_error_that_is_made_where_there_is_nothing_to_format(found: dict[str, Hint], toolchain: Toolchain) -> None:
    if toolchain.minor < 26:
        assert found.keys() == {"New", "(*failing).Set"}
        return
    assert {found[name].site.when for name in ("Text", "Given")} == {"Errorf gets to it"}
    assert {found[name].site.allocates for name in ("Verb", "Percent", "Wrapped")} == {Allocates.NEVER}


def test_the_flow_is_in_words_of_the_source(found: dict[str, Hint], toolchain: Toolchain) -> None:
    assert 'f.err = errors.New("x")' in found["(*failing).Set"].message
    if toolchain.minor >= 26:
        assert 'sink = fmt.Errorf("x")' in found["Plain"].message
        assert not [step.text for hint in found.values() for step in hint.steps if "fmt.err" in step.text]
