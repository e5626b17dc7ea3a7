"""How events are kept: one aggregate per customer, in an order that a reader can trust.

Built on `eventsourcing`'s contracts: a mapper between events and their stored form, a recorder that keeps optimistic
versions per stream and one gapless sequence of positions over all. The recorder's own many-customers append decides
duplicates, versions and positions inside one transaction under one lock (see migrations/ledger/002_append.sql).
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    ListenNotifySubscription,
    Mapper,
    Notification,
    StoredEvent,
    Subscription,
)
from msgspec import Struct, structs
from psycopg import Connection, DatabaseError, OperationalError

from domain import packing, upcast
from domain.errors import LedgerUnavailable, NotEmpty
from domain.events import Event
from domain.pools import Connections
from domain.sealing import uuid_bytes
from domain.vocabulary import name_of


class Recorded(Struct, gc=False, frozen=True):
    """An event in its place."""

    customer: str
    version: int
    position: int
    recorded_at: datetime
    event: Event
    sealed: bytes | None


@dataclass(frozen=True)
class StoredFact(Notification):
    """`eventsourcing`'s stored event (state: the clear JSON) with what else a row of the ledger holds."""

    sealed: bytes | None
    recorded_at: datetime | None = None
    content: bytes = b"\0" * 16


class Item(NamedTuple):
    """One event on its way into the ledger; items of one unit are recorded together or not at all."""

    customer: bytes
    id: bytes
    content: bytes
    unit: int
    occurred: int  # µs
    type: bytes
    clear: bytes
    sealed: bytes | None
    recorded: int | None = None  # µs; for back-filled history


class Guard(NamedTuple):
    """A unit expects a stream to be at this version."""

    unit: int
    customer: bytes
    version: int


class Outcome(NamedTuple):
    """What became of one item: r recorded, d duplicate, c other content, s stale guard, a abandoned with its unit."""

    item: int  # from 1
    status: str
    customer: UUID | None  # None: the item's own
    version: int
    position: int | None
    recorded_at: datetime | None


class Received(NamedTuple):
    """What stands under an id."""

    content: bytes
    customer: bytes
    version: int
    position: int
    recorded_at: datetime


