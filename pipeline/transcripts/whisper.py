"""JSON of speech recognisers: Whisper, WhisperX, whisper.cpp, and services that list segments likewise."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.containers import Kind, damaged
from pipeline.errors import StudyError
from pipeline.records import Notice, Transcript
from pipeline.transcripts.cues import joined_by_sentence
from pipeline.transcripts.decode import decode
from pipeline.transcripts.pieces import Piece, assemble
from pipeline.transcripts.times import seconds

_Segment = dict[str, Any]


def read(data: bytes, name: str) -> Transcript:
    """The turns of a recogniser's JSON; a place is counted in segments.

    Raises `StudyError` for JSON that is cut short or holds no list of segments.
    """
    text, notices = decode(data, name)
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(name, Kind("JSON")) from error
    pieces = _pieces(root)
    if pieces is None:
        raise StudyError(
            "is JSON without a list of segments that have a text",
            where=name,
            hint="Export it from its program as .docx, .txt or .vtt.",
        )
    told: list[Notice] = []
    if not any(piece.speaker for piece in pieces):
        pieces, told = joined_by_sentence(pieces)
    elif nobody := sum(1 for piece in pieces if not piece.speaker):
        told = [Notice("file", f"{nobody} segments name no speaker; they are turns of nobody")]
    return assemble(pieces, format="json", unit="segment", name=name, notices=[*notices, *told])


def _pieces(root: object) -> list[Piece] | None:
    segments, kind = _segments(root)
    if segments is None:
        return None
    read_one = _READERS[kind]
    found = [
        read_one(segment, number) for number, segment in enumerate(segments, 1) if isinstance(segment, dict)
    ]
    return [piece for piece in found if piece.text.strip()]


def _segments(root: object) -> tuple[Sequence[object] | None, str]:
    """The list that holds the talk and the kind of its entries."""
    if isinstance(root, list):
        return (root, "segments") if any(_text_of(entry) for entry in root) else (None, "")
    if not isinstance(root, dict):
        return None, ""
    for kind in _READERS:
        found = root.get(kind)
        if isinstance(found, list):
            return found, kind
    results = root.get("results")
    return _segments(results) if isinstance(results, dict) and results is not root else (None, "")


def _text_of(entry: object) -> str:
    if not isinstance(entry, dict):
        return ""
    text = next(
        (entry[name] for name in ("text", "transcript", "content") if isinstance(entry.get(name), str)), ""
    )
    return str(text)


def _segment(entry: _Segment, number: int) -> Piece:
    """Whisper and WhisperX: seconds; `speaker` may be missing."""
    start = _first(entry, "start", "start_time", "startTime")
    end = _first(entry, "end", "end_time", "endTime")
    return Piece(_speaker(entry), _text_of(entry), number, _number(start), _number(end))


def _utterance(entry: _Segment, number: int) -> Piece:
    """Services that give whole thousandths of a second."""
    piece = _segment(entry, number)
    if isinstance(entry.get("start"), int) and isinstance(entry.get("end"), int):
        return Piece(piece.speaker, piece.text, number, _thousandth(piece.start), _thousandth(piece.end))
    return piece


def _whisper_cpp(entry: _Segment, number: int) -> Piece:
    """whisper.cpp: `offsets` in thousandths of a second, else `timestamps` as clock readings."""
    offsets, stamps = entry.get("offsets"), entry.get("timestamps")
    start = end = None
    if isinstance(offsets, dict):
        start, end = _thousandth(_number(offsets.get("from"))), _thousandth(_number(offsets.get("to")))
    elif isinstance(stamps, dict):
        start, end = seconds(str(stamps.get("from"))), seconds(str(stamps.get("to")))
    return Piece(_speaker(entry), _text_of(entry), number, start, end)


def _monologue(entry: _Segment, number: int) -> Piece:
    """Rev: a speaker's words and signs one by one."""
    found = entry.get("elements")
    elements = [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []
    text = "".join(e["value"] for e in elements if isinstance(e.get("value"), str))
    starts = [t for e in elements if (t := _number(e.get("ts"))) is not None]
    ends = [t for e in elements if (t := _number(e.get("end_ts"))) is not None]
    return Piece(_speaker(entry), text, number, starts[0] if starts else None, ends[-1] if ends else None)


_READERS: dict[str, Callable[[_Segment, int], Piece]] = {
    "segments": _segment,
    "transcription": _whisper_cpp,
    "utterances": _utterance,
    "monologues": _monologue,
    "transcript": _segment,
}


def _speaker(entry: _Segment) -> str:
    found = _first(entry, "speaker", "speaker_name", "speaker_label", "speakerName")
    if isinstance(found, dict):
        found = _first(found, "name", "label", "id")
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return f"Speaker {found}" if isinstance(found, int) else found


def _first(entry: _Segment, *names: str) -> object:
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        value = seconds(value) if ":" in value else _float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e9 else None


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _thousandth(value: float | None) -> float | None:
    return None if value is None else value / 1000
