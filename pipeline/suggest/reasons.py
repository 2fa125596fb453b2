"""Why a code is suggested: like utterances, words, and the sentence that carries the score."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.records import Utterance
from pipeline.suggest.examples import Embedder
from pipeline.suggest.model import Memory, Model

_NEAREST = 3
_WORDS = 5


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
    sentences = [sentences_of(utterance.text) for utterance in utterances]
    pieces = [
        (row, place)
        for row, places in enumerate(sentences)
        if len(places) > 1 and codes[row]
        for place in places
    ]
    texts = [utterances[row].text[start:end] for row, (start, end) in pieces]
    alone = [  # each a transcript of its own, for a sentence is weighed without its neighbours
        replace(utterances[row], text=text, transcript_id=f"{number}")
        for number, ((row, _), text) in enumerate(zip(pieces, texts, strict=True))
    ]
    rows = [row for row, _ in pieces]
    scores = model.scores(alone, embedder.embed(texts), previous[rows]) if pieces else np.zeros((0, 0))
    pieces_of: dict[int, list[int]] = {}
    for at, owner in enumerate(rows):
        pieces_of.setdefault(owner, []).append(at)
    known = {name: at for at, name in enumerate(model.memory.ids)} if model.memory else {}
    out = []
    for row, utterance in enumerate(utterances):
        mine = pieces_of.get(row, [])
        order = _likeness_order(model.memory, known.get(utterance.id), vectors[row])
        weighed = _word_weights(model, utterance, vectors[row], previous[row])
        of_utterance = []
        for code in codes[row]:
            column = model.codes.index(code)
            best = mine[int(scores[mine, column].argmax())] if mine else None
            given, refused = _nearest(model.memory, order, column)
            of_utterance.append(
                Reason(
                    utterance_id=utterance.id,
                    code=code,
                    given=given,
                    refused=refused,
                    words=_telling(weighed, model, column),
                    sentence=pieces[best][1] if best is not None else None,
                )
            )
        out.append(of_utterance)
    return out


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Where the sentences of an utterance lie, by their closing marks.

    >>> sentences_of("It was hard. Nobody came!")
    [(0, 12), (13, 25)]
    """
    found = re.finditer(r"\S.*?(?:[.!?…]+[\"'”’)]*(?=\s)|$)", text, flags=re.DOTALL)
    return [(match.start(), len(text[: match.end()].rstrip())) for match in found]


def _likeness_order(memory: Memory | None, own: int | None, vector: np.ndarray) -> np.ndarray:
    """The places in the memory from the likest to the least like, without the utterance's own."""
    if memory is None:
        return np.zeros(0, dtype=int)
    likeness = memory.vectors @ np.asarray(vector, dtype=np.float32)
    order = np.argsort(-likeness, kind="stable")
    return order[order != own] if own is not None else order


def _nearest(memory: Memory | None, order: np.ndarray, column: int) -> tuple[tuple[str, ...], str]:
    """The nearest that got the code, and the nearest that was refused it."""
    if memory is None:
        return (), ""
    answers = memory.answers[order, column]
    given = order[answers == 1][:_NEAREST]
    refused = order[answers == 0][:1]
    return tuple([memory.ids[at] for at in given]), memory.ids[refused[0]] if len(refused) else ""


def _word_weights(
    model: Model, utterance: Utterance, vector: np.ndarray, previous: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The places of the terms an utterance holds and what each weighs in it."""
    if model.features is None:
        return np.zeros(0, dtype=int), np.zeros(0)
    words = model.features.design([utterance], vector[None, :], previous[None, :]).words
    return words.indices, words.data


def _telling(weighed: tuple[np.ndarray, np.ndarray], model: Model, column: int) -> tuple[str, ...]:
    """The terms that spoke most for the code; a word inside a chosen pair is not named again."""
    if model.features is None or model.weights is None or not model.trained[column]:
        return ()
    places, values = weighed
    own = int(model.trained[:column].sum())
    share = values * model.weights[places, own]
    chosen: list[str] = []
    for at in np.argsort(-share, kind="stable"):
        term = model.features.words.terms[places[at]]
        if share[at] <= 0 or len(chosen) == _WORDS:
            break
        if not any(set(term.split()) & set(other.split()) for other in chosen):
            chosen.append(term)
    return tuple(chosen)
