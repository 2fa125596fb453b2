"""Where in the settled transcripts a name stands that came to the study after them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline import utterances
from pipeline.cli import _found, _listed
from pipeline.cli._indexed import Indexed
from pipeline.cli._rewrite import Touched, raw_text
from pipeline.pseudonymise.leads import leads
from pipeline.pseudonymise.replace import Moves
from pipeline.pseudonymise.spread import Wordings, spread, wordings
from pipeline.pseudonymise.wordlists import words
from pipeline.records import Identifier
from pipeline.study import Register, Store, StoredTurn, Study


def wanted(kept: Register, *, after: int) -> dict[str, str]:
    """The names that came after a version of the list, with their labels, less those never to be masked."""
    new = {surface: one.label for surface, one in kept.known.items() if one.version > after}
    return {surface: new[surface] for surface in kept.masked(new)} if kept.never else new


def older(study: Study, store: Store, kept: Register, pending: set[str], index: Indexed) -> list[Touched]:
    """The turns of settled transcripts in which names stand that are newer than they are.

    The full-text index leads to them, so the cost follows what is touched. They are read as they were before
    anything was replaced, or "hope rusnak" would no longer be found where "rusnak" is masked.
    """
    out: list[Touched] = []
    for version in store.names_versions():
        new = wanted(kept, after=version)
        if not new:
            continue
        known = wordings(new)
        led = _led_to(store, index, new, known) | _beside(store, index, kept, new, known)
        led |= _spelling(kept, known)
        there = store.fingerprints(led - pending)
        for name in sorted(one for one, (_, _, searched) in there.items() if searched == version):
            out += _left(study, store, kept, name, new, known)
    return out


def _led_to(store: Store, index: Indexed, new: Iterable[str], known: Wordings) -> set[str]:
    """The transcripts to which the index leads from these names."""
    # A wording that people listed is looked for whole, also where it is too short to be spread.
    whole = {" ".join(utterances.words_of(one)) for one in new}
    told = (whole | leads(known, index.words)) - {""}
    asked = sorted({form for one in told for form in index.spellings(one)})
    return {name for name, _ in store.turns_with(asked)}


def _beside(store: Store, index: Indexed, kept: Register, new: Iterable[str], known: Wordings) -> set[str]:
    """The transcripts in which parts of a new name are masked and a turn holds the rest of its words.

    A name of which every word leads to wherever it stands need not be asked for.
    """
    by_word: dict[str, set[frozenset[str]]] = defaultdict(set)
    for phrase in (*new, *map(" ".join, known.phrases)):
        said = frozenset(utterances.words_of(phrase))
        for word in said if len(said) > 1 and not said <= known.parts else ():
            by_word[word].add(said)
    masked: dict[str, set[str]] = defaultdict(set)
    for entity in kept.entities if by_word else ():
        for surface, names in entity["where"].items():
            here = [word for word in utterances.words_of(surface) if word in by_word]
            for name in names if here else ():
                masked[name].update(here)
    there: dict[frozenset[str], set[str]] = defaultdict(set)
    for name, words_here in masked.items():
        for said in {said for word in words_here for said in by_word[word]}:
            there[said - words_here].add(name)
    out = set()
    for rest, names in there.items():
        asked = [[*index.spellings(word)] for word in rest]
        out |= names.intersection(name for name, _ in store.turns_with_all(asked)) if asked else names
    return out


def _spelling(kept: Register, known: Wordings) -> set[str]:
    """The transcripts in which letters of a new name that is spelt out are masked as something else."""
    out = set()
    for entity in kept.entities:
        for surface, names in entity["where"].items():
            if len(surface) > 1 and not surface[1].isalnum():
                said = utterances.words_of(surface)
                letters = "".join(said) if len(said) > 1 and all(len(one) == 1 for one in said) else ""
                if letters and any(letters in part for part in known.parts):
                    out.update(names)
    return out


def _left(
    study: Study, store: Store, kept: Register, transcript_id: str, new: Mapping[str, str], known: Wordings
) -> list[Touched]:
    """What is left of these names in one transcript, in the light of all that is said there."""
    record = _found.load(study.vault, transcript_id)
    turns = store.turns(transcript_id)
    entries = record.by_turn()
    texts = [_raw(record, turn, entries) for turn in turns]
    before = [[entry.identifier for entry in entries.get(turn.index, ())] for turn in turns]
    always = {surface: label for surface, label in _listed.always(kept).items() if surface in new}
    said = [[*some, *_listed.stated(text, always)] for some, text in zip(before, texts, strict=True)]
    out = []
    for turn, text, some, found in zip(
        turns, texts, before, spread(texts, said, known, remarks=True), strict=True
    ):
        fresh = [one for one in found if _adds(text, one, some)]
        left = tuple(_listed.spared(text, fresh, kept))
        if left:
            out.append(Touched(transcript_id, turn.index, text, left))
    return out


def _adds(text: str, one: Identifier, masked: Iterable[Identifier]) -> bool:
    """Whether an identifier reaches over a word that is neither masked nor, unless people listed it, a short
    title. For "Mr" alone no talk that people may have coded reads anew.
    """
    said = list(text[one.start : one.end])
    for old in masked:
        for at in range(max(old.start, one.start), min(old.end, one.end)):
            said[at - one.start] = " "
    left = utterances.words_of("".join(said))
    return any(word not in words("short titles") or _listed.REASON in one.reasons for word in left)


def not_own(
    study: Study, transcript_id: str, turns: list[StoredTurn], hits: Mapping[int, Iterable[Identifier]]
) -> list[Touched]:
    """What was hit (by turn number, offsets of its present text), less what the tool wrote itself: a made-up
    name, a month."""
    if not any(hits.values()):
        return []
    record = _found.load(study.vault, transcript_id)
    entries = record.by_turn()
    out = []
    for turn in turns:
        moves = record.moves.get(turn.index, Moves())
        left = tuple(
            replace(one, start=moves.to_raw(one.start), end=moves.to_raw(one.end, end=True))
            for one in hits.get(turn.index, ())
            if not record.own(turn.index, one.start, one.end)
        )
        if left:
            out.append(Touched(transcript_id, turn.index, _raw(record, turn, entries), left))
    return out


def _raw(record: _found.Found, turn: StoredTurn, entries: Mapping[int, list[_found.Entry]]) -> str:
    """A settled turn as it was, or as it is where reading it anew was stopped half-way: then no log tells."""
    return raw_text(turn.text, record.moves.get(turn.index, Moves()), entries.get(turn.index, []))
