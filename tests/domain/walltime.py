"""What the tests of working time and windows share: reading times, and a count minute by minute."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from domain.openings import MINUTE_US

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Spells = Sequence[tuple[int, int]]  # the minutes of the day at which openings begin and end
Pattern = Callable[[date], Spells]

# Zones with a day on which clocks change: forward, back, by an hour, by half of one, over midnight, by a whole day.
CHANGES = (
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Dublin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 11, 1)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/St_Johns", date(2006, 10, 29)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Jakarta", date(2026, 1, 1)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
)

clock_minutes = st.one_of(st.integers(0, 24).map(lambda h: 60 * h), st.integers(0, 1440))


def at(text: str, zone: str) -> int:
    """Read local time, such as `2026-01-05 08:00`, or with `+00:00` behind it where a clock shows it twice."""
    moment = datetime.fromisoformat(text)
    placed = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return (placed - datetime.fromisoformat("1970-01-01T00:00+00:00")) // timedelta(microseconds=1)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def midnight(day: date, zone: str) -> int:
    return at(f"{day} 00:00", zone)


def counting(zone: str, opens: Pattern, start_us: int, minutes: int) -> Iterator[bool]:
    """Look at a clock on the wall each minute from `start_us` on: is it open until the next?

    What counts is the latest time that the clock has shown so far, for an hour that comes twice does not open twice.
    """
    wall = ZoneInfo(zone)
    latest = datetime(1, 1, 1)  # noqa: DTZ001 -- what a clock shows
    for minute in range(-2 * 1440, minutes):
        seconds = start_us // 1_000_000 + minute * 60
        latest = max(latest, datetime.fromtimestamp(seconds, wall).replace(tzinfo=None))
        if minute >= 0:
            yield any(
                start <= (latest - datetime.combine(day, time())) // timedelta(minutes=1) < end
                for day in (latest.date() - timedelta(days=back) for back in range(3))
                for start, end in opens(day)
            )


def pattern(week: Mapping[str, Spells], special: Mapping[date, Spells]) -> Pattern:
    return lambda day: special[day] if day in special else week.get(DAYS[day.weekday()], ())


def first_open(counted: Sequence[bool], start_us: int) -> int | None:
    return next((start_us + i * MINUTE_US for i, is_open in enumerate(counted) if is_open), None)
