"""A study as a project: pseudonymised texts, codebook, people's codings, the model's suggestions, cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.exchange.project import (
    Coding,
    Document,
    Memo,
    Passage,
    Project,
    ProjectCase,
    User,
    guid,
)
from pipeline.exchange.schemes import code_guid, project_codes, valence_guid
from pipeline.records import NONE, Codebook, CodedRow, Suggestion, Valence

MODEL = "Second Coder (model)"
"""The user under whose name suggestions travel: never a person."""
SUGGESTED = "Suggested by the model"
"""How the remark on every suggestion begins, so that it is known for one whoever it is given to."""
ORIGIN = "Second Coder"
_ABOUT = (
    "Written by Second Coder from pseudonymised transcripts. What the user '{model}' coded are a model's "
    "suggestions, nobody's decisions. To bring coding back, export the project as REFI-QDA (.qdpx) and run "
    "`secondcoder codes import STUDY FILE`. Do not edit the texts: coding is found again by their words."
)

Place = tuple[str, int, int]
"""An utterance's id with its first and last offset in its turn."""


@dataclass(frozen=True, slots=True)
class Line:
    """A turn as it stands in a document: label, text, and the utterances in it."""

    label: str
    text: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """One transcript as it goes into a project; `attributes` are its case, role and the like."""

    id: str
    lines: tuple[Line, ...]
    case: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


def compose(
    name: str,
    book: Codebook,
    talks: Sequence[Talk],
    rows: Iterable[CodedRow],
    suggestions: Mapping[str, Sequence[Suggestion]],
    *,
    reasons: Mapping[str, Mapping[str, str]] | None = None,
    cases: Mapping[str, Mapping[str, str]] | None = None,
    study: str = "",
    at: str = "",
    checked: str = "",
) -> Project:
    """A study's values as a project that other programs open.

    `rows` are people's codes, `suggestions` the model's by utterance (only those it would suggest are
    written), `reasons` its reasons by utterance and code, `cases` the attributes of each case, `study` the
    study's id, `checked` how the text was searched for names. Every passage carries one code of one user,
    as NVivo keeps them, with its valence beside it.
    """
    coded: dict[str, list[CodedRow]] = {}
    for row in rows:
        coded.setdefault(row.utterance_id, []).append(row)
    people = sorted({row.coder for group in coded.values() for row in group})
    users = [User(user_guid(coder), coder) for coder in people]
    if any(one.suggested for group in suggestions.values() for one in group):
        users.append(User(user_guid(MODEL), MODEL))
    why = reasons or {}
    documents = [_document(talk, study, coded, suggestions, why, at) for talk in talks]
    return Project(
        name=name,
        origin=ORIGIN,
        at=at,
        users=tuple(users),
        codes=project_codes(book),
        cases=_cases(talks, cases or {}, study),
        documents=tuple(documents),
        memos=(
            Memo(
                guid(study, "memo"), "About this project", f"{_ABOUT.format(model=MODEL)} {checked}".strip()
            ),
        ),
    )


def user_guid(name: str) -> str:
    """The GUID under which a coder's codings travel."""
    return guid("user", name)


def laid_out(talk: Talk) -> tuple[str, dict[str, tuple[int, int]]]:
    """A transcript's text as it stands in a project, and where each utterance lies in it.

    >>> laid_out(Talk("T1", (Line("P", "We met. We left.", (("u1", 0, 7), ("u2", 8, 16))),)))
    ('P: We met. We left.\\n\\n', {'u1': (3, 10), 'u2': (11, 19)})
    """
    parts, at = [], 0
    places: dict[str, tuple[int, int]] = {}
    for line in talk.lines:
        head = f"{line.label}: " if line.label else ""
        start = at + len(head)
        places.update({name: (start + first, start + last) for name, first, last in line.places})
        parts.append(f"{head}{line.text}\n\n")
        at += len(parts[-1])
    return "".join(parts), places


def _document(
    talk: Talk,
    study: str,
    coded: Mapping[str, Sequence[CodedRow]],
    suggestions: Mapping[str, Sequence[Suggestion]],
    reasons: Mapping[str, Mapping[str, str]],
    at: str,
) -> Document:
    text, places = laid_out(talk)
    passages: list[Passage] = []
    for name, (start, end) in places.items():
        for row in coded.get(name, ()):
            passages += _of_person(row, study, start, end, at)
        for one in suggestions.get(name, ()):
            if one.suggested:
                passages.append(_of_model(one, reasons.get(name, {}), study, start, end, at))
    case = (("case", talk.case),) if talk.case else ()
    attributes = tuple((key, value) for key, value in (*case, *talk.attributes) if value)
    return Document(guid(study, "text", talk.id), talk.id, text, tuple(passages), attributes)


def _of_person(row: CodedRow, study: str, start: int, end: int, at: str) -> list[Passage]:
    """A passage for each code that somebody gave; one for `nothing applies`."""
    given = [(one.code, one.valence) for one in row.codes] or [(NONE, None)]
    return [
        _passage(
            (study, row.coder, row.utterance_id, code), code, valence, row.coder, start, end, row.note, at
        )
        for code, valence in given
    ]


def _of_model(
    one: Suggestion, reasons: Mapping[str, str], study: str, start: int, end: int, at: str
) -> Passage:
    remark = f"{SUGGESTED}, {one.kind} {one.score:.2f}. {reasons.get(one.code, '')}".strip()
    key = (study, MODEL, one.utterance_id, one.code)
    return _passage(key, one.code, one.valence, MODEL, start, end, remark, at)


def _passage(
    key: Sequence[str],
    code: str,
    valence: Valence | None,
    user: str,
    start: int,
    end: int,
    note: str,
    at: str,
) -> Passage:
    who = user_guid(user)
    codings = [Coding(guid(*key, "coding"), code_guid(code), who, at)]
    if valence:
        codings.append(Coding(guid(*key, "valence"), valence_guid(valence), who, at))
    return Passage(guid(*key, "passage"), start, end, tuple(codings), note, who, at)


def _cases(
    talks: Sequence[Talk], cases: Mapping[str, Mapping[str, str]], study: str
) -> tuple[ProjectCase, ...]:
    names = sorted({talk.case for talk in talks if talk.case} | set(cases))
    return tuple(
        ProjectCase(
            guid(study, "case", name),
            name,
            tuple((key, value) for key, value in cases.get(name, {}).items() if value),
            tuple(guid(study, "text", talk.id) for talk in talks if talk.case == name),
        )
        for name in names
    )
