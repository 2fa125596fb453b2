"""Who is who, corrected by people: lists, policies, the names workbook, and what stays as it was."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.cli import _listed, main
from pipeline.cli._as_people import as_people
from pipeline.cli.ingest import ingest_files
from pipeline.cli.names import export_names, import_names, list_words
from pipeline.errors import StudyError
from pipeline.pseudonymise.entities import Entity, Mention
from pipeline.study import Study, register

pytestmark = pytest.mark.usefixtures("fake_models")

TALK = {
    "S1PW1.txt": (
        "I: When did you start?\n"
        "P: Sarah Thompson rang me on 12 March 2019. I was 42 years old. Sarah was kind.\n"
        "I: The 12 March 2019, you said?\n"
        "P: Yes. Dr Grace Bailey said grace. My mate works at larkfield house. They gave her ECT once.\n"
    ),
    "S2PW1.txt": (
        "I: And you?\n"
        "P: Sarah Jones at the other place. It is not the same Sarah.\n"
        "I: Who else?\n"
        "P: Mr Okafor, he wrote from joe@okafor.example. Will you ask Will Okafor?\n"
    ),
}


def run(*words: object) -> int:
    return main([str(word) for word in words])


def folder_of(tmp_path: Path, talk: dict[str, str] = TALK) -> Path:
    folder = tmp_path / "talk"
    folder.mkdir(exist_ok=True)
    for name, text in talk.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def study(new_study: Path, tmp_path: Path) -> Path:
    ingest_files(new_study, [str(folder_of(tmp_path))])
    return new_study


def texts(study: Path) -> dict[tuple[str, int], str]:
    db = sqlite3.connect(study / "study.db")
    rows = db.execute("SELECT transcript_id, turn_index, text FROM turns").fetchall()
    db.close()
    return {(row[0], row[1]): row[2] for row in rows}


def ids(study: Path) -> list[tuple[str, str]]:
    db = sqlite3.connect(study / "study.db")
    rows = db.execute("SELECT id, text_hash FROM utterances ORDER BY id").fetchall()
    db.close()
    return rows


def said(study: Path) -> str:
    return " ".join(text for _, text in sorted(texts(study).items()))


def entity_of(study: Path, surface: str, transcript: str = "") -> dict[str, Any]:
    kept = register.load(Study.open(study).vault)
    (found,) = [
        one for one in kept.entities if surface in one["where"] and transcript in ("", *one["where"][surface])
    ]
    return found


# Policies ------------------------------------------------------------------------------------------------


def with_policy(study: Path, **policies: str) -> None:
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    for label, policy in policies.items():
        text = re.sub(rf'^{label} = "\w+"', f'{label} = "{policy}"', text, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")


def test_dates_lose_their_day_and_ages_their_year(study: Path) -> None:
    talk = texts(study)["S1PW1", 2]
    assert "[March 2019]" in talk
    assert "[40-49]" in talk
    assert "12" not in talk
    assert "42" not in talk


def test_dates_move_by_the_hidden_days_of_the_participant(new_study: Path, tmp_path: Path) -> None:
    with_policy(new_study, DATE="shift")
    ingest_files(new_study, [str(folder_of(tmp_path))])
    kept = register.load(Study.open(new_study).vault)
    assert kept.hidden_days("S1PW1") != kept.hidden_days("S2PW1")
    talk = texts(new_study)
    (told,) = re.findall(r"\[(\d+ \w+ \d{4})\]", talk["S1PW1", 2])
    (asked,) = re.findall(r"\[(\d+ \w+ \d{4})\]", talk["S1PW1", 3])
    assert told == asked, "the interviewer names the same day as the participant"
    assert told != "12 March 2019"


def test_natural_names_are_consistent_and_stay(new_study: Path, tmp_path: Path) -> None:
    with_policy(new_study, PERSON="surrogate")
    folder = folder_of(tmp_path)
    ingest_files(new_study, [str(folder / "S1PW1.txt")])
    first = texts(new_study)["S1PW1", 2]
    match = re.match(r"([\w'-]+) ([\w'-]+) rang me .* ([\w'-]+) was kind", first)
    assert match
    assert match[1] == match[3] != "Sarah"
    assert not match[1].startswith("S")
    assert not match[2].startswith("T")
    ingest_files(new_study, [str(folder)])
    assert texts(new_study)["S1PW1", 2] == first, "interviews to come change no name that was given"
    before = texts(new_study)
    ingest_files(new_study, [str(folder)])
    assert run("risk", new_study) == 0
    assert texts(new_study) == before


def test_a_real_person_of_a_made_up_name_takes_it_back(new_study: Path, tmp_path: Path) -> None:
    with_policy(new_study, PERSON="surrogate")
    folder = folder_of(tmp_path)
    ingest_files(new_study, [str(folder / "S1PW1.txt")])
    made_up = texts(new_study)["S1PW1", 2].split()[0]
    (folder / "S2PW2.txt").write_text(f"I: Who?\nP: My name is {made_up} Okafor.\n", encoding="utf-8")
    ingest_files(new_study, [str(folder / "S2PW2.txt")])
    assert not re.search(rf"\b{made_up}\b", said(new_study))


def test_what_is_kept_stays_and_the_gate_opens(new_study: Path, tmp_path: Path) -> None:
    with_policy(new_study, PERSON="keep", DATE="keep", AGE="bracket")
    ingest_files(new_study, [str(folder_of(tmp_path))])
    talk = texts(new_study)["S1PW1", 2]
    assert "Sarah Thompson rang me on 12 March 2019" in talk
    assert "[Age 1]" in talk
    assert run("transcripts", "export", new_study, "--to", "txt", "--into", tmp_path / "out") == 0


def test_a_policy_that_a_kind_cannot_have_is_refused(new_study: Path, capsys: Any) -> None:
    with_policy(new_study, PERSON="shift")
    assert run("status", new_study) == 1
    assert "PERSON cannot be 'shift'" in capsys.readouterr().err


def test_places_are_described_in_the_words_of_the_workbook(study: Path, tmp_path: Path) -> None:
    list_words(study, ["larkfield house"], always=True, label="ORGANISATION")
    fill(study, "Names", entity_of(study, "larkfield house")["id"], {"Description": "a day centre"})
    import_names(study)
    assert "[a day centre]" not in said(study), "the policy decides"
    with_policy(study, ORGANISATION="describe")
    ingest_files(study, [str(tmp_path / "talk")])
    assert "works at [a day centre]." in said(study)


# Lists ---------------------------------------------------------------------------------------------------


def test_a_wording_on_the_never_list_stays_and_comes_back(study: Path, tmp_path: Path) -> None:
    before, numbers = texts(study), ids(study)
    result = list_words(study, ["Sarah"], always=False)
    talk = texts(study)
    assert "Sarah was kind" in talk["S1PW1", 2]
    assert "not the same Sarah" in talk["S2PW1", 2]
    assert "Thompson" not in talk["S1PW1", 2], "the full name is another wording"
    assert result["changed"] == ["S1PW1.t0002.u01", "S2PW1.t0002.u01"]
    assert ids(study) == numbers
    ingest_files(study, [str(tmp_path / "talk")])
    assert run("risk", study) == 0
    assert texts(study) == talk, "neither ingest nor the sweep masks it again"
    list_words(study, ["Sarah"], always=True)
    assert texts(study) == before
    assert list_words(study, ["Sarah"], always=True)["changed"] == []


def test_a_wording_on_the_always_list_is_masked_in_all_interviews(study: Path, tmp_path: Path) -> None:
    assert "larkfield house" in said(study)
    list_words(study, ["larkfield house", "welcoming chair"], always=True, label="OTHER")
    assert "larkfield" not in said(study)
    later = tmp_path / "S2PW9.txt"
    later.write_text("I: Where?\nP: In LARKFIELD HOUSE, the Welcoming Chair himself.\n", encoding="utf-8")
    ingest_files(study, [str(later)])
    text = texts(study)["S2PW9", 2].casefold()
    assert "larkfield" not in text
    assert "welcoming" not in text


@pytest.mark.parametrize(
    ("wording", "text", "starts"),
    [
        ("Grace", "Grace said grace, GRACE", [0, 18]),
        ("the mill", "The Mill, the mill, mills", [0, 10]),
        ("Ann", "Ann's annual Annette", [0]),
        ("a+b", "a+b is A+B", [0, 7]),
        ("Will", "[Will 1] Will", [9]),
    ],
)
def test_listed_wordings_are_whole_words_as_typed(wording: str, text: str, starts: list[int]) -> None:
    assert [one.start for one in _listed.stated(text, {wording: "PERSON"})] == starts


def test_unmasking_needs_the_source_file_as_it_was(study: Path, tmp_path: Path, capsys: Any) -> None:
    before = texts(study)
    file = tmp_path / "talk" / "S1PW1.txt"
    raw = file.read_bytes()
    for change, says in (
        (file.unlink, "is gone"),
        (lambda: file.write_bytes(raw + b"I: Hm.\n"), "has changed"),
    ):
        change()
        assert run("names", "never", study, "Sarah") == 1
        message = capsys.readouterr().err
        assert "S1PW1.txt" in message
        assert says in message
        assert texts(study) == before
        assert register.load(Study.open(study).vault).never == []
    file.write_bytes(raw)
    assert run("names", "never", study, "Sarah") == 0
    assert texts(study) != before


def test_a_name_that_is_a_word_and_a_name_in_an_address(study: Path) -> None:
    text = texts(study)["S2PW1", 4]
    assert "Will you ask " in text, "the word is no name"
    assert "okafor" not in text.casefold()
    assert "said grace" in texts(study)["S1PW1", 4]
    assert "Grace" not in texts(study)["S1PW1", 4]


# The workbook ----------------------------------------------------------------------------------------------


def sheet_rows(sheet: Worksheet) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each row as its cells and their values, by heading."""
    headings = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        cells = dict(zip(headings, row, strict=True))
        yield cells, {heading: cell.value for heading, cell in cells.items()}


