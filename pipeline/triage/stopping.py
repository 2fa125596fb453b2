"""When it is safe to stop reading: the hypergeometric test of Callaghan and Müller-Hansen.

The test asks whether a random sample of what is unread would hold so few finds if the target were still
missed. Only such a sample carries a confidence. The quasi-sample looks at the latest utterances read in
ranked order as if they were a random draw; it tells when a sample is worth drawing and promises nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np
from scipy.stats import hypergeom

from pipeline.errors import StudyError
from pipeline.triage.hypergeometric import at_most

DRY = 0.3
"""Below this p of the quasi-sample a random control is worth drawing; measured, see docs/TRIAGE.md."""


def exact(share: float | str | Fraction) -> Fraction:
    """A share as the fraction that was written: 0.95 is 19/20, not the binary number beside it.

    >>> exact(0.95)
    Fraction(19, 20)
    """
    return share if isinstance(share, Fraction) else Fraction(str(share))


def fewest_missed(found: int, found_before: int, target: Fraction) -> int:
    """The fewest relevant utterances the pile must have held before the draw for the target to be missed.

    `found` counts all found so far, `found_before` those found before the draw. K of Callaghan and
    Müller-Hansen 2020 (doi 10.1186/s13643-020-01521-4), on exact fractions.

    >>> fewest_missed(19, 19, Fraction(19, 20))
    2
    """
    return floor(found / target - found_before + 1)


def missed_by_chance(
    found_before: int, pile: int, drawn: int, hits: int, *, target: Fraction, undecided: int = 0
) -> Fraction:
    """The largest chance of so few finds in a random sample if less than the target had been found: p.

    `pile` utterances were unread when `drawn` of them were drawn at random, and `hits` turned out relevant;
    `undecided` are answers that settle nothing, counted as if they were finds that do not help. p is valid
    for a sample whose size was fixed before it was read. 0 where the pile cannot hold enough to miss.

    >>> float(round(missed_by_chance(95, 400, 157, 0, target=Fraction(19, 20)), 6))
    0.049049
    """
    _check(pile, drawn, hits + undecided, target)
    fewest = fewest_missed(found_before + hits, found_before, target)
    if fewest > pile:
        return Fraction(0)
    return at_most(hits + undecided, pile, fewest, drawn)


def draws_needed(
    found_before: int, pile: int, *, target: Fraction, alpha: Fraction, hits: int = 0
) -> int | None:
    """The smallest random sample that settles it if `hits` turn up; None if not even the whole pile does.

    >>> draws_needed(95, 400, target=Fraction(19, 20), alpha=Fraction(1, 20))
    157
    """

    def settles(drawn: int) -> bool:
        return missed_by_chance(found_before, pile, drawn, hits, target=target) < alpha

    if hits > pile or not settles(pile):
        return None
    low, high = hits, pile  # p falls as the sample grows
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle + 1, high)
    return low


def quasi(relevant: Sequence[bool] | np.ndarray, total: int, *, target: Fraction) -> float:
    """A sign that reading in ranked order has run dry: p of the best of all endings of what was read.

    `relevant` tells for each utterance in the order of reading whether it was; `total` counts read and
    unread. It errs where a kind of talk that the ranking does not know sits among the unread, and it takes
    the smallest of many p without correction: use it to decide when to draw a sample, never as a promise.
    (The ranked variant of Callaghan and Müller-Hansen 2020.)
    """
    labels = np.asarray(relevant, dtype=bool)
    read = len(labels)
    if read > total:
        raise StudyError(f"{read} utterances cannot have been read of {total}")
    if not read:
        return 1.0
    backwards = labels[::-1]
    last = np.flatnonzero(np.append(backwards[1:], True)) + 1  # p falls until the next find
    hits = np.cumsum(backwards)[last - 1]
    found = int(labels.sum())
    missed = floor(found / target) - found + hits + 1  # floor of a sum with whole numbers
    pile = total - read + last
    if (missed > pile).any():
        return 0.0
    return float(hypergeom.cdf(hits, pile, missed, last).min())


@dataclass(frozen=True, slots=True)
class Spending:
    """How the error allowed is shared out over looks, so that all looks together keep the confidence.

    The first look gets four fifths of it, each later one a fifth of the look before; they sum to alpha.
    """

    confidence: Fraction = Fraction(19, 20)

    def alpha(self, look: int) -> Fraction:
        """What look number `look`, counted from 1, may use.

        >>> Spending().alpha(1)
        Fraction(1, 25)
        """
        if look < 1:
            raise StudyError("looks are counted from 1")
        return (1 - self.confidence) * Fraction(4, 5) * Fraction(1, 5) ** (look - 1)


def _check(pile: int, drawn: int, hits: int, target: Fraction) -> None:
    if not 0 < target <= 1:
        raise StudyError("the share to be found must lie above 0 and at most at 1", hint="For instance 0.95.")
    if not 0 <= hits <= drawn <= pile:
        raise StudyError(f"{hits} finds among {drawn} drawn from {pile} cannot be")
