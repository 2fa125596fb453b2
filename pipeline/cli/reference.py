"""The command reference, written from the commands themselves: `python -m pipeline.cli.reference`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from pipeline.cli import COMMANDS, register
from pipeline.cli._base import show

HEAD = """# Commands

Written from the commands by `make docs`; the tests hold it in step. Results go to standard output, messages
and progress to standard error. Exit codes: 0 done, 1 something you can mend, 2 wrong usage.
"""


def reference() -> str:
    """Every command with what it does, its example, its arguments and options, as Markdown."""
    return "\n".join([HEAD, *map(_section, commands())])


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, in the order of `--help`."""
    order = {name.rstrip("_"): place for place, name in enumerate(COMMANDS)}
    found = _within(typer.main.get_command(register()), "secondcoder")
    # Modules may have been imported in another order before; the list of commands decides.
    yield from sorted(found, key=lambda named: order.get(named[0].split()[1], len(order)))


def _within(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _within(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _section(named: tuple[str, Any]) -> str:
    full, command = named
    parts = [f"## {full}\n", _paragraphs(command.help or "")]
    rows = [f"| {name} | {text} |" for name, text in _rows(command)]
    return "\n".join([*parts, "| | |\n|---|---|", *rows]) + "\n"


def _paragraphs(text: str) -> str:
    lines = []
    for part in text.split("\n\n"):
        flat = " ".join(part.split())
        lines.append(f"    {flat.removeprefix('Example: ')}" if flat.startswith("Example:") else flat)
    return "\n\n".join(lines) + "\n"


def _rows(command: Any) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        text = " ".join((getattr(parameter, "help", "") or "").split()).replace("|", "\\|")
        if parameter.param_type_name == "argument":
            yield f"`{(parameter.metavar or parameter.name or '').replace('|', chr(92) + '|')}`", text
        elif "--help" not in parameter.opts:
            names = ", ".join([*parameter.opts, *parameter.secondary_opts])
            yield f"`{names}`", text


if __name__ == "__main__":
    show(reference().rstrip("\n"))
