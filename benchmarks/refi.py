"""REFI-QDA: seconds for 10,000 utterances out and in, and how the passages of a real project lie.

Run `python benchmarks/refi.py [FILE.qdpx | STUDY ...]`. Without anything it times an invented study of 10,000
utterances (asked: under 30 s each way). For each project it prints how many of its passages fall on the edges
of words (asked of NVivo's 303: 300). For each study whose key is here, as `secondcoder demo` leaves it,
it marks every utterance in the raw interview and counts how many are found again, with the
offset map and without.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pipeline import transcripts
from pipeline.cli import _found
from pipeline.cli._exchange import pieces
from pipeline.exchange.align import Piece, align, transcript_words, words
from pipeline.exchange.coding import by_people, human_codes
from pipeline.exchange.compose import Line, Talk, compose
from pipeline.exchange.laying import lay, which
from pipeline.exchange.offsets import TARGETS, at_edge
from pipeline.exchange.refi_read import read_project
from pipeline.exchange.refi_write import write_project
from pipeline.exchange.schemes import read_scheme
from pipeline.pseudonymise.replace import Moves
from pipeline.records import Code, Codebook, CodedRow, Given, Suggestion
from pipeline.study import Study, register

T = TypeVar("T")
BOOK = Codebook("b", "B", "", tuple(Code(f"c{n}", f"Code {n}") for n in range(25)))
UTTERANCES = 10_000
IN_TRANSCRIPT = 250
WORDS = 25


def invented(seed: int = 1) -> tuple[list[Talk], list[CodedRow], dict[str, list[Suggestion]]]:
    """Talk in which words are as unevenly frequent as in speech, two coders, two suggestions an utterance."""
    rng = random.Random(seed)
    vocabulary = [f"w{n}" for n in range(5000)]
    weights = [1 / (n + 1) for n in range(5000)]
    talks, rows, suggestions = [], [], {}
    for number in range(UTTERANCES // IN_TRANSCRIPT):
        lines = []
        for turn in range(1, IN_TRANSCRIPT + 1):
            name = f"T{number:03}.t{turn:04}.u01"
            text = " ".join(rng.choices(vocabulary, weights, k=WORDS)) + "."
            lines.append(Line(f"P{number}", text, ((name, 0, len(text)),)))
            for coder in ("anna", "ben"):
                given = (Given(f"c{rng.randrange(25)}", "barrier"),)
                rows.append(CodedRow(f"T{number:03}", given, utterance_id=name, coder=coder))
            suggestions[name] = [
                Suggestion(name, f"c{code}", 0.5, "probability", True) for code in rng.sample(range(25), 2)
            ]
        talks.append(Talk(f"T{number:03}", tuple(lines), f"S{number % 5}"))
    return talks, rows, suggestions


def timed(label: str, call: Callable[[], T]) -> T:
    """What a call gives; its seconds are printed, by the clock and of the processor."""
    start, busy = time.perf_counter(), time.process_time()
    out = call()
    clock, busy = time.perf_counter() - start, time.process_time() - busy
    print(f"  {label:<34} {clock:6.2f} s, {busy:6.2f} s of the processor", flush=True)
    return out


def time_both_ways(target: str) -> None:
    """Write and read the invented study as one program's project."""
    talks, rows, suggestions = invented()
    print(f"{UTTERANCES} utterances, {len(rows)} rows, target {target}")
    project = timed("compose", lambda: compose("study", BOOK, talks, rows, suggestions, study="s"))
    data = timed("write", lambda: write_project(project, target))
    back = timed("read", lambda: read_project(data, "study.qdpx"))
    known = {
        talk.id: [Piece(name, line.text[a:b]) for line in talk.lines for name, a, b in line.places]
        for talk in talks
    }
    home = timed("find transcripts", lambda: which(back.documents, known))
    laid = timed("lay on transcripts", lambda: lay(by_people(back).documents, known, home))
    scheme = read_scheme(back.codes, BOOK)
    codable = frozenset(row.utterance_id for row in rows)
    read = timed("rows", lambda: human_codes(back, scheme, home, laid, codable=codable))
    same = {(one.utterance_id, one.coder, one.codes) for one in read.rows}
    print(
        f"  {len(same & {(one.utterance_id, one.coder, one.codes) for one in rows})} of {len(rows)} rows back"
    )


def look(file: Path) -> None:
    """How the passages of a project lie on the edges of words."""
    project = read_project(file.read_bytes(), file.name)
    passages = [(one.text, each) for one in project.documents for each in one.passages]
    clean = sum(at_edge(text, one.start) and at_edge(text, one.end) for text, one in passages)
    print(f"{file.name} ({project.origin}): {clean} of {len(passages)} passages on edges of words")
    for line in project.notices:
        print(f"  {line}")


def look_raw(folder: Path) -> None:
    """How many utterances, each marked in the raw text, are found again in a study."""
    study = Study.open(folder)
    found: Counter[str] = Counter()
    with study.store() as store:
        for name, source in register.load(study.vault).sources.items():
            moves = _found.load(study.vault, name).moves
            file = Path(source.path)
            page, starts = "", {}
            for turn in transcripts.read(file.read_bytes(), file.name).turns:
                starts[turn.index] = len(page) + len(turn.speaker) + 2
                page += f"{turn.speaker}: {turn.text}\n"
            for way, known in (
                ("with the map", pieces(store, name, moves)),
                ("without", pieces(store, name)),
            ):
                laid = align(words(page), transcript_words(known))
                for one in store.spans(name):
                    own, start = moves.get(one.turn_index, Moves()), starts[one.turn_index]
                    place = (start + own.to_raw(one.start), start + own.to_raw(one.end, end=True))
                    found[way] += laid.utterances(*place) == [one.id]
                    found["all"] += way == "without"
    print(f"{folder.name}: of {found['all']} utterances marked in the raw text,")
    print(f"  {found['with the map']} found with the offset map, {found['without']} without")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        (look_raw if Path(name).is_dir() else look)(Path(name))
    if not sys.argv[1:]:
        for aim in TARGETS:
            time_both_ways(aim)
