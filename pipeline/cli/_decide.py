"""What people answered about names, put into the register; the text follows by `_rewrite`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.cli import _contradict
from pipeline.errors import Problem
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.kinds import kind_of, pseudonyms
from pipeline.pseudonymise.text import SMALL, WORD
from pipeline.pseudonymise.wordlists import words
from pipeline.review.names_back import NameAnswer, NamesReturned, WordingAnswer
from pipeline.study import Register
from pipeline.study.settings import LABELS

_BRACKETED = re.compile(r"\[[^\[\]\n]*\w[^\[\]\n]*\]")
_SHORTEST = 2
_MADE_UP = re.compile(r"[^\W\d_][\w'’\-]*(?: [^\W\d_][\w'’\-]*)+")


@dataclass(slots=True)
class Decided:
    """What changed: transcripts to write anew, those among them that need their source file, what is odd."""

    transcripts: set[str] = field(default_factory=set)
    unmasked: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def apply(kept: Register, answers: NamesReturned, policy: Mapping[str, str]) -> Decided:
    """Put the answers of a workbook into the register (in memory); rows that cannot be are named."""
    out = Decided()
    before = _meanings(kept)
    entities = {one["id"]: Entity.from_json(one) for one in kept.entities}
    names = [replace(one, same_as=_id(entities, one.same_as)) for one in answers.names]
    wordings = [replace(one, belongs=_id(entities, one.belongs)) for one in answers.wordings]
    out.problems += _contradict.problems(
        replace(answers, names=tuple(names), wordings=tuple(wordings)), entities
    )
    known = [one for one in names if one.id in entities]
    _split(entities, wordings, out)
    for one in known:
        _correct(kept, entities, one, policy, out)
    _merge(entities, known, out)
    _save(kept, entities)
    _relabel(kept, entities)
    _unmask(kept, entities, known, out)
    _settle_doubts(kept, known)
    for place, wording, label in answers.added:
        wrong = unfit_wording(wording, label)
        if wrong:
            out.problems.append(Problem(place, wrong))
        else:
            add(kept, wording, label)
    kept.dismissed = sorted({*kept.dismissed, *answers.dismissed})
    after = _meanings(kept)
    out.transcripts = {pair[0] for pair in {*before, *after} if before.get(pair) != after.get(pair)}
    return out


def _id(entities: Mapping[str, Entity], said: str) -> str:
    """The id that somebody wrote, in any letters or as that row's pseudonym; else what stands there."""
    plain = said.strip().casefold()
    if said.upper() in entities or not plain:
        return said.upper()
    called = [
        one.id for one in entities.values() if one.pseudonym.strip("[]").casefold() == plain.strip("[]")
    ]
    return called[0] if len(called) == 1 else said


def unfit_wording(wording: str, label: str) -> str:
    """Why a wording cannot be masked wherever it stands, or ""."""
    if label not in LABELS:
        return f"give the kind, one of {', '.join(LABELS)}"
    said = [match.group() for match in WORD.finditer(wording)]
    if sum(character.isalnum() for character in wording) < _SHORTEST:
        return "a wording has two letters or digits at least"
    if _BRACKETED.search(wording):
        return "what stands in square brackets is masked already"
    if not any(character.isdigit() for character in wording) and all(word in SMALL for word in said):
        return (
            "is made of the commonest words alone and would be masked everywhere: type more of what was said"
        )
    return ""


def add(kept: Register, wording: str, label: str) -> None:
    """Put a wording on the always list; it is searched for everywhere at the next settling."""
    wording = _clean(wording)
    kept.never = [one for one in kept.never if one.casefold() != wording.casefold()]
    kept.always = [one for one in kept.always if one["surface"] != wording]
    kept.always.append({"surface": wording, "label": label})
    kept.known.pop(wording, None)


def _clean(wording: str) -> str:
    """A wording as transcripts are read: single blanks, a letter and its accent one character."""
    return " ".join(unicodedata.normalize("NFC", wording).split())


def unmask(kept: Register, wordings: Iterable[str]) -> set[str]:
    """Put wordings on the never list; returns the transcripts in which they were masked."""
    wanted = {_clean(one).casefold(): _clean(one) for one in wordings}
    there = {one.casefold() for one in kept.never}
    kept.never = sorted([*kept.never, *(text for key, text in wanted.items() if key not in there)])
    kept.always = [one for one in kept.always if one["surface"].casefold() not in wanted]
    return {
        transcript
        for one in kept.entities
        for surface, transcripts in one["where"].items()
        if surface.casefold() in wanted
        for transcript in transcripts
    }


