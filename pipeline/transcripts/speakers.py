"""Who speaks: from labels and transcript ids to participants, roles and cases, with what is doubtful.

Everything here is a proposal that a person confirms; nothing is stored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from pipeline.errors import StudyError
from pipeline.records import Transcript, Turn
from pipeline.transcripts.labels import is_id, key

INTERVIEWER = "interviewer"
PARTICIPANT = "participant"
"""The role of a label that no pattern knows."""
_FEW_WORDS = 20


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
    for name in names:
        stem = name.replace("\\\\", "/").rpartition("/")[2].rpartition(".")[0] or name
        candidate = stem if pattern is not None and pattern.fullmatch(stem) else ""
        if not candidate or candidate in used:
            number = 1
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
    known = {pattern: 0 for patterns in (roles or {}).values() for pattern in patterns}
    ranked = sorted({**known, **labels}.items(), key=lambda item: (-item[1], item[0]))
    found: list[Merge] = []
    merged: set[str] = set()
    for label, count in reversed(ranked):
        if not count:
            continue
        options = [
            (distance, -other_count, other)
            for other, other_count in ranked
            if (other != label and other not in merged and (other_count, label) > (count, other))
            or other in known
            if other != label and (distance := label_distance(label, other)) is not None
        ]
        if options and not role_known(label, known):
            distance, _, into = min(options)
            found.append(Merge(label, into, distance))
            merged.add(label)
    return sorted(found, key=lambda merge: merge.label)


def role_known(label: str, known: Iterable[str]) -> bool:
    """Whether a label is one of the study's own role labels."""
    return key(label) in {key(name) for name in known}


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
    known = {label: role_of(label, roles) for label in spoken}
    labelled = {label: _read_id(label, pattern) for label in spoken}
    people = [label for label in spoken if label and (known[label] != INTERVIEWER)]
    rows: list[Speaker] = []
    for number, (label, turns) in enumerate(spoken.items(), 1):
        if not label and all(_is_header(turn) for turn in turns):
            continue
        said = labelled[label]
        role = known[label] or (said.role if said else own.role if own and len(people) == 1 else "")
        if role == INTERVIEWER:
            participant = ""
        else:
            participant = _participant(label, transcript.id, own, said, people or [label], number)
        case = (said.case if said else "") or (own.case if own else "")
        words = sum(_words(turn) for turn in turns)
        doubts = _doubts(label, role, words, spoken, own, said, known)
        rows.append(
            Speaker(transcript.id, label, participant, role or PARTICIPANT, case, len(turns), words, doubts)
        )
    return rows


def _by_label(turns: Sequence[Turn]) -> dict[str, list[Turn]]:
    found: dict[str, list[Turn]] = {}
    for turn in turns:
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


def _participant(
    label: str,
    transcript: str,
    own: _Reading | None,
    said: _Reading | None,
    people: Sequence[str],
    number: int,
) -> str:
    """A participant's code: from the label, from the transcript's id, or counted; never a name."""
    if said is not None:
        return said.participant
    if len(people) == 1:
        return own.participant if own is not None else f"{transcript}.P1"
    place = people.index(label) + 1 if label in people else number
    return f"{transcript}.{label}" if label and is_id(label) else f"{transcript}.P{place}"


def _doubts(
    label: str,
    role: str,
    words: int,
    spoken: Mapping[str, Sequence[Turn]],
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
    counts = Counter({name: len(turns) for name, turns in spoken.items() if name})
    doubts += [f"may be a slip for {merge.into}" for merge in merges(counts) if merge.label == label]
    return tuple(doubts)


def _words(turn: Turn) -> int:
    inside = sum(len(turn.text[mark.start : mark.end].split()) for mark in turn.marks)
    return max(0, len(turn.text.split()) - inside)
