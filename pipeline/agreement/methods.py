"""What goes into a paper: the heading, the paragraph for the methods section, the items of COREQ and SRQR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.agreement.alt_test import AltTest
from pipeline.agreement.anchoring import Anchoring
from pipeline.agreement.bootstrap import Interval
from pipeline.agreement.everyone import Ceiling, reaches
from pipeline.agreement.result import Pair
from pipeline.agreement.units import ADJUDICATED, MODEL

MOST_PAIRS = 3
"""Pairs of one kind that are told one by one; more are told as a range."""


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


def number_of(count: object, noun: str) -> str:
    """A count with its noun.

    >>> number_of(1, "interview"), number_of(0, "interview")
    ('1 interview', '0 interviews')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _two(value: float) -> str:
    text = f"{value:.2f}".replace("0.", ".", 1)
    return ".00" if text == "-.00" else text


def headed(design: Mapping[str, object], with_model: bool, model_basis: str) -> str:
    """What kind of agreement this is, on which utterances, and what the model had learned from."""
    first = (
        "Agreement of independent coding"
        if design["independent"]
        else "Agreement with suggestions in view (anchored), which is not independent"
    )
    if design["weighted"]:
        first += (
            f", on the drawn sample {design['sample']} ({design['sampled']} of {design['drawn']} utterances "
            "coded), weighted to speak for all that it was drawn from"
        )
    else:
        first += ", on every utterance that coders share, unweighted"
    if not with_model:
        return f"{first}."
    return f"{first}. Model: {model_basis or 'what it had learned from is not stated'}."


def summed_up(design: Mapping[str, object]) -> str:
    """How much was coded, and, of a drawn sample, how much it speaks for and with what effective size."""
    if design["people"] == 1:
        text = (
            f"{number_of(design['beside_model'], 'utterance')} of "
            f"{number_of(design['interviews_beside_model'], 'interview')} judged by a person and the model"
        )
    else:
        text = (
            f"{number_of(design['double_coded'], 'utterance')} of "
            f"{number_of(design['interviews'], 'interview')} coded twice or more"
        )
    text += f"; {number_of(design['codes'], 'code')}."
    if design["weighted"]:
        text += (
            f" Weighted by inclusion probability: {design['sampled']} of {design['drawn']} drawn utterances "
            f"speak for about {design['speaks_for']:.0f} of {design['population']:.0f}; effective sample "
            f"size {design['effective_n']:.0f}. Counts in the tables are weighted, too, and add up to the "
            "sample."
        )
    return text


def paragraph(
    pairs: Sequence[Pair],
    ceiling: Ceiling,
    tests: Mapping[str, AltTest],
    design: Mapping[str, object],
    model_basis: str,
    own: Sequence[Pair] = (),
    moved: Sequence[Anchoring] = (),
) -> str:
    """Sentences that a reader of COREQ or SRQR looks for.

    What is undefined is said to be so, never left out.
    """
    humans = [pair for pair in pairs if pair.kind == "human-human"]
    machine = [pair for pair in pairs if pair.kind != "human-human"]
    parts = [_coding(design), _intervals(design), *_told(humans), *_told(own)]
    if machine:
        parts.append(
            f"The model's suggestions ({model_basis or 'what it had learned from is not stated'}) were "
            "compared with people on the same footing."
        )
        parts += [*_told(machine), _ceiling(ceiling), _test(tests)]
    parts += [_moved(one) for one in moved if one.undefined is None]
    return " ".join(part for part in parts if part)


