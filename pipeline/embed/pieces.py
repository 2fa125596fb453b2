"""Texts cut into pieces that fit a model's window, the tokens of their parts found, and put into batches."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Places = tuple[tuple[int, int], ...]
"""Where some parts of a text lie: each from one character (or token) up to, not including, another."""
Read = Callable[[list[str]], list[list[tuple[int, int]]]]
"""Tells where the tokens of texts lie."""
_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """A text or a stretch of one that fits the window: whose it is, and its length in tokens.

    `parts` says which of all the parts asked for lie in it, `places` where the tokens of each are.
    """

    owner: int
    text: str
    tokens: int
    parts: tuple[int, ...] = ()
    places: Places = ()


def cut(asked: Sequence[tuple[str, Places]], read: Read, room: int) -> Iterator[Piece]:
    """The texts, or stretches of nearly equal length of them, of at most `room` tokens.

    With the places of parts of a text go those of their tokens. Parts are numbered on from text to text.
    """
    already = 0
    for start in range(0, len(asked), _BLOCK):
        block = asked[start : start + _BLOCK]
        found = read([text for text, _ in block])
        for owner, ((text, places), tokens) in enumerate(zip(block, found, strict=True), start):
            for begin, end, number in _windows(text, tokens, room):
                # A word that the edge of a window cuts is other tokens there than in the whole text.
                own = tokens if not places or number == len(tokens) else read([text[begin:end]])[0]
                there = _parts(own, [(first - begin, last - begin) for first, last in places])
                parts = tuple([already + at for at in there])
                yield Piece(owner, text[begin:end], number, parts, tuple(there.values()))
            already += len(places)


def _windows(text: str, tokens: list[tuple[int, int]], room: int) -> Iterator[tuple[int, int, int]]:
    """Where the stretches of a text lie that fit the window, and how many tokens each has."""
    count = max(1, -(-len(tokens) // room))
    if count == 1:
        yield 0, len(text), len(tokens)
        return
    edges = [round(number * len(tokens) / count) for number in range(count + 1)]
    for first, last in pairwise(edges):
        yield tokens[first][0], tokens[last - 1][1], last - first


def _parts(tokens: list[tuple[int, int]], places: Sequence[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Which parts have tokens here, and from which to which; a token belongs to where its last letter is."""
    ends = [end for _, end in tokens] if places else []
    found = [(bisect_right(ends, begin), bisect_right(ends, end)) for begin, end in places]
    return {number: (first, last) for number, (first, last) in enumerate(found) if first < last}


def batches(lengths: Sequence[int], most: int) -> list[list[int]]:
    """The places of texts, the longest first, in batches of at most `most` tokens with the padding.

    >>> batches([3, 9, 4, 3], 8)
    [[1], [2, 0], [3]]
    """
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    out: list[list[int]] = []
    for place in order:
        if out and lengths[out[-1][0]] * (len(out[-1]) + 1) <= most:
            out[-1].append(place)
        else:
            out.append([place])
    return out
