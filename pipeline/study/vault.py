"""The key pair of a study, and what lies encrypted under `secret/`.

Files are in the age format, so the standard `age` program opens them with the same key.
Encrypting needs only the public key, which lies in the study; reading needs the private key, which does not.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pyrage
from platformdirs import user_config_path

from pipeline.errors import StudyError

ENVIRONMENT = "SECONDCODER_KEY"
UNFINISHED = ".writing-"
"""How the name of a file begins that is being written; one that stays was left by a killed command."""


def new_key() -> tuple[str, str]:
    """A new key pair as text: (private, public)."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def key_file(study_id: str) -> Path:
    """Where the private key of a study lies unless the user says otherwise: outside the study."""
    home = os.environ.get("SECONDCODER_HOME")
    try:
        base = Path(home) if home else user_config_path("secondcoder")
    except (RuntimeError, OSError):
        base = Path("~")
    if str(base).startswith("~"):  # what is left where no home folder is known
        raise StudyError(
            "there is no home folder to keep the key in", hint="Set SECONDCODER_HOME to a private folder."
        )
    return base.absolute() / "keys" / f"{study_id}.key"


def write_key(file: Path, private: str) -> None:
    """Write a private key so that only the user can read it; never over an existing one."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise StudyError("a key lies here already", where=str(file), hint="Move it away first.") from None
    except OSError:
        raise StudyError(
            "the private key cannot be written there",
            where=str(file.parent),
            hint="Set SECONDCODER_HOME to a private folder that you may write to.",
        ) from None
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(private + "\n")


def read_key(file: Path) -> pyrage.x25519.Identity:
    """The private key that a file holds; raises `StudyError` where there is none."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise StudyError(
            "the study's private key is not here",
            where=str(file),
            hint="Give it with `--key FILE` or ask whoever holds it. Nobody can open the register without.",
        ) from None
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    try:
        return pyrage.x25519.Identity.from_str(lines[0].strip())
    except (pyrage.IdentityError, IndexError):
        raise StudyError("holds no private key", where=str(file)) from None


def seal(data: bytes, public: str) -> bytes:
    """`data` encrypted to a public key."""
    return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(public)]))


def write_safely(file: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all: into a temporary neighbour, synced, then moved into place.

    Raises `OSError` naming the file, not its neighbour.
    """
    name = ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=UNFINISHED)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, mode)
        os.replace(name, file)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(name)
        if isinstance(error, OSError):
            error.filename = str(file)
        raise


def remove_folder(folder: Path) -> None:
    """Delete a folder whole or not at all, as far as anybody can see who looks for it by its name."""
    if folder.is_dir():
        doomed = folder.with_name(f"{UNFINISHED}{folder.name}-old")
        shutil.rmtree(doomed, ignore_errors=True)
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


class Vault:
    """The encrypted files of one study."""

    def __init__(self, folder: Path, study_id: str, *, key: Path | None = None) -> None:
        self.folder = folder
        self._study_id = study_id
        self._chosen = key
        self._identity: pyrage.x25519.Identity | None = None

    @property
    def key_path(self) -> Path:
        """Where the private key is looked for: `--key`, then the environment, then the user's folder."""
        named = os.environ.get(ENVIRONMENT)
        return self._chosen or (Path(named) if named else key_file(self._study_id))

    def unlock(self) -> None:
        """Read the private key and see that it belongs to this study; raises `StudyError` if not."""
        if self._identity is not None:
            return
        identity = read_key(self.key_path)
        if str(identity.to_public()) != self.public:
            raise StudyError("is the key of another study", where=str(self.key_path))
        self._identity = identity

    def at_hand(self) -> bool:
        """Whether the private key is here; one that was named and does not fit raises `StudyError`."""
        try:
            self.unlock()
        except StudyError:
            if self._chosen is not None:
                raise
            return False
        return True

    def identity(self) -> pyrage.x25519.Identity:
        """The private key itself; raises `StudyError` where it is not here or another study's."""
        self.unlock()
        assert self._identity is not None
        return self._identity

    def forget(self) -> None:
        """Read the private key again when it is next needed: another one has taken its place."""
        self._identity = None

    @property
    def public(self) -> str:
        """The public key, which lies in the study."""
        try:
            return (self.folder / "public.key").read_text(encoding="ascii").strip()
        except OSError:
            raise StudyError(
                "the public key is missing",
                where="secret/public.key",
                hint="Whoever holds the private key runs `secondcoder backup restore STUDY`.",
            ) from None

    def write(self, name: str, data: bytes) -> None:
        """Encrypt `data` to the study's key as `secret/<name>`."""
        self.keep(name, self.seal(data))

    def keep(self, name: str, sealed: bytes) -> None:
        """Write what is encrypted already as `secret/<name>`."""
        write_safely(self.folder / name, sealed, mode=0o600)

    def seal(self, data: bytes) -> bytes:
        """`data` encrypted to the study's key; anybody with the study can do it, nobody can undo it alone."""
        return seal(data, self.public)

    def read(self, name: str) -> bytes:
        """Decrypt `secret/<name>`; a damaged file is said to be damaged and left as it is."""
        return self.open((self.folder / name).read_bytes(), f"secret/{name}")

    def open(self, data: bytes, where: str) -> bytes:
        """Decrypt what was sealed; `where` names it, should it be damaged."""
        identity = self.identity()
        try:
            return bytes(pyrage.decrypt(data, [identity]))
        except pyrage.DecryptError:
            raise StudyError(
                "is damaged or was encrypted to another key",
                where=where,
                hint="`secondcoder backup restore STUDY` takes the last backup back. Nothing was changed.",
            ) from None

    def has(self, name: str) -> bool:
        """Whether `secret/<name>` is there."""
        return (self.folder / name).is_file()

    def move(self, name: str, to: str) -> None:
        """Put `secret/<name>` in the place of `secret/<to>`, at once."""
        os.replace(self.folder / name, self.folder / to)

    def remove(self, name: str) -> None:
        """Delete `secret/<name>` if it is there."""
        (self.folder / name).unlink(missing_ok=True)
