"""Titles, dates, cast lists and closing lines of typed transcripts: kept, but told from the talk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.transcripts.labels import HEADINGS, Head, fold, is_id, is_role_word, key, starts_like_talk

_CLOSING = re.compile(
    r"\s*(?:transcribed by https?://\S+|.{1,60} (?:started|stopped) transcription|"
    r"\W{0,3}end of (?:the )?(?:recording|transcript|transcription|interview|audio|tape)\W{0,3})\.?\s*",
    re.I,
)
_FIELD = re.compile(r"\s*([^:\t]{1,40}?)\s*:")
_PAGE = re.compile(r"\W{0,3}page \d{1,4}(?: of \d{1,4})?\W{0,3}", re.I)
_DEPTH = 40
"""So many lines from the top a header may reach."""


def is_closing(line: str) -> bool:
    """Whether a line is what a program or a transcriber writes at an end.

    >>> is_closing("Transcribed by https://otter.ai"), is_closing("That was the end of the interview for me.")
    (True, False)
    """
    return len(line) < 200 and _CLOSING.fullmatch(line.strip()) is not None


def is_page_number(line: str) -> bool:
    """Whether a line is nothing but the number of a page."""
    return len(line) < 30 and _PAGE.fullmatch(line.strip()) is not None


def header_lines(texts: Sequence[str], chosen: Mapping[int, Head]) -> set[int]:
    """Positions of lines at the top that look labelled but give the date, the place and who was there.

    `chosen` are the lines that begin with an accepted label, by position.
    """
    counts = Counter(key(head.label) for head in chosen.values())
    top = range(min(_DEPTH, len(texts)))
    fields = [i for i in top if _is_field(texts[i]) or (i in chosen and _names_a_part(chosen[i]))]
    first = next((i for i in sorted(chosen) if counts[key(chosen[i].label)] > 1 and i not in fields), None)
    fields = [i for i in fields if first is None or i < first or _is_cast_line(chosen.get(i))]
    run = [
        i
        for i in fields
        if not any(j in chosen and j not in fields and not _is_cast_line(chosen[j]) for j in range(i))
    ]
    if not run:
        return set()
    end = run[-1]
    while end + 1 in chosen and end + 1 < _DEPTH and _is_cast_line(chosen[end + 1]):
        end += 1
    return set(range(end + 1))


def _is_field(text: str) -> bool:
    m = _FIELD.match(fold(text.lstrip()[:60]))
    return m is not None and HEADINGS.fullmatch(re.sub(r"(?: of .*|/.*| and .*)$", "", key(m[1]))) is not None


def _names_a_part(head: Head) -> bool:
    """A line of a key to the labels, `I: Interviewer`, or one that gives a code, `Participant: P07`."""
    rest = head.rest.strip().rstrip(".")
    named = len(rest) > 4 and is_role_word(rest)
    return head.sign == "colon" and (named or (_is_cast_line(head) and is_id(rest)))


def _is_cast_line(head: Head | None) -> bool:
    """`Interviewer: Jo Lee`, `Participant: P07`: a part written out, then nothing but a name or a code."""
    if head is None or len(key(head.label)) < 4 or not is_role_word(head.label):
        return False
    rest = head.rest.split()
    if not 1 <= len(rest) <= 4 or re.search(r"[.?!…]\s*$", head.rest) or starts_like_talk(head.rest):
        return False
    return all(word[0].isupper() or is_id(word) or word[0] in "(&" for word in rest)
