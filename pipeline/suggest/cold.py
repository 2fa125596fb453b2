"""What can be said of a code before anybody gave it: its definition, and a starter model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import StudyError
from pipeline.records import Code, Codebook, Utterance
from pipeline.suggest.examples import Embedder

if TYPE_CHECKING:
    from pipeline.suggest.model import Model

KINDS = 2
_BEST = 3
_STEEP, _MIDDLE = 10.0, 0.35
"""A cosine of .35 to the best phrases is taken as even odds, .1 more or less as a log odds of 1."""


@dataclass(frozen=True, eq=False)
class Definitions:
    """A codebook's phrases as unit vectors (m, d), and the code that each belongs to (m,)."""

    codes: tuple[str, ...]
    phrases: np.ndarray
    owners: np.ndarray

    def likeness(self, vectors: np.ndarray) -> np.ndarray:
        """The mean cosine of each utterance to the three best phrases of each code, (n, codes).

        Three, because a single phrase may be near by accident; nan for a code without phrases.
        """
        cosines = np.asarray(vectors, dtype=np.float64) @ self.phrases.T.astype(np.float64)
        out = np.full((len(vectors), len(self.codes)), np.nan)
        for column in np.unique(self.owners):
            own = np.sort(cosines[:, self.owners == column], axis=1)
            out[:, column] = own[:, -_BEST:].mean(axis=1)
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
            odds = _STEEP * (self.definitions.likeness(vectors)[:, there] - _MIDDLE)
            out[:, here, 0] = np.nan_to_num(odds)
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


def definitions(codebook: Codebook, embedder: Embedder) -> Definitions:
    """The phrases of a codebook as vectors: definition, inclusions and examples of every code.

    A near miss counts as a phrase of the code that it points to. Raises `StudyError` if no code has a
    single phrase.
    """
    owners: list[int] = []
    phrases: list[str] = []
    near = [(miss.instead, miss.text) for code in codebook.codes for miss in code.near_misses]
    for column, code in enumerate(codebook.codes):
        own = [*_phrases(code), *(text for instead, text in near if instead == code.id)]
        phrases.extend(own)
        owners.extend([column] * len(own))
    if not phrases:
        raise StudyError(
            "no code has a definition or an example",
            where=codebook.name,
            hint="Write a definition for each code; until there are coded examples it is all there is.",
        )
    ids = tuple(code.id for code in codebook.codes)
    return Definitions(ids, embedder.embed(phrases), np.array(owners))


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
