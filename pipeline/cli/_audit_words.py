"""The audit as it is read on the screen; it fits a terminal of 80 columns."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

from pipeline.agreement.alt_test import AltTest
from pipeline.agreement.anchoring import Anchoring
from pipeline.agreement.everyone import Ceiling, reaches
from pipeline.agreement.methods import figure_text, number_of
from pipeline.agreement.pairs import CodeFigures
from pipeline.agreement.result import Audit, Pair
from pipeline.agreement.where import Disagreement, Place
from pipeline.cli._base import table

_KINDS = {
    "human-human": "two coders",
    "model-human": "the model with a coder",
    "model-adjudicated": "the model with what was settled on",
    "self": "a coder's first round with the last one",
}
_COMPARED = ("human", "model", "difference")
_FIRST = ("code", "n", "given", "agree", "kappa", "interval", "alpha", "AC1", "needed")
_SECOND = ("code", "both", "a only", "b only", "P+", "P-", "lower end says")
_PLACES = ("case", "role", "length", "position", "score")
_SHOWN, _TELLING, _PLACES_SHOWN = 5, 3, 6
_WIDEST, _NARROWEST = 110, 14


def words(audit: Audit) -> list[str]:
    """What a person reads: figures for each pair, the human ceiling, the test, where it goes wrong."""
    wide = shutil.get_terminal_size().columns
    lines = [*_wrapped(audit.heading, wide), *_wrapped(str(audit.design["summary"]), wide)]
    for pair in (*audit.pairs, *audit.self_agreement):
        lines += ["", *_pair(pair, wide)]
    told = next((pair for pair in audit.pairs if pair.kind == "human-human"), audit.pairs[0])
    lines += ["", *_where(told, wide), *_by_score(audit, wide), "", *_ceiling(audit.human_ceiling, wide), ""]
    lines += [*_test(audit, wide), *_anchoring(audit.anchoring, wide)]
    return [*lines, "", "For the methods section:", *_wrapped(audit.methods, wide)]


def _pair(pair: Pair, wide: int) -> list[str]:
    shared = f"{number_of(pair.units, 'utterance')} of {number_of(pair.interviews, 'interview')}"
    lines = _wrapped(f"{pair.a} with {pair.b} ({_KINDS[pair.kind]}): {shared}", wide)
    figures = [_row(one) for one in (*pair.per_code, pair.overall)]
    first = [row[: len(_FIRST)] for row in figures]
    second = [[row[0], *row[len(_FIRST) :]] for row in figures]
    both = table(figures, [*_FIRST, *_SECOND[1:]])
    if _width(both) <= wide:
        lines.append(both)
    else:
        room = min(_room(first, _FIRST, wide), _room(second, _SECOND, wide))
        lines += [_cut(first, _FIRST, room), "", _cut(second, _SECOND, room)]
    noted: dict[str, list[str]] = {}
    for one in pair.per_code:
        for note in (*one.notes, *([one.undefined] if one.undefined else [])):
            noted.setdefault(note, []).append(one.code)
    for note, codes in noted.items():
        lines += _wrapped(f"{note}: {', '.join(codes)}", wide, "  ")
    lines += _wrapped(_pointing(pair), wide) + _wrapped(_rho(pair), wide)
    if confused := pair.confusion.most(_SHOWN):
        parts = (f"{x} / {y} ({n})" for x, y, n in confused)
        lines += _wrapped(f"Most often {pair.a} / {pair.b}: {'; '.join(parts)}", wide)
    return lines


def _pointing(pair: Pair) -> str:
    """How far two who gave the same code saw it point the same way."""
    signs = {one.code: one.extra["valence"] for one in pair.per_code if "valence" in one.extra}
    parts = [
        f"{code} {short(found['percent'])} of {found['n']:.0f}"
        for code, found in signs.items()
        if isinstance(found, dict)
    ]
    return f"Valence alike, where both gave the code and said one: {'; '.join(parts)}" if parts else ""


def _rho(pair: Pair) -> str:
    """Shaffer's rho, where it was asked for."""
    parts, threshold = [], None
    for one in pair.per_code:
        found = one.extra.get("rho")
        if isinstance(found, dict):
            threshold = found["threshold"]
            parts.append(f"{one.code} {'-' if found['value'] is None else format(found['value'], '.3f')[1:]}")
    if not parts:
        return ""
    return f"Shaffer's rho for a kappa of {short(threshold)} (below .05 it is reached): {'; '.join(parts)}"


def _row(one: CodeFigures) -> list[str]:
    figures, (both, only_a, only_b, _) = one.figures, one.counts
    return [
        one.code,
        str(one.n),
        *(short(figures[name]) for name in ("prevalence", "percent", "kappa")),
        _span(one.ci["kappa"]),
        *(short(figures[name]) for name in ("alpha", "ac1")),
        "-" if one.needed is None else str(one.needed),
        *(f"{count:.0f}" for count in (both, only_a, only_b)),
        *(short(figures[name]) for name in ("p_pos", "p_neg")),
        f"{one.krippendorff}, {one.landis_koch}",
    ]


def _where(pair: Pair, wide: int) -> list[str]:
    """Where two differ most, and the most instructive disagreements with their words."""
    lines = []
    for by in _PLACES:
        parts = [_part(one) for one in pair.places if one.by == by][:_PLACES_SHOWN]
        if len(parts) > 1:
            lines += _wrapped(f"{by}: {', '.join(parts)}", wide, "  ")
    if lines:
        lines.insert(0, f"Where {pair.a} and {pair.b} differ, in % of utterances:")
    telling = [one for one in pair.disagreements if one.text][:_TELLING]
    if telling:
        lines += _wrapped(
            f"{len(telling)} of {len(pair.disagreements)} that differ, most telling first:", wide
        )
    for one in telling:
        lines += _told(pair, one, wide)
    return lines


