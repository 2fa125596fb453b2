"""Qualitative comparative analysis: what is necessary, which combinations suffice, and how firmly.

Solution formulas describe the cases at hand. They are no law and give no probability for other cases.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from pipeline.compare.minimise import Corner, Cube, corners, covers, primes, smallest_covers
from pipeline.compare.sets import Need, Sets, necessary, sets, sufficiency
from pipeline.compare.truth_table import TruthTable, combination, formula, truth_table
from pipeline.errors import StudyError
from pipeline.workbooks import harmless

__all__ = [
    "DESCRIBES",
    "Analysis",
    "Necessity",
    "Solution",
    "Term",
    "contradictory_assumptions",
    "necessity",
    "r_csv",
    "sets",
    "solve",
    "truth_table",
]

Kind = Literal["conservative", "intermediate", "parsimonious"]
DESCRIBES = "The formulas describe these cases; they give no probability for others."


@dataclass(frozen=True, slots=True)
class Necessity:
    """One condition (or several joined by OR) tested as necessary."""

    name: str
    fit: Need
    trivial: bool


@dataclass(frozen=True, slots=True)
class Term:
    """One path of a solution: its fit, and the cases in it (membership above 0.5).

    `unique` is the coverage that the solution would lose without it; `memberships` follow the sets' cases,
    for an XY plot.
    """

    name: str
    cube: Cube
    consistency: float | None
    pri: float | None
    coverage: float | None
    unique: float | None
    cases: tuple[str, ...]
    memberships: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """One solution formula with its fit.

    `assumptions` are the remainders (combinations without cases) that it takes for granted; `uncovered` the
    cases with the outcome that it does not explain, `against` those it covers without the outcome.
    """

    kind: Kind
    outcome: str
    terms: tuple[Term, ...]
    consistency: float | None
    pri: float | None
    coverage: float | None
    assumptions: tuple[Corner, ...]
    uncovered: tuple[str, ...]
    against: tuple[str, ...]

    @property
    def formula(self) -> str:
        """The terms joined by OR.

        The order is that of the conditions, so equal solutions have equal formulas.
        """
        return " + ".join(term.name for term in self.terms)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The truth table and its solutions, every tie of each."""

    table: TruthTable
    conservative: tuple[Solution, ...]
    intermediate: tuple[Solution, ...]
    parsimonious: tuple[Solution, ...]
    notices: tuple[str, ...]

    def of(self, kind: Kind) -> tuple[Solution, ...]:
        """The solutions of one kind."""
        return {
            "conservative": self.conservative,
            "intermediate": self.intermediate,
            "parsimonious": self.parsimonious,
        }[kind]


def necessity(data: Sets, alternatives: Sequence[Sequence[str]] = ()) -> tuple[Necessity, ...]:
    """Each condition and each negation as necessary for the outcome, then alternatives joined by OR.

    To be looked at before the truth table, for the outcome and for its negation. `trivial` marks what is
    consistent (.9 or more) but nearly everywhere (coverage or RoN below .5).
    """
    single = [[sign + name] for name in data.conditions for sign in ("", "~")]
    out = []
    for literals in (*single, *alternatives):
        member = np.max([data.membership(literal) for literal in literals], axis=0)
        fit = necessary(member, data.y)
        low = min(fit.coverage or 0.0, fit.ron or 0.0)
        out.append(Necessity(" + ".join(literals), fit, (fit.consistency or 0.0) >= 0.9 and low < 0.5))
    return tuple(out)


def solve(
    table: TruthTable,
    *,
    expectations: Mapping[str, int] | None = None,
    necessary_for: Iterable[str] = (),
    exclude: Iterable[Corner] = (),
) -> Analysis:
    """Minimise the truth table three ways: conservative, intermediate, parsimonious, with all ties.

    `expectations` (condition -> 1 or 0) say whether presence or absence is expected to favour the outcome;
    a condition left out has no expectation. Remainders that contradict `necessary_for` (such as `["LIT"]`)
    or are named in `exclude` are never assumed. Raises `StudyError` for an unknown condition.
    """
    expected = dict(expectations or {})
    positive = table.corners("1")
    usable = _usable(table, expected, necessary_for, exclude)
    width = len(table.sets.conditions)
    plain = smallest_covers(primes(positive, (), width), positive)
    short = smallest_covers(primes(positive, usable, width), positive)
    easy: dict[tuple[Cube, ...], None] = {}
    for one, other in product(plain, short):
        allowed = _easy_counterfactuals(one, other, usable, expected, table.sets.conditions)
        easy.update(dict.fromkeys(smallest_covers(primes(positive, allowed, width), positive)))
    notices = [*table.notices, DESCRIBES]
    if not positive:
        notices.insert(0, "No combination is consistent enough: there is no solution.")
    if positive and not table.corners("0") and not table.corners("C"):
        notices.insert(0, "Every combination with cases has the outcome: nothing tells cases apart.")
    return Analysis(
        table=table,
        conservative=_solutions("conservative", plain, table),
        intermediate=_solutions("intermediate", easy, table),
        parsimonious=_solutions("parsimonious", short, table),
        notices=tuple(notices),
    )


