"""Sets with degrees of membership, and how well one is a subset of another.

Sources: Ragin 2008; Schneider & Wagemann 2012.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import StudyError

MOST_CONDITIONS = 6
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")


@dataclass(frozen=True)
class Sets:
    """Cases with their memberships: `x[case, condition]` and `y[case]`, each from 0 to 1."""

    cases: tuple[str, ...]
    conditions: tuple[str, ...]
    outcome: str
    x: np.ndarray
    y: np.ndarray

    def negated(self) -> Sets:
        """The same cases with the outcome's negation; it needs an analysis of its own."""
        name = self.outcome[1:] if self.outcome.startswith("~") else f"~{self.outcome}"
        return replace(self, outcome=name, y=1 - self.y)

    def membership(self, literal: str) -> np.ndarray:
        """Every case's membership in a condition, or in its negation if the literal begins with ~."""
        name = literal.lstrip("~")
        if name not in self.conditions:
            raise StudyError(f"no condition is called {name!r}", hint=f"Known: {', '.join(self.conditions)}.")
        value: np.ndarray = self.x[:, self.conditions.index(name)]
        return 1 - value if literal.startswith("~") else value


@dataclass(frozen=True, slots=True)
class Fit:
    """How well X is sufficient for Y; None where the figure is undefined (nothing is in the set)."""

    consistency: float | None
    pri: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Need:
    """How well X is necessary for Y: consistency, coverage, and relevance (RoN)."""

    consistency: float | None
    coverage: float | None
    ron: float | None


def sets(
    memberships: Mapping[str, Mapping[str, float | None]], conditions: Sequence[str], outcome: str
) -> Sets:
    """Cases with calibrated memberships (case -> name -> membership from 0 to 1), checked.

    Raises `StudyError` for a missing value, one outside 0 to 1, a condition at exactly 0.5 (the case would
    lie in no corner of the truth table), more than six conditions, or fewer than two cases.

    >>> sets({"FR": {"DEV": .98, "SURV": .95}, "PT": {"DEV": .01, "SURV": .05}}, ["DEV"], "SURV").cases
    ('FR', 'PT')
    """
    _check_names(conditions, outcome)
    if len(memberships) < 2:
        raise StudyError("a set-theoretic comparison needs two cases or more", where="cases.csv")
    for case, values in memberships.items():
        for name in (*conditions, outcome):
            _check_value(case, name, values.get(name), condition=name != outcome)
    return Sets(
        cases=tuple(memberships),
        conditions=tuple(conditions),
        outcome=outcome,
        x=np.array([[values[name] for name in conditions] for values in memberships.values()], dtype=float),
        y=np.array([values[outcome] for values in memberships.values()], dtype=float),
    )


def _check_names(conditions: Sequence[str], outcome: str) -> None:
    if not conditions:
        raise StudyError("no condition is named", hint="Name one to six conditions.")
    if len(conditions) > MOST_CONDITIONS:
        raise StudyError(
            f"{len(conditions)} conditions are too many",
            hint=f"At most {MOST_CONDITIONS}: each doubles the combinations, and few cases fill few of them.",
        )
    if len({*conditions, outcome}) <= len(conditions):
        raise StudyError("a condition or the outcome is named twice", hint="Name each once.")
    for name in (*conditions, outcome):
        if not _NAME.fullmatch(name):
            raise StudyError(f"{name!r} cannot stand in a formula", hint="Use letters, digits and _ only.")


def _check_value(case: str, name: str, value: float | None, *, condition: bool) -> None:
    if value is None or math.isnan(value):
        raise StudyError(
            f"{case} has no value for {name}", where="cases.csv", hint="Fill it in, or leave the case out."
        )
    if not 0 <= value <= 1:
        raise StudyError(
            f"{case} has {value} for {name}, which is no membership", hint="Calibrate it to 0 to 1 first."
        )
    if condition and value == 0.5:
        raise StudyError(
            f"{case} has exactly 0.5 for the condition {name}: it is neither in nor out",
            hint="Decide with the case's quotes which side it is on, and move the anchor accordingly.",
        )


def sufficiency(x: np.ndarray, y: np.ndarray) -> Fit:
    """X -> Y: consistency = sum min(x,y) / sum x, coverage = sum min(x,y) / sum y, and PRI.

    PRI = (sum min(x,y) - sum min(x,y,1-y)) / (sum x - sum min(x,y,1-y)), Schneider & Wagemann 2012, p. 242.

    >>> sufficiency(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0]))
    Fit(consistency=0.5, pri=0.5, coverage=0.5)
    """
    both = np.minimum(x, y)
    torn = np.minimum(both, 1 - y).sum()
    return Fit(
        _ratio(both.sum(), x.sum()), _ratio(both.sum() - torn, x.sum() - torn), _ratio(both.sum(), y.sum())
    )


def necessary(x: np.ndarray, y: np.ndarray) -> Need:
    """X <- Y: consistency = sum min(x,y) / sum y, coverage = sum min(x,y) / sum x, and relevance.

    RoN = sum (1-x) / sum (1-min(x,y)), Schneider & Wagemann 2012, p. 236: low if X is in nearly every case.

    >>> necessary(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
    Need(consistency=1.0, coverage=0.5, ron=0.5)
    """
    both = np.minimum(x, y)
    return Need(
        _ratio(both.sum(), y.sum()), _ratio(both.sum(), x.sum()), _ratio((1 - x).sum(), (1 - both).sum())
    )


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 1e-12 else None
