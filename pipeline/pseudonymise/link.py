"""Wordings become people, places and organisations over the whole study; open questions stay open.

The evidence, strongest first: a full name; a part of a full name in the same transcript; in the same
case (site). Names that agree only across cases name two people. Entities that exist already keep their
id and pseudonym.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from pipeline.pseudonymise.alike import Name, compatible, same_spelling, sound, taken_apart, titles_clash
from pipeline.pseudonymise.entities import Doubt, Entity, Linked, Mention
from pipeline.pseudonymise.kinds import kind_of, pseudonyms
from pipeline.pseudonymise.text import WORD, bare

_PREFIX = {"PERSON": "PER", "LOCATION": "LOC", "ORGANISATION": "ORG"}


@dataclass(eq=False)
class _Group:
    """Mentions taken for one entity while linking; `entity` where it exists already."""

    label: str
    entity: Entity | None = None
    mentions: list[Mention] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    transcripts: set[str] = field(default_factory=set)
    scopes: set[str] = field(default_factory=set)

    @property
    def full(self) -> bool:
        """Whether a full name is known."""
        return any(name.full for name in self.names)

    def key(self) -> tuple[str, ...]:
        return ("", self.entity.id) if self.entity else ("~", *_order(min(self.mentions, key=_order)))


class _People:
    """The groups of people so far, found by the case they are named in and by the sound of their last
    name."""

    def __init__(self) -> None:
        self.groups: list[_Group] = []
        self.doubts: list[tuple[_Group, list[_Group], str]] = []
        self._by_scope: dict[str, list[_Group]] = defaultdict(list)
        self._by_last: dict[str, list[_Group]] = defaultdict(list)

    def add(self, group: _Group, surface: str, transcript: str, scopes: Iterable[str]) -> None:
        """Notes that `group` is named by `surface` in a transcript."""
        if not group.names:
            self.groups.append(group)
        name = taken_apart(surface)
        if name not in group.names:
            group.names.append(name)
            if name.full and group not in self._by_last[sound(name.last)]:
                self._by_last[sound(name.last)].append(group)
        group.transcripts.add(transcript)
        for scope in scopes:
            if scope not in group.scopes:
                group.scopes.add(scope)
                self._by_scope[scope].append(group)

    def near(self, one: Mention, name: Name) -> list[_Group]:
        """The groups that fit: those of the same transcript, else of the same case, else of the same
        full name."""
        site = [group for group in self._by_scope[_scope(one)] if _fits(name, group)]
        here = [group for group in site if one.transcript_id in group.transcripts]
        if here or site or not name.full:
            return here or site
        return [group for group in self._by_last[sound(name.last)] if _fits(name, group)]

    def place(self, one: Mention) -> None:
        """Puts a mention to the one group that fits; to a group of its own where none or several do."""
        name = taken_apart(one.surface)
        near = self.near(one, name)
        undecided = [group for group in near if not group.full and name in group.names]
        full = [group for group in near if group.full]
        if len(near) > 1 and (len(undecided) == 1 or len(full) == 1):
            near = full if len(full) == 1 else undecided
        group = near[0] if len(near) == 1 else _Group("PERSON")
        self.add(group, one.surface, one.transcript_id, (_scope(one),))
        group.mentions.append(one)
        if len(near) > 1:
            self.doubts.append((group, near, "several people of this name are near"))
        elif name.full:
            # Interviews that came one by one may have made two people of one; pseudonyms in use stay apart
            # until somebody says so.
            same = [one for one in self._by_last[sound(name.last)] if one is not group and name in one.names]
            if same:
                self.doubts.append((group, same, "somebody of this full name is named elsewhere"))


def link(
    mentions: Iterable[Mention], entities: Iterable[Entity] = (), others: Iterable[tuple[str, str]] = ()
) -> Linked:
    """Gathers `mentions` into `entities`, adding new ones where none fits; the order of mentions does
    not matter.

    `others` are ids and pseudonyms of further entities, which none of the mentions can mean (see `Reach`).

    >>> linked = link([Mention("T1", "A", "PERSON", "Sarah Thompson"),
    ...                Mention("T1", "A", "PERSON", "our Saz"), Mention("T2", "B", "PERSON", "Sarah")])
    >>> [one.surfaces for one in linked.entities]
    [('Sarah Thompson', 'our Saz'), ('Sarah',)]
    """
    existing = list(entities)
    ordered = sorted(_one_label(list(mentions), existing), key=_order)
    people = _link_people([one for one in ordered if one.label == "PERSON"], existing)
    groups = [*people.groups, *_link_things([one for one in ordered if one.label != "PERSON"], existing)]
    named, ids = _named(groups, [*((one.id, one.pseudonym) for one in existing), *others])
    doubts = tuple(
        Doubt(ids[id(group)], tuple(sorted(ids[id(other)] for other in others)), reason)
        for group, others, reason in people.doubts
    )
    return Linked(tuple(named), doubts, {pair: entity.id for entity in named for pair in entity.where})


class Reach:
    """Which entities some mentions can mean, or are weighed against: the others need not be linked again.

    They are those of the same transcripts, of the same wording, and people of the same case or of a last name
    that sounds the same.
    """

    def __init__(self, mentions: Iterable[Mention], transcripts: Iterable[str] = ()) -> None:
        mentions = list(mentions)
        self._transcripts = {*transcripts, *(one.transcript_id for one in mentions)}
        self._cases = {one.case for one in mentions if one.case}
        self._plain = {_plain(one.surface) for one in mentions}
        self._sounds = {key for one in mentions if (key := _last_sound(one.surface))}

    def holds(self, label: str, where: Mapping[str, Collection[str]], cases: Iterable[str]) -> bool:
        """Whether an entity is within reach: its label, the transcripts of each wording, its cases."""
        person = label == "PERSON"
        if person and not self._cases.isdisjoint(cases):
            return True
        for surface, transcripts in where.items():
            if _plain(surface) in self._plain or not self._transcripts.isdisjoint(transcripts):
                return True
            if person and _last_sound(surface) in self._sounds:
                return True
        return False


@cache
def _last_sound(surface: str) -> str:
    """How the last name of a full name sounds, or ""."""
    name = taken_apart(surface)
    return sound(name.last) if name.full else ""


def _order(one: Mention) -> tuple[str, str, str, str]:
    return (one.case, one.transcript_id, one.label, one.surface)


def _scope(one: Mention) -> str:
    return one.case or f"transcript {one.transcript_id}"


def _one_label(mentions: Sequence[Mention], existing: Sequence[Entity]) -> list[Mention]:
    """Each wording under one label: that which the register has for its transcript, that which it has most
    often, else the most frequent one."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in mentions:
        counts[_plain(one.surface)][one.label] += one.count
    decided = {plain: min(seen, key=lambda label: (-seen[label], label)) for plain, seen in counts.items()}
    stands: dict[str, Counter[str]] = defaultdict(Counter)
    there: dict[tuple[str, str], str] = {}
    for entity in existing:
        for transcript, surface in entity.where:
            stands[_plain(surface)][entity.label] += 1
            there[transcript, _plain(surface)] = entity.label
    held = {plain: min(seen, key=lambda label: (-seen[label], label)) for plain, seen in stands.items()}
    labels = {**decided, **held}
    plains = [_plain(one.surface) for one in mentions]
    return [
        replace(one, label=there.get((one.transcript_id, plain), labels[plain]))
        for one, plain in zip(mentions, plains, strict=True)
    ]


