"""`secondcoder audit`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show, table


@app.command()
def audit(
    what: Annotated[
        list[Path],
        typer.Argument(
            metavar="STUDY | TABLE TABLE...", help="A study, or coded tables.", show_default=False
        ),
    ],
    model: Annotated[Path | None, typer.Option(metavar="FILE", help="The model's codes as a table.")] = None,
    codebook: Annotated[str, typer.Option(help="The codebook of the tables, by name or file.")] = "",
    anchored: Annotated[bool, typer.Option(help="Take decisions made with suggestions in view too.")] = False,
    as_json: JsonOpt = False,
) -> None:
    """How far do coders agree with each other and with the model, code by code?

    Example:  secondcoder audit my-study
    """
    if len(what) == 1 and what[0].is_dir():
        result = audit_study(what[0], anchored=anchored)
    else:
        result = audit_tables(what, model=model, codebook=codebook, anchored=anchored)
    found = result.as_json()
    if as_json:
        emit(found)
        return
    show(result.heading)
    for pair in result.pairs:
        show("")
        show(f"{pair.a} with {pair.b}: {pair.units} utterances of {pair.interviews} interviews")
        show(
            table(
                _rows(pair), ["code", "n", "given", "percent", "kappa", "95 % interval", "alpha", "AC1", "P+"]
            )
        )
    for notice in result.notices:
        say(f"{notice.place}: {notice.message}")
    for warning in result.warnings:
        say(warning)


def audit_study(study: Path, *, anchored: bool = False) -> Any:
    """Audit a study's decisions; the model's figures come from transcripts that it had not learned from."""
    import numpy as np

    from pipeline.agreement.audit import audit as run_audit
    from pipeline.cli import _learning
    from pipeline.cli._codebook import of_study
    from pipeline.review.state import ADJUDICATED, coded_rows
    from pipeline.study import Study, judgements

    opened = Study.open(study)
    book = of_study(opened)
    seed = opened.settings.suggest.seed
    with opened.store() as store:
        utterances = store.utterances(opened.case_of())
        decisions = judgements.decisions(store)
    pages: dict[str, list[Any]] = {}
    for row in coded_rows(decisions, utterances):
        pages.setdefault(row.coder, []).append(row)
    adjudicated = pages.pop(ADJUDICATED, None)
    _need_coders(pages, adjudicated)
    embedder = _learning.embedder_of(opened)
    own, previous = _learning.vectors(opened, embedder, utterances)
    coded, _ = _learning.examples(decisions, utterances, own, previous, book)
    before = _learning.cold(book, embedder)
    if len(np.unique(coded.groups)) > 1:
        rows = _learning.as_rows(coded.utterances, _learning.held_out(coded, book, before, seed))
        basis = "each transcript scored by a model that had learned from the other transcripts only"
        if before.starter is not None:
            basis += ", weighed against the starter model"
    else:
        rows, basis = None, ""
    return run_audit(
        pages,
        [code.id for code in book.leaves()],
        model=rows,
        adjudicated=adjudicated,
        anchored=anchored,
        model_basis=basis,
        seed=seed,
    )


def audit_tables(tables: list[Path], *, model: Path | None, codebook: str, anchored: bool) -> Any:
    """Audit coders' tables without a study."""
    from pipeline import codebook as codebooks
    from pipeline.agreement.audit import audit as run_audit
    from pipeline.cli._codebook import find
    from pipeline.errors import StudyError
    from pipeline.exchange.table import read_table

    codes = None
    if codebook:
        codes = [code.id for code in codebooks.parse(find(codebook), where=codebook).leaves()]
    pages: dict[str, list[Any]] = {}
    for file in tables:
        for row in read_table(file.read_bytes(), file.name, needs=("transcript_id", "utterance_id", "codes")):
            pages.setdefault(row.coder or file.stem, []).append(row)
    if len(pages) + (model is not None) < 2:
        raise StudyError(
            "there is only one coder", where=tables[0].name, hint="Give a second table, or --model FILE."
        )
    settled = pages.pop("adjudicated", None)
    said = None
    if model is not None:
        said = read_table(model.read_bytes(), model.name, needs=("transcript_id", "utterance_id", "codes"))
    return run_audit(
        pages,
        codes,
        model=said,
        adjudicated=settled,
        anchored=anchored,
        model_basis=f"the table {model.name}" if model else "",
    )


def _need_coders(pages: dict[str, list[Any]], adjudicated: list[Any] | None) -> None:
    from pipeline.errors import StudyError

    if not pages and not adjudicated:
        raise StudyError(
            "there are no decisions to audit", hint="secondcoder review export STUDY --coder NAME --blind"
        )


def _rows(pair: Any) -> list[list[str]]:
    rows = []
    for one in [*pair.per_code, pair.overall]:
        data = one.as_json()
        low, high = data["ci"].get("kappa") or (None, None)
        span = f"{low:.2f} to {high:.2f}" if low is not None and high is not None else "-"
        figures = [data[key] for key in ("prevalence", "percent", "kappa")]
        rest = [data[key] for key in ("alpha", "ac1", "p_pos")]
        rows.append([data["code"], str(data["n"]), *map(_two, figures), span, *map(_two, rest)])
    return rows


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