def _usable(
    table: TruthTable, expected: Mapping[str, int], necessary_for: Iterable[str], exclude: Iterable[Corner]
) -> frozenset[Corner]:
    """The remainders that may be assumed."""
    conditions = table.sets.conditions
    needed = list(necessary_for)
    for name in (*expected, *(literal.lstrip("~") for literal in needed)):
        if name not in conditions:
            raise StudyError(f"no condition is called {name!r}", hint=f"Known: {', '.join(conditions)}.")
    wanted = [(conditions.index(one.lstrip("~")), 0 if one.startswith("~") else 1) for one in needed]
    remainders = table.corners("?") - frozenset(exclude)
    return frozenset(one for one in remainders if all(one[at] == want for at, want in wanted))


def _easy_counterfactuals(
    plain: Sequence[Cube],
    short: Sequence[Cube],
    usable: frozenset[Corner],
    expected: Mapping[str, int],
    conditions: Sequence[str],
) -> set[Corner]:
    """Remainders used by the parsimonious terms that agree with the expectations (Ragin 2008, ch. 9).

    Within a parsimonious term, a conservative one may lose the literals that speak against what is
    expected: the outcome occurred in spite of them, so it would occur without.
    """
    out: set[Corner] = set()
    for term in plain:
        for wider in short:
            if not all(want is None or want == term[at] for at, want in enumerate(wider)):
                continue
            freed = tuple(
                None
                if want is not None and wider[at] is None and expected.get(conditions[at], want) != want
                else want
                for at, want in enumerate(term)
            )
            out |= usable & set(corners(freed))
    return out


def _solutions(kind: Kind, found: Iterable[tuple[Cube, ...]], table: TruthTable) -> tuple[Solution, ...]:
    return tuple(_solution(kind, cubes, table) for cubes in found)


def _solution(kind: Kind, cubes: Sequence[Cube], table: TruthTable) -> Solution:
    data = table.sets
    members = np.array([combination(cube, data) for cube in cubes])
    whole = members.max(axis=0)
    fit = sufficiency(whole, data.y)
    remainders = sorted(table.corners("?"), reverse=True)
    return Solution(
        kind=kind,
        outcome=data.outcome,
        terms=tuple(_term(at, cubes, members, data) for at in range(len(cubes))),
        consistency=fit.consistency,
        pri=fit.pri,
        coverage=fit.coverage,
        assumptions=tuple(one for one in remainders if any(covers(cube, one) for cube in cubes)),
        uncovered=_named(data, (whole <= 0.5) & (data.y > 0.5)),
        against=_named(data, (whole > 0.5) & (data.y <= 0.5)),
    )


def _term(at: int, cubes: Sequence[Cube], members: np.ndarray, data: Sets) -> Term:
    fit = sufficiency(members[at], data.y)
    others = np.delete(members, at, axis=0)
    rest = sufficiency(others.max(axis=0), data.y).coverage if len(others) else 0.0
    whole = sufficiency(members.max(axis=0), data.y).coverage
    return Term(
        name=formula(cubes[at], data.conditions),
        cube=cubes[at],
        consistency=fit.consistency,
        pri=fit.pri,
        coverage=fit.coverage,
        unique=None if whole is None or rest is None else whole - rest,
        cases=_named(data, members[at] > 0.5),
        memberships=tuple(float(value) for value in members[at]),
    )


def _named(data: Sets, which: np.ndarray) -> tuple[str, ...]:
    return tuple(case for case, is_one in zip(data.cases, which, strict=True) if is_one)


def contradictory_assumptions(one: Solution, other: Solution) -> tuple[Corner, ...]:
    """The remainders that a solution for the outcome and one for its negation both take for granted.

    Hand them to `solve(..., exclude=...)` for an analysis without them (Schneider & Wagemann 2012, ch. 8).
    """
    return tuple(corner for corner in one.assumptions if corner in set(other.assumptions))


def r_csv(data: Sets) -> bytes:
    """The calibrated memberships as CSV for R's QCA or fs/QCA: case id first, then conditions and outcome.

    In R: `truthTable(read.csv("qca.csv", row.names = 1), outcome = "SURV", incl.cut = 0.8)`.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["case", *data.conditions, data.outcome])
    for at, case in enumerate(data.cases):
        writer.writerow(
            [harmless(case), *(repr(float(value)) for value in data.x[at]), repr(float(data.y[at]))]
        )
    return text.getvalue().encode("utf-8")
