"""The rules that name a pattern, on arrays: themes by groups, any number of them at once.

The rules follow the logic of matched comparison of cases (Miles & Huberman 1994, ch. 8; Ragin 1987): what
all groups share, what only one has, what one mostly has. Thresholds are arguments and always reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import StudyError

_TINY = 1e-9
"""Shares are quotients of small whole numbers; .7 - .3 must count as .4."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The thresholds of a comparison.

    `present_share`: a code is present in a case if at least this share of its participants show it;
    `shared`: it is shared if present in at least this share of every group's cases; `gap`: "mostly" needs
    this much more than any other group, and two cases; `minimum`: a group with fewer cases than this says
    nothing.
    """

    present_share: float = 0.5
    shared: float = 0.5
    gap: float = 0.4
    minimum: int = 2

    def __post_init__(self) -> None:
        for name in ("present_share", "shared", "gap"):
            value = getattr(self, name)
            if not 0 < value <= 1:
                raise StudyError(f"{name} is {value}", hint="It is a share: above 0, at most 1.")
        if self.minimum < 1:
            raise StudyError(f"minimum is {self.minimum}", hint="It is a number of cases: 1 or more.")


def presence(said: np.ndarray, asked: np.ndarray, share: float) -> np.ndarray:
    """1 where enough participants of a case show a theme, 0 where not, -1 where none could have.

    `said` and `asked` are numbers of participants, of the same shape.

    >>> presence(np.array([1, 1, 0, 0]), np.array([2, 3, 3, 0]), 0.5).tolist()
    [1, 0, 0, -1]
    """
    enough = (said > 0) & (said >= share * asked - _TINY)
    return np.where(asked > 0, enough.astype(np.int8), np.int8(-1))


def names(groups: Sequence[str]) -> tuple[str, ...]:
    """The names of the patterns in the order of `classify`'s numbers.

    >>> names(["high", "low"])[:6]
    ('insufficient', 'shared', 'only high', 'only low', 'mostly high', 'mostly low')
    """
    only = [f"only {group}" for group in groups]
    mostly = [f"mostly {group}" for group in groups]
    return ("insufficient", "shared", *only, *mostly, "idiosyncratic", "absent", "mixed")


def marks(groups: Sequence[str]) -> np.ndarray:
    """For each pattern the place of the group that it marks, or -1.

    >>> marks(["high", "low"]).tolist()
    [-1, -1, 0, 1, 0, 1, -1, -1, -1]
    """
    each = range(len(groups))
    return np.array([-1, -1, *each, *each, -1, -1, -1])


def classify(present: np.ndarray, known: np.ndarray, rules: Rules) -> np.ndarray:
    """The pattern of each theme, as a place in `names(groups)`.

    `present` and `known` are numbers of cases of shape (..., groups, themes); the result has the shape
    (..., themes). The first rule that holds gives the name: insufficient (a group has fewer than `minimum`
    known cases), shared, only (two cases or more, at least the share `shared` of the group, and no case of
    another group), mostly (two cases or more, and `gap` more than every other group), idiosyncratic (one case
    in all), absent (none), else mixed.

    >>> T = np.array([[4, 3, 1, 1], [3, 0, 3, 0]])
    >>> known = np.array([[4, 4, 4, 4], [4, 4, 3, 4]])
    >>> [names(["high", "low"])[at] for at in classify(T, known, Rules(minimum=3))]
    ['shared', 'only high', 'mostly low', 'idiosyncratic']
    """
    groups = present.shape[-2]
    share = present / np.maximum(known, 1)
    total = present.sum(axis=-2)
    enough = share >= rules.shared - _TINY
    conditions = [(known < rules.minimum).any(axis=-2), enough.all(axis=-2)]
    mostly = []
    for group in range(groups):
        mine = present[..., group, :]
        conditions.append((mine >= 2) & enough[..., group, :] & (total == mine))
        others = np.delete(share, group, axis=-2).max(axis=-2)
        mostly.append((mine >= 2) & (share[..., group, :] - others >= rules.gap - _TINY))
    conditions += [*mostly, total == 1, total == 0]
    return np.select(conditions, list(range(len(conditions))), default=len(conditions))
