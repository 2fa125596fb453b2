"""Rows of several coders laid side by side, unit by unit and code by code, after checking them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyError
from pipeline.records import NONE, CodedRow, Notice

Unit = tuple[str, str]
"""(transcript id, utterance id)"""
Unsaid = Mapping[str, Mapping[Unit, Collection[str]]]
"""By coder and unit, codes of which that coder said neither yes nor no (unsure, or not offered)."""

YES, NO, UNSAID = 1, 0, -1
MODEL, ADJUDICATED = "model", "adjudicated"
"""The names of the two pages that are no coder's."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What each coder said of each unit and code.

    `said` has shape (coders, units, codes): 1 given, 0 not given, -1 not looked at or not said. Units are in
    the order of their ids; `rows` holds one row a unit, for its text, case and role.
    """

    coders: tuple[str, ...]
    codes: tuple[str, ...]
    units: tuple[Unit, ...]
    said: NDArray[np.int8]
    rows: tuple[CodedRow, ...]
    notices: tuple[Notice, ...] = ()
    by_coder: Mapping[str, Mapping[Unit, CodedRow]] = field(default_factory=dict)

    @property
    def people(self) -> tuple[str, ...]:
        """The coders that are people."""
        return tuple(coder for coder in self.coders if coder not in (MODEL, ADJUDICATED))

    def of(self, coder: str) -> NDArray[np.int8]:
        """One coder's page, shape (units, codes)."""
        return np.asarray(self.said[self.coders.index(coder)])

    def looked(self, *coders: str) -> NDArray[np.bool_]:
        """Which units all of these coders looked at."""
        pages = [(self.of(coder) != UNSAID).any(axis=1) for coder in coders]
        return np.asarray(np.logical_and.reduce(pages))

    def interviews(self) -> NDArray[np.str_]:
        """The transcript of each unit."""
        return np.array([unit[0] for unit in self.units], dtype=str)


def lay_out(
    rows_by_coder: Mapping[str, Sequence[CodedRow]],
    codes: Sequence[str] | None,
    *,
    anchored: bool = False,
    unsaid: Unsaid | None = None,
    unsaid_seen: Unsaid | None = None,
) -> Sheet:
    """The rows of all coders side by side.

    `codes` are the codebook's; without them, those that occur, with a notice. Rows coded with suggestions
    in view (`seen` is "suggested") are left out unless `anchored`, and so is a coder who has no others, as
    long as there is still something to compare. `unsaid` names codes left open in blind rows, `unsaid_seen`
    in the others. Raises `StudyError` for empty tables, units without an id, a unit coded twice in two ways,
    and codes that the codebook does not hold.
    """
    notices: list[Notice] = []
    independent = rows_by_coder if anchored else _independent(rows_by_coder, notices)
    chosen = {coder: choose(rows, coder, anchored, notices) for coder, rows in sorted(independent.items())}
    names = _codes(chosen, codes, notices)
    units = tuple(sorted({unit for rows in chosen.values() for unit in rows}))
    said = np.full((len(chosen), len(units), len(names)), UNSAID, dtype=np.int8)
    place = {unit: at for at, unit in enumerate(units)}
    column = {code: at for at, code in enumerate(names)}
    for number, (coder, rows) in enumerate(chosen.items()):
        for unit, row in rows.items():
            said[number, place[unit]] = NO
            given = [column[code] for code in codes_of(row)]
            said[number, place[unit], given] = YES
            open_codes = (unsaid_seen if row.seen == "suggested" else unsaid) or {}
            silent = (open_codes.get(coder) or {}).get(unit, ())
            said[number, place[unit], [column[code] for code in silent if code in column]] = UNSAID
        notices += _left_open(coder, said[number, [place[unit] for unit in rows]])
    shown: dict[Unit, CodedRow] = {}
    for rows in chosen.values():
        for unit, row in rows.items():
            if unit not in shown or (row.text and not shown[unit].text):
                shown[unit] = row
    return Sheet(
        tuple(chosen), names, units, said, tuple(shown[unit] for unit in units), tuple(notices), chosen
    )


def unit_of(row: CodedRow, coder: str = "") -> Unit:
    """What a row is about: its utterance or, in tables without utterance ids, its turn."""
    if row.utterance_id:
        return row.transcript_id, row.utterance_id
    if row.turn_index is None:
        raise StudyError(
            "has rows with neither utterance_id nor turn_index",
            where=coder,
            hint="Add the column utterance_id, so that coders can be compared on the same utterances.",
        )
    return row.transcript_id, f"t{row.turn_index:04d}"


