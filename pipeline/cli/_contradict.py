"""Answers in a names workbook that cannot both be: told in words before anything is carried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.errors import Problem
from pipeline.pseudonymise.entities import Entity
from pipeline.review.names_back import NameAnswer, NamesReturned


def problems(answers: NamesReturned, entities: Mapping[str, Entity]) -> list[Problem]:
    """Every row that says what another one, or the row itself, forbids."""
    unmasked = {one.id for one in answers.names if one.unmask}
    return [
        *answers.problems,
        *_in_one_row(answers, entities),
        *_between_rows(answers, entities, unmasked),
    ]


def _in_one_row(answers: NamesReturned, entities: Mapping[str, Entity]) -> Iterator[Problem]:
    for one in answers.names:
        merged = one.same_as not in ("", "-")
        edited = _edited(one)
        if one.id not in entities:
            yield Problem(one.place, f"{one.id} is no longer in the study")
        elif one.unmask and (merged or edited):
            also = "Same as" if merged else edited
            yield Problem(one.place, f"is to be un-masked, and {also} is filled in anew: choose one")
        elif merged and edited:
            yield Problem(
                one.place,
                f"becomes part of {one.same_as}, so its own {edited} cannot be kept: change it in that row",
            )


def _edited(one: NameAnswer) -> str:
    changed = {"Kind": one.label, "Pseudonym": one.pseudonym, "Description": one.description}
    return next((heading for heading, value in changed.items() if value is not None), "")


def _between_rows(
    answers: NamesReturned, entities: Mapping[str, Entity], unmasked: set[str]
) -> Iterator[Problem]:
    for one in answers.names:
        if one.same_as in unmasked:
            yield Problem(one.place, f"becomes part of {one.same_as}, which is to be un-masked: choose one")
    for move in answers.wordings:
        if move.belongs in unmasked:
            yield Problem(move.place, f"belongs to {move.belongs}, which is to be un-masked: choose one")
    left = {
        surface.casefold() for name in unmasked if name in entities for surface in entities[name].surfaces
    } | {wording.casefold() for wording in answers.dismissed}
    for place, wording, _ in answers.added:
        if wording.casefold() in left:
            yield Problem(place, "is to be masked here and left as it is elsewhere: choose one")
