"""The three queues at given coordinates, page by page: who waits for us, whom do we contact next, who was forgotten."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from msgspec import Struct

from api.coordinates import Coordinates
from api.errors import BadCursor, BadRequest, CursorExpired, NotBuilt
from api.looking import Row
from api.wiring import House
from domain.door import instant, micros
from projections import complaints, offers, outreach, pages, reading
from projections.catalogue import Catalogue
from projections.generations import Unready, consistent
from projections.pages import Counted
from projections.reading import PLACE, Cursor, Population
from projections.staff import asked

MOST_FOLDED = 1_000  # customers, for one answer: more would take longer than a reader waits
COUNTED = 1_000  # rows of one rank and owner: to count more takes longer than it is worth

LATENESS = ("overdue", "running", "waiting")
SEVERITIES = tuple(sorted(complaints.SEVERITY, key=complaints.SEVERITY.__getitem__))

Numbered = Callable[[Population], Sequence[str]]


class Filter(Struct, frozen=True):
    """How a queue is filtered: by a column, and where that holds numbers, what these are called."""

    column: str
    names: Numbered | None = None


class Queue(Struct, frozen=True):
    """A queue by its name: how its rows are read, by what they can be filtered, and what they are counted by."""

    name: str
    rows: Callable[[Population, str | None], reading.Queue]
    filters: Mapping[str, Filter]
    beside: Sequence[str] = ()
    """What it is filtered by besides: `team`, whose customers they are; `reason`, why they are neglected."""
    counted: Sequence[str] = ()
    """The names of the first number of its rank."""


def _tiers(population: Population) -> Sequence[str]:
    return population.rules.tier_names


def _neglected(population: Population, reason: str | None) -> reading.Queue:
    rules, now = population.rules, instant(population.at.as_of)
    return pages.neglected(now - timedelta(microseconds=rules.cadence.neglected_after), reason)


COMPLAINTS = Queue(
    "complaints",
    lambda _population, _reason: reading.COMPLAINTS,
    {
        "team": Filter("team"),
        "handler": Filter("handler"),
        "channel": Filter("channel"),
        "kind": Filter("kind"),
        "tier": Filter("tier", _tiers),
        "severity": Filter("severity", lambda _: SEVERITIES),
        "lateness": Filter("lateness", lambda _: LATENESS),
    },
    counted=LATENESS,
)
OUTREACH = Queue(
    "outreach",
    lambda _population, _reason: reading.OUTREACH,
    {
        "handler": Filter("staff"),
        "channel": Filter("channel"),
        "purpose": Filter("purpose"),
        "content": Filter("content"),
        "kind": Filter("class", lambda _: outreach.CLASSES),
        "tier": Filter("tier", _tiers),
    },
    ("team",),
    outreach.CLASSES,
)
NEGLECTED = Queue("neglected", _neglected, {"tier": Filter("tier", _tiers)}, ("team", "reason"))
QUEUES = {q.name: q for q in (COMPLAINTS, OUTREACH, NEGLECTED)}


class Wanted(Struct, frozen=True):
    """Which part of a queue is asked for."""

    manager: str | None = None
    filters: Mapping[str, str] = {}
    """By name: see `Queue`."""
    after: Cursor | None = None
    limit: int = 50
    counted: bool = False
    """Whether it is counted too how many there are."""


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
    counts: Mapping[str, Counted] | None = None
    """How many there are, where that was asked for."""


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
    """A page of a queue. BadRequest where it cannot be filtered like that; other errors as of `everybody`."""
    _check(queue, wanted)
    known = house.people.catalogue(
        at.known_at
    )  # before a connection is held: whoever holds one must not wait for another
    whose = whose_of(known, at, wanted.manager, wanted.filters.get("team") if "team" in queue.beside else None)
    with everybody(house, at, wanted.after) as population:
        rows = queue.rows(population, _reason(wanted))
        ways = _ways(queue, wanted, whose, population)
        found, following = _read(rows, ways, wanted, population)
        if queue is NEGLECTED:
            found = _since(found, rows, population)
        found, described = attended(found, known, population, wanted.manager)
        tiers = population.rules.tier_names
        counts = _counts(queue, rows, ways, population) if wanted.counted and queue.counted else None
    where = population.at
    return Page(found, following, where.rulebook, where.position, tiers, described, counts)


def attended(
    found: list[Row], known: Catalogue, population: Population, manager: str | None, mine: Collection[str] = ()
) -> tuple[list[Row], dict[str, list[int]]]:
    """Rows with who acts for the customer then and what to offer, and the versions that may hold the customers' names.

    Whom a customer does not accept as a cover does not act for them: of a manager's rows those are left out, but for work
    that was given to one of `mine`.
    """
    customers = sorted({r["customer"] for r in found})
    offered = any(_offered(row) for row in found)
    parts = (
        population.parts(customers, "who.described", "wishes", *(offers.PARTS if offered else ())) if customers else {}
    )
    products = known.assortment(population.at.as_of)
    covers = population.page(reading.COVERS, {"customer": customers}).rows if customers else []
    cover = {r["customer"]: r["staff"] for r in covers}
    made: list[Row] = []
    for row in found:
        part = parts.get(row["customer"], {})
        who = known.acting(
            row["owner"], population.at.as_of, cover=cover.get(row["customer"]), asked=asked(part.get("wishes"))
        ).staff
        given = row.get("handler") in mine or row.get("staff") in mine
        if manager is None or given or manager in (row["owner"], who):
            fit = offers.offers(part, products, population.at.as_of, row["content"]) if _offered(row) else None
            made.append({**row, "acting": who, "offers": fit})
    return made, {c: found["who.described"] or [] for c, found in parts.items()}


def _offered(row: Row) -> bool:
    """Whether it is a contact in which something is offered."""
    return offers.wanted(row.get("purpose"), row.get("content"))


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


def _read(
    rows: reading.Queue, ways: list[dict[str, Any]], wanted: Wanted, population: Population
) -> tuple[list[Row], Cursor | None]:
    """As many rows as are wanted, from each of the ways in which a manager can be meant, merged in the queue's order."""
    found = [population.page(rows, where, wanted.limit, wanted.after) for where in ways]
    if len(found) == 1:
        return list(found[0].rows), found[0].next
    merged = sorted((r for page in found for r in page.rows), key=lambda r: tuple(r[n] for n in rows.rank))
    kept = merged[: wanted.limit]
    more = len(merged) > len(kept) or any(page.next for page in found)
    return list(kept), population.cursor(rows, kept[-1]) if kept and more else None


