"""Plain text: typed labels, and the text exports of Otter, Rev, Trint, Sonix, F4 and Zoom's chat."""

from __future__ import annotations

from pipeline.records import Transcript
from pipeline.transcripts.decode import decode, soft_lines
from pipeline.transcripts.pieces import assemble
from pipeline.transcripts.typed import Line, pieces_of


def read(data: bytes, name: str) -> Transcript:
    """The turns of a plain text file; a place is counted in lines."""
    text, notices = decode(data, name)
    rows = soft_lines(text)
    lines = [
        Line(row, number, not number > 1 or not rows[number - 2].strip())
        for number, row in enumerate(rows, 1)
    ]
    if not any(line.fresh for line in lines[1:] if line.text.strip()):
        lines = [Line(line.text, line.number, True) for line in lines]
    pieces, told = pieces_of(lines, "line")
    return assemble(pieces, format="txt", unit="line", name=name, notices=[*notices, *told])
