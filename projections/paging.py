"""Pages of a queue, read along its rank.

A rank is a few small numbers and then a moment. Rows of one moment lie together in an index only where the small
numbers are equal, so a page asks each combination of them (a `Group`) for its first rows, in one statement: the cost
does not depend on how many customers there are.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

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
        rows += [[*group.numbers, low, group.high, *ids, owner] for owner in (owners if owners is not None else [None])]
    return [list(column) for column in zip(*rows, strict=True)]
