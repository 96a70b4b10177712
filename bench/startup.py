"""Start and memory, with the standard library open as the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from lspclient import Client, ServerError
from processes import Memory, memory, settle
from servers import Gopls, Server, Timing
from tables import cell, table
from targets import Target, under
from workplace import Package, Place

_STARTS = 10
_SAVES = 2
_TARGET_SECONDS = 0.4
_TARGET_MIB = 120.0


def startup(server: Sequence[str], gopls: str | None, places: Mapping[str, Place]) -> Iterator[str | Target]:
    """The section of the report."""
    argvs = {"stackward": list(server)} | ({"gopls": [gopls]} if gopls is not None else {})
    starts, fresh = _starts(argvs, places)
    rows = []
    used: dict[str, Memory | str] = {}
    for name, argv in argvs.items():
        at = places[name]
        package = next(one for one in at.packages() if one.name == "net/http")
        after = used[name] = _used(Gopls if name == "gopls" else Server, argv, package, at)
        figures = [f"{one:.0f}" for one in (after.own, after.tree, after.peak)] if isinstance(after, Memory) else []
        row = [
            name,
            cell(starts[name]),
            f"{fresh[name].own:.0f}",
            *(figures or [after if isinstance(after, str) else "–", "–", "–"]),
        ]
        rows.append(row)
    yield "## Start and memory (workspace: the standard library)"
    yield ""
    yield f"`initialize`: from the start of the process to the answer, {_STARTS} times, files in the disk cache."
    yield f"Memory: resident MiB; after net/http was opened, analysed, and edited and saved {_SAVES + 1} times."
    yield ""
    yield from table(
        ["", "`initialize` s", "MiB after start", "MiB after net/http", "with children", "own peak"],
        rows,
    )
    yield under("`initialize` answered from cold", starts["stackward"], _TARGET_SECONDS, unit=" s", digits=3)
    ours = used["stackward"]
    yield under(
        "resident, the server itself, the standard library open",
        [ours.own] if isinstance(ours, Memory) else [],
        _TARGET_MIB,
        unit=" MiB",
        digits=0,
    )


def _starts(
    argvs: Mapping[str, Sequence[str]], places: Mapping[str, Place]
) -> tuple[dict[str, list[float]], dict[str, Memory]]:
    """Seconds to the answer of ``initialize``, servers in turn, and the memory once all is loaded."""
    seconds: dict[str, list[float]] = {name: [] for name in argvs}
    fresh: dict[str, Memory] = {}
    for number in range(_STARTS + 1):
        for name, argv in argvs.items():
            at = places[name]
            client = Client(argv, at.env, at.goroot / "src")
            try:
                took = client.initialize({})
                if number:  # The first one brings files into the disk cache.
                    seconds[name].append(took)
                if number == _STARTS:
                    settle(client.process.pid)
                    fresh[name] = memory(client.process.pid)
            finally:
                client.end()
    return seconds, fresh


def _used(
    make: Callable[[Sequence[str], Package, Mapping[str, str], Timing], Server],
    argv: Sequence[str],
    package: Package,
    at: Place,
) -> Memory | str:
    """The memory after work, or why there is no figure."""
    try:
        server = make(argv, package, at.env, Timing())
    except ServerError as error:
        return f"failed: {error}"
    try:
        for _ in range(_SAVES):
            server.save()
        settle(server.client.process.pid)
        return memory(server.client.process.pid)
    except ServerError as error:
        return f"failed: {error}"
    finally:
        server.end()
