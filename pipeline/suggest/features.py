"""An utterance as numbers: words and pairs of words, its vector, the turn before, a few surface counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from pipeline.records import Utterance
from pipeline.suggest.solver import Design

PREVIOUS = 0.5
"""The weight of the turn before, measured on four sets of coded talk."""
_TOKEN = r"(?u)\b\w+(?:['’]\w+)*|\?"
_MOST_TERMS = 30_000


@dataclass(frozen=True, eq=False)
class Counted:
    """Every word and pair of words of a set of utterances, counted once for all folds."""

    counts: csr_matrix
    terms: np.ndarray
    dense: np.ndarray
    roles: np.ndarray


@dataclass(frozen=True, eq=False)
class Words:
    """The words and pairs of words that count, and how rare each is."""

    terms: tuple[str, ...]
    rarity: np.ndarray

    def of(self, texts: Sequence[str]) -> csr_matrix:
        """Texts as rows of length 1, (n, terms): each term by the logarithm of its count and its rarity."""
        if not self.terms:
            return csr_matrix((len(texts), 0))
        counter = _counter(vocabulary={term: at for at, term in enumerate(self.terms)})
        return self.weighed(counter.transform(texts))

    def weighed(self, counts: csr_matrix) -> csr_matrix:
        """The same from counts, (n, terms)."""
        words = csr_matrix(counts, dtype=np.float64)
        words.data = 1 + np.log(words.data)
        return csr_matrix(normalize(words @ diags(self.rarity)) if self.terms else words)


@dataclass(frozen=True, eq=False)
class Features:
    """What was learned of the talk: which words count, which roles there are."""

    words: Words
    roles: tuple[str, ...]
    size: int

    def design(self, utterances: Sequence[Utterance], vectors: np.ndarray, previous: np.ndarray) -> Design:
        """The numbers of utterances that were not counted before."""
        words = self.words.of([utterance.text for utterance in utterances])
        roles = np.array([utterance.role for utterance in utterances])
        return self._with_roles(words, _dense(utterances, vectors, previous), roles)

    def of(self, counted: Counted, columns: np.ndarray, rows: np.ndarray) -> Design:
        """The numbers of utterances counted before, `columns` being the places of the terms."""
        words = self.words.weighed(counted.counts[rows][:, columns])
        return self._with_roles(words, counted.dense[rows], counted.roles[rows])

    def _with_roles(self, words: csr_matrix, dense: np.ndarray, roles: np.ndarray) -> Design:
        one_hot = (roles[:, None] == np.array(self.roles)[None, :]).astype(float)
        return Design(words, np.hstack([dense, one_hot.reshape(len(roles), len(self.roles))]))


def parts(design: Design, size: int) -> tuple[Design, Design]:
    """The utterance's vector by itself; and words, numbers and roles without any vector.

    `size` is that of a vector.
    """
    no_words = csr_matrix((design.dense.shape[0], 0))
    return Design(no_words, design.dense[:, :size]), Design(design.words, design.dense[:, 2 * size :])


def words_of(texts: Sequence[str]) -> Words:
    """Every word and pair of words of a few texts."""
    counter = _counter()
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no text holds a word
        return Words((), np.zeros(0))
    holding = np.asarray((counts > 0).sum(axis=0)).ravel()
    return Words(tuple(map(str, counter.get_feature_names_out())), _rarity(holding, len(texts)))


def count(utterances: Sequence[Utterance], vectors: np.ndarray, previous: np.ndarray) -> Counted:
    """Everything about the utterances that does not depend on the fold."""
    counter = _counter()
    try:
        counts = counter.fit_transform([utterance.text for utterance in utterances])
        terms = counter.get_feature_names_out()
    except ValueError:  # no text holds a word
        counts, terms = csr_matrix((len(utterances), 0)), np.array([], dtype=object)
    roles = np.array([utterance.role for utterance in utterances])
    return Counted(csr_matrix(counts), terms, _dense(utterances, vectors, previous), roles)


def learn(counted: Counted, rows: np.ndarray) -> tuple[Features, np.ndarray]:
    """The features of the utterances at `rows`, and the places of their terms in `counted`.

    A term counts if two of the utterances hold it; of very many, the most frequent. Rarity is the
    inverse document frequency, ln((1 + n) / (1 + df)) + 1.
    """
    holding = np.asarray((counted.counts[rows] > 0).sum(axis=0)).ravel()
    columns = np.flatnonzero(holding >= 2)
    if len(columns) > _MOST_TERMS:
        most = np.argsort(-holding[columns], kind="stable")[:_MOST_TERMS]
        columns = np.sort(columns[most])
    found = sorted({str(role) for role in counted.roles[rows]})
    roles = tuple(found) if len(found) > 1 else ()
    size = (counted.dense.shape[1] - 4) // 2
    terms = tuple(str(term) for term in counted.terms[columns])
    return Features(Words(terms, _rarity(holding[columns], len(rows))), roles, size), columns


def _rarity(holding: np.ndarray, texts: int) -> np.ndarray:
    out: np.ndarray = np.log((1 + texts) / (1 + holding)) + 1
    return out


def _counter(vocabulary: dict[str, int] | None = None) -> CountVectorizer:
    return CountVectorizer(ngram_range=(1, 2), token_pattern=_TOKEN, vocabulary=vocabulary)


def _dense(utterances: Sequence[Utterance], vectors: np.ndarray, previous: np.ndarray) -> np.ndarray:
    """Vector, the turn before at half weight, and four numbers of about the same size as a word's."""
    numbers = np.array(
        [
            (
                np.log1p(len(utterance.text.split())) / 5,
                min(utterance.text.count("?"), 3) / 3,
                utterance.position,
                float("?" in utterance.previous),
            )
            for utterance in utterances
        ]
    ).reshape(len(utterances), 4)
    return np.hstack([_unit(vectors), PREVIOUS * _unit(previous), numbers])


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Rows brought back to length 1 in float32, so that how they were batched does not matter."""
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    out: np.ndarray = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float64)
    return out
