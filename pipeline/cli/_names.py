"""What stands in the place of an identifier, by the register and the study's policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from collections.abc import Set as AbstractSet

from pipeline.pseudonymise.alike import taken_apart
from pipeline.pseudonymise.entities import Entity, Linked
from pipeline.pseudonymise.kinds import plain_kind
from pipeline.pseudonymise.policies import Policies, pseudonymiser
from pipeline.pseudonymise.surrogates import surrogates
from pipeline.records import Identifier
from pipeline.risk.compact import compact
from pipeline.study import Register
from pipeline.study.settings import LABELS, Settings

_TURNS = re.compile(r"[0-9]+(-[0-9]+)?")
Pseudonym = Callable[[Identifier, str], str]

_POLICY = {
    ("DATE", "generalise"): "month",
    ("DATE", "shift"): "shift",
    ("AGE", "generalise"): "band",
    ("PERSON", "surrogate"): "surrogate",
    ("LOCATION", "describe"): "describe",
    ("ORGANISATION", "describe"): "describe",
}
"""The study's words for a policy in the words of the room that carries it out; all else is bracketed."""


class Names:
    """Looks up what is written for an identifier; one for the whole of a settling.

    Where it is known who can be meant (`entities`), nobody else is looked at.
    """

    def __init__(self, settings: Settings, kept: Register, entities: Iterable[Entity] | None = None) -> None:
        self._register = kept
        self._policy = settings.pseudonymise.policy
        entities = tuple(map(Entity.from_json, kept.entities) if entities is None else entities)
        places = {pair: entity.id for entity in entities for pair in entity.where}
        self._linked = Linked(entities, (), places)
        self._by_id = {entity.id: entity for entity in entities}
        self._policies = _policies(self._policy, entities, kept)
        self._surrogates = {name: (first, last) for name, (first, last) in kept.surrogates.items()}
        self._made: dict[tuple[str, int], Pseudonym] = {}

    def entity(self, transcript_id: str, surface: str) -> str:
        """The id of who or what a wording of a transcript is, or ""."""
        return self._linked.entity_of.get((transcript_id, surface), "")

    def kept(self, transcript_id: str, one: Identifier, surface: str) -> bool:
        """Whether the study's policy, or people, leave this identifier as it stands."""
        if self._register.unmasked(surface):
            return True
        entity = self._by_id.get(self.entity(transcript_id, surface))
        return self._policy.get(entity.label if entity else one.label) == "keep"

    def of(self, transcript_id: str, speaker: str) -> Pseudonym:
        """What to write for an identifier in a turn of this speaker."""
        key = (transcript_id, self._register.hidden_days(self._participant(transcript_id, speaker)))
        if key not in self._made:
            self._made[key] = pseudonymiser(
                self._linked, transcript_id, self._policies, days=key[1], names=self._surrogates
            )
        return self._made[key]

    def shown(self, entity_id: str) -> str:
        """What stands in the text for an entity, at its first wording; for a person the full made-up name."""
        entity = self._by_id[entity_id]
        if (
            entity.label == "PERSON"
            and self._policies.of("PERSON") == "surrogate"
            and entity_id in self._surrogates
        ):
            return " ".join(self._surrogates[entity_id])
        transcript, surface = entity.where[0]
        return self.of(transcript, "")(Identifier(0, len(surface), entity.label), surface)

    def nearest(self, transcript_id: str, surface: str) -> tuple[str, str] | None:
        """Whom a wording in a note means, as a transcript and a wording that the register has.

        Somebody of the same transcript, else the only one of that name in the study; None where nobody or
        several people answer to it.
        """
        called = compact(surface).text
        pairs = self._linked.entity_of.items()
        here = [(pair, entity) for pair, entity in pairs if pair[0] == transcript_id]
        for there in (here, list(pairs)):
            whole = {entity: pair for pair, entity in there if compact(pair[1]).text == called}
            part = {entity: pair for pair, entity in there if called in self._parts(entity, pair[1])}
            for found in (whole, part):
                if len(found) == 1:
                    return next(iter(found.values()))
        return None

    def _parts(self, entity: str, surface: str) -> set[str]:
        if self._by_id[entity].label != "PERSON":
            return set()
        name = taken_apart(surface)
        return {name.first, name.last} - {""}

    def made_up(self, surface: str) -> bool:
        """Whether every word of a wording is part of a name that the tool made up."""
        drawn = {
            part.casefold() for two in self._surrogates.values() for name in two for part in name.split()
        }
        return bool(drawn) and all(word.casefold() in drawn for word in surface.split())

    def own(self, said: str) -> bool:
        """Whether what stands in brackets is the tool's: a pseudonym, a description, a place in the talk."""
        if reference(said, self._register.sources):
            return True
        plain = {plain_kind(label) for label in LABELS}
        called = {entity.pseudonym.strip("[]") for entity in self._by_id.values()}
        return said in plain | called | set(self._register.descriptions.values())

    def _participant(self, transcript_id: str, speaker: str) -> str:
        """Whose dates are spoken of: those of the participant, also where the interviewer names them."""
        source = self._register.sources.get(transcript_id)
        everyone = sorted({one for one in source.participants.values() if one}) if source else []
        return speaker if speaker in everyone else (everyone[0] if everyone else transcript_id)


def named_in(kept: Register, among: AbstractSet[str]) -> list[Entity]:
    """Who and what is named in any of these transcripts."""
    return [
        Entity.from_json(one)
        for one in kept.entities
        if not all(among.isdisjoint(names) for names in one["where"].values())
    ]


def reference(said: str, transcripts: Container[str]) -> bool:
    """Whether what stands in brackets leads to turns of a known transcript, as `S3PW1:112-118` does."""
    source, _, turns = said.partition(":")
    return source in transcripts and bool(_TURNS.fullmatch(turns))


def draw_surrogates(settings: Settings, kept: Register) -> set[str]:
    """Draw a natural name for every person who lacks one; returns whose name had to be drawn anew.

    A name once drawn stays, unless a real person of that name turns up in the study.
    """
    if settings.pseudonymise.policy.get("PERSON") != "surrogate":
        return set()
    entities = [Entity.from_json(entity) for entity in kept.entities]
    real = {part.casefold() for one in entities for surface in one.surfaces for part in surface.split()}
    stale = {name for name, drawn in kept.surrogates.items() if real & {part.casefold() for part in drawn}}
    for name in stale:
        del kept.surrogates[name]
    # Names that are drawn already count as known, so that nobody gets them a second time.
    drawn = [Entity(name, "OTHER", "", "", (("", " ".join(two)),)) for name, two in kept.surrogates.items()]
    secret = bytes.fromhex(kept.shift_key)
    for name, two in surrogates([*entities, *drawn], secret).items():
        kept.surrogates.setdefault(name, list(two))
    return stale


def _policies(chosen: Mapping[str, str], entities: tuple[Entity, ...], kept: Register) -> Policies:
    by_label = {label: _POLICY.get((label, policy), "pseudonym") for label, policy in chosen.items()}
    for label in ("DATE", "AGE"):
        by_label.setdefault(label, "pseudonym")  # a kind that the settings do not name is bracketed
    described = {
        surface: kept.descriptions[entity.id]
        for entity in entities
        if kept.descriptions.get(entity.id)
        for surface in entity.surfaces
    }
    return Policies(by_label, described)
