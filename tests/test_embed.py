"""Vectors of the packaged model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from pipeline import embed
from pipeline.embed import pieces
from pipeline.errors import StudyError
from pipeline.workers import Pool

SAID = [
    "The manager backed us.",
    "It rained.",
    "We had supervision every other week, with the whole group, and I would bring whatever worried me.",
    "Nobody on the ward knew what a peer worker was for, so for the first month I made the tea.",
    "Mm.",
]


@pytest.fixture(scope="module")
def embedder() -> embed.Embedder:
    return embed.load(device="cpu")


@given(st.lists(st.integers(1, 300), max_size=80), st.integers(1, 2000))
def test_a_batch_holds_texts_of_like_length_and_no_more_than_it_may(lengths: list[int], most: int) -> None:
    found = pieces.batches(lengths, most)
    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or max(lengths[p] for p in batch) * len(batch) <= most for batch in found)
    flat = [lengths[place] for batch in found for place in batch]
    assert flat == sorted(flat, reverse=True)


@pytest.mark.model
def test_unit_rows_in_the_order_of_the_texts(embedder: embed.Embedder) -> None:
    vectors = embedder.embed(["The manager backed us.", "It rained.", "The manager backed us."])
    assert vectors.shape == (3, embedder.size)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert (vectors[0] == vectors[2]).all()
    assert embedder.embed([]).shape == (0, embedder.size)


@pytest.mark.model
def test_each_distinct_text_is_computed_once(
    embedder: embed.Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []
    encode = embedder.encode

    def counting(texts: Sequence[str]) -> np.ndarray:
        computed.extend(texts)
        return encode(texts)

    monkeypatch.setattr(embedder, "encode", counting)
    embedder.embed([*SAID, *SAID])
    assert sorted(computed) == sorted(SAID)


@pytest.mark.model
def test_likeness_follows_meaning_and_not_the_batch(embedder: embed.Embedder) -> None:
    near, same, far = embedder.embed(["My boss helped.", "My manager supported me.", "The bus was late."])
    assert near @ same > near @ far
    alone = embedder.embed(["My boss helped."])[0]
    assert alone @ near > 0.9995
    assert alone == pytest.approx(near, abs=0.01)


@pytest.mark.model
def test_the_end_of_a_long_text_counts(embedder: embed.Embedder) -> None:
    start = "We talked about the weather. " * 60
    plain, changed = embedder.embed([start, start + "The manager gave us money and time. " * 40])
    manager = embedder.embed(["The manager gave us money and time."])[0]
    assert changed @ manager > plain @ manager + 0.1


@pytest.mark.model
def test_close_to_the_library_in_float32_and_the_same_where_exact(embedder: embed.Embedder) -> None:
    plain = SentenceTransformer(str(embed._packaged()), device="cpu", local_files_only=True)
    wanted = plain.encode(SAID, normalize_embeddings=True, show_progress_bar=False)
    exact = embed.load(device="cpu", exact=True)
    assert exact.precision == "float32"
    assert exact.embed(SAID) == pytest.approx(wanted, abs=1e-5)
    assert (embedder.embed(SAID) * wanted).sum(axis=1).min() > 0.995


@pytest.mark.model
@pytest.mark.parametrize("native", [False, True])
def test_bfloat16_only_where_the_processor_has_it(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": native}, raising=False)
    loaded = embed.load(device="cpu")
    assert loaded.precision == ("bfloat16" if native else "float32")
    assert loaded.key == f"all-MiniLM-L6-v2/{loaded.precision}"  # vectors of the two are not mixed
    assert loaded.embed(SAID).dtype == np.float32


@pytest.mark.model
def test_a_gpu_is_used_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def opened(name: str, device: str | None) -> Any:
        asked.append(device)
        raise StudyError("stop here")

    monkeypatch.setattr(embed, "_open", opened)
    for device in ("auto", "cpu", "cuda:1"):
        with pytest.raises(StudyError, match="stop here"):
            embed.load(device=device)
    assert asked == [None, "cpu", "cuda:1"]  # None: the library takes a GPU before the processor


@pytest.mark.model
def test_processes_give_the_same_vectors(embedder: embed.Embedder) -> None:
    with Pool(2) as pool:
        spread = embed.load(device="cpu", pool=pool).embed([f"{said} {n}" for n in range(8) for said in SAID])
    here = embedder.embed([f"{said} {n}" for n in range(8) for said in SAID])
    assert spread == pytest.approx(here, abs=0.01)
    assert (spread * here).sum(axis=1).min() > 0.9995


@pytest.mark.model
def test_a_model_of_ones_own_is_known_by_its_weights(embedder: embed.Embedder) -> None:
    own = embed.load(str(embed._packaged()), device="cpu")
    assert own.name == str(embed._packaged())
    assert own.key != embedder.key
    assert str(embed._packaged()) not in own.key
    assert own.embed(SAID) == pytest.approx(embedder.embed(SAID), abs=0.01)


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot be read"):
        embed.load(str(tmp_path))
