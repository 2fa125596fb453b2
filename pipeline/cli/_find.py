"""The first phase of ingest: read each file and find what identifies somebody in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline import transcripts
from pipeline.cli import _found
from pipeline.cli._base import progress, say
from pipeline.cli._jobs import Job, fingerprint, said_of
from pipeline.errors import StudyError
from pipeline.pseudonymise.find import Finder
from pipeline.study import Person, Register, Source, Study, register
from pipeline.study.vault import seal
from pipeline.transcripts.speakers import INTERVIEWER, Speaker, cast
from pipeline.workers import Pool

_WORTH = 200_000
"""Bytes of transcripts that take one core about twice as long as a process takes to start and load models."""


def check(study: Study, kept: Register, jobs: Sequence[Job], pool: Pool) -> dict[str, list[Speaker]]:
    """Read every file before anything is changed: who speaks in each transcript.

    Nothing of what is said is kept, however many files there are. `StudyError` names the first file that
    cannot be read.
    """

    def packed(job: Job) -> tuple[Any, ...]:
        roles = _roles(study, kept, job.id)
        return _bytes(job), job.path.name, job.id, roles, study.settings.study.transcript_id

    tables: dict[str, list[Speaker]] = {}
    errors: dict[int, StudyError] = {}
    found = pool.map(_who_speaks, jobs, worth=_worth(jobs), pack=packed)
    for number, table in found if pool.here(_worth(jobs)) else progress(found, "Reading files", len(jobs)):
        if isinstance(table, StudyError):
            errors[number] = table
        else:
            tables[jobs[number].id] = _corrected(table, kept, jobs[number].id)
    pool.rest()  # a worker that comes to need half a gigabyte more is taken for one that leaks
    if errors:
        first = errors[min(errors)]
        more = f" ({len(errors) - 1} more files cannot be read)" if len(errors) > 1 else ""
        raise StudyError(
            first.message + more,
            where=first.where,
            hint=(first.hint + " " if first.hint else "") + "Nothing was changed.",
        )
    return tables


def _who_speaks(
    data: bytes | None, name: str, transcript_id: str, roles: dict[str, list[str]], pattern: str
) -> list[Speaker] | StudyError:
    """Run in a worker: the table of speakers of one file, or why it cannot be read."""
    try:
        transcript = transcripts.read(_there(data, name), name)
        if not any(turn.text.strip() for turn in transcript.turns):
            raise StudyError("holds no talk", where=name)
    except StudyError as error:
        return error
    return cast([replace(transcript, id=transcript_id)], roles, pattern)


def _bytes(job: Job) -> bytes | None:
    """The file as it was when its transcript got its id; None where it is gone or has changed since."""
    try:
        data = job.path.read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == job.sha256 else None


def _there(data: bytes | None, name: str) -> bytes:
    if data is None:
        raise StudyError("has changed while it was read", where=name, hint="Run the command again.")
    return data


def _worth(jobs: Sequence[Job]) -> float:
    return sum(job.size for job in jobs) / _WORTH


def enrol(study: Study, kept: Register, jobs: Sequence[Job], tables: dict[str, list[Speaker]]) -> None:
    """Write down who speaks: labels into the register, case, participant and role into transcripts.csv.

    This comes before anything is found, so that a study that was stopped meanwhile knows its files: their ids
    stay, and an interview can be withdrawn.
    """
    spoken = {name: {one.participant for one in table} for name, table in tables.items()}
    people = {
        (one.transcript, one.participant): one
        for one in study.people()
        if one.transcript not in spoken or one.participant in spoken[one.transcript]
    }
    sources = {}
    for job in jobs:
        table = tables[job.id]
        for one in table:
            if one.role != INTERVIEWER and one.participant:
                person = Person(job.id, one.case, one.participant, one.role)
                people.setdefault((job.id, one.participant), person)
        sources[job.id] = Source(
            path=str(job.path),
            sha256=job.sha256,
            participants={one.label: one.participant for one in table},
            roles={one.label: one.role for one in table},
            doubts={one.label: list(one.doubts) for one in table if one.doubts},
        )
    register.enrol(study.vault, kept, sources)
    study.write_people(list(people.values()))


def _roles(study: Study, kept: Register, transcript_id: str) -> dict[str, list[str]]:
    """The labels of each role in a transcript: by what people said of them, else by the settings."""
    roles = {role: list(labels) for role, labels in study.settings.roles.items()}
    for label, one in said_of(kept, transcript_id).items():
        if one.get("role"):
            roles = {role: [each for each in labels if each != label] for role, labels in roles.items()}
            roles.setdefault(one["role"], []).append(label)
    return roles


def _corrected(table: list[Speaker], kept: Register, transcript_id: str) -> list[Speaker]:
    """The table of speakers with the participants that people named."""
    said = said_of(kept, transcript_id)
    return [
        replace(one, participant=said[one.label]["participant"])
        if said.get(one.label, {}).get("participant")
        else one
        for one in table
    ]


def find(study: Study, kept: Register, jobs: Sequence[Job], pool: Pool, nlp: Any = None) -> None:
    """Find identifiers and sentence ends, file by file; each result is encrypted where it was found."""
    todo = [job for job in jobs if not _done(study, job, fingerprint(study, kept, job.id))]
    if not todo:
        return
    thorough, public = study.settings.pseudonymise.thorough, study.vault.public

    def packed(job: Job) -> tuple[Any, ...]:
        return replace(job, settings=fingerprint(study, kept, job.id)), _bytes(job), thorough, nlp, public

    say(f"Loading the name finder ({len(todo)} transcripts to read) ...")
    found = pool.map(_found_in, todo, worth=_worth(todo), pack=packed)
    for number, sealed in progress(found, "Finding identifiers", len(todo)):
        study.vault.keep(_found.name(todo[number].id), sealed)


def _found_in(job: Job, data: bytes | None, thorough: bool, nlp: Any, public: str) -> bytes:
    """Run in a worker: what identifies somebody in one file, encrypted to the study's key."""
    transcript = transcripts.read(_there(data, job.path.name), job.path.name)
    labels = sorted({turn.speaker for turn in transcript.turns if turn.speaker})
    found = Finder(thorough, nlp).find([turn.text for turn in transcript.turns], labels)
    turns = [
        replace(turn, sentence_starts=one.sentence_starts)
        for turn, one in zip(transcript.turns, found, strict=True)
    ]
    record = _found.Found(
        job.id, job.sha256, job.settings, transcript.format, turns, [one.identifiers for one in found]
    )
    return seal(_found.packed(record), public)


def _done(study: Study, job: Job, wanted: str) -> bool:
    """Whether an earlier run, perhaps one that was killed, did this very file already."""
    if not study.vault.has(_found.name(job.id)):
        return False
    record = _found.load(study.vault, job.id)
    return not record.settled and (record.sha256, record.settings) == (job.sha256, wanted)
