"""Retention: of those who first bought in a month, how many bought in each month since."""

from datetime import date
from typing import Any

from domain.events import PurchaseMade
from projections.reports.groups import GROUPS, group, grouped
from projections.reports.periods import months_between, name
from projections.reports.report import Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Customers by (group, cohort), and by months since."""
    days: set[date] = {frame.days.day(e.at) for e in seen.events if isinstance(e, PurchaseMade)}
    months = {name(day, "month") for day in days}
    if not months or not seen.person:
        return
    cohort = min(months)
    sums = inner(part, (*group(seen, frame), cohort))
    add(sums, "customers")
    for month in months:
        add(sums, months_between(cohort, month))


def table(part: Part, frame: Frame) -> Made:
    """A row for each cohort and month since, up to the month of `as_of`."""
    last = name(frame.days.day(frame.asked.as_of), "month")
    rows: list[tuple[Any, ...]] = []
    for (*key, cohort), sums in sorted(part.items()):
        customers = sums["customers"]
        for number in range(months_between(cohort, last) + 1):
            active = sums.get(number, 0)
            rows.append(
                (*(value or None for value in key), cohort, customers, number, share(active, customers), active)
            )
    columns = (
        *grouped(frame),
        Column("cohort", "text", "the month of their first purchase"),
        Column("customers", "count", "of the cohort"),
        Column("month", "count", "months since; 0: the month of the first purchase"),
        Column("share", "share", "of the cohort, who bought in that month", "heat"),
        Column("active", "count", "who they are, in number"),
    )
    return Made(columns, rows)


REPORT = Report(
    "retention", "Retention by cohort", "Of those who first bought in a month, how many bought in each month since.",
    collect, table, by=GROUPS, timed=False,
)  # fmt: skip
