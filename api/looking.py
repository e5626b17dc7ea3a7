"""One customer's rows at the coordinates of a question: those that the engine keeps, or folded for this question alone.

Kept rows answer from the customer's last event to the rulebook's horizon. An earlier moment, other knowledge, another
rulebook and what lies beyond the horizon are folded from the history, by the same fold.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection, sql
from psycopg.rows import dict_row

from api.coordinates import Coordinates
from api.rows import Rulebooks
from api.wiring import House
from domain.door import micros
from domain.errors import UnknownCustomer
from domain.order import effective
from domain.rules import Rules, first_rules
from projections import fold, generations
from projections.generations import Generation
from projections.projection import Table

Row = Mapping[str, Any]
Rendered = dict[str, list[tuple[Any, ...]]]
TABLES = {table.name: table for table in fold.TABLES}


class View(Struct, frozen=True):
    """What is known of a customer at the coordinates of a question."""

    customer: str
    at: Coordinates
    rulebook: str
    position: int
    """Up to where the ledger was taken into account."""
    rows: dict[str, list[Row]]
    """By table: rows that hold over an interval if they hold at `as_of`, those of histories if they began by then."""
    parked: Row | None
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
    with house.pool.connection() as c, c.transaction():
        live = generations.live(c)
        parked = _parked(c, live, customer)
        if live is not None and _kept(c, live, customer, at):
            rows = {name: _read(c, live, TABLES[name], customer, at.as_of) for name in tables}
            tiers = Rulebooks(house.database_url)(live.rulebook).tier_names
            return View(customer, at, live.rulebook, live.position, rows, parked, tiers, folded=False)
    return _folded(house, customer, at, tables, live, parked)


def _parked(c: Connection[Any], live: Generation | None, customer: str) -> Row | None:
    with c.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT reason, event::text, type, parked_at FROM rows.parked WHERE generation = %s AND customer = %s",
            [live.id if live else 0, customer],
        ).fetchone()


def _kept(c: Connection[Any], live: Generation, customer: str, at: Coordinates) -> bool:
    """Whether the rows that are kept answer this question."""
    if at.known_at is not None or at.rulebook not in (None, live.rulebook):
        return False
    return (
        c.execute(
            "SELECT FROM rows.spans WHERE generation = %s AND customer = %s AND from_at <= %s AND until_at > %s",
            [live.id, customer, at.as_of, at.as_of],
        ).fetchone()
        is not None
    )


def _read(c: Connection[Any], live: Generation, table: Table, customer: str, now: datetime) -> list[Row]:
    query = sql.SQL("SELECT * FROM {} WHERE generation = %(generation)s AND customer = %(customer)s{}").format(
        sql.Identifier("rows", table.name), sql.SQL(CONDITIONS[table.name])
    )
    with c.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query, {"generation": live.id, "customer": customer, "now": now}).fetchall()
    return [{n: str(v) if n in UUIDS else v for n, v in row.items()} for row in found]


UUIDS = ("customer", "complaint", "item", "event")
_HOLDS = " AND from_at <= %(now)s AND until_at > %(now)s"
_BEGAN = " AND from_at <= %(now)s ORDER BY from_at"
CONDITIONS = {
    "profile": "",
    "standing": _HOLDS,
    "stages": _BEGAN,
    "managers": _BEGAN,
    "reactive": _HOLDS,
    "complaints": " ORDER BY opened_at",
    "outreach": f"{_HOLDS} ORDER BY due_at",
}


def _folded(
    house: House, customer: str, at: Coordinates, tables: Sequence[str], live: Generation | None, parked: Row | None
) -> View:
    rules = Rulebooks(house.database_url)(at.rulebook or (live.rulebook if live else first_rules().version))
    head = house.ledger.head()
    until = micros(at.as_of)
    rendered = fold_for(house, customer, until, at.known_at, rules)
    if rendered is None:
        raise UnknownCustomer("nothing was known of this customer then", pointer="/path/ref")
    rows = {name: rows_that_hold(TABLES[name], rendered, until) for name in tables}
    position = head if at.known_at is None else min(at.known_at, head)
    return View(customer, at, rules.version, position, rows, parked, rules.tier_names, folded=True)


def fold_for(house: House, customer: str, until: int, known_at: int | None, rules: Rules) -> Rendered | None:
    """A customer's rows as of an instant (µs), folded from the history; None where nothing was known of them then."""
    state = fold.begin()
    # What was corrected later was wrong at that moment already: amendments first, then the moment is cut off.
    for event in effective(house.ledger.stream(customer, known_at)):
        if event.at <= until:
            fold.advance(state, event, rules)
    if not state.count:
        return None
    fold.settle(state, rules, until)
    return fold.render(state, rules)


def rows_that_hold(table: Table, rendered: Rendered, at: int) -> list[Row]:
    """The rows of a table that hold at an instant, or began by then, as dictionaries."""
    names = [name for name, _ in table.columns]
    documents = [name for name, kind in table.columns if kind == "jsonb"]
    condition = CONDITIONS[table.name]
    found: list[Row] = []
    for values in rendered[table.name]:
        row = dict(zip(names, values, strict=True))
        if ("from_at" in condition and row["from_at"] > at) or ("until_at" in condition and row["until_at"] <= at):
            continue
        for name in documents:
            if isinstance(row[name], str):
                row[name] = msgspec.json.decode(row[name])
        found.append(row)
    return found
