"""A whole study's life, and no raw name in any byte of what it leaves or says."""

from __future__ import annotations

import io
import json
import re
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline.cli import main
from pipeline.cli.ingest import ingest_files
from pipeline.pseudonymise.entities import Entity
from pipeline.study import Study, register

pytestmark = pytest.mark.usefixtures("fake_models")
Output = pytest.CaptureFixture[str]

TALK = {
    "S1PW1.txt": (
        "I: How did it start?\n"
        "QUELLWORTH: Mrs Zebadiah Quellworth, that is me. I came from Mexborough in 2019.\n"
        "I: Hm.\n"
        "QUELLWORTH: Yes.\n"
        "I: Who helped?\n"
        "QUELLWORTH: Dr Okonjo, okonjo at the desk, and OKONJO'S wife. Ring 07700 900318.\n"
    ),
    "S1PW2.txt": (
        "I: And the coordinator?\n"
        "P: It says www.okonjo-trust.example and tolu@okonjo.example on the door, Okonjo-Trust.\n"
        "I: \n"
        "P: Mr Mexborough, Tolu Mexborough, he lives in Mexborough. My neighbour is Zebadiah.\n"
    ),
    "S2PW1.txt": "I: Who else?\nP: Dr Okonjo again. Zebadiah Quellworth's sister.\nI: Mm.\nP: Right.\n",
}
RAW = ("quellworth", "zebadiah", "okonjo", "mexborough", "tolu", "900318", "900 318", "interviews-of-mrs")


def run(*words: object, code: int = 0) -> None:
    assert main([str(word) for word in words]) == code, words


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    folder = tmp_path / "interviews-of-mrs-quellworth"
    folder.mkdir()
    for name, text in TALK.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def study(new_study: Path, talk: Path) -> Path:
    ingest_files(new_study, [str(talk)])
    run("names", "always", new_study, "Mexborough", "--label", "LOCATION")
    return new_study


def unfolded(data: bytes) -> Iterator[bytes]:
    """The bytes of a file, those of everything zipped in it too, however deep."""
    yield data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for entry in packed.infolist():
                yield entry.filename.encode("utf-8")
                yield from unfolded(packed.read(entry))


def said_in(data: bytes) -> set[str]:
    """The raw names that stand in some bytes, in any letters, as UTF-8 or UTF-16."""
    low = data.lower()
    return {name for name in RAW if name.encode() in low or name.encode("utf-16-le") in low}


def in_the_clear(folder: Path) -> dict[str, set[str]]:
    """Files that are not encrypted and hold a raw name, or are called by one."""
    out = {}
    for file in folder.rglob("*"):
        where = file.relative_to(folder).as_posix()
        held = said_in(where.encode())
        if file.is_file() and file.suffix != ".age":
            held |= {name for data in unfolded(file.read_bytes()) for name in said_in(data)}
        if held:
            out[where] = held
    return out


def fill(file: Path, **cells: str) -> None:
    """Write into the first row of a review sheet."""
    book = load_workbook(file)
    rows = book["Review"]
    columns = {cell.value: cell.column for cell in rows[1]}
    for heading, value in cells.items():
        rows.cell(2, columns[heading.replace("_", " ")]).value = value
    book.save(file)


def exported(study: Path, capsys: Output, *words: str) -> Path:
    run("review", "export", study, *words, "--json")
    return Path(json.loads(capsys.readouterr().out.strip().split("\n")[-1])["file"])


