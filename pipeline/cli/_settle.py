"""The second phase of ingest: link over the whole study, replace, write `study.db`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from pipeline import utterances
from pipeline.cli import _found
from pipeline.cli._base import progress
from pipeline.cli._found import Found
from pipeline.cli._names import Names
from pipeline.pseudonymise.entities import Entity, Mention
from pipeline.pseudonymise.find import surfaces
from pipeline.pseudonymise.link import link
from pipeline.pseudonymise.persons import speaker_names
from pipeline.pseudonymise.replace import Move, Moves, Replaced, replace
from pipeline.pseudonymise.spread import spread
from pipeline.records import Identifier, Mark, Span, Turn
from pipeline.study import Known, Register, Store, StoredSpan, StoredTranscript, StoredTurn, Study, register

_NEAR = 80.0
"""Likeness (0 to 100) from which a word of older transcripts is looked at for a new name."""


@dataclass(slots=True)
class Touched:
    """A turn of an older transcript in which a name that is new to the study turned up."""

    transcript_id: str
    turn: StoredTurn
    identifiers: tuple[Identifier, ...]


def settle(study: Study, store: Store, kept: Register, ids: Sequence[str]) -> int:
    """Settle these transcripts and all that their names touch; returns how many identifiers were replaced."""
    records = {name: _found.load(study.vault, name) for name in ids}
    _learn(records, kept)
    known = _wanted(kept, after=-1)
    for record in records.values():
        _spread(record, known, kept)
    touched = _touched(store, kept, set(ids))
    _link(study, kept, records, touched, study.case_of())
    names = Names(study.settings, kept)
    for one in touched:
        _touch(study, store, names, one)
    count = 0
    for name in progress(sorted(records), "Replacing identifiers", len(records)):
        count += _write(study, store, kept, names, records[name])
    if touched:
        store.forget_words()
    store.set_names_version(kept.version)
    return count + sum(len(one.identifiers) for one in touched)


def mask(study: Study, store: Store, kept: Register, touched: Sequence[Touched]) -> None:
    """Replace identifiers in turns that are settled already."""
    _link(study, kept, {}, touched, study.case_of())
    names = Names(study.settings, kept)
    for one in touched:
        _touch(study, store, names, one)
    store.forget_words()


def _learn(records: Mapping[str, Found], kept: Register) -> None:
    """Add the names found in these transcripts to the study's list of names, under a new version."""
    new: dict[str, str] = {entry["surface"]: entry["label"] for entry in kept.always}
    for _, record in sorted(records.items()):
        for surface, label in surfaces([turn.text for turn in record.turns], record.identifiers).items():
            new.setdefault(surface, label)
        labels = {turn.speaker for turn in record.turns if turn.speaker}
        for name in speaker_names(labels):
            new.setdefault(name, "PERSON")
    new = {surface: label for surface, label in new.items() if surface not in kept.known}
    if new:
        kept.version += 1
        kept.known.update({surface: Known(label, kept.version) for surface, label in sorted(new.items())})


def _wanted(kept: Register, *, after: int) -> dict[str, str]:
    """The names that came after a version, with their labels, less those never to be masked."""
    never = {surface.casefold() for surface in kept.never}
    return {
        surface: one.label
        for surface, one in kept.known.items()
        if one.version > after and surface.casefold() not in never
    }


def _spread(record: Found, known: Mapping[str, str], kept: Register) -> None:
    """Carry every known name through one transcript; what is never to be masked is let go."""
    texts = [turn.text for turn in record.turns]
    never = {surface.casefold() for surface in kept.never}
    found = spread(texts, record.identifiers, known)
    record.identifiers = [
        tuple([one for one in some if text[one.start : one.end].casefold() not in never])
        for text, some in zip(texts, found, strict=True)
    ]


def _touched(store: Store, kept: Register, pending: set[str]) -> list[Touched]:
    """The turns of settled transcripts in which names stand that came to the study after them.

    The full-text index leads to them, so the cost follows what is touched.
    """
    older = {one.id: one.names_version for one in store.transcripts() if one.id not in pending}
    out: list[Touched] = []
    for version in sorted(set(older.values())):
        new = _wanted(kept, after=version)
        if not new:
            continue
        places: dict[str, set[int]] = {}
        for transcript_id, index in store.turns_with(_candidates(new, store.words())):
            if older.get(transcript_id) == version:
                places.setdefault(transcript_id, set()).add(index)
        for transcript_id, indices in sorted(places.items()):
            out += _touched_in(store, transcript_id, indices, new)
    return out


