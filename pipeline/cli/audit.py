"""`secondcoder audit`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show


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
    everything: Annotated[
        bool, typer.Option("--all", help="Every decision, not only those of the latest drawn sample.")
    ] = False,
    epsilon: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Grace for the model: .2 experts, .15 trained, .1 a crowd."),
    ] = 0.15,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write tables, methods text and a page with plots here."),
    ] = None,
    as_json: JsonOpt = False,
) -> None:
    """How far do coders agree with each other and with the model, code by code?

    Example:  secondcoder audit my-study
    """
    from pipeline.cli import _audit_words

    if len(what) == 1 and what[0].is_dir():
        result = audit_study(what[0], anchored=anchored, everything=everything, epsilon=epsilon)
    else:
        result = audit_tables(what, model=model, codebook=codebook, anchored=anchored, epsilon=epsilon)
    for notice in result.notices:
        say(f"{notice.place}: {notice.message}")
    for warning in result.warnings:
        say(warning)
    if out is not None:
        save(result, out, _names(what, codebook), _checked(what))
    if as_json:
        emit(result.as_json())
    else:
        for line in _audit_words.words(result):
            show(line)


def save(result: Any, out: Path, names: dict[str, str] | None = None, checked: str = "") -> None:
    """Write tables, methods text, an HTML page and its pictures into a folder."""
    from pipeline.cli import _audit_words
    from pipeline.cli._gate import CHECKED

    out.mkdir(parents=True, exist_ok=True)
    (out / "agreement.csv").write_bytes(_audit_words.figures_csv(result))
    (out / "disagreements.csv").write_bytes(_audit_words.disagreements_csv(result))
    (out / "methods.txt").write_text(f"{result.heading}\n\n{result.methods}\n", encoding="utf-8")
    (out / "audit.html").write_bytes(_audit_words.page(result, names or {}))
    drawn = _audit_words.pictures(result, names or {})
    for name, png in drawn.items():
        (out / name).write_bytes(png)
    if checked:
        (out / CHECKED).write_text(f"{checked}\n", encoding="utf-8")
    files = ["agreement.csv", "disagreements.csv", "methods.txt", "audit.html", *drawn]
    say(f"Written in {out}: {', '.join(files)}")


def _checked(what: list[Path]) -> str:
    """How a study's text was searched for names, as the audit shows some of it; "" where it shows none."""
    from pipeline.cli._gate import of_study
    from pipeline.errors import StudyError

    try:
        return of_study(what[0]) if what[0].is_dir() else ""
    except StudyError:
        return ""  # the audit is without participants' words then


def _names(what: list[Path], codebook: str) -> dict[str, str]:
    """The codes' names by id, where there is a codebook."""
    from pipeline import codebook as codebooks
    from pipeline.cli._codebook import find, of_study
    from pipeline.study import Study

    if len(what) == 1 and what[0].is_dir():
        book = of_study(Study.open(what[0]))
    elif codebook:
        book = codebooks.parse(find(codebook), where=codebook)
    else:
        return {}
    return {code.id: code.name for code in book.codes}


def audit_study(
    study: Path, *, anchored: bool = False, everything: bool = False, epsilon: float = 0.15
) -> Any:
    """Audit a study's decisions; the model's figures come from transcripts that it had not learned from."""
    from pipeline.agreement import decided
    from pipeline.agreement.audit import audit as run_audit
    from pipeline.cli._codebook import of_study
    from pipeline.review.state import ADJUDICATED, coded_rows, in_force
    from pipeline.study import Study, judgements

    opened = Study.open(study)
    book = of_study(opened)
    codes = [code.id for code in book.leaves()]
    with opened.store() as store:
        swept = store.stamp() == store.state()
        utterances = store.utterances(opened.case_of())
        decisions = judgements.decisions(store)
        offered = judgements.suggestions(store, only_suggested=True)
    kinds = {seen: _of_kind(decisions, seen) for seen in ("blind", "suggested")}
    pages = _by_coder([row for kind in kinds.values() for row in coded_rows(kind, utterances)])
    adjudicated = pages.pop(ADJUDICATED, None)
    _need_coders(pages, adjudicated)
    rows, scores, basis = _held_out(opened, book, decisions, utterances)
    open_codes = {seen: decided.open_codes(in_force(kind), utterances, codes) for seen, kind in kinds.items()}
    result = run_audit(
        pages,
        codes,
        model=rows,
        adjudicated=adjudicated,
        earlier=_by_coder(coded_rows(decided.first_rounds(decisions), utterances)),
        shown=_shown(utterances, offered),
        inclusion=None if everything else decided.inclusion(decisions, utterances) or None,
        unsaid=open_codes["blind"],
        unsaid_seen=open_codes["suggested"],
        scores=scores,
        anchored=anchored,
        model_basis=basis,
        epsilon=epsilon,
        seed=opened.settings.suggest.seed,
    )
    return result if swept else _without_text(result)


