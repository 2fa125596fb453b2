"""Labels to participants, roles and cases; slips of the pen; ids of transcripts."""

from __future__ import annotations

import pytest
from formats import INTERVIEW, typed_txt

from pipeline import transcripts
from pipeline.errors import StudyError
from pipeline.records import Mark, Transcript, Turn
from pipeline.transcripts.speakers import Merge, cast, label_distance, merges, role_of, transcript_ids

ROLES = {"interviewer": ["I", "INT", "Interviewer", "Q"], "PWC": ["Coordinator"]}
PATTERN = r"(?P<case>S\d+)(?P<participant>(?P<role>PWC|PW)\d*)"


def talk(id: str, *labels: str) -> Transcript:
    words = "and so we went on with it for quite a while, since nobody told us otherwise, all of us together"
    turns = (Turn(n, label, words) for n, label in enumerate(labels, 1))
    return Transcript(tuple(turns), "txt", id=id)


def rows(*given: Transcript, pattern: str = PATTERN) -> list[tuple[str, str, str, str]]:
    return [(s.label, s.participant, s.role, s.case) for s in cast(given, ROLES, pattern)]


def test_the_transcripts_id_tells_case_role_and_participant() -> None:
    assert rows(talk("S3PW1", "I", "P", "I")) == [("I", "", "interviewer", "S3"), ("P", "S3PW1", "PW", "S3")]
    assert rows(talk("S3PWC", "INT", "Jo Lee"))[1] == ("Jo Lee", "S3PWC", "PWC", "S3")


def test_the_label_tells_where_the_id_does_not() -> None:
    assert rows(talk("T001", "Q", "S3PW1")) == [("Q", "", "interviewer", ""), ("S3PW1", "S3PW1", "PW", "S3")]


def test_a_focus_group_has_a_participant_for_every_label() -> None:
    found = rows(talk("FG2", "I", "P1", "Jo Lee", "P2", "S3PW4", "Interviewer 2"))
    assert [participant for _, participant, _, _ in found] == ["", "FG2.P1", "FG2.P3", "FG2.P2", "S3PW4", ""]
    assert [role for _, _, role, _ in found][-1] == "interviewer"
    assert len({participant for _, participant, _, _ in found if participant}) == 4


def test_a_name_never_becomes_a_participants_code() -> None:
    found = cast([talk("T001", "I", "Maria", "Jo Lee", "Anne7Smith")], ROLES, "")
    assert not any(name in s.participant for s in found for name in ("Maria", "Jo", "Lee", "Anne", "Smith"))


def test_one_person_interviewed_twice_is_one_participant() -> None:
    pattern = r"(?P<participant>(?P<case>S\d)(?P<role>PW)\d)[ab]"
    found = rows(talk("S3PW1a", "I", "P"), talk("S3PW1b", "I", "P"), pattern=pattern)
    assert [row for row in found if row[0] == "P"] == [("P", "S3PW1", "PW", "S3")] * 2


def test_people_with_one_code_at_two_sites_are_two() -> None:
    found = rows(talk("S3PW1", "P"), talk("S4PW1", "P"))
    assert {participant for _, participant, _, _ in found} == {"S3PW1", "S4PW1"}


def test_an_unknown_label_counts_as_participant_and_is_told() -> None:
    speakers = cast([talk("T001", "I", "Zed")], ROLES, PATTERN)
    assert speakers[1].role == "participant"
    assert any("no role knows" in doubt for doubt in speakers[1].doubts)
    assert not speakers[0].doubts


@pytest.mark.parametrize(
    ("given", "doubt"),
    [
        (talk("S3PW1", "I", "S3PW2"), "different participants"),
        (talk("S3PW1", "P"), "as interviewer"),
        (talk("S3PW1", "I", "", "P"), "no label"),
        (talk("S3PW1", "INTERVIEWER", "INTERIVEWER", "P"), "slip for INTERVIEWER"),
        (Transcript((Turn(1, "I", "How?"), Turn(2, "P", "Fine.")), "txt", id="S3PW1"), "only 1 words"),
    ],
)
def test_doubts(given: Transcript, doubt: str) -> None:
    assert any(doubt in told for speaker in cast([given], ROLES, PATTERN) for told in speaker.doubts)


def test_slips_and_stray_labels_do_not_change_who_the_transcript_is_of() -> None:
    talk_ = talk("S3PW1", *["INTERVIEWER", "P"] * 12, "INTERIVEWER", "P")
    stray = Turn(99, "Jo", "hm")
    found = rows(Transcript((*talk_.turns, stray), "txt", id="S3PW1"))
    assert found == [
        ("INTERVIEWER", "", "interviewer", "S3"),
        ("P", "S3PW1", "PW", "S3"),
        ("INTERIVEWER", "", "interviewer", "S3"),
        ("Jo", "S3PW1.P1", "participant", "S3"),
    ]


