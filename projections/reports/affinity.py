"""Affinity: what is bought together, and what is bought after what."""

from typing import Any

from projections.reports.baskets import BY, after, baskets, together
from projections.reports.report import Column, Made, Part, Report
from projections.reports.seeing import Frame, Seen


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """The customer's purchases."""
    if found := baskets(seen, frame):
        part["baskets"] = [found]


def table(part: Part, _frame: Frame) -> Made:
    """A row for each pair that says something, by lift."""
    found = part.get("baskets", [])
    rows: list[tuple[Any, ...]] = [tuple(pair) for pair in (*together(found), *after(found))]
    columns = (
        Column("kind", "text", "together: in one purchase; after: the second in a later one"),
        Column("first", "text", "category or product"),
        Column("then", "text"),
        Column("both", "count", "purchases with both (together), customers with both (after)"),
        Column("support", "share", "of all purchases or customers"),
        Column("confidence", "share", "of those with the first, who have the second too", "bar"),
        Column("lift", "number", "times as often as with anybody; above 1 it speaks for itself"),
    )
    return Made(columns, rows)


REPORT = Report(
    "affinity", "Affinity", "What is bought together, and what is bought after what.", collect, table,
    by=BY, default=("category",), several=False, periods=False,
)  # fmt: skip
