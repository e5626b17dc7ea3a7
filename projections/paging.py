"""Pages of a queue, read along its rank.

A rank is a few small numbers and then a moment. Rows of one moment lie together in an index only where the small
numbers are equal, so a page asks each combination of them (a `Group`) for its first rows, in one statement: the cost
does not depend on how many customers there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import LiteralString, NamedTuple

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class Group(NamedTuple):
    """Rows with these small numbers whose moment is in (low, high], in the order in which a page shows groups."""

    numbers: tuple[int, ...]
    low: datetime
    high: datetime


class Cursor(NamedTuple):
    """The rank of the last row of the page before."""

    numbers: tuple[int, ...]
    at: datetime
    ids: tuple[str, ...]


_EQUAL: dict[str, LiteralString] = {
    "team": " AND q.team = %(team)s",
    "handler": " AND q.handler = %(handler)s",
    "channel": " AND q.channel = %(channel)s",
    "purpose": " AND q.purpose = %(purpose)s",
}
_BY_OWNER: LiteralString = " AND q.owner = g.owner"
_BY_CUSTOMER: LiteralString = " AND q.customer = ANY(%(customers)s::uuid[])"


class Wanted(NamedTuple):
    """What part of a queue is asked for.

    `tiers`: the levels to show, 0 the highest; all of a rulebook's levels show everybody. `owners`: only customers whom
    one of these owns. `customers`: only these. `equal`: columns and the values that they have (team, handler, channel,
    purpose; KeyError: another column).
    """

    tiers: Sequence[int]
    owners: Sequence[str] | None = None
    customers: Sequence[str] | None = None
    equal: Mapping[str, str] = MappingProxyType({})
    after: Cursor | None = None
    limit: int = 50


def condition(wanted: Wanted) -> LiteralString:
    """What of a row is asked besides its place in the queue."""
    text: LiteralString = _BY_OWNER if wanted.owners is not None else ""
    if wanted.customers is not None:
        text += _BY_CUSTOMER
    for name in sorted(wanted.equal):
        text += _EQUAL[name]
    return text


def parameters(generation: int, now: datetime, wanted: Wanted) -> dict[str, object]:
    """The values that do not differ between groups."""
    asked: dict[str, object] = {"generation": generation, "now": now, "limit": wanted.limit}
    return asked | {"customers": list(wanted.customers or ())} | dict(wanted.equal)


def columns(
    groups: Iterable[Group], after: Cursor | None, widest: Sequence[str], owners: Sequence[str] | None
) -> list[list[object]]:
    """The groups not before the cursor, as columns for unnest: small numbers, low, high, ids to begin after, owner.

    `widest` are the highest values of the columns that break ties: a group begins after `low` itself.
    """
    rows: list[list[object]] = []
    for group in groups:
        if after is not None and group.numbers < after.numbers:
            continue
        low, ids = group.low, tuple(widest)
        if after is not None and group.numbers == after.numbers:
            if after.at > group.high:
                continue
            if after.at > low:
                low, ids = after.at, after.ids
        whose: Sequence[str | None] = owners if owners is not None else (None,)
        rows.extend([*group.numbers, low, group.high, *ids, owner] for owner in whose)
    return [list(column) for column in zip(*rows, strict=True)]
