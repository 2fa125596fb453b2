"""What goes to a coder and what comes back, whatever the form (sheet, packet, project)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.records import NONE, VALENCES, Codebook, Decision, Suggestion, Utterance, Valence

OFFERED = 3
"""How many suggestions a coder is shown at most."""


@dataclass(frozen=True, slots=True)
class Item:
    """One utterance for a coder, with the suggestions to show (none when blind)."""

    utterance: Utterance
    offered: tuple[Suggestion, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one coder gets at one time."""

    id: str
    coder: str
    blind: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """What a coder wrote about one utterance; `place` says where ("row 7")."""

    place: str
    utterance_id: str
    text_hash: str
    answers: tuple[tuple[str, str, str], ...] = ()  # code, accept | reject | unsure, valence or ""
    added: tuple[tuple[str, str], ...] = ()  # code, valence or ""
    nothing: bool = False
    unsure: bool = False
    note: str = ""

    @property
    def touched(self) -> bool:
        """Whether the coder said anything here."""
        return bool(self.answers or self.added or self.nothing or self.unsure or self.note)


@dataclass(frozen=True, slots=True)
class Returned:
    """A batch as it came back."""

    batch_id: str
    coder: str
    items: tuple[ReturnedItem, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that cannot be taken as it is: where, and why."""

    place: str
    message: str


def offer(suggestions: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """The suggestions to show: those the model would suggest, in order, at most three."""
    return tuple([one for one in suggestions if one.suggested][:OFFERED])


def decisions_from(
    returned: Returned,
    *,
    codebook: Codebook,
    blind: bool,
    offered: Mapping[str, Sequence[str]],
    hashes: Mapping[str, str],
    at: str,
) -> tuple[list[Decision], list[Problem]]:
    """Turn a returned batch into decisions, and list every row that cannot be taken.

    `offered` tells the codes shown with each utterance of the batch, `hashes` the text hash that each
    utterance has in the study now. A row with a problem gives no decision at all.
    """
    codable = {code.id for code in codebook.leaves()}
    decisions: list[Decision] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for item in returned.items:
        if not item.touched:
            continue
        problem = _problem(item, codable, offered, hashes, seen)
        if problem:
            problems.append(Problem(item.place, problem))
            continue
        seen[item.utterance_id] = item.place
        decisions.extend(_decisions(item, returned, blind=blind, at=at))
    return decisions, problems


def _problem(
    item: ReturnedItem,
    codable: set[str],
    offered: Mapping[str, Sequence[str]],
    hashes: Mapping[str, str],
    seen: Mapping[str, str],
) -> str:
    """Why a row cannot be taken, or ""."""
    if item.utterance_id not in offered:
        return f"utterance {item.utterance_id or '(empty)'} was not in this batch"
    if item.utterance_id in seen:
        return f"utterance {item.utterance_id} stands here and at {seen[item.utterance_id]}"
    if item.utterance_id not in hashes:
        return f"utterance {item.utterance_id} is no longer in the study"
    if hashes[item.utterance_id] != item.text_hash:
        return f"the text of {item.utterance_id} has changed since it was sent"
    if item.nothing and (item.added or any(answer == "accept" for _, answer, _ in item.answers)):
        return f"{item.utterance_id}: a code is given and nothing applies"
    for code, answer, valence in item.answers:
        if code not in offered[item.utterance_id]:
            return f"{item.utterance_id}: code {code!r} was not offered here"
        if answer not in ("accept", "reject", "unsure"):
            return f"{item.utterance_id}: {answer!r} is no answer (accept, reject, unsure)"
        if valence and valence not in VALENCES:
            return f"{item.utterance_id}: {valence!r} is no valence (facilitator, barrier, both)"
    given = [code for code, _, _ in item.answers] + [code for code, _ in item.added]
    if len(given) != len(set(given)):
        return f"{item.utterance_id}: one code stands twice"
    for code, valence in item.added:
        if code not in codable:
            return f"{item.utterance_id}: {code!r} is no code of the codebook"
        if valence and valence not in VALENCES:
            return f"{item.utterance_id}: {valence!r} is no valence (facilitator, barrier, both)"
    return ""


def _decisions(item: ReturnedItem, returned: Returned, *, blind: bool, at: str) -> list[Decision]:
    scope: Literal["all_codes", "offered"] = "all_codes" if blind else "offered"
    seen: Literal["blind", "suggested"] = "blind" if blind else "suggested"

    def made(code: str, answer: str, valence: str = "", *, wide: bool = False) -> Decision:
        return Decision(
            utterance_id=item.utterance_id,
            text_hash=item.text_hash,
            code=code,
            answer=answer,  # type: ignore[arg-type]  # checked by _problem
            coder=returned.coder,
            at=at,
            valence=_valence(valence) if answer == "accept" else None,
            scope="all_codes" if wide else scope,
            seen=seen,
            batch_id=returned.batch_id,
            note=item.note,
        )

    out = [made(code, answer, valence) for code, answer, valence in item.answers]
    out += [made(code, "accept", valence) for code, valence in item.added]
    if item.nothing:  # said outright, so it speaks of every code, whatever was offered
        out.append(made(NONE, "none", wide=True))
    elif item.unsure or not out:
        out.append(made(NONE, "unsure"))
    return out


def _valence(text: str) -> Valence | None:
    return next((one for one in VALENCES if one == text), None)
