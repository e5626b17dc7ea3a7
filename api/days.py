"""A manager's day: what waits for their answer and whom they contact, as far as their minutes go, and what does not fit.

The list is that of the queues, in their order, with what falls due before the day ends; nothing of it is kept. Whose work
something is:

- a complaint is its handler's; one that was made nobody's work, neither a handler's nor a team's, the owner's;
- a promise or planned contact is of whom it names, everything else the owner's;
- of who is away it is the work of whom acts for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from msgspec import Struct, structs
from pydantic import BaseModel

from api import queueing
from api.clouds import moment
from api.coordinates import Asked, Coordinates
from api.customers import Reader, answered
from api.errors import BadRequest, NotBuilt, UnknownRulebook, refusals
from api.looking import Row
from api.opening import names, open_many
from api.queueing import Whose
from api.queues import complaint_item, outreach_item
from api.wiring import House, HouseDep
from domain.door import instant, micros
from domain.rules import Rules
from projections import pages, reading
from projections.day import Minutes, Span, cut, minutes_of, minutes_on, span_of
from projections.inforce import IN_FORCE
from projections.reading import Population
from projections.reports.periods import Days

router = APIRouter(prefix="/v1/days", tags=["queues"])

MOST_WAITING = 1_000  # complaints and what else waits, of one manager
READ_AHEAD = 100  # contacts, at a time


class DayAnswer(BaseModel):
    """The work of one day."""

    manager: str
    day: str
    zone: str
    as_of: str
    forecast: bool
    known_at: int | None
    position: int
    rulebook: str
    covers: list[str]
    """Members of staff who are away, and for whom the manager acts."""
    minutes: dict[str, int]
    """`a_day` in all, `absent` of these, `available` from `as_of` on, `complaints` and `contacts` planned, `left` over."""
    complaints: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    overflow: dict[str, Any]
    """What does not fit: `complaints` and `contacts` count it (`more`: perhaps there are more), `items` are the first of it."""


@router.get(
    "/{manager}",
    operation_id="getDay",
    summary="A manager's day",
    response_model=DayAnswer,
    responses=refusals(BadRequest, UnknownRulebook, NotBuilt),
)
def get_day(
    manager: Annotated[str, Path(max_length=120)],
    house: HouseDep,
    bearer: Reader,
    at: Asked,
    day: Annotated[date | None, Query(description="in the rulebook's zone; default the day of `as_of`")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="how much of the overflow is shown")] = 20,
) -> Response:
    """What is due by the end of the day and can be made, the first first, cut to the minutes that the manager has left.

    Complaints count first. Of a day to come, how it will stand in the morning if nothing else happens.
    """
    return answered(shaped(house, read(house, manager, at, day, limit), opening=bearer.may("read-sealed")))


class Day(Struct, frozen=True):
    """A day's list, as rows."""

    manager: str
    span: Span
    at: Coordinates
    """Those of the question; `as_of` lies on the day."""
    covers: list[str]
    minutes: Minutes
    waiting: Sequence[Row]
    """What waits for an answer, with `minutes`; the first `fit` of this and `contacts` fit."""
    contacts: Sequence[Row]
    fit: int
    more: bool
    """Whether there are contacts beyond those in `contacts`, of which `beyond` were counted."""
    beyond: int
    rules: Rules
    rulebook: str
    position: int
    described: Mapping[str, Sequence[int]]
    limit: int
    """So many of what does not fit are shown."""


def read(house: House, manager: str, at: Coordinates, day: date | None, limit: int) -> Day:
    """The list of a day. BadRequest where `as_of` lies on another one; other errors as of `queueing.everybody`."""
    at, span = placed(house, at, day)
    known = house.people.catalogue(at.known_at)
    whose = queueing.whose_of(known, at, manager)
    with queueing.everybody(house, at) as population:
        rules: Rules = population.rules
        minutes = minutes_on(known, rules, manager, span, micros(at.as_of))
        end = instant(span.end - 1)
        waiting, described = queueing.attended(
            _waiting(population, manager, whose, end), known, population, manager, whose.owners or []
        )
        waiting = [{**row, "minutes": rules.contact.minutes.complaint} for row in waiting]
        found: list[Row] = []
        spent = sum(row["minutes"] for row in waiting)
        enough, more = limit, False
        for part in _contacts(population, manager, whose, end):
            if enough <= 0:
                more = True
                break
            rows, names_of = queueing.attended(part, known, population, manager, whose.owners or [])
            described |= names_of
            for row in rows:
                taken = minutes_of(rules, row["channel"], row["purpose"])
                found.append({**row, "minutes": taken})
                spent += taken
                enough -= spent > minutes.left
        counted = _counted(population, manager, whose, end) if more else None
    fits = cut((row["minutes"] for row in (*waiting, *found)), minutes.left)
    beyond = max(0, counted - len(found)) if counted else 0
    where = population.at
    return Day(
        manager, span, at, (whose.owners or [])[1:], minutes, waiting, found, fits.fit, more, beyond, rules, where.rulebook,
        where.position, described, limit,
    )  # fmt: skip


