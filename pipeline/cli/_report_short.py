"""The report in short: what a reader in a hurry must not miss, and which section tells more."""

from __future__ import annotations

from typing import Any

Point = tuple[str, str]
"""A sentence, and the id of the section it leads to."""

_FIRM = 0.5


def points(told: Any, audited: Any, compared: Any, names: dict[str, str]) -> list[Point]:
    """Reading, risk, agreement and patterns, as far as there are any; `told` is what the store says."""
    if not told.counts["utterances"]:
        return []
    out = [_read(told.counts, told.coders), _risk(told.protection)]
    if audited is not None:
        out += _agreement(audited.as_json()["pairs"])
    return out + (_patterns(compared[1], names) if compared is not None else [])


def _read(counts: dict[str, int], coders: int) -> Point:
    judged, every = counts["coded"], counts["utterances"]
    people = "one person" if coders == 1 else f"{coders} people"
    if not judged:
        return f"None of {every:,} utterances has been judged by people.", "triage"
    whole = "All" if judged == every else f"{judged:,} of"
    return f"{whole} {every:,} utterances have been judged, by {people}.", "triage"


def _risk(found: Any) -> Point:
    if found.leftovers is None:
        return "Nobody has yet looked at what may be left that identifies people.", "privacy"
    what = "1 wording" if found.leftovers == 1 else f"{found.leftovers:,} wordings"
    return f"At the last look {what} that may be names had been left in the text.", "privacy"


def _agreement(pairs: list[dict[str, Any]]) -> list[Point]:
    """Kappa over all codes, between people and of the model with people."""
    out = []
    for kind, who in (
        ("human-human", "People agree with each other"),
        ("model-human", "The model with people"),
    ):
        found = [
            one["overall"] for one in pairs if one["kind"] == kind and one["overall"]["kappa"] is not None
        ]
        if not found:
            continue
        ends = (f"{pick(one['kappa'] for one in found):.2f}" for pick in (min, max))
        span = " to ".join(dict.fromkeys(ends))  # once, where both are the same
        low, high = found[0]["ci"]["kappa"] if len(found) == 1 else (None, None)
        if low is not None and high is not None:
            span += f" (95 % interval {low:.2f} to {high:.2f})"
        out.append(f"{who}: kappa {span}")
    return [(f"{'. '.join(out)}.", "agreement")] if out else []


def _patterns(comparison: Any, names: dict[str, str]) -> list[Point]:
    """What all share, what marks each group, where outliers stand, and what is least sure."""
    main = [one for one in comparison.patterns if one.main]
    out = [("Shared by all groups", [one for one in main if one.pattern == "shared"])]
    out += [
        (f"Marks the group {group}", [one for one in main if one.marks == group])
        for group in comparison.groups
    ]
    lines = [f"{heading}: {_joined(some, names)}." for heading, some in out if some]
    if not lines:
        lines = ["No pattern across cases can be named."]
    lines += [_outlier(one) for one in comparison.outliers]
    weak = [
        one for one in main if (one.marks or one.pattern == "shared") and (one.robust.holds or 1.0) < _FIRM
    ]
    if weak:
        said = [
            f"{_joined([one], names)} ({one.robust.holds:.0%} of runs)".replace("%", " %") for one in weak
        ]
        lines.append(f"Hangs on single coding decisions: {', '.join(said)}.")
    return [(line, "patterns") for line in lines]


def _joined(patterns: list[Any], names: dict[str, str]) -> str:
    """Codes with the directions that a family holds: `Role (barrier), Culture (facilitator and barrier)`."""
    by_code: dict[str, list[str]] = {}
    for one in patterns:
        by_code.setdefault(one.code, []).extend([one.valence] if one.valence else [])
    return ", ".join(
        names.get(code, code) + (f" ({' and '.join(ways)})" if ways else "") for code, ways in by_code.items()
    )


def _outlier(one: Any) -> str:
    from pipeline.cli._compare_words import outlier

    return outlier(one)
