"""The alternative annotator test: may the model stand in for a coder?

Calderon, Reichart and Dror (2025), "The Alternative Annotator Test for LLM-as-a-Judge". For each coder in
turn, the model and that coder are compared by their likeness to the other coders, utterance by utterance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.agreement.figure import Floats, ratio

NEEDS_THREE = "it needs three coders besides the model"
SHARE = "share utterances with it and with another coder"
NO_UNITS = "no utterance was looked at by the model and two coders"
NO_VARIATION = "no variation: model and coder never differ in likeness"
UNWEIGHTED = "; the signed-rank test takes no weights, so it is on the drawn units as they are"
ALIKE = "each transcript counts once, however long it is"
T_FROM = 30
"""From this number of units the t test is used; below it, the exact Wilcoxon signed-rank test."""
Pages = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Compared:
    """One coder against the model.

    `n` units; on `coder_better`, `even` and `model_better` of them; `rho_model` and `rho_coder` the share on
    which each is at least as close to the others; `p` of "the model is worse by epsilon or more".
    """

    coder: str
    n: int
    coder_better: int
    even: int
    model_better: int
    rho_model: float
    rho_coder: float
    mean: float
    method: str
    statistic: float | None
    p: float | None
    rejected: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AltTest:
    """The whole test: `omega` the winning rate (passed from .5), `rho` the mean advantage probability.

    Where there are so few units that no result could pass, `omega` and `passed` are None and `undefined` says
    why; each coder's figures and `rho` stand all the same.
    """

    units: str
    epsilon: float
    q: float
    annotators: tuple[Compared, ...] = ()
    omega: float | None = None
    rho: float | None = None
    passed: bool | None = None
    undefined: str | None = None

    def as_json(self) -> dict[str, object]:
        """The test as `--json` shows it."""
        return asdict(self) | {"annotators": [asdict(one) for one in self.annotators]}


def alt_test(
    said: Pages,
    model: Pages,
    coders: Sequence[str],
    *,
    epsilon: float = 0.15,
    q: float = 0.05,
    transcripts: NDArray[np.str_] | None = None,
    weight: Floats | None = None,
) -> AltTest:
    """The test over sets of codes by Jaccard likeness (for one code the same as accuracy).

    `said` has shape (coders, units, codes) with 1, 0, and -1 for not looked at; `model` (units, codes).
    With `transcripts`, the mean of each transcript is one unit: utterances of one are not independent. Each
    transcript then counts once. `weight` is how much each utterance counts in a drawn sample (1 / inclusion
    probability, on any scale): shares and means, of the whole or of each transcript, are then those of what
    was sampled. `epsilon` is the cost advantage granted to the
    model: .2 against experts, .15 trained coders, .1 a crowd.
    """
    units = "utterances" if transcripts is None else "transcripts"
    if len(coders) < 3:
        return AltTest(units, epsilon, q, undefined=f"{NEEDS_THREE}; there are {len(coders)}")
    tested = []
    for at, coder in enumerate(coders):
        better, coder_better, seen = _wins(said, model, at)
        if seen.any():
            names = None if transcripts is None else transcripts[seen]
            each = np.ones(int(seen.sum())) if weight is None else weight[seen]
            tested.append(_tested(coder, better[seen], coder_better[seen], names, each, epsilon))
    if not tested:
        return AltTest(units, epsilon, q, undefined=NO_UNITS)
    if len(tested) < 3:
        return AltTest(units, epsilon, q, undefined=f"{NEEDS_THREE}; {len(tested)} {SHARE}")
    return _decided(units, epsilon, q, tested)


def jaccard(one: Pages, other: Pages) -> Floats:
    """|A and B|/|A or B| row by row; two empty sets are alike (1).

    >>> jaccard(np.array([[1, 1, 0], [0, 0, 0]]), np.array([[1, 0, 0], [0, 0, 0]])).tolist()
    [0.5, 1.0]
    """
    both = ((one == 1) & (other == 1)).sum(axis=-1).astype(float)
    either = ((one == 1) | (other == 1)).sum(axis=-1)
    return np.asarray(np.divide(both, either, out=np.ones_like(both), where=either > 0))


def benjamini_yekutieli(p: Sequence[float], q: float = 0.05) -> list[bool]:
    """Which hypotheses fall at false discovery rate q, whatever their dependence (2001).

    >>> benjamini_yekutieli([0.010, 0.012, 0.020, 0.30])
    [True, True, False, False]
    """
    if not p:
        return []
    order = np.argsort(p)
    m = len(p)
    limits = np.arange(1, m + 1) * q / (m * (1 / np.arange(1, m + 1)).sum())
    passed = np.flatnonzero(np.asarray(p)[order] <= limits + 1e-15)
    out = [False] * m
    for at in order[: passed[-1] + 1 if len(passed) else 0]:
        out[at] = True
    return out


def t_test(
    differences: Floats, epsilon: float, weight: Floats | None = None
) -> tuple[float | None, float | None, str | None]:
    """t, p and a note for "mean difference < epsilon" (one-sided); differences are coder minus model.

    With weights, the mean is weighted and its error linearised: n/(n - 1) sum of (w (d - mean))^2 over
    (sum of w)^2 (Särndal, Swensson and Wretman 1992, section 5.8); with equal weights that is the plain t.
    Without any variation t is infinite or 0/0: then there is no p, but the note says so.
    """
    n = len(differences)
    share = np.full(n, 1 / n) if weight is None else weight / weight.sum()
    mean = float((share * differences).sum())
    if n < 2 or float(np.ptp(differences)) <= 1e-12:
        return None, None, NO_VARIATION
    error = float(np.sqrt(n / (n - 1) * ((share * (differences - mean)) ** 2).sum()))
    t = (mean - epsilon) / error
    return t, float(stats.t.cdf(t, n - 1)), None


def signed_rank(differences: Floats, epsilon: float) -> tuple[float, float]:
    """W+ and the exact one-sided p of Wilcoxon's signed-rank test on differences - epsilon, ties and all.

    Counts all sign flips of the mid-ranks, which stays exact with ties (Pratt and Gibbons 1981).
    """
    off = np.round(differences - epsilon, 12)
    off = off[off != 0]
    if not len(off):
        return 0.0, 1.0
    twice = np.rint(2 * stats.rankdata(np.abs(off))).astype(int)  # mid-ranks are halves: doubled, whole
    observed = int(twice[off > 0].sum())
    ways = np.zeros(int(twice.sum()) + 1)
    ways[0] = 1.0
    for rank in twice:
        ways[rank:] = ways[rank:] + ways[:-rank]
        ways /= 2
    return observed / 2, float(ways[: observed + 1].sum())


def _wins(said: Pages, model: Pages, at: int) -> tuple[NDArray[np.bool_], ...]:
    """Where the model is at least as close to the others as coder `at`, the reverse, and where both are."""
    looked = np.asarray((said >= 0).all(axis=2))
    others = [k for k in range(len(said)) if k != at]
    company = looked[others].sum(axis=0)
    seen = looked[at] & (model >= 0).all(axis=1) & (company > 0)
    gain = np.zeros(len(model))
    for k in others:
        gain += np.where(looked[k], jaccard(model, said[k]) - jaccard(said[at], said[k]), 0.0)
    closer = ratio(gain, np.maximum(company, 1))
    return closer >= -1e-12, closer <= 1e-12, seen


def _tested(
    coder: str,
    model_wins: NDArray[np.bool_],
    coder_wins: NDArray[np.bool_],
    transcripts: NDArray[np.str_] | None,
    weight: Floats,
    epsilon: float,
) -> Compared:
    model_share, coder_share = model_wins.astype(float), coder_wins.astype(float)
    if transcripts is not None:
        _, number = np.unique(transcripts, return_inverse=True)
        each = np.bincount(number, weight)
        model_share, coder_share = (
            np.bincount(number, weight * wins) / each for wins in (model_share, coder_share)
        )
        weight = np.ones(len(each))
    differences = coder_share - model_share
    n, even = len(differences), bool(np.ptp(weight) <= 1e-12 * weight.max())
    statistic, p, note = t_test(differences, epsilon, weight)
    method = "t" if even else "weighted t"
    if n < T_FROM:
        method, note = "exact Wilcoxon", f"under {T_FROM} units" + ("" if even else UNWEIGHTED)
        statistic, p = signed_rank(differences, epsilon)
    if transcripts is not None:
        note = "; ".join(one for one in (note, ALIKE) if one)
    return Compared(
        coder,
        n,
        int((differences > 0).sum()),
        int((differences == 0).sum()),
        int((differences < 0).sum()),
        float(np.average(model_share, weights=weight)),
        float(np.average(coder_share, weights=weight)),
        float(np.average(differences, weights=weight)),
        method,
        statistic,
        p,
        note=note,
    )


def _decided(units: str, epsilon: float, q: float, tested: list[Compared]) -> AltTest:
    """Rejections over all coders; without variation a mean below epsilon counts as rejected."""
    for_rule = [_for_rule(one, epsilon) for one in tested]
    fallen = benjamini_yekutieli(for_rule, q)
    marked = tuple(
        Compared(**(asdict(one) | {"rejected": fell})) for one, fell in zip(tested, fallen, strict=True)
    )
    rho = float(np.mean([one.rho_model for one in tested]))
    if few := _too_few(units, q, tested):
        return AltTest(units, epsilon, q, marked, rho=rho, undefined=few)
    omega = sum(fallen) / len(fallen)
    return AltTest(units, epsilon, q, marked, omega, rho, omega >= 0.5)


def _too_few(units: str, q: float, tested: list[Compared]) -> str | None:
    """Why the test could not pass whatever the model did, if so.

    A signed-rank test of n units knows 2^n ways to put the signs, so no p of it lies below 2^-n.
    """
    best = benjamini_yekutieli([2.0**-one.n if one.n < T_FROM else 0.0 for one in tested], q)
    if sum(best) >= len(best) / 2:
        return None
    coders, most = len(tested), max(one.n for one in tested)
    fewest = math.ceil(math.log2(sum(1 / k for k in range(1, coders + 1)) / q))
    what = f"{most} {units} are" if most != 1 else f"1 {units.removesuffix('s')} is"
    return (
        f"{what} too few; it could not pass if the model were closer to the others on every one, and takes "
        f"{fewest} with {coders} coders"
    )


def _for_rule(one: Compared, epsilon: float) -> float:
    """The p used in the rule: without variation, 0 where the mean lies below epsilon, else 1."""
    if one.p is not None:
        return one.p
    return 0.0 if one.mean < epsilon - 1e-12 else 1.0
