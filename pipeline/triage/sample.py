"""Random samples, with the probability that each utterance had of being drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import StudyError

STRATA = ("nothing suggested", "suggested weakly", "suggested strongly")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One utterance of a sample: its `row`, its inclusion probability (above 0, at most 1), its stratum."""

    row: int
    probability: float
    stratum: str


def for_audit(
    interviews: Sequence[str],
    scores: np.ndarray,
    suggested: np.ndarray,
    *,
    share: float,
    per_code: int,
    seed: int,
) -> list[Drawn]:
    """Draw utterances that can speak for all: a share of every interview and score stratum, and some a code.

    `interviews` names the interview of each of n utterances, in order; `scores` and `suggested` are (n, k).
    Systematic sampling through interviews and strata, in random order within each, gives every utterance
    the probability `share` and every interview its share to within one. Besides, for each code of which
    that is expected to bring fewer than 2 x `per_code`, `per_code` of the utterances where it is suggested
    are drawn (all, if there are not more). The draws are independent, so the probability of being in any of
    them is 1 - prod(1 - p) exactly; estimates for the whole study weigh by its inverse (Horvitz and
    Thompson 1952). The rows come in order. The same values and seed give the same sample.
    """
    if not 0 < share <= 1 or per_code < 0:
        raise StudyError("a share lies above 0 and at most at 1", hint="For instance --share 0.1.")
    rng = np.random.default_rng(seed)
    strata = score_strata(scores, suggested)
    missed = np.full(len(interviews), 1.0 - share)
    chosen = _systematic(interviews, strata, share, rng)
    for column in range(suggested.shape[1]):
        members = np.flatnonzero(suggested[:, column])
        if not per_code or not len(members) or share * len(members) >= 2 * per_code:
            continue
        size = min(per_code, len(members))
        chosen[rng.choice(members, size=size, replace=False)] = True
        missed[members] *= 1.0 - size / len(members)
    return [
        Drawn(row, float(1.0 - missed[row]), f"{interviews[row]}, {STRATA[strata[row]]}")
        for row in np.flatnonzero(chosen).tolist()
    ]


def for_control(pile: Sequence[int], size: int, *, seed: int) -> list[Drawn]:
    """Draw `size` of the unread rows in `pile` at random, each with the same chance; the rows come in order.

    >>> [one.probability for one in for_control([4, 5, 9], 3, seed=1)]
    [1.0, 1.0, 1.0]
    """
    if not 0 < size <= len(pile):
        raise StudyError(f"{size} cannot be drawn: {len(pile)} utterances are unread")
    rng = np.random.default_rng(seed)
    rows = sorted(rng.choice(np.asarray(pile), size=size, replace=False).tolist())
    return [Drawn(row, size / len(pile), "unread") for row in rows]


def score_strata(scores: np.ndarray, suggested: np.ndarray) -> np.ndarray:
    """The place in `STRATA` of each utterance: nothing suggested, or its best suggestion weak or strong.

    Weak and strong are the halves of the suggested utterances by the score of their best suggestion.
    """
    some = suggested.any(axis=1)
    best = np.where(suggested, scores, -np.inf).max(axis=1, initial=-np.inf)
    strata = some.astype(int)
    if some.any():
        strata[some & (best > np.median(best[some]))] = 2
    return strata


def _systematic(
    interviews: Sequence[str], strata: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """Every utterance with probability `share`, spread evenly over interviews and strata."""
    names = np.unique(np.asarray(interviews), return_inverse=True)[1]
    order = np.lexsort((rng.random(len(strata)), strata, names))
    steps = np.floor(rng.random() + share * np.arange(len(strata) + 1))
    chosen = np.zeros(len(strata), dtype=bool)
    chosen[order[np.flatnonzero(np.diff(steps) > 0)]] = True
    return chosen
