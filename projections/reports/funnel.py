"""Funnel: in which stage of the relationship how many customers stand at a moment, and for how long they have."""

from typing import Any

from domain.facts import DAY
from projections import lifecycle
from projections.reports.groups import GROUPS, group, grouped
from projections.reports.report import Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen
from projections.reports.summing import middle


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Days in the present stage, whether it fades, and which stages there ever were, by stage and group."""
    if not seen.person:
        return
    key = group(seen, frame)
    state = seen.state
    sums = inner(part, (*key, state.stage))
    sums.setdefault("days", []).append((frame.asked.as_of - state.entered) / DAY)
    add(sums, "fading", int(lifecycle.fading(state, frame.rules)))
    for stage in {past.stage for past in state.stages}:
        add(inner(part, (*key, stage)), "ever")


def table(part: Part, frame: Frame) -> Made:
    """A row for each stage of the rulebook, in its order, within each group."""
    stages = frame.rules.lifecycle.stages
    groups = sorted({key[:-1] for key in part}) or [()] * (not frame.asked.by)
    rows: list[tuple[Any, ...]] = []
    for key in groups:
        found = [part.get((*key, stage), {}) for stage in stages]
        whole = sum(len(sums.get("days", ())) for sums in found)
        for stage, sums in zip(stages, found, strict=True):
            days = sums.get("days", [])
            row = (stage, len(days), share(len(days), whole), middle(days), sums.get("fading", 0), sums.get("ever", 0))
            rows.append((*(value or None for value in key), *row))
    columns = (
        *grouped(frame),
        Column("stage", "text"),
        Column("customers", "count", "who stand in it"),
        Column("share", "share", "of the customers of the group", "bar"),
        Column("median_days", "days", "in the stage so far"),
        Column("fading", "count", "of them, who no longer meet what led into it"),
        Column("ever", "count", "customers who were in it at some time"),
    )
    return Made(columns, rows)


REPORT = Report(
    "funnel", "Lifecycle funnel", "In which stage how many customers stand, and for how long.", collect, table,
    by=GROUPS, timed=False,
)  # fmt: skip
