"""What is found in talk, and what must never be: rules with a blank model, names with the real one."""

from __future__ import annotations

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from pipeline.pseudonymise.find import Finder, find_identifiers, find_with, surfaces
from pipeline.pseudonymise.persons import speaker_names
from pipeline.pseudonymise.spread import ordinary_words, spread
from pipeline.pseudonymise.truecase import truecase
from pipeline.records import Identifier


@pytest.fixture(scope="module")
def finder() -> Finder:
    """Rules alone: a model that finds nothing."""
    return Finder(nlp=spacy.blank("en"))


def wordings(finder: Finder, text: str, **asked: object) -> list[tuple[str, str]]:
    [found] = find_with(finder, [text], **asked)  # type: ignore[arg-type]
    return [(one.label, text[one.start : one.end]) for one in found]


@pytest.mark.parametrize(
    ("text", "label", "surface"),
    [
        ("I was born on the fifth of April, uh, nineteen seventy three.", "DATE", None),
        ("It was the 3rd of May 2021 I think", "DATE", "3rd of May 2021"),
        ("It was in March 2019 or so", "DATE", "March 2019"),
        ("on 12/01/1981 we met", "DATE", "12/01/1981"),
        ("we met on 2021-03-04 again", "DATE", "2021-03-04"),
        ("well, October twenty second it was", "DATE", "October twenty second"),
        ("She's forty two.", "AGE", "forty two"),
        ("my nineteen year old", "AGE", "nineteen year old"),
        ("a man aged 57 came", "AGE", "57"),
        ("ring 07700 900123 please", "PHONE", "07700 900123"),
        ("ring +44 20 7946 0018 please", "PHONE", "+44 20 7946 0018"),
        ("call (415) 555-0132 now", "PHONE", "(415) 555-0132"),
        ("it's oh seven seven double oh nine hundred one two three okay", "PHONE", None),
        ("write to j.smith@example.org about it", "EMAIL", "j.smith@example.org"),
        ("it's j dot smith at gmail dot com", "EMAIL", "j dot smith at gmail dot com"),
        ("see www.example.org/sarah there", "URL", "www.example.org/sarah"),
        ("it's on ward six dot nhs dot uk", "URL", None),
        ("we live in LS1 4AB now", "POSTCODE", "LS1 4AB"),
        ("postcode is N W three six P Q", "POSTCODE", "N W three six P Q"),
        ("my NHS number is 943 476 5919 there", "ID", "943 476 5919"),
        ("it is QQ 12 34 56 C they said", "ID", None),
        ("I live at 14 Cathedral Road with her", "ADDRESS", "14 Cathedral Road"),
        ("at flat 3 or so", "ADDRESS", "flat 3"),
        ("I asked Dr Venkataraman twice", "PERSON", "Venkataraman"),
        ("my name is Xochitl, hello", "PERSON", "Xochitl"),
        ("and then Deborah came", "PERSON", "Deborah"),
        ("I went with Mark yesterday", "PERSON", "Mark"),
    ],
)
def test_an_identifier_is_found_whole(finder: Finder, text: str, label: str, surface: str | None) -> None:
    found = wordings(finder, text)
    assert label in [one for one, _ in found]
    if surface is not None:
        assert (label, surface) in found


@pytest.mark.parametrize(
    "text",
    [
        "That was two days ago, on Monday, this morning.",
        "Mark it down, will you? May I? Grace before meals.",
        "I'm ten minutes away, he's one of them.",
        "They may march twenty miles.",
        "about 1,250,000 people, or 45% of them",
        "the annual review",
        "Doctor, I'm tired",
    ],
)
def test_what_names_nobody_is_left(finder: Finder, text: str) -> None:
    assert wordings(finder, text) == []


def test_a_question_in_the_turn_before_counts(finder: Finder) -> None:
    texts = [
        "And your date of birth?",
        "Uh, oh nine two nine eighty-three.",
        "And your postcode?",
        "Um, W six five.",
    ]
    found = find_with(finder, texts)
    assert [one.label for one in found[1]] == ["DATE"]
    assert [one.label for one in found[3]] == ["POSTCODE"]
    assert texts[1][found[1][0].start : found[1][0].end] == "oh nine two nine eighty-three"


def test_names_travel_through_the_call_by_their_parts(finder: Finder) -> None:
    texts = [
        "My name is Sarah Gohill.",
        "SARAH came. Gohill's car. Gohil left.",
        "We saw an annual sarahish thing.",
    ]
    found = find_with(finder, texts)
    assert [texts[1][one.start : one.end] for one in found[1]] == ["SARAH", "Gohill", "Gohil"]
    assert found[2] == []


def test_separate_calls_know_nothing_of_each_other(finder: Finder) -> None:
    find_with(finder, ["My name is Zorblatt."])
    assert find_with(finder, ["Zorblatt, you see."]) == [[]]


def test_speaker_labels_name_people_and_roles_do_not(finder: Finder) -> None:
    found = wordings(
        finder, "and so Pruitt left the Interviewer there", speakers=["Jolene Pruitt", "Interviewer"]
    )
    assert found == [("PERSON", "Pruitt")]
    assert speaker_names(["P1", "Peer worker 2", "Dr. Patel", "AOIFE"]) == ["Patel", "AOIFE"]


