"""Measures over the facts of a customer, and criteria that compare them with a threshold.

A criterion answers at a moment: does it hold, and until when does that answer stand if nothing else happens. So the
next moment at which a rule's answer changes is computed and never polled. `until` may be early, never late: whoever
waits for it asks again.

A criterion also says which changes (`domain.facts.Changed`) can make it true at once (`wakes`) or false at once
(`sinks`): where none of these happened, and `until` has not come, there is nothing to ask.

`show` gives what a person is told: the value measured, the threshold, and the events cited. A value is counted up to
its threshold and no further, and exactly the events that reach it are cited, the last ones first.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from msgspec import Struct

from domain.cases import Case
from domain.criteria.periods import Period, Rolling
from domain.facts import DAY, NEVER, Changed, Customer, Item, Series
from domain.families.common import month_start

SINCE_ENTRY: Final = -1  # a window that begins with the stage
EVER: Final = 0

Answer = tuple[bool, int]
Span = tuple[int, int, int]  # of what (a series, or one of those below), after the first, up to the second instant
OF_SPEND: Final = -1
OF_PURCHASES: Final = -2  # with their categories


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

    def open(self) -> list[Case]:
        """Complaints that are open now."""
        ...

    def overdue(self, severities: frozenset[str], times: int) -> tuple[list[tuple[int, str]], int]:
        """Open complaints overdue now by so many times their time: since when, and id; and when the next will be."""
        ...

    def late(self) -> list[Item]:
        """Complaints that were resolved late: when, and by which event."""
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

    @property
    def reach(self) -> int:
        """How far back it looks at anything, µs."""
        ...

    @property
    def turns(self) -> int:
        """All changes that can turn its answer either way."""
        ...

    def spans(self) -> list[Span]:
        """What must be remembered of fixed periods, however long ago."""
        ...

    def leaves(self) -> Iterable["Criterion"]:
        """Itself, or what a group is made of, groups in it opened too."""
        ...


def days(span: int) -> str:
    """A span in days, as people write it."""
    return f"{span / DAY:g} days"


def bits_of(series: Sequence[Series]) -> int:
    """The changes that a new happening of these kinds is."""
    return sum(1 << kind for kind in series)


def returned(series: Sequence[Series]) -> int:
    """The change by which happenings of these kinds become fewer."""
    return Changed.RETURNED if Series.PURCHASE in series else 0


class Plain:
    """A criterion that the same changes can always make true."""

    varies = False
    wakes = 0
    sinks = 0
    reach = 0

    @property
    def turns(self) -> int:
        """All changes that can turn its answer either way."""
        return self.wakes | self.sinks

    def waking(self, s: Standing) -> int:
        """Say what can make it true at once."""
        return self.wakes

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return []

    def spans(self) -> list[Span]:
        """Say what must be remembered of fixed periods."""
        return []

    def leaves(self: Criterion) -> Iterable[Criterion]:
        """It is no group."""
        return (self,)


class AtLeast(Plain):
    """So many happenings at least: ever, within a window, or since the stage was entered."""

    def __init__(self, series: tuple[Series, ...], count: int, window: int) -> None:
        self.series, self.count, self.window = series, count, window
        self.one = int(series[0]) if len(series) == 1 else None
        self.name = counted(series, window)
        self.reach = max(window, 0)
        self.wakes = bits_of(series)
        self.sinks = returned(series)

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
            self.name,
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
        self.reach = self.beyond.reach
        self.wakes = returned(series)
        self.sinks = bits_of(series)

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
        self.sinks = bits_of(series) | (1 << Series.PURCHASE if intervals else 0)

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
    """Happenings in at least so many calendar months (UTC) within a period."""

    def __init__(self, series: Series, count: int, period: Period) -> None:
        self.series, self.count, self.period = series, count, period
        self.reach = period.reach
        # The last act of each month is enough only where no period ends in the middle of one.
        self.by_month = series is Series.ACT and isinstance(period, Rolling)
        self.wakes = 1 << series
        self.sinks = returned((series,))

    def _latest(self, c: Customer, t: int) -> list[Item]:
        """The last happening of each of the last `count` months inside the period, latest first."""
        items = c.months if self.by_month else c.series[self.series]
        found: list[Item] = []
        start = NEVER  # of the month found last
        since, upto = self.period.bounds(t)
        for item in reversed(items):
            if item[0] <= since or len(found) == self.count:
                break
            if item[0] < start and item[0] <= upto:
                found.append(item)
                start = month_start(item[0])
        return found

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        found = self._latest(s.customer, t)
        if len(found) < self.count:
            return False, self.period.moves(t)
        return True, self.period.leaves(found[-1][0], t)

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        found = self._latest(s.customer, t)
        name = f"months with {named((self.series,), self.period)}"
        return Measured(name, str(len(found)), ">=", str(self.count), [id_ for _, id_ in found])

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return [(self.series, 1, 0 if self.by_month else self.reach)]

    def spans(self) -> list[Span]:
        """Say what must be remembered of fixed periods."""
        return spans_of(self.series, self.period)


def spans_of(what: int, period: Period) -> list[Span]:
    """What has to be remembered of something for a period that is fixed."""
    return [(what, *period.fixed)] if period.fixed else []


def kinds(series: Sequence[Series]) -> str:
    """The names of kinds of happenings."""
    return " or ".join(kind.name.lower().replace("_", "-") for kind in series)


def named(series: Sequence[Series], period: Period) -> str:
    """Happenings of a period, in words."""
    return f"{kinds(series)} {period.name}".rstrip()


def counted(series: Sequence[Series], window: int) -> str:
    """Happenings of a window, in words."""
    if window == SINCE_ENTRY:
        return f"{kinds(series)} since entry"
    return f"{kinds(series)} within {days(window)}" if window else kinds(series)
