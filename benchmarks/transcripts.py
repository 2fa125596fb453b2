"""Processor time and memory that reading takes: `python benchmarks/transcripts.py`, one line a file."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Callable

import docx

from pipeline import transcripts

CUES = 20_000
WORDS = "and so we went on with number {n} of them, as far as I remember"


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def teams_vtt() -> bytes:
    cues = (
        f"id/{n}-0\n{clock(n)}.000 --> {clock(n + 1)}.000\n<v Speaker {n // 7 % 2}>{WORDS.format(n=n)}</v>\n"
        for n in range(CUES)
    )
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def zoom_vtt() -> bytes:
    cues = (
        f"{n}\n{clock(n)}.000 --> {clock(n + 1)}.000\nAnn Bell {n // 7 % 2}: {WORDS.format(n=n)}\n"
        for n in range(1, CUES)
    )
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def srt() -> bytes:
    cues = (
        f"{n}\n{clock(n)},000 --> {clock(n + 1)},000\n{WORDS.format(n=n)}{'.' * (n % 3 == 0)}\n"
        for n in range(1, CUES)
    )
    return "\n".join(cues).encode()


def typed_txt() -> bytes:
    return "\n".join(f"{'IP'[n % 2]}: {WORDS.format(n=n)}." for n in range(CUES)).encode()


def typed_docx() -> bytes:
    document = docx.Document()
    for n in range(2_000):
        document.add_paragraph(f"{'IP'[n % 2]}:\t{WORDS.format(n=n)} " * 5)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "teams, 20,000 cues.vtt": teams_vtt,
    "zoom, 20,000 cues.vtt": zoom_vtt,
    "no speakers, 20,000 cues.srt": srt,
    "typed, 20,000 turns.txt": typed_txt,
    "typed, 2,000 turns.docx": typed_docx,
}


def main() -> None:
    for name, write in FILES.items():
        data = write()
        began = time.process_time()
        turns = transcripts.read(data, name).turns
        took = time.process_time() - began
        tracemalloc.start()
        transcripts.read(data, name)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        size = len(data) / 1e6
        print(f"{name:32} {size:5.1f} MB  {len(turns):6} turns  {took:5.2f} s  {peak:5.0f} MB at most")


if __name__ == "__main__":
    main()
