"""What *find* leaves for *settle*: an encrypted record a transcript, with raw text only until settled."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.errors import StudyError
from pipeline.pseudonymise.replace import Moves
from pipeline.records import Identifier, Mark, Turn
from pipeline.study.vault import Vault


@dataclass(slots=True)
class Found:
    """One transcript as *find* left it.

    `turns` and `identifiers` (a tuple a turn) are there until it is settled; then `moves` (a map a turn) and
    `log` (what was replaced, by whom it was taken to be, and why) take their place.
    """

    id: str
    sha256: str
    settings: str
    format: str
    turns: list[Turn] = field(default_factory=list)
    identifiers: list[tuple[Identifier, ...]] = field(default_factory=list)
    moves: dict[int, Moves] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    settled: bool = False


def name(transcript_id: str) -> str:
    """Where the record lies under `secret/`."""
    return f"found/{transcript_id}.age"


def save(vault: Vault, found: Found) -> None:
    """Encrypt one record."""
    data: dict[str, Any] = {
        "id": found.id,
        "sha256": found.sha256,
        "settings": found.settings,
        "format": found.format,
        "settled": found.settled,
        "moves": {str(turn): moves.as_json() for turn, moves in found.moves.items()},
        "log": found.log,
    }
    if not found.settled:
        data["turns"] = [asdict(turn) for turn in found.turns]
        data["identifiers"] = [[asdict(one) for one in some] for some in found.identifiers]
    vault.write(name(found.id), json.dumps(data, ensure_ascii=False).encode("utf-8"))


def load(vault: Vault, transcript_id: str) -> Found:
    """Decrypt one record; raises `StudyError` where it is damaged."""
    try:
        data = json.loads(vault.read(name(transcript_id)))
        return Found(
            id=data["id"],
            sha256=data["sha256"],
            settings=data["settings"],
            format=data["format"],
            turns=[_turn(turn) for turn in data.get("turns", ())],
            identifiers=[tuple(map(_identifier, some)) for some in data.get("identifiers", ())],
            moves={int(turn): Moves.from_json(moves) for turn, moves in data["moves"].items()},
            log=data["log"],
            settled=data["settled"],
        )
    except (json.JSONDecodeError, KeyError, TypeError):
        raise StudyError(
            "is damaged", where=f"secret/{name(transcript_id)}", hint="Delete it and run ingest again."
        ) from None


def _turn(data: dict[str, Any]) -> Turn:
    marks = tuple(Mark(**mark) for mark in data.pop("marks"))
    return Turn(**{**data, "sentence_starts": tuple(data["sentence_starts"])}, marks=marks)


def _identifier(data: dict[str, Any]) -> Identifier:
    return Identifier(**{**data, "reasons": tuple(data["reasons"])})
