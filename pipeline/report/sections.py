"""The sections of a study's report, from plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.page import Cell, Quote, Section, Table, Text, table

_WAYS = {"facilitator": "helps", "barrier": "hinders"}


def at_a_glance(counts: Mapping[str, int], codes: Sequence[tuple[str, int, int]]) -> Section:
    """What is in the study: `codes` gives each code's name, times suggested, times given by people."""
    rows = [(name, str(suggested), str(given)) for name, suggested, given in codes]
    return Section(
        "glance",
        "The study at a glance",
        (
            Text(
                f"{counts['transcripts']} transcripts with {counts['turns']} turns, cut into "
                f"{counts['utterances']} utterances to code. "
                f"{counts['coded']} of them have been judged by people."
            ),
            table(("Code", "Suggested", "Given by people"), rows),
        ),
    )


def privacy(replaced: int, kinds: Mapping[str, int], swept: bool) -> Section:
    """What was replaced, and what is known of what is left."""
    state = (
        "The text in its present state was searched for every name known to the register and its near "
        "spellings; none was left."
        if swept
        else "The text has changed since it was last searched for known names: do not pass it on yet."
    )
    return Section(
        "privacy",
        "What was replaced",
        (
            Text(f"{replaced} places that could identify somebody were replaced by pseudonyms."),
            table(("Kind of pseudonym", "Different ones"), [(kind, str(n)) for kind, n in kinds.items()]),
            Text(state),
            Text(
                "This does not show that nothing is left: names nobody knew of, and people who can be "
                "recognised by what they tell, are found only by reading."
            ),
        ),
    )


def agreement(audit: Mapping[str, Any], heading: str) -> Section:
    """The audit: a table for each pair of coders."""
    blocks: list[Text | Table] = [Text(heading)]
    for pair in audit["pairs"]:
        blocks.append(Text(f"{pair['a']} with {pair['b']}", "heading"))
        rows = [_agreement_row(one) for one in [*pair["per_code"], pair["overall"]]]
        header = (
            "Code",
            "Units",
            "Given",
            "Agree",
            "Kappa",
            "95 % interval",
            "Alpha",
            "AC1",
            "P+",
            "Verdict",
        )
        blocks.append(table(header, rows))
    blocks.append(
        Text(
            "Given: share of utterances with the code. P+: agreement on positives. Intervals resample "
            "whole interviews. A figure that cannot be computed is left open. The verdict is on the lower "
            "end of the interval, by Krippendorff's thresholds."
        )
    )
    return Section("agreement", "Agreement", tuple(blocks))


def matrix(cells: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Section:
    """Case by construct: how many participants say that it helps, and that it hinders."""
    cases = sorted({cell["case"] for cell in cells})
    by_place = {(cell["case"], cell["code"], cell["valence"]): cell for cell in cells}
    codes = list(dict.fromkeys(cell["code"] for cell in cells))
    header = ["Code", "", *cases]
    rows: list[list[str | Cell]] = []
    for code in codes:
        for way, word in _WAYS.items():
            row: list[str | Cell] = [names.get(code, code) if way == "facilitator" else "", word]
            row += [_matrix_cell(by_place.get((case, code, way))) for case in cases]
            rows.append(row)
    return Section(
        "matrix",
        "Case by construct",
        (
            Text("Participants who say so, of those whose talk was reviewed; darker means a larger share."),
            table(header, rows),
        ),
    )


def patterns(found: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Section:
    """Patterns with counts, negative cases before the sentence, and up to three quotations each."""
    blocks: list[Text | Quote] = []
    for one in found:
        if one["valence"] is None or one["pattern"] in ("absent", "insufficient"):
            continue
        title = f"{names.get(one['code'], one['code'])}, {_WAYS[one['valence']]}: {one['pattern']}"
        blocks.append(Text(title, "heading"))
        if one["negative_cases"]:
            blocks.append(Text(f"Against it: {', '.join(one['negative_cases'])}."))
        counts = "; ".join(
            f"{group}: {count['present']} of {count['of']}" for group, count in one["counts"].items()
        )
        blocks.append(Text(f"Cases that show it: {counts}."))
        blocks += [Quote(quote["text"], quote["ref"]) for quote in one["quotes"][:3]]
    if not blocks:
        blocks.append(Text("No pattern yet: too little has been reviewed."))
    return Section("patterns", "Patterns across cases", tuple(blocks))


def methods(facts: Mapping[str, str]) -> Section:
    """The paragraph for a methods section, and what it rests on."""
    rows = [(name, value) for name, value in facts.items()]
    return Section(
        "methods",
        "How this was made",
        (
            Text(
                "Interviews were pseudonymised and split into utterances with Second Coder "
                f"{facts['secondcoder']} (spaCy {facts['spacy']}). Codes of the codebook {facts['codebook']} "
                "were suggested by regularised "
                f"logistic regression over words and sentence embeddings ({facts['embedding']}; scikit-learn "
                f"{facts['scikit-learn']}) and decided by people."
            ),
            table(("Setting", "Value"), rows),
        ),
    )


def limits() -> Section:
    """What the page does not show."""
    return Section(
        "limits",
        "Limits",
        (
            Text(
                "Suggestions are guesses from words; they miss irony, silence and what everybody in the "
                "room knew. "
                "Agreement with coders says how alike two readings are, not that either is right."
            ),
            Text(
                "Patterns describe these cases. With few cases one participant can make or break a pattern; "
                "the negative cases are named for that reason."
            ),
        ),
    )


def _agreement_row(one: Mapping[str, Any]) -> list[str]:
    low, high = one["ci"].get("kappa") or (None, None)
    span = f"{low:.2f} to {high:.2f}" if low is not None and high is not None else "–"
    figures = [_two(one[key]) for key in ("prevalence", "percent", "kappa")]
    rest = [_two(one[key]) for key in ("alpha", "ac1", "p_pos")]
    return [one["code"], str(one["n"]), *figures, span, *rest, str(one["verdict"] or one["undefined"] or "–")]


def _matrix_cell(cell: Mapping[str, Any] | None) -> Cell:
    if cell is None or cell["status"] in ("not_reviewed", "not_asked"):
        return Cell("–")
    share = cell["participants"] / cell["of"] if cell["of"] else 0.0
    return Cell(f"{cell['participants']} of {cell['of']}", round(share * 0.8, 2))


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
