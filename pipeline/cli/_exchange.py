"""Between a study and the projects of other programs: what goes out, and whose coding comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from pipeline.cli import _found
from pipeline.errors import StudyError
from pipeline.exchange.align import Piece, raw_pieces
from pipeline.exchange.coded_table import table_codes
from pipeline.exchange.coding import by_people, human_codes
from pipeline.exchange.compose import Line, Talk
from pipeline.exchange.gathered import Read
from pipeline.exchange.highlights import highlight_codes, read_highlights
from pipeline.exchange.laying import SAME, lay, which
from pipeline.exchange.project import Document
from pipeline.exchange.refi_read import read_project
from pipeline.exchange.schemes import read_scheme
from pipeline.exchange.table import read_rows
from pipeline.records import Codebook, CodedRow
from pipeline.review.state import ADJUDICATED
from pipeline.study import Store, Study, register


def talks(study: Study, store: Store) -> list[Talk]:
    """Every transcript as it goes into a project: speakers' pseudonyms, talk, utterances, case, role."""
    cases = study.case_of()
    people: dict[str, list[Any]] = {}
    for one in study.people():
        people.setdefault(one.transcript, []).append(one)
    return [
        Talk(
            transcript.id,
            tuple(_lines(study, store, transcript.id)),
            cases.get(transcript.id, ""),
            (
                ("participant", ", ".join(one.participant for one in people.get(transcript.id, ()))),
                ("role", ", ".join(dict.fromkeys(one.role for one in people.get(transcript.id, ())))),
            ),
        )
        for transcript in store.transcripts()
    ]


def _lines(study: Study, store: Store, transcript_id: str) -> Iterable[Line]:
    names = study.settings.role_names
    places: dict[int, list[tuple[str, int, int]]] = {}
    for span in store.spans(transcript_id):
        places.setdefault(span.turn_index, []).append((span.id, span.start, span.end))
    for turn in store.turns(transcript_id):
        if turn.role != "header":
            label = names.get(turn.role, turn.speaker) if turn.role == "interviewer" else turn.speaker
            yield Line(label or turn.role, turn.text, tuple(places.get(turn.index, ())))


def pieces(store: Store, transcript_id: str, moves: dict[int, Any] | None = None) -> list[Piece]:
    """A transcript's utterances to be found again in another text; with `moves`, as they stood before names
    were replaced (their wording unknown, their length known)."""
    turns = {turn.index: turn for turn in store.turns(transcript_id)}
    out: list[Piece] = []
    for span in store.spans(transcript_id):
        text = turns[span.turn_index].text[span.start : span.end]
        replaced = moves.get(span.turn_index) if moves else None
        if replaced:
            out += raw_pieces(span.id, text, span.start, replaced.as_json())
        else:
            out.append(Piece(span.id, text))
    return out


def read_coding(study: Study, store: Store, data: bytes, name: str, book: Codebook, coder: str) -> Read:
    """People's coding in a project, as rows; raises `StudyError` where the key is needed and not there."""
    project = read_project(data, name)
    scheme = read_scheme(project.codes, book)
    documents = [one for one in by_people(project).documents if one.passages]
    known = {one.id: pieces(store, one.id) for one in store.transcripts()}
    home = which(documents, known, _file_names(study))
    laid = lay(documents, known, home)
    far = [one for one in documents if one.guid in laid and laid[one.guid].share < SAME]
    if far:
        raw = _raw(study, store, far, home)
        for number, one in lay(far, raw, home).items():
            if one.share > laid[number].share:
                laid[number] = one
    read = human_codes(project, scheme, home, laid, codable=_codable(store), coder=coder)
    read.notices = [*project.notices, *_said(documents, laid, home)]
    return read


