"""The study folder: made, opened, read. What lies where is known here and nowhere else."""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import io
import json
import platform
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

from pipeline.errors import StudyError
from pipeline.study import backups, lock
from pipeline.study import register as registers
from pipeline.study import settings as study_settings
from pipeline.study import vault as vaults
from pipeline.study.settings import Settings
from pipeline.study.store import MODEL, Store, now
from pipeline.study.vault import UNFINISHED, Vault, remove_folder, write_safely

_HEADER = "Make it with a header line."
TRANSCRIPT_COLUMNS = ("transcript", "case", "participant", "role", "date", "note")
_PACKAGES = (
    "secondcoder",
    "spacy",
    "scikit-learn",
    "openvino",
    "tokenizers",
    "sentence-transformers",
    "torch",
    "numpy",
    "scipy",
)


@dataclass(frozen=True, slots=True)
class Person:
    """A row of `transcripts.csv`: who speaks in which transcript, for which case, in which role."""

    transcript: str
    case: str
    participant: str
    role: str
    date: str = ""
    note: str = ""


@dataclass(slots=True)
class Run:
    """A command at work: what it notes here is recorded with the run."""

    id: int
    inputs: list[str]
    result: dict[str, Any]


class Study:
    """One study folder. `Study.open` reads it, `Study.create` makes it."""

    def __init__(self, folder: Path, settings: Settings, *, key: Path | None = None) -> None:
        self.folder = folder
        self.settings = settings
        self.vault = Vault(folder / "secret", settings.study.id, key=key)
        self._backed_up = False
        self._people: tuple[str, list[Person]] = ("", [])

    @classmethod
    def create(cls, folder: Path, *, settings_text: str, codebook_text: str) -> Study:
        """Make a new study with its key pair; refuses a folder that holds anything."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StudyError("is not empty", where=str(folder), hint="Choose a new folder for the study.")
        study_id = secrets.token_hex(6)
        private, public = vaults.new_key()
        key = vaults.key_file(study_id)
        vaults.write_key(key, private)
        for name in ("secret/found", "secret/backups", "review/sent", "reports"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "secret").chmod(0o700)
        _write(folder / "secret" / ".gitignore", "*\n")
        _write(folder / "secret" / "public.key", public + "\n")
        _write(folder / "codebook.yaml", codebook_text)
        _write(folder / "cases.csv", "case,group\n")
        _write(folder / "transcripts.csv", ",".join(TRANSCRIPT_COLUMNS) + "\n")
        registers.save(Vault(folder / "secret", study_id), registers.new())
        Store(folder / "study.db", create=True).close()
        # Last, because this file is what makes the folder a study.
        _write(folder / "study.toml", settings_text.replace('id = ""', f'id = "{study_id}"', 1))
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path, *, key: Path | None = None) -> Study:
        """Open a study; raises `StudyError` for a folder that is none."""
        if not folder.is_dir():
            raise StudyError("there is no such folder", where=str(folder))
        settings = study_settings.read(folder / "study.toml")
        if not settings.study.id:
            raise StudyError(
                "study.id is empty", where="study.toml", hint="Make studies with `secondcoder init`."
            )
        return cls(folder, settings, key=key)

    def store(self) -> Store:
        """Open the study's database; one of an older format is backed up before it is brought up to date."""
        if backups.due_to_migrate(self.folder / "study.db"):
            with lock.alone(self.folder, "migration"):
                self.backup("migration")
                Store(self.folder / "study.db").close()
        return Store(self.folder / "study.db")

    def open_workbooks(self) -> list[str]:
        """Sheets that lie in `secret/` with real names in them, or words in which some may stand."""
        return sorted(f"secret/{file.name}" for file in (self.folder / "secret").glob("[!~.]*.xlsx"))

    def backup(self, why: str) -> None:
        """Keep an encrypted copy of what the study holds, and let the oldest copy go."""
        backups.make(self.folder, self.vault, why)

    def renew_backups(self, why: str) -> int:
        """Destroy every backup, for each holds what was just taken out, and make one of what is left."""
        destroyed = backups.destroy(self.folder)
        self.backup(why)
        return destroyed

    @property
    def codebook_text(self) -> str:
        """The text of `codebook.yaml`."""
        return _text(self.folder / "codebook.yaml", hint="Copy a codebook to this place.")

    def write_codebook(self, text: str) -> None:
        """Put a codebook into the study."""
        _write(self.folder / "codebook.yaml", text)

    # Tables edited by hand ------------------------------------------------------------------------

    def people(self) -> list[Person]:
        """The rows of `transcripts.csv`."""
        text = _text(self.folder / "transcripts.csv", hint=_HEADER)
        if text != self._people[0]:  # a command asks several times, and a study may have thousands
            header, rows = _read(text, "transcripts.csv", needs=("transcript", "case", "participant", "role"))
            places = {column: place for place, column in enumerate(header)}
            width = len(header)
            picked = itemgetter(*(places.get(column, width) for column in TRANSCRIPT_COLUMNS))
            blank = [""] * (width + 1)  # for rows that end early, and for columns that are not there
            made = [
                Person(*map(str.strip, picked(row[:width] + blank[min(len(row), width) :]))) for row in rows
            ]
            self._people = (text, [one for one in made if one.transcript])
        return list(self._people[1])

    def write_people(self, people: Sequence[Person]) -> None:
        """Write `transcripts.csv`, ordered by transcript and participant."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(TRANSCRIPT_COLUMNS)
        ordered = sorted(people, key=attrgetter("transcript", "participant"))
        writer.writerows(map(attrgetter(*TRANSCRIPT_COLUMNS), ordered))
        _write(self.folder / "transcripts.csv", out.getvalue())
        self._people = (out.getvalue(), ordered)

    def case_of(self) -> dict[str, str]:
        """The case of each participant and of each transcript."""
        out: dict[str, str] = {}
        for one in self.people():
            out.setdefault(one.transcript, one.case)
            if one.participant:
                out.setdefault(one.participant, one.case)
        return out

    def strangers(self) -> list[str]:
        """The participants of `participants.csv` whom no transcript has: most often a slip of the pen."""
        file = self.folder / "participants.csv"
        rows = _table(file, needs=("participant",)) if file.is_file() else []
        known = {one.participant or one.transcript for one in self.people()}
        return sorted({row["participant"] for row in rows} - known - {""})

    def attributes(self) -> dict[str, dict[str, str]]:
        """What is known of each participant: role, case, and the columns of `participants.csv` if there is
        one."""
        out: dict[str, dict[str, str]] = {}
        for one in self.people():
            out.setdefault(one.participant or one.transcript, {"role": one.role, "case": one.case})
        file = self.folder / "participants.csv"
        for row in _table(file, needs=("participant",)) if file.is_file() else ():
            name = row.pop("participant")
            if name in out:
                out[name].update({column: value for column, value in row.items() if value})
        return out

    def cases(self) -> dict[str, dict[str, str]]:
        """The rows of `cases.csv`: case to its attributes."""
        return read_cases(self.folder / "cases.csv")

    def write_cases(self, data: bytes) -> None:
        """Put a table of cases into the study."""
        write_safely(self.folder / "cases.csv", data)

    # Runs ---------------------------------------------------------------------------------------------

    @contextmanager
    def run(self, store: Store, command: str) -> Iterator[Run]:
        """Record a command with settings and versions; its end, or that it failed, is recorded too.

        Nobody else writes meanwhile. Commands that take something in are preceded by a backup.
        """
        with lock.alone(self.folder, command):
            if command in backups.BEFORE and not self._backed_up:
                self.backup(command)  # once a command, or several files would push out what was before them
                self._backed_up = True
            with store.writing() as db:
                cursor = db.execute(
                    "INSERT INTO runs (command, started_at, settings, versions) VALUES (?, ?, ?, ?)",
                    (command, now(), self.settings.model_dump_json(), json.dumps(versions())),
                )
            run = Run(int(cursor.lastrowid or 0), [], {})
            try:
                yield run
            except BaseException:
                with suppress(StudyError):  # what went wrong first is what has to be said
                    self._end(store, run, "failed")
                raise
            self._end(store, run, "done")

    @staticmethod
    def _end(store: Store, run: Run, status: str) -> None:
        with store.writing() as db:
            db.execute(
                "UPDATE runs SET ended_at = ?, status = ?, inputs = ?, result = ? WHERE id = ?",
                (now(), status, json.dumps(run.inputs), json.dumps(run.result), run.id),
            )

    def settings_hash(self) -> str:
        """A short hash of the settings that change the text: with it, an unchanged file is known as such."""
        parts = [
            self.settings.text,
            self.settings.pseudonymise,
            self.settings.roles,
            self.settings.role_names,
        ]
        return hashlib.sha256(repr(parts).encode("utf-8")).hexdigest()[:16]

    @property
    def model(self) -> Path | None:
        """The folder of the model that the last `suggest` trained, if it is there."""
        folder = self.folder / MODEL
        return folder if folder.is_dir() else None

    def keep_model(self, write: Callable[[Path], None]) -> None:
        """Put a trained model in the place of the one before; `write` saves it into a folder."""
        folder, fresh = self.folder / MODEL, self.folder / f"{UNFINISHED}{MODEL}"
        shutil.rmtree(fresh, ignore_errors=True)
        write(fresh)
        remove_folder(folder)
        fresh.rename(folder)

    def write_report(self, name: str, data: bytes) -> Path:
        """Write a file under `reports/` and return its path."""
        write_safely(self.folder / "reports" / name, data)
        return self.folder / "reports" / name

    def write_review(self, name: str, data: bytes) -> Path:
        """Write a file under `review/sent/` and return its path."""
        write_safely(self.folder / "review" / "sent" / name, data)
        return self.folder / "review" / "sent" / name

    def keep_returned(self, name: str, data: bytes) -> None:
        """Keep what a coder sent back, encrypted, under `review/returned/`."""
        write_safely(self.folder / "review" / "returned" / f"{name}.age", self.vault.seal(data))


def vault_of(folder: Path, key: Path | None = None) -> Vault:
    """The vault of a study; of one whose settings are gone too, if `key` says where its key is."""
    try:
        return Study.open(folder, key=key).vault
    except StudyError:
        return Vault(folder / "secret", "", key=key)


def versions() -> dict[str, str]:
    """The versions that a run depends on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def read_cases(file: Path) -> dict[str, dict[str, str]]:
    """A table of cases: case to its attributes; raises `StudyError` for a case that stands twice."""
    out: dict[str, dict[str, str]] = {}
    for row in _table(file, needs=("case",)):
        if not row["case"]:
            continue
        if row["case"] in out:
            raise StudyError(f"case {row['case']} stands twice", where=file.name, hint="Remove one row.")
        out[row["case"]] = {key: value for key, value in row.items() if key != "case"}
    return out