def _link_people(mentions: Sequence[Mention], existing: Sequence[Entity]) -> _People:
    """Full names first, then the single names."""
    people = _People()
    held: dict[tuple[str, str], _Group] = {}
    for entity in existing:
        if entity.label != "PERSON":
            continue
        group = _Group("PERSON", entity)
        if not entity.where:
            people.groups.append(group)
        for transcript, surface in entity.where:
            people.add(group, surface, transcript, entity.cases or (f"transcript {transcript}",))
            held[transcript, surface] = group
    rest = []
    for one in mentions:
        group_held = held.get((one.transcript_id, one.surface))
        if group_held:
            group_held.mentions.append(one)
        else:
            rest.append(one)
    for one in sorted(rest, key=lambda mention: not taken_apart(mention.surface).full):
        people.place(one)
    return people


def _fits(name: Name, group: _Group) -> bool:
    """Whether a name agrees with what the group is called: its full names decide where it has any."""
    if any(titles_clash(name.title, other.title) for other in group.names):
        return False
    if group.full:
        # A misspelt short form ("Burnie") agrees with the short form that is known ("Bernie").
        spelt = name.alone and any(
            other.alone and same_spelling(name.first, other.first) for other in group.names
        )
        return spelt or any(compatible(name, other) for other in group.names if other.full)
    agreeing = [other for other in group.names if compatible(name, other)]
    return bool(agreeing) and all(
        other in agreeing or _apart(name, other) or any(_misspelt(other, one) for one in agreeing)
        for other in group.names
    )


