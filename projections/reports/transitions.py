"""Transitions: from which stage to which customers went over a period, and by which clause of the rulebook."""

from typing import Any

from domain.facts import DAY
from domain.rules import START
from projections.reports.groups import GROUPS, group, grouped
from projections.reports.report import Column, Made, Part, Report, inner
from projections.reports.seeing import Frame, Seen
from projections.reports.summing import middle


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Days spent in the stage before, by (period, group, from, to, clause). The first stage is entered from `start`."""
    if not seen.person:
        return
    before, since = START, seen.facts.first_at
    for stage in seen.state.stages:
        if frame.within(stage.at):
            key = (frame.period(stage.at), *group(seen, frame), before, stage.stage, stage.clause)
            sums = inner(part, key)
            sums.setdefault("days", []).append((stage.at - since) / DAY)
            sums.setdefault("who", set()).add(seen.id)
        before, since = stage.stage, stage.at


def table(part: Part, frame: Frame) -> Made:
    """A row for each way that somebody went, the busiest first within its period and group."""
    rows: list[tuple[Any, ...]] = [
        (*(value or None for value in key), len(sums["days"]), len(sums["who"]), middle(sums["days"]))
        for key, sums in sorted(part.items(), key=lambda item: (item[0][:-3], -len(item[1]["days"]), item[0]))
    ]
    columns = (
        Column("period", "text"),
        *grouped(frame),
        Column("from", "text", "`start`: nothing was known of them before"),
        Column("to", "text"),
        Column("clause", "text", "of the rulebook, by which they went"),
        Column("times", "count", "", "bar"),
        Column("customers", "count", "who went this way at least once"),
        Column("median_days", "days", "in the stage before"),
    )
    return Made(columns, rows)


REPORT = Report(
    "transitions", "Transitions", "From which stage to which customers went over a period, by clause.", collect, table,
    by=GROUPS,
)  # fmt: skip
