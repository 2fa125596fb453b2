"""From evidence to probability, and from probability to a suggestion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

TOGETHER = 10.0
"""How strongly a code's slopes are drawn to those of all codes: they differ by about 1 / sqrt(10)."""
_BEFORE = 2.0
_REFITS, _FEWEST_REFITS, _MANY = 20, 4, 2000
_MOST = 4


@dataclass(frozen=True, eq=False)
class Calibration:
    """Turns m kinds of evidence into probabilities of k codes, as the mean over r fits.

    `intercepts` (r, k); `slopes` (r, k, m), none below 0.
    """

    intercepts: np.ndarray
    slopes: np.ndarray

    def probabilities(self, evidence: np.ndarray) -> np.ndarray:
        """Probabilities (n, k) from log odds of each kind of evidence, (n, k, m)."""
        out = np.zeros(evidence.shape[:2])
        for intercepts, slopes in zip(self.intercepts, self.slopes, strict=True):
            out += _sigmoid(np.einsum("nkm,km->nk", evidence, slopes) + intercepts)
        return out / len(self.intercepts)


def calibrate(
    evidence: np.ndarray, answers: np.ndarray, groups: np.ndarray, seed: int, wary: Sequence[float] = ()
) -> Calibration:
    """Fit slopes and intercepts on held-out evidence, (n, k, m), and answers, (n, k), of transcripts (n,).

    Platt scaling (Platt 1999) with several kinds of evidence: the log odds are a weighted sum, the weights
    fitted by log loss where an answer was given and the evidence is known (nan is left out). A code's
    weights are drawn to those of all codes, so that few answers suffice; a weight is never negative, so
    more evidence never lowers a score. `wary` (m,) draws the shared weight of a kind of evidence to 0, by so
    much: it must earn its weight. Two imagined answers at a code's base rate keep the intercept of a
    code without examples finite. The probability is the mean over fits to 4 to 20 resamples of whole
    transcripts: interviews differ in how often a code comes up, and a new one may differ as much. For the
    same reason a code's share is drawn to that of all codes, see `drawn_shares`.
    """
    known = ~np.isnan(answers) & ~np.isnan(evidence).any(axis=2)
    middle = np.where(known[:, :, None], np.nan_to_num(evidence), 0.0).sum(axis=0)
    middle /= np.maximum(known.sum(axis=0), 1)[:, None]
    centred = np.where(known[:, :, None], np.nan_to_num(evidence) - middle, 0.0)
    truth = np.where(known, np.nan_to_num(answers), 0.0)
    base, drawn = drawn_shares(answers, groups)
    shift = _log_odds(drawn) - _log_odds(base)
    kinds, codes = evidence.shape[2], evidence.shape[1]
    doubt = np.array(wary or (0.0,) * kinds)
    start = np.concatenate([_log_odds(base), np.ones(kinds), np.ones(codes * kinds)])
    start = _fit(centred, truth, known.astype(float), base, doubt, start)
    random = np.random.default_rng(seed)
    names, of = np.unique(groups, return_inverse=True)
    intercepts, slopes = [], []
    # With thousands of utterances one resample differs little from another.
    refits = max(_FEWEST_REFITS, min(_REFITS, _REFITS * _MANY // max(len(answers), 1)))
    for _ in range(refits):
        times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        found = _fit(centred, truth, known * times[of][:, None].astype(float), base, doubt, start)
        slopes.append(found[codes + kinds :].reshape(codes, kinds))
        intercepts.append(found[:codes] + shift - (slopes[-1] * middle).sum(axis=1))
    return Calibration(np.array(intercepts), np.array(slopes))


def _fit(
    evidence: np.ndarray,
    truth: np.ndarray,
    times: np.ndarray,
    base: np.ndarray,
    doubt: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    """The best intercepts (k), shared slopes (m) and slopes (k * m), each pair counting `times` times."""
    codes, kinds = evidence.shape[1:]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        intercepts, shared = flat[:codes], flat[codes : codes + kinds]
        slopes = flat[codes + kinds :].reshape(codes, kinds)
        odds = np.einsum("nkm,km->nk", evidence, slopes) + intercepts
        error = times * (_sigmoid(odds) - truth)
        apart = slopes - shared
        total = (times * (np.logaddexp(0, odds) - truth * odds)).sum()
        total += _BEFORE * (np.logaddexp(0, intercepts) - base * intercepts).sum()
        total += 0.5 * TOGETHER * (apart**2).sum() + 0.5 * float(doubt @ shared**2)
        by_intercept = error.sum(axis=0) + _BEFORE * (_sigmoid(intercepts) - base)
        by_slope = np.einsum("nkm,nk->km", evidence, error) + TOGETHER * apart
        by_shared = doubt * shared - TOGETHER * apart.sum(axis=0)
        return float(total), np.concatenate([by_intercept, by_shared, by_slope.ravel()])

    bounds = [(None, None)] * codes + [(0, None)] * (kinds + codes * kinds)
    options = {"maxiter": 500, "ftol": 1e-7}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x)


def drawn_shares(answers: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often each of k codes is given, (k,), and the same drawn to the mean of all codes, (k,).

    A few interviews tell little of how often a code will come up in the next one, least of all where they
    differ. The share is drawn by the variance that they leave over the variance among the codes (Efron &
    Morris 1975): not at all where the interviews agree or are many, or where there is a single code.
    """
    asked, (names, of) = ~np.isnan(answers), np.unique(groups, return_inverse=True)
    own = (np.nansum(answers, axis=0) + 0.5) / (asked.sum(axis=0) + 1)
    if len(names) < 2 or len(own) < 2:
        return own, own
    inside = (of == np.arange(len(names))[:, None]).astype(float)
    numbers, given = inside @ asked, inside @ np.nan_to_num(answers)
    apart = (given - numbers * own) / np.maximum(numbers.sum(axis=0), 1)
    left = (apart**2).sum(axis=0) * len(names) / (len(names) - 1)
    among = max(float(own.var(ddof=1) - left.mean()), 0.0)
    return own, own.mean() + among / (among + left + 1e-12) * (own - own.mean())


def thresholds(probabilities: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """For each code the probability from which on suggesting it gives the best F1, (k,).

    F1 is reckoned half from the answers and half from what the probabilities promise: with few examples the
    best cut for the answers alone is an accident. A code without examples is suggested from .5 on.
    """
    out = np.full(answers.shape[1], 0.5)
    for code in range(answers.shape[1]):
        rows = ~np.isnan(answers[:, code]) & ~np.isnan(probabilities[:, code])
        truth, said = answers[rows, code], probabilities[rows, code]
        if truth.sum() > 0:
            out[code] = best_cut(said, (truth + said) / 2)
    return out


def best_cut(scores: np.ndarray, answers: np.ndarray) -> float:
    """The cut that gives the best F1, half way between the two scores around it; answers are from 0 to 1.

    At most four times as many are suggested as were given: where a code's scores tell nothing, F1 is best
    by suggesting it everywhere, which is of no use to anybody.

    >>> best_cut(np.array([0.9, 0.8, 0.2]), np.array([1.0, 1.0, 0.0]))
    0.5
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(answers[order])
    f1 = 2 * hits / (np.arange(1, len(scores) + 1) + answers.sum())
    possible = np.append(ranked[:-1] > ranked[1:], True)  # no cut between equal scores
    possible[max(1, int(_MOST * answers.sum())) :] = False
    best = int(np.argmax(np.where(possible, f1, -1)))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def _log_odds(shares: np.ndarray) -> np.ndarray:
    out: np.ndarray = np.log(shares / (1 - shares))
    return out


def _sigmoid(values: np.ndarray) -> np.ndarray:
    out: np.ndarray = 0.5 * (1 + np.tanh(0.5 * values))
    return out
