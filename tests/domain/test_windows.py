"""Contact windows, quiet hours and slots of the month: worked cases from the rules, and a count minute by minute."""

import pickle
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Window
from domain.openings import MINUTE_US
from domain.windows import Months, QuietHours, Windows, slot_start
from tests.domain.walltime import CHANGES, DAYS, at, clock, clock_minutes, counting, first_open, midnight

JAKARTA, NEW_YORK, BERLIN = "Asia/Jakarta", "America/New_York", "Europe/Berlin"


def windows(*texts: str) -> tuple[Window, ...]:
    """Read windows such as `mon,wed 09:00-17:00`, or `12:00-13:00` for every day."""
    found: list[Window] = []
    for text in texts:
        *days, times = text.split(" ")
        start, end = times.split("-")
        named = days[0].split(",") if days else []
        found.append(msgspec.convert({"days": named, "start": start, "end": end}, Window))
    return tuple(found)


# RULEBOOK: 20:00-08:00, Sundays, public holidays, Friday 11:30-13:00
QUIET = windows("20:00-08:00", "sun 00:00-24:00", "fri 11:30-13:00")
HOLIDAYS = (date(2026, 1, 1), date(2026, 3, 19))

# (what it shows, windows the customer stated, zone, asked at, next moment); 2026-01-05 is a Monday
NEXT = [
    ("by day", (), JAKARTA, "2026-01-05 10:00", "2026-01-05 10:00"),
    ("as quiet hours end", (), JAKARTA, "2026-01-05 08:00", "2026-01-05 08:00"),
    ("before quiet hours end", (), JAKARTA, "2026-01-05 07:59", "2026-01-05 08:00"),
    ("as quiet hours begin", (), JAKARTA, "2026-01-05 20:00", "2026-01-06 08:00"),
    ("past midnight", (), JAKARTA, "2026-01-06 00:30", "2026-01-06 08:00"),
    ("Saturday night: Monday", (), JAKARTA, "2026-01-03 20:00", "2026-01-05 08:00"),
    ("Sunday noon: Monday", (), JAKARTA, "2026-01-04 12:00", "2026-01-05 08:00"),
    ("Friday prayer", (), JAKARTA, "2026-01-09 11:30", "2026-01-09 13:00"),
    ("Thursday at that hour", (), JAKARTA, "2026-01-08 11:30", "2026-01-08 11:30"),
    ("a holiday", (), JAKARTA, "2026-01-01 10:00", "2026-01-02 08:00"),
    ("the evening before a holiday", (), JAKARTA, "2025-12-31 21:00", "2026-01-02 08:00"),
    ("the same instant elsewhere", (), NEW_YORK, "2026-01-05 10:00+07:00", "2026-01-05 08:00"),
    ("a holiday is a date of their zone", (), NEW_YORK, "2026-01-01 08:00+07:00", "2026-01-02 08:00"),
    ("lunch break", windows("12:00-13:00"), JAKARTA, "2026-01-05 10:00", "2026-01-05 12:00"),
    ("inside the lunch break", windows("12:00-13:00"), JAKARTA, "2026-01-05 12:59", "2026-01-05 12:59"),
    ("as lunch break ends", windows("12:00-13:00"), JAKARTA, "2026-01-05 13:00", "2026-01-06 12:00"),
    ("lunch break overrides Friday prayer", windows("12:00-13:00"), JAKARTA, "2026-01-09 12:10", "2026-01-09 12:10"),
    ("every day means Sundays too", windows("12:00-13:00"), JAKARTA, "2026-01-03 14:00", "2026-01-04 12:00"),
    ("a stated window overrides holidays", windows("09:00-10:00"), JAKARTA, "2026-01-01 08:00", "2026-01-01 09:00"),
    ("an evening overrides quiet hours", windows("21:00-22:00"), JAKARTA, "2026-01-05 10:00", "2026-01-05 21:00"),
    ("only Wednesday", windows("wed 00:00-24:00"), JAKARTA, "2026-01-08 00:00", "2026-01-14 00:00"),
    ("Wednesday to its end", windows("wed 00:00-24:00"), JAKARTA, "2026-01-07 23:59", "2026-01-07 23:59"),
    ("only Saturday", windows("sat 09:00-12:00"), JAKARTA, "2026-01-05 10:00", "2026-01-10 09:00"),
    ("two a day: the later", windows("08:00-09:00", "17:00-18:00"), JAKARTA, "2026-01-05 10:00", "2026-01-05 17:00"),
    ("two a day: tomorrow", windows("08:00-09:00", "17:00-18:00"), JAKARTA, "2026-01-05 18:00", "2026-01-06 08:00"),
    ("weekdays", windows("mon,tue,wed,thu,fri 17:00-18:00"), JAKARTA, "2026-01-09 18:00", "2026-01-12 17:00"),
    ("overnight, evening", windows("22:00-02:00"), JAKARTA, "2026-01-05 23:00", "2026-01-05 23:00"),
    ("overnight, morning", windows("22:00-02:00"), JAKARTA, "2026-01-06 01:59", "2026-01-06 01:59"),
    ("overnight, over", windows("22:00-02:00"), JAKARTA, "2026-01-06 02:00", "2026-01-06 22:00"),
    (
        "Wednesday night ends on Thursday",
        windows("wed 22:00-02:00"),
        JAKARTA,
        "2026-01-08 01:00",
        "2026-01-08 01:00",
    ),
    (
        "and does not begin on Tuesday",
        windows("wed 22:00-02:00"),
        JAKARTA,
        "2026-01-07 01:00",
        "2026-01-07 22:00",
    ),
    ("overnight of Sunday into Monday", windows("sun 22:00-02:00"), JAKARTA, "2026-01-05 01:00", "2026-01-05 01:00"),
    ("to midnight", windows("20:00-00:00"), JAKARTA, "2026-01-05 23:59", "2026-01-05 23:59"),
    ("midnight itself is out", windows("20:00-00:00"), JAKARTA, "2026-01-06 00:00", "2026-01-06 20:00"),
    ("equal times: a day", windows("wed 09:00-09:00"), JAKARTA, "2026-01-08 08:59", "2026-01-08 08:59"),
    ("from 24:00: the next day", windows("wed 24:00-02:00"), JAKARTA, "2026-01-07 12:00", "2026-01-08 00:00"),
    ("windows that overlap", windows("09:00-12:00", "11:00-14:00"), JAKARTA, "2026-01-05 13:00", "2026-01-05 13:00"),
    ("clocks forward: skipped start", windows("02:30-04:00"), NEW_YORK, "2026-03-08 01:00", "2026-03-08 03:00-04:00"),
    ("clocks forward: window lost", windows("02:00-03:00"), NEW_YORK, "2026-03-08 01:00", "2026-03-09 02:00"),
    ("clocks back: the first of two", windows("01:30-03:00"), NEW_YORK, "2026-11-01 00:00", "2026-11-01 01:30-04:00"),
    ("clocks back: not twice", windows("01:00-01:30"), NEW_YORK, "2026-11-01 01:10-05:00", "2026-11-02 01:00"),
    ("clocks back: quiet to the morning", (), BERLIN, "2026-10-26 07:59", "2026-10-26 08:00"),
    (
        "clocks forward: summer lunch",
        windows("12:00-13:00"),
        BERLIN,
        "2026-03-29 11:00",
        "2026-03-29 12:00+02:00",
    ),
]


