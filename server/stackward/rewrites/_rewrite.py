"""What a rewrite is.

A rewrite is one file: its module docstring is the published page (``stackward explain``, ``docs/rewrites/``),
``REWRITE`` its name and function, ``EXAMPLES`` files before and after, ``REFUSALS`` files of which it keeps its hands.
Both are documentation and tests: the real compiler sees them all, and what can run is run before and after.

A rewrite only proposes. The engine applies the proposal to an overlay, recompiles, and offers it if the allocation is
gone and no function allocates more (``engine.verify``). Of several proposals for one place the cheapest is offered.
"""

from __future__ import annotations

import enum
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.syntax.tree import SourceFile

if TYPE_CHECKING:
    from stackward.rewrites._scene import Scene


class Applicability(enum.Enum):
    """How much a rewrite may change besides what is allocated."""

    SAFE = "safe"
    """Same behaviour for every input."""
    REVIEW = "review"
    """Differs in a way that the title names."""
    DISPLAY = "display"
    """Shown, not applied: one of the others in code that is not the user's. No proposal is of this kind itself."""


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from ``start`` up to ``end`` of a file."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to change the code. ``title`` is an imperative without the proof: ``Return User by value``.

    ``edits`` are by file, in terms of the texts of the scene; ``imports`` are the import paths that the new code needs
    in a file, under the names that ``Scene.qualifier`` gave (imports that are not used any more are removed by the
    engine). ``differs`` says for ``REVIEW`` what may be different afterwards, in a few words for the title.

    ``repairs`` is for a defect rather than a cost, in one sentence: such a change need not save anything.
    ``bounded`` are calls of ``append`` that grow no slice any more since the rewrite has given it room for all, and
    ``roomy`` the names (``Scene.free_name``) of new variables with room for all that is appended to them, or of writers
    (``strings.Builder``) that grow no more in the new lines than they did before, within a function that was called.
    The object code cannot tell, so the rewrite has to be sure. ``growing`` are new variables too, without such room:
    however many calls append to one of them, together they grow it about as often as one call alone would.
    ``lighter`` are calls of functions elsewhere, as they are now, that will make at least one object less each time,
    and literals of maps on the heap, whose entries take one of which the object code says nothing certain.
    ``spares`` are func literals, as they are now, that run only where there is nothing to reuse, like ``New`` of a
    ``sync.Pool``: one object more in them counts nothing against one less wherever something is reused.
    """

    title: str
    edits: Mapping[str, tuple[Replacement, ...]]
    imports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    applicability: Applicability = Applicability.SAFE
    differs: str = ""
    repairs: str = ""
    bounded: tuple[Span, ...] = ()
    roomy: tuple[str, ...] = ()
    growing: tuple[str, ...] = ()
    lighter: tuple[Span, ...] = ()
    spares: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is nothing to propose here, where one might expect it: one clause, ``s is read by a closure``."""

    reason: str


Offer: TypeAlias = Proposal | Refusal


@dataclass(frozen=True, slots=True)
class Rewrite:
    """``name`` is that of the page and of the code action's kind; ``title`` says in a few words what it does.

    It is tried at each node of one of the types ``starts`` (tree-sitter's) for which ``suits`` says yes: a quick look
    at the syntax, without types. ``propose`` gives proposals, or refusals, or nothing where it has nothing to say.
    """

    name: str
    title: str
    starts: tuple[str, ...]
    suits: Callable[[Node, SourceFile], bool]
    propose: Callable[[Scene], Iterable[Offer]]

    @property
    def page(self) -> str:
        """The page, in Markdown: the module's docstring, and its examples."""
        module = sys.modules[self.propose.__module__]
        parts = [inspect.cleandoc(module.__doc__ or "")]
        for number, example in enumerate(module.EXAMPLES, start=1):
            level = " (review)" if example.applicability is Applicability.REVIEW else ""
            parts.append(f"## Example {number}{level}\n\n```go\n{example.before.strip()}\n```")
            parts.append(f"becomes\n\n```go\n{example.after.strip()}\n```")
            for name, (before, after) in example.also.items():
                changed = f"\n\nbecomes\n\n```go\n{after.strip()}\n```" if after != before else ""
                parts.append(f"`{name}`:\n\n```go\n{before.strip()}\n```{changed}")
        return "\n\n".join(parts)


@dataclass(frozen=True, slots=True)
class Example:
    """A Go file ``p.go`` of package ``p``, before and after the rewrite is applied wherever it is offered.

    ``probe`` are statements of a function that can call ``emit(any)``: run with either file, they must emit the same.
    With ``saves`` (allocations of one run of the probe, at least) they must also allocate less afterwards.
    ``also`` are further files, by their paths in the module, before and after where they change.
    Besides, all functions and methods are called with generated arguments, in both versions, and must do the same.
    ``undriven`` are those of which that cannot be asked, each with the reason.
    ``since`` is the first minor release of Go 1 that it is for.
    """

    before: str
    after: str
    probe: str = ""
    saves: float = 1.0
    probe_imports: tuple[str, ...] = ()
    also: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    undriven: Mapping[str, str] = field(default_factory=dict)
    applicability: Applicability = Applicability.SAFE
    since: int = 24


@dataclass(frozen=True, slots=True)
class Refused:
    """A Go file that the rewrite leaves as it is. ``reason`` is a part of the refusal, empty where it says nothing.

    A refusal of the check (``allocates more``) counts as well.
    """

    source: str
    reason: str = ""
    since: int = 24
