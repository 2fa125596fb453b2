"""What `suggest`, `audit` and `try` share: cached vectors, examples from decisions, held-out scores."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline import embed, resources
from pipeline.cli._base import progress
from pipeline.records import Codebook, CodedRow, Decision, Given, Suggestion, Utterance
from pipeline.review.state import in_force
from pipeline.study import Study
from pipeline.study.cache import Cache, Wanted
from pipeline.suggest import cold as colds
from pipeline.suggest import evaluate as measured
from pipeline.suggest.examples import Answers, Examples, answers_from
from pipeline.suggest.model import Model
from pipeline.suggest.saved import load
from pipeline.workers import LOCAL, Pool

_AT_ONCE = 8192
"""Texts that are embedded together: enough to keep processes busy, and no more in memory."""
_LONG = 8
_FAMILIAR = 0.02
"""Above this share of utterances known to it, a starter model is no stranger to a study."""


def vectors(study: Study, embedder: Any, utterances: Sequence[Utterance]) -> tuple[np.ndarray, np.ndarray]:
    """The vectors of utterances and of what was said before each (zeros where nothing was)."""
    with Cached(study, embedder) as cached:
        return cached.vectors(utterances)


class Cached:
    """An embedder that keeps what it embedded in the study's cache; it is open while it is used."""

    def __init__(self, study: Study, embedder: Any) -> None:
        self._embedder = embedder
        self._cache = Cache(study.folder / "cache.db")

    def __enter__(self) -> Cached:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the cache; what was put in stays."""
        self._cache.close()

    @property
    def name(self) -> str:
        """The name of the model."""
        return str(self._embedder.name)

    @property
    def key(self) -> str:
        """The model and the precision of its vectors."""
        return str(self._embedder.key)

    @property
    def size(self) -> int:
        """How many numbers a vector has."""
        return int(self._embedder.size)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector a text, computed only where the cache lacks it."""

        def compute(missing: list[str]) -> np.ndarray:
            parts = [missing[start : start + _AT_ONCE] for start in range(0, len(missing), _AT_ONCE)]
            told = progress(parts, "Embedding utterances", len(parts))
            return np.concatenate([self._embedder.embed(part) for part in told])

        return self._cache.vectors(texts, model=self.key, size=self.size, compute=compute)

    def vectors(self, utterances: Sequence[Utterance]) -> tuple[np.ndarray, np.ndarray]:
        """The vectors of utterances and of what was said before each (zeros where nothing was)."""
        before = [one.previous for one in utterances]
        both = self.embed([one.text for one in utterances] + before)
        previous = both[len(utterances) :].copy()
        previous[[not text for text in before]] = 0.0
        return both[: len(utterances)], previous

    @property
    def by_parts(self) -> bool:
        """Whether a sentence has a part in the vector of its utterance."""
        return bool(self._embedder.by_parts)

    def keep(self, wanted: Iterable[Wanted]) -> None:
        """Compute the vectors that the cache lacks, of however many texts and of their sentences.

        Where sentences have no part in the vector, theirs are left for `keep_sentences`.
        """
        self._keep(wanted if self.by_parts else ((text, ()) for text, _ in wanted))

    def keep_sentences(self, wanted: Iterable[Wanted]) -> None:
        """Compute the vectors of sentences that the cache lacks still."""
        if self.by_parts:
            self._keep((one for one in wanted if one[1]), parts=True)
        else:
            self._keep((text[start:end], ()) for text, places in wanted for start, end in places)

    def sentences(self, wanted: Sequence[Wanted]) -> list[np.ndarray]:
        """For each text the vectors of its sentences, float32 (sentences, size).

        They are the parts that the sentences have in the vector of the text. Where they have none, because
        of how the model makes a vector, each sentence is embedded by itself.
        """
        if not self.by_parts:
            alone = self.embed([text[start:end] for text, places in wanted for start, end in places])
            return np.split(alone, np.cumsum([len(places) for _, places in wanted], dtype=int)[:-1])

        def compute(missing: list[Wanted]) -> list[np.ndarray]:
            texts, places = zip(*missing, strict=True)
            return list(self._embedder.embed_parts(texts, places)[1])

        return self._cache.parts(wanted, model=self.key, size=self.size, compute=compute)

    def _keep(self, wanted: Iterable[Wanted], *, parts: bool = False) -> None:
        for some in self._cache.missing(wanted, model=self.key, size=self.size, most=_AT_ONCE, parts=parts):
            texts, places = zip(*some, strict=True)
            self._cache.put(some, *self._embedder.embed_parts(texts, places), model=self.key)


