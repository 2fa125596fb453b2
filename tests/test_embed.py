"""Vectors of the packaged model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import StudyError

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def embedder():  # type: ignore[no-untyped-def]
    from pipeline import embed

    return embed.load(device="cpu")


def test_unit_rows_in_the_order_of_the_texts(embedder) -> None:  # type: ignore[no-untyped-def]
    vectors = embedder.embed(["The manager backed us.", "It rained.", "The manager backed us."])
    assert vectors.shape == (3, embedder.size)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert (vectors[0] == vectors[2]).all()
    assert embedder.embed([]).shape == (0, embedder.size)


def test_likeness_follows_meaning_and_not_the_batch(embedder) -> None:  # type: ignore[no-untyped-def]
    near, same, far = embedder.embed(["My boss helped.", "My manager supported me.", "The bus was late."])
    assert near @ same > near @ far
    assert embedder.embed(["My boss helped."])[0] == pytest.approx(near, abs=1e-5)


def test_the_end_of_a_long_text_counts(embedder) -> None:  # type: ignore[no-untyped-def]
    start = "We talked about the weather. " * 60
    plain, changed = embedder.embed([start, start + "The manager gave us money and time. " * 40])
    manager = embedder.embed(["The manager gave us money and time."])[0]
    assert changed @ manager > plain @ manager + 0.1


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    from pipeline import embed

    with pytest.raises(StudyError, match="cannot be read"):
        embed.load(str(tmp_path))
