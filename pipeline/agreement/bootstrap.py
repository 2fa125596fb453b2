"""Intervals by resampling interviews: utterances of one interview are alike, so whole interviews are redrawn.

Everything is computed from sums per interview. A *plan* holds in each row how often each interview counts:
row 0 once each (the figure itself), then rows that leave one interview out (for the acceleration), draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.agreement.figure import Floats

FEW = 10
"""Below this number of interviews an interval is not to be relied on."""
ONE_INTERVIEW = "one interview only, so nothing can be resampled"
CONSTANT = "every draw gives the same figure, so resampling cannot say how sure it is"
MOSTLY_UNDEFINED = "undefined in most draws"
_SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; without ends where `undefined` says why. It leaves out `draws_undefined`."""

    low: float | None
    high: float | None
    draws_undefined: int = 0
    undefined: str | None = None

    @property
    def width(self) -> float | None:
        """How wide it is."""
        return None if self.low is None or self.high is None else self.high - self.low


def plan(interviews: int, draws: int, seed: int) -> Floats:
    """How often each interview counts, of shape (1 + interviews + draws, interviews).

    >>> plan(2, 0, 1)
    array([[1., 1.],
           [0., 1.],
           [1., 0.]])
    """
    once = np.ones((1, interviews))
    without = np.ones((interviews, interviews)) - np.eye(interviews)
    drawn = np.random.default_rng(seed).multinomial(
        interviews, np.full(interviews, 1 / interviews), size=draws
    )
    return np.concatenate([once, without, drawn.astype(float)])


def over_plan(rows: Floats, sums: Floats) -> Floats:
    """Sums per interview, shape (interviews, ...), added up for every row of a plan: shape (rows, ...)."""
    flat = rows @ sums.reshape(len(sums), -1)
    return np.asarray(flat.reshape(len(rows), *sums.shape[1:]))


def intervals(values: Floats, interviews: int, level: float = 0.95) -> list[Interval]:
    """The BCa interval of each column of figures over a plan, shape (1 + interviews + draws, columns).

    Bias-corrected and accelerated (Efron 1987), with percentiles widened as by a t distribution (the
    "expanded percentile" of Hesterberg 2015, "What teachers should know about the bootstrap"): without it,
    intervals from few interviews are too narrow. NaN draws are left out and counted.
    """
    if interviews < 2:
        return [Interval(None, None, 0, ONE_INTERVIEW) for _ in range(values.shape[1])]
    point, without, drawn = values[0], values[1 : interviews + 1], values[interviews + 1 :]
    defined = (~np.isnan(drawn)).sum(axis=0)
    ends = _ends(point, without, drawn, defined, level)
    return [
        _interval(point[at], drawn[:, at], ends[:, at], int(defined[at])) for at in range(values.shape[1])
    ]


def _ends(point: Floats, without: Floats, drawn: Floats, defined: Floats, level: float) -> Floats:
    """Lower and upper ends, shape (2, columns)."""
    interviews = len(without)
    wide = stats.t.ppf((1 + level) / 2, interviews - 1) * np.sqrt(interviews / (interviews - 1))
    below = (drawn < point - _SAME).sum(axis=0) + (np.abs(drawn - point) <= _SAME).sum(axis=0) / 2
    share = np.clip(below / np.maximum(defined, 1), 0.5 / (len(drawn) + 1), 1 - 0.5 / (len(drawn) + 1))
    bias, speed = stats.norm.ppf(share), _acceleration(without)
    ordered = np.sort(drawn, axis=0)  # NaN last
    ends = []
    for z in (bias - wide, bias + wide):
        at = stats.norm.cdf(bias + z / (1 - speed * z))
        ends.append(_quantile(ordered, at, defined))
    return np.array(ends)


def _acceleration(without: Floats) -> Floats:
    """How the spread changes with the figure, from leaving out one interview at a time."""
    there = ~np.isnan(without)
    mean = np.where(there, without, 0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    off = np.where(there, mean - without, 0)
    below = 6 * (off**2).sum(axis=0) ** 1.5
    return np.asarray(
        np.divide((off**3).sum(axis=0), below, out=np.zeros(without.shape[1]), where=below > _SAME)
    )


def _quantile(ordered: Floats, share: Floats, defined: Floats) -> Floats:
    """Linear quantiles of the first `defined` values of each sorted column."""
    place = np.clip(share, 0, 1) * np.maximum(defined - 1, 0)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, np.maximum(defined - 1, 0).astype(int))
    columns = np.arange(ordered.shape[1])
    part = place - low
    return np.asarray(ordered[low, columns] * (1 - part) + ordered[high, columns] * part)


def _interval(point: float, drawn: Floats, ends: Floats, defined: int) -> Interval:
    lost = len(drawn) - defined
    if np.isnan(point):
        return Interval(None, None, lost, "the figure itself is undefined")
    if defined < len(drawn) / 2 or not defined:
        return Interval(None, None, lost, MOSTLY_UNDEFINED)
    if np.nanmax(drawn) - np.nanmin(drawn) <= _SAME:
        return Interval(None, None, lost, CONSTANT)
    return Interval(float(ends[0]), float(ends[1]), lost)
