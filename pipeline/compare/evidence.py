"""Coded rows of one or several coders become settled utterances, and counts by participant and code."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import sparse

from pipeline.compare.settle import SETTLED, UNNAMED, Heard, Named, collected, named, settle, spoken
from pipeline.errors import StudyError
from pipeline.records import CodedRow, Valence

Direction = Literal["facilitator", "barrier"]
DIRECTIONS: tuple[Direction | None, ...] = (None, "facilitator", "barrier")
"""The last axis of every array of counts; None means "however it points"."""

INTERVIEWERS = ("interviewer", "int", "i", "researcher", "moderator", "q")
"""Roles and speaker labels (capitals do not matter) whose rows are no participant's."""

_TURN_IN_ID = re.compile(r"\.t(\d+)(?:\.u\d+)?$")


@dataclass(frozen=True, slots=True)
class Passage:
    """One settled utterance with one code: who said it, where it stands, which way it points."""

    person: int
    code: int
    valence: Valence | None
    text: str
    source: str
    turn: int | None
    place: str
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """What the analyst wrote on a case (or on one of its participants) and a code.

    `status` is "" or one of `asked_no_view`, `asked_denied`, `not_asked`.
    """

    case: str
    code: str
    participant: str = ""
    status: str = ""
    summary: str = ""


@dataclass(frozen=True)
class Evidence:
    """Counts of utterances: `count[person, code, direction]`, and what was looked at.

    `home[person]` is the place of the person's case in `cases`, `looked[person]` the number of reviewed
    utterances, `asked[person, code]` is False where nothing was reviewed or the analyst says `not_asked`,
    `unreviewed` counts the utterances that only the model coded.
    """

    cases: tuple[str, ...]
    people: tuple[str, ...]
    codes: tuple[str, ...]
    home: np.ndarray
    count: np.ndarray
    unreviewed: np.ndarray
    looked: np.ndarray
    asked: np.ndarray
    passages: tuple[Passage, ...]
    looked_turns: frozenset[tuple[str, int]]
    coders: tuple[str, ...]
    notices: tuple[str, ...]

    def of(self, code: int | None) -> Sequence[int]:
        """The places in `passages` of those with one code, or of all."""
        return range(len(self.passages)) if code is None else self._by_code.get(code, ())

    @cached_property
    def _by_code(self) -> Mapping[int, Sequence[int]]:
        """Looked up for every sheet of a workbook; going through all passages each time takes minutes."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, passage in enumerate(self.passages):
            found[passage.code].append(number)
        return found

    def by_case(self, values: np.ndarray) -> np.ndarray:
        """Sums over the people of each case; the first axis of `values` is the people."""
        shape = (len(self.cases), len(self.people))
        ones = np.ones(len(self.people), dtype=np.int64)
        member = sparse.csr_matrix((ones, (self.home, np.arange(len(self.people)))), shape=shape)
        flat = values.reshape(len(self.people), -1).astype(np.int64)
        return np.asarray(member @ flat).reshape((len(self.cases), *values.shape[1:]))


def gather(
    rows: Sequence[CodedRow],
    codes: Sequence[str] | None = None,
    *,
    cases: Sequence[str] = (),
    participants: Mapping[str, Sequence[str]] | None = None,
    suggested: Sequence[CodedRow] = (),
    charts: Sequence[Chart] = (),
    leave_out: Collection[str] = INTERVIEWERS,
    numbers: Sequence[int] = (),
) -> Evidence:
    """Settle what several coders gave, and count it; the arguments are those of `matrix.matrix`.

    Where an utterance has a row of the coder `adjudicated`, that row alone counts; else a code counts
    that more than half of the utterance's coders gave. Raises `StudyError` if nothing was reviewed yet.
    """
    kept, left_out = spoken(rows, leave_out, numbers[: len(rows)])
    offered, _ = spoken(suggested, leave_out, numbers[len(rows) :][: len(suggested)])
    if not kept and not offered:
        raise StudyError(
            "no utterance has been reviewed yet",
            hint="Send suggestions out with `secondcoder review export` and bring them back first.",
        )
    people_of = named([*kept, *offered])
    heard = collected(people_of[: len(kept)])
    extra = {key: one for key, one in collected(people_of[len(kept) :]).items() if key not in heard}
    known = _codes(heard, extra, codes)
    people = _people(heard, extra, participants or {}, cases)
    notices = [*_left_out_words(left_out), *_unnamed(people_of), *_unknown_codes(known, codes)]
    return _counted(heard, extra, people, known, charts, notices)


def _codes(
    heard: Mapping[tuple[object, ...], Heard],
    extra: Mapping[tuple[object, ...], Heard],
    codes: Sequence[str] | None,
) -> tuple[str, ...]:
    """The codebook's codes in its order, then those that only the rows know."""
    used = {
        given.code
        for one in (*heard.values(), *extra.values())
        for reading in one.readings.values()
        for given in reading
    }
    first = tuple(dict.fromkeys(codes or ()))
    return (*first, *sorted(used - set(first)))


def _unknown_codes(known: Sequence[str], codes: Sequence[str] | None) -> list[str]:
    if codes is None:
        return []
    given = set(codes)
    return [
        f"The code {code} is not in the codebook; it is compared too." for code in known if code not in given
    ]


def _left_out_words(left: Counter[str]) -> list[str]:
    return [f"Left out as an interviewer's: {number} rows of {name}." for name, number in left.items()]