def _counts(
    queue: Queue, rows: reading.Queue, ways: list[dict[str, Any]], population: Population
) -> dict[str, Counted]:
    """How many there are, by the first number of the rank."""
    found = [population.counts(rows, where, COUNTED) for where in ways]
    return {
        name: Counted(
            sum(counts[n].number for counts in found if n in counts), more=any(c[n].more for c in found if n in c)
        )
        for n, name in enumerate(queue.counted)
    }


class Whose(Struct, frozen=True):
    """Whose customers are asked for; None: everybody's."""

    owners: list[str] | None
    """A manager and the staff whom they cover for; or a team; or who is both."""
    mates: list[str] | None
    """The team."""


def whose_of(known: Catalogue, at: Coordinates, manager: str | None, team: str | None = None) -> Whose:
    """Whose customers a manager cares for, or a team."""
    if manager is None and team is None:
        return Whose(None, None)
    now = micros(at.as_of)
    staff = known.staff(now)
    mates = None if team is None else sorted(code for code, person in staff.items() if person.team == team)
    if manager is None:
        return Whose(mates, mates)
    owners = [manager, *sorted(code for code in staff if code != manager and known.cover(code, now) == manager)]
    return Whose(owners if mates is None else [code for code in owners if code in mates], mates)


def _check(queue: Queue, wanted: Wanted) -> None:
    known = [*queue.filters, *queue.beside]
    for name in wanted.filters:
        if name not in known:
            said = f"the queue {queue.name} cannot be filtered by {name}; by manager, {', '.join(known)} it can"
            raise BadRequest(said, pointer=f"/query/{name}")


def _reason(wanted: Wanted) -> str | None:
    reason = wanted.filters.get("reason")
    if reason is not None and reason not in pages.REASONS:
        raise BadRequest(
            f"there is no reason {reason!r}; there are {', '.join(pages.REASONS)}", pointer="/query/reason"
        )
    return reason


def _ways(queue: Queue, wanted: Wanted, whose: Whose, population: Population) -> list[dict[str, Any]]:
    """Conditions on columns. A manager acts for their own customers, those of staff they cover, and those given to them."""
    filters = {
        queue.filters[name].column: _value(queue, name, value, population)
        for name, value in wanted.filters.items()
        if name not in queue.beside
    }
    if whose.owners is None:
        return [filters]
    owned = filters | {"owner": whose.owners[0] if len(whose.owners) == 1 else whose.owners}
    given = given_to(wanted.manager, whose, population) if wanted.manager is not None else []
    return [owned, filters | {"customer": given}] if given else [owned]


def given_to(manager: str, whose: Whose, population: Population) -> list[str]:
    """Customers for whom a manager covers who are of somebody else."""
    given = {r["customer"] for r in population.page(reading.COVERS, {"staff": manager}).rows}
    if not given:
        return []
    owners = {r["customer"]: r["staff"] for r in population.page(reading.OWNERS, {"customer": sorted(given)}).rows}
    owned, mates = whose.owners or [], whose.mates
    return sorted(c for c in given if owners.get(c) not in owned and (mates is None or owners.get(c) in mates))


def _value(queue: Queue, name: str, value: str, population: Population) -> Any:
    names = queue.filters[name].names
    if names is None:
        return value
    known = names(population)
    if value not in known:
        raise BadRequest(f"there is no {name} {value!r}; there are {', '.join(known)}", pointer=f"/query/{name}")
    return list(known).index(value)


def _since(found: list[Row], rows: reading.Queue, population: Population) -> list[Row]:
    """Rows of neglected customers, with the reasons and since when each holds.

    Overdue since the contact was due, unowned since nobody is responsible, unreachable since they were last reached; or since
    they are known.
    """
    if not found:
        return found
    where = {"customer": sorted({r["customer"] for r in found})}
    standing = {r["customer"]: r for r in population.page(reading.CUSTOMERS, where).rows}
    owned = {r["customer"]: r["from_at"] for r in population.page(reading.OWNERS, where).rows}
    assert rows.until is not None, "who is neglected is so since a moment"
    made: list[Row] = []
    for row in found:
        stands = standing[row["customer"]]
        since = {
            "overdue": row["due_at"],
            "unowned": owned.get(row["customer"]) or stands["first_at"],
            "unreachable": stands["last_talk_at"] or stands["first_at"],
        }
        reasons = [{"reason": reason, "since": since[reason]} for reason in pages.neglect(dict(row), rows.until)]
        made.append({**row, "reasons": reasons})
    return made


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
