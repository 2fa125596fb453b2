"""Tables of cases and of coded talk as people keep them, brought together for `secondcoder compare`."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

Attributes = dict[str, dict[str, str]]
"""Case -> column -> text."""


def read_coded(file: Path) -> tuple[list[Any], list[int]]:
    """A coded table's rows and their numbers; `case` and `codes` it must have, speaker and text it should."""
    from pipeline.errors import refused
    from pipeline.exchange.table import read_rows

    found, problems = read_rows(file.read_bytes(), file.name, needs=("case", "codes"))
    if problems:
        raise refused(problems, where=file.name, hint="Mend the file and try again.")
    return [row for _, row in found], [int(place.removeprefix("row ")) for place, _ in found]


def read_cases(file: Path) -> Attributes:
    """A table of cases in CSV (any separator, plain or gzip) or XLSX.

    Raises `StudyError` if there is no column `case`, or for a case that stands twice.
    """
    from pipeline.errors import StudyError
    from pipeline.exchange.table import cells_of

    rows = cells_of(file.read_bytes(), file.name)
    header = [title.strip() for title in next(rows, (0, []))[1]]
    plain = [title.casefold() for title in header]
    if "case" not in plain:
        raise StudyError(
            "has no column case", where=file.name, hint="Its first row names the columns: case, group, ..."
        )
    at = plain.index("case")
    out: Attributes = {}
    for number, cells in rows:
        values = [*(cell.strip() for cell in cells), *[""] * len(header)]
        case = values[at]
        if not case:
            continue
        if case in out:
            raise StudyError(
                f"case {case} stands twice", where=f"{file.name}, row {number}", hint="Remove one row."
            )
        names = ((place, name) for place, name in enumerate(header) if name and place != at)
        out[case] = {name: values[place] for place, name in names}
    return out


def placed(
    rows: list[Any], cases: Mapping[str, object], where: str = "cases.csv"
) -> tuple[list[Any], list[str]]:
    """The rows with their cases written as the table of cases has them, and what was read as what.

    Capitals, spaces and leading noughts make no difference as long as only one case can be meant. Raises
    `StudyError` naming every case that the table of cases lacks.
    """
    from pipeline.compare.grouping import listed
    from pipeline.errors import StudyError

    meant: dict[str, list[str]] = {}
    for case in cases:
        meant.setdefault(_plain(case), []).append(case)
    known: dict[str, str] = {}
    lacking: Counter[str] = Counter()
    for written, number in Counter(row.case for row in rows).items():
        alike = meant.get(_plain(written), [])
        if written in cases or len(alike) == 1:
            known[written] = written if written in cases else alike[0]
        else:
            lacking[written] += number
    if "" in lacking:
        raise StudyError(
            f"{lacking['']} coded utterances belong to no case",
            where="transcripts.csv",
            hint="Fill in the column `case`; `secondcoder check STUDY` shows which file is which.",
        )
    if lacking:
        names = listed(sorted(lacking), "has", "have")
        raise StudyError(
            f"{names} no row ({lacking.total()} coded utterance{'s' * (lacking.total() > 1)})",
            where=where,
            hint="Add a row for each; leave the grouping column empty to keep a case out of the patterns.",
        )
    said = [f"Case {one!r} is read as {other!r}." for one, other in known.items() if one != other]
    return [row if known[row.case] == row.case else replace(row, case=known[row.case]) for row in rows], said


def grouping(cases: Mapping[str, Mapping[str, str]], column: str, where: str = "cases.csv") -> dict[str, str]:
    """Each case's group; raises `StudyError` if there is no such column."""
    from pipeline.errors import StudyError

    columns = list(dict.fromkeys(name for attributes in cases.values() for name in attributes))
    found = next((name for name in columns if name.casefold() == column.strip().casefold()), None)
    if found is None:
        there = f"Its columns: {', '.join(columns)}." if columns else "It has no column but case."
        raise StudyError(
            f"has no column {column}",
            where=where,
            hint=f"Name the column that groups the cases: --group. {there}",
        )
    return {case: attributes.get(found, "") for case, attributes in cases.items()}


def apart(rows: list[Any], numbers: list[int]) -> tuple[list[Any], list[Any], list[int]]:
    """What people coded, what stands under the name of the model (suggestions), and the numbers of both."""
    placed = list(zip(rows, numbers, strict=True))
    people = [one for one in placed if not _by_model(one[0])]
    model = [one for one in placed if _by_model(one[0])]
    return [row for row, _ in people], [row for row, _ in model], [at for _, at in (*people, *model)]


def _by_model(row: Any) -> bool:
    return bool(row.coder.casefold() == "model")


def _plain(case: str) -> str:
    """A case's name as far as it tells cases apart: 07, 7 and 7.0 are one, and S3 is s3."""
    text = " ".join(unicodedata.normalize("NFC", case).split()).casefold()
    return re.sub(r"^0+(?=\d)", "", text.removesuffix(".0")) if re.fullmatch(r"\d+(\.0)?", text) else text
