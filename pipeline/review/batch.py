"""What goes to a coder and what comes back, whatever the form (sheet, packet, project)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pipeline.errors import Problem
from pipeline.records import NONE, VALENCES, Codebook, Decision, Suggestion, Utterance, Valence

_WORD = re.compile(r"[a-z0-9_.]{1,60}")
OFFERED = 3
"""How many suggestions a coder is shown at most."""
INDUCTIVE = "inductive."
"""Where codes go that nobody foresaw."""


@dataclass(frozen=True, slots=True)
class Item:
    """One utterance for a coder, with the codes to show (none when blind).

    `reasons` tells why a code is shown, `said` what each coder said (in adjudication), `after` what follows.
    """

    utterance: Utterance
    offered: tuple[Suggestion, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    said: tuple[tuple[str, str], ...] = ()
    after: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one coder gets at one time; `adjudication` if it is to settle what coders disagree on.

    `checked` says how the text was searched for names, and whether a person read a sample of it; `invented`
    that the interviews are made up, which the coder is told.
    """

    id: str
    coder: str
    blind: bool
    items: tuple[Item, ...]
    adjudication: bool = False
    checked: str = ""
    invented: bool = False


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """What a coder wrote about one utterance; `place` says where ("row 7").

    `proposals` are new codes that the coder would like, `damage` what the form itself finds wrong here.
    """

    place: str
    utterance_id: str
    text_hash: str
    answers: tuple[tuple[str, str, str], ...] = ()  # code, accept | reject | unsure, valence or ""
    added: tuple[tuple[str, str], ...] = ()  # code, valence or ""
    nothing: bool = False
    unsure: bool = False
    note: str = ""
    proposals: tuple[str, ...] = ()
    damage: str = ""

    @property
    def touched(self) -> bool:
        """Whether the coder said anything here."""
        said = self.answers or self.added or self.nothing or self.unsure or self.note or self.proposals
        return bool(said or self.damage)


@dataclass(frozen=True, slots=True)
class Returned:
    """A batch as it came back."""

    batch_id: str
    coder: str
    items: tuple[ReturnedItem, ...]


def shown(cell: str, called: str) -> str:
    """A cell as an error may show it: a word that could be a code or an answer, never a text.

    >>> shown("context.climate", "what was added"), shown("as Ann told me", "what was added")
    ("'context.climate'", 'what was added')
    """
    return repr(cell) if _WORD.fullmatch(cell) else called


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
    adjudication: bool = False,
) -> tuple[list[Decision], list[Problem]]:
    """Turn a returned batch into decisions, and list every row that cannot be taken.

    `offered` tells the codes shown with each utterance of the batch, `hashes` the text hash that each
    utterance has in the study now. A row with a problem gives no decision at all; where an utterance
    stands twice and the two rows differ, neither is taken.
    """
    codable = {code.id for code in codebook.leaves()}
    decisions: list[Decision] = []
    problems: list[Problem] = []
    touched = [item for item in returned.items if item.touched]
    rows: dict[str, list[ReturnedItem]] = {}
    for item in touched:
        rows.setdefault(item.utterance_id, []).append(item)
    for item in touched:
        problem = (
            _stray(item, offered, hashes)
            or _doubled(item, rows[item.utterance_id])
            or _wrong(item, codable, offered, hashes)
        )
        if problem:
            problems.append(Problem(item.place, problem))
        else:
            shown = offered[item.utterance_id]
            new = _Way(blind, adjudication, at, frozenset(codable), frozenset(shown))
            decisions.extend(_decisions(item, returned, new))
    return decisions, problems


def proposals_from(
    returned: Returned, codebook: Codebook, problems: Iterable[Problem]
) -> list[tuple[str, str]]:
    """The new codes that a coder would like, as (utterance id, words), of every row that can be taken."""
    bad = {one.place for one in problems}
    codable = {code.id for code in codebook.leaves()}
    out: dict[tuple[str, str], None] = {}
    for item in returned.items:
        if item.place not in bad:
            wanted = [_in_words(code) for code, _ in item.added if _is_proposal(code, codable)]
            out.update(dict.fromkeys((item.utterance_id, words) for words in (*item.proposals, *wanted)))
    return list(out)


def proposed_id(words: str) -> str:
    """The code id that a proposal would get.

    >>> proposed_id("Distance & transport")
    'inductive.distance_transport'
    """
    tail = words.strip().casefold().removeprefix(INDUCTIVE)
    return INDUCTIVE + (re.sub(r"\W+", "_", tail).strip("_") or "new")


