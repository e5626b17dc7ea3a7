"""Measures over the facts of a customer, and criteria that compare them with a threshold.

A criterion answers at a moment: does it hold, and until when does that answer stand if nothing else happens. So the
next moment at which a rule's answer changes is computed and never polled. `until` may be early, never late: whoever
waits for it asks again.

A criterion also says which changes (`domain.facts.Changed`) can make it true at once (`wakes`) or false at once
(`sinks`): where none of these happened, and `until` has not come, there is nothing to ask.

`show` gives what a person is told: the value measured, the threshold, and the events cited. A value is counted up to
its threshold and no further, and exactly the events that reach it are cited, the last ones first.
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


class Measured(Struct, array_like=True, gc=False):
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
    varies: bool  # `waking` says more precisely what can make it true at once

    def waking(self, s: Standing) -> int:
        """The changes that can make it true at once, as things stand."""
        ...

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer whether it holds at `t`, and until when that stands."""
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


class Plain:
    """A criterion that the same changes can always make true."""

    varies = False
    wakes = 0
    sinks = 0

    def waking(self, s: Standing) -> int:
        """Say what can make it true at once."""
        return self.wakes

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return []


class AtLeast(Plain):
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
        """Answer at `t`."""
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
        """Show what was measured at `t`."""
        latest = self._latest(s.customer)
        if self.window:
            since = t - self.window if self.window > 0 else s.entered
            latest = [item for item in latest if item[0] > since]
        return Measured(
            _named(self.series, self.window),
            str(len(latest)),
            ">=",
            str(self.count),
            [id_ for _, id_ in reversed(latest)],
        )

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return [(kind, self.count, max(self.window, 0)) for kind in self.series]


class AtMost(Plain):
    """So many happenings at most: ever, within a window, or since the stage was entered."""

    def __init__(self, series: tuple[Series, ...], count: int, window: int) -> None:
        self.beyond = AtLeast(series, count + 1, window)
        self.count = count
        self.wakes = _returned(series)
        self.sinks = _bits(series)

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        holds, until = self.beyond.holds(s, t)
        return not holds, until

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        shown = self.beyond.show(s, t)
        return Measured(shown.measure, shown.value, "<=", str(self.count), shown.events)

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return self.beyond.needs()


class Silence(Plain):
    """Nothing of these kinds for so long: a fixed span, or a multiple of their own interval between purchases."""

    def __init__(self, series: tuple[Series, ...], least: int, intervals: float, most: int) -> None:
        self.series, self.least, self.intervals, self.most = series, least, intervals, most
        self.varies = bool(intervals)
        self.wakes = Changed.RETURNED
        self.sinks = _bits(series)

    def waking(self, s: Standing) -> int:
        """Say what can make it true at once."""
        # A purchase puts the end off, unless it also shortens the span; the shortest span it cannot.
        return self.wakes | (1 << Series.PURCHASE if self.span(s.customer) > self.least else 0)

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
        """Answer at `t`."""
        c = s.customer
        last = c.first_at
        for kind in self.series:
            items = c.series[kind]
            if items and items[-1][0] > last:
                last = items[-1][0]
        end = last + self.span(c)
        return (True, NEVER) if end <= t else (False, end)

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        at, id_ = self._last(s.customer)
        span = self.span(s.customer)
        return Measured("silence", days(min(t - at, span)), ">=", days(span), [id_])

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return [(kind, 1, 0) for kind in self.series]


def median(values: list[int]) -> int:
    """The middle one, or the mean of the two in the middle."""
    ordered = sorted(values)
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) // 2


class Months(Plain):
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
        """Answer at `t`."""
        found = self._latest(s.customer, t)
        if len(found) < self.count:
            return False, NEVER
        return True, found[-1][0] + self.window

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        found = self._latest(s.customer, t)
        name = f"months with {_named((self.series,), self.window)}"
        return Measured(name, str(len(found)), ">=", str(self.count), [id_ for _, id_ in found])

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return [(self.series, 1, 0 if self.series is Series.ACT else self.window)]


class Categories(Plain):
    """Purchases in at least so many categories within a window; if so wished, left out where none was ever named."""

    def __init__(self, count: int, window: int, if_known: bool) -> None:
        self.count, self.window, self.if_known = count, window, if_known
        # The first category named makes it count; where the last one named came back, it no longer does.
        self.wakes = 1 << Series.PURCHASE | (Changed.RETURNED if if_known else 0)
        self.sinks = (1 << Series.PURCHASE if if_known else 0) | Changed.RETURNED

    def _latest(self, c: Customer, t: int) -> list[Item]:
        since = t - self.window
        found = sorted((item for item in c.categories.values() if item[0] > since), reverse=True)
        return found[: self.count]

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        c = s.customer
        if self.if_known and not c.categories:
            return True, NEVER
        found = self._latest(c, t)
        if len(found) < self.count:
            return False, NEVER
        return True, found[-1][0] + self.window

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        name = f"categories within {days(self.window)}"
        if self.if_known and not s.customer.categories:
            return Measured(name, "none known", ">=", str(self.count), [])
        found = self._latest(s.customer, t)
        return Measured(name, str(len(found)), ">=", str(self.count), [id_ for _, id_ in found])


class Spend(Plain):
    """Net spend of one currency within a window, at least so much."""

    wakes = sinks = Changed.SPEND

    def __init__(self, currency: str, least: Decimal, window: int) -> None:
        self.currency, self.least, self.window = currency, least, window

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
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
        """Show what was measured at `t`."""
        since = t - self.window
        inside = [item for item in s.customer.spend.get(self.currency, []) if item[0] > since]
        net = sum((amount for _, _, amount in inside), Decimal(0))
        name = f"net spend within {days(self.window)}, {self.currency}"
        return Measured(name, str(net), ">=", str(self.least), [id_ for _, id_, _ in reversed(inside)])


class Ratio(Plain):
    """At least so many happenings of one kind for each of another, within a window; without the other, it holds."""

    def __init__(self, of: tuple[Series, ...], to: tuple[Series, ...], least: Decimal, window: int) -> None:
        self.of, self.to, self.least, self.window = of, to, least, window
        self.wakes = _bits(of) | _returned(to)
        self.sinks = _bits(to) | _returned(of)

    def _inside(self, c: Customer, series: tuple[Series, ...], t: int) -> list[Item]:
        since = t - self.window
        return sorted({item for kind in series for item in c.series[kind] if item[0] > since})

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        of, to = self._inside(s.customer, self.of, t), self._inside(s.customer, self.to, t)
        oldest = min([item[0] for item in (*of[:1], *to[:1])], default=NEVER - self.window)
        return len(of) >= self.least * len(to), oldest + self.window

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        of, to = self._inside(s.customer, self.of, t), self._inside(s.customer, self.to, t)
        name = f"{_named(self.of, self.window)} for each {_named(self.to, self.window)}"
        cited: list[Any] = [id_ for _, id_ in sorted({*of, *to}, reverse=True)]
        return Measured(name, f"{len(of)}:{len(to)}", ">=", str(self.least), cited)

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return [(kind, 1, self.window) for kind in (*self.of, *self.to)]


def _named(series: Sequence[Series], window: int) -> str:
    what = " or ".join(kind.name.lower().replace("_", "-") for kind in series)
    if window == SINCE_ENTRY:
        return f"{what} since entry"
    return f"{what} within {days(window)}" if window else what
