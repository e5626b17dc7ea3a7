"""Reads the whole ledger with several processes over one snapshot: the way of rebuilds and of reports.

A task is a partition of the ledger. Processes share nothing but the tasks left to do, so memory is bounded by what a
process keeps of its own. Each of them ends with the one that started it, however that ended.
"""

import gc
import os
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection as pipes
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from queue import Empty
from typing import Any, NamedTuple, Protocol

from psycopg import Connection, sql

from projections import histories
from projections.engine import connect

_COLLECT_AFTER = 200_000  # objects: a history's go before the collector could find anything in them

Tell = Callable[[Any], None]
"""Sends something that can be pickled to the process that gave the job."""

Task = Callable[[str], None]
"""Does one task: the name of a partition of the ledger."""


class Job(Protocol):
    """What is to be done; can be pickled, for every process gets a copy."""

    def begin(self, reader: Connection[Any], tell: Tell) -> Task:
        """Called once in each process. `reader` sees the snapshot, and is in a transaction that writes nothing."""
        ...


class Snapshot(NamedTuple):
    """The ledger as it stood at a moment, for as long as `snapshot` holds it."""

    dsn: str
    name: str
    position: int
    """Its last position."""


class Failed(Exception):
    """A process could not do its work; the text says why."""


class Killed(Failed):
    """A process was ended from outside before its work."""


@contextmanager
def snapshot(dsn: str) -> Generator[Snapshot]:
    """One state of the ledger for several processes to read."""
    with connect(dsn) as keeper, keeper.transaction():
        keeper.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        [name] = keeper.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        yield Snapshot(dsn, name, histories.head(keeper))


def run(
    at: Snapshot, job: Job, tasks: Sequence[str] = histories.PARTITIONS, processes: int | None = None
) -> Iterator[Any]:
    """Do all tasks, and give what the job tells as it comes. Failed or Killed where a process did not get through.

    `processes`: as many as there are cores where it is left out; 0: none, the tasks are done here. Processes are
    started anew and import the job's module by its name.
    """
    if processes == 0:
        yield from _here(at, job, tasks)
        return
    count = min(processes or os.cpu_count() or 1, len(tasks) or 1)
    context = get_context("spawn")
    waiting, told = context.SimpleQueue(), context.Queue()
    for name in (*tasks, *([None] * count)):
        waiting.put(name)
    workers = [context.Process(target=_live, args=(at, job, waiting, told), daemon=True) for _ in range(count)]
    try:
        for worker in workers:
            worker.start()
        yield from _heard(workers, told)
    finally:
        for worker in workers:
            if worker.pid is not None:
                worker.terminate()  # none is alive any more where all went well
                worker.join()
        told.close()


def _here(at: Snapshot, job: Job, tasks: Sequence[str]) -> Iterator[Any]:
    told: list[Any] = []
    with _reading(at) as reader:
        task = job.begin(reader, told.append)
        for name in tasks:
            task(name)
            yield from told
            told.clear()


def _heard(workers: Sequence[BaseProcess], told: Any) -> Iterator[Any]:
    """What processes tell, until all have ended."""
    running = len(workers)
    while running:
        try:
            said, what = told.get(timeout=1.0)
        except Empty:
            if any(worker.exitcode not in (0, None) for worker in workers):
                raise Killed("one of the processes was killed") from None
            continue
        match said:
            case "told":
                yield what
            case "ended":
                running -= 1
            case _:
                raise Failed(what)


@contextmanager
def _reading(at: Snapshot) -> Generator[Connection[Any]]:
    with connect(at.dsn) as reader, reader.transaction():
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        reader.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(at.name))
        reader.execute("SET LOCAL enable_seqscan = on")
        reader.execute("SET LOCAL work_mem = '320MB'")  # a partition of ten million events, gathered without a file
        yield reader


def _live(at: Snapshot, job: Job, waiting: Any, told: Any) -> None:
    """The whole life of one process."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 100)
    try:
        with _reading(at) as reader:
            task = job.begin(reader, lambda what: told.put(("told", what)))
            while (name := waiting.get()) is not None:
                task(name)
        told.put(("ended", None))
    except Exception as error:  # noqa: BLE001 - the boundary of a process: the parent has to hear why
        told.put(("failed", f"{type(error).__name__}: {error}"))


def _end_with_parent() -> None:
    """A killed parent cannot end its children: they would go on writing beside whoever takes up its work."""
    parent = parent_process()
    if parent is not None:
        with suppress(OSError):
            pipes.wait([parent.sentinel])
        os._exit(1)
