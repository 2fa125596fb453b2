"""Drawing without replacement, counted exactly: no rounding decides whether a coder may stop."""

from __future__ import annotations

from fractions import Fraction
from math import comb

from pipeline.errors import StudyError


def at_most(hits: int, population: int, successes: int, draws: int) -> Fraction:
    """The chance of at most `hits` successes among `draws` from a population that holds `successes`.

    All numbers are counts; the answer is an exact fraction from 0 to 1. Raises `StudyError` where no such
    draw exists.

    >>> at_most(0, 10, 2, 3)
    Fraction(7, 15)
    """
    if min(successes, draws) < 0 or max(successes, draws) > population:
        raise StudyError(f"{draws} cannot be drawn from {population} with {successes} among them")
    fewest, most = max(0, draws - (population - successes)), min(successes, draws)
    if hits < fewest:
        return Fraction(0)
    if hits >= most:
        return Fraction(1)
    ways = comb(successes, fewest) * comb(population - successes, draws - fewest)
    total = ways
    for found in range(fewest, hits):
        ways *= (successes - found) * (draws - found)
        ways //= (found + 1) * (population - successes - draws + found + 1)
        total += ways
    return Fraction(total, comb(population, draws))
