"""The three queues at a moment, page by page: who waits for us, whom do we contact next, who was forgotten.

Kept rows answer for every customer of whom they hold at that moment. The others, who had events later or whose horizon
lies before it, are folded for the question; where these are many (`FOLDED_AT_MOST`), rows have to be built beside instead.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from psycopg import Connection, sql
from psycopg.rows import dict_row

from api.coordinates import Coordinates
from api.errors import BadRequest, CursorExpired
from api.looking import TABLES, Row, fold_for, rows_that_hold
from api.rows import Rulebooks
from api.wiring import House
from domain.door import micros
from domain.rules import Rules
from projections import generations
from projections.generations import Generation

FOLDED_AT_MOST = 5_000  # customers
NEGLECTED_AFTER = timedelta(days=30)


class Queue(Struct, frozen=True):
    """How a queue is read from its table: the columns of its rank, and what stands in it."""

    name: str
    table: str
    rank: tuple[str, ...]
    condition: str
    filters: Mapping[str, str]  # parameter -> column


COMPLAINTS = Queue(
    "complaints",
    "reactive",
    ("lateness", "severity", "tier", "ranked_at", "item"),
    "true",
    {"team": "team", "handler": "handler"},
)
OUTREACH = Queue(
    "outreach",
    "outreach",
    ("class", "tier", "due_at", "customer", "item"),
    "ready AND due_at <= %(now)s",
    {"channel": "channel", "purpose": "purpose"},
)
NEGLECTED = Queue(
    "neglected",
    "outreach",
    ("tier", "due_at", "customer", "item"),
    "item = 'rhythm' AND held IS NULL AND (unreachable IS NOT NULL OR due_at <= %(forgotten)s)",
    {},
)
QUEUES = {q.name: q for q in (COMPLAINTS, OUTREACH, NEGLECTED)}


class Page(Struct, frozen=True):
    """A page of a queue."""

    items: list[Row]
    more: bool
    generation: int
    rulebook: str
    position: int
    tiers: Sequence[str]
    folded: int
    """Customers who were folded for this question."""


class Wanted(Struct, frozen=True):
    """Which part of a queue is asked for."""

    manager: str | None = None
    filters: Mapping[str, str] = {}
    after: Sequence[Any] | None = None
    generation: int | None = None  # that the cursor belongs to
    limit: int = 50


def read(house: House, queue: Queue, at: Coordinates, wanted: Wanted) -> Page:
    """A page of a queue.

    CursorExpired where its generation is gone; BadRequest where too many customers would have to be folded.
    """
    with house.pool.connection() as c, c.transaction():
        live = _generation(c, wanted.generation)
        if live is None:
            return Page([], False, 0, "", 0, (), 0)
        rules = Rulebooks(house.database_url)(live.rulebook)
        staff = _staff(house, at.as_of, wanted.manager)
        covered = _covered(c, live, at.as_of, wanted.manager)
        kept = _kept(c, live, queue, at.as_of, wanted, staff, covered)
        others = _others(c, live, at.as_of)
    folded = _folded(house, rules, queue, at, wanted, others, staff, covered) if others else []
    items = sorted([*kept, *folded], key=lambda r: _rank(queue, r)) if folded else kept
    return Page(
        items[: wanted.limit],
        len(items) > wanted.limit,
        live.id,
        live.rulebook,
        live.position,
        rules.tier_names,
        len(others),
    )


def place(queue: Queue, row: Row) -> list[Any]:
    """Where a row stands, in a form that a cursor can hold."""
    return [micros(v) if isinstance(v, datetime) else v for v in _rank(queue, row)]


def _rank(queue: Queue, row: Row) -> tuple[Any, ...]:
    return tuple(micros(v) if isinstance(v := row[n], datetime) else v for n in queue.rank)


def _generation(c: Connection[Any], wanted: int | None) -> Generation | None:
    live = generations.live(c)
    if wanted is None or (live is not None and live.id == wanted):
        return live
    known = next((g for g in generations.listed(c) if g.id == wanted and g.state in generations.FOLLOWED), None)
    if known is None:
        raise CursorExpired(
            "the rows that this cursor points into were replaced; begin again without it", pointer="/query/after"
        )
    return known


def _staff(house: House, now: datetime, manager: str | None) -> list[str]:
    """For whom a manager acts then: themself, and those whom they cover."""
    if manager is None:
        return []
    known = house.people.catalogue()
    us = micros(now)
    return [manager, *sorted(s for s in known.staff(us) if s != manager and known.cover(s, us) == manager)]


def _covered(c: Connection[Any], live: Generation, now: datetime, manager: str | None) -> list[str]:
    """Customers for whom a cover by this manager was arranged."""
    if manager is None:
        return []
    rows = c.execute(
        """SELECT DISTINCT customer::text FROM rows.managers WHERE generation = %s AND staff = %s AND kind = 'cover'
              AND from_at <= %s AND until_at > %s""",
        [live.id, manager, now, now],
    ).fetchall()
    return [r[0] for r in rows]


def _kept(
    c: Connection[Any],
    live: Generation,
    queue: Queue,
    now: datetime,
    wanted: Wanted,
    staff: Sequence[str],
    covered: Sequence[str],
) -> list[Row]:
    conditions = [
        sql.SQL("generation = %(generation)s AND from_at <= %(now)s AND until_at > %(now)s"),
        sql.SQL(queue.condition),  # pyright: ignore[reportArgumentType] - one of the constants above
    ]
    values: dict[str, Any] = {
        "generation": live.id,
        "now": now,
        "forgotten": now - NEGLECTED_AFTER,
        "limit": wanted.limit + 1,
        "staff": list(staff),
        "covered": list(covered),
    }
    if staff:
        whose = (
            "(owner = ANY(%(staff)s) OR customer = ANY(%(covered)s::uuid[]))" if covered else "owner = ANY(%(staff)s)"
        )
        conditions.append(sql.SQL(whose))
    for name, value in wanted.filters.items():
        conditions.append(sql.SQL("{} = {}").format(sql.Identifier(queue.filters[name]), sql.Placeholder(name)))
        values[name] = value
    kinds = dict((("customer", "uuid"), *TABLES[queue.table].columns))
    if wanted.after is not None:
        rank = sql.SQL(", ").join(map(sql.Identifier, queue.rank))
        marks = sql.SQL(", ").join(_mark(n, kinds[n]) for n in queue.rank)
        conditions.append(sql.SQL("({}) > ({})").format(rank, marks))
        values |= {f"after_{n}": v for n, v in zip(queue.rank, wanted.after, strict=True)}
    query = sql.SQL("SELECT * FROM {} WHERE {} ORDER BY {} LIMIT %(limit)s").format(
        sql.Identifier("rows", queue.table),
        sql.SQL(" AND ").join(conditions),
        sql.SQL(", ").join(map(sql.Identifier, queue.rank)),
    )
    with c.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query, values).fetchall()
    return [{n: str(v) if n in ("customer", "item") else v for n, v in row.items()} for row in found]


def _mark(name: str, kind: str) -> sql.Composable:
    mark = sql.Placeholder(f"after_{name}")
    if kind == "timestamptz":  # kept in a cursor as µs
        return sql.SQL("to_timestamp(0) + {} * interval '1 microsecond'").format(mark)
    return sql.SQL("{}::{}").format(mark, sql.SQL(kind.split(" ")[0]))  # pyright: ignore[reportArgumentType] - a table's own


def _others(c: Connection[Any], live: Generation, now: datetime) -> list[str]:
    """Customers whose kept rows do not hold then, but of whom something was known."""
    rows = c.execute(
        """SELECT customer::text FROM rows.spans WHERE generation = %(generation)s AND from_at > %(now)s
            UNION ALL
           SELECT customer::text FROM rows.spans WHERE generation = %(generation)s AND until_at <= %(now)s
            LIMIT %(limit)s""",
        {"generation": live.id, "now": now, "limit": FOLDED_AT_MOST + 1},
    ).fetchall()
    if len(rows) > FOLDED_AT_MOST:
        raise BadRequest(
            f"as_of is so far away that more than {FOLDED_AT_MOST:,} customers would have to be folded for this page;"
            " build rows of that moment with `jejak rebuild --as-of`, or ask for a moment nearer to the present",
            pointer="/query/as_of",
        )
    return [r[0] for r in rows]


def _folded(
    house: House,
    rules: Rules,
    queue: Queue,
    at: Coordinates,
    wanted: Wanted,
    others: Sequence[str],
    staff: Sequence[str],
    covered: Sequence[str],
) -> list[Row]:
    now, forgotten = micros(at.as_of), micros(at.as_of - NEGLECTED_AFTER)
    found: list[Row] = []
    for customer in others:
        rendered = fold_for(house, customer, now, None, rules)
        if rendered is None:
            continue
        for row in rows_that_hold(TABLES[queue.table], rendered, now):
            one = {**row, "customer": customer}
            if (
                _stands(queue, one, now, forgotten)
                and (not staff or one["owner"] in staff or customer in covered)
                and all(one[queue.filters[n]] == v for n, v in wanted.filters.items())
                and (wanted.after is None or _rank(queue, one) > tuple(wanted.after))
            ):
                found.append(one)
    return found


def _stands(queue: Queue, row: Row, now: int, forgotten: int) -> bool:
    """The same as the queue's condition says in SQL."""
    if queue is OUTREACH:
        return row["ready"] and row["due_at"] <= now
    if queue is NEGLECTED:
        return row["item"] == "rhythm" and row["held"] is None and (row["unreachable"] or row["due_at"] <= forgotten)
    return True
