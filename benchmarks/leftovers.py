"""What looks like an identifier and was left: how often it is one, by kind, and how the likeliest rank.

    python benchmarks/leftovers.py [FILE.jsonl.gz ...] [--rules-only] [--write OUT.csv] [--worst 30]

Each FILE holds annotated documents (see `benchmarks/pseudonymise.py`); the sample study's interviews are
always among them. Every set is pseudonymised as one study; what `risk` would list of it is right where it
stands in an annotated identifier. Bare years and weekdays count as none: they identify nobody. With
`--rules-only` the names are found without the statistical model, so that more is left.

With `--write` the share of right ones by kind, over all sets, with and without the model, is written:
`configs/names/leftovers.csv` is this table over the sample and both development files. The precision that is
printed for these sets is therefore that of the data the weights come from.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import spacy
from sweep import documents

from pipeline.cli._check_names import lexicon
from pipeline.pseudonymise.find import Finder, find_with
from pipeline.pseudonymise.replace import Moves, replace
from pipeline.risk import Leftover, leftovers

_NOBODY = re.compile(r"(?:1[89]|20)\d\d|(?:mon|tues|wednes|thurs|fri|satur|sun)days?", re.IGNORECASE)
Masked = tuple[dict[str, Any], str, Moves]


def masked(docs: Sequence[dict[str, Any]], finder: Finder) -> list[Masked]:
    """The documents pseudonymised as one study."""
    speakers = [speaker for doc in docs for speaker in doc.get("speakers", ())]
    every = find_with(finder, [doc["text"] for doc in docs], speakers=speakers)
    out = []
    for doc, found in zip(docs, every, strict=True):
        made = replace(doc["text"], found, lambda one, surface: f"[{one.label.capitalize()} 1]")
        out.append((doc, made.text, made.moves))
    return out


def judged(some: Sequence[Masked]) -> list[tuple[Leftover, bool]]:
    """What is listed, the likeliest first, and whether it stands in an annotated identifier anywhere."""
    return [(one, _right(one.surface, some)) for one in leftovers([text for _, text, _ in some], lexicon())]


def _right(surface: str, some: Sequence[Masked]) -> bool:
    pattern = re.compile(rf"(?<!\w){re.escape(surface)}(?!\w)")
    for doc, text, moves in some:
        spans = [span for span in doc["spans"] if not _NOBODY.fullmatch(span["surface"])]
        for match in pattern.finditer(text):
            start, end = moves.to_raw(match.start()), moves.to_raw(match.end(), end=True)
            if any(span["start"] < end and start < span["end"] for span in spans):
                return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rules-only", action="store_true")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--worst", type=int, default=30)
    options = parser.parse_args()
    blank = spacy.blank("en")
    blank.add_pipe("sentencizer")
    finders = {"rules alone": Finder(nlp=blank)}
    if not options.rules_only:
        finders = {"model and rules": Finder()} | (finders if options.write else {})
    seen: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for name, files in [("sample study", []), *((file.stem, [file]) for file in options.files)]:
        docs = documents(files)
        for how, finder in finders.items():
            found = judged(masked(docs, finder))
            first = [good for _, good in found[:20]]
            every = sum(good for _, good in found)
            print(
                f"{name}, {how}: {every} of {len(found)} listed are identifiers; "
                f"{sum(first)} of the first {len(first)}"
            )
            for one, good in found[: options.worst]:
                print(f"   {'*' if good else ' '} {one.weight:.2f} {one.surface[:60]:<60} {one.reason}")
            seen.update(one.reason for one, _ in found)
            right.update(one.reason for one, good in found if good)
    if options.write:
        rows = [
            "# How often what was left and looks like an identifier was one: benchmarks/leftovers.py.",
            "reason,seen,right,share",
            *(f"{reason},{n},{right[reason]},{right[reason] / n:.3f}" for reason, n in sorted(seen.items())),
        ]
        options.write.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
