"""Names found at once are the names that the trained component finds token by token."""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import resources
from pipeline.pseudonymise import models
from pipeline.pseudonymise.recogniser import Recogniser, at_once

pytestmark = pytest.mark.model

TALK = [
    "",
    " ",
    "\n\n",
    "Sarah",
    "Sarah Okafor",
    "I saw Dr Sarah",
    "Ask Mary.\nJane from St Mary's will know. She moved from New York City to Leeds in March 2019.",
    "they said the national health service in england would fund it by april",
    "SHE WORKS WITH JOHN SMITH AT SOUTHMEAD HOSPITAL",
    "Mr  Jones ,   Ann-Marie O'Neill   and the Royal College of Psychiatrists",
    "The University of the West of England and the Bristol Royal Hospital for Children, both of them.",
    "“Well,” said Tom – Tom Baker, that is – “it’s twenty per cent on Tuesdays, £40 a week.”",
    "Nguyễn Văn A 👍🏽 Zürich São Paulo",
]
WORDS = ["Sarah", "Okafor", "the", "Leeds", "General", "Hospital", "of", "and", ".", "in", "March", "\n", " "]


@pytest.fixture(scope="module", params=["md", "sm"])
def both(request: Any) -> tuple[Any, Any]:
    """One model as spaCy comes with it, and as it is loaded here."""
    module, _, _ = models._PACKAGES[request.param]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\[W095\]", category=UserWarning)
        plain = importlib.import_module(module).load(exclude=models._UNUSED)
    plain.enable_pipe("senter")
    return plain, models.load(request.param)


def read(nlp: Any, texts: Sequence[str], *, sentences: bool = True) -> list[Any]:
    """Names and sentence ends of each text."""
    docs = nlp.pipe(texts, batch_size=64, disable=[] if sentences else ["senter"])
    return [
        (
            [(one.start_char, one.end_char, one.label_) for one in doc.ents],
            [one.start_char for one in doc.sents] if sentences and len(doc) else [],
        )
        for doc in docs
    ]


def test_the_names_of_interviews_are_those_of_the_trained_component(both: tuple[Any, Any]) -> None:
    plain, quick = both
    files = sorted(resources.path("sample_transcripts").rglob("*.txt"))[:2]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").split("\n")]
    talk = [*lines, *("\n".join(pair) for pair in pairwise(lines)), *(line.upper() for line in lines)]
    talk += [line.lower() for line in lines]
    found = read(quick, talk)
    assert found == read(plain, talk)
    assert sum(len(names) for names, _ in found) > 100
    assert any(end - start > 12 for names, _ in found for start, end, _ in names), "several words in one name"
    assert read(quick, talk, sentences=False) == read(plain, talk, sentences=False)


def test_short_empty_and_odd_texts_are_read_alike(both: tuple[Any, Any]) -> None:
    plain, quick = both
    assert read(quick, TALK) == read(plain, TALK)
    assert [read(quick, [text]) for text in TALK] == [read(plain, [text]) for text in TALK]


@settings(max_examples=30, deadline=None, derandomize=True)  # the last digits of a sum may tip a tie
@given(talk=st.lists(st.lists(st.sampled_from(WORDS) | st.text(max_size=5)).map(" ".join), max_size=4))
def test_any_text_is_read_alike(both: tuple[Any, Any], talk: list[str]) -> None:
    plain, quick = both
    assert read(quick, talk) == read(plain, talk)


def test_the_loaded_models_find_names_at_once(both: tuple[Any, Any]) -> None:
    plain, quick = both
    assert [name for name, _ in quick.pipeline if isinstance(quick.get_pipe(name), Recogniser)]
    assert "ner" not in quick.pipe_names
    assert "ner" in plain.pipe_names


@pytest.mark.parametrize(("kind", "taken"), [("ner", True), ("beam_ner", False)])
def test_only_a_recogniser_that_can_be_read_is_replaced(kind: str, taken: bool) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe(kind, name="ner").add_label("PERSON")  # type: ignore[attr-defined]
    nlp.initialize()
    at_once(nlp)
    assert ("ner" in nlp.pipe_names) is not taken


def test_finding_names_loads_no_pytorch() -> None:
    program = (
        "import sys; from pipeline.pseudonymise.find import Finder; Finder().find(['I saw Sarah.']);"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
