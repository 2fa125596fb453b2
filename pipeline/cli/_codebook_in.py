"""`codes import` of a codebook: another program's codes compared with the study's, or taken over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline import codebook as codebooks
from pipeline.cli._codebook import of_study
from pipeline.errors import StudyError
from pipeline.exchange.qdc import read_qdc
from pipeline.exchange.refi_read import read_project
from pipeline.exchange.schemes import codebook_of, read_scheme
from pipeline.records import NONE
from pipeline.study import Study, judgements


def import_codebook(study: Path, file: Path, *, replace: bool) -> dict[str, Any]:
    """Compare the codes of a .qdc or .qdpx with the study's codebook; with `replace`, take them over.

    Raises `StudyError` and changes nothing where decisions stand on codes that the file lacks.
    """
    opened = Study.open(study)
    data = file.read_bytes()
    used: set[str] = set()
    if file.suffix.lower() == ".qdc":
        codes, origin = read_qdc(data, file.name)
        used = {code.guid for code in codes} if origin.startswith("Taguette") else set()  # all are tags
    else:
        project = read_project(data, file.name)
        codes, origin = project.codes, project.origin
        passages = [passage for document in project.documents for passage in document.passages]
        used = {coding.code for passage in passages for coding in passage.codings}
    if not codes:
        raise StudyError("holds no code", where=file.name)
    book = of_study(opened)
    scheme = read_scheme(codes, book)
    lacking = sorted(scheme.unknown.values())
    known = len(scheme.ids) + len(scheme.above) + len(scheme.valences)
    result: dict[str, Any] = {"codes": len(codes), "known": known, "lacking": lacking}
    if not replace:
        lines = [f"{known} of {len(codes)} codes stand in the codebook; nothing was changed."]
        lines += [f"  not in the codebook: {path}" for path in lacking]
        lines.append("Give --codebook to make the file's codes the study's codebook.")
        return {**result, "replaced": False, "lines": lines}
    new = codebook_of(codes, file.stem, origin, used)
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
