"""Why a code is suggested: like utterances, words, and the sentence that speaks most for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.records import Utterance
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
    utterance's text of the sentence whose part of the vector, with its words, scores highest (None if it is
    one sentence).
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
    sentences: Sequence[np.ndarray],
) -> list[list[Reason]]:
    """Reasons for the `codes` asked about of each utterance, in their order.

    `sentences` holds for each utterance of several sentences one vector a sentence, (sentences, d): the part
    it has in the utterance's vector or, where the model's vectors have no parts, its own.
    The utterances pointed to are always those of the study that the model was trained on; a starter
    model brings none.
    """
    parts = _by_sentence(model, utterances, previous, codes, sentences)
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
    sentences: Sequence[np.ndarray],
) -> dict[int, list[tuple[tuple[int, int], np.ndarray]]]:
    """For each utterance of several sentences that is asked about: where each lies, and its scores (k,)."""
    places = {
        row: found
        for row, utterance in enumerate(utterances)
        if codes[row] and len(found := sentences_of(utterance.text)) > 1
    }
    if not places:
        return {}
    alone = [  # each a transcript of its own, for a sentence is weighed without its neighbours
        replace(utterances[row], text=utterances[row].text[start:end], transcript_id=f"{row}/{start}")
        for row, found in places.items()
        for start, end in found
    ]
    number = [len(found) for found in places.values()]
    vectors = np.concatenate([sentences[row] for row in places])
    scores = model.scores(alone, vectors, np.repeat(previous[list(places)], number, axis=0))
    of_each = np.split(scores, np.cumsum(number)[:-1])
    return {
        row: list(zip(found, some, strict=True))
        for (row, found), some in zip(places.items(), of_each, strict=True)
    }


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
