"""Shaffer's rho: may a kappa seen in a small test set be taken to hold for the whole?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pipeline.agreement import tables
from pipeline.agreement.figure import Floats
from pipeline.errors import StudyError


@dataclass(frozen=True, slots=True)
class Rho:
    """`value` is the share (0 to 1) of sets below the threshold whose test set shows such a kappa by luck.

    Under .05 the kappa of the whole may be taken to reach the threshold. `undefined_sets` of the simulated
    test sets held one category only; they count as if they had reached the observed kappa.
    """

    value: float | None
    sets: int
    undefined_sets: int
    undefined: str | None = None


def shaffer_rho(
    kappa: float | None,
    prevalence: float,
    n: int,
    *,
    threshold: float = 0.65,
    lowest: float = 0.4,
    precision: tuple[float, float] = (0.6, 1.0),
    inflation: float = 0.0,
    length: int = 10_000,
    sets: int = 800,
    seed: int = 1,
) -> Rho:
    """Shaffer's rho for one code (Shaffer 2017, "Quantitative Ethnography"; Eagan et al. 2017).

    Simulates coded sets of `length` utterances with the code's `prevalence` (0 to 1), a kappa from `lowest`
    to `threshold` and a precision in the given range; draws from each a test set of `n` utterances, with at
    least the share `inflation` of it positive for the first coder where the real one was drawn so; and counts
    how many reach the observed kappa. Raises `StudyError` where the settings are impossible.

    >>> shaffer_rho(0.9, 0.2, 200).value < 0.05 < shaffer_rho(0.66, 0.2, 40).value
    True
    """
    if not 0 < prevalence < 1 or not 0 < n <= length:
        raise StudyError("rho needs a prevalence between 0 and 1 and a test set no longer than the whole")
    if not lowest < threshold <= 1 or not 0 < precision[0] <= precision[1] <= 1 or not 0 <= inflation <= 1:
        raise StudyError("rho needs lowest < threshold <= 1, and precision and inflation between 0 and 1")
    if kappa is None:
        return Rho(None, 0, 0, "the observed kappa is undefined")
    rng = np.random.default_rng(seed)
    cells = coded_sets(prevalence, (lowest, threshold), precision, length, sets, rng)
    if not len(cells):
        return Rho(None, 0, 0, "no coded set has this prevalence, kappa and precision")
    drawn = np.array([_test_set(cell, n, inflation, rng) for cell in cells], float)
    kappas = tables.cohen_kappa(drawn.reshape(-1, 2, 2))
    lost = int(np.isnan(kappas).sum())
    reached = int((kappas >= kappa - 1e-12).sum()) + lost
    return Rho(reached / len(kappas), len(kappas), lost)


def coded_sets(
    prevalence: float,
    kappas: tuple[float, float],
    precision: tuple[float, float],
    length: int,
    sets: int,
    rng: np.random.Generator,
) -> Floats:
    """Cells (both, only first, only second, neither) of simulated coded sets, shape (sets, 4).

    Kappa and precision are drawn evenly; recall follows from them and the prevalence, and pairs that would
    need a recall above 1 are drawn again.
    """
    kept: list[Floats] = []
    for _ in range(200):
        kappa = rng.uniform(*kappas, size=sets)
        exact = rng.uniform(*precision, size=sets)
        below = 2 * exact - 2 * prevalence - kappa + 2 * prevalence * kappa
        recall = np.divide(kappa * exact, below, out=np.full(sets, np.inf), where=below > 0)
        fits = (recall > 0) & (recall <= 1)
        both = np.rint(prevalence * length * recall)
        first = np.rint(prevalence * length) - both
        second = np.rint(prevalence * length * recall / exact) - both
        cells = np.stack([both, first, second, length - both - first - second], axis=1)
        kept.append(cells[fits & (cells >= 0).all(axis=1)])
        if sum(map(len, kept)) >= sets:
            break
    return np.concatenate(kept)[:sets]


def _test_set(cell: Floats, n: int, inflation: float, rng: np.random.Generator) -> list[int]:
    """A test set of n drawn without replacement, with its share of positives where that was asked for."""
    whole = cell.astype(int)
    first = min(math.ceil(n * inflation), int(whole[0] + whole[1]))
    both = int(rng.hypergeometric(whole[0], whole[1], first)) if first else 0
    left = whole - np.array([both, first - both, 0, 0])
    drawn = rng.multivariate_hypergeometric(left, n - first)
    return [int(drawn[0]) + both, int(drawn[1]) + first - both, int(drawn[2]), int(drawn[3])]
