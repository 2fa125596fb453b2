"""Which transcripts there are to read: what is unchanged is told without loading what reads it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.study import Register, Store, Study


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read: the id of its transcript, the hash of its bytes and how many there are, and
    `settings`, the fingerprint of what else shapes its text."""

    id: str
    path: Path
    sha256: str
    size: int
    settings: str = ""


def plan(files: Sequence[Path], kept: Register, pattern: str) -> tuple[list[Job], int]:
    """Give every file its transcript id: the one it had, else from its name, else the next number.

    A transcript that was withdrawn is left out, by its file and by its id; the number tells how many are.
    """
    jobs: list[Job] = []
    fresh: list[Job] = []
    by_path = {source.path: name for name, source in kept.sources.items()}
    by_content = {source.sha256: name for name, source in reversed(kept.sources.items())}
    for path in files:
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        known = by_path.get(str(path)) or by_content.get(sha256, "")
        (jobs if known else fresh).append(Job(known, path, sha256, len(data)))
    gone, found = set(kept.withdrawn.values()), len(fresh)
    fresh = [job for job in fresh if kept.text_hash(job.sha256) not in gone]
    left_out = found - len(fresh)
    numbered = [name for name in kept.withdrawn if not re.search(pattern, name)]
    if fresh:
        from pipeline.transcripts.speakers import transcript_ids

        ids = transcript_ids([job.path.name for job in fresh], pattern, taken=[*kept.sources, *numbered])
        jobs += [replace(job, id=name) for name, job in zip(ids, fresh, strict=True)]
    left_out += sum(job.id in kept.withdrawn for job in jobs)
    unique = {job.id: job for job in jobs if job.id not in kept.withdrawn}
    return [unique[name] for name in sorted(unique)], left_out


def namesakes(jobs: Sequence[Job], kept: Register) -> dict[str, str]:
    """New transcripts whose file is called like that of another, lies elsewhere and says something else:
    perhaps a correction that was meant to take its place."""
    new = [job for job in jobs if job.id not in kept.sources]
    ends = tuple(job.path.name for job in new)
    alike = ((Path(one.path).name, name) for name, one in kept.sources.items() if one.path.endswith(ends))
    called = dict(alike)
    return {job.id: called[job.path.name] for job in new if job.path.name in called}


def fingerprint(study: Study, kept: Register, transcript_id: str) -> str:
    """What a transcript's text in the study depends on besides the file: settings, and what labels mean."""
    said = [one for one in kept.corrections if one.get("transcript", "") in ("", transcript_id)]
    depth = "thorough" if study.settings.pseudonymise.thorough else "md"
    return f"{study.settings_hash()}/{depth}/{kept.text_hash(repr(said))[:12]}"


def pending(study: Study, store: Store, jobs: Sequence[Job], kept: Register) -> list[Job]:
    """The jobs whose transcript is new or changed, in the file or in what shapes its text."""
    stored = store.fingerprints(job.id for job in jobs)
    return [
        job
        for job in jobs
        if stored.get(job.id, ())[:2] != (kept.text_hash(job.sha256), fingerprint(study, kept, job.id))
    ]


def said_of(kept: Register, transcript_id: str) -> dict[str, dict[str, str]]:
    """What people said of the labels of a transcript."""
    return {one["label"]: one for one in kept.corrections if one.get("transcript", "") in ("", transcript_id)}


def counts(store: Store, kept: Register, new: int, jobs: int) -> dict[str, int]:
    """What `ingest` tells of a study, `new` of `jobs` files being new or changed."""
    return {
        "new": new,
        "unchanged": jobs - new,
        "transcripts": store.count("transcripts"),
        "turns": store.count("turns"),
        "utterances": store.scalar("SELECT count(*) FROM utterances WHERE NOT context"),
        "identifiers": store.scalar("SELECT coalesce(sum(identifiers), 0) FROM transcripts"),
        "doubtful_speakers": sum(len(source.doubts) for source in kept.sources.values()),
        "doubtful_links": len(kept.doubtful),
    }
