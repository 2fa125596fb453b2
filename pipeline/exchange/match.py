"""Finds the utterances that a row of a coded table speaks of: by id, by turn, or by a quotation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import CodedRow, Utterance

_FOLD = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u201c": '"',
        "\u201d": '"', "\u201e": '"',
        "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2010": "-", "\u2011": "-", "\uff1a": ":",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\n": " ", "\t": " ",
        "\u200b": None, "\u200c": None, "\u200d": None, "\u200e": None, "\u200f": None, "\ufeff": None,
        "\u00ad": None,
    }
)  # fmt: skip
_PLAIN = re.compile(r"[^\w\[\]]+")


@dataclass(frozen=True, slots=True)
class Matched:
    """A row and the utterances that it speaks of, in order."""

    row: CodedRow
    utterances: tuple[Utterance, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A row that found no utterance: its number in the table (from 1, without the header), and why."""

    number: int
    reason: str


def fold(text: str) -> str:
    """A text as quotations are compared: quotes, dashes, blanks, punctuation and case made alike.

    >>> fold("It\u2019s \u2013 well\u00a0\u2026 fine.") == fold("it's - well ... fine")
    True
    """
    return _PLAIN.sub(" ", text.translate(_FOLD).replace("\u2026", " ").casefold()).strip()


def match(rows: Sequence[CodedRow], utterances: Sequence[Utterance]) -> tuple[list[Matched], list[Unmatched]]:
    """Match every row to utterances: by `utterance_id`, else by `turn_index`, else by the quotation.

    A quotation may run over several utterances of a transcript, or be a part of one; one that stands in
    several places is refused rather than guessed.
    """
    by_id = {one.id: one for one in utterances}
    by_transcript: dict[str, list[Utterance]] = {}
    for one in utterances:
        by_transcript.setdefault(one.transcript_id, []).append(one)
    texts = {name: _Text(group) for name, group in by_transcript.items()}
    matched, unmatched = [], []
    for number, row in enumerate(rows, start=1):
        found = _find(row, by_id, by_transcript, texts)
        if isinstance(found, str):
            unmatched.append(Unmatched(number, found))
        else:
            matched.append(Matched(row, tuple(found)))
    return matched, unmatched


def _find(
    row: CodedRow,
    by_id: dict[str, Utterance],
    by_transcript: dict[str, list[Utterance]],
    texts: dict[str, _Text],
) -> list[Utterance] | str:
    if row.utterance_id:
        one = by_id.get(row.utterance_id)
        return [one] if one else f"no utterance {row.utterance_id} in the study"
    if row.transcript_id not in by_transcript:
        return f"no transcript {row.transcript_id or '(empty)'} in the study"
    if row.turn_index is not None:
        found = [one for one in by_transcript[row.transcript_id] if one.turn_index == row.turn_index]
        return found or f"{row.transcript_id} has no turn {row.turn_index} to code"
    if not row.text.strip():
        return "has neither utterance_id, nor turn_index, nor a quotation"
    places = texts[row.transcript_id].places(fold(row.text))
    if not places:
        return f"its quotation does not stand in {row.transcript_id}"
    if len(places) > 1:
        return f"its quotation stands in {len(places)} places of {row.transcript_id}; give turn_index too"
    return texts[row.transcript_id].between(*places[0])


class _Text:
    """The folded text of a transcript, with where each utterance lies in it."""

    def __init__(self, utterances: Sequence[Utterance]) -> None:
        self.utterances = list(utterances)
        self.ranges: list[tuple[int, int]] = []
        parts, at = [], 0
        for one in utterances:
            part = fold(one.text)
            self.ranges.append((at, at + len(part)))
            parts.append(part)
            at += len(part) + 1
        self.text = " ".join(parts)

    def places(self, quotation: str) -> list[tuple[int, int]]:
        """Where the quotation stands as whole words."""
        if not quotation:
            return []
        pattern = rf"(?<!\w){re.escape(quotation)}(?!\w)"
        return [found.span() for found in re.finditer(pattern, self.text)]

    def between(self, start: int, end: int) -> list[Utterance]:
        """The utterances that a range touches."""
        return [
            one for one, (a, b) in zip(self.utterances, self.ranges, strict=True) if a < end and b > start
        ]
