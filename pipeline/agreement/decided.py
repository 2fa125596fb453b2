"""What an audit needs of decisions: who said yes or no to which code, in which round, with what in view.

Decisions come in as those that stand: oldest first, without what was withdrawn with its batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.agreement.anchoring import Answer, Answers
from pipeline.agreement.sampling import Sampling
from pipeline.agreement.units import Unit
from pipeline.records import NONE, CodedRow, Decision, Given, Utterance

Groups = dict[tuple[str, str], list[Decision]]
Suggested = Mapping[str, Mapping[str, frozenset[str]]]
"""By batch and utterance, the codes that the model suggested when the batch was sent."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows by coder, and by coder and unit the `open` codes, of which the coder said neither yes nor no."""

    pages: dict[str, list[CodedRow]] = field(default_factory=dict)
    open: dict[str, dict[Unit, frozenset[str]]] = field(default_factory=dict)


def judged(decisions: Iterable[Decision], utterances: Sequence[Utterance], codes: Sequence[str]) -> Judged:
    """What decisions come to, unit by unit; what is unsure and what nobody was asked stays open.

    The last word on a code counts. An utterance of which every code is open gives no row. Decisions on a
    text that has changed since, or on an utterance that is gone, count for nothing.
    """
    by_id = {one.id: one for one in utterances}
    found = Judged()
    for (utterance, coder), group in _grouped(decisions, by_id).items():
        one = by_id[utterance]
        yes, no = _said(group, codes)
        silent = frozenset(codes) - yes - no
        if yes or no:
            found.pages.setdefault(coder, []).append(_row(one, coder, yes, group))
            if silent:
                found.open.setdefault(coder, {})[(one.transcript_id, utterance)] = silent
    return found


def rounds(
    decisions: Iterable[Decision], utterances: Sequence[Utterance], codes: Sequence[str]
) -> tuple[Judged, Judged]:
    """The first and the last blind round of coders who coded the same utterance blind more than once.

    A round is a batch, or one run of `codes import`. Each stands for itself: what one round leaves open is
    not filled in from the other.
    """
    by_pair: dict[tuple[str, str], dict[str, list[Decision]]] = {}
    for one in decisions:
        if one.kind == "coded" and one.seen == "blind":
            name = one.batch_id or f"run {one.run_id}"
            by_pair.setdefault((one.coder, one.utterance_id), {}).setdefault(name, []).append(one)
    twice = [list(groups.values()) for groups in by_pair.values() if len(groups) > 1]
    first, last = ([one for groups in twice for one in groups[at]] for at in (0, -1))
    return judged(first, utterances, codes), judged(last, utterances, codes)


def latest_sample(decisions: Iterable[Decision], utterances: Sequence[Utterance]) -> Sampling | None:
    """The latest sample of which two people, or the only one there is, coded something; None without any.

    By what is written on the decisions, so it holds what was coded of the sample, not all that was drawn.
    """
    transcript = {one.id: one.transcript_id for one in utterances}
    chances: dict[str, dict[Unit, float]] = {}
    coders: dict[str, set[str]] = {"": set()}
    for one in decisions:
        if one.utterance_id in transcript:
            coders[""].add(one.coder)
            if one.sample_id and one.inclusion_probability is not None:
                unit = transcript[one.utterance_id], one.utterance_id
                chances.setdefault(one.sample_id, {})[unit] = one.inclusion_probability
                coders.setdefault(one.sample_id, set()).add(one.coder)
    ready = [name for name in chances if len(coders[name]) >= min(2, len(coders[""]))]
    return Sampling(ready[-1], chances[ready[-1]]) if ready else None


def with_and_without(
    decisions: Sequence[Decision],
    utterances: Sequence[Utterance],
    codes: Sequence[str],
    shown: Suggested,
    hidden: Suggested,
) -> dict[str, tuple[Answers, Answers]]:
    """By coder, answers given blind and answers given with suggestions in view, each with what was suggested.

    `shown` holds what was in view when a batch was decided, `hidden` what the model would have suggested
    when a blind one was sent. Where a coder decided an utterance both ways, both are held against what was
    in view.
    """
    by_id = {one.id: one for one in utterances}
    coded = [one for one in decisions if one.kind == "coded"]
    ways = [_grouped((one for one in coded if one.seen == way), by_id) for way in ("blind", "suggested")]
    blind, seen = _answers(ways[0], by_id, codes, hidden), _answers(ways[1], by_id, codes, shown)
    found: dict[str, tuple[Answers, Answers]] = {}
    for coder in sorted(blind.keys() | seen.keys()):
        without, within = blind.get(coder, {}), seen.get(coder, {})
        held = {
            unit: Answer(one.yes, one.no, within[unit].suggested if unit in within else one.suggested)
            for unit, one in without.items()
        }
        found[coder] = held, within
    return found


def _answers(
    groups: Groups, by_id: Mapping[str, Utterance], codes: Sequence[str], known: Suggested
) -> dict[str, dict[Unit, Answer]]:
    found: dict[str, dict[Unit, Answer]] = {}
    for (utterance, coder), group in groups.items():
        yes, no = _said(group, codes)
        sets = [known[batch].get(utterance) for one in group if (batch := one.batch_id or "") in known]
        suggested = [one for one in sets if one is not None]
        whole = frozenset().union(*suggested) if suggested else None
        found.setdefault(coder, {})[(by_id[utterance].transcript_id, utterance)] = Answer(yes, no, whole)
    return found


def _grouped(decisions: Iterable[Decision], by_id: Mapping[str, Utterance]) -> Groups:
    """Decisions on the text as it is now, by utterance and coder."""
    groups: Groups = {}
    for one in decisions:
        now = by_id.get(one.utterance_id)
        if now is not None and now.text_hash == one.text_hash:
            groups.setdefault((one.utterance_id, one.coder), []).append(one)
    return groups


def _said(group: Iterable[Decision], codes: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The codes given and those refused, by the last word on each.

    Silence refuses a code where every code was asked about, or where "nothing applies" was said.
    """
    last = {one.code: one for one in group}
    yes = {code for code, one in last.items() if one.answer == "accept"}
    no = {code for code, one in last.items() if one.answer == "reject"}
    unsure = {code for code, one in last.items() if one.answer == "unsure"}
    nothing = NONE in last and last[NONE].answer == "none"
    if NONE not in unsure and (nothing or any(one.scope == "all_codes" for one in last.values())):
        no |= set(codes) - yes - unsure
    return frozenset(yes & set(codes)), frozenset(no & set(codes))


def _row(one: Utterance, coder: str, yes: frozenset[str], group: Sequence[Decision]) -> CodedRow:
    valence = {each.code: each.valence for each in group}
    seen = "suggested" if any(each.seen == "suggested" for each in group) else "blind"
    return one.row([Given(code, valence[code]) for code in sorted(yes)], coder=coder, seen=seen)
