"""Pipeline: prospects by product, stage or manager: open at a moment, won and lost over a period."""

from decimal import Decimal
from typing import Any

from domain.events import ProspectClosed, ProspectNoted
from projections.reports.report import UNKNOWN, Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen

_NONE = Decimal(0)


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Counts and sums by (what it is cut by, currency)."""
    noted: dict[str, ProspectNoted] = {}
    for event in seen.events:
        if isinstance(event, ProspectNoted):
            noted[event.prospect] = event
        elif isinstance(event, ProspectClosed) and frame.within(event.at) and event.prospect in noted:
            known = noted[event.prospect]
            currency = known.amount.currency if known.amount else UNKNOWN
            sums = _sums(part, known.product, known.staff, currency, event.at, seen, frame)
            add(sums, event.outcome)
            if event.outcome == "won" and known.amount:
                add(sums, "won_amount", Decimal(known.amount.amount))
    today = frame.days.day(frame.asked.as_of).isoformat()
    for p in seen.facts.prospects.values():
        sums = _sums(part, p.product, p.staff, p.currency or UNKNOWN, frame.asked.as_of, seen, frame)
        add(sums, "open")
        add(sums, "overdue", int(p.expected is not None and p.expected < today))
        if p.amount is not None:
            add(sums, "amount", p.amount)
            add(sums, "weighted", p.amount * (p.probability or 0) / 100)


def _sums(part: Part, product: str, staff: str | None, currency: str, at: int, seen: Seen, frame: Frame) -> Part:
    values = {
        "product": product, "category": frame.category(product, None), "stage": seen.state.stage, "tier": seen.tier,
        "manager": seen.owner(at), "staff": staff,
    }  # fmt: skip
    return inner(part, (*(values[name] or UNKNOWN for name in frame.asked.by), currency))


def table(part: Part, frame: Frame) -> Made:
    """A row for each value and currency."""
    rows: list[tuple[Any, ...]] = []
    for key, sums in sorted(part.items()):
        won, lost, dropped = (sums.get(name, 0) for name in ("won", "lost", "dropped"))
        rows.append(
            (
                *(value or None for value in key), sums.get("open", 0), sums.get("overdue", 0),
                sums.get("amount", _NONE), sums.get("weighted", _NONE), won, lost, dropped,
                share(won, won + lost + dropped), sums.get("won_amount", _NONE),
            )
        )  # fmt: skip
    columns = (
        *(Column(name, "text") for name in frame.asked.by),
        Column("currency", "text", "nothing: no amount was named"),
        Column("open", "count", "at `as_of`"),
        Column("overdue", "count", "of them, whose expected date is past"),
        Column("amount", "money", "of the open ones"),
        Column("weighted", "money", "amount × probability; without a probability nothing is counted on"),
        Column("won", "count", "in the period"),
        Column("lost", "count", "in the period"),
        Column("dropped", "count", "in the period"),
        Column("won_share", "share", "of those decided in the period", "bar"),
        Column("won_amount", "money", "as it was noted last"),
    )
    return Made(columns, rows)


REPORT = Report(
    "pipeline", "Pipeline", "Prospects by product, stage or manager: open, weighted, won and lost.", collect, table,
    by=("product", "category", "stage", "tier", "manager", "staff"), default=("product", "stage"), periods=False,
)  # fmt: skip
