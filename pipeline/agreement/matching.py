"""Tables of several coders brought to units that they share: utterances, or turns if need be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from pipeline.agreement.units import unit_of
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Notice

Tables = Mapping[str, Sequence[CodedRow]]
BY_TURN = "matched by transcript and turn, as {}"
_TOGETHER = "some tables name turns only"
_APART = "the utterance ids of no two tables meet"


def on_shared_units(tables: Tables) -> tuple[dict[str, list[CodedRow]], list[Notice]]:
    """The rows of all coders under ids that can be compared, with a word where that took more than reading.

    Utterance ids count where every row has one and two tables share some. Otherwise rows are matched by
    transcript and turn, if every table has one row a turn. Raises `StudyError` where one table names turns
    and another several utterances of a turn.

    >>> one, other = CodedRow("T1", (), turn_index=3), CodedRow("T1", (), "a7", turn_index=3)
    >>> pages, notices = on_shared_units({"ann": [one], "ben": [other]})
    >>> pages["ben"][0].utterance_id, notices[0].message
    ('t0003', 'matched by transcript and turn, as some tables name turns only')
    """
    pages = {coder: list(rows) for coder, rows in tables.items()}
    named = all(row.utterance_id for rows in pages.values() for row in rows)
    if (named and _meet(pages)) or any(row.turn_index is None for rows in pages.values() for row in rows):
        return pages, []
    crowded = {coder: turn for coder, rows in pages.items() if (turn := _crowded(rows))}
    if crowded and named:
        return pages, []
    turns_only = [coder for coder, rows in pages.items() if any(not row.utterance_id for row in rows)]
    if crowded and set(crowded) - set(turns_only):
        coder, (transcript, number) = min(crowded.items())
        raise StudyError(
            f"has several utterances in turn {number} of {transcript}, but {turns_only[0]} names turns only",
            where=coder,
            hint="Give both tables the column utterance_id, with the same ids.",
        )
    by_turn = {coder: [_by_turn(row) for row in rows] for coder, rows in pages.items()}
    if not any(row.utterance_id for rows in pages.values() for row in rows):
        return by_turn, []
    return by_turn, [Notice("rows", BY_TURN.format(_APART if named else _TOGETHER))]


def _meet(pages: Tables) -> bool:
    """Whether any two tables share a unit."""
    units = [{unit_of(row) for row in rows} for rows in pages.values()]
    return any(one & other for one, other in combinations(units, 2))


def _crowded(rows: Sequence[CodedRow]) -> tuple[str, int] | None:
    """The first turn of which a table names several utterances, if there is one."""
    names = {(row.transcript_id, row.turn_index or 0, row.utterance_id) for row in rows}
    turns = Counter(name[:2] for name in names)
    return next((turn for turn in sorted(turns) if turns[turn] > 1), None)


def _by_turn(row: CodedRow) -> CodedRow:
    return replace(row, utterance_id=f"t{row.turn_index or 0:04d}")