def missing_from(returned: Returned, sent: Iterable[str]) -> list[str]:
    """The utterances that were sent and have no row in what came back."""
    back = {item.utterance_id for item in returned.items}
    return [utterance for utterance in sent if utterance not in back]


def _in_words(code: str) -> str:
    """A typed code as the words that it stands for, in which names can be found."""
    return code.removeprefix(INDUCTIVE).replace("_", " ").strip()


def _is_proposal(code: str, codable: set[str]) -> bool:
    """Whether a code that somebody typed in is a new one for the inductive space."""
    return code.startswith(INDUCTIVE) and len(code) > len(INDUCTIVE) and code not in codable


def _doubled(item: ReturnedItem, rows: Sequence[ReturnedItem]) -> str:
    """Why a row of an utterance that stands several times cannot be taken, or ""."""
    others = [one for one in rows if one is not item and (item.damage or not one.damage)]
    if not others:
        return ""
    alike = all(replace(one, place=item.place) == item for one in others)
    if alike and rows.index(item) < rows.index(others[0]):
        return ""
    return f"utterance {item.utterance_id} stands here and at {others[0].place}"


def _stray(item: ReturnedItem, offered: Mapping[str, Sequence[str]], hashes: Mapping[str, str]) -> str:
    """Why a row speaks of no utterance that was sent, or ""."""
    if item.utterance_id not in offered:
        return f"utterance {item.utterance_id or '(empty)'} was not in this batch"
    return "" if item.utterance_id in hashes else f"utterance {item.utterance_id} is no longer in the study"


def _wrong(
    item: ReturnedItem, codable: set[str], offered: Mapping[str, Sequence[str]], hashes: Mapping[str, str]
) -> str:
    """Why what a row says cannot be taken, or ""."""
    name = item.utterance_id
    if hashes[name] != item.text_hash:
        return f"the text of {name} has changed since it was sent"
    if item.nothing and (item.added or any(answer == "accept" for _, answer, _ in item.answers)):
        return f"{name}: a code is given and nothing applies"
    wrong = _wrong_codes(item, codable, offered[name]) or item.damage
    return f"{name}: {wrong}" if wrong else ""


def _wrong_codes(item: ReturnedItem, codable: set[str], offered: Sequence[str]) -> str:
    for code, answer, _ in item.answers:
        if code not in offered:
            return f"{shown(code, 'the code beside an answer')} was not offered here"
        if answer not in ("accept", "reject", "unsure"):
            return f"{shown(answer, 'what was answered')} is no answer (accept, reject, unsure)"
    for code, _ in item.added:
        if code not in codable and not _is_proposal(code, codable):
            return f"{shown(code, 'what was added')} is no code of the codebook"
    given = [code for code, _, _ in item.answers] + [code for code, _ in item.added]
    if len(given) != len(set(given)):
        return "one code stands twice"
    for valence in [valence for _, _, valence in item.answers] + [valence for _, valence in item.added]:
        if valence and valence not in VALENCES:
            return f"{shown(valence, 'what was given as valence')} is no valence (facilitator, barrier, both)"
    return ""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a row is to be understood: what was hidden, what was shown, what can be coded."""

    blind: bool
    adjudication: bool
    at: str
    codable: frozenset[str]
    shown: frozenset[str]


def _decisions(item: ReturnedItem, returned: Returned, way: _Way) -> list[Decision]:
    answered = {code for code, answer, _ in item.answers if answer != "unsure"}
    # Who settles every code that anybody gave has settled the utterance: the codes nobody gave are refused.
    settled = way.adjudication and way.shown <= answered and not item.unsure
    scope: Literal["all_codes", "offered"] = "all_codes" if way.blind or settled else "offered"

    def made(code: str, answer: str, valence: str = "", *, wide: bool = False) -> Decision:
        return Decision(
            utterance_id=item.utterance_id,
            text_hash=item.text_hash,
            code=code,
            answer=answer,  # type: ignore[arg-type]  # checked by _wrong_codes
            coder=returned.coder,
            at=way.at,
            valence=_valence(valence) if answer == "accept" else None,
            kind="adjudicated" if way.adjudication else "coded",
            scope="all_codes" if wide else scope,
            seen="blind" if way.blind else "suggested",
            batch_id=returned.batch_id,
            note=item.note,
        )

    out = [made(code, answer, valence) for code, answer, valence in item.answers]
    out += [made(code, "accept", valence) for code, valence in item.added if code in way.codable]
    if item.nothing:  # said outright, so it speaks of every code, whatever was offered
        out.append(made(NONE, "none", wide=True))
    elif item.unsure or not out:
        out.append(made(NONE, "unsure"))
    return out


def _valence(text: str) -> Valence | None:
    return next((one for one in VALENCES if one == text), None)