@pytest.mark.parametrize(("stated", "zone", "asked", "due"), [case[1:] for case in NEXT], ids=[c[0] for c in NEXT])
def test_the_next_moment_is_where_the_rules_say(stated: tuple[Window, ...], zone: str, asked: str, due: str) -> None:
    compiled = Windows(stated, zone, QUIET, HOLIDAYS)
    us, expected = at(asked, zone), at(due, zone)
    assert compiled.next_moment(us) == expected
    assert compiled.contains(us) == (us == expected)
    assert compiled.contains(expected)
    assert us == expected or not compiled.contains(expected - 1)


def test_without_quiet_hours_every_moment_is_allowed() -> None:
    anytime = Windows((), JAKARTA)
    seam = 400 << 42
    assert all(anytime.next_moment(us) == us for us in (0, seam - 1, seam, seam + 1))


def test_when_all_is_quiet_there_is_no_moment() -> None:
    never = Windows((), JAKARTA, windows("00:00-24:00"))
    assert never.next_moment(at("2026-01-05 10:00", JAKARTA)) is None
    assert not never.contains(at("2026-01-05 10:00", JAKARTA))


def test_the_search_goes_past_a_year_of_holidays_but_not_for_ever() -> None:
    first = date(2026, 1, 1)
    a_year = Windows((), JAKARTA, QUIET, [first + timedelta(days=i) for i in range(365)])
    assert a_year.next_moment(at("2026-01-01 10:00", JAKARTA)) == at("2027-01-01 08:00", JAKARTA)
    two_years = Windows((), JAKARTA, QUIET, [first + timedelta(days=i) for i in range(730)])
    assert two_years.next_moment(at("2026-01-01 10:00", JAKARTA)) is None


