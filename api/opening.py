"""Opens sealed parts of many customers' events at once, for lists."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import tuple_row

from api.wiring import House
from domain import upcast
from domain.sealing import associated, unseal, uuid_bytes

Place = tuple[str, int]  # customer, version


def open_many(house: House, places: Iterable[tuple[str, int | None]]) -> dict[Place, dict[str, Any]]:
    """The sealed parts of events by (customer, version); one that has none, or whose key was destroyed, is missing."""
    wanted = sorted({(c, v) for c, v in places if v})
    if not wanted:
        return {}
    with house.pool.connection() as c, c.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(
            """SELECT e.customer::text, e.version, e.type, e.clear, e.sealed
                 FROM unnest(%s::uuid[], %s::int[]) AS w(customer, version)
                 JOIN ledger.events e ON e.customer = w.customer AND e.version = w.version
                WHERE e.sealed IS NOT NULL""",
            [[UUID(c) for c, _ in wanted], [v for _, v in wanted]],
        ).fetchall()
    keys = house.ledger.keys
    keys.refresh()
    found = keys.keys(uuid_bytes(customer) for customer, *_ in rows)
    opened: dict[Place, dict[str, Any]] = {}
    for customer, version, type_, clear, sealed in rows:
        raw = uuid_bytes(customer)
        if raw in found:
            bound = associated(raw, uuid_bytes(upcast.read(clear).id), type_)
            parts: dict[str, Any] = msgspec.json.decode(unseal(found[raw], bytes(sealed), bound))
            opened[customer, version] = parts | parts.pop("sealed_data", {})
    return opened


def names(house: House, described: Mapping[str, Sequence[int]]) -> Mapping[str, str]:
    """What customers are called, as far as they have a name and a key; `described`: versions that may hold it, by customer."""
    opened = open_many(house, [(customer, v) for customer, versions in described.items() for v in versions])
    called: dict[str, str] = {}
    for customer, versions in described.items():
        name = next((n for v in versions if (n := opened.get((customer, v), {}).get("name"))), None)
        if name:
            called[customer] = name
    return called
