"""The truth table: every combination of conditions, the cases in it, and what they say of the outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from pipeline.compare.minimise import Corner, Cube
from pipeline.compare.sets import Sets, sufficiency
from pipeline.errors import StudyError

Out = Literal["1", "0", "C", "?"]


@dataclass(frozen=True, slots=True)
class Row:
    """One combination of conditions.

    `out`: 1 enough consistency, 0 too little, C between the two cuts (contradictory), ? too few cases (a
    remainder). `n` counts the `cases` whose membership in the combination exceeds 0.5; `against` are those
    whose outcome speaks against `out`. Consistency and PRI use every case's membership.
    """

    corner: Corner
    name: str
    out: Out
    n: int
    consistency: float | None
    pri: float | None
    cases: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True)
class TruthTable:
    """All rows (2 to the number of conditions) with the cuts they were made with."""

    sets: Sets
    rows: tuple[Row, ...]
    incl_cut: float
    n_cut: int
    pri_cut: float
    notices: tuple[str, ...]

    def corners(self, out: Out) -> frozenset[Corner]:
        """The combinations with one outcome value."""
        return frozenset(row.corner for row in self.rows if row.out == out)


def formula(cube: Cube, conditions: Sequence[str]) -> str:
    """A combination in letters: `DEV*~URB`; "1" where it asks for nothing.

    >>> formula((1, 0, None), ["DEV", "URB", "LIT"])
    'DEV*~URB'
    """
    literals = [
        name if want else f"~{name}" for name, want in zip(conditions, cube, strict=True) if want is not None
    ]
    return "*".join(literals) or "1"


def combination(cube: Cube, sets: Sets) -> np.ndarray:
    """Each case's membership in a combination: the smallest of its memberships (logical AND)."""
    value = np.ones(len(sets.cases))
    for at, want in enumerate(cube):
        if want is not None:
            value = np.minimum(value, sets.x[:, at] if want else 1 - sets.x[:, at])
    return value


def truth_table(
    sets: Sets,
    *,
    incl_cut: float = 0.8,
    n_cut: int = 1,
    pri_cut: float = 0.0,
    contradiction_cut: float | None = None,
) -> TruthTable:
    """Build the truth table (Ragin 2008, ch. 7).

    A row is 1 with at least `n_cut` cases, consistency of `incl_cut` and PRI of `pri_cut`; with
    `contradiction_cut` below `incl_cut`, rows between the two are C and enter no solution. Crisp sets are
    usually analysed with `incl_cut=1`. Raises `StudyError` for a cut that is none.
    """
    low = incl_cut if contradiction_cut is None else contradiction_cut
    if not 0 < low <= incl_cut <= 1 or not 0 <= pri_cut <= 1 or n_cut < 1:
        raise StudyError(
            "the cuts of the truth table make no sense",
            hint="Consistency: above 0, at most 1, the lower cut below it; PRI: 0 to 1; cases: 1 or more.",
        )
    rows = []
    for corner in product((1, 0), repeat=len(sets.conditions)):
        rows.append(_row(corner, sets, incl_cut, low, pri_cut, n_cut))
    order = {"1": 0, "C": 1, "0": 2, "?": 3}
    rows.sort(key=lambda row: (order[row.out], -(row.consistency or 0), [-bit for bit in row.corner]))
    return TruthTable(sets, tuple(rows), incl_cut, n_cut, pri_cut, tuple(_notices(sets, rows)))


def _row(corner: Corner, sets: Sets, incl_cut: float, low: float, pri_cut: float, n_cut: int) -> Row:
    member = combination(corner, sets)
    inside = np.flatnonzero(member > 0.5)
    fit = sufficiency(member, sets.y)
    consistency, pri = fit.consistency or 0.0, fit.pri or 0.0
    out: Out
    if len(inside) < n_cut:
        out = "?"
    elif consistency >= incl_cut - 1e-9 and pri >= pri_cut - 1e-9:
        out = "1"
    else:
        out = "C" if consistency >= low - 1e-9 and low < incl_cut else "0"
    with_it = {case for case in inside if sets.y[case] > 0.5}
    against = {"1": set(inside) - with_it, "0": with_it, "C": set(inside), "?": set()}[out]
    return Row(
        corner=corner,
        name=formula(corner, sets.conditions),
        out=out,
        n=len(inside),
        consistency=fit.consistency,
        pri=fit.pri,
        cases=tuple(sets.cases[case] for case in inside),
        against=tuple(sets.cases[case] for case in sorted(against)),
    )


def _notices(sets: Sets, rows: Sequence[Row]) -> list[str]:
    """What has to be said beside the table: how few cases, which rows are empty, which contradict."""
    number, width = len(sets.cases), len(sets.conditions)
    allowed = max(1, int(math.log2(number)))
    empty = sum(row.out == "?" for row in rows)
    said = [
        f"{number} cases, {width} conditions, {len(rows)} combinations, {empty} of them without enough cases."
    ]
    if width > allowed:
        said.append(
            f"{number} cases allow about {allowed} conditions (the binary logarithm); with {width} a neat "
            "formula may come out by chance."
        )
    said += [
        f"{row.name} is {row.out}, but {', '.join(row.against)} "
        f"{'speaks' if len(row.against) == 1 else 'speak'} against it."
        for row in rows
        if row.against and row.out in ("0", "1")
    ]
    said += [f"{row.name} is contradictory: {', '.join(row.cases)}." for row in rows if row.out == "C"]
    return said