def codes_of(row: CodedRow) -> frozenset[str]:
    """The codes of a row without their valences; empty for "looked at, nothing applies"."""
    return frozenset(given.code for given in row.codes if given.code != NONE)


def _independent(
    rows_by_coder: Mapping[str, Sequence[CodedRow]], notices: list[Notice]
) -> dict[str, Sequence[CodedRow]]:
    """The coders with at least one blind row; refuses where too few are left to compare."""
    swayed = [
        coder
        for coder, rows in sorted(rows_by_coder.items())
        if rows and all(row.seen == "suggested" for row in rows)
    ]
    kept = {coder: rows for coder, rows in rows_by_coder.items() if coder not in swayed}
    if swayed and len(kept.keys() - {ADJUDICATED}) < 2 and not kept.keys() >= {MODEL, ADJUDICATED}:
        raise StudyError(
            "saw the model's suggestions while coding, so this is no independent agreement",
            where=", ".join(swayed),
            hint="Audit blind decisions, or ask for --anchored; the report is then headed so.",
        )
    notices += [Notice(coder, "decided with suggestions in view only, so is left out") for coder in swayed]
    return kept


def _left_open(coder: str, page: NDArray[np.int8]) -> list[Notice]:
    """A word on the codes that a coder left open on utterances that count."""
    silent = page == UNSAID
    codes, utterances = int(silent.sum()), int(silent.any(axis=1).sum())
    if not codes:
        return []
    word = (
        f"{codes} codes on {utterances} utterances were left open (unsure, or not asked): neither yes nor no"
    )
    return [Notice(coder, word)]


def choose(
    rows: Sequence[CodedRow], coder: str, anchored: bool, notices: list[Notice]
) -> dict[Unit, CodedRow]:
    """One row a unit: blind ones first, those with suggestions in view only if `anchored`."""
    if not rows:
        raise StudyError("has coded nothing", where=coder, hint="Check that the table holds rows.")
    blind = [row for row in rows if row.seen != "suggested"]
    suggested = [row for row in rows if row.seen == "suggested"]
    if suggested and not anchored:
        notices.append(Notice(coder, f"{len(suggested)} rows coded with suggestions in view are left out"))
        suggested = []
    if unknown := sum(row.seen not in ("blind", "suggested") for row in blind):
        notices.append(
            Notice(coder, f"{unknown} rows do not say whether suggestions were in view; taken as blind")
        )
    found = _unique(suggested, coder, notices)
    found.update(_unique(blind, coder, notices))
    return found


def _unique(rows: Sequence[CodedRow], coder: str, notices: list[Notice]) -> dict[Unit, CodedRow]:
    """Rows by unit; the same row twice counts once, two that differ are an error."""
    found: dict[Unit, CodedRow] = {}
    twice = 0
    for row in rows:
        unit = unit_of(row, coder)
        if unit not in found:
            found[unit] = row
        elif set(found[unit].codes) == set(row.codes):
            twice += 1
        else:
            raise StudyError(
                f"codes {unit[1]} of {unit[0]} twice, in two ways",
                where=coder,
                hint="Keep one row for each utterance, its codes parted by semicolons; a second round is a "
                "coder of its own.",
            )
    if twice:
        notices.append(Notice(coder, f"{twice} rows occur twice and count once"))
    return found


def _codes(
    chosen: Mapping[str, Mapping[Unit, CodedRow]], codes: Sequence[str] | None, notices: list[Notice]
) -> tuple[str, ...]:
    """The codes audited, checked against the codebook."""
    used = {
        coder: {code for row in rows.values() for code in codes_of(row)} for coder, rows in chosen.items()
    }
    if codes is None:
        union = sorted(set().union(*used.values()))
        if not union:
            raise StudyError("no code occurs in any of the tables, so there is nothing to agree on")
        notices.append(
            Notice("codes", f"no codebook was given, so every code that occurs is audited: {len(union)}")
        )
        return tuple(union)
    if len(set(codes)) != len(codes):
        raise StudyError("the codebook names a code twice")
    for coder, own in used.items():
        if unknown := sorted(own - set(codes)):
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            raise StudyError(
                f"uses codes that the codebook does not hold: {', '.join(unknown[:5])}{more}",
                where=coder,
                hint="Correct them, give the codebook they come from, or leave the codebook out.",
            )
    return tuple(codes)
