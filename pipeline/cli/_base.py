"""What every command shares: where words go, how errors end, the options that recur."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

T = TypeVar("T")

StudyArg = Annotated[Path, typer.Argument(metavar="STUDY", help="The study folder.", show_default=False)]
JsonOpt = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
KeyOpt = Annotated[
    Path | None,
    typer.Option(
        "--key", metavar="FILE", help="The study's private key, if it lies elsewhere.", show_default=False
    ),
]


WorkersOpt = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        show_default=False,
        help="Processes for heavy work; left out, as many as the work is worth, four at most.",
    ),
]
SchedulerOpt = Annotated[
    str,
    typer.Option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        show_default=False,
        help="A Dask scheduler whose workers do the heavy work.",
    ),
]


def say(line: str) -> None:
    """A message for the person at the keyboard, on standard error."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def show(text: str) -> None:
    """A result for the person at the keyboard, on standard output."""
    sys.stdout.write(text + "\n")


def emit(result: Any) -> None:
    """A result for a script: one JSON value on standard output, in ASCII where that is no UTF-8."""
    plain = (sys.stdout.encoding or "utf-8").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(result, ensure_ascii=plain, allow_nan=False) + "\n")


def progress(items: Iterable[T], label: str, total: int) -> Iterator[T]:
    """Yield the items while a bar on standard error tells how far it is."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total)
        for item in items:
            yield item
            bar.advance(task)


def table(rows: list[list[str]], header: list[str]) -> str:
    """A plain table with aligned columns; numbers stand to the right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: list[str]) -> str:
        parts = [
            cell.rjust(width) if _number(cell) else cell.ljust(width)
            for cell, width in zip(cells, widths, strict=True)
        ]
        return "  ".join(parts).rstrip()

    return "\n".join([line(header), line(["-" * width for width in widths]), *map(line, rows)])


def number_of(count: int, noun: str) -> str:
    """A count with its noun.

    >>> number_of(1, "utterance"), number_of(1200, "new code")
    ('1 utterance', '1,200 new codes')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def waits(number: int) -> str:
    """Say that notes wait to be masked."""
    what, them = (
        ("1 note or new code waits", "it") if number == 1 else (f"{number:,} notes or new codes wait", "them")
    )
    return (
        f"{what}, encrypted, until whoever holds the key runs `secondcoder risk`: "
        f"names in {them} are masked then."
    )


def came_in(added: int, known: int, left_out: int) -> str:
    """What an import brought, in a sentence without its subject; `known` counts what was there already.

    >>> came_in(1, 0, 0), came_in(7, 5, 2)
    ('1 decision added.', '7 decisions added, 5 were there already, 2 left out:')
    >>> came_in(0, 12, 0)
    'nothing new; what it says is in the study already.'
    """
    if added:
        text = f"{number_of(added, 'decision')} added"
        if known:
            text += f", {known:,} {'was' if known == 1 else 'were'} there already"
    elif known:
        text = "nothing new; what it says is in the study already"
    else:
        text = "nothing added" if left_out else "it holds no answer"
    return f"{text}, {left_out:,} left out:" if left_out else f"{text}."


def _number(cell: str) -> bool:
    return (
        bool(cell) and cell.lstrip("-").replace(".", "").replace("%", "").replace(",", "").strip().isdigit()
    )
