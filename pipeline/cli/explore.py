"""`secondcoder explore`"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, StudyArg, emit, say, show

if TYPE_CHECKING:
    from pipeline.records import Decision, Suggestion

_EXAMPLES = 10


@app.command()
def explore(
    study: StudyArg,
    smallest: Annotated[
        int, typer.Option(metavar="N", help="The fewest utterances that make a theme.", min=3)
    ] = 5,
    name: Annotated[
        str, typer.Option(metavar="CODE", help="Add a theme to the codebook under this name.")
    ] = "",
    theme: Annotated[int | None, typer.Option(metavar="N", help="Which theme, by its number.", min=1)] = None,
    as_json: JsonOpt = False,
) -> None:
    """Group what people say that no code explains, for you to name as codes of the inductive space.

    Example:  secondcoder explore my-study --name "Timing of the offer" --theme 2
    """
    if bool(name) != (theme is not None):
        raise typer.BadParameter("--name and --theme go together: which theme, and what to call it.")
    if theme is not None:
        added = name_theme(study, smallest, theme, name)
        if as_json:
            emit(added)
        say(f"Added {added['code']} to codebook.yaml with {added['examples']} examples.")
        say(f"Next: write its definition into codebook.yaml, then secondcoder suggest {study}")
        return
    found = find_themes(study, smallest)
    if as_json:
        emit(found)
        return
    _show(found, study)


def find_themes(study: Path, smallest: int) -> dict[str, Any]:
    """The themes among the utterances without a code, the largest first, with typical quotes."""
    _, texts, themes, left, checked = _themes(study, smallest)
    return {
        "checked": checked,
        "unexplained": left,
        "themes": [
            {
                "theme": number,
                "utterances": list(one.utterance_ids),
                "transcripts": one.transcripts,
                "words": list(one.words),
                "typical": [{"utterance_id": name, "text": texts[name]} for name in one.typical],
            }
            for number, one in enumerate(themes, start=1)
        ],
    }


def name_theme(study: Path, smallest: int, number: int, name: str) -> dict[str, Any]:
    """Add a theme to the study's codebook as an inductive code, with its ten most typical utterances."""
    from pipeline import codebook as codebooks
    from pipeline.cli import _later_codes
    from pipeline.cli._codebook import of_study
    from pipeline.errors import StudyError
    from pipeline.suggest.explore import inductive_code

    opened, texts, themes, *_ = _themes(study, smallest)
    if number > len(themes):
        raise StudyError(
            f"there is no theme {number}",
            where=str(study),
            hint=f"secondcoder explore {study} shows {len(themes)}, with --smallest {smallest}.",
        )
    chosen = themes[number - 1]
    said = dict.fromkeys(texts[one] for one in chosen.utterance_ids)  # the same words are one example
    code = inductive_code(name, chosen, list(said)[:_EXAMPLES])
    book = of_study(opened)
    if code.id in book.ids():
        raise StudyError("is in the codebook already", where=code.id, hint="Choose another name.")
    text = codebooks.dump(replace(book, codes=(*book.codes, code)))
    codebooks.parse(text, where="codebook.yaml")
    opened.write_codebook(text)
    with opened.store() as store:
        _later_codes.see(store, of_study(opened), new=code.id)
    return {"code": code.id, "name": code.name, "examples": len(code.examples)}


def _themes(study: Path, smallest: int) -> tuple[Any, dict[str, str], list[Any], int, str]:
    """The study, its texts by utterance, the themes, how many utterances no code explains, and how the text
    was searched for names."""
    import numpy as np

    from pipeline.cli import _learning
    from pipeline.cli._gate import check_swept
    from pipeline.review.state import in_force
    from pipeline.study import Study, judgements
    from pipeline.suggest.explore import explore as group

    opened = Study.open(study)
    with opened.store() as store:
        checked = check_swept(opened, store)
        utterances = store.utterances(opened.case_of())
        offered = judgements.suggestions(store, only_suggested=True)
        explained = _explained(offered, in_force(judgements.decisions(store)))
    own, _ = _learning.vectors(opened, _learning.embedder_of(opened), utterances)
    open_to = np.array([one.id in explained for one in utterances], dtype=bool)
    themes = group(utterances, own, open_to, smallest=smallest)
    return opened, {one.id: one.text for one in utterances}, themes, int((~open_to).sum()), checked


def _explained(offered: Mapping[str, Sequence[Suggestion]], decisions: Sequence[Decision]) -> set[str]:
    """The utterances to which somebody gave a code, or for which one is suggested that nobody refused."""
    nothing = {one.utterance_id for one in decisions if one.answer == "none"}
    refused = {(one.utterance_id, one.code) for one in decisions if one.answer == "reject"}
    left = {name for name, some in offered.items() if any((name, one.code) not in refused for one in some)}
    return (left - nothing) | {one.utterance_id for one in decisions if one.answer == "accept"}


def _show(found: dict[str, Any], study: Path) -> None:
    show(
        f"{found['unexplained']} utterances that no code explains; {len(found['themes'])} themes among them."
    )
    for one in found["themes"]:
        size = f"{len(one['utterances'])} utterances of {one['transcripts']} transcripts"
        show(f"\n{one['theme']}. {', '.join(one['words'])}  ({size})")
        for quote in one["typical"]:
            show(f"   {quote['utterance_id']}: {quote['text']}")
    say(found["checked"])
    if found["themes"]:
        say(f'Next: secondcoder explore {study} --name "A NAME" --theme 1')
