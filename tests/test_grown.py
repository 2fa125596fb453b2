"""Linking only what is within reach of new mentions comes to what linking everything comes to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.pseudonymise import Mention, link
from pipeline.pseudonymise.link import Reach

_FIRST, _LAST = ("Sarah", "Sara", "Tom", "Thomas", "Ruth"), ("Thompson", "Thomson", "Larch", "Penhale")
_PEOPLE = [*_FIRST, *(f"{first} {last}" for first in _FIRST for last in _LAST), "Mrs Larch", "Dr Penhale"]
_PLACES = ["Leeds", "the Leeds", "Harrow Ward", "Larch"]

mentions = st.builds(
    lambda site, number, person, place, is_person: Mention(
        f"S{site}PW{number}",
        f"S{site}" if site else "",
        "PERSON" if is_person else "LOCATION",
        person if is_person else place,
    ),
    st.integers(0, 3),
    st.integers(1, 3),
    st.sampled_from(_PEOPLE),
    st.sampled_from(_PLACES),
    st.booleans(),
)


@given(st.lists(mentions, max_size=25), st.lists(mentions, min_size=1, max_size=8))
def test_who_is_out_of_reach_changes_nothing(before: list[Mention], late: list[Mention]) -> None:
    there = link(before).entities
    reach = Reach(late)
    near = [one for one in there if reach.holds(one.label, one.by_wording, one.cases)]
    far = [one for one in there if one not in near]
    whole = link(late, there)
    part = link(late, near, [(one.id, one.pseudonym) for one in far])
    assert sorted([*part.entities, *far], key=lambda one: one.id) == list(whole.entities)
    assert part.doubtful == whole.doubtful