def test_a_slip_in_a_participants_label_is_the_same_participant() -> None:
    found = rows(talk("T001", *["I", "Catherine"] * 5, "Cathrine"))
    assert [participant for _, participant, _, _ in found] == ["", "T001.P1", "T001.P1"]


def test_a_transcript_without_labels_belongs_to_its_participant() -> None:
    assert rows(talk("S3PW1", "", ""))[0][1] == "S3PW1"
    assert rows(talk("T001", ""))[0][1] == "T001.P1"


def test_headers_are_nobody() -> None:
    header = Turn(1, "", "Interview 3", marks=(Mark(0, 11, "header"),))
    given = Transcript((header, *talk("T1", "I").turns), "txt", id="T1")
    assert [speaker.label for speaker in cast([given], ROLES, "")] == ["I"]


def test_counts_of_turns_and_words() -> None:
    given = transcripts.read(typed_txt(INTERVIEW), "S3PW1.txt")
    speakers = cast([given], ROLES, PATTERN)
    assert [(s.label, s.turns) for s in speakers] == [("INT", 3), ("S3PW1", 3)]
    assert speakers[0].words == 12 + 1 + 3


def test_renaming_a_label_changes_no_offset_in_the_text() -> None:
    first = transcripts.read(typed_txt(INTERVIEW), "a.txt")
    renamed = typed_txt(INTERVIEW).replace(b"S3PW1:", b"P7:")
    second = transcripts.read(renamed, "a.txt")
    assert first.text == second.text
    assert [turn.marks for turn in first.turns] == [turn.marks for turn in second.turns]


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("I", "interviewer"),
        ("i", "interviewer"),
        ("INT2", "interviewer"),
        ("Interviewer 2:", "interviewer"),
        ("Q.", "interviewer"),
        ("Coordinator", "PWC"),
        ("P", ""),
        ("Ian", ""),
        ("", ""),
    ],
)
def test_roles_of_labels(label: str, role: str) -> None:
    assert role_of(label, ROLES) == role


# Merging


def test_slips_are_offered_for_merging_and_codes_are_not() -> None:
    counts = {
        "INTERVIEWER": 40,
        "INTERIVEWER": 1,
        "INTERVEIWER": 2,
        "P1": 30,
        "P2": 3,
        "P11": 1,
        "Maria": 20,
        "Marai": 1,
    }
    assert merges(counts) == [
        Merge("INTERIVEWER", "INTERVIEWER", 1),
        Merge("INTERVEIWER", "INTERVIEWER", 1),
        Merge("Marai", "Maria", 1),
    ]


def test_case_alone_is_offered_too() -> None:
    assert merges({"Maria Bell": 9, "MARIA BELL": 2}) == [Merge("MARIA BELL", "Maria Bell", 0)]


def test_a_slip_for_a_known_role_is_offered_even_alone() -> None:
    assert merges({"INTERIVEWER": 12}, ROLES) == [Merge("INTERIVEWER", "Interviewer", 1)]
    assert merges({"Interviewer": 12}, ROLES) == []


def test_a_merge_never_points_at_a_label_that_is_merged_itself() -> None:
    found = merges({"Catherine": 9, "Cathrine": 3, "Cathrin": 1})
    assert {merge.into for merge in found} == {"Catherine"}


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("P1", "P2", None),
        ("I", "J", None),
        ("Ann", "Anna", None),
        ("Maria", "Mario", 1),
        ("Maria", "Markus", None),
        ("Interviewer", "Intervewier", 2),
        ("Dr. Smith", "dr.  smith", 0),
        ("Speaker 1", "Speaker 2", None),
    ],
)
def test_distances(a: str, b: str, distance: int | None) -> None:
    assert label_distance(a, b) == distance == label_distance(b, a)


# Ids


def test_ids_come_from_names_only_where_they_fit() -> None:
    names = ["S3PW1.docx", "folder/S4PWC.vtt", "Jo Lee 3 May.docx", "S3PW1.txt", "notes"]
    assert transcript_ids(names, PATTERN) == ["S3PW1", "S4PWC", "T001", "T002", "T003"]


def test_ids_that_are_taken_are_given_to_nobody() -> None:
    assert transcript_ids(["S3PW1.docx", "b.txt"], PATTERN, taken=["S3PW1", "T001"]) == ["T002", "T003"]


def test_a_malformed_pattern_is_told() -> None:
    with pytest.raises(StudyError, match="regular expression"):
        cast([], ROLES, "(")
