"""What *find* leaves for *settle*: an encrypted record a transcript, with raw text only until settled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import msgspec

from pipeline.cli._at_rest import FRESH
from pipeline.errors import StudyError
from pipeline.pseudonymise.replace import Moves
from pipeline.records import Identifier, Turn
from pipeline.study import Store
from pipeline.study.vault import Vault


@dataclass(frozen=True, slots=True)
class Entry:
    """One replacement: the turn, where in its raw text, what stood there, and why it was replaced."""

    turn: int
    start: int
    end: int
    surface: str
    label: str
    reasons: tuple[str, ...]
    score: float

    @property
    def plain(self) -> str:
        """The wording with single spaces, as the register holds it."""
        return " ".join(self.surface.split())

    @property
    def identifier(self) -> Identifier:
        """The replaced stretch of the raw text."""
        return Identifier(self.start, self.end, self.label, self.reasons, self.score)


@dataclass(slots=True)
class Found:
    """One transcript as *find* left it.

    `turns` and `identifiers` (a tuple a turn) are there until it is settled; then `moves` (a map a turn) and
    `log` (an entry a replacement, in order of place) take their place, and `state` tells which text in the
    store they belong to.
    """

    id: str
    sha256: str
    settings: str
    format: str
    turns: list[Turn] = field(default_factory=list)
    identifiers: list[tuple[Identifier, ...]] = field(default_factory=list)
    moves: dict[int, Moves] = field(default_factory=dict)
    log: list[Entry] = field(default_factory=list)
    settled: bool = False
    state: str = ""

    def entries(self, turn: int) -> list[Entry]:
        """What was replaced in one turn, in order of place."""
        return [one for one in self.log if one.turn == turn]

    def by_turn(self) -> dict[int, list[Entry]]:
        """The same for all turns in which something was replaced."""
        out: dict[int, list[Entry]] = {}
        for one in self.log:
            out.setdefault(one.turn, []).append(one)
        return out

    def own(self, turn: int, start: int, end: int) -> bool:
        """Whether a stretch of the pseudonymised turn is the tool's own wording or touches it."""
        moves = self.moves.get(turn, Moves()).moves
        return any(one.start < end and start < one.end for one in moves)


def name(transcript_id: str) -> str:
    """Where the record lies under `secret/`."""
    return f"found/{transcript_id}.age"


def _next(transcript_id: str) -> str:
    return f"found/{transcript_id}{FRESH}"


def state(texts: Iterable[str]) -> str:
    """A short hash of a transcript's pseudonymised turns."""
    return hashlib.sha256("\0".join(texts).encode("utf-8")).hexdigest()[:32]


@contextmanager
def replacing(vault: Vault, found: Found) -> Iterator[None]:
    """Write a record while the text it belongs to is written: killed in between, `recover` sets it right."""
    _write(vault, _next(found.id), found)
    try:
        yield
    except BaseException:
        vault.remove(_next(found.id))
        raise
    vault.move(_next(found.id), name(found.id))


def recover(vault: Vault, store: Store) -> None:
    """After a kill: take each record that was being written if its text was written, else drop it."""
    for file in sorted((vault.folder / "found").glob(f"*{FRESH}")):
        found = _read(vault, f"found/{file.name}")
        if found.state == state(turn.text for turn in store.turns(found.id)):
            vault.move(_next(found.id), name(found.id))
        else:
            vault.remove(_next(found.id))


def _write(vault: Vault, place: str, found: Found) -> None:
    vault.write(place, packed(found))


def packed(found: Found) -> bytes:
    """A record as it is encrypted."""
    data = msgspec.to_builtins(replace(found, moves={}))
    data["moves"] = {str(turn): moves.as_json() for turn, moves in found.moves.items()}
    data["log"].sort(key=lambda one: (one["turn"], one["start"]))
    if found.settled:
        del data["turns"], data["identifiers"]
    return msgspec.json.encode(data)


def load(vault: Vault, transcript_id: str) -> Found:
    """Decrypt one record; raises `StudyError` where it is missing or damaged."""
    if not vault.has(name(transcript_id)):
        raise StudyError("is missing", where=f"secret/{name(transcript_id)}", hint="Take it from a backup.")
    return _read(vault, name(transcript_id))


def _read(vault: Vault, place: str) -> Found:
    try:
        data = msgspec.json.decode(vault.read(place))
        moves = {int(turn): Moves.from_json(moves) for turn, moves in data.pop("moves").items()}
        return replace(msgspec.convert(data, Found), moves=moves)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # msgspec's are ValueErrors
        raise StudyError(
            "is damaged", where=f"secret/{place}", hint="Delete it and run ingest again."
        ) from None
