"""Word: typed labels, soft breaks, tables, Teams layouts; what was deleted or hidden is left out and told.

The XML of the document is walked directly, since the libraries lose tracked insertions, content controls
or soft breaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.containers import Container, Kind, xml
from pipeline.records import Notice, Transcript
from pipeline.transcripts.blocks import Block, Table, lines_of, pieces_of
from pipeline.transcripts.pieces import assemble
from pipeline.transcripts.typed import Line

_KIND = Kind("a Word document")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_LEFT_OUT = {
    "del": "deleted words (tracked changes) were left out",
    "moveFrom": "words moved elsewhere were left out at their old place",
    "footnoteReference": "footnotes were left out",
    "endnoteReference": "endnotes were left out",
    "commentReference": "comments were left out",
    "hidden": "hidden words were left out",
}
_TS = re.compile(r"ts_(\d{1,12})_(\d{1,12})(?:_|$)")
_TEXT = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad", "ptab": "\t"}
_SKIP = frozenset(
    [
        "instrText",
        "delText",
        "delInstrText",
        "rPr",
        "pPr",
        "sectPr",
        "sdtPr",
        "tblPr",
        "tcPr",
        "trPr",
        "drawing_",
    ]
)


@dataclass(slots=True)
class _Paragraph:
    """A paragraph while its runs are read."""

    parts: list[str] = field(default_factory=list)
    bold: list[bool] = field(default_factory=list)
    italic: list[bool] = field(default_factory=list)
    start: float | None = None
    end: float | None = None
    boxes: list[Any] = field(default_factory=list)

    def style(self) -> str:
        if self.bold and all(self.bold):
            return "bold"
        return "italic" if self.italic and all(self.italic) else ""


@dataclass(slots=True)
class _Walk:
    """Where the reading of a document stands: the paragraph count and what was left out."""

    number: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def drop(self, what: str) -> None:
        self.left_out[what] = self.left_out.get(what, 0) + 1


def read(data: bytes, name: str) -> Transcript:
    """The turns of a Word document; a place is counted in paragraphs, as Word counts them."""
    parts = Container(data, name, _KIND)
    root = xml(parts.read("word/document.xml"), name, _KIND)
    others = [path for path in parts.names() if re.fullmatch(r"word/(?:header|footer)\d*\.xml", path)]
    walk = _Walk()
    body = next((child for child in root if _local(child) == "body"), None)
    blocks = list(_blocks(body, walk)) if body is not None else []
    pieces, told = pieces_of(blocks)
    told += [Notice("file", f"{count} times: {_LEFT_OUT[what]}") for what, count in walk.left_out.items()]
    if others:
        told.append(Notice("file", "headers and footers of the page were left out"))
    return assemble(pieces, format="docx", unit="paragraph", name=name, notices=told)


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _blocks(parent: Any, walk: _Walk) -> Iterator[Block]:
    """Paragraphs and tables in the order of the page, through content controls and the like."""
    for element in parent:
        tag = _local(element)
        if tag == "p":
            yield from _paragraph_lines(element, walk)
        elif tag == "tbl":
            yield _table(element, walk)
        elif tag == "AlternateContent":
            yield from _blocks(_branch(element), walk)
        elif tag in _LEFT_OUT:
            walk.drop(tag)
        elif tag in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "txbxContent"):
            yield from _blocks(element, walk)


def _branch(element: Any) -> Any:
    """The one branch of alternative contents that is read."""
    return next((child for child in element if _local(child) == "Choice"), next(iter(element), element))


def _paragraph_lines(element: Any, walk: _Walk) -> Iterator[Block]:
    walk.number += 1
    number = walk.number
    paragraph = _Paragraph()
    _runs(element, paragraph, walk)
    yield from lines_of("".join(paragraph.parts), number, paragraph.style(), paragraph.start, paragraph.end)
    for box in paragraph.boxes:
        yield from _blocks(box, walk)


def _runs(element: Any, paragraph: _Paragraph, walk: _Walk) -> None:
    for child in element:
        tag = _local(child)
        if tag == "r":
            _run(child, paragraph, walk)
        elif tag == "bookmarkStart":
            _bookmark(child, paragraph)
        elif tag in _LEFT_OUT:
            walk.drop(tag)
        elif tag == "AlternateContent":
            _runs(_branch(child), paragraph, walk)
        elif tag == "txbxContent":
            paragraph.boxes.append(child)
        elif tag == "t":
            paragraph.parts.append(child.text or "")
        elif tag not in _SKIP:
            _runs(child, paragraph, walk)


def _run(run: Any, paragraph: _Paragraph, walk: _Walk) -> None:
    shape = next((child for child in run if _local(child) == "rPr"), None)
    if _on(shape, "vanish"):
        if any(_local(child) == "t" and child.text for child in run):
            walk.drop("hidden")
        return
    for child in run:
        tag = _local(child)
        if tag == "t":
            text = child.text or ""
            paragraph.parts.append(text)
            if text.strip():
                paragraph.bold.append(_on(shape, "b"))
                paragraph.italic.append(_on(shape, "i"))
        elif tag in _TEXT:
            paragraph.parts.append(_TEXT[tag])
        elif tag == "sym":
            paragraph.parts.append(_symbol(child))
        elif tag in _LEFT_OUT:
            walk.drop(tag)
        elif tag == "AlternateContent":
            _runs(_branch(child), paragraph, walk)
        elif tag not in _SKIP:
            _runs(child, paragraph, walk)


def _attribute(element: Any, name: str) -> str | None:
    value: str | None = element.get(_W + name)
    other: str | None = element.get(_STRICT + name)
    return value if value is not None else other


def _on(shape: Any, name: str) -> bool:
    """Whether a run's property is switched on."""
    if shape is None:
        return False
    found = next((child for child in shape if _local(child) == name), None)
    return found is not None and _attribute(found, "val") not in ("0", "false", "off", "none")


