"""A manager's day: what waits for their answer and whom they contact, as far as their minutes go, and what does not fit.

The list is that of the queues, in their order, with what falls due before the day ends; nothing of it is kept. Whose work
something is:

- a complaint is its handler's; one that was made nobody's work, neither a handler's nor a team's, the owner's;
- a promise or planned contact is of whom it names, everything else the owner's;
- of who is away it is the work of whom acts for them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
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
from projections import pages
from projections.day import Minutes, Span, cut, minutes_of, minutes_on, span_of
from projections.inforce import IN_FORCE
from projections.pages import Queue
from projections.reading import Population
from projections.reports.periods import Days

router = APIRouter(prefix="/v1/days", tags=["queues"])

READ_AHEAD = 50  # complaints or contacts, at a time
COUNTED = 200  # of one rank and owner: further, what does not fit is not counted


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
    beyond: Mapping[str, int]
    """How many of each there are beyond those, as far as they were counted."""
    more: bool
    """Perhaps there are more."""
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
    mine = frozenset(whose.owners or [])
    with queueing.everybody(house, at) as population:
        rules: Rules = population.rules
        minutes = minutes_on(known, rules, manager, span, micros(at.as_of))
        end = instant(span.end - 1)
        work = {
            "complaints": (pages.complaints_until(end), "handler"),
            "contacts": (pages.outreach_until(end), "staff"),
        }
        found: dict[str, list[Row]] = {name: [] for name in work}
        beyond = dict.fromkeys(work, 0)
        described: dict[str, list[int]] = {}
        over, spent, more = 0, 0, False
        for name, (queue, given) in work.items():
            ways = list(_ways(given, manager, whose, population))
            for part in _along(population, queue, ways, mine):
                if over >= limit:
                    counted = population.counts(queue, {"owner": whose.owners or []}, COUNTED)
                    beyond[name] = max(0, sum(c.number for c in counted.values()) - len(found[name]))
                    more = True
                    break
                rows, names_of = queueing.attended(part, known, population, manager, mine)
                described |= names_of
                for row in rows:
                    taken = _minutes(rules, row)
                    found[name].append({**row, "minutes": taken})
                    spent += taken
                    over += spent > minutes.left
    everything = [*found["complaints"], *found["contacts"]]
    fits = cut((row["minutes"] for row in everything), minutes.left)
    where = population.at
    return Day(
        manager, span, at, (whose.owners or [])[1:], minutes, found["complaints"], found["contacts"], fits.fit, beyond, more,
        rules, where.rulebook, where.position, described, limit,
    )  # fmt: skip


def _minutes(rules: Rules, row: Row) -> int:
    return minutes_of(rules, row["channel"], row["purpose"]) if "class" in row else rules.contact.minutes.complaint


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


def _along(
    population: Population, queue: Queue, ways: Sequence[Mapping[str, Any]], mine: Collection[str]
) -> Iterator[list[Row]]:
    """What is due by the end of the day and theirs to do, in the order of its rank, some at a time."""
    after = None
    while True:
        found = [population.page(queue, where, READ_AHEAD, after) for where in ways]
        merged = {tuple(r[n] for n in queue.rank): r for page in found for r in page.rows}
        first = [merged[rank] for rank in sorted(merged)][:READ_AHEAD]
        yield [row for row in first if _theirs(row, mine)]
        if len(merged) <= len(first) and not any(page.next for page in found):
            return
        after = population.cursor(queue, first[-1])


def _theirs(row: Row, mine: Collection[str]) -> bool:
    """Whether it is the owner's work, or was given to one of `mine`."""
    if "class" in row:
        return row["staff"] is None or row["staff"] in mine
    return row["handler"] in mine or (row["handler"] is None and row["team"] is None)


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
            "complaints": max(0, first - fit) + found.beyond["complaints"],
            "contacts": len(items) - max(first, fit) + found.beyond["contacts"],
            "more": found.more,
            "items": items[fit : fit + found.limit],
        },
    }
