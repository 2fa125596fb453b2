"""Who speaks: from labels and transcript ids to participants, roles and cases, with what is doubtful.

Everything here is a proposal that a person confirms; nothing is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from pipeline.errors import StudyError
from pipeline.records import Transcript, Turn
from pipeline.transcripts.labels import key

INTERVIEWER = "interviewer"
PARTICIPANT = "participant"
"""The role of a label that no pattern knows."""
_FEW_WORDS = 20
_MAIN_SHARE = 0.9
"""Who says so much of what participants say is the one whom the transcript's id means."""
_CODE = re.compile(r"(?:[A-Z]{1,3}[-_.]?\d{1,4}[-_.]?){1,3}[A-Z]?")
"""A label that is a code in capitals and digits, which may be kept as it is: `FG2-P4`, `B1`."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One label of one transcript and who it is taken for.

    `label` is raw and may be a name: it may be shown, and kept in the register, nowhere else. `participant`
    never holds a name; it is "" for interviewers. `doubts` are for the person who confirms the table.
    """

    transcript: str
    label: str
    participant: str
    role: str
    case: str
    turns: int
    words: int
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """Two labels that look like one: `label` is the rarer spelling, `into` the one to keep."""

    label: str
    into: str
    distance: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """What an id says: case, participant and role, each "" where the pattern does not name it."""

    case: str = ""
    participant: str = ""
    role: str = ""


def cast(
    transcripts: Iterable[Transcript], roles: Mapping[str, Sequence[str]], id_pattern: str
) -> list[Speaker]:
    """The table label, participant, role, case, for every speaker of every transcript.

    `roles` gives the labels of each role, `{"interviewer": ["I", "INT"]}`; a number after them is allowed.
    `id_pattern` is a regular expression with the named groups `case`, `participant` and `role`, any of
    which may be missing. A label that no role knows counts as participant and is doubted. Raises
    `StudyError` for a pattern that is none.

    >>> talk = Transcript((Turn(1, "INT", "How?"), Turn(2, "S3PW1", "Fine, thanks.")), "txt", id="S3PW1")
    >>> ids = r"(?P<case>S\\d+)(?P<participant>(?P<role>PWC|PW)\\d*)"
    >>> table = cast([talk], {"interviewer": ["INT"]}, ids)
    >>> [(row.label, row.participant, row.role, row.case) for row in table]
    [('INT', '', 'interviewer', 'S3'), ('S3PW1', 'S3PW1', 'PW', 'S3')]
    """
    pattern = compiled(id_pattern)
    return [speaker for transcript in transcripts for speaker in _cast_one(transcript, roles, pattern)]


def compiled(id_pattern: str) -> re.Pattern[str] | None:
    """The id pattern ready for use, None where the study has none; raises `StudyError` if it is malformed."""
    if not id_pattern:
        return None
    try:
        return re.compile(id_pattern, re.I)
    except re.error as error:
        raise StudyError(
            f"is no regular expression: {error}",
            where="id_pattern",
            hint="Compare it with the one in the manual.",
        ) from error


def transcript_ids(names: Sequence[str], id_pattern: str, taken: Iterable[str] = ()) -> list[str]:
    """An id for each file: its name without the ending where that fits the pattern, else T001, T002, ...

    `taken` are the ids that the study already has; nobody gets one of them, nor one twice.

    >>> transcript_ids(["S3PW1.docx", "Talk with Ann.docx"], r"S\\d+PW\\d")
    ['S3PW1', 'T001']
    """
    pattern = compiled(id_pattern)
    used = set(taken)
    found: list[str] = []
    number = 1  # numbers below it are taken
    for name in names:
        stem = name.replace("\\\\", "/").rpartition("/")[2].rpartition(".")[0] or name
        candidate = stem if pattern is not None and pattern.fullmatch(stem) else ""
        if not candidate or candidate in used:
            while f"T{number:03d}" in used:
                number += 1
            candidate = f"T{number:03d}"
        used.add(candidate)
        found.append(candidate)
    return found


def role_of(label: str, roles: Mapping[str, Sequence[str]]) -> str:
    """The role whose patterns know a label, with or without a number after it, or "".

    >>> role_of("Interviewer 2:", {"interviewer": ["I", "Interviewer"]})
    'interviewer'
    """
    name = key(label).rstrip(":.").strip()
    bare = re.sub(r"[\s._-]*\d+$", "", name)
    for role, patterns in roles.items():
        if any(key(pattern) in (name, bare) for pattern in patterns):
            return role
    return ""


def merges(labels: Mapping[str, int], roles: Mapping[str, Sequence[str]] | None = None) -> list[Merge]:
    """Labels that look like slips of the pen for another one: `labels` maps each to how often it stands.

    One letter more, less, other or swapped in labels of 4 to 7 letters, two in longer ones; digits must
    agree, so `P1` is never merged into `P2`. The rarer goes into the commoner.

    >>> merges({"INTERVIEWER": 40, "INTERIVEWER": 1, "P1": 30, "P2": 3})
    [Merge(label='INTERIVEWER', into='INTERVIEWER', distance=1)]
    """
    known = [pattern for patterns in (roles or {}).values() for pattern in patterns]
    sure = {key(pattern) for pattern in known}
    roots: list[str] = []
    found: list[Merge] = []
    for label in sorted(labels, key=lambda label: (key(label) not in sure, -labels[label], label)):
        near = [
            (distance, place, other)
            for place, other in enumerate([*roots, *known])
            if (distance := label_distance(label, other)) is not None
        ]
        if not near or key(label) in sure:
            roots.append(label)
        else:
            distance, _, into = min(near)
            found.append(Merge(label, into, distance))
    return sorted(found, key=lambda merge: merge.label)


