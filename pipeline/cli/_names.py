"""What stands in the place of an identifier, by the register and the study's policy."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.kinds import plain_kind
from pipeline.records import Identifier
from pipeline.study import Register
from pipeline.study.settings import Settings


class Names:
    """Looks up pseudonyms; one for the whole of a settling."""

    def __init__(self, settings: Settings, kept: Register) -> None:
        self._policy = settings.pseudonymise.policy
        self._register = kept
        entities = [Entity.from_json(entity) for entity in kept.entities]
        self._by_place = {
            (transcript, entity.label, surface): entity
            for entity in entities
            for transcript, surface in entity.where
        }

    def entity(self, transcript_id: str, label: str, surface: str) -> str:
        """The id of who or what a wording of a transcript is, or ""."""
        found = self._by_place.get((transcript_id, label, surface))
        return found.id if found else ""

    def of(self, transcript_id: str, participant: str) -> Callable[[Identifier, str], str]:
        """What to write for an identifier in a turn of this participant."""

        def pseudonym(one: Identifier, surface: str) -> str:
            if self._policy.get(one.label) == "keep":
                return surface
            found = self._by_place.get((transcript_id, one.label, " ".join(surface.split())))
            return found.pseudonym if found else f"[{plain_kind(one.label)}]"

        return pseudonym