class EventMapper(Mapper[UUID]):
    """Between `Recorded` and `StoredFact`: the stored name is the event's own, never a module path."""

    def __init__(self) -> None:
        """Needs no transcoder, compressor or cipher: the stored form is the event's, and sealing is per customer."""

    def to_stored_event(self, domain_event: Any) -> StoredFact:
        """The stored form of a `Recorded`."""
        recorded: Recorded = domain_event
        event = recorded.event
        return StoredFact(
            originator_id=UUID(recorded.customer),
            originator_version=recorded.version,
            topic=name_of(event),
            state=upcast.write(event),
            id=recorded.position,
            sealed=recorded.sealed,
            recorded_at=recorded.recorded_at,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The `Recorded` that a stored fact holds, in today's vocabulary."""
        assert isinstance(stored_event, StoredFact)
        assert stored_event.recorded_at is not None
        event = upcast.read(stored_event.state)
        structs.force_setattr(event, "version", stored_event.originator_version)
        return Recorded(
            str(stored_event.originator_id),
            stored_event.originator_version,
            stored_event.id,
            stored_event.recorded_at,
            event,
            stored_event.sealed,
        )


SELECT = "SELECT customer, version, position, recorded_at, type, clear, sealed FROM ledger.events"


class LedgerRecorder(ApplicationRecorder):
    """Writes and reads rows of the ledger; knows nothing of keys or customers."""

    def __init__(self, pool: Connections) -> None:
        self._pool = pool

    @contextmanager
    def connection(self) -> Generator[Connection[Any]]:
        """A connection from the pool; LedgerUnavailable where the database cannot be reached."""
        try:
            with self._pool.connection() as c:
                yield c
        except DatabaseError as e:
            if e.sqlstate == "JJ001":
                raise NotEmpty(f"{e.diag.message_primary}", pointer="/recordedtime") from None
            if not isinstance(e, OperationalError):  # one of which says that the pool has no connection to give
                raise
            raise LedgerUnavailable(f"the database could not be reached: {type(e).__name__}") from e

    def append(self, items: Sequence[Item], guards: Sequence[Guard] = ()) -> list[Outcome]:
        """Append for many customers in one statement, one outcome each; tried once more where the connection is lost.

        That second try is harmless: what the first one recorded after all is a duplicate then.
        """
        if not items:
            return []
        try:
            return self._append(items, guards)
        except LedgerUnavailable:
            self._pool.check()
            return self._append(items, guards)

    def _append(self, items: Sequence[Item], guards: Sequence[Guard]) -> list[Outcome]:
        customer, id_, content, unit, occurred, type_, clear, sealed, recorded = zip(*items, strict=True)
        given = [r for r in recorded if r is not None]
        with self.connection() as c:
            rows = c.execute(
                "SELECT * FROM ledger.append(%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)",
                [
                    packing.uuids(customer),
                    packing.uuids(id_),
                    packing.uuids(content),
                    packing.int4s(unit),
                    packing.instants(occurred),
                    packing.texts(type_),
                    packing.texts(clear),
                    packing.byteas(sealed),
                    packing.int4s([g.unit for g in guards]),
                    packing.uuids([g.customer for g in guards]),
                    packing.int4s([g.version for g in guards]),
                    packing.instants(given) if len(given) == len(items) else None,
                ],
                binary=True,
            ).fetchall()
        return [Outcome(*row) for row in rows]

    def received(self, ids: Sequence[bytes]) -> dict[bytes, Received]:
        """What was received under these ids, and where it stands."""
        with self.connection() as c:
            rows = c.execute(
                """SELECT r.id, r.content, r.customer, r.version, r.position, e.recorded_at FROM ledger.received r
                     JOIN ledger.events e ON e.customer = r.customer AND e.version = r.version WHERE r.id = ANY(%b)""",
                [packing.uuids(list(ids))],
                binary=True,
            ).fetchall()
        return {id_.bytes: Received(content.bytes, customer.bytes, *place) for id_, content, customer, *place in rows}

    def types_of(self, ids: Sequence[bytes]) -> dict[bytes, str]:
        """The stored types of recorded events."""
        with self.connection() as c:
            rows = c.execute(
                """SELECT r.id, e.type FROM ledger.received r
                     JOIN ledger.events e ON e.customer = r.customer AND e.version = r.version
                    WHERE r.id = ANY(%b)""",
                [packing.uuids(list(ids))],
                binary=True,
            ).fetchall()
        return {id_.bytes: type_ for id_, type_ in rows}

    def amended(self, customers: Sequence[bytes]) -> set[bytes]:
        """Those of these customers in whose streams something is corrected or voided."""
        with self.connection() as c:
            rows = c.execute(
                """SELECT DISTINCT customer FROM ledger.events
                    WHERE customer = ANY(%b) AND type IN ('touchpoint.corrected.v1', 'touchpoint.voided.v1')""",
                [packing.uuids(customers)],
                binary=True,
            ).fetchall()
        return {customer.bytes for (customer,) in rows}

    def history(self, customer: UUID, known_at: int | None) -> tuple[str, list[int]]:
        """A stream's clear payloads as one JSON array by version, and the versions."""
        with self.connection() as c:
            row = c.execute(
                """SELECT '[' || coalesce(string_agg(clear, ',' ORDER BY version), '') || ']',
                          coalesce(array_agg(version ORDER BY version), '{}')
                     FROM ledger.events WHERE customer = %s AND position <= %s""",
                [customer, known_at if known_at is not None else 2**62],
                binary=True,
            ).fetchone()
        assert row is not None
        return row

    def facts(self, customer: UUID, versions: Sequence[int]) -> list[StoredFact]:
        """Some events of a stream."""
        with self.connection() as c:
            rows = c.execute(
                f"{SELECT} WHERE customer = %s AND version = ANY(%s) ORDER BY version",
                [customer, list(versions)],
                binary=True,
            ).fetchall()
        return [_fact(row) for row in rows]

    def of_stream(
        self, customer: UUID, start: int, until: int, limit: int, types: Sequence[str] = ()
    ) -> list[StoredFact]:
        """Events of a stream from position `start` up to and with `until`, in order."""
        with self.connection() as c:
            rows = c.execute(  # by version, which is the same order, and has an index for one stream
                f"{SELECT} WHERE customer = %s AND position BETWEEN %s AND %s AND (%s::text[] IS NULL OR type = ANY(%s))"
                " ORDER BY version LIMIT %s",
                [customer, start, until, list(types) or None, list(types), limit],
                binary=True,
            ).fetchall()
        return [_fact(row) for row in rows]

    def position_at(self, known_at: datetime) -> int:
        """The last position recorded at or before a time; event i of a commit was recorded i µs after its first."""
        with self.connection() as c:
            row = c.execute(
                """SELECT least(last, first + (extract(epoch FROM %s - recorded_at) * 1000000)::bigint)
                     FROM ledger.commits WHERE recorded_at <= %s ORDER BY recorded_at DESC LIMIT 1""",
                [known_at, known_at],
            ).fetchone()
        return 0 if row is None else row[0]

    # --- the contract of `eventsourcing` ------------------------------------------------------------------------------

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append events whose versions are given; IntegrityError where a stream has moved on, and nothing is recorded then."""
        facts = [s for s in stored_events if isinstance(s, StoredFact)]
        firsts: dict[bytes, int] = {}
        items: list[Item] = []
        for fact in facts:
            customer = UUID(str(fact.originator_id)).bytes
            firsts.setdefault(customer, fact.originator_version - 1)
            event = upcast.read(fact.state)
            items.append(
                Item(
                    customer,
                    uuid_bytes(event.id),
                    fact.content,
                    0,
                    event.at,
                    fact.topic.encode(),
                    fact.state,
                    fact.sealed,
                )
            )
        outcomes = self.append(items, [Guard(0, customer, version) for customer, version in firsts.items()])
        if any(o.status != "r" for o in outcomes):
            raise IntegrityError("a stream has moved on, or an event was recorded before")
        return [o.position for o in sorted(outcomes) if o.position is not None]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredFact]:
        """A stream's events by version."""
        direction = "DESC" if desc else "ASC"
        with self.connection() as c:
            rows = c.execute(
                f"""{SELECT} WHERE customer = %s AND version > %s AND version <= %s ORDER BY version {direction} LIMIT %s""",
                [UUID(str(originator_id)), gt or 0, lte if lte is not None else 2**31 - 1, limit],
                binary=True,
            ).fetchall()
        return [_fact(row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[StoredFact]:
        """Events of all streams by position."""
        after = (start or 0) - inclusive_of_start
        return self.page(after, limit, topics, until=stop)

    def page(
        self, after: int, limit: int, topics: Sequence[str] = (), customer: str | None = None, until: int | None = None
    ) -> list[StoredFact]:
        """Events behind a position; every position below the last one seen here has been seen or is filtered out."""
        clauses: list[LiteralString] = ["position > %s"]
        values: list[Any] = [after]
        wanted: list[tuple[LiteralString, Any]] = [
            ("type = ANY(%s)", list(topics) or None),
            ("customer = %s", customer),
            ("position <= %s", until),
        ]
        for clause, value in wanted:
            if value is not None:
                clauses.append(clause)
                values.append(value)
        with self.connection() as c:
            rows = c.execute(
                f"{SELECT} WHERE {' AND '.join(clauses)} ORDER BY position LIMIT %s", [*values, limit], binary=True
            ).fetchall()
        return [_fact(row) for row in rows]

    def max_notification_id(self) -> int | None:
        """The last position, or None."""
        with self.connection() as c:
            row = c.execute("SELECT last FROM ledger.commits ORDER BY last DESC LIMIT 1").fetchone()
        return None if row is None else row[0]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Events behind a position as they come; `eventsourcing`'s own follower, for those who bring its runners."""
        return ListenNotifySubscription(recorder=self, gt=gt, topics=topics)


def _fact(row: tuple[UUID, int, int, datetime, str, str, bytes | None]) -> StoredFact:
    customer, version, position, recorded_at, type_, clear, sealed = row
    return StoredFact(
        originator_id=customer,
        originator_version=version,
        topic=type_,
        state=clear.encode(),
        id=position,
        sealed=sealed,
        recorded_at=recorded_at,
    )
