"""What a session of a folder starts with: settings, build configuration, and the store on disk."""

from __future__ import annotations

import atexit
import functools
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import stackward
from stackward.core.decision import Problem
from stackward.engine.settings import TEAM_FILE, Settings, load_team, merge, parse
from stackward.engine.store import Store
from stackward.rules import RULE_NAMES
from stackward.toolchain.caches import cache_dir
from stackward.toolchain.config import BuildConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A folder's settings, with what was wrong with them. ``work`` is the folder for derived files."""

    settings: Settings
    config: BuildConfig
    work: str
    problems: tuple[Problem, ...]


def load_folder(
    folder: str, *, client: Mapping[str, Any] | None = None, go: str = "", tags: tuple[str, ...] = ()
) -> Loaded:
    """The settings for a folder: the client's, and those of the team's file in it or above it in the same module."""
    own, problems = parse(client or {}, "settings", RULE_NAMES)
    team, more = load_team(team_folder(folder) or folder, RULE_NAMES)
    settings = merge(own, team)
    config = settings.build_config()
    if go:
        config = replace(config, go=go)
    if tags:
        config = replace(config, tags=tags)
    return Loaded(
        settings, config, _work(os.path.join(cache_dir(), f"work-{stackward.__version__}")), (*problems, *more)
    )


def open_store(settings: Settings) -> Store | None:
    """The store of results; None where the user wants none."""
    megabytes = int(settings.get("cache.maxSizeMB"))
    if megabytes == 0:
        return None
    return Store(os.path.join(cache_dir(), f"results-{stackward.__version__}"), megabytes << 20)


@functools.cache
def _work(folder: str) -> str:
    """The folder for derived files, or a temporary one where it cannot be written: a locked cache costs no hints."""
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        log.warning("derived files are not kept between runs: cannot write %s: %s", folder, error.strerror)
        temporary = tempfile.mkdtemp(prefix="stackward-")
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        return temporary


def team_folder(folder: str) -> str:
    """The nearest folder upward that has the team's file, empty if none has; the search ends at the module's root."""
    at = os.path.abspath(folder)
    while True:
        if os.path.exists(os.path.join(at, TEAM_FILE)):
            return at
        parent = os.path.dirname(at)
        if parent == at or os.path.exists(os.path.join(at, "go.mod")):
            return ""
        at = parent
