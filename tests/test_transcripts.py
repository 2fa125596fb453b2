"""Every format reads into the same turns; no word is lost; the text is frozen one way."""

from __future__ import annotations

import json
import re

import formats
import pytest
from formats import INTERVIEW, Said
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import transcripts
from pipeline.errors import StudyError
from pipeline.records import Transcript
from pipeline.transcripts.pieces import clean


def said(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in transcript.turns]


def read(text: str, name: str = "talk.txt") -> Transcript:
    return transcripts.read(text.encode(), name)


# One interview, many formats


@pytest.mark.parametrize("name", formats.WITH_SPEAKERS)
def test_one_interview_reads_alike_from_every_format(name: str) -> None:
    transcript = transcripts.read(formats.WITH_SPEAKERS[name](INTERVIEW), name)
    assert said(transcript) == [(s.speaker, s.text) for s in INTERVIEW]


@pytest.mark.parametrize("name", formats.WITHOUT_SPEAKERS)
def test_formats_without_speakers_keep_the_words_and_say_so(name: str) -> None:
    transcript = transcripts.read(formats.WITHOUT_SPEAKERS[name](INTERVIEW), name)
    assert transcript.text.split() == " ".join(s.text for s in INTERVIEW).split()
    assert {turn.speaker for turn in transcript.turns} == {""}
    assert any("no speakers" in notice.message for notice in transcript.notices)


@pytest.mark.parametrize(
    "name", sorted(set(formats.ALL) - {"typed.txt", "typed.docx", "talk.rtf", "talk.odt", "f4.txt"})
)
def test_times_are_seconds(name: str) -> None:
    transcript = transcripts.read(formats.ALL[name](INTERVIEW), name)
    assert [turn.start for turn in transcript.turns] == [s.start for s in INTERVIEW]
    ends = [turn.end for turn in transcript.turns if turn.end is not None]
    assert set(ends) <= {s.end for s in INTERVIEW}


def test_f4_times_stand_at_the_end_of_a_turn() -> None:
    transcript = transcripts.read(formats.f4_txt(INTERVIEW), "f4.txt")
    assert [turn.end for turn in transcript.turns] == [s.end for s in INTERVIEW]
    assert read("B1: Ja, genau. #00:01:02-3#").turns[0].end == 62.3


@pytest.mark.parametrize("name", formats.ALL)
def test_content_decides_not_the_name(name: str) -> None:
    data = formats.ALL[name](INTERVIEW)
    assert said(transcripts.read(data, "upload.bin")) == said(transcripts.read(data, name))


@pytest.mark.parametrize("name", formats.ALL)
def test_turns_know_their_place(name: str) -> None:
    transcript = transcripts.read(formats.ALL[name](INTERVIEW), name)
    assert [turn.index for turn in transcript.turns] == list(range(1, len(transcript.turns) + 1))
    assert all(re.fullmatch(r"[a-z]+ \d+(-\d+)?", turn.source) for turn in transcript.turns)


def test_suffixes_cover_the_readers() -> None:
    assert {"." + name.rpartition(".")[2] for name in formats.ALL} <= transcripts.SUFFIXES


# No word lost

WORDS = st.text(alphabet="abcdefgéßñ日Ωм😀’“”…–-'.,?!&\u00a0\u2028\u0085", min_size=1, max_size=9).filter(
    lambda word: any(char.isalpha() for char in word)
)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(lambda words: "Well " + " ".join(words))
LABELS = st.sampled_from(["I", "S3PW1", "Interviewer 2", "María", "Dr. Smith", "FG2-P4"])


@st.composite
def interviews(draw: st.DrawFn) -> list[Said]:
    spoken = draw(st.lists(st.tuples(LABELS, TEXTS), min_size=1, max_size=8))
    return [Said(speaker, text, n * 5, n * 5 + 4) for n, (speaker, text) in enumerate(spoken)]


