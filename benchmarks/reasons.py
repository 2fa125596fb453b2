"""How often finds are right, by their reasons: builds `configs/names/reasons.csv`, checks what it promises.

    python benchmarks/reasons.py build GOLD.jsonl[.gz] ... --out configs/names/reasons.csv
    python benchmarks/reasons.py check GOLD.jsonl[.gz] ...

GOLD is annotated talk as `benchmarks/pseudonymise.py` reads it; each document is a study of its own. A find
is right when it overlaps an annotation of whatever label. `build` counts, for each label and each reason and
combination of reasons, the finds and those that were right; `pipeline.pseudonymise.hits.score` makes scores
of the counts. The table in use was built from the two development files and the sample:

    python benchmarks/reasons.py build primock57_dev.jsonl.gz presidio_synth_dev.jsonl.gz \\
        sample_transcripts/gold/identifiers.jsonl --out configs/names/reasons.csv

`check` says in ten bands of the score how many finds there were, what was promised and what was right, and
the expected calibration error (the mean of the differences, weighted by finds): once with the table in use,
and once in five folds, each scored by a table built from the other documents of the same files.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pseudonymise import Document, masked, read  # type: ignore[import-not-found]

from pipeline.pseudonymise.find import Finder, find_with
from pipeline.pseudonymise.hits import Counts, score

_FOLDS = 5
Seen = tuple[str, tuple[str, ...], bool]
"""A find: its label, its reasons, whether it was right."""
_HEAD = """\
# How many finds for these reasons overlapped a hand annotation, on annotated talk and sentences:
# {files} ({documents} documents, {words:,} words).
# Built by benchmarks/reasons.py, which also tells how well it predicts."""


def finds(document: Document, finder: Finder) -> Iterator[Seen]:
    """What is found in one document outside its speaker labels."""
    text = document["text"]
    gold = masked(len(text), [(span["start"], span["end"]) for span in document["spans"]])
    ignored = masked(len(text), document.get("ignore", []))
    (found,) = find_with(finder, [text], speakers=document.get("speakers", []))
    for one in found:
        if not any(ignored[one.start : one.end]):
            yield one.label, one.reasons, any(gold[one.start : one.end])


def counted(seen: Iterable[Seen]) -> Counts:
    """The counts by label and reasons, single and together."""
    right: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    for label, reasons, ok in seen:
        for key in {"; ".join(reasons), *reasons}:
            found[label, key] += 1
            right[label, key] += ok
    return {key: (right[key], number) for key, number in sorted(found.items())}


def bands(scored: Iterable[tuple[float, bool]]) -> tuple[list[str], float]:
    """The table of promised and kept shares, and the expected calibration error."""
    groups: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for value, ok in scored:
        groups[min(int(value * 10), 9)].append((value, ok))
    whole = sum(map(len, groups.values()))
    lines, error = [], 0.0
    for band, some in sorted(groups.items()):
        promised = sum(value for value, _ in some) / len(some)
        kept = sum(ok for _, ok in some) / len(some)
        error += len(some) / whole * abs(promised - kept)
        lines.append(f"  {band / 10:.1f}-{(band + 1) / 10:.1f}  {len(some):5}  {promised:.3f}  {kept:.3f}")
    return lines, error


def check(by_document: Sequence[Sequence[Seen]]) -> list[str]:
    """Promised and kept shares with the table in use, and in folds."""
    in_use = [(score(label, reasons), ok) for some in by_document for label, reasons, ok in some]
    folded = []
    for fold in range(_FOLDS):
        table = counted(one for at, some in enumerate(by_document) if at % _FOLDS != fold for one in some)
        folded += [
            (score(label, reasons, table), ok)
            for some in by_document[fold::_FOLDS]
            for label, reasons, ok in some
        ]
    out = []
    for name, scored in (("table in use", in_use), (f"{_FOLDS} folds", folded)):
        lines, error = bands(scored)
        out += [
            f"{name}: expected calibration error {error:.3f}",
            "  score    finds  promised  right",
            *lines,
        ]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["build", "check"])
    parser.add_argument("gold", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, help="where `build` writes the table")
    asked = parser.parse_args()
    documents = [document for path in asked.gold for document in read(path)]
    finder = Finder()
    by_document = [list(finds(document, finder)) for document in documents]
    if asked.what == "check":
        print("\n".join(check(by_document)))
        return
    head = _HEAD.format(
        files=", ".join(path.name for path in asked.gold),
        documents=len(documents),
        words=sum(len(document["text"].split()) for document in documents),
    )
    table = counted(one for some in by_document for one in some)
    rows = [f"{label},{reasons},{right},{found}" for (label, reasons), (right, found) in table.items()]
    lines = "\n".join([head, "label,reasons,right,found", *rows]) + "\n"
    if asked.out:
        asked.out.write_text(lines, encoding="utf-8")
    else:
        print(lines, end="")


if __name__ == "__main__":
    main()