def starter(book: Codebook, utterances: Iterable[Utterance] = ()) -> Model | None:
    """The model that comes with a codebook, if one does and it did not learn from these very utterances.

    Judged by a model that has read it before, talk would look better understood than it is.
    """
    folder = resources.root() / "models" / book.name
    if not (folder / "model.json").is_file():
        return None
    model = load(folder)
    seen = frozenset(model.facts.get("seen", ()))  # type: ignore[call-overload]
    marks = fingerprints(utterances)
    return None if marks and len(marks & seen) > _FAMILIAR * len(marks) else model


def fingerprints(utterances: Iterable[Utterance]) -> frozenset[str]:
    """Short hashes of what longer utterances say outside brackets: they tell whether two sets share talk."""
    said = (re.findall(r"\w+", re.sub(r"\[[^\]]*\]", " ", one.text.casefold())) for one in utterances)
    return frozenset(
        hashlib.sha256(" ".join(words).encode()).hexdigest()[:10] for words in said if len(words) >= _LONG
    )


def cold(book: Codebook, embedder: Any, utterances: Iterable[Utterance] = ()) -> colds.Cold:
    """What is known of a codebook before anything is coded: its definitions and its starter model."""
    return colds.Cold(colds.definitions(book, embedder), starter(book, utterances))


def examples(
    decisions: Sequence[Decision],
    utterances: Sequence[Utterance],
    own: np.ndarray,
    previous: np.ndarray,
    book: Codebook,
    since: Mapping[str, int] | None = None,
) -> tuple[Examples, Answers]:
    """The utterances that people judged, with what they answered; codes may have come `since` a decision."""
    codes = tuple([code.id for code in book.leaves()])
    answers = answers_from(in_force(decisions), utterances, codes, since=since)
    whole = Examples(tuple(utterances), own, previous, codes, answers.values, answers.valences)
    return whole.at(np.flatnonzero(~np.isnan(answers.values).all(axis=1))), answers


def held_out(coded: Examples, book: Codebook, before: colds.Cold, seed: int) -> list[list[Suggestion]]:
    """What the model suggests for each coded utterance when it learned from other transcripts only."""
    out: list[list[Suggestion]] = [[] for _ in coded.utterances]
    rounds = measured.held_out(coded, codebook=book, cold=before, seed=seed)
    number = min(measured.FOLDS, len(set(coded.groups)))
    for model, outside in progress(rounds, "Holding transcripts out", number):
        part = coded.at(outside)
        offered = model.suggest(part.utterances, part.vectors, part.previous)
        for row, some in zip(outside, offered, strict=True):
            out[row] = some
    return out


def as_rows(utterances: Sequence[Utterance], offered: Sequence[Sequence[Suggestion]]) -> list[CodedRow]:
    """Suggestions as rows of the one table, with the model as coder."""
    return [
        one.row([Given(each.code, each.valence) for each in some if each.suggested], coder="model")
        for one, some in zip(utterances, offered, strict=True)
    ]


def embedder_of(study: Study, pool: Pool = LOCAL) -> Any:
    """The embedding model that the study's settings name; large jobs are done in the pool."""
    chosen = study.settings.suggest
    return embed.load(chosen.model, device=chosen.device, pool=pool)
