"""Pages of a queue, read along its rank.

A rank is a few small numbers, then a moment, then what breaks ties. Rows of one moment lie together in an index only where the
small numbers are equal, so a page asks one combination of them (a `Group`) after the other for its first rows, in one
statement that ends where the page is full: the cost does not depend on how many customers there are. Columns that begin an
index (whose customer it is, say) are asked for one value after the other, and what they give is merged within the group.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import Any, NamedTuple, get_args

from psycopg import Connection, sql

from domain.events import Channel, Purpose
from projections.generations import ours

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

_WIDEST = {"uuid": "ffffffff-ffff-ffff-ffff-ffffffffffff", "text": "~"}  # the highest value of a type
_VALUES: dict[str, tuple[str, ...]] = {"purpose": get_args(Purpose), "channel": get_args(Channel)}


class Group(NamedTuple):
    """Rows with these small numbers whose moment is in (low, high], in the order in which a page shows groups."""

    numbers: tuple[int, ...]
    low: datetime
    high: datetime


class Place(NamedTuple):
    """The rank of the last row of the page before."""

    numbers: tuple[int, ...]
    at: datetime
    ids: tuple[str, ...]


class Clock(NamedTuple):
    """When a queue is asked for: how it stands `now`; with what falls due before `until`, where that is later."""

    now: datetime
    until: datetime
    tiers: int
    """How many the rulebook has."""


class Order(NamedTuple):
    """How the rows of a queue lie in an index."""

    table: str
    numbers: tuple[str, ...]
    moment: str
    ties: tuple[tuple[str, str], ...]
    """(column, its SQL type without collation)."""
    groups: Callable[[Clock], list[Group]]
    only: str = "true"
    """What else has to hold of a row `q`, in SQL, as the index has it."""
    begins: tuple[tuple[str, ...], ...] = (("owner",),)
    """Columns that begin an index of their own, before the rank; some of them together."""


class Wanted(NamedTuple):
    """What part of a queue is asked for. `where`: columns that must have a value, or one of several where it is a list."""

    generation: int
    clock: Clock
    where: Mapping[str, Any]
    after: Place | None = None
    limit: int = 50


class _Parts(NamedTuple):
    """A question, sorted by how each part of it is asked."""

    groups: list[Group]
    by: dict[str, Sequence[str]]  # columns that begin an index -> values
    equal: dict[str, Any]


def page(connection: Connection[Any], order: Order, wanted: Wanted, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The next rows in the order of their rank, with these columns."""
    query, values = statement(order, wanted, columns)
    return connection.execute(query, values).fetchall() if query is not None else []


def statement(order: Order, wanted: Wanted, columns: Sequence[str]) -> tuple[sql.Composed | None, dict[str, Any]]:
    """What asks for a page, and its values; None where nothing can be on it."""
    parts = _parts(order, wanted)
    rows = _rows(order, parts, wanted.after)
    if not rows:
        return None, {}
    return _page(order, tuple(parts.by), _equal(parts), tuple(columns)), _values(order, parts, rows, wanted)


def count(
    connection: Connection[Any], order: Order, wanted: Wanted, without: Iterable[bytes]
) -> dict[tuple[int, ...], int]:
    """How many rows of each group stand in the queue, up to `limit` each; those of customers in `without` left out."""
    parts = _parts(order, wanted)
    rows = _rows(order, parts, None)
    if not rows:
        return {}
    values = _values(order, parts, rows, wanted) | {"without": [c.hex() for c in without]}
    found = connection.execute(_count(order, tuple(parts.by), _equal(parts)), values)
    return {tuple(numbers): number for *numbers, number in found}


def _parts(order: Order, wanted: Wanted) -> _Parts:
    where = dict(wanted.where)
    numbers = {name: _several(where.pop(name)) for name in order.numbers if name in where}
    groups = [
        group
        for group in order.groups(wanted.clock)
        if all(group.numbers[order.numbers.index(name)] in some for name, some in numbers.items())
    ]
    by: dict[str, Sequence[str]] = {}
    begin = next((names for names in order.begins if not where.keys().isdisjoint(names)), ())
    if "customer" not in where:
        by = {name: _several(where.pop(name) if name in where else _VALUES[name]) for name in begin}
    return _Parts(groups, by, where)


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]  # type: ignore[reportUnknownVariableType] # of whatever


def _rows(order: Order, parts: _Parts, after: Place | None) -> list[list[object]]:
    """The groups not before the cursor, in order: small numbers, low, high, ids to begin after."""
    widest = tuple(_WIDEST[kind] for _, kind in order.ties)
    rows: list[list[object]] = []
    for group in parts.groups:
        if after is not None and group.numbers < after.numbers:
            continue
        low, ids = group.low, widest
        if after is not None and group.numbers == after.numbers:
            if after.at > group.high:
                continue
            if after.at > low:
                low, ids = after.at, after.ids
        rows.append([*group.numbers, low, group.high, *ids])
    return rows