def _misspelt(one: Name, other: Name) -> bool:
    """Whether two single names are one in two spellings: what fits one fits the other ("Rian", "Rhian")."""
    return one.alone and other.alone and same_spelling(one.first, other.first)


def _apart(one: Name, other: Name) -> bool:
    """Whether two names share no part that could contradict: "Sarah" and "Mrs Thompson"."""
    if one.alone and other.alone:
        return False
    return not (one.first and other.first) and not (one.last and other.last)


def _link_things(mentions: Sequence[Mention], existing: Sequence[Entity]) -> list[_Group]:
    """Places, organisations and all else: one entity a wording, whatever its capitals and its article."""
    groups: list[_Group] = []
    by_wording: dict[tuple[str, str], _Group] = {}
    held: dict[tuple[str, str], _Group] = {}
    for entity in existing:
        if entity.label == "PERSON":
            continue
        groups.append(_Group(entity.label, entity))
        for transcript, surface in entity.where:
            by_wording.setdefault((entity.label, _plain(surface)), groups[-1])
            held[transcript, surface] = groups[-1]
    for one in mentions:
        if (one.transcript_id, one.surface) in held:  # people may have divided what is worded alike
            held[one.transcript_id, one.surface].mentions.append(one)
            continue
        key = (one.label, _plain(one.surface))
        if key not in by_wording:
            by_wording[key] = _Group(one.label)
            groups.append(by_wording[key])
        by_wording[key].mentions.append(one)
    return groups


@cache
def _plain(surface: str) -> str:
    parts = [bare(match.group()).casefold() for match in WORD.finditer(surface)]
    if len(parts) > 1 and parts[0] == "the":
        parts = parts[1:]
    digits = "".join(character for character in surface if character.isdigit())
    return " ".join(parts) + digits or surface


def _named(groups: Sequence[_Group], given: Sequence[tuple[str, str]]) -> tuple[list[Entity], dict[int, str]]:
    """Groups become entities: old ones keep id and pseudonym, new ones get the next of their kind."""
    taken = {name for _, name in given}
    free: dict[str, Iterator[str]] = {}
    numbers: dict[str, int] = {}
    out: list[Entity] = []
    ids: dict[int, str] = {}
    for group in sorted(groups, key=_Group.key):
        entity = group.entity or _new(group, given, numbers, taken, free)
        where = {*entity.where, *((one.transcript_id, one.surface) for one in group.mentions)}
        cases = {*entity.cases, *(one.case for one in group.mentions if one.case)}
        out.append(replace(entity, where=tuple(sorted(where)), cases=tuple(sorted(cases))))
        ids[id(group)] = entity.id
    return sorted(out, key=lambda one: one.id), ids


def _new(
    group: _Group,
    given: Sequence[tuple[str, str]],
    numbers: dict[str, int],
    taken: set[str],
    free: dict[str, Iterator[str]],
) -> Entity:
    prefix = _PREFIX.get(group.label, group.label[:3])
    if prefix not in numbers:  # of very many entities few kinds get new ones
        numbers[prefix] = max(
            (int(name[len(prefix) :]) for name, _ in given if name.rstrip("0123456789") == prefix), default=0
        )
    numbers[prefix] += 1
    roles = sorted({one.role for one in group.mentions if one.role})
    kind = roles[0] if len(roles) == 1 else kind_of(group.label, [one.surface for one in group.mentions])
    name = next(free.setdefault(kind, pseudonyms(kind, taken)))
    taken.add(name)
    return Entity(f"{prefix}{numbers[prefix]:03d}", group.label, name, kind)