def fill(
    study: Path, sheet: str, key: str, values: dict[str, str], where: Callable[..., bool] | None = None
) -> None:
    """Write into the row of the open workbook whose Id is `key` (or the first empty one), exporting first."""
    file = study / "secret" / "names.xlsx"
    if not file.is_file():
        export_names(study)
    book = load_workbook(file)
    for cells, row in sheet_rows(book[sheet]):
        fits = (row.get("Id") or "") == key and (where is None or where(row))
        if fits and (sheet != "Add" or not row["Wording"]):
            for heading, value in values.items():
                cells[heading].value = value
            break
    else:
        raise AssertionError("no such row")
    book.save(file)


def test_the_workbook_is_private_masked_and_nagged_about(study: Path, capsys: Any) -> None:
    export_names(study)
    file = study / "secret" / "names.xlsx"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(StudyError, match="lies open already"):
        export_names(study)
    rows = [row for _, row in sheet_rows(load_workbook(file)["Names"])]
    sarah = next(row for row in rows if "Sarah Thompson" in row["Wordings"])
    assert sarah["Times"] == 2
    assert sarah["Transcripts"] == "S1PW1"
    assert sarah["Pseudonym"] in sarah["Context 1"]
    for row in rows:
        for context in ("Context 1", "Context 2"):
            assert not re.search(r"Sarah|Thompson|Okafor|Bailey", row[context] or "")
    capsys.readouterr()
    assert run("status", study) == 0
    assert "secret/names.xlsx lies open" in capsys.readouterr().out
    before = texts(study)
    assert run("names", "import", study) == 0
    assert not file.exists()
    assert texts(study) == before
    assert run("status", study) == 0
    assert "lies open" not in capsys.readouterr().out


