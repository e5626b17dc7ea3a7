"""Groups of customers by which several reports can be cut: how they stand, or who they are, at `as_of`."""

from projections.reports.report import UNKNOWN, Column
from projections.reports.seeing import Frame, Seen

GROUPS = ("tier", "stage", "manager", "segment", "country", "kind", "acquisition")


def value(name: str, seen: Seen, at: int) -> str:
    """In which group a customer is; the manager is the one at `at`."""
    match name:
        case "tier":
            return seen.tier
        case "stage":
            return seen.state.stage
        case "manager":
            return seen.owner(at) or UNKNOWN
        case _:
            return getattr(seen.facts, name) or UNKNOWN


def group(seen: Seen, frame: Frame) -> tuple[str, ...]:
    """A customer's groups, in the order in which the question names them."""
    return tuple(value(name, seen, frame.asked.as_of) for name in frame.asked.by)


def grouped(frame: Frame) -> tuple[Column, ...]:
    """The columns that name the groups."""
    return tuple(Column(name, "text") for name in frame.asked.by)
