"""Open time as intervals: a weekly pattern of local wall times in a zone, with dates that differ from it.

Working calendars and contact windows both stand on this. Openings are laid out lazily, in blocks of a fixed span of
time, as sorted intervals with running sums, so that each answer is a binary search. Instants are microseconds since
1970-01-01T00:00Z; a minute of the day counts from local midnight and may exceed 1440, on the days after.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Minutes = tuple[int, int]  # [start, end) within a day

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- a wall clock's, given its zone below
_EPOCH_DAY = _EPOCH.toordinal()
_SECOND = timedelta(seconds=1)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
# A spell begins at most one day after its own and lasts at most one; zones differ by about one day.
_DAYS_BEFORE, _DAYS_AFTER = 4, 2
_LAST_DAY = date.max.toordinal() - _DAYS_BEFORE


def clock_minutes(text: str) -> int:
    """Count the minutes from midnight to a time of day such as 12:30 (24:00 is 1440). ValueError: anything else."""
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is not a time of day; write two digits each, from 00:00 to 24:00")
    return int(text[:2]) * 60 + int(text[3:])


def spell(start: str, end: str) -> Minutes:
    """Read two times of day as minutes; an `end` at or before `start` lies on the next day."""
    begin, until = clock_minutes(start), clock_minutes(end)
    while until <= begin:
        until += 1440
    return begin, until


def zone_named(name: str) -> ZoneInfo:
    """Load the zone of an IANA name. ValueError: there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # what zoneinfo raises for unknown, malformed and unreadable names
        raise ValueError(f"{name!r} is not a time zone; write an IANA name, e.g. Asia/Jakarta") from None


def instant(zone: ZoneInfo, day: int, minute: int) -> int:
    """Find the first instant at which clocks in `zone` show this minute of this day (an ordinal), or have passed it."""
    wall = (day - _EPOCH_DAY) * 86_400 + minute * 60
    shown = _EPOCH.replace(tzinfo=zone) + timedelta(seconds=wall)
    first, second = _offset(shown), _offset(shown.replace(fold=1))
    if first >= second:  # shown once, or twice and this is the first
        return (wall - first) * 1_000_000
    return _jump(zone, wall - second, wall - first) * 1_000_000


def local_day(zone: ZoneInfo, us: int) -> int:
    """Tell the ordinal of the date in `zone` at an instant."""
    return datetime.fromtimestamp(us // 1_000_000, zone).toordinal()


@dataclass(frozen=True, slots=True)
class Block:
    """The openings within one span of time, sorted and disjoint; `before[i]` µs are open ahead of the i-th."""

    starts: list[int]
    ends: list[int]
    before: list[int]
    total: int

    def passed(self, us: int) -> int:
        """Count the open µs from the beginning of the span to `us`."""
        i = bisect_right(self.starts, us) - 1
        return self.before[i] + min(us, self.ends[i]) - self.starts[i] if i >= 0 else 0


class Openings:
    """A weekly pattern, Monday first, and the days (ordinals) on which other spells take its place."""

    def __init__(
        self,
        zone: ZoneInfo,
        week: Sequence[Sequence[Minutes]],
        special: Mapping[int, Sequence[Minutes]],
        *,
        span_bits: int,
        kept: int,
    ) -> None:
        self._zone, self._week, self._special, self._bits = zone, week, special, span_bits
        self._block = lru_cache(maxsize=kept)(self._lay_out)  # bounded, and safe between threads

    def is_open(self, us: int) -> bool:
        """Tell whether `us` lies in an opening; its end does not."""
        block = self._block(us >> self._bits)
        i = bisect_right(block.starts, us) - 1
        return i >= 0 and us < block.ends[i]

    def next_open(self, us: int, blocks: int) -> int | None:
        """Find the first open instant at or after `us`; None: there is none in so many blocks."""
        first = us >> self._bits
        for number in range(first, first + blocks):
            block = self._block(number)
            i = bisect_right(block.ends, us)
            if i < len(block.starts):
                return max(us, block.starts[i])
        return None

    def between(self, a_us: int, b_us: int) -> int:
        """Count the open µs from `a_us` to a later `b_us`."""
        first, last = a_us >> self._bits, b_us >> self._bits
        whole = sum(self._block(number).total for number in range(first, last))
        return whole + self._block(last).passed(b_us) - self._block(first).passed(a_us)

    def after(self, us: int, amount: int, blocks: int) -> int | None:
        """Find the first instant at which `amount` > 0 open µs have passed since `us`; None: not in so many blocks."""
        first = us >> self._bits
        amount += self._block(first).passed(us)
        for number in range(first, first + blocks):
            block = self._block(number)
            if amount <= block.total:
                i = bisect_left(block.before, amount) - 1
                return block.starts[i] + amount - block.before[i]
            amount -= block.total
        return None

    def _lay_out(self, number: int) -> Block:
        low, high = number << self._bits, (number + 1) << self._bits
        found: list[tuple[int, int]] = []
        days = range(
            max(1, low // DAY_US + _EPOCH_DAY - _DAYS_BEFORE), min(_LAST_DAY, high // DAY_US + _EPOCH_DAY + _DAYS_AFTER)
        )
        for day in days:
            for start, end in self._special.get(day, self._week[(day - 1) % 7]):
                begin, until = instant(self._zone, day, start), instant(self._zone, day, end)
                if begin < high and until > low and begin < until:
                    found.append((max(begin, low), min(until, high)))
        return _block(sorted(found))


def _block(found: Sequence[tuple[int, int]]) -> Block:
    """Join what touches or overlaps, and sum up."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in found:
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    before: list[int] = []
    total = 0
    for start, end in zip(starts, ends, strict=True):
        before.append(total)
        total += end - start
    return Block(starts, ends, before, total)


def _offset(shown: datetime) -> int:
    offset = shown.utcoffset()
    return 0 if offset is None else offset // _SECOND  # None does not happen: every ZoneInfo has an offset


def _jump(zone: ZoneInfo, low: int, high: int) -> int:
    """Find the second after `low` and not after `high` at which clocks in `zone` are put forward."""
    old = _offset(datetime.fromtimestamp(low, zone))
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, zone)) == old:
            low = middle
        else:
            high = middle
    return high
