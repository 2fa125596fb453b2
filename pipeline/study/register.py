"""The register: who is who, where the raw files lie, and the study's secrets; encrypted as one file.

What new interviews bring lies in a second one until the register is next saved.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Container, Iterable, Mapping
from typing import Any

import msgspec

from pipeline.errors import StudyError
from pipeline.study.vault import Vault

FILE = "register.age"
FORMAT = 2
"""The format that is written: since 2, an entity's wordings have their transcripts each."""
ENROLLED = "found/.enrolled.age"
"""The sources of interviews that were begun to be read since the register was last written."""
_WAY_BACK = "`secondcoder backup restore STUDY` takes the last backup back."


class Source(msgspec.Struct, forbid_unknown_fields=True):
    """A raw file as it was read: its place, the hash of its bytes, what its speaker labels stand for."""

    path: str
    sha256: str
    participants: dict[str, str] = msgspec.field(default_factory=dict)
    roles: dict[str, str] = msgspec.field(default_factory=dict)
    doubts: dict[str, list[str]] = msgspec.field(default_factory=dict)


class Known(msgspec.Struct, forbid_unknown_fields=True):
    """A name found somewhere in the study: its label, and the version of the list that it came with."""

    label: str
    version: int


class Register(msgspec.Struct, forbid_unknown_fields=True):
    """What must never leave `secret/`: entities with their surfaces, sources, lists, the hash key.

    `entities` are the plain dictionaries that the pseudonymising stage makes and reads back, each with the
    transcripts of each of its wordings; `corrections` what people said of speaker labels (transcript, label,
    role, participant). `known` holds every name found in the study; a name that came with version 3 was
    looked for in every transcript whose text has version 3 or later. `surrogates` (first and last name) and
    `descriptions` belong to entities by id; `dismissed` are wordings that people looked at and found to name
    nobody; `withdrawn` tells by transcript the keyed hash of a file that must not come back; `unwritten`
    lists the transcripts whose text does not say yet what the register says.
    """

    hash_key: str
    shift_key: str
    format: int = 1  # a file of the first format does not tell
    sources: dict[str, Source] = msgspec.field(default_factory=dict)
    entities: list[dict[str, Any]] = msgspec.field(default_factory=list)
    doubtful: list[dict[str, Any]] = msgspec.field(default_factory=list)
    corrections: list[dict[str, str]] = msgspec.field(default_factory=list)
    always: list[dict[str, str]] = msgspec.field(default_factory=list)
    never: list[str] = msgspec.field(default_factory=list)
    known: dict[str, Known] = msgspec.field(default_factory=dict)
    version: int = 0
    surrogates: dict[str, list[str]] = msgspec.field(default_factory=dict)
    descriptions: dict[str, str] = msgspec.field(default_factory=dict)
    dismissed: list[str] = msgspec.field(default_factory=list)
    withdrawn: dict[str, str] = msgspec.field(default_factory=dict)
    unwritten: list[str] = msgspec.field(default_factory=list)

    def transcripts_of(self, ids: Container[str]) -> set[str]:
        """The transcripts in which any of these entities is named."""
        some = (one["where"].values() for one in self.entities if one["id"] in ids)
        return {name for where in some for names in where for name in names}

    def text_hash(self, raw: str) -> str:
        """The keyed hash of a raw text: tells whether it is the same text without telling what it is."""
        return hmac.new(bytes.fromhex(self.hash_key), raw.encode("utf-8"), hashlib.sha256).hexdigest()[:32]

    def hidden_days(self, participant: str) -> int:
        """By how many days a participant's dates are moved: fixed, hidden, between -180 and 180, never 0."""
        digest = hmac.new(bytes.fromhex(self.shift_key), participant.encode("utf-8"), hashlib.sha256).digest()
        days = int.from_bytes(digest[:4], "big") % 360 - 180
        return days if days < 0 else days + 1

    def unmasked(self, surface: str) -> bool:
        """Whether people said that this wording is never to be masked."""
        return not self.masked([surface])

    def masked(self, surfaces: Iterable[str]) -> list[str]:
        """Those of these wordings of which people did not say that they are never to be masked."""
        never = {one.casefold() for one in self.never}
        return [surface for surface in surfaces if surface.casefold() not in never]


