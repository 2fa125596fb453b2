"""One self-contained HTML page from sections of text, tables, quotations and pictures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell; `tint` from 0 to 1 shades it."""

    text: str
    tint: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header; columns in `numeric` stand to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    caption: str = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or a heading within a section."""

    text: str
    kind: Literal["text", "heading"] = "text"


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation with its reference."""

    text: str
    source: str
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as base64 of a PNG, with words for those who do not see it."""

    data: str
    alt: str
    kind: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with its own heading."""

    id: str
    title: str
    blocks: tuple[Table | Text | Quote | Image, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that stands large at the top."""

    value: str
    label: str


def table(header: Sequence[str], rows: Sequence[Sequence[str | Cell]], *, caption: str = "") -> Table:
    """A table from plain rows; a column whose cells all look like numbers is set to the right."""
    cells = tuple(tuple([value if isinstance(value, Cell) else Cell(value) for value in row]) for row in rows)
    numeric = tuple(
        [bool(cells) and all(_numeric(row[column].text) for row in cells) for column in range(len(header))]
    )
    return Table(tuple(header), cells, numeric, caption)


def image(png: bytes, alt: str) -> Image:
    """A picture from PNG bytes."""
    return Image(base64.b64encode(png).decode("ascii"), alt)


def page(
    *,
    title: str,
    subtitle: str,
    figures: Sequence[Figure],
    sections: Sequence[Section],
    notices: Sequence[str] = (),
    version: str,
    date: str,
) -> str:
    """The whole page; every text is escaped, nothing is loaded from elsewhere, no script runs."""
    environment = Environment(
        loader=PackageLoader("pipeline.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        title=title,
        subtitle=subtitle,
        figures=figures,
        sections=sections,
        notices=notices,
        version=version,
        date=date,
    )


def _numeric(text: str) -> bool:
    bare = text.strip().strip("%+-").replace(",", "").replace(".", "").replace("to", "").replace(" ", "")
    return not bare or bare.isdigit() or text in ("–", "n/a")
