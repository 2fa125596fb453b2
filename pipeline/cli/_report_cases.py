"""What a comparison found, laid out for the report: families of patterns in words, QCA with memberships."""

from __future__ import annotations

from typing import Any

Found = tuple[Any, Any]
"""The matrix and the comparison of `compare`."""


def sections(found: Found, names: dict[str, str], answered: Any = None) -> list[Any]:
    """The sections on matrix, patterns and QCA."""
    from pipeline.compare.words import rules_in_words, told_once
    from pipeline.report import cases

    laid, comparison = found
    once, sentence = told_once(comparison)
    told = cases.patterns(
        [rules_in_words(comparison.rules), *([sentence] if sentence else [])],
        families(found, names, once),
        rest=_rest(comparison, names),
        lines=_lines(comparison, names),
        outliers=[line for one in comparison.outliers for line in _outlier(one, comparison, names)],
        notices=comparison.notices,
        names=names,
    )
    said = _summaries(laid)
    laid_out = cases.matrix(laid.as_json(), names, groups=comparison.group_of, summaries=said)
    return [laid_out, told, _qca(answered)]


def pictures(found: Found, names: dict[str, str], answered: Any = None) -> dict[str, bytes]:
    """The heat map, the pattern plot and the XY plots as PNG files by name."""
    from pipeline.report import cases, qca
    from pipeline.report.case_pictures import heat_map

    laid, comparison = found
    drawn = [
        heat_map(laid.as_json(), names, comparison.group_of),
        cases.plotted(families(found, names), names),
    ]
    if answered is not None:
        drawn += qca.xy_plots(answered.found.as_json(), memberships(answered.asked))
    return {one.name: one.png for one in drawn if one}


def families(found: Found, names: dict[str, str], once: Any = ()) -> list[Any]:
    """A: shared by all; B, C and on: what marks each group; last, where the outlier cases stand."""
    from pipeline.report.cases import Family

    comparison = found[1]
    main = [one for one in comparison.patterns if one.main]
    kinds = [("Shared by all groups", [one for one in main if one.pattern == "shared"])]
    kinds += [
        (f"Marks the group {group}", [one for one in main if one.marks == group])
        for group in comparison.groups
    ]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [
        Family(f"{letter}. {heading}", tuple(_told(one, found[0], names, once) for one in some))
        for letter, (heading, some) in zip(letters, kinds, strict=False)
    ]


def title(one: Any, names: dict[str, str]) -> str:
    """A theme as its heading: `Culture as a barrier`."""
    way = f" as a {one.valence}" if one.valence else ""
    return f"{names.get(one.code, one.code)}{way}"


def memberships(asked: Any) -> dict[str, dict[str, float]]:
    """Each case's membership in the outcome and in its negation."""
    both = (asked.data, asked.data.negated())
    return {data.outcome: dict(zip(data.cases, map(float, data.y), strict=True)) for data in both}


def _told(one: Any, laid: Any, names: dict[str, str], once: Any) -> Any:
    from pipeline.compare.words import after, against, sentence
    from pipeline.report.cases import Against, Told

    negatives = tuple(
        Against(
            against(negative, quoted=False), tuple((quote.text, _source(quote)) for quote in negative.quotes)
        )
        for negative in one.negative_cases
    )
    return Told(
        title=title(one, names),
        shown=tuple((group, _of(count), _cases(count)) for group, count in one.counts.items()),
        against=negatives,
        says=sentence(one),
        after=after(one, once),
        quotes=_quotes(one, laid),
        row=one.as_json(),
    )


def _of(count: Any) -> str:
    """ "2 of 3, 1 not asked"."""
    text = f"{len(count.present)} of {count.of}"
    text += f", {len(count.not_asked)} not asked" if count.not_asked else ""
    return text + (f", {len(count.not_reviewed)} not reviewed" if count.not_reviewed else "")


def _cases(count: Any) -> Any:
    """Each case with what is known of it."""
    piles = (
        (count.present, "yes"),
        (count.absent, "no"),
        ((*count.not_asked, *count.not_reviewed), "unknown"),
    )
    return tuple((case, seen) for some, seen in piles for case in some)


def _source(quote: Any) -> str:
    """The reference, and which way the passage points."""
    return f"{quote.ref} {quote.valence or ''}".strip()


def _quotes(one: Any, laid: Any) -> tuple[tuple[str, str], ...]:
    """The most typical quotation of each case that shows the pattern, those of the marked group first."""
    order = sorted(one.counts, key=lambda group: group != one.marks)
    showing = [case for group in order for case in one.counts[group].present]
    cells = (laid.cell(case, one.code, one.valence) for case in showing)
    return tuple(
        (quote.text, quote.ref) for cell in cells for quote in cell.quotes[:1] if quote.kind == "typical"
    )


def _rest(comparison: Any, names: dict[str, str]) -> list[list[str]]:
    """What tells no group apart, a row each, under a row that names the columns."""
    some = [
        one
        for one in comparison.patterns
        if one.main and one.pattern not in ("shared", "absent") and not one.marks
    ]
    if not some:
        return []
    groups = list(some[0].counts)
    return [
        ["Theme", "Pattern", *groups],
        *([title(one, names), one.pattern, *(_of(one.counts[group]) for group in groups)] for one in some),
    ]


def _outlier(one: Any, comparison: Any, names: dict[str, str]) -> list[str]:
    """Where an outlier case stands, then on which themes it is like which group."""
    from pipeline.cli._compare_words import outlier

    lines = [outlier(one)]
    for group, _ in one.like if one.declared else ():
        alike = [
            title(other, names)
            for other in comparison.patterns
            if other.main and other.marks and other.outliers.get(one.case) == group
        ]
        lines += [f"Like {group}: {'; '.join(alike)}."] if alike else []
    return lines


def _lines(comparison: Any, names: dict[str, str]) -> list[str]:
    """What is said after the families: absent themes, opposite signs."""
    from pipeline.compare.words import opposed

    absent = [title(one, names) for one in comparison.patterns if one.main and one.pattern == "absent"]
    lines = [f"Present in no case: {'; '.join(absent)}."] if absent else []
    signs = [names.get(code, code) for code in opposed(comparison)]
    if signs:
        lines.append(
            f"A facilitator in one group and a barrier in another, so that its sign is the difference: "
            f"{', '.join(signs)}."
        )
    return lines


def _summaries(laid: Any) -> list[Any]:
    """What the analyst wrote, in the order of codes and cases."""
    from pipeline.report.cases import Summary

    order = {case: at for at, case in enumerate(laid.cases)}
    written = [one for one in laid.charts if one.summary and one.code in laid.codes and one.case in order]
    written.sort(key=lambda one: (laid.codes.index(one.code), order[one.case], one.participant))
    return [
        Summary(one.code, f"{one.case}, {one.participant}" if one.participant else one.case, one.summary)
        for one in written
    ]


def _qca(answered: Any) -> Any:
    from pipeline.report import qca

    if answered is None:
        return qca.not_asked()
    return qca.qca(answered.as_json(), memberships(answered.asked))
