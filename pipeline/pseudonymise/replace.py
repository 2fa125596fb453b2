"""Identifiers replaced in a text, and the way between offsets before and after."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.records import Identifier

_POSSESSIVES = ("'s", "’s", "'S", "’S")


@dataclass(frozen=True, slots=True)
class Move:
    """One replaced stretch: where it lay in the raw text, where its pseudonym lies now."""

    raw_start: int
    raw_end: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Moves:
    """The offset map of one text, both ways. Offsets inside a replaced stretch go to its edge."""

    moves: tuple[Move, ...] = ()

    def to_new(self, offset: int, *, end: bool = False) -> int:
        """A raw offset in the pseudonymised text; inside a replaced stretch its start, or with `end` its
        end."""
        return _carry(offset, [(one.raw_start, one.raw_end, one.start, one.end) for one in self.moves], end)

    def to_raw(self, offset: int, *, end: bool = False) -> int:
        """A pseudonymised offset in the raw text; inside a pseudonym the stretch's start, or with `end`
        its end."""
        return _carry(offset, [(one.start, one.end, one.raw_start, one.raw_end) for one in self.moves], end)

    def as_json(self) -> list[list[int]]:
        """The map as plain JSON values, one list of four offsets a replaced stretch."""
        return [[one.raw_start, one.raw_end, one.start, one.end] for one in self.moves]

    @classmethod
    def from_json(cls, record: Iterable[Iterable[int]]) -> Moves:
        """The map that `as_json` wrote."""
        return cls(tuple(Move(*four) for four in record))


@dataclass(frozen=True, slots=True)
class Replaced:
    """A pseudonymised text and the map of its offsets. `done` are the identifiers that were replaced, in
    order."""

    text: str
    moves: Moves
    done: tuple[Identifier, ...] = ()


def _carry(offset: int, stretches: list[tuple[int, int, int, int]], end: bool) -> int:
    place = bisect_right(stretches, offset, key=lambda stretch: stretch[0]) - 1
    if place < 0:
        return offset
    start, stop, to_start, to_stop = stretches[place]
    if offset == start:
        if end and place and stretches[place - 1][1] == start:
            return stretches[place - 1][3]
        return to_start
    if offset < stop:
        return to_stop if end else to_start
    return to_stop + offset - stop


def replace(
    text: str, identifiers: Iterable[Identifier], pseudonym_of: Callable[[Identifier, str], str]
) -> Replaced:
    """Puts `pseudonym_of(identifier, surface)` in the place of each identifier.

    Overlapping identifiers count as one, under the longest of them. A possessive ending stays; an
    identifier that is only a part of a longer word stays as it is.

    >>> replace("Ann's annual leave", [Identifier(0, 3, "PERSON")], lambda one, surface: "[Person 1]").text
    "[Person 1]'s annual leave"
    """
    out: list[str] = []
    moves: list[Move] = []
    done: list[Identifier] = []
    last = size = 0
    for one in _apart(text, identifiers):
        surface = text[one.start : one.end]
        new = pseudonym_of(one, surface)
        out.extend((text[last : one.start], new))
        size += one.start - last
        moves.append(Move(one.start, one.end, size, size + len(new)))
        size += len(new)
        last = one.end
        done.append(one)
    out.append(text[last:])
    return Replaced("".join(out), Moves(tuple(moves)), tuple(done))


def _apart(text: str, identifiers: Iterable[Identifier]) -> list[Identifier]:
    """The identifiers in order, overlaps joined, possessives left out, parts of longer words dropped."""
    joined: list[Identifier] = []
    for one in sorted(identifiers, key=lambda each: (each.start, -each.end)):
        start, end = max(0, one.start), min(len(text), one.end)
        if start >= end:
            continue
        if joined and start < joined[-1].end:
            before = joined.pop()
            longest = max(before, one, key=lambda each: each.end - each.start)
            start, end, one = before.start, max(before.end, end), longest
        joined.append(Identifier(start, end, one.label, one.reasons, one.score))
    out = []
    for one in joined:
        end = one.end
        # "St Wendreda's" is a name whole; somebody's bag is not.
        if one.label == "PERSON" and text[one.start : end].endswith(_POSSESSIVES) and end - one.start > 2:
            end -= 2
        if not _inside_word(text, one.start, end):
            out.append(Identifier(one.start, end, one.label, one.reasons, one.score))
    return out


def _inside_word(text: str, start: int, end: int) -> bool:
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    after = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    return before or after
