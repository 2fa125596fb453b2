"""Captions: blocks with a time line, as WebVTT and SubRip have them, tolerant of what programs get wrong."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.records import Notice
from pipeline.transcripts.labels import Head, accept, heads_of, key
from pipeline.transcripts.pieces import Piece
from pipeline.transcripts.times import seconds

_CLOCK = r"(?:\d{1,4}:)?\d{1,3}:\d{1,2}(?:[.,]\d{1,3})?"
_TIMING = re.compile(rf"\s*(?P<a>{_CLOCK})\s*-{{1,2}}>\s*(?P<b>{_CLOCK})(?:[ \t].*)?")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{1,31});")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?(?:[ \t\n]+([^<>]{0,200}))?>")
_TAG = re.compile(
    r"</?(?:v|c|i|b|u|s|em|strong|font|ruby|rt|lang|span|br|p)(?:[.\s/][^<>]*)?>|<(?:\d+:)?\d+:\d\d\.\d+>|\{\\[^{}]*\}",
    re.I,
)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s*$")
_GAP = 2.0
"""Seconds of silence after which unlabelled captions begin a new turn."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: its number in the file, its times in seconds, and its lines."""

    number: int
    start: float | None
    end: float | None
    text: str


def cues_of(lines: Sequence[str], *, ids_are_numbers: bool) -> tuple[list[Cue], list[Notice]]:
    """The captions among the lines of a file; notes and styles are left out and told.

    A line of text that belongs to no caption is kept with the caption before it, so no word is lost.
    """
    cues: list[Cue] = []
    notices: list[Notice] = []
    left_out = 0
    for block in _blocks(lines):
        found = [i for i, line in enumerate(block) if "->" in line and _TIMING.fullmatch(line)]
        if not found:
            first = block[0].strip()
            if _is_note(first, cues):
                left_out += not first.startswith("WEBVTT")
            elif cues and not first.isdigit():
                cues[-1] = replace(cues[-1], text=cues[-1].text + "\n" + "\n".join(block))
            elif cues and len(block) > 1:
                cues[-1] = replace(cues[-1], text=cues[-1].text + "\n" + "\n".join(block[1:]))
            continue
        stray = block[: max(0, found[0] - 1)]
        if stray and cues and not _is_note(stray[0], cues):
            cues[-1] = replace(cues[-1], text=cues[-1].text + "\n" + "\n".join(stray))
        for at, following in zip(found, [*found[1:], len(block) + 1], strict=True):
            stop = following - 1 if _is_id(block, following, ids_are_numbers) else following
            m = _TIMING.fullmatch(block[at])
            if m is None:
                continue
            text = "\n".join(block[at + 1 : min(stop, len(block))])
            cues.append(Cue(len(cues) + 1, _seconds(m["a"]), _seconds(m["b"]), text))
    if left_out:
        notices.append(
            Notice("file", f"{left_out} blocks of notes, styles or confidence figures were left out")
        )
    return cues, notices


def _is_note(first: str, cues: Sequence[Cue]) -> bool:
    return re.match(r"(?:NOTE|STYLE|REGION)(?:\s|$)", first) is not None or (
        not cues and first.startswith("WEBVTT")
    )


def _is_id(block: Sequence[str], following: int, ids_are_numbers: bool) -> bool:
    if following >= len(block) or following < 1:
        return False
    before = block[following - 1].strip()
    return before.isdigit() or (
        not ids_are_numbers and re.fullmatch(r"[0-9a-fA-F-]{8,}[/\d-]*", before) is not None
    )


def _seconds(clock: str) -> float | None:
    return seconds(clock)


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def plain(text: str) -> str:
    """Caption text without tags, its entities decoded.

    >>> plain("<i>R&amp;D</i> &lt;3, <de-identified>")
    'R&D <3, <de-identified>'
    """
    if "<" in text or "{" in text:
        text = _TAG.sub("", text)
    return _ENTITY.sub(lambda m: html.unescape(m[0]), text) if "&" in text else text


def voices(cue: Cue) -> list[tuple[str | None, str]]:
    """The talk of a cue by voice tag: (speaker or None where there is no tag, text).

    >>> voices(Cue(1, 0.0, 1.0, "<v Ann>Yes.</v> <v Bo>No."))
    [('Ann', 'Yes.'), ('Bo', 'No.')]
    """
    parts = _VOICE.split(cue.text)
    found: list[tuple[str | None, str]] = []
    if parts[0].strip():
        found.append((None, plain(parts[0]).strip()))
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        found.append((" ".join(plain(name or "").split()), plain(text).strip()))
    return found


