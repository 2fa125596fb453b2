"""`secondcoder report`"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, StudyArg, emit, say


@app.command()
def report(study: StudyArg, as_json: JsonOpt = False) -> None:
    """Write one self-contained HTML page on the study.

    Example:  secondcoder report my-study
    """
    file = report_study(study)
    if as_json:
        emit({"file": str(file)})
    say(f"Written: {file}")
    say("It opens in any browser and loads nothing from elsewhere.")


def report_study(study: Path, *, audited: Any = None, compared: Any = None) -> Path:
    """Write `reports/report.html`; an audit or a comparison that was just made is not made again."""
    from pipeline.cli._codebook import of_study
    from pipeline.cli._gate import check_swept
    from pipeline.report import sections
    from pipeline.report.page import Figure, page
    from pipeline.study import Study, judgements
    from pipeline.study.folder import versions

    opened = Study.open(study)
    book = of_study(opened)
    names = {code.id: code.name for code in book.codes}
    with opened.store() as store:
        check_swept(store)
        facts = _facts(store, book)
        decisions = judgements.decisions(store)
        kinds = _kinds(store)
    parts = [sections.at_a_glance(facts["counts"], facts["codes"])]
    parts.append(sections.privacy(facts["identifiers"], kinds, swept=True))
    notices: list[str] = []
    if decisions:
        audited = audited if audited is not None else _try_audit(study, notices)
        compared = compared if compared is not None else _try_compare(study, notices)
    else:
        notices.append("Nobody has reviewed anything yet: there is no agreement and no pattern to show.")
    if audited is not None:
        parts.append(sections.agreement(audited.as_json(), audited.heading))
    if compared is not None:
        parts += _comparison(compared, names)
    parts += [sections.methods(_methods(opened, book, versions())), sections.limits()]
    html = page(
        title=opened.settings.study.title,
        subtitle=f"Report of a framework analysis with the codebook {book.title}.",
        figures=[Figure(str(value), label) for label, value in facts["figures"].items()],
        sections=parts,
        notices=[*_invented(opened), *notices],
        version=versions()["secondcoder"],
        date=datetime.now(UTC).strftime("%d %B %Y"),
    )
    return opened.write_report("report.html", html.encode("utf-8"))


def _facts(store: Any, book: Any) -> dict[str, Any]:
    suggested = dict(store.db.execute("SELECT code, count(*) FROM suggestions WHERE suggested GROUP BY code"))
    given = dict(
        store.db.execute(
            "SELECT code, count(DISTINCT utterance_id) FROM decisions WHERE answer = 'accept' GROUP BY code"
        )
    )
    counts = {
        "transcripts": store.count("transcripts"),
        "turns": store.count("turns"),
        "utterances": store.scalar("SELECT count(*) FROM utterances WHERE NOT context"),
        "coded": store.scalar("SELECT count(DISTINCT utterance_id) FROM decisions"),
    }
    identifiers = store.scalar("SELECT coalesce(sum(identifiers), 0) FROM transcripts")
    return {
        "counts": counts,
        "codes": [(code.name, suggested.get(code.id, 0), given.get(code.id, 0)) for code in book.leaves()],
        "identifiers": identifiers,
        "figures": {
            "transcripts": counts["transcripts"],
            "utterances to code": counts["utterances"],
            "identifiers replaced": identifiers,
            "codes suggested": sum(suggested.values()),
            "utterances judged by people": counts["coded"],
        },
    }


def _kinds(store: Any) -> dict[str, int]:
    """How many different pseudonyms of each kind stand in the text."""
    import re

    shape = re.compile(r"\[([A-Z][\w -]*?)(?: (?:\d+|[A-Z]{1,2}))?\]")
    found = {
        match.group()
        for (text,) in store.db.execute("SELECT text FROM turns")
        for match in shape.finditer(text)
    }
    counts = Counter(match.group(1) for one in found if (match := shape.fullmatch(one)))
    return dict(counts.most_common())


def _try_audit(study: Path, notices: list[str]) -> Any:
    from pipeline.cli.audit import audit_study
    from pipeline.errors import StudyError

    try:
        return audit_study(study)
    except StudyError as error:
        notices.append(f"No agreement: {error.message}.")
        return None


def _try_compare(study: Path, notices: list[str]) -> Any:
    from pipeline.cli.compare import compare_study
    from pipeline.errors import StudyError

    try:
        return compare_study(study)
    except StudyError as error:
        notices.append(f"No comparison: {error.message}.")
        return None


def _comparison(compared: Any, names: dict[str, str]) -> list[Any]:
    from pipeline.report import sections

    laid, comparison = compared
    by_place = {(cell.case, cell.code, cell.valence): cell for cell in laid.cells}
    found = []
    for one in comparison.patterns:
        quotes = [
            {"text": quote.text, "ref": quote.ref}
            for case in laid.cases
            for quote in by_place[(case, one.code, one.valence)].quotes[:1]
        ]
        found.append({**one.as_json(), "quotes": quotes})
    return [sections.matrix(laid.as_json(), names), sections.patterns(found, names)]


def _methods(opened: Any, book: Any, versions: dict[str, str]) -> dict[str, str]:
    settings = opened.settings
    return {
        **versions,
        "codebook": f"{book.name} (version {book.version})",
        "embedding": settings.suggest.model or "all-MiniLM-L6-v2, packaged",
        "unit": settings.text.unit,
        "longest utterance, words": str(settings.text.max_words),
        "present in a case": f"at least {settings.compare.present_share:.0%} of its participants",
        "seed": str(settings.suggest.seed),
    }


def _invented(opened: Any) -> list[str]:
    if "invented" in opened.settings.study.title:
        return [
            "This is the sample study: every interview is invented. "
            "No figure here says how the tool does on yours."
        ]
    return []
