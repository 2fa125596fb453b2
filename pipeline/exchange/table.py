"""The one table of coded utterances, read from and written to CSV, gzipped CSV and XLSX."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import openpyxl
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from pipeline.containers import Kind, unzipped
from pipeline.errors import Problem, StudyError, refused
from pipeline.exchange.odd import run_together
from pipeline.records import VALENCES, CodedRow, Given
from pipeline.workbooks import WORKBOOK, harmless, original, sheets_of

COLUMNS = (
    "transcript_id",
    "utterance_id",
    "turn_index",
    "case",
    "speaker",
    "role",
    "text",
    "codes",
    "coder",
    "seen",
    "note",
)
_TABLE = Kind("a gzipped table", "Pack it once more, or give the table as it is.")
_ALIASES = {"annotator": "coder"}
_WHOLE = re.compile(r"[0-9]{1,9}(\.0+)?")
"""A whole number; statistics programs write 3.0 where a column has gaps."""
_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n')
TOO_WIDE = "has more cells than the header has columns; quote a cell that holds the separator"
_LONGEST_CELL = 32_767
_NOT_IN_XLSX = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Cells = list[str]
Placed = tuple[str, CodedRow]
"""A row with its place in the file ("row 7")."""


def read_table(
    data: bytes,
    name: str,
    *,
    needs: Sequence[str] = ("transcript_id", "codes"),
    levels: int | None = None,
    paths: bool = False,
) -> list[CodedRow]:
    """Every row of a table of coded utterances, in the order of the file.

    `data` is a file's content and `name` its name, which tells CSV, CSV.gz and XLSX apart. `needs` names
    the columns that the caller cannot do without. `paths` turns codes written `A > B` into dotted ids
    (`a.b`); `levels` does so and keeps only the top levels. A column called `annotator` is the coder.
    Raises `StudyError` with every row that cannot be read, numbered as a spreadsheet does.

    >>> data = b"transcript_id,codes\\nS3PW1,context.culture:barrier;facilitation.role\\n"
    >>> [(given.code, given.valence) for given in read_table(data, "a.csv")[0].codes]
    [('context.culture', 'barrier'), ('facilitation.role', None)]
    """
    rows, problems = read_rows(data, name, needs=needs, levels=levels, paths=paths)
    if problems:
        raise refused(problems, where=name, hint="Mend the file and try again.")
    return [row for _, row in rows]


def read_rows(
    data: bytes,
    name: str,
    *,
    needs: Sequence[str] = ("transcript_id", "codes"),
    levels: int | None = None,
    paths: bool = False,
) -> tuple[list[Placed], list[Problem]]:
    """The rows of a table as `read_table` does, each with its place, and those that cannot be read.

    Raises `StudyError` where the file as a whole cannot be read.
    """
    if levels is not None and levels < 1:
        raise StudyError("the number of levels must be 1 or more", where=name)
    rows = cells_of(data, name)
    header = next(rows, None)
    if header is None:
        raise StudyError("is empty", where=name, hint="Save it again; its first row names the columns.")
    places = _columns(header[1], name, needs)
    coded: list[Placed] = []
    cells_of_codes: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for number, cells in rows:
        if not any(cells):
            continue
        if any(cells[len(header[1]) :]):
            problems.append(Problem(f"row {number}", TOO_WIDE))
            continue
        values = {column: cells[at] if at < len(cells) else "" for column, at in places.items()}
        try:
            coded.append((f"row {number}", _coded(values, needs, levels, paths)))
            cells_of_codes.append((f"row {number}", values.get("codes", "")))
        except ValueError as wrong:
            problems.append(Problem(f"row {number}", str(wrong)))
    if several := run_together(cells_of_codes):
        problems = sorted([*problems, *several], key=lambda one: int(one.place.removeprefix("row ")))
        wrong_rows = {one.place for one in several}
        coded = [one for one in coded if one[0] not in wrong_rows]
    return coded, problems


def write_table(rows: Iterable[CodedRow], kind: str) -> bytes:
    """The rows as a file's content; `kind` is "csv", "csv.gz" or "xlsx".

    Reading it again gives the same rows. In CSV, text that a spreadsheet would run as a formula gets an
    apostrophe before it, which reading takes away. Raises `StudyError` for another kind, and for a text that
    is longer than a cell of a workbook can be.

    >>> write_table([CodedRow("S3PW1", (Given("facilitation.role"),))], "csv").decode().split("\\r\\n")[1]
    'S3PW1,,,,,,,facilitation.role,,,'
    """
    if kind not in _WRITERS:
        raise StudyError(f"no table is written as {kind}", hint="Choose csv, csv.gz or xlsx.")
    return _WRITERS[kind]([list(COLUMNS), *(_cells(row) for row in rows)])


def dotted(path: str, levels: int | None = None) -> str:
    """A code's path as a dotted id: small letters and digits, the rest of each name as underscores.

    >>> dotted("Explainability techniques > PDP/ICE > Uses plots", levels=2)
    'explainability_techniques.pdp_ice'
    """
    separator = r"\s+>\s+" if " > " in path else r"(?<=\w)\.(?=\w)"
    parts = re.split(separator, path)
    names = [re.sub(r"\W+", "_", part.strip().lower()).strip("_") for part in parts]
    return ".".join(name for name in names[:levels] if name)


def cells_of(data: bytes, name: str, *, first: int | None = None) -> Iterator[tuple[int, Cells]]:
    """Each row of a table with its number, or the `first` so many; a row's cells as text."""
    lower = name.lower()
    if lower.endswith((".xlsx", ".xlsm")):
        rows = next(iter(sheets_of(data, name, WORKBOOK, first=first).values()), [])
        return iter([(number, [_cell(value) for value in row]) for number, row in enumerate(rows, start=1)])
    if lower.endswith(".gz") or data[:2] == b"\x1f\x8b":
        data = unzipped(data, name, _TABLE)
    return islice(_csv_rows(_decoded(data, name), name), first)


