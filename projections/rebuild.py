"""Builds a generation from the whole ledger: every history read once, in one piece, by several processes.

The server gathers a customer's events in order and sends them as one text; a process decodes that in one call, folds it,
and sends rows by binary COPY. All processes read one exported snapshot, which ends at a position. What is built under one
rulebook, of everybody and of all that is known, is followed from there and can be shown. What is built at other
coordinates stands beside as it is (`side`): history as it was known, cut at a moment, perhaps of a sample.

Each partition of the ledger is marked with its last rows, so whoever takes up a build that was killed begins with the
partitions that are not marked, and reads no further than the first one did: the rows come out the same.
"""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple

from psycopg import Connection, OperationalError

from domain.facts import micros
from projections import attaching, catalogue, generations, histories, inforce, parallel
from projections.asof import rows_at
from projections.engine import Engine, Rules, connect
from projections.folding import Fold, Folder
from projections.generations import Coordinates, Generation, Unready
from projections.histories import Broken, Slice
from projections.parallel import Failed, Killed, Snapshot, Task, Tell
from projections.store import Writer

_FLUSH_ROWS = 20_000
_REPORT_CUSTOMERS = 500
_NOTE_EVERY = 0.5  # seconds between two notes of how far it is, for those who list generations
_MOST_INDEXING = 4  # connections that index at once: there are no more large tables
_WORTH = 1024  # events; what is shorter is folded again, when it is needed, sooner than all of it is kept now


