"""The people, places and organisations of a study, as values that can be written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True, slots=True)
class Mention:
    """One wording in one transcript: how often it stands there, and who says so.

    `role` is the role of the person whose speaker label this is ("Peer worker"), "" for anybody else.
    """

    transcript_id: str
    case: str
    label: str
    surface: str
    count: int = 1
    role: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something that wordings point at: `where` lists (transcript, wording), `kind` is what
    it is called.

    `id` and `pseudonym` never change once given.
    """

    id: str
    label: str
    pseudonym: str
    kind: str
    where: tuple[tuple[str, str], ...] = ()
    cases: tuple[str, ...] = ()

    @property
    def surfaces(self) -> tuple[str, ...]:
        """The different wordings, sorted."""
        return tuple(sorted({surface for _, surface in self.where}))

    @property
    def by_wording(self) -> dict[str, list[str]]:
        """The transcripts of each wording, both sorted."""
        out: dict[str, list[str]] = {}
        for surface, transcript in sorted((surface, transcript) for transcript, surface in self.where):
            out.setdefault(surface, []).append(transcript)
        return out

    @property
    def transcripts(self) -> tuple[str, ...]:
        """The transcripts in which the entity is named, sorted."""
        return tuple(sorted({transcript for transcript, _ in self.where}))

    def as_json(self) -> dict[str, Any]:
        """The entity as plain JSON values; `where` has the transcripts of each wording."""
        return {
            "id": self.id,
            "label": self.label,
            "pseudonym": self.pseudonym,
            "kind": self.kind,
            "where": self.by_wording,
            "cases": list(self.cases),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Entity:
        """The entity that `as_json` wrote.

        >>> one = Entity("PER001", "PERSON", "[Person 1]", "Person", (("T1", "Ann"),), ("A",))
        >>> Entity.from_json(one.as_json()) == one
        True
        """
        pairs = ((name, surface) for surface, names in record["where"].items() for name in names)
        return cls(
            id=record["id"],
            label=record["label"],
            pseudonym=record["pseudonym"],
            kind=record["kind"],
            where=tuple(sorted(pairs)),
            cases=tuple(record["cases"]),
        )


@dataclass(frozen=True, slots=True)
class Doubt:
    """A link that the evidence does not decide: a wording's entity, those it may belong to, and why."""

    entity_id: str
    candidates: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Linked:
    """Entities in order of id, doubtful links for people to decide, and who each (transcript, wording) is."""

    entities: tuple[Entity, ...]
    doubtful: tuple[Doubt, ...]
    entity_of: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Entity]:
        """The entities by their ids."""
        return {one.id: one for one in self.entities}
