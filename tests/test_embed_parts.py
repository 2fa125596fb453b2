"""Vectors of sentences as parts of the vector of their utterance."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from pipeline import embed
from pipeline.embed import minilm, packaged
from pipeline.embed.library import Library, opened
from pipeline.embed.pieces import Places, cut
from pipeline.suggest.reasons import sentences_of
from pipeline.workers import Pool

SAID = [
    "The ward was cold. Nobody knew what I was for, so I made the tea! It got better.",
    "My manager had no time for us. We met every other week.",
    "It rained.",
]
LONG = " ".join(
    f"On day {n} we talked about supervision, about the rota and about the bus. Nobody came at {n}."
    for n in range(37)
)


def places_of(text: str) -> Places:
    return tuple(sentences_of(text))


def read(texts: list[str]) -> list[list[tuple[int, int]]]:
    """Tokens of up to three letters, as a tokeniser that cuts words would have them."""
    return [[match.span() for match in re.finditer(r"\w{1,3}|[^\w\s]", text)] for text in texts]


@given(
    st.lists(st.text("abcdefg .!\n", max_size=60), max_size=6),
    st.lists(st.integers(0, 60), max_size=5),
    st.integers(1, 12),
)
def test_every_token_lies_in_one_piece_and_in_one_part(texts: list[str], cuts: list[int], room: int) -> None:
    asked = []
    for text in texts:  # parts that cover the whole text
        edges = [0, *sorted({at for at in cuts if 0 < at < len(text) and text[at].isspace()}), len(text)]
        asked.append((text, tuple(pairwise(edges))))
    found = list(cut(asked, read, room))
    number = [len(tokens) for tokens in read(texts)]
    assert all(piece.tokens <= room for piece in found)
    for owner, (text, places) in enumerate(asked):
        own = [piece for piece in found if piece.owner == owner]
        assert sum(piece.tokens for piece in own) == number[owner]
        already = sum(len(some) for _, some in asked[:owner])
        for part, (begin, end) in enumerate(places, already):
            there = [
                place
                for piece in own
                for at, place in zip(piece.parts, piece.places, strict=True)
                if at == part
            ]
            assert sum(last - first for first, last in there) == len(read([text[begin:end]])[0])
        assert {at for piece in own for at in piece.parts} <= set(range(already, already + len(places)))


@pytest.fixture(scope="module")
def embedder() -> embed.Embedder:
    return embed.load(device="cpu", exact=True)


@pytest.mark.model
@settings(max_examples=20)
@given(st.lists(st.sampled_from(sentences := LONG.split(". ")[:20]), min_size=1, max_size=4))
def test_the_parts_and_the_two_marks_sum_to_the_whole(embedder: embed.Embedder, said: list[str]) -> None:
    text = ". ".join(said) + "."
    (piece,) = cut([(text, places_of(text))], embedder.reader.offsets, 1000)
    ends = [last for _, last in piece.places]
    assert ends[-1] == piece.tokens
    whole, sums = embedder.reader.vectors(
        [text], [((-1, 0), *piece.places, (piece.tokens, piece.tokens + 1))]
    )
    total = sums.sum(axis=0)
    assert total / np.linalg.norm(total) == pytest.approx(whole[0], abs=1e-5)
    unit, (parts,) = embedder.embed_parts([text], [places_of(text)])
    inner = sums[1:-1]
    assert parts == pytest.approx(inner / np.linalg.norm(inner, axis=1, keepdims=True), abs=1e-5)
    assert unit[0] == pytest.approx(whole[0], abs=1e-5)


@pytest.mark.model
def test_whole_vectors_are_the_same_with_and_without_parts(embedder: embed.Embedder) -> None:
    texts = [*SAID, LONG, SAID[0]]
    whole, parts = embedder.embed_parts(texts, [places_of(text) for text in texts])
    assert whole == pytest.approx(embedder.embed(texts), abs=1e-6)
    assert [some.shape for some in parts] == [(len(places_of(text)), embedder.size) for text in texts]
    assert all(some.dtype == np.float32 for some in parts)
    assert np.linalg.norm(np.concatenate(parts), axis=1) == pytest.approx(1, abs=1e-5)
    alone = embedder.embed_parts(SAID[:1], [places_of(SAID[0])])[1][0]
    assert parts[0] == pytest.approx(alone, abs=1e-5)
    assert parts[-1] == pytest.approx(alone, abs=1e-5)


@pytest.mark.model
def test_a_sentence_over_the_edge_of_a_window_has_its_tokens_of_both(embedder: embed.Embedder) -> None:
    places = places_of(LONG)
    pieces = list(cut([(LONG, places)], embedder.reader.offsets, 254))
    assert len(pieces) > 2
    shared = set(pieces[0].parts) & set(pieces[1].parts)
    assert len(shared) == 1
    (part,) = shared
    sums = []
    for piece in pieces[:2]:
        place = piece.places[piece.parts.index(part)]
        sums.append(embedder.reader.vectors([piece.text], [(place,)])[1][0])
    total = np.sum(sums, axis=0)
    found = embedder.embed_parts([LONG], [places])[1][0][part]
    assert found == pytest.approx(total / np.linalg.norm(total), abs=1e-5)


@pytest.mark.model
def test_a_part_without_a_token_is_zeros(embedder: embed.Embedder) -> None:
    found = embedder.embed_parts(["It rained.   "], [((0, 10), (10, 13), (3, 3))])[1][0]
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 0, 0], abs=1e-5)


@pytest.mark.model
def test_processes_give_the_same_parts(embedder: embed.Embedder) -> None:
    texts = [f"{said} And {n} more." for n in range(8) for said in SAID] + [LONG]
    places = [places_of(text) for text in texts]
    with Pool(2) as pool:
        spread = embed.load(device="cpu", exact=True, pool=pool).embed_parts(texts, places)
    here = embedder.embed_parts(texts, places)
    assert spread[0] == pytest.approx(here[0], abs=1e-5)
    for some, own in zip(spread[1], here[1], strict=True):
        assert some == pytest.approx(own, abs=1e-5)


@pytest.mark.model
@pytest.mark.parametrize("theirs", [False, True])
def test_parts_in_bfloat16_are_nearly_those_in_float32(
    theirs: bool, embedder: embed.Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm.openvino.Core, "get_property", lambda *_: ["FP32", "BF16"])
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    rough = embed.load(str(packaged.folder()) if theirs else "", device="cpu")
    assert rough.precision == "bfloat16"
    places = [places_of(text) for text in SAID]
    found = np.concatenate(rough.embed_parts(SAID, places)[1])
    assert found.dtype == np.float32
    assert (found * np.concatenate(embedder.embed_parts(SAID, places)[1])).sum(axis=1).min() > 0.99


@pytest.mark.model
def test_only_a_mean_of_tokens_has_parts(embedder: embed.Embedder) -> None:
    plain = opened(str(packaged.folder()), "cpu")
    reader, pooling, normalize = plain

    def by_parts(*modules: Any) -> bool:
        made = SentenceTransformer(modules=[reader, *modules], device="cpu")
        return Library(made, "float32").by_parts

    assert embedder.by_parts
    assert by_parts(pooling)
    assert by_parts(pooling, normalize)
    assert not by_parts(type(pooling)(384, "cls"), normalize)
    assert not by_parts(pooling, torch.nn.Identity())  # what comes after the mean may be anything
    plain.default_prompt_name = "query"
    assert not Library(plain, "float32").by_parts
