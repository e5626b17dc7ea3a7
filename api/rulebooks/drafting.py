"""A working calendar to begin with: what somebody says in one line each, and a country's public holidays as dates."""

from typing import Any, get_args

from domain.worktime import Calendar, InvalidCalendar, Weekday, draft

_DAYS: tuple[Weekday, ...] = get_args(Weekday)


def drafted(country: str, years: str, name: str, version: str, zone: str, shifts: str, days: str) -> dict[str, Any]:
    """The document of a calendar, as JSON has it.

    `years` "2026,2027"; `shifts` "08:00-12:00,13:00-17:00", the same on all `days` "mon,tue". InvalidCalendar: says
    which of these cannot be read.
    """
    found: list[int] = []
    for year in years.split(","):
        if not (year.strip().isdecimal() and 1900 <= int(year) <= 2200):
            raise InvalidCalendar(f"{year.strip()!r} is no year; write for example 2026,2027", pointer="/years")
        found.append(int(year))
    worked = [day.strip().lower()[:3] for day in days.split(",")]
    if unknown := [day for day in worked if day not in _DAYS]:
        raise InvalidCalendar(f"{unknown[0]!r} is no day; the days are {','.join(_DAYS)}", pointer="/days")
    given = {
        "name": name,
        "version": version,
        "zone": zone,
        "shifts": {day: _shifts(shifts) for day in _DAYS if day in worked},
    }
    document = Calendar.from_document(given).document  # names what is wrong with any of it
    try:
        made = draft(name, version, zone, document.shifts, country=country.upper(), years=found)
    except NotImplementedError:
        raise InvalidCalendar(
            f"no public holidays are known of {country!r}; a country's code such as ID, GB or SG is wanted",
            pointer="/country",
        ) from None
    return made.model_dump(mode="json", exclude_defaults=True)


def _shifts(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for shift in text.split(","):
        start, dash, end = shift.strip().partition("-")
        if not dash:
            raise InvalidCalendar(f"{shift.strip()!r} is no shift; write for example 08:00-12:00", pointer="/shifts")
        found.append({"start": start.strip(), "end": end.strip()})
    return found
