"""`secondcoder risk`"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, emit, say, show, table

if TYPE_CHECKING:
    from pipeline.study.store import Store

_SHOWN = 20
_WORDS = 6


@app.command("risk")
def risk_(
    study: StudyArg,
    sample: Annotated[
        int | None,
        typer.Option(min=1, help="Draw so many utterances for a person to read.", show_default=False),
    ] = None,
    missed: Annotated[
        int | None,
        typer.Option(min=0, help="How many names the reader found in the sample.", show_default=False),
    ] = None,
    returned: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The sample's sheet, filled in.", show_default=False)
    ] = None,
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Say what may be left in the pseudonymised text: sweep, leftovers, rare words, a sample to read.

    Example:  secondcoder risk my-study --sample 200
    """
    from pipeline.cli._gate import tell_invented

    if missed is not None or returned is not None:
        result = take_back(study, missed=missed, returned=returned, key=key)
        if as_json:
            emit(result)
        say(result["sentence"])
        if result["masked"]:
            stand = "wording is" if result["masked"] == 1 else "wordings are"
            say(f"Of what the reader found, {result['masked']} {stand} masked now, in every place.")
        for place in result["nowhere"]:
            say(f"{place}: a wording stands nowhere in the talk (any more): was it typed as it stands there?")
        return
    result = risk_study(study, key=key)
    tell_invented(study)
    if sample is not None:
        result["sample"] = draw(study, sample, key=key)
    if as_json:
        emit(result)
    else:
        _show(result)
    if sample is not None:
        say(f"{result['sample']['utterances']} utterances to read in {result['sample']['file']}.")
        say(f"Next, when read: secondcoder risk {study} --returned FILE   (or --missed NUMBER)")
    else:
        say(f"Mask what names somebody after all: secondcoder names always {study} WORD")


def risk_study(study: Path, *, key: Path | None = None) -> dict[str, Any]:
    """Sweep the text and stamp it; rank what was left; list rare words and rare combinations."""
    from pipeline import risk
    from pipeline.cli import _check_names, _found, _sweep
    from pipeline.cli._gate import read_by_people, searched_for
    from pipeline.study import Study, register

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    with opened.store() as store:
        _found.recover(opened.vault, store)
        with opened.run(store, "risk") as run:
            changed = _sweep.sweep(opened, store, kept, again=True)
            left = _check_names.left(store, kept)
            texts: dict[str, list[str]] = {}
            for one in store.utterances(opened.case_of()):
                texts.setdefault(one.speaker, []).append(one.text)
            rare = risk.rare_words(texts, risk.is_common)
            combinations = risk.rare_combinations(risk.banded(opened.attributes()))
            result = {
                "known_names_replaced_now": len(changed),
                "known_names_left": 0,
                "searched_for": searched_for(store),
                "leftovers": [{"wording": w, "times": n, "why": why} for w, n, why, _ in left],
                "rare_words": {name: dict(words) for name, words in sorted(rare.items()) if words},
                "unknown_participants": opened.strangers(),
                "combinations": [
                    {
                        "attributes": dict(one.attributes),
                        "shared_by": one.shared_by,
                        "participants": list(one.participants),
                    }
                    for one in combinations
                ],
                "read_by_people": read_by_people(store),
            }
            run.result = {"replaced": len(changed), "leftovers": len(left), "combinations": len(combinations)}
    return result


def draw(study: Path, size: int, *, key: Path | None = None) -> dict[str, Any]:
    """Draw utterances blindly at random, everybody's talk alike, and write the sheet into `secret/`."""
    import json
    import random
    import secrets

    from pipeline.cli._gate import invented
    from pipeline.errors import StudyError
    from pipeline.review.reading import write_sample
    from pipeline.study import Study
    from pipeline.study.vault import write_safely

    opened = Study.open(study, key=key)
    opened.vault.unlock()
    with opened.store() as store:
        every = [one for one in store.utterances(context=True) if one.words]
        if not every:
            raise StudyError("there is nothing to draw from", hint="Ingest interviews first.")
        chosen = random.SystemRandom().sample(every, min(size, len(every)))
        name = secrets.token_hex(4)
        drawn = {
            "id": name,
            "state": store.state(),
            "utterances": len(chosen),
            "words": sum(len(one.text.split()) for one in chosen),
        }
        file = opened.vault.folder / f"sample-{name}.xlsx"
        write_safely(file, write_sample(name, [one.text for one in chosen], invented(opened)), mode=0o600)
        store.set_note("sample drawn", json.dumps(drawn))
    return {**drawn, "file": str(file)}


