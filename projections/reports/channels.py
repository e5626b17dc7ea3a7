"""Channels: on which channels conversations were held, in which direction, and how many reached the other side."""

from typing import Any

from domain.events import Conversation
from projections.reports.report import UNKNOWN, Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen

BY = ("channel", "direction", "purpose", "outcome", "staff", "manager", "tier", "stage")
_OWN = {"channel", "direction", "purpose", "outcome", "staff"}


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Conversations by (period, what it is cut by)."""
    for event in seen.events:
        if isinstance(event, Conversation) and frame.within(event.at):
            key = (frame.period(event.at), *(_value(name, event, seen) for name in frame.asked.by))
            sums = inner(part, key)
            add(sums, "talks")
            add(sums, "reached", int(event.outcome == "reached"))
            sums["customers"] = 1  # this one; added up over all of them
            if event.duration_s is not None:
                add(sums, "seconds", event.duration_s)


def _value(name: str, event: Conversation, seen: Seen) -> str:
    match name:
        case "tier":
            return seen.tier
        case "stage":
            return seen.state.stage
        case "manager":
            return seen.owner(event.at) or UNKNOWN
        case _:
            return getattr(event, name) or UNKNOWN


def table(part: Part, frame: Frame) -> Made:
    """A row for each period and value, the busiest first within its period."""
    whole: dict[str, int] = {}
    for key, sums in part.items():
        add(whole, key[0], sums["talks"])
    rows: list[tuple[Any, ...]] = []
    for key, sums in sorted(part.items(), key=lambda item: (item[0][0], -item[1]["talks"], item[0])):
        talks, reached = sums["talks"], sums["reached"]
        row = (talks, share(talks, whole[key[0]]), reached, share(reached, talks), sums["customers"])
        rows.append((*(value or None for value in key), *row, sums.get("seconds", 0) / 3600))
    columns = (
        Column("period", "text"),
        *(Column(name, "text") for name in frame.asked.by),
        Column("conversations", "count"),
        Column("share", "share", "of the period's conversations", "bar"),
        Column("reached", "count", "that reached the other side"),
        Column("reached_share", "share"),
        Column("customers", "count"),
        Column("hours", "number", "spent, where that was reported"),
    )
    return Made(columns, rows)


REPORT = Report(
    "channels", "Channel mix", "Conversations by channel and direction, and how many reached the other side.",
    collect, table, by=BY, default=("channel", "direction"), every="month",
)  # fmt: skip
