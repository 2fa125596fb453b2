"""The first phase of ingest: read each file and find what identifies somebody in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import transcripts
from pipeline.cli import _found
from pipeline.cli._base import progress, say
from pipeline.errors import StudyError
from pipeline.pseudonymise.find import Finder
from pipeline.records import Transcript
from pipeline.study import Person, Register, Source, Store, Study, register
from pipeline.transcripts.speakers import INTERVIEWER, Speaker, cast, transcript_ids


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read, with the id of its transcript."""

    id: str
    path: Path
    sha256: str


def plan(files: Sequence[Path], kept: Register, pattern: str) -> tuple[list[Job], int]:
    """Give every file its transcript id: the one it had, else from its name, else the next number.

    A transcript that was withdrawn is left out, by its file and by its id; the number tells how many are.
    """
    jobs: list[Job] = []
    fresh: list[tuple[Path, str]] = []
    by_path = {source.path: name for name, source in kept.sources.items()}
    for path in files:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        known = by_path.get(str(path)) or kept.id_of(sha256)
        if known:
            jobs.append(Job(known, path, sha256))
        else:
            fresh.append((path, sha256))
    gone, found = set(kept.withdrawn.values()), len(fresh)
    fresh = [(path, sha256) for path, sha256 in fresh if kept.text_hash(sha256) not in gone]
    left_out = found - len(fresh)
    numbered = [name for name in kept.withdrawn if not re.search(pattern, name)]
    ids = transcript_ids([path.name for path, _ in fresh], pattern, taken=[*kept.sources, *numbered])
    jobs += [Job(name, path, sha256) for name, (path, sha256) in zip(ids, fresh, strict=True)]
    left_out += sum(job.id in kept.withdrawn for job in jobs)
    unique = {job.id: job for job in jobs if job.id not in kept.withdrawn}
    return [unique[name] for name in sorted(unique)], left_out


def read_all(jobs: Sequence[Job]) -> dict[str, Transcript]:
    """Read every file before anything is changed; `StudyError` names the first that cannot be read."""
    read: dict[str, Transcript] = {}
    errors: list[StudyError] = []
    for job in jobs:
        try:
            transcript = transcripts.read(job.path.read_bytes(), job.path.name)
            if not any(turn.text.strip() for turn in transcript.turns):
                raise StudyError("holds no talk", where=job.path.name)
            read[job.id] = replace(transcript, id=job.id)
        except StudyError as error:
            errors.append(error)
    if errors:
        more = f" ({len(errors) - 1} more files cannot be read)" if len(errors) > 1 else ""
        raise StudyError(
            errors[0].message + more,
            where=errors[0].where,
            hint=(errors[0].hint + " " if errors[0].hint else "") + "Nothing was changed.",
        )
    return read


def enrol(study: Study, kept: Register, jobs: Sequence[Job], read: dict[str, Transcript]) -> None:
    """Write down who speaks: labels into the register, case, participant and role into transcripts.csv."""
    people = {(one.transcript, one.participant): one for one in study.people()}
    for job in jobs:
        table = speakers(study, kept, read[job.id])
        spoken = {one.participant for one in table}
        people = {pair: one for pair, one in people.items() if pair[0] != job.id or pair[1] in spoken}
        for one in table:
            if one.role != INTERVIEWER and one.participant:
                person = Person(job.id, one.case, one.participant, one.role)
                people.setdefault((job.id, one.participant), person)
        kept.sources[job.id] = Source(
            path=str(job.path),
            sha256=job.sha256,
            participants={one.label: one.participant for one in table},
            roles={one.label: one.role for one in table},
            doubts={one.label: list(one.doubts) for one in table if one.doubts},
        )
    register.save(study.vault, kept)
    study.write_people(list(people.values()))


def speakers(study: Study, kept: Register, transcript: Transcript) -> list[Speaker]:
    """Who speaks in a transcript: by what people said of its labels, else by the study's settings."""
    said = {one["label"]: one for one in kept.corrections if one.get("transcript", "") in ("", transcript.id)}
    roles = {role: list(labels) for role, labels in study.settings.roles.items()}
    for label, one in said.items():
        if one.get("role"):
            roles = {role: [each for each in labels if each != label] for role, labels in roles.items()}
            roles.setdefault(one["role"], []).append(label)
    table = cast([transcript], roles, study.settings.study.transcript_id)
    return [
        replace(one, participant=said[one.label]["participant"])
        if said.get(one.label, {}).get("participant")
        else one
        for one in table
    ]


def fingerprint(study: Study, kept: Register, transcript_id: str) -> str:
    """What a transcript's text in the study depends on besides the file: settings, and what labels mean."""
    said = [one for one in kept.corrections if one.get("transcript", "") in ("", transcript_id)]
    depth = "thorough" if study.settings.pseudonymise.thorough else "md"
    return f"{study.settings_hash()}/{depth}/{kept.text_hash(repr(said))[:12]}"


def pending(study: Study, store: Store, jobs: Sequence[Job], kept: Register) -> list[Job]:
    """The jobs whose transcript is new or changed, in the file or in what shapes its text."""
    stored = {one.id: (one.source_hash, one.settings_hash) for one in store.transcripts()}
    return [
        job
        for job in jobs
        if stored.get(job.id) != (kept.text_hash(job.sha256), fingerprint(study, kept, job.id))
    ]


def find(
    study: Study, kept: Register, jobs: Sequence[Job], read: dict[str, Transcript], nlp: Any = None
) -> None:
    """Find identifiers and sentence ends, file by file; each result is written before the next begins."""
    todo = [job for job in jobs if not _done(study, job, fingerprint(study, kept, job.id))]
    if not todo:
        return
    say(f"Loading the name finder ({len(todo)} transcripts to read) ...")
    finder = Finder(study.settings.pseudonymise.thorough, nlp)
    for job in progress(todo, "Finding identifiers", len(todo)):
        transcript = read[job.id]
        labels = sorted({turn.speaker for turn in transcript.turns if turn.speaker})
        found = finder.find([turn.text for turn in transcript.turns], labels)
        turns = [
            replace(turn, sentence_starts=one.sentence_starts)
            for turn, one in zip(transcript.turns, found, strict=True)
        ]
        wanted = fingerprint(study, kept, job.id)
        record = _found.Found(
            job.id, job.sha256, wanted, transcript.format, turns, [one.identifiers for one in found]
        )
        _found.save(study.vault, record)


def _done(study: Study, job: Job, wanted: str) -> bool:
    """Whether an earlier run, perhaps one that was killed, did this very file already."""
    if not study.vault.has(_found.name(job.id)):
        return False
    record = _found.load(study.vault, job.id)
    return not record.settled and (record.sha256, record.settings) == (job.sha256, wanted)
