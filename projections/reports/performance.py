"""Performance: what was done for the customers of each manager, credited to who owned the relationship at that moment."""

from decimal import Decimal
from typing import Any

from domain.events import Conversation, PromiseMade, PurchaseMade, PurchaseReturned
from domain.facts import NEVER
from domain.families.commerce import amount_of
from projections.reports.attainment import Handling
from projections.reports.clocks import RESOLVE
from projections.reports.points import points
from projections.reports.report import UNKNOWN, Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen

_NONE = Decimal(0)
_PROMISES = {"promise-kept": "kept", "promise-broken": "broken", "promise-missed": "broken"}


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Counts and sums by (period, owner at the time)."""
    for event in seen.events:
        if frame.within(event.at):
            match event:
                case Conversation():
                    sums = _sums(part, event.at, seen, frame)
                    add(sums, "talks")
                    add(sums, "reached", int(event.outcome == "reached"))
                case PurchaseMade():
                    sums = _sums(part, event.at, seen, frame)
                    add(sums, "purchases")
                    add(inner(sums, "net"), event.currency, amount_of(event.total, event.lines))
                case PurchaseReturned():
                    net = inner(_sums(part, event.at, seen, frame), "net")
                    add(net, event.currency, -amount_of(event.total, event.lines))
                case _:
                    pass
    for clock in Handling(seen, frame).restated:
        if clock.step == RESOLVE and clock.settled and clock.ended < NEVER and frame.within(clock.ended):
            sums = _sums(part, clock.ended, seen, frame)
            add(sums, "resolved")
            add(sums, "in_time", int(not clock.late))
    if any(isinstance(event, PromiseMade) for event in seen.events):
        for item in points(seen, frame.judge, frame.asked.as_of):
            if item.what in _PROMISES and frame.within(item.at):
                add(_sums(part, item.at, seen, frame), _PROMISES[item.what])


def _sums(part: Part, at: int, seen: Seen, frame: Frame) -> Part:
    sums = inner(part, (frame.period(at), seen.owner(at) or UNKNOWN))
    sums.setdefault("customers", set()).add(seen.id)
    return sums


def table(part: Part, frame: Frame) -> Made:
    """A row for each period and manager; a column of net sales for each currency."""
    staff = frame.catalogue.staff(frame.asked.as_of)
    currencies = sorted({currency for sums in part.values() for currency in sums.get("net", ())})
    rows: list[tuple[Any, ...]] = []
    for (period, manager), sums in sorted(part.items()):
        talks, reached, resolved, in_time, kept, broken, purchases = (
            sums.get(name, 0) for name in ("talks", "reached", "resolved", "in_time", "kept", "broken", "purchases")
        )
        person = staff.get(manager)
        rows.append(
            (
                period or None, manager or None, person.team if person else None, len(sums["customers"]), talks, reached,
                share(reached, talks), resolved, share(in_time, resolved), kept, broken, share(kept, kept + broken),
                purchases, *(sums.get("net", {}).get(currency, _NONE) for currency in currencies),
            )
        )  # fmt: skip
    columns = (
        Column("period", "text"),
        Column("manager", "text", "who owned the relationship at that moment; nothing: nobody did"),
        Column("team", "text", "of the manager, at `as_of`", "file"),
        Column("customers", "count", "with whom something happened"),
        Column("conversations", "count", "of either direction, whoever held them"),
        Column("reached", "count", "of them, that reached the other side", "file"),
        Column("reached_share", "share"),
        Column("resolved", "count", "rounds of complaints"),
        Column("in_time", "share", "of them, by the rulebook of the question", "bar"),
        Column("promises_kept", "count", "in time"),
        Column("promises_broken", "count", "said to be, or still open when they were due"),
        Column("kept_share", "share", "", "file"),
        Column("purchases", "count"),
        *(Column(f"net_{currency}", "money", "sales less returns") for currency in currencies),
    )
    return Made(columns, rows)


REPORT = Report(
    "performance", "Performance", "What was done for each manager's customers, credited to the owner at the time.",
    collect, table,
)  # fmt: skip
