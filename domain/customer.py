"""One customer's history, gathered into facts. Knows no rules.

`evolve` remembers one event in place; every type that can stand in a customer's stream has a function (see
`families`), and a test holds that none is missing. No fact is refused for contradicting another: it waits, or is
shown as odd.
"""

from domain.criteria.measures import OF_PURCHASES
from domain.events import Event
from domain.facts import Changed, Customer, Series
from domain.families import care, commerce, complaint, conversation, person
from domain.families.common import Evolve

EVOLVE: dict[type[Event], Evolve] = {
    **person.EVOLVE,
    **conversation.EVOLVE,
    **commerce.EVOLVE,
    **complaint.EVOLVE,
    **care.EVOLVE,
}

MOST_ENDED_CASES = 100
MOST_COVERS = 200


def evolve(customer: Customer, event: Event) -> int:
    """Remember one event, in place, and say in bits (`Changed`) what that changed."""
    if not customer.first_id:
        customer.first_id, customer.first_at = event.id, event.at
    return EVOLVE[type(event)](customer, event)


class Memory:
    """How much of each series rules look at: the last `keep` items, all since `window` µs ago, and those of fixed periods.

    A fixed period is (after, up to); beside series there are OF_SPEND and OF_PURCHASES (`domain.criteria.measures`).
    """

    __slots__ = ("by_channel", "fixed", "keep", "longest", "window")

    def __init__(
        self,
        keep: dict[Series, int],
        window: dict[Series, int],
        longest: int,
        fixed: dict[int, list[tuple[int, int]]] | None = None,
        by_channel: int = 1,
    ) -> None:
        self.fixed = fixed or {}
        self.by_channel = by_channel
        self.keep = [max(1, keep.get(kind, 1)) for kind in Series]
        self.window = [window.get(kind, 0) for kind in Series]
        self.longest = longest

    def holds(self, what: int, at: int) -> bool:
        """Whether what happened at this instant lies in a fixed period that some rule looks at."""
        return any(after < at <= upto for after, upto in self.fixed.get(what, ()))


def trim(customer: Customer, memory: Memory, now: int) -> None:
    """Forget what no rule can ask for at `now` or later; counts since ever stay right."""
    _trim_series(customer, memory, now)
    since = now - memory.longest
    if len(customer.months) > 1 and customer.months[0][0] <= since:
        customer.months = [item for item in customer.months if item[0] > since] or customer.months[-1:]
    for sent in customer.by_channel.values():
        if len(sent) > memory.by_channel:
            del sent[: -memory.by_channel]
    if len(customer.purchases) > 1:
        stale = [
            ref
            for ref, purchase in customer.purchases.items()
            if purchase.at <= since and not memory.holds(OF_PURCHASES, purchase.at)
        ]
        for ref in stale:
            del customer.purchases[ref]
    if len(customer.categories) > _MANY_CATEGORIES:
        customer.categories = {code: item for code, item in customer.categories.items() if item[0] > since}
    if len(customer.cases) > MOST_ENDED_CASES + customer.open_cases:
        ended = sorted((case.ended, ref) for ref, case in customer.cases.items() if not case.open)
        for _, ref in ended[:-MOST_ENDED_CASES]:
            del customer.cases[ref]
    if len(customer.covers) > MOST_COVERS:
        del customer.covers[:-MOST_COVERS]


_MANY_CATEGORIES = 50


def _trim_series(customer: Customer, memory: Memory, now: int) -> None:
    for kind, (items, keep) in enumerate(zip(customer.series, memory.keep, strict=True)):
        if len(items) <= keep:
            continue
        excess = len(items) - keep
        if window := memory.window[kind]:
            excess = _older(items, now - window, excess)
        if excess and kind in memory.fixed:
            kept = [item for item in items[:excess] if memory.holds(kind, item[0])]
            items[:excess] = kept
            customer.dropped[kind] += excess - len(kept)
        elif excess:
            del items[:excess]
            customer.dropped[kind] += excess


def _older(items: list[tuple[int, str]], since: int, most: int) -> int:
    """How many of the first `most` items lie at or before `since`."""
    for index in range(most):
        if items[index][0] > since:
            return index
    return most


__all__ = ["EVOLVE", "Changed", "Customer", "Memory", "evolve", "trim"]