def test_two_entities_become_one_and_keep_decisions(study: Path, tmp_path: Path, capsys: Any) -> None:
    table = tmp_path / "codes.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(
            [["utterance_id", "codes", "coder"], ["S2PW1.t0002.u01", "context.culture", "anna"]]
        )
    assert run("codes", "import", study, table) == 0
    numbers = ids(study)
    one, other = entity_of(study, "Sarah Thompson"), entity_of(study, "Sarah Jones")
    assert one["id"] != other["id"], "two Sarahs at two sites are two people"
    fill(study, "Names", other["id"], {"Same as": one["id"]})
    capsys.readouterr()
    assert run("names", "import", study, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["coded"] == ["S2PW1.t0002.u01"]
    assert entity_of(study, "Sarah Jones")["id"] == one["id"]
    assert one["pseudonym"] in texts(study)["S2PW1", 2]
    assert other["pseudonym"] not in said(study)
    assert ids(study) == numbers
    later = tmp_path / "S2PW7.txt"
    later.write_text("I: Who?\nP: Deborah Pickles.\n", encoding="utf-8")
    ingest_files(study, [str(later)])
    assert entity_of(study, "Deborah Pickles")["pseudonym"] != other["pseudonym"], "a pseudonym is given once"


def test_one_entity_becomes_two_and_back(study: Path) -> None:
    before, sarah = texts(study), entity_of(study, "Sarah Thompson")
    fill(study, "Wordings", sarah["id"], {"Belongs to": "new"}, lambda row: row["Wording"] == "Sarah")
    import_names(study)
    split = entity_of(study, "Sarah", "S1PW1")
    assert split["id"] != sarah["id"]
    assert f"{split['pseudonym']} was kind" in texts(study)["S1PW1", 2]
    assert entity_of(study, "Sarah Thompson")["pseudonym"] == sarah["pseudonym"]
    fill(study, "Names", split["id"], {"Same as": sarah["id"]})
    import_names(study)
    assert texts(study) == before


def test_kind_and_pseudonym_are_corrected(study: Path) -> None:
    sarah, grace = entity_of(study, "Sarah Thompson"), entity_of(study, "Grace Bailey")
    fill(study, "Names", sarah["id"], {"Pseudonym": "[Ward manager 1]"})
    fill(study, "Names", grace["id"], {"Kind": "ORGANISATION"})
    import_names(study)
    assert texts(study)["S1PW1", 2].startswith("[Ward manager 1] rang me")
    assert entity_of(study, "Grace Bailey")["label"] == "ORGANISATION"
    assert "[Organisation " in texts(study)["S1PW1", 4]


def test_unmasked_and_added_in_one_workbook(study: Path) -> None:
    fill(study, "Names", entity_of(study, "Grace Bailey")["id"], {"Un-mask": "x"})
    fill(study, "Add", "", {"Wording": "larkfield house", "Kind": "ORGANISATION"})
    import_names(study)
    assert "Grace Bailey said grace" in texts(study)["S1PW1", 4]
    assert "larkfield" not in said(study)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"Same as": "PER999"}, "Same as takes the Id"),
        ({"Kind": "ROBOT"}, "that is no kind"),
        ({"Pseudonym": "Person 9"}, "square brackets"),
        ({"Pseudonym": "[Sarah]"}, "by which somebody is named"),
    ],
)
def test_a_row_that_cannot_be_changes_nothing(values: dict[str, str], says: str, study: Path) -> None:
    before = texts(study)
    fill(study, "Names", entity_of(study, "Sarah Thompson")["id"], values)
    with pytest.raises(StudyError, match=re.escape(says)):
        import_names(study)
    assert texts(study) == before
    assert (study / "secret" / "names.xlsx").is_file(), "the work in it is not lost"


