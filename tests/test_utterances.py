"""Turns into utterances: whole sentences, no gap, never inside a remark."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import StudyError
from pipeline.records import Mark, Turn
from pipeline.transcripts.marks import find_marks
from pipeline.utterances import before, is_backchannel, split, spoken_words


def turn_of(*sentences: str, index: int = 1) -> Turn:
    starts, at = [], 0
    for sentence in sentences:
        starts.append(at)
        at += len(sentence) + 1
    text = " ".join(sentences)
    return Turn(index, "P", text, marks=find_marks(text), sentence_starts=tuple(starts))


def texts(turns: list[Turn], **how: object) -> list[str]:
    by_index = {turn.index: turn.text for turn in turns}
    return [by_index[s.turn_index][s.start : s.end] for s in split(turns, **how)]  # type: ignore[arg-type]


SENTENCES = st.lists(st.text(alphabet="ab .[]()\u00a0é", min_size=1, max_size=12), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    turns=st.lists(SENTENCES, min_size=1, max_size=4),
    unit=st.sampled_from(["utterance", "sentence", "turn"]),
    longest=st.integers(1, 30),
)
def test_joining_utterances_gives_the_turns_back(turns: list[list[str]], unit: str, longest: int) -> None:
    raw = [turn_of(*sentences, index=n) for n, sentences in enumerate(turns, 1)]
    spans = split(raw, unit=unit, max_words=longest)
    for turn in raw:
        own = [span for span in spans if span.turn_index == turn.index]
        assert [span.number for span in own] == list(range(1, len(own) + 1))
        at, rebuilt = 0, ""
        for span in own:
            assert not turn.text[at : span.start].strip()
            rebuilt += turn.text[at : span.end]
            at = span.end
        assert not turn.text[at:].strip()
        assert rebuilt + turn.text[at:] == turn.text
        assert all(
            turn.text[span.start : span.end].strip() == turn.text[span.start : span.end] for span in own
        )
        assert bool(own) == bool(turn.text.strip())


@settings(max_examples=100, deadline=None)
@given(sentences=SENTENCES, starts=st.lists(st.integers(-5, 200)))
def test_any_sentence_starts_are_borne(sentences: list[str], starts: list[int]) -> None:
    turn = Turn(1, "P", " ".join(sentences), sentence_starts=tuple(starts))
    joined = "".join(texts([turn], unit="sentence"))
    assert "".join(joined.split()) == "".join(turn.text.split())


def test_sentences_are_packed_up_to_the_length() -> None:
    turn = turn_of("one two three.", "four five.", "six seven eight nine.", "ten.")
    assert texts([turn], max_words=5) == ["one two three. four five.", "six seven eight nine. ten."]
    assert texts([turn], unit="sentence") == ["one two three.", "four five.", "six seven eight nine.", "ten."]
    assert texts([turn], unit="turn") == [turn.text]


def test_a_sentence_over_the_length_stays_whole() -> None:
    turn = turn_of("word " * 80 + "end.", "Short.")
    assert texts([turn]) == [("word " * 80 + "end."), "Short."]


def test_sixty_words_are_the_default() -> None:
    turn = turn_of(*["w " * 29 + "x."] * 5)
    assert [spoken_words(text) for text in texts([turn])] == [60, 60, 30]


def test_a_remark_is_never_divided_and_does_not_count() -> None:
    text = "We went [long pause. Door opens. Then steps] home. Then rest."
    turn = Turn(1, "P", text, marks=find_marks(text), sentence_starts=(0, 21, 33, 51))
    assert texts([turn], unit="sentence") == [
        "We went [long pause. Door opens. Then steps] home.",
        "Then rest.",
    ]
    assert texts([turn], max_words=5) == [text]


def test_a_turn_without_sentence_starts_is_one_sentence() -> None:
    assert texts([Turn(1, "P", "One. Two. Three.")], unit="sentence") == ["One. Two. Three."]


def test_speakers_are_never_mixed() -> None:
    spans = split([turn_of("Yes.", index=1), turn_of("No.", index=2)], max_words=99)
    assert [(span.turn_index, span.number) for span in spans] == [(1, 1), (2, 1)]


def test_empty_turns_have_no_utterance() -> None:
    assert split([Turn(1, "P", ""), Turn(2, "P", "  ")]) == []


@pytest.mark.parametrize(("how", "fact"), [({"unit": "word"}, "unit"), ({"max_words": 0}, "max_words")])
def test_wrong_settings_are_refused(how: dict[str, object], fact: str) -> None:
    with pytest.raises(StudyError) as caught:
        split([], **how)  # type: ignore[arg-type]
    assert caught.value.where == fact


def test_spoken_words_leave_out_remarks_and_signs() -> None:
    text = "Well [inaudible 00:12:03] we - we (laughs) were fine …"
    assert spoken_words(text, find_marks(text)) == 5
    assert spoken_words("a b c", [Mark(0, 3, "x"), Mark(2, 4, "x")]) == 1
    assert spoken_words("") == 0


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("Mm.", True),
        ("Mm-hm, yeah.", True),
        ("[laughs]", True),
        ("Right, okay.", True),
        ("Really?", False),
        ("No, never.", False),
        ("Yeah yeah yeah yeah.", False),
        ("Fine by me", False),
    ],
)
def test_backchannels(text: str, yes: bool) -> None:
    assert is_backchannel(Turn(1, "I", text, marks=find_marks(text))) is yes


def test_backchannels_do_not_break_a_stretch_of_talk() -> None:
    said = [
        ("I", "How was it?"),
        ("P", "Well it was"),
        ("I", "Mm."),
        ("P", "hard."),
        ("I", "Why?"),
        ("P", "Time."),
    ]
    turns = [Turn(n, speaker, text) for n, (speaker, text) in enumerate(said, 1)]
    assert before(turns) == {1: None, 2: 1, 3: 2, 4: 2, 5: 4, 6: 5}
