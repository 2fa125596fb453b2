"""What `secondcoder compare` collects from a study or from tables before it calls the stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.cli._base import say
from pipeline.cli._matrix_files import BEFORE, LONG, MEMBERSHIPS, PAGE, PATTERNS, WORKBOOK

_LINES = 6
"""Lines on summaries' references that are shown; more are counted."""

_MANY_ROWS = 10_000
"""Rows of the workbook from which it is said that they take a while."""


@dataclass(frozen=True)
class Asked:
    """What `compare` was asked: the grouping column, the outliers' group, thresholds, files, suggestions.

    An empty or missing value is the study's setting, or the default without a study.
    """

    group: str = ""
    outlier: str | None = None
    present_share: float | None = None
    workbook: Path | None = None
    with_suggestions: bool = False


def of_study(study: Path, asked: Asked) -> tuple[Any, Any]:
    """Matrix and patterns of a study's reviewed codes, with the analyst's summaries kept."""
    from pipeline.cli import _compare_errors, _compare_tables, _uneven
    from pipeline.cli._codebook import of_study as codebook_of
    from pipeline.cli._gate import check_swept
    from pipeline.errors import StudyError
    from pipeline.review.state import coded_rows
    from pipeline.study import Study, judgements

    opened = Study.open(study)
    codes = [code.id for code in codebook_of(opened).leaves()]
    with opened.store() as store:
        check_swept(opened, store)
        utterances = store.utterances(opened.case_of())
        decisions = judgements.decisions(store)
        turns = dict(store.db.execute("SELECT transcript_id, max(turn_index) FROM turns GROUP BY 1"))
        offered = judgements.suggestions(store) if asked.with_suggestions else {}
        uneven = _uneven.of_study(store)
    rows = coded_rows(decisions, utterances)
    if not rows and not offered:
        raise StudyError("nothing has been reviewed yet", hint="secondcoder review export STUDY --coder NAME")
    cases, wanted = opened.cases(), opened.settings.compare
    groups = _compare_tables.grouping(cases, asked.group or wanted.group)
    rows, said = _compare_tables.placed(rows, cases)
    suggested, _ = _compare_tables.placed(_suggested(utterances, offered), cases)
    people: dict[str, list[str]] = {}
    for one in opened.people():
        if one.participant and one.case in groups:
            people.setdefault(one.case, []).append(one.participant)
    laid, found = _compared(
        (rows, suggested),
        groups,
        replace(
            asked,
            outlier=wanted.outlier if asked.outlier is None else asked.outlier,
            present_share=wanted.present_share if asked.present_share is None else asked.present_share,
        ),
        rates=_compare_errors.of_study(decisions, utterances, codes),
        charts=charts(opened, asked.workbook),
        codes=codes,
        participants=people,
        said=said,
        turns=turns,
    )
    return laid, _uneven.warned(found, uneven)


def of_tables(coded: Path, cases: Path, asked: Asked, into: Path | None = None) -> tuple[Any, Any]:
    """Matrix and patterns from tables alone; a workbook that lies in `into` keeps its summaries."""
    from pipeline.cli import _compare_errors, _compare_tables
    from pipeline.compare.settle import SETTLED
    from pipeline.exchange.odd import odd_codes

    attributes = _compare_tables.read_cases(cases)
    groups = _compare_tables.grouping(attributes, asked.group or "group", cases.name)
    read, numbers = _compare_tables.read_coded(coded)
    rows, said = _compare_tables.placed(read, attributes, cases.name)
    said += [f"{coded.name}: {line}." for line in odd_codes(rows)]
    people, model, numbers = _compare_tables.apart(rows, numbers)
    return _compared(
        (people, model if asked.with_suggestions else []),
        groups,
        asked,
        rates=_compare_errors.of_rows([row for row in people if row.coder != SETTLED], []),
        charts=written(into, asked.workbook),
        said=said,
        numbers=numbers,
    )


def _compared(
    rows: tuple[list[Any], list[Any]],
    groups: dict[str, str],
    asked: Asked,
    *,
    rates: tuple[dict[str, Any], str],
    charts: tuple[tuple[Any, ...], list[str]],
    said: list[str],
    turns: dict[str, int] | None = None,
    codes: list[str] | None = None,
    participants: dict[str, list[str]] | None = None,
    numbers: list[int] | None = None,
) -> tuple[Any, Any]:
    """Matrix and patterns of reviewed rows, and of suggested ones where there are any."""
    from pipeline.compare.grouping import OUTLIER, in_order
    from pipeline.compare.matrix import matrix
    from pipeline.compare.patterns import patterns

    outlier = OUTLIER if asked.outlier is None else asked.outlier
    laid = matrix(
        rows[0],
        codes,
        cases=in_order(groups, outlier=outlier),
        participants=participants,
        suggested=rows[1],
        charts=charts[0],
        numbers=numbers or (),
    )
    found = patterns(
        laid,
        groups,
        present_share=0.5 if asked.present_share is None else asked.present_share,
        outlier=outlier,
        error_rates=rates[0],
    )
    summaries = [*charts[1], *_said_of(laid, turns)]
    notices = [line for line in (*said, *found.notices, rates[1], *summaries) if line]
    return laid, replace(found, notices=tuple(notices))