def _symbol(element: Any) -> str:
    try:
        code = int(_attribute(element, "char") or "", 16)
    except ValueError:
        return ""
    return chr(code) if 0x20 <= code < 0xD800 or 0xF900 <= code <= 0xFFFD else "\ufffd"


def _bookmark(element: Any, paragraph: _Paragraph) -> None:
    """The times that noScribe hides in bookmarks, in thousandths of a second."""
    m = _TS.match(_attribute(element, "name") or "")
    if m is None:
        return
    start, end = int(m[1]) / 1000, int(m[2]) / 1000
    paragraph.start = start if paragraph.start is None else paragraph.start
    paragraph.end = end if paragraph.end is None else max(paragraph.end, end)


def _table(element: Any, walk: _Walk) -> Table:
    cells: list[list[list[Line]]] = []
    numbers: list[int] = []
    for row in _inside(element, "tr", walk):
        numbers.append(walk.number + 1)
        cells.append([list(_flat(cell, walk)) for cell in _inside(row, "tc", walk)])
    return Table(cells, numbers)


def _flat(parent: Any, walk: _Walk) -> Iterator[Line]:
    """The lines below an element, those of tables in it included."""
    for block in _blocks(parent, walk):
        if isinstance(block, Line):
            yield block
        else:
            yield from block.lines()


def _inside(element: Any, wanted: str, walk: _Walk) -> Iterator[Any]:
    """Rows or cells, also within content controls; deleted rows are left out."""
    for child in element:
        tag = _local(child)
        if tag == wanted:
            shape = next((part for part in child if _local(part) == "trPr"), None)
            if shape is not None and any(_local(part) == "del" for part in shape):
                walk.drop("del")
            else:
                yield child
        elif tag in ("sdt", "sdtContent", "customXml", "ins"):
            yield from _inside(child, wanted, walk)
