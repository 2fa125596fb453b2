"""The rows of the names workbook, from the register, the log and the pseudonymised text."""

from __future__ import annotations

from collections import Counter, defaultdict

from pipeline import risk
from pipeline.cli import _found
from pipeline.cli._names import Names
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.replace import Moves
from pipeline.pseudonymise.wordlists import (
    capitals,
    countries,
    english,
    places,
    uk_first_names,
    uk_surnames,
    words,
)
from pipeline.review.names import NameRow, WordingRow
from pipeline.study import Register, Store, Study

_AROUND = 60
_LEFT = 200
_NOBODY = frozenset(("christmas", "easter", "ok", "tv", "gp", "nhs", "uk", "us", "usa", "bbc"))
_WEIGHT = 0.05
"""What was an identifier more seldom than that, where it was measured, is not listed."""


def rows(study: Study, store: Store, kept: Register) -> tuple[list[NameRow], list[WordingRow]]:
    """All that is named, with two masked contexts each; and every wording in every transcript."""
    names = Names(study.settings, kept)
    counts: Counter[tuple[str, str]] = Counter()
    contexts: dict[str, dict[str, str]] = defaultdict(dict)
    sure: dict[str, float] = defaultdict(float)
    for transcript in store.transcripts():
        record = _found.load(study.vault, transcript.id)
        for turn in store.turns(transcript.id):
            moves = record.moves.get(turn.index, Moves()).moves
            for entry, move in zip(record.entries(turn.index), moves, strict=True):
                counts[transcript.id, entry.plain] += 1
                entity = names.entity(transcript.id, entry.plain)
                sure[entity] = max(sure[entity], entry.score)
                context = _context(turn.text, move.start, move.end)
                if contexts[entity].setdefault(transcript.id, context) != context:
                    contexts[entity].setdefault("", context)  # of the same transcript, if no other comes
    questions = _questions(kept)
    entities = [entity for entity in map(Entity.from_json, kept.entities) if entity.where]
    people = [
        NameRow(
            one.id,
            one.label,
            names.shown(one.id),
            one.surfaces,
            sum(counts[pair] for pair in one.where),
            one.transcripts,
            _two(contexts[one.id]) if one.id in contexts else ("(speaker label)",),
            questions.get(one.id, ""),
            kept.descriptions.get(one.id, ""),
            sure.get(one.id, 1.0),  # nobody doubts a label
        )
        for one in entities
        if not all(map(kept.unmasked, one.surfaces))
    ]
    wordings = [
        WordingRow(one.id, surface, name, counts[name, surface])
        for one in entities
        for name, surface in one.where
    ]
    return people, wordings


def left(store: Store, kept: Register) -> list[tuple[str, int, str, str]]:
    """What looks like a name in the pseudonymised text and was left, the likeliest first: wording, how often,
    why, and a place where it stands."""
    texts = [turn.text for one in store.transcripts() for turn in store.turns(one.id)]
    own = [part for drawn in kept.surrogates.values() for part in (*drawn, " ".join(drawn))]
    found = risk.leftovers(texts, lexicon(), dismissed=[*kept.dismissed, *kept.never, *own])
    listed = [one for one in found if one.weight >= _WEIGHT][:_LEFT]
    return [(one.surface, one.count, one.reason, _where(texts, one.surface)) for one in listed]


def lexicon() -> risk.Lexicon:
    """What the lists that ship with Second Coder say of words."""
    nobody = words("calendar") | words("titles") | words("peoples") | words("kin") | _NOBODY
    return risk.Lexicon(
        english=english(),
        capitals=capitals() | nobody,
        names=frozenset(uk_first_names()) | uk_surnames(),
        places=places() | countries(),
    )


def _where(texts: list[str], surface: str) -> str:
    for text in texts:
        at = text.find(surface)
        if at >= 0:
            return _context(text, at, at + len(surface))
    return ""


def _two(contexts: dict[str, str]) -> tuple[str, ...]:
    different = [text for name, text in contexts.items() if name]
    return tuple([*different, *(text for name, text in contexts.items() if not name)][:2])


def _context(text: str, start: int, end: int) -> str:
    """What stands around a stretch, cut between words."""
    first, last = max(0, start - _AROUND), min(len(text), end + _AROUND)
    before, after = text[first:start], text[end:last]
    if first:
        before = "… " + before.partition(" ")[2]
    if last < len(text):
        after = after.rpartition(" ")[0] + " …"
    return " ".join(f"{before}{text[start:end]}{after}".split())


def _questions(kept: Register) -> dict[str, str]:
    called = {one["id"]: one["pseudonym"] for one in kept.entities}
    return {
        one["entity"]: "Is it "
        + " or ".join(f"{name} {called.get(name, '')}" for name in one["candidates"])
        + f"? ({one['reason']})"
        for one in kept.doubtful
    }
