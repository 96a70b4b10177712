"""Helpers of a package that never return, so that the branches that end in them are rarely taken."""

from __future__ import annotations

import pytest

from stackward.syntax.declared import declared
from stackward.syntax.endings import Endings, endings
from stackward.syntax.paths import cold
from stackward.syntax.tree import parse, path_to

HELPERS = """package p

type parser struct {
	report func()
}

type other struct{}

func fail(text string) {
	log.Print(text)
	panic(text)
}

func failf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fail(text) // For good.
}

func exit() {
	println("bye")
	os.Exit(1)
}

func may(text string) {
	if text == "" {
		return
	}
	panic(text)
}

func recovers() {
	defer func() { _ = recover() }()
	panic("x")
}

func hides(fail func(string)) {
	fail("x")
}

func warn(text string) { println(text) }

func ping() { pong() }

func pong() { ping() }

func (p *parser) errorf(text string) { failf(text) }

func (p *parser) expected(text string) {
	p.errorf("expected " + text)
}

func (p *parser) report() { panic(1) }

func (p *parser) stop() { panic(1) }

func (o other) stop() {}

func (p *parser) Fatal() { panic(1) }
"""


def known() -> Endings:
    found = declared(parse(HELPERS.encode()))
    return endings(found.helpers, found.fields)


def why(call: str, parameters: str = "x any") -> str:
    """Why a branch that ends in a call is cold."""
    text = f"package p\n\nfunc F({parameters}) {{\n\tif x != nil {{\n\t\t¦print(x)\n\t\t{call}\n\t}}\n}}\n"
    at = text.encode().index("¦".encode())
    source = parse(text.replace("¦", "").encode())
    return cold(path_to(source, at)[-1], source, known())


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ('fail("x")', "it panics"),
        ('failf("%v", x)', "it panics"),
        ("exit()", "it ends the process"),
        ('p.errorf("x")', "it panics"),
        ('p.inner.expected("x")', "it panics"),
        ('may("x")', ""),
        ("recovers()", ""),
        ("hides(nil)", ""),
        ('warn("x")', ""),
        ("ping()", ""),
        ("unknown()", ""),
        ("p.report()", ""),
        ("p.stop()", ""),
        ("p.Fatal()", ""),
        ("other.fail()", ""),
    ],
)
def test_branches_that_end_in_a_helper(call: str, reason: str) -> None:
    assert why(call) == reason


@pytest.mark.parametrize("parameters", ["x any, fail func(string)", "fail, x any"])
def test_another_thing_of_that_name(parameters: str) -> None:
    assert why('fail("x")', parameters) == ""
    assert why("exit()", parameters) == "it ends the process"


def test_a_literal_around_that_declares_the_name() -> None:
    text = (
        "package p\n\nfunc F(x any) {\n\tfail := print\n\tgo func() {\n\t\tif x != nil {\n\t\t\t¦g()\n"
        '\t\t\tfail("x")\n\t\t}\n\t}()\n}\n'
    )
    at = text.encode().index("¦".encode())
    source = parse(text.replace("¦", "").encode())
    assert cold(path_to(source, at)[-1], source, known()) == ""
