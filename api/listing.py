"""Lists customers by how they stand at given coordinates."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from api.coordinates import Coordinates
from api.errors import BadRequest
from api.looking import Row
from api.queueing import everybody
from api.wiring import House
from projections.reading import CUSTOMERS, Cursor


class Filter(Struct, frozen=True):
    """What the customers of a list have in common; None: whatever it is."""

    stage: str | None = None
    tier: str | None = None
    manager: str | None = None
    among: Sequence[str] | None = None


class Listed(Struct, frozen=True):
    """A page of a list of customers."""

    items: list[Row]
    """How each stands, by id, with `tier_name` and `parked`."""
    next: Cursor | None
    rulebook: str
    position: int
    described: Mapping[str, Sequence[int]]
    """Versions of events that may hold a customer's name."""


def listing(house: House, at: Coordinates, wanted: Filter, after: Cursor | None, limit: int) -> Listed:
    """Customers by id. BadRequest where the rules have no such tier or stage; other errors as of `everybody`."""
    with everybody(house, at, after, wanted.among) as population:
        rules = population.rules
        tiers: Sequence[str] = rules.tier_names
        filters: dict[str, Any] = {
            "owner": wanted.manager,
            "stage": _known(wanted.stage, rules.lifecycle.stages, "stage"),
            "tier": None if _known(wanted.tier, tiers, "tier") is None else tiers.index(wanted.tier or ""),
            "customer": None if wanted.among is None else list(wanted.among),
        }
        where = {name: value for name, value in filters.items() if value is not None}
        page = population.page(CUSTOMERS, where, limit, after)
        described = population.described(r["customer"] for r in page.rows)
    items: list[Row] = [row | {"tier_name": tiers[row["tier"]]} for row in page.rows]
    return Listed(items, page.next, population.at.rulebook, population.at.position, described)


def _known(given: str | None, names: Sequence[str], what: str) -> str | None:
    if given is not None and given not in names:
        raise BadRequest(f"there is no {what} {given!r}; there are {', '.join(names)}", pointer=f"/query/{what}")
    return given
