"""People's coding in a project as rows of the one table, laid on the study's utterances by their words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.exchange.align import Aligned
from pipeline.exchange.compose import MODEL, SUGGESTED, user_guid
from pipeline.exchange.project import Coding, Passage, Project
from pipeline.exchange.schemes import Scheme
from pipeline.records import NONE, CodedRow, Given, Valence


@dataclass(slots=True)
class Read:
    """What a project's coding comes to: rows, what could not be taken and why, and what is worth saying.

    `wanted` are codes that are not the study's, as (utterance id, coder, the code's name).
    """

    rows: list[CodedRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    wanted: list[tuple[str, str, str]] = field(default_factory=list)


def by_people(project: Project) -> Project:
    """The project without what the model coded, and without passages that nobody coded."""
    models = {one.guid for one in project.users if one.name == MODEL} | {user_guid(MODEL)}
    documents = []
    for document in project.documents:
        kept = []
        for one in document.passages:
            codings = tuple(coding for coding in one.codings if coding.user not in models)
            if codings and not one.note.startswith(SUGGESTED):
                kept.append(replace(one, codings=codings))
        documents.append(replace(document, passages=tuple(kept)))
    return replace(project, documents=tuple(documents))


def human_codes(
    project: Project,
    scheme: Scheme,
    home: Mapping[str, str],
    laid: Mapping[str, Aligned],
    *,
    codable: frozenset[str],
    coder: str = "",
) -> Read:
    """People's coding as rows, one for each coder and utterance.

    `laid` tells how each document lies on its transcript, `codable` the utterances that may be coded (not
    the interviewers'), `coder` the name for codings that name nobody. What the model had suggested is never
    taken for anybody's coding; where it stands in the project, people have seen it, and the rows say so.
    """
    people = by_people(project)
    seen = "suggested" if any(one.name == MODEL for one in project.users) else "blind"
    users = {one.guid: one.name for one in project.users}
    gathered: dict[tuple[str, str], Gathered] = {}
    unknown: Counter[str] = Counter()
    out = Read()
    for document in people.documents:
        if not document.passages:
            continue
        if document.guid not in laid or document.uncertain:
            why = "its places are uncertain" if document.uncertain else "it is no transcript of this study"
            out.problems.append(f"{document.name}: {len(document.passages)} passages left out, {why}")
            continue
        for place, group in _grouped(document.passages):
            found = [one for one in laid[document.guid].utterances(*place) if one in codable]
            if not found:
                out.problems.append(
                    f"{document.name}, characters {place[0]}-{place[1]}: no participant's talk found there"
                )
            for who, note, number, valence in _given(group, scheme):
                name, code = users.get(who, "") or coder, scheme.ids.get(number, "")
                unknown[number] += not code
                for one in found:
                    if code:
                        mine = gathered.setdefault((one, name), Gathered(home[document.guid]))
                        mine.add(code, None if code == NONE else valence, note)
                    else:
                        out.wanted.append((one, name, scheme.unknown.get(number, number)))
    out.problems += [
        f"code {scheme.unknown.get(number) or number!r}: {count} passages, no code of the codebook"
        for number, count in sorted(unknown.items())
        if count
    ]
    out.rows = [one.row(*key, seen) for key, one in sorted(gathered.items())]
    return out


@dataclass(slots=True)
class Gathered:
    """What one coder gave one utterance, gathered from all passages on it."""

    transcript_id: str
    codes: dict[str, Valence | None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def add(self, code: str, valence: Valence | None, note: str) -> None:
        self.codes[code] = _both(self.codes.get(code), valence)
        if note:
            self.notes[note] = None

    def row(self, utterance_id: str, coder: str, seen: str) -> CodedRow:
        given = tuple(Given(code, way) for code, way in sorted(self.codes.items()) if code != NONE)
        return CodedRow(
            self.transcript_id,
            given,
            utterance_id=utterance_id,
            coder=coder,
            seen=seen,
            note="; ".join(self.notes),
        )


def _both(one: Valence | None, other: Valence | None) -> Valence | None:
    """Two valences of one code on one utterance as one."""
    return (one if one == other else "both") if one and other else one or other


def _grouped(passages: Sequence[Passage]) -> Iterator[tuple[tuple[int, int], list[Passage]]]:
    """The passages by their stretch: some programs write one for each coding."""
    groups: dict[tuple[int, int], list[Passage]] = {}
    for one in passages:
        groups.setdefault((one.start, one.end), []).append(one)
    yield from groups.items()


def _given(group: Sequence[Passage], scheme: Scheme) -> Iterator[tuple[str, str, str, Valence | None]]:
    """Who gave which code with which valence to a stretch: (user, note, the code's GUID, valence).

    A valence belongs to the codes of its own passage; where it stands alone, to all codes that the same user
    gave to the same stretch.
    """
    alone: dict[str, Valence | None] = {}
    for one in group:
        if all(coding.code in scheme.valences for coding in one.codings):
            for user, way in _ways(one.codings, scheme).items():
                alone[user] = _both(alone.get(user), way)
    for one in group:
        ways = _ways(one.codings, scheme)
        for coding in one.codings:
            if coding.code not in scheme.valences:
                yield (
                    coding.user,
                    _note(one, coding),
                    coding.code,
                    ways.get(coding.user) or alone.get(coding.user),
                )


def _ways(codings: Iterable[Coding], scheme: Scheme) -> dict[str, Valence | None]:
    out: dict[str, Valence | None] = {}
    for one in codings:
        if one.code in scheme.valences:
            out[one.user] = _both(out.get(one.user), scheme.valences[one.code])
    return out


def _note(passage: Passage, coding: Coding) -> str:
    return re.sub(r"\s*\n\s*", " ", "; ".join(note for note in (passage.note, coding.note) if note)).strip()
