"""Follows the ledger and keeps the rows of every followed generation: the only writer of rows.

Rows, folded state and checkpoint are written in one transaction, so a stop at any point loses nothing and doubles nothing:
whoever comes next starts from the checkpoint. One engine leads; it holds an advisory lock on the very connection that
writes, so an engine that lost its lock has lost its transaction too. Others stand by. A notification wakes the engine
sooner; without one it looks every `poll` seconds.
"""

import gc
import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from threading import Event as Flag
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection

from domain.facts import NEVER
from projections import attaching, catalogue, generations, histories
from projections.folding import Fold, Folder
from projections.generations import ENGINE_ROLE, Generation
from projections.histories import Broken
from projections.store import Gathered, Writer

LOCK = 7_233_173_853_026_156_141
CHANNEL = "jejak"

# What the server or psycopg says of a row that no column can hold.
_UNWRITABLE = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    TypeError,
    OverflowError,
    ValueError,
)

_log = logging.getLogger(__name__)

Rules = Callable[[str], Any]


class Pace(NamedTuple):
    """How the engine behaves in time."""

    poll: float = 0.25  # seconds between two looks at the ledger when nothing notifies
    standby: float = 0.5  # seconds between two tries to lead
    backoff: float = 0.1  # seconds before the first new try after a failure; doubles
    backoff_limit: float = 5.0
    batch: int = 50_000  # events read at once
    commit_events: int = 1_000_000  # a transaction ends when everything recorded is folded, or after so many events,
    commit_seconds: float = 10.0  # or so many seconds; a customer is rendered once in it
    capacity: int = 20_000  # folded states in memory, of each generation


class Superseded(Exception):
    """Somebody else moved the checkpoint or withdrew the generation: start again from what the database holds."""


def connect(dsn: str, *, indexing: bool = False) -> Connection[Any]:
    """A connection in the engine's role. A commit may be lost with the server: rows go back together with the checkpoint."""
    connection = psycopg.connect(dsn, autocommit=True, application_name="jejak engine")
    if indexing:  # a new index is logged in whole pages, and compressing them is a fifth of making it
        with suppress(psycopg.errors.InsufficientPrivilege):  # on a server that is not ours
            connection.execute("SET wal_compression = off")
    connection.execute(f"SET ROLE {ENGINE_ROLE}")
    for name, value in (("synchronous_commit", "off"), ("timezone", "UTC"), ("jit", "off")):
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    # A batch is a range of positions: where statistics lag, the planner must not read whole partitions for it.
    connection.execute("SET enable_seqscan = off")
    connection.execute("SET plan_cache_mode = force_custom_plan")
    with suppress(psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidParameterValue):
        connection.execute("SET client_connection_check_interval = '1s'")  # free the lock soon after a kill
    return connection


def _each(parts: "SimpleQueue[Gathered | BaseException | None]") -> Iterator[Gathered]:
    """What comes through the queue, up to None; an error there is raised here, so that nothing is committed."""
    while (part := parts.get()) is not None:
        if isinstance(part, BaseException):
            raise part
        yield part


