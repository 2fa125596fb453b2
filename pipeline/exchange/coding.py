"""People's coding in a project as rows of the one table, laid on the study's utterances by their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.errors import Problem
from pipeline.exchange.align import Aligned
from pipeline.exchange.compose import MODEL, SUGGESTED, user_guid
from pipeline.exchange.gathered import Gathering, Read, both, unknown
from pipeline.exchange.project import Coding, Document, Passage, Project
from pipeline.exchange.schemes import Scheme
from pipeline.records import Given, Valence


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
    taking = _Taking(project, scheme, codable, coder)
    for number, document in enumerate(by_people(project).documents, start=1):
        if document.passages:
            name = home.get(document.guid, "")
            taking.document(document, name, laid.get(document.guid), name or f"document {number}")
    return taking.gathered.into(taking.out)


class _Taking:
    """A project's coding being taken in: what is gathered so far, and what could not be taken."""

    def __init__(self, project: Project, scheme: Scheme, codable: frozenset[str], coder: str) -> None:
        self.scheme, self.codable, self.coder = scheme, codable, coder
        self.seen = "suggested" if any(one.name == MODEL for one in project.users) else "blind"
        self.users = {one.guid: one.name for one in project.users}
        self.gathered, self.out = Gathering(), Read()

    def document(self, document: Document, name: str, lies: Aligned | None, place: str) -> None:
        """Take the passages of a document, which is the transcript `name` and lies on it so."""
        if lies is None or document.uncertain:
            why = "its places are uncertain" if document.uncertain else "it is no transcript of this study"
            self.out.problems.append(Problem(place, f"{len(document.passages)} passages left out, {why}"))
            return
        for (start, end), group in _grouped(document.passages):
            found = [(name, one) for one in lies.utterances(start, end) if one in self.codable]
            paragraph = document.text.count("\n", 0, start) + 1
            self._stretch(found, group, f"{place}, paragraph {paragraph}, characters {start}-{end}")

    def _stretch(self, found: Sequence[tuple[str, str]], group: Sequence[Passage], place: str) -> None:
        """Take what was given to one stretch, which codes the utterances `found`."""
        if not found:
            self.out.problems.append(Problem(place, "no participant's talk found there"))
        for user, note, number, valence in _given(group, self.scheme):
            coder, code = self.users.get(user) or self.coder, self.scheme.ids.get(number, "")
            if not number:
                self.out.problems.append(Problem(place, "a valence without a code"))
            elif number in self.scheme.above:
                self.out.problems.append(Problem(place, unknown(self.scheme.above[number], above=True)))
            elif not code:
                called = self.scheme.unknown.get(number) or number
                self.out.problems.append(Problem(place, unknown(called)))
                self.out.wanted += [(utterance, coder, called) for _, utterance in found]
            else:
                for one in found:
                    self.gathered.add(
                        one, coder, Given(code, valence), place=place, note=note, seen=self.seen
                    )


def _grouped(passages: Sequence[Passage]) -> Iterator[tuple[tuple[int, int], list[Passage]]]:
    """The passages by their stretch, in order: some programs write one for each coding."""
    groups: dict[tuple[int, int], list[Passage]] = {}
    for one in passages:
        groups.setdefault((one.start, one.end), []).append(one)
    yield from sorted(groups.items(), key=lambda group: group[0])


def _given(group: Sequence[Passage], scheme: Scheme) -> Iterator[tuple[str, str, str, Valence | None]]:
    """Who gave which code with which valence to a stretch: (user, note, the code's GUID, valence).

    A valence belongs to the codes of its own passage; where it stands alone, to all codes that the same user
    gave to the same stretch. Where that user gave none, the code's GUID is "".
    """
    alone: dict[str, Valence | None] = {}
    for one in group:
        if all(coding.code in scheme.valences for coding in one.codings):
            for user, way in _ways(one.codings, scheme).items():
                alone[user] = both(alone.get(user), way)
    gave = {coding.user for one in group for coding in one.codings if coding.code not in scheme.valences}
    for one in group:
        ways = _ways(one.codings, scheme)
        for coding in one.codings:
            if coding.code not in scheme.valences:
                valence = ways.get(coding.user) or alone.get(coding.user)
                yield coding.user, _note(one, coding), coding.code, valence
    yield from ((user, "", "", way) for user, way in alone.items() if user not in gave)


def _ways(codings: Iterable[Coding], scheme: Scheme) -> dict[str, Valence | None]:
    out: dict[str, Valence | None] = {}
    for one in codings:
        if one.code in scheme.valences:
            out[one.user] = both(out.get(one.user), scheme.valences[one.code])
    return out


def _note(passage: Passage, coding: Coding) -> str:
    return re.sub(r"\s*\n\s*", " ", "; ".join(note for note in (passage.note, coding.note) if note)).strip()
