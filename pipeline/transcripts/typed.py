"""Typed text of any program into pieces: labels, times on lines of their own, titles and closing lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.records import Notice
from pipeline.transcripts.labels import HEADINGS, Head, accept, fold, heads_of, is_role_word, key
from pipeline.transcripts.pieces import Piece
from pipeline.transcripts.times import CLOCK, RANGE, TIME, clocks, take_times

_TIME_LINE = re.compile(rf"\s*(?:{TIME})\s*")
_CLOCK_LINE = re.compile(rf"\s*{CLOCK}\s*")
_RANGE_LINE = re.compile(rf"\s*{RANGE}\s*")
_NUMBERED = re.compile(r"\s*(\d{1,5})(?:[.)]?[ \t]+|\s*$)")
_CLOSING = re.compile(
    r"\s*(?:transcribed by https?://\S+|.{1,60} (?:started|stopped) transcription|\[?end of (?:recording|transcript|interview|audio)\]?)"
    r"\.?\s*",
    re.I,
)
_HEADING_LINE = re.compile(r"\s*([^:\t]{1,40}?)\s*:")
_HEADER_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Line:
    """A line of typed text. `number` is its paragraph or line in the file; `fresh` begins a paragraph.

    `style` is "bold" or "italic" where all its words are; `start` a time that the program hid in it.
    """

    text: str
    number: int
    fresh: bool = True
    style: str = ""
    start: float | None = None
    end: float | None = None


def pieces_of(lines: Sequence[Line], unit: str) -> tuple[list[Piece], list[Notice]]:
    """Typed lines as pieces of talk, and what was guessed.

    >>> pieces, told = pieces_of([Line("I: How was it?", 1), Line("P: Fine.", 2), Line("Really.", 3)], "line")
    >>> [(piece.speaker, piece.text.strip()) for piece in pieces]
    [('I', 'How was it?'), ('P', 'Fine.'), (None, 'Really.')]
    """
    full, notices = _without_line_numbers([line for line in lines if line.text.strip()], unit)
    chosen, once = choose_heads(full)
    if not chosen:
        return _unlabelled(full, unit, notices)
    notices += [Notice(f"{unit} {full[i].number}", "this label stands only once in the file") for i in once]
    return _labelled(full, chosen, unit, notices), notices


def choose_heads(lines: Sequence[Line]) -> tuple[dict[int, Head], list[int]]:
    """The lines that begin with an accepted label, by position, and those whose label stands only once."""
    possible: dict[int, list[Head]] = {}
    for i, line in enumerate(lines):
        heads = _named_by_times(lines, i) or heads_of(line.text)
        if heads:
            possible[i] = heads
    signs = _signs(possible)
    offered = {i: [head for head in heads if head.sign in signs] for i, heads in possible.items()}
    counts = accept((heads[0] for heads in offered.values() if heads), len(lines))
    chosen = {
        i: next(head for head in heads if key(head.label) in counts)
        for i, heads in offered.items()
        if any(key(head.label) in counts for head in heads)
    }
    header = _header_lines(lines, chosen)
    chosen = {i: head for i, head in chosen.items() if i not in header}
    once = [i for i, head in chosen.items() if counts[key(head.label)] == 1 and len(chosen) > 4]
    return chosen, once


def _named_by_times(lines: Sequence[Line], i: int) -> list[Head]:
    """A name on a line of its own, told by the time on the line before or after it."""
    label = " ".join(fold(lines[i].text).split()).rstrip(":").rstrip()
    if (
        not label
        or len(label) > 40
        or re.search(r"[.!?,;:]\s|[!?,;:\[\]]|\d:\d", label)
        or len(label.split()) > 5
    ):
        return []
    if i and _RANGE_LINE.fullmatch(fold(lines[i - 1].text)):
        times = clocks(lines[i - 1].text)
        return [Head(label, "time before", "", times[0], times[-1])]
    following = fold(lines[i + 1].text) if i + 1 < len(lines) else ""
    if following and (_TIME_LINE.fullmatch(following) or _CLOCK_LINE.fullmatch(following)):
        return [Head(label, "time after", "", clocks(following)[0])]
    return []


def _signs(possible: dict[int, list[Head]]) -> set[str]:
    """The signs that mark a label in this file; the weak ones only where nothing stronger is used."""
    count: dict[str, list[Head]] = {}
    for heads in possible.values():
        for head in heads:
            count.setdefault(head.sign, []).append(head)
    signs = {"colon", "colon after a clock", "named time", "time before", "time after"} & set(count)
    if len(count.get("named time, one blank", [])) >= 2:
        signs.add("named time, one blank")
    if _alternates(count.get("bracket", [])):
        signs.add("bracket")
    labelled = {i for i, heads in possible.items() if any(head.sign in signs for head in heads)}
    known = {key(head.label) for i in labelled for head in possible[i] if head.sign in signs}
    for weak in ("tab", "dash", "point"):
        heads = count.get(weak, [])
        if (
            heads
            and (all_known := {key(h.label) for h in heads} & known)
            and len(labelled) >= 2
            and weak != "point"
        ):
            signs.add(weak) if all_known else None
        elif _alternates(heads) and len(heads) > len(labelled):
            signs.add(weak)
    return signs


def _alternates(heads: Sequence[Head]) -> bool:
    """Whether two labels or more come back, or are words for a part, so that a weak sign can be trusted."""
    names = [key(head.label) for head in heads]
    good = {name for name in names if names.count(name) >= 2 or is_role_word(name)}
    return len(good) >= 2 or (len(good) == 1 and len(names) >= 3)


def _header_lines(lines: Sequence[Line], chosen: dict[int, Head]) -> set[int]:
    """Lines at the top that look labelled but give the date, the place and who was there."""
    depth = min(_HEADER_DEPTH, len(lines))
    headings = [i for i in range(depth) if _is_heading(lines[i].text)]
    counts: dict[str, int] = {}
    for head in chosen.values():
        counts[key(head.label)] = counts.get(key(head.label), 0) + 1
    first_talk = next((i for i in sorted(chosen) if counts[key(chosen[i].label)] > 1), None)
    headings = [i for i in headings if first_talk is not None and i < first_talk]
    if not headings:
        return set()
    end = headings[-1]
    while end + 1 in chosen and end + 1 < (first_talk or 0) and _is_cast_line(chosen[end + 1]):
        end += 1
    return set(range(end + 1))


def _is_heading(text: str) -> bool:
    m = _HEADING_LINE.match(fold(text))
    return m is not None and HEADINGS.fullmatch(key(m[1])) is not None


def _is_cast_line(head: Head) -> bool:
    return len(head.rest.split()) <= 5 and not re.search(r"[.?!]\s*$", head.rest)


def _without_line_numbers(lines: list[Line], unit: str) -> tuple[list[Line], list[Notice]]:
    """Typed line numbers taken away: nearly every line begins with one, and they rise."""
    found = [_NUMBERED.match(line.text) for line in lines]
    numbers = [int(m[1]) for m in found if m]
    rising = all(a < b for a, b in zip(numbers, numbers[1:], strict=False))
    if (
        len(lines) < 5
        or len(numbers) < 0.9 * len(lines)
        or not rising
        or numbers[-1] - numbers[0] > 3 * len(lines)
    ):
        return lines, []
    bare = [
        replace(line, text=line.text[m.end() :] if m else line.text)
        for line, m in zip(lines, found, strict=True)
    ]
    return [line for line in bare if line.text.strip()], [Notice(unit, "line numbers were taken away")]


def _labelled(
    lines: Sequence[Line], chosen: dict[int, Head], unit: str, notices: list[Notice]
) -> list[Piece]:
    first = min(chosen)
    lone_clocks = sum(1 for line in lines if _CLOCK_LINE.fullmatch(fold(line.text))) >= 2
    pieces: list[Piece] = []
    speaker, pending, held = "", None, False
    for i, line in enumerate(lines):
        flat = fold(line.text)
        head = chosen.get(i)
        if head is not None:
            text, lead, last = take_times(head.rest)
            start = next((t for t in (head.start, lead, pending, line.start) if t is not None), None)
            end = head.end if head.end is not None else (last if last is not None else line.end)
            pieces.append(Piece(head.label, text, line.number, start, end))
            speaker, pending, held = head.label, start if not text.strip() else None, False
        elif _is_time_line(flat, lone_clocks):
            pending = clocks(flat)[0]
        elif i < first or _CLOSING.fullmatch(flat):
            pieces.append(Piece(None if held else "", line.text, line.number, header=True))
            held = True
        else:
            text, lead, last = take_times(line.text)
            start = next((t for t in (lead, pending, line.start) if t is not None), None)
            pieces.append(Piece(speaker if held else None, text, line.number, start, last or line.end))
            pending, held = None, False
    if any(piece.header for piece in pieces):
        notices.append(
            Notice(
                unit,
                "lines before the first label and closing lines are kept as turns of nobody, marked as no talk",
            )
        )
    return _with_start(pieces)


def _with_start(pieces: list[Piece]) -> list[Piece]:
    """A label alone on its line hands its time on to the words below it."""
    out: list[Piece] = []
    waiting: Piece | None = None
    for piece in pieces:
        if waiting is not None and piece.speaker is None:
            start = waiting.start if waiting.start is not None else piece.start
            end = piece.end if piece.end is not None else waiting.end
            piece = replace(piece, speaker=waiting.speaker, start=start, end=end)
        waiting = piece if piece.speaker and not piece.text.strip() else None
        if waiting is None:
            out.append(piece)
    return out


def _is_time_line(flat: str, lone_clocks: bool) -> bool:
    if _RANGE_LINE.fullmatch(flat) or _TIME_LINE.fullmatch(flat):
        return True
    return lone_clocks and _CLOCK_LINE.fullmatch(flat) is not None


def _unlabelled(lines: Sequence[Line], unit: str, notices: list[Notice]) -> tuple[list[Piece], list[Notice]]:
    """No labels at all: type styles tell the speakers apart, or every paragraph is a turn of nobody."""
    styles = [line.style for line in lines]
    told = next((s for s in ("bold", "italic") if 2 <= styles.count(s) <= len(styles) - 2), "")
    pieces: list[Piece] = []
    for line in lines:
        text, lead, last = take_times(line.text)
        speaker: str | None = (f"{told} type" if line.style == told else "plain type") if told else ""
        if not line.fresh and pieces:
            speaker = None
        start = lead if lead is not None else line.start
        pieces.append(Piece(speaker, text, line.number, start, last if last is not None else line.end))
    message = (
        f"no speaker labels were found; the speakers are told apart by {told} type"
        if told
        else "no speaker labels were found; every paragraph is a turn of its own"
    )
    return pieces, [*notices, Notice("file", message)]