def test_labels_at_the_start_of_lines_count_as_speakers(finder: Finder) -> None:
    text = "Zorblatt: hello there\nInterviewer: hello Zorblatt\nZorblatt: yes"
    assert [surface for _, surface in wordings(finder, text)] == ["Zorblatt"] * 3


def test_known_wordings_are_found_with_their_label(finder: Finder) -> None:
    found = wordings(
        finder, "down at Sunny Bank with Spud", known={"Sunny Bank": "LOCATION", "Spud": "PERSON"}
    )
    assert found == [("LOCATION", "Sunny Bank"), ("PERSON", "Spud")]


def test_nothing_inside_brackets_is_found(finder: Finder) -> None:
    text = "[Sarah laughs] [Peer worker 3] [inaudible 00:12:03] ((Sarah coughs)) Sarah [12 May 1990]"
    assert wordings(finder, text, known=["Sarah", "Peer worker"]) == [("PERSON", "Sarah")]
    again = spread([text], [()], {"Sarah": "PERSON"}, remarks=True)
    assert [text[one.start : one.end] for one in again[0]] == ["Sarah", "Sarah", "Sarah"]


def test_a_name_inside_a_web_address_is_masked_with_it(finder: Finder) -> None:
    [found] = find_with(finder, ["look at www.sarah-smith.org okay, Sarah?"])
    assert [one.label for one in found] == ["URL", "PERSON"]


def test_a_name_that_is_a_word_is_told_from_the_word(finder: Finder) -> None:
    text = "My name is Will. Will you come? I saw Will, and he will come. Will came."
    starts = [one.start for one in find_with(finder, [text])[0]]
    assert starts == [11, text.index("Will,"), text.index("Will came")]


def test_empty_and_one_word_turns(finder: Finder) -> None:
    assert find_with(finder, ["", " ", "Yeah.", "\n"]) == [[], [], [], []]
    assert find_with(finder, []) == []


def test_talk_without_capitals(finder: Finder) -> None:
    text = "so i spoke to deborah and my name is aoife and mr venkataraman was there in the ward"
    assert [surface for _, surface in wordings(finder, text)] == ["deborah", "aoife", "venkataraman"]
    assert truecase(text).casefold() == text


@given(st.text(alphabet="aAbB[]() .:'’\n1Sarah", max_size=80))
def test_offsets_lie_in_the_text_in_order_and_apart(text: str) -> None:
    [found] = spread([text], [()], {"Sarah Aab": "PERSON"})
    ends = [0]
    for one in found:
        assert ends[-1] <= one.start < one.end <= len(text)
        assert one.end == len(text) or not text[one.end].isalnum()
        ends.append(one.end)


def test_scores_say_how_often_such_reasons_were_right(finder: Finder) -> None:
    [found] = find_with(finder, ["write to j.smith@example.org, said Spud"], known=["Spud"])
    assert all(0 < one.score <= 1 for one in found)
    assert found[-1].reasons == ("always list",)
    assert found[-1].score > 0.9


def test_surfaces_take_the_most_frequent_label() -> None:
    text = "Babylon Babylon Babylon"
    found = [
        Identifier(0, 7, "LOCATION"),
        Identifier(8, 15, "ORGANISATION"),
        Identifier(16, 23, "ORGANISATION"),
    ]
    assert surfaces([text], [found]) == {"Babylon": "ORGANISATION"}


def test_ordinary_words_hold_words_and_no_plain_names() -> None:
    words = ordinary_words(["the ward was sarah and grace"])
    assert {"ward", "grace", "the"} <= words
    assert "sarah" not in words


@pytest.mark.model
def test_the_model_and_the_rules_together() -> None:
    texts = [
        "Jolene Pruitt from Tulsa worked for Microsoft, with Zeke.",
        "pruitt? No. Jolene's car, PRUITT said. And June came with May.",
    ]
    found = find_identifiers(texts)
    first = {(texts[0][one.start : one.end], one.label) for one in found[0]}
    assert {("Jolene Pruitt", "PERSON"), ("Tulsa", "LOCATION"), ("Microsoft", "ORGANISATION")} <= first
    second = [texts[1][one.start : one.end] for one in found[1]]
    assert "Jolene" in second
    assert "PRUITT" in second


@pytest.mark.model
def test_sentences_come_with_the_same_pass() -> None:
    [found] = Finder().find(["I came home. Then Sarah called me."])
    assert found.sentence_starts == (0, 13)
    assert [one.start for one in found.identifiers] == [18]


@pytest.mark.model
def test_pseudonymised_text_is_left_alone() -> None:
    text = "[Peer worker 3] went to [Town 2] with [Person 1]'s sister, [inaudible 00:12:03] on [May 1990]."
    assert find_identifiers([text]) == [[]]


def test_two_transcripts_at_once_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sets how many threads NumPy takes in this process: in turns, or one would leave the other's."""
    finder, meeting, met = Finder(nlp=spacy.blank("en")), Barrier(2), []

    def read(*_: object) -> list[object]:
        with suppress(BrokenBarrierError):
            meeting.wait(0.2)
            met.append(True)
        return []

    def threads() -> list[int]:
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    monkeypatch.setattr(Finder, "_find", read)
    with threadpool_limits(2, user_api="blas"):
        np.ones((2, 2)) @ np.ones((2, 2))
        before = threads()
        readers = [Thread(target=finder.find, args=(["Sarah"],)) for _ in range(2)]
        for one in readers:
            one.start()
        for one in readers:
            one.join()
        assert threads() == before
    assert not met
