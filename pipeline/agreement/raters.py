"""Agreement of two or more coders who put each utterance into one category; values may be missing.

`ratings` has shape (coders, units) and holds any labels; None or NaN is missing. Missing is not a category.
Gwet (2014), "Handbook of Inter-Rater Reliability", 4th ed., gives these forms for missing values.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.agreement.figure import ONE_CATEGORY, Figure, Floats, figure, ratio
from pipeline.agreement.tables import corrected
from pipeline.errors import StudyError

ALONE = "no unit was rated by two coders"
Ratings = Sequence[Sequence[Hashable]]


@dataclass(frozen=True, slots=True)
class WithError:
    """A coefficient with its standard error and 95 % interval, where units are independent."""

    value: float | None
    error: float | None
    low: float | None
    high: float | None
    undefined: str | None = None


def several_coders(ratings: Ratings, categories: Sequence[Hashable] | None = None) -> dict[str, Figure]:
    """Percent, Fleiss' kappa, Conger's kappa, Brennan-Prediger and AC1 of two or more coders.

    `categories` names every category that could be given; without it, those that occur. Raises `StudyError`
    if there are fewer than two coders or the coders have different numbers of units.

    >>> found = several_coders([["a", "a", "b", "b"], ["a", "b", "b", None]])
    >>> round(found["percent"].value, 4)
    0.6667
    """
    given = by_coder(ratings, categories)
    counts = given.sum(axis=0)
    observed = _observed(counts)
    shares = _shares(counts)
    chances = {
        "fleiss": (shares**2).sum(),
        "conger": _conger_chance(given),
        "brennan_prediger": 1 / given.shape[2],
        "ac1": (shares * (1 - shares)).sum() / max(given.shape[2] - 1, 1),
    }
    pairable = bool((counts.sum(axis=1) >= 2).any())
    why = ONE_CATEGORY if pairable else ALONE
    found = {"percent": figure(observed, why)}
    for name, chance in chances.items():
        found[name] = figure(float(corrected(observed, chance)), why)
    return found


def ac1_with_error(
    ratings: Ratings, categories: Sequence[Hashable] | None = None, population: int | None = None
) -> WithError:
    """Gwet's AC1 with standard error and 95 % t interval (Gwet 2008), its upper end cut at 1.

    `population` is the number of units the sample was drawn from (finite population correction). The error
    takes units as independent: for utterances of a few interviews resample interviews instead.

    >>> found = ac1_with_error([list("yyyyn"), list("yyynn")])
    >>> round(found.value, 4)
    0.6552
    """
    counts = by_coder(ratings, categories).sum(axis=0)
    counts = counts[counts.sum(axis=1) > 0]
    units, categories_n = counts.shape
    if not (counts.sum(axis=1) >= 2).any():
        return WithError(None, None, None, None, ALONE)
    shares = _shares(counts)
    chance = float((shares * (1 - shares)).sum() / max(categories_n - 1, 1))
    value = (_observed(counts) - chance) / (1 - chance)
    if units < 2:
        return WithError(value, None, None, None, None)
    spread = _ac1_influence(counts, shares, chance, value)
    kept = 1 - units / population if population else 1.0
    error = float(np.sqrt(kept * ((spread - value) ** 2).sum() / (units * (units - 1))))
    reach = float(stats.t.ppf(0.975, units - 1)) * error
    return WithError(value, error, value - reach, min(1.0, value + reach))


def fleiss(counts: Iterable[Sequence[int]]) -> Figure:
    """Fleiss' kappa (1971) from units x categories counts with the same number of ratings on each unit.

    >>> round(fleiss([[3, 0], [0, 3], [2, 1]]).value, 4)
    0.55
    """
    table = np.asarray(list(counts), float)
    if table.ndim != 2 or not len(table):
        raise StudyError("a table of ratings must have units as rows and categories as columns")
    if len(set(table.sum(axis=1))) != 1:
        raise StudyError("Fleiss' kappa needs the same number of ratings on each unit")
    value = corrected(_observed(table), (_shares(table) ** 2).sum())
    return figure(float(value), ONE_CATEGORY if table.sum(axis=1)[0] >= 2 else ALONE)


def by_coder(ratings: Ratings, categories: Sequence[Hashable] | None = None) -> Floats:
    """Ratings as 0/1 of shape (coders, units, categories); a missing value is all zeros."""
    if len(ratings) < 2:
        raise StudyError("agreement needs at least two coders")
    if len({len(row) for row in ratings}) != 1:
        raise StudyError("the coders have different numbers of units")
    seen = {value for row in ratings for value in row if not missing(value)}
    names = list(categories) if categories is not None else sorted(seen, key=lambda v: (str(type(v)), str(v)))
    if unknown := seen - set(names):
        raise StudyError(f"{len(unknown)} categories were given that are not among those named")
    place = {name: at for at, name in enumerate(names)}
    out = np.zeros((len(ratings), len(ratings[0]), len(names)))
    for coder, row in enumerate(ratings):
        for unit, value in enumerate(row):
            if not missing(value):
                out[coder, unit, place[value]] = 1
    return out


def missing(value: object) -> bool:
    """Whether a rating is missing: None or NaN."""
    return value is None or (isinstance(value, float) and bool(np.isnan(value)))


def _observed(counts: Floats) -> float:
    """Mean agreement of the pairs within a unit, over units with at least two ratings."""
    many = counts[counts.sum(axis=1) >= 2]
    if not len(many):
        return float("nan")
    each = many.sum(axis=1)
    return float(((many * (many - 1)).sum(axis=1) / (each * (each - 1))).mean())


def _shares(counts: Floats) -> Floats:
    """Mean share of each category over the units that were rated at all."""
    rated = counts[counts.sum(axis=1) > 0]
    if not len(rated):
        return np.full(counts.shape[1], np.nan)
    return np.asarray((rated / rated.sum(axis=1, keepdims=True)).mean(axis=0))


def _conger_chance(given: Floats) -> float:
    """Chance agreement where each coder keeps the own shares (Conger 1980)."""
    own = ratio(given.sum(axis=1), given.sum(axis=(1, 2))[:, None])
    coders = len(own)
    return float((own.mean(axis=0) ** 2).sum() - (own.var(axis=0, ddof=1) / coders).sum())


def _ac1_influence(counts: Floats, shares: Floats, chance: float, value: float) -> Floats:
    """What each unit contributes to AC1, linearised."""
    each = counts.sum(axis=1)
    pairs = np.where(each >= 2, each * (each - 1), 1)
    agree = (counts * (counts - 1)).sum(axis=1) / pairs
    scale = len(counts) / (each >= 2).sum()
    own = np.where(each >= 2, (agree - chance) / (1 - chance) * scale, 0.0)
    categories = max(counts.shape[1] - 1, 1)
    expected = (counts / each[:, None] * (1 - shares)).sum(axis=1) / categories
    return np.asarray(own - 2 * (1 - value) * (expected - chance) / (1 - chance))
