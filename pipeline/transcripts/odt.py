"""OpenDocument text: typed labels and tables, as LibreOffice writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.containers import Container, Kind, xml
from pipeline.records import Notice, Transcript
from pipeline.transcripts.blocks import Block, Table, lines_of, pieces_of
from pipeline.transcripts.pieces import assemble
from pipeline.transcripts.typed import Line

_KIND = Kind("an OpenDocument text")
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_LEFT_OUT = {
    "note": "footnotes were left out",
    "annotation": "comments were left out",
    "tracked-changes": "deleted words (tracked changes) were left out",
    "hidden-text": "hidden words were left out",
    "hidden-paragraph": "hidden words were left out",
}
_MAX_BLANKS = 1000


@dataclass(slots=True)
class _Walk:
    """Where the reading stands: type styles by name, the paragraph count, what was left out."""

    styles: dict[str, str]
    number: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def drop(self, what: str) -> None:
        self.left_out[what] = self.left_out.get(what, 0) + 1


def read(data: bytes, name: str) -> Transcript:
    """The turns of an OpenDocument text; a place is counted in paragraphs."""
    root = xml(Container(data, name, _KIND).read("content.xml"), name, _KIND)
    walk = _Walk(_styles(root))
    bodies = [
        element
        for element in root.iter()
        if _local(element) == "text" and _local(element.getparent()) == "body"
    ]
    blocks = [block for body in bodies for block in _blocks(body, walk)]
    pieces, told = pieces_of(blocks)
    told += [Notice("file", f"{count} times: {_LEFT_OUT[what]}") for what, count in walk.left_out.items()]
    return assemble(pieces, format="odt", unit="paragraph", name=name, notices=told)


def _local(element: Any) -> str:
    tag = element.tag if element is not None else None
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _styles(root: Any) -> dict[str, str]:
    """Bold or italic by the name of an automatic style."""
    found: dict[str, str] = {}
    for style in root.iter(_STYLE + "style"):
        for shape in style.iter(_STYLE + "text-properties"):
            if shape.get(_FO + "font-weight") == "bold":
                found[style.get(_STYLE + "name", "")] = "bold"
            elif shape.get(_FO + "font-style") == "italic":
                found[style.get(_STYLE + "name", "")] = "italic"
    return found


def _blocks(parent: Any, walk: _Walk) -> Iterator[Block]:
    for element in parent:
        tag = _local(element)
        if tag in ("p", "h"):
            yield from _paragraph(element, walk)
        elif tag == "table":
            yield _table(element, walk)
        elif tag in _LEFT_OUT:
            walk.drop(tag)
        elif tag not in ("sequence-decls", "forms", "variable-decls", "user-field-decls"):
            yield from _blocks(element, walk)


def _paragraph(element: Any, walk: _Walk) -> list[Line]:
    walk.number += 1
    number = walk.number
    parts: list[str] = []
    styles: set[str] = set()
    boxes: list[Any] = []
    _inline(element, walk, parts, styles, walk.styles.get(element.get(_TEXT + "style-name", ""), ""), boxes)
    style = styles.pop() if len(styles) == 1 else ""
    lines = lines_of("".join(parts), number, style)
    for box in boxes:
        lines += [line for block in _blocks(box, walk) for line in _flat(block)]
    return lines


def _flat(block: Block) -> list[Line]:
    return [block] if isinstance(block, Line) else block.lines()


def _inline(
    element: Any, walk: _Walk, parts: list[str], styles: set[str], style: str, boxes: list[Any]
) -> None:
    _say(element.text, parts, styles, style)
    for child in element:
        tag = _local(child)
        if tag == "s":
            count = child.get(_TEXT + "c", "1")
            parts.append(
                " " * min(int(count), _MAX_BLANKS)
                if count.isascii() and count.isdigit() and len(count) < 9
                else " "
            )
        elif tag == "tab":
            parts.append("\t")
        elif tag == "line-break":
            parts.append("\n")
        elif tag in _LEFT_OUT:
            walk.drop(tag)
        elif tag == "text-box":
            boxes.append(child)
        else:
            own = walk.styles.get(child.get(_TEXT + "style-name", ""), style) if tag == "span" else style
            _inline(child, walk, parts, styles, own, boxes)
        _say(child.tail, parts, styles, style)


def _say(text: str | None, parts: list[str], styles: set[str], style: str) -> None:
    """Words of the file; its own line ends are blanks there."""
    if not text:
        return
    parts.append(text.replace("\r", " ").replace("\n", " "))
    if text.strip():
        styles.add(style)


def _table(element: Any, walk: _Walk) -> Table:
    cells: list[list[list[Line]]] = []
    numbers: list[int] = []
    for row in _rows(element):
        numbers.append(walk.number + 1)
        found = [cell for cell in row if _local(cell) == "table-cell"]
        cells.append([[line for block in _blocks(cell, walk) for line in _flat(block)] for cell in found])
    return Table(cells, numbers)


def _rows(element: Any) -> Iterator[Any]:
    for child in element:
        if _local(child) == "table-row":
            yield child
        elif _local(child) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(child)
