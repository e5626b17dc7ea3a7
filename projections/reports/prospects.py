"""Prospects: what is likely to be sold to whom, each with the last talk."""

from datetime import date
from decimal import Decimal
from typing import Any

from projections.reports.report import Column, Made, Part, Report
from projections.reports.seeing import Frame, Seen


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """A row for each open prospect."""
    c = seen.facts
    for p in c.prospects.values():
        expected = date.fromisoformat(p.expected) if p.expected else None
        weighted = p.amount * p.probability / 100 if p.amount is not None and p.probability is not None else None
        row = (
            p.product, seen.id, p.amount, p.currency, None if p.probability is None else p.probability / 100, weighted,
            expected, c.last.at if c.last else None, seen.owner(frame.asked.as_of), seen.state.stage, seen.tier,
            frame.category(p.product, None), p.staff, p.at, c.last.channel if c.last else None,
        )  # fmt: skip
        part.setdefault("rows", []).append(row)


def table(part: Part, _frame: Frame) -> Made:
    """The greatest amount times probability first, within its currency; then those that name none."""
    found: list[tuple[Any, ...]] = part.get("rows", [])
    rows = sorted(found, key=lambda r: (r[3] is None, r[3] or "", -(r[5] or Decimal(0)), r[1], r[0]))
    columns = (
        Column("product", "text"),
        Column("customer", "text"),
        Column("amount", "money"),
        Column("currency", "text", "ISO 4217"),
        Column("probability", "share"),
        Column("weighted", "money", "amount × probability"),
        Column("expected", "day", "when they may decide"),
        Column("last_talk_at", "instant", "that reached them"),
        Column("manager", "text"),
        Column("stage", "text", "of the relationship"),
        Column("tier", "text"),
        Column("category", "text", "as the catalogue has it", "file"),
        Column("staff", "text", "who noted it", "file"),
        Column("noted_at", "instant", "last", "file"),
        Column("last_channel", "text", "", "file"),
    )
    return Made(columns, rows)


REPORT = Report(
    "prospects", "Prospects", "What is likely to be sold to whom, each with the last talk.", collect, table, timed=False
)
