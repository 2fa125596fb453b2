"""`secondcoder audit` on tables: what it prints, writes, and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.cli._audit_study import audit_study
from pipeline.cli._audit_tables import audit_tables
from pipeline.cli._codebook import of_study
from pipeline.cli._review_out import export_batch
from pipeline.cli.suggest import suggest_study
from pipeline.records import Decision, Suggestion
from pipeline.study import Study, judgements, samples

CODES = ("context.culture", "facilitation.role")
Output = pytest.CaptureFixture[str]


def run(*words: object) -> int:
    return main([str(word) for word in words])


def table(file: Path, coder: str, shift: int, *, seen: str = "blind", interviews: int = 4) -> Path:
    """A coder's table: codes by a fixed rule, every seventh unit (from `shift` on) coded otherwise."""
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(
            ["transcript_id", "utterance_id", "turn_index", "case", "text", "codes", "coder", "seen"]
        )
        for transcript in range(1, interviews + 1):
            for turn in range(1, 31):
                odd = (turn * turn * transcript + shift * turn + transcript) % 7 == 0
                codes = CODES[(turn + odd) % 2] if turn % 3 == 0 or odd else ""
                name = f"T{transcript:03}"
                unit = f"{name}.t{turn:04}.u01"
                writer.writerow([name, unit, turn, "S1", "some words here", codes, coder, seen])
    return file


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture
def tables(tmp_path: Path) -> list[Path]:
    return [
        table(tmp_path / f"{name}.csv", name, shift) for name, shift in (("ann", 0), ("ben", 2), ("cat", 5))
    ]


def test_json_on_standard_output_and_words_on_standard_error(tables: list[Path], capsys: Output) -> None:
    assert run("audit", *tables, "--json") == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert set(found) == {"pairs", "human_ceiling", "alt_test", "design"}
    assert [(pair["a"], pair["b"]) for pair in found["pairs"]] == [
        ("ann", "ben"),
        ("ann", "cat"),
        ("ben", "cat"),
    ]
    assert "no codebook was given" in printed.err
    assert "intervals rest on 4 interviews" in printed.err


def test_the_screen_shows_figures_ceiling_test_and_methods(
    tables: list[Path], tmp_path: Path, capsys: Output
) -> None:
    model = table(tmp_path / "machine.csv", "machine", 3)
    assert run("audit", *tables, "--model", model, "--codebook", "parihs-peer-support") == 0
    printed = capsys.readouterr().out
    for words in (
        "as the table machine.csv has it",
        "ann with ben (two coders): 120 utterances of 4 interviews",
        "context.culture",
        "Human ceiling: kappa among people and of the model",
        "Alternative annotator test by utterances (epsilon .15)",
        "By transcripts it says nothing: 4 transcripts are too few",
        "Where ann and ben differ",
        '"some words here"',
        "For the methods section:",
        "3 coders (ann, ben, cat) coded independently",
    ):
        assert words in printed