def test_no_raw_name_in_any_byte_after_a_whole_run(
    study: Path, talk: Path, tmp_path: Path, capsys: Output
) -> None:
    out = tmp_path / "out"
    spoken = []

    def listen() -> None:
        captured = capsys.readouterr()
        spoken.append(captured.out + captured.err)

    listen()
    note = "Okonjo again, see zebadiah quellworth in Mexborough; ring 07700900318"
    for coder in ("anna", "ben"):
        sheet = exported(study, capsys, "--coder", coder, "--blind")
        code = "context.culture" if coder == "anna" else "facilitation.role"
        back = tmp_path / f"{coder}-back.xlsx"
        back.write_bytes(sheet.read_bytes())
        fill(back, Code_1=code, Note=note, New_code_wanted="how Okonjo leads")
        run("review", "import", study, back)
    run("suggest", study)
    run("review", "merge", study)
    exported(study, capsys, "--coder", "carla", "--to", "packet")
    run("review", "export", study, "--to", "qdpx")
    run("compare", study)
    run("audit", study, "--out", out / "audit")
    run("report", study)
    run("transcripts", "export", study, "--to", "docx", "--into", out / "docx")
    run("transcripts", "export", study, "--to", "txt", "--into", out / "txt")
    run("risk", study, "--sample", "50")
    run("risk", study, "--missed", "0")
    run("names", "export", study)
    run("names", "import", study)
    run("status", study)
    run("review", "status", study)
    run("key", "rotate", study)
    run("withdraw", study, "S2PW1", "--yes", "--reason", "Zebadiah Quellworth asked for it")
    run("risk", study, "--json")
    listen()
    (study / "reports").mkdir(exist_ok=True)
    assert in_the_clear(study) == {}
    assert in_the_clear(out) == {}
    told = "\n".join(spoken).lower()
    assert not {name for name in RAW if name in told.replace(str(tmp_path).lower(), "")}
    assert "[Person" in (study / "study.db").read_bytes().decode("utf-8", "ignore"), (
        "the talk is there, masked"
    )


def test_no_raw_name_in_the_log_while_the_store_is_open(study: Path) -> None:
    """Beside an open store lies its write-ahead log; it is searched while it is there."""
    with Study.open(study).store() as store:
        store.set_note("any", "thing")
        beside = [file for file in study.iterdir() if file.name.startswith("study.db")]
        assert any(file.name.endswith(("-wal", "-journal", "-shm")) for file in beside)
        assert not {name for file in beside for name in said_in(file.read_bytes())}


@pytest.mark.parametrize(
    "words",
    [
        ("codes", "import", "STUDY", "FILE", "--coder", "anna"),
        ("review", "import", "STUDY", "FILE"),
        ("names", "import", "STUDY", "FILE"),
        ("risk", "STUDY", "--returned", "FILE"),
        ("check", "STUDY", "--speakers", "FILE"),
        ("names", "always", "STUDY", "Okonjo", "--label", "QUELLWORTH"),
        ("reidentify", "STUDY", "Zebadiah Quellworth"),
        ("withdraw", "STUDY", "Quellworth", "--yes"),
        ("names", "never", "STUDY", "Okonjo", "--key", "NOKEY"),
    ],
)
def test_no_raw_name_in_an_error(
    words: tuple[str, ...], study: Path, talk: Path, tmp_path: Path, capsys: Output
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "transcript,utterance_id,codes,label,role\nTolu,Okonjo said,Zebadiah Quellworth,Tolu,Okonjo\n",
        encoding="utf-8",
    )
    places = {"STUDY": str(study), "FILE": str(bad), "NOKEY": str(tmp_path / "none.key")}
    capsys.readouterr()
    assert main([places.get(word, word) for word in words]) == 1
    captured = capsys.readouterr()
    told = (captured.out + captured.err).lower().replace(str(tmp_path).lower(), "")
    typed = {name for name in RAW if name in " ".join(words).lower()}
    assert told.strip()
    assert not {name for name in RAW if name in told} - typed
    assert in_the_clear(study) == {}


# Who is who where it is hard -----------------------------------------------------------------------------


def turns(study: Path, transcript: str) -> list[str]:
    with Study.open(study).store() as store:
        return [turn.text for turn in store.turns(transcript)]


def entity(study: Path, transcript: str, wording: str) -> dict[str, Any]:
    kept = register.load(Study.open(study).vault)
    (found,) = [one for one in kept.entities if transcript in one["where"].get(wording, ())]
    return found


def test_a_participant_called_like_a_place_and_the_place(new_study: Path, talk: Path) -> None:
    ingest_files(new_study, [str(talk)])
    said = turns(new_study, "S1PW2")[1]
    assert "mexborough" not in said.casefold()
    assert re.search(r"Mr \[[^\]]+\], \[[^\]]+\], he lives in \[", said)
    run("names", "always", new_study, "Mexborough", "--label", "LOCATION")
    said = turns(new_study, "S1PW2")[1]
    assert "mexborough" not in said.casefold()
    assert re.search(r"he lives in \[(Town|Place)", said)


