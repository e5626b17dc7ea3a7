"""One customer at the coordinates of a question: as rows say it, or folded for this question alone.

The reader of the rows answers for any moment and any knowledge under the rulebook that is shown; another rulebook is asked
by the same fold over the same history.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from api.coordinates import Coordinates
from api.wiring import House
from domain.door import instant, micros
from domain.errors import UnknownCustomer
from domain.order import effective
from domain.rules import Rules
from projections import fold
from projections.projection import Table

Row = Mapping[str, Any]
Rendered = dict[str, list[tuple[Any, ...]]]
TABLES = {table.name: table for table in fold.TABLES}
HISTORIES = ("stages", "managers")  # of these, all that began by then


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
    until = micros(at.as_of)
    with house.pool.connection() as c, c.transaction():
        found = house.reader.customer(c, customer, until, at.known_at, tables=tables)
        live = house.reader.view(c)
    if found is None or not all(name in found.tables for name in tables):
        raise UnknownCustomer(_nothing(found and found.parked), pointer="/path/ref")
    position = live.position if at.known_at is None else min(at.known_at, live.position)
    rules = house.rulebooks(at.rulebook or live.rulebook)
    if rules.version == live.rulebook:
        rows: dict[str, list[Row]] = {name: list(found.tables[name]) for name in tables}
        return View(customer, at, live.rulebook, position, rows, found.parked, rules.tier_names, found.folded)
    rendered = _under(house, customer, until, position, rules)
    rows = {name: _rows(TABLES[name], rendered, until) for name in tables}
    return View(customer, at, rules.version, position, rows, found.parked, rules.tier_names, folded=True)


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


def _under(house: House, customer: str, until: int, position: int, rules: Rules) -> Rendered:
    """A customer's rows as of an instant (µs), judged by other rules than those of the rows that are kept."""
    state = fold.begin()
    # What was corrected later was wrong at that moment already: amendments first, then the moment is cut off.
    for event in effective(house.ledger.stream(customer, position)):
        if event.at <= until:
            fold.advance(state, event, rules)
    fold.settle(state, rules, until)
    return fold.render(state, rules)


def _rows(table: Table, rendered: Rendered, at: int) -> list[Row]:
    kinds = dict(table.columns)
    found: list[Row] = []
    for values in rendered[table.name]:
        row = dict(zip(kinds, values, strict=True))
        begun = row.get("from_at", at) <= at
        if begun and (table.name in HISTORIES or row.get("until_at", at + 1) > at):
            found.append({name: _value(kinds[name], value) for name, value in row.items()})
    return found


def _value(kind: str, value: Any) -> Any:
    if kind == "timestamptz" and value is not None:
        return instant(value)
    return msgspec.json.decode(value) if kind == "jsonb" and isinstance(value, str) else value
