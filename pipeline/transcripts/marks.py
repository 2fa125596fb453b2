"""Remarks of the transcriber inside the talk: found, left where they are, and marked."""

from __future__ import annotations

import re

from pipeline.records import Mark

_END = r"(?:s|es|ed|ing|ter)?"
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(words))
    for kind, words in (
        (
            "inaudible",
            r"inaudible|inaud|unclear|unintelligible|indistinct|indecipherable|incomprehensible|unv|"
            r"unverständlich\w*|inaudibile|ininteligible|inaudibles?|phonetic|xx+|muffled",
        ),
        ("crosstalk", r"crosstalk|overlap\w*|overtalk\w*|simultaneous\w*|interrupt\w*|talkover"),
        (
            "laughter",
            r"laugh\w{0,4}|chuckl(?:e|es|ed|ing)|giggl(?:e|es|ed|ing)|lacht?|lachen\w?|rires?|rie|risas?",
        ),
        (
            "sound",
            rf"(?:cough|sigh|sob|sniff|sniffl|groan|gasp|whistl|clap|knock|yawn|mumbl|ring|beep|click|bang|bark){_END}e?|"
            r"cry|cries|crying|crie[sd]|breath\w{0,4}|(?:in|ex)hal(?:es?|ing)|whispers?|whispering|sings|singing|music|"
            r"applause|noises?|sounds?|throat|hustet|seufzt|räuspert|tuts?|nods?|nodding|shakes|points|pointing|"
            r"gestur(?:es?|ing)|smil(?:es?|ing)|lächelt|static|siren|feedback",
        ),
        ("pause", r"pauses?|pausing|pausiert|silences?|silent|stille|\.+|…|-|\d{1,3}(?:[.,]\d{1,2})?"),
        (
            "redacted",
            r"deidentified|anonymi[sz]ed|redacted|removed|omitted|withheld|confidential|names?|surnames?|firstname|"
            r"lastname|place|location|town|city|organi[sz]ation|hospital|\*+",
        ),
    )
)
_SMALL = re.compile(
    r"a|about|again|all|and|at|audio|background|briefly|by|clear(?:s|ed|ing)?|cross|deeply|door|during|first|for|from|"
    r"he|head|heavily|her|his|in|interviewee|interviewer|is|it|last|long|loudly|minutes?|mins?|nose|of|on|or|over|"
    r"participant|phone|quietly|recording|same|secs?|seconds?|section|several|short|slightly|softly|some|speakers?|"
    r"speaking|speech|tape|talk(?:ing)?|telephone|the|their|they|time|to|together|voices?|while|with|words?|s|both|"
    r"\d{1,2}:\d{2}(?::\d{2})?"
)
_WORD = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?|\d+[.,]\d+|\w+|\.+|…|\*+|(?<!\w)-(?!\w)")
_SURE = frozenset(["laughter", "inaudible", "crosstalk", "sound"])

_SQUARE = re.compile(r"\[[^\[\]]{0,200}\]")
_DOUBLE = re.compile(r"\(\([^()]{0,200}\)\)")
_ROUND = re.compile(r"\([^()]{0,60}\)")
_ANGLE = re.compile(r"<[^<>]{1,60}>")
_STARS = re.compile(r"\*{3,}|(?<!\w)(?:X{3,}|xxx+|yyy|www)(?!\w)")
_SLASHES = re.compile(r"(?<![:/])//(?!/)")
_EVENT = re.compile(r"&=[\w:]+")
_PLAIN = re.compile(r"[\[(<*/&]|XXX|xxx|yyy|www")


def find_marks(text: str) -> tuple[Mark, ...]:
    """The stretches of a turn that are no speech, in order, none inside another.

    Anything in square or double round brackets is a remark; what stands in single round or pointed
    brackets only where all its words say so, since people also put speech there.

    >>> marks = find_marks("Well [inaudible 00:12:03] (laughs) it (the ward) was.")
    >>> [(mark.kind, mark.start) for mark in marks]
    [('inaudible', 5), ('laughter', 26)]
    """
    if not _PLAIN.search(text):
        return ()
    found = [Mark(m.start(), m.end(), _kind(m[0][2:-2]) or "remark") for m in _DOUBLE.finditer(text)]
    found += [Mark(m.start(), m.end(), _kind(m[0][1:-1]) or "remark") for m in _SQUARE.finditer(text)]
    for pattern in (_ROUND, _ANGLE):
        for m in pattern.finditer(text):
            kind = _sure_kind(m[0][1:-1])
            if kind and not (pattern is _ANGLE and kind == "pause"):
                found.append(Mark(m.start(), m.end(), kind))
    for m in _STARS.finditer(text):
        found.append(Mark(m.start(), m.end(), "redacted" if m[0][0] in "*X" else "inaudible"))
    found += [Mark(m.start(), m.end(), "overlap") for m in _SLASHES.finditer(text)]
    found += [Mark(m.start(), m.end(), _kind(m[0][2:]) or "sound") for m in _EVENT.finditer(text)]
    return _outermost(found)


def is_remark(inside: str) -> bool:
    """Whether the words inside a bracket name a noise or a gap, so that they are nobody's label.

    >>> is_remark("crosstalk 00:10:02"), is_remark("P3")
    (True, False)
    """
    return _sure_kind(inside) in _SURE


def _words(inside: str) -> list[str]:
    plain = inside.casefold().replace("cross-talk", "crosstalk").replace("over-", "over").replace("de-", "de")
    return _WORD.findall(plain) or (["xx"] if "?" in inside else [])


def _kind(inside: str) -> str:
    """The kind of remark that its first telling word names, "" where none does."""
    for word in _words(inside):
        for kind, pattern in _KINDS:
            if pattern.fullmatch(word):
                return kind
    return ""


def _sure_kind(inside: str) -> str:
    """The kind of a remark all of whose words belong to such remarks, else ""."""
    words = _words(inside)
    if all(_SMALL.fullmatch(word) or any(pattern.fullmatch(word) for _, pattern in _KINDS) for word in words):
        return _kind(inside)
    return ""


def _outermost(marks: list[Mark]) -> tuple[Mark, ...]:
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return tuple(kept)
