"""People described by what only they are: "the last headteacher of the village school"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.pseudonymise.glance import heard, written_out
from pipeline.pseudonymise.hits import Hit
from pipeline.pseudonymise.wordlists import words

_JOBS = "|".join(sorted(words("occupations"), key=lambda word: (-len(word), word)))
_ONLY = r"(?:only|last|first|sole|youngest|oldest|longest[\s\-]serving)"
_ONLY_WORDS = written_out(_ONLY)
_UNIQUE = re.compile(
    rf"\b(?:the|their|its|our)\s+{_ONLY}\s+"
    rf"(?:[\w'’\-]+\s+){{0,2}}?(?:{_JOBS})\s+(?:of|to|for|at|in|on|from)\s+"
    r"(?:(?!who\b|that\b|which\b|and\b|but\b|so\b|because\b|when\b|I\b)[\w'’\-]+(?:\s+|\b)){1,7}",
    re.IGNORECASE,
)


def descriptions(text: str) -> Iterator[Hit]:
    """A rare job with "the only", "the last" or "the first" before it and its place behind it, whole.

    A nurse, a worker or a friend who is "the only one who listened" is what interviews are about, and stays;
    what else describes a person without a name is for people to find (`secondcoder risk` lists rare words).

    >>> text = "she was the last headteacher of the little school there, you know"
    >>> [text[hit.start:hit.end] for hit in descriptions(text)]
    ['the last headteacher of the little school there']
    """
    for match in () if heard(text).isdisjoint(_ONLY_WORDS) else _UNIQUE.finditer(text):
        yield Hit(
            match.start(), match.start() + len(match.group().rstrip()), "OTHER", "rare job, one of its kind"
        )
