"""References back to the transcript: `[S3PW1:112-118]` is turns 112 to 118 of S3PW1."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from pipeline.errors import StudyError

_REF = re.compile(r"\[(?P<source>[^\[\]]+?):(?P<first>\d+)(?:-(?P<last>\d+))?\]")


def ref(source: str, first: int, last: int | None = None) -> str:
    """The reference to one turn, or to a run of turns.

    >>> ref("S3PW1", 112, 118), ref("S3PW1", 7)
    ('[S3PW1:112-118]', '[S3PW1:7]')
    """
    return f"[{source}:{first}]" if last in (None, first) else f"[{source}:{first}-{last}]"


def parse(text: str) -> tuple[str, int, int]:
    """The transcript and the first and last turn of a reference; raises `StudyError` for anything else.

    >>> parse("[S3PW1:112-118]")
    ('S3PW1', 112, 118)
    """
    found = _REF.fullmatch(text.strip())
    if not found:
        raise StudyError(f"{text!r} is no reference", hint="Write it as [S3PW1:112] or [S3PW1:112-118].")
    first = int(found["first"])
    last = int(found["last"] or first)
    if last < first:
        raise StudyError(f"{text!r} ends before it begins", hint="The lower turn comes first.")
    return found["source"], first, last


def within(text: str) -> list[str]:
    """Every reference in a summary, in order.

    >>> within("Staff were warm [S3PW1:12] and stayed so [S3PWC:4-9].")
    ['[S3PW1:12]', '[S3PWC:4-9]']
    """
    return [found.group() for found in _REF.finditer(text)]


def merged(turns: Iterable[tuple[str, int]], looked: Collection[tuple[str, int]]) -> tuple[str, ...]:
    """References for the turns, runs joined.

    Two turns with one between them are one run only if the one between is no coded utterance's turn
    (`looked` holds those): then it is the interviewer's.

    >>> merged([("S3PW1", 4), ("S3PW1", 2), ("S3PW1", 9)], {("S3PW1", 2), ("S3PW1", 4), ("S3PW1", 9)})
    ('[S3PW1:2-4]', '[S3PW1:9]')
    """
    turns = list(turns)
    if len(turns) == 1:
        return (ref(*turns[0]),)
    by_source: dict[str, set[int]] = defaultdict(set)
    for source, turn in turns:
        by_source[source].add(turn)
    out = []
    for source in sorted(by_source):
        ordered = sorted(by_source[source])
        first = last = ordered[0]
        for turn in ordered[1:]:
            if turn == last + 1 or (turn == last + 2 and (source, last + 1) not in looked):
                last = turn
                continue
            out.append(ref(source, first, last))
            first = last = turn
        out.append(ref(source, first, last))
    return tuple(out)
