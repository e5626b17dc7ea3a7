"""Offers: what to offer each customer next: what goes best with what they bought, and they never bought."""

from typing import Any

from projections.reports.baskets import BY, after, baskets, best
from projections.reports.report import Column, Made, Part, Report
from projections.reports.seeing import Frame, Seen
from projections.reports.suggesting import suggestion


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """The customer's purchases, and a contact that only lacks what is to be offered."""
    found = baskets(seen, frame)
    if not found:
        return
    part["baskets"] = [found]
    if not seen.person or seen.facts.ended is not None:
        return
    items = frozenset[str]().union(*found)
    if "category" in frame.asked.by:  # what they hold, they need no offer of
        items |= {h.category for h in seen.facts.holdings.values() if h.category}
    else:
        items |= {h.product for h in seen.facts.holdings.values()}
    last = seen.facts.last_purchase
    since = last[0] if last else seen.facts.first_at
    cloud = suggestion("offers", seen, frame, reason="", since=since, due=frame.asked.as_of, content="offer")
    who = (seen.id, seen.owner(frame.asked.as_of), seen.tier, seen.state.stage)
    part["customers"] = [(seen.state.level, who, items, cloud)]


def table(part: Part, _frame: Frame) -> Made:
    """A row for each customer for whom something does better than chance, high tiers and likely ones first."""
    pairs = after(part.get("baskets", []))
    rows: list[tuple[int, tuple[Any, ...]]] = []
    for level, who, items, cloud in part.get("customers", ()):
        pair = best(pairs, items)
        if pair is not None:
            made = None if cloud is None else _offering(cloud, pair.then)
            rows.append((level, (*who, pair.then, pair.first, pair.confidence, pair.lift, made)))
    rows.sort(key=lambda row: (row[0], -row[1][6], row[1][0]))
    columns = (
        Column("customer", "text"),
        Column("manager", "text"),
        Column("tier", "text"),
        Column("stage", "text"),
        Column("offer", "text", "category or product that they never bought"),
        Column("because", "text", "what they bought before"),
        Column("confidence", "share", "of customers who bought that, who later bought this", "bar"),
        Column("lift", "number", "times as often as anybody"),
        Column("suggests", "event", "a contact that is ready to be planned"),
    )
    made = [row[-1] for _, row in rows if row[-1] is not None]
    return Made(columns, [row for _, row in rows], made)


def _offering(cloud: dict[str, Any], offer: str) -> dict[str, Any]:
    """The contact, about this offer; one that may not sell keeps its content, and is for the same reason all the same."""
    key = cloud["id"] + offer
    content = f"offer {offer}"[:120] if cloud["data"]["content"] == "offer" else cloud["data"]["content"]
    return cloud | {"id": key, "data": cloud["data"] | {"outreach": key, "content": content}}


REPORT = Report(
    "offers", "What to offer next", "What goes best with what each customer bought, and they never bought.",
    collect, table, by=BY, default=("category",), several=False, periods=False, suggests=True,
)  # fmt: skip
