"""What a coefficient is commonly taken to mean, read off the lower end of its interval."""

from __future__ import annotations

import math

UNDEFINED = "undefined"


def krippendorff(alpha: float | None) -> str:
    """`rely` from .800, `tentative` from .667, else `discard` (Krippendorff 2019, section 12.5.2).

    >>> krippendorff(0.8), krippendorff(0.7), krippendorff(0.5), krippendorff(None)
    ('rely', 'tentative', 'discard', 'undefined')
    """
    if alpha is None:
        return UNDEFINED
    if alpha >= 0.8:
        return "rely"
    return "tentative" if alpha >= 0.667 else "discard"


def landis_koch(kappa: float | None) -> str:
    """Six words from poor to almost perfect, arbitrary by their authors' own account (Landis and Koch 1977).

    >>> landis_koch(-0.1), landis_koch(0.2), landis_koch(0.61), landis_koch(1.0)
    ('poor', 'slight', 'substantial', 'almost perfect')
    """
    if kappa is None:
        return UNDEFINED
    if kappa < 0:
        return "poor"
    for upto, word in ((0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial")):
        if kappa <= upto:
            return word
    return "almost perfect"


def fleiss(kappa: float | None) -> str:
    """`poor` below .40, `fair to good` up to .75, `excellent` above (Fleiss 1981)."""
    if kappa is None:
        return UNDEFINED
    if kappa < 0.4:
        return "poor"
    return "excellent" if kappa > 0.75 else "fair to good"


def needed(utterances: int, width: float | None, wanted: float, *, flawless: bool = False) -> int | None:
    """How many more double-coded utterances give an interval of the wanted width, in interviews like these.

    The width of an interval falls with the square root of what it rests on; where nothing disagrees
    (`flawless`) the binomial bound falls with the number itself. None where there is no interval.

    >>> needed(400, 0.4, 0.2), needed(400, 0.4, 0.2, flawless=True)
    (1200, 400)
    """
    if width is None:
        return None
    times = width / wanted if flawless else (width / wanted) ** 2
    return max(0, math.ceil(utterances * times - 1e-9) - utterances)
