"""What a spaCy recogniser finds, found sooner.

spaCy's recogniser walks along a text and weighs at each token every move that it knows: begin a name, go
on with it, end it, name this token alone, or none. Outside a name nothing but the token counts, so the
tokens of many texts are weighed at once here, in one product of matrices; only within a name is one
weighed after the other, and there only whether the name ends. The names are the same, but where two moves
weigh the same to the last digits: there spaCy's own answer hangs on the order of the texts.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from spacy.attrs import IS_SPACE, SENT_START
from spacy.language import Language
from spacy.tokens import Doc, Span
from thinc.api import use_ops

_FACTORY = "secondcoder_recogniser"


class Recogniser:
    """A spaCy component that sets the entities of texts as the trained one would that it was made from."""

    def __init__(self, trained: Any) -> None:
        model = trained.model
        self._vectors = model.get_ref("tok2vec")
        lower, upper = model.get_ref("lower"), model.get_ref("upper")
        # A state is three tokens: the next one, and within a name its first and the last one read.
        self._parts: np.ndarray = lower.get_param("W").reshape(3, -1, lower.get_dim("nI"))
        self._shape: tuple[int, int] = (lower.get_dim("nO"), lower.get_dim("nP"))
        self._bias: np.ndarray = lower.get_param("b").reshape(-1)
        self._absent: np.ndarray = lower.get_param("pad").reshape(3, -1)
        self._weights, self._first = upper.get_param("W"), upper.get_param("b")
        names = [trained.moves.get_class_name(move) for move in range(upper.get_dim("nO"))]
        self._moves = {name: move for move, name in enumerate(names)}
        self._labels = [name[2:] for name in names]
        self._begins = np.array([name.startswith("B-") for name in names])
        self._alone = np.array([name.startswith("U-") and len(name) > 2 for name in names])
        self._out = self._moves["O"]
        self._open = self._begins | self._alone
        self._open[self._out] = True

    def __call__(self, doc: Doc) -> Doc:
        return next(self.pipe([doc]))

    def pipe(self, docs: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """The documents with their entities, in order; marks that they bore already are not heeded."""
        rest = iter(docs)
        while batch := list(islice(rest, max(batch_size // 4, 1))):
            self._set(batch)
            yield from batch

    def _set(self, docs: list[Doc]) -> None:
        read = [doc for doc in docs if len(doc)]
        if not read:
            return
        vectors = self._vectors.predict(read)
        starts, space = np.concatenate([doc.to_array([SENT_START, IS_SPACE]) for doc in read]).T
        ends = np.cumsum([len(doc) for doc in read])
        after = np.append(starts[1:] == 1, True)
        after[ends - 1] = True  # nothing runs on behind the last token of a sentence or a text
        best = self._outside(vectors, after, space == 1)
        begin = 0
        for doc, end in zip(read, ends, strict=True):
            found = self._spans(vectors[begin:end], best[begin:end], after[begin:end])
            doc.set_ents([Span(doc, first, last, label=label) for first, last, label in found])
            begin = end

    def _outside(self, vectors: np.ndarray, after: np.ndarray, space: np.ndarray) -> np.ndarray:
        """The best move at each token while no name is open."""
        hidden = self._hidden(vectors @ self._parts[0].T + self._absent[1] + self._absent[2])
        scores = hidden @ self._weights.T + self._first
        scores[:, ~self._open] = -np.inf
        scores[np.ix_(after | space, self._begins)] = -np.inf
        scores[np.ix_(space, self._alone)] = -np.inf
        return np.asarray(scores.argmax(axis=1))

    def _spans(
        self, vectors: np.ndarray, best: np.ndarray, after: np.ndarray
    ) -> Iterator[tuple[int, int, str]]:
        """The names of one text: first token, the one behind the last, label."""
        done = 0
        for place in np.flatnonzero(best != self._out).tolist():
            if place < done:
                continue
            move, done = int(best[place]), place + 1
            if self._begins[move]:
                done = self._end(vectors, place, self._labels[move], after)
            yield place, done, self._labels[move]

    def _end(self, vectors: np.ndarray, first: int, label: str, after: np.ndarray) -> int:
        """Behind which token a name that begins here ends."""
        moves = [self._moves[f"I-{label}"], self._moves[f"L-{label}"]]
        opened = self._parts[1] @ vectors[first]
        for place in range(first + 1, len(vectors)):
            if after[place]:
                return place + 1
            last = self._parts[2] @ vectors[place - 1]
            hidden = self._hidden((self._parts[0] @ vectors[place] + opened + last)[None])[0]
            within, over = self._weights[moves] @ hidden + self._first[moves]
            # Of two moves that weigh the same spaCy takes the one that it numbers first.
            if over > within or (over == within and moves[1] < moves[0]):
                return place + 1
        return len(vectors)

    def _hidden(self, summed: np.ndarray) -> np.ndarray:
        return np.asarray((summed + self._bias).reshape(len(summed), *self._shape).max(axis=2))


def load(package: str, *, exclude: Sequence[str]) -> Any:
    """A model out of its package, less some of its components, finding names at once."""
    # BLIS, with which spaCy multiplies matrices, comes as a build for any processor: a quarter as fast.
    with use_ops("numpy", use_blis=False):
        nlp = importlib.import_module(package).load(exclude=list(exclude))
    at_once(nlp)
    return nlp


def at_once(nlp: Any) -> None:
    """Have a loaded pipeline find names with a `Recogniser`, made from its trained component.

    Only a greedy one is read here, whose states are three tokens and whose moves were all seen in training;
    any other component does its own work.
    """
    trained = nlp.get_pipe("ner")
    model = trained.model
    if (
        trained.cfg.get("beam_width", 1) == 1
        and model.attrs.get("has_upper")
        and not model.attrs.get("unseen_classes")
        and model.get_ref("lower").get_dim("nF") == 3
    ):
        nlp.add_pipe(_FACTORY)
        nlp.disable_pipe("ner")


@Language.factory(_FACTORY, assigns=["doc.ents"])
def _make(nlp: Language, name: str) -> Recogniser:
    return Recogniser(nlp.get_pipe("ner"))
