"""Which places of the source were executed: ``go test -covermode=count -coverprofile``."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

_BLOCK = re.compile(r"^(?P<file>.+):(\d+)\.(\d+),(\d+)\.(\d+) (\d+) (\d+)$")

Point: TypeAlias = tuple[int, int]
"""Line and column from 1; columns in bytes."""


@dataclass(frozen=True, slots=True)
class Block:
    """Statements that run one after the other: from ``start`` to before ``end``, ``count`` times."""

    start: Point
    end: Point
    count: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The blocks of the files of a package, by the name that the profile gives the file, in order."""

    files: Mapping[str, Sequence[Block]] = field(default_factory=dict)

    def executions(self, file: str, point: Point) -> int | None:
        """How often the code at ``point`` ran; None where no block has it, such as at package level.

        Blocks nest only around function literals, whose body has blocks of its own: the one that starts last counts.
        A block's end is exclusive: the closing brace's own column belongs to what follows. (That of a function's last block
        is the brace, which holds no code.)
        """
        for block in reversed(self._before(file, point)):
            if point < block.end:
                return block.count
        return None

    def neighbours(self, file: str, point: Point) -> tuple[Block | None, Block | None]:
        """The last block that begins at or before ``point``, and the first after it."""
        blocks, at = self.files.get(file, ()), len(self._before(file, point))
        return (blocks[at - 1] if at else None), (blocks[at] if at < len(blocks) else None)

    def line_executions(self, file: str, line: int) -> int | None:
        """How often any of the blocks with a part on ``line`` ran; None where there is none."""
        counts = [b.count for b in self.files.get(file, ()) if b.start[0] <= line <= b.end[0]]
        return max(counts, default=None)

    def _before(self, file: str, point: Point) -> Sequence[Block]:
        blocks = self.files.get(file, ())
        return blocks[: bisect.bisect_right(blocks, point, key=lambda block: block.start)]


def parse(lines: Iterable[str]) -> Coverage:
    """Reads a profile. The same block may occur several times (several test binaries): counts are added."""
    counts: dict[str, dict[tuple[Point, Point], int]] = {}
    for line in lines:
        match = _BLOCK.match(line.strip())
        if match is None:  # The first line, "mode: count".
            continue
        numbers = [int(one) for one in match.groups()[1:]]
        place = (numbers[0], numbers[1]), (numbers[2], numbers[3])
        blocks = counts.setdefault(match["file"], {})
        blocks[place] = blocks.get(place, 0) + numbers[5]
    return Coverage(
        {
            file: [Block(start, end, count) for (start, end), count in sorted(blocks.items())]
            for file, blocks in counts.items()
        }
    )
