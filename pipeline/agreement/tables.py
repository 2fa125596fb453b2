"""Agreement of two coders, from tables of counts of shape (..., q, q), many tables at once.

Rows are the first coder's categories, columns the second's; counts may be weighted. Every function gives one
number a table, NaN where it is undefined: `of_table` turns that into a value of None with its reason.
In a 2 x 2 table the first category is "gave the code": [[both, only first], [only second, neither]].
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from pipeline.agreement.figure import (
    NO_NEGATIVES,
    NO_POSITIVES,
    NOTHING,
    ONE_CATEGORY,
    Figure,
    Floats,
    figure,
    ratio,
)
from pipeline.errors import StudyError


def percent(table: ArrayLike) -> Floats:
    """The share of utterances on which both say the same, 0 to 1.

    >>> float(percent([[20, 5], [10, 15]]))
    0.7
    """
    return np.asarray(np.trace(_shares(table), axis1=-2, axis2=-1))


def cohen_kappa(table: ArrayLike) -> Floats:
    """Agreement beyond what two coders with these habits reach by chance (Cohen 1960), -1 to 1.

    >>> round(float(cohen_kappa([[20, 5], [10, 15]])), 4)
    0.4
    """
    return corrected(percent(table), cohen_chance(table))


def cohen_chance(table: ArrayLike) -> Floats:
    """Expected agreement where each coder keeps the own shares: sum of p_i+ p_+i (Cohen 1960)."""
    shares = _shares(table)
    return np.asarray((shares.sum(axis=-1) * shares.sum(axis=-2)).sum(axis=-1))


def scott_pi(table: ArrayLike) -> Floats:
    """Agreement beyond chance where both coders are taken to share one habit (Scott 1955), -1 to 1."""
    return corrected(percent(table), (_pooled(table) ** 2).sum(axis=-1))


def alpha(table: ArrayLike) -> Floats:
    """Krippendorff's nominal alpha of two coders without missing values: pi with its small-sample term.

    alpha = 1 - (1 - pi)(2n - 1)/(2n), n the number of utterances (Krippendorff 2011).
    """
    twice = 2 * np.asarray(table, float).sum(axis=(-2, -1))
    return 1 - (1 - scott_pi(table)) * ratio(twice - 1, twice)


def ac1(table: ArrayLike) -> Floats:
    """Gwet's AC1, steady where a code is rare: chance is sum of pi_k (1 - pi_k)/(q - 1) (Gwet 2008)."""
    return corrected(percent(table), ac1_chance(table))


def ac1_chance(table: ArrayLike) -> Floats:
    """Expected agreement in AC1, from the two coders' mean shares."""
    mean = _pooled(table)
    return np.asarray((mean * (1 - mean)).sum(axis=-1) / (mean.shape[-1] - 1))


def bennett_s(table: ArrayLike) -> Floats:
    """Agreement beyond chance with q equally likely categories (Bennett 1954); for q = 2 this is PABAK."""
    shares = _shares(table)
    return corrected(percent(table), np.full(shares.shape[:-2], 1 / shares.shape[-1]))


pabak = bennett_s


def positive_agreement(table: ArrayLike) -> Floats:
    """2a/(2a + b + c): agreement on giving the code; the same as F1 (Cicchetti and Feinstein 1990)."""
    a, b, c, _ = _cells(table)
    return ratio(2 * a, 2 * a + b + c)


def negative_agreement(table: ArrayLike) -> Floats:
    """2d/(2d + b + c): how far coders agree on leaving the code out."""
    _, b, c, d = _cells(table)
    return ratio(2 * d, 2 * d + b + c)


def prevalence(table: ArrayLike) -> Floats:
    """The share of utterances with the code, mean of both coders, 0 to 1."""
    a, b, c, d = _cells(table)
    return ratio(2 * a + b + c, 2 * (a + b + c + d))


def prevalence_index(table: ArrayLike) -> Floats:
    """(a - d)/n: -1 where the code is never given, 1 where always (Byrt, Bishop and Carlin 1993)."""
    a, b, c, d = _cells(table)
    return ratio(a - d, a + b + c + d)


def bias_index(table: ArrayLike) -> Floats:
    """(b - c)/n: how much more often the first coder gives the code than the second, -1 to 1."""
    a, b, c, d = _cells(table)
    return ratio(b - c, a + b + c + d)


