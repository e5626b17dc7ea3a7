"""Referrals: who brought others, and what became of them."""

from typing import Any

from domain.events import PurchaseMade, ReferralMade
from projections.reports.report import UNKNOWN, Column, Made, Part, Report, share
from projections.reports.seeing import Frame, Seen


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Referrals of the period, and who ever bought: whether those who were brought did is known when all are seen."""
    for event in seen.events:
        if isinstance(event, ReferralMade) and frame.within(event.at):
            values = {
                "product": event.product, "tier": seen.tier, "manager": seen.owner(event.at), "stage": seen.state.stage,
                "referrer": seen.id,
            }  # fmt: skip
            key = (frame.period(event.at), *(values[name] or UNKNOWN for name in frame.asked.by))
            part.setdefault("made", []).append((key, seen.id, event.referred))
    if any(isinstance(event, PurchaseMade) for event in seen.events):
        part["bought"] = {seen.id}


def table(part: Part, frame: Frame) -> Made:
    """A row for each period and value."""
    bought: set[str] = part.get("bought", set())
    by_key: dict[tuple[str, ...], list[tuple[str, str | None]]] = {}
    for key, referrer, referred in part.get("made", ()):
        by_key.setdefault(key, []).append((referrer, referred))
    rows: list[tuple[Any, ...]] = []
    for key, made in sorted(by_key.items()):
        known = {referred for _, referred in made if referred is not None}
        became = len(known & bought)
        referrers = len({referrer for referrer, _ in made})
        row = (*(value or None for value in key), len(made), referrers, len(known), became, share(became, len(known)))
        rows.append(row)
    columns = (
        Column("period", "text"),
        *(
            Column(name, "text", "of the referrer" if name in {"tier", "stage", "manager"} else "")
            for name in frame.asked.by
        ),
        Column("referrals", "count"),
        Column("referrers", "count", "customers who brought somebody"),
        Column("known", "count", "people who were brought and are customers by name"),
        Column("bought", "count", "of them, who bought since"),
        Column("bought_share", "share", "", "bar"),
    )
    return Made(columns, rows)


REPORT = Report(
    "referrals", "Referrals", "Who brought others, and how many of those bought.", collect, table,
    by=("product", "tier", "stage", "manager", "referrer"), every="month",
)  # fmt: skip
