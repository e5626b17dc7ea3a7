"""The three queues at a moment, page by page: who waits for us, whom do we contact next, who was forgotten."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from psycopg import Connection

from api.coordinates import Coordinates
from api.errors import CursorExpired
from api.looking import Row
from api.wiring import House
from domain.door import micros
from projections import reading
from projections.generations import Generation, Unready
from projections.reading import Cursor

NEGLECTED_AFTER = timedelta(days=30)


class Queue(Struct, frozen=True):
    """A queue by its name: how its rows are read, by what they can be filtered, and which of them stand in it."""

    name: str
    rows: reading.Queue
    filters: Mapping[str, str]  # parameter -> column
    stands: Callable[[Row, datetime], bool]


def _forgotten(row: Row, now: datetime) -> bool:
    """Whether somebody's next contact by rhythm is long overdue, or cannot be made."""
    overdue: bool = row["due_at"] <= now - NEGLECTED_AFTER
    return row["item"] == "rhythm" and row["held"] is None and (row["unreachable"] is not None or overdue)


COMPLAINTS = Queue("complaints", reading.COMPLAINTS, {"team": "team", "handler": "handler"}, lambda _row, _now: True)
OUTREACH = Queue("outreach", reading.OUTREACH, {"channel": "channel", "purpose": "purpose"}, lambda _row, _now: True)
NEGLECTED = Queue(
    "neglected",
    reading.Queue(
        "outreach",
        ("tier", "due_at", "customer", "item"),
        f"item = 'rhythm' AND held IS NULL"
        f" AND (unreachable IS NOT NULL OR due_at <= %(now)s - interval '{NEGLECTED_AFTER.days} days')",
    ),
    {},
    _forgotten,
)
QUEUES = {q.name: q for q in (COMPLAINTS, OUTREACH, NEGLECTED)}


class Wanted(Struct, frozen=True):
    """Which part of a queue is asked for."""

    manager: str | None = None
    filters: Mapping[str, str] = {}
    after: Cursor | None = None
    limit: int = 50


class Page(Struct, frozen=True):
    """A page of a queue."""

    items: list[Row]
    next: Cursor | None
    view: Generation
    tiers: Sequence[str]


def read(house: House, queue: Queue, at: Coordinates, wanted: Wanted) -> Page:
    """A page of a queue. CursorExpired where the rows that the cursor points into are gone; Unready before there are any."""
    with house.pool.connection() as c, c.transaction():
        try:
            view = house.reader.view(c, wanted.after[0] if wanted.after else None)
        except Unready as gone:
            if wanted.after is None:
                raise
            raise CursorExpired(f"{gone}; begin again without the cursor", pointer="/query/after") from None
        found = _read(house, c, queue, at, wanted, view)
    return Page(*found, view, house.rulebooks(view.rulebook).tier_names)


def _read(
    house: House, c: Connection[Any], queue: Queue, at: Coordinates, wanted: Wanted, view: Generation
) -> tuple[list[Row], Cursor | None]:
    """As many rows as are wanted, from each of the ways in which a manager can be meant, merged in the queue's order."""
    ways = _ways(house, c, at, wanted, view)
    if len(ways) == 1:
        return _of_one(house, c, queue, at, ways[0], wanted.after, wanted.limit)
    known: dict[tuple[str, str], Row] = {}
    more = False
    for where in ways:
        rows, following = _of_one(house, c, queue, at, where, wanted.after, wanted.limit)
        known |= {(r["customer"], str(r["item"])): r for r in rows}
        more = more or following is not None
    merged = sorted(known.values(), key=lambda r: tuple(r[n] for n in queue.rows.rank))
    kept = merged[: wanted.limit]
    return kept, _cursor(queue, view, at, kept[-1]) if kept and (more or len(merged) > len(kept)) else None


def _ways(house: House, c: Connection[Any], at: Coordinates, wanted: Wanted, view: Generation) -> list[dict[str, Any]]:
    """Conditions on columns. A manager acts for their own customers, those of staff they cover, and those given to them."""
    filters: dict[str, Any] = dict(wanted.filters)
    if wanted.manager is None:
        return [filters]
    now = micros(at.as_of)
    staff = house.people.catalogue(at.known_at)
    covered = sorted(s for s in staff.staff(now) if s != wanted.manager and staff.cover(s, now) == wanted.manager)
    given = c.execute(
        """SELECT DISTINCT customer::text FROM rows.managers WHERE generation = %s AND staff = %s AND kind = 'cover'
              AND from_at <= %s AND until_at > %s""",
        [view.id, wanted.manager, at.as_of, at.as_of],
    ).fetchall()
    owned = filters | {"owner": [wanted.manager, *covered] if covered else wanted.manager}
    return [owned, filters | {"customer": [r[0] for r in given]}] if given else [owned]


def _of_one(
    house: House, c: Connection[Any], queue: Queue, at: Coordinates, where: Row, after: Cursor | None, limit: int
) -> tuple[list[Row], Cursor | None]:
    rows: list[Row] = []
    while True:
        page = house.reader.queue(
            c, queue.rows, micros(at.as_of), at.known_at, where=where, limit=limit - len(rows), after=after
        )
        rows += [r for r in page.rows if queue.stands(r, at.as_of)]
        after = page.next
        if after is None or len(rows) == limit:
            return rows, after


def _cursor(queue: Queue, view: Generation, at: Coordinates, row: Row) -> Cursor:
    rank = (micros(v) if isinstance(v := row[n], datetime) else v for n in queue.rows.rank)
    return (view.id, micros(at.as_of), *rank)
