"""Every point of trust that a history gave or took, whenever that was: the fold itself forgets what has left its window."""

from itertools import groupby
from operator import attrgetter

from projections.asof import Judge
from projections.reports.seeing import Seen, Walk
from projections.state import TrustItem

_AT = attrgetter("at")


def points(seen: Seen, judge: Judge, at: int) -> list[TrustItem]:
    """All of them up to `at`, in order of time."""
    walk = Walk(judge)
    found: list[TrustItem] = []
    for instant, group in groupby(seen.events, key=_AT):
        walk.settle(instant - 1)
        _gather(found, walk.state.trust.items)  # before the fold forgets them with the next event
        walk.take(list(group))
        _gather(found, walk.state.trust.items)
    walk.settle(at)
    _gather(found, walk.state.trust.items)
    return found


def _gather(found: list[TrustItem], items: list[TrustItem]) -> None:
    """Add what came after the last one that is known."""
    if not items or (found and items[-1] == found[-1]):
        return
    new: list[TrustItem] = []
    last = found[-1] if found else None
    for item in reversed(items):
        if last is not None and (item == last or item.at < last.at):
            break
        new.append(item)
    found.extend(reversed(new))