def _touched_in(store: Store, transcript_id: str, indices: set[int], new: Mapping[str, str]) -> list[Touched]:
    """The turns among these that hold a new name, in the light of the whole transcript's words."""
    turns = store.turns(transcript_id)
    hits = spread([turn.text for turn in turns], [()] * len(turns), new)
    return [
        Touched(transcript_id, turn, hit)
        for turn, hit in zip(turns, hits, strict=True)
        if hit and turn.index in indices
    ]


def _candidates(new: Mapping[str, str], vocabulary: list[str]) -> list[str]:
    """The words of the study that are, or nearly are, a part of a new name."""
    parts = sorted({part for surface in new for part in utterances.words_of(surface)})
    found = {part for part in parts if part in set(vocabulary)}
    for part in parts:
        if len(part) > 3:
            near = process.extract(part, vocabulary, scorer=fuzz.ratio, score_cutoff=_NEAR, limit=None)
            found.update(match[0] for match in near)
    return sorted(found)


def _link(
    study: Study,
    kept: Register,
    records: Mapping[str, Found],
    touched: Sequence[Touched],
    cases: Mapping[str, str],
) -> None:
    """Decide who is who over the whole study and keep it in the register, before any text is written."""
    mentions: list[Mention] = []
    for name, record in records.items():
        counts = Counter(
            (one.label, _surface(turn.text, one))
            for turn, some in zip(record.turns, record.identifiers, strict=True)
            for one in some
        )
        roles = _roles(study, kept, name)
        case = cases.get(name, "")
        mentions += [Mention(name, case, label, surface, n) for (label, surface), n in counts.items()]
        mentions += [Mention(name, case, "PERSON", label, 1, role) for label, role in roles.items()]
    for one in touched:
        for each in one.identifiers:
            surface = _surface(one.turn.text, each)
            mentions.append(Mention(one.transcript_id, cases.get(one.transcript_id, ""), each.label, surface))
    said = {(mention.transcript_id, mention.surface) for mention in mentions}
    existing = [_still(Entity.from_json(entity), records, said) for entity in kept.entities]
    linked = link(mentions, existing)
    kept.entities = [entity.as_json() for entity in linked.entities]
    kept.doubtful = [
        {"entity": doubt.entity_id, "candidates": list(doubt.candidates), "reason": doubt.reason}
        for doubt in linked.doubtful
    ]
    register.save(study.vault, kept)


def _roles(study: Study, kept: Register, name: str) -> dict[str, str]:
    """The speaker labels of a transcript that are people's names, with how their role is written."""
    source = kept.sources[name]
    known = study.settings.role_names
    return {
        label: known.get(source.roles.get(label, ""), "")
        for label in source.roles
        if label and speaker_names([label])
    }


def _still(entity: Entity, records: Mapping[str, Found], said: set[tuple[str, str]]) -> Entity:
    """The entity without wordings that a transcript no longer holds; it keeps id and pseudonym."""
    where = tuple(pair for pair in entity.where if pair[0] not in records or pair in said)
    return Entity(entity.id, entity.label, entity.pseudonym, entity.kind, where, entity.cases)


def _write(study: Study, store: Store, kept: Register, names: Names, record: Found) -> int:
    """Write one transcript in one transaction, then take its raw text out of the record."""
    source = kept.sources[record.id]
    replaced = [
        replace(turn.text, some, names.of(record.id, source.participants.get(turn.speaker, "")))
        for turn, some in zip(record.turns, record.identifiers, strict=True)
    ]
    out = study.settings.text.code_roles_out
    turns, spans = [], []
    by_turn: dict[int, list[Span]] = {}
    text = study.settings.text
    for span in utterances.split(record.turns, unit=text.unit, max_words=text.max_words):
        by_turn.setdefault(span.turn_index, []).append(span)
    for turn, new in zip(record.turns, replaced, strict=True):
        role = (
            source.roles.get(turn.speaker, "") if turn.speaker or turn.speaker in source.roles else "header"
        )
        speaker = source.participants.get(turn.speaker) or role
        turns.append(_stored_turn(turn, new, speaker, role))
        context = role in out or role in ("header", "")
        spans += [
            _stored_span(record.id, turn, span, new, kept, context) for span in by_turn.get(turn.index, ())
        ]
    count = sum(len(one.done) for one in replaced)
    stored = StoredTranscript(record.id, kept.text_hash(record.sha256), record.format, record.settings, count)
    store.save_transcript(stored, turns, spans)
    record.moves = {
        turn.index: new.moves for turn, new in zip(record.turns, replaced, strict=True) if new.moves.moves
    }
    record.log = [
        _log(turn.index, turn.text, one, names, record.id)
        for turn, new in zip(record.turns, replaced, strict=True)
        for one in new.done
    ]
    record.settled = True
    _found.save(study.vault, record)
    return count