@contextmanager
def _undisturbed() -> Generator[None]:
    """Without the cyclic collector: a batch makes objects by the hundred thousand that live on, and hardly a cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Follower:
    """Keeps one generation: reads and folds in batches, and renders while a thread of its own writes."""

    def __init__(self, generation: Generation, fold: Fold, rules: Any, pace: Pace) -> None:
        self.generation = generation
        self.position = generation.position  # up to where events are folded
        self._committed = generation.position  # up to where rows are written, or about to be
        self._since = 0.0  # when folding for the next transaction began
        self._fold = fold
        self._pace = pace
        self._writer = Writer(generation.id, fold.fingerprint(), fold.TABLES)
        self.folder = Folder(fold, rules, self._writer, pace.capacity)
        self._pending: Future[None] | None = None

    def start(self, reader: Connection[Any]) -> None:
        """Know who is parked."""
        parked = reader.execute(
            "SELECT uuid_send(customer) FROM rows.parked WHERE generation = %s", [self.generation.id], binary=True
        )
        self.folder.forget(row[0] for row in parked)

    def step(self, reader: Connection[Any], writer: Connection[Any], head: int, pool: ThreadPoolExecutor) -> None:
        """Fold the next batch. Its rows are written in `pool`, and may still be when this returns short of `head`."""
        until = min(head, self.position + self._pace.batch)
        if self.position == self._committed:
            self._since = time.monotonic()
        try:
            with _undisturbed():
                self.folder.take(reader, histories.batch(reader, self.position, until), until)
                self.position = until
                if until == head or self._full():
                    self._write(writer, pool)
            if until == head:
                self.settle()
        except _UNWRITABLE as error:
            _log.warning("a batch up to position %s cannot be written; trying each customer alone: %s", until, error)
            with suppress(*_UNWRITABLE):
                self.settle()
            self._isolate(reader, writer, head)

    def _full(self) -> bool:
        pace = self._pace
        return (
            self.position - self._committed >= pace.commit_events
            or self.folder.touched >= pace.capacity
            or time.monotonic() - self._since >= pace.commit_seconds
        )

    def _write(self, writer: Connection[Any], pool: ThreadPoolExecutor) -> None:
        """Render, and have it written meanwhile, part by part in one transaction."""
        self.settle()
        parts: SimpleQueue[Gathered | BaseException | None] = SimpleQueue()
        self._pending = pool.submit(self._commit, writer, parts, self._committed, self.position)
        self._committed = self.position
        try:
            for gathered in self.folder.gather():
                parts.put(gathered)
            parts.put(None)
        except BaseException as error:
            parts.put(error)
            raise

    def settle(self) -> None:
        """Wait until what was folded is written; raises what writing raised."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def retry(self, reader: Connection[Any], writer: Connection[Any]) -> None:
        """Another try for parked customers who were asked for, or were parked by another form of the fold."""
        asked = [
            row[0]
            for row in reader.execute(
                "SELECT uuid_send(customer) FROM rows.parked WHERE generation = %s AND (retry OR fingerprint <> %s)",
                [self.generation.id, self._fold.fingerprint()],
                binary=True,
            )
        ]
        if asked:
            with writer.transaction():
                for customer in asked:
                    self._alone(
                        writer, customer, self.position, partial(self.folder.refold, reader, [customer], self.position)
                    )
                self._move(writer, self.position, self.position)

    def _commit(
        self,
        connection: Connection[Any],
        parts: "SimpleQueue[Gathered | BaseException | None]",
        before: int,
        until: int,
    ) -> None:
        with connection.transaction():
            self._put(connection, _each(parts), until)
            self._move(connection, before, until)

    def _put(self, connection: Connection[Any], parts: Iterable[Gathered], until: int) -> None:
        for gathered in parts:
            self._writer.write(connection, gathered)
            catalogue.record(connection, gathered.beside, until)

    def _move(self, connection: Connection[Any], before: int, until: int) -> None:
        moved = connection.execute(
            "UPDATE rows.generations SET position = %s WHERE id = %s AND position = %s AND state = ANY(%s)",
            [until, self.generation.id, before, list(generations.FOLLOWED)],
        )
        if moved.rowcount != 1:
            raise Superseded(
                f"generation {self.generation.id} is no longer at position {before}, or no longer followed"
            )

    def _isolate(self, reader: Connection[Any], writer: Connection[Any], head: int) -> None:
        """Somebody's rows cannot be written: find out whose, park them, and write those of all others."""
        self.start(reader)
        [(before,)] = reader.execute("SELECT position FROM rows.generations WHERE id = %s", [self.generation.id])
        until = min(head, before + self._pace.batch)
        with writer.transaction():
            for piece in histories.batch(reader, before, until):
                self._alone(writer, piece.customer, until, partial(self.folder.take, reader, [piece], until))
            self._move(writer, before, until)
        self.position = self._committed = until

    def _alone(self, writer: Connection[Any], customer: bytes, until: int, fold: Callable[[], None]) -> None:
        """Fold and write one customer; parked where their rows cannot be written."""
        try:
            with writer.transaction():
                fold()
                self._put(writer, self.folder.gather(), until)
        except _UNWRITABLE as found:
            reason = f"its rows cannot be written: {type(found).__name__}: {found}".replace("\x00", "")
            self._writer.hand_over()  # what was gathered of it before
            self.folder.park(customer, until, Broken(None, None, reason))
            self._writer.write(writer, self._writer.hand_over())


