"""What the sweep before every export finds, and what it masks for nothing.

    python benchmarks/sweep.py [FILE.jsonl.gz ...]

Each FILE holds annotated documents (see `benchmarks/pseudonymise.py`); without one, the sample study's
interviews are used. The documents are pseudonymised as one study; then

- planted: every known wording is put back into a sentence, as it was, in capitals, in small letters, as a
  possessive and one slip away (numbers: in words and without blanks); the share that the sweep finds, by
  kind. Wordings made of ordinary words alone are looked for with a capital only, and are counted apart.
- over-masked: the words that the sweep would replace in the documents as they are and that are part of no
  annotated identifier.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline import resources
from pipeline.cli._search import counted, search
from pipeline.pseudonymise import find_identifiers
from pipeline.pseudonymise.replace import Moves, replace
from pipeline.pseudonymise.text import without_capitals
from pipeline.records import Identifier
from pipeline.risk import Sweep
from pipeline.study import StoredTurn, Study, register
from pipeline.study.settings import Settings

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_DIGITS = ("oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_CARRIER = "and they went on about {} for a while, you know"


def documents(files: list[Path]) -> list[dict[str, Any]]:
    """The annotated documents of these files, or of the sample study."""
    if not files:
        files = [resources.path("sample_transcripts", "gold", "identifiers.jsonl")]
    out = []
    for file in files:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
        out += [json.loads(line) for line in text.splitlines() if line]
    return out


class Studied:
    """Documents pseudonymised together, and the sweep for what is known of them."""

    def __init__(self, docs: list[dict[str, Any]]) -> None:
        self.docs = docs
        every = find_identifiers(
            [doc["text"] for doc in docs], speakers=[s for d in docs for s in d.get("speakers", ())]
        )
        self.kept = register.new()
        numbers: dict[tuple[str, str], int] = {}
        where: dict[tuple[str, str], dict[str, list[str]]] = {}
        self.texts: list[str] = []
        self.moves: list[Moves] = []
        for doc, found in zip(docs, every, strict=True):

            def called(one: Identifier, surface: str, name: str = doc["doc_id"]) -> str:
                plain = " ".join(surface.split())
                key = (one.label, plain.casefold())
                names = where.setdefault(key, {}).setdefault(plain, [])
                names += [name] if name not in names else []
                return f"[{one.label.capitalize()} {numbers.setdefault(key, len(numbers) + 1)}]"

            made = replace(doc["text"], found, called)
            self.texts.append(made.text)
            self.moves.append(made.moves)
        self.kept.entities = [
            {
                "id": f"ENT{number:03d}", "label": label, "pseudonym": f"[{label.capitalize()} {number}]",
                "kind": label, "where": where[label, plain], "cases": [],
            }
            for (label, plain), number in numbers.items()
        ]  # fmt: skip
        turns = [
            (doc["doc_id"], [StoredTurn(1, "", "", text, None, None, "")])
            for doc, text in zip(docs, self.texts, strict=True)
        ]
        self.study = Study(Path("."), Settings())
        started = time.process_time()
        self.sweep: Sweep = search(self.study, self.kept, counted(turns))
        self.seconds = time.process_time() - started

    def over(self) -> tuple[Counter[str], int, int]:
        """Words that the sweep would mask although nobody annotated them, true finds, and all words."""
        wrong: Counter[str] = Counter()
        right = words = 0
        started = time.process_time()
        for doc, text, moves in zip(self.docs, self.texts, self.moves, strict=True):
            gold = bytearray(len(doc["text"]))
            for span in doc["spans"]:
                gold[span["start"] : span["end"]] = b"\1" * (span["end"] - span["start"])
            words += len(_WORD.findall(doc["text"]))
            for hit in self.sweep.hits([text], lower=without_capitals([text])):
                start, end = moves.to_raw(hit.start), moves.to_raw(hit.end, end=True)
                if any(gold[start:end]):
                    right += 1
                else:
                    wrong[text[hit.start : hit.end]] += len(_WORD.findall(text[hit.start : hit.end]))
        self.seconds += time.process_time() - started
        return wrong, right, words


def variants(surface: str, label: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """A wording as others may write it: what was done to it, and what comes out."""
    yield "as it was", surface
    if label in ("PHONE", "ID", "POSTCODE") and any(character.isdigit() for character in surface):
        spoken = re.sub(r"\d", lambda match: f" {_DIGITS[int(match.group())]} ", surface)
        yield "in words", " ".join(spoken.split())
        yield "without blanks", re.sub(r"[\s\-]", "", surface)
    if label in ("PERSON", "LOCATION", "ORGANISATION"):
        yield "in capitals", surface.upper()
        yield "in small letters", surface.lower()
        yield "possessive", f"{surface}'s"
        long = list(re.finditer(r"[^\W\d_]{5,}", surface))
        if long:
            word = chance.choice(long)
            at = chance.randrange(word.start() + 1, word.end() - 1)
            yield "letter left out", surface[:at] + surface[at + 1 :]
            yield "two swapped", surface[:at] + surface[at + 1] + surface[at] + surface[at + 2 :]


def planted(studied: Studied, told: list[str]) -> dict[tuple[str, str], Counter[bool]]:
    """For each kind and variant, how many planted wordings the sweep found; `told` takes the others."""
    chance = random.Random(1)
    out: dict[tuple[str, str], Counter[bool]] = {}
    ordinary = studied.sweep.ordinary
    for entity in studied.kept.entities:
        for surface in sorted(entity["where"]):
            common = all(word.casefold() in ordinary for word in _WORD.findall(surface))
            for done, said in variants(surface, entity["label"], chance):
                if said == surface and done != "as it was":
                    continue
                text = _CARRIER.format(said)
                start = text.index(said)
                end = start + len(said.removesuffix("'s"))
                covered = bytearray(len(text))
                for hit in studied.sweep.hits([text]):
                    covered[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
                scheme = re.match(r"https?://(?:www\.)?", said)
                whole = all(
                    covered[at]
                    for at in range(start + (scheme.end() if scheme else 0), end)
                    if text[at].isalnum()
                )
                kind = entity["label"] + (" (ordinary words)" if common else "")
                out.setdefault((kind, done), Counter())[whole] += 1
                if not whole and not common:
                    told.append(f"{surface} as {said}")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--misses", action="store_true", help="name the wordings that were not found")
    options = parser.parse_args()
    studied = Studied(documents(options.files))
    wrong, right, words = studied.over()
    print(
        f"documents          {len(studied.docs)}, {words} words; searched in {studied.seconds:.2f} s of CPU"
    )
    cover = studied.sweep.coverage
    print(
        f"wordings           {cover.anywhere} anywhere, {cover.capitalised} with a capital only, "
        f"not searched for: {cover.left_out}"
    )
    print(f"over-masked words  {sum(wrong.values())} ({sum(wrong.values()) / words:.3%}); true finds {right}")
    print("   " + "; ".join(f"{text} x{number}" for text, number in wrong.most_common(40)))
    print("planted wordings found:")
    missed: list[str] = []
    for (kind, done), counts in sorted(planted(studied, missed).items()):
        print(
            f"   {kind:<32} {done:<16} {counts[True]} of {counts.total()} "
            f"({counts[True] / counts.total():.0%})"
        )
    if options.misses:
        print("\n".join(missed))


if __name__ == "__main__":
    main()
