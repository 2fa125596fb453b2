"""The commands, one a file. Importing this imports no stage: `secondcoder --help` stays quick."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
import traceback
from pathlib import Path

import typer

from pipeline.errors import StudyError

# A study is many small objects that live to the end of a command; by its own measure Python would walk
# through all of them time and again, looking for garbage.
gc.set_threshold(200_000, 20, 20)

app = typer.Typer(
    name="secondcoder",
    help="A second coder for framework analysis of interviews. People decide, the model suggests. Offline.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)

_INTERRUPTED = 130
"""The exit code of a command that was stopped with Ctrl-C."""
COMMANDS = (
    "demo",
    "init",
    "status",
    "check",
    "ingest",
    "names",
    "risk",
    "pseudonymise",
    "codes",
    "suggest",
    "try_",
    "evaluate",
    "explore",
    "review",
    "triage",
    "audit",
    "compare",
    "report",
    "transcripts",
    "reidentify",
    "key",
    "backup",
    "withdraw",
)
"""The command modules in the order of `--help`; importing one adds its command to `app`."""


def register() -> typer.Typer:
    """The app with every command on it."""
    for name in COMMANDS:
        importlib.import_module(f"pipeline.cli.{name}")
    importlib.import_module("pipeline.cli._alone").hold(app)
    return app


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a mistake the user can mend, 2 wrong usage."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ[name] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # A thread that waits for its turn sleeps: on a busy machine it would burn the time the others need.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter stops nothing
    register()
    try:
        code = app(args=argv, standalone_mode=False)
    except StudyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Exception as error:
        return _unforeseen(error)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    return _stopped() if code == _INTERRUPTED else code if isinstance(code, int) else 0


def run() -> None:
    """The entry point of the installed command."""
    sys.exit(main())


def _stopped() -> int:
    sys.stderr.write("Stopped. Nothing is lost; run the command again to go on.\n")
    return _INTERRUPTED


def _unforeseen(error: Exception) -> int:
    """Usage errors in typer's words; everything else as a place in the code, without any text it held."""
    if hasattr(error, "exit_code") and hasattr(error, "format_message"):
        error.show()  # type: ignore[attr-defined]
        return int(error.exit_code)
    if isinstance(error.__cause__, KeyboardInterrupt):  # as older releases of typer tell it
        return _stopped()
    if type(error).__name__ in ("Abort", "Exit"):
        return int(getattr(error, "exit_code", 1))
    if isinstance(error, OSError):
        words = importlib.import_module("pipeline.cli._failures").in_words(error)
        sys.stderr.write(f"{words}\n")
        return 1
    frame = traceback.extract_tb(error.__traceback__)[-1]
    sys.stderr.write(
        f"A fault in secondcoder: {type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}.\n"
        "Nothing was sent anywhere. Please report this line; it holds none of your text.\n"
    )
    return 1
