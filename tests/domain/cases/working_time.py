"""When so many working hours are over. 2026-01-05 is a Monday; `pauses` are stretches in which the clock stands still."""

from typing import NamedTuple


class Due(NamedTuple):
    """So much work from `start` in `calendar` is over at `due`; None: it does not end while a pause lasts."""

    name: str
    calendar: str
    start: str
    hours: float
    due: str | None
    pauses: tuple[tuple[str, str | None], ...] = ()


MINUTE = 1 / 60

SHIFTS = [
    Due("Friday begins half an hour sooner", "office", "2026-01-09 07:00", 1, "2026-01-09 08:30"),
    Due("Friday's prayer is a break", "office", "2026-01-09 11:00", 1, "2026-01-09 13:30"),
    Due("Friday's break is longer than Thursday's", "office", "2026-01-08 11:30", 1, "2026-01-08 13:30"),
    Due("Thursday evening into early Friday", "office", "2026-01-08 16:00", 2, "2026-01-09 08:30"),
    Due("a whole Friday", "office", "2026-01-09 07:30", 8, "2026-01-09 17:00"),
    # Thursday 4 (13-17), Friday 8, then 4 of Monday morning
    Due("two days from Thursday noon", "office", "2026-01-08 12:00", 16, "2026-01-12 12:00"),
    # Monday 6½, Tuesday to Friday 32 make 38½; 1½ on Monday
    Due("five days from within a morning", "office", "2026-01-05 09:30", 40, "2026-01-12 09:30"),
    # Wednesday 4, Thursday to Tuesday the 20th 72 (9 days), then 4
    Due("ten days from Wednesday's break", "office", "2026-01-07 12:30", 80, "2026-01-21 12:00"),
    Due("three shifts: the first and all of the second", "three shifts", "2026-01-05 08:00", 5, "2026-01-05 14:00"),
    Due("a minute more is in the third", "three shifts", "2026-01-05 08:00", 5 + MINUTE, "2026-01-05 16:01"),
    Due("all three shifts of a day", "three shifts", "2026-01-05 06:00", 11, "2026-01-05 20:00"),
    Due("from the second break", "three shifts", "2026-01-05 14:30", 5, "2026-01-06 07:00"),
    Due("a Saturday that is worked, then Sunday", "three shifts", "2026-01-10 19:00", 2, "2026-01-12 07:00"),
    Due("three days to Saturday's end", "three shifts", "2026-01-08 06:00", 33, "2026-01-10 20:00"),
]

NIGHTS = [
    Due("through midnight", "nights", "2026-01-05 22:00", 4, "2026-01-06 02:00"),
    Due("Friday's night ends on Saturday", "nights", "2026-01-10 03:30", 0.5, "2026-01-10 04:00"),
    Due("Friday's night, then Monday's", "nights", "2026-01-09 23:00", 6, "2026-01-12 21:00"),
    Due("no night leads into Monday", "nights", "2026-01-12 02:00", 1, "2026-01-12 21:00"),
    Due("a night before a holiday ends on it", "nights, days of their own", "2026-01-14 03:00", 1, "2026-01-14 04:00"),
    Due("a holiday's own night is not", "nights, days of their own", "2026-01-14 03:00", 2, "2026-01-15 21:00"),
    Due("a Saturday for once, after Friday's night", "nights, days of their own", "2026-01-17 03:00", 2,
        "2026-01-17 09:00"),
    Due("two hours in the place of a night", "nights, days of their own", "2026-01-20 05:00", 3, "2026-01-21 21:00"),
    Due("the night before such a day still ends", "nights, days of their own", "2026-01-20 03:00", 2,
        "2026-01-20 10:00"),
]  # fmt: skip

