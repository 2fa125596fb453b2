"""What cannot be taken from files that come back: all of it told, nothing taken until the user says so."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import Problem, StudyError, refused

_HINT = "Nothing was imported. Mend the file, or give --accept-partial to take the good rows."


def check(found: Sequence[tuple[str, Sequence[Problem]]], *, accept_partial: bool) -> None:
    """Raise `StudyError` with every row that cannot be taken, by file, unless good ones are to be taken."""
    refusals = [refused(problems, where=name, hint=_HINT) for name, problems in found if problems]
    if not refusals or accept_partial:
        return
    if len(refusals) == 1:
        raise refusals[0]
    raise StudyError("\n".join(f"{one.where}: {one.message}" for one in refusals), hint=_HINT)
