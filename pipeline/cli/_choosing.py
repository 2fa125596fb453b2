"""Which utterances an export holds, and the sample that is drawn for blind double coding."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from pipeline.cli import _triage
from pipeline.cli._codebook import of_study
from pipeline.errors import StudyError
from pipeline.records import Codebook, Utterance
from pipeline.review.state import in_force
from pipeline.study import Store, Study, batches, judgements, samples

ONLY = ("triage", "sample", "all")


def choose(
    opened: Study, store: Store, book: Codebook, *, coder: str, only: str, limit: int
) -> tuple[list[Utterance], str, bool]:
    """The utterances for one coder, the sample they code ("" for none), and whether it must be blind.

    None of them lies with this coder already; with `triage`, none lies with anybody. With `sample`, what lies
    with the coder for another reason is sent all the same: a sample that lacked what triage had chosen before
    would speak for nobody.
    """
    if only not in ONLY:
        raise StudyError(f"{only} is no choice of utterances", hint=f"Give --only {', '.join(ONLY)}.")
    mine = batches.open_utterances(store).get(coder, set())
    sample_id, blind = "", False
    if only == "triage":
        chosen, blind = _next(opened, store, book, limit)
    elif only == "sample":
        sample_id = _latest_sample(store)
        mine = batches.open_utterances(store, sample=sample_id).get(coder, set())
        chosen, blind = _of_sample(opened, store, sample_id, coder, mine), True
    else:
        done = _done(store, coder) | mine
        chosen = [one for one in store.utterances(opened.case_of()) if one.id not in done and one.words]
    if not chosen:
        with_coder = f" ({len(mine)} utterances lie with {coder} already)" if mine else ""
        raise StudyError(
            f"nothing is left for {coder} to review{with_coder}",
            hint="See `secondcoder review status`; what will not come back can be released there.",
        )
    return chosen[:limit], sample_id, blind


def _done(store: Store, coder: str) -> set[str]:
    """What the coder has judged; what came in a batch that was withdrawn is to be done again."""
    return {one.utterance_id for one in in_force(judgements.decisions(store)) if one.coder == coder}


def _next(opened: Study, store: Store, book: Codebook, limit: int) -> tuple[list[Utterance], bool]:
    """What triage says to read next; a random control is read blind, so that every code is answered."""
    material = _triage.gather(opened, store, book)
    listed = _triage.what_next(opened, material, code="", limit=limit)
    chosen = [material.utterances[one.row] for one in listed]
    return chosen, bool(listed) and listed[0].reason == "random control"


def seen_before(store: Store, coder: str, chosen: list[Utterance]) -> int:
    """To how many of them this coder was or is shown suggestions, so that blind coding comes too late."""
    sent = judgements.shown_to(store, coder)
    return sum(one.id in sent for one in chosen)


def _latest_sample(store: Store) -> str:
    drawn = samples.of_kind(store, "audit")
    if not drawn:
        raise StudyError("no sample was drawn yet", hint="secondcoder review sample STUDY --share 0.1")
    return drawn[-1].id


def _of_sample(opened: Study, store: Store, sample_id: str, coder: str, mine: set[str]) -> list[Utterance]:
    """What this coder has not yet coded of a drawn sample."""
    (drawn,) = [one for one in samples.of_kind(store, "audit") if one.id == sample_id]
    done = {
        one.utterance_id
        for one in in_force(judgements.decisions(store))
        if one.coder == coder and one.sample_id == sample_id
    }
    every = store.utterances(opened.case_of())
    return [one for one in every if one.id in drawn.items and one.id not in done | mine]


def sample_study(study: Path, *, share: float, per_code: int, seed: int | None = None) -> dict[str, Any]:
    """Draw utterances by interview and score stratum for blind double coding, and record the chances."""
    opened = Study.open(study)
    book = of_study(opened)
    with opened.store() as store, opened.run(store, "review sample") as run:
        material = _triage.gather(opened, store, book)
        chosen = secrets.randbits(31) if seed is None else seed
        drawn = _triage.draw_audit(store, run, material, share=share, per_code=per_code, seed=chosen)
        run.result = {"sample": drawn.id, "drawn": len(drawn.items), "seed": drawn.seed}
    return {
        "sample": drawn.id,
        "seed": drawn.seed,
        "drawn": len(drawn.items),
        "utterances": len(material.utterances),
        "speaks_for": round(sum(1 / p for p in drawn.items.values()), 6),
        "items": [
            {"utterance_id": name, "inclusion_probability": round(p, 9), "stratum": drawn.strata[name]}
            for name, p in drawn.items.items()
        ],
    }
