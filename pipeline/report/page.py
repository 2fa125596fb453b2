"""One self-contained HTML page from sections of text, tables, quotations and pictures."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.drawing import Picture

STEPS = 5
"""Shades that a table's cell may have."""
KEPT = 8
"""Rows up to which a table is not broken over two pages."""

_NUMBER = re.compile(r"[+\-−]?[\d.,]+( ?%)?((\sto\s|\sof\s|/)[+\-−]?[\d.,]+( ?%)?)?|[–-]|n/a|undefined|")


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell; `tint` from 0 to 1 shades it."""

    text: str
    tint: float | None = None

    @property
    def step(self) -> int:
        """The shade as one of the style sheet's, 0 for none."""
        return 0 if not self.tint else max(1, min(STEPS, round(self.tint * STEPS)))


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header; columns in `numeric` stand to the right.

    With `folded`, a line that says what it is, the table opens on a click and stays closed on paper.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    caption: str = ""
    folded: str = ""
    kind: Literal["table"] = "table"

    @property
    def short(self) -> bool:
        """Whether it fits on a page of paper, and so is kept together."""
        return len(self.rows) <= KEPT


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph (plain, a notice, what a pattern says, or aside), a heading, or a theme's small heading.

    `tag` stands in a small frame after it.
    """

    text: str
    kind: Literal["text", "heading", "theme", "notice", "says", "soft"] = "text"
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation with its reference; `against` marks one that speaks against a pattern."""

    text: str
    source: str
    against: bool = False
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True)
class Quotes:
    """Quotations side by side where there is room."""

    quotes: tuple[Quote, ...]
    kind: Literal["quotes"] = "quotes"


@dataclass(frozen=True, slots=True)
class Points:
    """A list; each point may lead to a section (`to` is its id, "" to none)."""

    points: tuple[tuple[str, str], ...]
    kind: Literal["points"] = "points"


@dataclass(frozen=True, slots=True)
class Tally:
    """Many short labels with a number each, in columns."""

    counted: tuple[tuple[str, str], ...]
    kind: Literal["tally"] = "tally"


Seen = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Presence:
    """Which cases of each group show a theme: group, words on how many, and each case with what is known."""

    groups: tuple[tuple[str, str, tuple[tuple[str, Seen], ...]], ...]
    kind: Literal["presence"] = "presence"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as base64 of a PNG of so many pixels, with words for those who do not see it."""

    data: str
    alt: str
    caption: str
    width: int
    height: int
    kind: Literal["image"] = "image"


Block = Table | Text | Quote | Quotes | Points | Tally | Presence | Image


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with its own heading."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that stands large at the top."""

    value: str
    label: str


def table(
    header: Sequence[str], rows: Sequence[Sequence[str | Cell]], *, caption: str = "", folded: str = ""
) -> Table:
    """A table from plain rows; a column whose cells all look like numbers is set to the right.

    >>> table(("Code", "Given"), [("Culture", "12"), ("Role", "–")]).numeric
    (False, True)
    """
    cells = tuple(tuple([value if isinstance(value, Cell) else Cell(value) for value in row]) for row in rows)
    numeric = tuple(
        [
            any(row[column].text for row in cells)
            and all(_NUMBER.fullmatch(row[column].text.strip()) for row in cells)
            for column in range(len(header))
        ]
    )
    return Table(tuple(header), cells, numeric, caption, folded)


def image(picture: Picture, caption: str = "") -> Image:
    """A picture for the page; it is shown at half its pixels, so that it is sharp in print."""
    width, height = struct.unpack(">II", picture.png[16:24])
    data = base64.b64encode(picture.png).decode("ascii")
    return Image(data, picture.alt, caption, int(width) * 2 // 3, int(height) * 2 // 3)


def page(
    *,
    title: str,
    subtitle: str,
    figures: Sequence[Figure],
    sections: Sequence[Section],
    notices: Sequence[str] = (),
    version: str,
    date: str,
    foot: str = "Pseudonymised text only. People decide; the model suggests.",
) -> str:
    """The whole page; every text is escaped, nothing is loaded from elsewhere, no script runs.

    The page's own policy (CSP) lets in no script, no font, no address; only this style sheet, named by its
    hash, and pictures that lie in the page.
    """
    loader = PackageLoader("pipeline.report", ".")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = loader.get_source(environment, "page.css")[0]
    return environment.get_template("page.html.j2").render(
        title=title,
        subtitle=subtitle,
        figures=figures,
        sections=sections,
        notices=notices,
        version=version,
        date=date,
        foot=foot,
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii"),
    )