def _unmask(kept: Register, entities: dict[str, Entity], answers: Iterable[NameAnswer], out: Decided) -> None:
    """Un-mask entities whose wordings name nobody; a wording that still names somebody else stays masked."""
    marked = {one.id: one for one in answers if one.unmask}
    masked = {
        surface.casefold(): name
        for name, entity in entities.items()
        if name not in marked
        for surface in entity.surfaces
    }
    for name, one in marked.items():
        surfaces = entities[name].surfaces
        other = next((masked[text.casefold()] for text in surfaces if text.casefold() in masked), "")
        if other:
            out.problems.append(
                Problem(one.place, f"its wording also names {other}; un-mask both or neither")
            )
        out.unmasked |= unmask(kept, surfaces)


def _meanings(kept: Register) -> dict[tuple[str, str], tuple[object, ...]]:
    """What is written for each wording of each transcript, as far as the register decides it."""
    unmasked = {one.casefold() for one in kept.never}
    return {
        (transcript, surface): (
            one["pseudonym"],
            one["label"],
            kept.descriptions.get(one["id"], ""),
            tuple(kept.surrogates.get(one["id"], ())),
            surface.casefold() in unmasked,
        )
        for one in kept.entities
        for surface, transcripts in one["where"].items()
        for transcript in transcripts
    }


def _split(entities: dict[str, Entity], answers: Iterable[WordingAnswer], out: Decided) -> None:
    made: dict[tuple[str, str], str] = {}
    for one in answers:
        pair = (one.transcript, one.wording)
        source = entities.get(one.entity)
        if source is None or pair not in source.where:
            out.problems.append(Problem(one.place, "the study holds no such wording any more"))
            continue
        target = one.belongs
        if target not in entities and re.fullmatch(r"new\s*\w{0,20}", target, re.IGNORECASE):
            key = (source.label, " ".join(target.split()).casefold())
            if key not in made:
                made[key] = _new(entities, source)
            target = made[key]
        if target not in entities:
            message = "Belongs to takes the Id of a row of the sheet Names, or new"
            out.problems.append(Problem(one.place, message))
            continue
        _move(entities, one.entity, target, [pair])


def _new(entities: dict[str, Entity], like: Entity) -> str:
    """A new entity of the same kind, without wordings; returns its id."""
    prefix = like.id.rstrip("0123456789")
    numbers = [int(name[len(prefix) :]) for name in entities if name.rstrip("0123456789") == prefix]
    name = f"{prefix}{max(numbers) + 1:03d}"
    called = next(pseudonyms(like.kind, {one.pseudonym for one in entities.values()}))
    entities[name] = Entity(name, like.label, called, like.kind, (), like.cases)
    return name


def _move(entities: dict[str, Entity], source: str, target: str, pairs: Iterable[tuple[str, str]]) -> None:
    if source == target:
        return
    moved = set(pairs)
    left, to = entities[source], entities[target]
    entities[source] = replace(left, where=tuple(pair for pair in left.where if pair not in moved))
    cases = tuple(sorted({*to.cases, *left.cases}))
    entities[target] = replace(to, where=tuple(sorted({*to.where, *moved})), cases=cases)


def _correct(
    kept: Register, entities: dict[str, Entity], one: NameAnswer, policy: Mapping[str, str], out: Decided
) -> None:
    """A kind, a pseudonym or a description that people wrote in place of the tool's."""
    old = entities[one.id]
    label = one.label or old.label
    if one.description is not None:
        kept.descriptions.pop(one.id, None)
        if one.description:
            kept.descriptions[one.id] = one.description
    wrong = _unfit(kept, entities, one, policy)
    if wrong:
        out.problems.append(Problem(one.place, wrong))
        return
    kind = old.kind if label == old.label else kind_of(label, old.surfaces)
    called = old.pseudonym
    if one.pseudonym and _BRACKETED.fullmatch(one.pseudonym):
        called = one.pseudonym
    elif one.pseudonym:
        *first, last = one.pseudonym.split()
        kept.surrogates[one.id] = [" ".join(first), last]
    if label != old.label and called == old.pseudonym:
        called = next(pseudonyms(kind, {each.pseudonym for each in entities.values()}))
    if called != old.pseudonym:
        retired = _new(entities, old)  # keeps the old pseudonym from being given to somebody else
        entities[retired] = replace(entities[retired], pseudonym=old.pseudonym, cases=())
    entities[one.id] = replace(old, label=label, kind=kind, pseudonym=called)


