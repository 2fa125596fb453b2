"""`secondcoder try`"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say, show

_SHOWN = 3


@app.command("try")
def try_(
    codebook: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="The codebook to suggest from.")
    ] = "parihs-peer-support",
    as_json: JsonOpt = False,
) -> None:
    """Suggest codes for texts typed or piped in, one a line, from the codebook and its starter model.

    Example:  printf '%s\\n' "My manager had no time for us." | secondcoder try
    """
    lines = sys.stdin.buffer.read().decode("utf-8-sig", errors="replace").split("\n")
    texts = [line.strip() for line in lines if line.strip()]
    offered, basis = suggest_texts(texts, codebook)
    say(basis)
    for text, suggestions in zip(texts, offered, strict=True):
        if as_json:
            emit({"text": text, "suggestions": [each.as_json() for each in suggestions]})
            continue
        show(text)
        for each in suggestions[:_SHOWN]:
            show(f"  {each.score:.2f}  {each.code}{f' ({each.valence})' if each.valence else ''}")


def suggest_texts(texts: list[str], codebook: str) -> tuple[list[Any], str]:
    """Suggestions for each text before any study coded anything, and what they rest on."""
    import numpy as np

    from pipeline import codebook as codebooks
    from pipeline import embed
    from pipeline.cli import _codebook, _learning
    from pipeline.errors import StudyError
    from pipeline.records import Utterance
    from pipeline.suggest.train import untrained

    if not texts:
        raise StudyError(
            "there is no text on standard input",
            hint="Pipe texts in, one a line, or type them and end with Ctrl-D.",
        )
    book = codebooks.parse(_codebook.find(codebook), where=codebook)
    embedder = embed.load()
    before = _learning.cold(book, embedder)
    model = untrained(book, before)
    utterances = [
        Utterance(id=str(number), transcript_id=str(number), turn_index=1, text=text, words=len(text.split()))
        for number, text in enumerate(texts, start=1)
    ]
    vectors = embedder.embed(texts)
    known = "its definitions and the starter model, trained on invented interviews"
    basis = known if before.starter is not None else "its definitions alone"
    return (
        model.suggest(utterances, vectors, np.zeros_like(vectors)),
        f"Suggested from the codebook {book.name}: {basis}. Scores, not probabilities.",
    )
