"""Krippendorff's alpha for any number of coders, missing values, and several kinds of values and sets.

alpha = 1 - D_o/D_e over pairable values (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").
"Looked at, nothing applies" is a value (the empty set); only what a coder did not look at is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Literal

import numpy as np
from scipy import stats

from pipeline.agreement.figure import Figure, Floats, ratio
from pipeline.agreement.raters import ALONE, Ratings, WithError, by_coder, missing
from pipeline.errors import StudyError

ONE_VALUE = "only one value occurs, so nothing could differ"
Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio")
Codes = Collection[str]


def alpha(ratings: Ratings, level: Level = "nominal") -> Figure:
    """Krippendorff's alpha of ratings of shape (coders, units); None or NaN is missing.

    `level` says what a difference between two values means; above nominal, values must be numbers.
    Raises `StudyError` if the ratings do not fit the level, or coders have different numbers of units.

    >>> coder_1, coder_2 = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    >>> round(alpha([coder_1, coder_2]).value, 4)
    0.0952
    """
    if level not in LEVELS:
        raise StudyError(f"no level is called {level}", hint=f"Choose one of {', '.join(LEVELS)}.")
    values = {value for row in ratings for value in row if not missing(value)}
    try:
        order = sorted(values) if level != "nominal" else sorted(values, key=str)  # type: ignore[type-var]
        counts = _counts(ratings, order)
        return of_counts(counts, _METRICS[level](order, counts))
    except (TypeError, ValueError) as problem:
        raise StudyError(f"values at the level {level} must be numbers") from problem


def alpha_with_error(ratings: Ratings) -> WithError:
    """Nominal alpha with the standard error and 95 % t interval that Gwet (2014) gives it, cut at 1.

    The error takes units as independent: for utterances of a few interviews resample interviews instead.

    >>> found = alpha_with_error([list("aabbab"), list("aabbba")])
    >>> round(found.value, 4), found.low < found.value < found.high
    (0.3889, True)
    """
    counts = by_coder(ratings).sum(axis=0)
    counts = counts[counts.sum(axis=1) >= 2]
    value = alpha(ratings)
    units = len(counts)
    if value.value is None or units < 2:
        return WithError(value.value, None, None, None, value.undefined)
    each = counts.sum(axis=1)
    mean, few = each.mean(), 1 / each.sum()
    shares = (counts / mean).mean(axis=0)
    chance = float((shares**2).sum())
    agree = (counts * (counts - 1)).sum(axis=1) / (mean * (each - 1))
    plain = (agree.mean() - chance) / (1 - chance)
    off = (each - mean) / mean
    own = (agree - ((1 - few) * agree.mean() + few) * off - chance) / (1 - chance)
    expected = counts @ shares / mean - chance * off
    influence = own - 2 * (1 - plain) * (expected - chance) / (1 - chance)
    error = float(np.sqrt(((influence - plain) ** 2).sum() / (units * (units - 1))))
    reach = float(stats.t.ppf(0.975, units - 1)) * error
    return WithError(value.value, error, value.value - reach, min(1.0, value.value + reach))


def alpha_of_sets(
    sets: Sequence[Sequence[Codes | None]], distance: Callable[[Codes, Codes], float] | None = None
) -> Figure:
    """Alpha where each unit has a set of codes; shape (coders, units), None is missing, () is "none applies".

    `distance` is `masi` (default), `jaccard` or `exact`: the choice changes the figure, so name it.

    >>> coder_1, coder_2 = [{"a"}, {"a", "b"}, {"b"}, set()], [{"a"}, {"a"}, {"b"}, set()]
    >>> round(alpha_of_sets([coder_1, coder_2]).value, 4)
    0.7812
    """
    frozen: Ratings = [[None if value is None else frozenset(value) for value in row] for row in sets]
    values = {value for row in frozen for value in row if isinstance(value, frozenset)}
    order = sorted(values, key=lambda value: (len(value), sorted(value)))
    apart = distance or masi
    delta = np.array([[apart(one, other) for other in order] for one in order])
    return of_counts(_counts(frozen, list(order)), delta)


def of_counts(counts: Floats, delta: Floats) -> Figure:
    """Alpha from units x values counts and the distances between values."""
    pairable = counts[counts.sum(axis=1) >= 2]
    total = pairable.sum()
    if not total:
        return Figure(None, ALONE)
    observed = (_within(pairable, delta) / (pairable.sum(axis=1) - 1)).sum() / total
    by_value = pairable.sum(axis=0)
    expected = float(by_value @ delta @ by_value) / (total * (total - 1))
    if expected <= 0:
        return Figure(None, ONE_VALUE)
    return Figure(float(1 - observed / expected))


def exact(one: Codes, other: Codes) -> float:
    """0 for equal sets, 1 for any others."""
    return 0.0 if set(one) == set(other) else 1.0


def jaccard(one: Codes, other: Codes) -> float:
    """1 - |A and B|/|A or B|; two empty sets are alike (0), an empty and a filled one are not (1).

    >>> jaccard({"a"}, {"a", "b"})
    0.5
    """
    first, second = set(one), set(other)
    return 1 - len(first & second) / len(first | second) if first | second else 0.0


def masi(one: Codes, other: Codes) -> float:
    """1 - J M: J as in Jaccard, M = 1 for equal, 2/3 for nested, 1/3 for other sets (Passonneau 2006).

    >>> round(masi({"a"}, {"a", "b"}), 4), masi(set(), set()), masi(set(), {"a"})
    (0.6667, 0.0, 1.0)
    """
    first, second = set(one), set(other)
    if first == second:
        return 0.0
    if not first & second:
        return 1.0
    weight = 2 / 3 if first <= second or second <= first else 1 / 3
    return 1 - (1 - jaccard(first, second)) * weight


def _counts(ratings: Ratings, order: Sequence[Hashable]) -> Floats:
    """How often each value was given to each unit."""
    if len(ratings) < 2:
        raise StudyError("agreement needs at least two coders")
    if len({len(row) for row in ratings}) != 1:
        raise StudyError("the coders have different numbers of units")
    place = {value: at for at, value in enumerate(order)}
    out = np.zeros((len(ratings[0]), len(order)))
    for row in ratings:
        for unit, value in enumerate(row):
            if not missing(value):
                out[unit, place[value]] += 1
    return out


def _within(counts: Floats, delta: Floats) -> Floats:
    """The distances of all ordered pairs of values in each unit, summed."""
    return np.asarray(((counts @ delta) * counts).sum(axis=1) - counts @ np.diagonal(delta))


def _nominal(order: Sequence[Hashable], counts: Floats) -> Floats:
    return 1 - np.eye(len(order))


def _interval(order: Sequence[Hashable], counts: Floats) -> Floats:
    values = np.asarray(order, float)
    return np.asarray((values[:, None] - values) ** 2)


def _ratio(order: Sequence[Hashable], counts: Floats) -> Floats:
    values = np.asarray(order, float)
    if (values < 0).any():
        raise ValueError("negative")
    apart = ratio(values[:, None] - values, values[:, None] + values)
    return np.asarray(np.nan_to_num(apart) ** 2)


def _ordinal(order: Sequence[Hashable], counts: Floats) -> Floats:
    np.asarray(order, float)
    often = counts[counts.sum(axis=1) >= 2].sum(axis=0)
    upto = np.cumsum(often) - often / 2
    return np.asarray((upto[:, None] - upto) ** 2)


_METRICS: dict[Level, Callable[[Sequence[Hashable], Floats], Floats]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}
