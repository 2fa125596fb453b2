"""How much may be left in the pile that was set aside, from a random sample of it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, log

from scipy.stats import beta

from pipeline.errors import StudyError
from pipeline.triage.hypergeometric import at_most


def binomial_upper(hits: int, drawn: int, alpha: float) -> float:
    """The largest share, from 0 to 1, that `hits` relevant among `drawn` leave believable (Clopper-Pearson).

    One-sided with confidence 1 - `alpha`; for a two-sided interval halve alpha.

    >>> round(binomial_upper(0, 100, 0.05), 6)
    0.029513
    """
    _check(hits, drawn)
    if hits == drawn:
        return 1.0
    return float(beta.ppf(1 - alpha, hits + 1, drawn - hits))


def finite_upper(hits: int, drawn: int, pile: int, alpha: Fraction) -> int:
    """The most relevant utterances that a pile can have held, drawn ones included, with confidence 1 - alpha.

    Exact for a pile of `pile` utterances of which `drawn` were drawn without replacement; never worse than
    the binomial bound. The counterpart of `stopping.missed_by_chance`.

    >>> finite_upper(0, 100, 400, Fraction(1, 20))
    10
    """
    _check(hits, drawn)
    if drawn > pile:
        raise StudyError(f"{drawn} cannot be drawn from {pile}")
    low, high = hits, pile - (drawn - hits)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if at_most(hits, pile, middle, drawn) > alpha else (low, middle - 1)
    return low


def draws_for(elusion: float, alpha: float = 0.05) -> int:
    """How many must be drawn, all irrelevant, to say that less than a share `elusion` is left.

    >>> draws_for(0.01)
    299
    """
    if not 0 < elusion < 1 or not 0 < alpha < 1:
        raise StudyError("shares lie between 0 and 1")
    return ceil(log(alpha) / log(1 - elusion))


def recall_at_least(found_before: int, hits: int, most: int) -> float:
    """The share found at least, where the pile held at most `most` before `hits` were drawn from it.

    `found_before` must be counted by people, not estimated. 1 where there is nothing to find.

    >>> round(recall_at_least(95, 0, 10), 6)
    0.904762
    """
    if most < hits:
        raise StudyError("a pile cannot have held less than was found in it")
    return (found_before + hits) / (found_before + most) if found_before + most else 1.0


def _check(hits: int, drawn: int) -> None:
    if not 0 <= hits <= drawn or not drawn:
        raise StudyError(f"{hits} finds among {drawn} drawn cannot be")
