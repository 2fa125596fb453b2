"""A study as a project for another program, coded there, and brought back by the commands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.cli._codes_in import import_codes
from pipeline.cli._project import export_project
from pipeline.cli._review_in import batches_of, release_batch
from pipeline.errors import StudyError
from pipeline.exchange.project import Coding, Document, Passage, Project, ProjectCode, User, guid
from pipeline.exchange.qdc import write_qdc
from pipeline.exchange.refi_read import read_project
from pipeline.exchange.refi_write import write_project
from pipeline.records import Decision, Suggestion
from pipeline.review.state import coded_rows
from pipeline.study import Study, judgements
from tests.conftest import INTERVIEWS

CODES = (
    ProjectCode(guid("a"), "Context"),
    ProjectCode(guid("b"), "Culture", guid("a")),
    ProjectCode(guid("v"), "Valence: barrier"),
)


def decisions(folder: Path) -> list[Decision]:
    with Study.open(folder).store() as store:
        return judgements.decisions(store)


def utterances(folder: Path) -> dict[str, str]:
    with Study.open(folder).store() as store:
        return {one.id: one.text for one in store.utterances()}


def coded_on(text: str, *quotations: str, codes: tuple[str, ...] = ("b",), name: str = "tape 4") -> Project:
    """A project as somebody makes it in NVivo: one document, a passage a coding."""
    passages = []
    for quotation in quotations:
        start = text.index(quotation)
        for code in codes:
            coding = Coding(guid(quotation, code), guid(code), guid("u"), "2026-11-01T10:00:00Z")
            passages.append(Passage(guid(quotation, code, "p"), start, start + len(quotation), (coding,)))
    document = Document(guid("d"), name, text, tuple(passages))
    return Project("p", "NVivo 14", users=(User(guid("u"), "Anna"),), codes=CODES, documents=(document,))


def saved(folder: Path, project: Project, name: str = "back.qdpx") -> Path:
    file = folder.parent / name
    file.write_bytes(write_project(project, "nvivo"))
    return file


def test_a_raw_interview_coded_elsewhere_is_laid_on_the_pseudonymised_one(tiny_study: Path) -> None:
    text = INTERVIEWS["S1PW1.txt"]
    file = saved(
        tiny_study, coded_on(text, "They knew what I was for.", "Sarah came once.", codes=("b", "v"))
    )
    result = import_codes(tiny_study, file)
    assert (result["added"], result["problems"]) == (2, [])
    found = [(one.code, one.answer, one.valence, one.coder, one.seen) for one in decisions(tiny_study)]
    assert found == [("context.culture", "accept", "barrier", "Anna", "blind")] * 2
    texts = utterances(tiny_study)
    for one, ending in zip(decisions(tiny_study), ("what I was for.", "came once."), strict=True):
        assert texts[one.utterance_id].endswith(ending)


def test_coding_on_raw_text_needs_the_key(tiny_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = saved(tiny_study, coded_on(INTERVIEWS["S1PW1.txt"], "They knew what I was for."))
    monkeypatch.setenv("SECONDCODER_KEY", str(tiny_study / "no.key"))
    with pytest.raises(StudyError, match="before names were replaced") as refused:
        import_codes(tiny_study, file)
    assert "--key" in refused.value.hint
    assert decisions(tiny_study) == []


def test_a_study_coded_in_another_program_needs_no_key(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECONDCODER_KEY", str(tiny_study / "no.key"))
    result = export_project(tiny_study, target="nvivo")
    sent = read_project(Path(result["file"]).read_bytes(), "a.qdpx")
    assert "Thompson" not in str(sent)
    document = next(one for one in sent.documents if one.name == "S1PW1")
    made = coded_on(document.text, "They knew what I was for.", name="S1PW1").documents[0]
    back = replace(sent, origin="NVivo", users=(User(guid("u"), "Anna"),), documents=(made,))
    back = replace(back, codes=(*sent.codes, *CODES))
    assert import_codes(tiny_study, saved(tiny_study, back))["added"] == 1
    assert [(one.code, one.coder) for one in decisions(tiny_study)] == [("context.culture", "Anna")]


def test_what_went_out_comes_back_as_nothing_new(tiny_study: Path, tmp_path: Path) -> None:
    table = tmp_path / "coded.csv"
    rows = [f"{name},context.culture:barrier;facilitation.role,ben,a note" for name in utterances(tiny_study)]
    table.write_text("\n".join(["utterance_id,codes,coder,note", *rows]), encoding="utf-8")
    import_codes(tiny_study, table)
    before = decisions(tiny_study)
    for target in ("spec", "nvivo", "maxqda", "atlasti"):
        result = export_project(tiny_study, target=target)
        back = import_codes(tiny_study, Path(result["file"]))
        assert (back["added"], back["problems"]) == (0, [])
    assert decisions(tiny_study) == before


def test_a_project_that_goes_out_is_a_batch_that_keeps_nothing_from_others(
    tiny_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export_project(tiny_study, coder="ben", blind=True)
    (sent,) = batches_of(tiny_study)["batches"]
    assert (sent["kind"], sent["coder"], sent["blind"], sent["utterances"]) == ("qdpx", "ben", True, 0)
    assert main(["review", "status", str(tiny_study)]) == 0
    assert "qdpx, blind" in capsys.readouterr().out
    with pytest.raises(StudyError, match="is a whole project"):
        release_batch(tiny_study, sent["id"])
    assert main(["review", "export", str(tiny_study), "--coder", "ben"]) == 0


def test_the_same_project_twice_adds_nothing(tiny_study: Path) -> None:
    file = saved(tiny_study, coded_on(INTERVIEWS["S1PWC.txt"], "nobody to cover for me"))
    assert import_codes(tiny_study, file)["added"] == 1
    assert import_codes(tiny_study, file)["added"] == 0


def test_an_edited_project_adds_what_was_edited_and_doubles_nothing(tiny_study: Path) -> None:
    text, first, second = INTERVIEWS["S1PW1.txt"], "They knew what I was for.", "Sarah came once."
    role = ProjectCode(guid("r"), "Role")

    def given() -> dict[str, list[str]]:
        with Study.open(tiny_study).store() as store:
            rows = coded_rows(judgements.decisions(store), store.utterances())
        return {row.text[-8:]: [one.code for one in row.codes] for row in rows}

    def come(project: Project) -> int:
        file = saved(tiny_study, replace(project, codes=(*CODES, role)))
        return int(import_codes(tiny_study, file)["added"])

    assert come(coded_on(text, first)) == 1
    assert come(coded_on(text, first, second)) == 1, "one passage more"
    both = coded_on(text, first, second, codes=("b", "r"))
    assert come(both) == 4, "a code more on each; both said anew in one batch"
    assert given() == {t[-8:]: ["context.culture", "facilitation.role"] for t in (first, second)}
    assert come(both) == 0
    assert come(coded_on(text, first, second, codes=("r",))) == 4, "a code taken away is one refused"
    assert given() == {t[-8:]: ["facilitation.role"] for t in (first, second)}
    last = given()
    assert come(coded_on(text, first)) == 0, "an old file again undoes no change of mind"
    again = replace(coded_on(text, first), description="exported anew")
    assert come(again) == 2
    assert given() == {**last, first[-8:]: ["context.culture"]}, "an utterance without a code says nothing"


def test_bad_passages_hold_everything_back_until_the_user_says_so(tiny_study: Path) -> None:
    text = INTERVIEWS["S1PW1.txt"]
    project = coded_on(text, "They knew what I was for.")
    odd = coded_on(text, "And supervision?").documents[0].passages
    document = replace(project.documents[0], passages=(*project.documents[0].passages, *odd))
    file = saved(tiny_study, replace(project, documents=(document,)))
    with pytest.raises(StudyError, match="no participant's talk"):
        import_codes(tiny_study, file)
    assert decisions(tiny_study) == []
    result = import_codes(tiny_study, file, accept_partial=True)
    assert (result["added"], result["left_out"]) == (1, 1)


def test_codes_that_the_study_lacks_become_proposals_and_an_import_can_be_taken_back(
    tiny_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "They knew what I was for."
    project = coded_on(INTERVIEWS["S1PW1.txt"], said, codes=("b", "w"))
    file = saved(tiny_study, replace(project, codes=(*CODES, ProjectCode(guid("w"), "Weather"))))
    with pytest.raises(StudyError, match="Weather"):
        import_codes(tiny_study, file)
    for added in (1, 0):
        result = import_codes(tiny_study, file, accept_partial=True)
        assert (result["added"], result["new_codes"], result["left_out"]) == (added, added, 1)
    status = batches_of(tiny_study)
    assert [(one["words"], one["code"]) for one in status["new_codes"]] == [("Weather", "inductive.weather")]
    batch = status["batches"][0]
    assert (batch["kind"], batch["coder"], batch["decisions"]) == ("project", "Anna", 1)
    assert main(["review", "undo", str(tiny_study), "--batch", batch["id"]]) == 0
    assert import_codes(tiny_study, file, accept_partial=True)["added"] == 1
    assert main(["review", "import", str(tiny_study), str(file), "--accept-partial"]) == 0
    told = capsys.readouterr().err
    assert "back.qdpx: nothing new; what it says is in the study already, 1 left out:" in told


def test_one_coder_s_project_holds_nobody_else_s_coding(tiny_study: Path, tmp_path: Path) -> None:
    name = next(iter(utterances(tiny_study)))
    table = tmp_path / "coded.csv"
    table.write_text(
        f"utterance_id,codes,coder\n{name},context.culture,ben\n{name},,anna\n", encoding="utf-8"
    )
    import_codes(tiny_study, table)
    result = export_project(tiny_study, coder="anna", blind=True)
    project = read_project(Path(result["file"]).read_bytes(), "a.qdpx")
    assert [one.name for one in project.users] == ["anna"]
    assert {one.name for one in project.cases} == {"S1", "S2"}
    assert dict(project.cases[0].attributes) == {"group": "high"}


def test_codes_travel_under_their_present_names(tiny_study: Path) -> None:
    import_codes(tiny_study, saved(tiny_study, coded_on(INTERVIEWS["S1PWC.txt"], "nobody to cover for me")))
    opened = Study.open(tiny_study)
    text = opened.codebook_text
    opened.write_codebook(text.replace("context.culture", "context.climate"))
    with pytest.raises(StudyError, match=r"context\.culture"):
        export_project(tiny_study)
    renamed = text.replace("context.culture", "context.climate")
    line = "  - id: context.climate\n"
    opened.write_codebook(renamed.replace(line, f"{line}    was: [context.culture]\n"))
    file = Path(export_project(tiny_study)["file"])
    project = read_project(file.read_bytes(), "a.qdpx")
    (coding,) = [each for one in project.documents for passage in one.passages for each in passage.codings]
    assert coding.code in {one.guid for one in project.codes}
    assert import_codes(tiny_study, file)["added"] == 0


def test_suggestions_travel_as_the_model_s_own_and_never_come_back(tiny_study: Path) -> None:
    first, *_ = utterances(tiny_study)
    with Study.open(tiny_study).store() as store, Study.open(tiny_study).run(store, "test") as run:
        offered = [
            Suggestion(first, code, 0.7, "probability", True) for code in ("context.culture", "gone.code")
        ]
        judgements.save_suggestions(store, [offered], run.id)
    file = Path(export_project(tiny_study)["file"])
    project = read_project(file.read_bytes(), "a.qdpx")
    passages = [passage for one in project.documents for passage in one.passages]
    assert [one.note for one in passages] == ["Suggested by the model, probability 0.70."]
    assert [one.name for one in project.users] == ["Second Coder (model)"]
    assert import_codes(tiny_study, file)["added"] == 0
    blind = Path(export_project(tiny_study, blind=True)["file"])
    assert [one.passages for one in read_project(blind.read_bytes(), "b").documents] == [(), (), ()]


def test_the_commands_as_a_user_meets_them(tiny_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "export", str(tiny_study), "--to", "qdpx", "--target", "nvivo", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert Path(written["file"]).is_file()
    assert any("Left out" in line for line in written["warnings"])
    assert main(["review", "export", str(tiny_study), "--to", "qdpx", "--target", "word"]) == 1
    assert "nvivo" in capsys.readouterr().err
    assert main(["codes", "import", str(tiny_study), written["file"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 0


def test_a_codebook_is_compared_and_only_taken_when_asked(tiny_study: Path, tmp_path: Path) -> None:
    file = tmp_path / "codes.qdc"
    file.write_bytes(
        write_qdc((*CODES[:2], ProjectCode(guid("w"), "Weather", description="Rain and shine.")))
    )
    before = Study.open(tiny_study).codebook_text
    assert main(["codes", "import", str(tiny_study), str(file)]) == 0
    assert Study.open(tiny_study).codebook_text == before
    assert main(["codes", "import", str(tiny_study), str(file), "--codebook"]) == 0
    assert "Rain and shine." in Study.open(tiny_study).codebook_text


def test_a_codebook_that_would_orphan_decisions_is_refused(
    tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_codes(tiny_study, saved(tiny_study, coded_on(INTERVIEWS["S1PWC.txt"], "nobody to cover for me")))
    file = tmp_path / "codes.qdc"
    file.write_bytes(write_qdc((ProjectCode(guid("w"), "Weather"),)))
    before = Study.open(tiny_study).codebook_text
    assert main(["codes", "import", str(tiny_study), str(file), "--codebook"]) == 1
    assert "context.culture" in capsys.readouterr().err
    assert Study.open(tiny_study).codebook_text == before


def test_highlights_of_raw_interviews_come_in(tiny_study: Path, tmp_path: Path) -> None:
    file = tmp_path / "highlights.csv"
    file.write_text(
        'id,document,tag,content\n1,tape,Culture,"The ward sister, Sarah Thompson, was welcoming"\n'
        "2,tape,context.culture,I would bring whatever worried me. Sarah came once.\n",
        encoding="utf-8",
    )
    result = import_codes(tiny_study, file, coder="anna")
    assert (result["added"], result["problems"]) == (2, [])
