"""Why a code is suggested: like utterances, words, and the sentence that carries the score."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.records import Utterance
from pipeline.suggest.examples import Embedder
from pipeline.suggest.features import Words
from pipeline.suggest.model import Memory, Model

_NEAREST = 3
_WORDS = 5
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Reason:
    """Why `code` was suggested for an utterance.

    `given` are the ids of the nearest utterances that people gave this code, `refused` the nearest for
    which they refused it ("" if none), `words` those that weighed most, `sentence` the offsets in the
    utterance's text of the sentence that by itself scores highest (None if it is one sentence).
    """

    utterance_id: str
    code: str
    given: tuple[str, ...]
    refused: str
    words: tuple[str, ...]
    sentence: tuple[int, int] | None


def reasons(
    model: Model,
    utterances: Sequence[Utterance],
    vectors: np.ndarray,
    previous: np.ndarray,
    codes: Sequence[Sequence[str]],
    embedder: Embedder,
) -> list[list[Reason]]:
    """Reasons for the `codes` asked about of each utterance, in their order.

    The utterances pointed to are always those of the study that the model was trained on; a starter
    model brings none.
    """
    parts = _by_sentence(model, utterances, previous, codes, embedder)
    words = model.features.words if model.features else Words((), np.zeros(0))
    weighed = words.of([utterance.text for utterance in utterances])
    likenesses = _likenesses(model.memory, utterances, vectors)
    out = []
    for row, (utterance, likeness) in enumerate(zip(utterances, likenesses, strict=True)):
        own = slice(*weighed.indptr[row : row + 2])
        of_utterance = []
        for code in codes[row]:
            column = model.codes.index(code)
            given, refused = _nearest(model.memory, likeness, column)
            of_utterance.append(
                Reason(
                    utterance_id=utterance.id,
                    code=code,
                    given=given,
                    refused=refused,
                    words=_telling(weighed.indices[own], weighed.data[own], model, column),
                    sentence=max(parts[row], key=lambda part: part[1][column])[0] if row in parts else None,
                )
            )
        out.append(of_utterance)
    return out


def _by_sentence(
    model: Model,
    utterances: Sequence[Utterance],
    previous: np.ndarray,
    codes: Sequence[Sequence[str]],
    embedder: Embedder,
) -> dict[int, list[tuple[tuple[int, int], np.ndarray]]]:
    """For each utterance of several sentences that is asked about: where each lies, and its scores (k,)."""
    pieces = [
        (row, place)
        for row, utterance in enumerate(utterances)
        if codes[row] and len(places := sentences_of(utterance.text)) > 1
        for place in places
    ]
    if not pieces:
        return {}
    texts = [utterances[row].text[start:end] for row, (start, end) in pieces]
    alone = [  # each a transcript of its own, for a sentence is weighed without its neighbours
        replace(utterances[row], text=text, transcript_id=f"{number}")
        for number, ((row, _), text) in enumerate(zip(pieces, texts, strict=True))
    ]
    scores = model.scores(alone, embedder.embed(texts), previous[[row for row, _ in pieces]])
    out: dict[int, list[tuple[tuple[int, int], np.ndarray]]] = {}
    for (row, place), score in zip(pieces, scores, strict=True):
        out.setdefault(row, []).append((place, score))
    return out


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Where the sentences of an utterance lie, by their closing marks.

    >>> sentences_of("It was hard. Nobody came!")
    [(0, 12), (13, 25)]
    """
    found = re.finditer(r"\S.*?(?:[.!?…]+[\"'”’)]*(?=\s)|$)", text, flags=re.DOTALL)
    return [(match.start(), len(text[: match.end()].rstrip())) for match in found]


def _likenesses(
    memory: Memory | None, utterances: Sequence[Utterance], vectors: np.ndarray
) -> Iterator[np.ndarray]:
    """For each utterance its cosine to everything in the memory, its own place left out."""
    known = {name: at for at, name in enumerate(memory.ids)} if memory else {}
    for start in range(0, len(utterances), _BLOCK):
        some = np.asarray(vectors[start : start + _BLOCK], dtype=np.float32)
        block = some @ memory.vectors.T if memory else np.zeros((len(some), 0))
        for utterance, likeness in zip(utterances[start : start + _BLOCK], block, strict=True):
            if utterance.id in known:
                likeness[known[utterance.id]] = -np.inf
            yield likeness


def _nearest(memory: Memory | None, likeness: np.ndarray, column: int) -> tuple[tuple[str, ...], str]:
    """The nearest that got the code, and the nearest that was refused it."""
    if memory is None:
        return (), ""
    answers = memory.answers[:, column]
    there = likeness > -np.inf
    given = np.flatnonzero((answers == 1) & there)
    given = given[np.argsort(-likeness[given], kind="stable")][:_NEAREST]
    refused = np.flatnonzero((answers == 0) & there)
    nearest = memory.ids[refused[likeness[refused].argmax()]] if len(refused) else ""
    return tuple([memory.ids[at] for at in given]), nearest


def _telling(places: np.ndarray, values: np.ndarray, model: Model, column: int) -> tuple[str, ...]:
    """The terms that spoke most for the code; a word inside a chosen pair is not named again."""
    if model.features is None or model.weights is None or not model.trained[column]:
        return ()
    own = int(model.trained[:column].sum())
    share = values * model.weights.everything[places, own]
    chosen: list[str] = []
    for at in np.argsort(-share, kind="stable"):
        term = model.features.words.terms[places[at]]
        if share[at] <= 0 or len(chosen) == _WORDS:
            break
        if not any(set(term.split()) & set(other.split()) for other in chosen):
            chosen.append(term)
    return tuple(chosen)