def label_distance(a: str, b: str) -> int | None:
    """The number of slips between two labels, or None where they are too far apart to be one."""
    first, second = key(a), key(b)
    if re.findall(r"\d", first) != re.findall(r"\d", second):
        return None
    if first == second:
        return 0
    shorter = min(len(first), len(second))
    allowed = 0 if shorter < 4 else 1 if shorter < 8 else 2
    distance = int(OSA.distance(first, second))
    return distance if distance <= allowed else None


def _cast_one(
    transcript: Transcript, roles: Mapping[str, Sequence[str]], pattern: re.Pattern[str] | None
) -> list[Speaker]:
    spoken = _by_label(transcript.turns)
    own = _read_id(transcript.id, pattern)
    slips = {m.label: m.into for m in merges({label: len(spoken[label]) for label in spoken if label}, roles)}
    known = {label: role_of(slips.get(label, label), roles) for label in spoken}
    said = {label: _read_id(label, pattern) for label in spoken}
    words = {label: sum(_spoken(turn) for turn in turns) for label, turns in spoken.items()}
    people = [label for label in spoken if known[label] != INTERVIEWER and slips.get(label) not in spoken]
    main = _main_voice(people, words)
    codes = _codes(people, transcript.id, own if main or people == [""] else None, said, main)
    rows: list[Speaker] = []
    for label, turns in spoken.items():
        meant = slips[label] if slips.get(label) in spoken else label
        reading = said[meant] or (own if meant in (main, "") and main else None)
        role = known[label] or (reading.role if reading else "")
        case = next((r.case for r in (said[meant], own) if r is not None and r.case), "")
        doubts = _doubts(label, role, words[label], own, said[label], known)
        if label in slips:
            doubts = (*doubts, f"may be a slip for {slips[label]}")
        code = "" if role == INTERVIEWER else codes.get(meant, "")
        rows.append(
            Speaker(transcript.id, label, code, role or PARTICIPANT, case, len(turns), words[label], doubts)
        )
    return rows


def _main_voice(people: Sequence[str], words: Mapping[str, int]) -> str:
    """The label of the one person whom the transcript's id means: nearly all the talk is theirs, or ""."""
    named = [label for label in people if label]
    total = sum(words[label] for label in named)
    loudest = max(named, key=lambda label: words[label], default="")
    return loudest if len(named) == 1 or (named and words[loudest] >= _MAIN_SHARE * total > 0) else ""


def _codes(
    people: Sequence[str],
    transcript: str,
    own: _Reading | None,
    said: Mapping[str, _Reading | None],
    main: str,
) -> dict[str, str]:
    """A participant's code for each label: what it says, the transcript's own, or a number; never a name."""
    if own is not None and said[main] is None and all(label in (main, "") for label in people):
        return dict.fromkeys(people, own.participant)
    found: dict[str, str] = {}
    for label in people:
        reading = said[label]
        if reading is not None:
            found[label] = reading.participant
        elif own is not None and label == main:
            found[label] = own.participant
        elif _CODE.fullmatch(label):
            found[label] = f"{transcript}.{label}"
    number = 1
    for label in people:
        if label in found:
            continue
        while f"{transcript}.P{number}" in found.values():
            number += 1
        found[label] = f"{transcript}.P{number}"
    return found


def _by_label(turns: Sequence[Turn]) -> dict[str, list[Turn]]:
    """The turns of each label in the order of appearance; titles and closing lines are nobody's."""
    found: dict[str, list[Turn]] = {}
    for turn in turns:
        if turn.speaker or not _is_header(turn):
            found.setdefault(turn.speaker, []).append(turn)
    return found


def _is_header(turn: Turn) -> bool:
    return bool(turn.marks) and all(mark.kind == "header" for mark in turn.marks)


def _read_id(text: str, pattern: re.Pattern[str] | None) -> _Reading | None:
    """What an id says, or None where it does not fit the pattern."""
    m = pattern.fullmatch(text.strip()) if pattern is not None and text.strip() else None
    if m is None:
        return None
    groups = {name: value or "" for name, value in m.groupdict().items()}
    case, person = groups.get("case", ""), groups.get("participant", "")
    if not person:
        person = m[0]
    elif case and not (m.start("participant") <= m.start("case") and m.end("case") <= m.end("participant")):
        person = case + person
    return _Reading(case, person, groups.get("role", ""))


def _doubts(
    label: str,
    role: str,
    words: int,
    own: _Reading | None,
    said: _Reading | None,
    known: Mapping[str, str],
) -> tuple[str, ...]:
    doubts: list[str] = []
    if not label:
        doubts.append("these turns carry no label")
    elif not role:
        doubts.append("no role knows this label; it counts as participant")
    if said is not None and own is not None and said.participant.casefold() != own.participant.casefold():
        doubts.append("the label and the transcript's id name different participants")
    if INTERVIEWER not in known.values() and role != INTERVIEWER:
        doubts.append("nobody in this transcript is known as interviewer")
    if words < _FEW_WORDS and role != INTERVIEWER:
        doubts.append(f"says only {words} words")
    return tuple(doubts)


def _spoken(turn: Turn) -> int:
    """The words of a turn that stand outside its remarks."""
    text = list(turn.text)
    for mark in turn.marks:
        text[mark.start : mark.end] = " " * (mark.end - mark.start)
    return sum(1 for word in "".join(text).split() if any(char.isalnum() for char in word))
