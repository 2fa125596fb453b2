"""The second phase of ingest: link over the whole study, replace, write `study.db`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import utterances
from pipeline.cli import _found, _listed
from pipeline.cli._as_people import as_people
from pipeline.cli._base import progress
from pipeline.cli._found import Found
from pipeline.cli._indexed import Indexed
from pipeline.cli._names import Names, draw_surrogates, named_in
from pipeline.cli._rewrite import Touched, entries, plain, replaced, rewrite
from pipeline.cli._touched import older, wanted
from pipeline.pseudonymise.entities import Entity, Mention
from pipeline.pseudonymise.find import surfaces
from pipeline.pseudonymise.link import Reach, link
from pipeline.pseudonymise.nearby import Nearby
from pipeline.pseudonymise.persons import speaker_names
from pipeline.pseudonymise.replace import Replaced
from pipeline.pseudonymise.replace import replace as put
from pipeline.pseudonymise.spread import Wordings, spread, wordings
from pipeline.records import Identifier, Mark, Span, Turn
from pipeline.study import Known, Register, Store, StoredSpan, StoredTranscript, StoredTurn, Study, register

_FEW = 32
"""So many transcripts are read once more to see which names matter to them; more would need most names."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What of one transcript is kept in memory while the whole study is linked: where identifiers stand (a
    tuple a turn), and how often each wording stands there under which label."""

    identifiers: list[tuple[Identifier, ...]]
    counts: Counter[tuple[str, str]]


def settle(
    study: Study, store: Store, kept: Register, ids: Sequence[str], index: Indexed | None = None
) -> list[str]:
    """Settle these transcripts and all that their names touch; one transcript's talk is in memory at a time.

    `index` is that of the settled text, where it was read already. Returns the utterances of other
    transcripts that read differently now.
    """
    learn(_named(study, kept, ids), kept)
    known = _table(study, kept, ids)
    said = {}
    for name in progress(ids, "Linking names", len(ids)) if ids else ():
        said[name] = _spread(_found.load(study.vault, name), known, kept)
    touched = older(study, store, kept, set(ids), index or Indexed(store.words()))
    redrawn, near = _link(study, kept, said, touched)
    names = Names(study.settings, kept, near)
    changed = _rewrite_all(study, store, names, touched, redrawn - set(ids))
    for name in progress(sorted(ids), "Replacing identifiers", len(ids)) if ids else ():
        record = _found.load(study.vault, name)
        record.identifiers = said[name].identifiers
        _write(study, store, kept, names, record)
    store.set_names_version(kept.version)
    _written(study, kept, redrawn)
    return changed


def mask(study: Study, store: Store, kept: Register, touched: Sequence[Touched]) -> list[str]:
    """Replace identifiers in turns that are settled already; returns the utterances that read differently."""
    redrawn, near = _link(study, kept, {}, touched)
    names = Names(study.settings, kept, near)
    changed = _rewrite_all(study, store, names, touched, redrawn)
    _written(study, kept, redrawn)
    return changed


def _rewrite_all(
    study: Study, store: Store, names: Names, touched: Sequence[Touched], also: set[str]
) -> list[str]:
    by_transcript: dict[str, list[Touched]] = {name: [] for name in also}
    for one in touched:
        by_transcript.setdefault(one.transcript_id, []).append(one)
    changed = []
    for name, some in sorted(by_transcript.items()):
        changed += rewrite(study, store, names, name, touched=some)
    return changed


def _named(study: Study, kept: Register, ids: Iterable[str]) -> dict[str, str]:
    """The names found in these transcripts and in their speaker labels, with the kind of each."""
    out: dict[str, str] = {}
    for name in sorted(ids):
        record = _found.load(study.vault, name)
        for surface, label in surfaces([turn.text for turn in record.turns], record.identifiers).items():
            out.setdefault(surface, label)
        for surface in speaker_names({turn.speaker for turn in record.turns if turn.speaker}):
            out.setdefault(surface, "PERSON")
    return out


def learn(named: Mapping[str, str], kept: Register) -> None:
    """Add names to the study's list of names, under a new version; what people listed comes first."""
    new = {**named, **_listed.always(kept)}
    new = {surface: label for surface, label in new.items() if surface not in kept.known}
    if new:
        kept.version += 1
        kept.known.update({surface: Known(label, kept.version) for surface, label in sorted(new.items())})


def _table(study: Study, kept: Register, ids: Sequence[str]) -> Wordings:
    """Every known name, ready to be looked for; for a few transcripts those that could stand in them."""
    known = wanted(kept, after=-1)
    if len(ids) <= _FEW:
        talk = Nearby(turn.text for name in ids for turn in _found.load(study.vault, name).turns)
        known = {surface: label for surface, label in known.items() if talk.could_stand(surface)}
    return wordings(known)


def _spread(record: Found, known: Wordings, kept: Register) -> _Said:
    """Carry every known name through one transcript; what is never to be masked is let go."""
    texts = [turn.text for turn in record.turns]
    always = _listed.always(kept)
    stated = [
        [*some, *_listed.stated(text, always)] for text, some in zip(texts, record.identifiers, strict=True)
    ]
    found = [
        tuple(_listed.spared(text, _apart(text, some), kept))
        for text, some in zip(texts, spread(texts, stated, known, remarks=True), strict=True)
    ]
    counts = Counter(
        (one.label, plain(text, one)) for text, some in zip(texts, found, strict=True) for one in some
    )
    return _Said(found, counts)