def test_what_names_nobody_is_not_asked_again(study: Path) -> None:
    export_names(study)
    book = load_workbook(study / "secret" / "names.xlsx")
    asked = [row["Wording"] for _, row in sheet_rows(book["Left"])]
    assert asked
    for cells, _ in sheet_rows(book["Left"]):
        cells["Names nobody"].value = "x"
    book.save(study / "secret" / "names.xlsx")
    import_names(study)
    export_names(study)
    assert not list(sheet_rows(load_workbook(study / "secret" / "names.xlsx")["Left"]))


def test_another_studys_workbook_is_refused(study: Path, tmp_path: Path) -> None:
    export_names(study)
    file = study / "secret" / "names.xlsx"
    book = load_workbook(file)
    book["_study"].cell(1, 1).value = "other"
    book.save(file)
    with pytest.raises(StudyError, match="another study"):
        import_names(study)
    (tmp_path / "no.xlsx").write_bytes(b"PK no")
    with pytest.raises(StudyError, match="names workbook"):
        import_names(study, tmp_path / "no.xlsx")


@pytest.mark.parametrize("again", ["import", "ingest"])
def test_killed_between_register_and_text_it_is_carried_to_its_end(
    again: str, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sarah = entity_of(study, "Sarah Thompson")
    fill(study, "Names", sarah["id"], {"Pseudonym": "[Ward manager 1]"})
    with monkeypatch.context() as broken:
        broken.setattr("pipeline.cli._carry_out.rewrite", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            import_names(study)
    assert "Ward manager" not in said(study)
    import_names(study) if again == "import" else ingest_files(study, [str(tmp_path / "talk")])
    assert "[Ward manager 1] rang me" in said(study)


# What must hold whatever is done --------------------------------------------------------------------------


def test_the_order_of_files_does_not_change_who_is_who(new_study: Path, study: Path, tmp_path: Path) -> None:
    def people(folder: Path) -> set[frozenset[tuple[str, str]]]:
        kept = register.load(Study.open(folder).vault)
        return {frozenset(one.where) for one in map(Entity.from_json, kept.entities) if one.where}

    together = people(study)
    again = tmp_path / "again"
    assert run("init", again, "--codebook", "parihs-peer-support") == 0
    for name in sorted(TALK, reverse=True):
        ingest_files(again, [str(tmp_path / "talk" / name)])
    assert people(again) == together


def packed(data: bytes) -> list[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [archive.read(entry) for entry in archive.namelist()]
    except zipfile.BadZipFile:
        return [data]


def test_no_name_is_in_any_byte_of_what_is_not_encrypted(study: Path, tmp_path: Path) -> None:
    assert run("suggest", study) == 0
    assert run("review", "export", study, "--coder", "anna") == 0
    assert run("transcripts", "export", study, "--to", "docx", "--into", tmp_path / "out") == 0
    assert run("names", "always", study, "larkfield house", "--label", "ORGANISATION") == 0
    assert run("risk", study) == 0
    assert run("report", study) == 0
    names = (b"Sarah", b"Thompson", b"Okafor", b"okafor", b"Bailey", b"Grace ", b"talk/S1PW1", b"12 March")
    for file in [*study.rglob("*"), *(tmp_path / "out").rglob("*")]:
        if file.is_file():
            for data in packed(file.read_bytes()):
                for name in names:
                    assert name not in data, f"{name!r} in {file.name}"


def test_every_wording_that_cannot_be_masked_is_named(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("names", "always", study, "the", "Larkfield", "x") == 1
    told = capsys.readouterr().err
    assert "wording 1: is made of the commonest words alone" in told
    assert "wording 3: a wording has two letters or digits at least" in told
    assert "wording 2" not in told
    assert run("names", "always", study, "Larkfield", "--label", "HOUSE") == 1
    assert "--label: give the kind, one of PERSON" in capsys.readouterr().err


def test_a_misspelt_name_that_a_model_took_for_an_organisation_is_its_owner() -> None:
    said = [
        Mention("S1PW1", "S1", "PERSON", "Kieran Mottley"),
        Mention("S1PW2", "S1", "ORGANISATION", "Motley"),
        Mention("S1PW2", "S1", "ORGANISATION", "Alison"),
        Mention("S1PW2", "S1", "ORGANISATION", "Mottleyfield"),
        Mention("S1PW2", "S1", "ORGANISATION", "MIND"),
        Mention("S1PW2", "S1", "LOCATION", "Motley"),
        Mention("S2PW1", "S2", "ORGANISATION", "Mottley"),
    ]
    labels = [one.label for one in as_people(said, ())]
    assert labels == [
        "PERSON",
        "PERSON",
        "PERSON",
        "ORGANISATION",
        "ORGANISATION",
        "LOCATION",
        "ORGANISATION",
    ]
    held = Entity(
        "ORG001", "ORGANISATION", "[Organisation 1]", "Organisation", (("S1PW0", "Motley"),), ("S1",)
    )
    assert as_people(said, [held])[1].label == "ORGANISATION", (
        "what is settled stays until people say otherwise"
    )
