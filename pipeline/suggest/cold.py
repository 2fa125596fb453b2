"""What can be said of a code before anybody gave it: its definition, and a starter model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.records import Code, Codebook, Utterance
from pipeline.suggest.examples import Embedder, rolled_up
from pipeline.suggest.features import Words, words_of
from pipeline.suggest.solver import Design, fit, logits

if TYPE_CHECKING:
    from pipeline.suggest.model import Model

KINDS = 2
STRENGTH = 10.0
"""C of the regressions over phrases: they are few, but all to the point."""
_BEST = 3
_STEEP, _MIDDLE = 5.0, 0.35
"""A cosine .1 above .35 to the best phrases counts as much as a log odds of a half."""


@dataclass(frozen=True, eq=False)
class Definitions:
    """A codebook's phrases as unit vectors (m, d), the code each belongs to (m,), what tells codes apart.

    `weights` (words + d + 1, codes) are those of logistic regressions that learned the phrases of each code
    against those of the others.
    """

    codes: tuple[str, ...]
    phrases: np.ndarray
    owners: np.ndarray
    words: Words
    weights: np.ndarray

    def odds(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """How much texts sound like each code's phrases rather than the others', as log odds, (n, codes).

        What the regressions say, and the mean cosine to the three best phrases of the code: three, because
        a single phrase may be near by accident. nan for a code without phrases.
        """
        rows = np.asarray(vectors, dtype=np.float64)
        told = logits(Design(self.words.of(texts), rows), self.weights)
        cosines = rows @ self.phrases.T.astype(np.float64)
        out = np.full(told.shape, np.nan)
        for column in np.unique(self.owners):
            own = np.sort(cosines[:, self.owners == column], axis=1)
            likeness = own[:, -_BEST:].mean(axis=1)
            out[:, column] = told[:, column] + _STEEP * (likeness - _MIDDLE)
        return out


@dataclass(frozen=True, eq=False)
class Cold:
    """What is known before a study has examples of its own; either part may be missing."""

    definitions: Definitions | None = None
    starter: Model | None = None

    def evidence(
        self,
        utterances: Sequence[Utterance],
        vectors: np.ndarray,
        previous: np.ndarray,
        codes: Sequence[str],
    ) -> np.ndarray:
        """Log odds from definitions and from the starter model, (n, codes, 2); 0 where they say nothing."""
        out = np.zeros((len(utterances), len(codes), KINDS))
        if self.definitions is not None:
            here, there = _shared(codes, self.definitions.codes)
            texts = [utterance.text for utterance in utterances]
            out[:, here, 0] = np.nan_to_num(self.definitions.odds(texts, vectors)[:, there])
        if self.starter is not None:
            here, there = _shared(codes, self.starter.codes)
            scores = self.starter.scores(utterances, vectors, previous)[:, there]
            inside = np.clip(scores, 1e-6, 1 - 1e-6)
            out[:, here, 1] = np.log(inside / (1 - inside))
        return out

    def knows(self, code: str) -> bool:
        """Whether anything is said of a code."""
        if self.starter is not None and code in self.starter.codes:
            return True
        if self.definitions is None or code not in self.definitions.codes:
            return False
        return bool((self.definitions.owners == self.definitions.codes.index(code)).any())


def definitions(codebook: Codebook, embedder: Embedder) -> Definitions | None:
    """The phrases of a codebook as vectors: definition, inclusions and examples of every code.

    A near miss counts as a phrase of the code that it points to. None if no code has
    a single phrase.
    """
    owners: list[int] = []
    phrases: list[str] = []
    near = [(miss.instead, miss.text) for code in codebook.codes for miss in code.near_misses]
    for column, code in enumerate(codebook.codes):
        own = [*_phrases(code), *(text for instead, text in near if instead == code.id)]
        phrases.extend(own)
        owners.extend([column] * len(own))
    if not phrases:
        return None
    ids = tuple(code.id for code in codebook.codes)
    return Definitions(ids, *_contrast(phrases, embedder.embed(phrases), np.array(owners), ids))


def _contrast(
    phrases: Sequence[str], vectors: np.ndarray, owners: np.ndarray, codes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, Words, np.ndarray]:
    """Learn each code's phrases against all others; where one code alone has phrases nothing is learned."""
    words = words_of(phrases)
    design = Design(words.of(phrases), np.asarray(vectors, dtype=np.float64))
    answers = rolled_up((owners[:, None] == np.arange(len(codes))).astype(float), codes)
    weights = fit(design, answers, strength=STRENGTH)
    weights[:, answers.all(axis=0)] = 0.0
    return vectors, owners, words, weights


def _phrases(code: Code) -> list[str]:
    """What a code says of itself, in pieces as short as what people say."""
    if not (code.definition or code.include or code.examples):
        return []
    sentences = [part for part in re.split(r"(?<=[.!?;])\s+", code.definition) if part.strip()]
    whole = f"{code.name}: {code.definition}" if code.definition else code.name
    return list(dict.fromkeys([whole, *sentences, *code.include, *code.examples]))


def _shared(codes: Sequence[str], known: Sequence[str]) -> tuple[list[int], list[int]]:
    both = [code for code in codes if code in known]
    return [list(codes).index(code) for code in both], [list(known).index(code) for code in both]