def pieces_of(cues: Sequence[Cue]) -> tuple[list[Piece], list[Notice]]:
    """Captions as pieces of talk: speakers from voice tags, else from labels, else none."""
    spoken = [(cue, speaker, text) for cue in cues for speaker, text in voices(cue) if text]
    if any(speaker for _, speaker, _ in spoken):
        return _by_voice(spoken)
    heads = _labels([text for _, _, text in spoken])
    if heads:
        return _by_label(spoken, heads)
    return _unlabelled(spoken)


_Spoken = Sequence[tuple[Cue, str | None, str]]


def _by_voice(spoken: _Spoken) -> tuple[list[Piece], list[Notice]]:
    pieces = [Piece(speaker or "", text, cue.number, cue.start, cue.end) for cue, speaker, text in spoken]
    nameless = [piece for piece in pieces if not piece.speaker]
    if not nameless:
        return pieces, []
    told = f"{len(nameless)} captions name no speaker; they are turns of nobody"
    return pieces, [Notice(f"cue {nameless[0].number}", told)]


def _labels(texts: Sequence[str]) -> dict[tuple[int, int], Head]:
    """Accepted labels by (caption, line in it)."""
    possible: dict[tuple[int, int], list[Head]] = {}
    for i, text in enumerate(texts):
        for j, line in enumerate(text.split("\n")):
            heads = [head for head in heads_of(line) if head.sign in ("colon", "bracket")] or _loose(line)
            if heads:
                possible[i, j] = heads[:1]
    beginning = sum(1 for _, j in possible if j == 0)
    found = {place: heads[0] for place, heads in possible.items()}
    brackets = sum(1 for head in found.values() if head.sign == "bracket")
    if brackets < 0.3 * len(texts):
        found = {place: head for place, head in found.items() if head.sign != "bracket"}
    counts = accept([head for head in found.values() if head.sign != "loose"], len(texts))
    if beginning >= 0.6 * len(texts):
        often = Counter(key(head.label) for (_, j), head in found.items() if j == 0)
        counts |= {name: count for name, count in often.items() if count >= 2 or len(texts) < 10}
    return {place: head for place, head in found.items() if key(head.label) in counts}


_ANY_NAME = re.compile(r"\s*(?P<label>[^:\n]{1,60}?)\s*:\s+(?P<rest>.*)", re.S)


def _loose(line: str) -> list[Head]:
    """A caption's name in the way Zoom writes it, which may hold anything but a colon."""
    m = _ANY_NAME.match(line)
    if (
        m is None
        or not any(c.isalpha() for c in m["label"])
        or len(m["label"].split()) > 6
        or (re.search(r"\d$", m["label"]) and re.match(r"\d", m["rest"]))
    ):
        return []
    return [Head(" ".join(m["label"].split()), "loose", m["rest"])]


def _by_label(spoken: _Spoken, heads: dict[tuple[int, int], Head]) -> tuple[list[Piece], list[Notice]]:
    repeats = _labels_every_cue(spoken, heads)
    pieces: list[Piece] = []
    nameless = 0
    for i, (cue, _, text) in enumerate(spoken):
        for j, line in enumerate(text.split("\n")):
            head = heads.get((i, j))
            if head is not None:
                pieces.append(Piece(head.label, head.rest, cue.number, cue.start, cue.end))
                continue
            fresh = j == 0 and repeats
            nameless += j == 0
            pieces.append(Piece("" if fresh or not pieces else None, line, cue.number, cue.start, cue.end))
    if not nameless:
        return pieces, []
    meaning = "they are turns of nobody" if repeats else "they continue the speaker before"
    return pieces, [Notice("file", f"{nameless} captions name no speaker; {meaning}")]


def _labels_every_cue(spoken: _Spoken, heads: dict[tuple[int, int], Head]) -> bool:
    """Whether this program repeats the name on every caption, so that a caption without one is nobody's."""
    labels = [heads[i, 0].label if (i, 0) in heads else None for i in range(len(spoken))]
    again = sum(1 for a, b in pairwise(labels) if a is not None and a == b)
    bare = sum(1 for label in labels if label is None)
    return again > bare


def _unlabelled(spoken: _Spoken) -> tuple[list[Piece], list[Notice]]:
    return joined_by_sentence([Piece("", text, cue.number, cue.start, cue.end) for cue, _, text in spoken])


def joined_by_sentence(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Notice]]:
    """Unlabelled segments joined until a sentence ends or a silence of two seconds comes."""
    out: list[Piece] = []
    for piece in pieces:
        before = out[-1] if out else None
        goes_on = (
            before is not None
            and not _SENTENCE_END.search(before.text)
            and not (piece.start is not None and before.end is not None and piece.start - before.end > _GAP)
        )
        out.append(replace(piece, speaker=None) if goes_on else piece)
    told = "no speakers are named; a turn ends where a sentence does or after two seconds of silence"
    return out, [Notice("file", told)]
