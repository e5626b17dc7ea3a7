"""Working time agrees with a count minute by minute: calendars of whole countries, pauses that last, clocks that never stop."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.openings import MINUTE_US
from domain.worktime import Calendar, draft
from tests.domain.cases.calendars import week
from tests.domain.walltime import CHANGES, DAYS, Spells, at, clock, counting, pattern

COUNTED = 4 * 1440
COUNTRIES = ("ID", "GB", "US", "DE", "JP", "SA", "BR")
YEARS = sorted({day.year for _, day in CHANGES})
# Shifts of a day in quarters of an hour: one, several with breaks, none, and nights into the day after.
DAY_PLANS: tuple[Spells, ...] = (
    (),
    ((8 * 60, 12 * 60), (13 * 60, 17 * 60)),
    ((7 * 60 + 30, 11 * 60 + 30), (13 * 60, 17 * 60)),
    ((6 * 60, 10 * 60), (10 * 60 + 15, 14 * 60), (15 * 60, 20 * 60 + 45)),
    ((9 * 60, 9 * 60 + 15), (12 * 60, 24 * 60)),
    ((22 * 60, 30 * 60),),
    ((6 * 60, 7 * 60), (20 * 60, 26 * 60 + 30)),
)


@cache
def holidays_of(country: str) -> frozenset[date]:
    always = week("mon-sun 06:00-07:00")
    return frozenset(draft("counted", "1", "UTC", always, country=country, years=YEARS).holidays)


def written(spells: Spells) -> list[dict[str, str]]:
    return [{"start": clock(start), "end": clock(end if end <= 1440 else end - 1440)} for start, end in spells]


def apart(days: Mapping[str, Spells]) -> bool:
    """No night runs into the first shift of the day after."""
    pairs = ((days[day], days[DAYS[(i + 1) % 7]]) for i, day in enumerate(DAYS))
    return all(not late or not early or late[-1][1] - 1440 <= early[0][0] for late, early in pairs)


weeks = st.fixed_dictionaries({day: st.sampled_from(DAY_PLANS) for day in DAYS}).filter(
    lambda days: apart(days) and any(days.values())
)
minutes = st.integers(0, COUNTED)
pauses = st.lists(st.tuples(minutes, st.none() | st.integers(0, 3000)), max_size=4)


@st.composite
def offices(draw: st.DrawFn) -> tuple[dict[str, Any], Any, int]:
    """A calendar with a country's holidays and a day of its own; what is open by day; from where to count."""
    zone, change = draw(st.sampled_from(CHANGES))
    days = draw(weeks)
    closed = holidays_of(draw(st.sampled_from(COUNTRIES))) | {change + timedelta(days=draw(st.integers(-2, 2)))}
    own = {change + timedelta(days=draw(st.integers(-2, 2))): draw(st.sampled_from(DAY_PLANS[:5]))}
    document: dict[str, Any] = {
        "name": "counted", "version": "1", "zone": zone,
        "shifts": {day: written(spells) for day, spells in days.items()},
        "holidays": [str(day) for day in closed],
        "exceptional": {str(day): written(spells) for day, spells in own.items()},
    }  # fmt: skip
    start = at(f"{change - timedelta(days=2)} 00:00", zone) + draw(st.integers(0, 1439)) * MINUTE_US
    return document, pattern(days, dict.fromkeys(closed, ()) | own), start


def counted_deadline(open_minutes: list[bool], wanted: int, held: list[tuple[int, int | None]]) -> int | None:
    """After how many minutes so many were worked, one after the other; None: not before a pause that lasts."""
    if not wanted:
        return 0
    for number, is_open in enumerate(open_minutes):
        if any(begin <= number and (length is None or number < begin + length) for begin, length in held):
            continue
        wanted -= is_open
        if not wanted:
            return number + 1
    return None


@settings(max_examples=25, deadline=None)
@given(offices(), pauses, st.integers(0, 2000))
def test_a_deadline_is_where_the_count_ends(made: Any, held: list[tuple[int, int | None]], wanted: int) -> None:
    document, opens, start = made
    counted = list(counting(document["zone"], opens, start, COUNTED))
    calendar = Calendar.from_document(document)
    assert calendar.working_between(start, start + COUNTED * MINUTE_US) == sum(counted)
    paused = [
        (start + begin * MINUTE_US, None if length is None else start + (begin + length) * MINUTE_US)
        for begin, length in held
    ]
    expected = counted_deadline(counted, wanted, held)
    lasting = any(length is None for _, length in held)
    if expected is None and not lasting:
        return  # further ahead than was counted
    due = calendar.deadline(start, wanted, paused)
    assert due == (None if expected is None else start + expected * MINUTE_US)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CHANGES), pauses, st.integers(0, 2000))
def test_around_the_clock_every_minute_counts(
    place: tuple[str, date], held: list[tuple[int, int | None]], wanted: int
) -> None:
    zone, change = place
    start = at(f"{change} 00:00", zone)
    calendar = Calendar.from_document({"name": "always", "version": "1", "zone": zone, "always": True})
    paused = [
        (start + begin * MINUTE_US, None if length is None else start + (begin + length) * MINUTE_US)
        for begin, length in held
    ]
    expected = counted_deadline([True] * (COUNTED + 4 * 3000), wanted, held)
    due = calendar.deadline(start, wanted, paused)
    assert due == (None if expected is None else start + expected * MINUTE_US)