def charts(opened: Any, workbook: Path | None) -> tuple[tuple[Any, ...], list[str]]:
    """What the analyst wrote in the study's workbook and in the one given, and what has to be said of it.

    Names in summaries that were not there at the last rebuild are masked, as in every note.
    """
    from pipeline.cli._summaries import masked
    from pipeline.compare.tables import read_csv

    reports = opened.folder / "reports"
    found, said = written(reports, workbook)
    last = reports / LONG
    known = {one.summary for one in read_csv(last.read_bytes(), last.name)} if last.is_file() else set()
    new = [one.summary for one in found if one.summary and one.summary not in known]
    clean = dict(zip(new, masked(opened, new), strict=True))
    if changed := sum(before != after for before, after in clean.items()):
        said.append(f"Names were masked in {changed} {'summary' if changed == 1 else 'summaries'}.")
    return tuple(replace(one, summary=clean.get(one.summary, one.summary)) for one in found), said


def written(folder: Path | None, workbook: Path | None) -> tuple[tuple[Any, ...], list[str]]:
    """The analyst's words in a folder's workbook joined with those of the one given, which come first."""
    from pipeline.compare.charts import joined
    from pipeline.compare.returned import read_workbook

    own = None if folder is None else folder / WORKBOOK
    there = own is not None and own.is_file()
    kept = read_workbook(own.read_bytes(), own.name) if own is not None and there else ()
    if workbook is None or (own is not None and there and workbook.samefile(own)):
        return kept, []
    both, replaced = joined(kept, read_workbook(workbook.read_bytes(), workbook.name))
    if not replaced:
        return both, []
    of = f"{replaced} {'entry' if replaced == 1 else 'entries'} of {WORKBOOK}"
    return both, [f"{workbook.name} replaced {of}; the workbook as it was is {BEFORE}."]


def _said_of(laid: Any, turns: dict[str, int] | None) -> list[str]:
    """Summaries on what is no longer compared, and references that lead nowhere; never the words."""
    from pipeline.compare.charts import check_refs, left_over

    said = []
    if gone := len(left_over(laid)):
        what = "1 entry stands" if gone == 1 else f"{gone} entries stand"
        said.append(f"{what} on codes, cases or people that are not compared; see the sheet Left over.")
    found = check_refs(laid.charts, turns) if turns is not None else ()
    said += found[:_LINES]
    if len(found) > _LINES:
        said.append(f"... and {len(found) - _LINES} more summaries to look at.")
    return said


def files(
    found: tuple[Any, Any],
    attributes: dict[str, dict[str, str]],
    answered: Any = None,
    names: dict[str, str] | None = None,
    checked: str = "",
) -> dict[str, bytes]:
    """Workbook, tables, the matrix as a page, memberships for R, pictures, and how names were checked."""
    from pipeline.cli import _matrix_page
    from pipeline.cli._gate import CHECKED
    from pipeline.cli._report_cases import pictures
    from pipeline.compare.qca import r_csv
    from pipeline.compare.tables import write_csv, write_patterns
    from pipeline.compare.workbook import write_workbook

    laid, comparison = found
    rows = (len(laid.cases) + sum(map(len, laid.people.values()))) * len(laid.codes)
    if rows > _MANY_ROWS:
        say(f"Writing the workbook: {rows:,} rows on {len(laid.codes)} sheets take a while.")
    out = {
        WORKBOOK: write_workbook(laid, attributes, groups=comparison.group_of, names=names, checked=checked),
        LONG: write_csv(laid, participants=True),
        PATTERNS: write_patterns(comparison),
    }
    page = _matrix_page.html(found, names or {}, checked)
    if page is not None:
        out[PAGE] = page
    if answered is not None:
        out[MEMBERSHIPS] = r_csv(answered.asked.data)
    said = {CHECKED: f"{checked}\n".encode()} if checked else {}
    return {**out, **pictures(found, names or {}, answered), **said}


def write_into(folder: Path, made: dict[str, bytes]) -> list[str]:
    """Write files that belong to no study; the folder is made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in made]


def _suggested(utterances: list[Any], offered: dict[str, Any]) -> list[Any]:
    """The model's codes as rows, for utterances of participants."""
    from pipeline.records import Given

    return [
        one.row([Given(code.code, code.valence) for code in offered[one.id] if code.suggested])
        for one in utterances
        if one.id in offered and not one.context and one.case
    ]
