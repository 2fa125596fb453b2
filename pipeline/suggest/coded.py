"""A table of coded utterances as examples, with what each coder said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.errors import StudyError
from pipeline.records import VALENCES, CodedRow, Utterance
from pipeline.suggest.examples import ADJUDICATED, Embedder, Examples, previous_vectors, rolled_up


@dataclass(frozen=True, eq=False)
class Coded:
    """Examples with the settled answers, and each coder's own, (n, k), nan where a coder did not look."""

    examples: Examples
    by_coder: Mapping[str, np.ndarray] = field(default_factory=dict)

    def at(self, rows: np.ndarray) -> Coded:
        """The utterances at these places."""
        own = {coder: answers[rows] for coder, answers in self.by_coder.items()}
        return Coded(self.examples.at(rows), own)


def from_rows(rows: Sequence[CodedRow], embedder: Embedder, *, coder: str = "", speaker: str = "") -> Coded:
    """Coded rows as examples; the rows of one utterance by several coders become one.

    Truth is `coder`'s row if one is named, else the adjudicated row where there is one, else the majority
    of coders, a tie counting as absent. With `speaker` only the utterances of that speaker or role are
    kept, the others having served as the turn before. Raises `StudyError` if a named coder or speaker is
    not there, or no row is.
    """
    if not rows:
        raise StudyError("holds no coded utterance", hint="Check that the table has rows below its header.")
    units = _units(rows)
    utterances = _utterances(units)
    codes = tuple(sorted({given.code for row in rows for given in row.codes}))
    coders = sorted({row.coder for row in rows})
    if coder and coder not in coders:
        raise StudyError(f"no row is by the coder {coder}", hint=f"Coders: {', '.join(coders)}.")
    by_coder = {name: _of_coder(units, name, codes) for name in coders}
    answers, valences = _truth(units, codes, coder)
    kept = spoken_by(utterances, speaker) & ~np.isnan(answers).all(axis=1)
    if not codes:
        kept = spoken_by(utterances, speaker)
    chosen = [utterance for utterance, keep in zip(utterances, kept, strict=True) if keep]
    examples = Examples(
        utterances=tuple(chosen),
        vectors=embedder.embed([utterance.text for utterance in chosen]),
        previous=previous_vectors(chosen, embedder),
        codes=codes,
        answers=answers[kept],
        valences=valences[kept],
    )
    human = {name: own[kept] for name, own in by_coder.items() if not name.lower().startswith(ADJUDICATED)}
    return Coded(examples, human)


def _units(rows: Sequence[CodedRow]) -> list[list[CodedRow]]:
    """The rows of each utterance, transcript by transcript, in the order of the talk.

    Where one coder has several texts under one id, it numbers something else, and each text is a unit.
    """
    units: dict[tuple[str, str, int], list[CodedRow]] = defaultdict(list)
    nth: Counter[tuple[str, str, str]] = Counter()
    texts: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in rows:
        name, place = row.utterance_id, 0
        if name:
            said = texts[row.transcript_id, name, row.coder]
            if row.text not in said:
                said.append(row.text)
            place = said.index(row.text)
        else:
            turn = "" if row.turn_index is None else str(row.turn_index)
            nth[row.transcript_id, turn, row.coder] += 1
            name = f"{turn}#{nth[row.transcript_id, turn, row.coder]}"
        units[row.transcript_id, name, place].append(row)
    by_transcript: dict[str, list[list[CodedRow]]] = defaultdict(list)
    for (transcript, *_), unit in units.items():
        by_transcript[transcript].append(unit)
    for members in by_transcript.values():
        if all(unit[0].turn_index is not None for unit in members):
            members.sort(key=lambda unit: unit[0].turn_index or 0)
    return [unit for members in by_transcript.values() for unit in members]


