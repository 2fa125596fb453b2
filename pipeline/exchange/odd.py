"""Codes that look as if they were several: parted by a comma or a bar, where semicolons part codes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.errors import Problem
from pipeline.records import NONE, VALENCES, CodedRow

_PARTED = re.compile(r"\s*[,|\t\r\n]+\s*")
_ONE_BY_ONE = 10
_SEVERAL = "holds several codes as one; they are parted by a comma or a bar, where a semicolon belongs"
_VALENCE = re.compile(rf"\s*:\s*(?:{'|'.join(VALENCES)})$", re.IGNORECASE)


def run_together(cells: Iterable[tuple[str, str]]) -> list[Problem]:
    """The rows with several codes in the place of one, by cells of the column `codes` with their places.

    That is so for certain where each part stands as a code of its own in some row; a code's name may hold a
    comma.

    >>> run_together([("row 2", "a|b"), ("row 3", "a; c, d"), ("row 4", "b:barrier")])
    [Problem(place='row 2', message="holds 'a|b' as one code; codes are parted by semicolons: a;b")]
    """
    placed = [(place, entry.strip()) for place, cell in cells for entry in cell.split(";")]
    known = {_VALENCE.sub("", entry) for _, entry in placed if not _PARTED.search(entry)}
    found = []
    for place, entry in placed:
        parts = _PARTED.split(entry)
        if len(parts) > 1 and all(_VALENCE.sub("", part) in known - {""} for part in parts):
            several = f"holds {entry!r} as one code; codes are parted by semicolons: {';'.join(parts)}"
            found.append(Problem(place, several))
    if len(found) > _ONE_BY_ONE:  # a whole table written so: the rows can then be told as runs
        return [Problem(one.place, _SEVERAL) for one in found]
    return found


def odd_codes(rows: Iterable[CodedRow]) -> list[str]:
    """A word on codes that look like several, or like another one, where no codebook can tell."""
    used = {given.code for row in rows for given in row.codes} - {NONE}
    said = []
    if several := sum(bool(_PARTED.search(code)) for code in used):
        what = "code holds" if several == 1 else "codes hold"
        said.append(f"{several} {what} a comma or a bar; codes are parted by semicolons")
    if signed := sum(":" in code for code in used):
        what = "code holds" if signed == 1 else "codes hold"
        said.append(f"{signed} {what} a colon, but not facilitator, barrier or both after it")
    folded = {" ".join(code.casefold().split()) for code in used}
    if alike := len(used) - len(folded):
        said.append(
            f"{alike} {'code differs' if alike == 1 else 'codes differ'} from another in capitals only"
        )
    return said
