"""How each kind of identifier is replaced: pseudonym, natural name, shifted or coarser date, age band,
description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.errors import StudyError
from pipeline.pseudonymise.entities import Entity, Linked
from pipeline.pseudonymise.kinds import plain_kind
from pipeline.pseudonymise.moments import age_band, month_and_year, shifted
from pipeline.pseudonymise.surrogates import fitted
from pipeline.records import Identifier

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "PERSON": ("pseudonym", "surrogate"),
    "LOCATION": ("pseudonym", "describe"),
    "ORGANISATION": ("pseudonym", "describe"),
    "DATE": ("month", "shift", "pseudonym"),
    "AGE": ("band", "pseudonym"),
}
"""The policies that a label may have, the default first; every other label has "pseudonym" alone."""


@dataclass(frozen=True, slots=True)
class Policies:
    """A study's choices. `by_label` names a policy a label; `descriptions` say what a place is ("a
    northern city")."""

    by_label: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    band: int = 10

    def __post_init__(self) -> None:
        for label, policy in self.by_label.items():
            allowed = ALLOWED.get(label, ("pseudonym",))
            if policy not in allowed:
                raise StudyError(
                    f"{policy!r} is no way to replace {label}", hint=f"Choose one of: {', '.join(allowed)}."
                )

    def of(self, label: str) -> str:
        """The policy for a label."""
        return self.by_label.get(label) or ALLOWED.get(label, ("pseudonym",))[0]


def pseudonymiser(
    linked: Linked,
    transcript_id: str,
    policies: Policies | None = None,
    *,
    days: int = 0,
    names: Mapping[str, tuple[str, str]] | None = None,
) -> Callable[[Identifier, str], str]:
    """What `replace` asks for each identifier of one transcript.

    `days` is the participant's hidden shift (`moments.days_for`), `names` the natural names by entity id
    (`surrogates.surrogates`). A wording that belongs to no entity is called by its kind: "[Phone number]".
    """
    chosen = policies or Policies()

    def pseudonym_of(one: Identifier, surface: str) -> str:
        entity = _entity_of(linked, transcript_id, surface)
        label = entity.label if entity else one.label
        coarse = _coarser(chosen, label, surface, days)
        if coarse:
            return f"[{coarse}]"
        if entity is None:
            return f"[{plain_kind(label)}]"
        if chosen.of(label) == "surrogate" and names and entity.id in names:
            return fitted(surface, entity, names[entity.id])
        described = _described(chosen, entity)
        return f"[{described}]" if described else entity.pseudonym

    return pseudonym_of


def _entity_of(linked: Linked, transcript: str, surface: str) -> Entity | None:
    plain = " ".join(surface.split())
    found = linked.entity_of.get((transcript, surface)) or linked.entity_of.get((transcript, plain))
    return linked.by_id.get(found) if found else None


def _coarser(chosen: Policies, label: str, surface: str, days: int) -> str:
    policy = chosen.of(label)
    if label == "DATE" and policy == "shift":
        return shifted(surface, days) or plain_kind(label)
    if label == "DATE" and policy == "month":
        return month_and_year(surface) or plain_kind(label)
    if label == "AGE" and policy == "band":
        return age_band(surface, chosen.band) or plain_kind(label)
    return ""


def _described(chosen: Policies, entity: Entity) -> str:
    if chosen.of(entity.label) != "describe":
        return ""
    wordings: Sequence[str] = entity.surfaces
    by_wording = {text.casefold(): what for text, what in chosen.descriptions.items()}
    return next((by_wording[text.casefold()] for text in wordings if text.casefold() in by_wording), "")