def _utterances(units: Sequence[Sequence[CodedRow]]) -> list[Utterance]:
    """The utterances with the turn before and their place in the transcript."""
    sizes = Counter(unit[0].transcript_id for unit in units)
    recurring = _recurring(units)
    out: list[Utterance] = []
    turns: list[tuple[object, str]] = []
    for number, unit in enumerate(units):
        row = unit[0]
        if not out or out[-1].transcript_id != row.transcript_id:
            turns = []
        turn: object = ("row", number) if row.turn_index is None else row.turn_index
        if turns and turns[-1][0] == turn:
            turns[-1] = (turn, f"{turns[-1][1]} {row.text}")
        else:
            turns.append((turn, row.text))
        at = sum(1 for _ in turns)
        out.append(
            Utterance(
                id=row.utterance_id or f"{row.transcript_id}.{number + 1}",
                transcript_id=row.transcript_id,
                turn_index=row.turn_index if row.turn_index is not None else at,
                text=row.text,
                speaker=row.speaker,
                role=row.role or (row.speaker if row.speaker in recurring else ""),
                case=row.case,
                previous=turns[-2][1] if len(turns) > 1 else "",
                words=len(row.text.split()),
            )
        )
    place: Counter[str] = Counter()
    for number, utterance in enumerate(out):
        out[number] = replace(
            utterance, position=place[utterance.transcript_id] / sizes[utterance.transcript_id]
        )
        place[utterance.transcript_id] += 1
    return out


def _recurring(units: Sequence[Sequence[CodedRow]]) -> set[str]:
    """Speaker labels that most transcripts share ("therapist"): they name a role, not a person."""
    seen = {(unit[0].transcript_id, unit[0].speaker) for unit in units if unit[0].speaker}
    transcripts = len({unit[0].transcript_id for unit in units})
    counts = Counter(speaker for _, speaker in seen)
    return {speaker for speaker, count in counts.items() if transcripts > 1 and 2 * count > transcripts}


def _of_coder(units: Sequence[Sequence[CodedRow]], coder: str, codes: Sequence[str]) -> np.ndarray:
    answers = np.full((len(units), len(codes)), np.nan)
    for number, unit in enumerate(units):
        own = [row for row in unit if row.coder == coder]
        if own:
            given = {given.code for row in own for given in row.codes}
            answers[number] = [code in given for code in codes]
    return rolled_up(answers, codes)


def _truth(
    units: Sequence[Sequence[CodedRow]], codes: Sequence[str], coder: str
) -> tuple[np.ndarray, np.ndarray]:
    """Settled answers and valences, (n, k)."""
    answers = np.full((len(units), len(codes)), np.nan)
    valences = np.full((len(units), len(codes)), -1, dtype=np.int8)
    for number, unit in enumerate(units):
        rows = _that_count(unit, coder)
        if not rows:
            continue
        coders = {row.coder for row in rows}
        for column, code in enumerate(codes):
            votes = {row.coder for row in rows if any(given.code == code for given in row.codes)}
            answers[number, column] = 2 * len(votes) > len(coders)
            if answers[number, column]:
                valences[number, column] = _pointing(rows, code)
    return rolled_up(answers, codes), valences


def _that_count(unit: Sequence[CodedRow], coder: str) -> list[CodedRow]:
    if coder:
        return [row for row in unit if row.coder == coder]
    settled = [row for row in unit if row.coder.lower().startswith(ADJUDICATED)]
    return settled or list(unit)


def _pointing(rows: Sequence[CodedRow], code: str) -> int:
    said = {given.valence for row in rows for given in row.codes if given.code == code} - {None}
    if not said:
        return -1
    return VALENCES.index(said.pop()) if len(said) == 1 else VALENCES.index("both")


def spoken_by(utterances: Sequence[Utterance], speaker: str) -> np.ndarray:
    """Which utterances are a speaker's or a role's, n booleans; "" is everybody.

    Raises `StudyError` if nobody is called so.
    """
    if not speaker:
        return np.ones(len(utterances), dtype=bool)
    wanted = speaker.casefold()
    found = np.array([wanted in (each.speaker.casefold(), each.role.casefold()) for each in utterances])
    if not found.any():
        labels = sorted({name for each in utterances for name in (each.speaker, each.role) if name})
        raise StudyError(f"nobody is called {speaker}", hint=f"Speakers and roles: {', '.join(labels[:12])}.")
    return found
