"""What suggestions are worth: measures over utterances (n) and codes (k).

`answers` is (n, k): 1 given, 0 refused, nan not asked; `scores` and `suggested` are (n, k).
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score

_RESAMPLES = 1000


def f1(answers: np.ndarray, suggested: np.ndarray) -> float:
    """2 TP / (2 TP + FP + FN) over whatever was asked; 0 where nothing was given or suggested.

    >>> f1(np.array([1, 1, 0, np.nan]), np.array([True, False, True, True]))
    0.5
    """
    hits, wrong, missed = _counts(answers, suggested)
    total = 2 * hits + wrong + missed
    return float(2 * hits / total) if total else 0.0


def kappa(answers: np.ndarray, suggested: np.ndarray) -> float | None:
    """Cohen's kappa; None where it is undefined because both sides only ever say one thing.

    >>> kappa(np.array([1] * 25 + [0] * 25), np.array([1] * 20 + [0] * 5 + [1] * 10 + [0] * 15) == 1)
    0.4
    """
    asked = ~np.isnan(answers)
    people, model = answers[asked] == 1, suggested[asked]
    if not len(people):
        return None
    observed = float((people == model).mean())
    a, b = float(people.mean()), float(model.mean())
    expected = a * b + (1 - a) * (1 - b)
    return None if expected >= 1 else round((observed - expected) / (1 - expected), 12)


def average_precision(answers: np.ndarray, scores: np.ndarray) -> float:
    """Area under precision over recall; 0 where the code was never given."""
    asked = ~np.isnan(answers)
    if not (answers[asked] == 1).any():
        return 0.0
    return float(average_precision_score(answers[asked] == 1, scores[asked]))


def brier(answers: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean squared distance between probability and answer (Brier 1950)."""
    asked = ~np.isnan(answers)
    return float(((answers[asked] - probabilities[asked]) ** 2).mean())


def brier_of_base_rate(answers: np.ndarray) -> float:
    """The Brier score of always answering the code's share in these very answers."""
    share = float(np.nanmean(answers))
    return share * (1 - share)


def reliability(
    answers: np.ndarray, probabilities: np.ndarray, bins: int = 10
) -> list[tuple[float, float, int]]:
    """Mean probability, share given and number of pairs, in bins that hold equally many pairs."""
    asked = ~np.isnan(answers)
    truth, said = answers[asked], probabilities[asked]
    order = np.argsort(said, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [(float(said[part].mean()), float(truth[part].mean()), len(part)) for part in parts]


def ece(answers: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: the distance between probability and share, averaged over the bins.

    >>> ece(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.5, 0.5]), bins=2)
    0.25
    """
    table = reliability(answers, probabilities, bins)
    pairs = sum(number for _, _, number in table)
    return sum(abs(said - share) * number for said, share, number in table) / pairs


def precision_at(answers: np.ndarray, scores: np.ndarray, share: float) -> float:
    """How many of the likeliest pairs are right, taking `share` times as many as people gave."""
    asked = ~np.isnan(answers)
    truth, said = answers[asked], scores[asked]
    wanted = max(round(share * float(truth.sum())), 1)
    return float(truth[np.argsort(-said, kind="stable")[:wanted]].mean())


def f1_intervals(
    answers: np.ndarray, suggested: np.ndarray, groups: np.ndarray, seed: int
) -> tuple[list[tuple[float, float] | None], tuple[float, float] | None]:
    """95 % bootstrap intervals of each code's F1 and of their mean, transcripts drawn with replacement.

    None with fewer than three transcripts, from which no interval can be had.
    """
    names, of = np.unique(groups, return_inverse=True)
    if len(names) < 3:
        return [None] * answers.shape[1], None
    counts = np.array(
        [
            [_counts(answers[of == g, k], suggested[of == g, k]) for k in range(answers.shape[1])]
            for g in range(len(names))
        ],
        dtype=float,
    )
    draws = np.random.default_rng(seed).integers(len(names), size=(_RESAMPLES, len(names)))
    times = np.stack([(draws == g).sum(axis=1) for g in range(len(names))], axis=1)
    hits, wrong, missed = np.moveaxis(np.einsum("bg,gkc->bkc", times, counts), 2, 0)
    total = 2 * hits + wrong + missed
    drawn = np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    mean_low, mean_high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)], (float(mean_low), float(mean_high))


def _counts(answers: np.ndarray, suggested: np.ndarray) -> tuple[int, int, int]:
    given, refused = answers == 1, answers == 0
    return int((given & suggested).sum()), int((refused & suggested).sum()), int((given & ~suggested).sum())
