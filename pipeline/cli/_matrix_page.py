"""The framework matrix as `matrix.html`, beside the workbook."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_STATUSES = {
    "none_found": "Reviewed; nobody speaks of it.",
    "not_reviewed": "Not reviewed yet.",
    "asked_no_view": "Asked, with nothing to say.",
    "asked_denied": "Asked, and said that it is not so.",
    "not_asked": "Not asked.",
}


def html(found: tuple[Any, Any], names: dict[str, str], checked: str) -> bytes | None:
    """The page, None where there are too many cells for one."""
    from pipeline.compare.words import rules_in_words
    from pipeline.report.matrix_page import MOST, sections
    from pipeline.report.page import Figure, page
    from pipeline.study.folder import versions

    laid, comparison = found
    if len(laid.cases) * len(laid.codes) > MOST:
        return None
    groups = comparison.group_of
    constructs = [
        (
            code,
            names.get(code, code),
            [_entry(laid.cell(case, code), laid, groups.get(case, "")) for case in laid.cases],
        )
        for code in laid.codes
    ]
    people = sum(len(some) for some in laid.people.values())
    text = page(
        title="Framework matrix",
        subtitle="What each case says on each construct. An empty place never means that it is absent.",
        figures=[
            Figure(f"{number:,}", word)
            for number, word in (
                (len(laid.cases), "cases"),
                (people, "participants"),
                (len(laid.codes), "constructs"),
            )
        ],
        sections=sections(constructs),
        notices=[checked] if checked else [],
        version=versions()["secondcoder"],
        date=datetime.now(UTC).strftime("%d %B %Y").lstrip("0"),
        foot=f"{rules_in_words(comparison.rules)} Written words of the analyst come from the workbook.",
    )
    return text.encode("utf-8")


def _entry(cell: Any, laid: Any, group: str) -> Any:
    from pipeline.report.matrix_page import Entry

    quotes = tuple(
        (
            quote.text,
            f"{quote.ref} {quote.valence or ''}{', deviant' if quote.kind == 'deviant' else ''}".strip(),
        )
        for quote in cell.quotes
    )
    return Entry(cell.case, group, _found(cell, laid), cell.summary, quotes, " ".join(cell.refs))


def _found(cell: Any, laid: Any) -> str:
    """How many say it and which way, or why there is nothing."""
    if not cell.utterances:
        return _STATUSES[cell.status]
    ways = [
        f"{one.participants} as a {way}"
        for way in ("facilitator", "barrier")
        if (one := laid.cell(cell.case, cell.code, way)).participants
    ]
    text = f"{cell.participants} of {cell.of} participants speak of it"
    text += f" ({', '.join(ways)})" if ways else ""
    text += f", in {cell.utterances} {'utterance' if cell.utterances == 1 else 'utterances'}."
    return text + (f" {cell.unreviewed} of them nobody has reviewed." if cell.unreviewed else "")
