"""`audit` on tables: whose rows they are, whether they can be compared, and what looks odd in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack
from unicodedata import normalize

from pipeline import codebook as codebooks
from pipeline.agreement.audit import Options, audit
from pipeline.agreement.matching import on_shared_units
from pipeline.agreement.result import Audit
from pipeline.agreement.units import ADJUDICATED, MODEL, Unit, unit_of
from pipeline.cli._codebook import find
from pipeline.cli._exchange import renamed
from pipeline.errors import StudyError
from pipeline.exchange.odd import odd_codes
from pipeline.exchange.table import read_table
from pipeline.records import Codebook, CodedRow, Notice

_SEEN = ("", "blind", "suggested")
_NOT_THERE = ("na", "n/a", "nan", "null", "#n/a")
"""What statistics programs write where a cell is empty."""

Pages = dict[str, list[CodedRow]]


def audit_tables(
    tables: Sequence[Path], *, model: Path | None = None, codebook: str = "", **options: Unpack[Options]
) -> Audit:
    """Audit coders' tables without a study; raises `StudyError` where they cannot be compared."""
    book = codebooks.parse(find(codebook), where=codebook) if codebook else None
    pages, machine = _pages(tables, book), _model(model, book)
    if MODEL in pages:
        if machine is not None:
            raise StudyError(
                f"stands as coder in a table, beside --model {model}",
                where=MODEL,
                hint="Leave one of them out.",
            )
        machine = pages.pop(MODEL)
    settled = pages.pop(ADJUDICATED, None)
    if len(pages) + (machine is not None) < 2:
        raise StudyError(
            "there is only one coder", where=tables[0].name, hint="Give a second table, or --model FILE."
        )
    everybody = {**pages, MODEL: machine or [], ADJUDICATED: settled or []}
    shared, notices = on_shared_units({coder: rows for coder, rows in everybody.items() if rows})
    return audit(
        {coder: shared[coder] for coder in pages},
        _codes(book, everybody, notices),
        model=shared.get(MODEL),
        adjudicated=shared.get(ADJUDICATED),
        model_basis=f"as the table {model.name} has it" if model else "as the tables have it",
        notices=[*notices, *([] if book else _odd(everybody))],
        **options,
    )


def _pages(tables: Sequence[Path], book: Codebook | None) -> Pages:
    """Everybody's rows by coder: the name in the column `coder`, else that of the file."""
    names = _names(tables)
    pages: Pages = {}
    source: dict[str, Path] = {}
    for file in tables:
        rows = _rows(file, book)
        own: Pages = defaultdict(list)
        for row in rows:
            own[row.coder or names[file]].append(row)
        if len(own) > 1 and any(not row.coder for row in rows):
            raise StudyError(
                "has rows without a coder beside rows with one",
                where=file.name,
                hint="Fill in the column coder, or leave it empty throughout.",
            )
        for coder, some in own.items():
            if coder in pages and _judged(some) & _judged(pages[coder]):
                raise StudyError(
                    f"coded the same utterances in {source[coder].name} and in {file.name}",
                    where=coder,
                    hint="Two coders need two names in the column coder; two rounds of one coder do, too.",
                )
            source[coder] = file
            pages[coder] = pages.get(coder, []) + some
    return pages


def _judged(rows: Iterable[CodedRow]) -> set[tuple[Unit, bool]]:
    """The utterances of these rows; one decided blind and with suggestions in view counts as two."""
    return {(unit_of(row), row.seen == "suggested") for row in rows}


def _names(tables: Sequence[Path]) -> dict[Path, str]:
    """A name for each file's coder: the file's, with its folder's where two files are called the same."""
    if len({file.resolve() for file in tables}) != len(tables):
        raise StudyError("is given twice", where=_twice(tables).name, hint="Give each table once.")
    plain = {file: file.name.partition(".")[0] or file.name for file in tables}
    often = list(plain.values())
    return {
        file: f"{file.resolve().parent.name}/{name}" if often.count(name) > 1 else name
        for file, name in plain.items()
    }


def _twice(tables: Sequence[Path]) -> Path:
    whole = [file.resolve() for file in tables]
    return next(file for file, full in zip(tables, whole, strict=True) if whole.count(full) > 1)


def _model(file: Path | None, book: Codebook | None) -> list[CodedRow] | None:
    return None if file is None else _rows(file, book)


def _rows(file: Path, book: Codebook | None) -> list[CodedRow]:
    """The rows of a table, checked for what would be misread."""
    if file.is_dir():
        raise StudyError(
            "is a folder, where a table was looked for", where=str(file), hint="A study is audited by itself."
        )
    if not file.is_file():
        raise StudyError("there is no such file", where=str(file))
    rows = read_table(file.read_bytes(), file.name, needs=("transcript_id", "codes"))
    if not rows:
        raise StudyError(
            "holds no row below its header", where=file.name, hint="Save it again, or leave it out."
        )
    rows = [_plain(row) for row in rows]
    if strange := sum(row.seen not in _SEEN for row in rows):
        raise StudyError(
            f"{strange} rows say neither blind nor suggested in the column seen",
            where=file.name,
            hint="Write blind where the model's suggestions were hidden, suggested where they were in view.",
        )
    known = book.ids() if book else frozenset()
    void = sum(given.code.casefold() in _NOT_THERE for row in rows for given in row.codes)
    if void and not any(code.casefold() in _NOT_THERE for code in known):
        raise StudyError(
            f"{void} rows hold NA or the like in the column codes",
            where=file.name,
            hint="Leave the cell empty where the coder looked and nothing applies, and the row out where the "
            "coder did not look.",
        )
    if any(not row.utterance_id and row.turn_index is None for row in rows):
        raise StudyError(
            "has rows with neither utterance_id nor turn_index",
            where=file.name,
            hint="Add the column utterance_id, so that coders can be compared on the same utterances.",
        )
    return [renamed(row, book) for row in rows] if book else rows


def _plain(row: CodedRow) -> CodedRow:
    """A row whose ids and codes can be compared: an accented letter in one piece, as Windows writes it."""
    return replace(
        row,
        seen=row.seen.casefold(),
        codes=tuple(replace(given, code=normalize("NFC", given.code)) for given in row.codes),
        transcript_id=normalize("NFC", row.transcript_id),
        utterance_id=normalize("NFC", row.utterance_id),
        coder=normalize("NFC", row.coder),
    )


def _codes(
    book: Codebook | None, pages: Mapping[str, Iterable[CodedRow]], notices: list[Notice]
) -> list[str] | None:
    """The codebook's codes to audit: its leaves, and what stands above them where coders gave it."""
    if book is None:
        return None
    leaves = {code.id for code in book.leaves()}
    used = {given.code for rows in pages.values() for row in rows for given in row.codes}
    above = sorted(used & book.ids() - leaves)
    if above:
        notices.append(Notice("codes", f"given although others stand below them: {', '.join(above)}"))
    return [code.id for code in book.codes if code.id in leaves or code.id in above]


def _odd(pages: Mapping[str, Iterable[CodedRow]]) -> list[Notice]:
    """A word on codes that no codebook could tell from several, or from another one."""
    return [Notice("codes", line) for line in odd_codes(row for rows in pages.values() for row in rows)]
