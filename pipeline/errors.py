"""The one exception that a user of Second Coder ever meets, and the report of rows that it may carry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_ROW = re.compile(r"row (\d+)")


class StudyError(Exception):
    """Something the user can mend: what is wrong, where, and what to do next.

    `message` states the fact, `where` names the place (a file, a row, a key), `hint` the next step.
    None of the three may hold a participant's words.

    >>> str(StudyError("holds no turns", where="a.txt", hint="Check that the file is a transcript."))
    'a.txt: holds no turns\\nCheck that the file is a transcript.'
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.where}: {self.message}" if self.where else self.message
        return f"{line}\n{self.hint}" if self.hint else line


class Problem(NamedTuple):
    """Something in a file that cannot be taken as it is: where ("row 7"), and why."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


def report(problems: Sequence[Problem]) -> list[str]:
    """A line a problem, in order; rows that follow each other and say the same share one.

    >>> report([Problem("row 2", "no code"), Problem("row 3", "no code"), Problem("row 9", "twice")])
    ['rows 2 to 3: no code', 'row 9: twice']
    """
    runs: list[list[Problem]] = []
    for one in problems:
        if runs and _follows(runs[-1][-1], one):
            runs[-1].append(one)
        else:
            runs.append([one])
    return [
        str(run[0]) if len(run) == 1 else f"rows {_row(run[0])} to {_row(run[-1])}: {run[0].message}"
        for run in runs
    ]


def refused(problems: Sequence[Problem], *, where: str, hint: str) -> StudyError:
    """The refusal of a file with rows that cannot be taken: every one of them, then how to go on.

    >>> str(refused([Problem("row 2", "no such code")], where="a.csv", hint="Mend it."))
    'a.csv: row 2: no such code\\nMend it.'
    """
    lines = report(problems)
    if len(lines) == 1:
        return StudyError(lines[0], where=where, hint=hint)
    what = "rows" if all(one.place.startswith("row ") for one in problems) else "places"
    head = f"{len(problems):,} {what} cannot be taken:"
    return StudyError("\n  ".join([head, *lines]), where=where, hint=hint)


def _follows(former: Problem, one: Problem) -> bool:
    """Whether a problem says the same of the next row."""
    return former.message == one.message and _row(former) > 0 and _row(one) == _row(former) + 1


def _row(problem: Problem) -> int:
    """The number of the row that a problem stands in, or 0."""
    found = _ROW.fullmatch(problem.place)
    return int(found[1]) if found else 0