def _decoded(data: bytes, name: str) -> str:
    """Text from UTF-8, from UTF-16 with its mark, or from what Excel on Windows saves (cp1252)."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    encodings = ["utf-16"] if marked else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StudyError(
        "is not text in an encoding that can be read", where=name, hint="Save it as CSV in UTF-8, or as XLSX."
    )


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, Cells]]:
    said = _SEPARATOR.match(text)  # a first line with which Excel is told the separator
    text = text[said.end() :] if said else text
    header = text.partition("\n")[0]
    delimiter = said[1] if said else max(",;\t", key=header.count)
    csv.field_size_limit(100_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=2 if said else 1):
            yield number, [original(cell) if cell[:1] == "'" else cell for cell in cells]
    except csv.Error as problem:
        raise StudyError(
            f"cannot be read as CSV ({problem})",
            where=f"{name}, row {number + 1}",
            hint="Look for a quotation mark that is not closed.",
        ) from problem


def _cell(value: object) -> str:
    """A workbook's cell as text; 3.0 is 3, since Excel knows no whole numbers."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _columns(header: Cells, name: str, needs: Sequence[str]) -> dict[str, int]:
    """Where each known column stands."""
    places: dict[str, int] = {}
    for at, title in enumerate(header):
        plain = re.sub(r"\s+", "_", title.strip().lower())
        column = _ALIASES.get(plain, plain)
        if column in COLUMNS:
            if column in places:
                raise StudyError(f"has the column {column} twice", where=name)
            places[column] = at
    lacking = [column for column in needs if column not in places]
    if lacking:
        raise StudyError(
            f"lacks the column{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}",
            where=name,
            hint=f"The first row must name the columns; known are {', '.join(COLUMNS)}.",
        )
    return places


def _coded(values: dict[str, str], needs: Sequence[str], levels: int | None, paths: bool) -> CodedRow:
    """One row; raises `ValueError` with what is wrong with it."""
    for column in needs:
        if column not in ("codes", "text") and not values[column].strip():
            raise ValueError(f"has no {column}")
    turn = values.get("turn_index", "").strip()
    if turn and not _WHOLE.fullmatch(turn):
        raise ValueError("turn_index is not a whole number")
    plain = {
        column: values.get(column, "").strip()
        for column in ("transcript_id", "utterance_id", "case", "speaker", "role", "coder", "seen")
    }
    return CodedRow(
        **plain,
        turn_index=int(turn.partition(".")[0]) if turn else None,
        codes=_given(values.get("codes", ""), levels, paths),
        text=values.get("text", ""),
        note=values.get("note", ""),
    )


def _given(cell: str, levels: int | None, paths: bool) -> tuple[Given, ...]:
    """The codes of one cell. Where folding makes two codes one, their valences are joined."""
    found: dict[str, Given] = {}
    for entry in cell.split(";"):
        if not entry.strip():
            continue
        given = _one_code(entry.strip())
        if paths or levels is not None:
            given = Given(dotted(given.code, levels), given.valence)
        if not given.code:
            raise ValueError("holds a code without a name")
        found[given.code] = _joined(found.get(given.code), given)
    return tuple(found.values())


def _one_code(entry: str) -> Given:
    code, colon, valence = entry.rpartition(":")
    for known in VALENCES:
        if colon and valence.strip().lower() == known:
            return Given(code.strip(), known)
    return Given(entry)


def _joined(first: Given | None, second: Given) -> Given:
    if first is None or first.valence is None:
        return second
    if second.valence in (None, first.valence):
        return first
    return Given(first.code, "both")


def _cells(row: CodedRow) -> Cells:
    codes = ";".join(f"{given.code}:{given.valence}" if given.valence else given.code for given in row.codes)
    turn = "" if row.turn_index is None else str(row.turn_index)
    values = {"turn_index": turn, "codes": codes}
    return [values[column] if column in values else getattr(row, column) for column in COLUMNS]


def _csv(rows: list[Cells]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([harmless(cell) for cell in cells] for cells in rows)
    return text.getvalue().encode("utf-8-sig")  # the mark makes Excel read it as UTF-8


def _gzipped(rows: list[Cells]) -> bytes:
    return gzip.compress(_csv(rows), mtime=0)  # no time in it: the same rows give the same bytes


def _xlsx(rows: list[Cells]) -> bytes:
    plain = [[_writable(cell, number) for cell in cells] for number, cells in enumerate(rows, start=1)]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("coded")
    for cells in plain:
        sheet.append([_text_cell(sheet, cell) for cell in cells])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _writable(value: str, row: int) -> str:
    """The text without the control characters that XLSX forbids."""
    plain = _NOT_IN_XLSX.sub("", value)
    if len(plain) > _LONGEST_CELL:
        raise StudyError(
            "holds a text longer than a workbook's cell can be",
            where=f"row {row}",
            hint="Write the table as CSV instead.",
        )
    return plain


def _text_cell(sheet: WriteOnlyWorksheet, value: str) -> Cell:
    """A cell that holds text, never a formula."""
    cell: Cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell


_WRITERS: dict[str, Callable[[list[Cells]], bytes]] = {"csv": _csv, "csv.gz": _gzipped, "xlsx": _xlsx}