def _equal(parts: _Parts) -> tuple[tuple[str, bool], ...]:
    return tuple(sorted((name, isinstance(value, list)) for name, value in parts.equal.items()))


def _values(order: Order, parts: _Parts, rows: list[list[object]], wanted: Wanted) -> dict[str, Any]:
    given = {f"g_{name}": list(column) for name, column in zip(_names(order), zip(*rows, strict=True), strict=True)}
    whose = list(zip(*product(*parts.by.values()), strict=True)) or [() for _ in parts.by]
    by = {f"b_{name}": list(column) for name, column in zip(parts.by, whose, strict=True)}
    asked = {"generation": wanted.generation, "now": wanted.clock.now, "limit": wanted.limit}
    return given | by | asked | {f"e_{name}": value for name, value in parts.equal.items()}


def _names(order: Order) -> list[str]:
    return [*order.numbers, "low", "high", *(name for name, _ in order.ties)]


# A nested loop takes the groups in the order of the arrays, and a subquery with a limit can be joined in no other way. So rows come
# in the order of their rank, and the groups after the one that fills the page are not asked at all.
_PAGE = sql.SQL("SELECT {columns} FROM {given} CROSS JOIN LATERAL ({of_group}) r LIMIT %(limit)s")
_ALONE = sql.SQL("SELECT q.* FROM {standing} ORDER BY {inner} LIMIT %(limit)s")
_MERGED = sql.SQL(
    """SELECT m.* FROM {by} CROSS JOIN LATERAL (SELECT q.* FROM {standing} ORDER BY {inner} LIMIT %(limit)s) m
       ORDER BY {merged} LIMIT %(limit)s"""
)
_COUNT = sql.SQL(
    """SELECT {numbers}, count(*) FROM {given} {by}
       CROSS JOIN LATERAL (
           SELECT FROM {standing} AND q.customer <> ALL(%(without)s::uuid[]) LIMIT %(limit)s
       ) r GROUP BY {numbers}"""
)


@cache
def _page(
    order: Order, by: tuple[str, ...], equal: tuple[tuple[str, bool], ...], columns: tuple[str, ...]
) -> sql.Composed:
    along = (order.moment, *(name for name, _ in order.ties))
    of_group = (_MERGED if by else _ALONE).format(
        by=_by(by), standing=_standing(order, by, equal), inner=_listed("q", along), merged=_listed("m", along)
    )
    return _PAGE.format(columns=_listed("r", columns), given=_given(order), of_group=of_group)


@cache
def _count(order: Order, by: tuple[str, ...], equal: tuple[tuple[str, bool], ...]) -> sql.Composed:
    return _COUNT.format(
        numbers=_listed("g", order.numbers),
        given=_given(order),
        by=sql.SQL("CROSS JOIN {}").format(_by(by)) if by else sql.SQL(""),
        standing=_standing(order, by, equal),
    )


def _listed(table: str, names: Iterable[str]) -> sql.SQL:
    return ours(", ".join(f"{table}.{name}" for name in names))


def _given(order: Order) -> sql.SQL:
    """The groups, as a table `g`."""
    kinds = [*("smallint" for _ in order.numbers), "timestamptz", "timestamptz", *(kind for _, kind in order.ties)]
    names = _names(order)
    arrays = [f"%(g_{name})s::{kind}[]" for name, kind in zip(names, kinds, strict=True)]
    return ours(f"unnest({', '.join(arrays)}) AS g({', '.join(names)})")


def _by(names: tuple[str, ...]) -> sql.SQL:
    """The values that begin an index, as a table `b`."""
    return ours(f"unnest({', '.join(f'%(b_{name})s::text[]' for name in names)}) AS b({', '.join(names)})")


def _standing(order: Order, by: tuple[str, ...], equal: tuple[tuple[str, bool], ...]) -> sql.SQL:
    """The rows of one group that stand in the queue."""
    place = ", ".join(name for name, _ in order.ties)
    tests = [
        "q.generation = %(generation)s",
        order.only,
        *(f"q.{name} = g.{name}" for name in order.numbers),
        *(f"q.{name} = b.{name}" for name in by),
        f"(q.{order.moment}, q.{place.replace(', ', ', q.')}) > (g.low, g.{place.replace(', ', ', g.')})",
        f"q.{order.moment} <= g.high",
        "q.from_at <= %(now)s AND q.until_at > %(now)s",
        *(_test(name, several=several) for name, several in equal),
    ]
    return ours(f"rows.{order.table} q WHERE {' AND '.join(tests)}")


def _test(name: str, *, several: bool) -> str:
    kind = "uuid" if name == "customer" else "text"
    return f"q.{name} = ANY(%(e_{name})s::{kind}[])" if several else f"q.{name} = %(e_{name})s"
