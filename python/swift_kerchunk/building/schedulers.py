# SPDX-License-Identifier: Apache-2.0
"""Who runs the tasks of a build: a cluster of Dask, one of Dask's schedulers on this machine, or this thread."""
from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from swift_kerchunk._optional import needed
from swift_kerchunk.errors import UsageError

#: Called after each task with the number of those that are done.
Done = Callable[[int], None]

#: Dask's schedulers on one machine.
LOCAL = ("threads", "threading", "processes", "multiprocessing", "sync", "synchronous", "single-threaded")


def _module(name: str) -> Any:
    """A module of Dask, which is imported when it is needed."""
    return needed(name, extra="dask", what="client=")


class Scheduler(Protocol):
    """Runs functions somewhere. What a task gives stays where it is: others name it by what stands for it here."""

    def width(self) -> int:
        """How many tasks run at the same time."""

    def submit(self, label: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs one task, and waits for it.

        Returns
        -------
        object
            What stands for its result in arguments of other tasks.
        """

    def each(
        self, label: str, function: Callable[..., Any], calls: Iterable[Sequence[Any]], done: Done | None = None,
        keep: bool = True,
    ) -> list[Any]:
        """Runs one task for each of `calls`, and waits for them; not all are known to the scheduler at once.

        Parameters
        ----------
        keep
            Whether anyone needs what they give; otherwise a task that is done is forgotten, and is not done again after
            all where its worker is lost.
        """

    def result(self, handle: Any) -> Any:
        """What a task gave, brought here."""

    def forget(self, handles: Iterable[Any]) -> None:
        """Says that what these tasks gave is needed by no one here: it is not made again where it is lost."""

    def cancel(self) -> None:
        """Forgets all tasks."""


def scheduler_for(client: Any, retries: int) -> Scheduler:
    """The scheduler that a user means.

    Parameters
    ----------
    client
        A `distributed.Client`; the name of one of Dask's schedulers; ``"dask"`` for the one that Dask would use; None
        for this thread.
    retries
        How often a cluster tries a task again.
    """
    if client is None:
        return Here()
    if isinstance(client, str):
        if client == "dask":
            return _usual(retries)
        if client not in LOCAL:
            raise UsageError(f'client must be a distributed.Client, "dask", or one of {", ".join(LOCAL)}, not {client!r}')
        return DaskHere(client)
    if not hasattr(client, "submit") or not hasattr(client, "scheduler_info"):
        raise UsageError(f"client must be a distributed.Client or the name of a scheduler, not {type(client).__name__}")
    if getattr(client, "asynchronous", False):
        raise UsageError("an asynchronous client is not supported: give a synchronous one, or build in a thread")
    return Cluster(client, retries)


def _usual(retries: int) -> Scheduler:
    try:
        return Cluster(_module("distributed").default_client(), retries)
    except (ImportError, ValueError):
        name = _module("dask.config").get("scheduler", None)
        return DaskHere(name if isinstance(name, str) else "threads")


class Here:
    """This thread."""

    def width(self) -> int:
        return 1

    def submit(self, label: str, function: Callable[..., Any], *arguments: Any) -> Any:
        return function(*arguments)

    def each(
        self, label: str, function: Callable[..., Any], calls: Iterable[Sequence[Any]], done: Done | None = None,
        keep: bool = True,
    ) -> list[Any]:
        results = []
        for arguments in calls:
            results.append(function(*arguments))
            if done is not None:
                done(len(results))
        return results

    def result(self, handle: Any) -> Any:
        return handle

    def forget(self, handles: Iterable[Any]) -> None:
        return None

    def cancel(self) -> None:
        return None


class DaskHere(Here):
    """A scheduler of Dask on this machine.

    Parameters
    ----------
    name : str
        As `dask.compute` takes it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._token = uuid.uuid4().hex[:12]

    def width(self) -> int:
        return int(_module("dask.config").get("num_workers", None) or os.cpu_count() or 1)

    def submit(self, label: str, function: Callable[..., Any], *arguments: Any) -> Any:
        return self.each(label, function, [arguments])[0]

    def each(
        self, label: str, function: Callable[..., Any], calls: Iterable[Sequence[Any]], done: Done | None = None,
        keep: bool = True,
    ) -> list[Any]:
        dask, callbacks = _module("dask"), _module("dask.callbacks")
        finished = 0

        def posttask(key: Any, *_: Any) -> None:
            nonlocal finished
            if str(key).startswith(prefix):
                finished += 1
                if done is not None:
                    done(finished)

        prefix = f"kerchunk-{label}-{self._token}"
        # Arguments are values: nothing in them is looked at.
        tasks = [
            dask.delayed(_Applied(function, tuple(arguments)), pure=False)(dask_key_name=f"{prefix}-{number}")
            for number, arguments in enumerate(calls)
        ]
        with callbacks.Callback(posttask=posttask):
            return list(dask.compute(*tasks, scheduler=self._name, optimize_graph=False))


class _Applied:
    """A function with its arguments, which Dask does not look into."""

    __name__ = "kerchunk"

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._function = function
        self._arguments = arguments

    def __call__(self) -> Any:
        return self._function(*self._arguments)


class Cluster:
    """A cluster of Dask. Results stay on the workers, which hand them to each other.

    Parameters
    ----------
    client : distributed.Client
    retries : int
    """

    def __init__(self, client: Any, retries: int) -> None:
        self._client = client
        self._retries = retries
        self._token = uuid.uuid4().hex[:12]
        self._numbers: dict[str, int] = {}
        #: Those that someone may still need, by key.
        self._futures: dict[Any, Any] = {}

    def width(self) -> int:
        return max(1, sum(map(int, self._client.nthreads().values())))

    def submit(self, label: str, function: Callable[..., Any], *arguments: Any) -> Any:
        # Others may name it only when the scheduler knows it for sure.
        return self.each(label, function, [arguments])[0]

    def _start(self, label: str, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        number = self._numbers.get(label, 0)
        self._numbers[label] = number + 1
        future = self._client.submit(
            function, *arguments, key=(f"kerchunk-{label}-{self._token}", number), pure=False, retries=self._retries)
        self._futures[future.key] = future
        return future

    def each(
        self, label: str, function: Callable[..., Any], calls: Iterable[Sequence[Any]], done: Done | None = None,
        keep: bool = True,
    ) -> list[Any]:
        waiting = iter(calls)
        futures: list[Any] = []

        def start() -> Any:
            arguments = next(waiting, None)
            if arguments is None:
                return None
            future = self._start(label, function, arguments)
            if keep:
                futures.append(future)
            return future

        # A window: the scheduler never gets all at once.
        first = [future for _ in range(max(64, 4 * self.width())) if (future := start()) is not None]
        completed = _module("distributed").as_completed(first)
        del first
        for finished, future in enumerate(completed, 1):
            if future.status != "finished":
                # Raises what went wrong, or waits for what was lost with its worker and is computed once more.
                future.result()
            if not keep:
                self.forget([future])
            if done is not None:
                done(finished)
            following = start()
            if following is not None:
                completed.add(following)
        return futures

    def result(self, handle: Any) -> Any:
        return handle.result()

    def forget(self, handles: Iterable[Any]) -> None:
        for future in handles:
            if self._futures.pop(future.key, None) is not None:
                future.release()

    def cancel(self) -> None:
        self.forget(list(self._futures.values()))
