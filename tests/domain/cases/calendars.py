"""The working calendars of the worked cases, written as people say them: days, then shifts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.worktime import Calendar, Shift, Weekday, draft
from tests.domain.walltime import DAYS

JAKARTA, LONDON, NEW_YORK = "Asia/Jakarta", "Europe/London", "America/New_York"
LORD_HOWE, BERLIN, TOKYO = "Australia/Lord_Howe", "Europe/Berlin", "Asia/Tokyo"


def week(*lines: str) -> dict[Weekday, list[Shift]]:
    """Read lines such as `mon-thu 08:00-12:00 13:00-17:00`."""
    found: dict[Weekday, list[Shift]] = {}
    for line in lines:
        days, *times = line.split()
        first, _, last = days.partition("-")
        for day in DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]:
            found[day] = shifts(" ".join(times))
    return found


def shifts(text: str) -> list[Shift]:
    """Read shifts such as `08:00-12:00 13:00-17:00`."""
    return [Shift(start=one[:5], end=one[6:]) for one in text.split()]


def calendar(
    zone: str, *lines: str, holidays: tuple[str, ...] = (), exceptional: Mapping[str, str] | None = None
) -> Calendar:
    """Compile a calendar; `exceptional` gives the shifts of a date, "" closing it."""
    document: dict[str, Any] = {
        "name": "cases",
        "version": "1",
        "zone": zone,
        "shifts": week(*lines),
        "holidays": list(holidays),
        "exceptional": {day: shifts(text) for day, text in (exceptional or {}).items()},
    }
    return Calendar.from_document(document)


def of_country(country: str, zone: str, *lines: str) -> Calendar:
    """Compile a calendar with the public holidays of 2026 as `draft` lists them."""
    return Calendar(draft("cases", "2026", zone, week(*lines), country=country, years=[2026]))


def calendars() -> dict[str, Calendar]:
    """Every calendar by the name that the tables use."""
    office = ("mon-thu 08:00-12:00 13:00-17:00", "fri 07:30-11:30 13:00-17:00")
    nights = "mon-fri 20:00-04:00"
    return {
        "office": calendar(JAKARTA, *office),
        "office, days of its own": calendar(
            JAKARTA,
            *office,
            holidays=("2026-01-01",),
            exceptional={"2026-01-01": "10:00-12:00", "2026-01-24": "08:00-11:00", "2026-02-02": ""},
        ),
        "Indonesia": of_country("ID", JAKARTA, *office),
        "three shifts": calendar(JAKARTA, "mon-sat 06:00-10:00 11:00-14:00 16:00-20:00"),
        "nights": calendar(JAKARTA, nights),
        "nights, days of their own": calendar(
            JAKARTA,
            nights,
            holidays=("2026-01-14",),
            exceptional={"2026-01-17": "08:00-10:00", "2026-01-20": "09:00-11:00"},
        ),
        "every night, Jakarta": calendar(JAKARTA, "mon-sun 22:00-06:00"),
        "every night, London": calendar(LONDON, "mon-sun 22:00-06:00", holidays=("2026-12-25",)),
        "Britain": of_country("GB", LONDON, "mon-fri 09:00-13:00 14:00-17:30"),
        "United States": of_country("US", NEW_YORK, "mon-fri 09:00-17:00"),
        "Germany": of_country("DE", BERLIN, "mon-fri 08:00-16:00"),
        "Japan": of_country("JP", TOKYO, "mon-fri 09:00-12:00 13:00-18:00"),
        "around midnight, New York": calendar(NEW_YORK, "mon-sun 00:00-03:00 21:00-24:00"),
        "early, Lord Howe": calendar(LORD_HOWE, "mon-sun 00:00-04:00 08:00-12:00"),
        "always, London": _always(LONDON),
        "always, New York": _always(NEW_YORK),
        "always, Lord Howe": _always(LORD_HOWE),
        "a year closed": calendar(
            JAKARTA,
            *office,
            holidays=tuple(str(date.fromordinal(date(2026, 1, 1).toordinal() + i)) for i in range(365)),
        ),
    }


def _always(zone: str) -> Calendar:
    return Calendar.from_document({"name": "always", "version": "1", "zone": zone, "always": True})