def _by_score(audit: Audit, wide: int) -> list[str]:
    """How often the model differs from the first person, by how sure it was."""
    pair = next((one for one in audit.pairs if one.kind == "model-human"), None)
    parts = [_part(one) for one in pair.places if one.by == "score"] if pair else []
    if pair is None or not parts:
        return []
    return _wrapped(f"{pair.a} and {pair.b} differ, by the model's highest score: {', '.join(parts)}", wide)


def _part(one: Place) -> str:
    return f"{one.value} {one.share:.0%}".replace("%", " %")


def _told(pair: Pair, one: Disagreement, wide: int) -> list[str]:
    sides = [f"{who}: {'; '.join(codes) or 'none'}" for who, codes in ((pair.a, one.a), (pair.b, one.b))]
    said = textwrap.shorten(one.text, 240, placeholder=" ...")
    return [
        *_wrapped(f"{one.utterance_id}  {', '.join(sides)} ({one.alike} of this kind)", wide, "  "),
        *_wrapped(f'"{said}"', wide, "    "),
    ]


def _ceiling(ceiling: Ceiling, wide: int) -> list[str]:
    if ceiling.overall is None:
        lines = _wrapped(f"Human ceiling beside the model: none, as {ceiling.undefined}.", wide)
    else:
        rows = [
            [
                one.code,
                str(one.n),
                *(short(one.figures[name]) for name in _COMPARED),
                _span(one.ci["difference"]),
            ]
            for one in (*ceiling.per_code, ceiling.overall)
        ]
        header = ("code", "n", "people", "model", "difference", "interval")
        lines = [
            "Human ceiling: kappa among people and of the model, same utterances",
            _cut(rows, header, _room(rows, header, wide)),
            f"The model is {reaches(ceiling.overall)}.",
        ]
    if ceiling.all_overall is not None:
        alpha = figure_text(ceiling.all_overall.figures["alpha"], ceiling.all_overall.ci["alpha"])
        lines += _wrapped(
            f"All coders at once: Krippendorff's alpha over sets of codes (MASI) {alpha}.", wide
        )
    return lines


def _test(audit: Audit, wide: int) -> list[str]:
    tests, lines = audit.alt_test, []
    whole = tests["utterances"]
    if whole.omega is None:
        return _wrapped(f"Alternative annotator test: none, as {whole.undefined}.", wide)
    for test in (whole, tests["transcripts"]):
        lines += _wrapped(_passed(test), wide)
    for one in whole.annotators:
        counts = f"{one.model_better} model closer, {one.even} even, {one.coder_better} coder closer"
        lines.append(f"  {one.coder}: {counts}")
    by_code = [test for name, test in tests.items() if name.startswith("code:") and test.omega is not None]
    if by_code:
        passed = sum(bool(test.passed) for test in by_code)
        lines += _wrapped(
            f"Code by code it passes for {passed} of {len(by_code)}; where a code is rare, nearly "
            "all comparisons are even, and passing says little.",
            wide,
        )
    return lines


def _passed(test: AltTest) -> str:
    if test.omega is None:
        return f"By {test.units} it says nothing: {test.undefined}."
    return (
        f"Alternative annotator test by {test.units} (epsilon {short(test.epsilon)}): winning rate "
        f"{short(test.omega)}, average advantage probability {short(test.rho)}: "
        f"{'passed' if test.passed else 'not passed'}"
    )


def _anchoring(found: Sequence[Anchoring], wide: int) -> list[str]:
    lines = []
    for one in found:
        if one.undefined is None:
            text = (
                f"Anchoring, {one.coder}: gave {short(one.followed_blind)} of {one.suggestions_blind} "
                f"suggestions that were hidden, {short(one.followed_seen)} of {one.suggestions_seen} that "
                f"were in view (difference {short(one.difference)}, {_span(one.ci)})"
            )
            if one.units_both:
                text += (
                    f"; of {one.units_both} utterances decided both ways {one.towards} decisions moved "
                    f"towards the suggestions, {one.away} away"
                )
            lines += ["", *_wrapped(text + ".", wide)]
    return lines


def _room(rows: Sequence[Sequence[str]], header: Sequence[str], wide: int) -> int:
    """How many characters the first column may have for the table to fit."""
    over = _width(table([list(row) for row in rows], list(header))) - wide
    return max(_NARROWEST, max(len(row[0]) for row in rows) - max(over, 0))


def _cut(rows: Sequence[Sequence[str]], header: Sequence[str], room: int) -> str:
    """A table whose first column has at most so many characters; longer ones lose their middle."""
    head = room // 3
    names = [
        row[0] if len(row[0]) <= room else f"{row[0][:head]}…{row[0][head + 1 - room :]}" for row in rows
    ]
    return table([[name, *row[1:]] for name, row in zip(names, rows, strict=True)], list(header))


def _width(text: str) -> int:
    return max(map(len, text.splitlines()))


def _wrapped(text: str, wide: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        min(wide, _WIDEST),
        initial_indent=indent,
        subsequent_indent=indent + ("  " if indent else ""),
        break_on_hyphens=False,
    )


def _span(ends: object) -> str:
    low, high = getattr(ends, "low", None), getattr(ends, "high", None)
    return "-" if low is None or high is None else f"{short(low)} to {short(high)}"


def short(value: float | None) -> str:
    """A figure as the tables on the screen show it.

    >>> short(0.734), short(-0.001), short(None)
    ('.73', '.00', '-')
    """
    return "-" if value is None else figure_text(value)