HOLIDAYS = [
    Due("work on a holiday for once", "office, days of its own", "2025-12-31 17:00", 3, "2026-01-02 08:30"),
    Due("that work alone", "office, days of its own", "2025-12-31 17:00", 2, "2026-01-01 12:00"),
    Due("a Monday closed for once", "office, days of its own", "2026-01-30 16:00", 2, "2026-02-03 09:00"),
    Due("a Saturday morning for once", "office, days of its own", "2026-01-23 17:00", 3, "2026-01-24 11:00"),
    Due("more than that Saturday has", "office, days of its own", "2026-01-23 17:00", 4, "2026-01-26 09:00"),
    Due("Indonesia: independence, a Monday", "Indonesia", "2026-08-14 16:00", 2, "2026-08-18 09:00"),
    Due("Indonesia: labour day, a Friday", "Indonesia", "2026-04-30 16:30", 1, "2026-05-04 08:30"),
    Due("Indonesia: Pancasila, a Monday", "Indonesia", "2026-05-29 16:30", 1, "2026-06-02 08:30"),
    Due("Indonesia: Christmas, a Friday", "Indonesia", "2026-12-24 17:30", 1, "2026-12-28 09:00"),
    # 25 December is a Friday; Boxing Day, a Saturday, is made up for on Monday the 28th
    Due("Britain: Christmas with its substitute", "Britain", "2026-12-24 16:30", 2, "2026-12-29 10:00"),
    Due("Britain: May Day", "Britain", "2026-05-01 17:00", 1, "2026-05-05 09:30"),
    Due("Britain: opened on a bank holiday", "Britain", "2026-05-25 12:00", 2, "2026-05-26 11:00"),
    Due("United States: Thanksgiving", "United States", "2026-11-25 16:00", 2, "2026-11-27 10:00"),
    Due("United States: 4 July, a Saturday, is off on Friday", "United States", "2026-07-02 16:30", 1,
        "2026-07-06 09:30"),
    Due("United States: the third Monday of January", "United States", "2026-01-16 17:00", 0.5, "2026-01-20 09:30"),
    Due("Germany: from Good Friday to Easter Monday", "Germany", "2026-04-02 15:00", 2, "2026-04-07 09:00"),
    Due("Germany: Ascension, a Thursday", "Germany", "2026-05-13 15:30", 1, "2026-05-15 08:30"),
    Due("Japan: Golden Week to Wednesday", "Japan", "2026-05-01 17:00", 2, "2026-05-07 10:00"),
    Due("a year of holidays", "a year closed", "2025-12-31 16:00", 2, "2027-01-01 08:30"),  # a Friday, from 07:30
]  # fmt: skip

