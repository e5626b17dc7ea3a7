"""Answers for readers: rows where they hold at the coordinates asked for, folded from the ledger where they do not.

A customer's rows hold from their last event to the horizon. Before that, past it, as known at an earlier position, or
under another rulebook, the customer is folded here, by the same fold, and the same rows come out. A request takes the
pointer once, so all that it reads is of one generation; a cursor carries generation, coordinates, and the rank of the
last row.

Instants that come in are µs since 1970; rows go out as dictionaries by column, with `datetime` in UTC, ids as text, and
JSON decoded.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, sql

from projections import generations, inforce
from projections.asof import Then, state_at
from projections.folding import Fold
from projections.generations import Generation, Unready, ours
from projections.histories import decode, tails
from projections.inforce import IN_FORCE
from projections.pages import COMPLAINTS, COVERS, CUSTOMERS, OUTREACH, OWNERS, Queue, Shelf
from projections.population import (
    PLACE,
    Cursor,
    NotBuilt,
    Page,
    Population,
    Populations,
    Standpoint,
    parked,
    standpoint,
)
from projections.shapes import Shown, held, holds, instant

__all__ = [
    "COMPLAINTS", "COVERS", "CUSTOMERS", "OUTREACH", "OWNERS", "PLACE", "Cursor", "Customer", "NotBuilt", "Page", "Population",
    "Queue", "Reader", "Standpoint",
]  # fmt: skip


class Customer(NamedTuple):
    """What the rows of one customer say at the clock."""

    tables: dict[str, list[Shown]]
    folded: bool  # on read, not taken from rows
    parked: str | None  # why this customer cannot be folded; what is shown is from before
    at: Standpoint
    rules: Any  # that judge at the clock

    @property
    def view(self) -> Generation:
        """The generation that is shown."""
        return self.at.view


class Reader:
    """Reads rows through any connection of the API's role."""

    def __init__(self, fold: Fold, rules: Callable[[str], Any]) -> None:
        self._fold, self._rules = fold, rules
        self._shelf = Shelf(fold)
        self._populations = Populations(fold, rules, self._shelf)

    def view(self, connection: Connection[Any], generation: int | None = None) -> Generation:
        """The generation that is shown, or the one that a cursor names. Unready where there is none (any more)."""
        if generation is None:
            found = generations.live(connection)
        else:
            found = next(
                (g for g in generations.listed(connection) if g.id == generation and g.state != "building"), None
            )
        if found is None:
            raise Unready(
                "no rows yet: the engine has not started" if generation is None else f"generation {generation} is gone"
            )
        return found

    # --- one customer -------------------------------------------------------------------------------------------------

    def customer(
        self,
        connection: Connection[Any],
        customer: str,
        as_of: int,
        known_at: int | None = None,
        *,
        rulebook: str | None = None,
        tables: Sequence[str] | None = None,
    ) -> Customer | None:
        """What holds for one customer at `as_of`, as known at position `known_at`, judged by `rulebook`.

        None where nothing was known by then. Of a table of intervals: the rows that hold then; of histories (stages,
        managers): all that began by then.
        """
        at = standpoint(self.view(connection), as_of, known_at, rulebook)
        reason = parked(connection, at, [customer]).get(customer)
        wanted = list(tables or self._shelf.tables)
        if self._by_what_is_shown(connection, at) and self._covers(connection, at.view, customer, as_of, known_at):
            rows = {name: self._select(connection, at.view, name, customer, as_of) for name in wanted}
            return Customer(rows, False, reason, at, self._rules(at.view.rulebook))
        judge = self._populations.judge(connection, at)
        key = UUID(customer).bytes
        found = self._populations.fold_some(connection, at, [key], judge).get(key)
        if found is None and reason is None:
            return None
        rows = {} if found is None else {name: self._holding(name, found[name], as_of) for name in wanted}
        return Customer(rows, True, reason, at, inforce.ruling(judge))

    def state(
        self,
        connection: Connection[Any],
        customer: str,
        as_of: int,
        known_at: int | None = None,
        rulebook: str | None = None,
    ) -> Then | None:
        """One customer's folded state at these coordinates, up to their last event before; None as for `customer`.

        Broken, or what the fold raises, where the customer cannot be folded.
        """
        at = standpoint(self.view(connection), as_of, known_at, rulebook)
        judge = self._populations.judge(connection, at)
        pieces = tails(connection, {UUID(customer).bytes: 1}, at.position)
        return state_at(self._fold, decode(pieces[0]), judge, as_of) if pieces else None

    def profile(
        self, connection: Connection[Any], customer: str, as_of: int, known_at: int | None = None
    ) -> Customer | None:
        """The document of the profile and how the customer stands."""
        return self.customer(connection, customer, as_of, known_at, tables=("profile", "standing"))

    def stages(
        self, connection: Connection[Any], customer: str, as_of: int, known_at: int | None = None
    ) -> Customer | None:
        """The stages up to `as_of`, oldest first."""
        return self.customer(connection, customer, as_of, known_at, tables=("stages",))

    def managers(
        self, connection: Connection[Any], customer: str, as_of: int, known_at: int | None = None
    ) -> Customer | None:
        """Owners and covers up to `as_of`, oldest first."""
        return self.customer(connection, customer, as_of, known_at, tables=("managers",))

    def _holding(self, name: str, rows: list[Shown], as_of: int) -> list[Shown]:
        return [row for row in rows if holds(self._shelf.tables[name], row, as_of)]

    def _by_what_is_shown(self, connection: Connection[Any], at: Standpoint) -> bool:
        """Are the rows that are shown judged as asked? In force may be one rulebook alone."""
        if at.rulebook != IN_FORCE:
            return at.rulebook == at.view.rulebook
        judge = self._populations.judge(connection, at)
        return len(judge.entries) == 1 and judge.at(at.as_of).version == at.view.rulebook

    def _covers(
        self, connection: Connection[Any], view: Generation, customer: str, as_of: int, known_at: int | None
    ) -> bool:
        """Do the rows answer? Not where something was learnt after `known_at`, nor outside of the span."""
        if view.fingerprint != self._fold.fingerprint():
            return False
        row = connection.execute(
            "SELECT version, from_at <= %s AND until_at > %s FROM rows.spans WHERE generation = %s AND customer = %s",
            [instant(as_of), instant(as_of), view.id, customer],
        ).fetchone()
        if row is None or not row[1]:
            return False
        if known_at is None or known_at >= view.position:
            return True
        last = connection.execute(
            "SELECT position FROM ledger.events WHERE customer = %s AND version = %s", [customer, row[0]]
        ).fetchone()
        return last is not None and last[0] <= known_at

    def _select(
        self, connection: Connection[Any], view: Generation, name: str, customer: str, as_of: int
    ) -> list[Shown]:
        shape = self._shelf.shapes[name]
        query = sql.SQL(
            "SELECT {} FROM {} WHERE generation = %(generation)s AND customer = %(customer)s {} ORDER BY {}"
        ).format(shape.columns, sql.Identifier("rows", name), ours(held(self._shelf.tables[name])), shape.order)
        values = {"generation": view.id, "customer": customer, "now": instant(as_of)}
        return [shape.selected(row) for row in connection.execute(query, values)]

    # --- everybody ----------------------------------------------------------------------------------------------------

    def population(
        self,
        connection: Connection[Any],
        as_of: int,
        known_at: int | None = None,
        rulebook: str | None = None,
        *,
        most: int | None = None,
        among: Sequence[str] | None = None,
        after: Cursor | None = None,
    ) -> Population:
        """Everybody (or nobody but `among`) at these coordinates, or at those of a cursor.

        NotBuilt where more than `most` would have to be folded.
        """
        view = self.view(connection)
        if after is None:
            return self._populations.find(connection, view, as_of, known_at, rulebook, most, among)
        base = self.view(connection, after[0]) if after[0] else None
        return self._populations.again(connection, view, base, after, among)

    def queue(
        self,
        connection: Connection[Any],
        queue: Queue,
        as_of: int,
        known_at: int | None = None,
        *,
        rulebook: str | None = None,
        where: Mapping[str, Any] | None = None,
        limit: int = 50,
        after: Cursor | None = None,
    ) -> Page:
        """The next rows of a queue. `where`: columns that must have a value, or one of several where it is a list."""
        everybody = self.population(connection, as_of, known_at, rulebook, after=after)
        return everybody.page(queue, where, limit, after)
