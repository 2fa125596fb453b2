"""The report's section on agreement, from what an audit prints as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.report.agreement_pictures import confusion, forests
from pipeline.report.drawing import Picture, listed
from pipeline.report.page import Block, Quote, Section, Text, image, table

HEADER = (
    "Code",
    "Units",
    "Given",
    "Agree",
    "Kappa",
    "95 % interval",
    "Alpha",
    "AC1",
    "P+",
    "P−",
    "Both",
    "a",
    "b",
    "Needed",
    "Lower end says",
)
"""The headings of a table of agreement, a code a row."""
_KINDS = ("case", "role", "length", "position", "score")
_EASY = (
    "Where a code is rare, nearly all comparisons are even and the test passes by itself: read the counts. "
    "Utterances of one interview are not independent, so the test by transcripts stands beside it, in which "
    "each transcript counts once."
)
_KEY = (
    "Given: share of utterances with the code. P+ and P−: agreement on giving the code and on leaving it "
    "out. Both, a, b: how many got the code from both coders, and from the first or the second alone. "
    "Intervals resample whole interviews. Needed: how many more utterances both would have to code for "
    "an interval of kappa {width} wide. A figure that cannot be computed is left open, with the reason. The "
    "verdict is on the lower end of the interval: Krippendorff's word (from alpha), then Landis and Koch's "
    "(from kappa)."
)
_FOREST = "Cohen's kappa by code. Wide intervals mean: too few utterances to tell."
_WIDE = 5
"""Pairs that stand side by side in a table; the rest is in `agreement.csv`."""
_TELLING = 6
"""Disagreements whose words the page shows; the rest is in `disagreements.csv`."""


def pictures(audit: Mapping[str, Any], names: Mapping[str, str]) -> list[Picture]:
    """The forest plot of all pairs, in parts if long; last, the confusion of the pair shown (`told`)."""
    if not audit["pairs"]:
        return []
    return [*forests(audit["pairs"], names), confusion(told(audit["pairs"]), names)]


def told(pairs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The pair whose confusions and differences are shown: two people before model and people."""
    return next((pair for pair in pairs if "model" not in (pair["a"], pair["b"])), pairs[0])


def agreement(audit: Mapping[str, Any], names: Mapping[str, str]) -> Section:
    """People with people, the model with people, the human ceiling, and where the readings part."""
    design = audit["design"]
    blocks: list[Block] = [Text(design["heading"]), *_notices(design)]
    drawn = pictures(audit, names)
    if drawn:
        blocks += [image(one, _FOREST) for one in drawn[:-1]]
    for pair in (*audit["pairs"], *design["self_agreement"]):
        blocks += _pair(pair, names)
    blocks.append(Text(_KEY.format(width=_two(design["width_wanted"])), "soft"))
    blocks += [
        *_pointing(audit["pairs"], names),
        *_rho(audit["pairs"], names),
        *_ceiling(audit["human_ceiling"], names),
        *_test(audit["alt_test"]),
        *_anchoring(design["anchoring"]),
    ]
    if drawn:
        blocks += [Text("Which codes are taken for which", "heading"), image(drawn[-1], drawn[-1].alt)]
        shown = told(audit["pairs"])
        model = next((pair for pair in audit["pairs"] if pair["kind"] == "model-human"), None)
        if model is not None and model is not shown:
            blocks += _where(model, ("score",))
        blocks += [*_where(shown), *_telling(told(audit["pairs"]), names)]
    return Section("agreement", "Agreement", tuple(blocks))


def _notices(design: Mapping[str, Any]) -> list[Block]:
    blocks: list[Block] = [Text(line, "notice") for line in (*design["warnings"], *design["notices"])]
    return [*blocks, Text(design["summary"])]


