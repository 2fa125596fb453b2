"""`secondcoder names always|never|export|import`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, KeyOpt, StudyArg, emit, say

names = typer.Typer(help="Correct who is who and what is masked. Needs the key.", no_args_is_help=True)
app.add_typer(names, name="names")

WORKBOOK = "names.xlsx"
Words = Annotated[
    list[str],
    typer.Argument(metavar="WORD...", help="Wordings, in quotes if several words.", show_default=False),
]


@names.command()
def always(
    study: StudyArg,
    words: Words,
    label: Annotated[str, typer.Option(help="What they name: PERSON, LOCATION, ORGANISATION ...")] = "PERSON",
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Mask these wordings wherever they stand, now and in interviews to come.

    Example:  secondcoder names always my-study "Larkfield House" --label ORGANISATION
    """
    _tell(list_words(study, words, always=True, label=label, key=key), as_json)


@names.command()
def never(study: StudyArg, words: Words, key: KeyOpt = None, as_json: JsonOpt = False) -> None:
    """Leave these wordings as they stand, now and in interviews to come: they name nobody.

    Example:  secondcoder names never my-study Grace
    """
    _tell(list_words(study, words, always=False, key=key), as_json)


@names.command("export")
def export(study: StudyArg, key: KeyOpt = None, as_json: JsonOpt = False) -> None:
    """Write the workbook in which people check who is who. It holds real names and stays in secret/.

    Example:  secondcoder names export my-study
    """
    result = export_names(study, key=key)
    if as_json:
        emit(result)
    say(f"{result['names']} people, places and things in {result['file']}; {result['doubtful']} doubtful.")
    say(f"It shows real names. Fill it in, then: secondcoder names import {study}   (which removes it)")


@names.command("import")
def import_(
    study: StudyArg,
    file: Annotated[
        Path | None, typer.Argument(help="The workbook, if it lies elsewhere.", show_default=False)
    ] = None,
    key: KeyOpt = None,
    as_json: JsonOpt = False,
) -> None:
    """Take the checked workbook in, mask anew what changed, and remove the workbook.

    Example:  secondcoder names import my-study
    """
    _tell(import_names(study, file, key=key), as_json)
    if file is not None:
        say(f"{file} shows real names: destroy every copy of it.")


def list_words(
    study: Path, words: list[str], *, always: bool, label: str = "PERSON", key: Path | None = None
) -> dict[str, Any]:
    """Put wordings on the always or the never list, and bring the text in step with it."""
    from pipeline.cli import _decide, _found
    from pipeline.cli._carry_out import carry_out
    from pipeline.errors import Problem, StudyError, refused
    from pipeline.study import Study, register
    from pipeline.study.settings import LABELS

    label = label.upper()
    if always and label not in LABELS:
        raise StudyError(f"give the kind, one of {', '.join(LABELS)}", where="--label")
    wrong = [_decide.unfit_wording(word, label) if always else _empty(word) for word in words]
    problems = [Problem(f"wording {number}", one) for number, one in enumerate(wrong, start=1) if one]
    if problems:
        raise refused(problems, where="", hint="Nothing was changed.")
    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    unmasked: set[str] = set()
    if always:
        for word in words:
            _decide.add(kept, word, label)
    else:
        unmasked = _decide.unmask(kept, words)
    with opened.store() as store:
        _found.recover(opened.vault, store)
        with opened.run(store, "names always" if always else "names never") as run:
            changed = carry_out(opened, store, kept, unmasked, unmasked)
            run.result = _counts(store, changed)
    return run.result


def _empty(word: str) -> str:
    return "" if word.strip() else "is empty"


def export_names(study: Path, *, key: Path | None = None) -> dict[str, Any]:
    """Write the names workbook into `secret/`, readable by the user only; refuses to write over one."""
    from pipeline.cli import _check_names, _found
    from pipeline.errors import StudyError
    from pipeline.review.names import write_names
    from pipeline.study import Study, register
    from pipeline.study.settings import LABELS
    from pipeline.study.vault import write_safely

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    file = opened.vault.folder / WORKBOOK
    if file.exists():
        raise StudyError(
            "lies open already",
            where=f"secret/{WORKBOOK}",
            hint="Take it in with `names import`, or delete it.",
        )
    with opened.store() as store:
        _found.recover(opened.vault, store)
        people, wordings = _check_names.rows(opened, store, kept)
        left = _check_names.left(store, kept)
    data = write_names(opened.settings.study.id, people, wordings, left, LABELS)
    write_safely(file, data, mode=0o600)
    doubtful = sum(bool(one.question) for one in people)
    return {"file": str(file), "names": len(people), "doubtful": doubtful, "left": len(left)}


def import_names(study: Path, file: Path | None = None, *, key: Path | None = None) -> dict[str, Any]:
    """Take a checked workbook in; raises `StudyError` and changes nothing where a row cannot be."""
    from pipeline.cli import _decide, _found
    from pipeline.cli._carry_out import carry_out
    from pipeline.cli._failures import read_closed
    from pipeline.errors import StudyError, refused
    from pipeline.review.names_back import read_names
    from pipeline.study import Study, register

    opened = Study.open(study, key=key)
    kept = register.load(opened.vault)
    own = opened.vault.folder / WORKBOOK
    source = file or own
    if not source.is_file():
        raise StudyError(
            "no names workbook lies there",
            where=source.name,
            hint="Write one with `secondcoder names export`.",
        )
    answers = read_names(read_closed(source), where=source.name)
    if answers.study != opened.settings.study.id:
        raise StudyError("is the workbook of another study", where=source.name)
    decided = _decide.apply(kept, answers, opened.settings.pseudonymise.policy)
    if decided.problems:
        raise refused(
            decided.problems, where=source.name, hint="Nothing was changed. Mend it and run it again."
        )
    with opened.store() as store:
        _found.recover(opened.vault, store)
        with opened.run(store, "names import") as run:
            changed = carry_out(opened, store, kept, decided.transcripts, decided.unmasked)
            run.result = {**_counts(store, changed), "not_in_file": answers.lost}
    own.unlink(missing_ok=True)
    return run.result


def _counts(store: Any, changed: list[str]) -> dict[str, Any]:
    from pipeline.cli._carry_out import coded

    return {"changed": changed, "coded": coded(store, changed)}


def _tell(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(result)
    coded = result["coded"]
    if result.get("not_in_file"):
        say(f"{result['not_in_file']} rows that were sent are not in it; they stay as they were.")
    changed = len(result["changed"])
    said = "1 utterance reads" if changed == 1 else f"{changed} utterances read"
    say(f"{said} differently now; ids and decisions stay.")
    if coded:
        more = f" and {len(coded) - 20} more" if len(coded) > 20 else ""
        say(f"Coded ones among them, worth a look: {', '.join(coded[:20])}{more}")
    if result["changed"]:
        say("Earlier backups held the old wording and are destroyed; a new one was made.")
        say("Sheets in review/sent and files in reports that were made before still hold it: destroy them.")