def merged(spoken: list[Said]) -> list[tuple[str, str]]:
    """What any reader has to make of it: neighbours of one speaker are one turn."""
    turns: list[tuple[str, str]] = []
    for s in spoken:
        if turns and turns[-1][0] == s.speaker:
            turns[-1] = (s.speaker, turns[-1][1] + " " + clean(s.text))
        else:
            turns.append((s.speaker, clean(s.text)))
    return turns


@pytest.mark.parametrize("name", formats.WITH_SPEAKERS)
@settings(max_examples=200 // len(formats.WITH_SPEAKERS) + 1, deadline=None)
@given(spoken=interviews())
def test_no_word_is_lost_and_no_speaker_mistaken(name: str, spoken: list[Said]) -> None:
    transcript = transcripts.read(formats.WITH_SPEAKERS[name](spoken), name)
    assert said(transcript) == merged(spoken)


@pytest.mark.parametrize("name", formats.WITHOUT_SPEAKERS)
@settings(max_examples=25, deadline=None)
@given(spoken=interviews())
def test_no_word_is_lost_without_speakers(name: str, spoken: list[Said]) -> None:
    transcript = transcripts.read(formats.WITHOUT_SPEAKERS[name](spoken), name)
    assert transcript.text.split() == " ".join(s.text for s in spoken).split()


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=400))
def test_any_text_keeps_its_words_or_is_refused(text: str) -> None:
    try:
        transcript = transcripts.read(text.encode("utf-8", "surrogatepass"), "any.txt")
    except StudyError:
        return
    assert all(turn.text == turn.text.strip() and turn.text for turn in transcript.turns)
    assert "\n".join(turn.text for turn in transcript.turns) == transcript.text
    assert all(
        0 <= mark.start < mark.end <= len(turn.text) for turn in transcript.turns for mark in turn.marks
    )
    transcript.text.encode()


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet=" \t\n\r\x0b\x0c\x1c\x1e\x85\u2028\u2029ab\u00a0", max_size=40))
def test_cleaning_keeps_words_and_is_done_once(text: str) -> None:
    assert clean(text).split() == text.split()
    assert clean(clean(text)) == clean(text)


# Bytes

SMART = "I: How naïve – was it?\nP: “Quite”, she’d say… and so on.\nI: Right.\n"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"]
)
def test_encodings_and_line_ends_freeze_one_text(codec: str, end: str) -> None:
    transcript = transcripts.read(SMART.replace("\n", end).encode(codec), "talk.txt")
    assert said(transcript) == said(read(SMART))


@pytest.mark.parametrize(
    "name", ["teams.vtt", "zoom.vtt", "talk.srt", "table.csv", "talk.cha", "whisper.tsv", "otter.txt"]
)
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_of_every_text_format(name: str, end: str, mark: bytes) -> None:
    plain = formats.ALL[name](INTERVIEW).decode("utf-8-sig").replace("\r\n", "\n")
    transcript = transcripts.read(mark + plain.replace("\n", end).encode(), name)
    assert transcript.text == transcripts.read(plain.encode(), name).text


def test_a_guessed_encoding_is_told() -> None:
    told = [n.message for n in transcripts.read(SMART.encode("cp1252"), "talk.txt").notices]
    assert any("cp1252" in message for message in told)
    assert not read(SMART).notices


def test_wrongly_saved_accents_are_told() -> None:
    broken = "I: Hello?\nP: CafÃ© and thatâ€™s it.\n"
    assert any("wrongly saved" in notice.message for notice in read(broken).notices)


def test_one_broken_byte_does_not_turn_the_file_into_windows_text() -> None:
    data = ("P: " + "déjà vu, naïve, façade. " * 5).encode() + b"\xff and on"
    transcript = transcripts.read(data, "talk.txt")
    assert "déjà vu" in transcript.text
    assert any("damaged" in notice.message for notice in transcript.notices)