def _unfit(kept: Register, entities: dict[str, Entity], one: NameAnswer, policy: Mapping[str, str]) -> str:
    """Why a kind or a pseudonym will not do, or ""."""
    label = one.label or entities[one.id].label
    if label not in LABELS:
        return f"that is no kind; known: {', '.join(LABELS)}"
    if one.label and policy.get(label) == "keep":
        return f"study.toml keeps {label} as it was said, which would un-mask it: use Un-mask for that"
    if not one.pseudonym:
        return ""
    how = policy.get(label, "bracket")
    if how in ("generalise", "shift") or (how == "describe" and kept.descriptions.get(one.id)):
        by = "its description" if how == "describe" else f"study.toml ({label} = {how})"
        return f"what stands for it follows from {by}; its pseudonym is not shown"
    held = {part.casefold() for part in re.findall(r"\w+", one.pseudonym)}
    if held & _said(entities):
        return "the pseudonym holds a word by which somebody is named in the study"
    if how == "surrogate" and not _BRACKETED.fullmatch(one.pseudonym):
        return _unfit_name(kept, one, held)
    if not _BRACKETED.fullmatch(one.pseudonym):
        return "a pseudonym stands in square brackets, like [Ward manager 2]"
    if how == "surrogate":
        return "people have made-up names in this study: give a first and a last name without brackets"
    if any(each.pseudonym == one.pseudonym for name, each in entities.items() if name != one.id):
        return "that is somebody else's pseudonym, or was"
    return ""


def _unfit_name(kept: Register, one: NameAnswer, held: set[str]) -> str:
    if not one.pseudonym or not _MADE_UP.fullmatch(one.pseudonym):
        return "a made-up name has a first and a last name"
    others = {
        part.casefold()
        for name, two in kept.surrogates.items()
        if name != one.id
        for whole in two
        for part in whole.split()
    }
    return "somebody else has that made-up name" if held & others else ""


def _said(entities: Mapping[str, Entity]) -> set[str]:
    """The words by which people are named in the study, less those that name a role or a kind of place."""
    kinds = {word for each in entities.values() for word in each.kind.casefold().split()}
    return (
        {
            part.casefold()
            for each in entities.values()
            if each.label == "PERSON"
            for surface in each.surfaces
            for part in re.findall(r"\w+", surface)
        }
        - words("roles")
        - words("heads")
        - kinds
    )


def _merge(entities: dict[str, Entity], answers: Iterable[NameAnswer], out: Decided) -> None:
    into = {one.id: one.same_as for one in answers if one.same_as and one.same_as != "-"}
    for one in answers:
        if one.id not in into:
            continue
        target, seen = into[one.id], {one.id}
        while target in into and target not in seen:
            seen.add(target)
            target = into[target]
        if target not in entities or target in seen:
            out.problems.append(Problem(one.place, "Same as takes the Id of another row, or -"))
            continue
        _move(entities, one.id, target, entities[one.id].where)


def _save(kept: Register, entities: dict[str, Entity]) -> None:
    kept.entities = [
        (one if one.where else replace(one, cases=())).as_json() for _, one in sorted(entities.items())
    ]


def _relabel(kept: Register, entities: Mapping[str, Entity]) -> None:
    """Make the lists say of a wording what its owner is, where all who own it are of one kind."""
    labels: dict[str, set[str]] = {}
    for entity in entities.values():
        for surface in entity.surfaces:
            labels.setdefault(surface, set()).add(entity.label)
    sure = {surface: next(iter(some)) for surface, some in labels.items() if len(some) == 1}
    for surface, one in kept.known.items():
        one.label = sure.get(surface, one.label)
    kept.always = [{**one, "label": sure.get(one["surface"], one["label"])} for one in kept.always]


def _settle_doubts(kept: Register, answers: Iterable[NameAnswer]) -> None:
    settled = {one.id for one in answers if one.same_as or one.unmask}
    kept.doubtful = [one for one in kept.doubtful if one["entity"] not in settled]