def test_customers_of_one_pattern_share_their_windows() -> None:
    quiet = QuietHours(QUIET, HOLIDAYS)
    assert quiet.windows((), JAKARTA) is quiet.windows((), JAKARTA)
    assert quiet.windows(windows("12:00-13:00"), JAKARTA) is quiet.windows(windows("12:00-13:00"), JAKARTA)
    asked = at("2026-01-01 10:00", JAKARTA)
    assert quiet.windows((), JAKARTA).next_moment(asked) == at("2026-01-02 08:00", JAKARTA)
    assert pickle.loads(pickle.dumps(quiet)).windows((), JAKARTA).next_moment(asked) == at("2026-01-02 08:00", JAKARTA)


@pytest.mark.parametrize("wrong", [{"zone": "Mars/Olympus"}, {"windows": windows("9-10")}])
def test_what_cannot_be_read_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"IANA|two digits"):
        Windows(**({"windows": (), "zone": JAKARTA} | wrong))


# (what it shows, n, times, months, after, slot); all in Jakarta
SLOTS = [
    ("once a month: the next month", 1, 1, 1, "2026-01-20 10:00", "2026-02-01 00:00"),
    ("once a month: this month", 0, 1, 1, "2026-01-20 10:00", "2026-01-01 00:00"),
    ("twice: the second half", 1, 2, 1, "2026-01-05 10:00", "2026-01-16 00:00"),
    ("twice: late in the first half", 1, 2, 1, "2026-01-15 23:59", "2026-01-16 00:00"),
    ("twice: the next month", 1, 2, 1, "2026-01-16 00:00", "2026-02-01 00:00"),
    ("twice in a short month", 1, 2, 1, "2026-02-03 10:00", "2026-02-15 00:00"),
    ("twice in a leap year's", 1, 2, 1, "2028-02-03 10:00", "2028-02-15 00:00"),
    ("six: every fifth day", 1, 6, 1, "2026-04-01 10:00", "2026-04-06 00:00"),
    ("six: the last", 0, 6, 1, "2026-04-30 10:00", "2026-04-26 00:00"),
    ("six: six on is next month's same", 6, 6, 1, "2026-04-10 10:00", "2026-05-06 00:00"),
    ("over New Year", 1, 2, 1, "2026-12-31 23:00", "2027-01-01 00:00"),
    ("back over New Year", -1, 2, 1, "2026-01-05 10:00", "2025-12-16 00:00"),
    ("two years on", 48, 2, 1, "2026-01-05 10:00", "2028-01-01 00:00"),
    ("more slots than days: one a day", 1, 31, 1, "2026-02-10 10:00", "2026-02-11 00:00"),
    ("twice a quarter", 1, 2, 3, "2026-01-05 10:00", "2026-02-15 00:00"),
    ("once a quarter", 1, 1, 3, "2026-02-15 10:00", "2026-04-01 00:00"),
    ("three a year", 1, 3, 12, "2026-01-05 10:00", "2026-05-02 00:00"),
]