def take_back(
    study: Path, *, missed: int | None = None, returned: Path | None = None, key: Path | None = None
) -> dict[str, Any]:
    """Note what the reader of the last sample found, and mask the words that were given."""
    import json

    from pipeline import risk
    from pipeline.cli import _decide
    from pipeline.cli._carry_out import carry_out
    from pipeline.cli._failures import read_closed
    from pipeline.cli._gate import read_by_people
    from pipeline.errors import Problem, StudyError, refused
    from pipeline.review.reading import read_sample
    from pipeline.study import Study, register
    from pipeline.study.store import now

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    with opened.store() as store:
        drawn = json.loads(store.note("sample drawn") or "{}")
        if not drawn:
            raise StudyError(
                "no sample has been drawn", hint="Draw one with `secondcoder risk STUDY --sample 200`."
            )
        words: tuple[tuple[str, str, str], ...] = ()
        if returned is not None:
            read = read_sample(read_closed(returned), where=returned.name)
            if read.sample != drawn["id"]:
                raise StudyError("is not the sample that was drawn last", where=returned.name)
            missed, words = read.missed, read.words
        problems = [
            Problem(place, wrong)
            for place, word, kind in words
            if (wrong := _decide.unfit_wording(word, kind))
        ]
        if problems and returned is not None:
            raise refused(
                problems, where=returned.name, hint="Nothing was changed. Mend it and run it again."
            )
        nowhere = _nowhere(store, words)
        found = missed or 0
        estimate, low, high = risk.missed_per_10000_words(drawn["words"], found)
        with opened.run(store, "risk sample") as run:
            note = {**drawn, "at": now(), "missed": found, "estimate": estimate, "low": low, "high": high}
            store.set_note("sample read", json.dumps(note))
            for _, word, kind in words:
                _decide.add(kept, word, kind)
            changed = carry_out(opened, store, kept, ()) if words else []
            for sheet in opened.vault.folder.glob(f"sample-{drawn['id']}.xlsx"):
                sheet.unlink()
            run.result = {
                key: note[key] for key in ("utterances", "words", "missed", "estimate", "low", "high")
            }
        return {
            **run.result,
            "masked": len(words) - len(nowhere),
            "nowhere": nowhere,
            "changed": changed,
            "sentence": read_by_people(store),
        }


def _nowhere(store: Store, words: Sequence[tuple[str, str, str]]) -> list[str]:
    """Where in a returned sheet (place, wording, kind) stands what the talk does not hold."""
    talk = "\n".join(one.text for one in store.utterances(context=True)).casefold() if words else ""
    return [place for place, word, _ in words if word.casefold() not in talk]


def _show(result: dict[str, Any]) -> None:
    replaced = result["known_names_replaced_now"]
    show(f"(a) {result['searched_for']}")
    if replaced:
        show(f"    {replaced} utterances were mended now.")
    left = result["leftovers"]
    show(f"(b) looks like a name and was left: {len(left)} wordings")
    if left:
        rows = [[one["wording"], str(one["times"]), one["why"]] for one in left[:_SHOWN]]
        show(table(rows, ["wording", "times", "why"]))
    show(f"(c) combinations that few participants share: {len(result['combinations'])}")
    for one in result["combinations"][:_SHOWN]:
        what = ", ".join(f"{name} {value}" for name, value in one["attributes"].items())
        show(f"    {what}: {one['shared_by']} ({', '.join(one['participants'])})")
    if result["unknown_participants"]:
        show(f"    participants.csv names nobody known: {', '.join(result['unknown_participants'][:_SHOWN])}")
    total = sum(map(len, result["rare_words"].values()))
    show(f"    uncommon words that one participant alone uses: {total}")
    for name, words in result["rare_words"].items():
        more = f" and {len(words) - _WORDS} more" if len(words) > _WORDS else ""
        show(f"    {name}: {', '.join(list(words)[:_WORDS])}{more}")
    show(f"(d) {result['read_by_people']}")
