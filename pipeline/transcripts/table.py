"""Plain tables, comma, semicolon or tab between the cells: Whisper's TSV and what people made in a sheet."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pipeline.containers import MAX_CELLS, Kind, damaged, too_big
from pipeline.errors import StudyError
from pipeline.records import Notice, Transcript
from pipeline.transcripts import rows
from pipeline.transcripts.cues import joined_by_sentence
from pipeline.transcripts.decode import decode
from pipeline.transcripts.labels import key
from pipeline.transcripts.pieces import Piece, assemble
from pipeline.transcripts.typed import Line
from pipeline.transcripts.typed import pieces_of as typed_pieces

_KIND = Kind("a table")
_MAX_CELL = 16 * 1024 * 1024


def cells_of(text: str, name: str) -> list[list[str]]:
    """The cells of a plain table, by the separator that its first lines agree on."""
    separator = separator_of(text)
    csv.field_size_limit(_MAX_CELL)
    found: list[list[str]] = []
    cells = 0
    try:
        reader = csv.reader(iter_lines(text), delimiter=separator, quoting=_quoting(text, separator))
        for row in reader:
            cells += len(row)
            if cells > MAX_CELLS:
                raise too_big(name, "holds millions of cells", _KIND)
            found.append(row)
    except csv.Error as error:
        raise damaged(name, _KIND) from error
    return found


def iter_lines(text: str) -> list[str]:
    """Lines with one kind of line end, as the csv module wants them."""
    return [line + "\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def _quoting(text: str, separator: str) -> Literal[0, 3]:
    """Tables with tabs often hold a lone quotation mark that quotes nothing."""
    balanced = text.count('"') % 2 == 0 and (separator != "\t" or '\t"' in text or text.startswith('"'))
    return csv.QUOTE_MINIMAL if balanced else csv.QUOTE_NONE


def separator_of(text: str) -> str:
    """The separator: the one that the first filled line holds most of, tabs first."""
    head = next((line for line in text.replace("\r", "\n").split("\n") if line.strip()), "")
    counts = {mark: head.count(mark) for mark in ("\t", ";", ",", "|")}
    return "\t" if counts["\t"] else max(counts, key=lambda mark: counts[mark])


def read(data: bytes, name: str) -> Transcript:
    """The turns of a plain table; a place is counted in rows."""
    text, notices = decode(data, name)
    cells = cells_of(text, name)
    return from_rows(_rejoined(cells, separator_of(text)), name, "csv", notices)


def _rejoined(cells: list[list[str]], separator: str) -> list[list[str]]:
    """Rows in which unquoted words held the separator, put together where the words are the last column."""
    columns = rows.header_of(cells)
    if columns is None or columns.text != len(cells[columns.first_row - 1]) - 1:
        return cells
    at = columns.text
    return [row if len(row) <= at + 1 else [*row[:at], separator.join(row[at:])] for row in cells]


def from_rows(
    cells: Sequence[Sequence[str]], name: str, format: str, notices: Sequence[Notice]
) -> Transcript:
    """The turns of a table of cells, whichever program wrote it.

    Raises `StudyError` where no column holds the words, or the table holds several interviews.
    """
    columns = rows.header_of(cells)
    told = list(notices)
    if columns is None:
        columns = rows.guess(cells)
    if columns is None:
        return _one_column(cells, name, format, told)
    _refuse_several(cells, columns, name)
    if format == "csv" and _is_whisper(cells):
        columns = replace(columns, thousandths=True)
    pieces, guessed = rows.pieces_of(cells, columns)
    if columns.speaker is None:
        pieces, more = _speakers_in_text(pieces)
        guessed += more
    return assemble(pieces, format=format, unit="row", name=name, notices=[*told, *guessed])


def _is_whisper(cells: Sequence[Sequence[str]]) -> bool:
    """Whisper's own table: start, end, text in thousandths of a second."""
    if [key(cell) for cell in cells[0]] != ["start", "end", "text"]:
        return False
    values = [cell for row in cells[1:] for cell in row[:2]]
    return bool(values) and all(value.strip().isdigit() for value in values)


def _refuse_several(cells: Sequence[Sequence[str]], columns: rows.Columns, name: str) -> None:
    at = columns.transcript
    if at is None:
        return
    ids = {row[at].strip() for row in cells[columns.first_row :] if at < len(row) and row[at].strip()}
    if len(ids) > 1:
        raise StudyError(
            f"holds {len(ids)} interviews in one table",
            where=name,
            hint="Save each interview in a file of its own; `secondcoder import` reads coded tables.",
        )


def _speakers_in_text(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Notice]]:
    """A table without a speaker column: labels may stand in the words."""
    lines = [Line(piece.text, piece.number, True, start=piece.start, end=piece.end) for piece in pieces]
    found, notices = typed_pieces(lines, "row")
    return (found, notices) if any(piece.speaker for piece in found) else joined_by_sentence(pieces)


def _one_column(cells: Sequence[Sequence[str]], name: str, format: str, notices: list[Notice]) -> Transcript:
    filled = [[cell for cell in row if cell.strip()] for row in cells]
    if not any(filled):
        raise StudyError(
            "is an empty table", where=name, hint="Check that the transcript is on the first sheet."
        )
    lines = [
        Line(line, number, i == 0)
        for number, row in enumerate(filled, 1)
        for i, line in enumerate(part for cell in row for part in cell.split("\n"))
    ]
    pieces, told = typed_pieces(lines, "row")
    return assemble(pieces, format=format, unit="row", name=name, notices=[*notices, *told])
