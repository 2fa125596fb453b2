"""Whose row is whose, and what an utterance's coders come to together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.errors import StudyError
from pipeline.records import NONE, CodedRow, Given, Valence

SETTLED = "adjudicated"
"""The name that stands in the column `coder` where a disagreement was settled."""

UNNAMED = "unnamed"
"""Whoever speaks in rows that name neither speaker nor transcript: one participant a case."""

Numbered = tuple[int, CodedRow]
"""A row with its number in the table, as a spreadsheet counts it."""

Named = tuple[int, tuple[str, str], CodedRow]
"""The same with the person who speaks: case and name."""


@dataclass
class Heard:
    """One utterance while its coders' readings are collected."""

    person: tuple[str, str]
    row: CodedRow
    number: int
    readings: dict[str, list[Given]] = field(default_factory=lambda: defaultdict(list))


def spoken(
    rows: Sequence[CodedRow], leave_out: Collection[str], numbers: Sequence[int] = ()
) -> tuple[list[Numbered], Counter[str]]:
    """The participants' rows with their numbers in the table, and how many of whom were left out.

    Without `numbers` they are counted as a spreadsheet does, below the header.
    """
    out = {name.casefold() for name in leave_out}
    kept, left = [], Counter[str]()
    for number, row in zip(numbers or range(2, len(rows) + 2), rows, strict=True):
        label = row.speaker.strip().rstrip(":").casefold()
        if row.role.casefold() in out or (not row.role and label in out):
            left[row.speaker or row.role] += 1
            continue
        if not row.case:
            where = row.utterance_id or row.transcript_id or f"row {number}"
            raise StudyError("has no case", where=where, hint="Fill in the column `case`.")
        kept.append((number, row))
    return kept, left


def named(rows: Sequence[Numbered]) -> list[Named]:
    """Each row with its person, `(case, name)`.

    A label that occurs in several cases ("P", "Participant") names a role and not a person: there the
    transcript stands for the person. Rows that name nobody are one participant of their case, `UNNAMED`.
    """
    homes: dict[str, set[str]] = defaultdict(set)
    voices: dict[str, set[str]] = defaultdict(set)
    for _, row in rows:
        homes[row.speaker].add(row.case)
        voices[row.transcript_id].add(row.speaker)
    out = []
    for number, row in rows:
        name = row.speaker
        if row.transcript_id and (not name or len(homes[name]) > 1):
            alone = len(voices[row.transcript_id]) == 1
            name = row.transcript_id if alone or not name else f"{row.transcript_id} {name}"
        out.append((number, (row.case, name or UNNAMED), row))
    return out


def collected(rows: Iterable[Named]) -> dict[tuple[object, ...], Heard]:
    """The utterances with their readings by coder."""
    heard: dict[tuple[object, ...], Heard] = {}
    times = Counter[tuple[object, ...]]()
    for number, person, row in rows:
        key: tuple[object, ...] = (person, row.transcript_id, row.utterance_id)
        if not row.utterance_id:
            bare = (*key, row.turn_index, row.text)
            # "Yeah." said twice is two utterances; two coders' first "Yeah." is one.
            times[(*bare, row.coder)] += 1
            key = (*bare, times[(*bare, row.coder)])
        one = heard.get(key)
        if one is None:
            one = heard[key] = Heard(person, row, number)
        one.readings[row.coder].extend(given for given in row.codes if given.code != NONE)
    return heard


def settle(readings: Mapping[str, Sequence[Given]]) -> tuple[Given, ...]:
    """The codes of one utterance from what each coder gave: the settled reading, else the majority's.

    A tie means absent. The valence is the one most coders gave; where they are equally many, none.

    >>> a, b = Given("context.culture", "barrier"), Given("facilitation.role")
    >>> settle({"ann": [a, b], "ben": [Given("context.culture")]})
    (Given(code='context.culture', valence='barrier'),)
    """
    if SETTLED in readings:
        readings = {SETTLED: readings[SETTLED]}
    first, *rest = readings.values()
    if all(other == first for other in rest) and len({one.code for one in first}) == len(first):
        return tuple(first)  # nothing to settle
    votes: dict[str, set[str]] = defaultdict(set)
    ways: dict[str, Counter[Valence]] = defaultdict(Counter)
    for coder, given in readings.items():
        for code, valence in _one_reading(given).items():
            votes[code].add(coder)
            if valence is not None:
                ways[code][valence] += 1
    kept = [code for code, coders in votes.items() if 2 * len(coders) > len(readings)]
    return tuple(Given(code, _leading(ways[code])) for code in kept)


def _one_reading(given: Sequence[Given]) -> dict[str, Valence | None]:
    """One coder's codes; a code given both ways points both ways."""
    out: dict[str, Valence | None] = {}
    for one in given:
        before = out.get(one.code)
        if before is not None and one.valence not in (None, before):
            out[one.code] = "both"
        else:
            out[one.code] = one.valence or before
    return out


def _leading(ways: Counter[Valence]) -> Valence | None:
    ranked = ways.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]
