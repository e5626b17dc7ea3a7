"""Lists customers by how they stand at a moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import Connection

from api.errors import BadRequest
from api.wiring import House
from domain.door import micros
from projections import profile
from projections.generations import Generation


class Filter(Struct, frozen=True):
    """What the customers of a list have in common; None: whatever it is."""

    stage: str | None = None
    tier: str | None = None
    manager: str | None = None
    among: Sequence[str] | None = None


def listing(
    house: House, now: datetime, wanted: Filter, after: str | None, limit: int
) -> tuple[Generation, list[dict[str, Any]]]:
    """Customers by id, with the name of their tier. BadRequest where the rules have no such tier or stage."""
    with house.pool.connection() as c, c.transaction():
        view = house.reader.view(c)
        rules = house.rulebooks(view.rulebook)
        tiers = rules.tier_names
        filters: dict[str, Any] = {
            "owner": wanted.manager,
            "stage": _known(wanted.stage, rules.lifecycle.stages, "stage"),
            "tier": None if _known(wanted.tier, tiers, "tier") is None else tiers.index(wanted.tier or ""),
        }
        if wanted.among is None:
            found = profile.listed(c, view.id, now, after=after, limit=limit, **filters)
        else:
            found = _among(house, c, sorted(x for x in wanted.among if x > (after or "")), now, filters, limit)
    return view, [r | {"customer": str(r["customer"]), "tier_name": tiers[r["tier"]]} for r in found]


def _among(
    house: House, c: Connection[Any], customers: Sequence[str], now: datetime, filters: dict[str, Any], limit: int
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for customer in customers:
        seen = house.reader.customer(c, customer, micros(now), tables=("standing",))
        rows = seen.tables.get("standing", []) if seen else []
        found += [r for r in rows if all(v is None or r[n] == v for n, v in filters.items())]
        if len(found) >= limit:
            break
    return found


def _known(given: str | None, names: Sequence[str], what: str) -> str | None:
    if given is not None and given not in names:
        raise BadRequest(f"there is no {what} {given!r}; there are {', '.join(names)}", pointer=f"/query/{what}")
    return given
