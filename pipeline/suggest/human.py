"""How far coders agree among themselves, and the model with a coder, on the same utterances."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from pipeline.suggest import measures
from pipeline.suggest.coded import Coded


def agreement(coded: Coded, suggested: np.ndarray) -> dict[str, object] | None:
    """F1 and kappa of coder with coder and of model with coder; None unless two coders share utterances.

    Every pair of coders counts on the utterances that both looked at, each of the two once as the
    reference; the pairs are pooled. The model is compared with the same coders on the same utterances.
    """
    looked = {coder: ~np.isnan(own).all(axis=1) for coder, own in coded.by_coder.items()}
    shared = np.sum([rows.astype(int) for rows in looked.values()], axis=0) >= 2 if looked else np.zeros(0)
    pairs = [(a, b) for a, b in combinations(coded.by_coder, 2) if (looked[a] & looked[b]).any()]
    if not pairs:
        return None
    first, second = [], []
    for a, b in pairs:
        both = looked[a] & looked[b]
        first += [coded.by_coder[a][both], coded.by_coder[b][both]]
        second += [coded.by_coder[b][both], coded.by_coder[a][both]]
    person, model = [], []
    for coder, own in coded.by_coder.items():
        rows = looked[coder] & shared
        person.append(own[rows])
        model.append(suggested[rows])
    people = _table(np.concatenate(first), np.concatenate(second) == 1, coded.examples.codes)
    machine = _table(np.concatenate(person), np.concatenate(model), coded.examples.codes)
    return {
        "coders": len({coder for pair in pairs for coder in pair}),
        "utterances": int(shared.sum()),
        **_means(people),
        "per_code": people,
        "model": {**_means(machine), "per_code": machine},
    }


def _table(answers: np.ndarray, said: np.ndarray, codes: Sequence[str]) -> dict[str, dict[str, float | None]]:
    return {
        code: {
            "f1": measures.f1(answers[:, at], said[:, at]),
            "kappa": measures.kappa(answers[:, at], said[:, at]),
        }
        for at, code in enumerate(codes)
    }


def _means(table: dict[str, dict[str, float | None]]) -> dict[str, float | None]:
    f1s = [each["f1"] for each in table.values() if each["f1"] is not None]
    kappas = [each["kappa"] for each in table.values() if each["kappa"] is not None]
    return {
        "macro_f1": float(np.mean(f1s)) if f1s else None,
        "mean_kappa": float(np.mean(kappas)) if kappas else None,
    }
