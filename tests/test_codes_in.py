"""Tables of codes in: rows by id, turn or quotation; every row that cannot be taken is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.cli._codes_in import import_codes
from pipeline.cli._review_in import batches_of, import_files, undo_batch
from pipeline.cli._review_out import export_batch
from pipeline.errors import Problem, StudyError, report
from pipeline.exchange.coded_table import table_codes
from pipeline.exchange.table import read_rows, read_table, write_table
from pipeline.records import VALENCES, Code, Codebook, CodedRow, Given, Utterance
from pipeline.review.state import coded_rows
from pipeline.study import Study, judgements

BOOK = Codebook("b", "B", "", (Code("a", "A"), Code("b", "B", was=("old.b",)), Code("c", "C")))
TALK = (
    "We was fine, really.",
    "The ward sister, [Person 1], was welcoming from the first day.",
    "There is one bus a day, when it runs.",
    "Yeah, yeah.",
    "There is one bus a day, as I said.",
)
UTTERANCES = [
    Utterance(f"S1.t{turn:04d}.u{number:02d}", "S1", turn, text, text_hash=text)
    for (turn, number), text in zip([(2, 1), (2, 2), (4, 1), (4, 2), (6, 1)], TALK, strict=True)
]
HEAD = "transcript_id,utterance_id,turn_index,text,codes,coder,seen"


def read(*lines: str, coder: str = "") -> tuple[dict[str, dict[str, str]], list[str]]:
    """What each coder gave each utterance, and the report."""
    rows, bad = read_rows("\n".join([HEAD, *lines]).encode(), "a.csv", needs=("codes",))
    out = table_codes(rows, UTTERANCES, BOOK, coder=coder)
    given: dict[str, dict[str, str]] = {}
    for row in out.rows:
        codes = ";".join(f"{one.code}:{one.valence}" if one.valence else one.code for one in row.codes)
        given.setdefault(row.coder, {})[row.utterance_id[3:]] = codes
    return given, report([*bad, *out.problems])


def test_rows_by_id_turn_and_quotation() -> None:
    assert read(
        ",S1.t0002.u01,,,a:barrier;old.b,ann,blind",
        "S1,,4,,c,ann,",
        'S1,,,"The ward sister, Sarah Thompson, was welcoming from the first day.",a,ben,',
        "S1,,4,when it runs,b,ben,",
        "S1,,,as I said,,ben,",
    ) == (
        {
            "ann": {"t0002.u01": "a:barrier;b", "t0004.u01": "c", "t0004.u02": "c"},
            "ben": {"t0002.u02": "a", "t0004.u01": "b", "t0006.u01": ""},
        },
        [],
    )


def test_what_a_coder_gave_to_several_passages_of_an_utterance_counts_once() -> None:
    given = read("S1,,,We was fine,a:barrier,ann,", "S1,,,fine really,a:facilitator;c,ann,")
    assert given == ({"ann": {"t0002.u01": "a:both;c"}}, [])


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([",S9.t0001.u01,,,a,ann,"], "row 2: no utterance S9.t0001.u01 in the study"),
        (["S9,,2,,a,ann,"], "row 2: no transcript S9 in the study"),
        (["S1,,3,,a,ann,"], "row 2: S1 has no turn 3 to code"),
        (["S1,,,,a,ann,"], "row 2: has neither utterance_id, nor turn_index, nor a quotation"),
        (["S1,,,it rained all week,a,ann,"], "row 2: its quotation does not stand in S1"),
        (["S1,,,one bus a day,a,ann,"], "row 2: its quotation stands in 2 places of S1; give turn_index too"),
        ([",S1.t0002.u01,,It rained all week,a,ann,"], "row 2: its text is not that of S1.t0002.u01"),
        (["S1,,4,It rained all week,a,ann,"], "row 2: its text is not that of turn 4 of S1"),
        ([",S1.t0002.u01,,,a;zz,ann,"], "row 2: 'zz' is no code of the codebook"),
        ([",S1.t0002.u01,,,a:bad,ann,"], "row 2: 'a:bad' is no code of the codebook"),
        ([",S1.t0002.u01,,,:barrier,ann,"], "row 2: holds a code without a name"),
        ([",S1.t0002.u01,x,,a,ann,"], "row 2: turn_index is not a whole number"),
        ([",S1.t0002.u01,,,a,ann,perhaps"], "row 2: `seen` is neither blind nor suggested"),
        (["", ",S9.t0001.u01,,,a,ann,"], "row 3: no utterance S9.t0001.u01 in the study"),
    ],
)
def test_every_row_that_cannot_be_taken_is_told_by_the_number_a_spreadsheet_shows(
    lines: list[str], says: str
) -> None:
    assert read(*lines) == ({}, [says])
    good = ",S1.t0006.u01,,,c,ann,"
    given, told = read(*lines, good)
    assert (given, told) == ({"ann": {"t0006.u01": "c"}}, [says]), "the others are not touched"


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("Daz.", "[Person 2]."),
        ("Colin Maddaford.", "[Person 111]."),
        ("Fifty-seven.", "[50-59]."),
        (
            "I put my mobile on it, 07700 900358, I put b dot hall at peers dot example.",
            "I put my mobile on [E-mail 5].",
        ),
        (
            "Bev. Bev Rudd. Nobody's called me Beverley since.",
            "[Person 6]. [Person 6]. Nobody's called me [Person 6] since.",
        ),
    ],
)
def test_a_raw_text_beside_an_id_is_no_other_talk(raw: str, kept: str) -> None:
    """Tables that were coded before names were replaced come in by their ids."""
    one = Utterance("S1.t0002.u01", "S1", 2, kept, text_hash="h")
    table = write_table([CodedRow("S1", (Given("a"),), one.id, text=raw, coder="ann")], "csv")
    found = table_codes(read_rows(table, "a.csv")[0], [one], BOOK)
    assert (found.problems, len(found.rows)) == ([], 1)


def test_an_utterance_that_stands_twice() -> None:
    first, alike, other = ",S1.t0002.u01,,,a,ann,", ",S1.t0002.u01,,,a,ann,", ",S1.t0002.u01,,,b,ann,"
    twice = "utterance S1.t0002.u01 stands here and at row"
    assert read(first, alike) == ({"ann": {"t0002.u01": "a"}}, [f"row 3: {twice} 2"])
    assert read(first, other) == ({}, [f"row 2: {twice} 3", f"row 3: {twice} 2"])
    assert read(first, other.replace("ann", "ben"))[1] == [], "another coder's row is no double"


def test_a_code_and_nothing_applies_of_one_utterance() -> None:
    given, told = read("S1,,2,,,ann,", "S1,,,We was fine,a,ann,")
    assert given == {"ann": {"t0002.u02": ""}}
    assert told == ["row 2: S1.t0002.u01: a code is given elsewhere, and nothing applies here"]


def test_rows_that_follow_each_other_and_say_the_same_share_a_line() -> None:
    lines = [f"S9,,{turn},,a,ann," for turn in range(5)]
    assert read(*lines)[1] == ["rows 2 to 6: no transcript S9 in the study"]
    assert report([Problem("row 2", "x"), Problem("row 4", "x"), Problem("", "y")]) == [
        "row 2: x",
        "row 4: x",
        "y",
    ]


def test_all_bad_rows_of_a_table_are_told_at_once_to_every_command_that_reads_one() -> None:
    with pytest.raises(StudyError) as refused:
        read_table(b"transcript_id,codes\n,a\nP1,:barrier\n", "a.csv")
    assert refused.value.message == (
        "2 rows cannot be taken:\n  row 2: has no transcript_id\n  row 3: holds a code without a name"
    )


CODES = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "xlsx"])
@settings(max_examples=25)
@given(st.data())
def test_a_table_brings_back_what_was_coded(kind: str, data: st.DataObject) -> None:
    rows = []
    for one in UTTERANCES:
        for coder in data.draw(st.sets(st.sampled_from(["ann", "ben"]))):
            codes = [Given(code, data.draw(st.sampled_from([None, *VALENCES]))) for code in data.draw(CODES)]
            note = data.draw(st.sampled_from(["", "=1+1", "a; b", "two\nlines"]))
            rows.append(
                CodedRow(
                    "S1",
                    tuple(sorted(codes, key=lambda given: given.code)),
                    utterance_id=one.id,
                    text=one.text,
                    coder=coder,
                    seen=data.draw(st.sampled_from(["blind", "suggested"])),
                    note=note,
                )
            )
    placed, bad = read_rows(write_table(rows, kind), f"a.{kind}")
    back = table_codes(placed, UTTERANCES, BOOK)
    assert (bad, back.problems) == ([], [])
    plain = [CodedRow("S1", r.codes, r.utterance_id, coder=r.coder, seen=r.seen, note=r.note) for r in rows]
    assert sorted(back.rows, key=str) == sorted(plain, key=str)


# By command ------------------------------------------------------------------------------------------------


def table_of(study: Path, *lines: str, name: str = "coded.csv") -> Path:
    file = study.parent / name
    file.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return file


def ids(study: Path) -> list[str]:
    with Study.open(study).store() as store:
        return [one.id for one in store.utterances()]


def coded(study: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    with Study.open(study).store() as store:
        rows = coded_rows(judgements.decisions(store), store.utterances())
    return {(row.utterance_id, row.coder): tuple(one.code for one in row.codes) for row in rows}


def test_nothing_is_imported_until_the_user_says_so_and_the_report_is_whole(
    tiny_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = ids(tiny_study)[:2]
    file = table_of(
        tiny_study,
        f",{first},,,context.culture,ann,",
        f",{second},,,weather,ann,",
        ",S9.t0001.u01,,,context.culture,ann,",
    )
    assert main(["codes", "import", str(tiny_study), str(file)]) == 1
    told = capsys.readouterr().err
    assert told.split("\n")[:4] == [
        "coded.csv: 2 rows cannot be taken:",
        "  row 3: 'weather' is no code of the codebook",
        "  row 4: no utterance S9.t0001.u01 in the study",
        "Nothing was imported. Mend the file, or give --accept-partial to take the good rows.",
    ]
    assert coded(tiny_study) == {}
    assert main(["codes", "import", str(tiny_study), str(file), "--accept-partial"]) == 0
    told = capsys.readouterr().err
    assert "coded.csv: 1 decision added, 2 left out:" in told
    assert "  row 3: 'weather' is no code of the codebook" in told
    assert coded(tiny_study) == {(first, "ann"): ("context.culture",)}
    assert [one["code"] for one in batches_of(tiny_study)["new_codes"]] == ["inductive.weather"]


def test_a_table_under_a_wrong_name_can_be_taken_back(tiny_study: Path) -> None:
    first = ids(tiny_study)[0]
    file = table_of(tiny_study, f",{first},,,context.culture,,")
    with pytest.raises(StudyError, match="does not say who coded"):
        import_codes(tiny_study, file)
    result = import_codes(tiny_study, file, coder="ana")
    undo_batch(tiny_study, result["batches"]["ana"])
    assert coded(tiny_study) == {}
    assert import_codes(tiny_study, file, coder="anna")["added"] == 1
    assert coded(tiny_study) == {(first, "anna"): ("context.culture",)}
    assert import_codes(tiny_study, file, coder="ana")["added"] == 1, "what was taken back comes in again"
    kinds = [(one["kind"], one["coder"]) for one in batches_of(tiny_study)["batches"]]
    assert kinds == [("table", "ana"), ("table", "anna")]


def test_an_edited_table_adds_what_was_edited_and_doubles_nothing(tiny_study: Path) -> None:
    first, second = ids(tiny_study)[:2]
    lines = [f",{first},,,context.culture,ann,", f",{second},,,,ann,"]
    assert import_codes(tiny_study, table_of(tiny_study, *lines))["added"] == 2
    assert import_codes(tiny_study, table_of(tiny_study, *lines))["added"] == 0
    lines[1] = f",{second},,,facilitation.role,ann,"
    result = import_codes(tiny_study, table_of(tiny_study, *lines))
    assert (result["utterances"], result["added"]) == (1, 2), "a code given, nothing applies taken back"
    assert coded(tiny_study) == {
        (first, "ann"): ("context.culture",),
        (second, "ann"): ("facilitation.role",),
    }
    settled = import_codes(tiny_study, table_of(tiny_study, *lines), adjudicated=True)
    assert settled["added"] == 2
    assert import_codes(tiny_study, table_of(tiny_study, *lines), adjudicated=True)["added"] == 0


def test_several_files_come_in_together_or_not_at_all(tiny_study: Path, tmp_path: Path) -> None:
    good = Path(export_batch(tiny_study, coder="anna", to="packet", blind=True)["file"])
    data = json.loads(good.read_text().split('type="application/json">')[1].split("</script>")[0])

    def decisions(name: str, code: str) -> Path:
        item = {key: data["items"][0][key] for key in ("id", "hash")}
        item |= {"answers": [], "added": [[code, ""]], "nothing": False, "unsure": False, "note": ""}
        facts = {key: data[key] for key in ("format", "batch", "coder")}
        file = tmp_path / name
        file.write_text(json.dumps({**facts, "kind": data["mark"], "items": [{**item, "proposals": []}]}))
        return file

    files = [decisions("one.json", "context.culture"), decisions("two.json", "zz")]
    with pytest.raises(StudyError, match=r"two\.json: entry 1: .*'zz' is no code"):
        import_files(tiny_study, files)
    assert coded(tiny_study) == {}
    with pytest.raises(StudyError, match=r"(?s)two\.json: .*three\.json: "):
        import_files(tiny_study, [*files, decisions("three.json", "yy")])
    results = import_files(tiny_study, files, accept_partial=True)
    assert [(one["added"], one["left_out"]) for one in results] == [(1, 0), (0, 1)]
