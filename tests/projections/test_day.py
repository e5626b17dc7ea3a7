"""A day's work: minutes that somebody has, minutes that contacts take, and what of a list fits."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import events as e
from domain.events import Event, Window
from domain.facts import MINUTE, micros
from domain.rules import Rules, compile_rules, first_rules, shipped
from projections.catalogue import Catalogue
from projections.day import Cut, Minutes, cut, minutes_of, minutes_on, span_of
from tests.spec import a

JAKARTA = ZoneInfo("Asia/Jakarta")
TUESDAY, FRIDAY, SUNDAY = date(2026, 3, 3), date(2026, 3, 6), date(2026, 3, 8)


def at(day: date, clock: str = "00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=JAKARTA)


def registered(**said: Any) -> Event:
    return a(e.StaffRegistered, -100, staff="ani", **said)


def away(since: datetime, until: datetime) -> Event:
    made = a(e.StaffAbsent, 0, staff="ani", until=until, cover="budi")
    return type(made)(**{n: getattr(made, n) for n in made.__struct_fields__} | {"at": micros(since)})


PLAIN = registered()
SIX_HOURS = registered(minutes_a_day=360)

# The office works 08:00-12:00 and 13:00-17:00 (Friday 07:30-11:30 and 13:00-17:00), 480 minutes, in Jakarta.
HAD: list[tuple[str, list[Event], date, str, Minutes]] = [
    ("nobody knows them: the working time of the office", [], TUESDAY, "00:00", Minutes(480, 0, 480)),
    ("nor how long they work", [PLAIN], TUESDAY, "00:00", Minutes(480, 0, 480)),
    ("minutes a day are said", [SIX_HOURS], TUESDAY, "00:00", Minutes(360, 0, 360)),
    ("on a Sunday nobody works", [SIX_HOURS], SUNDAY, "00:00", Minutes(0, 0, 0)),
    ("before work begins all of it is left", [SIX_HOURS], TUESDAY, "08:00", Minutes(360, 0, 360)),
    ("at noon half of the day is over", [SIX_HOURS], TUESDAY, "12:00", Minutes(360, 0, 180)),
    ("and so it is at the end of the break", [SIX_HOURS], TUESDAY, "13:00", Minutes(360, 0, 180)),
    ("two of eight hours are left", [PLAIN], TUESDAY, "15:00", Minutes(480, 0, 120)),
    ("after work nothing is", [PLAIN], TUESDAY, "17:00", Minutes(480, 0, 0)),
    ("Friday's shifts are other ones", [PLAIN], FRIDAY, "11:30", Minutes(480, 0, 240)),
    # Away from 15:00: two of eight hours, a quarter of 360.
    (
        "away for the last quarter",
        [SIX_HOURS, away(at(TUESDAY, "15:00"), at(FRIDAY))], TUESDAY, "00:00", Minutes(360, 90, 270),
    ),
    (
        "away all day",
        [SIX_HOURS, away(at(date(2026, 3, 1)), at(FRIDAY))], TUESDAY, "00:00", Minutes(360, 360, 0),
    ),
    # Away 08:00-10:00; at 09:00 six of eight hours remain in which they are here.
    (
        "away now and back at ten",
        [PLAIN, away(at(TUESDAY, "06:00"), at(TUESDAY, "10:00"))], TUESDAY, "09:00", Minutes(480, 120, 360),
    ),
    # 08:00-11:00 and 10:00-12:00 together are four hours.
    (
        "two absences that overlap count once",
        [PLAIN, away(at(TUESDAY, "08:00"), at(TUESDAY, "11:00")), away(at(TUESDAY, "10:00"), at(TUESDAY, "12:00"))],
        TUESDAY, "00:00", Minutes(480, 240, 240),
    ),
    (
        "hours of their own: Tuesday 10:00 to 14:00, asked at one o'clock",
        [registered(hours=(Window(days=("tue",), start="10:00", end="14:00"),), timezone="Asia/Jakarta")],
        TUESDAY, "13:00", Minutes(240, 0, 60),
    ),
    (
        "hours of their own in another zone: 09:00-17:00 in Makassar is an hour earlier here",
        [registered(hours=(Window(start="09:00", end="17:00"),), timezone="Asia/Makassar")],
        TUESDAY, "12:00", Minutes(480, 0, 240),
    ),
    (
        "who left has none",
        [SIX_HOURS, a(e.StaffChanged, -50, staff="ani", active=False)], TUESDAY, "00:00", Minutes(0, 0, 0),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("told", "day", "clock", "minutes"), [case[1:] for case in HAD], ids=[c[0] for c in HAD])
def test_minutes_of_a_day_are_those_in_which_they_work(
    told: list[Event], day: date, clock: str, minutes: Minutes
) -> None:
    known = Catalogue(1, [("", event) for event in told])
    span = span_of(day, "Asia/Jakarta")
    assert minutes_on(known, first_rules(), "ani", span, micros(at(day, clock))) == minutes


def rules(**said: Any) -> Rules:
    document = shipped()
    document["contact"]["minutes"] = said
    return compile_rules(document | {"version": "minutes"})


@pytest.mark.parametrize(
    ("channel", "purpose", "minutes"),
    [
        ("phone", "relationship", 10),  # what the channel takes
        ("phone", "selling", 20),  # no less than the purpose asks for
        ("visit", "selling", 90),  # which it does already
        ("sms", "service", 7),  # of a channel that is not named
        (None, None, 7),
    ],
)
def test_a_contact_takes_what_its_channel_does_and_no_less_than_its_purpose(
    channel: str | None, purpose: str | None, minutes: int
) -> None:
    said = rules(default=7, channels={"phone": 10, "visit": 90}, purposes={"selling": 20})
    assert minutes_of(said, channel, purpose) == minutes


def test_a_rulebook_that_says_nothing_of_minutes_still_loads() -> None:
    document = shipped()
    del document["contact"]["minutes"]
    assert minutes_of(compile_rules(document | {"version": "old"}), "visit", "selling") == 15


@pytest.mark.parametrize(
    ("minutes", "available", "found"),
    [
        ([], 480, Cut(0, 0)),
        ([15, 15, 15], 45, Cut(3, 45)),
        ([15, 15, 15], 44, Cut(2, 30)),
        ([15, 90, 5], 60, Cut(1, 15)),  # a shorter one of lower rank is not drawn forward
        ([5], 0, Cut(0, 0)),
        ([0, 0, 5], 0, Cut(2, 0)),
    ],
)
def test_a_list_is_cut_where_the_minutes_are_used_up(minutes: list[int], available: int, found: Cut) -> None:
    assert cut(minutes, available) == found


@given(st.lists(st.integers(0, 120)), st.integers(0, 600))
def test_what_fits_is_the_longest_beginning_that_does(minutes: list[int], available: int) -> None:
    found = cut(minutes, available)
    assert found.minutes == sum(minutes[: found.fit]) <= available
    assert found.fit == len(minutes) or found.minutes + minutes[found.fit] > available


@given(st.integers(0, 24 * 60), st.integers(0, 24 * 60), st.integers(1, 600))
def test_minutes_only_get_fewer_as_the_day_goes_on(one: int, other: int, length: int) -> None:
    absence = away(at(TUESDAY, "09:00"), at(TUESDAY, "09:00") + timedelta(minutes=length))
    known = Catalogue(1, [("", SIX_HOURS), ("", absence)])
    span = span_of(TUESDAY, "Asia/Jakarta")
    first, later = (
        minutes_on(known, first_rules(), "ani", span, span.start + m * MINUTE) for m in sorted((one, other))
    )
    assert first.a_day == later.a_day == 360
    assert first.a_day - first.absent >= first.left >= later.left >= 0
