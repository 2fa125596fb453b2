"""`secondcoder audit` on tables: what it prints, writes, and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from pipeline.cli import _audit_words, main
from pipeline.cli.audit import audit_study, audit_tables
from pipeline.records import Decision
from pipeline.study import Study, judgements

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
        "Model: as the table machine.csv has it",
        "ann with ben (two coders): 120 utterances of 4 interviews",
        "context.culture",
        "Human ceiling: kappa among people and of the model",
        "Alternative annotator test by utterances (epsilon 0.15)",
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


def test_anchored_decisions_are_audited_when_asked_for(
    tables: list[Path], tmp_path: Path, capsys: Output
) -> None:
    seen = table(tmp_path / "seen.csv", "dan", 1, seen="suggested")
    assert run("audit", tables[0], seen, "--anchored") == 0
    assert "with suggestions in view (anchored): not independent" in capsys.readouterr().out


def test_a_figure_that_is_nothing_is_printed_as_a_dash() -> None:
    assert [_audit_words._two(value) for value in (None, -0.001, 0.5)] == ["-", "0.00", "0.50"]


def decide(study: Path, coder: str, answers: dict[int, str], **more: object) -> None:
    """Decisions of one coder on the utterances by their place; elsewhere nothing applies."""
    opened = Study.open(study)
    with opened.store() as store:
        decisions = []
        for place, one in enumerate(store.utterances(opened.case_of())):
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
