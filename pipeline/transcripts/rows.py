"""Tables into pieces: which column is the speaker, which the words, which the time."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import Notice
from pipeline.transcripts.labels import HEADINGS, is_id, is_role_word, key
from pipeline.transcripts.pieces import Piece
from pipeline.transcripts.times import clocks, seconds, take_times

_NAMES: dict[str, tuple[str, ...]] = {
    "text": (
        "text", "transcript", "content", "contents", "utterance", "speech", "words", "talk", "dialogue",
        "transcription", "what was said", "spoken text", "spoken", "sentence", "quote", "inhalt", "texte",
        "texto", "contenido", "contenu", "transkript", "aussage", "redebeitrag", "wortlaut", "propos",
        "annotation", "turn text", "caption", "subtitle", "response",
    ),
    "speaker": (
        "speaker", "speakers", "speaker name", "speaker label", "speaker id", "speaker_id",
        "speaker_name", "name", "who", "label", "participant", "person", "sprecher", "sprecherin", "tier",
        "locuteur", "hablante", "wer", "qui", "quién", "voice",
    ),
    "start": (
        "start", "start time", "start_time", "starttime", "begin", "begin time", "time", "timestamp",
        "time stamp", "timecode", "in", "zeit", "beginn", "from", "onset", "start (s)", "start_s",
        "start_ms", "start (ms)", "begin time - ss.msec", "begin time - hh:mm:ss.ms", "temps", "tiempo",
    ),
    "end": (
        "end", "end time", "end_time", "endtime", "stop", "finish", "out", "ende", "to", "offset",
        "end (s)", "end_s", "end_ms", "end (ms)", "end time - ss.msec", "end time - hh:mm:ss.ms",
    ),
    "span": (
        "timespan", "time span", "time range", "zeitspanne", "time interval", "times",
    ),
    "transcript": (
        "transcript_id", "transcript id", "interview", "interview_id", "document", "document name",
        "file",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """The position of each column that is read, None where there is none, and the row where talk begins."""

    text: int
    speaker: int | None
    start: int | None
    end: int | None
    span: int | None
    first_row: int
    thousandths: bool = False
    transcript: int | None = None
    guessed: bool = False


def header_of(rows: Sequence[Sequence[str]]) -> Columns | None:
    """The columns by their names, if one of the first rows names them.

    >>> columns = header_of([["Time", "Speaker", "Text"], ["0:01", "I", "How?"]])
    >>> (columns.start, columns.speaker, columns.text, columns.first_row)
    (0, 1, 2, 1)
    """
    for number, row in enumerate(rows[:10]):
        found: dict[str, int] = {}
        cells = [key(cell).strip(" :*") for cell in row]
        for kind, names in _NAMES.items():
            hits = sorted((names.index(cell), i) for i, cell in enumerate(cells) if cell in names)
            if hits:
                found[kind] = hits[0][1]
        if "text" in found and len(found) >= 2:
            ms = found.get("start") is not None and cells[found["start"]].endswith(("ms", "(ms)"))
            return Columns(
                found["text"], found.get("speaker"), found.get("start"), found.get("end"), found.get("span"),
                number + 1, ms, found.get("transcript"),
            )  # fmt: skip
    return None


def guess(rows: Sequence[Sequence[str]]) -> Columns | None:
    """The columns by what stands in them, or None where no column looks like speakers.

    The words are in the column with the most of them; the speaker in one with few, short, returning entries.
    """
    width = max((len(row) for row in rows), default=0)
    columns = [[row[i].strip() if i < len(row) else "" for row in rows] for i in range(width)]
    words = [sum(len(cell.split()) for cell in column) for column in columns]
    if width < 2 or not any(words):
        return None
    text = words.index(max(words))
    times = [
        i for i in range(width) if i != text and _share(columns[i], lambda cell: bool(clocks(cell))) > 0.6
    ]
    speakers = [i for i in range(width) if i != text and i not in times and _like_speakers(columns[i])]
    if not speakers:
        return None
    spans = [i for i in times if _share(columns[i], lambda cell: len(clocks(cell)) == 2) > 0.6]
    single = [i for i in times if i not in spans]
    named = len(rows) > 2 and any(columns[i][0] and not clocks(columns[i][0]) for i in times)
    return Columns(
        text, speakers[0], single[0] if single else None, single[1] if len(single) > 1 else None,
        spans[0] if spans else None, int(named), guessed=True,
    )  # fmt: skip


def _share(cells: Sequence[str], good: object) -> float:
    filled = [cell for cell in cells if cell]
    return sum(1 for cell in filled if callable(good) and good(cell)) / len(filled) if filled else 0.0


def _like_speakers(cells: Sequence[str]) -> bool:
    filled = [cell.rstrip(": ") for cell in cells if cell]
    if (
        not filled
        or len(filled) < 0.3 * len(cells)
        or any(len(cell) > 40 or len(cell.split()) > 5 for cell in filled)
    ):
        return False
    if all(cell.replace(".", "").isdigit() for cell in filled):
        return False
    if any(HEADINGS.fullmatch(key(cell)) for cell in filled[1:]):
        return False
    known = sum(1 for cell in filled if is_role_word(cell) or is_id(cell))
    return known >= 0.6 * len(filled) or len(set(filled)) <= max(2, len(filled) // 2)


def pieces_of(
    rows: Sequence[Sequence[str]], columns: Columns, first: int = 1
) -> tuple[list[Piece], list[Notice]]:
    """The rows below the header as pieces of talk; `first` is the number of the first row in the file."""
    pieces: list[Piece] = []
    notices: list[Notice] = []
    nameless = 0
    for number, row in enumerate(rows[columns.first_row :], columns.first_row + first):
        text = _cell(row, columns.text)
        if not text.strip():
            continue
        start, end = _times(row, columns)
        speaker: str | None = ""
        if columns.speaker is not None:
            speaker = " ".join(_cell(row, columns.speaker).split()).rstrip(":").rstrip()
            if not speaker:
                nameless += 1
                speaker = None if pieces else ""
        text, lead, last = take_times(text)
        start = start if start is not None else lead
        pieces.append(Piece(speaker, text, number, start, end if end is not None else last))
    if columns.guessed:
        first_row = ", the first row for their names" if columns.first_row else ""
        told = f"the columns are not named; they were told by what stands in them{first_row}"
        notices.append(Notice("row 1", told))
    if nameless:
        notices.append(Notice("file", f"{nameless} rows name no speaker; they continue the speaker before"))
    width = max((len(row) for row in rows), default=0)
    used = {columns.text, columns.speaker, columns.start, columns.end, columns.span}
    spare = [
        i
        for i in range(width)
        if i not in used and any(_cell(row, i).strip() for row in rows[columns.first_row :])
    ]
    if spare:
        letters = ", ".join(str(i + 1) for i in spare)
        notices.append(Notice(f"column {letters}", "was not read: only time, speaker and words are"))
    return pieces, notices


def _times(row: Sequence[str], columns: Columns) -> tuple[float | None, float | None]:
    if columns.span is not None:
        values = clocks(_cell(row, columns.span))
        return (values[0] if values else None), (values[1] if len(values) > 1 else None)
    start, end = (
        _time(_cell(row, at), columns.thousandths) if at is not None else None
        for at in (columns.start, columns.end)
    )
    if start is None and columns.start is not None and len(both := clocks(_cell(row, columns.start))) == 2:
        return both[0], both[1]
    return start, end


def _time(cell: str, thousandths: bool) -> float | None:
    text = cell.strip()
    if re.fullmatch(r"-?\d{1,12}(?:[.,]\d{1,12})?", text):
        value = float(text.replace(",", "."))
        return value / 1000 if thousandths else value
    value_or_none = seconds(text)
    return value_or_none if value_or_none is not None and math.isfinite(value_or_none) else None


def _cell(row: Sequence[str], at: int) -> str:
    return row[at] if at < len(row) else ""