class Engine:
    """Leads or stands by until it is told to stop."""

    def __init__(self, dsn: str, fold: Fold, rules: Rules, rulebook: str, pace: Pace | None = None) -> None:
        """`rules(version)` compiles a rulebook; `rulebook` is the one of the first rows, where none was put in force yet."""
        self._dsn = dsn
        self._fold = fold
        self._rules = rules
        self._rulebook = rulebook
        self._pace = pace or Pace()
        self.followers: dict[int, Follower] = {}

    def run(self, stop: Flag) -> None:
        """Follow the ledger until `stop` is set. Survives a lost connection and a server that comes back."""
        wait = self._pace.backoff
        while not stop.is_set():
            try:
                with self._leading(stop) as session:
                    wait = self._pace.backoff
                    while session and not stop.is_set():
                        if not self._round(session):
                            self._sleep(session.reader)
            except (psycopg.Error, Superseded) as error:
                _log.warning("the engine starts again in %.1f s: %s", wait, error)
            except Exception:  # noqa: BLE001 - the boundary of a thread: what stops the rows must be in the log until it is mended
                _log.exception("the engine starts again in %.1f s", wait)
            stop.wait(wait)
            wait = min(2 * wait, self._pace.backoff_limit)

    def catch_up(self, *, wait: bool = True) -> int | None:
        """Fold everything recorded so far, and return the position reached.

        While another engine leads: wait for it to stop, or with `wait=False` return None.
        """
        with self._leading(Flag() if wait else _set()) as session:
            if session is None:
                return None
            while self._round(session):
                pass
            return histories.head(session.reader)

    # --- leading ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _leading(self, stop: Flag) -> "Generator[_Session | None]":
        """Connections of whoever leads; None where `stop` came before the lock."""
        with connect(self._dsn) as writer, connect(self._dsn) as reader:
            while not self._lock(writer):
                if stop.wait(self._pace.standby):
                    yield None
                    return
            self.followers = {}
            generations.install(writer, self._fold.TABLES)
            self._begin(writer)
            reader.execute(f"LISTEN {CHANNEL}")
            with ThreadPoolExecutor(1, "jejak-writer") as pool:
                try:
                    yield _Session(reader, writer, pool)
                    for follower in self.followers.values():
                        follower.settle()
                finally:
                    self.followers = {}

    def _lock(self, writer: Connection[Any]) -> bool:
        row = writer.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        return bool(row and row[0])

    def _begin(self, writer: Connection[Any]) -> None:
        """The first generation; and one of the present fold where what is shown was made by another form of it.

        That one is built by following from the start, and shown when it has caught up; `rebuild` is quicker.
        """
        shown = generations.live(writer)
        if shown is not None and shown.fingerprint == self._fold.fingerprint():
            return
        rulebook = shown.rulebook if shown else catalogue.published(writer).in_force(NEVER) or self._rulebook
        followed = generations.followed(writer, self._fold.fingerprint())
        if not any(g.rulebook == rulebook for g in followed):
            with writer.transaction():
                generation = generations.create(writer, rulebook, self._fold.fingerprint(), self._fold.TABLES)
                attaching.attach(writer, generation.id, 0, self._fold.TABLES)
                if shown is None:
                    generations.promote(writer, generation.id)

    def _round(self, session: "_Session") -> bool:
        """One batch of each followed generation, the one that is shown first; False when there was nothing to do."""
        reader, writer, pool = session
        followed = generations.followed(reader, self._fold.fingerprint())
        self._assign(reader, followed)
        head = histories.head(reader)
        moved = False
        for generation in followed:
            follower = self.followers[generation.id]
            if follower.position < head:
                follower.step(reader, writer, head, pool)
                moved = True
        if not moved:
            for follower in self.followers.values():
                follower.settle()
                follower.retry(reader, writer)
            self._replace_stale(writer, followed)
        return moved

    def _assign(self, reader: Connection[Any], followed: list[Generation]) -> None:
        for gone in self.followers.keys() - {g.id for g in followed}:
            self.followers.pop(gone).settle()
        for generation in followed:
            if generation.id not in self.followers:
                follower = Follower(generation, self._fold, self._rules(generation.rulebook), self._pace)
                follower.start(reader)
                self.followers[generation.id] = follower

    def _replace_stale(self, writer: Connection[Any], followed: list[Generation]) -> None:
        shown = generations.live(writer)
        if shown and shown.fingerprint != self._fold.fingerprint():
            same = [g for g in followed if g.rulebook == shown.rulebook]
            if same:
                generations.promote(writer, same[0].id)

    def _sleep(self, reader: Connection[Any]) -> None:
        for _ in reader.notifies(timeout=self._pace.poll, stop_after=1):
            pass


def _set() -> Flag:
    flag = Flag()
    flag.set()
    return flag


class _Session(NamedTuple):
    reader: Connection[Any]
    writer: Connection[Any]
    pool: ThreadPoolExecutor
