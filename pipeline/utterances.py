"""Turns into utterances: runs of whole sentences, the unit that is coded. Boundaries lie on the raw text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipeline.errors import StudyError
from pipeline.records import Mark, Span, Turn

UNITS = ("utterance", "sentence", "turn")
"""What talk may be cut into: runs of sentences up to a set length, single sentences, or whole turns."""

_BRACKETED = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|<[^<>]*>")
_BACKCHANNEL = re.compile(
    r"a+h+|aha|alright|aye|exactly|fine|good|great|h+m+|indeed|m+|m+hm+|no|oh|okay|ok|really|right|sure|true|"
    r"uh|uhhuh|uhm|um+|wow|yeah|yep|yes|genau|ja|sí|oui"
)
_SPOKEN = re.compile(r"(?:[^\w\s]|_)*+[^\W_]\S*")
"""A run of characters without a blank that has a letter or digit in it."""
_BACKCHANNEL_WORDS = 3
_REACH = 4
"""So many turns back a stretch of talk is looked for."""


def split(turns: Sequence[Turn], *, unit: str = "utterance", max_words: int = 60) -> list[Span]:
    """The utterances of raw turns, in order, each a run of whole sentences of one turn.

    `turns` carry `sentence_starts`; a turn without them is one sentence. `unit` is one of `UNITS`,
    `max_words` the length, in spoken words, that an utterance of several sentences keeps to; one long
    sentence stays whole. A sentence never begins inside a bracketed remark. What lies between two spans of a
    turn is blanks only. Raises `StudyError` for an unknown unit or a length below 1.

    >>> turn = Turn(1, "P", "We were fine. Then it changed.", sentence_starts=(0, 14))
    >>> [(span.number, span.start, span.end) for span in split([turn], max_words=3)]
    [(1, 0, 13), (2, 14, 30)]
    """
    if unit not in UNITS:
        raise StudyError(
            f"does not know the unit {unit!r}", where="unit", hint=f"Use one of {', '.join(UNITS)}."
        )
    if max_words < 1:
        raise StudyError("must be 1 or more", where="max_words", hint="The default is 60.")
    spans: list[Span] = []
    for turn in turns:
        pieces = [(0, len(turn.text))] if unit == "turn" else _sentences(turn)
        if unit == "utterance":
            pieces = _packed(turn, pieces, max_words)
        trimmed = [_trimmed(turn.text, start, end) for start, end in pieces]
        kept = [(start, end) for start, end in trimmed if start < end]
        spans += [Span(turn.index, number, start, end) for number, (start, end) in enumerate(kept, 1)]
    return spans


def spoken_words(text: str, marks: Iterable[Mark] = ()) -> int:
    """The number of words that were spoken: remarks that are marked, and signs alone, do not count.

    >>> spoken_words("Well [laughs] we - we were fine ...", [Mark(5, 13, "laughter")])
    5
    """
    at, count = 0, 0
    for mark in sorted(marks, key=lambda mark: mark.start):
        count += _words(text[at : max(at, mark.start)])
        at = max(at, mark.end)
    return count + _words(text[at:])


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, as the full-text index has them.

    >>> words_of("Mrs O'Brien-Smith")
    ['mrs', 'o', 'brien', 'smith']
    """
    return re.findall(r"[^\W_]+", text.casefold())


def is_backchannel(turn: Turn) -> bool:
    """Whether a turn only says "go on, I listen": up to three words such as "mm", "yeah", "right".

    >>> is_backchannel(Turn(4, "I", "Mm-hm, yeah.")), is_backchannel(Turn(5, "P", "No, never."))
    (True, False)
    """
    if "?" in turn.text:
        return False
    words = re.findall(r"\w+", _without(turn.text, turn.marks).casefold().replace("-", ""))
    return len(words) <= _BACKCHANNEL_WORDS and all(map(_BACKCHANNEL.fullmatch, words))


def before(turns: Sequence[Turn]) -> dict[int, int | None]:
    """For each turn the turn that gives it its context: index of a turn to index of the one before, or None.

    Another speaker's backchannel is passed over, so that "Mm." does not break a participant's stretch.

    >>> said = [("I", "How was it?"), ("P", "Well, hard"), ("I", "Mm."), ("P", "at first.")]
    >>> talk = [Turn(n, speaker, text) for n, (speaker, text) in enumerate(said, 1)]
    >>> before(talk)
    {1: None, 2: 1, 3: 2, 4: 2}
    """
    found: dict[int, int | None] = {}
    for position, turn in enumerate(turns):
        earlier = turns[max(0, position - _REACH) : position]
        told = next(
            (o for o in reversed(earlier) if o.speaker == turn.speaker or not is_backchannel(o)), None
        )
        nearest = turns[position - 1].index if position else None
        found[turn.index] = told.index if told is not None else nearest
    return found


def _sentences(turn: Turn) -> list[tuple[int, int]]:
    """The sentences of a turn; a start inside a remark is none."""
    closed = [(mark.start, mark.end) for mark in turn.marks]
    closed += [m.span() for m in _BRACKETED.finditer(turn.text)]
    inside = sorted(closed)
    starts = {start for start in turn.sentence_starts if 0 < start < len(turn.text)}
    good = sorted(start for start in starts if not any(a < start < b for a, b in inside))
    edges = [0, *good, len(turn.text)]
    return list(pairwise(edges))


def _packed(turn: Turn, sentences: Sequence[tuple[int, int]], max_words: int) -> list[tuple[int, int]]:
    """Sentences put together while they keep to the length."""
    packed: list[tuple[int, int]] = []
    length = 0
    for start, end in sentences:
        words = spoken_words(turn.text[start:end], _within(turn.marks, start, end))
        if packed and length + words <= max_words:
            packed[-1] = (packed[-1][0], end)
            length += words
        else:
            packed.append((start, end))
            length = words
    return packed


def _within(marks: Sequence[Mark], start: int, end: int) -> list[Mark]:
    return [
        Mark(max(0, mark.start - start), min(end, mark.end) - start, mark.kind)
        for mark in marks
        if mark.start < end and mark.end > start
    ]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _words(text: str) -> int:
    return len(_SPOKEN.findall(text))


def _without(text: str, marks: Iterable[Mark]) -> str:
    for mark in marks:
        text = text[: mark.start] + " " * (mark.end - mark.start) + text[mark.end :]
    return text
