"""The open space and what changed since training, as the commands tell them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.cli._codebook import of_study
from pipeline.cli._since import since_training, told
from pipeline.cli.explore import find_themes, name_theme
from pipeline.cli.suggest import suggest_study
from pipeline.errors import StudyError
from pipeline.study import Store, Study
from pipeline.study.cache import Cache
from pipeline.suggest.explore import Theme


def changes(study: Path) -> dict[str, list[str]] | None:
    opened = Study.open(study)
    with opened.store() as store:
        return since_training(opened, of_study(opened), store)


def test_status_knows_what_changed_since_the_last_suggest(tiny_study: Path) -> None:
    assert changes(tiny_study) is None
    suggest_study(tiny_study)
    fresh = changes(tiny_study)
    assert fresh is not None
    assert not any(fresh.values())
    assert told(fresh) == []
    book = tiny_study / "codebook.yaml"
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace("definition: Distances", "definition: Far distances"), encoding="utf-8")
    now = changes(tiny_study)
    assert now is not None
    assert now["changed"] == ["inductive.geography"]
    assert "codebook changed" in told(now)[0]


def test_a_transcript_without_suggestions_is_named(tiny_study: Path) -> None:
    suggest_study(tiny_study)
    with Study.open(tiny_study).store() as store:
        name = store.transcripts()[0].id
        with store.writing() as db:
            db.execute("DELETE FROM suggestions WHERE utterance_id LIKE ?", (f"{name}.%",))
    found = changes(tiny_study)
    assert found is not None
    assert found["unseen"] == [name]


def test_words_taken_out_of_the_text_take_the_model_with_them(tiny_study: Path) -> None:
    suggest_study(tiny_study)
    opened = Study.open(tiny_study)
    assert opened.model is not None
    with Store(tiny_study / "study.db") as store:
        store.forget_words()
    assert opened.model is None


def test_a_named_theme_becomes_a_code_with_examples(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Study.open(tiny_study).store() as store:
        utterances = store.utterances()
    ids = tuple(one.id for one in utterances[:3])
    theme = Theme(ids, ids[:2], ("bus", "train"), 1)
    monkeypatch.setattr("pipeline.suggest.explore.explore", lambda *_, **__: [theme])
    found = find_themes(tiny_study, 5)
    assert [one["utterance_id"] for one in found["themes"][0]["typical"]] == list(ids[:2])
    assert "No person has yet read" in found["checked"]
    assert name_theme(tiny_study, 5, 1, "Getting there")["code"] == "inductive.getting_there"
    code = next(each for each in of_study(Study.open(tiny_study)).codes if each.name == "Getting there")
    assert code.examples == tuple(one.text for one in utterances[:3])
    with pytest.raises(StudyError, match="already"):
        name_theme(tiny_study, 5, 1, "Getting there")
    with pytest.raises(StudyError, match="no theme 2"):
        name_theme(tiny_study, 5, 2, "Another")


def test_the_cache_gives_what_it_knows_and_no_more(tmp_path: Path) -> None:
    with Cache(tmp_path / "cache.db") as cache:
        cache.put(["a"], np.ones((1, 2)), model="m")
        places, vectors = cache.known(["b", "a"], model="m", size=2)
        nothing = cache.known(["b"], model="m", size=2)
        assert list(cache.missing(["a", "b", "b", "c", "d"], model="m", size=2, most=2)) == [
            ["b", "c"],
            ["d"],
        ]
        assert list(cache.missing(["a"], model="another", size=2, most=9)) == [["a"]]
        assert list(cache.missing(["a"], model="m", size=3, most=9)) == [["a"]]
    assert places == [1]
    assert vectors.tolist() == [[1.0, 1.0]]
    assert nothing[0] == []
    assert nothing[1].shape == (0, 2)