def audit_tables(
    tables: list[Path], *, model: Path | None, codebook: str, anchored: bool, epsilon: float = 0.15
) -> Any:
    """Audit coders' tables without a study."""
    from pipeline import codebook as codebooks
    from pipeline.agreement.audit import audit as run_audit
    from pipeline.cli._codebook import find
    from pipeline.errors import StudyError

    codes = None
    if codebook:
        codes = [code.id for code in codebooks.parse(find(codebook), where=codebook).leaves()]
    pages: dict[str, list[Any]] = {}
    for file in tables:
        for row in _rows(file):
            pages.setdefault(row.coder or file.stem, []).append(row)
    settled = pages.pop("adjudicated", None)
    if len(pages) + (model is not None) < 2:
        raise StudyError(
            "there is only one coder", where=tables[0].name, hint="Give a second table, or --model FILE."
        )
    return run_audit(
        pages,
        codes,
        model=None if model is None else _rows(model),
        adjudicated=settled,
        anchored=anchored,
        model_basis=f"as the table {model.name} has it" if model else "",
        epsilon=epsilon,
    )


def _rows(file: Path) -> list[Any]:
    from pipeline.errors import StudyError
    from pipeline.exchange.table import read_table

    if not file.is_file():
        raise StudyError("there is no such file", where=str(file))
    return read_table(file.read_bytes(), file.name, needs=("transcript_id", "codes"))


def _of_kind(decisions: list[Any], seen: str) -> list[Any]:
    """Decisions made blind (with adjudicated ones) or with suggestions in view; withdrawals go with both."""
    settled = ("adjudicated", "withdrawn") if seen == "blind" else ("withdrawn",)
    return [one for one in decisions if one.kind in settled or (one.kind == "coded" and one.seen == seen)]


def _by_coder(rows: list[Any]) -> dict[str, list[Any]]:
    pages: dict[str, list[Any]] = {}
    for row in rows:
        pages.setdefault(row.coder, []).append(row)
    return pages


def _held_out(opened: Any, book: Any, decisions: Any, utterances: Any) -> tuple[Any, Any, str]:
    """The model's page and scores, each transcript by a model that learned from others (None: from one)."""
    from pipeline.cli import _learning

    embedder = _learning.embedder_of(opened)
    own, previous = _learning.vectors(opened, embedder, utterances)
    coded, _ = _learning.examples(decisions, utterances, own, previous, book)
    before = _learning.cold(book, embedder, utterances)
    if len(set(coded.groups)) < 2:
        return None, None, ""
    offered = _learning.held_out(coded, book, before, opened.settings.suggest.seed)
    scores = {
        (one.transcript_id, one.id): {each.code: each.score for each in some}
        for one, some in zip(coded.utterances, offered, strict=True)
    }
    basis = "each transcript scored by a model that had learned from the other transcripts only"
    if before.starter is not None:
        basis += ", weighed against the starter model"
    return _learning.as_rows(coded.utterances, offered), scores, basis


def _shown(utterances: Any, offered: dict[str, list[Any]]) -> list[Any] | None:
    """The suggestions that stand in the study as rows, None where there are none."""
    from pipeline.cli._learning import as_rows

    return as_rows(utterances, [offered.get(one.id, []) for one in utterances]) if offered else None


def _without_text(result: Any) -> Any:
    """The audit without participants' words, as long as the text has not been swept."""
    from dataclasses import replace

    from pipeline.records import Notice

    def bare(pairs: Any) -> Any:
        return tuple(
            [
                replace(pair, disagreements=tuple([replace(one, text="") for one in pair.disagreements]))
                for pair in pairs
            ]
        )

    word = Notice("text", "not swept since it last changed, so disagreements are shown without their words")
    return replace(
        result,
        pairs=bare(result.pairs),
        self_agreement=bare(result.self_agreement),
        notices=(*result.notices, word),
    )


def _need_coders(pages: dict[str, list[Any]], adjudicated: list[Any] | None) -> None:
    from pipeline.errors import StudyError

    if not pages and not adjudicated:
        raise StudyError(
            "there are no decisions to audit", hint="secondcoder review export STUDY --coder NAME --blind"
        )
