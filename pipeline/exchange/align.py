"""Where a text, or a stretch of one, stands in a study's transcripts, found by its words.

Other programs keep a transcript with their own labels, times and line ends, or before it was pseudonymised.
Runs of words that stand once in both texts anchor them to each other (as in patience diff); between anchors
the longest common runs are taken. A replaced name is a stretch of known length and unknown wording, so the
offset map of whoever holds the key is enough: no raw text is kept.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

_WORD = re.compile(r"\w+")
_RUN = 4
"""Words in a run that anchors."""
_ENOUGH = 3
"""An utterance is coded when so many of its words are, or half of them if it has fewer than six."""
_WIDE = 1_000_000
"""Pairs of words in a gap above which frequent words no longer start a match, to keep it quick."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an utterance as it may stand in another program's text.

    Where `hidden` is above 0, the wording is not known (a name was replaced), only its length.
    """

    utterance_id: str
    text: str = ""
    hidden: int = 0


class Word(NamedTuple):
    """One word with its place; in a transcript `home` is its utterance, `hidden` a replaced name's length."""

    text: str
    start: int
    end: int
    home: str = ""
    hidden: int = 0


def words(text: str) -> list[Word]:
    """The words of a text in small letters, with their places.

    >>> [(one.text, one.start, one.end) for one in words("It's me.")]
    [('it', 0, 2), ('s', 3, 4), ('me', 5, 7)]
    """
    return [Word(found.group().casefold(), *found.span()) for found in _WORD.finditer(text)]


def transcript_words(pieces: Iterable[Piece]) -> list[Word]:
    """The words of a transcript in order, with the utterance that each belongs to."""
    out: list[Word] = []
    for piece in pieces:
        if piece.hidden:
            out.append(Word("", 0, 0, piece.utterance_id, piece.hidden))
        else:
            out += [Word(each, 0, 0, piece.utterance_id) for each in plain(piece.text)]
    return out


def plain(text: str) -> list[str]:
    """The words of a text in small letters, without their places.

    >>> plain("It's me.")
    ['it', 's', 'me']
    """
    return [each.casefold() for each in _WORD.findall(text)]


def raw_pieces(utterance_id: str, text: str, start: int, moves: Iterable[Sequence[int]]) -> list[Piece]:
    """An utterance as it stood before names were replaced.

    `start` is where the utterance begins in its pseudonymised turn; `moves` are the turn's replaced stretches
    (raw start, raw end, start, end).

    >>> raw_pieces("u", "I met [Person 1] there", 0, [(6, 11, 6, 16)])
    [Piece(utterance_id='u', text='I met ', hidden=0), Piece(utterance_id='u', text='', hidden=5), \
Piece(utterance_id='u', text=' there', hidden=0)]
    """
    out, at = [], 0
    for raw_start, raw_end, new_start, new_end in sorted(moves, key=lambda one: one[2]):
        first, last = max(new_start - start, at), min(new_end - start, len(text))
        if first >= last or last <= 0:
            continue
        out += [Piece(utterance_id, text[at:first])] if first > at else []
        out.append(Piece(utterance_id, hidden=max(raw_end - raw_start, 1)))
        at = last
    return out + ([Piece(utterance_id, text[at:])] if at < len(text) else [])


