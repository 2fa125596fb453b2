"""Bytes into text: byte-order marks, UTF-8, UTF-16 without a mark, and old Windows text; guesses are told."""

from __future__ import annotations

import codecs
import re

from pipeline.errors import StudyError
from pipeline.records import Notice

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MOJIBAKE = re.compile("â€[™œ\x9d“”˜¦]|Ã[©¨¼¶¤±³¡ \xad]|Â[ £·«»]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_BREAK = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")


def lines(text: str) -> list[str]:
    """The lines of a text; only CRLF, CR and LF end a line (`str.splitlines` would cut inside speech)."""
    return _LINE_END.split(text)


def soft_lines(text: str) -> list[str]:
    """The lines of typed text, where Word's soft breaks and page breaks end a line too."""
    return _BREAK.split(text)


def decode(data: bytes, name: str) -> tuple[str, list[Notice]]:
    """The text of a plain file and what was guessed about its characters.

    Raises `StudyError` where the bytes are no text at all.

    >>> decode("naïve".encode("cp1252"), "a.txt")[0]
    'naïve'
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _checked(data[len(mark) :].decode(codec, errors="replace"), name, [])
    codec = _utf16(data)
    if codec:
        told = "the characters were taken for UTF-16, since every second byte is empty"
        return _checked(data.decode(codec, errors="replace"), name, [Notice("file", told)])
    try:
        return _checked(data.decode("utf-8"), name, [])
    except UnicodeDecodeError:
        return _checked(*_damaged(data, name))


def _utf16(data: bytes) -> str:
    head = data[:4096]
    half = max(1, len(head) // 2)
    if head[1::2].count(0) >= 0.3 * half and head[0::2].count(0) < 0.05 * half:
        return "utf-16-le"
    if head[0::2].count(0) >= 0.3 * half and head[1::2].count(0) < 0.05 * half:
        return "utf-16-be"
    return ""


def _damaged(data: bytes, name: str) -> tuple[str, str, list[Notice]]:
    """UTF-8 with a few broken bytes, or else Windows text."""
    patched = data.decode("utf-8", errors="replace")
    broken = patched.count("\ufffd")
    whole = len(re.findall("[\x80-\ufffc\U00010000-\U0010ffff]", patched))
    if whole > 2 * broken:
        told = f"{broken} characters are damaged and stand as \ufffd; the rest is UTF-8"
        return patched, name, [Notice("file", told)]
    told = "not UTF-8, so the characters were taken for Windows text (cp1252); check accents and quotes"
    return data.decode("cp1252", errors="replace"), name, [Notice("file", told)]


def _checked(text: str, name: str, notices: list[Notice]) -> tuple[str, list[Notice]]:
    text = text.removeprefix("\ufeff")
    head = text[:20000]
    controls = sum(1 for char in head if char < " " and char not in "\t\n\r\x0b\x0c\x15\x1c\x1d\x1e\x1f")
    if controls > 0.02 * len(head) + 2:
        raise StudyError(
            "is not a text file",
            where=name,
            hint="Save it as .docx or plain text (UTF-8) and read that file.",
        )
    wrong = len(_MOJIBAKE.findall(text))
    if wrong:
        told = f"{wrong} places look like wrongly saved accents or quotes (such as Ã© for é)"
        notices.append(Notice("file", told + "; save the file again as UTF-8"))
    return text, notices
