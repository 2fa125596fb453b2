"""How often people read the same talk differently, for `compare` to try its patterns on."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any

Rates = tuple[dict[str, Any], str]
"""Error rates by code, and why there are none, if so."""

_ALONE = "Not re-run with coding errors: no two people have coded the same utterances blind."


def of_study(decisions: list[Any], utterances: list[Any], codes: list[str]) -> Rates:
    """From what coders decided blind; what they made later of suggestions leaves that as it was.

    As in the audit: the latest sample drawn for it speaks for the study, where there is one.
    """
    from pipeline.agreement import decided
    from pipeline.review.state import in_force

    kept = ("coded", "withdrawn")
    blind = in_force(
        one for one in decisions if one.kind in kept and (one.seen == "blind" or one.kind == kept[1])
    )
    found = decided.judged(blind, utterances, codes)
    rows = [row for page in found.pages.values() for row in page]
    drawn = decided.latest_sample(blind, utterances)
    rates = _rates(rows, codes, unsaid=found.open, sampling=drawn) if drawn else ({}, "")
    return rates if rates[0] else _rates(rows, codes, unsaid=found.open)


def of_rows(rows: list[Any], codes: list[str]) -> Rates:
    """From a table's rows that were not coded with suggestions in view."""
    return _rates(_with_ids([row for row in rows if row.coder and row.seen != "suggested"]), codes)


def _rates(rows: list[Any], codes: list[str], **more: Any) -> Rates:
    from pipeline.agreement.audit import audit
    from pipeline.compare.robustness import rates_of
    from pipeline.errors import StudyError

    pages: dict[str, list[Any]] = {}
    for row in rows:
        pages.setdefault(row.coder, []).append(row)
    if len(pages) < 2:
        return {}, _ALONE
    used = {given.code for row in rows for given in row.codes}
    try:
        found = audit(pages, sorted({*codes, *used} - {"none"}), draws=50, **more)
    except StudyError as error:
        return {}, f"Not re-run with coding errors: {error.message}."
    return rates_of([pair.as_json() for pair in found.pairs]), ""


def _with_ids(rows: list[Any]) -> list[Any]:
    """Rows by which two coders can be laid side by side, also where the table has no ids."""
    times: Counter[tuple[object, ...]] = Counter()
    out = []
    for row in rows:
        place = row.transcript_id or f"{row.case} {row.speaker}"
        unit = row.utterance_id
        if not unit:
            # "Yeah." said twice is two utterances; two coders' first "Yeah." is one.
            words = (row.case, row.speaker, row.turn_index, row.text)
            times[(row.coder, place, *words)] += 1
            key = repr((*words, times[(row.coder, place, *words)]))
            unit = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        out.append(replace(row, transcript_id=place, utterance_id=unit))
    return out
