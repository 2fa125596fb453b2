"""One command at a time on a study: every command that takes a STUDY holds it, unless it only reads."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import typer

from pipeline.cli._base import say

READING = {
    "status": "",
    "check": "speakers",
    "explore": "name",
    "triage": "draw",
    "compare": "",
    "report": "",
    "review status": "",
    "key show": "",
    "backup list": "",
}
"""Commands that may run while another one writes; each with the option that makes it write, if any."""


def hold(app: typer.Typer, group: str = "") -> None:
    """Let every command of an app hold its study from its first line to its last; twice is as once."""
    for command in app.registered_commands:
        work = command.callback
        if work is not None and "study" in work.__annotations__ and not hasattr(work, "__wrapped__"):
            name = f"{group} {command.name or work.__name__}".strip()
            command.callback = _holding(work, name)
    for inner in app.registered_groups:
        if inner.typer_instance is not None:
            hold(inner.typer_instance, str(inner.name))


def _holding(work: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(work)
    def alone(**given: Any) -> Any:
        from pipeline.study import lock

        study = given["study"]
        reads = name in READING and given.get(READING[name]) is None
        if reads or study is None or not (study / "study.toml").is_file():
            return work(**given)
        with lock.alone(study, name, tell=say):
            return work(**given)

    return alone
