"""Texts to vectors with any model: each distinct text once, in windows and batches, over processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from pipeline import workers
from pipeline.embed import packaged
from pipeline.embed.pieces import Piece, Places, batches, cut
from pipeline.embed.readers import Reader, computed

_TOKENS = {"cpu": 1024}
_TOKENS_ELSEWHERE = 32_768
"""Tokens in one batch, padding included: what a core's cache holds; a GPU wants more at once."""
_MARKS = 2
"""Tokens of the model's own at the ends of a window; they count as tokens in every mean."""
_BATCHES = 8
"""Batches that a worker is given at a time: about half a second of work."""


class Embedder:
    """A loaded model: `name` for the records, `size` of its vectors, `embed` to use it.

    `key` names the model and the precision it reckons with: vectors of one key can be kept and compared.
    `source` is where workers open the model ("" is the packaged one).
    """

    def __init__(
        self, name: str, reader: Reader, *, source: str = "", pool: workers.Pool = workers.LOCAL
    ) -> None:
        self.name = name
        self.reader = reader
        self.size = reader.size
        self._source = source
        self._pool = pool

    @property
    def precision(self) -> str:
        """The numbers it reckons with: "float32" or "bfloat16"."""
        return self.reader.precision

    @property
    def by_parts(self) -> bool:
        """Whether every sentence has a part in the vector of its text: whether `embed_parts` may be asked."""
        return self.reader.by_parts

    @cached_property
    def key(self) -> str:
        """Model and precision; a model that does not come with Second Coder is known by its weights."""
        own = self.name == packaged.NAME
        return f"{self.name if own else self.reader.digest}/{self.precision}"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector a text: float32, shape (len(texts), size), in the order of the texts.

        Each distinct text is computed once, in batches of texts of about the same length; a large job is
        spread over processes. A text longer than the model's window is read in windows of nearly equal
        length; its vector is their mean, weighted by length and brought back to length 1, so that the end of
        a long answer counts as much as its beginning.
        """
        return self.embed_parts(texts, [()] * len(texts))[0]

    def embed_parts(
        self, texts: Sequence[str], places: Sequence[Places]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """The same vectors, and for each text those of its parts at these places, (parts, size).

        A part's vector is the mean of the vectors of the tokens in it, out of the same reading of the whole
        text, brought to length 1: what the part brings to the text's vector, said in its context ("late
        chunking", Günther et al. 2024, arXiv 2409.04701). A part without any token is a row of zeros.
        Where vectors are no means (see `by_parts`), parts are not to be asked for.
        """
        asked = list(zip(texts, places, strict=True))
        distinct = list(dict.fromkeys(asked))
        if not distinct:
            return np.zeros((0, self.size), dtype=np.float32), []
        found = list(cut(distinct, self.reader.offsets, self.reader.window - _MARKS))
        vectors, sums = self._vectors(found, sum(len(some) for _, some in distinct))
        share = np.array([piece.tokens + _MARKS for piece in found], dtype=np.float32)[:, None]
        summed = np.zeros((len(distinct), self.size), dtype=np.float32)
        np.add.at(summed, [piece.owner for piece in found], vectors * share)
        unit = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        parts = np.split(
            sums / np.where(lengths > 0, lengths, 1), np.cumsum([len(some) for _, some in distinct])[:-1]
        )
        place = {one: number for number, one in enumerate(distinct)}
        return unit[[place[one] for one in asked]], [parts[place[one]] for one in asked]

    def _vectors(self, found: Sequence[Piece], parts: int) -> tuple[np.ndarray, np.ndarray]:
        """The vectors of pieces, and the sums of the token vectors of so many parts that lie in them."""
        out = np.zeros((len(found), self.size), dtype=np.float32)
        sums = np.zeros((parts, self.size), dtype=np.float32)
        for batch, (rows, some) in self._batches(found):
            out[batch] = rows
            # A part that lies in two windows gets its tokens of both.
            np.add.at(sums, [number for place in batch for number in found[place].parts], some)
        return out, sums

    def _batches(self, found: Sequence[Piece]) -> Iterator[tuple[list[int], tuple[np.ndarray, np.ndarray]]]:
        """Which pieces make a batch, and its vectors; the batches are the same wherever they are computed."""
        tokens = [piece.tokens + _MARKS for piece in found]
        made = batches(tokens, _TOKENS.get(self.reader.device, _TOKENS_ELSEWHERE))

        def packed(batch: list[int]) -> tuple[list[str], list[Places]]:
            return [found[place].text for place in batch], [found[place].places for place in batch]

        worth = sum(tokens) / self.reader.start
        if self.reader.device != "cpu" or self._pool.here(worth):
            for batch in made:
                yield batch, self.reader.vectors(*packed(batch))
            return
        tasks = [made[start : start + _BATCHES] for start in range(0, len(made), _BATCHES)]

        def sent(task: list[list[int]]) -> tuple[Any, ...]:
            return self._source, self.precision, [packed(batch) for batch in task]

        for number, vectors in self._pool.map(computed, tasks, worth=worth, pack=sent):
            yield from zip(tasks[number], vectors, strict=True)
