"""Instants of the simulated company: whole seconds since 1970 UTC.

Office and shop hours are those of Jakarta (UTC+7, no daylight saving).
"""

from datetime import UTC, date, datetime, timedelta

from api.simulation.dice import Dice

MINUTE = 60
HOUR = 3600
DAY = 86_400
JAKARTA = 7 * HOUR

# hours at which things happen, as often as they stand here
OFFICE = (8, 9, 9, 9, 10, 10, 10, 11, 11, 13, 13, 14, 14, 14, 15, 15, 16)
SHOP = (10, 11, 11, 12, 12, 12, 13, 14, 15, 16, 17, 17, 18, 18, 19, 19, 19, 20)
HOME = (6, 7, 8, 9, 10, 12, 12, 13, 15, 17, 18, 19, 19, 20, 20, 20, 21, 21, 22, 23)
OPENS, CLOSES = 9 * HOUR, 17 * HOUR
HOLIDAYS = frozenset({"01-01", "05-01", "06-01", "08-17", "12-25"})
LEBARAN = {
    2022: 5_02,
    2023: 4_22,
    2024: 4_10,
    2025: 3_31,
    2026: 3_20,
    2027: 3_10,
    2028: 2_27,
    2029: 2_15,
}  # month and day
EPOCH = date(1970, 1, 1)


def stamp(at: int, offset: int = 420, micros: int = -1) -> str:
    """RFC 3339 text of an instant with an offset in minutes; microseconds only where given."""
    text = datetime.fromtimestamp(at + offset * 60, UTC).isoformat()[:19]
    if micros >= 0:
        text = f"{text}.{micros:06d}"
    return f"{text}+{offset // 60:02d}:{offset % 60:02d}" if offset else f"{text}Z"


def day_of(at: int) -> int:
    """The day in Jakarta, counted from 1970-01-01."""
    return (at + JAKARTA) // DAY


def day_date(day: int) -> date:
    """The date of a counted day."""
    return EPOCH + timedelta(days=day)


def date_text(at: int) -> str:
    """The date in Jakarta, as JSON has it."""
    return day_date(day_of(at)).isoformat()


def works(day: int) -> bool:
    """Monday to Friday, but for the holidays that have a fixed date."""
    return (day + 3) % 7 < 5 and day_date(day).isoformat()[5:] not in HOLIDAYS


def moment(dice: Dice, at: int, hours: tuple[int, ...]) -> int:
    """Some moment of that day (of office work: of that day or the next that works) in these hours."""
    day = day_of(at)
    if hours is OFFICE:
        while not works(day):
            day += 1
    return day * DAY - JAKARTA + dice.pick(hours) * HOUR + dice.below(HOUR)


def after(at: int, minutes: int) -> int:
    """So many working minutes later."""
    need = minutes * MINUTE
    day = day_of(at)
    second = at + JAKARTA - day * DAY
    while True:
        second = max(second, OPENS)
        room = CLOSES - second
        if works(day) and need <= room:
            return day * DAY - JAKARTA + second + need
        if works(day) and room > 0:
            need -= room
        day += 1
        second = OPENS


def before(at: int, minutes: int) -> int:
    """So many working minutes earlier."""
    need = minutes * MINUTE
    day = day_of(at)
    second = at + JAKARTA - day * DAY
    while True:
        second = min(second, CLOSES)
        room = second - OPENS
        if works(day) and need <= room:
            return day * DAY - JAKARTA + second - need
        if works(day) and room > 0:
            need -= room
        day -= 1
        second = CLOSES
