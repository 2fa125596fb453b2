"""`secondcoder report`"""

from __future__ import annotations

from dataclasses import dataclass
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
    told = _store_says(opened, book)
    notices = list(_invented(opened))
    found = _findings(opened, told, notices, audited, compared, wanted)
    html = page(
        title=opened.settings.study.title,
        subtitle=f"Report of a framework analysis with the codebook {book.title}.",
        figures=[Figure(f"{told.counts[key]:,}", label) for key, label in _LARGE.items()],
        sections=_sections(opened, book, told, found),
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


@dataclass(frozen=True)
class Told:
    """What the store alone says: numbers, codes, protection, who coded, what was sent and read, runs."""

    counts: dict[str, int]
    codes: list[tuple[str, int, int]]
    protection: Any
    people: list[Any]
    batches: list[Any]
    reading: Any
    runs: list[tuple[str, str, str, str]]

    @property
    def coders(self) -> int:
        """How many people coded."""
        return len({one.coder for one in self.people if one.kind == "coded"})


@dataclass(frozen=True)
class Findings:
    """What was found, each None where it could not be made: audit, comparison, QCA."""

    audited: Any = None
    compared: Any = None
    answered: Any = None


def _store_says(opened: Any, book: Any) -> Told:
    from pipeline.cli import _report_facts as facts
    from pipeline.cli._gate import check_swept

    with opened.store() as store:
        counts = facts.counts(store)
        checked = check_swept(opened, store) if counts["transcripts"] else "There is no text yet."
        return Told(
            counts,
            facts.codes(store, book),
            facts.protection(store, opened.settings.pseudonymise.policy, checked),
            facts.people(store),
            facts.batches(store),
            facts.reading(store, _triaged(opened, store)),
            facts.runs(store),
        )


def _triaged(opened: Any, store: Any) -> Any:
    """What triage comes to, where a random control was drawn; None where it was not run."""
    from pipeline.cli.triage import triage_study
    from pipeline.study import samples

    return triage_study(opened.folder) if samples.of_kind(store, "control") else None


def _findings(
    opened: Any, told: Told, notices: list[str], audited: Any, compared: Any, wanted: Any
) -> Findings:
    """Audit, comparison and QCA where there are decisions; a notice says why one could not be made."""
    from pipeline.cli import _compare_qca

    if not told.counts["coded"]:
        notices.append("Nobody has reviewed anything yet: there is no agreement and no pattern to show.")
        return Findings()
    compared = compared if compared is not None else _try("comparison", _compare, opened.folder, notices)
    notices += _unswept(opened, compared)
    asked = wanted is not None and compared is not None
    # Before the audit, which takes its time: a question that cannot be asked is refused at once.
    answered = _compare_qca.answer(compared, opened.cases(), wanted) if asked else None
    audited = audited if audited is not None else _try("agreement", _audit, opened.folder, notices)
    return Findings(audited, compared, answered)


def _unswept(opened: Any, compared: Any) -> list[str]:
    """A notice if the report holds summaries of the analyst that no sweep for names has seen."""
    from pipeline.cli._summaries import unswept

    if compared is None:
        return []
    with opened.store() as store:
        line = unswept(store, [one.summary for one in compared[0].charts])
    return [line] if line else []


def _sections(opened: Any, book: Any, told: Told, found: Findings) -> list[Any]:
    """Every section in its order: what there is, how it was protected and read, what came of it, how."""
    from pipeline.cli import _report_cases, _report_short
    from pipeline.report import opening
    from pipeline.report.agreement import agreement

    names = {code.id: code.name for code in book.codes}
    short = _report_short.points(told, found.audited, found.compared, names)
    parts = [
        opening.at_a_glance(told.counts, told.codes, short),
        opening.privacy(told.protection),
        opening.coding(told.people, told.batches),
    ]
    if found.audited is not None:
        parts.append(agreement(found.audited.as_json(), names))
    parts.append(opening.triage(told.reading))
    if found.compared is not None:
        parts += _report_cases.sections(found.compared, names, found.answered)
    return [*parts, *_closing(opened, book, told, found)]


def _closing(opened: Any, book: Any, told: Told, found: Findings) -> list[Any]:
    from pipeline.cli import _report_facts as facts
    from pipeline.compare.methods import paragraph, qca_paragraph
    from pipeline.report import closing
    from pipeline.study.folder import versions

    counts, used = told.counts, versions()
    made = closing.made_with(
        used,
        book.name,
        facts.embedding(opened),
        suggested=counts["suggested"] > 0,
        decided=counts["coded"] > 0,
    )
    paragraphs = [made]
    paragraphs += [found.audited.methods] if found.audited is not None else []
    paragraphs += [paragraph(*found.compared)] if found.compared is not None else []
    paragraphs += [qca_paragraph(found.answered.found)] if found.answered is not None else []
    unread = counts["utterances"] - counts["coded"]
    said = paragraphs if counts["transcripts"] else []
    return [
        closing.methods(said, used, facts.settings(opened, book), told.runs),
        closing.limits(unread=unread, coders=told.coders),
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
    from pipeline.cli._gate import invented

    told = invented(opened)
    return [f"{told} No figure here says how the tool does on real ones."] if told else []
