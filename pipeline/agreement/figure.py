"""A figure that may be undefined: then it has no value, and says why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NOTHING = "no utterance was looked at by both"
ONE_CATEGORY = "only one category occurs, so agreement by chance is already complete"
NO_POSITIVES = "nobody gave this code"
NO_NEGATIVES = "everybody gave this code to every utterance"
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Figure:
    """One coefficient: `value`, or None with the reason in `undefined`."""

    value: float | None
    undefined: str | None = None


def figure(value: float | np.floating, reason: str) -> Figure:
    """A number as a figure; NaN becomes undefined, with the reason.

    >>> figure(float("nan"), "no utterances")
    Figure(value=None, undefined='no utterances')
    """
    return Figure(None, reason) if np.isnan(value) else Figure(float(value))


def number(value: float | np.floating) -> float | None:
    """A number for JSON: NaN and infinity become None."""
    return float(value) if np.isfinite(value) else None


def ratio(above: Floats, below: Floats) -> Floats:
    """`above / below`, NaN where nothing can be divided by."""
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    out = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=np.abs(below) > _TINY)
    return out
