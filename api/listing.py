"""Lists customers by how they stand at a moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg.rows import dict_row

from api.errors import BadRequest
from api.rows import Rulebooks
from api.wiring import House
from projections import generations


class Filter(Struct, frozen=True):
    """What the customers of a list have in common; None: whatever it is."""

    stage: str | None = None
    tier: str | None = None
    manager: str | None = None
    among: Sequence[str] | None = None


def listing(house: House, now: datetime, wanted: Filter, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Customers by id. BadRequest where the rules have no such tier or stage."""
    with house.pool.connection() as c:
        live = generations.live(c)
        if live is None:
            return []
        rules = Rulebooks(house.database_url)(live.rulebook)
        values: dict[str, Any] = {
            "generation": live.id,
            "now": now,
            "after": after or "00000000-0000-0000-0000-000000000000",
            "limit": limit,
            "stage": _known(wanted.stage, rules.lifecycle.stages, "stage"),
            "tier": None
            if wanted.tier is None
            else rules.tier_names.index(_known(wanted.tier, rules.tier_names, "tier") or ""),
            "manager": wanted.manager,
            "among": None if wanted.among is None else list(wanted.among),
        }
        conditions = [
            condition
            for name, condition in (
                ("stage", " AND stage = %(stage)s"),
                ("tier", " AND tier = %(tier)s"),
                ("manager", " AND owner = %(manager)s"),
                ("among", " AND customer = ANY(%(among)s::uuid[])"),
            )
            if values[name] is not None
        ]
        with c.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(
                f"""SELECT * FROM rows.standing
                     WHERE generation = %(generation)s AND from_at <= %(now)s AND until_at > %(now)s
                       AND customer > %(after)s{"".join(conditions)}
                     ORDER BY customer LIMIT %(limit)s""",  # noqa: S608 - of the constants above  # pyright: ignore
                values,
            ).fetchall()
    return [row | {"customer": str(row["customer"]), "tier_name": rules.tier_names[row["tier"]]} for row in found]


def _known(given: str | None, names: Sequence[str], what: str) -> str | None:
    if given is not None and given not in names:
        raise BadRequest(f"there is no {what} {given!r}; there are {', '.join(names)}", pointer=f"/query/{what}")
    return given