def test_names_in_addresses_of_the_web_and_of_mail(study: Path) -> None:
    said = turns(study, "S1PW2")[1]
    assert "okonjo" not in said.casefold()
    assert "[Web address 1]" in said
    assert "[E-mail 1]" in said


def test_empty_and_one_word_turns_stay(study: Path) -> None:
    assert "Yes." in turns(study, "S1PW1")
    assert [text for text in turns(study, "S2PW1") if text in ("Mm.", "Right.")] == ["Mm.", "Right."]
    with Study.open(study).store() as store:
        assert all(one.text.strip() for one in store.utterances(context=True))


def test_overlapping_wordings_are_replaced_once(study: Path) -> None:
    for words in (["Quellworth's sister"], ["Zebadiah Quellworth's sister"], ["Dr Okonjo again"]):
        run("names", "always", study, *words)
    said = turns(study, "S2PW1")[1]
    assert not {name for name in RAW if name in said.casefold()}
    assert "[[" not in said
    assert said.count("[") == said.count("]")
    before = turns(study, "S2PW1")
    run("risk", study)
    assert turns(study, "S2PW1") == before, "doing it again changes nothing"


def test_files_in_any_order_make_the_same_people_or_ask(study: Path, talk: Path, tmp_path: Path) -> None:
    """Who is two people in one order and one in another is asked about: no pseudonym changes by itself."""
    together = people(study)
    for order in (["S2PW1", "S1PW2", "S1PW1"], ["S1PW2", "S1PW1", "S2PW1"]):
        again = tmp_path / "-".join(order)
        run("init", again, "--codebook", "parihs-peer-support")
        for name in order:
            ingest_files(again, [str(talk / f"{name}.txt")])
        run("names", "always", again, "Mexborough", "--label", "LOCATION")
        kept = register.load(Study.open(again).vault)
        where = {one.id: frozenset(one.where) for one in map(Entity.from_json, kept.entities)}
        asked = {
            where[one["entity"]].union(*(where[name] for name in one["candidates"])) for one in kept.doubtful
        }
        apart = people(again) - together
        assert people(again) == together or together - people(again) <= asked, (order, apart)


def people(study: Path) -> set[frozenset[tuple[str, str]]]:
    kept = register.load(Study.open(study).vault)
    return {frozenset(one.where) for one in map(Entity.from_json, kept.entities) if one.where}


@pytest.mark.parametrize(
    "words",
    [("risk",), ("names", "export"), ("names", "always", "x y"), ("key", "rotate"), ("ingest", "TALK")],
)
def test_a_missing_register_is_told_and_nothing_is_lost(
    words: tuple[str, ...], study: Path, talk: Path, capsys: Output
) -> None:
    file = study / "secret" / "register.age"
    data = file.read_bytes()
    before = (study / "study.db").read_bytes()
    file.unlink()
    cut = 2 if words[0] in ("names", "key") else 1
    command = [*words[:cut], str(study), *(str(talk) if word == "TALK" else word for word in words[cut:])]
    code = main(command)
    if words[0] != "key":
        assert code == 1
        assert "the register is missing" in capsys.readouterr().err
        assert (study / "study.db").read_bytes() == before
        file.write_bytes(data)
    else:
        assert not file.exists(), "nothing is put in its place"
        return
    run("risk", study)


def test_everything_works_with_the_network_cut_off(
    new_study: Path, talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise AssertionError("something tried to reach the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, cut)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, cut)
    ingest_files(new_study, [str(talk)])
    run("names", "export", new_study)
    run("names", "import", new_study)
    run("risk", new_study, "--sample", "5")
    run("suggest", new_study)
    run("review", "export", new_study, "--coder", "anna")
    run("transcripts", "export", new_study, "--into", tmp_path / "out")
    run("key", "rotate", new_study)
    run("withdraw", new_study, "S2PW1", "--yes")
