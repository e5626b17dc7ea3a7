"""A subscription as it is kept, and what its secrets are bound to."""

from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

SELECT: LiteralString = """SELECT id, number, source, url, description, types, customers, sealed, batch, created_at, created_by,
    state, reason, state_since, revision, epoch, position, failures, failing_since, next_at
      FROM webhooks.subscriptions"""

# The class of advisory locks, each with a subscription's number: whoever holds one delivers that subscription.
LOCK = 1_684_107_116


class Subscription(NamedTuple):
    """A row of webhooks.subscriptions."""

    id: UUID
    number: int
    source: str
    url: str
    description: str
    types: list[str]
    customers: list[UUID]
    sealed: bool
    batch: int
    created_at: datetime
    created_by: str
    state: str
    reason: str | None
    state_since: datetime
    revision: int
    epoch: int
    position: int
    failures: int
    failing_since: datetime | None
    next_at: datetime | None


def bound(subscription: UUID) -> bytes:
    """What a secret is bound to, so that it is of no use beside another subscription."""
    return b"webhook" + subscription.bytes