def _unnamed(rows: Sequence[Named]) -> list[str]:
    """Rows without a speaker count, but presence is then one participant's, and that is said."""
    number = sum(person[1] == UNNAMED for _, person, _ in rows)
    if not number:
        return []
    if number == 1:
        return ["1 row names no speaker: it counts as one participant, the unnamed one of its case."]
    return [f"{number} rows name no speaker: they count as one participant of each case, its unnamed one."]


def _people(
    heard: Mapping[tuple[object, ...], Heard],
    extra: Mapping[tuple[object, ...], Heard],
    participants: Mapping[str, Sequence[str]],
    cases: Sequence[str],
) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Cases in the order given (others sorted after them), and people sorted within their cases."""
    people = {one.person for one in (*heard.values(), *extra.values())}
    people |= {(case, name) for case, names in participants.items() for name in names}
    first = tuple(dict.fromkeys(cases))
    every = (*first, *sorted({case for case, _ in people} - set(first)))
    place = {case: at for at, case in enumerate(every)}
    return every, sorted(people, key=lambda person: (place[person[0]], person[1]))


def _counted(
    heard: Mapping[tuple[object, ...], Heard],
    extra: Mapping[tuple[object, ...], Heard],
    found: tuple[tuple[str, ...], list[tuple[str, str]]],
    codes: tuple[str, ...],
    charts: Sequence[Chart],
    notices: list[str],
) -> Evidence:
    cases, people = found
    at = {person: number for number, person in enumerate(people)}
    code_at = {code: number for number, code in enumerate(codes)}
    case_at = {case: number for number, case in enumerate(cases)}
    looked = np.zeros(len(people), dtype=np.int64)
    np.add.at(looked, [at[one.person] for one in heard.values()], 1)
    turns: set[tuple[str, int]] = set()
    reviewed = _passages(heard.values(), at, code_at, turns, reviewed=True)
    offered = _passages(extra.values(), at, code_at, turns, reviewed=False)
    shape = (len(people), len(codes), len(DIRECTIONS))
    unreviewed = _tally(offered, shape)
    count = _tally(reviewed, shape) + unreviewed
    asked = np.repeat(((looked > 0) | (count[:, :, 0].sum(axis=1) > 0))[:, None], len(codes), axis=1)
    notices += _not_asked(asked, count, charts, people, code_at)
    coders = {coder for one in heard.values() for coder in one.readings} - {SETTLED}
    return Evidence(
        cases=cases,
        people=tuple(name for _, name in people),
        codes=codes,
        home=np.array([case_at[case] for case, _ in people], dtype=np.int64),
        count=count,
        unreviewed=unreviewed,
        looked=looked,
        asked=asked,
        passages=(*reviewed, *offered),
        looked_turns=frozenset(turns),
        coders=tuple(sorted(coders)),
        notices=tuple(notices),
    )


def _passages(
    utterances: Iterable[Heard],
    at: Mapping[tuple[str, str], int],
    code_at: Mapping[str, int],
    turns: set[tuple[str, int]],
    *,
    reviewed: bool,
) -> list[Passage]:
    """Every settled utterance with each of its codes; the turns that were looked at are added to `turns`."""
    out = []
    for one in utterances:
        source, turn, place = _where(one)
        if turn is not None:
            turns.add((source, turn))
        person, text = at[one.person], one.row.text
        for given in settle(one.readings):
            code = code_at[given.code]
            out.append(Passage(person, code, given.valence, text, source, turn, place, reviewed))
    return out


def _tally(passages: Sequence[Passage], shape: tuple[int, int, int]) -> np.ndarray:
    """Utterances by person, code and direction."""
    count = np.zeros(shape, dtype=np.int64)
    places = [(one.person, one.code, way) for one in passages for way in directions_of(one.valence)]
    if places:
        np.add.at(count, tuple(np.array(places).T), 1)
    return count


def directions_of(valence: Valence | None) -> tuple[int, ...]:
    """The places on the last axis at which an utterance counts; "both" counts as each of the two.

    >>> directions_of("barrier"), directions_of("both"), directions_of(None)
    ((0, 2), (0, 1, 2), (0,))
    """
    if valence == "both":
        return (0, 1, 2)
    return (0,) if valence is None else (0, DIRECTIONS.index(valence))


def _where(one: Heard) -> tuple[str, int | None, str]:
    """The source that a reference names (transcript, else person, else case), the turn, and a fallback where
    there are no turns."""
    row = one.row
    case, name = one.person
    source = row.transcript_id or (case if name == UNNAMED else name)
    turn = row.turn_index
    if turn is None and (found := _TURN_IN_ID.search(row.utterance_id)):
        turn = int(found[1])
    return source, turn, row.utterance_id or f"row {one.number}"


def _not_asked(
    asked: np.ndarray,
    count: np.ndarray,
    charts: Sequence[Chart],
    people: Sequence[tuple[str, str]],
    code_at: Mapping[str, int],
) -> list[str]:
    """Takes out of `asked` whom the analyst marked `not_asked`; data found since then wins, and is said."""
    notices = []
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (case, name) in enumerate(people):
        members[(case, "")].append(number)
        members[(case, name)].append(number)
    for chart in charts:
        if chart.status != "not_asked" or chart.code not in code_at:
            continue
        code = code_at[chart.code]
        who = members.get((chart.case, chart.participant), [])
        if any(count[person, code, 0] for person in who):
            place = f"{chart.case} {chart.participant}".strip()
            notices.append(
                f"{place}, {chart.code}: marked not_asked, yet utterances carry the code; they count."
            )
        for person in who:
            asked[person, code] = bool(count[person, code, 0])
    return notices