def _touch(study: Study, store: Store, names: Names, one: Touched) -> None:
    """Replace new names in a turn of an older transcript; ids and boundaries stay."""
    new = replace(one.turn.text, one.identifiers, names.of(one.transcript_id, one.turn.speaker))
    marks = tuple(
        Mark(new.moves.to_new(m.start), new.moves.to_new(m.end, end=True), m.kind) for m in one.turn.marks
    )
    turn = StoredTurn(
        one.turn.index,
        one.turn.speaker,
        one.turn.role,
        new.text,
        one.turn.start,
        one.turn.end,
        one.turn.source,
        marks,
    )
    spans = [
        StoredSpan(
            span.id,
            span.turn_index,
            span.number,
            new.moves.to_new(span.start),
            new.moves.to_new(span.end, end=True),
            span.words,
            span.context,
            span.text_hash,
        )
        for span in store.spans(one.transcript_id)
        if span.turn_index == one.turn.index
    ]
    record = _found.load(study.vault, one.transcript_id)
    before = record.moves.get(one.turn.index, Moves())
    record.moves[one.turn.index] = _composed(before, new.moves)
    record.log += [_log(one.turn.index, one.turn.text, each, names, one.transcript_id) for each in new.done]
    store.change_turn(one.transcript_id, turn, spans, len(new.done))
    _found.save(study.vault, record)


def _composed(first: Moves, second: Moves) -> Moves:
    """One map for two replacements, the second made on the text that the first had left."""
    carried = [
        Move(m.raw_start, m.raw_end, second.to_new(m.start), second.to_new(m.end, end=True))
        for m in first.moves
    ]
    added = [
        Move(first.to_raw(m.raw_start), first.to_raw(m.raw_end, end=True), m.start, m.end)
        for m in second.moves
    ]
    return Moves(tuple(sorted([*carried, *added], key=lambda m: m.start)))


def _stored_turn(turn: Turn, new: Replaced, speaker: str, role: str) -> StoredTurn:
    marks = tuple(
        Mark(new.moves.to_new(mark.start), new.moves.to_new(mark.end, end=True), mark.kind)
        for mark in turn.marks
    )
    return StoredTurn(turn.index, speaker, role, new.text, turn.start, turn.end, turn.source, marks)


def _stored_span(
    transcript_id: str, turn: Turn, span: Span, new: Replaced, kept: Register, context: bool
) -> StoredSpan:
    raw = turn.text[span.start : span.end]
    marks = [m for m in turn.marks if m.start < span.end and m.end > span.start]
    within = [Mark(max(m.start - span.start, 0), min(m.end, span.end) - span.start, m.kind) for m in marks]
    return StoredSpan(
        id=f"{transcript_id}.t{turn.index:04d}.u{span.number:02d}",
        turn_index=turn.index,
        number=span.number,
        start=new.moves.to_new(span.start),
        end=new.moves.to_new(span.end, end=True),
        words=utterances.spoken_words(raw, within),
        context=context,
        text_hash=kept.text_hash(raw),
    )


def _surface(text: str, one: Identifier) -> str:
    return " ".join(text[one.start : one.end].split())


def _log(index: int, text: str, one: Identifier, names: Names, transcript_id: str) -> dict[str, Any]:
    surface = _surface(text, one)
    return {
        "turn": index,
        "surface": surface,
        "label": one.label,
        "entity": names.entity(transcript_id, one.label, surface),
        "reasons": list(one.reasons),
        "score": one.score,
    }
