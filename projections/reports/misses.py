"""Misses: a row for each missed deadline of a complaint, with both clocks: when it happened and when we learnt of it."""

from typing import Any

from domain.facts import HOUR, NEVER
from projections.reports.attainment import Handling, Judged
from projections.reports.report import Column, Made, Part, Report
from projections.reports.seeing import Frame, Seen


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """The rows as they are."""
    rows = [_row(one, seen, frame) for one in Handling(seen, frame).judged() if one.clock.late]
    if rows:
        part["rows"] = rows


def _row(one: Judged, seen: Seen, frame: Frame) -> tuple[Any, ...]:
    clock = one.clock
    case = seen.facts.cases.get(clock.complaint)
    opened = next((place for place, e in enumerate(seen.known) if case is not None and e.id == case.id), None)
    late_by = (frame.asked.as_of if clock.ended == NEVER else clock.ended) - clock.due
    return (
        clock.due, one.basis, clock.step, "knew" if one.knew else "could not know", late_by / HOUR,
        case.at if case else None, None if opened is None else seen.recorded[opened], clock.severity,
        frame.rules.tier_names[clock.tier], seen.id, seen.owner(clock.due), clock.handler, clock.complaint, clock.round,
        clock.category, clock.root_cause, None if clock.ended == NEVER else clock.ended,
    )  # fmt: skip


def table(part: Part, _frame: Frame) -> Made:
    """All misses, the earliest deadline first."""
    columns = (
        Column("due_at", "instant", "the deadline"),
        Column("basis", "text", "promised, in_force or restated"),
        Column("step", "text", "acknowledge, respond, update, resolve; promised, promise"),
        Column("kind", "text", "knew, or could not know: it was reported too late"),
        Column("late_hours", "number", "by how much so far, in hours on the clock"),
        Column("opened_at", "instant", "when it happened"),
        Column("recorded_at", "instant", "when its opening was recorded"),
        Column("severity", "text"),
        Column("tier", "text", "when it was decided"),
        Column("customer", "text"),
        Column("manager", "text", "who owned the relationship at the deadline"),
        Column("handler", "text"),
        Column("complaint", "text", "", "file"),
        Column("round", "count", "", "file"),
        Column("category", "text", "", "file"),
        Column("root_cause", "text", "", "file"),
        Column("ended_at", "instant", "when the clock was answered; nothing: not yet", "file"),
    )
    return Made(columns, sorted(part.get("rows", ()), key=lambda row: (row[:3], row[9], row[12])))


REPORT = Report(
    "misses",
    "Missed deadlines",
    "Every missed deadline of a complaint, with both clocks.",
    collect,
    table,
    recorded=True,
    periods=False,
)
