"""A deadline over a year of holidays, against a count minute by minute of the same calendar."""

import time
from collections.abc import Iterator
from datetime import date, timedelta

from domain.worktime import Calendar, Pause
from tests.benchmarks.figures import Figure
from tests.domain.cases.calendars import calendar
from tests.domain.walltime import DAYS, Spells, at, counting, pattern

ZONE = "America/New_York"
YEAR = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
WORKED = ((8 * 60, 12 * 60), (13 * 60, 17 * 60))
WEEK: dict[str, Spells] = dict.fromkeys(DAYS[:5], WORKED)
HOURS = 16
AT_MOST = 50.0  # µs


def office() -> Calendar:
    """Eight hours on workdays with a break, and none of them in 2026."""
    return calendar(ZONE, "mon-fri 08:00-12:00 13:00-17:00", holidays=tuple(map(str, YEAR)))


def run(deadlines: int) -> Iterator[Figure]:
    """`--events N` is the number of deadlines here. RuntimeError where both ways do not come to the same moment."""
    start, end = at("2025-12-31 09:00", ZONE), at("2027-01-02 00:00", ZONE)
    pauses: list[Pause] = [
        (at("2026-02-02 10:00", ZONE), at("2026-02-03 10:00", ZONE)),
        (at("2026-07-01 10:00", ZONE), at("2026-12-24 10:00", ZONE)),
        (at("2027-01-01 10:00", ZONE), at("2027-01-01 11:00", ZONE)),
    ]
    fresh = office()
    begun = time.perf_counter()
    first_due = fresh.add_working(start, 12 * 60)
    cold = time.perf_counter() - begun
    begun = time.perf_counter()
    counted = _counted(start, end, 12 * 60)
    baseline = time.perf_counter() - begun
    if counted != first_due:
        raise RuntimeError(f"the calendar says {first_due}, the count {counted}")
    plain = _per_deadline(fresh, start, deadlines, [])
    paused = _per_deadline(fresh, start, deadlines, pauses)
    note = (
        f"{deadlines:,} deadlines, each from another minute of one morning; the first of a fresh calendar "
        f"{1000 * cold:.1f} ms, as its year is laid out once; then {1e6 * plain:.1f} µs, with three pauses "
        f"{1e6 * paused:.1f} µs; the count takes {baseline:.1f} s"
    )
    yield Figure("worktime", "deadlines", 3600 / plain, 3600 / baseline, "an hour", note)
    yield Figure("worktime", "deadline", 1e6 * plain, AT_MOST, "µs at most", note)
    yield Figure("worktime", "deadline with pauses", 1e6 * paused, AT_MOST, "µs at most", note)


def _per_deadline(office: Calendar, start: int, deadlines: int, pauses: list[Pause]) -> float:
    starts = [start + number % 180 * 60_000_000 for number in range(deadlines)]
    begun = time.perf_counter()
    for moment in starts:
        office.deadline(moment, HOURS * 60, pauses)
    return (time.perf_counter() - begun) / deadlines


def _counted(start: int, end: int, minutes: int) -> int:
    """When so many minutes were open, looking at a clock on the wall each minute."""
    opens = pattern(WEEK, dict.fromkeys(YEAR, ()))
    for number, is_open in enumerate(counting(ZONE, opens, start, (end - start) // 60_000_000)):
        minutes -= is_open
        if not minutes:
            return start + (number + 1) * 60_000_000
    raise RuntimeError("the count did not come to an end")
