"""When a customer may be contacted: their own windows, our quiet hours, and the slots of a rhythm; all in their zone.

- A customer who stated windows may be contacted inside them and at no other time; they override every quiet hour,
  Sundays and holidays included. A customer who stated none may be contacted outside quiet hours and holidays.
- A window belongs to the day on which it begins. `end` at or before `start` lies on the next day, so 22:00 to 02:00 on
  Wednesday ends on Thursday, and equal times last for a day. A holiday is the whole local date.
- A wall time that a change of clocks skips or repeats is read as `domain.worktime` reads it.

Instants are microseconds since 1970-01-01T00:00Z.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from domain.openings import WEEKDAYS, Minutes, Openings, instant, local_day, spell, zone_named

_SPAN_BITS = 42  # a block of openings covers 2**42 µs, about 51 days
_BLOCKS_KEPT = 64
_BLOCKS_AHEAD = 9  # more than a year
_CUSTOMERS_KEPT = 256
_WEEK = 7 * 1440

Months = Literal[1, 3, 12]


class Spell(Protocol):
    """A stretch of local time on some weekdays (none named: on all), such as `domain.events.Window`."""

    @property
    def days(self) -> Collection[str]:
        """Three letters each, mon to sun."""
        ...

    @property
    def start(self) -> str:
        """A time of day, such as 12:30."""
        ...

    @property
    def end(self) -> str:
        """A time of day; at or before `start`: on the next day."""
        ...


class Windows:
    """The moments at which one customer may be contacted. Pure; threads may share it."""

    def __init__(
        self,
        windows: Sequence[Spell],
        zone: str | ZoneInfo,
        quiet: Sequence[Spell] = (),
        holidays: Iterable[date] = (),
    ) -> None:
        """Compile; without `windows`, all time but `quiet` and `holidays`. ValueError: unknown zone or time of day."""
        self.zone = zone_named(zone) if isinstance(zone, str) else zone
        self.stated = bool(windows)
        week = _weekly(windows) if windows else _complement(_weekly(quiet))
        special: dict[int, Sequence[Minutes]] = {} if windows else {day.toordinal(): () for day in holidays}
        self._openings = Openings(self.zone, week, special, span_bits=_SPAN_BITS, kept=_BLOCKS_KEPT)

    def contains(self, us: int) -> bool:
        """Tell whether a contact is allowed at this instant."""
        return self._openings.is_open(us)

    def next_moment(self, us: int) -> int | None:
        """Find the first allowed instant at or after `us`; None: there is none for more than a year."""
        return self._openings.next_open(us, _BLOCKS_AHEAD)

    def between(self, a_us: int, b_us: int) -> int:
        """Count the µs from `a_us` to a later `b_us` at which a contact is allowed."""
        return self._openings.between(a_us, b_us)


class QuietHours:
    """The quiet hours and holidays of a rulebook, which holds one of these and asks it for each customer's windows."""

    def __init__(self, quiet: Iterable[Spell], holidays: Iterable[date] = ()) -> None:
        self._quiet = tuple(quiet)
        self._holidays = frozenset(holidays)
        self.windows = lru_cache(maxsize=_CUSTOMERS_KEPT)(self._compile)  # many customers share one pattern
        self.hours = lru_cache(maxsize=_CUSTOMERS_KEPT)(self._compile_hours)

    def _compile(self, stated: tuple[Spell, ...], zone: str) -> Windows:
        return Windows(stated, zone, self._quiet, self._holidays)

    def _compile_hours(self, zone: str) -> Windows:
        """Quiet hours alone, as if there were no holidays."""
        return Windows((), zone, self._quiet)

    def holiday(self, zone: str | ZoneInfo, us: int) -> int | None:
        """Find the end of the holiday (or row of holidays) that holds this instant; None: it is none."""
        place = zone_named(zone) if isinstance(zone, str) else zone
        today = date.fromordinal(local_day(place, us))
        if today not in self._holidays:
            return None
        day = today.toordinal()
        while date.fromordinal(day) in self._holidays:
            day += 1
        return instant(place, day, 0)

    def __reduce__(self) -> tuple[type["QuietHours"], tuple[tuple[Spell, ...], frozenset[date]]]:
        return type(self), (self._quiet, self._holidays)


def slot_start(n: int, zone: str | ZoneInfo, times: int, after_us: int, *, months: Months = 1) -> int:
    """Find where a slot of the calendar begins: 0 is the slot that holds `after_us`, 1 the next, -1 the one before.

    A month (or, by `months`, a quarter or year of the calendar) is cut into `times` slots of whole local days, as even
    as days allow; the first begins with the month. So two contacts a month fall one in each half, whatever the day of
    the last one. There are never more slots than days. ValueError: no slot at all.
    """
    if times < 1:
        raise ValueError(f"a period cannot be cut into {times} slots; give one or more")
    place = zone_named(zone) if isinstance(zone, str) else zone
    today = local_day(place, after_us)
    if instant(place, today + 1, 0) <= after_us:  # clocks were put back over midnight: the new day has begun already
        today += 1
    first, slots = _period(date.fromordinal(today), times, months)
    index = bisect_right(slots, today - first) - 1 + n
    while index < 0:
        first, slots = _period(date.fromordinal(first - 1), times, months)
        index += len(slots)
    while index >= len(slots):
        index -= len(slots)
        first, slots = _period(date.fromordinal(_after(first, months)), times, months)
    return instant(place, first + slots[index], 0)


def _period(day: date, times: int, months: Months) -> tuple[int, list[int]]:
    """Return the first day (an ordinal) of the period that holds `day`, and on which of its days each slot begins."""
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1).toordinal()
    length = _after(first, months) - first
    count = min(times, length)
    return first, [i * length // count for i in range(count)]


def _after(first: int, months: Months) -> int:
    """Return the ordinal of the day on which the period after the one that begins at `first` begins."""
    day = date.fromordinal(first)
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, 1).toordinal()


def _weekly(spells: Iterable[Spell]) -> list[list[Minutes]]:
    """Sort spells by the weekday on which they begin, Monday first."""
    week: list[list[Minutes]] = [[] for _ in WEEKDAYS]
    for one in spells:
        for day in one.days or WEEKDAYS:
            week[WEEKDAYS.index(day)].append(spell(one.start, one.end))
    return week


def _complement(week: Sequence[Sequence[Minutes]]) -> list[list[Minutes]]:
    """Turn what is closed in a week into what is open, cut at midnights so that a holiday closes its own date only."""
    closed = sorted((i * 1440 + start, i * 1440 + end) for i, day in enumerate(week) for start, end in day)
    closed += [(start - _WEEK, end - _WEEK) for start, end in closed]  # Sunday's night ends on Monday
    opened: list[list[Minutes]] = []
    for midnight in range(0, _WEEK, 1440):
        begin, day = 0, list[Minutes]()
        for start, end in sorted(closed):
            if end <= midnight or start >= midnight + 1440:
                continue
            if start - midnight > begin:
                day.append((begin, start - midnight))
            begin = max(begin, end - midnight)
        if begin < 1440:
            day.append((begin, 1440))
        opened.append(day)
    return opened
