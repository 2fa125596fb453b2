"""The comparison of the sample study: what should come out of its adjudicated codes, and what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.compare.evidence import Direction
from pipeline.compare.matrix import matrix
from pipeline.compare.patterns import Comparison, patterns
from pipeline.exchange.table import read_table
from pipeline.study.folder import read_cases

CODES = (
    "context.culture",
    "context.leadership",
    "context.monitoring_feedback",
    "facilitation.role",
    "facilitation.flexibility_consistency",
    "facilitation.experiential_knowledge",
    "inductive.timing",
    "inductive.geography",
)
HIGH, LOW, EVERY = {"S3", "S5"}, {"S4", "S6"}, {"S2", "S3", "S4", "S5", "S6"}
NOWHERE: set[str] = set()

# Code: sites where it is present as a facilitator, and as a barrier, as the study's facts have it.
EXPECTED = {
    "context.culture": (HIGH, LOW | {"S2"}),
    "context.leadership": (HIGH | {"S2"}, LOW | {"S2"}),
    "context.monitoring_feedback": (EVERY, EVERY),
    "facilitation.role": (EVERY, LOW),
    "facilitation.flexibility_consistency": (HIGH | {"S2"}, LOW),
    "facilitation.experiential_knowledge": (EVERY, NOWHERE),
    "inductive.timing": (NOWHERE, EVERY),
    "inductive.geography": (NOWHERE, LOW),
}

# What differs at half of the participants, and why: docs/COMPARING.md, "On the sample study".
AT_EXACTLY_HALF = {("context.culture", "facilitator"): {"S2", "S4"}, ("context.culture", "barrier"): {"S5"}}
A_GOOD_WORD_ONCE = {("facilitation.flexibility_consistency", "facilitator"): {"S4", "S6"}}


@pytest.fixture(scope="module")
def gold() -> Path:
    from pipeline import resources

    return resources.path("sample_transcripts", "gold")


def compared(gold: Path, share: float) -> Comparison:
    rows = read_table((gold / "adjudicated.csv").read_bytes(), "adjudicated.csv")
    groups = {case: values["group"] for case, values in read_cases(gold / "cases.csv").items()}
    return patterns(matrix(rows, CODES), groups, present_share=share)


def differing(comparison: Comparison) -> dict[tuple[str, str], set[str]]:
    """Themes whose sites are others than expected, with the sites that differ."""
    ways: tuple[Direction, Direction] = ("facilitator", "barrier")
    out = {}
    for code, expected in EXPECTED.items():
        for way, sites in zip(ways, expected, strict=True):
            counts = comparison.find(code, way).counts.values()
            apart = {site for count in counts for site in count.present} ^ sites
            if apart:
                out[code, way] = apart
    return out


def test_half_of_the_participants_gives_the_table_but_for_what_is_explained(gold: Path) -> None:
    assert differing(compared(gold, 0.5)) == AT_EXACTLY_HALF | A_GOOD_WORD_ONCE


def test_more_than_half_gives_it_but_for_one_row(gold: Path) -> None:
    assert differing(compared(gold, 0.6)) == A_GOOD_WORD_ONCE


def test_what_hangs_on_exactly_half_is_said_beside_it(gold: Path) -> None:
    comparison = compared(gold, 0.5)
    for code, way in AT_EXACTLY_HALF:
        robust = comparison.find(code, way).robust  # type: ignore[arg-type]
        assert "60 %" in robust.falls_at_shares


def test_the_outlier_goes_with_high_sites_on_some_themes_and_with_low_ones_on_others(gold: Path) -> None:
    for share, fewest in ((0.5, 1), (0.6, 3)):
        (outlier,) = compared(gold, share).outliers
        assert outlier.case == "S2"
        assert all(number >= fewest for _, number in outlier.like)
