"""Finds the utterances that a row of a coded table speaks of: by id, by turn, or by a quotation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import Problem
from pipeline.exchange.align import Piece, transcript_words
from pipeline.exchange.spots import Spots
from pipeline.exchange.table import Placed
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
_SAME = 0.5
"""Share of a row's words, or of the utterance's, that the two must have in common: names may be replaced."""
_TOO_FEW = 3
"""Fewer words than this tell nothing: they may all be names."""
_ID = re.compile(r"[\w\-]{1,40}\.t\d{1,6}\.u\d{1,4}")


@dataclass(frozen=True, slots=True)
class Matched:
    """A row with its place in the file ("row 7"), and the utterances that it speaks of, in order."""

    place: str
    row: CodedRow
    utterances: tuple[Utterance, ...]


def fold(text: str) -> str:
    """A text as quotations are compared: quotes, dashes, blanks, punctuation and case made alike.

    >>> fold("It\u2019s \u2013 well\u00a0\u2026 fine.") == fold("it's - well ... fine")
    True
    """
    return _PLAIN.sub(" ", text.translate(_FOLD).replace("\u2026", " ").casefold()).strip()


def match(
    rows: Iterable[Placed],
    utterances: Sequence[Utterance],
    talks: Mapping[str, Sequence[Piece]] | None = None,
) -> tuple[list[Matched], list[Problem]]:
    """Match every row to utterances: by `utterance_id`, else by `turn_index`, else by the quotation.

    A quotation may run over several utterances, or be a part of one; it is looked for in the row's turn if
    it names one, else in the whole transcript, word for word and then with a fifth of its words amiss (in
    `talks`, where these are given: the transcripts as they stood before names were replaced). One that
    stands in several places is refused rather than guessed. A row that names an utterance or a turn and
    quotes other talk is a problem, and so are rows of one coder that name one utterance twice.
    """
    study = _Study(utterances, talks or {})
    matched: list[Matched] = []
    problems: list[Problem] = []
    for place, row in rows:
        found = study.find(row)
        if isinstance(found, str):
            problems.append(Problem(place, found))
        else:
            matched.append(Matched(place, row, tuple(found)))
    twice = _twice(matched)
    return [one for one in matched if one.place not in twice], problems + [
        Problem(place, said) for place, said in twice.items()
    ]


def _twice(matched: Iterable[Matched]) -> dict[str, str]:
    """Rows that name an utterance which another of the same coder names, by place: both where they differ,
    the later where they are alike."""
    named: dict[tuple[str, str], list[Matched]] = {}
    for one in matched:
        if one.row.utterance_id:
            named.setdefault((one.row.utterance_id, one.row.coder), []).append(one)
    out = {}
    for (utterance, _), group in named.items():
        alike = all(one.row == group[0].row for one in group)
        for one in group[1:] if alike else group if len(group) > 1 else []:
            other = group[0] if one is not group[0] else group[1]
            out[one.place] = f"utterance {utterance} stands here and at {other.place}"
    return out


class _Study:
    """The utterances of a study in which rows are looked up."""

    def __init__(self, utterances: Sequence[Utterance], talks: Mapping[str, Sequence[Piece]]) -> None:
        self.by_id = {one.id: one for one in utterances}
        self.talks = talks
        self.spots: dict[str, Spots] = {}
        self.by_transcript: dict[str, list[Utterance]] = {}
        for one in utterances:
            self.by_transcript.setdefault(one.transcript_id, []).append(one)
        self.texts = {name: _Text(group) for name, group in self.by_transcript.items()}

    def find(self, row: CodedRow) -> list[Utterance] | str:
        """The utterances of a row, or why there are none."""
        if row.utterance_id:
            return self._named(row)
        if row.transcript_id not in self.by_transcript:
            return f"no transcript {row.transcript_id or '(empty)'} in the study"
        if row.turn_index is not None:
            return self._in_turn(row)
        if not row.text.strip():
            return "has neither utterance_id, nor turn_index, nor a quotation"
        text = self.texts[row.transcript_id]
        found = [text.between(*place) for place in text.places(fold(row.text))] or self._roughly(row)
        if not found:
            return f"its quotation does not stand in {row.transcript_id}"
        if len(found) > 1:
            return f"its quotation stands in {len(found)} places of {row.transcript_id}; give turn_index too"
        return found[0]

    def _roughly(self, row: CodedRow) -> list[list[Utterance]]:
        """The utterances of each place where the quotation stands with some words amiss."""
        name = row.transcript_id
        if name not in self.spots:
            plain = [Piece(one.id, one.text) for one in self.by_transcript[name]]
            self.spots[name] = Spots(transcript_words(self.talks.get(name, plain)))
        places = self.spots[name].places(row.text)
        codable = [[self.by_id[each] for each in place if each in self.by_id] for place in places]
        return [place for place in codable if place]

    def _named(self, row: CodedRow) -> list[Utterance] | str:
        one = self.by_id.get(row.utterance_id)
        if one is None:
            return f"no utterance {_shown(row.utterance_id)} in the study"
        if not _alike(row.text, one.text):
            return f"its text is not that of {one.id}"
        return [one]

    def _in_turn(self, row: CodedRow) -> list[Utterance] | str:
        """The utterances of the turn that the row quotes, or all of them where it quotes none."""
        here = [one for one in self.by_transcript[row.transcript_id] if one.turn_index == row.turn_index]
        if not here:
            return f"{row.transcript_id} has no turn {row.turn_index} to code"
        text = _Text(here)
        places = [text.between(*place) for place in text.places(fold(row.text))]
        if places and all(place == places[0] for place in places):
            return places[0]
        if places:
            return f"its quotation stands in {len(places)} places of the turn; give utterance_id"
        if not _alike(row.text, " ".join(one.text for one in here)):
            return f"its text is not that of turn {row.turn_index} of {row.transcript_id}"
        return here


def _alike(quoted: str, text: str) -> bool:
    """Whether a row's text may be this talk, with names replaced in either; one without words may be any.

    >>> _alike("Ring 07700 900318, not before ten.", "Ring [Phone number 4], not before ten.")
    True
    >>> _alike("It rained all week.", "Ring [Phone number 4], not before ten.")
    False
    """
    said, there = _plain_words(quoted), _plain_words(text)
    least = min(said.total(), there.total())
    return least < _TOO_FEW or (said & there).total() >= _SAME * least


def _shown(cell: str) -> str:
    """An id as an error may show it: what has the form of one; any other cell may hold a name."""
    return cell if _ID.fullmatch(cell) else "of that id"


def _plain_words(text: str) -> Counter[str]:
    """The words of a text, without what stands in brackets in the place of a name."""
    return Counter(fold(re.sub(r"\[[^\]]*\]", " ", text)).split())


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
