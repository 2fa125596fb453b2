"""What `secondcoder compare` collects from a study or from tables before it calls the stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKBOOK, LONG, PATTERNS, MEMBERSHIPS = "matrix.xlsx", "matrix.csv", "patterns.csv", "qca.csv"


def of_study(
    study: Path,
    group: str = "",
    present_share: float | None = None,
    workbook: Path | None = None,
    with_suggestions: bool = False,
) -> tuple[Any, Any]:
    """Matrix and patterns of a study's reviewed codes, with the analyst's summaries kept."""
    from pipeline.cli._codebook import of_study as codebook_of
    from pipeline.cli._gate import check_swept
    from pipeline.compare.matrix import matrix
    from pipeline.compare.patterns import patterns
    from pipeline.errors import StudyError
    from pipeline.review.state import ADJUDICATED, coded_rows
    from pipeline.study import Study, judgements

    opened = Study.open(study)
    codes = [code.id for code in codebook_of(opened).leaves()]
    with opened.store() as store:
        check_swept(store)
        utterances = store.utterances(opened.case_of())
        rows = coded_rows(judgements.decisions(store), utterances)
        offered = judgements.suggestions(store) if with_suggestions else {}
    if not rows and not offered:
        raise StudyError("nothing has been reviewed yet", hint="secondcoder review export STUDY --coder NAME")
    groups = grouping(opened.cases(), group or opened.settings.compare.group, rows)
    people: dict[str, list[str]] = {}
    for one in opened.people():
        if one.participant and one.case in groups:
            people.setdefault(one.case, []).append(one.participant)
    laid = matrix(
        rows,
        codes,
        cases=sorted(groups),
        participants=people,
        suggested=_suggested(utterances, offered),
        charts=charts(opened, workbook),
    )
    share = opened.settings.compare.present_share if present_share is None else present_share
    rates, said = error_rates([row for row in rows if row.coder != ADJUDICATED], codes)
    return laid, _with(patterns(laid, groups, present_share=share, error_rates=rates), said)


def of_tables(
    coded: Path, cases: Path, group: str, present_share: float | None = None, workbook: Path | None = None
) -> tuple[Any, Any]:
    """Matrix and patterns from tables alone."""
    from pipeline.compare.matrix import matrix
    from pipeline.compare.patterns import patterns
    from pipeline.compare.settle import SETTLED
    from pipeline.compare.workbook import read_workbook
    from pipeline.exchange.table import read_table
    from pipeline.study.folder import read_cases

    rows = read_table(coded.read_bytes(), coded.name, needs=("case", "speaker", "text", "codes"))
    groups = grouping(read_cases(cases), group, rows)
    mine = read_workbook(workbook.read_bytes(), workbook.name) if workbook else ()
    laid = matrix(rows, cases=sorted(groups), charts=mine)
    codes = list(laid.codes)
    rates, said = error_rates([row for row in rows if row.coder != SETTLED], codes)
    share = 0.5 if present_share is None else present_share
    return laid, _with(patterns(laid, groups, present_share=share, error_rates=rates), said)


def grouping(cases: dict[str, dict[str, str]], column: str, rows: list[Any]) -> dict[str, str]:
    """Each case's group; raises `StudyError` for a case of the rows that the table of cases lacks."""
    from pipeline.errors import StudyError

    for row in rows:
        if row.case not in cases:
            raise StudyError(
                f"case {row.case or '(empty)'} of {row.speaker or row.transcript_id} is missing",
                where="cases.csv",
                hint="Add a row for it.",
            )
    if not cases or any(column not in attributes for attributes in cases.values()):
        raise StudyError(
            f"has no column {column}",
            where="cases.csv",
            hint="Name the column that groups the cases: --group",
        )
    return {case: attributes[column] for case, attributes in cases.items()}


def charts(opened: Any, workbook: Path | None) -> tuple[Any, ...]:
    """What the analyst wrote: in the workbook given, else in the study's own.

    Names in summaries that were not there at the last rebuild are masked, as in every note.
    """
    from dataclasses import replace

    from pipeline.cli._notes import masked
    from pipeline.compare.tables import read_csv
    from pipeline.compare.workbook import read_workbook

    reports = opened.folder / "reports"
    file = workbook or reports / WORKBOOK
    if workbook is None and not file.is_file():
        return ()
    found = read_workbook(file.read_bytes(), file.name)
    last = reports / LONG
    known = {one.summary for one in read_csv(last.read_bytes(), last.name)} if last.is_file() else set()
    new = [one.summary for one in found if one.summary and one.summary not in known]
    clean = dict(zip(new, masked(new), strict=True))
    return tuple(replace(one, summary=clean.get(one.summary, one.summary)) for one in found)


