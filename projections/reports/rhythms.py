"""When somebody is likely to buy again: at their last purchase plus the median of their own last intervals."""

from typing import Any, NamedTuple

from domain.criteria.measures import median
from projections.reports.report import Part
from projections.reports.seeing import Frame, Seen
from projections.reports.suggesting import suggestion

_CONTENT = "likely-purchase"


class Next(NamedTuple):
    """When a customer bought last, and when they are likely to buy again, in µs."""

    last: int
    event: str
    typical: int
    likely: int


def next_purchase(seen: Seen) -> Next | None:
    """None for who never bought again, left, or is nobody yet."""
    c = seen.facts
    if not c.intervals or c.last_purchase is None or c.ended is not None or c.provisional:
        return None
    at, event = c.last_purchase
    typical = median(c.intervals)
    return Next(at, event, typical, at + typical)


def remind(part: Part, seen: Seen, frame: Frame, coming: Next) -> dict[str, Any] | None:
    """A contact for who is overdue, kept in the part too; not for who is in dissolution: those the rules win back."""
    if coming.likely > frame.asked.as_of or seen.state.stage in frame.rules.cadence.no_selling_in:
        return None
    made = suggestion(
        "next-purchase", seen, frame, reason=coming.event, since=coming.last, due=coming.likely, content=_CONTENT
    )
    if made is not None:
        part.setdefault("suggestions", []).append(made)
    return made
