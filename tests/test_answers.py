"""Decisions as answers: scope, changes of mind, several coders."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.records import Decision, Utterance
from pipeline.suggest.examples import answers_from

CODES = ("context", "context.culture", "facilitation.role")
ONE = [Utterance("u1", "T1", 1, "words", text_hash="h")]


def said(code: str, answer: str = "accept", at: int = 1, **more: object) -> Decision:
    first = {"text_hash": "h", "coder": "a", **more}
    return Decision("u1", code=code, answer=answer, at=f"2026-01-{at:02d}", **first)  # type: ignore[arg-type]


def values(*decisions: Decision, **more: object) -> list[float]:
    found = answers_from(decisions, ONE, CODES, **more)  # type: ignore[arg-type]
    return [None if np.isnan(value) else value for value in found.values[0]]  # type: ignore[misc]


def test_in_blind_coding_silence_refuses_and_a_parent_follows_its_child() -> None:
    assert values(said("context.culture")) == [1, 1, 0]


def test_in_a_review_of_suggestions_silence_says_nothing() -> None:
    assert values(said("facilitation.role", scope="offered")) == [None, None, 1]
    assert values(said("facilitation.role", "reject", scope="offered")) == [None, None, 0]


def test_nothing_applies_refuses_what_is_in_scope() -> None:
    assert values(said("none", "none")) == [0, 0, 0]
    offered = said("none", "none", scope="offered")
    assert values(offered) == [None, None, None]
    assert values(offered, offered={"u1": ["facilitation.role"]}) == [None, None, 0]


def test_unsure_and_not_reviewed_are_neither() -> None:
    assert values(said("facilitation.role", "unsure")) == [0, 0, None]
    assert values() == [None, None, None]


def test_the_latest_decision_of_a_coder_counts() -> None:
    first, second = said("facilitation.role"), said("facilitation.role", "reject", at=2)
    assert values(first, second) == values(second, first) == [0, 0, 0]
    assert values(first, said("none", "none", at=2)) == [0, 0, 0]
    assert values(first, said("facilitation.role", at=2, kind="withdrawn")) == [None, None, None]


def test_coders_vote_ties_are_absent_and_adjudication_settles() -> None:
    a, b, c = (
        said("facilitation.role", coder="a"),
        said("none", "none", coder="b"),
        said("facilitation.role", coder="c"),
    )
    assert values(a, b) == [0, 0, 0]
    assert values(a, b, c) == [0, 0, 1]
    assert values(a, b, said("facilitation.role", coder="lead", kind="adjudicated")) == [0, 0, 1]


@pytest.mark.parametrize("known", ["h", ""])
def test_a_decision_on_changed_text_is_reported_and_not_used(known: str) -> None:
    found = answers_from(
        [said("facilitation.role", text_hash="old")], [Utterance("u1", "T1", 1, "x", text_hash=known)], CODES
    )
    assert found.orphaned == (("u1",) if known else ())
    assert np.isnan(found.values).all() == bool(known)


def test_an_unknown_code_is_reported_and_a_valence_kept() -> None:
    found = answers_from([said("gone.code"), said("facilitation.role", valence="barrier")], ONE, CODES)
    assert found.unknown == ("gone.code",)
    assert found.valences[0].tolist() == [-1, -1, 1]
