"""What has been read so far, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Reading:
    """How far n utterances have been read for k codes.

    `given` (n, k) marks the codes people gave; `read` and `unsure` (n,) the utterances that somebody
    judged, and those on which people said only that they were unsure; `order` holds the rows that were
    read, in the order of reading. A code not given to a read utterance counts as not there.
    """

    codes: tuple[str, ...]
    given: np.ndarray
    read: np.ndarray
    unsure: np.ndarray
    order: tuple[int, ...]

    @property
    def pile(self) -> np.ndarray:
        """The rows that nobody has looked at."""
        return np.flatnonzero(~self.read & ~self.unsure)

    def carries(self, code: str = "") -> np.ndarray:
        """Which utterances carry a code, n booleans; "" asks for any code."""
        if not code:
            return np.asarray(self.given.any(axis=1))
        return np.asarray(self.given[:, self.codes.index(code)])


def reading(answers: np.ndarray, codes: Sequence[str], looked_at: Sequence[int]) -> Reading:
    """The state of reading from people's answers, (n, k): 1 given, 0 refused, nan neither.

    `looked_at` holds the rows on which there is any decision, in the order of the first one.

    >>> reading(np.array([[1.0], [np.nan], [np.nan]]), ["a"], [0, 2]).pile
    array([1])
    """
    read = ~np.isnan(answers).all(axis=1)
    touched = np.zeros(len(answers), dtype=bool)
    touched[list(looked_at)] = True
    order = tuple(row for row in dict.fromkeys(looked_at) if read[row])
    return Reading(tuple(codes), answers == 1, read, touched & ~read, order)
