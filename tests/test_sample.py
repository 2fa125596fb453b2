"""The sample study: invented, and like real talk; gold files that fit the interviews."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from pipeline import codebook, resources, transcripts
from pipeline.records import VALENCES, Transcript

SITES = {"S2": 3, "S3": 5, "S4": 5, "S5": 3, "S6": 4}
IDS = [f"{site}PW{n}" for site, workers in SITES.items() for n in range(1, workers + 1)]
IDS += [f"{site}PWC" for site in SITES]


@pytest.fixture(scope="module")
def read() -> dict[str, Transcript]:
    folder = resources.path("sample_transcripts")
    files = [file for file in folder.iterdir() if file.suffix in transcripts.SUFFIXES]
    return {file.stem: transcripts.read(file.read_bytes(), file.name) for file in files}


def talk(transcript: Transcript) -> str:
    """What was said, without the lines that belong to nobody."""
    return "\n".join(turn.text for turn in transcript.turns if turn.speaker)


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower().replace("\u2019", "'"))


def rows(name: str) -> list[dict[str, str]]:
    file = resources.path("sample_transcripts", "gold", name)
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_twenty_five_interviews_of_five_sites(read: dict[str, Transcript]) -> None:
    assert set(read) == set(IDS)
    lengths = {name: len(words(talk(transcript))) for name, transcript in read.items()}
    assert min(lengths.values()) >= 1200, lengths
    assert 30_000 <= sum(lengths.values()) <= 45_000


def test_they_come_in_eight_formats(read: dict[str, Transcript]) -> None:
    endings = Counter(
        file.suffix for file in resources.path("sample_transcripts").iterdir() if file.is_file()
    )
    assert {".docx", ".vtt", ".srt", ".txt", ".rtf", ".csv"} <= set(endings)


def test_no_sentence_of_more_than_six_words_occurs_twice(read: dict[str, Transcript]) -> None:
    seen: Counter[str] = Counter()
    for transcript in read.values():
        for turn in transcript.turns:
            if turn.speaker:
                for sentence in re.split(r"(?<=[.?!])\s+", turn.text):
                    if len(words(sentence)) > 6:
                        seen[" ".join(words(sentence))] += 1
    assert [sentence for sentence, count in seen.items() if count > 1] == []


def test_the_talk_repeats_itself_as_real_talk_does(read: dict[str, Transcript]) -> None:
    runs = [
        tuple(said[start : start + 4])
        for said in (words(talk(transcript)) for transcript in read.values())
        for start in range(len(said) - 3)
    ]
    assert 0.90 <= len(set(runs)) / len(runs) <= 0.97


def test_no_run_of_six_words_of_a_codebook_occurs_in_an_interview(read: dict[str, Transcript]) -> None:
    said = {
        tuple(part[start : start + 6])
        for part in (words(talk(transcript)) for transcript in read.values())
        for start in range(len(part) - 5)
    }
    for name, file in resources.codebooks().items():
        for code in codebook.parse(file.read_text(encoding="utf-8")).codes:
            for phrase in (*code.examples, *(miss.text for miss in code.near_misses)):
                part = words(phrase)
                runs = {tuple(part[start : start + 6]) for start in range(len(part) - 5)}
                assert not runs & said, f"{name}: {phrase}"


def test_identifiers_lie_where_the_gold_says(read: dict[str, Transcript]) -> None:
    file = resources.path("sample_transcripts", "gold", "identifiers.jsonl")
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").strip().split("\n")]
    assert {record["doc_id"] for record in records} == set(IDS)
    labels: Counter[str] = Counter()
    for record in records:
        assert record["text"] == read[record["doc_id"]].text
        for span in record["spans"]:
            assert record["text"][span["start"] : span["end"]] == span["surface"]
            labels[span["label"]] += 1
    assert set(labels) >= {
        "PERSON", "LOCATION", "ORGANISATION", "DATE", "PHONE", "EMAIL", "ID", "POSTCODE", "AGE", "OTHER",
    }  # fmt: skip
    assert sum(labels.values()) > 500


@pytest.mark.parametrize("name", ["codes_coder_a.csv", "codes_coder_b.csv", "adjudicated.csv"])
def test_every_participant_utterance_is_coded_once(name: str, read: dict[str, Transcript]) -> None:
    book = codebook.parse(resources.codebooks()["parihs-peer-support"].read_text(encoding="utf-8"))
    leaves = {code.id for code in book.leaves()}
    found = rows(name)
    assert len({row["utterance_id"] for row in found}) == len(found)
    for row in found:
        turn = read[row["transcript_id"]].turns[int(row["turn_index"]) - 1]
        assert row["text"] in turn.text, row["utterance_id"]
        for given in filter(None, row["codes"].split(";")):
            code, _, valence = given.partition(":")
            assert code in leaves
            assert valence in ("", *VALENCES)
    by_turn = Counter((row["transcript_id"], int(row["turn_index"])) for row in found)
    speakers = {(row["transcript"], row["label"]) for row in rows("speakers.csv")}
    known = {"I", "INT", "INTERVIEWER", "Interviewer"}
    for name_of, transcript in read.items():
        for turn in transcript.turns:
            talks = turn.speaker and turn.speaker not in known and (name_of, turn.speaker) not in speakers
            assert bool(by_turn[(name_of, turn.index)]) == bool(talks and turn.text.strip())


def test_a_reason_is_given_where_the_readings_differed() -> None:
    first, second, settled = (
        rows(f"{name}.csv") for name in ("codes_coder_a", "codes_coder_b", "adjudicated")
    )
    for a, b, one in zip(first, second, settled, strict=True):
        differ = set(a["codes"].split(";")) != set(b["codes"].split(";"))
        assert bool(one["note"]) == differ, one["utterance_id"]


def test_the_folder_says_that_all_of_it_is_invented() -> None:
    text = (resources.path("sample_transcripts") / "README.md").read_text(encoding="utf-8")
    assert "invented" in text.lower()
    assert isinstance(resources.path("sample_transcripts", "gold"), Path)
