"""The paragraph for a methods section, with the audit's numbers in it (COREQ items 24-29, SRQR item 15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.agreement.alt_test import AltTest
from pipeline.agreement.bootstrap import Interval
from pipeline.agreement.everyone import Ceiling, reaches
from pipeline.agreement.result import Pair


def figure_text(value: float | None, ends: Interval | None = None) -> str:
    """A coefficient as papers print it, with its interval.

    >>> figure_text(0.7301, Interval(0.6397, 0.8192))
    '.73 (95 % CI .64 to .82)'
    """
    if value is None:
        return "undefined"
    if ends is None or ends.low is None or ends.high is None:
        return _two(value)
    return f"{_two(value)} (95 % CI {_two(ends.low)} to {_two(ends.high)})"


def _two(value: float) -> str:
    text = f"{value:.2f}".replace("0.", ".", 1)
    return ".00" if text == "-.00" else text


def paragraph(
    pairs: Sequence[Pair],
    ceiling: Ceiling,
    test: AltTest,
    design: Mapping[str, object],
    model_basis: str,
) -> str:
    """Sentences that a reader of COREQ or SRQR looks for.

    What is undefined is said to be so, never left out.
    """
    humans = [pair for pair in pairs if pair.kind == "human-human"]
    machine = [pair for pair in pairs if pair.kind != "human-human"]
    parts = [_coding(humans or pairs, design), _intervals(design)]
    parts += [_pair(pair) for pair in humans]
    if machine:
        parts.append(
            f"The model's suggestions ({model_basis or 'what it had learned from is not stated'}) were "
            "compared with people on the same footing."
        )
        parts += [_pair(pair) for pair in machine]
        parts += [_ceiling(ceiling), _test(test)]
    return " ".join(part for part in parts if part)


def _coding(pairs: Sequence[Pair], design: Mapping[str, object]) -> str:
    names = sorted({pair.b for pair in pairs} | {pair.a for pair in pairs if pair.kind == "human-human"})
    how = "independently, without seeing suggestions" if design["independent"] else "with suggestions in view"
    plural = "s" if len(names) > 1 else ""
    text = (
        f"{len(names)} coder{plural} ({', '.join(names)}) coded {how}; {design['double_coded']} utterances "
        f"of {design['interviews']} interviews were coded by at least two people, "
        f"with {design['codes']} codes."
    )
    if design["weighted"]:
        text += (
            f" They were drawn at random and are weighted by the inverse of their inclusion probability, "
            f"so that the figures speak for {design['speaks_for']:.0f} utterances "
            f"(effective sample size {design['effective_n']:.0f})."
        )
    return text


def _intervals(design: Mapping[str, object]) -> str:
    return (
        "Agreement was computed for each code and each pair of coders on the utterances that both had looked "
        "at. Intervals come from resampling whole interviews "
        f"({design['draws']} draws, bias-corrected and accelerated, seed {design['seed']}), as utterances "
        "of one interview are not independent. Over all codes, kappa pools observed and expected agreement "
        "over codes, and alpha compares sets of codes by MASI distance."
    )


def _pair(pair: Pair) -> str:
    overall, per_code = pair.overall, pair.per_code
    known = [(one.figures["kappa"], one.code) for one in per_code if one.figures["kappa"] is not None]
    text = (
        f"{pair.a} and {pair.b}: Cohen's kappa {figure_text(overall.figures['kappa'], overall.ci['kappa'])}, "
        f"Krippendorff's alpha {figure_text(overall.figures['alpha'], overall.ci['alpha'])}, "
        f"positive agreement {figure_text(overall.figures['p_pos'], overall.ci['p_pos'])} "
        f"on {overall.n} utterances"
    )
    if len(known) > 1:
        low, high = min(known), max(known)
        text += (
            f"; by code kappa ran from {figure_text(low[0])} ({low[1]}) to {figure_text(high[0])} ({high[1]})"
        )
    if lost := len(per_code) - len(known):
        text += f"; it is undefined for {lost} code{'s' if lost > 1 else ''}"
    return text + "."


def _ceiling(ceiling: Ceiling) -> str:
    if ceiling.overall is None:
        return f"Human agreement beside the model's cannot be given: {ceiling.undefined}."
    one = ceiling.overall
    return (
        f"On the {one.n} utterances that people and model share, kappa among people was "
        f"{figure_text(one.figures['human'], one.ci['human'])} and of the model with people "
        f"{figure_text(one.figures['model'], one.ci['model'])}, a difference of "
        f"{figure_text(one.figures['difference'], one.ci['difference'])} ({reaches(one)})."
    )


def _test(test: AltTest) -> str:
    if test.omega is None or test.rho is None:
        return f"The alternative annotator test was not made: {test.undefined}."
    return (
        f"In the alternative annotator test (Calderon et al. 2025; epsilon {_two(test.epsilon)}, Jaccard "
        f"likeness) the model's winning rate was {_two(test.omega)} and its average advantage probability "
        f"{_two(test.rho)}: it {'passes' if test.passed else 'does not pass'}."
    )
