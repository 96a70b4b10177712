"""The packages of a recording as workbenches, and who imports whom among them."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from stackward.engine.folder import Tools
from stackward.engine.inputs import Inputs
from stackward.engine.results import UnitResult
from stackward.engine.sources import Sources
from stackward.engine.texts import Texts
from stackward.engine.workbench import Shop, Workbench
from stackward.toolchain.process import CancelToken
from stackward.toolchain.stamps import stale
from stackward.toolchain.unit import Recorded, Unit


class Benches:
    """Opens the packages of ``recorded``. ``texts`` are those that the user sees; no one else is told of changes.

    ``archives`` gives the export data that stands in for that of a unit's recipe, ``known`` results that are there.
    ``modules`` keeps what was recorded of whole modules from one instance to the next.
    """

    def __init__(
        self,
        tools: Tools,
        texts: Texts,
        recorded: Recorded,
        cancel: CancelToken,
        archives: Callable[[Unit], Mapping[str, str]] = lambda _: {},
        known: Callable[[Inputs], UnitResult | None] = lambda _: None,
        modules: dict[str, Recorded | None] | None = None,
    ) -> None:
        self._tools = tools
        self._texts = texts
        self._cancel = cancel
        self._archives = archives
        self._known = known
        self._lock = threading.Lock()
        self._made: OrderedDict[str, UnitResult] = OrderedDict()
        self._recorded = recorded
        self._modules: dict[str, Recorded | None] = modules if modules is not None else {}
        self.units = _by_folder(recorded)

    def open(self, directory: str, texts: Mapping[str, bytes]) -> Workbench:
        """The package in a folder, with other texts laid over those that the user sees."""
        return self._opened(self.units[directory], self._recorded, texts)

    def _opened(self, units: Sequence[Unit], recorded: Recorded, texts: Mapping[str, bytes]) -> Workbench:
        own = self._texts.with_overlays(texts)
        shop = Shop(
            self._tools,
            own,
            Sources(own, self._tools.sources),
            recorded.graph,
            self._archives,
            self._known,
            self._cancel,
            self._made,
            frozenset(texts),
        )
        known: list[Workbench] = []

        def importers(bench: Workbench) -> Sequence[Workbench] | None:
            if not known:
                found = self._importers(bench)
                if found is None:
                    return None
                known.extend(self._opened(one, self._recorded, texts) for one in found)
            return known

        return Workbench(shop, units, importers)

    def _importers(self, bench: Workbench) -> list[Sequence[Unit]] | None:
        """The units of the folders that import a package: of what was recorded, and of all of its module."""
        folders = dict(self.units)
        if not bench.units[0].standard:
            module = self._whole(bench.directory)
            if module is None:
                return None
            folders = _by_folder(module) | folders
        path = bench.import_path
        return [
            units
            for directory, units in folders.items()
            if directory != bench.directory and any(path == one for unit in units for one, _ in unit.imports)
        ]

    def _whole(self, directory: str) -> Recorded | None:
        """All packages of the module around a folder; recorded once."""
        root = directory
        while not os.path.exists(os.path.join(root, "go.mod")):
            parent = os.path.dirname(root)
            if parent == root:
                return None
            root = parent
        with self._lock:
            known = self._modules.get(root)
            if known is None or stale(known) or any(self._texts.header(path) != head for path, head in known.headers):
                recorded = self._tools.recorder.record(root, ["./..."], cancel=self._cancel)
                known = self._modules[root] = recorded if isinstance(recorded, Recorded) else None
            return known


def _by_folder(recorded: Recorded) -> dict[str, Sequence[Unit]]:
    folders: dict[str, list[Unit]] = {}
    for unit in recorded.units:
        folders.setdefault(unit.dir, []).append(unit)
    return dict(folders)
