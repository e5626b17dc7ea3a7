"""Who held a contact point or an external id, and when: what the key store knows of it, as queries."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain import packing

FOREVER = 2**62  # µs; beyond every date


class Holding(NamedTuple):
    """`customer` held a point from `since` until `until` (µs)."""

    customer: bytes
    since: int
    until: int
    shared: bool
    claimed: bool
    event: bytes


class NewPoint(NamedTuple):
    """A point that a customer begins to hold, or has no more (`removed`), as an event says."""

    token: bytes
    kind: str
    customer: bytes
    event: bytes
    at: int
    since: int | None
    shared: bool
    removed: bool = False

    @property
    def start(self) -> int:
        """When it begins, or began to be no longer so; who shares a point and does not say, has it from the beginning."""
        if self.since is not None:
            return self.since
        return -FOREVER if self.shared else self.at


def holders(held: Sequence[Holding], at: int) -> list[Holding]:
    """Who held a point at `at`, one holding a customer; before its first holder, that one."""
    if len(held) == 1:  # as nearly always
        return list(held) if at < held[0].until else []
    active = {h.customer: h for h in held if h.since <= at < h.until}
    if not active and held and at < min(h.since for h in held):
        return [min(held, key=lambda h: (h.since, h.customer))]
    return list(active.values())


class Claim(NamedTuple):
    """A new customer for a point that nobody holds between `since` and `until` (µs)."""

    token: bytes
    kind: str
    since: int
    until: int
    customer: bytes


def gap(held: Sequence[Holding], at: int) -> tuple[int, int]:
    """The time around `at` (µs) in which nobody holds a point: from the last holder's end to the next one's beginning."""
    return max((h.until for h in held if h.until <= at), default=at), min(
        (h.since for h in held if h.since > at), default=FOREVER
    )


def claim(c: Connection[Any], fresh: Sequence[Claim], identified: Callable[[bytes], bytes]) -> None:
    """Give points to new customers, before that is recorded."""
    c.execute(
        """INSERT INTO keys.points (token, kind, customer, event, held_from, held_until, claimed)
           SELECT t, k, c, e, to_timestamp(f / 1e6), CASE WHEN u < %b THEN to_timestamp(u / 1e6) ELSE 'infinity' END, true
             FROM unnest(%b::uuid[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], %b::bigint[]) AS x(t, k, c, e, f, u)""",
        [
            FOREVER,
            [UUID(bytes=claim.token) for claim in fresh],
            [claim.kind for claim in fresh],
            [UUID(bytes=claim.customer) for claim in fresh],
            [UUID(bytes=identified(claim.customer)) for claim in fresh],
            [claim.since for claim in fresh],
            [claim.until for claim in fresh],
        ],
    )


def lock(c: Connection[Any], tokens: Iterable[bytes]) -> None:
    """Keep others from deciding on the same points at the same time; in one order, so that nobody waits in a ring."""
    keys = sorted({int.from_bytes(token[:8], "big", signed=True) for token in tokens})
    c.execute("SELECT pg_advisory_xact_lock(t) FROM unnest(%b::bigint[]) t", [keys])


def moved_on(c: Connection[Any], what: Collection[bytes]) -> None:
    """Let everybody forget what they remember of these points and customers; in effect with the transaction."""
    if what:
        c.execute(
            """WITH newest AS (UPDATE keys.revision SET counter = counter + 1 RETURNING counter)
               INSERT INTO keys.moved SELECT counter, w FROM newest, unnest(%b::uuid[]) w""",
            [packing.uuids(list(what))],
        )


def holdings(c: Connection[Any], tokens: Sequence[bytes]) -> dict[bytes, tuple[Holding, ...]]:
    """Every holding of each token, earliest first; a token that nobody ever held is missing."""
    rows = c.execute(
        """SELECT token, customer, shared, claimed, event,
                  CASE WHEN isfinite(held_from) THEN (extract(epoch FROM held_from) * 1000000)::bigint ELSE -%b::bigint END,
                  CASE WHEN isfinite(held_until) THEN (extract(epoch FROM held_until) * 1000000)::bigint ELSE %b::bigint END
             FROM keys.holdings WHERE token = ANY(%b) ORDER BY held_from, customer""",
        [FOREVER, FOREVER, packing.uuids(tokens)],
        binary=True,
    ).fetchall()
    found: dict[bytes, tuple[Holding, ...]] = {}
    for token, customer, shared, claimed, event, since, until in rows:
        holding = Holding(customer.bytes, since, until, shared, claimed, event.bytes)
        found[token.bytes] = (*found.get(token.bytes, ()), holding)
    return found


def goes_on(point: NewPoint, held: Sequence[Holding]) -> bool:
    """Whether the customer holds this point already, in the same way."""
    return any(
        h.customer == point.customer and h.until >= FOREVER and h.shared == point.shared and h.since <= point.start
        for h in held
    )


def hold(c: Connection[Any], points: Sequence[NewPoint]) -> None:
    """Enter what is said of points."""
    if points:
        c.execute(
            """INSERT INTO keys.points (token, kind, customer, event, held_from, shared, removed)
               SELECT token, kind, customer, event,
                      CASE WHEN since > -%b::bigint THEN to_timestamp(since / 1e6) ELSE '-infinity' END, shared, removed
                 FROM unnest(%b::uuid[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], %b::boolean[], %b::boolean[])
                      AS n(token, kind, customer, event, since, shared, removed)
               ON CONFLICT DO NOTHING""",
            [
                FOREVER,
                packing.uuids([p.token for p in points]),
                [p.kind for p in points],
                packing.uuids([p.customer for p in points]),
                packing.uuids([p.event for p in points]),
                [p.start for p in points],
                [p.shared for p in points],
                [p.removed for p in points],
            ],
        )