@pytest.mark.parametrize(("n", "times", "months", "after", "slot"), [c[1:] for c in SLOTS], ids=[c[0] for c in SLOTS])
def test_slots_divide_the_calendar(n: int, times: int, months: Months, after: str, slot: str) -> None:
    assert slot_start(n, JAKARTA, times, at(after, JAKARTA), months=months) == at(slot, JAKARTA)


def test_slots_are_of_the_customers_own_month() -> None:
    new_year = at("2026-01-01 00:00", JAKARTA)
    assert slot_start(0, JAKARTA, 2, new_year) == new_year
    assert slot_start(0, NEW_YORK, 2, new_year) == at("2025-12-16 00:00", NEW_YORK)


def test_a_contact_late_in_its_slot_does_not_push_the_next_one_back() -> None:
    moment, days = at("2026-01-10 09:00", JAKARTA), 86_400 * 1_000_000
    found: list[int] = []
    for _ in range(24):
        moment = slot_start(1, JAKARTA, 2, moment) + 6 * days
        found.append(moment)
    assert found[-1] < at("2027-02-01 00:00", JAKARTA)  # two a month for twelve months


def test_no_slots_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="one or more"):
        slot_start(1, JAKARTA, 0, 0)


# --- agreement with a count minute by minute ---

COUNTED = 5 * 1440
starts = clock_minutes.filter(lambda minute: minute < 1440).map(clock)
spells = st.builds(
    lambda days, start, end: Window(days=tuple(days), start=start, end=end),
    st.lists(st.sampled_from(DAYS), unique=True, max_size=3),
    starts,
    clock_minutes.map(clock),
)


def minutes_of(window: Window) -> tuple[int, int]:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (window.start, window.end))
    return start, end if end > start else end + 1440


@settings(max_examples=60, deadline=None)
@given(
    place=st.sampled_from(CHANGES),
    stated=st.lists(spells, max_size=3).map(tuple),
    quiet=st.lists(spells, max_size=3).map(tuple),
    closed=st.sets(st.integers(-2, 3), max_size=2),
    begin=st.integers(0, 1439),
    probes=st.lists(st.integers(0, COUNTED - 1), min_size=1, max_size=10),
)
def test_agrees_with_a_count_minute_by_minute(
    place: tuple[str, date],
    stated: tuple[Window, ...],
    quiet: tuple[Window, ...],
    closed: set[int],
    begin: int,
    probes: list[int],
) -> None:
    zone, change = place
    holidays = [change + timedelta(days=i) for i in closed]
    compiled = Windows(stated, zone, quiet, holidays)
    start = midnight(change - timedelta(days=2), zone) + begin * MINUTE_US

    def lies_in(some: tuple[Window, ...]) -> list[bool]:
        def of_day(day: date) -> list[tuple[int, int]]:
            return [minutes_of(one) for one in some if not one.days or DAYS[day.weekday()] in one.days]

        return list(counting(zone, of_day, start, COUNTED))

    if stated:
        counted = lies_in(stated)
    else:
        closed_days = counting(zone, lambda day: [(0, 1440)] if day in holidays else [], start, COUNTED)
        counted = [not (still or free) for still, free in zip(lies_in(quiet), closed_days, strict=True)]
    for i in probes:
        asked = start + i * MINUTE_US
        assert compiled.contains(asked) == counted[i]
        expected = first_open(counted[i:], asked)
        assert expected is None or compiled.next_moment(asked) == expected


@settings(max_examples=100, deadline=None)
@given(
    place=st.sampled_from(CHANGES),
    offset=st.integers(-40 * 1440, 40 * 1440),
    times=st.integers(1, 31),
    months=st.sampled_from((1, 3, 12)),
)
def test_slots_follow_each_other_and_one_holds_each_moment(
    place: tuple[str, date], offset: int, times: int, months: Months
) -> None:
    zone, change = place
    us = midnight(change, zone) + offset * MINUTE_US
    around = [slot_start(n, zone, times, us, months=months) for n in range(-3, times + 3)]
    assert all(one <= other for one, other in pairwise(around))
    assert around[3] <= us < around[4] or around[4] == around[5]  # a day that a zone skipped lasts no time
    assert slot_start(-1, zone, times, around[4], months=months) in (around[3], around[4])
