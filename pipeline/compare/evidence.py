"""Coded rows of one or several coders become settled utterances, and counts by participant and code."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import sparse

from pipeline.errors import StudyError
from pipeline.records import CodedRow, Given, Valence

Direction = Literal["facilitator", "barrier"]
DIRECTIONS: tuple[Direction | None, ...] = (None, "facilitator", "barrier")
"""The last axis of every array of counts; None means "however it points"."""

SETTLED = "adjudicated"
"""The name that stands in the column `coder` where a disagreement was settled."""

INTERVIEWERS = ("interviewer", "int", "i", "researcher", "moderator", "q")
"""Roles and speaker labels (capitals do not matter) whose rows are no participant's."""

_Numbered = tuple[int, CodedRow]
_Named = tuple[int, tuple[str, str], CodedRow]

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

    def by_case(self, values: np.ndarray) -> np.ndarray:
        """Sums over the people of each case; the first axis of `values` is the people."""
        shape = (len(self.cases), len(self.people))
        ones = np.ones(len(self.people), dtype=np.int64)
        member = sparse.csr_matrix((ones, (self.home, np.arange(len(self.people)))), shape=shape)
        flat = values.reshape(len(self.people), -1).astype(np.int64)
        return np.asarray(member @ flat).reshape((len(self.cases), *values.shape[1:]))


@dataclass
class _Heard:
    """One utterance while its coders' readings are collected."""

    person: tuple[str, str]
    row: CodedRow
    number: int
    readings: dict[str, list[Given]] = field(default_factory=lambda: defaultdict(list))


def gather(
    rows: Sequence[CodedRow],
    codes: Sequence[str] | None = None,
    *,
    cases: Sequence[str] = (),
    participants: Mapping[str, Sequence[str]] | None = None,
    suggested: Sequence[CodedRow] = (),
    charts: Sequence[Chart] = (),
    leave_out: Collection[str] = INTERVIEWERS,
) -> Evidence:
    """Settle what several coders gave, and count it; the arguments are those of `matrix.matrix`.

    Where an utterance has a row of the coder `adjudicated`, that row alone counts; else a code counts
    that more than half of the utterance's coders gave. Raises `StudyError` if nothing was reviewed yet.
    """
    spoken, left_out = _spoken(rows, leave_out)
    offered, _ = _spoken(suggested, leave_out)
    if not spoken and not offered:
        raise StudyError(
            "no utterance has been reviewed yet",
            hint="Send suggestions out with `secondcoder review export` and bring them back first.",
        )
    named = _named([*spoken, *offered])
    heard = _heard(named[: len(spoken)])
    extra = {key: one for key, one in _heard(named[len(spoken) :]).items() if key not in heard}
    known = _codes(heard, extra, codes)
    people = _people(heard, extra, participants or {}, cases)
    notices = [*_left_out_words(left_out), *_unknown_codes(known, codes)]
    return _counted(heard, extra, people, known, charts, notices)


def _spoken(rows: Sequence[CodedRow], leave_out: Collection[str]) -> tuple[list[_Numbered], Counter[str]]:
    """The participants' rows with their numbers, and how many of whom were left out."""
    out = {name.casefold() for name in leave_out}
    kept, left = [], Counter[str]()
    for number, row in enumerate(rows, start=2):  # as a spreadsheet counts, below the header
        label = row.speaker.strip().rstrip(":").casefold()
        if row.role.casefold() in out or (not row.role and label in out):
            left[row.speaker or row.role] += 1
            continue
        if not row.case:
            where = row.utterance_id or row.transcript_id or f"row {number}"
            raise StudyError("has no case", where=where, hint="Fill in the column `case`.")
        kept.append((number, row))
    return kept, left


def _named(rows: Sequence[_Numbered]) -> list[_Named]:
    """Each row with its person, `(case, name)`.

    A label that occurs in several cases ("P", "Participant") names a role and not a person: there the
    transcript stands for the person.
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
        if not name:
            raise StudyError(
                "a row names neither speaker nor transcript", where=f"case {row.case}", hint="Fill one in."
            )
        out.append((number, (row.case, name), row))
    return out


def _heard(rows: Iterable[_Named]) -> dict[tuple[object, ...], _Heard]:
    """The utterances with their readings by coder."""
    heard: dict[tuple[object, ...], _Heard] = {}
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
            one = heard[key] = _Heard(person, row, number)
        one.readings[row.coder].extend(row.codes)
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


def _codes(
    heard: Mapping[tuple[object, ...], _Heard],
    extra: Mapping[tuple[object, ...], _Heard],
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


def _people(
    heard: Mapping[tuple[object, ...], _Heard],
    extra: Mapping[tuple[object, ...], _Heard],
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
    heard: Mapping[tuple[object, ...], _Heard],
    extra: Mapping[tuple[object, ...], _Heard],
    found: tuple[tuple[str, ...], list[tuple[str, str]]],
    codes: tuple[str, ...],
    charts: Sequence[Chart],
    notices: list[str],
) -> Evidence:
    cases, people = found
    at = {person: number for number, person in enumerate(people)}
    code_at = {code: number for number, code in enumerate(codes)}
    case_at = {case: number for number, case in enumerate(cases)}
    shape = (len(people), len(codes), len(DIRECTIONS))
    count, unreviewed = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    looked = np.zeros(len(people), dtype=np.int64)
    passages: list[Passage] = []
    turns = set()
    for utterances, reviewed in ((heard, True), (extra, False)):
        for one in utterances.values():
            person = at[one.person]
            source, turn, place = _where(one)
            looked[person] += reviewed
            if turn is not None:
                turns.add((source, turn))
            for given in settle(one.readings):
                code = code_at[given.code]
                for way in directions_of(given.valence):
                    count[person, code, way] += 1
                    unreviewed[person, code, way] += not reviewed
                text = one.row.text
                passages.append(Passage(person, code, given.valence, text, source, turn, place, reviewed))
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
        passages=tuple(passages),
        looked_turns=frozenset(turns),
        coders=tuple(sorted(coders)),
        notices=tuple(notices),
    )


def directions_of(valence: Valence | None) -> tuple[int, ...]:
    """The places on the last axis at which an utterance counts; "both" counts as each of the two.

    >>> directions_of("barrier"), directions_of("both"), directions_of(None)
    ((0, 2), (0, 1, 2), (0,))
    """
    if valence == "both":
        return (0, 1, 2)
    return (0,) if valence is None else (0, DIRECTIONS.index(valence))


def _where(one: _Heard) -> tuple[str, int | None, str]:
    """The source that a reference names, the turn, and a fallback where there are no turns."""
    row = one.row
    source = row.transcript_id or one.person[1]
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
