"""Typed text of any program into pieces: labels, times on lines of their own, titles and closing lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.records import Notice
from pipeline.transcripts.headers import header_lines, is_closing, is_page_number
from pipeline.transcripts.labels import Head, accept, fold, heads_of, is_role_word, key, lone_name
from pipeline.transcripts.pieces import Piece
from pipeline.transcripts.times import CLOCK, RANGE, TIME, clocks, in_hours, take_times

_TIME_LINE = re.compile(rf"{TIME}|(?=.*(?:->|\[|\()){RANGE}|\d{{1,2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,3}})?")
_CLOCK_LINE = re.compile(rf"{CLOCK}|{RANGE}")
_RANGE_LINE = re.compile(RANGE)
_NUMBERED = re.compile(r"\s*(\d{1,5})(?:[.)]?[ \t]+|\s*$)")
_NO_NAME = re.compile(r"[.!?,;:]\s|[!?;:\[\]]|\d:\d")
BOLD = "bold type"
"""The label of those whose words bold type alone sets off."""
_HEADER_TOLD = "lines before the first label and closing lines are turns of nobody, marked as no talk"
_STRONG = frozenset(["chat", "colon", "colon after a clock", "named time", "time before", "lone name"])
_SHARING = frozenset(["time after", "bracket", "tab"])
"""Weak signs that are trusted where a stronger one marks the same label."""
_SHORT_LINE = 120
_LONE_SHARE = 0.25
"""The least share of lines that are names, where names stand on lines of their own."""
_WEAK = ("time after", "close time", "timed name", "bracket", "tab", "dash", "point", "alone")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of typed text. `number` is its paragraph or line in the file; `fresh` begins a paragraph.

    `style` is "bold" or "italic" where all its words are; `start` and `end` are times that the program hid.
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
    filled, notices = _without_line_numbers([line for line in lines if line.text.strip()])
    chosen, once = choose_heads(filled)
    if not chosen:
        pieces, told = _unlabelled(filled)
    else:
        pieces, told = _Builder(filled, chosen).build()
        if once:
            places = "this label stands" if len(once) == 1 else f"{len(once)} labels, this the first, stand"
            told.append(Notice(f"{unit} {filled[once[0]].number}", f"{places} only once in the file"))
        told += [
            Notice(f"{unit} {n}", "begins like a label whose colon is missing") for n in _bare(filled, chosen)
        ]
    if in_hours([line.text for line in filled], pieces_length(pieces), [piece.start for piece in pieces]):
        pieces = [_sixty_times(piece) for piece in pieces]
        told.append(
            Notice(
                "file", "times such as 01:15 were read as hours and minutes, since the talk is too long else"
            )
        )
    return pieces, [*notices, *told]


def pieces_length(pieces: Sequence[Piece]) -> int:
    """The number of words in all pieces."""
    return sum(len(piece.text.split()) for piece in pieces)


def choose_heads(lines: Sequence[Line]) -> tuple[dict[int, Head], list[int]]:
    """The lines that begin with an accepted label, by position, and those whose label stands only once."""
    possible: dict[int, list[Head]] = {}
    alone = _lone_names(lines)
    for i, line in enumerate(lines):
        heads = _named_by_times(lines, i) or ([alone[i]] if i in alone else heads_of(line.text))
        if heads:
            possible[i] = heads
    signs = _signs(possible)
    offered = {
        i: kept for i, heads in possible.items() if (kept := [head for head in heads if head.sign in signs])
    }
    counts = accept((heads[0] for heads in offered.values()), len(lines))
    chosen = {i: heads[0] for i, heads in offered.items() if key(heads[0].label) in counts}
    header = header_lines([line.text for line in lines], chosen)
    chosen = {i: head for i, head in chosen.items() if i not in header}
    once = [i for i, head in chosen.items() if counts[key(head.label)] == 1 and len(chosen) > 4]
    return chosen, once


def _named_by_times(lines: Sequence[Line], i: int) -> list[Head]:
    """A name on a line of its own, told by the time on the line before or after it."""
    label = " ".join(_short(lines[i]).split()).rstrip(":").rstrip()
    if not label or len(label) > 40 or len(label.split()) > 5 or _NO_NAME.search(label):
        return []
    if i and _RANGE_LINE.fullmatch(_short(lines[i - 1])):
        times = clocks(lines[i - 1].text)
        return [Head(label, "time before", "", times[0], times[-1])]
    following = _short(lines[i + 1]) if i + 1 < len(lines) else ""
    if "#" not in following and (_TIME_LINE.fullmatch(following) or _CLOCK_LINE.fullmatch(following)):
        return [Head(label, "time after", "", clocks(following)[0])]
    return []


def _lone_names(lines: Sequence[Line]) -> dict[int, Head]:
    """Names on lines of their own that come back all through a text, with the words below them."""
    names = {i: name for i, line in enumerate(lines[:-1]) if (name := lone_name(line.text))}
    counts = Counter(key(name) for name in names.values())
    kept = {i: name for i, name in names.items() if counts[key(name)] > 1 and i + 1 not in names}
    if len({key(name) for name in kept.values()}) < 2 or len(kept) < _LONE_SHARE * len(lines):
        return {}
    return {i: Head(name, "lone name", "") for i, name in kept.items()}


def _short(line: Line) -> str:
    """A line folded and trimmed, "" where it is too long to be a name, a time or a closing line."""
    text = line.text.strip()
    return fold(text) if len(text) <= _SHORT_LINE else ""


def _signs(possible: Mapping[int, list[Head]]) -> set[str]:
    """The signs that mark a label in this file; the weak ones only where nothing stronger tells as much."""
    by_sign: dict[str, list[Head]] = {}
    for heads in possible.values():
        for head in heads:
            by_sign.setdefault(head.sign, []).append(head)
    signs = set(_STRONG & set(by_sign))
    strong = [head for sign in signs for head in by_sign[sign]]
    names = {key(head.label) for head in strong}
    for weak in _WEAK:
        found = by_sign.get(weak, [])
        shared = weak in _SHARING and any(key(head.label) in names for head in found)
        alone = weak == "time after" and not strong
        if shared or alone or (_alternates(found) and len(found) > len(strong)):
            signs.add(weak)
            names |= {key(head.label) for head in found}
    return signs


def _alternates(heads: Sequence[Head]) -> bool:
    """Whether labels come back or are words for a part, so that a weak sign can be trusted."""
    counts = Counter(key(head.label) for head in heads)
    good = [name for name, count in counts.items() if count >= 2 or is_role_word(name)]
    return len(good) >= 2 or (len(good) == 1 and len(heads) >= 3)


def _bare(lines: Sequence[Line], chosen: Mapping[int, Head]) -> list[int]:
    """Numbers of lines that begin with one of the labels in capitals, but carry no sign after it."""
    labels = {head.label for head in chosen.values() if len(head.label) > 1 and head.label.isupper()}
    if not labels:
        return []
    pattern = re.compile(rf"\s*(?:{'|'.join(re.escape(label) for label in sorted(labels))})\s+[A-Z“\"']")
    return [line.number for i, line in enumerate(lines) if i not in chosen and pattern.match(line.text)]


def _without_line_numbers(lines: list[Line]) -> tuple[list[Line], list[Notice]]:
    """Typed line numbers taken away: nearly every line begins with one, and they rise."""
    found = [_NUMBERED.match(line.text) for line in lines]
    numbers = [int(m[1]) for m in found if m]
    if len(lines) < 5 or len(numbers) < 0.9 * len(lines) or any(a >= b for a, b in pairwise(numbers)):
        return lines, []
    if numbers[-1] - numbers[0] > 3 * len(lines):
        return lines, []
    bare = [
        replace(line, text=line.text[m.end() :]) if m else line for line, m in zip(lines, found, strict=True)
    ]
    return [line for line in bare if line.text.strip()], [
        Notice("file", "typed line numbers were taken away")
    ]


@dataclass(slots=True)
class _Builder:
    """Pieces of a labelled text while its lines are read from top to bottom."""

    lines: Sequence[Line]
    chosen: Mapping[int, Head]
    speaker: str = ""
    pending: float | None = None
    pending_end: float | None = None
    """A time that stood alone and belongs to the next words."""
    after_header: bool = False
    label_waits: bool = False
    """The label stood alone on its line; its words follow."""

    def build(self) -> tuple[list[Piece], list[Notice]]:
        lone_clocks = sum(1 for line in self.lines if _CLOCK_LINE.fullmatch(_short(line))) >= 2
        first = min(self.chosen)
        styled = self._styled(first)
        pieces: list[Piece] = []
        for i, line in enumerate(self.lines):
            flat = _short(line)
            if i in self.chosen:
                pieces += self._labelled(self.chosen[i], line)
            elif i in styled:
                pieces.append(replace(self._continued(line), speaker=BOLD))
                self.after_header = True
            elif _TIME_LINE.fullmatch(flat) or (lone_clocks and _CLOCK_LINE.fullmatch(flat)):
                self._time_alone(flat, pieces)
            elif pieces and is_page_number(flat):
                pieces.append(Piece(None, line.text, line.number, header=True))
            elif i < first or is_closing(flat):
                pieces.append(Piece(None if self.after_header else "", line.text, line.number, header=True))
                self.after_header = True
            else:
                pieces.append(self._continued(line))
        told = []
        if styled:
            told.append(
                Notice("file", f"{len(styled)} lines without a label are all in bold type: another speaker")
            )
        if any(piece.header for piece in pieces):
            told.append(Notice("file", _HEADER_TOLD))
        return pieces, told

    def _styled(self, first: int) -> set[int]:
        """Lines without a label that bold type sets off, where labelled lines are never bold.

        Above the first label, where titles stand, only questions are among them.
        """
        if any(self.lines[i].style == "bold" for i in self.chosen):
            return set()
        bold = [i for i, line in enumerate(self.lines) if line.style == "bold" and i not in self.chosen]
        found = {i for i in bold if i > first or self.lines[i].text.rstrip().endswith("?")}
        return found if len(found) > 1 else set()

    def _time_alone(self, flat: str, pieces: list[Piece]) -> None:
        """A time on a line of its own belongs to the words below it, in F4 to those above."""
        if "#" in flat and pieces:
            pieces[-1] = replace(pieces[-1], end=clocks(flat)[-1])
        else:
            self.pending = clocks(flat)[0]

    def _labelled(self, head: Head, line: Line) -> list[Piece]:
        text, lead, last = take_times(head.rest)
        start = _first(head.start, lead, self.pending, line.start)
        self.speaker, self.after_header = head.label, False
        self.label_waits = not text.strip()
        self.pending, self.pending_end = (start, head.end) if self.label_waits else (None, None)
        if self.label_waits:
            return []
        return [Piece(head.label, text, line.number, start, _first(head.end, last, line.end))]

    def _continued(self, line: Line) -> Piece:
        text, lead, last = take_times(line.text)
        start = _first(lead, self.pending, line.start)
        named = self.speaker if self.after_header or self.label_waits else None
        end = _first(last, self.pending_end, line.end)
        self.pending, self.pending_end, self.after_header, self.label_waits = None, None, False, False
        return Piece(named, text, line.number, start, end)


def _first(*times: float | None) -> float | None:
    return next((time for time in times if time is not None), None)


def _sixty_times(piece: Piece) -> Piece:
    start = None if piece.start is None else piece.start * 60
    return replace(piece, start=start, end=None if piece.end is None else piece.end * 60)


def _unlabelled(lines: Sequence[Line]) -> tuple[list[Piece], list[Notice]]:
    """No labels at all: type styles tell the speakers apart, or every paragraph is a turn of nobody."""
    styles = [line.style for line in lines]
    told = next((style for style in ("bold", "italic") if 2 <= styles.count(style) <= len(styles) - 2), "")
    pieces: list[Piece] = []
    for line in lines:
        text, lead, last = take_times(line.text)
        speaker: str | None = (f"{told} type" if line.style == told else "plain type") if told else ""
        if not line.fresh and pieces:
            speaker = None
        pieces.append(Piece(speaker, text, line.number, _first(lead, line.start), _first(last, line.end)))
    message = (
        f"no speaker labels were found; the speakers are told apart by {told} type"
        if told
        else "no speaker labels were found; every paragraph is a turn of its own"
    )
    return pieces, [Notice("file", message)]
