"""A terminal's screen as a picture (SVG), for the READMEs."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

_CELL = (8.4, 18.0)  # Of a monospaced font of 14 pixels.
_FONT = 'font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14"'
_INK, _PAPER = "e0e2ea", "14161b"
_NAMED = {
    "black": "07080d",
    "red": "ffc0b9",
    "green": "b3f6c0",
    "brown": "fce094",
    "blue": "a6dbff",
    "magenta": "ffcaff",
    "cyan": "8cf8f7",
    "white": "eef1f8",
}


def picture(screen: Any) -> str:
    """The SVG of a pyte screen."""
    width, height = screen.columns * _CELL[0], screen.lines * _CELL[1]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" {_FONT}>',
        "<style>rect{shape-rendering:crispEdges}</style>",  # Without it there are seams between cells.
        f'<rect width="100%" height="100%" fill="#{_PAPER}"/>',
    ]
    for row in range(screen.lines):
        cells = screen.buffer[row]
        looks = ((_look(cells[column]), column) for column in range(screen.columns))
        for look, run in groupby(looks, key=lambda one: one[0]):
            columns = [column for _, column in run]
            text = "".join(cells[column].data for column in columns)
            parts += _run(text, look, columns[0], len(columns), row)
    return "\n".join([*parts, "</svg>", ""])


def _look(cell: Any) -> tuple[str, str, bool, bool, bool]:
    ink, paper = _colour(cell.fg, _INK), _colour(cell.bg, _PAPER)
    if cell.reverse:
        ink, paper = paper, ink
    return ink, paper, cell.bold, cell.italics, cell.underscore


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return _NAMED.get(name.removeprefix("bright"), name if len(name) == 6 else default)


def _run(text: str, look: tuple[str, str, bool, bool, bool], column: int, columns: int, row: int) -> list[str]:
    ink, paper, bold, italic, underlined = look
    x, y = column * _CELL[0], row * _CELL[1]
    parts = []
    if paper != _PAPER:
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{columns * _CELL[0]:.1f}" height="{_CELL[1]}" fill="#{paper}"/>'
        )
    if text.strip():
        style = (' font-weight="bold"' if bold else "") + (' font-style="italic"' if italic else "")
        style += ' text-decoration="underline"' if underlined else ""
        # The length keeps the columns straight whatever the font is.
        parts.append(
            f'<text x="{x:.1f}" y="{y + 13.5:.1f}" textLength="{columns * _CELL[0]:.1f}" xml:space="preserve" '
            f'fill="#{ink}"{style}>{escape(text)}</text>'
        )
    return parts
