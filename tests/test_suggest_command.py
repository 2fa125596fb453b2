"""`suggest` and `status` on a study: in blocks, again where nothing changed, and without loading models."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeEmbedder
from test_cli import dump, run

from pipeline.cli import _learning, _suggesting
from pipeline.cli._codes_in import import_codes
from pipeline.cli.suggest import suggest_study
from pipeline.study import Study, judgements
from pipeline.suggest.reasons import sentences_of
from pipeline.suggest.train import train

Output = pytest.CaptureFixture[str]
HEAVY = ("numpy", "scipy", "sklearn", "torch", "spacy", "pandas", "joblib", "openpyxl")


def coded(study: Path, folder: Path) -> None:
    """Give every utterance of the study a code of its first letter's choosing."""
    with Study.open(study).store() as store:
        rows = [
            f"{one.transcript_id},{one.id},context.culture"
            if "w" in one.text
            else f"{one.transcript_id},{one.id},"
            for one in store.utterances()
        ]
    table = folder / "codes.csv"
    table.write_text("transcript_id,utterance_id,codes\n" + "\n".join(rows) + "\n", encoding="utf-8")
    import_codes(study, table, coder="anna")


def test_blocks_come_to_the_same_as_the_whole(tiny_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = suggest_study(tiny_study)
    before = dump(tiny_study)
    monkeypatch.setattr(_suggesting, "_BLOCK", 1)
    with Study.open(tiny_study).store() as store:
        store.set_note("suggest", "")
    assert suggest_study(tiny_study) == whole
    after = dump(tiny_study)
    assert after["suggestions"] == before["suggestions"]
    assert after["reasons"] == before["reasons"]
    assert before["suggestions"]


def test_again_where_nothing_changed_it_says_so(
    tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    assert run("suggest", tiny_study) == 0
    before = dump(tiny_study)
    monkeypatch.setattr("pipeline.embed.load", pytest.fail)
    assert run("suggest", tiny_study, "--json") == 0
    said = capsys.readouterr()
    assert "Nothing new" in said.err
    result = json.loads(said.out)
    assert (result["new"], result["utterances"]) == (False, 6)
    assert dump(tiny_study) == before


def test_whatever_changes_is_learned_from(tiny_study: Path, tmp_path: Path) -> None:
    assert suggest_study(tiny_study)["new"]
    coded(tiny_study, tmp_path)
    assert suggest_study(tiny_study)["new"]
    assert not suggest_study(tiny_study)["new"]
    opened = Study.open(tiny_study)
    opened.write_codebook(opened.codebook_text + "\n# a remark\n")
    assert suggest_study(tiny_study)["new"]
    with opened.store() as store:
        store.forget_words()  # takes the model away with the words that were taken out
    assert suggest_study(tiny_study)["new"]


def test_a_kill_before_the_end_is_made_good(tiny_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(judgements, "save_reasons", stop)
        with pytest.raises(KeyboardInterrupt):
            suggest_study(tiny_study)
    assert suggest_study(tiny_study)["new"]
    assert dump(tiny_study)["reasons"]


def test_only_what_was_decided_is_learned_from(
    tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coded(tiny_study, tmp_path)
    learned: list[list[str]] = []

    def noting(examples: Any, *rest: Any, **options: Any) -> Any:
        learned.append([one.id for one in examples.utterances])
        return train(examples, *rest, **options)

    monkeypatch.setattr(_suggesting, "train", noting)
    suggest_study(tiny_study)
    with Study.open(tiny_study).store() as store:
        assert learned == [[one.id for one in store.utterances()]]


def test_status_tells_what_changed_and_loads_no_model(tiny_study: Path, capsys: Output) -> None:
    suggest_study(tiny_study)
    opened = Study.open(tiny_study)
    text = opened.codebook_text.replace("context.culture", "context.cultures")
    opened.write_codebook(text)
    program = (
        "import sys\nfrom pipeline.cli import main\n"
        f"code = main(['status', {str(tiny_study)!r}, '--json'])\n"
        f"print([one for one in {HEAVY!r} if one in sys.modules], code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    told, last = done.stdout.strip().split("\n")
    assert last == "[] 0"
    since = json.loads(told)["since_training"]
    assert (since["added"], since["removed"]) == (["context.cultures"], ["context.culture"])
    assert since["unseen"] == []


def test_status_names_transcripts_without_suggestions(tiny_study: Path, interviews: Path) -> None:
    from pipeline.cli._codebook import of_study
    from pipeline.cli._since import since_training
    from pipeline.cli.ingest import ingest_files

    suggest_study(tiny_study)
    (interviews / "S2PW9.txt").write_text("I: And you?\nP: It rained on us every day.\n", encoding="utf-8")
    ingest_files(tiny_study, [str(interviews / "S2PW9.txt")])
    opened = Study.open(tiny_study)
    with opened.store() as store:
        since = since_training(of_study(opened), store)
    assert since is not None
    assert since["unseen"] == ["S2PW9"]


class Counting(FakeEmbedder):
    """Notes what it is asked for: texts, and how many of their sentences."""

    def __init__(self, by_parts: bool = True) -> None:
        self.by_parts = by_parts
        self.asked: list[tuple[str, int]] = []

    def embed_parts(self, texts: Sequence[str], places: Sequence[Any]) -> Any:
        self.asked += [(text, len(some)) for text, some in zip(texts, places, strict=True)]
        return super().embed_parts(texts, places)


def suggest_anew(study: Path, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is in the store after `suggest` with this embedder; nothing is taken for unchanged."""
    monkeypatch.setattr("pipeline.embed.load", lambda *_, **__: embedder)
    with Study.open(study).store() as store:
        store.set_note("suggest", "")
    suggest_study(study)
    return dump(study)["reasons"]


def test_sentences_come_with_their_utterance_and_are_kept(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Counting(), Counting()
    before = suggest_anew(tiny_study, first, monkeypatch)
    with Study.open(tiny_study).store() as store:
        texts = [one.text for one in store.utterances()]
    several = {text: len(sentences_of(text)) for text in texts if len(sentences_of(text)) > 1}
    assert several, "some utterances have several sentences"
    assert {text: number for text, number in first.asked if number} == several
    assert len(first.asked) == len({text for text, _ in first.asked}), "no text is embedded twice"
    assert suggest_anew(tiny_study, second, monkeypatch) == before
    assert second.asked == []


def test_vectors_without_sentences_get_them_only_where_a_coder_is_shown_something(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = Counting()
    opened = Study.open(tiny_study)
    with opened.store() as store:
        utterances = store.utterances()
        _learning.vectors(opened, embedder, utterances)
    kept = suggest_anew(tiny_study, embedder, monkeypatch)
    shown = {row[0] for row in kept}
    several = {one.text for one in utterances if one.id in shown and len(sentences_of(one.text)) > 1}
    assert {text for text, number in embedder.asked if number} == several


def test_where_vectors_have_no_parts_each_sentence_is_embedded_by_itself(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_suggesting, "_BLOCK", 1)  # some blocks have nothing to show
    plain = Counting(by_parts=False)
    found = suggest_anew(tiny_study, plain, monkeypatch)
    with Study.open(tiny_study).store() as store:
        texts = {one.id: one.text for one in store.utterances()}
    alone = {
        texts[row[0]][start:end]
        for row in found
        for start, end in sentences_of(texts[row[0]])
        if len(sentences_of(texts[row[0]])) > 1
    }
    assert alone
    assert alone <= {text for text, _ in plain.asked}
    assert not any(number for _, number in plain.asked)
    assert suggest_anew(tiny_study, Counting(), monkeypatch) == found  # to a bag of words both are the same
