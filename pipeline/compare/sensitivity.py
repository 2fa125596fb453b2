"""Does a QCA solution stand when its cuts and anchors move a little? (Schneider & Wagemann 2012, ch. 11)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.compare.calibrate import Anchors, Cut, crisp, direct
from pipeline.compare.minimise import Corner
from pipeline.compare.qca import Analysis, Kind, solve
from pipeline.compare.sets import Sets, sets
from pipeline.compare.truth_table import truth_table
from pipeline.errors import StudyError

_PARTS = {"out": "fully out", "crossover": "crossover", "full": "fully in"}
_KINDS: tuple[Kind, ...] = ("conservative", "intermediate", "parsimonious")


@dataclass(frozen=True, slots=True)
class Measure:
    """A condition (or the outcome) as it was measured, and the anchors or the cut that calibrated it."""

    values: Mapping[str, float]
    by: Anchors | Cut

    def members(self) -> dict[str, float]:
        """Each case's membership, from 0 to 1."""
        if isinstance(self.by, Anchors):
            return direct(self.values, self.by)
        # A share such as 2/3 must not miss its own cut by a rounding error.
        return crisp(self.values, self.by.value - 1e-9, below=self.by.below)


@dataclass(frozen=True, slots=True)
class Variation:
    """One re-run: what was moved, which kinds of solution came out different, and all formulas.

    `problem` says why it could not be run (a case came to lie at 0.5), else it is "".
    """

    what: str
    changed: tuple[Kind, ...]
    formulas: Mapping[Kind, tuple[str, ...]]
    problem: str = ""


def sensitivity(
    data: Sets,
    *,
    incl_cut: float = 0.8,
    n_cut: int = 1,
    pri_cut: float = 0.0,
    expectations: Mapping[str, int] | None = None,
    necessary_for: Iterable[str] = (),
    exclude: Iterable[Corner] = (),
    measures: Mapping[str, Measure] | None = None,
) -> tuple[Variation, ...]:
    """Run the analysis again with the consistency cut 0.05 lower and higher, with the other of one and two
    cases a row, and with each anchor or cut of each of the `measures` (name -> `Measure`) 10 % lower and
    higher.

    The other arguments are those of `truth_table` and `solve`.
    """
    needed, left_out = tuple(necessary_for), tuple(exclude)

    def run(sample: Sets, cut: float, cases: int) -> Analysis:
        table = truth_table(sample, incl_cut=cut, n_cut=cases, pri_cut=pri_cut)
        return solve(table, expectations=expectations, necessary_for=needed, exclude=left_out)

    base = _formulas(run(data, incl_cut, n_cut))
    out = []
    for cut in (round(incl_cut - 0.05, 6), round(incl_cut + 0.05, 6)):
        if 0 < cut <= 1:
            out.append(_varied(f"consistency cut {cut:g}", base, run(data, cut, n_cut)))
    other = 2 if n_cut == 1 else n_cut - 1
    out.append(
        _varied(
            f"at least {other} {'case' if other == 1 else 'cases'} a row", base, run(data, incl_cut, other)
        )
    )
    for what, name, measure in _moved(measures or {}):
        try:
            out.append(_varied(what, base, run(_recalibrated(data, name, measure), incl_cut, n_cut)))
        except StudyError as problem:
            out.append(Variation(what, (), {}, problem.message))
    return tuple(out)


def _formulas(analysis: Analysis) -> dict[Kind, tuple[str, ...]]:
    return {kind: tuple(sorted(one.formula for one in analysis.of(kind))) for kind in _KINDS}


def _varied(what: str, base: Mapping[Kind, tuple[str, ...]], analysis: Analysis) -> Variation:
    formulas = _formulas(analysis)
    return Variation(what, tuple(kind for kind in _KINDS if formulas[kind] != base[kind]), formulas)


def _moved(measures: Mapping[str, Measure]) -> Iterator[tuple[str, str, Measure]]:
    """Each measure with one anchor or its cut moved; a move that puts anchors out of order is left out."""
    for name, measure in measures.items():
        parts = {"value": "cut"} if isinstance(measure.by, Cut) else _PARTS
        for part, words in parts.items():
            before = getattr(measure.by, part)
            for factor in (0.9, 1.1) if before else ():
                try:
                    moved = replace(measure.by, **{part: before * factor})
                except StudyError:
                    continue
                what = f"{name}: {words} at {before * factor:g} instead of {before:g}"
                yield what, name, Measure(measure.values, moved)


def _recalibrated(data: Sets, name: str, measure: Measure) -> Sets:
    """The sets with one measure calibrated anew, and checked as new ones are."""
    plain = data.negated() if data.outcome.startswith("~") else data
    fresh = measure.members()
    memberships = {}
    for at, case in enumerate(plain.cases):
        known = dict(zip(plain.conditions, plain.x[at].tolist(), strict=True))
        if name not in (*known, plain.outcome):
            raise StudyError(
                f"no condition is called {name!r}", hint=f"Known: {', '.join(plain.conditions)}."
            )
        memberships[case] = {**known, plain.outcome: float(np.asarray(plain.y)[at]), name: fresh[case]}
    again = sets(memberships, plain.conditions, plain.outcome)
    return again.negated() if data.outcome.startswith("~") else again
