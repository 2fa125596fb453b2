"""Bytes of any transcript file into turns. To add a format: one module with `read`, one line in `READERS`."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.containers import MAX_FILE
from pipeline.errors import StudyError
from pipeline.records import Transcript
from pipeline.transcripts import cha, docx, eaf, odt, rtf, srt, table, txt, vtt, whisper, xlsx
from pipeline.transcripts.detect import format_of

Reader = Callable[[bytes, str], Transcript]

READERS: dict[str, Reader] = {
    "cha": cha.read,
    "docx": docx.read,
    "eaf": eaf.read,
    "json": whisper.read,
    "odt": odt.read,
    "rtf": rtf.read,
    "srt": srt.read,
    "table": table.read,
    "txt": txt.read,
    "vtt": vtt.read,
    "xlsx": xlsx.read,
}
"""The reader of each format, by the name that `detect.format_of` gives it."""

SUFFIXES: frozenset[str] = frozenset(
    [".cha", ".csv", ".docx", ".eaf", ".json", ".odt", ".rtf", ".srt", ".tsv", ".txt", ".vtt", ".xlsx"]
)
"""The endings of files that are picked up from a folder."""


def read(data: bytes, name: str) -> Transcript:
    """Reads one transcript file; its content tells the format, `name` is a hint and the place in errors.

    Turns count from 1, times are in seconds, every guess is a notice. Raises `StudyError` for files that are
    damaged, no transcript, or unfold beyond all measure.

    >>> transcript = read(b"I: How was it?\\nP: We were fine [laughs].", "talk.txt")
    >>> [(turn.speaker, turn.text) for turn in transcript.turns]
    [('I', 'How was it?'), ('P', 'We were fine [laughs].')]
    """
    base = name.replace("\\\\", "/").rpartition("/")[2]
    if len(data) > MAX_FILE:
        raise StudyError(
            "is larger than 200 MB", where=base, hint="A transcript is text: take pictures and sound out."
        )
    return READERS[format_of(data, base)](data, base)
