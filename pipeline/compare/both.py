"""A whole QCA: the outcome and its negation, each with necessity, truth table, solutions and re-runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.compare.ask import Calibrated, Question
from pipeline.compare.linked import circular
from pipeline.compare.qca import Analysis, Necessity, Solution, contradictory_assumptions, necessity, solve
from pipeline.compare.sensitivity import Variation, sensitivity
from pipeline.compare.sets import Sets
from pipeline.compare.truth_table import Row, formula, truth_table


@dataclass(frozen=True, slots=True)
class Side:
    """The analysis of the outcome or of its negation."""

    data: Sets
    necessity: tuple[Necessity, ...]
    analysis: Analysis
    variations: tuple[Variation, ...]

    def as_json(self) -> dict[str, object]:
        """Everything as plain values."""
        kinds = (self.analysis.conservative, self.analysis.intermediate, self.analysis.parsimonious)
        return {
            "outcome": self.data.outcome,
            "necessity": [_need(one) for one in self.necessity],
            "truth_table": [_row(row) for row in self.analysis.table.rows],
            "solutions": [_solution(one, self.data) for some in kinds for one in some],
            "sensitivity": [
                {"what": one.what, "changed": list(one.changed), "problem": one.problem}
                for one in self.variations
            ],
            "notices": list(self.analysis.notices),
        }


@dataclass(frozen=True, slots=True)
class Qca:
    """Both sides, and what has to be said beside them."""

    outcome: Side
    negation: Side
    notices: tuple[str, ...]
    calibrated: tuple[Calibrated, ...] = ()

    def as_json(self) -> dict[str, object]:
        """`"qca"` of `compare --json`."""
        return {
            "calibration": [one.as_json() for one in self.calibrated],
            "outcome": self.outcome.as_json(),
            "negation": self.negation.as_json(),
            "notices": list(self.notices),
        }


def both_sides(
    asked: Question,
    *,
    incl_cut: float = 0.8,
    n_cut: int = 1,
    pri_cut: float = 0.0,
    expectations: Mapping[str, int] | None = None,
    necessary_for: Iterable[str] = (),
) -> Qca:
    """Analyse the outcome, then its negation, which is no mirror image of it.

    `expectations` and `necessary_for` hold for the outcome only. Contradictory assumptions (remainders that
    the parsimonious solutions of both take for granted) and circular conditions are named in `notices`.
    """
    needed = tuple(necessary_for)

    def side(data: Sets, expected: Mapping[str, int], claims: tuple[str, ...]) -> Side:
        table = truth_table(data, incl_cut=incl_cut, n_cut=n_cut, pri_cut=pri_cut)
        analysis = solve(table, expectations=expected, necessary_for=claims)
        moved = sensitivity(
            data,
            incl_cut=incl_cut,
            n_cut=n_cut,
            pri_cut=pri_cut,
            expectations=expected,
            necessary_for=claims,
            measures=asked.measures,
        )
        return Side(data, necessity(data), analysis, moved)

    outcome = side(asked.data, expectations or {}, needed)
    negation = side(asked.data.negated(), {}, ())
    return Qca(outcome, negation, tuple(_notices(asked, outcome, negation)), asked.calibrated)


def _notices(asked: Question, outcome: Side, negation: Side) -> list[str]:
    said = [circular(asked.links, asked.data.outcome)]
    twice = {
        corner: None
        for one in outcome.analysis.parsimonious
        for other in negation.analysis.parsimonious
        for corner in contradictory_assumptions(one, other)
    }
    if twice:
        names = ", ".join(formula(corner, asked.data.conditions) for corner in twice)
        said.append(
            f"The parsimonious solutions assume for the outcome and for its negation alike: {names}. "
            "Prefer the intermediate or the conservative solution."
        )
    return [line for line in said if line]


def _need(one: Necessity) -> dict[str, object]:
    fit = one.fit
    return {
        "condition": one.name,
        "consistency": fit.consistency,
        "coverage": fit.coverage,
        "ron": fit.ron,
        "trivial": one.trivial,
    }


def _row(row: Row) -> dict[str, object]:
    return {
        "combination": row.name,
        "out": row.out,
        "n": row.n,
        "consistency": row.consistency,
        "pri": row.pri,
        "cases": list(row.cases),
        "against": list(row.against),
    }


def _solution(one: Solution, data: Sets) -> dict[str, object]:
    return {
        "kind": one.kind,
        "formula": one.formula,
        "consistency": one.consistency,
        "pri": one.pri,
        "coverage": one.coverage,
        "terms": [
            {
                "term": term.name,
                "consistency": term.consistency,
                "pri": term.pri,
                "coverage": term.coverage,
                "unique": term.unique,
                "cases": list(term.cases),
                "xy": dict(zip(data.cases, term.memberships, strict=True)),
            }
            for term in one.terms
        ],
        "assumptions": [formula(corner, data.conditions) for corner in one.assumptions],
        "uncovered": list(one.uncovered),
        "against": list(one.against),
    }
