"""The audit as files: tables for a spreadsheet, a page with plots, and words for the paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pipeline.agreement.result import Audit
from pipeline.report import page as pages
from pipeline.report.agreement import agreement, pictures
from pipeline.study.folder import versions
from pipeline.workbooks import harmless

_FIGURES = (
    *("percent", "kappa", "pi", "alpha", "ac1", "pabak", "p_pos", "p_neg"),
    *("prevalence", "prevalence_index", "bias_index"),
)

_LARGE = {"double_coded": "double-coded utterances", "interviews": "interviews", "codes": "codes"}
_LARGE_ALONE = {
    "beside_model": "utterances beside the model",
    "interviews_beside_model": "interviews",
    "codes": "codes",
}


def files(audit: Audit, names: dict[str, str], checked: str = "") -> dict[str, bytes]:
    """Everything that `--out` writes, by file name. `names` are the codes' names by id, `checked` says how
    the text was searched for names."""
    plain = {
        "agreement.csv": figures_csv(audit),
        "disagreements.csv": disagreements_csv(audit),
        "methods.txt": methods(audit).encode("utf-8"),
        "audit.html": page(audit, names, checked),
    }
    return plain | {one.name: one.png for one in pictures(audit.as_json(), names)}


def figures_csv(audit: Audit) -> bytes:
    """Every figure with its interval: one row for each pair and code."""
    header = ["a", "b", "kind", "code", "n", "both", "only_a", "only_b", "neither"]
    header += [column for name in _FIGURES for column in (name, f"{name}_low", f"{name}_high")]
    rows = []
    for pair in (*audit.pairs, *audit.self_agreement):
        for one in (*pair.per_code, pair.overall):
            row: list[object] = [pair.a, pair.b, pair.kind, one.code, one.n, *one.counts]
            for name in _FIGURES:
                ends = one.ci.get(name)
                row += [one.figures.get(name), ends.low if ends else None, ends.high if ends else None]
            row += [one.krippendorff, one.landis_koch, one.needed, one.undefined, "; ".join(one.notes)]
            signs, rho = one.extra.get("valence"), one.extra.get("rho")
            row += [signs[key] if isinstance(signs, dict) else None for key in ("n", "percent", "kappa")]
            rows.append([*row, rho["value"] if isinstance(rho, dict) else None])
    header += ["krippendorff", "landis_koch", "needed", "undefined", "notes"]
    return _csv([*header, "valence_n", "valence_percent", "valence_kappa", "rho"], rows)


def disagreements_csv(audit: Audit) -> bytes:
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


def methods(audit: Audit) -> str:
    """The heading, the paragraph for the methods section, and what COREQ and SRQR ask for."""
    items = [*audit.checklist, ("COREQ 27: software", _software())]
    told = "\n".join(f"{item}: {text}" for item, text in items)
    brackets = "For the checklists (what stands in brackets is yours):"
    return f"{audit.heading}\n\n{audit.methods}\n\n{brackets}\n\n{told}\n"


def page(audit: Audit, names: dict[str, str], checked: str = "") -> bytes:
    """The audit as one self-contained HTML page with its plots."""
    design = audit.design
    items = [*audit.checklist, ("COREQ 27: software", _software())]
    words = pages.Section(
        "methods",
        "For the methods section",
        (
            pages.Text(audit.methods),
            pages.table(
                ("Item", "What to say; what stands in brackets is yours"), [list(one) for one in items]
            ),
        ),
    )
    figures = _LARGE if design["people"] != 1 else _LARGE_ALONE
    html = pages.page(
        title="Audit of agreement",
        subtitle="How far coders agree with each other and with the model, code by code.",
        figures=[pages.Figure(str(design[key]), label) for key, label in figures.items()],
        sections=[agreement(audit.as_json(), names), words],
        notices=[checked] if checked else [],
        version=versions()["secondcoder"],
        date=datetime.now(UTC).strftime("%d %B %Y").lstrip("0"),
        foot="Utterances stand as the tables hold them. People decide; the model suggests.",
    )
    return html.encode("utf-8")


def _software() -> str:
    return (
        f"Second Coder {versions()['secondcoder']}, command audit; coefficients and intervals computed by it"
    )


def _csv(header: list[str], rows: Iterable[Sequence[object]]) -> bytes:
    plain = ([harmless(value) if isinstance(value, str) else value for value in row] for row in rows)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([header, *plain])
    return text.getvalue().encode("utf-8-sig")  # the mark makes Excel read it as UTF-8
