"""One customer at the coordinates of a question: as rows say it, or folded for this question alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from api.coordinates import Coordinates
from api.wiring import House
from domain.door import micros
from domain.errors import UnknownCustomer
from projections.generations import consistent

Row = Mapping[str, Any]


class View(Struct, frozen=True):
    """What is known of a customer at the coordinates of a question."""

    customer: str
    at: Coordinates
    rulebook: str
    position: int
    """Up to where the ledger was taken into account."""
    rows: dict[str, list[Row]]
    """By table: rows that hold over an interval if they hold at `as_of`, those of histories if they began by then."""
    parked: str | None
    """Why the customer's newest events could not be folded; the rows are from before."""
    tiers: Sequence[str]
    """The names of the tiers, the highest first."""
    folded: bool
    """Folded for this question, and not taken from the rows that are kept."""
    rules: Any
    """That judge at the clock."""

    @property
    def document(self) -> Row:
        """The profile's document."""
        return self.rows["profile"][0]["document"]

    @property
    def standing(self) -> Row:
        """How the customer stands."""
        return self.rows["standing"][0]


def look(house: House, customer: str, at: Coordinates, tables: Sequence[str]) -> View:
    """The rows of some tables. UnknownCustomer where nothing was known of the customer then."""
    with house.pool.connection() as c, consistent(c):
        found = house.reader.customer(c, customer, micros(at.as_of), at.known_at, rulebook=at.rulebook, tables=tables)
    if found is None or not all(name in found.tables for name in tables):
        raise UnknownCustomer(_nothing(found and found.parked), pointer="/path/ref")
    rows: dict[str, list[Row]] = {name: list(found.tables[name]) for name in tables}
    where = found.at
    return View(
        customer,
        at,
        where.rulebook,
        where.position,
        rows,
        found.parked,
        found.rules.tier_names,
        found.folded,
        found.rules,
    )


def parked(house: House, customers: Sequence[str]) -> dict[str, str]:
    """Why some of these customers' newest events could not be folded."""
    with house.pool.connection() as c:
        return dict(
            c.execute(
                """SELECT customer::text, reason FROM rows.parked
                    WHERE generation = (SELECT generation FROM rows.pointer) AND customer = ANY(%s::uuid[])""",
                [list(customers)],
            ).fetchall()
        )


def _nothing(parked: str | None) -> str:
    return f"this customer cannot be folded: {parked}" if parked else "nothing was known of this customer then"
