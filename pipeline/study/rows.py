"""Rows of `study.db` as values, and the way between the two."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.records import Mark


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A turn as the store keeps it: pseudonymised text, the speaker as participant id or role."""

    index: int
    speaker: str
    role: str
    text: str
    start: float | None
    end: float | None
    source: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """An utterance as the store keeps it: a range of its turn's pseudonymised text."""

    id: str
    turn_index: int
    number: int
    start: int
    end: int
    words: int
    context: bool
    text_hash: str


@dataclass(frozen=True, slots=True)
class StoredTranscript:
    """What is recorded of one transcript; `names_version` tells which names it was searched for."""

    id: str
    source_hash: str
    format: str
    settings_hash: str
    identifiers: int
    names_version: int = 0


def turn_row(turn: StoredTurn) -> tuple[object, ...]:
    """A turn as the values of its row, less the transcript."""
    return (
        turn.index,
        turn.speaker,
        turn.role,
        turn.text,
        turn.start,
        turn.end,
        turn.source,
        marks_text(turn.marks),
    )


def span_row(transcript_id: str, span: StoredSpan) -> tuple[object, ...]:
    """An utterance's range as the values of its row."""
    return (
        span.id,
        transcript_id,
        span.turn_index,
        span.number,
        span.start,
        span.end,
        span.words,
        span.context,
        span.text_hash,
    )


def marks_text(marks: Iterable[Mark]) -> str:
    """Marks as the text that the store keeps."""
    return json.dumps([[mark.start, mark.end, mark.kind] for mark in marks])


def marks_of(text: str) -> tuple[Mark, ...]:
    """Marks from the text that the store keeps."""
    return tuple(Mark(*mark) for mark in json.loads(text))


def turn_of(row: tuple[Any, ...]) -> StoredTurn:
    """A turn from its row."""
    index, speaker, role, text, start, end, source, marks = row
    return StoredTurn(index, speaker, role, text, start, end, source, marks_of(marks))


def span_of(row: tuple[Any, ...]) -> StoredSpan:
    """An utterance's range from its row."""
    utterance_id, turn_index, number, start, end, words, context, text_hash = row
    return StoredSpan(utterance_id, turn_index, number, start, end, words, bool(context), text_hash)
