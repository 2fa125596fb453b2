"""The comparison as it is read on the screen: families of patterns, then QCA."""

from __future__ import annotations

from typing import Any

from pipeline.cli._base import table

_LONG = 140
"""Characters of a quotation that the screen shows; in full it stands in the workbook."""
_QUOTES = 2
"""Quotations that the screen shows of a case that goes against a pattern."""
_TIES = 8
"""Solutions of one kind that the screen shows."""


def families(comparison: Any) -> list[str]:
    """Patterns by family: shared, marking a group, the outlier; what goes against one before it."""
    from pipeline.compare.words import opposed, rules_in_words, told_once

    once, sentence = told_once(comparison)
    lines = [rules_in_words(comparison.rules), *([sentence] if sentence else []), ""]
    main = [one for one in comparison.patterns if one.main]
    lines += _block("Shared by all groups", [one for one in main if one.pattern == "shared"], once)
    for group in comparison.groups:
        lines += _block(f"Marks {group}", [one for one in main if one.marks == group], once)
    rest = [one for one in main if not one.marks and one.pattern not in ("shared", "absent")]
    lines += _rest(rest, comparison)
    absent = [one for one in main if one.pattern == "absent"]
    if absent:
        names = (f"{one.code} ({one.valence})" if one.valence else one.code for one in absent)
        lines += [f"Present in no case: {', '.join(names)}.", ""]
    if opposed(comparison):
        lines.append(f"Same construct, opposite signs: {', '.join(opposed(comparison))}.")
    return lines + [outlier(one) for one in comparison.outliers]


def _block(heading: str, patterns: list[Any], once: Any) -> list[str]:
    """One family: of each pattern the counts, what goes against it, the sentence, how sure."""
    if not patterns:
        return []
    return [*_under(heading), *(line for one in patterns for line in [*_pattern(one, once), ""])]


def _under(heading: str) -> list[str]:
    return [heading, "=" * len(heading)]


def _pattern(one: Any, once: Any) -> list[str]:
    from pipeline.compare.words import after, against, counts, sentence, theme

    lines = [f"{theme(one)}: {counts(one.counts)}."]
    for negative in one.negative_cases:
        lines.append(f"  {against(negative, quoted=False)}")
        lines += [f"    {quoted(quote.text, _place(quote))}" for quote in negative.quotes[:_QUOTES]]
    return [*lines, *(f"  {line}" for line in (sentence(one), *after(one, once)))]


def _place(quote: Any) -> str:
    """The reference, and which way the passage points."""
    return f"{quote.ref} ({quote.valence})" if quote.valence else str(quote.ref)


def quoted(text: str, ref: str) -> str:
    """A quotation on one line, shortened, its reference kept.

    >>> quoted("They met us at the door.", "[S3PW1:4]")
    '“They met us at the door.” [S3PW1:4]'
    """
    plain = " ".join(text.split())
    short = plain if len(plain) <= _LONG + 20 else f"{plain[:_LONG].rstrip()} […]"
    return f"“{short}” {ref}"


def _rest(patterns: list[Any], comparison: Any) -> list[str]:
    """What tells no group apart, as a table: where a group is too small that is all there is."""
    from pipeline.compare.words import theme

    if not patterns:
        return []
    groups = list(patterns[0].counts)
    rows = [[theme(one), one.pattern, *(_of(one.counts[group]) for group in groups)] for one in patterns]
    every = all(one.pattern == "insufficient" for one in comparison.patterns)
    heading = "Too few cases to name a pattern" if every else "Tells no group apart"
    return [*_under(heading), table(rows, ["theme", "pattern", *groups]), ""]


def _of(count: Any) -> str:
    text = f"{len(count.present)} of {count.of}"
    return text + (f", {len(count.not_asked)} not asked" if count.not_asked else "")


