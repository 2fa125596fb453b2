"""Codebooks: what is read back, what is refused, and what comes with the tool."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import codebook, resources
from pipeline.errors import StudyError
from pipeline.records import Code, Codebook

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30).map(
    str.strip
)
ids = st.lists(
    st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(lambda i: i != "none"),
    unique=True,
    min_size=1,
    max_size=6,
)


@given(ids, words, words)
def test_what_is_written_is_read_back(names: list[str], definition: str, example: str) -> None:
    codes = tuple(
        Code(id=name, name=name.upper(), definition=definition, examples=(example,) if example else ())
        for name in names
    )
    book = Codebook(name="b", title="Title", source="", codes=codes)
    assert codebook.parse(codebook.dump(book)) == book


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\ncodes: [{id: a}, {id: a}]", "code a stands twice"),
        ("name: x\ncodes: [{id: a.b}]", "no parent a"),
        ("name: x\ncodes: [{id: Culture}]", "lower case"),
        ("name: x\ncodes: [{id: none}]", "may not be called none"),
        ("name: x\ncodes: []", "at least 1"),
        ("codes: [{id: a}]", "name"),
        ("name: x\ncodes: [{id: a, colour: red}]", "colour"),
        ("name: x\ncodes: [{id: a, near_misses: [{text: t, instead: b}]}]", "points to b"),
        ("name: [", "no valid YAML"),
        ("just words", "the file"),
    ],
)
def test_a_bad_codebook_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(StudyError) as caught:
        codebook.parse(text, where="mine.yaml")
    assert says in str(caught.value)
    assert str(caught.value).startswith("mine.yaml")


def test_every_codebook_that_comes_with_the_tool_is_whole() -> None:
    names = set(resources.codebooks())
    assert "parihs-peer-support" in names
    for name, file in resources.codebooks().items():
        book = codebook.parse(file.read_text(encoding="utf-8"), where=name)
        assert book.name == name
        assert book.source, f"{name} cites no source"
        assert codebook.thin_spots(book) == []
        for code in book.leaves():
            assert len(code.examples) >= 3, code.id
            assert len(code.near_misses) >= 2, code.id


def test_a_thin_codebook_is_told_so() -> None:
    book = codebook.parse("name: x\ncodes: [{id: a, definition: d, include: [i], examples: [e]}]")
    assert codebook.thin_spots(book) == ["a has no exclude"]
