"""What customers bought, purchase by purchase, and what that says of pairs: `affinity` and `offers` share it.

together   in one purchase; counted in purchases
after      the second in a later purchase than the first; counted in customers

support is the share of all that hold both, confidence the share of those with the first that hold both, and lift how many times
as often that is as for anybody. Pairs that fewer than LEAST hold, or fewer than SELDOM of all, say nothing and are left out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from domain.events import PurchaseMade
from projections.reports.seeing import Frame, Seen

LEAST = 3
SELDOM = 0.005
BY = ("category", "product")

Baskets = tuple[frozenset[str], ...]


class Pair(NamedTuple):
    """How often one thing goes with another."""

    kind: str
    first: str
    then: str
    both: int
    support: float
    confidence: float
    lift: float


def baskets(seen: Seen, frame: Frame) -> Baskets:
    """What each purchase held, oldest first; by category a product that has none stands for itself."""
    by_product = "product" in frame.asked.by
    return tuple(
        frozenset(
            line.product if by_product else frame.category(line.product, line.category) or line.product
            for line in event.lines
        )
        for event in seen.events
        if isinstance(event, PurchaseMade) and event.lines and frame.within(event.at)
    )


def together(all_: Sequence[Baskets]) -> list[Pair]:
    """Pairs in one purchase, in both directions."""
    purchases = [basket for bought in all_ for basket in bought]
    single = Counter(item for basket in purchases for item in basket)
    often = _often(single, len(purchases))
    both = Counter(
        pair for basket in purchases for pair in combinations(sorted(item for item in basket if item in often), 2)
    )
    directed = Counter({(b, a): count for (a, b), count in both.items()})
    return _pairs("together", both + directed, single, len(purchases))


def after(all_: Sequence[Baskets]) -> list[Pair]:
    """Pairs of which a customer bought the second later than the first."""
    customers = [bought for bought in all_ if bought]
    single = Counter(item for bought in customers for item in frozenset[str]().union(*bought))
    often = _often(single, len(customers))
    both: Counter[tuple[str, str]] = Counter()
    for bought in customers:
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        for place, basket in enumerate(bought):
            for item in basket & often:
                first.setdefault(item, place)
                last[item] = place
        later = sorted(last.items(), key=lambda pair: pair[1])
        for item, begun in first.items():
            both.update((item, other) for other, place in later if place > begun and other != item)
    return _pairs("after", both, single, len(customers))


def _often(single: Counter[str], whole: int) -> frozenset[str]:
    least = max(LEAST, SELDOM * whole)
    return frozenset(item for item, count in single.items() if count >= least)


def _pairs(kind: str, both: Counter[tuple[str, str]], single: Counter[str], whole: int) -> list[Pair]:
    least = max(LEAST, SELDOM * whole)
    found = [
        Pair(
            kind,
            first,
            then,
            count,
            count / whole,
            count / single[first],
            count * whole / (single[first] * single[then]),
        )
        for (first, then), count in both.items()
        if count >= least
    ]
    return sorted(found, key=lambda pair: (-pair.lift, -pair.both, pair.first, pair.then))


def best(pairs: Iterable[Pair], items: frozenset[str]) -> Pair | None:
    """What goes best with what somebody has, and they do not have; None where nothing does better than chance."""
    fit = [p for p in pairs if p.first in items and p.then not in items and p.lift > 1]
    return max(fit, key=lambda p: (p.confidence, p.lift, p.then), default=None)