def _pair(pair: Mapping[str, Any], names: Mapping[str, str]) -> list[Block]:
    title = f"{pair['a']} with {pair['b']}"
    plural = "" if pair["interviews"] == 1 else "s"
    rows = [_row(one, names) for one in [*pair["per_code"], pair["overall"]]]
    caption = f"{pair['units']} utterances of {pair['interviews']} interview{plural}"
    noted: dict[str, list[str]] = {}
    for one in pair["per_code"]:
        for note in [*one["notes"], *([one["undefined"]] if one["undefined"] else [])]:
            noted.setdefault(note, []).append(_name(one["code"], names))
    said = [Text(f"{listed(some)}: {note}.", "soft") for note, some in noted.items()]
    return [Text(title, "heading"), table(HEADER, rows, caption=caption), *said]


def _pointing(pairs: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[Block]:
    """How far two who gave the same code saw it point the same way, in a column a pair."""

    def cell(one: Mapping[str, Any]) -> str:
        found = one.get("valence")
        return f"{_two(found['percent'])} of {found['n']:.0f} ({_two(found['kappa'])})" if found else "–"

    caption = (
        "Facilitator, barrier or both: share alike of the utterances to which both gave the code and said "
        "which way it points, and kappa in brackets"
    )
    title = Text("Do they see codes point the same way?", "heading")
    return _by_pair(title, "valence", cell, pairs, names, caption)


def _rho(pairs: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[Block]:
    """Shaffer's rho of each code where it was asked for, in a column a pair."""

    def cell(one: Mapping[str, Any]) -> str:
        rho = one["rho"]
        return f"{rho['value']:.3f}".replace("0.", ".", 1) if rho["value"] is not None else rho["undefined"]

    asked = [one["rho"]["threshold"] for pair in pairs for one in pair["per_code"] if "rho" in one]
    caption = (
        "The chance of such a kappa in a test set like this although that of the whole lies below "
        f"{_two(asked[0]) if asked else ''}; under .05 the whole may be taken to reach it"
    )
    return _by_pair(Text("Shaffer's rho", "heading"), "rho", cell, pairs, names, caption)


def _by_pair(
    title: Text,
    key: str,
    cell: Callable[[Mapping[str, Any]], str],
    pairs: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    caption: str,
) -> list[Block]:
    """A row a code and a column a pair, of what stands under `key` beside some codes' figures."""
    shown = [pair for pair in pairs if any(key in one for one in pair["per_code"])][:_WIDE]
    if not shown:
        return []
    rows = [
        [_name(several[0]["code"], names), *map(cell, several)]
        for several in zip(*(pair["per_code"] for pair in shown), strict=True)
        if any(key in one for one in several)
    ]
    return [
        title,
        table(("Code", *(f"{pair['a']} with {pair['b']}" for pair in shown)), rows, caption=caption),
    ]


def _row(one: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    figures = [_two(one[key]) for key in ("prevalence", "percent", "kappa")]
    rest = [_two(one[key]) for key in ("alpha", "ac1", "p_pos", "p_neg")]
    needed = "–" if one["needed"] is None else f"{one['needed']:,}"
    return [
        _name(one["code"], names),
        str(one["n"]),
        *figures,
        _span(one["ci"].get("kappa")),
        *rest,
        *(f"{one['counts'][key]:.0f}" for key in ("both", "only_a", "only_b")),
        needed,
        str(one["verdict"]),
    ]


def _ceiling(ceiling: Mapping[str, Any], names: Mapping[str, str]) -> list[Block]:
    title = Text("The human ceiling", "heading")
    if not ceiling["overall"]:
        return [
            title,
            Text(f"People beside the model on the same utterances: none, as {ceiling['undefined']}."),
        ]
    rows = [
        [
            _name(one["code"], names),
            str(one["n"]),
            *(_two(one[key]) for key in ("human", "model", "difference")),
            _span(one["ci"].get("difference")),
        ]
        for one in [*ceiling["per_code"], ceiling["overall"]]
    ]
    text = Text(
        "Kappa among people, and of the model with people, on the same utterances: the model can hardly "
        "agree with people better than people agree with each other."
    )
    header = ("Code", "Units", "People", "Model", "Difference", "95 % interval")
    return [title, text, table(header, rows)]


def _test(test: Mapping[str, Any]) -> list[Block]:
    title = Text("May the model stand in for a coder?", "heading")
    if test["omega"] is None:
        return [title, Text(f"The alternative annotator test was not made: {test['undefined']}.")]
    lines = [_passed(one) for one in (test, test["by_transcript"])]
    rows = [
        [
            one["coder"],
            *(str(one[key]) for key in ("n", "model_better", "even", "coder_better")),
            "–" if one["p"] is None else f"{one['p']:.3f}",
            one["method"],
        ]
        for one in test["annotators"]
    ]
    header = ("Against", "Utterances", "Model closer", "Even", "Coder closer", "p", "Test")
    return [title, *map(Text, lines), table(header, rows), Text(_EASY, "soft")]


def _passed(one: Mapping[str, Any]) -> str:
    if one["omega"] is None:
        return f"By {one['units']} it says nothing: {one['undefined']}."
    return (
        f"Alternative annotator test (Calderon et al. 2025) by {one['units']}, epsilon "
        f"{_two(one['epsilon'])}: the model's winning rate is {_two(one['omega'])}, its average advantage "
        f"probability {_two(one['rho'])}; {'it passes' if one['passed'] else 'it does not pass'}."
    )


def _anchoring(found: Sequence[Mapping[str, Any]]) -> list[Block]:
    rows = [
        [
            one["coder"],
            *(_two(one[key]) for key in ("followed_blind", "followed_seen", "difference")),
            _span(one["ci"]),
            f"{one['towards']} towards, {one['away']} away" if one["units_both"] else "–",
        ]
        for one in found
        if not one["undefined"]
    ]
    header = ("Coder", "Hidden", "In view", "Difference", "95 % interval", "Changes of mind")
    caption = "Share of suggestions that each coder gave, decided with them hidden and with them in view"
    title = Text("Did seeing suggestions move people?", "heading")
    return [title, table(header, rows, caption=caption)] if rows else []


def _where(pair: Mapping[str, Any], kinds: Sequence[str] = _KINDS) -> list[Block]:
    places = [one for one in pair["where"] if one["by"] in kinds]
    rows = [
        [
            one["by"],
            one["value"],
            str(one["units"]),
            f"{one['share']:.0%}".replace("%", " %"),
            _two(one["kappa"]),
        ]
        for one in places
    ]
    if not rows:
        return []
    title = Text(f"Where {pair['a']} and {pair['b']} differ", "heading")
    return [title, table(("By", "", "Units", "Differing", "Kappa"), rows)]


def _telling(pair: Mapping[str, Any], names: Mapping[str, str]) -> list[Block]:
    """The most instructive disagreements, one of each kind first."""
    blocks: list[Block] = []
    for one in [one for one in pair["disagreements"] if one["text"]][:_TELLING]:
        sides = [listed([_name(code, names) for code in one[side]]) or "no code" for side in ("a", "b")]
        where = f"{one['utterance_id']}; {pair['a']}: {sides[0]}; {pair['b']}: {sides[1]}"
        blocks.append(Quote(one["text"], f"{where} ({one['alike']} of this kind)"))
    if not blocks:
        return []
    line = f"{len(blocks)} of {pair['disagreements_in_all']} utterances that differ, one of each kind first:"
    return [Text(line), *blocks]


def _name(code: str, names: Mapping[str, str]) -> str:
    return "All codes together" if code == "overall" else names.get(code, code)


def _span(ends: Sequence[float | None] | None) -> str:
    low, high = ends or (None, None)
    return (
        "–"
        if low is None or high is None
        else f"{_two(low)}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{_two(high)}"
    )


def _two(value: float | None) -> str:
    """A figure as papers print it, without the nought before the point."""
    return "–" if value is None else f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("0.", ".", 1)
