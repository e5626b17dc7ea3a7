"""When the occasions of a rulebook are, for one customer: birthdays, greetings, anniversaries, reorders, maturities, after-care.

An occasion is a span of time [begins, ends) in which a contact about it makes sense. Of a day (a birthday) it begins with
the first moment of the local date and lasts whole local days, whatever clocks do. Who was born on 29 February has
their day on the 28th in other years. Instants are µs since 1970.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from domain.criteria.measures import median
from domain.facts import DAY, EPOCH, NEVER, Customer
from domain.openings import instant, local_day, zone_named
from domain.rulebook import model as doc

_EPOCH_DAY = EPOCH.toordinal()


class Occurrence(NamedTuple):
    """One time at which an occasion is."""

    item: str
    """Its name and date, and of which of several things: the same in every fold."""
    opens: int
    """From when on a contact for its purpose is taken to have been about it."""
    begins: int
    ends: int
    event: str
    """From which it follows; "": from who they are, or from the rulebook alone."""
    since: int
    """When that happened; 0: no event says so."""


_KNOWN: dict[str, Callable[[Customer], Any]] = {
    "birthday": attrgetter("birthday"),
    "purchase-anniversary": attrgetter("first_purchase"),
    "reorder": attrgetter("intervals"),
    "maturity": attrgetter("holdings"),
    "resolution": attrgetter("cases"),
}  # what has to be known of a customer for there to be such an occasion


class Occasion:
    """A compiled occasion of a rulebook. Read-only."""

    __slots__ = (
        "_all", "_days", "_known", "_lasts", "_rule", "_shift", "_stages", "_tiers", "_traits", "clause", "content", "purpose",
    )  # fmt: skip

    def __init__(self, rule: doc.Occasion, number: int, tiers: Sequence[str]) -> None:
        """`number`: its place in the document. `tiers`: names of levels, the highest first."""
        self._rule = rule
        self.clause = f"/occasions/{number}"
        self.content, self.purpose = rule.content, rule.purpose
        self._shift, self._lasts = rule.after - rule.before, rule.lasts
        self._days = sorted(day.toordinal() for day in rule.days)
        self._tiers = frozenset(tiers.index(tier) for tier in rule.tiers)
        self._stages = frozenset(rule.stages)
        self._known = _KNOWN.get(rule.of)
        self._traits = frozenset(rule.traits)
        self._all = not rule.countries and not rule.traits

    def suits(self, tier: int, stage: str) -> bool:
        """Whether it is for customers of this level and stage."""
        return (not self._tiers or tier in self._tiers) and (not self._stages or stage in self._stages)

    def concerns(self, c: Customer) -> bool:
        """Whether it is for this customer at all, as far as is known of them."""
        if self._known is not None and not self._known(c):
            return False
        if self._all:
            return True
        rule = self._rule
        if rule.countries and c.country not in rule.countries:
            return False
        traits = c.traits
        return traits.keys() >= self._traits and all(traits[name] in values for name, values in rule.traits.items())

    def recurs(self, c: Customer) -> bool:
        """Whether it comes again each year, for ever."""
        return self._rule.of in ("birthday", "purchase-anniversary") and self.concerns(c)

    def times(self, c: Customer, zone: str, since: int, until: int) -> list[Occurrence]:
        """Every time that ends after `since` and begins before `until`, in order of their beginning, of one it concerns."""
        found: Iterable[Occurrence]
        match self._rule.of:
            case "birthday":
                found = self._yearly(zone, c.birthday or "", since, until)
            case "day":
                found = (self._of_day(zone, day) for day in self._days)
            case "purchase-anniversary":
                found = self._anniversaries(c, zone, since, until)
            case "reorder":
                found = self._reorder(c, zone)
            case "maturity":
                found = self._maturities(c, zone)
            case "resolution":
                found = self._resolutions(c, zone)
        times = [time for time in found if time.ends > since and time.begins < until]
        return sorted(times, key=lambda time: (time.begins, time.item)) if len(times) > 1 else times

    # --- by kind ------------------------------------------------------------------------------------------------------

    def _of_day(self, zone: str, day: int, event: str = "", since: int = 0, about: str = "") -> Occurrence:
        whole, rest = divmod(self._lasts, DAY)
        begins = _midnight(zone, day) + self._shift
        ends = _midnight(zone, day + whole) + self._shift + rest
        return Occurrence(f"{self.content} {date.fromordinal(day)}{about}", begins, begins, ends, event, since)

    def _of_moment(self, zone: str, at: int, opens: int, event: str, since: int, about: str = "") -> Occurrence:
        day = date.fromordinal(local_day(zone_named(zone), at))
        return Occurrence(f"{self.content} {day}{about}", opens, at, at + self._lasts, event, since)

    def _yearly(
        self, zone: str, day: str, since: int, until: int, after: int = 0, event: str = "", at: int = 0
    ) -> Iterator[Occurrence]:
        """Each year's, of a month and day, after that of year `after`."""
        month, number = int(day[:2]), int(day[3:])
        first = _year(max(since - self._lasts - self._shift - DAY, 0))  # a day: zones differ by that
        last = _year(min(until - self._shift + DAY, NEVER - DAY))
        for year in range(max(first, after + 1), last + 1):
            leap = month == 2 and number == 29 and (year % 4 or (year % 100 == 0 and year % 400))
            yield self._of_day(zone, date(year, month, 28 if leap else number).toordinal(), event, at)

    def _anniversaries(self, c: Customer, zone: str, since: int, until: int) -> Iterable[Occurrence]:
        if c.first_purchase is None:
            return ()
        at, event = c.first_purchase
        day = date.fromordinal(local_day(zone_named(zone), at))
        return self._yearly(zone, day.isoformat()[5:], since, until, day.year, event, at)

    def _reorder(self, c: Customer, zone: str) -> Iterator[Occurrence]:
        if c.last_purchase is not None and len(c.intervals) >= max(self._rule.intervals, 1):
            last, event = c.last_purchase
            at = last + median(c.intervals) + self._shift
            yield self._of_moment(zone, at, at, event, last)

    def _maturities(self, c: Customer, zone: str) -> Iterator[Occurrence]:
        for holding in c.holdings.values():
            if holding.matures is not None:
                day = date.fromisoformat(holding.matures).toordinal()
                yield self._of_day(zone, day, holding.id, holding.at, f" {holding.ref[:8]}")

    def _resolutions(self, c: Customer, zone: str) -> Iterator[Occurrence]:
        for case in c.cases.values():
            if not case.open and case.resolutions and case.state != "withdrawn":
                done = case.resolutions[-1]
                yield self._of_moment(zone, done.at + self._shift, done.at, done.id, done.at, f" {case.ref[:8]}")


@lru_cache(maxsize=8192)  # many customers share the next few years of a zone
def _midnight(zone: str, day: int) -> int:
    return instant(zone_named(zone), day, 0)


def _year(at: int) -> int:
    return date.fromordinal(_EPOCH_DAY + at // DAY).year
