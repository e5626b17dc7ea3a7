"""Criteria over the pattern of contact: how lately, how regularly, in both directions, in what proportion.

What criteria are: `domain.criteria.measures`.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any

from domain.criteria.measures import (
    Answer,
    Measured,
    Plain,
    Span,
    Standing,
    bits_of,
    days,
    kinds,
    median,
    named,
    returned,
    spans_of,
)
from domain.criteria.periods import Period, inside
from domain.facts import NEVER, Customer, Item, Series

_BOTH = (Series.INBOUND, Series.REACHED)


def last_of(c: Customer, series: tuple[Series, ...], count: int) -> list[Item]:
    """The last `count` happenings of these kinds, oldest first; one that stands in several series counts once."""
    if len(series) == 1:
        return c.series[series[0]][-count:]
    return sorted({item for kind in series for item in c.series[kind][-count:]})[-count:]


def _last_needed(series: tuple[Series, ...], count: int) -> list[tuple[Series, int, int]]:
    """What must be remembered to know the last ones, also when some of them come back."""
    return [(kind, count + (_RETURNS if kind is Series.PURCHASE else 0), 0) for kind in series]


_RETURNS = 32  # purchases that come back before as many new ones are made


def _up_to(span: int, threshold: int) -> str:
    """A span in days; beyond the threshold it only says so, as then nothing changes any more."""
    return f"more than {days(threshold)}" if span > threshold else days(span)


class Recency(Plain):
    """The last of these happened at most, or at least, so long ago."""

    def __init__(self, series: tuple[Series, ...], least: int | None, most: int | None) -> None:
        self.series, self.least, self.most = series, least, most
        self.wakes = self.sinks = bits_of(series) | returned(series)

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        last = last_of(s.customer, self.series, 1)
        if not last:
            return False, NEVER
        at = last[0][0]
        if self.least is not None:
            return (True, NEVER) if at + self.least <= t else (False, at + self.least)
        end = at + (self.most or 0) + 1
        return (True, end) if end > t else (False, NEVER)

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`: the time since, up to the threshold."""
        last = last_of(s.customer, self.series, 1)
        test, threshold = ("<=", self.most or 0) if self.least is None else (">=", self.least)
        name = f"time since the last {kinds(self.series)}"
        if not last:
            return Measured(name, "there was none", test, days(threshold), [])
        [(at, id_)] = last
        return Measured(name, _up_to(t - at, threshold), test, days(threshold), [id_])

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return _last_needed(self.series, 1)


class Rhythm(Plain):
    """The gaps between the last happenings are at most so long: the median, or the largest, the present one included."""

    def __init__(self, series: tuple[Series, ...], count: int, most: int, largest: bool) -> None:
        self.series, self.count, self.most, self.largest = series, count, most, largest
        self.wakes = self.sinks = bits_of(series) | returned(series)

    def _gaps(self, s: Standing) -> tuple[list[Item], list[int]]:
        last = last_of(s.customer, self.series, self.count)
        return last, [later[0] - one[0] for one, later in pairwise(last)]

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        last, gaps = self._gaps(s)
        if len(last) < self.count:
            return False, NEVER
        if not self.largest:
            return median(gaps) <= self.most, NEVER
        end = last[-1][0] + self.most + 1
        return (True, end) if max(gaps) <= self.most and end > t else (False, NEVER)

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`; the present gap counts up to the threshold."""
        last, gaps = self._gaps(s)
        which = "largest" if self.largest else "median"
        name = f"{which} gap between the last {self.count} {kinds(self.series)}"
        cited = [id_ for _, id_ in reversed(last)]
        if len(last) < self.count:
            return Measured(name, f"{len(last)} of {self.count}", "<=", days(self.most), cited)
        if not self.largest:
            value = days(median(gaps))
        elif t - last[-1][0] > self.most:
            value = f"more than {days(max(*gaps, self.most))}"
        else:
            value = days(max(gaps))
        return Measured(name, value, "<=", days(self.most), cited)

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return _last_needed(self.series, self.count)


class OverPeriod(Plain):
    """What looks at all happenings of some kinds in a period."""

    def __init__(self, series: tuple[Series, ...], period: Period) -> None:
        self.series, self.period = series, period
        self.reach = period.reach

    def inside(self, c: Customer, series: Iterable[Series], t: int) -> list[Item]:
        """Those of these kinds that lie in it, oldest first; one that stands in several series counts once."""
        return sorted({item for kind in series for item in inside(c.series[kind], self.period, t)})

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return [(kind, 1, self.reach) for kind in self.series]

    def spans(self) -> list[Span]:
        """Say what must be remembered of fixed periods."""
        return [span for kind in self.series for span in spans_of(kind, self.period)]


class TwoWay(OverPeriod):
    """So many conversations that they began, and so many of ours that reached them."""

    def __init__(self, count: int, period: Period) -> None:
        super().__init__(_BOTH, period)
        self.count = count
        self.wakes = bits_of(_BOTH)

    def _latest(self, c: Customer, t: int) -> tuple[list[Item], list[Item]]:
        theirs = self.inside(c, (Series.INBOUND,), t)
        ours = sorted(set(self.inside(c, (Series.REACHED,), t)).difference(c.series[Series.INBOUND]))
        return theirs[-self.count :], ours[-self.count :]

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        theirs, ours = self._latest(s.customer, t)
        until = self.period.moves(t)
        if len(theirs) < self.count or len(ours) < self.count:
            return False, until
        return True, min(until, self.period.leaves(min(theirs[0], ours[0])[0], t))

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`: the fewer of both directions."""
        theirs, ours = self._latest(s.customer, t)
        cited = [id_ for _, id_ in sorted([*theirs, *ours], reverse=True)]
        name = f"contacts in both directions {self.period.name}"
        return Measured(name, f"{len(theirs)} in, {len(ours)} out", ">=", f"{self.count} each", cited)


class Ratio(OverPeriod):
    """So many happenings of one kind for each of another, within a period; without the other, at least any number."""

    def __init__(
        self,
        of: tuple[Series, ...],
        to: tuple[Series, ...],
        least: Decimal | None,
        most: Decimal | None,
        period: Period,
    ) -> None:
        super().__init__((*of, *to), period)
        self.of, self.to, self.least, self.most = of, to, least, most
        more, fewer = bits_of(of) | returned(to), bits_of(to) | returned(of)
        self.wakes, self.sinks = (fewer, more) if least is None else (more, fewer)

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        of, to = self.inside(s.customer, self.of, t), self.inside(s.customer, self.to, t)
        least, most = self.least, self.most
        holds = len(of) >= least * len(to) if least is not None else bool(to) and len(of) <= (most or 0) * len(to)
        oldest = min((*of[:1], *to[:1]), default=None)
        until = self.period.moves(t)
        return holds, until if oldest is None else min(until, self.period.leaves(oldest[0], t))

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        of, to = self.inside(s.customer, self.of, t), self.inside(s.customer, self.to, t)
        test, threshold = ("<=", self.most) if self.least is None else (">=", self.least)
        name = f"{named(self.of, self.period)} for each {named(self.to, self.period)}"
        cited: list[Any] = [id_ for _, id_ in sorted({*of, *to}, reverse=True)]
        return Measured(name, f"{len(of)}:{len(to)}", test, str(threshold), cited)
