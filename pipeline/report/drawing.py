"""What all pictures share: a figure that leaves nothing behind, colours that survive grey.

The colours follow Okabe and Ito (2008), chosen to be told apart by the colour-blind; shapes differ with them,
so that no picture rests on colour alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

INK, SOFT, LINE = "#1d2b33", "#55646c", "#d3dbdf"
COLOURS = ("#004c6d", "#d55e00", "#56b4e9", "#000000", "#cc79a7", "#009e73")
MARKERS = ("o", "s", "D", "^", "v", "P")
TEXT = 11.0
"""Size of the text in points, at 150 dots an inch."""

SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#9fc0cf", "#3b7a95", "#0b3547"])
UNKNOWN = "////"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a PNG file, with words for those who do not see it."""

    name: str
    png: bytes
    alt: str


@dataclass(slots=True)
class Sheet:
    """A figure being drawn; `png` is filled when it is done."""

    figure: Figure
    png: bytes = b""


@contextmanager
def drawing(width: float, height: float) -> Iterator[Sheet]:
    """A figure of so many inches, rendered to PNG bytes and forgotten.

    No window, no global list of figures, no setting of the process is touched.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    sheet = Sheet(figure)
    yield sheet
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=150, metadata={"Software": None})
    figure.clear()
    sheet.png = out.getvalue()


def known(text: str) -> str:
    """The text with what the packaged font cannot draw as `?`, and nothing read as a formula."""
    return "".join(one if ord(one) in _glyphs() else "?" for one in text).replace("$", r"\$")


def wrapped(text: str, width: int = 34) -> str:
    """A label on one line or two; what is longer is cut with a mark.

    >>> wrapped("Consistency and flexibility of the role in practice", 20).split(chr(10))
    ['Consistency and', 'flexibility of the …']
    """
    lines: list[str] = [""]
    for word in known(text).split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    lines = [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]
    return "\n".join(lines if len(lines) <= 2 else [lines[0], f"{lines[1][: width - 2].rstrip()} …"])


def on(shade: float) -> str:
    """The colour of text on a shade from 0 (white) to 1 (dark)."""
    return "#ffffff" if shade > 0.5 else INK


def listed(names: Sequence[str]) -> str:
    """`a, b and c`.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


_GLYPHS: list[frozenset[int]] = []


def _glyphs() -> frozenset[int]:
    """Code points of the font that matplotlib brings along."""
    if not _GLYPHS:
        font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
        _GLYPHS.append(frozenset(font.get_charmap()))
    return _GLYPHS[0]
