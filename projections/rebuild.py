"""Builds a generation from the whole ledger: every history read once, in one piece, by several processes.

The server gathers a customer's events in order and sends them as one text; a process decodes that in one call, folds it,
and sends rows by binary COPY. All processes read one exported snapshot, which ends at a position; from there the engine
follows, and when it has caught up the generation can be shown. Processes share nothing but the names of the partitions left
to do, so memory is bounded by the longest history and a buffer of rows.
"""

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from queue import Empty
from typing import Any, NamedTuple

from psycopg import Connection, sql

from projections import catalogue, generations, histories
from projections.engine import Engine, Rules, connect
from projections.folding import Fold, Folder
from projections.generations import Generation
from projections.store import Writer

_FLUSH_ROWS = 20_000
_REPORT_CUSTOMERS = 500
_COLLECT_AFTER = 200_000  # objects: a history's go before the collector could find anything in them
_WORTH = 1024  # events; what is shorter is folded again, when it is needed, sooner than all of it is kept now


class Progress(NamedTuple):
    """How far a rebuild is."""

    customers: int
    events: int
    total: int  # events
    seconds: float

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that it will still take; None before anything is done."""
        return (self.total - self.events) / self.rate if self.events else None


class RebuildFailed(Exception):
    """A process of a rebuild ended before its work; the generation was dropped and readers saw nothing of it."""


class _Order(NamedTuple):
    """What a process of a rebuild has to know."""

    dsn: str
    snapshot: str
    position: int
    generation: int
    fold: str  # the module's name
    rules: Rules
    rulebook: str


def rebuild(
    dsn: str,
    fold: Fold,
    rules: Rules,
    rulebook: str,
    *,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Generation:
    """Build a generation under a rulebook, right up to the moment at which it began; it is then followed, not yet shown.

    `fold` is a module and `rules` a function that can be pickled: both are used in other processes.
    """
    with connect(dsn) as connection:
        generations.install(connection, fold.TABLES)
        generations.sweep(connection, fold.TABLES)
        with connection.transaction():
            generation = generations.create(connection, rulebook, fold.fingerprint(), fold.TABLES)
            generations.hold(connection, generation.id)
        try:
            position = _build(dsn, generation, fold, rules, processes or os.cpu_count() or 1, progress)
            generations.attach(connection, generation.id, position, fold.TABLES)
        except BaseException:
            generations.drop(connection, generation.id, fold.TABLES)
            raise
        connection.execute("NOTIFY jejak")
        return generation._replace(state="ready", position=position)


def show(dsn: str, generation: int, engine: Engine, seconds: float = 600.0) -> None:
    """Have a generation catch up, and show it in one step.

    A running engine does the following; without one, `engine` does it here. Unready where it takes more than `seconds`.
    """
    until = time.monotonic() + seconds
    with connect(dsn) as connection:
        while not generations.promote(connection, generation):
            if time.monotonic() > until:
                raise generations.Unready(
                    f"generation {generation} did not catch up within {seconds:.0f} s; is an engine running?"
                )
            if engine.catch_up(wait=False) is None:
                time.sleep(0.02)


def _build(
    dsn: str,
    generation: Generation,
    fold: Fold,
    rules: Rules,
    processes: int,
    progress: Callable[[Progress], None] | None,
) -> int:
    with connect(dsn) as keeper, keeper.transaction():
        keeper.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        [snapshot] = keeper.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        position = histories.head(keeper)
        order = _Order(dsn, snapshot, position, generation.id, _module(fold), rules, generation.rulebook)
        _run(order, processes, progress)
    return position


def _module(fold: Any) -> str:
    return str(fold.__name__)


def _run(order: _Order, processes: int, progress: Callable[[Progress], None] | None) -> None:
    context = get_context("spawn")
    tasks, done = context.SimpleQueue(), context.Queue()
    for name in (*histories.PARTITIONS, *([None] * processes)):
        tasks.put(name)
    workers = [context.Process(target=_work, args=(order, tasks, done), daemon=True) for _ in range(processes)]
    started = time.monotonic()
    customers = events = 0
    try:
        for worker in workers:
            worker.start()
        for more_customers, more_events in _reports(workers, done):
            customers, events = customers + more_customers, events + more_events
            if progress:
                progress(Progress(customers, events, order.position, time.monotonic() - started))
    finally:
        for worker in workers:
            worker.terminate()  # none is alive any more where all went well
            worker.join()
        done.close()


def _reports(workers: Sequence[BaseProcess], done: Any) -> Iterator[tuple[int, int]]:
    """(customers, events) as processes finish them, until all have ended. RebuildFailed where one says so or is gone."""
    running = len(workers)
    while running:
        try:
            report: tuple[int, int] | str | None = done.get(timeout=1.0)
        except Empty:
            if any(worker.exitcode not in (0, None) for worker in workers):
                raise RebuildFailed("a process of the rebuild was killed") from None
            continue
        if isinstance(report, str):
            raise RebuildFailed(report)
        if report is None:
            running -= 1
        else:
            yield report


def _work(order: _Order, tasks: Any, done: Any) -> None:
    """The whole life of one process."""
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 100)
    try:
        with connect(order.dsn) as reader, connect(order.dsn) as writer, reader.transaction():
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            reader.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(order.snapshot))
            reader.execute("SET LOCAL enable_seqscan = on")
            reader.execute("SET LOCAL work_mem = '128MB'")
            worker = _Worker(order, reader, writer, done)
            while (name := tasks.get()) is not None:
                worker.build(name)
        done.put(None)
    except Exception as error:  # noqa: BLE001 - the boundary of a process: the parent has to hear why
        done.put(f"{type(error).__name__}: {error}")


class _Worker:
    def __init__(self, order: _Order, reader: Connection[Any], writer: Connection[Any], done: Any) -> None:
        fold: Any = import_module(order.fold)
        self._order, self._reader, self._connection, self._done = order, reader, writer, done
        self._writer = Writer(order.generation, fold.fingerprint(), fold.TABLES)
        self._folder = Folder(fold, order.rules(order.rulebook), self._writer, worth=_WORTH)

    def build(self, name: str) -> None:
        """Fold every stream of one partition of the ledger."""
        customers = events = 0
        for piece in histories.partition(self._reader, name):
            self._folder.whole(piece)
            customers, events = customers + 1, events + piece.events
            if customers >= _REPORT_CUSTOMERS:
                self._done.put((customers, events))
                customers = events = 0
            if self._writer.gathered.size >= _FLUSH_ROWS:
                self._flush()
        self._flush()
        self._done.put((customers, events))

    def _flush(self) -> None:
        gathered = self._writer.hand_over()
        with self._connection.transaction():
            self._writer.write(self._connection, gathered)
            catalogue.record(self._connection, gathered.beside, self._order.position)
