"""Intervals: how long customers wait between purchases, and how many are over their own time.

Intervals are the fold's: of each customer the last twelve, between days of purchase. A likely next purchase is the last one
plus the median of their own.
"""

from typing import Any

from domain.facts import DAY
from projections.reports.groups import GROUPS, group, grouped
from projections.reports.report import Column, Made, Part, Report, add, inner, share
from projections.reports.rhythms import next_purchase, remind
from projections.reports.seeing import Frame, Seen
from projections.reports.summing import quantile


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Intervals in days, customers, and who is overdue, by group."""
    coming = next_purchase(seen)
    if coming is None:
        return
    sums = inner(inner(part, "groups"), group(seen, frame))
    sums.setdefault("days", []).extend(span / DAY for span in seen.facts.intervals)
    add(sums, "customers")
    add(sums, "overdue", int(coming.likely <= frame.asked.as_of))
    remind(part, seen, frame, coming)


def table(part: Part, frame: Frame) -> Made:
    """A row for each group."""
    rows: list[tuple[Any, ...]] = []
    for key, sums in sorted(part.get("groups", {}).items()):
        days = sorted(sums["days"])
        quartiles = (quantile(days, part_) for part_ in (0.25, 0.5, 0.75))
        overdue = sums["overdue"]
        rows.append(
            (
                *(value or None for value in key), sums["customers"], len(days), *quartiles, overdue,
                share(overdue, sums["customers"]),
            )
        )  # fmt: skip
    columns = (
        *grouped(frame),
        Column("customers", "count", "who bought more than once, and have not left"),
        Column("intervals", "count", "between days of purchase, at most the last twelve of each customer"),
        Column("lower_quartile_days", "days"),
        Column("median_days", "days"),
        Column("upper_quartile_days", "days"),
        Column("overdue", "count", "customers over their own median since the last purchase"),
        Column("overdue_share", "share", "", "bar"),
    )
    return Made(columns, rows, sorted(part.get("suggestions", ()), key=lambda cloud: cloud["id"]))


REPORT = Report(
    "intervals", "Purchase intervals", "How long customers wait between purchases, and how many are overdue.",
    collect, table, by=GROUPS, default=("tier",), timed=False, suggests=True,
)  # fmt: skip