def kappa_error(table: ArrayLike) -> Floats:
    """The large-sample standard error of kappa (Fleiss, Cohen and Everitt 1969).

    It takes utterances as independent, which those of one interview are not: it is too small for them.
    """
    table = np.asarray(table, float)
    shares, total = _shares(table), table.sum(axis=(-2, -1))
    rows, columns = shares.sum(axis=-1), shares.sum(axis=-2)
    kappa, chance = cohen_kappa(table), cohen_chance(table)
    both = rows[..., None, :] + columns[..., :, None]  # for cell ij: p_+i + p_j+
    diagonal = np.diagonal(shares, axis1=-2, axis2=-1)
    same = 1 - (rows + columns) * (1 - kappa)[..., None]
    first = (diagonal * same**2).sum(axis=-1)
    square = (shares * both**2).sum(axis=(-2, -1)) - (diagonal * (rows + columns) ** 2).sum(axis=-1)
    third = (kappa - chance * (1 - kappa)) ** 2
    inside = np.maximum(first + (1 - kappa) ** 2 * square - third, 0)
    return ratio(np.sqrt(inside), (1 - chance) * np.sqrt(total))


def kappa_error_by_chance(table: ArrayLike) -> Floats:
    """The standard error of kappa if the coders agreed by chance alone (Fleiss, Cohen and Everitt 1969).

    For a test of kappa against 0; an interval needs `kappa_error`.
    """
    table = np.asarray(table, float)
    shares, total, chance = _shares(table), table.sum(axis=(-2, -1)), cohen_chance(table)
    rows, columns = shares.sum(axis=-1), shares.sum(axis=-2)
    third = (rows * columns * (rows + columns)).sum(axis=-1)
    inside = np.maximum(chance + chance**2 - third, 0)
    return ratio(np.sqrt(inside), (1 - chance) * np.sqrt(total))


def corrected(observed: ArrayLike, chance: ArrayLike) -> Floats:
    """(observed - chance)/(1 - chance), NaN where chance is 1."""
    observed, chance = np.asarray(observed, float), np.asarray(chance, float)
    return ratio(observed - chance, 1 - chance)


COEFFICIENTS: dict[str, Callable[[ArrayLike], Floats]] = {
    "percent": percent,
    "kappa": cohen_kappa,
    "pi": scott_pi,
    "alpha": alpha,
    "ac1": ac1,
    "s": bennett_s,
}
BINARY: dict[str, Callable[[ArrayLike], Floats]] = {
    "percent": percent,
    "kappa": cohen_kappa,
    "pi": scott_pi,
    "alpha": alpha,
    "ac1": ac1,
    "pabak": pabak,
    "p_pos": positive_agreement,
    "p_neg": negative_agreement,
    "prevalence": prevalence,
    "prevalence_index": prevalence_index,
    "bias_index": bias_index,
}


def of_table(table: ArrayLike) -> dict[str, Figure]:
    """Every coefficient of one q x q table; an undefined one has the value None and a reason.

    Raises `StudyError` if the table is not square or holds negative counts.

    >>> of_table([[50, 0], [0, 0]])["kappa"].value is None
    True
    """
    counts = np.asarray(table, float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.shape[0] < 2:
        raise StudyError("a table of agreement must be square, with at least two categories")
    if (counts < 0).any():
        raise StudyError("a table of agreement cannot hold negative counts")
    functions = BINARY if counts.shape[0] == 2 else COEFFICIENTS
    return {name: figure(float(of(counts)), reason(name, counts)) for name, of in functions.items()}


def reason(name: str, table: Floats) -> str:
    """Why the coefficient of that name has no value for this table."""
    if not table.sum():
        return NOTHING
    if name == "p_pos":
        return NO_POSITIVES
    if name == "p_neg":
        return NO_NEGATIVES
    return ONE_CATEGORY


def _shares(table: ArrayLike) -> Floats:
    counts = np.asarray(table, float)
    return ratio(counts, counts.sum(axis=(-2, -1), keepdims=True))


def _pooled(table: ArrayLike) -> Floats:
    """The two coders' mean share of each category."""
    shares = _shares(table)
    return np.asarray((shares.sum(axis=-1) + shares.sum(axis=-2)) / 2)


def _cells(table: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
    counts = np.asarray(table, float)
    if counts.shape[-2:] != (2, 2):
        raise StudyError("this figure needs a table of two by two")
    return counts[..., 0, 0], counts[..., 0, 1], counts[..., 1, 0], counts[..., 1, 1]