class Progress(NamedTuple):
    """How far a rebuild is."""

    customers: int
    events: int
    total: int  # events
    seconds: float
    before: int = 0  # events that an earlier run had done

    @property
    def rate(self) -> float:
        """Events per second."""
        return (self.events - self.before) / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that it will still take; None before anything is done."""
        return (self.total - self.events) / self.rate if self.rate else None


class RebuildFailed(Exception):
    """A process of a rebuild ended before its work. Readers saw nothing of it.

    The generation was dropped, or where it can be taken up again, `resume` is its number.
    """

    def __init__(self, reason: str, resume: int | None = None) -> None:
        super().__init__(reason if resume is None else f"{reason}; generation {resume} can be resumed")
        self.resume = resume


class _Order(NamedTuple):
    """What a process of a rebuild has to know."""

    dsn: str
    position: int
    generation: int
    fold: str  # the module's name
    rules: Rules
    rulebook: str
    followed: bool
    as_of: int | None
    sample: int | None

    def begin(self, reader: Connection[Any], tell: Tell) -> Task:
        """Begin in a process."""
        return _Worker(self, reader, tell).build


def rebuild(
    dsn: str,
    fold: Fold,
    rules: Rules,
    rulebook: str,
    *,
    name: str | None = None,
    as_of: datetime | None = None,
    known_at: int | None = None,
    sample: int | None = None,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    resume: int | None = None,
) -> Generation:
    """Build a generation. Under one rulebook and with nothing else asked, it is then followed, not yet shown.

    `fold` is a module and `rules` a function that can be pickled: both are used in other processes. `rulebook` may be
    "in-force". `as_of`, `known_at` (a position) and `sample` (every so many-th customer, by hash): kept at these
    coordinates, beside, under `name` or one made of its number. `resume`: go on with that generation, at its own
    coordinates. RebuildFailed where it does not get through; Unready where the name is taken, or there is nothing to
    resume.
    """
    with connect(dsn, indexing=True) as connection:
        generations.install(connection, fold.TABLES)
        generations.sweep(connection, fold.fingerprint(), fold.TABLES)
        with parallel.snapshot(dsn) as snapshot:
            if resume is None:
                at = Coordinates(as_of, known_at, sample)
                generation = _create(connection, fold, rulebook, snapshot.position, name, at)
            else:
                generation = _resumed(connection, fold, resume)
            try:
                catalogue.catch_up(connection, generation.position)
                _build(connection, snapshot, _order(dsn, generation, fold, rules), processes, progress)
                _attach(dsn, connection, generation, fold, processes)
            except Killed as killed:
                raise RebuildFailed(str(killed), generation.id) from killed
            except OperationalError:
                raise  # the server is gone: what is there can be taken up when it is back
            except BaseException as error:
                generations.drop(connection, generation.id, fold.TABLES)
                if isinstance(error, Failed):
                    raise RebuildFailed(str(error)) from error
                raise
        connection.execute("NOTIFY jejak")
        return next(g for g in generations.listed(connection) if g.id == generation.id)


def begin(dsn: str, fold: Fold, rulebook: str, *, name: str | None = None, at: Coordinates | None = None) -> Generation:
    """Enter a generation that `rebuild(resume=…)` is to build, perhaps in another process. Unready where its name is taken."""
    with connect(dsn) as connection:
        generations.install(connection, fold.TABLES)
        return _create(connection, fold, rulebook, histories.head(connection), name, at or Coordinates())


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


def _create(
    connection: Connection[Any], fold: Fold, rulebook: str, head: int, name: str | None, at: Coordinates
) -> Generation:
    position = head if at.known_at is None else min(at.known_at, head)
    fingerprint = fold.fingerprint()
    with connection.transaction():
        made = generations.create(connection, rulebook, fingerprint, fold.TABLES, position=position, name=name, at=at)
        generations.hold(connection, made.id)
        return made if _followed(made) else generations.name_by_number(connection, made.id)


def _resumed(connection: Connection[Any], fold: Fold, number: int) -> Generation:
    found = next((g for g in generations.listed(connection) if g.id == number), None)
    if found is None or found.state != "building":
        raise Unready(f"generation {number} is {found.state if found else 'unknown'}; only a build can be resumed")
    if found.fingerprint != fold.fingerprint():
        raise Unready(f"generation {number} was begun by another form of the fold; drop it, and build anew")
    if not generations.hold(connection, number):
        raise Unready(f"generation {number} is being built at this moment")
    generations.await_writers(connection, number)
    generations.clear_unfinished(connection, number, fold.TABLES)
    return found


def _followed(generation: Generation) -> bool:
    """Whether the engine can keep it up: one rulebook, everybody, and all that is known."""
    at = Coordinates(generation.as_of, generation.known_at, generation.sample)
    return at == Coordinates() and generation.rulebook != inforce.IN_FORCE


def _order(dsn: str, generation: Generation, fold: Any, rules: Rules) -> _Order:
    as_of = None if generation.as_of is None else micros(generation.as_of)
    followed, module = _followed(generation), str(fold.__name__)
    id_, rulebook, sample = generation.id, generation.rulebook, generation.sample
    return _Order(dsn, generation.position, id_, module, rules, rulebook, followed, as_of, sample)


def _build(
    connection: Connection[Any],
    snapshot: Snapshot,
    order: _Order,
    processes: int | None,
    progress: Callable[[Progress], None] | None,
) -> None:
    done = generations.finished(connection, order.generation)
    tasks = [name for part, name in enumerate(histories.PARTITIONS) if part not in done]
    customers, events = sum(c for c, _ in done.values()), sum(e for _, e in done.values())
    before, total = events, order.position // (order.sample or 1)
    started = noted = time.monotonic()
    for more_customers, more_events in parallel.run(snapshot, order, tasks, processes or None):
        customers, events = customers + more_customers, events + more_events
        now = time.monotonic()
        if now - noted >= _NOTE_EVERY:
            noted = now
            generations.note(connection, order.generation, customers, events)
        if progress:
            progress(Progress(customers, events, max(total, events), now - started, before))
    generations.note(connection, order.generation, customers, events)


def _attach(dsn: str, connection: Connection[Any], generation: Generation, fold: Fold, processes: int | None) -> None:
    """Attach what was built, with as many connections as processes built it."""
    count = processes or os.cpu_count() or 1
    with ExitStack() as stack:
        beside = [stack.enter_context(connect(dsn, indexing=True)) for _ in range(1, min(count, _MOST_INDEXING))]
        for one in beside:
            generations.write_for(one, generation.id)
        state = "ready" if _followed(generation) else "side"
        attaching.attach(connection, generation.id, generation.position, fold.TABLES, state, beside)


class _Worker:
    """Builds partitions in one process."""

    def __init__(self, order: _Order, reader: Connection[Any], tell: Tell) -> None:
        fold: Any = import_module(order.fold)
        self._order, self._reader, self._tell, self._fold = order, reader, tell, fold
        self._connection = connect(order.dsn)
        generations.write_for(self._connection, order.generation)
        self._writer = Writer(order.generation, fold.fingerprint(), fold.TABLES)
        self._judge = inforce.judge(self._connection, order.rules, order.rulebook, order.as_of, order.position)
        self._folder = Folder(fold, self._judge, self._writer, worth=_WORTH)
        self._one = self._folder.whole if order.followed else self._at

    def build(self, name: str) -> None:
        """Fold every stream of one partition of the ledger."""
        customers = events = told_customers = told_events = 0
        position, sample = self._order.position, self._order.sample
        for piece in histories.partition(self._reader, name, until=position, sample=sample):
            self._one(piece)
            customers, events = customers + 1, events + piece.events
            if customers - told_customers >= _REPORT_CUSTOMERS:
                self._tell((customers - told_customers, events - told_events))
                told_customers, told_events = customers, events
            if self._writer.gathered.size >= _FLUSH_ROWS:
                self._flush(None)
        self._flush((histories.PARTITIONS.index(name), customers, events))
        self._tell((customers - told_customers, events - told_events))

    def _at(self, piece: Slice) -> None:
        """One history at the coordinates of this generation."""
        try:
            found = rows_at(self._fold, histories.decode(piece), self._judge, self._order.as_of)
        except Broken as why:
            self._folder.park(piece.customer, piece.position, why)
        except Exception as error:  # noqa: BLE001 - the boundary: one customer's fold must not stop the others
            why = Broken(None, None, f"{type(error).__name__}: {error}")
            self._folder.park(piece.customer, piece.position, why)
        else:
            if found is not None:
                self._folder.place(piece.customer, found.version, found.tables)

    def _flush(self, finished: tuple[int, int, int] | None) -> None:
        """Write what is gathered; with it that a partition is whole: its number, customers and events."""
        gathered = self._writer.hand_over()
        with self._connection.transaction():
            self._writer.write(self._connection, gathered)
            catalogue.record(self._connection, gathered.beside, self._order.position)
            if finished:
                generations.finish_part(self._connection, self._order.generation, *finished)
