"""What a courier has got done, kept in PostgreSQL: its place in the feed, the lanes that wait, and the log.

All that is written at once stands in one transaction, over the very connection that holds the courier's lock: whoever
lost the lock cannot write any more.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection

from api.webhooks.subscription import Subscription


class Waiting(NamedTuple):
    """A lane in which an event was not accepted; times in seconds since 1970."""

    position: int
    """Of that event."""
    attempts: int
    since: float
    next_at: float
    parked: bool = False


class Attempt(NamedTuple):
    """A line of the log; times in seconds since 1970."""

    at: float
    message: str
    events: int
    position: int | None
    lane: UUID | None
    attempt: int
    outcome: str
    status: int | None
    duration_ms: int | None
    error: str | None
    next_at: float | None


class Changes(NamedTuple):
    """What is to be kept at once."""

    position: int
    failures: int
    failing_since: float | None
    next_at: float | None
    lanes: dict[UUID, Waiting | None]
    """None: waits no longer."""
    attempts: list[Attempt]
    ended: tuple[str, str] | None
    """The state that it comes to rest in, and why."""


class Superseded(Exception):
    """A person set the subscription to another place, or did away with it: what was done since counts no more."""


def stamp(seconds: float | None) -> datetime | None:
    """A time for the database."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


class Book:
    """Reads and writes for all couriers of one connection, one after the other."""

    def __init__(self, connection: AsyncConnection[Any], kept: int) -> None:
        self._connection = connection
        self._kept = kept
        self._turn = asyncio.Lock()
        self._logged: dict[UUID, int] = {}

    async def rows(self, query: Any, values: Sequence[Any] = ()) -> list[Any]:
        """Rows of a query."""
        async with self._turn:
            return await (await self._connection.execute(query, values)).fetchall()

    async def waiting(self, subscription: Subscription) -> dict[UUID, Waiting]:
        """The lanes that wait."""
        rows = await self.rows(
            """SELECT lane, position, attempts, extract(epoch FROM since)::float8, extract(epoch FROM next_at)::float8, parked
                 FROM webhooks.waiting WHERE subscription = %s""",
            [subscription.id],
        )
        return {lane: Waiting(*rest) for lane, *rest in rows}

    async def write(self, subscription: Subscription, changes: Changes) -> None:
        """Keep what was done. Superseded where it counts no more; nothing is written then."""
        async with self._turn, self._connection.transaction():
            moved = await self._connection.execute(
                """UPDATE webhooks.subscriptions SET position = %s, failures = %s, failing_since = %s, next_at = %s
                    WHERE id = %s AND epoch = %s""",
                [
                    changes.position,
                    changes.failures,
                    stamp(changes.failing_since),
                    stamp(changes.next_at),
                    subscription.id,
                    subscription.epoch,
                ],
            )
            if moved.rowcount != 1:
                raise Superseded
            await self._lanes(subscription.id, changes.lanes)
            await self._log(subscription.id, changes.attempts)
            if changes.ended is not None:
                await self._connection.execute(
                    """UPDATE webhooks.subscriptions SET state = %s, reason = %s, state_since = clock_timestamp()
                        WHERE id = %s AND state = 'active'""",
                    [*changes.ended, subscription.id],
                )

    async def _lanes(self, subscription: UUID, lanes: dict[UUID, Waiting | None]) -> None:
        over = [lane for lane, waiting in lanes.items() if waiting is None]
        if over:
            await self._connection.execute(
                "DELETE FROM webhooks.waiting WHERE subscription = %s AND lane = ANY(%s)", [subscription, over]
            )
        kept = [(lane, waiting) for lane, waiting in lanes.items() if waiting is not None]
        if kept:
            await self._connection.execute(
                """INSERT INTO webhooks.waiting (subscription, lane, position, attempts, since, next_at, parked)
                   SELECT %s, * FROM unnest(%s::uuid[], %s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::bool[])
                   ON CONFLICT (subscription, lane) DO UPDATE SET position = excluded.position, attempts = excluded.attempts,
                      since = excluded.since, next_at = excluded.next_at, parked = excluded.parked""",
                [
                    subscription,
                    [lane for lane, _ in kept],
                    [w.position for _, w in kept],
                    [w.attempts for _, w in kept],
                    [stamp(w.since) for _, w in kept],
                    [stamp(w.next_at) for _, w in kept],
                    [w.parked for _, w in kept],
                ],
            )

    async def _log(self, subscription: UUID, attempts: list[Attempt]) -> None:
        if not attempts:
            return
        columns = list(zip(*attempts, strict=True))
        at, next_at = ([stamp(t) for t in columns[i]] for i in (0, 10))
        await self._connection.execute(
            """INSERT INTO webhooks.deliveries (subscription, at, message, events, position, lane, attempt, outcome,
                                                status, duration_ms, error, next_at)
               SELECT %s, * FROM unnest(%s::timestamptz[], %s::text[], %s::int[], %s::bigint[], %s::uuid[], %s::int[], %s::text[],
                                        %s::int[], %s::int[], %s::text[], %s::timestamptz[])""",
            [subscription, at, *(list(column) for column in columns[1:10]), next_at],
        )
        logged = self._logged.get(subscription, self._kept) + len(attempts)
        if logged >= self._kept:  # so that at most twice as many are there
            logged = 0
            await self._connection.execute(
                """DELETE FROM webhooks.deliveries WHERE subscription = %(of)s AND number <
                      (SELECT number FROM webhooks.deliveries WHERE subscription = %(of)s
                        ORDER BY number DESC OFFSET %(kept)s LIMIT 1)""",
                {"of": subscription, "kept": self._kept},
            )
        self._logged[subscription] = logged
