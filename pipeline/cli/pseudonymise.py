"""`secondcoder pseudonymise`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app
from pipeline.cli._base import JsonOpt, emit, say

PACKED = ("docx", "odt", "rtf", "xlsx")
"""Formats whose bytes are no text: offsets are those of the frozen text."""


@app.command()
def pseudonymise(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE|FOLDER|PATTERN...", help="Interviews.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="A new folder for the clean files.")
    ] = None,
    to: Annotated[str, typer.Option(help="docx, txt, or same: as the file was.")] = "same",
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Unite two finders: slower, finds more.")
    ] = False,
    spans: Annotated[
        bool, typer.Option("--spans", help="Only say where identifiers are (with --json).")
    ] = False,
    as_json: JsonOpt = False,
) -> None:
    """Pseudonymise interviews without a study: clean new files, and an encrypted register of who is who.

    Example:  secondcoder pseudonymise interviews/*.docx --out clean
    """
    from pipeline.errors import StudyError

    if spans:
        for line in find_spans(files, thorough=thorough):
            emit(line)
        return
    if out is None:
        raise StudyError("say where the clean files go", hint="Give --out DIR.")
    if to not in ("docx", "txt", "same"):
        raise StudyError(f"{to} is no format for clean files", hint="--to docx, --to txt or --to same")
    result = pseudonymise_files(files, out, to=to, thorough=thorough)
    if as_json:
        emit(result)
    say(f"{result['files']} files written to {out}, {result['identifiers']} identifiers replaced.")
    say(f"Who is who lies encrypted in {out / 'register'}; the private key is {result['key']}.")
    say("What the tool did not know for a name is still there: read the files before you pass them on.")


def find_spans(files: list[str], *, thorough: bool = False) -> list[dict[str, Any]]:
    """Where identifiers are: offsets in each file's decoded text with LF ends, one file a line."""
    from pipeline import transcripts
    from pipeline.cli._files import expand
    from pipeline.pseudonymise import find_identifiers
    from pipeline.transcripts.decode import decode, lines

    out = []
    for path in expand(files, transcripts.SUFFIXES):
        data = path.read_bytes()
        transcript = transcripts.read(data, path.name)
        packed = transcript.format in PACKED
        text = transcript.text if packed else "\n".join(lines(decode(data, path.name)[0]))
        labels = sorted({turn.speaker for turn in transcript.turns if turn.speaker})
        (found,) = find_identifiers([text], speakers=labels, thorough=thorough)
        places = [{"start": one.start, "end": one.end, "label": one.label} for one in found]
        out.append({"doc_id": path.stem, "spans": places})
    return out


def pseudonymise_files(
    files: list[str], out: Path, *, to: str = "same", thorough: bool = False
) -> dict[str, Any]:
    """Take files through a study of their own, write clean documents, and keep only the register."""
    import tempfile

    from pipeline import resources, transcripts
    from pipeline.cli._documents import write_clean
    from pipeline.cli._files import expand
    from pipeline.cli.ingest import ingest_files
    from pipeline.errors import StudyError
    from pipeline.study import Study

    paths = expand(files, transcripts.SUFFIXES)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StudyError("is not empty", where=str(out), hint="Choose a new folder for the clean files.")
    settings = resources.path("configs", "study.toml").read_text(encoding="utf-8")
    if thorough:
        settings = settings.replace("thorough = false", "thorough = true", 1)
    with tempfile.TemporaryDirectory(prefix="secondcoder-") as folder:
        # A study of its own: the same two phases, the same rules; raw text lies in it encrypted, if at all.
        study = Study.create(
            Path(folder) / "study",
            settings_text=settings,
            codebook_text="name: none-yet\ncodes: [{id: any}]\n",
        )
        counts = ingest_files(study.folder, [str(path) for path in paths])
        with study.store() as store:
            written = write_clean(study, store, out, to)
        _keep_register(study, out)
        key = str(study.vault.key_path)
    return {"files": len(written), "identifiers": counts["identifiers"], "written": written, "key": key}


def _keep_register(study: Any, out: Path) -> None:
    """The register and the log of replacements, encrypted as they are in a study."""
    from pipeline.study.vault import write_safely

    secret = study.folder / "secret"
    for file in [secret / "public.key", secret / "register.age", *sorted((secret / "found").glob("*.age"))]:
        target = out / "register" / file.relative_to(secret)
        write_safely(target, file.read_bytes(), mode=0o600)