def test_unusual_line_breaks_inside_speech_do_not_cut_it() -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>one\u2028two\x85three\x1cfour</v>\n"
    assert said(read(vtt, "t.vtt")) == [("Ann", "one two three four")]


# Refusals


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".doc"),
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"ID3\x03" + b"\0\x01" * 99, "recording"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "not a text file"),
        (b"<!doctype html><p>I: Hello", "web page"),
        (b"MIME-Version: 1.0\nI: Hello", "web page"),
        (b"WEBVTT\n\n", "no talk"),
        (b'{"segments": []}', "no talk"),
        (b'{"a": 1}', "without a list of segments"),
        (b'{"segments": [{"text": "I was', "damaged"),
    ],
)
def test_what_is_no_transcript_is_refused_with_the_next_step(data: bytes, fact: str) -> None:
    with pytest.raises(StudyError) as caught:
        transcripts.read(data, "/home/somebody/Jo Lee.doc")
    assert fact in str(caught.value)
    assert caught.value.where == "Jo Lee.doc"
    assert caught.value.hint


def test_a_table_of_several_interviews_is_refused() -> None:
    with pytest.raises(StudyError, match="2 interviews"):
        read("transcript_id,speaker,text\nA,I,How?\nB,P,Fine.\n", "all.csv")


def test_json_with_nothing_but_braces_does_not_overflow() -> None:
    with pytest.raises(StudyError):
        transcripts.read(b'[{"a":' + b"[" * 100_000, "deep.json")


def test_notices_never_hold_words_of_the_talk() -> None:
    text = "Title: Zanzibar\nI: Kilimanjaro?\nQuokka: Wombat.\nI: Echidna. #00:00:01-0#\nI: x #00:00:00-0#\n"
    told = " ".join(notice.message + notice.place for notice in read(text).notices)
    assert not re.search("Zanzibar|Kilimanjaro|Quokka|Wombat|Echidna", told)


# Recognisers


def test_whisper_segments_join_to_sentences_and_part_at_silences() -> None:
    segments = [
        {"start": 0.0, "end": 2.0, "text": " I think that"},
        {"start": 2.0, "end": 4.0, "text": " we were fine."},
        {"start": 4.0, "end": 5.0, "text": " And then"},
        {"start": 9.0, "end": 10.0, "text": " nothing"},
    ]
    transcript = read(json.dumps({"segments": segments}), "w.json")
    assert [turn.text for turn in transcript.turns] == ["I think that we were fine.", "And then", "nothing"]
    assert [turn.start for turn in transcript.turns] == [0.0, 4.0, 9.0]


def test_a_segment_without_speaker_is_nobodys() -> None:
    segments = [
        {"start": 0, "end": 1, "text": "Yes.", "speaker": "SPEAKER_00"},
        {"start": 1, "end": 2, "text": "No."},
    ]
    transcript = read(json.dumps({"segments": segments}), "w.json")
    assert said(transcript) == [("SPEAKER_00", "Yes."), ("", "No.")]
    assert any("no speaker" in notice.message for notice in transcript.notices)


def test_a_looping_recogniser_is_told() -> None:
    segments = [{"start": n, "end": n + 1, "text": " Thanks for watching."} for n in range(4)]
    assert any("looped" in n.message for n in read(json.dumps({"segments": segments}), "w.json").notices)


def test_services_that_list_utterances() -> None:
    utterances = [{"speaker": "A", "start": 1500, "end": 2500, "text": "Hello."}]
    turn = read(json.dumps({"utterances": utterances}), "a.json").turns[0]
    assert (turn.speaker, turn.start, turn.end) == ("A", 1.5, 2.5)
    elements = [{"type": "text", "value": "Well", "ts": 0.5, "end_ts": 0.9}, {"type": "punct", "value": "."}]
    turn = read(json.dumps({"monologues": [{"speaker": 0, "elements": elements}]}), "r.json").turns[0]
    assert (turn.speaker, turn.text, turn.start, turn.end) == ("Speaker 0", "Well.", 0.5, 0.9)
