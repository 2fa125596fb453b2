"""Hostile and broken files are refused with a clear error; none crashes, hangs or eats the machine."""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
import zlib

import formats
import pytest
from formats import INTERVIEW, Said

from pipeline import transcripts
from pipeline.containers import Kind
from pipeline.errors import StudyError

BLANK = b" " * (1 << 20)


def bomb(path: str, megabytes: int, others: dict[str, str]) -> bytes:
    """A zip with one part that unpacks to so many megabytes of blanks."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in others.items():
            archive.writestr(name, content)
        with archive.open(path, "w", force_zip64=True) as part:
            for _ in range(megabytes):
                part.write(BLANK)
    return out.getvalue()


@pytest.mark.parametrize(
    ("path", "others"),
    [
        ("word/document.xml", {}),
        ("content.xml", {"mimetype": "application/vnd.oasis.opendocument.text"}),
        ("xl/worksheets/sheet1.xml", {"xl/workbook.xml": "<workbook/>"}),
    ],
)
def test_a_file_that_unpacks_without_end_is_refused_in_little_memory(
    path: str, others: dict[str, str]
) -> None:
    data = bomb(path, 300, others)
    tracemalloc.start()
    try:
        with pytest.raises(StudyError, match="unpacks to more than"):
            transcripts.read(data, "bomb.docx")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200 * 1024 * 1024


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(bomb("word/document.xml", 8, {}))
    at = data.rindex(b"PK\x01\x02") + 24
    data[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises(StudyError):
        transcripts.read(bytes(data), "liar.docx")


@pytest.mark.parametrize(
    "path", ["../../etc/cron.d/x", "/etc/passwd", "C:\\windows\\x", "word/../../x", "a\\..\\..\\x"]
)
def test_a_part_that_points_outside_is_refused(path: str) -> None:
    data = formats.zipped({"word/document.xml": "<w/>", path: "x"})
    with pytest.raises(StudyError, match="outside"):
        transcripts.read(data, "slip.docx")


def test_thousands_of_parts_are_refused() -> None:
    data = formats.zipped({f"p{n}": "" for n in range(Kind("").parts + 1)})
    with pytest.raises(StudyError, match="thousands of parts"):
        transcripts.read(data, "many.docx")


LAUGHS = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_xml_entities_are_refused_wherever_they_stand(codec: str) -> None:
    xml = (LAUGHS + "<x>&b;&c;</x>").encode(codec)
    files = {
        "a.docx": formats.zipped({"word/document.xml": xml}),
        "a.odt": formats.zipped({"content.xml": xml}),
        "a.xlsx": formats.zipped({"xl/workbook.xml": xml}),
        "b.xlsx": formats.zipped({"xl/workbook.xml": "<workbook/>", "xl/sharedStrings.xml": xml}),
        "a.eaf": (LAUGHS + "<ANNOTATION_DOCUMENT>&b;</ANNOTATION_DOCUMENT>").encode(codec),
    }
    for name, data in files.items():
        with pytest.raises(StudyError, match="entities"):
            transcripts.read(data, name)


def sheet(rows: str, dimension: str) -> bytes:
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    return formats.zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}worksheet+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{link}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook {main} xmlns:r="{link}"><sheets>'
            '<sheet name="a" sheetId="1" r:id="r1"/>'
            "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r1" Type="{link}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet {main}><dimension ref="{dimension}"/>'
            f"<sheetData>{rows}</sheetData>"
            "</worksheet>",
        }
    )


def cell(ref: str, text: str) -> str:
    return f'<c r="{ref}" t="inlineStr"><is><t>{text}</t></is></c>'


def test_a_sheet_that_claims_billions_of_cells_but_has_few_is_read() -> None:
    rows = "".join(
        f'<row r="{n}">{cell(f"A{n}", who)}{cell(f"B{n}", "well then")}</row>'
        for n, who in [(1, "I"), (2, "P")]
    )
    transcript = transcripts.read(sheet(rows, "A1:XFD1048576"), "big.xlsx")
    assert [turn.speaker for turn in transcript.turns] == ["I", "P"]


def test_a_sheet_with_millions_of_cells_is_refused() -> None:
    rows = "".join(f'<row r="{n}">{cell(f"XFD{n}", "x")}</row>' for n in range(1, 400))
    with pytest.raises(StudyError, match="millions of cells"):
        transcripts.read(sheet(rows, "A1"), "big.xlsx")


def test_a_sheet_whose_last_row_lies_a_million_below_is_refused() -> None:
    rows = f'<row r="1">{cell("A1", "I")}{cell("B1", "well")}</row>'
    rows += f'<row r="1048576">{cell("B1048576", "then")}</row>'
    with pytest.raises(StudyError, match="millions"):
        transcripts.read(sheet(rows, "A1"), "far.xlsx")


def test_deep_nesting_is_refused() -> None:
    deep = "<w:sdt>" * 5000 + "</w:sdt>" * 5000
    with pytest.raises(StudyError):
        transcripts.read(formats.document_xml(deep), "deep.docx")
    with pytest.raises(StudyError):
        transcripts.read(b"{\\rtf1 " + b"{" * 100_000, "deep.rtf")


def test_a_file_over_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MAX_FILE", 10)
    with pytest.raises(StudyError, match="larger"):
        transcripts.read(b"I: How are you?", "a.txt")


# Fuzzing


def broken(data: bytes, dice: random.Random) -> bytes:
    """Cut short, with some bits flipped, or with a stretch doubled or gone."""
    damaged = bytearray(data)
    for _ in range(dice.randint(0, 6)):
        if damaged:
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
    a, b = sorted(dice.randrange(len(damaged) + 1) for _ in range(2))
    shape = dice.randrange(4)
    if shape == 0:
        return bytes(damaged[:a])
    if shape == 1:
        return bytes(damaged[:a] + damaged[b:])
    return bytes(damaged[:b] + damaged[a:]) if shape == 2 else bytes(damaged)


@pytest.mark.parametrize("name", formats.ALL)
def test_broken_files_read_or_are_refused(name: str) -> None:
    data = formats.ALL[name](INTERVIEW)
    dice = random.Random(name)
    for _ in range(60):
        attempt = broken(data, dice)
        try:
            transcript = transcripts.read(attempt, name)
        except StudyError:
            continue
        assert transcript.turns
        transcript.text.encode()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("typed.docx", "word/document.xml"),
        ("talk.odt", "content.xml"),
        ("table.xlsx", "xl/worksheets/sheet1.xml"),
    ],
)
def test_broken_xml_inside_a_whole_container_reads_or_is_refused(name: str, path: str) -> None:
    with zipfile.ZipFile(io.BytesIO(formats.ALL[name](INTERVIEW))) as archive:
        parts: dict[str, str | bytes] = {part: archive.read(part) for part in archive.namelist()}
    whole = parts[path]
    dice = random.Random(name)
    for _ in range(60):
        parts[path] = broken(bytes(whole), dice)  # type: ignore[arg-type]
        try:
            transcripts.read(formats.zipped(parts), name)
        except StudyError:
            continue


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000,
        "[" * 50_000,
        "<v " * 20_000,
        "I" * 50_000 + ":",
        " " * 50_000 + "x",
        "1:" * 20_000,
        "\u00a0" * 50_000,
        "A b c d " * 10_000,
        "# " * 20_000,
        "I: " + "[" * 20_000 + "]" * 20_000,
        "((" * 20_000,
        "12:34 " * 10_000,
        "1\n" * 10_000,
        "-->" * 10_000,
        "00:00:01,000 --> " * 5_000,
        "**" * 20_000,
        "I - " * 10_000,
        "@Begin\n" * 5_000,
        "{" * 1_000,
        "a\t" * 20_000,
        "&amp" * 20_000,
        "I: " + "x " * 100_000,
        "(the " * 20_000,
        "from " * 10_000 + " to x:",
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.vtt"])
def test_long_odd_lines_do_not_hang(text: str, name: str) -> None:
    data = text.encode() if name == "a.txt" else ("WEBVTT\n\n00:01.000 --> 00:02.000\n" + text).encode()
    try:
        transcript = transcripts.read(data, name)
    except StudyError:
        return
    assert transcript.turns


# Size


def four_hours() -> bytes:
    """A caption file of four hours with 20,000 cues, some of which hold a name."""
    said = [
        Said(f"Speaker {n // 7 % 2}", f"and so we went on number {n} of them", n, n + 1)
        for n in range(20_000)
    ]
    return formats.teams_vtt(said)


def test_four_hours_of_captions_stay_in_bounds() -> None:
    data = four_hours()
    tracemalloc.start()
    try:
        transcript = transcripts.read(data, "long.vtt")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200 * 1024 * 1024
    assert sum(len(turn.text.split()) for turn in transcript.turns) == 9 * 20_000


def test_a_damaged_stream_names_the_file_and_the_way_on() -> None:
    data = bytearray(formats.typed_docx(INTERVIEW))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        info = archive.getinfo("word/document.xml")
    at = info.header_offset + 60
    data[at : at + 40] = zlib.compress(b"x" * 40)[:40].ljust(40, b"\xff")
    with pytest.raises(StudyError) as caught:
        transcripts.read(bytes(data), "x.docx")
    assert caught.value.where == "x.docx"
    assert caught.value.hint
