"""Queues and lists: which rows, in which order, and how a part of them is read from the rows of one generation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, sql

from projections import complaints, outreach
from projections.folding import Fold
from projections.generations import ours
from projections.paging import Cursor as Place
from projections.paging import Wanted
from projections.projection import Table
from projections.shapes import Shape, Shown, instant

_PAGED_BY = frozenset({"owner", "customer", "team", "handler", "channel", "purpose"})


class Queue(NamedTuple):
    """A table whose rows are read in the order of their rank."""

    table: str
    rank: tuple[str, ...]
    only: str = "true"  # what else has to hold, in SQL; `now` is the clock
    stands: Callable[[Shown, datetime], bool] = lambda _row, _now: True  # the same, of a row at hand
    pager: Callable[[Connection[Any], int, datetime, Wanted], list[Shown]] | None = None  # reads pages along an index
    ids: int = 1  # how many columns at the end of the rank break ties


def _due(row: Shown, now: datetime) -> bool:
    return bool(row["ready"] and row["due_at"] <= now)


def _covering(row: Shown, now: datetime) -> bool:
    return bool(row["kind"] == "cover" and row["until_at"] > now)


COMPLAINTS = Queue(
    "reactive", ("lateness", "severity", "tier", "ranked_at", "item", "customer"), pager=complaints.page, ids=2
)
OUTREACH = Queue(
    "outreach",
    ("class", "tier", "due_at", "customer", "item"),
    "ready AND due_at <= %(now)s",
    _due,
    pager=outreach.page,
    ids=2,
)
CUSTOMERS = Queue("standing", ("customer",))
COVERS = Queue("managers", ("customer", "from_at"), "kind = 'cover'", _covering)


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
        if queue.pager is None or not wanted.keys() <= _PAGED_BY:
            return self._selected(connection, generation, queue, now, wanted, without, limit, after)
        left_out = {str(UUID(bytes=c)) for c in without}
        shape, numbers = self.shapes[queue.table], len(queue.rank) - 1 - queue.ids
        asked = Wanted(
            range(tiers),
            owners=_several(wanted.get("owner")),
            customers=_several(wanted.get("customer")),
            equal={n: v for n, v in wanted.items() if n not in ("owner", "customer")},
            limit=limit,
        )
        rank = shape.key(queue.rank, after) if after else None
        rows: list[Shown] = []
        while True:
            if rank is not None:
                asked = asked._replace(after=Place(rank[:numbers], rank[numbers], rank[numbers + 1 :]))
            found = [shape.named(row) for row in queue.pager(connection, generation, instant(now), asked)]
            rows += [row for row in found if row["customer"] not in left_out]
            if len(found) < limit or len(rows) >= limit:
                return rows[:limit]
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


def fits(row: Shown, wanted: Mapping[str, Any]) -> bool:
    """Whether a row at hand has the values that are wanted."""
    return all(row[c] in v if isinstance(v, list) else row[c] == v for c, v in wanted.items())


def _several(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) or value is None else [value]  # type: ignore[reportUnknownVariableType] # any list
