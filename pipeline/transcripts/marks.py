"""Remarks of the transcriber inside the talk: found, left where they are, and marked."""

from __future__ import annotations

import re

from pipeline.records import Mark

_KINDS: tuple[tuple[str, str], ...] = (
    (
        "inaudible",
        r"inaudible|inaud\.?|unclear|unintelligible|indistinct|indecipherable|incomprehensible|unverst\w*|unv\.?|"
        r"inaudibile|ininteligible|phonetic|\?+|xx+",
    ),
    (
        "crosstalk",
        r"cross[ -]?talk\w*|over[ -]?lap\w*|over[ -]?talk\w*|talking over|speaking (?:over|at the same time|simultaneously)|"
        r"simultaneous\w*|interrupt\w*|together",
    ),
    ("laughter", r"laugh\w*|chuckl\w*|giggl\w*|lach\w*|lächelt|rires?|risas?|smil\w*"),
    (
        "sound",
        r"cough\w*|sigh\w*|cr(?:y|ies|ying)|sob\w*|sniff\w*|clear\w* (?:\w+ )?throat|breath\w*|inhal\w*|exhal\w*|"
        r"groan\w*|gasp\w*|whisper\w*|whistl\w*|sing\w*|music|applause|clap\w*|noise|noises|background noise|"
        r"phone (?:rings|ringing)|telephone (?:rings|ringing)|knock\w*|door \w+|hust\w*|seufz\w*|tuts?|yawn\w*|mumbl\w*|"
        r"sound \w+|beep|tape \w+|recording \w+|gestur\w*|nod\w*|shak\w+ (?:\w+ )?head|points?|pointing",
    ),
    (
        "pause",
        r"(?:\w+ )?pauses?|pausing|silen\w*|\.+|…|-|\d{1,3}(?:[.,]\d{1,2})?(?: ?(?:s|sec|secs|seconds))?",
    ),
    (
        "redacted",
        r"de-?identified|anonymi[sz]ed|redacted|removed|omitted|withheld|confidential|names?|names? of \w+|place|"
        r"(?:first ?|last ?|sur)?names?(?: ?\d+)?|location(?: ?\d+)?|organi[sz]ation(?: ?\d+)?|\*+",
    ),
)
_KIND = tuple((kind, re.compile(rf"(?:{words})\b.{{0,60}}|(?:{words})", re.I)) for kind, words in _KINDS)
_SHORT = tuple(
    (
        kind,
        re.compile(
            rf"(?:{words})(?: (?:for|at|from|a|the|in|and|with|her|his|their|loudly|softly|quietly|again|"
            rf"together|throat|noise|nose|deeply|heavily|word|words|speech|section|audio|\d+|"
            rf"second|seconds|secs?|minutes?|long|short|briefly|tape|background)\b)*"
            rf"(?: ?[\[(@]?\d{{1,2}}:\d{{2}}(?::\d{{2}})?[\])]?)?[.,;!?]*",
            re.I,
        ),
    )
    for kind, words in _KINDS
)

_SQUARE = re.compile(r"\[[^\[\]]{0,200}\]")
_DOUBLE = re.compile(r"\(\([^()]{0,200}\)\)")
_ROUND = re.compile(r"\([^()]{0,60}\)")
_ANGLE = re.compile(r"<[^<>]{1,60}>")
_STARS = re.compile(r"\*{3,}|(?<!\w)(?:X{3,}|xxx+|yyy|www)(?!\w)")
_SLASHES = re.compile(r"(?<![:/])//(?!/)")
_EVENT = re.compile(r"&=[\w:]+")
_PLAIN = re.compile(r"[\[(<*/&Xxyw]")


def find_marks(text: str) -> tuple[Mark, ...]:
    """The stretches of a turn that are no speech, in order, none inside another.

    Anything in square or double round brackets is a remark; what stands in single round or pointed
    brackets only where its words say so, since people also put speech there.

    >>> [(mark.kind, mark.start) for mark in find_marks("Well [inaudible 00:12:03] (laughs) it (the ward) was.")]
    [('inaudible', 5), ('laughter', 26)]
    """
    if not _PLAIN.search(text):
        return ()
    found = [Mark(m.start(), m.end(), _kind(m[0][2:-2]) or "remark") for m in _DOUBLE.finditer(text)]
    found += [Mark(m.start(), m.end(), _kind(m[0][1:-1]) or "remark") for m in _SQUARE.finditer(text)]
    for pattern in (_ROUND, _ANGLE):
        for m in pattern.finditer(text):
            kind = _strict_kind(m[0][1:-1])
            if kind:
                found.append(Mark(m.start(), m.end(), kind))
    for m in _STARS.finditer(text):
        found.append(Mark(m.start(), m.end(), "redacted" if m[0][0] in "*X" else "inaudible"))
    found += [Mark(m.start(), m.end(), "overlap") for m in _SLASHES.finditer(text)]
    found += [Mark(m.start(), m.end(), _kind(m[0][2:]) or "sound") for m in _EVENT.finditer(text)]
    return _outermost(found)


def is_remark(inside: str) -> bool:
    """Whether the words inside a bracket name a noise, a pause or a gap (so that they are nobody's label)."""
    return bool(_kind(inside))


def _kind(inside: str) -> str:
    words = inside.strip()
    return next((kind for kind, pattern in _KIND if pattern.fullmatch(words)), "")


def _strict_kind(inside: str) -> str:
    words = inside.strip()
    return next((kind for kind, pattern in _SHORT if pattern.fullmatch(words)), "")


def _outermost(marks: list[Mark]) -> tuple[Mark, ...]:
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return tuple(kept)