def _write(file: Path, text: str) -> None:
    write_safely(file, text.encode("utf-8"))


def _text(file: Path, *, hint: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise StudyError("is missing from the study", where=file.name, hint=hint) from None
    except UnicodeDecodeError:
        raise StudyError("is not saved as UTF-8", where=file.name, hint="Save it as CSV UTF-8.") from None


def _table(file: Path, *, needs: Sequence[str]) -> list[dict[str, str]]:
    return _rows(_text(file, hint=_HEADER), file.name, needs=needs)


def _rows(text: str, name: str, *, needs: Sequence[str]) -> list[dict[str, str]]:
    header, found = _read(text, name, needs=needs)
    blank = dict.fromkeys(header, "")
    rows = [{**blank, **dict(zip(header, map(str.strip, row), strict=False))} for row in found]
    for row in rows if "" in blank else ():
        del row[""]
    return rows


def _read(text: str, name: str, *, needs: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """The columns of a table, and its rows as they stand; raises `StudyError` where it lacks a column."""
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","  # Excel writes ; in many countries
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = next(reader, [])
    missing = [column for column in needs if column not in header]
    if missing:
        raise StudyError(f"has no column {missing[0]}", where=name, hint=f"It needs: {', '.join(needs)}.")
    return header, [row for row in reader if row]
