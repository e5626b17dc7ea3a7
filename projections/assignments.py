"""Assignments: who owned the relationship when, and who cared for it in the owner's place.

Intervals of ownership partition time from the first assignment on: where nobody owned it, a row says so. Covers stand
beside them, as intervals of their own; who acts at a moment is worked out at read time.
"""

from typing import Any

from domain.facts import NEVER, Customer
from projections.projection import INSTANT, INTERVAL, TEXT, Table

TABLE = Table(
    "managers",
    (
        *INTERVAL,
        ("kind", TEXT),  # owner, cover
        ("staff", TEXT),  # null: nobody owns the relationship
        ("reason", TEXT),
        ("introduced_at", INSTANT),
        ("event", "uuid"),
        ("version", "integer"),  # of the event whose sealed part holds the handover note; null for a cover
    ),
    ("customer, from_at", "staff, kind, from_at"),
)


def render(customer: Customer) -> list[tuple[Any, ...]]:
    """All intervals, owners first."""
    rows: list[tuple[Any, ...]] = []
    owners = customer.managers
    for index, owner in enumerate(owners):
        until = owners[index + 1].at if index + 1 < len(owners) else NEVER
        rows.append(
            (owner.at, until, "owner", owner.manager, owner.reason, owner.introduced or None, owner.id, owner.version)
        )
    rows += [(c.at, c.until, "cover", c.cover, c.reason, None, c.id, None) for c in customer.covers]
    return rows
