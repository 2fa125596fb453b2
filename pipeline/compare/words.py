"""A pattern in words: counts and what speaks against it first, then what it says, then how sure it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pipeline.compare.comparison import Comparison, Count, Negative, Pattern
from pipeline.compare.robustness import Robust
from pipeline.compare.rules import Rules

_FIRM = 0.8
"""Share of runs below which it is told what the pattern became in the others."""


def rules_in_words(rules: Rules) -> str:
    """The thresholds, to be printed with every comparison.

    >>> rules_in_words(Rules()).split(".")[0]
    'Present in a case: at least 50 % of its participants'
    """
    return (
        f"Present in a case: at least {rules.present_share * 100:g} % of its participants. "
        f"Shared: in at least {rules.shared * 100:g} % of each group's cases. "
        f"Mostly: {rules.gap * 100:g} points more than any other group. "
        f"A group with fewer than {rules.minimum} known cases says nothing."
    )


def told_once(comparison: Comparison) -> tuple[frozenset[str], str]:
    """Those without whom no pattern at all can be told (their group would be too small), and a sentence.

    That is a fact about the study and not about any one pattern; said beside each it would only be noise.
    """
    told = [one.robust for one in comparison.patterns if one.main and one.pattern != "insufficient"]
    every = [frozenset(one.untestable_without) for one in told]
    common = frozenset.intersection(*every) if len(every) > 1 else frozenset()
    if not common:
        return common, ""
    names = tuple(name for name in told[0].untestable_without if name in common)
    shown = (*names[:8], "others") if len(names) > 8 else names
    return (
        common,
        f"No pattern can be told without {_or(shown)}: their group would be left with too few cases.",
    )


def in_words(pattern: Pattern, once: Collection[str] = ()) -> tuple[str, ...]:
    """The lines of a pattern in the order in which they are to be read.

    Counts, the cases that go against it with their quotations, the sentence, how sure, warnings. `once` are
    the cases of `told_once`.
    """
    lines = [f"{theme(pattern)}: {counts(pattern.counts)}."]
    lines += [against(negative) for negative in pattern.negative_cases]
    return tuple(line for line in (*lines, sentence(pattern), *after(pattern, once)) if line)


def after(pattern: Pattern, once: Collection[str] = ()) -> tuple[str, ...]:
    """What stands behind the sentence: where outliers go, how sure it is, and warnings."""
    lines = [_goes_with(case, group) for case, group in pattern.outliers.items()]
    lines.append("" if pattern.pattern == "insufficient" else sure(pattern.robust, once))
    if pattern.unreviewed:
        lines.append("Rests in part on suggestions that nobody has reviewed.")
    return tuple(line for line in (*lines, *pattern.warnings) if line)


def _goes_with(case: str, group: str) -> str:
    words = {"both": "both groups", "all": "all groups", "neither": "neither group"}
    return f"The outlier {case} goes with {words.get(group, group)}."


def theme(pattern: Pattern) -> str:
    """The code with its direction: `context.culture as a barrier`."""
    return f"{pattern.code} as a {pattern.valence}" if pattern.valence else f"{pattern.code}, either way"


def counts(by_group: Mapping[str, Count]) -> str:
    """ "5 of 7 high, 2 not asked; 0 of 6 low".

    >>> counts({"high": Count(("S3",), ("S5",), ("S7",), ())})
    '1 of 2 high, 1 not asked'
    """
    parts = []
    for group, count in by_group.items():
        part = f"{len(count.present)} of {count.of} {group}"
        part += f", {len(count.not_asked)} not asked" if count.not_asked else ""
        part += f", {len(count.not_reviewed)} not reviewed" if count.not_reviewed else ""
        parts.append(part)
    return "; ".join(parts)


def against(negative: Negative, *, quoted: bool = True) -> str:
    """A case that goes against a pattern, with what it says there."""
    if negative.shows:
        what = f"shows it, with {negative.participants} of its {negative.of} participants"
    elif negative.participants:
        say = "says" if negative.participants == 1 else "say"
        what = f"does not: only {negative.participants} of its {negative.of} participants {say} so"
    else:
        what = f"does not: none of its {negative.of} participants says so" if negative.of else "does not"
    said = " ".join(f"“{quote.text}” {quote.ref}" for quote in negative.quotes) if quoted else ""
    return f"Against it: {negative.case} {what}. {said}".rstrip()


def sentence(pattern: Pattern) -> str:
    """What the pattern says, as a sentence about these cases."""
    if pattern.pattern == "shared":
        return "Shared: every case shows it." if pattern.universal else "Shared by all groups."
    fixed = {
        "absent": "Absent: no case shows it.",
        "idiosyncratic": "Idiosyncratic: a single case shows it.",
        "mixed": "Mixed: it does not tell the groups apart.",
        "insufficient": "Insufficient: too few cases of a group are known.",
    }
    if pattern.pattern in fixed:
        return fixed[pattern.pattern]
    return f"{pattern.pattern[0].upper()}{pattern.pattern[1:]}: it marks the group {pattern.marks}."


def sure(robust: Robust, once: Collection[str] = ()) -> str:
    """ "Holds in 96 % of 200 runs; falls if S5PWC is left out".

    >>> sure(Robust(0.96, 200, {"mixed": 0.04}, (), ("S5PWC",), (), (), ()))
    'Holds in 96 % of 200 runs with coding errors as measured; falls if S5PWC is left out.'
    """
    parts = []
    if robust.holds is not None:
        share = f"{robust.holds:.0%}".replace("%", " %")
        likely = max(robust.became, key=lambda name: robust.became[name], default="")
        otherwise = f" (else most often {likely})" if likely and robust.holds < _FIRM else ""
        parts.append(f"holds in {share} of {robust.runs} runs with coding errors as measured{otherwise}")
    falls = (*robust.falls_without_cases, *robust.falls_without_participants)
    falls += tuple(f"coder {name}" for name in robust.falls_without_coders)
    untold = tuple(name for name in robust.untestable_without if name not in once)
    if falls:
        parts.append(f"falls if {_or(falls)} is left out")
    elif not robust.untestable_without:
        parts.append("stands whoever is left out")
    elif not untold:
        who = "participant or coder" if robust.coders_tried else "participant"
        parts.append(f"stands whichever {who} is left out")
    if robust.falls_at_shares:
        shares = " or ".join(robust.falls_at_shares)
        parts.append(f"falls if presence asks for {shares} of a case's participants")
    if untold:
        parts.append(f"cannot be told without {_or(untold)} (too few cases)")
    text = "; ".join(part for part in parts if part)
    return f"{text[0].upper()}{text[1:]}."


def _or(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def opposed(comparison: Comparison) -> tuple[str, ...]:
    """Codes that mark one group as a facilitator and another as a barrier.

    There the construct itself is shared and its sign is the difference, such as ward staff who welcome in
    high sites and dismiss in low ones.
    """
    marked: dict[str, dict[str, str]] = {}
    for pattern in comparison.patterns:
        if pattern.valence and pattern.marks:
            marked.setdefault(pattern.code, {})[pattern.valence] = pattern.marks
    return tuple(code for code, by_way in marked.items() if len(set(by_way.values())) > 1)
