"""What `codes import` reads: the one table, projects, highlights, and codebooks of other programs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline import codebook as codebooks
from pipeline.cli import _exchange
from pipeline.cli._codebook import of_study
from pipeline.cli._notes import masked
from pipeline.errors import StudyError
from pipeline.exchange.highlights import is_highlights
from pipeline.exchange.qdc import read_qdc
from pipeline.exchange.refi_read import read_project
from pipeline.exchange.schemes import codebook_of, read_scheme
from pipeline.exchange.table import read_table
from pipeline.records import NONE, CodedRow, Decision
from pipeline.review.state import coded_rows
from pipeline.study import Store, Study, batches, judgements
from pipeline.study.batches import Wanted


@dataclass(frozen=True, slots=True)
class Coded:
    """Rows of people's codes from a file; `digest` tells a file of another program from any other.

    `wanted` are codes that the study lacks: utterance id, coder, the code's name.
    """

    rows: list[CodedRow]
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    wanted: list[tuple[str, str, str]] = field(default_factory=list)
    digest: str = ""


def rows_of(study: Study, store: Store, file: Path, coder: str) -> Coded:
    """The rows of a file of any kind that `codes import` knows."""
    data, book = file.read_bytes(), of_study(study)
    if file.suffix.lower() == ".qdpx":
        read = _exchange.read_coding(study, store, data, file.name, book, coder)
    elif is_highlights(data, file.name):
        read = _exchange.read_marks(study, store, data, file.name, book, coder)
    else:
        return Coded(read_table(data, file.name, needs=("codes",)))
    rows = coded_rows(judgements.decisions(store), store.utterances(study.case_of()))
    before = [_exchange.renamed(row, book) for row in rows]
    digest = hashlib.sha256(data).hexdigest()
    return Coded(_exchange.unchanged(read.rows, before), read.problems, read.notices, read.wanted, digest)


def as_batches(store: Store, coded: Coded, made: list[Decision], run_id: int) -> list[Decision]:
    """The decisions of another program's file as one batch a coder, so that they can be taken back.

    The same file gives the same batches.
    """
    if not coded.digest:
        return made
    out = []
    for one in made:
        out.append(replace(one, batch_id=_batch_id(coded, one.coder)))
    for coder in {one.coder for one in made}:
        mine = [one for one in out if one.coder == coder]
        name = _batch_id(coded, coder)
        if not store.db.execute("SELECT 1 FROM batches WHERE id = ?", (name,)).fetchone():
            blind = mine[0].seen == "blind"
            judgements.add_batch(
                store, name, "project", coder, blind, {one.utterance_id: [] for one in mine}, run_id
            )
    return out


def keep_wanted(store: Store, coded: Coded, coder: str, run_id: int) -> int:
    """Keep the codes that coders used and the study lacks, as proposals; returns how many are new."""
    words = masked([words for *_, words in coded.wanted])
    news = [
        Wanted(word, who or coder, utterance, _batch_id(coded, who or coder))
        for (utterance, who, _), word in zip(coded.wanted, words, strict=True)
    ]
    return batches.add_wanted(store, news, run_id) if news else 0


def _batch_id(coded: Coded, coder: str) -> str:
    return hashlib.sha256(f"{coded.digest}/{coder}".encode()).hexdigest()[:8]


def import_project(study: Path, file: Path, *, accept_partial: bool = False) -> dict[str, Any]:
    """What `review import` does with a project: its coding comes in, with a result as for a sheet."""
    from pipeline.cli.codes import import_codes

    result = import_codes(study, file, accept_partial=accept_partial)
    return {"file": file.name, "batch": "", "coder": "", "not_in_file": 0, **result}


def refuse(problems: list[str], name: str) -> StudyError:
    """The refusal of a file with bad rows: the first of them, and how to go on."""
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return StudyError(
        f"{problems[0]}{more}",
        where=name,
        hint="Nothing was imported. Mend the file, or give --accept-partial to take the good rows.",
    )


def import_codebook(study: Path, file: Path, *, replace: bool) -> dict[str, Any]:
    """Compare the codes of a .qdc or .qdpx with the study's codebook; with `replace`, take them over.

    Raises `StudyError` and changes nothing where decisions stand on codes that the file lacks.
    """
    opened = Study.open(study)
    data = file.read_bytes()
    if file.suffix.lower() == ".qdc":
        codes, origin = read_qdc(data, file.name)
    else:
        project = read_project(data, file.name)
        codes, origin = project.codes, project.origin
    if not codes:
        raise StudyError("holds no code", where=file.name)
    book = of_study(opened)
    scheme = read_scheme(codes, book)
    lacking = sorted(scheme.unknown.values())
    result: dict[str, Any] = {"codes": len(codes), "known": len(scheme.ids), "lacking": lacking}
    if not replace:
        lines = [f"{len(scheme.ids)} of {len(codes)} codes stand in the codebook; nothing was changed."]
        lines += [f"  not in the codebook: {path}" for path in lacking]
        lines.append("Give --codebook to make the file's codes the study's codebook.")
        return {**result, "replaced": False, "lines": lines}
    new = codebook_of(codes, file.stem, origin)
    codebooks.parse(codebooks.dump(new), where=file.name)
    with opened.store() as store, opened.run(store, "codes import") as run:
        used = {one.code for one in judgements.decisions(store)} - {NONE}
        orphans = sorted(used - {code.id for code in new.leaves()})
        if orphans:
            raise StudyError(
                f"lacks {len(orphans)} codes that decisions stand on, such as {orphans[0]}",
                where=file.name,
                hint="Rename them in the codebook (was:) first, or start a new study for this codebook.",
            )
        opened.write_codebook(codebooks.dump(new))
        run.result = {"codes": len(new.codes)}
    lines = [f"The codebook of the study now holds the {len(new.codes)} codes of {file.name}."]
    return {**result, "replaced": True, "lines": lines}
