"""Periods over which rules measure: rolling ones, fixed ones, and those of the calendar.

A period says at each moment which happenings lie in it, and when that changes by itself. All instants are microseconds
since 1970-01-01T00:00Z.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, Final, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

from domain.facts import DAY, NEVER, micros
from domain.windows import Months, slot_start

CALENDAR: Final[dict[str, tuple[Months, int]]] = {  # months, and which one: 0 the present one, -1 the one before
    "this year": (12, 0), "last year": (12, -1), "this quarter": (3, 0), "last quarter": (3, -1),
    "this month": (1, 0), "last month": (1, -1),
}  # fmt: skip
CalendarName = Literal["this year", "last year", "this quarter", "last quarter", "this month", "last month"]

_LONGEST: Final[dict[Months, int]] = {
    1: 32 * DAY,
    3: 93 * DAY,
    12: 367 * DAY,
}  # an hour or so more, for clocks put back

Dated = TypeVar("Dated", bound=tuple[Any, ...])  # whose first part is an instant


class Period(Protocol):
    """Some time, as seen from a moment `t`."""

    name: str
    reach: int  # how far back from now it looks, µs; 0 where it is `fixed`
    fixed: tuple[int, int] | None  # after the first, up to and including the second

    def bounds(self, t: int) -> tuple[int, int]:
        """What happened after the first and up to the second instant lies in it."""
        ...

    def leaves(self, at: int, t: int) -> int:
        """When what lies in it now, and happened at `at`, will do so no longer."""
        ...

    def moves(self, t: int) -> int:
        """When something that happened before may lie in it anew; NEVER where only what leaves changes it."""
        ...


class Rolling:
    """So long before the moment, which is its end."""

    fixed: tuple[int, int] | None = None

    def __init__(self, span: int) -> None:
        self.span = self.reach = span
        self.name = f"within {span / DAY:g} days"

    def bounds(self, t: int) -> tuple[int, int]:
        """From `span` ago."""
        return t - self.span, t

    def leaves(self, at: int, t: int) -> int:
        """After `span`."""
        return at + self.span

    def moves(self, t: int) -> int:
        """It only loses."""
        return NEVER


class Before:
    """So long before a rolling period: what leaves that one enters this one."""

    fixed: tuple[int, int] | None = None

    def __init__(self, gap: int, span: int) -> None:
        self.gap, self.span, self.reach = gap, span, gap + span
        self.name = f"in the {span / DAY:g} days before"

    def bounds(self, t: int) -> tuple[int, int]:
        """As long ago as the other period reaches, and `span` more."""
        return t - self.reach, t - self.gap

    def leaves(self, at: int, t: int) -> int:
        """After both."""
        return at + self.reach

    def moves(self, t: int) -> int:
        """Whoever asks knows when something leaves the other period."""
        return NEVER


class Fixed:
    """From one instant until another; nothing leaves it."""

    reach = 0

    def __init__(self, start: int, end: int, name: str) -> None:
        self._bounds = (start - 1, end - 1)
        self.fixed: tuple[int, int] | None = self._bounds
        self.name = name

    def bounds(self, t: int) -> tuple[int, int]:
        """The same at any moment."""
        return self._bounds

    def leaves(self, at: int, t: int) -> int:
        """For ever."""
        return NEVER

    def moves(self, t: int) -> int:
        """Never."""
        return NEVER


class Always:
    """All time."""

    reach = 0
    fixed: tuple[int, int] | None = None
    name = ""

    def bounds(self, t: int) -> tuple[int, int]:
        """Everything."""
        return -NEVER, NEVER

    def leaves(self, at: int, t: int) -> int:
        """For ever."""
        return NEVER

    def moves(self, t: int) -> int:
        """Never."""
        return NEVER


class OfCalendar:
    """The present year, quarter or month of the calendar, or the one before."""

    fixed: tuple[int, int] | None = None

    def __init__(self, name: CalendarName, zone: ZoneInfo) -> None:
        self.months: Months
        self.months, self.which = CALENDAR[name]
        self.name, self.zone = name, zone
        self.reach = _LONGEST[self.months] * (1 - self.which)
        self._known = (0, 0, 0)

    def _around(self, t: int) -> tuple[int, int, int]:
        """The first instants of the one before, the one that holds `t`, and the one after."""
        known = self._known
        if not known[1] <= t < known[2]:
            before, start, after = (slot_start(n, self.zone, 1, t, months=self.months) for n in (-1, 0, 1))
            known = self._known = (before, start, after)
        return known

    def bounds(self, t: int) -> tuple[int, int]:
        """Its first instant is in it, the next one's is not."""
        before, start, after = self._around(t)
        return (start - 1, after - 1) if self.which == 0 else (before - 1, start - 1)

    def leaves(self, at: int, t: int) -> int:
        """All of it leaves at once, as the next one begins."""
        return self._around(t)[2]

    def moves(self, t: int) -> int:
        """The one before becomes another as the next one begins."""
        return NEVER if self.which == 0 else self._around(t)[2]


def inside(items: Iterable[Dated], period: Period, t: int) -> list[Dated]:
    """Those that lie in the period, in the order given."""
    after, upto = period.bounds(t)
    return [item for item in items if after < item[0] <= upto]


def start_of(given: date | datetime, zone: ZoneInfo) -> int:
    """The instant that a date (its first moment in the zone) or a time with its offset names."""
    if isinstance(given, datetime):
        return micros(given if given.tzinfo else given.replace(tzinfo=zone))
    return micros(datetime.combine(given, time(), zone))