def read_marks(study: Study, store: Store, data: bytes, name: str, book: Codebook, coder: str) -> Read:
    """The codes of a table of highlights, as rows."""
    highlights, codable = read_highlights(data, name), _codable(store)

    def read(talks: dict[str, list[Piece]], names: dict[str, str]) -> Read:
        return highlight_codes(highlights, book, talks, codable=codable, coder=coder, names=names)

    known = {one.id: pieces(store, one.id) for one in store.transcripts()}
    return _better(read(known, {}), study, store, lambda raw: read(raw, _file_names(study)))


def read_coded(study: Study, store: Store, data: bytes, name: str, book: Codebook, coder: str) -> Read:
    """The codes of the one table, as rows."""
    rows, problems = read_rows(data, name, needs=("codes",))
    utterances = store.utterances(study.case_of())
    read = _better(
        table_codes(rows, utterances, book, coder=coder),
        study,
        store,
        lambda raw: table_codes(rows, utterances, book, coder=coder, talks=raw),
    )
    read.problems = [*problems, *read.problems]
    return read


def _better(read: Read, study: Study, store: Store, again: Callable[[dict[str, list[Piece]]], Read]) -> Read:
    """What was read, or what comes of looking quotations up in the talk as it stood before names were
    replaced, if that finds more: whoever holds the key can tell."""
    if not read.problems or not study.vault.key_path.is_file():
        return read
    raw = again({one.id: pieces(store, one.id, _moves(study, one.id)) for one in store.transcripts()})
    return raw if len(raw.problems) < len(read.problems) else read


def renamed(row: CodedRow, book: Codebook) -> CodedRow:
    """A row with its codes under the ids that they have today."""
    today = {old: code.id for code in book.codes for old in code.was}
    given = {today.get(one.code, one.code): one for one in row.codes}
    return replace(row, codes=tuple(replace(one, code=name) for name, one in given.items()))


def unchanged(
    rows: Sequence[CodedRow], before: Iterable[CodedRow], *, settled: bool = False
) -> list[CodedRow]:
    """The rows that say something else than what stands in the study: what went out and came back as it was
    is no new decision, whoever saw what meanwhile. `settled` rows are adjudicated, whoever wrote them."""
    said = {(one.coder, one.utterance_id): one for one in before}

    def is_new(row: CodedRow) -> bool:
        old = said.get((ADJUDICATED if settled else row.coder, row.utterance_id))
        return old is None or set(old.codes) != set(row.codes) or bool(row.note and row.note != old.note)

    return [row for row in rows if is_new(row)]


def _raw(study: Study, store: Store, far: Sequence[Document], home: dict[str, str]) -> dict[str, list[Piece]]:
    """The transcripts of these documents as they stood before names were replaced; needs the key."""
    try:
        study.vault.unlock()
    except StudyError as error:
        raise StudyError(
            f"documents with other talk than the study's: {len(far)}; coded before names were replaced?",
            hint="Whoever holds the study's key imports this file; --key FILE says where the key is.",
        ) from error
    return {name: pieces(store, name, _moves(study, name)) for name in {home[one.guid] for one in far}}


def _moves(study: Study, transcript_id: str) -> dict[int, Any]:
    if not study.vault.has(_found.name(transcript_id)):
        return {}
    return _found.load(study.vault, transcript_id).moves


def _file_names(study: Study) -> dict[str, str]:
    """The names of the interviews' files, which only the key tells; {} without it."""
    if not study.vault.key_path.is_file():
        return {}
    sources = register.load(study.vault).sources
    return {PurePosixPath(one.path.replace("\\", "/")).stem: name for name, one in sources.items()}


def _codable(store: Store) -> frozenset[str]:
    return frozenset(one.id for one in store.utterances())


def _said(documents: Sequence[Document], laid: dict[str, Any], home: dict[str, str]) -> list[str]:
    """What is worth saying of how documents lie on transcripts, without the documents' names."""
    return [
        f"{home[one.guid]}: {laid[one.guid].share:.0%} of its words were found in the project's text"
        for one in documents
        if one.guid in laid and laid[one.guid].share < SAME
    ]