def test_files_hold_every_figure_and_every_disagreement(tables: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "kept"
    assert run("audit", *tables[:2], "--out", out) == 0
    figures = rows_of(out / "agreement.csv")
    assert [row["code"] for row in figures] == [*CODES, "overall"]
    expected = audit_tables(tables[:2], model=None, codebook="", anchored=False).pairs[0]
    assert float(figures[0]["kappa"]) == expected.per_code[0].figures["kappa"]
    assert float(figures[0]["kappa_low"]) == expected.per_code[0].ci["kappa"].low
    told = rows_of(out / "disagreements.csv")
    assert len(told) == len(expected.disagreements) > 0
    assert told[0]["text"] == "some words here"
    assert "Cohen's kappa" in (out / "methods.txt").read_text(encoding="utf-8")


def test_no_cell_of_a_table_runs_as_a_formula(tmp_path: Path) -> None:
    head = "transcript_id,utterance_id,codes,text"
    for coder, code in (("ann", "@one"), ("ben", "@two")):
        rows = [f"T{n},u1,{code},=cmd|' /C calc'!A0" for n in range(1, 5)]
        (tmp_path / f"{coder}.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    assert run("audit", tmp_path / "ann.csv", tmp_path / "ben.csv", "--out", tmp_path / "out") == 0
    for name in ("agreement.csv", "disagreements.csv"):
        for row in rows_of(tmp_path / "out" / name):
            assert not any(cell.startswith(("=", "+", "@")) for cell in row.values())
    told = rows_of(tmp_path / "out" / "disagreements.csv")[0]
    assert (told["codes_a"], told["text"]) == ("'@one", "'=cmd|' /C calc'!A0")


def test_several_coders_in_one_file(tables: list[Path], tmp_path: Path, capsys: Output) -> None:
    rows = [line for file in tables for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    head = tables[0].read_text(encoding="utf-8").splitlines()[0]
    one = tmp_path / "all.csv"
    one.write_text("\n".join([head, *rows]), encoding="utf-8")
    assert run("audit", one, "--json") == 0
    together = json.loads(capsys.readouterr().out)
    assert run("audit", *tables, "--json") == 0
    assert together == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "there is only one coder"),
        (("missing.csv",), "there is no such file"),
        ((".",), "is a folder, where a table was looked for"),
        (("seen.csv",), "saw the model's suggestions"),
        (("other.csv",), "no two coders looked at the same utterance"),
        (("ann.csv", "--codebook", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_audited_gets_a_clear_word(
    options: tuple[str, ...], words: str, tables: list[Path], tmp_path: Path, capsys: Output
) -> None:
    table(tmp_path / "seen.csv", "dan", 1, seen="suggested")
    other = table(tmp_path / "other.csv", "eve", 1)
    other.write_text(other.read_text(encoding="utf-8").replace("T0", "X0"), encoding="utf-8")
    files = [tmp_path / one if one.endswith(".csv") else one for one in options]
    assert run("audit", tables[0], *files) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


HEADER = "transcript_id,turn_index,codes"


def plain(file: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes("\n".join([header, *rows]).encode(encoding))
    return file


ANN = ("T1,1,x", "T1,2,", "T2,1,y", "T2,2,")
BEN = ("T1,1,x", "T1,2,", "T2,1,x", "T2,2,")


@pytest.mark.parametrize(
    ("rows", "header", "encoding"),
    [
        (("T1,1,x", "T1,2,", "T2,1,x", "T2,2,"), HEADER, "utf-8-sig"),
        (("T1;1;x:barrier", "T1;2;", "T2;1;x", "T2;2;"), "Transcript ID;Turn index;codes", "cp1252"),
        (("T1\t1.0\tx", "T1\t2.0\t", "T2\t1.0\tx", "T2\t2.0\t"), HEADER.replace(",", "\t"), "utf-16"),
        (
            ('T1,1,x,a,"1,5"', "T1,2,,b,", "T2,1,x,c,", "T2,2,,d,"),
            f"{HEADER},utterance_id,weather",
            "utf-8",
        ),
    ],
)
def test_tables_as_people_save_them(
    rows: tuple[str, ...], header: str, encoding: str, tmp_path: Path, capsys: Output
) -> None:
    """With a mark, with semicolons as Excel writes them, tabs, numbers as statistics programs write them,
    more columns, and utterance ids that the other table does not have."""
    ann = plain(tmp_path / "ann.csv", *ANN)
    ben = plain(tmp_path / "ben.csv", *rows, header=header, encoding=encoding)
    assert run("audit", ann, ben, "--json") == 0
    (pair,) = json.loads(capsys.readouterr().out)["pairs"]
    assert {one["code"]: list(one["counts"].values()) for one in pair["per_code"]} == {
        "x": [1, 0, 1, 2],
        "y": [0, 1, 0, 3],
    }


def test_accents_typed_on_a_mac_and_on_windows_are_the_same_code(tmp_path: Path, capsys: Output) -> None:
    ann = plain(tmp_path / "ann.csv", "T1,1,caf\u00e9", "T1,2,")
    ben = plain(tmp_path / "ben.csv", "T1,1,cafe\u0301", "T1,2,")
    assert run("audit", ann, ben, "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["pairs"][0]["per_code"]
    assert one["kappa"] == 1.0


def test_valences_and_scores_are_told_on_the_screen(
    tables: list[Path], tmp_path: Path, capsys: Output
) -> None:
    ann = plain(tmp_path / "ann.csv", "T1,1,x:barrier", "T1,2,x:barrier", "T2,1,")
    ben = plain(tmp_path / "ben.csv", "T1,1,x:barrier", "T1,2,x:both", "T2,1,")
    assert run("audit", ann, ben, "--rho", "0.65", "--out", tmp_path / "out") == 0
    printed = capsys.readouterr().out
    assert "Valence alike, where both gave the code and said one: x .50 of 2" in printed
    assert "Shaffer's rho for a kappa of .65" in printed
    row = rows_of(tmp_path / "out" / "agreement.csv")[0]
    assert (row["valence_n"], row["valence_percent"]) == ("2.0", "0.5")
    page = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
    assert ".50 of 2 (.00)" in page
    assert "The chance of such a kappa in a test set like this" in page


def test_tables_of_the_same_name_are_told_apart_by_their_folders(tmp_path: Path, capsys: Output) -> None:
    files = [plain(tmp_path / who / "coded.csv", *rows) for who, rows in (("ann", ANN), ("ben", BEN))]
    assert run("audit", *files, "--json") == 0
    (pair,) = json.loads(capsys.readouterr().out)["pairs"]
    assert (pair["a"], pair["b"]) == ("ann/coded", "ben/coded")


def test_a_model_among_the_coders_of_a_table_is_the_model(tmp_path: Path, capsys: Output) -> None:
    header = f"{HEADER},annotator"
    file = plain(
        tmp_path / "all.csv", *(f"{row},ann" for row in ANN), *(f"{row},model" for row in BEN), header=header
    )
    assert run("audit", file, "--json") == 0
    (pair,) = json.loads(capsys.readouterr().out)["pairs"]
    assert (pair["a"], pair["b"], pair["kind"]) == ("model", "ann", "model-human")
    other = plain(tmp_path / "m.csv", *BEN)
    assert run("audit", file, "--model", other) == 1
    assert "beside --model" in capsys.readouterr().err


def test_one_coder_blind_and_with_suggestions_in_view_in_two_tables_shows_anchoring(
    tmp_path: Path, capsys: Output
) -> None:
    header = f"{HEADER},coder,seen"
    blind = plain(tmp_path / "blind.csv", *(f"{row},ann,blind" for row in ANN), header=header)
    seen = plain(tmp_path / "seen.csv", *(f"{row},ann,suggested" for row in BEN), header=header)
    model = plain(tmp_path / "model.csv", *BEN)
    assert run("audit", blind, seen, "--model", model, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    (one,) = found["design"]["anchoring"]
    assert (one["followed_blind"], one["followed_seen"], one["units_both"]) == (0.5, 1.0, 4)
    assert (one["towards"], one["away"]) == (2, 0)
    assert [(pair["a"], pair["b"], pair["units"]) for pair in found["pairs"]] == [("model", "ann", 4)]


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        ((), HEADER, "holds no row below its header"),
        (("T1;1;x;y",), "transcript_id;turn_index;codes", "row 2: has more cells than the header"),
        (("T1,1,NA",), HEADER, "1 rows hold NA"),
        (("T1,one,x",), HEADER, "turn_index is not a whole number"),
        (("T1,x",), "transcript_id,codes", "neither utterance_id nor turn_index"),
        (("T1,1",), "transcript_id,turn_index", "lacks the column codes"),
        (("T1,1,x,yes",), f"{HEADER},seen", "neither blind nor suggested"),
        (("T1,1,x,eve", "T1,2,x,"), f"{HEADER},coder", "rows without a coder beside rows with one"),
        (("T1,1,x,ann",), f"{HEADER},coder", "coded the same utterances in ann.csv and in ben.csv"),
        (("T1,1,x", "T1,1,y"), HEADER, "codes t0001 of T1 twice, in two ways"),
        (("T1,1,x:barrier", "T1,1,x"), HEADER, "codes t0001 of T1 twice, in two ways"),
        (("T1,1,x,a", "T1,1,y,b"), f"{HEADER},utterance_id", "several utterances in turn 1 of T1"),
        (("T9,1,x",), HEADER, "no two coders looked at the same utterance"),
    ],
)
def test_a_table_that_would_be_misread_is_refused(
    rows: tuple[str, ...], header: str, words: str, tmp_path: Path, capsys: Output
) -> None:
    ann, ben = plain(tmp_path / "ann.csv", *ANN), plain(tmp_path / "ben.csv", *rows, header=header)
    assert run("audit", ann, ben, "--json") == 1
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.out == ""


def test_a_table_given_twice_is_refused(tmp_path: Path, capsys: Output) -> None:
    ann = plain(tmp_path / "ann.csv", *ANN)
    assert run("audit", ann, tmp_path / "." / "ann.csv") == 1
    assert "is given twice" in capsys.readouterr().err


def test_codes_that_look_like_several_or_like_another_get_a_word(tmp_path: Path, capsys: Output) -> None:
    ann = plain(tmp_path / "ann.csv", 'T1,1,"x, y"', "T1,2,X", "T2,1,x:good")
    ben = plain(tmp_path / "ben.csv", "T1,1,x", "T1,2,x", "T2,1,x")
    assert run("audit", ann, ben) == 0
    printed = capsys.readouterr().err
    for words in (
        "1 code holds a comma",
        "1 code holds a colon",
        "1 code differs from another in capitals only",
    ):
        assert words in printed


def test_with_a_codebook_old_ids_follow_and_codes_above_others_may_be_given(
    tmp_path: Path, capsys: Output
) -> None:
    book = tmp_path / "book.yaml"
    book.write_text(
        "name: book\ntitle: A book\nsource: none\ncodes:\n"
        "  - {id: x, name: X}\n  - {id: x.a, name: A, was: [y]}\n  - {id: z, name: Z}\n",
        encoding="utf-8",
    )
    ann, ben = plain(tmp_path / "ann.csv", *ANN), plain(tmp_path / "ben.csv", *BEN)
    assert run("audit", ann, ben, "--codebook", book, "--json") == 0
    printed = capsys.readouterr()
    (pair,) = json.loads(printed.out)["pairs"]
    assert [one["code"] for one in pair["per_code"]] == ["x", "x.a", "z"]
    assert "given although others stand below them: x" in printed.err


def test_a_screen_of_80_columns_is_kept(
    tables: list[Path], capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run("audit", *tables[:2]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    monkeypatch.setenv("COLUMNS", "200")
    assert run("audit", *tables[:2]) == 0
    (header,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("code  ")]
    assert header.split()[-3:] == ["lower", "end", "says"]


def test_the_table_of_figures_has_as_many_cells_in_every_row(tables: list[Path], tmp_path: Path) -> None:
    assert run("audit", *tables[:2], "--out", tmp_path) == 0
    with (tmp_path / "agreement.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.reader(handle))
    assert {len(row) for row in rows} == {len(rows[0])}
    written = (tmp_path / "methods.txt").read_text(encoding="utf-8")
    for item in ("COREQ 24", "COREQ 27: software: Second Coder", "SRQR 15"):
        assert item in written


def test_rho_is_added_where_it_is_asked_for(tables: list[Path], capsys: Output) -> None:
    assert run("audit", *tables[:2], "--rho", "0.65", "--json") == 0
    one = json.loads(capsys.readouterr().out)["pairs"][0]["per_code"][0]
    assert one["rho"]["threshold"] == 0.65
    assert 0 <= one["rho"]["value"] <= 1


def test_the_width_asked_for_changes_how_many_more_are_needed(tables: list[Path], capsys: Output) -> None:
    needed = []
    for width in ("0.1", "0.3"):
        assert run("audit", *tables[:2], "--width", width, "--json") == 0
        needed.append(json.loads(capsys.readouterr().out)["pairs"][0]["per_code"][0]["needed"])
    assert needed[0] > needed[1]


def test_anchored_decisions_are_audited_when_asked_for(
    tables: list[Path], tmp_path: Path, capsys: Output
) -> None:
    seen = table(tmp_path / "seen.csv", "dan", 1, seen="suggested")
    assert run("audit", tables[0], seen, "--anchored") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "with suggestions in view (anchored), which is not independent" in printed


def decide(
    study: Path, coder: str, answers: dict[int, str], only: tuple[int, ...] | None = None, **more: object
) -> None:
    """Decisions of one coder on the utterances by their place (`only` on some); elsewhere nothing applies."""
    opened = Study.open(study)
    with opened.store() as store:
        decisions = []
        for place, one in enumerate(store.utterances(opened.case_of())):
            if only is not None and place not in only:
                continue
            code = answers.get(place)
            decisions.append(
                Decision(
                    one.id,
                    one.text_hash,
                    code or "none",
                    "accept" if code else "none",
                    coder,
                    "2026-11-23T10:00:00+00:00",
                    **more,  # type: ignore[arg-type]
                )
            )
        judgements.add_decisions(store, decisions)


def refuse(study: Path, coder: str, code: str, batch_id: str) -> None:
    """One coder refuses the one code that was offered, everywhere."""
    opened = Study.open(study)
    with opened.store() as store:
        judgements.add_decisions(
            store,
            [
                Decision(
                    one.id,
                    one.text_hash,
                    code,
                    "reject",
                    coder,
                    "2026-11-23T10:00:00+00:00",
                    scope="offered",
                    seen="suggested",
                    batch_id=batch_id,
                )
                for one in store.utterances(opened.case_of())
            ],
        )


def test_a_study_keeps_blind_decisions_apart_from_those_with_suggestions_in_view(tiny_study: Path) -> None:
    decide(tiny_study, "anna", {0: CODES[0], 1: CODES[1]}, batch_id="b1")
    decide(tiny_study, "ben", {0: CODES[0]}, batch_id="b2")
    decide(tiny_study, "anna", {0: CODES[1]}, batch_id="b3", seen="suggested")
    found = audit_study(tiny_study)
    pair = found.pairs[0]
    assert (pair.a, pair.b, pair.kind) == ("anna", "ben", "human-human")
    by_code = {one.code: one for one in pair.per_code}
    assert by_code[CODES[0]].counts[:3] == (1, 0, 0)
    assert by_code[CODES[1]].counts[:3] == (0, 1, 0)
    assert "learned from the other transcripts only" in found.heading
    assert any("left out" in notice.message for notice in found.notices)


def test_a_coder_who_saw_suggestions_does_not_stop_the_audit_of_those_who_did_not(tiny_study: Path) -> None:
    for coder, seen in (("anna", "blind"), ("ben", "blind"), ("carla", "suggested")):
        decide(tiny_study, coder, {0: CODES[0]}, batch_id=coder, seen=seen)
    found = audit_study(tiny_study)
    assert [(pair.a, pair.b) for pair in found.pairs if pair.kind == "human-human"] == [("anna", "ben")]
    assert any(notice.place == "carla" and "left out" in notice.message for notice in found.notices)
    with_her = audit_study(tiny_study, anchored=True)
    assert ("anna", "carla") in [(pair.a, pair.b) for pair in with_her.pairs]
    assert "not independent" in with_her.heading


def test_what_a_coder_refused_of_what_was_offered_counts_in_an_anchored_audit(tiny_study: Path) -> None:
    decide(tiny_study, "anna", {0: CODES[0], 1: CODES[0]}, batch_id="b1")
    refuse(tiny_study, "ben", CODES[0], batch_id="b2")
    found = audit_study(tiny_study, anchored=True)
    one = next(each for each in found.pairs[0].per_code if each.code == CODES[0])
    assert one.counts[:2] == (0, 2)
    assert next(each for each in found.pairs[0].per_code if each.code == CODES[1]).n == 0


def draw(study: Path, *places: int, chance: float = 0.5) -> str:
    """A drawn sample of these utterances."""
    opened = Study.open(study)
    with opened.store() as store, opened.run(store, "review sample") as drawing:
        every = store.utterances(opened.case_of())
        name = f"s{len(samples.of_kind(store, 'audit')) + 1}"
        drawn = samples.Sample(name, "audit", 1, {every[place].id: chance for place in places})
        samples.add(store, drawn, drawing.id)
    return name


def test_a_drawn_sample_is_named_in_the_heading_and_can_be_left_out(tiny_study: Path, capsys: Output) -> None:
    decide(tiny_study, "anna", {0: CODES[0]}, batch_id="b1")
    decide(tiny_study, "ben", {0: CODES[0], 3: CODES[1]}, batch_id="b2")
    name = draw(tiny_study, 0, 1, 2)
    assert not audit_study(tiny_study).design["weighted"]  # drawn, but nobody has coded it yet
    for coder in ("anna", "ben"):
        decide(
            tiny_study,
            coder,
            {0: CODES[0]},
            only=(0, 1),
            batch_id=f"{coder}2",
            sample_id=name,
            inclusion_probability=0.5,
        )
    found = audit_study(tiny_study)
    assert f"on the drawn sample {name} (3 of 3 utterances coded), weighted" in found.heading
    assert (found.pairs[0].units, found.design["speaks_for"], found.design["effective_n"]) == (3, 6, 3)
    assert any(notice.place == "sample" and "--sample none" in notice.message for notice in found.notices)
    everything = audit_study(tiny_study, sample="none")
    assert "on every utterance that coders share, unweighted" in everything.heading
    assert everything.pairs[0].units > 3
    assert run("audit", tiny_study, "--sample", "s9") == 1
    assert "no drawn sample s9" in capsys.readouterr().err


def test_a_sample_that_one_of_two_people_coded_does_not_take_the_audit_over(tiny_study: Path) -> None:
    decide(tiny_study, "anna", {0: CODES[0]}, batch_id="b1")
    decide(tiny_study, "ben", {0: CODES[0]}, batch_id="b2")
    name = draw(tiny_study, 0, 1)
    decide(tiny_study, "anna", {}, only=(0, 1), batch_id="b3", sample_id=name, inclusion_probability=0.5)
    found = audit_study(tiny_study)
    assert not found.design["weighted"]
    assert any(name in notice.message for notice in found.notices if notice.place == "sample")
    assert audit_study(tiny_study, sample=name).design["sample"] == name


def test_what_was_withdrawn_never_counts(tiny_study: Path) -> None:
    decide(tiny_study, "anna", {0: CODES[0]}, batch_id="b1")
    decide(tiny_study, "ben", {0: CODES[0]}, batch_id="b2")
    before = audit_study(tiny_study).as_json()
    name = draw(tiny_study, 0, 1)
    for coder in ("anna", "ben"):
        decide(
            tiny_study, coder, {1: CODES[1]}, batch_id=f"{coder}2", sample_id=name, inclusion_probability=0.5
        )
    assert audit_study(tiny_study).design["weighted"]
    for coder in ("anna", "ben"):
        decide(tiny_study, coder, {1: CODES[1]}, batch_id=f"{coder}2", kind="withdrawn")
    assert audit_study(tiny_study).as_json() == before


def test_a_sample_coded_in_part_is_warned_about(tiny_study: Path) -> None:
    name = draw(tiny_study, 0, 1, 2)
    for coder in ("anna", "ben"):
        decide(
            tiny_study,
            coder,
            {0: CODES[0]},
            only=(0, 1),
            batch_id=coder,
            sample_id=name,
            inclusion_probability=0.5,
        )
    assert any("2 of the 3 drawn utterances are coded" in line for line in audit_study(tiny_study).warnings)


def test_suggestions_made_before_a_transcript_was_coded_are_audited_as_they_stand(tiny_study: Path) -> None:
    def suggested(trained_on: list[str]) -> None:
        opened = Study.open(tiny_study)
        codes = [code.id for code in of_study(opened).leaves()]
        with opened.store() as store, opened.run(store, "suggest") as making:
            making.result = {"trained_on": trained_on}
            every = store.utterances(opened.case_of())
            offered = [
                [
                    Suggestion(one.id, code, 0.9 if code == CODES[1] else 0.1, "score", code == CODES[1])
                    for code in codes
                ]
                for one in every
            ]
            judgements.save_suggestions(store, offered, making.id)

    suggested([])
    decide(tiny_study, "anna", {0: CODES[0]}, batch_id="b1")
    found = audit_study(tiny_study)
    assert "the suggestions in the study, made before anything of 3 transcripts was learned" in found.heading
    pair = next(one for one in found.pairs if one.kind == "model-human")
    given = {one.code: one.counts[0] + one.counts[1] for one in pair.per_code}
    assert given[CODES[1]] == pair.units
    suggested(["S1PW1"])
    mixed = audit_study(tiny_study).heading
    assert "before anything of 2 transcripts was learned" in mixed
    assert "the other transcripts only" in mixed
    suggested(["S1PW1", "S1PWC", "S2PW1"])
    assert "the suggestions in the study" not in audit_study(tiny_study).heading


def test_what_went_out_is_what_anchoring_is_measured_against(tiny_study: Path) -> None:
    suggest_study(tiny_study)
    blind = export_batch(tiny_study, coder="anna", blind=True)["batch"]
    open_ = export_batch(tiny_study, coder="ben")["batch"]
    with Study.open(tiny_study).store() as store:
        shown, hidden = judgements.suggested_then(store)
        assert all(not codes for codes in judgements.batch(store, blind)[3].values())
        judgements.save_suggestions(store, [], 1)
        assert judgements.suggested_then(store) == (shown, hidden)
    assert hidden.keys() == {blind}
    assert shown.keys() == {open_}
    assert hidden[blind] == shown[open_]
    assert any(hidden[blind].values())


def test_a_second_blind_round_is_agreement_with_oneself(tiny_study: Path) -> None:
    decide(tiny_study, "anna", {0: CODES[0]}, batch_id="b1")
    decide(tiny_study, "ben", {0: CODES[0]}, batch_id="b2")
    decide(tiny_study, "anna", {0: CODES[0], 1: CODES[1]}, batch_id="b3")
    (own,) = audit_study(tiny_study).self_agreement
    assert (own.a, own.b) == ("anna (earlier)", "anna")
    assert {one.code: one.counts[2] for one in own.per_code}[CODES[1]] == 1


def test_unswept_text_stays_out_of_the_audit(tiny_study: Path) -> None:
    decide(tiny_study, "anna", {0: CODES[0]})
    decide(tiny_study, "ben", {1: CODES[0]})
    assert any(one.text for one in audit_study(tiny_study).pairs[0].disagreements)
    with Study.open(tiny_study).store() as store, store.writing() as db:
        db.execute("UPDATE turns SET text = text || ' More.' WHERE turn_index = 1")
    found = audit_study(tiny_study)
    assert not any(one.text for one in found.pairs[0].disagreements)
    assert any(notice.place == "text" for notice in found.notices)


def test_a_study_without_decisions_says_what_to_do(tiny_study: Path, capsys: Output) -> None:
    assert run("audit", tiny_study) == 1
    error = capsys.readouterr().err
    assert "no decisions to audit" in error
    assert "secondcoder review" in error
