"""A trained model: scores, suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.records import VALENCES, Suggestion, Utterance
from pipeline.suggest.calibrate import Calibration
from pipeline.suggest.cold import Cold
from pipeline.suggest.features import Features, parts
from pipeline.suggest.neighbours import around
from pipeline.suggest.solver import Design, logits
from pipeline.suggest.valence import Valences

OWN = 4
"""Kinds of evidence that a model has of its own: everything, neighbours, the vector alone, words alone."""
REGRESSIONS = (0, 2, 3)
"""Those of them that are log odds of a regression: over everything, over the vector, over words."""
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Memory:
    """Whom to point to as reasons: ids, unit vectors (n, d) float32 and answers (n, k; 1, 0, -1 neither)."""

    ids: tuple[str, ...]
    vectors: np.ndarray
    answers: np.ndarray


@dataclass(frozen=True, eq=False)
class Weights:
    """The regressions of the trained codes: over everything, over the vector, over words and numbers."""

    everything: np.ndarray
    vector: np.ndarray
    words: np.ndarray

    def log_odds(self, design: Design, size: int) -> np.ndarray:
        """What each regression says, (n, k, 3); `size` is that of a vector."""
        vector, words = parts(design, size)
        said = [(design, self.everything), (vector, self.vector), (words, self.words)]
        return np.stack([logits(part, weights) for part, weights in said], axis=2)


@dataclass(frozen=True, eq=False)
class Model:
    """What was learned of k codes.

    `trained` says for each code whether it has weights of its own, `calibrated` whether its score is a
    probability, `notes` why a code was not trained. `weights` are those of the regressions over everything,
    over the vector by itself, and over words and numbers. `facts` is what a record of the run needs.
    """

    codes: tuple[str, ...]
    leaves: tuple[str, ...]
    trained: np.ndarray
    calibrated: np.ndarray
    calibration: Calibration
    thresholds: np.ndarray
    features: Features | None = None
    weights: Weights | None = None
    cold: Cold = field(default_factory=Cold)
    valences: Valences | None = None
    memory: Memory | None = None
    notes: dict[str, str] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)

    def scores(
        self, utterances: Sequence[Utterance], vectors: np.ndarray, previous: np.ndarray
    ) -> np.ndarray:
        """The score of each utterance and code, (n, k), from 0 to 1; a parent's never below its child's.

        `vectors` and `previous` are (n, d); a turn before that is not there is a row of zeros. Hand in whole
        transcripts, in the order of the talk: what is said just before and after counts too.
        """
        before = self.cold.evidence(utterances, vectors, previous, self.codes)
        evidence = np.concatenate([self._own(utterances, vectors, previous), before], axis=2)
        return above_children(self.calibration.probabilities(evidence), self.codes)

    def suggest(
        self, utterances: Sequence[Utterance], vectors: np.ndarray, previous: np.ndarray
    ) -> list[list[Suggestion]]:
        """For each utterance all codable codes, the likeliest first."""
        scores = self.scores(utterances, vectors, previous)
        columns = [self.codes.index(code) for code in self.leaves]
        points = self._valences(utterances, vectors, previous, scores)
        out = []
        for row, utterance in enumerate(utterances):
            order = sorted(columns, key=lambda column: (-scores[row, column], column))
            out.append([self._suggestion(utterance.id, row, column, scores, points) for column in order])
        return out

    def _suggestion(
        self, utterance_id: str, row: int, column: int, scores: np.ndarray, points: np.ndarray
    ) -> Suggestion:
        point = int(points[row, column])
        return Suggestion(
            utterance_id=utterance_id,
            code=self.codes[column],
            score=float(scores[row, column]),
            kind="probability" if self.calibrated[column] else "score",
            suggested=bool(scores[row, column] >= self.thresholds[column]),
            valence=VALENCES[point] if point >= 0 else None,
        )

    def _own(self, utterances: Sequence[Utterance], vectors: np.ndarray, previous: np.ndarray) -> np.ndarray:
        """What the model's own weights say of the utterances and of their neighbours, (n, k, 4)."""
        out = np.zeros((len(utterances), len(self.codes), OWN))
        if self.features is None or self.weights is None:
            return out
        for start in range(0, len(utterances), _BLOCK):
            rows = slice(start, start + _BLOCK)
            design = self.features.design(utterances[rows], vectors[rows], previous[rows])
            said = self.weights.log_odds(design, self.features.size)
            for kind, at in enumerate(REGRESSIONS):
                out[rows, self.trained, at] = said[:, :, kind]
        out[:, self.trained, 1] = around(utterances, out[:, self.trained, 0])
        return out

    def _valences(
        self,
        utterances: Sequence[Utterance],
        vectors: np.ndarray,
        previous: np.ndarray,
        scores: np.ndarray,
    ) -> np.ndarray:
        """Which way each suggested code points, (n, k); -1 where it is left blank."""
        out = np.full(scores.shape, -1)
        if self.valences is None or self.features is None:
            return out
        suggested = scores >= self.thresholds
        rows = np.flatnonzero(suggested.any(axis=1)).tolist()
        if rows:
            design = self.features.design([utterances[row] for row in rows], vectors[rows], previous[rows])
            out[rows] = np.where(suggested[rows], self.valences.points(design, self.codes), -1)
        return out


def above_children(scores: np.ndarray, codes: Sequence[str]) -> np.ndarray:
    """Raise each parent's score to that of its likeliest child."""
    out = scores.copy()
    for column in sorted(range(len(codes)), key=lambda column: -codes[column].count(".")):
        parent = codes[column].rpartition(".")[0]
        while parent and parent not in codes:
            parent = parent.rpartition(".")[0]
        if parent:
            above = list(codes).index(parent)
            out[:, above] = np.fmax(out[:, above], out[:, column])
    return out
