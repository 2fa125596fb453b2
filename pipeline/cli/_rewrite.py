"""Settled text written anew where who is who, or what is masked, was changed. Ids and boundaries stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from unicodedata import normalize

from pipeline.cli import _found
from pipeline.cli._found import Entry, Found
from pipeline.cli._names import Names
from pipeline.errors import StudyError
from pipeline.pseudonymise.replace import Moves, Replaced
from pipeline.pseudonymise.replace import replace as put
from pipeline.records import Identifier, Mark
from pipeline.study import Store, StoredSpan, StoredTurn, Study


@dataclass(frozen=True, slots=True)
class Touched:
    """A settled turn, as it was before anything was replaced, with identifiers that are to be replaced as
    well; one may reach over what is replaced already."""

    transcript_id: str
    index: int
    raw: str
    identifiers: tuple[Identifier, ...]


@dataclass(slots=True)
class _Change:
    """What is written of one transcript: turns, ranges of their utterances, which of these read anew."""

    turns: list[tuple[StoredTurn, list[StoredSpan], int]] = field(default_factory=list)
    utterances: list[str] = field(default_factory=list)


def rewrite(
    study: Study,
    store: Store,
    names: Names,
    transcript_id: str,
    *,
    touched: Iterable[Touched] = (),
    raw: Mapping[int, str] | None = None,
) -> list[str]:
    """Write one settled transcript as the register says now; returns the utterances that read differently.

    The turns come from the log of what was replaced; `raw` gives them as the source file has them, to be
    sure of what is uncovered.
    """
    record = _found.load(study.vault, transcript_id)
    added = {one.index: one.identifiers for one in touched}
    change = _Change()
    turns = store.turns(transcript_id)
    spans: dict[int, list[StoredSpan]] = {}
    for span in store.spans(transcript_id):
        spans.setdefault(span.turn_index, []).append(span)
    texts = []
    for turn in turns:
        new = turn
        if turn.index in record.moves or turn.index in added:
            whole = (raw or {}).get(turn.index)
            new = _turn(
                record, names, turn, spans.get(turn.index, []), added.get(turn.index, ()), whole, change
            )
        texts.append(new.text)
    if change.turns:
        record.state = _found.state(texts)
        with _found.replacing(study.vault, record):
            store.change_turns(transcript_id, change.turns)
    return change.utterances


def raw_text(text: str, moves: Moves, entries: Sequence[Entry]) -> str:
    """A turn as it was before anything was replaced, by its offset map and its part of the log."""
    out, last = [], 0
    for move, entry in zip(moves.moves, entries, strict=True):
        out += [text[last : move.start], entry.surface]
        last = move.end
    return "".join([*out, text[last:]])


def _turn(
    record: Found,
    names: Names,
    turn: StoredTurn,
    spans: Sequence[StoredSpan],
    added: Sequence[Identifier],
    whole: str | None,
    change: _Change,
) -> StoredTurn:
    """Write one turn anew; where that changes nothing, the turn as it is."""
    before = record.moves.get(turn.index, Moves())
    old = record.entries(turn.index)
    raw = raw_text(turn.text, before, old)
    # A source file may have letters and their accents apart.
    if whole is not None and normalize("NFC", whole) != normalize("NFC", raw):
        raise StudyError("no longer reads as it did", where=record.id, hint="Run `secondcoder ingest` on it.")
    wanted = [*(one.identifier for one in old), *added]
    new = replaced(raw, wanted, names, record.id, turn.speaker)
    if new.text == turn.text and new.moves == before:
        return turn
    written = replace(turn, text=new.text, marks=tuple(_mark(one, before, new.moves) for one in turn.marks))
    ranges = [_range(span, before, new.moves) for span in spans]
    change.turns.append((written, ranges, len(new.done) - len(old)))
    change.utterances += [
        span.id
        for span, at in zip(spans, ranges, strict=True)
        if turn.text[span.start : span.end] != new.text[at.start : at.end]
    ]
    record.moves[turn.index] = new.moves
    record.log = [one for one in record.log if one.turn != turn.index] + entries(turn.index, raw, new)
    return written


def replaced(raw: str, wanted: Iterable[Identifier], names: Names, transcript: str, speaker: str) -> Replaced:
    """A raw turn with these identifiers replaced, less those that the study keeps as they stand."""
    return put(raw, masked_of(raw, wanted, names, transcript), names.of(transcript, speaker))


def masked_of(raw: str, wanted: Iterable[Identifier], names: Names, transcript: str) -> list[Identifier]:
    """What is masked of these identifiers: overlaps joined, possessives and what the study keeps left out."""
    joined = put(raw, wanted, lambda one, surface: surface).done
    return [one for one in joined if not names.kept(transcript, one, plain(raw, one))]


def entries(index: int, raw: str, new: Replaced) -> list[Entry]:
    """What was replaced in a turn, for the log."""
    return [
        Entry(index, one.start, one.end, raw[one.start : one.end], one.label, one.reasons, one.score)
        for one in new.done
    ]


def plain(text: str, one: Identifier) -> str:
    """The wording of an identifier with single spaces."""
    return " ".join(text[one.start : one.end].split())


def _mark(mark: Mark, before: Moves, after: Moves) -> Mark:
    start, end = before.to_raw(mark.start), before.to_raw(mark.end, end=True)
    return Mark(after.to_new(start), after.to_new(end, end=True), mark.kind)


def _range(span: StoredSpan, before: Moves, after: Moves) -> StoredSpan:
    start, end = before.to_raw(span.start), before.to_raw(span.end, end=True)
    return replace(span, start=after.to_new(start), end=after.to_new(end, end=True))
