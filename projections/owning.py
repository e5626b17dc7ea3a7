"""Who owns whom at the ledger's head, and books counted so that two who assign at once cannot fill one beyond its size.

Rows may lag behind the ledger. Whoever assigns works in one transaction: `hold` the books, count them (`books`), and record
on the same connection. The lock is one on the member of staff, and ends with the transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.customer import evolve
from domain.facts import Customer
from domain.order import effective
from projections import generations
from projections.histories import Broken, decode, tails
from projections.shapes import instant

_BOOK = 0x6A656C  # advisory locks on books: this and a hash of the member of staff
_UPTO = 2**62

# Types after which somebody may own a customer who did not, or the relationship has ended, or began anew.
MOVING = (
    "manager.assigned.v1", "manager.unassigned.v1", "relationship.ended.v1", "purchase.made.v1", "holding.opened.v1",
    "touchpoint.corrected.v1", "touchpoint.voided.v1",
)  # fmt: skip


class Owned(NamedTuple):
    """A customer at the ledger's head, up to a moment."""

    facts: Customer
    version: int
    """The last of the stream, whatever its moment."""

    @property
    def owner(self) -> str | None:
        """Who owns the relationship; None: nobody."""
        return self.facts.managers[-1].manager if self.facts.managers else None

    @property
    def counts(self) -> bool:
        """Whether they take a place in their owner's book: not once the relationship has ended."""
        return self.facts.ended is None


def hold(connection: Connection[Any], staff: Iterable[str]) -> None:
    """Lock the books of these staff until the transaction ends; in one order, so that nobody waits in a ring."""
    for code in sorted(set(staff)):
        connection.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_BOOK, code])


def books(connection: Connection[Any], staff: Iterable[str], as_of: int) -> dict[str, int]:
    """How many customers each of these owns now, everything that is recorded counted in; ended relationships are not."""
    wanted = sorted(set(staff))
    shown = generations.live(connection)
    since = _moved(connection, shown.position if shown else 0)
    counted = Counter(_kept(connection, shown.id, wanted, as_of, since) if shown else {})
    counted.update(one.owner for one in at_head(connection, since, as_of).values() if one.owner and one.counts)
    return {code: counted[code] for code in wanted}


def _kept(
    connection: Connection[Any], generation: int, wanted: Sequence[str], as_of: int, since: Sequence[str]
) -> dict[str, int]:
    """How many customers each owns as the rows say, leaving out those of whom something was recorded since."""
    rows: list[tuple[str, int]] = connection.execute(
        """SELECT m.staff, count(*) FROM rows.managers m
            WHERE m.generation = %(of)s AND m.kind = 'owner' AND m.staff = ANY(%(staff)s)
              AND m.from_at <= %(now)s AND m.until_at > %(now)s AND m.customer <> ALL(%(since)s::uuid[])
              AND EXISTS (SELECT FROM rows.profile p WHERE p.generation = m.generation AND p.customer = m.customer
                             AND p.document -> 'ended' = 'null')
            GROUP BY 1""",
        {"of": generation, "staff": list(wanted), "now": instant(as_of), "since": list(since)},
    ).fetchall()
    return dict(rows)


def at_head(connection: Connection[Any], customers: Sequence[str], as_of: int) -> dict[str, Owned]:
    """Facts of some customers from all that is recorded, up to `as_of` (µs); who cannot be read is left out."""
    found: dict[str, Owned] = {}
    for piece in tails(connection, {UUID(customer).bytes: 1 for customer in customers}, _UPTO):
        try:
            events = effective(decode(piece))
            facts = Customer()
            for event in events:
                if event.at <= as_of:
                    evolve(facts, event)
        except (Broken, KeyError):  # parked, or no customer's stream
            continue
        found[str(UUID(bytes=piece.customer))] = Owned(facts, piece.first + piece.events - 1)
    return found


def moved(connection: Connection[Any], customers: Sequence[str], position: int, types: Sequence[str]) -> set[str]:
    """Those of some customers of whom one of these types was recorded after a position."""
    rows = connection.execute(
        """SELECT DISTINCT customer::text FROM ledger.events
            WHERE customer = ANY(%s::uuid[]) AND position > %s AND type = ANY(%s)""",
        [list(customers), position, list(types)],
    )
    return {customer for (customer,) in rows}


def versions(connection: Connection[Any], customers: Sequence[str]) -> Mapping[str, int]:
    """The last version of each stream."""
    rows = connection.execute(
        """SELECT wanted.id::text, last.version FROM unnest(%s::uuid[]) AS wanted(id)
            CROSS JOIN LATERAL (SELECT version FROM ledger.events WHERE customer = wanted.id
                                 ORDER BY version DESC LIMIT 1) AS last""",
        [list(customers)],
    )
    return dict(rows.fetchall())


def _moved(connection: Connection[Any], position: int) -> list[str]:
    rows = connection.execute(
        "SELECT DISTINCT customer::text FROM ledger.events WHERE position > %s AND type = ANY(%s)",
        [position, list(MOVING)],
    )
    return [customer for (customer,) in rows]
