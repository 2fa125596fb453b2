"""Every edit of the names workbook is carried out as it was meant, or refused in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.cli import main
from pipeline.cli.ingest import ingest_files
from pipeline.cli.names import export_names, import_names, list_words
from pipeline.errors import StudyError
from pipeline.study import Study, register

pytestmark = pytest.mark.usefixtures("fake_models")
Cells = dict[str, Any]
Edit = Callable[[Workbook], None]

TALK = {
    "S1PW1.txt": "I: Who came?\nP: Sarah Thompson and Grace. Sarah lived in Leeds since 12 March 2019.\n",
    "S1PW2.txt": "I: And you?\nP: Mrs Thompson rang me. It was in Leeds, I was 42 years old.\n",
    "S2PW1.txt": "I: Who else?\nP: Sarah Jones. And Grace, on 07700 900123. She lives in Leeds.\n",
}


@pytest.fixture
def study(new_study: Path, tmp_path: Path) -> Path:
    return ingested(new_study, tmp_path)


def ingested(folder: Path, tmp_path: Path) -> Path:
    talk = tmp_path / "talk"
    talk.mkdir()
    for name, text in TALK.items():
        (talk / name).write_text(text, encoding="utf-8")
    ingest_files(folder, [str(talk)])
    list_words(folder, ["Leeds"], always=True, label="LOCATION")
    return folder


def turn(study: Path, transcript: str) -> str:
    with Study.open(study).store() as store:
        return store.turns(transcript)[1].text


def everything(study: Path) -> tuple[Any, ...]:
    """Text and register: what an import that is refused must leave as it is."""
    with Study.open(study).store() as store:
        text = [(one.id, store.turns(one.id)) for one in store.transcripts()]
    return text, register.load(Study.open(study).vault)


def rows(book: Workbook, title: str) -> Iterator[tuple[Cells, Cells]]:
    """Each row as its cells and their values, by heading."""
    sheet: Worksheet = book[title]
    headings = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        cells = dict(zip(headings, row, strict=True))
        yield cells, {heading: cell.value for heading, cell in cells.items()}


def row(book: Workbook, wording: str, transcript: str = "", title: str = "Names") -> Cells:
    """The cells of the row that shows a wording (in a transcript)."""
    heading = "Wordings" if title == "Names" else "Wording"
    place = "Transcripts" if title == "Names" else "Transcript"
    fits = [
        cells
        for cells, values in rows(book, title)
        if wording in str(values[heading]).split("; ") and transcript in str(values.get(place, ""))
    ]
    assert len(fits) == 1, (wording, len(fits))
    return fits[0]


def edited(study: Path, *edits: Edit) -> Path:
    """The names workbook, written and changed."""
    file = study / "secret" / "names.xlsx"
    if not file.is_file():
        export_names(study)
    book = load_workbook(file)
    for edit in edits:
        edit(book)
    book.save(file)
    return file


def put(wording: str, transcript: str = "", title: str = "Names", **values: str) -> Edit:
    """Fill cells of a row in; headings are written with _ for blanks."""

    def edit(book: Workbook) -> None:
        cells = row(book, wording, transcript, title)
        for heading, value in values.items():
            cells[heading.replace("_", " ").replace("Un mask", "Un-mask")].value = value

    return edit


def same(wording: str, as_wording: str, transcript: str = "", of: str = "") -> Edit:
    def edit(book: Workbook) -> None:
        row(book, wording, transcript)["Same as"].value = row(book, as_wording, of)["Id"].value

    return edit


def entity(study: Path, transcript: str, wording: str) -> dict[str, Any]:
    kept = register.load(Study.open(study).vault)
    (found,) = [one for one in kept.entities if transcript in one["where"].get(wording, ())]
    return found


def refused(study: Path, says: str, *edits: Edit) -> None:
    before = everything(study)
    file = edited(study, *edits)
    with pytest.raises(StudyError, match=re.escape(says)) as caught:
        import_names(study)
    assert everything(study) == before
    assert file.is_file(), "the work in it is not lost"
    assert not re.search("Sarah|Thompson|Grace|Leeds|Jones", str(caught.value)), "no name in an error"
    file.unlink()


# Carried out --------------------------------------------------------------------------------------------


def test_nothing_filled_in_changes_nothing(study: Path) -> None:
    before = everything(study)
    edited(study)
    assert import_names(study)["changed"] == []
    text, kept = everything(study)
    assert text == before[0]
    assert kept.entities == before[1].entities


@pytest.mark.parametrize("kind", ["ORGANISATION", "location", "OTHER", "PHONE"])
def test_a_changed_kind_is_carried_out_and_lasts(kind: str, study: Path, tmp_path: Path) -> None:
    edited(study, put("Sarah", "S1PW1", Kind=kind))
    import_names(study)
    one = entity(study, "S1PW1", "Sarah")
    assert one["label"] == kind.upper()
    word = one["pseudonym"].strip("[]").rstrip(" 0123456789")
    assert word in {
        "ORGANISATION": ["Organisation"],
        "LOCATION": ["Place", "Town"],
        "OTHER": ["Identifier"],
    }.get(kind.upper(), ["Phone number"])
    assert one["pseudonym"] in turn(study, "S1PW1")
    before = everything(study)[0]
    assert main(["risk", str(study)]) == 0
    assert everything(study)[0] == before, "no sweep undoes it"
    later = tmp_path / "S1PW3.txt"
    later.write_text("I: Who?\nP: Sarah Thompson rang.\n", encoding="utf-8")
    ingest_files(study, [str(later)])
    assert one["pseudonym"] in turn(study, "S1PW3"), "and an interview to come is told the same"


def test_one_wording_may_have_two_kinds_in_two_interviews(study: Path, tmp_path: Path) -> None:
    list_words(study, ["Grace"], always=True)
    edited(study, put("Grace", "S2PW1", Kind="ORGANISATION"))
    import_names(study)
    assert entity(study, "S1PW1", "Grace")["label"] == "PERSON"
    assert entity(study, "S2PW1", "Grace")["label"] == "ORGANISATION"
    later = tmp_path / "S2PW2.txt"
    later.write_text("I: Who?\nP: Nobody that I know, Mrs Pickles perhaps.\n", encoding="utf-8")
    ingest_files(study, [str(later)])
    text = (study / "study.toml").read_text(encoding="utf-8").replace("max_words = 60", "max_words = 50")
    (study / "study.toml").write_text(text, encoding="utf-8")
    ingest_files(study, [str(tmp_path / "talk")])  # every transcript anew
    assert entity(study, "S1PW1", "Grace")["label"] == "PERSON"
    assert entity(study, "S2PW1", "Grace")["label"] == "ORGANISATION"


def test_kinds_grow_together_when_rows_do(study: Path) -> None:
    edited(study, same("Sarah", "Leeds", "S1PW1", "S1PW1"))
    import_names(study)
    place = entity(study, "S1PW1", "Leeds")
    assert place["label"] == "LOCATION"
    assert place["where"]["Sarah"] == ["S1PW1"]
    assert turn(study, "S1PW1").count(place["pseudonym"]) == 3


def test_an_id_may_be_written_in_any_letters_or_as_the_pseudonym(study: Path) -> None:
    jones = entity(study, "S2PW1", "Sarah Jones")
    thompson = entity(study, "S1PW1", "Sarah Thompson")
    edited(study, put("Sarah Jones", Same_as=thompson["id"].lower()))
    import_names(study)
    assert entity(study, "S2PW1", "Sarah Jones")["id"] == thompson["id"]
    edited(study, put("Sarah Jones", "S2PW1", "Wordings", Belongs_to="new"))
    import_names(study)
    edited(study, put("Sarah Jones", Same_as=thompson["pseudonym"]))
    import_names(study)
    assert entity(study, "S2PW1", "Sarah Jones")["id"] == thompson["id"]
    assert jones["pseudonym"] not in turn(study, "S2PW1")


def test_a_place_divided_between_interviews_stays_divided(study: Path, tmp_path: Path) -> None:
    edited(study, put("Leeds", "S2PW1", "Wordings", Belongs_to="New"))
    import_names(study)
    one, other = entity(study, "S1PW1", "Leeds"), entity(study, "S2PW1", "Leeds")
    assert one["id"] != other["id"]
    assert other["pseudonym"] in turn(study, "S2PW1")
    text = (study / "study.toml").read_text(encoding="utf-8").replace("max_words = 60", "max_words = 50")
    (study / "study.toml").write_text(text, encoding="utf-8")
    ingest_files(study, [str(tmp_path / "talk")])
    assert entity(study, "S1PW1", "Leeds")["id"] == one["id"]
    assert entity(study, "S2PW1", "Leeds")["id"] == other["id"]
    assert other["pseudonym"] in turn(study, "S2PW1")


def test_two_new_people_from_one_row(study: Path) -> None:
    edited(
        study,
        put("Sarah", "S1PW1", "Wordings", Belongs_to="new"),
        put("Thompson", "S1PW2", "Wordings", Belongs_to="new 2"),
    )
    import_names(study)
    three = {
        entity(study, name, wording)["id"]
        for name, wording in (("S1PW1", "Sarah"), ("S1PW2", "Thompson"), ("S1PW1", "Sarah Thompson"))
    }
    assert len(three) == 3


def test_a_deleted_row_is_a_row_left_as_it_is(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(study)[0]
    edited(study, lambda book: book["Names"].delete_rows(row(book, "Grace", "S1PW1")["Id"].row))
    capsys.readouterr()
    assert main(["names", "import", str(study)]) == 0
    assert "1 rows that were sent are not in it" in capsys.readouterr().err
    assert everything(study)[0] == before


def test_rows_may_be_sorted_columns_moved_and_a_row_doubled(study: Path) -> None:
    def shuffle(book: Workbook) -> None:
        sheet = book["Names"]
        lines = [[cell.value for cell in one] for one in sheet.iter_rows()]
        lines = [lines[0], *reversed(lines[1:]), lines[1]]
        sheet.delete_rows(1, sheet.max_row)
        for line in lines:
            sheet.append([line[-1], *line[:-1]])

    edited(study, put("Sarah Thompson", Pseudonym="[Ward manager 1]"), shuffle)
    assert import_names(study)["not_in_file"] == 0
    assert "[Ward manager 1]" in turn(study, "S1PW1")


def test_what_changed_since_it_was_written_is_not_undone(study: Path) -> None:
    """A cell that nobody touched says nothing, even where the register has moved on."""
    file = edited(study)
    data = file.read_bytes()
    file.unlink()
    edited(study, put("Sarah Thompson", Pseudonym="[Ward manager 1]"))
    import_names(study)
    file.write_bytes(data)
    edited(study, put("Grace", "S1PW1", Pseudonym="[Friend 1]"))
    import_names(study)
    assert "[Ward manager 1]" in turn(study, "S1PW1")
    assert "[Friend 1]" in turn(study, "S1PW1")


def test_a_pseudonym_may_name_a_role_or_a_ward_although_a_person_is_called_so(study: Path) -> None:
    later = study.parent / "S2PW8.txt"
    later.write_text("I: Where?\nP: On Larch Ward.\n", encoding="utf-8")
    ingest_files(study, [str(later)])
    list_words(study, ["Larch Ward"], always=True)  # a ward that was taken for a person
    edited(study, put("Sarah Thompson", Pseudonym="[Ward manager 1]"))
    import_names(study)
    assert "[Ward manager 1]" in turn(study, "S1PW1")
    refused(study, "by which somebody is named", put("Sarah Jones", Pseudonym="[Grace 1]"))


def test_made_up_names_are_shown_and_corrected(new_study: Path, tmp_path: Path) -> None:
    file = new_study / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r'^PERSON = "\w+"', 'PERSON = "surrogate"', text, flags=re.MULTILINE), "utf-8")
    ingested(new_study, tmp_path)
    drawn = register.load(Study.open(new_study).vault).surrogates
    one = entity(new_study, "S1PW1", "Sarah Thompson")["id"]
    other = " ".join(next(two for name, two in drawn.items() if name != one))
    shown: list[str] = []
    edited(new_study, lambda book: shown.append(row(book, "Sarah Thompson")["Pseudonym"].value))
    assert shown == [" ".join(drawn[one])]
    for called, says in (
        ("[Person 9]", "made-up names in this study"),
        ("Wilma", "has a first and a last name"),
        ("Wilma Grace", "by which somebody is named"),
        (other, "somebody else has that made-up name"),
    ):
        refused(new_study, says, put("Sarah Thompson", Pseudonym=called))
    edited(new_study, put("Sarah Thompson", Pseudonym="Wilma Feather"))
    import_names(new_study)
    assert turn(new_study, "S1PW1").startswith("Wilma Feather and ")
    assert " Wilma lived" in turn(new_study, "S1PW1")
    assert "Mrs Feather rang" in turn(new_study, "S1PW2")
    assert main(["risk", str(new_study)]) == 0
    assert "Wilma Feather" in turn(new_study, "S1PW1")


def test_what_was_left_is_masked_or_never_asked_again(study: Path) -> None:
    with Study.open(study).store() as store, store.writing() as db:
        db.execute("UPDATE turns SET text = text || ' We met Zorbl and Quux there.' WHERE turn_index = 2")
    assert main(["risk", str(study)]) == 0
    edited(
        study,
        put("Zorbl", title="Left", Mask_as="person"),
        put("Quux", title="Left", Names_nobody="X"),
    )
    import_names(study)
    assert "Zorbl" not in turn(study, "S1PW1")
    assert "Quux" in turn(study, "S1PW1")
    book = load_workbook(edited(study))
    assert "Quux" not in [values["Wording"] for _, values in rows(book, "Left")]


# Refused in words ---------------------------------------------------------------------------------------


ST = "Sarah Thompson"


def added(wording: str, kind: str = "PERSON") -> Edit:
    def edit(book: Workbook) -> None:
        book["Add"].cell(2, 1).value, book["Add"].cell(2, 2).value = wording, kind

    return edit


def other_id(book: Workbook) -> None:
    row(book, "Grace", "S1PW1")["Id"].value = "PER777"


def id_of_another(book: Workbook) -> None:
    row(book, "Grace", "S1PW1")["Id"].value = row(book, "Sarah Jones")["Id"].value


def other_wording(book: Workbook) -> None:
    row(book, "Grace", "S1PW1")["Wordings"].value = "Gracie"


def own_row(book: Workbook) -> None:
    sheet = book["Names"]
    sheet.cell(sheet.max_row + 1, 2).value = "PER050"


def doubled(book: Workbook) -> None:
    sheet = book["Names"]
    cells = row(book, "Grace", "S1PW1")
    at = sheet.max_row + 1
    for number, cell in enumerate(cells.values(), start=1):
        sheet.cell(at, number).value = cell.value
    headings = list(cells)
    sheet.cell(at, headings.index("Pseudonym") + 1).value = "[Friend 2]"


def wordings_changed(book: Workbook) -> None:
    row(book, "Sarah", "S1PW1", "Wordings")["Transcript"].value = "S2PW1"


@pytest.mark.parametrize(
    ("says", "edits"),
    [
        ("Id or Wordings is not as it was sent", [other_id]),
        ("Id or Wordings is not as it was sent", [id_of_another]),
        ("Id or Wordings is not as it was sent", [other_wording]),
        ("what to add goes on the sheet Add", [own_row]),
        ("stands here and in Names row", [doubled]),
        ("Id, Wording or Transcript is not as it was sent", [wordings_changed]),
        ("Un-mask takes an x", [put("Grace", "S1PW1", Un_mask="no")]),
        ("to be un-masked, and Same as", [put("Sarah Jones", Un_mask="x"), same("Sarah Jones", ST)]),
        ("to be un-masked, and Kind", [put("Sarah Jones", Un_mask="x", Kind="OTHER")]),
        ("to be un-masked, and Pseudonym", [put("Sarah Jones", Un_mask="x", Pseudonym="[Friend 1]")]),
        ("its own Pseudonym cannot be", [put("Sarah Jones", Pseudonym="[F 1]"), same("Sarah Jones", ST)]),
        ("its own Kind cannot be kept", [put("Sarah Jones", Kind="OTHER"), same("Sarah Jones", ST)]),
        ("which is to be un-masked", [put("Sarah Jones", Un_mask="x"), same(ST, "Sarah Jones")]),
        ("Same as takes the Id", [same("Sarah Jones", "Sarah Jones")]),
        ("Same as takes the Id", [same("Sarah Jones", ST), same(ST, "Sarah Jones")]),
        ("Belongs to takes the Id", [put("Sarah", "S1PW1", "Wordings", Belongs_to="somebody")]),
        ("give the kind", [added("the bridge", "")]),
        ("two letters or digits", [added("", "PERSON")]),
        ("commonest words alone", [added("the of")]),
        ("is masked already", [added("[Person 1]")]),
        ("left as it is elsewhere", [put("Sarah Jones", Un_mask="x"), added("sarah jones")]),
        ("follows from study.toml (DATE", [put("12 March 2019", Pseudonym="[A date]")]),
        ("follows from study.toml (AGE", [put("42 years old", Pseudonym="[An age]")]),
        ("somebody else's pseudonym", [put("Grace", "S1PW1", Pseudonym="[A 1]"), put(ST, Pseudonym="[A 1]")]),
    ],
)  # fmt: skip
def test_it_is_refused_in_words(says: str, edits: list[Edit], study: Path) -> None:
    refused(study, says, *edits)


def test_a_kind_that_is_kept_as_it_was_said_is_refused(study: Path) -> None:
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r'^OTHER = "\w+"', 'OTHER = "keep"', text, flags=re.MULTILINE), "utf-8")
    refused(study, "keeps OTHER as it was said", put("Grace", "S1PW1", Kind="OTHER"))


def test_every_row_that_cannot_be_is_told_at_once(study: Path) -> None:
    edited(study, put("Grace", "S1PW1", Kind="ROBOT"), put("Sarah Jones", Same_as="PER999"))
    with pytest.raises(StudyError, match=r"2 (rows|places) cannot be taken"):
        import_names(study)


def test_a_sheet_or_a_column_that_is_gone_is_named(study: Path) -> None:
    refused(study, "is no names workbook", lambda book: book.remove(book["Wordings"]))
    refused(study, "has lost its column 'Same as'", lambda book: book["Names"].delete_cols(11))


@pytest.mark.parametrize("words", [["a"], ["the"], ["  "], ["[Person 1]"], ["Larkfield", "of the"]])
def test_wordings_that_would_mask_everything_are_refused(
    words: list[str], study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(study)
    assert main(["names", "always", str(study), *words]) == 1
    assert "wording" in capsys.readouterr().err
    assert everything(study) == before


def test_the_result_tells_what_reads_differently(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "codes.csv"
    table.write_text("utterance_id,codes,coder\nS1PW2.t0002.u01,context.culture,anna\n", encoding="utf-8")
    assert main(["codes", "import", str(study), str(table)]) == 0
    edited(study, put("Sarah Thompson", Pseudonym="[Ward manager 1]"))
    capsys.readouterr()
    assert main(["names", "import", str(study), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["coded"] == ["S1PW2.t0002.u01"]
    assert set(result["changed"]) == {"S1PW1.t0002.u01", "S1PW2.t0002.u01"}
