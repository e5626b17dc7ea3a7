"""Runs a courier for each active subscription whose lock this process gets; other processes stand by for the rest.

The locks are held by one connection, over which the couriers also write: with the connection both are gone, and whoever
looks next takes over.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from api.tail import Tail
from api.webhooks.book import Book, Superseded
from api.webhooks.courier import Courier, Secret
from api.webhooks.pace import Pace
from api.webhooks.sending import Sender
from api.webhooks.source import Feed, Source
from api.webhooks.subscription import LOCK, SELECT, Subscription, bound
from api.webhooks.targets import Targets
from api.wiring import House
from domain.errors import JejakError
from domain.keystore import KeyStore
from domain.pools import open_pool
from domain.recorder import LedgerRecorder

ROLE = "jejak_webhooks"
AFTER_ERROR = 5.0  # seconds before a courier that broke is sent out again
READERS = 4

logger = logging.getLogger(__name__)

Sources = Callable[[Subscription], Source | None]


@dataclass
class Running:
    """A courier at work."""

    courier: Courier
    revision: int
    number: int
    task: "asyncio.Task[None]"


class Dispatch:
    """Sees to it that each active subscription is delivered, by one process at a time."""

    def __init__(
        self, url: str, sources: Sources, keys: KeyStore, sender: Sender, pace: Pace, clock: Callable[[], float]
    ) -> None:
        self._url = url
        self._sources = sources
        self._keys = keys
        self._sender = sender
        self._pace = pace
        self._clock = clock
        self._running: dict[UUID, Running] = {}
        self._not_before: dict[UUID, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, through lost connections too."""
        while not stop.is_set():
            try:
                async with await connect(self._url) as connection:
                    await self._lead(Book(connection, self._pace.kept), stop)
            except psycopg.Error as error:
                logger.warning("delivering webhooks: %s; trying again", type(error).__name__)
                await _waited(stop, self._pace.look)

    async def _lead(self, book: Book, stop: asyncio.Event) -> None:
        try:
            while not stop.is_set():
                await self._look(book)
                await _waited(stop, self._pace.look)
        finally:
            for running in self._running.values():
                running.courier.stop()
            await asyncio.gather(*(r.task for r in self._running.values()), return_exceptions=True)
            self._running.clear()

    async def _look(self, book: Book) -> None:
        """Start and end couriers as what is subscribed demands."""
        rows = await book.rows(SELECT + " WHERE state = 'active' ORDER BY number")
        wanted = {s.id: s for s in (Subscription(*row) for row in rows)}
        for id_, running in list(self._running.items()):
            if id_ not in wanted or wanted[id_].revision != running.revision:
                running.courier.stop()
            if running.task.done():
                await self._ended(book, id_, running)
        now = time.monotonic()
        for id_, subscription in wanted.items():
            if id_ not in self._running and now >= self._not_before.get(id_, 0.0):
                await self._start(book, subscription)

    async def _start(self, book: Book, subscription: Subscription) -> None:
        [(locked,)] = await book.rows("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, subscription.number])
        if not locked:
            return
        # Who held the lock until now may have got on since we looked.
        found = await book.rows(SELECT + " WHERE id = %s AND state = 'active'", [subscription.id])
        courier = await self._courier(book, Subscription(*found[0])) if found else None
        if courier is None:
            await book.rows("SELECT pg_advisory_unlock(%s, %s)", [LOCK, subscription.number])
            return
        task = asyncio.create_task(courier.run())
        self._running[subscription.id] = Running(courier, courier.subscription.revision, subscription.number, task)

    async def _courier(self, book: Book, subscription: Subscription) -> Courier | None:
        """Who delivers this; None where that cannot be as things are. It must not hold up the others."""
        source = self._sources(subscription)
        if source is None:
            return None  # of a kind that this version does not know
        try:
            secrets = await self._secrets(book, subscription.id)
        except JejakError as error:
            logger.error("delivering webhook %s: %s", subscription.id, error)  # noqa: TRY400 - the sentence says it all
            self._not_before[subscription.id] = time.monotonic() + AFTER_ERROR
            return None
        waiting = await book.waiting(subscription)
        return Courier(subscription, secrets, waiting, source, self._sender, book, self._pace, self._clock)

    async def _secrets(self, book: Book, id_: UUID) -> list[Secret]:
        rows = await book.rows(
            """SELECT wrapped, CASE WHEN isfinite(until) THEN extract(epoch FROM until)::float8 ELSE 'infinity' END
                 FROM webhooks.secrets WHERE subscription = %s ORDER BY number DESC""",
            [id_],
        )
        return [Secret(self._keys.unwrap(bytes(wrapped), bound(id_)), until) for wrapped, until in rows]

    async def _ended(self, book: Book, id_: UUID, running: Running) -> None:
        del self._running[id_]
        error = running.task.exception() if not running.task.cancelled() else None
        if error is not None and not isinstance(error, Superseded):
            self._not_before[id_] = time.monotonic() + AFTER_ERROR
            logger.error("delivering webhook %s: it is started again in %g s", id_, AFTER_ERROR, exc_info=error)
        await book.rows("SELECT pg_advisory_unlock(%s, %s)", [LOCK, running.number])


async def connect(url: str) -> AsyncConnection[Any]:
    """A connection of its own role; a server that is no longer there is noticed."""
    connection = await AsyncConnection.connect(
        url, autocommit=True, application_name="jejak webhooks", keepalives_idle=10, keepalives_interval=5
    )
    await connection.execute(f"SET ROLE {ROLE}")
    with contextlib.suppress(psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidParameterValue):
        await connection.execute("SET client_connection_check_interval = '1s'")  # free the locks soon after a kill
    return connection


async def _waited(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


def targets_of(house: House) -> Targets:
    """Where webhooks may go as the settings have it."""
    return Targets(anywhere=house.settings.webhook_inside, allowed=house.settings.webhook_allow)


def run(house: House, stop: threading.Event, pace: Pace | None = None) -> None:
    """Deliver until `stop` is set."""
    park_after = house.settings.webhook_park_days * 86_400
    asyncio.run(_run(house, stop, pace or Pace(park_after=park_after)))


async def _run(house: House, stop: threading.Event, pace: Pace) -> None:
    ending = asyncio.Event()
    sender = Sender(targets_of(house), lambda: house.clock().timestamp(), timeout=pace.timeout)
    tail = Tail(house.database_url)
    with (
        open_pool(house.database_url, role=ROLE, size=READERS) as pool,
        ThreadPoolExecutor(READERS, "jejak-feed") as threads,
    ):
        recorder = LedgerRecorder(pool)

        def sources(subscription: Subscription) -> Source | None:
            if subscription.source != "events":
                return None
            keys = house.ledger.keys if subscription.sealed else None
            return Feed(recorder, tail, threads, keys=keys, types=subscription.types, customers=subscription.customers)

        dispatch = Dispatch(
            house.database_url, sources, house.ledger.keys, sender, pace, lambda: house.clock().timestamp()
        )
        following = asyncio.create_task(tail.run())
        delivering = asyncio.create_task(dispatch.run(ending))
        try:
            await asyncio.to_thread(stop.wait)
        finally:
            ending.set()
            await delivering
            await tail.close()
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await sender.close()
