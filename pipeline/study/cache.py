"""`cache.db`: vectors of texts and their parts, by text and model. It holds no text and may be deleted."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from pipeline.study import faults

T = TypeVar("T")
Wanted = tuple[str, tuple[tuple[int, int], ...]]
"""A text, and where its parts lie whose vectors are kept beside its own."""
_CHUNK = 400


class Cache:
    """Vectors that were computed before; a cache that is damaged is deleted and begun anew.

    Where nothing can be written, it lasts as long as the command.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._db = sqlite3.connect(":memory:")
        self._try(self._open)

    def close(self) -> None:
        """Close the cache; what was put in stays."""
        with contextlib.suppress(sqlite3.DatabaseError):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def missing(
        self, wanted: Iterable[Wanted], *, model: str, size: int, most: int, parts: bool = False
    ) -> Iterator[list[Wanted]]:
        """The distinct texts that have no vector yet, or with `parts` those whose parts have none.

        They come in lists of at most `most`; memory holds no more.
        """
        seen: set[bytes] = set()
        found: list[Wanted] = []
        left = iter(wanted)
        while some := list(islice(left, _CHUNK)):
            new: dict[bytes, Wanted] = {}
            for text, places in some:
                key = _key(text, model, places if parts else ())
                if key not in seen:
                    new.setdefault(key, (text, places))
            seen.update(new)
            numbers = {key: size * (len(places) if parts else 1) for key, (_, places) in new.items()}
            there = self._try(partial(self._read, numbers))
            found += [one for key, one in new.items() if key not in there]
            while len(found) >= most:
                yield found[:most]
                found = found[most:]
        if found:
            yield found

    def put(
        self, wanted: Sequence[Wanted], vectors: np.ndarray, parts: Sequence[np.ndarray], *, model: str
    ) -> None:
        """Keep the vectors of these texts and of their parts."""
        rows = [(_key(text, model), vector) for (text, _), vector in zip(wanted, vectors, strict=True)]
        for (text, places), own in zip(wanted, parts, strict=True):
            if places:
                rows.append((_key(text, model, places), own))
        self._try(lambda: self._write(rows))

    def vectors(
        self, texts: Sequence[str], *, model: str, size: int, compute: Callable[[list[str]], np.ndarray]
    ) -> np.ndarray:
        """One vector a text, float32 (n, size), from the cache or else from `compute`."""
        keys = [_key(text, model) for text in texts]
        known = self._all({key: (text, size) for key, text in zip(keys, texts, strict=True)}, compute)
        out = np.zeros((len(texts), size), dtype=np.float32)
        for row, key in enumerate(keys):
            out[row] = known[key]
        return out

    def parts(
        self,
        wanted: Sequence[Wanted],
        *,
        model: str,
        size: int,
        compute: Callable[[list[Wanted]], Sequence[np.ndarray]],
    ) -> list[np.ndarray]:
        """For each text the vectors of its parts, float32 (parts, size), from the cache or from `compute`."""
        keys = [_key(text, model, places) for text, places in wanted]
        numbers = {key: (one, size * len(one[1])) for key, one in zip(keys, wanted, strict=True) if one[1]}
        known = self._all(numbers, compute)
        none = np.zeros((0, size), dtype=np.float32)
        return [known[key].reshape(-1, size) if key in numbers else none for key in keys]

    def _all(
        self, wanted: Mapping[bytes, tuple[T, int]], compute: Callable[[list[T]], Iterable[np.ndarray]]
    ) -> dict[bytes, np.ndarray]:
        """What is kept under these keys, so many numbers each; for those that lack, what is computed."""
        known = self._try(lambda: self._read({key: number for key, (_, number) in wanted.items()}))
        missing = {key: one for key, (one, _) in wanted.items() if key not in known}
        if missing:
            made = [np.asarray(row, dtype=np.float32) for row in compute(list(missing.values()))]
            self._try(lambda: self._write(zip(missing, made, strict=True)))
            known.update(zip(missing, made, strict=True))
        return known

    def known(self, texts: Sequence[str], *, model: str, size: int) -> tuple[list[int], np.ndarray]:
        """The places of the texts whose vectors are in the cache, and those vectors, float32 (m, size)."""
        keys = [_key(text, model) for text in texts]
        found = self._try(lambda: self._read(dict.fromkeys(keys, size)))
        places = [place for place, key in enumerate(keys) if key in found]
        return places, np.array([found[keys[place]] for place in places]).reshape(len(places), size)

    def _try(self, work: Callable[[], T]) -> T:
        """Do something with the cache; where it proves damaged, once more with a new one."""
        try:
            return work()
        except sqlite3.DatabaseError as error:
            if not faults.is_damage(error):
                raise (faults.in_words(error, self._file) or error) from None
        self._db.close()  # an open file cannot be deleted everywhere
        for suffix in ("", "-wal", "-shm"):
            self._file.with_name(f"{self._file.name}{suffix}").unlink(missing_ok=True)
        self._open()
        return work()

    def _open(self) -> None:
        self._db.close()
        try:
            self._db = _open(str(self._file))
        except sqlite3.OperationalError as error:
            if not faults.is_shut(error):
                raise
            self._db = _open(":memory:")

    def _read(self, numbers: Mapping[bytes, int]) -> dict[bytes, np.ndarray]:
        """What is kept under these keys, if it is so many numbers."""
        ordered = sorted(numbers)
        found: dict[bytes, np.ndarray] = {}
        for start in range(0, len(ordered), _CHUNK):
            part = ordered[start : start + _CHUNK]
            marks = ", ".join("?" * len(part))
            rows = self._db.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part)
            for key, blob in rows:
                if len(blob) == 4 * numbers[key]:
                    found[key] = np.frombuffer(blob, dtype="<f4")
        return found

    def _write(self, rows: object) -> None:
        pairs = [(key, vector.astype("<f4").tobytes()) for key, vector in rows]  # type: ignore[attr-defined]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", pairs)


def _open(file: str) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=20)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)")
        db.execute("SELECT count(*) FROM vectors").fetchone()
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db


def _key(text: str, model: str, places: Sequence[tuple[int, int]] = ()) -> bytes:
    parts = f"/{places}" if places else ""
    return hashlib.sha256(f"{model}{parts}\0{text}".encode()).digest()