def placed(house: House, at: Coordinates, day: date | None) -> tuple[Coordinates, Span]:
    """Coordinates on the day: where no moment is given and it is not the present one's, its first. BadRequest: on another."""
    with house.pool.connection() as c:
        shown = house.reader.view(c).rulebook
    rules = house.rulebooks(at.rulebook if at.rulebook not in (None, IN_FORCE) else shown)
    zone = rules.contact.zone
    asked = span_of(day, zone) if day is not None else None
    now = micros(at.as_of)
    if asked is None or asked.start <= now < asked.end:
        return at, asked or span_of(Days(zone).day(now), zone)
    if "as_of" in at.given:
        raise BadRequest(
            f"as_of {moment(at.as_of)} does not lie on {day} in {zone}; leave one of them out", pointer="/query/as_of"
        )
    return structs.replace(at, as_of=instant(asked.start), given=at.given | {"as_of"}), asked


def _ways(column: str, manager: str, whose: Whose, population: Population) -> Iterator[dict[str, Any]]:
    """Conditions that together hold all that may be a manager's work: given to them, or of their customers."""
    owners = whose.owners or []
    yield {column: owners}
    yield {"owner": owners}
    given = queueing.given_to(manager, whose, population)
    if given:
        yield {"customer": given}


def _waiting(population: Population, manager: str, whose: Whose, end: datetime) -> list[Row]:
    """What waits for an answer and is due by the end of the day."""
    mine = frozenset(whose.owners or [])
    found: dict[tuple[Any, ...], Row] = {}
    for where in _ways("handler", manager, whose, population):
        for row in population.page(reading.COMPLAINTS, where, MOST_WAITING).rows:
            due = row["due_at"] is not None and row["due_at"] <= end
            if due and (row["handler"] in mine or (row["handler"] is None and row["team"] is None)):
                found[tuple(row[n] for n in reading.COMPLAINTS.rank)] = row
    return [found[rank] for rank in sorted(found)]


def _contacts(population: Population, manager: str, whose: Whose, end: datetime) -> Iterator[list[Row]]:
    """Contacts that are due by the end of the day and may be made, in the order of their rank, some at a time."""
    queue, mine = pages.outreach_until(end), frozenset(whose.owners or [])
    ways = list(_ways("staff", manager, whose, population))
    after = None
    while True:
        found = [population.page(queue, where, READ_AHEAD, after) for where in ways]
        merged = {tuple(r[n] for n in queue.rank): r for page in found for r in page.rows}
        first = [merged[rank] for rank in sorted(merged)][:READ_AHEAD]
        yield [row for row in first if row["staff"] is None or row["staff"] in mine]
        if len(merged) <= len(first) and not any(page.next for page in found):
            return
        after = population.cursor(queue, first[-1])


def _counted(population: Population, manager: str, whose: Whose, end: datetime) -> int:
    """About how many contacts are due by the end of the day."""
    queue = pages.outreach_until(end)
    counts = population.counts(queue, {"owner": whose.owners or []}, queueing.COUNTED)
    return sum(counted.number for counted in counts.values())


def shaped(house: House, found: Day, *, opening: bool) -> dict[str, Any]:
    """A day as an answer."""
    rows = [*found.waiting, *found.contacts]
    called: Mapping[str, str] = names(house, found.described) if opening and rows else {}
    parts: Mapping[tuple[str, int], dict[str, Any]] = {}
    if opening and rows:
        parts = open_many(house, ((r["customer"], r["version"]) for r in rows))

    def item(row: Row) -> dict[str, Any]:
        shape = outreach_item if "class" in row else complaint_item
        head = {"customer": row["customer"], "name": called.get(row["customer"]), "minutes": row["minutes"]}
        return head | shape(
            row, found.rules.tier_names, parts.get((row["customer"], row["version"] or 0), {}), found.at
        )

    items, first, fit, minutes = [item(row) for row in rows], len(found.waiting), found.fit, found.minutes
    waiting, contacts = items[: min(fit, first)], items[first:fit]
    planned = {
        name: sum(i["minutes"] for i in some) for name, some in (("complaints", waiting), ("contacts", contacts))
    }
    return {
        "manager": found.manager,
        "day": found.span.day.isoformat(),
        "zone": found.rules.contact.zone,
        "as_of": moment(found.at.as_of),
        "forecast": found.at.forecast,
        "known_at": found.at.known_at,
        "position": found.position,
        "rulebook": found.rulebook,
        "covers": found.covers,
        "minutes": {"a_day": minutes.a_day, "absent": minutes.absent, "available": minutes.left}
        | planned
        | {"left": minutes.left - sum(planned.values())},
        "complaints": waiting,
        "contacts": contacts,
        "overflow": {
            "complaints": max(0, first - fit),
            "contacts": len(items) - max(first, fit) + found.beyond,
            "more": found.more,
            "items": items[fit : fit + found.limit],
        },
    }
