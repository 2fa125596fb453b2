"""The report's section on qualitative comparative analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.case_pictures import xy_plot
from pipeline.report.drawing import Picture
from pipeline.report.page import Block, Quote, Quotes, Section, Text, image, table

_TITLE = "Combinations of conditions (QCA)"
_KINDS = {
    "conservative": "assumes nothing on combinations without cases",
    "intermediate": "assumes of them only what was expected",
    "parsimonious": "assumes of them whatever makes the formula short",
}


def qca(found: Mapping[str, Any], memberships: Mapping[str, Mapping[str, float]]) -> Section:
    """QCA of the outcome and of its negation, from `"qca"` of `compare --json`.

    `memberships` holds each case's membership (0 to 1) in the outcome, by the outcome's name.
    """
    blocks: list[Block] = [
        Text("Formulas describe these cases; they give no probability for others and show no cause."),
        Text("In a formula * is AND, + is OR, ~ is NOT.", "soft"),
        *(Text(line, "notice") for line in found["notices"]),
        *_calibration(found["calibration"]),
    ]
    for side in (found["outcome"], found["negation"]):
        blocks += _side(side, memberships.get(side["outcome"], {}))
    blocks += _behind(found.get("quotes", {}))
    return Section("qca", _TITLE, tuple(blocks))


def not_asked() -> Section:
    """In the place of QCA where it was not asked for."""
    text = "Qualitative comparative analysis was not asked for: no condition and no outcome were named."
    return Section("qca", _TITLE, (Text(text),))


def xy_plots(found: Mapping[str, Any], memberships: Mapping[str, Mapping[str, float]]) -> list[Picture]:
    """An XY plot of the first solution of each side: its intermediate one where there is any."""
    sides = ((found["outcome"], "xy.png"), (found["negation"], "xy_negation.png"))
    drawn = [_xy(side, memberships.get(side["outcome"], {}), name) for side, name in sides]
    return [one for one in drawn if one]


def _calibration(rows: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Where each set comes from, and what every case was and became."""
    if not rows:
        return []
    how = [
        [one["name"], one["source"], one["how"] + (f". Reason: {one['why']}" if one["why"] else "")]
        for one in rows
    ]
    cases = list(rows[0]["memberships"])
    members = [
        [case, *(_was(one["values"].get(case, ""), one["memberships"][case]) for one in rows)]
        for case in cases
    ]
    return [
        Text("Calibration", "heading"),
        table(("Set", "From", "How"), how),
        table(
            ("Case", *(one["name"] for one in rows)),
            members,
            caption="Membership, and in brackets what it was made from",
        ),
    ]


def _was(before: str, member: float) -> str:
    text = f"{member:.2f}"
    return f"{text} ({before})" if before and before not in (f"{member:g}", text) else text


def _xy(side: Mapping[str, Any], y: Mapping[str, float], name: str) -> Picture | None:
    one = _first(side)
    if one is None or not y:
        return None
    x = {case: max(term["xy"][case] for term in one["terms"]) for case in y}
    return xy_plot(x, y, condition=one["formula"], outcome=side["outcome"], name=name)


def _first(side: Mapping[str, Any]) -> Mapping[str, Any] | None:
    by_kind = {one["kind"]: one for one in reversed(side["solutions"]) if one["terms"]}
    return by_kind.get("intermediate") or by_kind.get("conservative")


def _side(side: Mapping[str, Any], y: Mapping[str, float]) -> list[Block]:
    blocks: list[Block] = [Text(f"Outcome {side['outcome']}", "heading")]
    blocks += [Text(line, "soft") for line in side["notices"]]
    blocks += [Text("Necessary conditions", "theme"), _necessity(side["necessity"])]
    blocks += [Text("Truth table", "theme"), _truth(side["truth_table"])]
    blocks += [Text("Solutions", "theme"), *_solutions(side["solutions"])]
    picture = _xy(side, y, "xy.png")
    blocks += [image(picture, picture.alt)] if picture else []
    return [*blocks, *_varied(side["sensitivity"])]


def _necessity(rows: Sequence[Mapping[str, Any]]) -> Block:
    need = [
        [
            one["condition"],
            *(_three(one[key]) for key in ("consistency", "coverage", "ron")),
            "nearly everywhere" if one["trivial"] else "",
        ]
        for one in rows
    ]
    return table(("Condition", "Consistency", "Coverage", "Relevance (RoN)", ""), need)


def _truth(rows: Sequence[Mapping[str, Any]]) -> Block:
    """The rows that have cases."""
    truth = [
        [
            row["combination"],
            row["out"],
            str(row["n"]),
            _three(row["consistency"]),
            _three(row["pri"]),
            ", ".join(row["cases"]),
            ", ".join(row["against"]),
        ]
        for row in rows
        if row["n"]
    ]
    header = ("Combination", "Out", "Cases", "Consistency", "PRI", "Which", "Against")
    return table(header, truth, caption="Out: 1 has the outcome, 0 has not, C contradictory, ? too few cases")


def _solutions(solutions: Sequence[Mapping[str, Any]]) -> list[Block]:
    """A row for each solution, below it one for each of its terms."""
    if not solutions:
        return [Text("No combination is sufficient.")]
    rows: list[list[str]] = []
    for one in solutions:
        rest = [f"not covered: {', '.join(one['uncovered'])}"] if one["uncovered"] else []
        rest += [f"against: {', '.join(one['against'])}"] if one["against"] else []
        figures = (_three(one[key]) for key in ("consistency", "pri", "coverage"))
        alone = len(one["terms"]) == 1
        mine = [", ".join(one["terms"][0]["cases"])] if alone and one["terms"][0]["cases"] else []
        rows.append([one["kind"], one["formula"], *figures, "", "; ".join([*mine, *rest])])
        for term in () if alone else one["terms"]:
            each = (_three(term[key]) for key in ("consistency", "pri", "coverage", "unique"))
            rows.append(["", term["term"], *each, ", ".join(term["cases"])])
    header = ("Solution", "Formula and its terms", "Consistency", "PRI", "Coverage", "Unique", "Cases")
    kinds = [kind for kind in _KINDS if any(one["kind"] == kind for one in solutions)]
    said = "; ".join(f"{kind}: {_KINDS[kind]}" for kind in kinds)
    assumed = list(dict.fromkeys(name for one in solutions for name in one["assumptions"]))
    blocks: list[Block] = [table(header, rows), Text(f"{said[0].upper()}{said[1:]}.", "soft")]
    if assumed:
        blocks.append(Text(f"Assumed without a case by one or the other: {', '.join(assumed)}.", "soft"))
    return blocks


def _varied(runs: Sequence[Mapping[str, Any]]) -> list[Block]:
    """What changes if cuts and anchors move, and what could not be tried."""
    moved = [one["what"] for one in runs if one["changed"]]
    failed = [f"{one['what']} ({one['problem']})" for one in runs if one["problem"]]
    same = len(runs) - len(moved) - len(failed)
    text = f"Of {len(runs)} re-runs with cuts and anchors moved, {same} change nothing"
    text += f"; it changes with {'; '.join(moved)}." if moved else "."
    lines = [text, *([f"Could not be run: {'; '.join(failed)}."] if failed else [])]
    return [Text(line) for line in lines]


def _behind(quotes: Mapping[str, Mapping[str, Sequence[Mapping[str, str]]]]) -> list[Block]:
    found = tuple(
        Quote(said[0]["text"], f"{case}, {name} {said[0]['ref']}")
        for case, by_name in quotes.items()
        for name, said in by_name.items()
        if said
    )
    return [Text("What lies behind the rows", "heading"), Quotes(found)] if found else []


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
