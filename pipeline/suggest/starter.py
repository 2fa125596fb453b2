"""The starter model: what one coded study can lend to the next, and the card that says what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.records import Codebook
from pipeline.suggest.cold import Cold, definitions
from pipeline.suggest.evaluate import Evaluation
from pipeline.suggest.examples import Embedder, Examples
from pipeline.suggest.model import Model
from pipeline.suggest.saved import without_memory
from pipeline.suggest.train import train


def starter(examples: Examples, codebook: Codebook, embedder: Embedder, *, seed: int = 0) -> Model:
    """Train on a coded study what is to be given away: weights, no vectors or ids of its utterances.

    The words that count in it are kept, so it must only be made from talk that may be given away. Save it
    with `saved.save`; another study uses it as `Cold(definitions, starter)`.
    """
    model = train(examples, codebook, cold=Cold(definitions(codebook, embedder)), seed=seed)
    # Whoever starts from it computes the likeness to the definitions of the codebook at hand as well.
    return without_memory(replace(model, facts={**model.facts, "embedding": embedder.name}))


def card(model: Model, figures: Mapping[str, Evaluation], *, title: str, trained_on: str) -> str:
    """The model card in Markdown: what it was trained on, its figures, and what it must not be used for.

    `figures` are named by what was left out in turn; the first is given code by code as well.
    """
    parts = [
        f"# {title}",
        "",
        f"Trained on {trained_on}: {model.facts.get('utterances')} coded utterances. "
        f"Embedding: {model.facts.get('embedding')}.",
        "",
        "Figures on held-out talk of the same making; they say nothing about how it does on yours.",
        "",
        *[_overall(left_out, found) for left_out, found in figures.items()],
        "",
        *_by_code(next(iter(figures.values()))),
        "",
        "Codes that it did not learn, for want of examples:",
        "",
        *[f"- `{code}`: {note}" for code, note in model.notes.items()],
        "",
        "Use: as a first guess until a study has examples of its own; its scores are no probabilities there.",
        "It must not be used for: coding without people, judging persons or sites, any figure in a report.",
        "",
    ]
    return "\n".join(parts)


def _overall(left_out: str, found: Evaluation) -> str:
    said = found.figures
    return (
        f"- Leaving out {left_out} ({found.groups}): macro-F1 {said['macro_f1']:.2f}, mean average "
        f"precision {said['mean_ap']:.2f}, calibration error {said['ece']:.3f}, precision at a quarter "
        f"{said['precision_at_quarter']:.2f}; plain embedding and logistic regression: macro-F1 "
        f"{found.baselines['embedding_lr']['macro_f1']:.2f}."
    )


def _by_code(found: Evaluation) -> list[str]:
    lines = ["| code | given | F1 | 95 % interval | Brier | base rate's |", "|---|---|---|---|---|---|"]
    for one in found.per_code:
        span = f"{one.f1_interval[0]:.2f} to {one.f1_interval[1]:.2f}" if one.f1_interval else "-"
        lines.append(
            f"| `{one.code}` | {one.given} | {one.f1:.2f} | {span} | {one.brier:.3f} | {one.brier_base:.3f} |"
        )
    return lines
