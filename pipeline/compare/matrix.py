"""The framework matrix: what each case says on each construct, and how much of it was looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from pipeline.compare.evidence import (
    DIRECTIONS,
    INTERVIEWERS,
    Chart,
    Direction,
    Evidence,
    directions_of,
    gather,
)
from pipeline.compare.quotes import Key, Quote, choose, clearness, place_of
from pipeline.compare.refs import merged
from pipeline.errors import StudyError
from pipeline.records import CodedRow

__all__ = ["Cell", "Chart", "Direction", "Matrix", "Quote", "Status", "matrix"]

AnalystStatus = Literal["asked_no_view", "asked_denied", "not_asked"]
Status = Literal[
    "data", "none_found", "not_reviewed", "conflict", "asked_no_view", "asked_denied", "not_asked"
]
ANALYST_STATUSES: tuple[str, ...] = get_args(AnalystStatus)
"""What only the analyst can know, and sets in the workbook."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one case (or one participant) says on one code.

    `valence` None counts every utterance with the code; `facilitator` and `barrier` those that point that
    way, "both" counting as each. `participants` of the `of` participants that were reviewed (and asked)
    have such an utterance. `facilitator` and `barrier` are shares of the utterances whose valence is known
    (None if none is). `unreviewed` of the utterances were coded by the model alone.
    """

    case: str
    code: str
    valence: Direction | None
    utterances: int
    participants: int
    of: int
    status: Status
    participant: str = ""
    facilitator: float | None = None
    barrier: float | None = None
    unreviewed: int = 0
    quotes: tuple[Quote, ...] = ()
    refs: tuple[str, ...] = ()
    summary: str = ""

    def as_json(self) -> dict[str, object]:
        """The cell as `--json` shows it."""
        return {
            "case": self.case,
            "code": self.code,
            "valence": self.valence,
            "utterances": self.utterances,
            "participants": self.participants,
            "of": self.of,
            "status": self.status,
        }


@dataclass(frozen=True)
class Matrix:
    """Every cell, case by case and code by code, with the counts that patterns are computed from.

    `clear` tells of each passage of `evidence` how clearly it speaks of its construct.
    """

    cells: tuple[Cell, ...]
    cases: tuple[str, ...]
    codes: tuple[str, ...]
    people: Mapping[str, tuple[str, ...]]
    evidence: Evidence
    charts: tuple[Chart, ...]
    rows: tuple[CodedRow, ...]
    leave_out: tuple[str, ...]
    notices: tuple[str, ...]
    clear: np.ndarray

    def cell(self, case: str, code: str, valence: Direction | None = None) -> Cell:
        """One cell; raises `StudyError` for a case or code that the matrix lacks."""
        for name, known, what in ((case, self.cases, "case"), (code, self.codes, "code")):
            if name not in known:
                raise StudyError(f"no {what} is called {name!r}", hint=f"Known: {', '.join(known)}.")
        width = len(DIRECTIONS)
        at = (self.cases.index(case) * len(self.codes) + self.codes.index(code)) * width
        return self.cells[at + DIRECTIONS.index(valence)]

    def by_participant(self, code: str | None = None) -> Iterator[Cell]:
        """Participant x code cells, made when asked for, since there may be very many."""
        return _participant_cells(self, code)

    def as_json(self) -> list[dict[str, object]]:
        """The rows of `"matrix"` in `compare --json`."""
        return [cell.as_json() for cell in self.cells]


def matrix(
    rows: Sequence[CodedRow],
    codes: Sequence[str] | None = None,
    *,
    cases: Sequence[str] = (),
    participants: Mapping[str, Sequence[str]] | None = None,
    suggested: Sequence[CodedRow] = (),
    charts: Sequence[Chart] = (),
    leave_out: Collection[str] = INTERVIEWERS,
    numbers: Sequence[int] = (),
) -> Matrix:
    """Lay coded utterances out case by construct.

    `rows` are what people reviewed, of one or several coders (see `settle.settle`); `codes` the
    codebook's leaf ids in its order (None: the codes in the rows). `cases` and `participants` (case ->
    names as in `speaker`) name who is to be shown even without a row: then the status is `not_reviewed`.
    `suggested` are rows that no person has reviewed; by default there are none, so that only reviewed
    codes count. `charts` are the analyst's summaries and statuses from the workbook. `leave_out` are
    roles or labels of interviewers, `numbers` those of `rows`, then of `suggested`, in their table, for
    references where there is nothing better. Raises `StudyError` for a row without a case, and if nothing was
    reviewed.

    >>> from pipeline.records import Given
    >>> row = CodedRow("S3PW1", (Given("context.culture", "facilitator"),), case="S3", speaker="S3PW1")
    >>> cell = matrix([row]).cell("S3", "context.culture", "facilitator")
    >>> cell.utterances, cell.participants, cell.of, cell.status
    (1, 1, 1, 'data')
    """
    evidence = gather(
        rows,
        codes,
        cases=cases,
        participants=participants,
        suggested=suggested,
        charts=charts,
        leave_out=leave_out,
        numbers=numbers,
    )
    clear = clearness(evidence)
    people: dict[str, list[str]] = {case: [] for case in evidence.cases}
    for name, home in zip(evidence.people, evidence.home.tolist(), strict=True):
        people[evidence.cases[home]].append(name)
    return Matrix(
        cells=tuple(_case_cells(evidence, clear, {(c.case, c.code): c for c in charts if not c.participant})),
        cases=evidence.cases,
        codes=evidence.codes,
        people={case: tuple(names) for case, names in people.items()},
        evidence=evidence,
        charts=tuple(charts),
        rows=tuple(rows),
        leave_out=tuple(leave_out),
        notices=evidence.notices,
        clear=clear,
    )


def _case_cells(
    evidence: Evidence, clear: np.ndarray, charts: Mapping[tuple[str, str], Chart]
) -> Iterator[Cell]:
    quotes, refs = choose(evidence, evidence.home, clear), _refs(evidence, evidence.home)
    utterances = evidence.by_case(evidence.count).tolist()
    speakers = evidence.by_case(evidence.count > 0).tolist()
    unreviewed = evidence.by_case(evidence.unreviewed).tolist()
    asked = evidence.by_case(evidence.asked).tolist()
    looked = evidence.by_case(evidence.looked).tolist()
    for c, case in enumerate(evidence.cases):
        for k, code in enumerate(evidence.codes):
            chart = charts.get((case, code), Chart(case, code))
            whole = _status(utterances[c][k], asked[c][k], looked[c] > 0, chart.status)
            shares = _shares(utterances[c][k])
            for way, direction in enumerate(DIRECTIONS):
                yield Cell(
                    case=case,
                    code=code,
                    valence=direction,
                    utterances=utterances[c][k][way],
                    participants=speakers[c][k][way],
                    of=asked[c][k],
                    status=_of_direction(whole, utterances[c][k][way]),
                    facilitator=shares[0],
                    barrier=shares[1],
                    unreviewed=unreviewed[c][k][way],
                    quotes=quotes.get((c, k, way), ()),
                    refs=refs.get((c, k, way), ()),
                    summary=chart.summary,
                )


def _participant_cells(whole: Matrix, wanted: str | None) -> Iterator[Cell]:
    evidence = whole.evidence
    charts = {(c.case, c.participant, c.code): c for c in whole.charts}
    only = None if wanted is None else evidence.codes.index(wanted)
    each = np.arange(len(evidence.people))
    quotes, refs = choose(evidence, each, whole.clear, only), _refs(evidence, each, only)
    codes = list(range(len(evidence.codes))) if only is None else [only]
    count, unreviewed = evidence.count[:, codes].tolist(), evidence.unreviewed[:, codes].tolist()
    looked, asked = evidence.looked.tolist(), evidence.asked[:, codes].tolist()
    for p, name in enumerate(evidence.people):
        case = evidence.cases[evidence.home[p]]
        for at, k in enumerate(codes):
            code = evidence.codes[k]
            chart = charts.get((case, name, code), Chart(case, code, name))
            whole_status = _status(count[p][at], int(asked[p][at]), looked[p] > 0, chart.status)
            shares = _shares(count[p][at])
            for way, direction in enumerate(DIRECTIONS):
                yield Cell(
                    case=case,
                    code=code,
                    valence=direction,
                    utterances=count[p][at][way],
                    participants=int(count[p][at][way] > 0),
                    of=int(asked[p][at]),
                    status=_of_direction(whole_status, count[p][at][way]),
                    participant=name,
                    facilitator=shares[0],
                    barrier=shares[1],
                    unreviewed=unreviewed[p][at][way],
                    quotes=quotes.get((p, k, way), ()),
                    refs=refs.get((p, k, way), ()),
                    summary=chart.summary,
                )


def _status(utterances: Sequence[int], asked: int, looked: bool, by_analyst: str) -> Status:
    """The status of a whole cell, from its counts any way, as facilitator and as barrier."""
    either, facilitator, barrier = utterances
    if either:
        return "conflict" if facilitator and barrier else "data"
    if by_analyst in ANALYST_STATUSES:
        return by_analyst  # type: ignore[return-value]
    if not looked:
        return "not_reviewed"
    return "none_found" if asked else "not_asked"


def _of_direction(whole: Status, utterances: int) -> Status:
    """The cell has data, but none that points this way: then nothing of this kind was found."""
    return "none_found" if whole in ("data", "conflict") and not utterances else whole


def _shares(utterances: Sequence[int]) -> tuple[float | None, float | None]:
    _, facilitator, barrier = utterances
    known = facilitator + barrier
    return (facilitator / known, barrier / known) if known else (None, None)


def _refs(evidence: Evidence, unit: np.ndarray, only: int | None = None) -> dict[Key, tuple[str, ...]]:
    """References of each cell; the arguments are those of `quotes.choose`."""
    rows = unit.tolist()
    turns: dict[Key, list[tuple[str, int]]] = defaultdict(list)
    places: dict[Key, dict[str, None]] = defaultdict(dict)
    for number in evidence.of(only):
        passage = evidence.passages[number]
        for way in directions_of(passage.valence):
            key = (rows[passage.person], passage.code, way)
            if passage.turn is None:
                places[key][place_of(passage)] = None
            else:
                turns[key].append((passage.source, passage.turn))
    return {
        key: (*merged(turns.get(key, ()), evidence.looked_turns), *places.get(key, ()))
        for key in turns.keys() | places.keys()
    }