def checklist(pairs: Sequence[Pair], design: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The items of COREQ (Tong et al. 2007) and SRQR (O'Brien et al. 2014) that an audit answers, in part.

    What only the authors know stands in brackets.
    """
    names = _people(design)
    machine = any(pair.kind != "human-human" for pair in pairs)
    settled = any(pair.kind == "model-adjudicated" for pair in pairs)
    coders = f"{len(names)} ({', '.join(names)}) [who they are, how they were trained]"
    how = "blind to the model's suggestions" if design["independent"] else "with suggestions in view"
    how = "[blind to the model's suggestions?]" if design["taken_as_blind"] else how
    shared = (
        f"{number_of(design['double_coded'], 'utterance')} of {number_of(design['interviews'], 'interview')} "
        f"coded by two people or more, {how}; agreement with intervals in the text and by code "
        "in a table [supplement]"
    )
    settling = "settled by adjudication" if settled else "[how they were settled]"
    return (
        ("COREQ 24, SRQR 14: number of data coders", coders + ("; a model beside them" if machine else "")),
        ("COREQ 25: coding tree", f"{design['codes']} codes [give the codebook as a supplement]"),
        ("COREQ 26: derivation of themes", "[codes from a framework, or from the data]"),
        ("SRQR 15: techniques to enhance trustworthiness", f"{shared}; disagreements {settling}"),
    )


def _people(design: Mapping[str, object]) -> list[str]:
    coders = design["coders"]
    assert isinstance(coders, list)
    return [one["coder"] for one in coders if one["coder"] not in (MODEL, ADJUDICATED)]


def _coding(design: Mapping[str, object]) -> str:
    names = _people(design)
    how = "with suggestions in view"
    if design["independent"]:
        how = "independently" if design["taken_as_blind"] else "independently, without seeing suggestions"
    text = f"{number_of(len(names), 'coder')} ({', '.join(names)}) coded {how}, "
    text += f"with {number_of(design['codes'], 'code')}; "
    if len(names) > 1:
        text += (
            f"{number_of(design['double_coded'], 'utterance')} of "
            f"{number_of(design['interviews'], 'interview')} coded by at least two people."
        )
    else:
        text += (
            f"{number_of(design['beside_model'], 'utterance')} of "
            f"{number_of(design['interviews_beside_model'], 'interview')} compared with the model."
        )
    if design["taken_as_blind"]:
        text += (
            " The coders' tables do not say whether suggestions were in view; none are taken to have been."
        )
    if design["weighted"]:
        text += (
            f" They are {design['sampled']} of {design['drawn']} utterances drawn at random with known "
            "probability, and are weighted by its inverse, so that the figures speak for about "
            f"{design['speaks_for']:.0f} utterances (effective sample size {design['effective_n']:.0f})."
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


def _told(pairs: Sequence[Pair]) -> list[str]:
    """A sentence a pair; of many pairs, one sentence with the range."""
    known = [pair for pair in pairs if pair.overall.figures["kappa"] is not None]
    if len(pairs) <= MOST_PAIRS or not known:
        return [_pair(pair) for pair in pairs]
    ordered = sorted(known, key=lambda pair: pair.overall.figures["kappa"] or 0.0)
    ends = [
        f"{figure_text(pair.overall.figures['kappa'], pair.overall.ci['kappa'])} ({pair.a} and {pair.b})"
        for pair in (ordered[0], ordered[-1])
    ]
    lost = len(pairs) - len(known)
    more = f"; it is undefined for {lost} pair{'s' if lost > 1 else ''}" if lost else ""
    return [f"Over {len(pairs)} pairs Cohen's kappa ran from {ends[0]} to {ends[1]}{more}."]


def _pair(pair: Pair) -> str:
    overall, per_code = pair.overall, pair.per_code
    known = [(one.figures["kappa"], one.code) for one in per_code if one.figures["kappa"] is not None]
    text = (
        f"{pair.a} and {pair.b}: Cohen's kappa {figure_text(overall.figures['kappa'], overall.ci['kappa'])}, "
        f"Krippendorff's alpha {figure_text(overall.figures['alpha'], overall.ci['alpha'])}, "
        f"positive agreement {figure_text(overall.figures['p_pos'], overall.ci['p_pos'])} "
        f"on {number_of(overall.n, 'utterance')} of {number_of(pair.interviews, 'interview')}"
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


def _test(tests: Mapping[str, AltTest]) -> str:
    test, by_transcript = tests["utterances"], tests["transcripts"]
    if test.omega is None or test.rho is None:
        return f"The alternative annotator test was not made: {test.undefined}."
    text = (
        f"In the alternative annotator test (Calderon et al. 2025; epsilon {_two(test.epsilon)}, Jaccard "
        f"likeness) the model's winning rate was {_two(test.omega)} and its average advantage probability "
        f"{_two(test.rho)}: it {'passes' if test.passed else 'does not pass'}"
    )
    if by_transcript.omega is not None:
        text += f"; with transcripts as units the winning rate was {_two(by_transcript.omega)}"
    elif by_transcript.undefined is not None:
        text += f"; with transcripts as units it says nothing, as {by_transcript.undefined}"
    return text + "."


def _moved(one: Anchoring) -> str:
    """How often a coder followed suggestions that were in view, and hidden ones."""
    return (
        f"{one.coder} gave {_two(one.followed_seen or 0.0)} of the suggestions that were in view and "
        f"{_two(one.followed_blind or 0.0)} of those that were hidden, a difference of "
        f"{figure_text(one.difference, one.ci)}."
    )
