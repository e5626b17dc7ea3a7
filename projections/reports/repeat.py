"""Repeat purchase: of those who bought so many times, how many bought again, and how soon."""

from typing import Any

from domain.events import PurchaseMade
from domain.facts import DAY
from projections.reports.groups import GROUPS, group, grouped
from projections.reports.report import Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen
from projections.reports.summing import middle

MOST = 12


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Customers, and days until the next purchase, by (group, number of the purchase)."""
    bought = [e.at for e in seen.events if isinstance(e, PurchaseMade)]
    if not seen.person:
        return
    for number, at in enumerate(bought[:MOST], 1):
        sums = inner(part, (*group(seen, frame), number))
        add(sums, "customers")
        if number < len(bought):
            sums.setdefault("days", []).append((bought[number] - at) / DAY)


def table(part: Part, frame: Frame) -> Made:
    """A row for each number of purchases, up to twelve."""
    rows: list[tuple[Any, ...]] = []
    for (*key, number), sums in sorted(part.items()):
        days = sums.get("days", [])
        again = share(len(days), sums["customers"])
        rows.append((*(value or None for value in key), number, sums["customers"], len(days), again, middle(days)))
    columns = (
        *grouped(frame),
        Column("purchases", "count", "at least so many"),
        Column("customers", "count", "who made them"),
        Column("again", "count", "of them, who bought once more"),
        Column("again_share", "share", "", "bar"),
        Column("median_days", "days", "until they did"),
    )
    return Made(columns, rows)


REPORT = Report(
    "repeat", "Repeat purchase", "Of those who bought so many times, how many bought again, and how soon.",
    collect, table, by=GROUPS, timed=False,
)  # fmt: skip
