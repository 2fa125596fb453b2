"""How long 10,000 utterances take out to a sheet, a packet and a project, and back in.

Run: python benchmarks/review.py [utterances]
"""

from __future__ import annotations

import io
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook

from pipeline import resources
from pipeline.cli._project import export_project
from pipeline.cli._review_in import import_returned, undo_batch
from pipeline.cli._review_out import export_batch
from pipeline.codebook import parse
from pipeline.records import Suggestion
from pipeline.review.packet import MARK
from pipeline.study import StoredSpan, StoredTranscript, StoredTurn, Study, judgements

A_TRANSCRIPT = 200
SAID = "They are fifty miles apart, the hospital and her house, and there is one bus a day when it runs."


def study_of(folder: Path, number: int) -> Path:
    """A study of made-up talk with two suggestions an utterance."""
    book = resources.codebooks()["parihs-peer-support"].read_text(encoding="utf-8")
    settings = resources.path("configs", "study.toml").read_text(encoding="utf-8")
    study = Study.create(folder / "study", settings_text=settings, codebook_text=book)
    codes = [code.id for code in parse(book, where="codebook.yaml").leaves()]
    with study.store() as store:
        for first in range(0, number, A_TRANSCRIPT):
            name = f"T{first // A_TRANSCRIPT + 1:03d}"
            turns, spans = [], []
            for at in range(1, min(A_TRANSCRIPT, number - first) + 1):
                text = f"{SAID} {first + at}"
                turns.append(StoredTurn(at, name, "PW", text, None, None, f"row {at}"))
                span = StoredSpan(f"{name}.t{at:04d}.u01", at, 1, 0, len(text), 22, False, f"h{first + at}")
                spans.append(span)
            store.save_transcript(StoredTranscript(name, name, "txt", "", 0), turns, spans)
        with study.run(store, "suggest") as run:
            names = [one.id for one in store.utterances()]
            judgements.save_suggestions(
                store,
                [
                    [Suggestion(name, code, 0.5, "probability", code in codes[:2]) for code in codes]
                    for name in names
                ],
                run.id,
            )
        store.set_swept()
    return study.folder


def answered_sheet(file: Path) -> Path:
    """The sheet with an answer in every row."""
    workbook = load_workbook(file)
    sheet = workbook["Review"]
    columns = {str(cell.value): int(cell.column) for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, columns["Answer 1"]).value = "accept"
        sheet.cell(row, columns["Answer 2"]).value = "reject"
    out = io.BytesIO()
    workbook.save(out)
    back = file.with_name("back.xlsx")
    back.write_bytes(out.getvalue())
    return back


def answered_packet(study: Path, batch: str) -> Path:
    """The decisions file with an answer to every suggestion."""
    with Study.open(study).store() as store:
        _, coder, _, offered = judgements.batch(store, batch)
        hashes = dict(store.db.execute("SELECT id, text_hash FROM utterances"))
    items = [
        {
            "id": name,
            "hash": hashes[name],
            "answers": [[code, "accept", "barrier"] for code in codes],
            "added": [],
            "nothing": False,
            "unsure": False,
            "note": "",
            "proposals": [],
        }
        for name, codes in offered.items()
    ]
    facts = {"kind": MARK, "format": 1, "batch": batch, "coder": coder, "items": items}
    back = study / "back.json"
    back.write_text(json.dumps(facts), encoding="utf-8")
    return back


def timed(label: str, work: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Do it and say how long it took, by the clock and of the processor."""
    start, busy = time.perf_counter(), time.process_time()
    result = work()
    clock, busy = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{label:14} {clock:6.1f} s, {busy:6.1f} s of the processor   (peak {peak} MiB)", flush=True)
    return result


def main(number: int = 10_000) -> None:
    """Out and in, every form; the project holds what came back in the others, which is taken back first."""
    with tempfile.TemporaryDirectory() as folder:
        study = study_of(Path(folder), number)
        batches = []
        for to in ("sheet", "packet"):
            sent = timed(f"{to} out", lambda to=to: export_batch(study, coder=to, to=to, limit=number))  # type: ignore[misc]
            file = Path(str(sent["file"]))
            size = file.stat().st_size / 2**20
            back = answered_sheet(file) if to == "sheet" else answered_packet(study, str(sent["batch"]))
            result = timed(f"{to} in", lambda back=back: import_returned(study, back))  # type: ignore[misc]
            print(f"{'':14} {sent['utterances']} utterances, {size:.1f} MiB, {result['added']} decisions")
            batches.append(str(sent["batch"]))
        made = timed("project out", lambda: export_project(study, target="nvivo"))
        for batch in batches:
            undo_batch(study, batch)
        file = Path(str(made["file"]))
        result = timed("project in", lambda: import_returned(study, file))
        size = file.stat().st_size / 2**20
        print(f"{'':14} {made['passages']} passages, {size:.1f} MiB, {result['added']} decisions")


if __name__ == "__main__":
    main(*[int(word) for word in sys.argv[1:]])
