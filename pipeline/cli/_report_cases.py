"""What a comparison found, laid out for the report: families of patterns in words, QCA with memberships."""

from __future__ import annotations

from typing import Any

Found = tuple[Any, Any]
"""The matrix and the comparison of `compare`."""


def sections(found: Found, names: dict[str, str], answered: Any = None) -> list[Any]:
    """The sections on matrix, patterns and QCA."""
    from pipeline.cli._compare_words import outlier
    from pipeline.compare.words import rules_in_words
    from pipeline.report import cases

    laid, comparison = found
    rest = [
        (title(one, names), one.pattern, _counts(one))
        for one in comparison.patterns
        if one.main and one.pattern not in ("shared", "absent") and not one.marks
    ]
    told = cases.patterns(
        rules_in_words(comparison.rules),
        families(found, names),
        rest=rest,
        lines=_lines(comparison, names),
        outliers=[outlier(one) for one in comparison.outliers],
        notices=comparison.notices,
        names=names,
    )
    return [cases.matrix(laid.as_json(), names), told, _qca(answered)]


def pictures(found: Found, names: dict[str, str], answered: Any = None) -> dict[str, bytes]:
    """The heat map, the pattern plot and the XY plots as PNG files by name."""
    from pipeline.report import cases
    from pipeline.report.case_pictures import heat_map

    drawn = [heat_map(found[0].as_json(), names), cases.plotted(families(found, names), names)]
    if answered is not None:
        drawn += cases.xy_plots(answered.found.as_json(), memberships(answered.asked))
    return {one.name: one.png for one in drawn if one}


def families(found: Found, names: dict[str, str]) -> list[Any]:
    """A: shared by all; B, C and on: what marks each group; last, where the outlier cases stand."""
    from pipeline.report.cases import Family

    comparison = found[1]
    main = [one for one in comparison.patterns if one.main]
    kinds = [("Shared by all groups", [one for one in main if one.pattern == "shared"])]
    kinds += [(f"Marks {group}", [one for one in main if one.marks == group]) for group in comparison.groups]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [
        Family(f"{letter}. {heading}", tuple(_told(one, found[0], names) for one in some))
        for letter, (heading, some) in zip(letters, kinds, strict=False)
    ]


def title(one: Any, names: dict[str, str]) -> str:
    """A theme as its heading: `Culture, hinders`."""
    way = {"facilitator": ", helps", "barrier": ", hinders"}.get(one.valence or "", "")
    return f"{names.get(one.code, one.code)}{way}"


def memberships(asked: Any) -> dict[str, dict[str, float]]:
    """Each case's membership in the outcome and in its negation."""
    both = (asked.data, asked.data.negated())
    return {data.outcome: dict(zip(data.cases, map(float, data.y), strict=True)) for data in both}


def _told(one: Any, laid: Any, names: dict[str, str]) -> Any:
    from dataclasses import replace

    from pipeline.compare.words import against, sentence, sure
    from pipeline.report.cases import Against, Told

    negatives = tuple(
        Against(
            against(replace(negative, quotes=())), tuple((quote.text, quote.ref) for quote in negative.quotes)
        )
        for negative in one.negative_cases
    )
    after = [f"{case} goes with {group}." for case, group in one.outliers.items()]
    after.append(sure(one.robust))
    if one.unreviewed:
        after.append("Rests in part on suggestions that nobody has reviewed.")
    return Told(
        title=f"{title(one, names)}: {one.pattern}",
        counts=f"{_counts(one)}.",
        against=negatives,
        says=sentence(one),
        after=(*after, *one.warnings),
        quotes=_quotes(one, laid),
        row=one.as_json(),
    )


def _counts(one: Any) -> str:
    from pipeline.compare.words import counts

    return str(counts(one.counts))


def _quotes(one: Any, laid: Any) -> tuple[tuple[str, str], ...]:
    """The most typical quotation of each case that shows the pattern, those of the marked group first."""
    order = sorted(one.counts, key=lambda group: group != one.marks)
    showing = [case for group in order for case in one.counts[group].present]
    cells = (laid.cell(case, one.code, one.valence) for case in showing)
    return tuple(
        (quote.text, quote.ref) for cell in cells for quote in cell.quotes[:1] if quote.kind == "typical"
    )


def _lines(comparison: Any, names: dict[str, str]) -> list[str]:
    """What is said after the families: absent themes, opposite signs."""
    from pipeline.compare.words import opposed

    absent = [title(one, names) for one in comparison.patterns if one.main and one.pattern == "absent"]
    lines = [f"Present in no case: {'; '.join(absent)}."] if absent else []
    signs = [names.get(code, code) for code in opposed(comparison)]
    if signs:
        lines.append(f"Same construct, opposite signs: {', '.join(signs)}.")
    return lines


def _qca(answered: Any) -> Any:
    from pipeline.report import cases

    if answered is None:
        return cases.not_asked()
    return cases.qca(answered.as_json(), memberships(answered.asked))
