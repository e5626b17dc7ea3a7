"""Sales: what was bought and what came back, in each currency.

A return counts in the period in which it was made, and for the seller of what it returns, where that is named. By
product and category a purchase is counted line by line; what its total holds beyond its lines stands under no product.
A line that names no category has that of its product in the catalogue.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from domain.events import Line, PurchaseMade, PurchaseReturned
from domain.families.commerce import amount_of
from projections.reports.report import UNKNOWN, Column, Made, Part, Report, add, inner
from projections.reports.seeing import Frame, Seen

_NONE = Decimal(0)
_LINES = {"product", "category"}


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Sums by (period, what it is cut by, currency)."""
    bought = {e.purchase: e for e in seen.events if isinstance(e, PurchaseMade)}
    for event in seen.events:
        if not frame.within(event.at):
            continue
        if isinstance(event, PurchaseMade):
            for values, amount, pieces in _pieces(event, event, seen, frame):
                sums = _sums(part, event, values, frame)
                add(sums, "gross", amount)
                add(sums, "pieces", pieces)
                inner(sums, "purchases")[event.id] = 1
        elif isinstance(event, PurchaseReturned):
            made = bought.get(event.purchase or "")
            for values, amount, _ in _pieces(event, made, seen, frame):
                sums = _sums(part, event, values, frame)
                add(sums, "returns", amount)
                inner(sums, "returned")[event.id] = 1
    for sums in part.values():  # of one customer: nobody else has these events
        for name in ("purchases", "returned"):
            sums[name] = len(sums.get(name, ()))
        sums["customers"] = 1


def _sums(part: Part, event: PurchaseMade | PurchaseReturned, values: tuple[str, ...], frame: Frame) -> Part:
    return inner(part, (frame.period(event.at), *values, event.currency))


def _pieces(
    event: PurchaseMade | PurchaseReturned, made: PurchaseMade | None, seen: Seen, frame: Frame
) -> Iterator[tuple[tuple[str, ...], Decimal, Decimal]]:
    """(what it is cut by, amount, quantity) of a purchase or return; `made` is the purchase."""
    by = frame.asked.by
    total = amount_of(event.total, event.lines)
    if _LINES.isdisjoint(by) or not event.lines:
        quantity = sum((Decimal(line.quantity) for line in event.lines), _NONE)
        yield tuple(_value(name, None, event, made, seen, frame) for name in by), total, quantity
        return
    for line in event.lines:
        values = tuple(_value(name, line, event, made, seen, frame) for name in by)
        yield values, Decimal(line.amount), Decimal(line.quantity)
    beyond = total - amount_of(None, event.lines)
    if beyond:
        yield tuple(_value(name, None, event, made, seen, frame) for name in by), beyond, _NONE


def _value(
    name: str, line: Line | None, event: PurchaseMade | PurchaseReturned, made: PurchaseMade | None, seen: Seen,
    frame: Frame,
) -> str:  # fmt: skip
    match name:
        case "product":
            return line.product if line else UNKNOWN
        case "category":
            return (line and _category(line, made, frame)) or UNKNOWN
        case "seller":
            return (made and made.seller) or UNKNOWN
        case "channel":
            return (made and made.channel) or UNKNOWN
        case "manager":
            return seen.owner(event.at) or UNKNOWN
        case "tier":
            return seen.tier
        case _:
            return (seen.facts.segment if name == "segment" else seen.facts.country) or UNKNOWN


def _category(line: Line, made: PurchaseMade | None, frame: Frame) -> str | None:
    """As the line says, or as the line of the purchase that it returns said, or as the catalogue says."""
    lines = made.lines if made else ()
    stated = line.category or next((other.category for other in lines if other.product == line.product), None)
    return frame.category(line.product, stated)


def table(part: Part, frame: Frame) -> Made:
    """A row for each period, value and currency; all that was bought, less what came back, is what is left."""
    by = frame.asked.by
    rows: list[tuple[Any, ...]] = []
    for (period, *values, currency), sums in sorted(part.items()):
        gross, back = sums.get("gross", _NONE), sums.get("returns", _NONE)
        rows.append(
            (
                period or None, *(value or None for value in values), currency, gross, back, gross - back,
                sums["purchases"], sums["returned"], sums.get("pieces", _NONE), sums["customers"],
            )
        )  # fmt: skip
    columns = (
        Column("period", "text", "when, by the clocks of the rulebook's zone; nothing: the whole time"),
        *(Column(name, "text") for name in by),
        Column("currency", "text", "ISO 4217"),
        Column("gross", "money", "bought"),
        Column("returns", "money", "came back"),
        Column("net", "money", "gross less returns", "bar"),
        Column("purchases", "count", "purchases with something of this row in them"),
        Column("returned", "count", "returns with something of this row in them"),
        Column("pieces", "number", "quantity bought"),
        Column("customers", "count", "who bought or returned"),
    )
    return Made(columns, rows)


REPORT = Report(
    "sales", "Sales", "What was bought and what came back, in each currency.", collect, table,
    by=("product", "category", "seller", "channel", "manager", "tier", "segment", "country"), every="month",
)  # fmt: skip
