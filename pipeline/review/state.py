"""What people's decisions come to: the last word of each coder on each code of each utterance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.records import NONE, CodedRow, Decision, Given, Utterance

ADJUDICATED = "adjudicated"
"""The coder's name under which adjudicated decisions stand in tables."""


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Every decision, oldest first, less those withdrawn with their batch and not taken in again."""
    ordered = list(decisions)
    withdrawn: dict[str, int] = {}
    for place, one in enumerate(ordered):
        if one.kind == "withdrawn" and one.batch_id:
            withdrawn[one.batch_id] = place
    return [
        one
        for place, one in enumerate(ordered)
        if one.kind != "withdrawn" and place > withdrawn.get(one.batch_id or "", -1)
    ]


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions that count: without withdrawn batches, and of each coder only the last word on a code."""
    last: dict[tuple[str, str, str], Decision] = {}
    for one in standing(decisions):
        who = ADJUDICATED if one.kind == "adjudicated" else one.coder
        last.pop((one.utterance_id, who, one.code), None)  # so that the order is that of the last words
        last[(one.utterance_id, who, one.code)] = replace(one, coder=who)
    return list(last.values())


def coded_rows(decisions: Iterable[Decision], utterances: Sequence[Utterance]) -> list[CodedRow]:
    """The one table: a row for each coder and utterance that the coder judged as a whole.

    Somebody who only refused what was offered has not said what else applies, and gives no row.
    """
    by_pair: dict[tuple[str, str], list[Decision]] = {}
    for one in in_force(decisions):
        by_pair.setdefault((one.utterance_id, one.coder), []).append(one)
    order = {utterance.id: (place, utterance) for place, utterance in enumerate(utterances)}
    rows: list[tuple[int, str, CodedRow]] = []
    for (utterance_id, coder), group in by_pair.items():
        if utterance_id not in order:
            continue
        place, utterance = order[utterance_id]
        group = [one for one in group if one.text_hash == utterance.text_hash]
        given = _given(group)
        if given is not None:
            rows.append((place, coder, _row(utterance, coder, given, group)))
    rows.sort(key=lambda row: row[:2])
    return [row for _, _, row in rows]


def resolve_changes(new: Sequence[Decision], before: Iterable[Decision]) -> list[Decision]:
    """Add to new decisions the refusals that they imply for the same coder's earlier ones.

    Blind coding says everything about an utterance: a code given before and not given now is refused now.
    """
    held: dict[tuple[str, str], dict[str, Decision]] = {}
    for one in in_force(before):
        if one.answer in ("accept", "none", "unsure"):
            held.setdefault((one.utterance_id, one.coder), {})[one.code] = one
    given: dict[tuple[str, str], list[Decision]] = {}
    for one in new:
        who = ADJUDICATED if one.kind == "adjudicated" else one.coder
        given.setdefault((one.utterance_id, who), []).append(one)
    out = list(new)
    for pair, group in given.items():
        wide = any(one.scope == "all_codes" for one in group)
        codes = {one.code for one in group}
        for code, former in held.get(pair, {}).items():
            superseded = code == NONE and any(one.answer == "accept" for one in group)
            if code not in codes and (superseded or (wide and former.answer == "accept")):
                out.append(replace(group[0], code=code, answer="reject", valence=None, note=""))
    return out


def not_yet_known(new: Sequence[Decision], before: Iterable[Decision]) -> list[Decision]:
    """The new decisions without those on utterances of which the same batch says just that already."""
    last: dict[tuple[str, str], dict[str, Decision]] = {}
    for one in before:
        if one.batch_id:
            last.setdefault((one.batch_id, one.utterance_id), {})[one.code] = one
    groups: dict[tuple[str, str], list[Decision]] = {}
    for one in new:
        groups.setdefault((one.batch_id or "", one.utterance_id), []).append(one)
    out: list[Decision] = []
    for pair, group in groups.items():
        known = last.get(pair, {})
        same = all(one.code in known and _says(known[one.code]) == _says(one) for one in group)
        codes = {one.code for one in group}
        dropped = any(
            code not in codes and one.answer != "reject" and one.kind != "withdrawn"
            for code, one in known.items()
        )
        if not same or dropped:
            out.extend(group)
    return out


def _says(one: Decision) -> tuple[object, ...]:
    return (one.text_hash, one.answer, one.valence, one.kind, one.scope, one.seen)


def _given(group: Sequence[Decision]) -> tuple[Given, ...] | None:
    """The codes given, () where nothing applies, None where the utterance was not judged as a whole."""
    accepted = tuple(Given(one.code, one.valence) for one in group if one.answer == "accept")
    if accepted:
        return tuple(sorted(accepted, key=lambda one: one.code))
    if any(one.code == NONE and one.answer == "none" for one in group):
        return ()
    if any(one.scope == "all_codes" and one.answer == "reject" for one in group) and not any(
        one.answer == "unsure" for one in group
    ):
        return ()
    return None


def _row(utterance: Utterance, coder: str, given: tuple[Given, ...], group: Sequence[Decision]) -> CodedRow:
    notes: Mapping[str, None] = dict.fromkeys(one.note for one in group if one.note)
    seen = "suggested" if any(one.seen == "suggested" for one in group) else "blind"
    return utterance.row(given, coder=coder, seen=seen, note="; ".join(notes))
