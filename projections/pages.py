"""Queues and lists: which rows, in which order, and how a part of them is read from the rows of one generation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from heapq import merge
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, sql

from projections import complaints, outreach, paging
from projections.folding import Fold
from projections.generations import ours
from projections.paging import FIRST, LAST, Clock, Group, Order, Place, Wanted
from projections.projection import Table
from projections.shapes import Shape, Shown, instant


class Queue(NamedTuple):
    """A table whose rows are read in the order of their rank."""

    table: str
    rank: tuple[str, ...]
    only: str = "true"  # what else has to hold, in SQL; `now` is the clock
    stands: Callable[[Shown, datetime], bool] = lambda _row, _now: True  # the same, of a row at hand
    orders: tuple[
        Order, ...
    ] = ()  # indexes along which it is read; together they hold all of it, some rows more than once
    until: datetime | None = None  # what falls due before stands in it too; None: only what is due at the clock


def _complaints(clock: Clock) -> list[Group]:
    moments = {
        complaints.OVERDUE: (FIRST, clock.now),
        complaints.RUNNING: (clock.now, LAST),
        complaints.WAITING: (FIRST, LAST),
    }
    if clock.until > clock.now:  # what falls due before, and nothing else
        moments = {complaints.OVERDUE: (FIRST, clock.now), complaints.RUNNING: (clock.now, clock.until)}
    return [
        Group((lateness, severity, tier, trust), *moments[lateness])
        for lateness in sorted(moments)
        for severity in sorted(complaints.SEVERITY.values())
        for tier in range(clock.tiers)
        for trust in (complaints.AT_RISK, complaints.TRUSTING)
    ]


def _contacts(clock: Clock) -> list[Group]:
    return [
        Group((rank, tier), FIRST, clock.until) for rank in range(len(outreach.CLASSES)) for tier in range(clock.tiers)
    ]


def _tiers(clock: Clock) -> list[Group]:
    return [Group((tier,), FIRST, clock.until) for tier in range(clock.tiers)]


def _at_any_time(clock: Clock) -> list[Group]:
    return [Group((tier,), FIRST, LAST) for tier in range(clock.tiers)]


def _due(until: datetime | None) -> Callable[[Shown, datetime], bool]:
    return lambda row, now: bool(row["ready"] and row["due_at"] <= (until or now))


def _at_present(kind: str) -> Callable[[Shown, datetime], bool]:
    return lambda row, now: bool(row["kind"] == kind and row["until_at"] > now)


_REACTIVE = Order(
    "reactive",
    ("lateness", "severity", "tier", "trust"),
    "ranked_at",
    (("item", "uuid"), ("customer", "uuid")),
    _complaints,
    begins=(("owner",), ("handler",), ("team",)),
)
_PROACTIVE = Order(
    "outreach", ("class", "tier"), "due_at", (("customer", "uuid"), ("item", "text")), _contacts, "q.ready",
    (("owner",), ("staff",), ("purpose", "channel")),
)  # fmt: skip

COMPLAINTS = Queue(
    "reactive", ("lateness", "severity", "tier", "trust", "ranked_at", "item", "customer"), orders=(_REACTIVE,)
)
LINKED = Queue("linked", ("linked_at", "complaint", "customer"))
CASES = Queue("complaints", ("opened_at", "complaint", "customer"))
CUSTOMERS = Queue("standing", ("customer",))
COVERS = Queue("managers", ("customer", "from_at"), "kind = 'cover'", _at_present("cover"))
OWNERS = Queue("managers", ("customer", "from_at"), "kind = 'owner'", _at_present("owner"))


def complaints_until(until: datetime) -> Queue:
    """What waits for an answer that is due before a moment."""

    def stands(row: Shown, _now: datetime) -> bool:
        return row["due_at"] is not None and row["due_at"] <= until

    return COMPLAINTS._replace(stands=stands, until=until)


def outreach_until(until: datetime | None) -> Queue:
    """Contacts that may be made and are due before a moment; None: at the clock."""
    rank = ("class", "tier", "due_at", "customer", "item")
    return Queue("outreach", rank, stands=_due(until), orders=(_PROACTIVE,), until=until)


OUTREACH = outreach_until(None)

_BY_RHYTHM = [n for n, name in enumerate(outreach.CLASSES) if name not in ("promise", "planned")]
REASONS: dict[str, str] = {
    "overdue": "q.ready AND q.item = 'rhythm'",
    "unowned": outreach.UNOWNED.format(q="q."),
    "unreachable": outreach.UNREACHABLE.format(q="q."),
}
"""Why somebody is neglected, in the order in which it is told; in SQL but for the moment."""


def neglect(row: Shown, long_ago: datetime | int) -> list[str]:
    """Why a customer is neglected whose contact by rhythm this row is: see `REASONS`; nothing where they are not.

    `long_ago`: as rows have instants.
    """
    if row["item"] != "rhythm":
        return []
    holds = {
        "overdue": row["ready"] and row["due_at"] <= long_ago,
        "unowned": row["owner"] is None and row["held"] not in ("ended", "provisional"),
        "unreachable": row["unreachable"] is not None and row["held"] is None,
    }
    return [reason for reason in REASONS if holds[reason]]


def neglected(long_ago: datetime, reason: str | None = None) -> Queue:
    """Customers who are overdue since before `long_ago`, whom nobody owns or who cannot be reached; or for one reason."""
    ties = (("customer", "uuid"), ("item", "text"))
    orders = [
        Order("outreach", ("tier",), "due_at", ties, _tiers, f"{REASONS['overdue']} AND q.class = {number}")
        for number in _BY_RHYTHM
    ]
    if reason != "overdue":
        only = outreach.FORGOTTEN.format(q="q.") + (f" AND {REASONS[reason]}" if reason else "")
        left = Order("outreach", ("tier",), "due_at", ties, _at_any_time, only)
        orders = [left] if reason else [*orders, left]

    def stands(row: Shown, _now: datetime) -> bool:
        found = neglect(row, long_ago)
        return bool(found) if reason is None else reason in found

    return Queue(
        "outreach", ("tier", "due_at", "customer", "item"), stands=stands, orders=tuple(orders), until=long_ago
    )


class Counted(NamedTuple):
    """So many rows; `more`: perhaps there are more."""

    number: int
    more: bool


class Shelf:
    """The tables of a fold, and how parts of them are read."""

    def __init__(self, fold: Fold) -> None:
        self.tables: dict[str, Table] = {t.name: t for t in fold.TABLES}
        self.shapes = {name: Shape(table) for name, table in self.tables.items()}

    def rows(
        self,
        connection: Connection[Any],
        generation: int,
        queue: Queue,
        now: int,
        wanted: Mapping[str, Any],
        without: Iterable[bytes],
        limit: int,
        after: Sequence[Any] | None,
        tiers: int,
    ) -> list[Shown]:
        """Up to `limit` rows that hold at `now`, those of customers in `without` left out.

        `wanted`: columns that must have a value, or one of several where it is a list. `after`: the rank of the last row
        before, instants in µs. `tiers`: how many the rulebook has.
        """
        if not queue.orders:
            return self._selected(connection, generation, queue, now, wanted, without, limit, after)
        left_out = {str(UUID(bytes=c)) for c in without}
        rank = self.shapes[queue.table].rank(queue.rank)
        found = [
            self._along(order, connection, _asked(generation, queue, now, wanted, tiers, limit), queue, left_out, after)
            for order in queue.orders
        ]
        rows: list[Shown] = []
        for row in merge(*found, key=rank):
            if not rows or rank(row) != rank(rows[-1]):
                rows.append(row)
        return rows[:limit]

    def counts(
        self,
        connection: Connection[Any],
        generation: int,
        queue: Queue,
        now: int,
        wanted: Mapping[str, Any],
        without: Iterable[bytes],
        most: int,
        tiers: int,
    ) -> dict[int, Counted]:
        """How many rows there are by the first number of their rank; of those of one rank up to `most` are counted."""
        [order] = queue.orders
        asked = _asked(generation, queue, now, wanted, tiers, most)
        found: dict[int, Counted] = {}
        for numbers, number in paging.count(connection, order, asked, without).items():
            before = found.get(numbers[0], Counted(0, more=False))
            found[numbers[0]] = Counted(before.number + number, more=before.more or number >= most)
        return found

    def _along(
        self, order: Order, connection: Connection[Any], asked: Wanted, queue: Queue, left_out: set[str],
        after: Sequence[Any] | None,
    ) -> list[Shown]:  # fmt: skip
        """Rows along one index, as many as are asked for."""
        shape, numbers = self.shapes[queue.table], len(order.numbers)
        rank = shape.key(queue.rank, after) if after else None
        rows: list[Shown] = []
        while True:
            if rank is not None:
                asked = asked._replace(after=Place(rank[:numbers], rank[numbers], rank[numbers + 1 :]))
            found = [shape.selected(row) for row in paging.page(connection, order, asked, shape.names)]
            rows += [row for row in found if row["customer"] not in left_out]
            if len(found) < asked.limit or len(rows) >= asked.limit:
                return rows
            rank = shape.rank(queue.rank)(found[-1])

    def _selected(
        self,
        connection: Connection[Any],
        generation: int,
        queue: Queue,
        now: int,
        wanted: Mapping[str, Any],
        without: Iterable[bytes],
        limit: int,
        after: Sequence[Any] | None,
    ) -> list[Shown]:
        """The same for queues, and by columns, for which there is no index."""
        shape = self.shapes[queue.table]
        rank = sql.SQL(", ").join(map(sql.Identifier, queue.rank))
        values: dict[str, Any] = {"generation": generation, "now": instant(now), "limit": limit}
        conditions: list[sql.Composable] = [
            sql.SQL("generation = %(generation)s AND from_at <= %(now)s AND until_at > %(now)s"),
            ours(queue.only),
        ]
        for number, (column, value) in enumerate(wanted.items()):
            several = isinstance(value, list)
            values[f"w{number}"] = value
            test = sql.SQL("{} = ANY({}::{}[])" if several else "{} = {}::{}")
            conditions.append(
                test.format(sql.Identifier(column), sql.Placeholder(f"w{number}"), ours(shape.type_of(column)))
            )
        excluded = [c.hex() for c in without]
        if excluded:
            values["without"] = excluded
            conditions.append(sql.SQL("customer <> ALL(%(without)s::uuid[])"))
        if after:
            places = [sql.Placeholder(f"r{i}") for i in range(len(queue.rank))]
            values |= {f"r{i}": v for i, v in enumerate(shape.key(queue.rank, after))}
            casts = [
                sql.SQL("{}::{}").format(p, ours(shape.type_of(c))) for p, c in zip(places, queue.rank, strict=True)
            ]
            conditions.append(sql.SQL("({}) > ({})").format(rank, sql.SQL(", ").join(casts)))
        query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT %(limit)s").format(
            shape.columns, sql.Identifier("rows", queue.table), sql.SQL(" AND ").join(conditions), rank
        )
        return [shape.selected(row) for row in connection.execute(query, values)]

    def begun(
        self, connection: Connection[Any], generation: int, table: str, customers: Sequence[str], now: int
    ) -> list[Shown]:
        """The rows of a history that some customers had by then."""
        shape = self.shapes[table]
        query = sql.SQL(
            "SELECT {} FROM {} WHERE generation = %s AND customer = ANY(%s::uuid[]) AND from_at <= %s ORDER BY customer, {}"
        ).format(shape.columns, sql.Identifier("rows", table), shape.order)
        return [shape.selected(row) for row in connection.execute(query, [generation, list(customers), instant(now)])]


def fits(row: Shown, wanted: Mapping[str, Any]) -> bool:
    """Whether a row at hand has the values that are wanted."""
    return all(row[c] in v if isinstance(v, list) else row[c] == v for c, v in wanted.items())


def _asked(generation: int, queue: Queue, now: int, wanted: Mapping[str, Any], tiers: int, limit: int) -> Wanted:
    clock = instant(now)
    return Wanted(generation, Clock(clock, queue.until or clock, tiers), wanted, limit=limit)
