"""Pictures of the report: PNG bytes that open, with words beside them, and nothing left behind."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from matplotlib import image as images
from matplotlib._pylab_helpers import Gcf

from pipeline.report import agreement_pictures, case_pictures
from pipeline.report.drawing import SHADES, Picture


def pixels(picture: Picture) -> np.ndarray:
    assert picture.png.startswith(b"\x89PNG")
    assert picture.name.endswith(".png")
    return np.asarray(images.imread(io.BytesIO(picture.png), format="png"))


def figures(
    code: str, kappa: float | None, low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    return {"code": code, "kappa": kappa, "ci": {"kappa": [low, high]}}


def a_pair(a: str = "ann", b: str = "ben", codes: int = 3, **more: Any) -> dict[str, Any]:
    per_code = [figures(f"context.c{n}", 0.1 * n, 0.1 * n - 0.2, 0.1 * n + 0.2) for n in range(codes)]
    matrix = [[5 if x == y else (x + 2 * y) % 3 for y in range(codes + 1)] for x in range(codes + 1)]
    labels = [*(one["code"] for one in per_code), "none"]
    pair = {"a": a, "b": b, "per_code": per_code, "overall": figures("overall", 0.5, 0.4, 0.6)}
    return {**pair, "confusion": {"labels": labels, "matrix": matrix}, **more}


def cells(cases: int, codes: int, status: str = "data") -> list[dict[str, Any]]:
    return [
        {
            "case": f"S{case}",
            "code": f"context.c{code}",
            "valence": way,
            "utterances": 4,
            "participants": (case + code) % 4,
            "of": 4,
            "status": status,
        }
        for case in range(cases)
        for code in range(codes)
        for way in (None, "facilitator", "barrier")
    ]


def a_pattern(**groups: tuple[int, int]) -> dict[str, Any]:
    counts = {
        name: {"present": k, "of": n, "not_asked": 0, "not_reviewed": 0} for name, (k, n) in groups.items()
    }
    return {"code": "context.culture", "valence": "barrier", "pattern": "only low", "counts": counts}


def test_the_forest_grows_with_codes_and_says_the_figures_in_words() -> None:
    small, large = (agreement_pictures.forest([a_pair(codes=n)], {"context.c2": "Culture"}) for n in (3, 12))
    assert pixels(large).shape[0] > pixels(small).shape[0]
    assert pixels(small).shape[1] == 1200
    assert "ann with ben: overall 0.50" in small.alt
    assert "0.20 (Culture)" in small.alt


def test_a_long_forest_stands_in_parts_of_a_page_with_every_code_in_one_of_them() -> None:
    pairs = [a_pair(codes=50, b=f"coder{n}") for n in range(3)]
    parts = agreement_pictures.forests(pairs)
    assert [one.name for one in parts] == [f"forest{n}.png" for n in ("", "-2", "-3")]
    assert max(pixels(one).shape[0] for one in parts) <= 14.0 * 150 * 1.1
    assert parts[1].alt.startswith("Part 2 of 3. ")
    assert [one.name for one in agreement_pictures.forests([a_pair(codes=3)])] == ["forest.png"]


def test_a_forest_without_pairs_is_drawn_empty() -> None:
    assert pixels(agreement_pictures.forest([])).size


def test_an_undefined_kappa_is_said_to_be_so() -> None:
    pair = a_pair(per_code=[figures("a", None)], overall=figures("overall", None))
    picture = agreement_pictures.forest([pair])
    assert "overall undefined" in picture.alt
    defined = agreement_pictures.forest(
        [a_pair(per_code=[figures("a", 0.0)], overall=figures("overall", None))]
    )
    assert picture.png != defined.png


def test_more_pairs_than_can_be_told_apart_are_counted() -> None:
    picture = agreement_pictures.forest([a_pair(b=f"coder{n}") for n in range(9)])
    assert "3 more pairs are in the tables" in picture.alt
    assert pixels(picture).size


def test_confusion_names_the_largest_cells_and_leaves_unused_codes_out() -> None:
    labels = ["context.culture", "context.leadership", "unused", "none"]
    matrix = [[9, 4, 0, 1], [0, 7, 0, 2], [0, 0, 0, 0], [0, 0, 0, 30]]
    picture = agreement_pictures.confusion(a_pair(confusion={"labels": labels, "matrix": matrix}))
    assert "context.culture against context.leadership (4)" in picture.alt
    full = agreement_pictures.confusion(a_pair(confusion={"labels": labels, "matrix": [[1] * 4] * 4}))
    assert pixels(full).shape[1] > pixels(picture).shape[1]


def test_confusion_without_any_difference() -> None:
    both = {"labels": ["a", "none"], "matrix": [[3, 0], [0, 5]]}
    assert "They never differ" in agreement_pictures.confusion(a_pair(confusion=both)).alt


@pytest.mark.parametrize("cases", [1, 5, 13, 90])
def test_the_heat_map_takes_any_number_of_cases(cases: int) -> None:
    picture = case_pictures.heat_map(cells(cases, 3))
    height, width, _ = pixels(picture).shape
    assert 300 < width < 8000
    assert height < 4000
    assert f"3 constructs in {cases} case" in picture.alt


def test_what_was_not_reviewed_looks_other_than_what_was_not_found() -> None:
    unseen = [{**one, "participants": 0, "of": 0, "status": "not_reviewed"} for one in cells(3, 2)]
    nothing = [{**one, "participants": 0, "status": "none_found"} for one in cells(3, 2)]
    assert case_pictures.heat_map(unseen).png != case_pictures.heat_map(nothing).png


def test_patterns_say_their_name_and_bear_unknown_groups() -> None:
    rows = [a_pattern(high=(0, 2), low=(2, 2)), a_pattern(high=(0, 0), low=(1, 2))]
    picture = case_pictures.pattern_plot(rows, {"context.culture": "Culture"})
    assert "Culture as a barrier: only low" in picture.alt
    assert pixels(picture).size
    assert pixels(case_pictures.pattern_plot([])).size


def test_xy_names_the_cases_that_contradict() -> None:
    x, y = {"S1": 0.9, "S2": 0.8, "S3": 0.1}, {"S1": 0.2, "S2": 0.9, "S3": 0.1}
    picture = case_pictures.xy_plot(x, y, condition="A*~B", outcome="Y")
    assert picture.alt.endswith("Contradicted by S1.")
    assert "No case contradicts it." in case_pictures.xy_plot(x, x, condition="A", outcome="Y").alt


def test_cases_of_one_group_stand_under_its_name() -> None:
    groups = {"S0": "high", "S1": "high", "S2": "low", "S3": "a group with a very long name indeed"}
    plain, grouped = (case_pictures.heat_map(cells(4, 3), None, one) for one in (None, groups))
    assert pixels(grouped).shape[0] > pixels(plain).shape[0]


def test_shades_get_darker_in_grey_as_shares_grow() -> None:
    shares = np.linspace(0, 1, 11)
    grey = SHADES(shares)[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(grey) < -0.02).all()


def test_cases_that_lie_close_together_share_a_label() -> None:
    spots = {(0.97, 1.0): ["S5"], (0.92, 1.0): ["S3"], (0.1, 0.1): ["S4"]}
    assert case_pictures._together(spots) == {(0.97, 1.0): ["S5", "S3"], (0.1, 0.1): ["S4"]}


def test_pictures_are_the_same_each_time_and_leave_no_figure_open() -> None:
    first, second = (case_pictures.heat_map(cells(3, 3)) for _ in range(2))
    assert first.png == second.png
    assert not Gcf.get_all_fig_managers()


def test_names_in_any_script_and_signs_of_formulas_are_drawn_without_a_warning() -> None:
    pair = a_pair(a="$ann_{x", b="_研究者")
    names = {"context.c1": "文化 and a very long name of a code that would not fit on any line at all, ever"}
    assert pixels(agreement_pictures.forest([pair], names)).size
    assert pixels(agreement_pictures.confusion(pair, names)).size
