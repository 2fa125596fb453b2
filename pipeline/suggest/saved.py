"""A model on disk: plain arrays and JSON, nothing that executes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import StudyError
from pipeline.suggest import FORMAT
from pipeline.suggest.calibrate import Calibration
from pipeline.suggest.cold import Cold, Definitions
from pipeline.suggest.features import Features, Words
from pipeline.suggest.model import Memory, Model, Weights
from pipeline.suggest.valence import Valences

_ARRAYS, _FACTS, _STARTER = "model.npz", "model.json", "starter"


def save(model: Model, folder: Path) -> None:
    """Write `model.npz` and `model.json` into `folder`; a starter model inside goes to `starter/` below."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / _ARRAYS, **_arrays(model))
    text = json.dumps(_values(model), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / _FACTS).write_text(text + "\n", encoding="utf-8", newline="\n")
    if model.cold.starter is not None:
        save(model.cold.starter, folder / _STARTER)


def load(folder: Path) -> Model:
    """The model that `save` wrote; raises `StudyError` if it is not there, damaged or of another format."""
    try:
        values = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        if values.get("format") != FORMAT:
            raise StudyError(
                "the saved model is of another version of Second Coder",
                where=folder.name,
                hint="Train it again with `secondcoder suggest`.",
            )
        with np.load(folder / _ARRAYS, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        starter = load(folder / _STARTER) if (folder / _STARTER).is_dir() else None
        return _model(values, arrays, starter)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as problem:
        raise StudyError(
            "the saved model cannot be read",
            where=folder.name,
            hint="Train it again with `secondcoder suggest`.",
        ) from problem


def without_memory(model: Model) -> Model:
    """The model without the vectors and ids of the utterances it learned from, to be given to others."""
    return replace(model, memory=None)


def _arrays(model: Model) -> dict[str, Any]:
    out: dict[str, Any] = {
        "trained": model.trained,
        "calibrated": model.calibrated,
        "intercepts": model.calibration.intercepts,
        "slopes": model.calibration.slopes,
        "thresholds": model.thresholds,
    }
    if model.features is not None and model.weights is not None:
        out |= {"rarity": model.features.words.rarity, "weights": model.weights.everything}
        out |= {"vector_weights": model.weights.vector, "word_weights": model.weights.words}
    if model.cold.definitions is not None:
        said = model.cold.definitions
        out |= {"phrases": said.phrases, "owners": said.owners}
        out |= {"phrase_rarity": said.words.rarity, "phrase_weights": said.weights}
    if model.valences is not None:
        out["valence_weights"] = model.valences.weights
    if model.memory is not None:
        out |= {"memory_vectors": model.memory.vectors, "memory_answers": model.memory.answers}
    return out


def _values(model: Model) -> dict[str, object]:
    features, definitions = model.features, model.cold.definitions
    return {
        "format": FORMAT,
        "codes": model.codes,
        "leaves": model.leaves,
        "notes": model.notes,
        "facts": model.facts,
        "terms": features.words.terms if features else None,
        "roles": features.roles if features else None,
        "size": features.size if features else None,
        "definitions": definitions.codes if definitions else None,
        "phrase_terms": definitions.words.terms if definitions else None,
        "valences": model.valences.codes if model.valences else None,
        "memory": model.memory.ids if model.memory else None,
    }


def _model(values: Mapping[str, object], arrays: Mapping[str, np.ndarray], starter: Model | None) -> Model:
    def names(key: str) -> tuple[str, ...] | None:
        found = values[key]
        if found is None:
            return None
        if not isinstance(found, list):
            raise TypeError(key)
        return tuple(str(name) for name in found)

    terms, defined, pointed, ids = (names(key) for key in ("terms", "definitions", "valences", "memory"))
    notes, facts, size = values["notes"], values["facts"], values["size"]
    if not isinstance(notes, dict) or not isinstance(facts, dict):
        raise TypeError("notes")
    features, weights = None, None
    if terms is not None and isinstance(size, int):
        features = Features(Words(terms, arrays["rarity"]), names("roles") or (), size)
        weights = Weights(arrays["weights"], arrays["vector_weights"], arrays["word_weights"])
    definitions = None
    if defined is not None:
        words = Words(names("phrase_terms") or (), arrays["phrase_rarity"])
        definitions = Definitions(
            defined, arrays["phrases"], arrays["owners"], words, arrays["phrase_weights"]
        )
    return Model(
        codes=names("codes") or (),
        leaves=names("leaves") or (),
        trained=arrays["trained"],
        calibrated=arrays["calibrated"],
        calibration=Calibration(arrays["intercepts"], arrays["slopes"]),
        thresholds=arrays["thresholds"],
        features=features,
        weights=weights,
        cold=Cold(definitions, starter),
        valences=Valences(pointed, arrays["valence_weights"]) if pointed is not None else None,
        memory=Memory(ids, arrays["memory_vectors"], arrays["memory_answers"]) if ids is not None else None,
        notes=notes,
        facts=facts,
    )
