"""The three queues at given coordinates, page by page: who waits for us, whom do we contact next, who was forgotten."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from api.coordinates import Coordinates
from api.errors import BadCursor, CursorExpired, NotBuilt
from api.looking import Row
from api.wiring import House
from domain.door import instant, micros
from projections import reading
from projections.generations import Unready, consistent
from projections.reading import PLACE, Cursor, Population

NEGLECTED_AFTER = timedelta(days=30)
MOST_FOLDED = 1_000  # customers, for one answer: more would take longer than a reader waits


class Queue(Struct, frozen=True):
    """A queue by its name: how its rows are read, by what they can be filtered, and which of them stand in it."""

    name: str
    rows: reading.Queue
    filters: Mapping[str, str]  # parameter -> column


def _forgotten(row: Row, now: datetime) -> bool:
    """Whether somebody's next contact by rhythm is long overdue, or cannot be made."""
    overdue: bool = row["due_at"] <= now - NEGLECTED_AFTER
    return row["item"] == "rhythm" and row["held"] is None and (row["unreachable"] is not None or overdue)


COMPLAINTS = Queue("complaints", reading.COMPLAINTS, {"team": "team", "handler": "handler"})
OUTREACH = Queue("outreach", reading.OUTREACH, {"channel": "channel", "purpose": "purpose"})
NEGLECTED = Queue(
    "neglected",
    reading.Queue(
        "outreach",
        ("tier", "due_at", "customer", "item"),
        f"item = 'rhythm' AND held IS NULL"
        f" AND (unreachable IS NOT NULL OR due_at <= %(now)s - interval '{NEGLECTED_AFTER.days} days')",
        _forgotten,
    ),
    {},
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
    rulebook: str
    position: int
    """Up to where the ledger was taken into account."""
    tiers: Sequence[str]
    described: Mapping[str, Sequence[int]]
    """Versions of events that may hold a customer's name."""


@contextmanager
def everybody(
    house: House, at: Coordinates, after: Cursor | None = None, among: Sequence[str] | None = None
) -> Generator[Population]:
    """The population (or some of it) at these coordinates, or at those of a cursor, for one transaction.

    CursorExpired where the rows that the cursor points into are gone; NotBuilt where there are none at these coordinates
    and too many customers would have to be folded; Unready before there are any.
    """
    with house.pool.connection() as c, consistent(c):
        most = MOST_FOLDED if at.given else None  # the present is always answered
        try:
            population = house.reader.population(
                c, micros(at.as_of), at.known_at, at.rulebook, most=most, among=among, after=after
            )
        except Unready as gone:
            if after is None:
                raise
            raise CursorExpired(f"{gone}; begin again without the cursor", pointer="/query/after") from None
        except reading.NotBuilt:
            raise NotBuilt(_how(at)) from None
        yield population


def read(house: House, queue: Queue, at: Coordinates, wanted: Wanted) -> Page:
    """A page of a queue. Errors as of `everybody`."""
    owners = _owners(
        house, at, wanted.manager
    )  # before a connection is held: whoever holds one must not wait for another
    with everybody(house, at, wanted.after) as population:
        rows, following = _read(queue, wanted, owners, population)
        described = population.described(r["customer"] for r in rows)
        tiers = population.rules.tier_names
    where = population.at
    return Page(rows, following, where.rulebook, where.position, tiers, described)


def _how(at: Coordinates) -> str:
    wanted = {
        "as_of": at.as_of.isoformat() if "as_of" in at.given else None,
        "known_at": at.known_at,
        "rulebook": at.rulebook,
    }
    asked = {name: value for name, value in wanted.items() if value is not None}
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in asked.items())
    return (
        f"no rows are kept at these coordinates, and more than {MOST_FOLDED:,} customers would have to be folded; "
        f"`jejak rebuild {options}` or POST /v1/rebuilds builds them"
    )


def _read(queue: Queue, wanted: Wanted, owners: list[str], population: Population) -> tuple[list[Row], Cursor | None]:
    """As many rows as are wanted, from each of the ways in which a manager can be meant, merged in the queue's order."""
    ways = _ways(wanted, owners, population)
    pages = [population.page(queue.rows, where, wanted.limit, wanted.after) for where in ways]
    if len(pages) == 1:
        return list(pages[0].rows), pages[0].next
    known = {tuple(r[n] for n in queue.rows.rank): r for page in pages for r in page.rows}
    merged = [known[rank] for rank in sorted(known)]
    kept = merged[: wanted.limit]
    more = len(merged) > len(kept) or any(page.next for page in pages)
    return list(kept), population.cursor(queue.rows, kept[-1]) if kept and more else None


def _owners(house: House, at: Coordinates, manager: str | None) -> list[str]:
    """A manager, and the staff whom they cover for."""
    if manager is None:
        return []
    now, staff = micros(at.as_of), house.people.catalogue(at.known_at)
    return [manager, *sorted(s for s in staff.staff(now) if s != manager and staff.cover(s, now) == manager)]


def _ways(wanted: Wanted, owners: list[str], population: Population) -> list[dict[str, Any]]:
    """Conditions on columns. A manager acts for their own customers, those of staff they cover, and those given to them."""
    filters: dict[str, Any] = dict(wanted.filters)
    if wanted.manager is None:
        return [filters]
    given = sorted({r["customer"] for r in population.page(reading.COVERS, {"staff": wanted.manager}).rows})
    owned = filters | {"owner": owners if len(owners) > 1 else wanted.manager}
    return [owned, filters | {"customer": given}] if given else [owned]


def continued(at: Coordinates, cursor: Cursor) -> Coordinates:
    """The coordinates of the page before: a page goes on at those of the first one.

    BadCursor where others are asked for: ranks of another moment do not fit a cursor.
    """
    _, as_of, known_at, rulebook = cursor[:PLACE]
    before = Coordinates(instant(as_of), known_at, rulebook, at.now, at.given)
    if any(getattr(at, name) != getattr(before, name) for name in at.given):
        raise BadCursor(
            "this cursor goes on at other coordinates; leave them out, or begin again without the cursor",
            pointer="/query/after",
        )
    return before
