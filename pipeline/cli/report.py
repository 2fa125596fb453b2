"""`secondcoder report`"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, StudyArg, emit, say
from pipeline.cli._compare_qca import (
    CasesCutOpt,
    ConditionOpt,
    ExpectOpt,
    InclOpt,
    OutcomeOpt,
    PriOpt,
    QcaOpt,
)


@app.command()
def report(
    study: StudyArg,
    qca: QcaOpt = None,
    condition: ConditionOpt = None,
    outcome: OutcomeOpt = "",
    expect: ExpectOpt = None,
    incl_cut: InclOpt = None,
    pri_cut: PriOpt = None,
    n_cut: CasesCutOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Write one self-contained HTML page on the study.

    Example:  secondcoder report my-study
    """
    from pipeline.cli._compare_qca import plan

    wanted = plan(qca, condition, outcome, expect, (incl_cut, pri_cut, n_cut))
    file = report_study(study, wanted=wanted)
    if as_json:
        emit({"file": str(file)})
    say(f"Written: {file}")
    say("It opens in any browser, prints well, and loads nothing from elsewhere.")


def report_study(study: Path, *, audited: Any = None, compared: Any = None, wanted: Any = None) -> Path:
    """Write `reports/report.html`; an audit or a comparison that was just made is not made again.

    `wanted` is the plan of a QCA, where one is asked for.
    """
    from pipeline.cli._codebook import of_study
    from pipeline.report.page import Figure, page
    from pipeline.study import Study
    from pipeline.study.folder import versions

    opened = Study.open(study)
    book = of_study(opened)
    opening, counts, runs, coders = _opening(opened, book)
    notices = list(_invented(opened))
    middle, methods = _middle(study, opened, book, counts, notices, audited, compared, wanted)
    html = page(
        title=opened.settings.study.title,
        subtitle=f"Report of a framework analysis with the codebook {book.title}.",
        figures=[Figure(str(counts[key]), label) for key, label in _LARGE.items()],
        sections=[*opening, *middle, *_closing(opened, book, methods, runs, counts, coders)],
        notices=notices,
        version=versions()["secondcoder"],
        date=datetime.now(UTC).strftime("%d %B %Y").lstrip("0"),
    )
    return opened.write_report("report.html", html.encode("utf-8"))


_LARGE = {
    "transcripts": "transcripts",
    "utterances": "utterances to code",
    "identifiers": "identifiers replaced",
    "suggested": "codes suggested",
    "coded": "utterances judged by people",
}


def _opening(opened: Any, book: Any) -> tuple[list[Any], dict[str, int], Any, int]:
    """The sections that the store alone fills, and the figures that others need."""
    from pipeline.cli import _report_facts as facts
    from pipeline.cli._gate import check_swept
    from pipeline.report import opening

    with opened.store() as store:
        counts = facts.counts(store)
        checked = check_swept(store) if counts["transcripts"] else "There is no text yet."
        people = facts.people(store)
        parts = [
            opening.at_a_glance(counts, facts.codes(store, book)),
            opening.privacy(facts.protection(store, opened.settings.pseudonymise.policy, checked)),
            opening.coding(people, facts.batches(store)),
            opening.triage(facts.reading(store, _triaged(opened, store))),
        ]
        coders = len({one.coder for one in people if one.kind == "coded"})
        return parts, counts, facts.runs(store), coders


def _triaged(opened: Any, store: Any) -> Any:
    """What triage comes to, where a random control was drawn; None where it was not run."""
    from pipeline.cli.triage import triage_study
    from pipeline.study import samples

    return triage_study(opened.folder) if samples.of_kind(store, "control") else None


def _middle(
    study: Path,
    opened: Any,
    book: Any,
    counts: dict[str, int],
    notices: list[str],
    audited: Any,
    compared: Any,
    wanted: Any,
) -> tuple[list[Any], str]:
    """Agreement, matrix, patterns and QCA where there are decisions, and the audit's words on method."""
    from pipeline.cli import _compare_qca, _report_cases
    from pipeline.report.agreement import agreement

    if not counts["coded"]:
        notices.append("Nobody has reviewed anything yet: there is no agreement and no pattern to show.")
        return [], ""
    names = {code.id: code.name for code in book.codes}
    audited = audited if audited is not None else _try("agreement", _audit, study, notices)
    compared = compared if compared is not None else _try("comparison", _compare, study, notices)
    parts = [] if audited is None else [agreement(audited.as_json(), names)]
    if compared is not None:
        answered = None if wanted is None else _compare_qca.answer(compared, opened.cases(), wanted)
        parts += _report_cases.sections(compared, names, answered)
    return parts, "" if audited is None else audited.methods


def _closing(
    opened: Any, book: Any, methods: str, runs: Any, counts: dict[str, int], coders: int
) -> list[Any]:
    from pipeline.cli import _report_facts as facts
    from pipeline.report import closing
    from pipeline.study.folder import versions

    found = versions()
    made = closing.made_with(
        found,
        book.name,
        facts.embedding(opened),
        suggested=counts["suggested"] > 0,
        decided=counts["coded"] > 0,
    )
    paragraphs = [made, *([methods] if methods else [])] if counts["transcripts"] else []
    unread = counts["utterances"] - counts["coded"]
    return [
        closing.methods(paragraphs, found, facts.settings(opened, book), runs),
        closing.limits(unread=unread, coders=coders),
    ]


def _audit(study: Path) -> Any:
    from pipeline.cli._audit_study import audit_study

    return audit_study(study)


def _compare(study: Path) -> Any:
    from pipeline.cli.compare import compare_study

    return compare_study(study)


def _try(what: str, make: Any, study: Path, notices: list[str]) -> Any:
    """What could be made, or a notice that says why not."""
    from pipeline.errors import StudyError

    try:
        return make(study)
    except StudyError as error:
        where = f"{error.where}: " if error.where else ""
        notices.append(f"No {what}: {where}{error.message}.")
        return None


def _invented(opened: Any) -> list[str]:
    if "invented" in opened.settings.study.title:
        return [
            "This is the sample study: every interview is invented. "
            "No figure here says how the tool does on yours."
        ]
    return []
