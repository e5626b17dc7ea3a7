"""Points of trust: what earned and what cost them over a period."""

from typing import Any

from projections.reports.groups import GROUPS, group, grouped
from projections.reports.points import points
from projections.reports.report import Column, Made, Part, Report, add, inner
from projections.reports.seeing import Frame, Seen


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Points by (period, group, what gave or took them)."""
    if not seen.person:
        return
    for item in points(seen, frame.judge, frame.asked.as_of):
        if frame.within(item.at):
            sums = inner(part, (frame.period(item.at), *group(seen, frame), item.what))
            add(sums, "times")
            add(sums, "points", item.points)
            sums["customers"] = 1  # this one; added up over all of them


def table(part: Part, frame: Frame) -> Made:
    """A row for each cause, what cost most first within its period and group."""
    rows: list[tuple[Any, ...]] = [
        (*(value or None for value in key), sums["times"], sums["points"], sums["customers"])
        for key, sums in sorted(part.items(), key=lambda item: (item[0][:-1], item[1]["points"], item[0]))
    ]
    columns = (
        Column("period", "text"),
        *grouped(frame),
        Column("what", "text", "as the rulebook counts it"),
        Column("times", "count"),
        Column("points", "count", "given or taken in all"),
        Column("customers", "count"),
    )
    return Made(columns, rows)


REPORT = Report(
    "trust-points", "Points of trust", "What earned and what cost trust over a period.", collect, table, by=GROUPS
)
