"""The study folder: made, opened, refused; what is kept and what can never be taken back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import resources
from pipeline.errors import StudyError
from pipeline.records import Decision, Mark, Suggestion
from pipeline.study import (
    Person,
    StoredSpan,
    StoredTranscript,
    StoredTurn,
    Study,
    indexed,
    judgements,
    register,
    schema,
)
from pipeline.study.register import Known, Register, Source
from pipeline.study.store import Store

BOOK = "name: b\ncodes: [{id: a}, {id: b}]\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    text = resources.path("configs", "study.toml").read_text(encoding="utf-8")
    return Study.create(tmp_path / "my study é", settings_text=text, codebook_text=BOOK)


def fill(store: Store, text: str = "Well, Ann was kind. Yes.") -> None:
    turns = [
        StoredTurn(1, "", "interviewer", "And?", 0.5, 1.5, "row 2"),
        StoredTurn(2, "S1PW1", "PW", text, None, None, "row 3", (Mark(0, 4, "x"),)),
    ]
    spans = [
        StoredSpan("S1PW1.t0001.u01", 1, 1, 0, 4, 1, True, "h0"),
        StoredSpan("S1PW1.t0002.u01", 2, 1, 0, len(text), 5, False, "h1"),
    ]
    store.save_transcript(StoredTranscript("S1PW1", "s", "txt", "x", 1), turns, spans)


def decision(answer: str = "accept", **more: str) -> Decision:
    values = {"utterance_id": "S1PW1.t0002.u01", "text_hash": "h1", "code": "a", "coder": "anna", "at": "t"}
    return Decision(**{**values, "answer": answer, **more})  # type: ignore[arg-type]


def test_a_new_study_opens_and_its_settings_are_the_documented_defaults(study: Study) -> None:
    opened = Study.open(study.folder)
    assert opened.settings.text.max_words == 60
    assert opened.settings.study.id
    assert opened.people() == []
    assert opened.cases() == {}
    assert opened.vault.key_path.is_file()
    assert study.folder not in opened.vault.key_path.parents


def test_the_register_comes_back_as_it_was_written(study: Study) -> None:
    kept = register.load(study.vault)
    kept.never.append("Grace")
    kept.entities.append({"id": "P1", "where": {"Sarah Thompson": ["S1PW1"]}})
    register.save(study.vault, kept)
    assert register.load(Study.open(study.folder).vault) == kept
    assert b"Sarah" not in (study.folder / "secret" / "register.age").read_bytes()


FIRST_FORMAT = """{"hash_key": "00", "shift_key": "11", "version": 3,
"sources": {"S1PW1": {"path": "a.txt", "sha256": "f0", "participants": {"P": "S1PW1"}, "roles": {"P": "PW"},
  "doubts": {}}},
"entities": [{"id": "PER001", "label": "PERSON", "pseudonym": "[Person 1]", "kind": "Person", "cases": ["S1"],
  "where": [["S1PW1", "Ann"], ["S1PW1", "Ann Lee"], ["S1PW2", "Ann"]]}],
"known": {"Ann": {"label": "PERSON", "version": 2}}}"""


def test_a_register_of_the_first_format_is_read(study: Study) -> None:
    study.vault.write(register.FILE, FIRST_FORMAT.encode())
    kept = register.load(study.vault)
    assert kept.entities[0]["where"] == {"Ann": ["S1PW1", "S1PW2"], "Ann Lee": ["S1PW1"]}
    assert kept.sources == {"S1PW1": Source("a.txt", "f0", {"P": "S1PW1"}, {"P": "PW"}, {})}
    assert kept.known == {"Ann": Known("PERSON", 2)}
    register.save(study.vault, kept)
    assert register.load(study.vault) == kept


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b"[]",
        b"\xff",
        FIRST_FORMAT[:-9].encode(),
        FIRST_FORMAT.replace('"where"', '"there"').encode(),
        FIRST_FORMAT.replace("{", '{"format": 2, ', 1).encode(),
    ],
)
def test_what_is_no_register_is_refused(text: bytes) -> None:
    with pytest.raises(StudyError, match="is not a register of this release"):
        register.read(text)


def test_a_register_of_a_later_release_is_not_called_damaged(study: Study) -> None:
    with pytest.raises(StudyError, match="later release") as told:
        register.read(b'{"format": 3, "people": []}')
    assert "Install" in told.value.hint


@pytest.mark.parametrize("first", [False, True])
def test_what_is_saved_while_it_is_loaded_is_not_lost(
    first: bool, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.enrol(study.vault, register.load(study.vault), {"S1PW1": Source("a.txt", "f0")})
    whole, real = register.load(study.vault), study.vault.read

    def read(name: str) -> bytes:
        before = b"" if first else real(name)
        register.save(study.vault, whole)  # another command comes to its end meanwhile
        return real(name) if first else before

    monkeypatch.setattr(study.vault, "read", read)
    assert register.load(study.vault).sources == whole.sources
    assert not study.vault.has(register.ENROLLED)


def test_neither_is_what_a_later_release_wrote_beside_it_called_damaged(study: Study) -> None:
    study.vault.write(register.ENROLLED, b'{"S1PW1": {"path": "a.txt", "sha256": "f0", "colour": "red"}}')
    study.vault.write(register.FILE, b'{"format": 3}')
    with pytest.raises(StudyError, match="later release"):
        register.load(study.vault)


def test_damage_beside_the_register_is_told_and_can_be_mended(study: Study) -> None:
    kept = register.load(study.vault)
    register.enrol(study.vault, kept, {"S1PW1": Source("a.txt", "f0")})
    beside = study.folder / "secret" / register.ENROLLED
    beside.write_bytes(b"rubbish")
    with pytest.raises(StudyError, match="damaged") as told:
        register.load(study.vault)
    assert "ingest" in told.value.hint
    assert "restore" not in told.value.hint
    beside.unlink()
    assert register.load(study.vault).sources == {}


def test_new_interviews_lie_beside_the_register_until_it_is_saved(study: Study) -> None:
    beside = study.folder / "secret" / register.ENROLLED
    first, second = Source("Sarah.txt", "f0"), Source("b.txt", "f1")
    before = (study.folder / "secret" / register.FILE).read_bytes()
    kept = register.load(study.vault)
    register.enrol(study.vault, kept, {"S1PW2": first})
    assert (study.folder / "secret" / register.FILE).read_bytes() == before
    assert b"Sarah" not in beside.read_bytes()
    kept = register.load(study.vault)  # a command was stopped, and the next one goes on
    assert kept.sources == {"S1PW2": first}
    register.enrol(study.vault, kept, {"S1PW1": second})
    assert not beside.exists()
    kept = register.load(study.vault)
    assert list(kept.sources.items()) == [("S1PW1", second), ("S1PW2", first)]
    register.enrol(study.vault, kept, {"S1PW1": first})  # read anew
    assert not beside.exists()
    assert register.load(study.vault).sources == {"S1PW1": first, "S1PW2": first}


def test_a_withdrawn_interview_does_not_come_back_from_beside_the_register(study: Study) -> None:
    kept = register.load(study.vault)
    register.enrol(study.vault, kept, {"S1PW1": Source("a.txt", "f0"), "S1PW2": Source("b.txt", "f1")})
    left = study.vault.read(register.ENROLLED)
    del kept.sources["S1PW1"]
    kept.withdrawn["S1PW1"] = "f0"
    register.save(study.vault, kept)
    study.vault.write(register.ENROLLED, left)  # as where the command was stopped before it was taken away
    assert register.load(study.vault).sources == {"S1PW2": Source("b.txt", "f1")}


@given(st.text(max_size=20))
def test_hidden_days_are_fixed_and_never_none(participant: str) -> None:
    kept = Register(hash_key="00" * 32, shift_key="11" * 32)
    days = kept.hidden_days(participant)
    assert days == kept.hidden_days(participant)
    assert days != 0
    assert -180 <= days <= 180


def test_a_folder_that_holds_something_is_not_made_into_a_study(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(StudyError, match="is not empty"):
        Study.create(tmp_path, settings_text="", codebook_text="")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_without_the_key_the_register_stays_shut(study: Study) -> None:
    study.vault.key_path.unlink()
    with pytest.raises(StudyError, match="private key is not here"):
        register.load(Study.open(study.folder).vault)


def test_another_studys_key_is_told_so(study: Study, tmp_path: Path) -> None:
    text = resources.path("configs", "study.toml").read_text(encoding="utf-8")
    other = Study.create(tmp_path / "other", settings_text=text, codebook_text=BOOK)
    with pytest.raises(StudyError, match="key of another study"):
        register.load(Study.open(study.folder, key=other.vault.key_path).vault)


def test_a_damaged_register_is_told_so_and_left_alone(study: Study) -> None:
    file = study.folder / "secret" / "register.age"
    damaged = file.read_bytes()[:-20] + b"x" * 20
    file.write_bytes(damaged)
    with pytest.raises(StudyError, match="damaged"):
        register.load(study.vault)
    assert file.read_bytes() == damaged


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("max_words = 60", "max_words = 1"), "text.max_words"),
        (("unit = ", "colour = 1\nunit = "), "text.colour"),
        (('PERSON = "bracket"', 'PERSON = "hide"'), "pseudonymise.policy.PERSON"),
        (('PERSON = "bracket"', 'NAME = "bracket"'), "NAME is no kind of identifier"),
        (("[text]", "[text"), "cannot be read"),
        (("format = 1", "format = 2"), "format"),
    ],
)
def test_a_wrong_setting_is_named(study: Study, change: tuple[str, str], says: str) -> None:
    file = study.folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        Study.open(study.folder)
    assert says in str(caught.value)


def test_people_and_cases_are_read_as_typed_in_a_spreadsheet(study: Study) -> None:
    (study.folder / "cases.csv").write_bytes("\ufeffcase;group;fidelity\nS1;high;14\n".encode())
    study.write_people([Person("S1PW1", "S1", "S1PW1", "PW")])
    assert study.cases() == {"S1": {"group": "high", "fidelity": "14"}}
    assert study.case_of() == {"S1PW1": "S1"}
    (study.folder / "cases.csv").write_text("case\nS1\nS1\n")
    with pytest.raises(StudyError, match="stands twice"):
        study.cases()


def test_turns_and_utterances_come_back_with_what_was_said_before(study: Study) -> None:
    with study.store() as store:
        fill(store)
        (only,) = store.utterances({"S1PW1": "S1"})
        assert only.text == "Well, Ann was kind. Yes."
        assert (only.case, only.role, only.context) == ("S1", "PW", False)
        assert len(store.utterances(context=True)) == 2
        assert store.turns("S1PW1")[1].marks == (Mark(0, 4, "x"),)


def test_decisions_are_only_ever_added(study: Study) -> None:
    with study.store() as store:
        fill(store)
        assert judgements.add_decisions(store, [decision()]) == 1
        assert judgements.add_decisions(store, [decision()]) == 0, "the same word twice is one decision"
        assert judgements.add_decisions(store, [decision("reject")]) == 1
        for statement in ("DELETE FROM decisions", "UPDATE decisions SET answer = 'reject'"):
            with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
                store.db.execute(statement)
        assert [one.answer for one in judgements.decisions(store)] == ["accept", "reject"]


def test_a_decision_on_a_transcript_that_is_not_there_is_refused(study: Study) -> None:
    with study.store() as store:
        fill(store)
        with pytest.raises(sqlite3.IntegrityError):
            judgements.add_decisions(store, [decision(), decision(utterance_id="S9.t0001.u01")])
        assert judgements.decisions(store) == [], "one transaction: all of it or nothing"


def test_decisions_outlive_a_transcript_that_is_read_again(study: Study) -> None:
    with study.store() as store:
        fill(store)
        judgements.add_decisions(store, [decision()])
        judgements.save_suggestions(
            store, [[Suggestion("S1PW1.t0002.u01", "a", 0.5, "score", True)]], _run(study, store)
        )
        fill(store, "Quite another text.")
        assert len(judgements.decisions(store)) == 1
        assert judgements.suggestions(store) == {}


def _run(study: Study, store: Store) -> int:
    with study.run(store, "test") as run:
        return run.id


def test_a_run_that_fails_is_recorded_as_failed(study: Study) -> None:
    with study.store() as store:
        with pytest.raises(RuntimeError), study.run(store, "test"):
            raise RuntimeError
        assert store.db.execute("SELECT command, status FROM runs").fetchall() == [("test", "failed")]


def test_a_word_taken_out_of_the_text_is_gone_from_every_byte(study: Study) -> None:
    with study.store() as store:
        fill(store)
        assert store.turns_with(["ann"]) == [("S1PW1", 2)]
        turn = store.turns("S1PW1")[1]
        text = turn.text.replace("Ann", "[Person 1]")
        span = StoredSpan("S1PW1.t0002.u01", 2, 1, 0, len(text), 5, False, "h1")
        store.change_turns("S1PW1", [(StoredTurn(2, "S1PW1", "PW", text, None, None, "row 3"), [span], 1)])
        store.forget_words()
        assert store.turns_with(["ann"]) == []
        assert "ann" not in store.words()
    assert not (study.folder / "study.db-wal").exists() or (study.folder / "study.db-wal").stat().st_size == 0
    data = (study.folder / "study.db").read_bytes()
    assert b"Ann" not in data
    assert b"ann " not in data


def test_the_words_of_the_index_are_all_told_however_they_came(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    with study.store() as store:
        fill(store, "Großkopp met Zoë O'Neil at half-past 3, not [Person 1].")
        assert store.words() == indexed_words(store)
        store.db.execute("UPDATE turns SET text = 'Nguyễn ﬁnds Ann' WHERE turn_index = 2")  # by whomever
        assert set(indexed_words(store)) <= set(store.words())
        store.forget_words()
        assert store.words() == indexed_words(store) == ["and", "ann", *store.words()[2:]]
        monkeypatch.setattr(indexed, "_MANY", 1)
        fill(store, "Many turns at once.")
        assert set(indexed_words(store)) <= set(store.words())
        store.set_swept()
        assert indexed.unread(store.db) == 0


def indexed_words(store: Store) -> list[str]:
    return [word for (word,) in store.db.execute("SELECT term FROM turns_words ORDER BY term")]


def test_the_stamp_falls_when_the_text_changes(study: Study) -> None:
    with study.store() as store:
        fill(store)
        store.set_swept()
        assert store.is_swept()
        fill(store, "Other words.")
        assert not store.is_swept()


def test_a_store_of_a_later_release_is_refused(study: Study) -> None:
    db = sqlite3.connect(study.folder / "study.db")
    db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(StudyError, match="later release"):
        study.store()


def test_a_file_that_is_no_store_is_refused(study: Study) -> None:
    (study.folder / "study.db").write_bytes(b"not a database at all, just words " * 40)
    with pytest.raises(StudyError, match="it is no database any more"):
        study.store()
