"""Thresholds that miss few of the utterances that carry a code, and what may be promised of them.

Conformal risk control (Angelopoulos, Bates, Fisch, Lei, Schuster 2022) bounds the **mean** share missed, over
all calibration sets that might have been drawn; the threshold at hand misses more than that in up to about
half of them. It holds where calibration and new utterances are exchangeable: drawn at random, best as whole
interviews, never the ones a model was trained on or chose. `confident` is the stricter promise.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np
from scipy.stats import beta

from pipeline.errors import StudyError
from pipeline.triage.elusion import binomial_upper, draws_for

LIMITS = (
    "Holds on average over calibration sets, not for this one; only for interviews like those it was "
    "calibrated on, which must be drawn at random, whole, and not be used for training."
)

SURE_LIMITS = (
    "Only for interviews like those it was calibrated on, which must be drawn at random, whole, and not be "
    "used for training."
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where to cut one code's scores so that at most a share `alpha` of its utterances falls below.

    `value` is None where too few coded utterances carry the code to promise it (`needed` of them would do):
    then read everything by hand. `misses` fall below in the calibration set of `positives`; `chance_of_more`
    is how likely this very threshold misses more than `alpha` in truth (for scores without ties).
    """

    value: float | None
    alpha: float
    positives: int
    misses: int
    needed: int
    chance_of_more: float | None
    limits: str = LIMITS


def misses_allowed(positives: int, alpha: Fraction) -> int:
    """How many of `positives` calibration utterances may fall below the threshold; -1 if none can be set.

    >>> misses_allowed(19, Fraction(1, 10)), misses_allowed(18, Fraction(1, 20))
    (1, -1)
    """
    return floor(alpha * (positives + 1)) - 1


def fewest(alpha: Fraction) -> int:
    """How many utterances that carry the code are needed to set any threshold.

    >>> fewest(Fraction(1, 20))
    19
    """
    return -floor(-(1 / alpha - 1))


def per_code(scores: Sequence[float] | np.ndarray, alpha: Fraction) -> Threshold:
    """The largest threshold that misses at most a share `alpha` of a code's utterances, on average.

    `scores` are those of the calibration utterances that carry the code. Equation 4 of Angelopoulos et al.
    2022 with loss 1 for an utterance below the threshold, compared on whole numbers.

    >>> per_code([0.05, 0.12, 0.20], Fraction(1, 4)).value
    0.05
    """
    _check(alpha)
    ordered = np.sort(np.asarray(scores, dtype=float))
    misses = misses_allowed(len(ordered), alpha)
    if misses < 0:
        return Threshold(None, float(alpha), len(ordered), 0, fewest(alpha), None)
    more = beta.sf(float(alpha), misses + 1, len(ordered) - misses)
    below = int((ordered < ordered[misses]).sum())
    return Threshold(float(ordered[misses]), float(alpha), len(ordered), below, fewest(alpha), float(more))


def confident(scores: Sequence[float] | np.ndarray, alpha: Fraction, confidence: float = 0.95) -> Threshold:
    """The largest threshold of which one can say, with `confidence`, that it misses at most `alpha`.

    The exact binomial bound on the share below the threshold decides (Clopper-Pearson).
    """
    _check(alpha)
    ordered = np.sort(np.asarray(scores, dtype=float))
    count = len(ordered)
    needed = draws_for(float(alpha), 1 - confidence)
    allowed = bisect_right(range(count), float(alpha), key=lambda n: binomial_upper(n, count, 1 - confidence))
    allowed -= 1
    if allowed < 0:
        return Threshold(None, float(alpha), count, 0, needed, None)
    below = int((ordered < ordered[allowed]).sum())
    return Threshold(float(ordered[allowed]), float(alpha), count, below, needed, 1 - confidence, SURE_LIMITS)


def for_sets(scores: Sequence[Sequence[float]], alpha: Fraction) -> float | None:
    """The largest threshold for all codes together that misses at most `alpha` of an utterance's codes.

    The share is a mean, as in `per_code`. `scores` holds for each calibration utterance the scores of the
    codes it carries; those that carry none are left out, so the promise is for utterances that carry a
    code. None where it cannot be promised.
    """
    _check(alpha)
    points = sorted({score for one in scores for score in one}, reverse=True)
    if any(not one for one in scores):
        raise StudyError("an utterance without a code cannot be missed", hint="Leave such utterances out.")
    count = len(scores)
    for point in points:
        missed = sum((Fraction(sum(s < point for s in one), len(one)) for one in scores), Fraction(0))
        if missed + 1 <= alpha * (count + 1):
            return point
    return None


def _check(alpha: Fraction) -> None:
    if not 0 < alpha < 1:
        raise StudyError("the share that may be missed must lie between 0 and 1", hint="For instance 0.1.")
