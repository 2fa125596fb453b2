"""`review export` and `review merge`: batches for coders, written and recorded."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.cli import _reasons
from pipeline.cli._choosing import choose, seen_before
from pipeline.cli._codebook import of_study
from pipeline.cli._gate import check_swept
from pipeline.errors import StudyError
from pipeline.records import Codebook, Suggestion, Utterance
from pipeline.review.batch import Batch, Item, offer
from pipeline.review.merge import disputes, side_by_side, write_side_by_side
from pipeline.review.packet import write_packet
from pipeline.review.sheet import write_sheet
from pipeline.review.state import ADJUDICATED, in_force
from pipeline.study import Run, Store, Study, batches, judgements, samples

FORMS = {"sheet": (write_sheet, "xlsx"), "packet": (write_packet, "html")}
"""How a batch is written, and the ending of its file."""
ADJUDICATION = "adjudication"
"""The kind of a batch that settles what coders disagree on."""


def export_batch(
    study: Path,
    *,
    coder: str,
    to: str = "sheet",
    blind: bool = False,
    limit: int = 2000,
    only: str = "all",
) -> dict[str, Any]:
    """Write a sheet or packet into `review/sent/` and record it as a batch; `only` says of what."""
    _check(coder, to)
    opened = Study.open(study)
    book, invented = of_study(opened), opened.settings.study.invented
    with opened.store() as store:
        checked = check_swept(opened, store)
        every = store.utterances(opened.case_of(), context=True)
        chosen, sample_id, must_be_blind = choose(opened, store, book, coder=coder, only=only, limit=limit)
        blind = blind or must_be_blind
        seen = seen_before(store, coder, chosen) if blind else 0
        with opened.run(store, "review export") as run:
            items = items_for(store, every, chosen, book, blind=blind)
            batch = Batch(secrets.token_hex(4), coder, blind, items, False, checked, invented)
            unseen = not_shown(store, chosen, book) if blind else None
            file = send(opened, store, run, batch, book, to=to, kind=to, hidden=unseen)
            if sample_id:
                samples.link_batch(store, batch.id, sample_id)
    return {
        "file": str(file),
        "batch": batch.id,
        "utterances": len(items),
        "blind": blind,
        "seen_before": seen,
        "checked": checked,
    }


def items_for(
    store: Store, every: Sequence[Utterance], chosen: Sequence[Utterance], book: Codebook, *, blind: bool
) -> tuple[Item, ...]:
    """The chosen utterances as items, with suggestions and reasons unless blind, and what follows each."""
    follows = _follows(every)
    offered = {one.id: () for one in chosen} if blind else offers(store, chosen, book)
    why = {} if blind else _reasons.worded(store, every, offered)
    return tuple(
        [Item(one, offered[one.id], why.get(one.id, {}), after=follows.get(one.id, "")) for one in chosen]
    )


def _follows(every: Sequence[Utterance]) -> dict[str, str]:
    """What is said just after each utterance."""
    return {one.id: after.text for one, after in pairwise(every) if one.transcript_id == after.transcript_id}


def offers(store: Store, chosen: Sequence[Utterance], book: Codebook) -> dict[str, tuple[Suggestion, ...]]:
    """What is shown of the suggestions for each chosen utterance, where anything is."""
    suggestions = judgements.suggestions(store, only_suggested=True)
    codable = {code.id for code in book.leaves()}
    return {one.id: offer(s for s in suggestions.get(one.id, ()) if s.code in codable) for one in chosen}


def not_shown(store: Store, chosen: Sequence[Utterance], book: Codebook) -> dict[str, list[str]] | None:
    """What a blind batch does not show; None where nothing was suggested yet. The audit compares with it."""
    if not store.count("suggestions"):
        return None
    return {name: [one.code for one in some] for name, some in offers(store, chosen, book).items()}


def send(
    opened: Study,
    store: Store,
    run: Run,
    batch: Batch,
    book: Codebook,
    *,
    to: str,
    kind: str,
    hidden: Mapping[str, list[str]] | None = None,
) -> Path:
    """Write a batch into `review/sent/` and record what went to whom, and what stayed hidden."""
    write, ending = FORMS[to]
    data = write(batch, book)
    offered = {item.utterance.id: [one.code for one in item.offered] for item in batch.items}
    judgements.add_batch(store, batch.id, kind, batch.coder, batch.blind, offered, run.id, hidden)
    run.result = {"batch": batch.id, "utterances": len(batch.items)}
    safe = "".join(char if char.isalnum() else "-" for char in batch.coder)
    return opened.write_review(f"{safe}-{batch.id}.{ending}", data)


def merge_coders(
    study: Path, *, adjudicator: str, to: str = "sheet", coders: Sequence[str] = ()
) -> dict[str, Any]:
    """Lay coders side by side in `reports/coders.xlsx`, and send what they disagree on to be settled."""
    _check(adjudicator, to)
    opened = Study.open(study)
    book, invented = of_study(opened), opened.settings.study.invented
    with opened.store() as store:
        checked = check_swept(opened, store)
        every = store.utterances(opened.case_of(), context=True)
        decisions = judgements.decisions(store)
        compared = side_by_side(decisions, [one for one in every if not one.context], coders)
        known = sorted({coder for one in compared for coder in one.said})
        _enough(known, coders, {one.coder for one in in_force(decisions)} - {ADJUDICATED})
        lying = batches.open_utterances(store, kind=ADJUDICATION)
        away = set[str]().union(*lying.values())
        open_ones = disputes(compared, book, _follows(every))
        items = tuple([one for one in open_ones if one.utterance.id not in away])
        with opened.run(store, "review merge") as run:
            table = opened.write_report("coders.xlsx", write_side_by_side(compared, checked))
            counts = {state: sum(one.state == state for one in compared) for state in STATES}
            held = {who: sum(one.utterance.id in some for one in open_ones) for who, some in lying.items()}
            result: dict[str, Any] = {"coders": known, **counts, "table": str(table), "file": None}
            result["lying"] = {who: number for who, number in held.items() if number}
            run.result = dict(counts)
            if items:
                batch = Batch(secrets.token_hex(4), adjudicator, False, items, True, checked, invented)
                file = send(opened, store, run, batch, book, to=to, kind=ADJUDICATION)
                result |= {"file": str(file), "batch": batch.id, "utterances": len(items)}
    return result


STATES = ("agree", "differ", "settled", "one coder")


def _enough(known: Sequence[str], asked: Sequence[str], every: Collection[str]) -> None:
    unknown = [coder for coder in asked if coder not in known]
    if unknown:
        coders = ", ".join(sorted(every)) or "nobody yet"
        raise StudyError(f"no decision of {' or '.join(unknown)} is here", hint=f"Who has coded: {coders}.")
    if len(known) < 2:
        raise StudyError(
            "there are no two coders to compare",
            hint="Export the same utterances to a second coder, or bring codes in with `codes import`.",
        )


def _check(coder: str, to: str) -> None:
    if not coder.strip():
        raise StudyError("the coder's name is empty", hint="Give --coder NAME.")
    if to not in FORMS:
        raise StudyError(f"nothing is exported as {to}", hint=f"Give --to {', '.join(FORMS)} or qdpx.")