def error_rates(rows: list[Any], codes: list[str]) -> tuple[dict[str, Any], str]:
    """How often people differ, by code, from what several of them coded blind; and why not, if not."""
    from pipeline.agreement.audit import audit
    from pipeline.compare.robustness import rates_of
    from pipeline.errors import StudyError

    pages: dict[str, list[Any]] = {}
    for row in rows:
        if row.transcript_id and row.utterance_id and row.coder:
            pages.setdefault(row.coder, []).append(row)
    if len(pages) < 2:
        return {}, "Not re-run with coding errors: no two people have coded the same utterances."
    try:
        rates = rates_of([pair.as_json() for pair in audit(pages, codes, draws=50).pairs])
    except StudyError as error:
        return {}, f"Not re-run with coding errors: {error.message}."
    return rates, ""


def files(
    found: tuple[Any, Any],
    attributes: dict[str, dict[str, str]],
    asked: Any = None,
    answered: Any = None,
    names: dict[str, str] | None = None,
    checked: str = "",
) -> dict[str, bytes]:
    """Workbook, matrix, patterns (and memberships for R), the pictures, then how names were checked."""
    from pipeline.cli._gate import CHECKED
    from pipeline.cli._report_cases import pictures
    from pipeline.compare.qca import r_csv
    from pipeline.compare.tables import write_csv, write_patterns
    from pipeline.compare.workbook import write_workbook

    laid, comparison = found
    out = {
        WORKBOOK: write_workbook(laid, attributes, checked=checked),
        LONG: write_csv(laid, participants=True),
        PATTERNS: write_patterns(comparison),
    }
    if asked is not None:
        out[MEMBERSHIPS] = r_csv(asked.data)
    said = {CHECKED: f"{checked}\n".encode()} if checked else {}
    return {**out, **pictures(found, names or {}, answered, asked), **said}


def write_into(folder: Path, made: dict[str, bytes]) -> list[str]:
    """Write files that belong to no study; the folder is made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in made]


def ask(
    found: tuple[Any, Any], attributes: dict[str, dict[str, str]], conditions: list[str], outcome: str
) -> Any:
    """The question to QCA, from its lines."""
    from pipeline.compare.ask import parse, question
    from pipeline.errors import StudyError

    if not outcome or not conditions:
        raise StudyError(
            "QCA needs conditions and an outcome",
            hint="--condition FIDELITY=fidelity@5,8,11 --outcome ENGAGED=engagement@30,45,60",
        )
    laid, comparison = found
    asked = [parse(line) for line in conditions]
    share = comparison.rules.present_share
    return question(asked, parse(outcome), laid, attributes, present_share=share)


@dataclass(frozen=True)
class Answered:
    """A QCA with the quotations behind its rows: case, condition, quotations."""

    found: Any
    behind: dict[str, dict[str, list[dict[str, str]]]]


def qca(found: tuple[Any, Any], asked: Any, expect: list[str], incl_cut: float, n_cut: int) -> Answered:
    """Answer the question; `expect` holds `NAME` or `~NAME` as directional expectations."""
    from pipeline.compare.both import both_sides
    from pipeline.compare.linked import quotes_of

    expected = {line.lstrip("~"): 0 if line.startswith("~") else 1 for line in expect}
    whole = both_sides(asked, incl_cut=incl_cut, n_cut=n_cut, expectations=expected)
    behind = {
        case: {
            name: [{"text": quote.text, "ref": quote.ref} for quote in quotes]
            for name, quotes in by_name.items()
        }
        for row in whole.outcome.analysis.table.rows
        for case, by_name in quotes_of(row, found[0], asked.links).items()
    }
    return Answered(whole, behind)


def _suggested(utterances: list[Any], offered: dict[str, Any]) -> list[Any]:
    """The model's codes as rows, for utterances of participants."""
    from pipeline.records import CodedRow, Given

    return [
        CodedRow(
            transcript_id=one.transcript_id,
            codes=tuple(Given(code.code, code.valence) for code in offered[one.id] if code.suggested),
            utterance_id=one.id,
            turn_index=one.turn_index,
            case=one.case,
            speaker=one.speaker,
            role=one.role,
            text=one.text,
        )
        for one in utterances
        if one.id in offered and not one.context and one.case
    ]


def _with(comparison: Any, said: str) -> Any:
    from dataclasses import replace

    return replace(comparison, notices=(*comparison.notices, said)) if said else comparison
