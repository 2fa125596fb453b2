"""What people answered about names, put into the register; the text follows by `_rewrite`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pipeline.errors import StudyError
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.kinds import kind_of, pseudonym
from pipeline.review.names import NameAnswer, NamesReturned, WordingAnswer
from pipeline.study import Register
from pipeline.study.settings import LABELS

_BRACKETED = re.compile(r"\[[^\[\]\n]*\w[^\[\]\n]*\]")


@dataclass(slots=True)
class Decided:
    """What changed: transcripts to write anew, those among them that need their source file, what is odd."""

    transcripts: set[str] = field(default_factory=set)
    unmasked: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def apply(kept: Register, answers: NamesReturned) -> Decided:
    """Put the answers of a workbook into the register (in memory); rows that cannot be are named."""
    out = Decided()
    before = _meanings(kept)
    entities = {one["id"]: Entity.from_json(one) for one in kept.entities}
    known = [one for one in answers.names if one.id in entities]
    out.problems += [
        f"{one.place}: {one.id} is not in the study" for one in answers.names if one not in known
    ]
    _split(entities, answers.wordings, out)
    for one in known:
        _correct(kept, entities, one, out)
    _merge(entities, known, out)
    _save(kept, entities)
    _unmask(kept, entities, known, out)
    _settle_doubts(kept, known)
    for place, wording, label in answers.added:
        if label not in LABELS:
            out.problems.append(f"{place}: give the kind, one of {', '.join(LABELS)}")
        else:
            add(kept, wording, label)
    kept.dismissed = sorted({*kept.dismissed, *answers.dismissed})
    after = _meanings(kept)
    out.transcripts = {pair[0] for pair in {*before, *after} if before.get(pair) != after.get(pair)}
    return out


def add(kept: Register, wording: str, label: str) -> None:
    """Put a wording on the always list; it is searched for everywhere at the next settling."""
    wording = " ".join(wording.split())
    kept.never = [one for one in kept.never if one.casefold() != wording.casefold()]
    kept.always = [one for one in kept.always if one["surface"] != wording]
    kept.always.append({"surface": wording, "label": label})
    kept.known.pop(wording, None)


def unmask(kept: Register, wordings: Iterable[str]) -> set[str]:
    """Put wordings on the never list; returns the transcripts in which they were masked."""
    wanted = {" ".join(one.split()).casefold(): " ".join(one.split()) for one in wordings}
    there = {one.casefold() for one in kept.never}
    kept.never = sorted([*kept.never, *(text for key, text in wanted.items() if key not in there)])
    kept.always = [one for one in kept.always if one["surface"].casefold() not in wanted]
    return {
        transcript
        for one in kept.entities
        for transcript, surface in one["where"]
        if surface.casefold() in wanted
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
            out.problems.append(f"{one.place}: its wording also names {other}; un-mask both or neither")
        out.unmasked |= unmask(kept, surfaces)


def _meanings(kept: Register) -> dict[tuple[str, str], tuple[object, ...]]:
    """What is written for each wording of each transcript, as far as the register decides it."""
    return {
        (transcript, surface): (
            one["pseudonym"],
            one["label"],
            kept.descriptions.get(one["id"], ""),
            kept.surrogates.get(one["id"]),
            kept.unmasked(surface),
        )
        for one in kept.entities
        for transcript, surface in one["where"]
    }


def _split(entities: dict[str, Entity], answers: Iterable[WordingAnswer], out: Decided) -> None:
    made: dict[tuple[str, str], str] = {}
    for one in answers:
        pair = (one.transcript, one.wording)
        source = entities.get(one.entity)
        if source is None or pair not in source.where:
            out.problems.append(f"{one.place}: the study holds no such wording any more")
            continue
        target = one.belongs
        if target.casefold().startswith("new"):
            key = (source.label, target.casefold())
            if key not in made:
                made[key] = _new(entities, source)
            target = made[key]
        if target not in entities:
            out.problems.append(f"{one.place}: {target} is not in the study")
            continue
        _move(entities, one.entity, target, [pair])


def _new(entities: dict[str, Entity], like: Entity) -> str:
    """A new entity of the same kind, without wordings; returns its id."""
    prefix = like.id.rstrip("0123456789")
    numbers = [int(name[len(prefix) :]) for name in entities if name.rstrip("0123456789") == prefix]
    name = f"{prefix}{max(numbers) + 1:03d}"
    called = pseudonym(like.kind, {one.pseudonym for one in entities.values()})
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


def _correct(kept: Register, entities: dict[str, Entity], one: NameAnswer, out: Decided) -> None:
    """A kind, a pseudonym or a description that people wrote in place of the tool's."""
    old = entities[one.id]
    label, called = one.label or old.label, one.pseudonym or old.pseudonym
    if label not in LABELS:
        out.problems.append(f"{one.place}: {label} is no kind; known: {', '.join(LABELS)}")
        return
    kind = old.kind if label == old.label else kind_of(label, old.surfaces)
    if label != old.label and called == old.pseudonym:
        called = pseudonym(kind, {each.pseudonym for each in entities.values()})
    if called != old.pseudonym:
        wrong = _unfit(entities, one.id, called)
        if wrong:
            out.problems.append(f"{one.place}: {wrong}")
            return
        retired = _new(entities, old)  # keeps the old pseudonym from being given to somebody else
        entities[retired] = replace(entities[retired], pseudonym=old.pseudonym, cases=())
    entities[one.id] = replace(old, label=label, kind=kind, pseudonym=called)
    for surface in old.surfaces:
        if surface in kept.known:
            kept.known[surface].label = label
    kept.descriptions.pop(one.id, None)
    if one.description:
        kept.descriptions[one.id] = one.description


def _unfit(entities: dict[str, Entity], name: str, called: str) -> str:
    """Why a pseudonym will not do, or ""."""
    if not _BRACKETED.fullmatch(called):
        return "a pseudonym stands in square brackets, like [Ward manager 2]"
    if any(each.pseudonym == called for other, each in entities.items() if other != name):
        return f"{called} is somebody else's pseudonym, or was"
    said = {
        part.casefold()
        for each in entities.values()
        if each.label == "PERSON"
        for surface in each.surfaces
        for part in surface.split()
    }
    if {part.casefold() for part in re.findall(r"\w+", called)} & said:
        return "the pseudonym holds a word by which somebody is named in the study"
    return ""


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
            out.problems.append(f"{one.place}: {one.same_as} is not the Id of another row")
            continue
        _move(entities, one.id, target, entities[one.id].where)


def _save(kept: Register, entities: dict[str, Entity]) -> None:
    kept.entities = [
        (one if one.where else replace(one, cases=())).as_json() for _, one in sorted(entities.items())
    ]


def _settle_doubts(kept: Register, answers: Iterable[NameAnswer]) -> None:
    settled = {one.id for one in answers if one.same_as or one.unmask}
    kept.doubtful = [one for one in kept.doubtful if one["entity"] not in settled]


def refuse(problems: list[str], where: str) -> None:
    """Raise `StudyError` with the first problem where there are any."""
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise StudyError(problems[0] + more, where=where, hint="Nothing was changed. Mend it and run again.")
