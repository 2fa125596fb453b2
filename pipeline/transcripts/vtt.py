"""WebVTT captions: Teams with voice tags, Zoom with `Name:`, and the general kind."""

from __future__ import annotations

from pipeline.records import Transcript
from pipeline.transcripts.cues import cues_of, pieces_of
from pipeline.transcripts.decode import decode, lines
from pipeline.transcripts.pieces import assemble


def read(data: bytes, name: str) -> Transcript:
    """The turns of a WebVTT file; a place is counted in cues."""
    text, notices = decode(data, name)
    cues, told = cues_of(lines(text), ids_are_numbers=False)
    pieces, guessed = pieces_of(cues)
    return assemble(pieces, format="vtt", unit="cue", name=name, notices=[*notices, *told, *guessed])
