"""Pieces of talk as the readers find them, and how they become the turns of a frozen transcript."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.errors import StudyError
from pipeline.records import Mark, Notice, Transcript, Turn
from pipeline.transcripts.marks import find_marks

_SPACE = re.compile(r"\s{2,}|[\t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_BREAKS = frozenset(" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]+")
_BROKEN = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_LOOP_TOLD = "the same words three times or more in a row: a speech recogniser may have looped"
_LOOP = 3
"""So many equal segments in a row look like a speech recogniser going round in circles."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one paragraph, cue or row holds.

    `speaker` None continues the turn before, "" begins one of nobody.

    `number` is the place in the file, counted in the reader's unit; `header` is true of titles, dates and
    closing lines, which are kept but are no talk.
    """

    speaker: str | None
    text: str
    number: int
    start: float | None = None
    end: float | None = None
    header: bool = False


def clean(text: str) -> str:
    """The text as it is frozen: every run of blanks and line breaks is one blank, controls are gone.

    A no-break space on its own, curly quotes and dashes stay as they are. A letter and an accent that were
    written one after the other become one character, or a name would be two things in two files.

    >>> clean("  We was\\x0b\\tfine.\\r\\n ")
    'We was fine.'
    """
    whole = unicodedata.normalize("NFC", _BROKEN.sub("\ufffd", _CONTROL.sub("", text)))
    return _SPACE.sub(_one_blank, whole).strip()


def _one_blank(run: re.Match[str]) -> str:
    return " " if not _BREAKS.isdisjoint(run[0]) else run[0]


@dataclass(slots=True)
class _Draft:
    """A turn that is still growing."""

    speaker: str
    first: int
    parts: list[str]
    header_parts: list[bool]
    last: int
    start: float | None
    end: float | None

    def add(self, piece: Piece, text: str) -> None:
        self.parts.append(text)
        self.header_parts.append(piece.header)
        self.last = max(self.last, piece.number)
        self.start = piece.start if self.start is None else self.start
        if piece.end is not None:
            self.end = piece.end if self.end is None else max(self.end, piece.end)


def assemble(
    pieces: Iterable[Piece], *, format: str, unit: str, name: str, notices: Sequence[Notice] = ()
) -> Transcript:
    """Joins pieces of one speaker that follow each other into turns and freezes the text.

    `unit` is the word for a place in the file ("paragraph", "cue", "row"). Raises `StudyError` where
    nothing is left.
    """
    found = list(notices)
    drafts = _drafts(pieces, unit, found)
    if not drafts:
        raise StudyError(
            "holds no talk",
            where=name,
            hint="Open it and check that it is a transcript with text in it.",
        )
    turns = tuple(_turn(index, draft, unit) for index, draft in enumerate(drafts, 1))
    return Transcript(turns=turns, format=format, notices=(*found, *_time_notices(turns)))


def _drafts(pieces: Iterable[Piece], unit: str, notices: list[Notice]) -> list[_Draft]:
    drafts: list[_Draft] = []
    before, same = "", 1
    for piece in pieces:
        text = clean(piece.text)
        if not text:
            continue
        same = same + 1 if text == before else 1
        before = text
        if same == _LOOP and len(text.split()) > 1:
            notices.append(Notice(f"{unit} {piece.number}", _LOOP_TOLD))
        speaker = clean(piece.speaker) if piece.speaker is not None else None
        current = drafts[-1] if drafts else None
        if current is not None and (speaker is None or (speaker and speaker == current.speaker)):
            current.add(piece, text)
            continue
        draft = _Draft(speaker or "", piece.number, [], [], piece.number, None, None)
        draft.add(piece, text)
        drafts.append(draft)
    return drafts


def _turn(index: int, draft: _Draft, unit: str) -> Turn:
    text = " ".join(draft.parts)
    start, end = _seconds(draft.start), _seconds(draft.end)
    if start is not None and end is not None and end < start:
        end = None
    place = f"{unit} {draft.first}" if draft.first == draft.last else f"{unit} {draft.first}-{draft.last}"
    headers: list[Mark] = []
    at = 0
    for part, header in zip(draft.parts, draft.header_parts, strict=True):
        if header:
            headers.append(Mark(at, at + len(part), "header"))
        at += len(part) + 1
    talk = [mark for mark in find_marks(text) if not any(_overlap(mark, header) for header in headers)]
    marks = tuple(sorted([*headers, *talk], key=lambda mark: mark.start))
    return Turn(
        index=index, speaker=draft.speaker, text=text, start=start, end=end, source=place, marks=marks
    )


def _overlap(a: Mark, b: Mark) -> bool:
    return a.start < b.end and b.start < a.end


def _seconds(value: float | None) -> float | None:
    if value is None or not math.isfinite(value) or value < 0:
        return None
    return round(value, 3)


def _time_notices(turns: Sequence[Turn]) -> list[Notice]:
    latest = -1.0
    back: list[Turn] = []
    for turn in turns:
        if turn.start is None:
            continue
        if turn.start < latest:
            back.append(turn)
        latest = max(latest, turn.start)
    if not back:
        return []
    times = "once" if len(back) == 1 else f"{len(back)} times"
    return [Notice(back[0].source, f"the times go backwards {times}; the order of the file is kept")]
