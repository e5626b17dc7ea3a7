"""Next purchases: when each customer is likely to buy again, and what to plan for those who are overdue."""

from typing import Any

from domain.facts import DAY
from projections.reports.report import Column, Made, Part, Report
from projections.reports.rhythms import next_purchase, remind
from projections.reports.seeing import Frame, Seen


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """A row for each customer who bought more than once."""
    coming = next_purchase(seen)
    if coming is None:
        return
    now = frame.asked.as_of
    made = remind(part, seen, frame, coming)
    overdue = (now - coming.likely) / DAY if coming.likely <= now else None
    row = (
        seen.id, overdue, coming.likely, coming.typical / DAY, coming.last, seen.facts.bought, seen.tier, seen.state.stage,
        seen.owner(now), made,
    )  # fmt: skip
    part.setdefault("rows", []).append((seen.state.level, row))


def table(part: Part, _frame: Frame) -> Made:
    """Overdue ones first, high tiers before low ones, the longest overdue first; then who is next."""
    found: list[tuple[int, tuple[Any, ...]]] = part.get("rows", [])
    found.sort(key=lambda pair: (pair[1][1] is None, pair[0] if pair[1][1] is not None else 0, pair[1][2], pair[1][0]))
    columns = (
        Column("customer", "text"),
        Column("overdue_days", "days", "since the next purchase was likely; nothing: not yet"),
        Column("likely_next_at", "instant", "the last purchase plus the median"),
        Column("median_days", "days", "of their own last intervals"),
        Column("last_purchase_at", "instant"),
        Column("purchases", "count"),
        Column("tier", "text"),
        Column("stage", "text"),
        Column("manager", "text"),
        Column("suggests", "event", "a contact that is ready to be planned"),
    )
    return Made(columns, [row for _, row in found], sorted(part.get("suggestions", ()), key=lambda cloud: cloud["id"]))


REPORT = Report(
    "next-purchase", "Likely next purchases", "When each customer is likely to buy again, and who is overdue.",
    collect, table, timed=False, suggests=True,
)  # fmt: skip
