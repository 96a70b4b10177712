"""The language that a client's user reads: English, or one with a catalogue in ``locales/``.

Results are English wherever they are kept, compared or written for programs, and what the command line prints is
English too: other programs read it. What an editor shows is translated last, so that one cache serves all sessions.

The English text with named fields is the key. A text of the interface is looked up by its template (``say``). What
rules, verdicts and rewrites said is only there as a whole: it is read back with the templates of its section (``of``),
and a translation says of each field in which section that is looked up in turn: ``{why:phrase}``; without one a field
is code and stays as it is. What no template fits, as the compiler's own words, stays English.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path

from stackward.core.hint import Hint, HintStep
from stackward.core.site import Allocates, Site
from stackward.engine.rewriting import Proved, savings

_FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
_FOLDER = Path(__file__).resolve().parents[1] / "locales"
_BY_TAG = {"zh": "zh-CN"}
_MOST_REMEMBERED = 20_000  # Texts of one session; a large workspace has fewer that differ.


@dataclass(frozen=True, slots=True)
class _Template:
    """A text with fields, as a pattern. ``anchor`` is its longest part between fields: most texts lack that."""

    key: str
    anchor: str
    pattern: re.Pattern[str]
    translation: str


class Language:
    """A language of one session. ``name`` is its tag, English where there is no catalogue."""

    def __init__(self, name: str = "en") -> None:
        self.name = name
        self._catalogue = catalogue(name) if name != "en" else {}
        self._known: dict[tuple[str, str], str] = {}

    def say(self, template: str, /, **fields: object) -> str:
        """A text of the interface. Fields are shown as they are."""
        return self._catalogue.get("interface", {}).get(template, template).format(**fields)

    def of(self, section: str, text: str) -> str:
        """A whole text that was made elsewhere, in English, as a text of ``section``."""
        if not self._catalogue:
            return text
        known = self._known.get((section, text))
        if known is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            known = self._known[section, text] = self._translated(section, text)
        return known

    def _translated(self, section: str, text: str) -> str:
        exact = self._catalogue[section].get(text)
        if exact is not None:
            return exact
        fitting = self._fitting(section, text)
        return self._filled(fitting[0].translation, fitting[1]) if fitting is not None else text

    def _fitting(self, section: str, text: str) -> tuple[_Template, re.Match[str]] | None:
        for template in _templates(self.name, section):
            if template.anchor in text and (found := template.pattern.fullmatch(text)) is not None:
                return template, found
        return None

    def _filled(self, translation: str, found: re.Match[str]) -> str:
        """A translation with what the fields of the English text stood for."""
        return _FIELD.sub(lambda at: self.of(at[2], found[at[1]]) if at[2] else found[at[1]], translation)

    def problem(self, text: str) -> str:
        """What is wrong, behind the file or setting that it is wrong with."""
        whole = self.of("problem", text)
        where, colon, what = text.partition(": ")
        return f"{where}: {self.problem(what)}" if whole == text and colon else whole

    def hint(self, hint: Hint) -> str:
        """``Hint.text``: the message with what it costs."""
        site = hint.site
        if not self._catalogue:
            return hint.text
        if site.allocates is Allocates.NEVER:
            why = self.of("phrase", site.when)
            return self.say("{name} escapes, but nothing is allocated: {why}", name=site.name, why=why)
        message, cost = self.of("message", hint.message), self.cost(site)
        return self.say("{message} ({cost})", message=message, cost=cost) if cost else message

    def cost(self, site: Site) -> str:
        """``Site.cost``: how much, when, how often."""
        return self.say(", ").join(self.of("cost", part) for part in site.costs) if self._catalogue else site.cost

    def step(self, step: HintStep) -> str:
        """A step of a flow: a reason, which is translated, and an expression."""
        reason, colon, expression = step.text.partition(": ")
        return f"{self.of('step', reason)}{colon}{expression}"

    def proved(self, proof: Proved) -> str:
        """``Proved.title``: what is changed, what may differ, and what was proved."""
        if not self._catalogue:
            return proof.title
        title = self.of("title", proof.proposal.title)
        if proof.proposal.differs:
            title = self.say("{title}, {differs}", title=title, differs=self.of("differs", proof.proposal.differs))
        saved = self.say(", ").join(self.of("proof", part) for part in savings(proof.before, proof.after))
        return self.say("{title} ({proof})", title=title, proof=saved) if saved else title


def language_of(locale: str) -> Language:
    """The language for a locale: ``zh``, ``zh-CN``, ``zh-Hans``, ``zh_CN.UTF-8``; what is not known is English."""
    return Language(_BY_TAG.get(re.split(r"[-_.@]", locale.strip().lower(), maxsplit=1)[0], "en"))


@functools.cache
def catalogue(name: str) -> dict[str, dict[str, str]]:
    """The texts of a language, by section and English template."""
    found: dict[str, dict[str, str]] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


@functools.cache
def _templates(name: str, section: str) -> tuple[_Template, ...]:
    """The templates with fields of a section: first those around others of it, of either those that say most."""
    texts = catalogue(name)[section]
    keys = [key for key in texts if _FIELD.search(key)]
    keys.sort(key=lambda key: (f":{section}}}" not in texts[key], -len(_FIELD.sub("", key))))
    return tuple(_template(key, texts[key]) for key in keys)


def _template(key: str, translation: str) -> _Template:
    pieces = _FIELD.split(key)  # Text, field name, section, text, …
    pattern = "".join(
        re.escape(piece) if at % 3 == 0 else f"(?P<{piece}>.+?)" for at, piece in enumerate(pieces) if at % 3 != 2
    )
    return _Template(key, max(pieces[::3], key=len), re.compile(pattern, re.DOTALL), translation)