def _apart(text: str, some: Sequence[Identifier]) -> tuple[Identifier, ...]:
    """Identifiers as they will be replaced: overlaps joined, possessive endings left out."""
    return put(text, some, lambda one, surface: surface).done


def _link(
    study: Study, kept: Register, said: Mapping[str, _Said], touched: Sequence[Touched]
) -> tuple[set[str], list[Entity]]:
    """Decide who is who over the whole study and keep it in the register, before any text is written.

    Returns the transcripts in which a made-up name had to make way for a real one, and who is named in these
    or in those that are linked.
    """
    mentions = _mentions(study, kept, said, touched)
    reach = Reach(mentions, said)
    near: list[dict[str, Any]] = []
    far: list[dict[str, Any]] = []
    for one in kept.entities:
        (near if reach.holds(one["label"], one["where"], one["cases"]) else far).append(one)
    entities = [Entity.from_json(one) for one in near]
    mentions = as_people(mentions, entities)
    there = {(mention.transcript_id, mention.surface) for mention in mentions}
    existing = [_still(entity, said, there) for entity in entities]
    linked = link(mentions, existing, [(one["id"], one["pseudonym"]) for one in far])
    kept.entities = sorted(
        [*far, *(entity.as_json() for entity in linked.entities)], key=lambda one: str(one["id"])
    )
    named = {one["id"] for one in kept.entities if one["where"]}
    open_still = {one["entity"]: one for one in kept.doubtful if one["entity"] in named}
    for doubt in linked.doubtful:
        open_still[doubt.entity_id] = {
            "entity": doubt.entity_id,
            "candidates": list(doubt.candidates),
            "reason": doubt.reason,
        }
    kept.doubtful = [open_still[name] for name in sorted(open_still)]
    redrawn = draw_surrogates(study.settings, kept)
    anew = kept.transcripts_of(redrawn)
    kept.unwritten = sorted({*kept.unwritten, *anew})
    register.save(study.vault, kept)
    here = {*said, *(one.transcript_id for one in touched)}
    if anew:
        return anew, named_in(kept, here | anew)
    return anew, [one for one in linked.entities if not here.isdisjoint(name for name, _ in one.where)]


def _written(study: Study, kept: Register, redrawn: set[str]) -> None:
    """Record that these transcripts say what the register says; stopped before, the next command goes on."""
    if redrawn:
        kept.unwritten = [name for name in kept.unwritten if name not in redrawn]
        register.save(study.vault, kept)


def _mentions(
    study: Study, kept: Register, said: Mapping[str, _Said], touched: Sequence[Touched]
) -> list[Mention]:
    cases = study.case_of()
    mentions: list[Mention] = []
    for name, one in said.items():
        case = cases.get(name, "")
        mentions += [Mention(name, case, label, surface, n) for (label, surface), n in one.counts.items()]
        for label, role in _roles(study, kept, name).items():
            mentions.append(Mention(name, case, "PERSON", label, 1, role))
    for some in touched:
        case = cases.get(some.transcript_id, "")
        for each in _apart(some.raw, some.identifiers):
            mentions.append(Mention(some.transcript_id, case, each.label, plain(some.raw, each)))
    return mentions


def _roles(study: Study, kept: Register, name: str) -> dict[str, str]:
    """The speaker labels of a transcript that are people's names, with how their role is written."""
    source = kept.sources[name]
    known = study.settings.role_names
    return {
        label: known.get(source.roles.get(label, ""), "")
        for label in source.roles
        if label and speaker_names([label])
    }


def _still(entity: Entity, anew: Container[str], there: set[tuple[str, str]]) -> Entity:
    """The entity without wordings that a transcript no longer holds; it keeps id and pseudonym."""
    where = tuple(pair for pair in entity.where if pair[0] not in anew or pair in there)
    return Entity(entity.id, entity.label, entity.pseudonym, entity.kind, where, entity.cases)


def _write(study: Study, store: Store, kept: Register, names: Names, record: Found) -> None:
    """Write one transcript in one transaction, and its record without the raw text."""
    source = kept.sources[record.id]
    text = study.settings.text
    by_turn: dict[int, list[Span]] = {}
    for span in utterances.split(record.turns, unit=text.unit, max_words=text.max_words):
        by_turn.setdefault(span.turn_index, []).append(span)
    turns, spans, log, moves = [], [], [], {}
    for turn, some in zip(record.turns, record.identifiers, strict=True):
        new = replaced(turn.text, some, names, record.id, source.participants.get(turn.speaker, ""))
        known = turn.speaker or turn.speaker in source.roles
        role = source.roles.get(turn.speaker, "") if known else "header"
        turns.append(_stored_turn(turn, new, source.participants.get(turn.speaker) or role, role))
        context = role in text.code_roles_out or role in ("header", "")
        spans += [
            _stored_span(record.id, turn, span, new, kept, context) for span in by_turn.get(turn.index, ())
        ]
        log += entries(turn.index, turn.text, new)
        if new.moves.moves:
            moves[turn.index] = new.moves
    stored = StoredTranscript(
        record.id, kept.text_hash(record.sha256), record.format, record.settings, len(log)
    )
    record.moves, record.log, record.settled = moves, log, True
    record.state = _found.state(turn.text for turn in turns)
    with _found.replacing(study.vault, record):
        store.save_transcript(stored, turns, spans)


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
