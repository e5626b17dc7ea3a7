"""What all families use: noting a happening in its series, and keeping what has no match yet."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from typing import Any, cast

from domain.events import Event
from domain.facts import EPOCH, HOUR, MICROSECOND, NEVER, Changed, Customer, Mark, Series, Unmatched, micros

Evolve = Callable[[Customer, Any], int]

MOST_MARKS = 50  # of each list that only a page shows: the last ones
MOST_UNMATCHED = 100
MOST_RECEIPTED = 8
RECEIPT_WITHIN = HOUR  # so near to each other, a receipt and a conversation on one channel are one contact

_MONTHS: list[int] = [
    (datetime(year, month, 1, tzinfo=UTC) - EPOCH) // MICROSECOND
    for year in range(1900, 2201)
    for month in range(1, 13)
]

ACT_BIT = 1 << Series.ACT


def bits(*series: Series) -> int:
    """The change that a new item in these series is."""
    return sum(1 << kind for kind in series)


def month_end(at: int) -> int:
    """The first moment of the calendar month (UTC) after the one that holds `at`."""
    index = bisect_right(_MONTHS, at)
    return _MONTHS[index] if index < len(_MONTHS) else NEVER


def month_start(at: int) -> int:
    """The first moment of the calendar month (UTC) that holds `at`."""
    index = bisect_right(_MONTHS, at)
    return _MONTHS[index - 1] if index else -NEVER


def act(customer: Customer, event: Event) -> None:
    """They did something themselves."""
    item = (event.at, event.id)
    customer.series[Series.ACT].append(item)
    if event.at < customer.month_ends:
        customer.months[-1] = item
    else:
        customer.months.append(item)
        customer.month_ends = month_end(event.at)


def noting(*series: Series) -> Evolve:
    """An evolve that only notes the happening; ACT among the series counts the month too."""
    change = bits(*series)
    plain = tuple(kind for kind in series if kind != Series.ACT)
    theirs = Series.ACT in series

    def note(customer: Customer, event: Event) -> int:
        for kind in plain:
            customer.series[kind].append((event.at, event.id))
        if theirs:
            act(customer, event)
        return change

    return note


def nothing(_customer: Customer, _event: Event) -> int:
    """An event that leaves no fact but itself on the timeline."""
    return 0


def mark(event: Event, code: str | None, until: datetime | None = None) -> Mark:
    """Point at an event."""
    return Mark(event.id, event.version, event.at, code or "", NEVER if until is None else micros(until))


def pin(marks: list[Mark], new: Mark) -> None:
    """Keep the last marks."""
    marks.append(new)
    if len(marks) > MOST_MARKS:
        del marks[0]


def wait_for(customer: Customer, ref: str, event: Event) -> int:
    """Keep a fact whole until what it is about is there."""
    customer.unmatched.setdefault(ref, []).append(cast("Unmatched", event))
    if len(customer.unmatched) > MOST_UNMATCHED:
        del customer.unmatched[next(iter(customer.unmatched))]
    return 0


def matched(customer: Customer, ref: str, evolve: Callable[[Customer, Any], int]) -> int:
    """Fold what waited for `ref`, which is there now."""
    change = 0
    for event in customer.unmatched.pop(ref, ()):
        change |= evolve(customer, event)
    return change


def contradicts(customer: Customer, event: Event) -> int:
    """Show a fact that contradicts what was known at its time; it changes nothing else."""
    pin(customer.odd, mark(event, str(type(event).__struct_config__.tag)))
    return 0


def unmatched(customer: Customer) -> list[Unmatched]:
    """Everything that waits for a match, in the order of what it waits for."""
    return list(chain.from_iterable(customer.unmatched.values()))


__all__ = [
    "ACT_BIT", "Changed", "Evolve", "act", "bits", "contradicts", "mark", "matched", "month_end", "month_start",
    "nothing",
    "noting", "pin", "unmatched", "wait_for",
]  # fmt: skip
