"""Documents as lines and tables, whichever program wrote them: Word, OpenDocument and RTF share this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import Notice
from pipeline.transcripts import rows
from pipeline.transcripts.pieces import Piece
from pipeline.transcripts.typed import Line
from pipeline.transcripts.typed import pieces_of as typed_pieces

_SOFT = re.compile("[\n\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: each row's cells as lines; `numbers` is the first paragraph of each row."""

    cells: list[list[list[Line]]]
    numbers: list[int]

    def texts(self) -> list[list[str]]:
        """The cells' texts, their lines joined by line feeds."""
        return [["\n".join(line.text for line in cell) for cell in row] for row in self.cells]

    def lines(self) -> list[Line]:
        """Every line of the table, row by row and cell by cell."""
        return [line for row in self.cells for cell in row for line in cell]


Block = Line | Table


def lines_of(
    text: str, number: int, style: str = "", start: float | None = None, end: float | None = None
) -> list[Line]:
    """The lines of one paragraph, which soft breaks divide; times belong to the first."""
    found = _SOFT.split(text)
    first = Line(found[0], number, True, style, start, end)
    return [first, *(Line(row, number, False, style) for row in found[1:])]


def pieces_of(blocks: Sequence[Block]) -> tuple[list[Piece], list[Notice]]:
    """Tables with a speaker column row by row; everything else as typed lines."""
    pieces: list[Piece] = []
    notices: list[Notice] = []
    typed: list[Line] = []
    for block in blocks:
        columns = _columns(block) if isinstance(block, Table) else None
        if isinstance(block, Line):
            typed.append(block)
        elif columns is None:
            typed += block.lines()
        else:
            _add(pieces, notices, *_around(typed))
            typed = []
            _add(pieces, notices, *_of_table(block, columns))
    if pieces:
        _add(pieces, notices, *_around(typed))
        return pieces, notices
    return typed_pieces(typed, "paragraph")


def _add(pieces: list[Piece], notices: list[Notice], more: list[Piece], told: list[Notice]) -> None:
    pieces += more
    notices += told


def _columns(table: Table) -> rows.Columns | None:
    texts = table.texts()
    columns = rows.header_of(texts) or rows.guess(texts)
    return columns if columns is not None and columns.speaker is not None else None


def _of_table(table: Table, columns: rows.Columns) -> tuple[list[Piece], list[Notice]]:
    pieces, notices = rows.pieces_of(table.texts(), columns)
    numbers = table.numbers
    placed = [
        Piece(piece.speaker, piece.text, numbers[piece.number - 1], piece.start, piece.end)
        for piece in pieces
    ]
    return placed, notices


def _around(lines: Sequence[Line]) -> tuple[list[Piece], list[Notice]]:
    """Typed lines above or below a table of turns: talk if they carry labels, else titles and remarks."""
    filled = [line for line in lines if line.text.strip()]
    if not filled:
        return [], []
    pieces, notices = typed_pieces(filled, "paragraph")
    if any(piece.speaker for piece in pieces):
        return pieces, notices
    told = "lines outside the table are kept as turns of nobody, marked as no talk"
    titles = [Piece(None if i else "", line.text, line.number, header=True) for i, line in enumerate(filled)]
    return titles, [Notice(f"paragraph {filled[0].number}", told)]
