"""Wordings become people: nicknames, misspellings, titles, two Sarahs, later arrivals."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.pseudonymise import Entity, Linked, Mention, link
from pipeline.pseudonymise.alike import compatible, same_first, sound, taken_apart


def person(transcript: str, case: str, surface: str, role: str = "") -> Mention:
    return Mention(transcript, case, "PERSON", surface, role=role)


def partition(linked: Linked) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(entity.where) for entity in linked.entities}


def test_all_wordings_of_one_person_are_one() -> None:
    wordings = ["Sarah Thompson", "Sarah", "SARAH", "Sara", "Mrs Thompson", "our Saz", "Thompson"]
    linked = link([person("T1", "A", wording) for wording in wordings])
    assert len(linked.entities) == 1
    assert linked.doubtful == ()
    assert set(linked.entities[0].surfaces) == set(wordings)


def test_two_sarahs_at_two_sites_are_two_people() -> None:
    linked = link([person("T1", "A", "Sarah"), person("T2", "B", "Sarah")])
    assert len(linked.entities) == 2
    assert linked.entity_of["T1", "Sarah"] != linked.entity_of["T2", "Sarah"]


def test_a_full_name_is_one_person_wherever_it_stands() -> None:
    linked = link([person("T1", "A", "Sarah Thompson"), person("T2", "B", "Sarah Thompson")])
    assert len(linked.entities) == 1


def test_a_doubtful_link_is_left_undecided() -> None:
    mentions = [
        person("T1", "A", "Sarah Thompson"),
        person("T2", "A", "Sarah Jones"),
        person("T3", "A", "Sarah"),
        person("T4", "A", "Sarah"),
    ]
    linked = link(mentions)
    assert len(linked.entities) == 3
    [doubt] = linked.doubtful
    assert doubt.entity_id == linked.entity_of["T3", "Sarah"] == linked.entity_of["T4", "Sarah"]
    assert len(doubt.candidates) == 2


def test_the_transcript_decides_before_the_site() -> None:
    linked = link(
        [person("T1", "A", "Sarah Thompson"), person("T2", "A", "Sarah Jones"), person("T2", "A", "Sarah")]
    )
    assert linked.entity_of["T2", "Sarah"] == linked.entity_of["T2", "Sarah Jones"]
    assert linked.doubtful == ()


def test_ids_and_pseudonyms_stay_when_interviews_arrive_later() -> None:
    first = link([person("T2", "A", "Sarah"), Mention("T2", "A", "LOCATION", "Leeds")])
    second = link([person("T1", "A", "Sarah Thompson"), person("T1", "A", "Aaron")], first.entities)
    before = {one.id: one.pseudonym for one in first.entities}
    after = {one.id: one.pseudonym for one in second.entities}
    assert before.items() <= after.items()
    assert second.entity_of["T1", "Sarah Thompson"] == first.entity_of["T2", "Sarah"]
    assert second.entity_of["T2", "Sarah"] == first.entity_of["T2", "Sarah"]


def test_linking_again_changes_nothing() -> None:
    mentions = [person("T1", "A", name) for name in ("Sarah Thompson", "Saz", "Dr Patel", "Priya Patel")]
    once = link(mentions)
    assert link(mentions, once.entities).entities == once.entities


NAMES = [
    "Sarah Thompson",
    "Sarah",
    "Saz",
    "Mrs Thompson",
    "Bob",
    "Robert Lee",
    "Dr Lee",
    "Aoife",
    "SARAH",
    "Rob",
]


@given(
    st.lists(
        st.tuples(st.sampled_from(["T1", "T2", "T3"]), st.sampled_from(NAMES)),
        min_size=1,
        max_size=12,
        unique=True,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_mentions_does_not_change_who_is_who(
    pairs: list[tuple[str, str]], shuffler: random.Random
) -> None:
    mentions = [person(transcript, transcript[:1] + transcript, name) for transcript, name in pairs]
    shuffled = mentions[:]
    shuffler.shuffle(shuffled)
    assert link(mentions) == link(shuffled)


@given(st.lists(st.tuples(st.sampled_from(["T1", "T2"]), st.sampled_from(NAMES)), max_size=10, unique=True))
def test_every_mention_has_exactly_one_entity(pairs: list[tuple[str, str]]) -> None:
    linked = link([person(transcript, "A", name) for transcript, name in pairs])
    assert set(linked.entity_of) == set(pairs)
    assert sorted(pair for entity in linked.entities for pair in entity.where) == sorted(pairs)
    pseudonyms = [entity.pseudonym for entity in linked.entities]
    assert len(set(pseudonyms)) == len(pseudonyms)


def test_entities_travel_through_json() -> None:
    linked = link(
        [person("T1", "A", "Sarah Thompson", role="Peer worker"), Mention("T1", "A", "LOCATION", "Ward 6B")]
    )
    told = json.loads(json.dumps([one.as_json() for one in linked.entities]))
    assert tuple(Entity.from_json(one) for one in told) == linked.entities


def test_pseudonyms_say_what_they_stand_for() -> None:
    linked = link(
        [
            person("T1", "A", "Sarah", role="Peer worker"),
            person("T1", "A", "Aoife"),
            Mention("T1", "A", "LOCATION", "Leeds"),
            Mention("T1", "A", "LOCATION", "Vietnam"),
            Mention("T1", "A", "ORGANISATION", "Leeds General Infirmary"),
            Mention("T1", "A", "LOCATION", "Juniper Ward"),
            Mention("T1", "A", "PHONE", "07700 900123"),
        ]
    )
    told = {surface: one.pseudonym for one in linked.entities for surface in one.surfaces}
    assert told == {
        "Sarah": "[Peer worker 1]",
        "Aoife": "[Person 1]",
        "Leeds": "[Town 1]",
        "Vietnam": "[Country 1]",
        "Leeds General Infirmary": "[Hospital 1]",
        "Juniper Ward": "[Ward A]",
        "07700 900123": "[Phone number 1]",
    }


def test_a_participant_called_like_a_place_is_one_entity() -> None:
    mentions = [Mention("T1", "A", "PERSON", "Chester", 4), Mention("T1", "A", "LOCATION", "Chester", 1)]
    linked = link(mentions)
    assert [one.label for one in linked.entities] == ["PERSON"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Mrs Thompson", "Sarah Thompson", True),
        ("Mr Thompson", "Mrs Thompson", False),
        ("Steven Lee", "Stephen Lee", True),
        ("Bill", "William Smith", True),
        ("Sarah Tompson", "Sarah Thompson", True),
        ("Sarah Jones", "Sarah Thompson", False),
        ("Dan", "Ian", False),
        ("Maria", "Marie", False),
        ("Sister Bernadette", "Bernadette", True),
    ],
)
def test_when_two_names_can_be_one_persons(one: str, other: str, same: bool) -> None:
    assert compatible(taken_apart(one), taken_apart(other)) is same
    assert compatible(taken_apart(other), taken_apart(one)) is same


def test_a_misspelling_does_not_part_a_person_from_a_pet_form() -> None:
    linked = link([person("T1", "A", "Rhianna"), person("T2", "A", "Rianna"), person("T3", "A", "Rhi")])
    assert len(linked.entities) == 1
    apart = link([person("T1", "A", name) for name in ("Alex", "Alexander", "Alexandra")])
    assert len(apart.entities) > 1


def test_a_name_spelled_out_is_its_bearers() -> None:
    linked = link([person("T1", "A", "Callum Trew"), person("T1", "A", "T, R, E, W")])
    assert len(linked.entities) == 1


def test_nicknames_and_sounds() -> None:
    assert same_first("liz", "elizabeth")
    assert same_first("liz", "beth")
    assert same_first("rhi", "rhiannon")
    assert not same_first("liz", "sarah")
    assert sound("catherine") == sound("katherine")
