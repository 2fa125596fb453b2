"""Which format a file is in, told by its content; the name only breaks ties."""

from __future__ import annotations

import re

from pipeline.containers import Container, Kind
from pipeline.errors import StudyError
from pipeline.transcripts import rows, table
from pipeline.transcripts.decode import decode, lines

_RESAVE = "Open it in its program, save it as .docx, and read that file."
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "is a PDF, which has lost its paragraphs and speakers"),
    (b"\xd0\xcf\x11\xe0", "is an old Office file (.doc, .xls) or protected by a password"),
    (b"\xdb\xa5-", "is an old Word file (.doc)"),
)
_RECORDINGS = (b"ID3", b"OggS", b"fLaC", b"RIFF", b"\x1aE\xdf\xa3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1")
_SRT = re.compile(r"(?:\A|\n)\d{1,3}:\d{1,2}:\d{1,2}[.,]\d{1,3} ?-{1,2}> ?\d{1,3}:\d{1,2}:\d{1,2}[.,]\d{1,3}")
_TEAMS = re.compile(r"(?:\A|\n)\d+:\d+:\d+\.\d+ --> \d+:\d+:\d+\.\d+\n[^\n]{1,60}\n[^\n]")
"""Teams' older layout, which is typed text: a time line without a number, a name, the words."""
_SHORT = re.compile(r"(?:\A|\n)\d:\d{1,2}:\d{1,2}\.\d")


def format_of(data: bytes, name: str) -> str:
    """The name of the reader for a file. Raises `StudyError` for files that hold no readable transcript.

    >>> format_of(b"WEBVTT\\n\\n00:01.000 --> 00:02.000\\nHello.", "talk.txt")
    'vtt'
    """
    if not data.strip(b"\x00 \r\n\t"):
        raise StudyError("is empty", where=name, hint="Ask for the file again, or leave it out.")
    if data.startswith(b"PK"):
        return _zipped(data, name)
    head = data.lstrip()[:64]
    for magic, fact in _OTHERS:
        if head.startswith(magic):
            raise StudyError(fact, where=name, hint=_RESAVE)
    if data.startswith(_RECORDINGS) or data[4:8] == b"ftyp":
        raise StudyError("is a recording, not a transcript", where=name, hint="Have it transcribed first.")
    if head.startswith(b"{\\rtf"):
        return "rtf"
    return _plain(data, name)


def _zipped(data: bytes, name: str) -> str:
    parts = Container(data, name, Kind("an Office document"))
    if parts.has("word/document.xml"):
        return "docx"
    if parts.has("xl/workbook.xml"):
        return "xlsx"
    if parts.has("content.xml"):
        kind = parts.read("mimetype") if parts.has("mimetype") else b""
        if b"spreadsheet" not in kind and b"presentation" not in kind:
            return "odt"
    raise StudyError(
        "is a zip file without a transcript in it", where=name, hint="Unpack it, or save as .docx."
    )


def _plain(data: bytes, name: str) -> str:
    text = decode(data, name)[0]
    head = text[:200_000].lstrip()
    suffix = name.lower().rpartition(".")[2]
    if head.startswith("WEBVTT"):
        return "vtt"
    if head.startswith(("<", "MIME-Version:")):
        marked = _marked_up(head, name)
        if marked:
            return marked
    if re.match(r"@(?:UTF8|Begin|Font|Languages|Participants)\b", head) or re.search(
        r"(?:\n|\A)@Begin\s*[\r\n]", head
    ):
        return "cha"
    if head[:1] in "{[" and _is_json(head):
        return "json"
    flat = "\n".join(row.strip() for row in lines(head[:8000]) if row.strip())
    if _SRT.search(flat) and not (_TEAMS.search(flat) and _SHORT.search(flat)):
        return "vtt" if suffix == "vtt" else "srt"
    if _is_table(head, name, suffix):
        return "table"
    return "txt"


def _marked_up(head: str, name: str) -> str:
    if "<ANNOTATION_DOCUMENT" in head:
        return "eaf"
    if re.match(r"<(?:!doctype html|html)\b|MIME-Version:", head, re.I):
        raise StudyError(
            "is a web page", where=name, hint="Open it in a browser, copy it into Word, save it as .docx."
        )
    if head.startswith("<?xml"):
        raise StudyError(
            "is XML of a kind that is not read (ELAN .eaf is)",
            where=name,
            hint="Export it as .docx, .txt or .vtt.",
        )
    return ""


def _is_json(head: str) -> bool:
    return re.match(r"\{\s*(?:\"|\})|\[\s*(?:\{|\])", head) is not None


def _is_table(head: str, name: str, suffix: str) -> bool:
    first = "\n".join(lines(head)[:12])
    separator = table.separator_of(first)
    if separator not in first:
        return False
    if suffix in ("csv", "tsv"):
        return True
    cells = [line.split(separator) for line in lines(first)]
    return rows.header_of([[cell.strip('" ') for cell in row] for row in cells]) is not None
