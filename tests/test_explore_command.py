"""The open space and what changed since training, as the commands tell them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import _later_codes, _learning
from pipeline.cli._codebook import of_study
from pipeline.cli._since import since_training, told
from pipeline.cli.explore import _explained, find_themes, name_theme
from pipeline.cli.suggest import suggest_study
from pipeline.errors import StudyError
from pipeline.records import Code, Decision, Suggestion, Utterance
from pipeline.study import Store, Study, judgements
from pipeline.study.cache import Cache
from pipeline.suggest import saved
from pipeline.suggest.explore import Theme


def changes(study: Path) -> dict[str, list[str]] | None:
    opened = Study.open(study)
    with opened.store() as store:
        return since_training(of_study(opened), store)


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
        cache.put([("a", ())], np.ones((1, 2)), [np.zeros((0, 2))], model="m")
        places, vectors = cache.known(["b", "a"], model="m", size=2)
        nothing = cache.known(["b"], model="m", size=2)
        wanted = [(text, ()) for text in "abbcd"]
        assert list(cache.missing(wanted, model="m", size=2, most=2)) == [
            [("b", ()), ("c", ())],
            [("d", ())],
        ]
        assert list(cache.missing([("a", ())], model="another", size=2, most=9)) == [[("a", ())]]
        assert list(cache.missing([("a", ())], model="m", size=3, most=9)) == [[("a", ())]]
        with_parts = [("a", ((0, 1), (2, 3))), ("e", ((0, 1),)), ("f", ())]
        assert list(cache.missing(with_parts, model="m", size=2, most=9)) == [with_parts[1:]]
        assert list(cache.missing(with_parts[:2], model="m", size=2, most=9, parts=True)) == [with_parts[:2]]
        parts = [np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0]]), np.zeros((0, 2))]
        cache.put(with_parts, np.ones((3, 2)), parts, model="m")
        assert list(cache.missing(with_parts[:2], model="m", size=2, most=9, parts=True)) == []
        assert list(cache.missing([("a", ((0, 3),))], model="m", size=2, most=9, parts=True)) != []
        kept = cache.parts(with_parts, model="m", size=2, compute=pytest.fail)
        made = [("b", ()), ("b", ((0, 1), (1, 2)))]
        for compute in (lambda lacking: [np.eye(2) for _ in lacking], pytest.fail):
            none, both = cache.parts(made, model="m", size=2, compute=compute)
            assert (none.shape, both.tolist()) == ((0, 2), [[1.0, 0.0], [0.0, 1.0]])
        assert [some.tolist() for some in kept] == [some.tolist() for some in parts]
    assert places == [1]
    assert vectors.tolist() == [[1.0, 1.0]]
    assert nothing[0] == []
    assert nothing[1].shape == (0, 2)


def test_who_coded_before_a_theme_was_named_has_not_refused_it(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Study.open(tiny_study)
    with opened.store() as store:
        utterances = store.utterances()
        judgements.add_decisions(store, [_nothing(one, "anna") for one in utterances])
    ids = tuple(one.id for one in utterances[:3])
    monkeypatch.setattr("pipeline.suggest.explore.explore", lambda *_, **__: [Theme(ids, ids, ("bus",), 1)])
    code = name_theme(tiny_study, 5, 1, "Getting there")["code"]
    with opened.store() as store:
        judgements.add_decisions(store, [_nothing(utterances[0], "ben")])
        later, decided = _later_codes.since(store), judgements.decisions(store)
    book = of_study(opened)
    vectors = np.zeros((len(utterances), 2), dtype=np.float32)
    coded, _ = _learning.examples(decided, utterances, vectors, vectors, book, later)
    refused = coded.answers == 0
    assert refused[:, coded.codes.index("context.culture")].all()
    assert refused[:, coded.codes.index(code)].tolist() == [True] + [False] * (len(utterances) - 1)


def test_a_code_written_into_the_codebook_later_is_known_as_such_and_a_renamed_one_is_not(
    tiny_study: Path,
) -> None:
    opened = Study.open(tiny_study)
    book = of_study(opened)
    first, *rest = book.codes
    renamed = replace(first, id="elsewhere", was=(first.id,))
    later = Code("inductive.later", "Later", "What came later.")
    with opened.store() as store:
        _later_codes.see(store, book)
        judgements.add_decisions(store, [_nothing(one, "anna") for one in store.utterances()])
        _later_codes.see(store, book)
        _later_codes.see(store, replace(book, codes=(renamed, *rest, later)))
        assert _later_codes.since(store) == {later.id: len(judgements.decisions(store))}


def test_a_later_code_taken_out_and_put_back_came_when_it_was_put_back(tiny_study: Path) -> None:
    opened = Study.open(tiny_study)
    book = of_study(opened)
    with_it = replace(book, codes=(*book.codes, Code("inductive.later", "Later", "What came later.")))
    with opened.store() as store:
        for now, coder in ((book, "anna"), (with_it, "ben"), (book, "carl"), (with_it, "dora")):
            _later_codes.see(store, now)
            judgements.add_decisions(store, [_nothing(one, coder) for one in store.utterances()])
        without = 2 * len(store.utterances())
        assert _later_codes.since(store) == {"inductive.later": without}


def test_suggestions_of_a_model_of_another_format_do_not_stand(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert suggest_study(tiny_study)["new"]
    assert not suggest_study(tiny_study)["new"]
    for module in ("pipeline.cli._since", "pipeline.suggest.saved"):
        monkeypatch.setattr(f"{module}.FORMAT", 1 + saved.FORMAT)
    assert suggest_study(tiny_study)["new"]


def test_one_refused_suggestion_does_not_refuse_the_others() -> None:
    offered = {
        name: [Suggestion(name, code, 0.6, "score", suggested=True) for code in ("a", "b")]
        for name in ("one", "both", "nothing", "untouched")
    }
    reject = Decision("one", "h", "a", "reject", "anna", "2026-11-23T10:00:00+00:00")
    decisions = [
        reject,
        replace(reject, utterance_id="both"),
        replace(reject, utterance_id="both", code="b"),
        replace(reject, utterance_id="nothing", code="none", answer="none"),
        replace(reject, utterance_id="given", code="b", answer="accept"),
    ]
    assert _explained(offered, decisions) == {"one", "untouched", "given"}


def _nothing(utterance: Utterance, coder: str) -> Decision:
    """The coder looked, blind, and found nothing that applies."""
    return Decision(
        utterance.id,
        utterance.text_hash,
        "none",
        "none",
        coder,
        "2026-11-23T10:00:00+00:00",
        scope="all_codes",
        seen="blind",
    )
