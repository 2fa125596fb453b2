"""Which way a code points: facilitator, barrier, both, or not said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records import VALENCES
from pipeline.suggest.solver import Design, fit, logits

FEWEST = 10
_STRENGTH = 3.0


@dataclass(frozen=True, eq=False)
class Valences:
    """One small model for all codes: weights (p + q + k + 1, 4) over the features and the code itself."""

    codes: tuple[str, ...]
    weights: np.ndarray

    def points(self, design: Design, codes: Sequence[str]) -> np.ndarray:
        """The likeliest valence for each utterance and code, (n, k): its place in `VALENCES`, -1 not said."""
        out = np.full((design.dense.shape[0], len(codes)), -1)
        for column, code in enumerate(codes):
            if code in self.codes:
                where = np.full(design.dense.shape[0], self.codes.index(code))
                likeliest = logits(_with_code(design, where, len(self.codes)), self.weights).argmax(axis=1)
                out[:, column] = np.where(likeliest < len(VALENCES), likeliest, -1)
        return out


def train_valences(
    design: Design, answers: np.ndarray, valences: np.ndarray, codes: tuple[str, ...]
) -> Valences | None:
    """Learn from the codes that people gave, (n, k), and the valences they gave with them.

    One model serves all codes: praise and complaint sound alike whatever they are about. The codes given
    without a valence are examples of "not said". None before ten codes were given with a valence, and
    as long as only one kind of answer was given.
    """
    rows, columns = np.nonzero(answers == 1)
    kinds = valences[rows, columns]
    if (kinds >= 0).sum() < FEWEST or len(set(kinds.tolist())) < 2:
        return None
    answer = np.where(kinds < 0, len(VALENCES), kinds)
    one_hot = (answer[:, None] == np.arange(len(VALENCES) + 1)).astype(float)
    return Valences(codes, fit(_with_code(design.at(rows), columns, len(codes)), one_hot, strength=_STRENGTH))


def _with_code(design: Design, columns: np.ndarray, codes: int) -> Design:
    return Design(design.words, np.hstack([design.dense, np.eye(codes)[columns]]))