CLOCKS = [
    # London: forward on 29 March at 01:00 GMT, back on 25 October at 02:00 BST
    Due("London forward: up to the jump", "every night, London", "2026-03-28 22:00", 3, "2026-03-29 02:00+01:00"),
    Due("London forward: beyond it", "every night, London", "2026-03-28 22:00", 4, "2026-03-29 03:00"),
    Due("London forward: a night of seven hours", "every night, London", "2026-03-28 22:00", 7, "2026-03-29 06:00"),
    Due("London forward: the eighth is next night's", "every night, London", "2026-03-28 22:00", 8, "2026-03-29 23:00"),
    Due("London back: one o'clock the first time", "every night, London", "2026-10-24 22:00", 3,
        "2026-10-25 01:00+01:00"),
    Due("London back: and the second", "every night, London", "2026-10-24 22:00", 4, "2026-10-25 01:00+00:00"),
    Due("London back: a night of nine hours", "every night, London", "2026-10-24 22:00", 9, "2026-10-25 06:00"),
    Due("London back: the tenth is next night's", "every night, London", "2026-10-24 22:00", 10, "2026-10-25 23:00"),
    Due("Christmas Eve's night ends, Christmas's is none", "every night, London", "2026-12-25 05:00", 2,
        "2026-12-26 23:00"),
    Due("Jakarta knows no change in March", "every night, Jakarta", "2026-03-28 22:00", 8, "2026-03-29 06:00"),
    Due("Jakarta knows no change in October", "every night, Jakarta", "2026-10-24 22:00", 8, "2026-10-25 06:00"),
    Due("London's office over the weekend forward", "Britain", "2026-03-27 17:00", 1, "2026-03-30 09:30"),
    Due("London's office over the weekend back", "Britain", "2026-10-23 17:00", 1, "2026-10-26 09:30"),
    # New York: forward on 8 March at 02:00, back on 1 November at 02:00
    Due("New York forward: three hours are two", "around midnight, New York", "2026-03-08 00:00", 2,
        "2026-03-08 03:00-04:00"),
    Due("New York forward: then the evening", "around midnight, New York", "2026-03-08 00:00", 2.5, "2026-03-08 21:30"),
    Due("New York back: half past one the first time", "around midnight, New York", "2026-11-01 00:00", 1.5,
        "2026-11-01 01:30-04:00"),
    Due("New York back: and the second", "around midnight, New York", "2026-11-01 00:00", 2.5,
        "2026-11-01 01:30-05:00"),
    Due("New York back: three hours are four", "around midnight, New York", "2026-11-01 00:00", 4, "2026-11-01 03:00"),
    Due("New York back: then the evening", "around midnight, New York", "2026-11-01 00:00", 5, "2026-11-01 22:00"),
    # Lord Howe: back by half an hour on 5 April at 02:00, forward by as much on 4 October at 02:00
    Due("Lord Howe back: a quarter to two the first time", "early, Lord Howe", "2026-04-05 00:00", 1.75,
        "2026-04-05 01:45+11:00"),
    Due("Lord Howe back: and the second", "early, Lord Howe", "2026-04-05 00:00", 2.25, "2026-04-05 01:45+10:30"),
    Due("Lord Howe back: four hours are four and a half", "early, Lord Howe", "2026-04-05 00:00", 4.5,
        "2026-04-05 04:00"),
    Due("Lord Howe back: half an hour more", "early, Lord Howe", "2026-04-05 00:00", 5, "2026-04-05 08:30"),
    Due("Lord Howe forward: up to the jump", "early, Lord Howe", "2026-10-04 00:00", 2, "2026-10-04 02:30"),
    Due("Lord Howe forward: four hours are three and a half", "early, Lord Howe", "2026-10-04 00:00", 3.5,
        "2026-10-04 04:00"),
    Due("Lord Howe forward: then the second shift", "early, Lord Howe", "2026-10-04 00:00", 4, "2026-10-04 08:30"),
    Due("around the clock, London forward", "always, London", "2026-03-28 12:00", 24, "2026-03-29 13:00"),
    Due("around the clock, London back", "always, London", "2026-10-24 12:00", 24, "2026-10-25 11:00"),
    Due("around the clock, New York forward", "always, New York", "2026-03-07 20:00", 12, "2026-03-08 09:00"),
    Due("around the clock, New York back", "always, New York", "2026-10-31 20:00", 12, "2026-11-01 07:00"),
    Due("around the clock, Lord Howe back", "always, Lord Howe", "2026-04-04 12:00", 24, "2026-04-05 11:30"),
]  # fmt: skip