def new() -> Register:
    """An empty register with fresh secrets."""
    return Register(hash_key=secrets.token_hex(32), shift_key=secrets.token_hex(32), format=FORMAT)


def load(vault: Vault) -> Register:
    """Decrypt the register; raises `StudyError` without the key or where a file is damaged."""
    if not vault.has(FILE):
        raise StudyError("the register is missing", where=f"secret/{FILE}", hint=_WAY_BACK)
    # First what lies beside it: what another command takes into the register meanwhile is read there then.
    sealed = _beside(vault)
    register = read(vault.read(FILE))
    if sealed:
        # The register has the last word. A command may have been stopped after it had written the register
        # without a withdrawn interview, and before it took away what lay beside it.
        new = {name: one for name, one in _enrolled(vault, sealed).items() if name not in register.withdrawn}
        register.sources = dict(sorted({**new, **register.sources}.items()))
    return register


def _beside(vault: Vault) -> bytes:
    try:
        return (vault.folder / ENROLLED).read_bytes()
    except FileNotFoundError:
        return b""


def _enrolled(vault: Vault, sealed: bytes) -> dict[str, Source]:
    where = f"secret/{ENROLLED}"
    try:
        return msgspec.json.decode(vault.open(sealed, where), type=dict[str, Source])
    except (ValueError, StudyError):
        hint = (
            "Delete it, and run `secondcoder ingest` on the same interviews again: no more than that is lost."
        )
        raise StudyError("is damaged", where=where, hint=hint) from None


class _Format(msgspec.Struct):
    """What is read of a register of any format."""

    format: int = 1


def read(text: bytes) -> Register:
    """A register from its decrypted bytes; raises `StudyError` where they are none, or of a later release."""
    try:
        found = msgspec.json.decode(text, type=_Format).format
        if found <= FORMAT:
            return _up_to_date(msgspec.json.decode(text, type=Register))
    except (ValueError, RecursionError, KeyError, TypeError):  # what msgspec raises is a ValueError
        raise StudyError(
            "is not a register of this release", where=f"secret/{FILE}", hint=_WAY_BACK
        ) from None
    raise StudyError(
        f"was written by a later release (format {found}, this one knows {FORMAT})",
        where=f"secret/{FILE}",
        hint="Install the newer secondcoder.",
    )


def _up_to_date(register: Register) -> Register:
    """The register as this release has it; in the first format an entity's wordings stood in pairs with the
    transcripts. Raises `ValueError`, `KeyError` or `TypeError` where the entities are none."""
    for entity in register.entities:
        if register.format < FORMAT:
            where: dict[str, list[str]] = {}
            for transcript, surface in entity["where"]:
                where.setdefault(surface, []).append(transcript)
            entity["where"] = where
        if not isinstance(entity["where"], dict):
            raise TypeError("not the transcripts of each wording")
    register.format = FORMAT
    return register


def save(vault: Vault, register: Register) -> None:
    """Encrypt the register, whole or not at all."""
    register.format = FORMAT
    vault.write(FILE, msgspec.json.encode(register, order="deterministic"))
    vault.remove(ENROLLED)


def enrol(vault: Vault, register: Register, new: Mapping[str, Source]) -> None:
    """Add transcripts with their sources. Those that are all new are written beside the register, which is
    large, until it is next saved."""
    beside = register.sources.keys().isdisjoint(new) and not vault.has(ENROLLED)
    register.sources.update(new)
    if beside:
        vault.write(ENROLLED, msgspec.json.encode(dict(new)))
    else:
        save(vault, register)
