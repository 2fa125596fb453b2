"""The audit as it is read on the screen and kept in files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pipeline.cli._base import table

_KINDS = {
    "human-human": "two coders",
    "model-human": "the model with a coder",
    "model-adjudicated": "the model with what was settled on",
    "self": "a coder's first round with the later one",
}
_FIGURES = ("percent", "kappa", "pi", "alpha", "ac1", "pabak", "p_pos", "p_neg", "prevalence", "bias_index")
_COMPARED = ("human", "model", "difference")
_SHOWN = 5


def words(audit: Any) -> list[str]:
    """What a person reads: figures for each pair, the human ceiling, the test, where it goes wrong."""
    lines = [audit.heading, *_design(audit.design)]
    for pair in (*audit.pairs, *audit.self_agreement):
        lines += ["", *_pair(pair)]
    lines += ["", *_ceiling(audit.human_ceiling), "", *_test(audit.alt_test), *_anchoring(audit.anchoring)]
    return [*lines, "", "For the methods section:", audit.methods]


def figures_csv(audit: Any) -> bytes:
    """Every figure with its interval: one row for each pair and code."""
    header = ["a", "b", "kind", "code", "n", "both", "only_a", "only_b", "neither"]
    header += [column for name in _FIGURES for column in (name, f"{name}_low", f"{name}_high")]
    rows = []
    for pair in (*audit.pairs, *audit.self_agreement):
        for one in (*pair.per_code, pair.overall):
            row = [pair.a, pair.b, pair.kind, one.code, one.n, *one.counts]
            for name in _FIGURES:
                ends = one.ci.get(name)
                row += [one.figures.get(name), ends.low if ends else None, ends.high if ends else None]
            rows.append([*row, one.krippendorff, one.landis_koch, one.needed, one.undefined, *one.notes])
    return _csv([*header, "krippendorff", "landis_koch", "needed", "undefined", "notes"], rows)


def disagreements_csv(audit: Any) -> bytes:
    """Every utterance coded differently, the most instructive first."""
    header = ["a", "b", "transcript_id", "utterance_id", "codes_a", "codes_b", "kind_a", "kind_b", "alike"]
    rows = [
        [
            *(pair.a, pair.b, one.transcript_id, one.utterance_id, ";".join(one.a), ";".join(one.b)),
            *(*one.kind, one.alike, one.score, one.text),
        ]
        for pair in (*audit.pairs, *audit.self_agreement)
        for one in pair.disagreements
    ]
    return _csv([*header, "score", "text"], rows)


def page(audit: Any, names: dict[str, str]) -> bytes:
    """The audit as one self-contained HTML page with its plots."""
    from pipeline.report import page as pages
    from pipeline.report.agreement import agreement
    from pipeline.study.folder import versions

    design = audit.design
    methods = pages.Section("methods", "For the methods section", (pages.Text(audit.methods),))
    figures = {"double-coded utterances": "double_coded", "interviews": "interviews", "codes": "codes"}
    html = pages.page(
        title="Audit of agreement",
        subtitle="How far coders agree with each other and with the model, code by code.",
        figures=[pages.Figure(str(design[key]), label) for label, key in figures.items()],
        sections=[agreement(audit.as_json(), names), methods],
        version=versions()["secondcoder"],
        date=datetime.now(UTC).strftime("%d %B %Y").lstrip("0"),
        foot="Utterances stand as the tables hold them. People decide; the model suggests.",
    )
    return html.encode("utf-8")


def pictures(audit: Any, names: dict[str, str]) -> dict[str, bytes]:
    """The forest plot and the confusion heat map as PNG files by name."""
    from pipeline.report import agreement

    return {one.name: one.png for one in agreement.pictures(audit.as_json(), names)}


def _csv(header: list[str], rows: Iterable[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    return text.getvalue().encode("utf-8-sig")  # the mark makes Excel read it as UTF-8


def _design(design: Any) -> list[str]:
    lines = [f"{design['double_coded']} utterances of {design['interviews']} interviews coded twice or more."]
    if design["weighted"]:
        lines.append(
            f"Weighted by inclusion probability: {design['sampled']} drawn utterances speak for "
            f"{design['speaks_for']:.0f}; effective sample size {design['effective_n']:.0f}."
        )
    return lines


def _pair(pair: Any) -> list[str]:
    lines = [
        f"{pair.a} with {pair.b} ({_KINDS[pair.kind]}): {pair.units} utterances of "
        f"{pair.interviews} interview{'s' if pair.interviews > 1 else ''}",
    ]
    header = ["code", "n", "given", "percent", "kappa", "95 % interval", "alpha", "AC1", "P+", "P-"]
    rows = [_row(one) for one in (*pair.per_code, pair.overall)]
    lines.append(table(rows, [*header, "lower end says", "needed"]))
    lines += [f"  {one.code}: {note}" for one in pair.per_code for note in one.notes]
    if confused := pair.confusion.most(_SHOWN):
        parts = (f"{x} / {y} ({n})" for x, y, n in confused)
        lines.append(f"Most often {pair.a} / {pair.b}: {'; '.join(parts)}")
    return lines


def _row(one: Any) -> list[str]:
    figures = one.figures
    return [
        one.code,
        str(one.n),
        _two(figures["prevalence"]),
        *(_two(figures[name]) for name in ("percent", "kappa")),
        _span(one.ci["kappa"]),
        *(_two(figures[name]) for name in ("alpha", "ac1", "p_pos", "p_neg")),
        f"{one.krippendorff}, {one.landis_koch}",
        "-" if one.needed is None else str(one.needed),
    ]


def _ceiling(ceiling: Any) -> list[str]:
    if ceiling.overall is None:
        return [f"Human ceiling beside the model: none, as {ceiling.undefined}."]
    rows = [
        [one.code, str(one.n), *map(_two, map(one.figures.get, _COMPARED)), _span(one.ci["difference"])]
        for one in (*ceiling.per_code, ceiling.overall)
    ]
    header = ["code", "n", "people", "model", "difference", "95 % interval"]
    return ["Human ceiling: kappa among people and of the model, same utterances", table(rows, header)]


def _test(tests: Any) -> list[str]:
    whole = tests["utterances"]
    if whole.omega is None:
        return [f"Alternative annotator test: none, as {whole.undefined}."]
    lines = []
    for test in (whole, tests["transcripts"]):
        if test.omega is not None:
            lines.append(
                f"Alternative annotator test by {test.units} (epsilon {_two(test.epsilon)}): winning rate "
                f"{_two(test.omega)}, average advantage probability {_two(test.rho)}: "
                f"{'passed' if test.passed else 'not passed'}"
            )
    counts = (
        f"{one.coder}: {one.model_better} model closer, {one.even} even, {one.coder_better} coder closer"
        for one in whole.annotators
    )
    return [*lines, *(f"  {line}" for line in counts)]


def _anchoring(found: Any) -> list[str]:
    return [
        f"Anchoring, {one.coder}: kappa with the suggestions {_two(one.kappa_blind)} blind, "
        f"{_two(one.kappa_suggested)} with them in view (difference {_two(one.difference)}, "
        f"{_span(one.ci)}); of {one.units_both} utterances coded both ways {one.towards} decisions "
        f"moved towards them, {one.away} away"
        for one in found
        if one.undefined is None
    ]


def _span(ends: Any) -> str:
    if ends.low is None or ends.high is None:
        return "-"
    return f"{_two(ends.low)} to {_two(ends.high)}"


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value + 0.0:.2f}".replace("-0.00", "0.00")
