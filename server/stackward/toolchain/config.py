"""What the user says about how Go code is built: part of the identity of every result."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BuildConfig:
    """Build settings of one workspace folder.

    ``go`` is the path of a go command ("" searches for one), ``tags`` the build tags, ``goos`` and ``goarch`` the
    target ("" is the host's), ``flags`` further flags of ``go build`` (``-race``, ``-trimpath``, ``-gcflags=…``,
    ``-mod=mod``, …) and
    ``env`` variables that override the server's own environment.
    """

    go: str = ""
    tags: tuple[str, ...] = ()
    goos: str = ""
    goarch: str = ""
    flags: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment for the go command and the compiler: offline unless ``env`` says otherwise."""
        env = dict(os.environ if base is None else base)
        env["GOPROXY"] = "off"
        env["GOTOOLCHAIN"] = "local"
        # It would have the go command write go.mod and go.sum; without it, it says what is missing.
        flags = [flag for flag in env.get("GOFLAGS", "").split() if flag.lstrip("-") != "mod=mod"]
        if len(flags) < len(env.get("GOFLAGS", "").split()):
            env["GOFLAGS"] = " ".join(flags)
        if self.goos:
            env["GOOS"] = self.goos
        if self.goarch:
            env["GOARCH"] = self.goarch
        env.update(self.env)
        return env

    def build_flags(self) -> list[str]:
        """Flags for ``go build`` and ``go list``; ``-mod=readonly`` unless a ``-mod`` is set or vendoring decides."""
        flags = list(self.flags)
        if self.tags:
            flags.append("-tags=" + ",".join(self.tags))
        return flags

    def all_tags(self, goflags: str) -> frozenset[str]:
        """The build tags that are set, those that flags set included; the last ``-tags`` counts, as for go itself."""
        tags: frozenset[str] = frozenset()
        implied: set[str] = set()
        for flag in (*goflags.split(), *self.build_flags()):
            name, equals, value = flag.lstrip("-").partition("=")
            if name == "tags" and equals:
                tags = frozenset(re.split(r"[,\s]+", value.strip("'\"")) if value else ())
            elif name in {"race", "msan", "asan"} and value not in {"false", "0"}:
                implied.add(name)
        return tags | implied

    def gcflags(self) -> str:
        """The compiler flags that ``flags`` sets for the packages named on a command line."""
        value = ""
        for flag in self.flags:
            name, equals, text = flag.lstrip("-").partition("=")
            if name != "gcflags" or not equals:
                continue
            pattern, has_pattern, rest = text.partition("=")
            if not has_pattern or pattern.startswith("-") or " " in pattern:
                value = text
            elif pattern in {"all", "./..."}:
                value = rest
        return value

    def fingerprint(self) -> str:
        """A digest of everything here."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]
