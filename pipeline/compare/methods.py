"""What the methods section has to say of a comparison: rules, thresholds, re-runs, QCA with its cuts."""

from __future__ import annotations

from pipeline.compare.both import Qca
from pipeline.compare.comparison import Comparison
from pipeline.compare.matrix import Matrix


def paragraph(matrix: Matrix, comparison: Comparison) -> str:
    """How cases were compared, in sentences for a methods section."""
    rules, main = comparison.rules, [one for one in comparison.patterns if one.main]
    groups = "; ".join(f"{group}: {', '.join(cases)}" for group, cases in comparison.groups.items())
    aside = [case for cases in comparison.aside.values() for case in cases]
    unreviewed = any(one.unreviewed for one in main)
    lines = [
        f"Coded utterances were laid out in a framework matrix of {len(matrix.cases)} cases by "
        f"{len(matrix.codes)} constructs (Ritchie & Spencer 1994; Gale et al. 2013).",
        "Codes that only the model suggested were counted too, and what rests on them is marked."
        if unreviewed
        else "Only what people reviewed counts.",
        "Where several people coded an utterance, its adjudicated reading counts, else that of the majority.",
        "A construct is present in a case, as a facilitator or as a barrier, if at least "
        f"{rules.present_share * 100:g} % of the participants whose talk was reviewed speak of it so.",
        f"Cases were compared by group ({groups})"
        + (f", with {', '.join(aside)} set aside as outlier and placed afterwards." if aside else "."),
        "A pattern is shared if present in at least "
        f"{rules.shared * 100:g} % of every group's cases, marks a group only if at least two cases and "
        f"{rules.shared * 100:g} % of it show it and no case elsewhere, mostly if at least two cases show "
        f"it and its share exceeds that of every other group by {rules.gap * 100:g} points; with fewer than "
        f"{rules.minimum} known cases in a group none was named.",
        _reruns(comparison),
    ]
    return " ".join(line for line in lines if line)


def _reruns(comparison: Comparison) -> str:
    runs = max((one.robust.runs for one in comparison.patterns), default=0)
    text = (
        "Each pattern was worked out again without each case, each participant and each coder, and with "
        "presence at 10 points more and less"
    )
    if runs:
        text += (
            f"; and {runs} times with every decision drawn anew at the rates by which coders differed blind "
            f"(codes dropped, added, or turned to the other direction; seed {comparison.seed})"
        )
    return f"{text}."


def qca_paragraph(found: Qca) -> str:
    """How the QCA was made, in sentences for a methods section."""
    side = found.outcome
    table, data = side.analysis.table, side.data
    kind = "Crisp-set" if set(data.x.ravel()) | set(data.y) <= {0.0, 1.0} else "Fuzzy-set"
    empty = len(table.corners("?"))
    how = "; ".join(f"{one.name} from {one.source} ({one.how})" for one in found.calibrated)
    return (
        f"{kind} QCA (Ragin 2008; Schneider & Wagemann 2012) of {data.outcome} and of its negation on "
        f"{len(data.cases)} cases with {len(data.conditions)} conditions. Calibration: {how}. A combination "
        f"needed {table.n_cut} {'case' if table.n_cut == 1 else 'cases'}, consistency {table.incl_cut:g} and "
        f"PRI {table.pri_cut:g}; {empty} of {len(table.rows)} combinations were remainders. Conservative, "
        "intermediate and parsimonious solutions were derived by Boolean minimisation with all ties, and "
        "again with cuts and anchors moved."
    )