class Aligned:
    """A text laid on a transcript: for each word of the text its word in the transcript, or -1."""

    def __init__(self, text: Sequence[Word], transcript: Sequence[Word], partner: Sequence[int]) -> None:
        self.transcript = transcript
        self.partner = tuple(partner)
        self._starts = [one.start for one in text]
        self._ends = [one.end for one in text]
        self._sizes = Counter(one.home for one in transcript)

    @property
    def share(self) -> float:
        """The share of the transcript's words that the text has, between the first and the last it has."""
        found = {place for place in self.partner if place >= 0}
        return len(found) / (max(found) - min(found) + 1) if found else 0.0

    def utterances(self, start: int, end: int) -> list[str]:
        """The utterances that the text's stretch `[start, end)` codes, in order; [] if it is not found.

        An utterance that the stretch only brushes (fewer than three of its words, and less than half) does
        not count, unless the stretch touches no other.
        """
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        found = sorted({place for place in self.partner[first:last] if place >= 0})
        if not found or 2 * len(found) <= found[-1] - found[0]:
            return []
        covered = Counter(self.transcript[place].home for place in found)
        good = [home for home, n in covered.items() if n >= min(_ENOUGH, (self._sizes[home] + 1) // 2)]
        return good or [covered.most_common(1)[0][0]]


def align(text: Sequence[Word], transcript: Sequence[Word]) -> Aligned:
    """Lay a text on a transcript word by word, both in order.

    >>> talk = transcript_words([Piece("u1", "We met"), Piece("u1", hidden=5), Piece("u1", "by the bridge")])
    >>> laid = align(words("P: We met Sarah by the bridge"), talk)
    >>> laid.partner, laid.utterances(3, 15)
    ((-1, 0, 1, 2, 3, 4, 5), ['u1'])
    """
    whole = _whole(text, transcript)
    if whole is not None:
        return Aligned(text, transcript, whole)
    partner = [-1] * len(text)
    for place, mate in _anchors(text, transcript):
        partner[place] = mate
    _stretch(text, transcript, partner)
    for gap in _gaps(partner, len(transcript)):
        _fill(text, transcript, partner, *gap)
    for gap in _gaps(partner, len(transcript)):
        _fill_hidden(text, transcript, partner, *gap)
    return Aligned(text, transcript, partner)


def _whole(text: Sequence[Word], transcript: Sequence[Word]) -> list[int] | None:
    """The partners where every utterance stands in the text word for word and in order, else None.

    That is how our own exports come back; talk that repeats itself ("the the") is told apart by it.
    """
    if any(one.hidden for one in transcript):
        return None
    said, there = [one.text for one in text], [one.text for one in transcript]
    partner, at, first = [-1] * len(said), 0, 0
    for _, group in groupby(transcript, key=lambda one: one.home):
        size = sum(1 for _ in group)
        wanted = there[first : first + size]
        while said[at : at + size] != wanted:
            at += 1
            if at + size > len(said):
                return None
        partner[at : at + size] = range(first, first + size)
        at, first = at + size, first + size
    return partner


def runs(said: Sequence[str]) -> list[tuple[str, ...]]:
    """The runs of words by which texts are told apart; a run with a hidden name, which is "", is ()."""
    out: list[tuple[str, ...]] = list(zip(*(said[at:] for at in range(_RUN)), strict=False))
    return [() if "" in run else run for run in out] if "" in said else out


def _anchors(text: Sequence[Word], transcript: Sequence[Word]) -> list[tuple[int, int]]:
    """Pairs of places where runs stand that occur once in both texts, both ascending."""
    here, there = runs([one.text for one in text]), runs([one.text for one in transcript])
    count_here, count_there = Counter(here), Counter(there)
    place = {run: at for at, run in enumerate(there) if run and count_there[run] == 1}
    pairs = [(at, place[run]) for at, run in enumerate(here) if count_here[run] == 1 and run in place]
    return _ascending(pairs)


def _ascending(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest row of pairs whose second parts ascend as well."""
    tails: list[int] = []
    ends: list[int] = []
    before = [-1] * len(pairs)
    for at, (_, mate) in enumerate(pairs):
        slot = bisect_left(tails, mate)
        before[at] = ends[slot - 1] if slot else -1
        tails[slot : slot + 1] = [mate]
        ends[slot : slot + 1] = [at]
    out, at = [], ends[-1] if ends else -1
    while at >= 0:
        out.append(pairs[at])
        at = before[at]
    return out[::-1]


def _stretch(text: Sequence[Word], transcript: Sequence[Word], partner: list[int]) -> None:
    """Carry each anchor on, forwards and backwards, as long as the words agree."""
    taken = {mate for mate in partner if mate >= 0}
    for step, order in ((1, range(1, len(text))), (-1, range(len(text) - 2, -1, -1))):
        for at in order:
            mate = partner[at - step] + step if partner[at - step] >= 0 else -1
            if partner[at] >= 0 or not 0 <= mate < len(transcript) or mate in taken:
                continue
            if text[at].text == transcript[mate].text:
                partner[at] = mate
                taken.add(mate)


def _gaps(partner: Sequence[int], size: int) -> list[tuple[int, int, int, int]]:
    """The stretches between partners where both sides have words left: (from, to, from, to)."""
    out, last, mate = [], -1, -1
    for at, found in [*enumerate(partner), (len(partner), size)]:
        if found >= 0:
            if at - last > 1 and found - mate > 1:
                out.append((last + 1, at, mate + 1, found))
            last, mate = at, found
    return out


def _fill(
    text: Sequence[Word], transcript: Sequence[Word], partner: list[int], a: int, b: int, c: int, d: int
) -> None:
    """Pair the longest common runs of a gap."""
    left = [one.text for one in text[a:b]]
    right = [one.text or f"\x00{at}" for at, one in enumerate(transcript[c:d])]
    matcher = SequenceMatcher(None, left, right, autojunk=len(left) * len(right) > _WIDE)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            partner[a + block.a + step] = c + block.b + step


def _fill_hidden(
    text: Sequence[Word], transcript: Sequence[Word], partner: list[int], a: int, b: int, c: int, d: int
) -> None:
    """Pair what stands where a name was replaced with that name, if its length is the name's."""
    at = a
    for mate in range(c, d):
        length = transcript[mate].hidden
        if not length:
            continue
        for first in range(at, b):
            last = first
            while last < b and text[last].end - text[first].start < length - 1:
                last += 1
            if last < b and abs(text[last].end - text[first].start - length) <= 1:
                partner[first : last + 1] = [mate] * (last + 1 - first)
                at = last + 1
                break
