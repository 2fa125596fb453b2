"""How well a study protects the sample's planted identifiers, and whether it keeps people apart and together.

    python benchmarks/sample_names.py [STUDY] [--worst 40]

STUDY is a study that holds the sample interviews (its private key must be here); without it, one is made in a
temporary folder, which takes about half a minute. Every planted identifier of
`sample_transcripts/gold/identifiers.jsonl` is looked up in the record of what was replaced.

- protected: the share of planted identifiers of which every letter and digit was replaced; article or title
  before it ("the", "Mr") may stay. A direct identifier counts once an interview, when all its mentions are.
- over-masked: the share of words outside all planted identifiers that were replaced.
- consistency: among people whose mentions were replaced, the share with exactly one pseudonym in the whole
  study; and among pseudonyms of planted people, the share that stands for exactly one person.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import resources
from pipeline.cli import _found
from pipeline.cli._names import Names
from pipeline.cli._rewrite import raw_text
from pipeline.cli.check import correct
from pipeline.cli.demo import make
from pipeline.cli.ingest import ingest_files
from pipeline.pseudonymise.replace import Moves
from pipeline.study import Register, Store, Study, register

_BEFORE = re.compile(r"(?:(?:the|an?|mr|mrs|ms|miss|dr)\b\.?\s*)*", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(slots=True)
class Tally:
    """Counts over all interviews; `entities` and `people` map between planted people and the register."""

    spans: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    direct: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    words: int = 0
    over: Counter[str] = field(default_factory=Counter)
    entities: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    people: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wordings: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def replaced(study: Study, store: Store, names: Names, name: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The raw text of a transcript and each replaced stretch of it, with the entity it was taken for."""
    record = _found.load(study.vault, name)
    texts, stretches, offset = [], [], 0
    for turn in store.turns(name):
        entries = record.entries(turn.index)
        raw = raw_text(turn.text, record.moves.get(turn.index, Moves()), entries)
        for one in entries:
            stretches.append((offset + one.start, offset + one.end, names.entity(name, one.plain)))
        texts.append(raw)
        offset += len(raw) + 1
    return "\n".join(texts), stretches


def count(tally: Tally, document: dict[str, Any], text: str, stretches: list[tuple[int, int, str]]) -> None:
    """Add one interview to the tally."""
    name = document["doc_id"]
    if text != document["text"]:
        raise SystemExit(f"{name}: the study's text is not that of the gold file; ingest the sample anew")
    masked = bytearray(len(text))
    gold = bytearray(len(text))
    for start, end, _ in stretches:
        masked[start:end] = b"\1" * (end - start)
    for span in document["spans"]:
        start, end, label = span["start"], span["end"], span["label"]
        gold[start:end] = b"\1" * (end - start)
        plain = _BEFORE.match(text, start, end)
        name_starts = plain.end() if plain else start
        safe = all(masked[at] for at in range(name_starts, end) if text[at].isalnum())
        tally.spans[label] += 1
        tally.caught[label] += safe
        if not safe:
            tally.missed.append(f"{name} {label} {span['identifier_type']}: {span['surface']!r}")
        if span["identifier_type"] == "direct":
            key = (name, span["entity"], label)
            tally.direct[key] = tally.direct.get(key, True) and safe
        over = [one for one in stretches if one[0] < end and start < one[1]]
        if label == "PERSON" and over:
            best = max(over, key=lambda one: min(one[1], end) - max(one[0], start))
            tally.entities[span["entity"]][best[2]] += 1
            tally.people[best[2]][span["entity"]] += 1
            tally.wordings[span["entity"], best[2]][f"{span['surface']} ({name})"] += 1
    for word in _WORD.finditer(text):
        start, end = word.span()
        if not any(gold[start:end]):
            tally.words += 1
            if any(masked[start:end]):
                tally.over[f"{word.group()} ({name})"] += 1


def told(tally: Tally, kept: Register, worst: int) -> list[str]:
    """The figures beside those asked for, then the worst cases."""
    pseudonyms = {one["id"]: one["pseudonym"] for one in kept.entities}
    every, safe = sum(tally.spans.values()), sum(tally.caught.values())
    whole = sum(tally.direct.values())
    one_each = sum(len(found) == 1 for found in tally.entities.values())
    one_of = sum(len(found) == 1 for found in tally.people.values())
    lines = [
        f"protected                     {safe} of {every} ({safe / every:.1%}; must reach 99 %)",
        f"  direct, all mentions        {whole} of {len(tally.direct)} ({whole / len(tally.direct):.1%})",
        *(
            f"  {label:<12}                {tally.caught[label]} of {number}"
            for label, number in sorted(tally.spans.items())
        ),
        f"over-masked words             {tally.over.total()} of {tally.words} "
        f"({tally.over.total() / tally.words:.2%})",
        f"people with one pseudonym     {one_each} of {len(tally.entities)} "
        f"({one_each / len(tally.entities):.1%}; must reach 95 %)",
        f"pseudonyms with one person    {one_of} of {len(tally.people)} "
        f"({one_of / len(tally.people):.1%}; must reach 95 %)",
        "",
        "Not protected:",
        *tally.missed[:worst],
        "",
        "People with several pseudonyms:",
    ]
    for person, found in sorted(tally.entities.items(), key=lambda pair: -len(pair[1])):
        if len(found) > 1:
            lines.append(f"{person}:")
            lines += [
                f"  {name or '(none)'} {pseudonyms.get(name, '')}: {_some(tally.wordings[person, name])}"
                for name in found
            ]
    lines += ["", "Pseudonyms with several people:"]
    for name, found in sorted(tally.people.items(), key=lambda pair: -len(pair[1])):
        if len(found) > 1:
            lines.append(f"{name or '(none)'} {pseudonyms.get(name, '')}:")
            lines += [f"  {person}: {_some(tally.wordings[person, name])}" for person in found]
    return [*lines, "", "Over-masked words:", _some(tally.over, worst)]


def _some(counts: Counter[str], most: int = 8) -> str:
    return "; ".join(f"{text} x{number}" if number > 1 else text for text, number in counts.most_common(most))


def measure(folder: Path) -> tuple[Tally, Register]:
    """Tally a study that holds the sample interviews."""
    study = Study.open(folder)
    kept = register.load(study.vault)
    names = Names(study.settings, kept)
    tally = Tally()
    gold = resources.path("sample_transcripts", "gold", "identifiers.jsonl")
    with study.store() as store:
        for line in gold.read_text(encoding="utf-8").rstrip("\n").split("\n"):
            document = json.loads(line)
            count(tally, document, *replaced(study, store, names, document["doc_id"]))
    return tally, kept


def sample_study(folder: Path) -> Path:
    """Make the sample study and ingest its interviews."""
    gold = resources.path("sample_transcripts", "gold")
    make(folder, gold)
    correct(folder, gold / "speakers.csv")
    ingest_files(folder, [str(resources.path("sample_transcripts"))])
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("study", nargs="?", type=Path)
    parser.add_argument("--worst", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        study = options.study or sample_study(Path(folder) / "sample")
        print("\n".join(told(*measure(study), options.worst)))


if __name__ == "__main__":
    main()
