"""The golden run of the demo with the real models, and what it may leave on the disk."""

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

from pipeline import resources
from pipeline.cli import _found, main
from pipeline.cli._gate import INVENTED
from pipeline.cli._rewrite import raw_text
from pipeline.cli.demo import run_demo
from pipeline.pseudonymise.entities import Entity
from pipeline.pseudonymise.replace import Moves
from pipeline.study import Store, Study, register

pytestmark = pytest.mark.model
GOLDEN = Path(__file__).parent / "golden" / "demo.json"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("a demo é") / "study"
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECONDCODER_HOME", str(home))
        patch.setattr(socket.socket, "connect", _no_network)
        patch.setattr(socket, "getaddrinfo", _no_network)
        yield folder, run_demo(folder)


def _no_network(*_: object, **__: object) -> None:
    """The whole job must run with the network cut off."""
    raise AssertionError("something tried to reach the network")


@pytest.fixture(autouse=True)
def _same_home(demo: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    keys = list(demo[0].parent.parent.rglob("*.key"))
    homes = {key.parent.parent for key in keys if key.parent.name == "keys"}
    assert len(homes) >= 1
    study_id = Study.open(demo[0]).settings.study.id
    monkeypatch.setenv(
        "SECONDCODER_HOME", str(next(h for h in homes if (h / "keys" / f"{study_id}.key").is_file()))
    )


def facts(result: dict[str, Any]) -> dict[str, Any]:
    """What must come out the same every time, on every machine."""
    return {
        "ingested": {key: value for key, value in result["ingested"].items() if key != "unchanged"},
        "decisions": result["decisions"],
        "agreement": {pair: round(value, 2) for pair, value in result["agreement"].items()},
    }


def test_the_demo_comes_out_as_before(demo: tuple[Path, dict[str, Any]]) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    found = facts(demo[1])
    assert found["ingested"] == golden["ingested"]
    assert found["decisions"] == golden["decisions"]
    assert found["agreement"] == pytest.approx(golden["agreement"], abs=0.03)
    assert demo[1]["suggested"] == pytest.approx(golden["suggested"], rel=0.05)


def test_the_sample_study_says_that_it_is_invented(demo: tuple[Path, dict[str, Any]]) -> None:
    said = dict(texts(demo[0] / "reports")) | dict(texts(demo[0] / "review" / "sent"))
    pages = [name for name in said if name.endswith((".html", "CHECKED.txt"))]
    assert len(pages) >= 3
    for name in pages:
        assert INVENTED in said[name], f"{name} does not say that the interviews are invented"
    for book in {name.split("/")[0] for name in said if ".xlsx/" in name}:
        sheets = [text for name, text in said.items() if name.startswith(f"{book}/")]
        assert any(INVENTED in text for text in sheets), (
            f"{book} does not say that the interviews are invented"
        )


def test_what_it_names_is_there(demo: tuple[Path, dict[str, Any]]) -> None:
    for key in ("review_sheet", "matrix", "patterns", "report"):
        assert Path(demo[1][key]).stat().st_size > 1000


def test_no_known_name_lies_anywhere_in_the_clear(demo: tuple[Path, dict[str, Any]]) -> None:
    """Search every file of the study, zipped ones unpacked, for every direct identifier of the register."""
    study = Study.open(demo[0])
    kept = register.load(study.vault)
    surfaces = {
        surface
        for entity in map(Entity.from_json, kept.entities)
        if entity.label in ("PERSON", "PHONE", "EMAIL", "ID", "POSTCODE", "ADDRESS", "URL")
        for surface in entity.surfaces
    } | {label for source in kept.sources.values() for label in source.roles if " " in label.strip()}
    own = {"Peer worker", *kept.sources}  # labels that are ids, not names
    shown = sorted(one for one in surfaces - own if len(one) > 2 and (one[0].isupper() or one[0].isdigit()))
    assert len(shown) > 100
    for name, text in texts(demo[0]):
        text = text.replace("Second Coder", "")  # our own name, of which half is a surname
        there = map(re.escape, sorted((one for one in shown if one in text), key=len, reverse=True))
        said = re.compile("|".join(rf"(?<![\w\-]){one}(?![\w\-])" for one in there) or r"(?!)")
        hits = [found for found in said.finditer(text) if not _ordinary(text, found)]
        assert not hits, f"{name}: {len(hits)} known names in the clear"


def _ordinary(text: str, found: re.Match[str]) -> bool:
    """An ordinary word that is a name too, at the start of a sentence or in a word of our own."""
    if " " in found.group() or any(char.isdigit() for char in found.group()):
        return False
    before = text[max(0, found.start() - 40) : found.start()].rstrip("\"'“‘( \t")
    return not before or before[-1] in ".?!:;…\n-–—>[],\x00\x01" or not before[-1].isalnum()


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    for file in folder.rglob("*"):
        if not file.is_file() or "secret" in file.relative_to(folder).parts:
            continue
        if file.name == "codebook.yaml":
            continue  # its invented examples are ours, not a participant's
        data = file.read_bytes()
        if file.name == "cache.db":  # numbers, no text: only long names are no accident there
            words = re.findall(rb"[A-Za-z][A-Za-z' -]{7,}", data)
            yield file.name, "\n".join(word.decode("ascii") for word in words)
        elif zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                for entry in packed.namelist():
                    yield f"{file.name}/{entry}", packed.read(entry).decode("utf-8", "ignore")
        else:
            yield file.name, data.decode("utf-8", "ignore")


def test_the_planted_identifiers_are_protected(demo: tuple[Path, dict[str, Any]]) -> None:
    """Of the planted direct identifiers 99 % are replaced at every one of their places.

    An identifier is one person, number or address of one interview. Told by place, not by wording, so that
    "Will" the name and "will" the word are two things.
    """
    lines = resources.path("sample_transcripts", "gold", "identifiers.jsonl").read_text(encoding="utf-8")
    study = Study.open(demo[0])
    whole: dict[tuple[str, str], bool] = {}
    with study.store() as store:
        for record in map(json.loads, lines.strip().split("\n")):
            raw, masked = places(study, store, record["doc_id"])
            assert raw == record["text"], "the places of the gold file are those of the text"
            for span in record["spans"]:
                if span["identifier_type"] == "direct":
                    safe = all(masked[at] for at in range(span["start"], span["end"]) if raw[at].isalnum())
                    key = (record["doc_id"], span["entity"])
                    whole[key] = whole.get(key, True) and safe
    assert len(whole) > 200
    assert sum(whole.values()) / len(whole) >= 0.99


def places(study: Study, store: Store, name: str) -> tuple[str, bytearray]:
    """A transcript as it was before anything was replaced, and which of its characters were."""
    record = _found.load(study.vault, name)
    turns, masked = [], bytearray()
    for turn in store.turns(name):
        entries = record.entries(turn.index)
        raw = raw_text(turn.text, record.moves.get(turn.index, Moves()), entries)
        here = bytearray(len(raw) + 1)
        for one in entries:
            here[one.start : one.end] = b"\1" * (one.end - one.start)
        turns.append(raw)
        masked += here
    return "\n".join(turns), masked


def test_running_it_again_finds_nothing_new(
    demo: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = resources.path("sample_transcripts")
    assert main(["ingest", str(demo[0]), str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 0
