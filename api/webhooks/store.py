"""What is subscribed: made, changed, rotated, replayed and looked at by people; couriers do the rest."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple
from uuid import UUID, uuid4

from psycopg import Connection, sql
from psycopg.rows import class_row, dict_row

from api.errors import NotFound
from api.webhooks.signing import key_of, new_secret
from api.webhooks.subscription import SELECT, Subscription, bound
from domain.keystore import KeyStore
from domain.pools import Pool

OVERLAP = timedelta(days=1)  # in which an old secret still signs
LONGEST_OVERLAP = timedelta(days=30)
CHANGEABLE = frozenset({"url", "description", "types", "customers", "sealed", "batch"})


class UnknownWebhook(NotFound):
    """No such webhook."""

    code = "unknown-webhook"
    title = "There is no such webhook"


class Standing(NamedTuple):
    """How far a subscription is."""

    head: int
    """The last position of the ledger."""
    waiting: int
    """Customers of whom an event was not accepted yet."""
    parked: int
    """Those among them whose events are tried no more."""
    oldest: datetime | None
    """When the first event was recorded that is not delivered, as far as is known; None: nothing is outstanding."""
    next_try: datetime | None
    """When the next of those who wait is tried."""


class Delivery(NamedTuple):
    """A line of the log."""

    number: int
    at: datetime
    message: str
    events: int
    position: int | None
    customer: str | None
    attempt: int
    outcome: str
    status: int | None
    duration_ms: int | None
    error: str | None
    next_at: datetime | None


class Webhooks:
    """Subscriptions in the database."""

    def __init__(self, pool: Pool, keys: KeyStore, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._keys = keys
        self._clock = clock

    def create(self, fields: Mapping[str, Any], *, position: int, by: str) -> tuple[Subscription, str]:
        """Subscribe; the secret is told this once."""
        id_ = uuid4()
        values = {"id": id_, "position": position, "created_by": by} | {n: fields[n] for n in CHANGEABLE}
        statement = sql.SQL("INSERT INTO webhooks.subscriptions ({}) VALUES ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
        )
        with self._pool.connection() as c, c.transaction():
            c.execute(statement, list(values.values()))
            secret = self._new_secret(c, id_)
        return self.get(id_), secret

    def listed(self, after: int = 0, limit: int = 100) -> list[Subscription]:
        """Subscriptions in the order in which they were made, behind a number."""
        return self._find("number > %s ORDER BY number LIMIT %s", [after, limit])

    def get(self, id_: UUID) -> Subscription:
        """One of them. UnknownWebhook."""
        found = self._find("id = %s", [id_])
        if not found:
            raise UnknownWebhook(f"there is no webhook {id_}; GET /v1/webhooks lists those there are")
        return found[0]

    def _find(self, condition: LiteralString, values: Sequence[Any]) -> list[Subscription]:
        with self._pool.connection() as c, c.cursor(row_factory=class_row(Subscription)) as cursor:
            return cursor.execute(SELECT + " WHERE " + condition, values).fetchall()

    def change(self, id_: UUID, fields: Mapping[str, Any]) -> Subscription:
        """Change what is named; couriers go on with it from then on."""
        changed = {n: v for n, v in fields.items() if n in CHANGEABLE}
        assignments = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changed]
        self._update(
            id_, sql.SQL(", ").join([sql.SQL("revision = revision + 1"), *assignments]), list(changed.values())
        )
        return self.get(id_)

    def delete(self, id_: UUID) -> None:
        """Do away with a subscription, its secrets and its log."""
        with self._pool.connection() as c:
            if c.execute("DELETE FROM webhooks.subscriptions WHERE id = %s", [id_]).rowcount == 0:
                self.get(id_)

    def rotate(self, id_: UUID, overlap: timedelta = OVERLAP) -> str:
        """A new secret, told this once; the old ones sign as well until `overlap` is over."""
        now = self._clock()
        with self._pool.connection() as c, c.transaction():
            self._revise(c, id_, sql.SQL("revision = revision + 1"), [])
            c.execute("DELETE FROM webhooks.secrets WHERE subscription = %s AND until <= %s", [id_, now])
            c.execute(
                "UPDATE webhooks.secrets SET until = least(until, %s) WHERE subscription = %s", [now + overlap, id_]
            )
            return self._new_secret(c, id_)

    def keys(self, id_: UUID) -> list[bytes]:
        """The keys that sign now, the newest first."""
        with self._pool.connection() as c:
            rows = c.execute(
                "SELECT wrapped FROM webhooks.secrets WHERE subscription = %s AND until > %s ORDER BY number DESC",
                [id_, self._clock()],
            ).fetchall()
        return [self._keys.unwrap(bytes(wrapped), bound(id_)) for (wrapped,) in rows]

    def _new_secret(self, c: Connection[Any], id_: UUID) -> str:
        secret = new_secret()
        c.execute(
            "INSERT INTO webhooks.secrets (subscription, wrapped) VALUES (%s, %s)",
            [id_, self._keys.wrap(key_of(secret), bound(id_))],
        )
        return secret

    def park(self, id_: UUID, by: str) -> Subscription:
        """Send nothing until it is resumed; what comes meanwhile is not lost."""
        self._update(
            id_,
            sql.SQL("state = 'parked', reason = %s, state_since = clock_timestamp(), revision = revision + 1"),
            [f"parked by {by}"],
        )
        return self.get(id_)

    def resume(self, id_: UUID, *, skip: bool = False) -> Subscription:
        """Send again, at once, whatever waits. `skip`: leave out the event that each parked customer is parked at."""
        with self._pool.connection() as c, c.transaction():
            self._revise(c, id_, ACTIVE, [])
            if skip:
                c.execute(
                    """INSERT INTO webhooks.deliveries
                              (subscription, at, message, events, position, lane, attempt, outcome, error)
                       SELECT subscription, %s, 'position ' || position, 1, position, lane, attempts, 'skipped',
                              'left out when the webhook was resumed'
                         FROM webhooks.waiting WHERE subscription = %s AND parked""",
                    [self._clock(), id_],
                )
            c.execute(AT_ONCE, [skip, self._clock(), self._clock(), id_])
        return self.get(id_)

    def replay(self, id_: UUID, position: int) -> Subscription:
        """Send again everything behind a position, and go on from there.

        What waits from before that position is not forgotten, and tried at once; unless the position is one that was not
        reached yet: then all that is outstanding is left out.
        """
        with self._pool.connection() as c, c.transaction():
            # The row's lock first: a courier that writes holds it, and what it wrote last must be seen here.
            c.execute("SELECT FROM webhooks.subscriptions WHERE id = %s FOR UPDATE", [id_])
            c.execute(
                """DELETE FROM webhooks.waiting w USING webhooks.subscriptions s
                    WHERE s.id = %(id)s AND w.subscription = s.id AND (w.position > %(at)s OR s.position <= %(at)s)""",
                {"id": id_, "at": position},
            )
            self._revise(c, id_, sql.SQL("{}, position = %s").format(ACTIVE), [position])
            c.execute(AT_ONCE, [False, self._clock(), self._clock(), id_])
        return self.get(id_)

    def _update(self, id_: UUID, assignments: sql.Composable, values: Sequence[Any]) -> None:
        with self._pool.connection() as c:
            self._revise(c, id_, assignments, values)

    def _revise(self, c: Connection[Any], id_: UUID, assignments: sql.Composable, values: Sequence[Any]) -> None:
        statement = sql.SQL("UPDATE webhooks.subscriptions SET {} WHERE id = %s").format(assignments)
        if c.execute(statement, [*values, id_]).rowcount == 0:
            self.get(id_)

    # --- looking ----------------------------------------------------------------------------------------------------------

    def standing(self, subscription: Subscription) -> Standing:
        """How far it is."""
        with self._pool.connection() as c:
            row = c.execute(
                """WITH w AS (SELECT count(*) AS waiting, count(*) FILTER (WHERE parked) AS parked, min(position) AS first,
                                     min(next_at) FILTER (WHERE NOT parked) AS next_try
                                FROM webhooks.waiting WHERE subscription = %(id)s),
                        h AS (SELECT coalesce((SELECT last FROM ledger.commits ORDER BY last DESC LIMIT 1), 0) AS head),
                        f AS (SELECT least(w.first, %(at)s + 1) AS position FROM w)
                   SELECT h.head, w.waiting, w.parked,
                          (SELECT c.recorded_at + (f.position - c.first) * interval '1 microsecond' FROM ledger.commits c
                            WHERE c.last >= f.position ORDER BY c.last LIMIT 1),
                          greatest(w.next_try, %(next)s)
                     FROM w, h, f""",
                {"id": subscription.id, "at": subscription.position, "next": subscription.next_at},
            ).fetchone()
        assert row is not None
        standing = Standing(*row)
        return standing if standing.waiting else standing._replace(next_try=None)

    def deliveries(self, id_: UUID, before: int | None, limit: int) -> list[Delivery]:
        """The log, the latest first, before a number."""
        self.get(id_)
        with self._pool.connection() as c, c.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(
                """SELECT number, at, message, events, position, lane::text AS customer, attempt, outcome, status, duration_ms,
                          error, next_at FROM webhooks.deliveries
                    WHERE subscription = %s AND (%s::bigint IS NULL OR number < %s) ORDER BY number DESC LIMIT %s""",
                [id_, before, before, limit],
            ).fetchall()
        return [Delivery(**row) for row in rows]

    def note_test(self, id_: UUID, message: str, status: int | None, seconds: float, error: str | None) -> None:
        """Put a test into the log."""
        with self._pool.connection() as c:
            c.execute(
                """INSERT INTO webhooks.deliveries
                          (subscription, at, message, events, attempt, outcome, status, duration_ms, error)
                   VALUES (%s, %s, %s, 1, 1, %s, %s, %s, %s)""",
                [
                    id_,
                    self._clock() - timedelta(seconds=seconds),
                    message,
                    "failed" if error else "accepted",
                    status,
                    round(seconds * 1000),
                    error,
                ],
            )


AT_ONCE: LiteralString = """
    UPDATE webhooks.waiting SET position = position + CASE WHEN %s AND parked THEN 1 ELSE 0 END, attempts = 0, since = %s,
           next_at = %s, parked = false WHERE subscription = %s"""
ACTIVE = sql.SQL(
    """state = 'active', reason = NULL, state_since = clock_timestamp(), revision = revision + 1, epoch = epoch + 1,
       failures = 0, failing_since = NULL, next_at = NULL"""
)
