"""Customers and staff at coordinates, as rows say: what each weighs, whom they accept, and who may be given whom."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from domain.facts import DAY
from projections.assigning.proposing import Client, Member
from projections.assigning.weighing import minutes_a_month, needed
from projections.catalogue import Catalogue
from projections.pages import CUSTOMERS, Queue
from projections.population import Population
from projections.shapes import Shown
from projections.staff import Staff, asked

AWAY_LONG = 30 * DAY  # nobody is given to somebody who is away for longer than this, unless that is asked for

_WEIGHING = ("wishes.cadence", "wishes.preferred")
_PARTS = ("wishes", "last_talk.staff", "ended", "needs")


def _nobodys(row: Shown, _: datetime) -> bool:
    return row["owner"] is None


_UNOWNED = Queue("standing", ("customer",), "owner IS NULL", _nobodys)


class Wanted(NamedTuple):
    """Which customers are to be placed, and with whom. Customers of all kinds that are asked for are put together."""

    staff: tuple[str, ...] = ()
    """With these; none: with all who work here."""
    team: str | None = None
    """Of these, with those of this team."""
    unowned: bool = False
    """Customers whom nobody owns, or somebody who has left."""
    leaving: tuple[str, ...] = ()
    """The books of these, who are given nobody."""
    rebalance: bool = False
    """The whole books of those who are given customers."""
    customers: tuple[str, ...] = ()


class Scene(NamedTuple):
    """What a proposal is made of."""

    clients: list[Client]
    members: list[Member]
    left_out: dict[str, str]
    """Staff and customers who were not looked at, by code or id: away, ended, provisional."""


class Load(NamedTuple):
    """What somebody has in their book."""

    customers: int
    minutes: float
    """A month, weighted (see `weighing`)."""


class UnknownStaff(Exception):
    """Codes of whom nobody is known, or who no longer work here."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


def gather(population: Population, known: Catalogue, wanted: Wanted) -> Scene:
    """Customers to place, and who may have them. UnknownStaff where somebody is asked for who does not work here."""
    as_of = population.at.as_of
    everybody = known.staff(as_of)
    left_out: dict[str, str] = {}
    chosen = _chosen(known, wanted, as_of, left_out)
    gone = [code for code, person in everybody.items() if not person.active] if wanted.unowned else []
    rows = population.page(CUSTOMERS, {"owner": sorted({*chosen, *wanted.leaving, *gone})}).rows
    if wanted.unowned:
        rows += population.page(_UNOWNED).rows
    if wanted.customers:
        there = {row["customer"] for row in rows}
        named = sorted(set(wanted.customers) - there)
        rows += population.page(CUSTOMERS, {"customer": named}).rows if named else []
    givers = {*wanted.leaving, *gone, *(chosen if wanted.rebalance else ()), *([None] if wanted.unowned else ())}
    clients = _clients(population, rows, left_out)
    to_place = [c for c in clients if c.owner in givers or c.customer in set(wanted.customers)]
    return Scene(to_place, _members(chosen.values(), clients, to_place), left_out)


def loads(population: Population, codes: Iterable[str]) -> dict[str, Load]:
    """The books of some staff; customers who are alike in all that weighs are weighed together."""
    wanted = sorted(set(codes))
    customers, minutes = dict.fromkeys(wanted, 0), dict.fromkeys(wanted, 0.0)
    for (owner, stage, tier, cadence, preferred), number in population.tally(wanted, *_WEIGHING).items():
        wishes = {"cadence": msgspec.json.decode(cadence), "preferred": msgspec.json.decode(preferred)}
        customers[owner] += number
        minutes[owner] += number * minutes_a_month(population.rules, stage, tier, wishes)
    return {code: Load(customers[code], round(minutes[code], 1)) for code in wanted}


def _with(load: Load, client: Client) -> Load:
    return Load(load.customers + 1, load.minutes + client.weight)


def _chosen(known: Catalogue, wanted: Wanted, as_of: int, left_out: dict[str, str]) -> dict[str, Staff]:
    everybody = known.staff(as_of)
    unknown = [code for code in wanted.staff if code not in everybody or not everybody[code].active]
    if unknown:
        raise UnknownStaff(unknown)
    chosen: dict[str, Staff] = {}
    for code in wanted.staff or everybody:
        person = everybody[code]
        if not person.active or code in wanted.leaving or (wanted.team and person.team != wanted.team):
            continue
        absence = known.absence(code, as_of)
        if not wanted.staff and person.capacity == 0:
            continue
        if not wanted.staff and absence is not None and absence.until_at > as_of + AWAY_LONG:
            left_out[code] = "away"
            continue
        chosen[code] = person
    return chosen


def _clients(population: Population, rows: Sequence[Shown], left_out: dict[str, str]) -> list[Client]:
    """Customers as a proposal sees them; those whose relationship ended, or whom nobody has named yet, are left out."""
    customers = [row["customer"] for row in rows]
    parts = population.parts(customers, *_PARTS)
    before = population.histories("managers", customers)
    found: list[Client] = []
    for row in rows:
        of = parts.get(row["customer"]) or {}
        if row["provisional"] or of.get("ended") is not None:
            left_out[row["customer"]] = "provisional" if row["provisional"] else "ended"
            continue
        found.append(_client(population.rules, row, of, before.get(row["customer"], ())))
    return found


def _client(rules: Any, row: Shown, of: dict[str, Any], managers: Sequence[Shown]) -> Client:
    wishes: dict[str, Any] = of.get("wishes") or {}
    needs = [need["code"] for need in of.get("needs") or ()]
    owners = [m["staff"] for m in reversed(managers) if m["kind"] == "owner" and m["staff"]]
    return Client(
        row["customer"],
        minutes_a_month(rules, row["stage"], row["tier"], wishes),
        len(rules.tier_names) - 1 - row["tier"],
        row["owner"],
        of.get("last_talk.staff"),
        tuple(dict.fromkeys(owner for owner in owners if owner != row["owner"])),
        asked(wishes, needed(rules, row["tier"], needs)),
    )


def _members(staff: Iterable[Staff], clients: Sequence[Client], to_place: Sequence[Client]) -> list[Member]:
    placing = {client.customer for client in to_place}
    had: dict[str, Load] = {}
    kept: dict[str, Load] = {}
    for client in clients:
        if client.owner is not None:
            had[client.owner] = _with(had.get(client.owner, Load(0, 0.0)), client)
            if client.customer not in placing:
                kept[client.owner] = _with(kept.get(client.owner, Load(0, 0.0)), client)
    nothing = Load(0, 0.0)
    return [
        Member(
            person,
            kept.get(person.staff, nothing).customers,
            kept.get(person.staff, nothing).minutes,
            had.get(person.staff, nothing).customers,
            had.get(person.staff, nothing).minutes,
        )
        for person in staff
    ]
