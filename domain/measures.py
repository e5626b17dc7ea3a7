"""Measures over the facts of a customer, and criteria that compare them with a threshold.

A criterion answers at a moment: does it hold, and until when does that answer stand if nothing else happens. So the next moment at
which a rule's answer changes is computed and never polled. `until` may be early, never late: whoever waits for it asks again.

A criterion also says which changes (`domain.facts.Changed`) can make it true at once (`wakes`) or false at once (`sinks`): where none of
these happened, and `until` has not come, there is nothing to ask.

`show` gives what a person is told: the value measured, the threshold, and the events cited. A value is counted up to its threshold
and no further, and exactly the events that reach it are cited, the last ones first.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

from msgspec import Struct

from domain.facts import DAY, NEVER, Changed, Customer, Item, Series
from domain.families.common import months_of

SINCE_ENTRY: Final = -1  # a window that begins with the stage
EVER: Final = 0

Answer = tuple[bool, int]


class Measured(Struct, array_like=True):
    """One criterion as measured: what, the value, how it was compared, with what; which events."""

    measure: str
    value: str
    test: str
    threshold: str
    events: list[str]


class StageView(Protocol):
    """A stretch of a stage history."""

    @property
    def stage(self) -> str:
        """Its name."""
        ...


class Standing(Protocol):
    """What criteria look at: facts, and the verdicts that other rules gave."""

    customer: Customer
    entered: int  # when the present stage was entered
    score: int  # trust
    level: int  # tier, 0 the highest

    def been_in(self, stage: str) -> list[Item]:
        """When this stage was entered, and by the last event of the reason."""
        ...

    def overdue(self, severities: frozenset[str], times: int) -> tuple[list[tuple[int, str]], int]:
        """Open complaints overdue now by so many times their time: since when, and id; and when the next will be."""
        ...

    now: int


class Criterion(Protocol):
    """One condition of a clause."""

    wakes: int
    sinks: int

    def holds(self, s: Standing, t: int) -> Answer:
        """Does it hold at `t`, and until when does that answer stand?"""
        ...

    def show(self, s: Standing, t: int) -> Measured:
        """What was measured at `t`."""
        ...

    def needs(self) -> list[tuple[Series, int, int]]:
        """What must be remembered: (series, last items, window)."""
        ...


def days(span: int) -> str:
    """A span in days, as people write it."""
    return f"{span / DAY:g} days"


def _bits(series: Sequence[Series]) -> int:
    return sum(1 << kind for kind in series)


def _returned(series: Sequence[Series]) -> int:
    return Changed.RETURNED if Series.PURCHASE in series else 0


class AtLeast:
    """So many happenings at least: ever, within a window, or since the stage was entered."""

    def __init__(self, series: tuple[Series, ...], count: int, window: int) -> None:
        self.series, self.count, self.window = series, count, window
        self.one = int(series[0]) if len(series) == 1 else None
        self.wakes = _bits(series)
        self.sinks = _returned(series)

    def _latest(self, c: Customer) -> list[Item]:
        """The last `count` happenings, oldest first; one that stands in several series counts once."""
        if self.one is not None:
            return c.series[self.one][-self.count :]
        found: set[Item] = set()
        for kind in self.series:
            found.update(c.series[kind][-self.count :])
        return sorted(found)[-self.count :]

    def holds(self, s: Standing, t: int) -> Answer:
        c = s.customer
        n = self.count
        if self.one is not None:
            items = c.series[self.one]
            if len(items) < n:
                return (self.window == EVER and len(items) + c.dropped[self.one] >= n), NEVER
            at = items[-n][0]
        else:
            latest = self._latest(c)
            if len(latest) < n:
                return False, NEVER
            at = latest[0][0]
        if self.window > 0:
            end = at + self.window
            return (True, end) if end > t else (False, NEVER)
        return (self.window == EVER or at > s.entered), NEVER

    def show(self, s: Standing, t: int) -> Measured:
        latest = self._latest(s.customer)
        if self.window:
            since = t - self.window if self.window > 0 else s.entered
            latest = [item for item in latest if item[0] > since]
        return Measured(
            _named(self.series, self.window), str(len(latest)), ">=", str(self.count), [id_ for _, id_ in reversed(latest)]
        )

    def needs(self) -> list[tuple[Series, int, int]]:
        return [(kind, self.count, max(self.window, 0)) for kind in self.series]


class AtMost:
    """So many happenings at most: ever, within a window, or since the stage was entered."""

    def __init__(self, series: tuple[Series, ...], count: int, window: int) -> None:
        self.beyond = AtLeast(series, count + 1, window)
        self.count = count
        self.wakes = _returned(series)
        self.sinks = _bits(series)

    def holds(self, s: Standing, t: int) -> Answer:
        holds, until = self.beyond.holds(s, t)
        return not holds, until

    def show(self, s: Standing, t: int) -> Measured:
        shown = self.beyond.show(s, t)
        return Measured(shown.measure, shown.value, "<=", str(self.count), shown.events)

    def needs(self) -> list[tuple[Series, int, int]]:
        return self.beyond.needs()


class Silence:
    """Nothing of these kinds for so long: a fixed span, or a multiple of their own interval between purchases."""

    def __init__(self, series: tuple[Series, ...], least: int, intervals: float, most: int) -> None:
        self.series, self.least, self.intervals, self.most = series, least, intervals, most
        self.wakes = Changed.RETURNED | ((1 << Series.PURCHASE) if intervals else 0)
        self.sinks = _bits(series)

    def span(self, c: Customer) -> int:
        """How long a silence is too long for this customer, µs."""
        span = self.least
        if self.intervals and c.intervals:
            span = max(span, int(self.intervals * median(c.intervals)))
        return min(span, self.most)

    def _last(self, c: Customer) -> Item:
        last = (c.first_at, c.first_id)
        for kind in self.series:
            items = c.series[kind]
            if items and items[-1][0] >= last[0]:
                last = items[-1]
        return last

    def holds(self, s: Standing, t: int) -> Answer:
        c = s.customer
        last = c.first_at
        for kind in self.series:
            items = c.series[kind]
            if items and items[-1][0] > last:
                last = items[-1][0]
        end = last + self.span(c)
        return (True, NEVER) if end <= t else (False, end)

    def show(self, s: Standing, t: int) -> Measured:
        at, id_ = self._last(s.customer)
        span = self.span(s.customer)
        return Measured("silence", days(min(t - at, span)), ">=", days(span), [id_])

    def needs(self) -> list[tuple[Series, int, int]]:
        return [(kind, 1, 0) for kind in self.series]


def median(values: list[int]) -> int:
    """The middle one, or the mean of the two in the middle."""
    ordered = sorted(values)
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) // 2


class Months:
    """Happenings in at least so many calendar months (UTC) within a window."""

    def __init__(self, series: Series, count: int, window: int) -> None:
        self.series, self.count, self.window = series, count, window
        self.wakes = 1 << series
        self.sinks = _returned((series,))

    def _latest(self, c: Customer, t: int) -> list[Item]:
        """The last happening of each of the last `count` months inside the window, latest first."""
        items = c.months if self.series is Series.ACT else c.series[self.series]
        found: list[Item] = []
        month = -1
        since = t - self.window
        for item in reversed(items):
            if item[0] <= since or len(found) == self.count:
                break
            of = months_of([item[0]])[0]
            if of != month:
                found.append(item)
                month = of
        return found

    def holds(self, s: Standing, t: int) -> Answer:
        found = self._latest(s.customer, t)
        if len(found) < self.count:
            return False, NEVER
        return True, found[-1][0] + self.window

    def show(self, s: Standing, t: int) -> Measured:
        found = self._latest(s.customer, t)
        name = f"months with {_named((self.series,), self.window)}"
        return Measured(name, str(len(found)), ">=", str(self.count), [id_ for _, id_ in found])

    def needs(self) -> list[tuple[Series, int, int]]:
        return [(self.series, 1, 0 if self.series is Series.ACT else self.window)]


class Categories:
    """Purchases in at least so many categories within a window; left out where no category was ever named, if so wished."""

    def __init__(self, count: int, window: int, if_known: bool) -> None:
        self.count, self.window, self.if_known = count, window, if_known
        self.wakes = 1 << Series.PURCHASE
        self.sinks = (1 << Series.PURCHASE) if if_known else 0  # the first category named makes it count

    def _latest(self, c: Customer, t: int) -> list[Item]:
        since = t - self.window
        found = sorted((item for item in c.categories.values() if item[0] > since), reverse=True)
        return found[: self.count]

    def holds(self, s: Standing, t: int) -> Answer:
        c = s.customer
        if self.if_known and not c.categories:
            return True, NEVER
        found = self._latest(c, t)
        if len(found) < self.count:
            return False, NEVER
        return True, found[-1][0] + self.window

    def show(self, s: Standing, t: int) -> Measured:
        name = f"categories within {days(self.window)}"
        if self.if_known and not s.customer.categories:
            return Measured(name, "none known", ">=", str(self.count), [])
        found = self._latest(s.customer, t)
        return Measured(name, str(len(found)), ">=", str(self.count), [id_ for _, id_ in found])

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class Holdings:
    """At least so many holdings that they have, or so many categories of them."""

    def __init__(self, count: int, of_categories: bool) -> None:
        self.count, self.of_categories = count, of_categories
        self.wakes = self.sinks = Changed.HOLDINGS

    def _first(self, c: Customer) -> list[Item]:
        if not self.of_categories:
            return sorted((held.at, held.id) for held in c.holdings.values())[: self.count]
        first: dict[str, Item] = {}
        for at, id_, code in sorted((held.at, held.id, held.category or held.product) for held in c.holdings.values()):
            first.setdefault(code, (at, id_))
        return sorted(first.values())[: self.count]

    def holds(self, s: Standing, t: int) -> Answer:
        holdings = s.customer.holdings
        return len(holdings) >= self.count and len(self._first(s.customer)) >= self.count, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        found = self._first(s.customer)
        name = "categories of holdings" if self.of_categories else "holdings"
        return Measured(name, str(len(found)), ">=", str(self.count), [id_ for _, id_ in found])

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class Ended:
    """Customer or company ended the relationship, and it did not begin anew."""

    wakes = Changed.ENDED
    sinks = Changed.HOLDINGS | 1 << Series.PURCHASE

    def holds(self, s: Standing, t: int) -> Answer:
        return s.customer.ended is not None, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        ended = s.customer.ended
        return Measured("ended by", ended.code if ended else "nobody", "=", "ended", [ended.id] if ended else [])

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class Trust:
    """Trust at least, or below, so many points."""

    def __init__(self, least: int | None, below: int | None) -> None:
        self.least, self.below = least, below
        self.wakes = self.sinks = Changed.TRUST

    def holds(self, s: Standing, t: int) -> Answer:
        low = self.least is None or s.score >= self.least
        return low and (self.below is None or s.score < self.below), NEVER

    def show(self, s: Standing, t: int) -> Measured:
        test, threshold = ("<", self.below) if self.least is None else (">=", self.least)
        return Measured("trust", str(s.score), test, str(threshold), [])

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class TierAtLeast:
    """This tier or a higher one."""

    def __init__(self, level: int, name: str) -> None:
        self.level, self.name = level, name
        self.wakes = self.sinks = Changed.TIER

    def holds(self, s: Standing, t: int) -> Answer:
        return s.level <= self.level, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        return Measured("tier", str(s.level), "at least", self.name, [])

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class InStage:
    """So long in the present stage."""

    wakes = sinks = 0

    def __init__(self, span: int) -> None:
        self.span = span

    def holds(self, s: Standing, t: int) -> Answer:
        end = s.entered + self.span
        return (True, NEVER) if end <= t else (False, end)

    def show(self, s: Standing, t: int) -> Measured:
        return Measured("time in stage", days(min(t - s.entered, self.span)), ">=", days(self.span), [])

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class BeenIn:
    """Was ever, or never, in a stage before."""

    wakes = sinks = 0

    def __init__(self, stage: str, ever: bool) -> None:
        self.stage, self.ever = stage, ever

    def holds(self, s: Standing, t: int) -> Answer:
        return bool(s.been_in(self.stage)) is self.ever, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        found = s.been_in(self.stage)
        return Measured(
            f"times in {self.stage}", str(len(found)), ">=" if self.ever else "=", "1" if self.ever else "0",
            [id_ for _, id_ in found[-1:] if id_],
        )  # fmt: skip

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class OpenComplaints:
    """So many open complaints at most."""

    wakes = sinks = Changed.CASES

    def __init__(self, most: int, severities: frozenset[str]) -> None:
        self.most, self.severities = most, severities

    def _open(self, c: Customer) -> list[Item]:
        return sorted((case.at, case.id) for case in c.cases.values() if case.open and case.severity in self.severities)

    def holds(self, s: Standing, t: int) -> Answer:
        if s.customer.open_cases <= self.most:
            return True, NEVER
        return len(self._open(s.customer)) <= self.most, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        found = self._open(s.customer)[: self.most + 1]
        return Measured("open complaints", str(len(found)), "<=", str(self.most), [id_ for _, id_ in found])

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class Overdue:
    """So many open complaints, at least or at most, overdue by so many times the time that was set for them (0: overdue)."""

    wakes = sinks = Changed.CASES

    def __init__(self, severities: frozenset[str], times: int, least: int | None, most: int | None) -> None:
        self.severities, self.times, self.least, self.most = severities, times, least, most

    def holds(self, s: Standing, t: int) -> Answer:
        if not s.customer.open_cases:
            return self.least is None or self.least <= 0, NEVER
        found, next_ = s.overdue(self.severities, self.times)
        if self.least is not None:
            return len(found) >= self.least, next_
        return len(found) <= (self.most or 0), next_

    def show(self, s: Standing, t: int) -> Measured:
        found, _ = s.overdue(self.severities, self.times)
        test, threshold = ("<=", self.most) if self.least is None else (">=", self.least)
        counted = found[: (self.most or 0) + 1] if self.least is None else found[: self.least]
        name = f"complaints overdue by {self.times} times their time" if self.times else "complaints overdue"
        return Measured(name, str(len(counted)), test, str(threshold), [id_ for _, id_ in counted])

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class Spend:
    """Net spend of one currency within a window, at least so much."""

    wakes = sinks = Changed.SPEND

    def __init__(self, currency: str, least: Decimal, window: int) -> None:
        self.currency, self.least, self.window = currency, least, window

    def holds(self, s: Standing, t: int) -> Answer:
        items = s.customer.spend.get(self.currency, [])
        since = t - self.window
        inside = [item for item in items if item[0] > since]
        net = sum((amount for _, _, amount in inside), Decimal(0))
        holds = net >= self.least
        for at, _, amount in inside:
            net -= amount
            if (net >= self.least) is not holds:
                return holds, at + self.window
        return holds, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        since = t - self.window
        inside = [item for item in s.customer.spend.get(self.currency, []) if item[0] > since]
        net = sum((amount for _, _, amount in inside), Decimal(0))
        name = f"net spend within {days(self.window)}, {self.currency}"
        return Measured(name, str(net), ">=", str(self.least), [id_ for _, id_, _ in reversed(inside)])

    def needs(self) -> list[tuple[Series, int, int]]:
        return []


class Ratio:
    """At least so many happenings of one kind for each of another, within a window; where the other has none, it holds."""

    def __init__(self, of: tuple[Series, ...], to: tuple[Series, ...], least: Decimal, window: int) -> None:
        self.of, self.to, self.least, self.window = of, to, least, window
        self.wakes = _bits(of) | _returned(to)
        self.sinks = _bits(to) | _returned(of)

    def _inside(self, c: Customer, series: tuple[Series, ...], t: int) -> list[Item]:
        since = t - self.window
        return sorted({item for kind in series for item in c.series[kind] if item[0] > since})

    def holds(self, s: Standing, t: int) -> Answer:
        of, to = self._inside(s.customer, self.of, t), self._inside(s.customer, self.to, t)
        oldest = min([item[0] for item in (*of[:1], *to[:1])], default=NEVER - self.window)
        return len(of) >= self.least * len(to), oldest + self.window

    def show(self, s: Standing, t: int) -> Measured:
        of, to = self._inside(s.customer, self.of, t), self._inside(s.customer, self.to, t)
        name = f"{_named(self.of, self.window)} for each {_named(self.to, self.window)}"
        cited: list[Any] = [id_ for _, id_ in reversed(sorted({*of, *to}))]
        return Measured(name, f"{len(of)}:{len(to)}", ">=", str(self.least), cited)

    def needs(self) -> list[tuple[Series, int, int]]:
        return [(kind, 1, self.window) for kind in (*self.of, *self.to)]


def _named(series: Sequence[Series], window: int) -> str:
    what = " or ".join(kind.name.lower().replace("_", "-") for kind in series)
    if window == SINCE_ENTRY:
        return f"{what} since entry"
    return f"{what} within {days(window)}" if window else what