def outlier(one: Any) -> str:
    """Where an outlier case stands, as a sentence."""
    like = ", ".join(f"like {group} on {number}" for group, number in one.like)
    if one.declared:
        return f"Outlier {one.case}: of {one.themes} themes that tell groups apart, {like}."
    return (
        f"{one.case} goes against its group {one.group} on {len(one.against)} of {one.themes} themes: "
        f"{', '.join(one.against)}."
    )


def qca_lines(answered: Any) -> list[str]:
    """Calibration, then necessity, truth table, solutions and re-runs of both outcomes."""
    found = answered.found
    lines = ["", *_under("Calibration")]
    lines += [f"{one.name} from {one.source}: {one.how}." for one in found.calibrated]
    for side in (found.outcome, found.negation):
        lines += ["", *_under(f"QCA of {side.data.outcome}")]
        lines += [table(_necessity(side), ["necessary?", "consistency", "coverage", "RoN", ""]), ""]
        lines += [
            table(_rows(side), ["combination", "out", "n", "consistency", "PRI", "cases", "against"]),
            "",
        ]
        for kind in ("conservative", "intermediate", "parsimonious"):
            lines += _solutions(side.analysis.of(kind), kind)
        lines += ["", *_varied(side.variations), *side.analysis.notices]
    return [*lines, *found.notices, *_quotes(answered.behind)]


def _solutions(ties: Any, kind: str) -> list[str]:
    lines: list[str] = []
    for one in ties[:_TIES]:
        lines += [f"{kind}: {one.formula} -> {one.outcome}", f"  {_fit(one)}"]
        if len(one.terms) > 1:
            lines += [f"    {_term(term)}" for term in one.terms]
    if len(ties) > _TIES:
        lines.append(f"  and {len(ties) - _TIES} more that fit as well; --json has all of them")
    return lines


def _term(term: Any) -> str:
    figures = f"consistency {_two(term.consistency)}, coverage {_two(term.coverage)}"
    return f"{term.name}: {figures}, of its own {_two(term.unique)}; {', '.join(term.cases) or 'no case'}"


def _varied(variations: Any) -> list[str]:
    """The re-runs in a few lines: how many change nothing, then those that do or could not be run."""
    same = [one for one in variations if not one.changed and not one.problem]
    lines = [f"{len(same)} of {len(variations)} re-runs with cuts and anchors moved change nothing."]
    return lines + [_variation(one) for one in variations if one.changed or one.problem]


def _quotes(behind: dict[str, Any]) -> list[str]:
    """The first quotation of each case and condition, so that a row can be checked."""
    lines = [
        f"  {case}, {name}: {quoted(quotes[0]['text'], quotes[0]['ref'])}"
        for case, by_name in behind.items()
        for name, quotes in by_name.items()
        if quotes
    ]
    return ["", "What lies behind the rows:", *lines] if lines else []


def _fit(one: Any) -> str:
    text = f"consistency {_two(one.consistency)}, PRI {_two(one.pri)}, coverage {_two(one.coverage)}"
    if one.uncovered:
        text += f"; not covered: {', '.join(one.uncovered)}"
    return f"{text}; against: {', '.join(one.against)}" if one.against else text


def _variation(one: Any) -> str:
    if one.problem:
        return f"With {one.what}: cannot be run, {one.problem}."
    outcome = f"other {', '.join(one.changed)} solution" if one.changed else "the same"
    return f"With {one.what}: {outcome}."


def _necessity(side: Any) -> list[list[str]]:
    rows = []
    for one in side.necessity:
        figures = (one.fit.consistency, one.fit.coverage, one.fit.ron)
        rows.append([one.name, *map(_two, figures), "trivial" if one.trivial else ""])
    return rows


def _rows(side: Any) -> list[list[str]]:
    return [
        [
            row.name,
            row.out,
            str(row.n),
            _two(row.consistency),
            _two(row.pri),
            " ".join(row.cases),
            " ".join(row.against),
        ]
        for row in side.analysis.table.rows
        if row.n
    ]


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
