"""One invented interview written in every format, as the programs write it. Nobody in it is real."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import docx
import openpyxl


@dataclass(frozen=True)
class Said:
    """What one speaker says, with its time in whole seconds."""

    speaker: str
    text: str
    start: int
    end: int


INTERVIEW: tuple[Said, ...] = (
    Said("INT", "Thanks for coming in. How did the programme start on your ward?", 3, 9),
    Said("S3PW1", "Well, we were - we were fine [inaudible 00:00:12] you know. Nobody had time.", 10, 18),
    Said("INT", "Mm.", 18, 19),
    Said(
        "S3PW1", "And I said to him: go and ask the manager, “she’s” the one who decides & pays <50%.", 20, 31
    ),
    Said("INT", "So: what changed?", 32, 34),
    Said("S3PW1", "((coughs)) Naïve question… at 10:30 we met, every week, and that was that.", 35, 47),
)


def clock(seconds: int, millis: str = "") -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{millis}"


def typed_txt(said: Sequence[Said]) -> bytes:
    return "\n".join(f"{s.speaker}: {s.text}" for s in said).encode()


def otter_txt(said: Sequence[Said]) -> bytes:
    blocks = [f"{s.speaker}  {s.start // 60}:{s.start % 60:02d}\n{s.text}\n" for s in said]
    return "\n".join(blocks).encode()


def rev_txt(said: Sequence[Said]) -> bytes:
    return "\n\n".join(f"{s.speaker}: ({clock(s.start)})\n{s.text}" for s in said).encode()


def trint_txt(said: Sequence[Said]) -> bytes:
    return "\n\n".join(f"[{clock(s.start)}] {s.speaker}: {s.text}" for s in said).encode()


def sonix_txt(said: Sequence[Said]) -> bytes:
    return "\n\n".join(f"{s.speaker}: [{clock(s.start)}] {s.text}" for s in said).encode()


def f4_txt(said: Sequence[Said]) -> bytes:
    return "\r\n".join(f"{s.speaker}: {s.text} #{clock(s.end)}-0#" for s in said).encode("utf-8-sig")


def teams_vtt(said: Sequence[Said]) -> bytes:
    cues = [
        f"3fa85f64-5717-4562-b3fc-2c963f66afa6/{n}-0\r\n"
        f"{clock(s.start, '.000')} --> {clock(s.end, '.000')}\r\n"
        f"<v {s.speaker}>{escape(s.text)}</v>\r\n"
        for n, s in enumerate(said, 1)
    ]
    return ("WEBVTT\r\n\r\n" + "\r\n".join(cues)).encode("utf-8-sig")


def zoom_vtt(said: Sequence[Said]) -> bytes:
    cues = [
        f"{n}\n{clock(s.start, '.000')} --> {clock(s.end, '.000')}\n{s.speaker}: {escape(s.text)}\n"
        for n, s in enumerate(said, 1)
    ]
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def srt(said: Sequence[Said]) -> bytes:
    cues = [
        f"{n}\n{clock(s.start, ',000')} --> {clock(s.end, ',000')}\n{s.speaker}: {s.text}\n"
        for n, s in enumerate(said, 1)
    ]
    return "\n".join(cues).encode()


def whisperx_json(said: Sequence[Said]) -> bytes:
    segments = [
        {"id": n, "start": float(s.start), "end": float(s.end), "text": " " + s.text, "speaker": s.speaker}
        for n, s in enumerate(said)
    ]
    return json.dumps({"segments": segments, "language": "en"}).encode()


def whisper_json(said: Sequence[Said]) -> bytes:
    segments = [
        {"id": n, "start": s.start / 1, "end": s.end / 1, "text": " " + s.text} for n, s in enumerate(said)
    ]
    return json.dumps({"text": "".join(s.text for s in said), "segments": segments}).encode()


def whisper_cpp_json(said: Sequence[Said]) -> bytes:
    parts = [{"offsets": {"from": s.start * 1000, "to": s.end * 1000}, "text": " " + s.text} for s in said]
    return json.dumps({"transcription": parts}, ensure_ascii=False).encode()


def whisper_tsv(said: Sequence[Said]) -> bytes:
    rows = [f"{s.start * 1000}\t{s.end * 1000}\t{s.text}" for s in said]
    return ("start\tend\ttext\n" + "\n".join(rows) + "\n").encode()


def table_csv(said: Sequence[Said]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Start", "End", "Speaker", "Text"])
    writer.writerows([clock(s.start), clock(s.end), s.speaker, s.text] for s in said)
    return out.getvalue().encode()


def workbook_xlsx(said: Sequence[Said]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Time", "Speaker", "What was said"])
    for s in said:
        sheet.append([clock(s.start), s.speaker, s.text])
    return _saved(book)


def typed_docx(said: Sequence[Said]) -> bytes:
    document = docx.Document()
    for s in said:
        document.add_paragraph(f"{s.speaker}:\t{s.text}")
    return _saved(document)


def table_docx(said: Sequence[Said]) -> bytes:
    """As NVivo exports a transcript."""
    document = docx.Document()
    table = document.add_table(1, 3)
    for cell, title in zip(table.rows[0].cells, ("Timespan", "Content", "Speaker"), strict=True):
        cell.text = title
    for s in said:
        span = f"{s.start // 60}:{s.start % 60:02d}.0 - {s.end // 60}:{s.end % 60:02d}.0"
        for cell, value in zip(table.add_row().cells, (span, s.text, s.speaker), strict=True):
            cell.text = value
    return _saved(document)


def teams_docx(said: Sequence[Said]) -> bytes:
    document = docx.Document()
    for s in said:
        paragraph = document.add_paragraph()
        paragraph.add_run(s.speaker).bold = True
        paragraph.add_run(f"   {s.start // 60}:{s.start % 60:02d}").add_break()
        paragraph.add_run(s.text)
    return _saved(document)


def rtf(said: Sequence[Said]) -> bytes:
    rows = "".join(f"{_rtf(s.speaker)}:\\tab {_rtf(s.text)}\\par\r\n" for s in said)
    fonts = r"{\fonttbl{\f0\fnil\fcharset0 Calibri;}}{\*\generator Invented;}"
    head = r"{\rtf1\ansi\ansicpg1252\deff0" + fonts + r"\uc1\pard\f0 "
    return (head + rows + "}").encode("ascii")


def _rtf(text: str) -> str:
    out = []
    for char in text:
        if char in "\\{}":
            out.append("\\" + char)
        elif ord(char) < 128:
            out.append(char)
        else:
            units = char.encode("utf-16-le")
            for at in range(0, len(units), 2):
                code = int.from_bytes(units[at : at + 2], "little")
                out.append(f"\\u{code - 65536 if code > 32767 else code}?")
    return "".join(out)


def odt(said: Sequence[Said]) -> bytes:
    rows = "".join(
        f"<text:p>{escape(s.speaker)}:<text:tab/>{escape(s.text).replace('  ', ' <text:s/>')}</text:p>"
        for s in said
    )
    return odt_of(rows)


def odt_of(body: str) -> bytes:
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>'
        f"{body}</office:text></office:body></office:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def eaf(said: Sequence[Said]) -> bytes:
    slots = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="a{n}" TIME_VALUE="{s.start * 1000}"/>'
        f'<TIME_SLOT TIME_SLOT_ID="b{n}" TIME_VALUE="{s.end * 1000}"/>'
        for n, s in enumerate(said)
    )
    tiers = []
    for speaker in dict.fromkeys(s.speaker for s in said):
        notes = "".join(
            f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="n{n}" '
            f'TIME_SLOT_REF1="a{n}" TIME_SLOT_REF2="b{n}">'
            f"<ANNOTATION_VALUE>{escape(s.text)}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
            for n, s in enumerate(said)
            if s.speaker == speaker
        )
        name = quoteattr(speaker)
        tiers.append(f'<TIER LINGUISTIC_TYPE_REF="talk" PARTICIPANT={name} TIER_ID={name}>{notes}</TIER>')
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT VERSION="3.0">'
        f"<TIME_ORDER>{slots}</TIME_ORDER>{''.join(tiers)}</ANNOTATION_DOCUMENT>"
    ).encode()


def cha(said: Sequence[Said]) -> bytes:
    rows = [f"*{s.speaker}:\t{s.text} \x15{s.start * 1000}_{s.end * 1000}\x15" for s in said]
    return ("@UTF8\n@Begin\n@Participants:\tINT Interviewer\n" + "\n".join(rows) + "\n@End\n").encode()


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A zip file of the given parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
    return out.getvalue()


def document_xml(body: str) -> bytes:
    """A Word document with the given inside of `w:body`."""
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><w:document'
        ' xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        f' xmlns:wps="urn:shape"><w:body>{body}</w:body></w:document>'
    )
    return zipped({"word/document.xml": xml})


def _saved(thing: object) -> bytes:
    out = io.BytesIO()
    thing.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


Writer = Callable[[Sequence[Said]], bytes]

WITH_SPEAKERS: dict[str, Writer] = {
    "typed.txt": typed_txt,
    "otter.txt": otter_txt,
    "rev.txt": rev_txt,
    "trint.txt": trint_txt,
    "sonix.txt": sonix_txt,
    "f4.txt": f4_txt,
    "teams.vtt": teams_vtt,
    "zoom.vtt": zoom_vtt,
    "talk.srt": srt,
    "whisperx.json": whisperx_json,
    "table.csv": table_csv,
    "table.xlsx": workbook_xlsx,
    "typed.docx": typed_docx,
    "table.docx": table_docx,
    "teams.docx": teams_docx,
    "talk.rtf": rtf,
    "talk.odt": odt,
    "talk.eaf": eaf,
    "talk.cha": cha,
}
"""Formats that carry speakers, by a file name."""

WITHOUT_SPEAKERS: dict[str, Writer] = {
    "whisper.json": whisper_json,
    "whispercpp.json": whisper_cpp_json,
    "whisper.tsv": whisper_tsv,
}
ALL = {**WITH_SPEAKERS, **WITHOUT_SPEAKERS}