PAUSES = [
    Due("a night's pause costs nothing", "office", "2026-01-05 16:30", 1, "2026-01-06 08:30",
        (("2026-01-05 17:30", "2026-01-06 07:00"),)),
    Due("begins in the break", "office", "2026-01-05 11:00", 2, "2026-01-05 15:00",
        (("2026-01-05 12:30", "2026-01-05 14:00"),)),
    Due("ends in the break", "office", "2026-01-05 11:00", 2, "2026-01-05 14:30",
        (("2026-01-05 11:30", "2026-01-05 12:30"),)),
    Due("a weekend's pause", "office", "2026-01-09 16:00", 2, "2026-01-12 09:30",
        (("2026-01-09 16:30", "2026-01-12 07:00"),)),
    # an hour is used by nine; the three together last from nine to three
    Due("three that overlap are one", "office", "2026-01-05 08:00", 3, "2026-01-05 17:00",
        (("2026-01-05 09:00", "2026-01-05 11:00"), ("2026-01-05 10:00", "2026-01-05 14:00"),
         ("2026-01-05 13:30", "2026-01-05 15:00"))),
    Due("two that touch are one", "office", "2026-01-05 08:00", 2, "2026-01-05 12:00",
        (("2026-01-05 09:00", "2026-01-05 10:00"), ("2026-01-05 10:00", "2026-01-05 11:00"))),
    Due("a short one inside a long one that lasts", "office", "2026-01-05 08:00", 2, None,
        (("2026-01-05 09:00", None), ("2026-01-05 09:30", "2026-01-05 10:00"))),
    Due("lasts, but the time was over", "office", "2026-01-05 08:00", 1, "2026-01-05 09:00",
        (("2026-01-05 10:00", None),)),
    Due("lasts, and the time was not over", "office", "2026-01-05 08:00", 3, None, (("2026-01-05 10:00", None),)),
    Due("one that ended and one that lasts, in time", "office", "2026-01-05 08:00", 4, "2026-01-05 14:00",
        (("2026-01-05 08:30", "2026-01-05 09:30"), ("2026-01-05 15:00", None))),
    Due("lasts from the very end of a shift that fills the time", "office", "2026-01-05 08:00", 4, "2026-01-05 12:00",
        (("2026-01-05 12:00", None),)),
    Due("lasts from within the break after the time was used", "office", "2026-01-05 08:00", 4, "2026-01-05 12:00",
        (("2026-01-05 12:30", None),)),
    Due("lasts over the break, a minute short of the time", "office", "2026-01-05 08:00", 4 + MINUTE, None,
        (("2026-01-05 12:30", None),)),
    Due("a morning's pause", "office", "2026-01-05 16:00", 2, "2026-01-06 14:00",
        (("2026-01-06 08:00", "2026-01-06 12:00"),)),
    Due("over a long weekend with a holiday", "Indonesia", "2026-08-13 16:00", 2, "2026-08-18 11:00",
        (("2026-08-14 07:00", "2026-08-18 10:00"),)),
    Due("over midnight in a night shift", "nights", "2026-01-12 20:00", 4, "2026-01-13 02:00",
        (("2026-01-12 23:00", "2026-01-13 01:00"),)),
    # two hours by midnight; 03:00 BST is two real hours later, and two more of work end at five
    Due("over the hour that is skipped", "every night, London", "2026-03-28 22:00", 4, "2026-03-29 05:00",
        (("2026-03-29 00:00", "2026-03-29 03:00"),)),
    # two and a half by half past midnight; from the second half past one an hour and a half
    Due("into the hour that comes twice", "every night, London", "2026-10-24 22:00", 4, "2026-10-25 03:00",
        (("2026-10-25 00:30", "2026-10-25 01:30+00:00"),)),
    Due("around the clock a pause costs its length", "always, London", "2026-01-05 18:00", 24, "2026-01-07 00:00",
        (("2026-01-05 21:00", "2026-01-06 03:00"),)),
    Due("a year's pause", "office", "2026-01-05 08:00", 1, "2027-01-05 09:00",
        (("2026-01-05 08:30", "2027-01-05 08:30"),)),
    Due("over a day with hours for once", "office, days of its own", "2026-01-23 16:00", 2, "2026-01-24 11:00",
        (("2026-01-23 17:00", "2026-01-24 10:00"),)),
    Due("wholly before the start", "office", "2026-01-06 08:00", 1, "2026-01-06 09:00",
        (("2026-01-05 08:00", "2026-01-06 08:00"),)),
    Due("around the start", "office", "2026-01-06 08:00", 1, "2026-01-06 10:30",
        (("2026-01-05 08:00", "2026-01-06 09:30"),)),
]  # fmt: skip

ALL = [*SHIFTS, *NIGHTS, *HOLIDAYS, *CLOCKS, *PAUSES]
