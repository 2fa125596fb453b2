"""CHAT of TalkBank: main lines `*INV:`, continued after a tab, times between two marks U+0015."""

from __future__ import annotations

import re

from pipeline.records import Notice, Transcript
from pipeline.transcripts.decode import decode, lines
from pipeline.transcripts.pieces import Piece, assemble

_MAIN = re.compile(r"\*([^:\t]{1,40}):[ \t]*(.*)", re.S)
_BULLET = re.compile(r"\x15(?:%\w+:\"[^\"]*\"_)?(\d{1,12})_(\d{1,12})(?:-)?\x15")


def read(data: bytes, name: str) -> Transcript:
    """The turns of a CHAT file; a place is counted in lines. Codes such as `[//]` stay and are marked."""
    text, notices = decode(data, name)
    pieces: list[Piece] = []
    dependent = 0
    for number, line in _logical(lines(text)):
        main = _MAIN.match(line)
        if main is not None:
            pieces.append(_piece(main[1].strip(), main[2], number))
        elif line.startswith("%"):
            dependent += 1
        elif not line.startswith("@"):
            pieces.append(_piece(None if pieces else "", line, number))
    if dependent:
        notices.append(Notice("file", f"{dependent} dependent lines (%mor and the like) were left out"))
    return assemble(pieces, format="cha", unit="line", name=name, notices=notices)


def _logical(rows: list[str]) -> list[tuple[int, str]]:
    """Lines with their continuations, which begin with a tab or blanks, and the number of the first."""
    found: list[tuple[int, list[str]]] = []
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        if row[0] in "\t " and found:
            found[-1][1].append(row.strip())
        else:
            found.append((number, [row]))
    return [(number, " ".join(parts)) for number, parts in found]


def _piece(speaker: str | None, text: str, number: int) -> Piece:
    times = [(int(m[1]) / 1000, int(m[2]) / 1000) for m in _BULLET.finditer(text)]
    start = min((a for a, _ in times), default=None)
    end = max((b for _, b in times), default=None)
    return Piece(speaker, _BULLET.sub(" ", text).replace("\x15", " "), number, start, end)
