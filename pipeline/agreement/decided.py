"""What the audit needs to know of decisions beyond the rows they come to: open codes, rounds, the sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.agreement.units import Unit
from pipeline.records import NONE, Decision, Utterance


def open_codes(
    decisions: Iterable[Decision], utterances: Sequence[Utterance], codes: Sequence[str]
) -> dict[str, dict[Unit, frozenset[str]]]:
    """By coder and unit, the codes of which a coder said neither yes nor no.

    `decisions` are those in force. A code answered "unsure" is open; where only offered codes were judged,
    so is every code that was not offered.
    """
    transcript = {one.id: one.transcript_id for one in utterances}
    groups: dict[tuple[str, str], list[Decision]] = {}
    for one in decisions:
        if one.utterance_id in transcript and one.kind != "withdrawn":
            groups.setdefault((one.coder, one.utterance_id), []).append(one)
    found: dict[str, dict[Unit, frozenset[str]]] = {}
    for (coder, utterance), group in groups.items():
        silent = _open(group, codes)
        if silent:
            found.setdefault(coder, {})[(transcript[utterance], utterance)] = silent
    return found


def first_rounds(decisions: Iterable[Decision]) -> list[Decision]:
    """The first blind round of coders who coded the same utterance blind in more than one batch."""
    groups: dict[tuple[str, str], dict[str, list[Decision]]] = {}
    withdrawn = set()
    for one in decisions:
        if one.kind == "withdrawn":
            withdrawn.add(one.batch_id)
        elif one.kind == "coded" and one.seen == "blind":
            batches = groups.setdefault((one.coder, one.utterance_id), {})
            batches.setdefault(one.batch_id or "", []).append(one)
    first: list[Decision] = []
    for batches in groups.values():
        kept = [group for batch, group in batches.items() if batch not in withdrawn]
        if len(kept) > 1:
            first += kept[0]
    return first


def inclusion(decisions: Iterable[Decision], utterances: Sequence[Utterance]) -> dict[Unit, float]:
    """With which probability each unit of the latest drawn sample was drawn; empty where none was drawn."""
    transcript = {one.id: one.transcript_id for one in utterances}
    samples: dict[str, dict[Unit, float]] = {}
    for one in decisions:
        known = one.sample_id and one.inclusion_probability is not None and one.utterance_id in transcript
        if known and one.kind != "withdrawn":
            unit = (transcript[one.utterance_id], one.utterance_id)
            samples.setdefault(str(one.sample_id), {})[unit] = float(one.inclusion_probability or 0)
    return list(samples.values())[-1] if samples else {}


def _open(group: Sequence[Decision], codes: Sequence[str]) -> frozenset[str]:
    unsure = {one.code for one in group if one.answer == "unsure"}
    if NONE in unsure:
        unsure |= set(codes) - {one.code for one in group if one.answer != "unsure"}
    if any(one.scope == "all_codes" for one in group):
        return frozenset(unsure & set(codes))
    nothing = any(one.code == NONE and one.answer == "none" for one in group)
    said = {one.code for one in group} if not nothing else set(codes)
    return frozenset((unsure | (set(codes) - said)) & set(codes))
