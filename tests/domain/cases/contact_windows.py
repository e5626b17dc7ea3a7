"""The next moment at which a customer may be contacted. 2026-01-05 is a Monday.

Quiet hours are the shipped rulebook's: 20:00 to 08:00, Sundays, Friday 11:30 to 13:00, and the public holidays below; all in the
customer's own zone. Windows that the customer stated are written as `mon,wed 12:00-13:00`, or without days for every day.
"""

from typing import NamedTuple

JAKARTA, MAKASSAR, JAYAPURA = "Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"  # +07:00, +08:00, +09:00
LONDON, NEW_YORK, LORD_HOWE = "Europe/London", "America/New_York", "Australia/Lord_Howe"
JERUSALEM, CAIRO = "Asia/Jerusalem", "Africa/Cairo"

HOLIDAYS = ("2026-01-01", "2026-05-01", "2026-08-15", "2026-08-17")  # Thursday, Friday, Saturday, Monday


class Next(NamedTuple):
    """A customer in `zone` who stated `windows` may, asked at `asked`, be contacted at `due` first."""

    name: str
    zone: str
    asked: str
    due: str
    windows: tuple[str, ...] = ()


QUIET = [
    Next("the last second of the day", JAKARTA, "2026-01-05 19:59:59", "2026-01-05 19:59:59"),
    Next("eight in the evening is quiet", JAKARTA, "2026-01-05 20:00", "2026-01-06 08:00"),
    Next("the last second of the night", JAKARTA, "2026-01-06 07:59:59", "2026-01-06 08:00"),
    Next("midnight", JAKARTA, "2026-01-06 00:00", "2026-01-06 08:00"),
    Next("Saturday's evening", JAKARTA, "2026-01-10 20:00", "2026-01-12 08:00"),
    Next("Sunday from its first moment", JAKARTA, "2026-01-11 00:00", "2026-01-12 08:00"),
    Next("Sunday's evening", JAKARTA, "2026-01-11 23:59", "2026-01-12 08:00"),
    Next("Monday before eight", JAKARTA, "2026-01-12 00:00", "2026-01-12 08:00"),
    Next("Friday until prayer", JAKARTA, "2026-01-09 11:29:59", "2026-01-09 11:29:59"),
    Next("Friday at prayer", JAKARTA, "2026-01-09 12:59:59", "2026-01-09 13:00"),
    Next("Friday's evening: Saturday is a day like others", JAKARTA, "2026-01-09 20:00", "2026-01-10 08:00"),
    Next("Saturday at the hour of Friday's prayer", JAKARTA, "2026-01-10 12:00", "2026-01-10 12:00"),
    Next("a holiday on a Friday", JAKARTA, "2026-04-30 20:00", "2026-05-02 08:00"),
    Next("a holiday from its first moment", JAKARTA, "2026-05-01 00:00", "2026-05-02 08:00"),
    Next("holiday, Sunday, holiday", JAKARTA, "2026-08-14 20:00", "2026-08-18 08:00"),
    Next("the evening of a holiday", JAKARTA, "2026-08-17 21:00", "2026-08-18 08:00"),
]

ZONES = [
    Next("Jayapura is up two hours before Jakarta", JAYAPURA, "2026-01-05 06:00+07:00", "2026-01-05 06:00+07:00"),
    Next("Jakarta at that instant", JAKARTA, "2026-01-05 06:00+07:00", "2026-01-05 08:00"),
    Next("Jayapura rests two hours before Jakarta", JAYAPURA, "2026-01-05 18:00+07:00", "2026-01-06 08:00+09:00"),
    Next("Makassar then still has an hour", MAKASSAR, "2026-01-05 18:59+07:00", "2026-01-05 18:59+07:00"),
    Next("Makassar from seven in Jakarta on", MAKASSAR, "2026-01-05 19:00+07:00", "2026-01-06 08:00+08:00"),
    Next("Friday's prayer in Jayapura", JAYAPURA, "2026-01-09 10:00+07:00", "2026-01-09 11:00+07:00"),
    Next("Friday's prayer is over in Jayapura", JAYAPURA, "2026-01-09 11:30+07:00", "2026-01-09 11:30+07:00"),
    Next("London in summer, night there", LONDON, "2026-07-06 08:00+07:00", "2026-07-06 08:00+01:00"),
    Next("New York, still Sunday there", NEW_YORK, "2026-01-05 09:00+07:00", "2026-01-05 08:00-05:00"),
    Next("Honolulu, still Sunday afternoon", "Pacific/Honolulu", "2026-01-05 08:00+07:00", "2026-01-05 08:00-10:00"),
    Next("Kiritimati, Sunday already", "Pacific/Kiritimati", "2026-01-10 18:00+07:00", "2026-01-12 08:00+14:00"),
    Next("Kathmandu, a quarter to eight", "Asia/Kathmandu", "2026-01-05 09:00+07:00", "2026-01-05 08:00+05:45"),
    Next("a holiday ends by their date", LONDON, "2026-08-18 06:59+07:00", "2026-08-18 08:00+01:00"),
    Next("a holiday begins by their date", NEW_YORK, "2026-01-01 11:59+07:00", "2026-01-02 08:00-05:00"),
    Next("a stated lunch break is in their zone", JAYAPURA, "2026-01-05 10:30+07:00", "2026-01-05 10:30+07:00",
         ("12:00-13:00",)),
    Next("and not in ours", JAYAPURA, "2026-01-05 12:30+07:00", "2026-01-06 12:00+09:00", ("12:00-13:00",)),
]  # fmt: skip

STATED = [
    Next("two a day and one on Saturday: the evening", JAKARTA, "2026-01-05 13:30", "2026-01-05 17:00",
         ("mon 12:00-13:00", "mon 17:00-18:00", "sat 09:00-10:00")),
    Next("two a day and one on Saturday: Saturday", JAKARTA, "2026-01-05 18:00", "2026-01-10 09:00",
         ("mon 12:00-13:00", "mon 17:00-18:00", "sat 09:00-10:00")),
    Next("two a day and one on Saturday: next Monday", JAKARTA, "2026-01-10 10:00", "2026-01-12 12:00",
         ("mon 12:00-13:00", "mon 17:00-18:00", "sat 09:00-10:00")),
    Next("three a day, in any order", JAKARTA, "2026-01-05 09:00", "2026-01-05 12:00",
         ("18:00-19:00", "07:00-08:00", "12:00-12:30")),
    Next("two that touch are one", JAKARTA, "2026-01-05 10:00", "2026-01-05 10:00", ("09:00-10:00", "10:00-11:00")),
    Next("only Wednesday at noon, just over", JAKARTA, "2026-01-07 13:00", "2026-01-14 12:00", ("wed 12:00-13:00",)),
    Next("only Wednesday, from the day before", JAKARTA, "2026-01-06 23:59:59", "2026-01-07 00:00",
         ("wed 00:00-24:00",)),
    Next("only Wednesday, from the day after", JAKARTA, "2026-01-08 00:00", "2026-01-14 00:00", ("wed 00:00-24:00",)),
    Next("lunch on workdays, Friday's over", JAKARTA, "2026-01-09 13:00", "2026-01-12 12:00",
         ("mon,tue,wed,thu,fri 12:00-13:00",)),
    Next("lunch on workdays overrides Friday's prayer", JAKARTA, "2026-01-09 12:30", "2026-01-09 12:30",
         ("mon,tue,wed,thu,fri 12:00-13:00",)),
    Next("exactly Friday's quiet hours", JAKARTA, "2026-01-09 08:00", "2026-01-09 11:30", ("fri 11:30-13:00",)),
    Next("only Sunday afternoon", JAKARTA, "2026-01-05 10:00", "2026-01-11 15:00", ("sun 15:00-17:00",)),
    Next("late in the evening", JAKARTA, "2026-01-05 20:59", "2026-01-05 21:00", ("21:00-23:00",)),
    Next("early in the morning", JAKARTA, "2026-01-05 06:00", "2026-01-06 05:00", ("05:00-06:00",)),
    Next("at any time means at any time", JAKARTA, "2026-01-11 03:00", "2026-01-11 03:00", ("00:00-24:00",)),
    Next("the quiet hours themselves: not at noon", JAKARTA, "2026-01-05 12:00", "2026-01-05 20:00", ("20:00-08:00",)),
    Next("the quiet hours themselves: at dawn", JAKARTA, "2026-01-06 07:59", "2026-01-06 07:59", ("20:00-08:00",)),
    Next("the quiet hours themselves: over at eight", JAKARTA, "2026-01-06 08:00", "2026-01-06 20:00",
         ("20:00-08:00",)),
    Next("a window on a holiday", JAKARTA, "2026-08-17 09:00", "2026-08-17 10:00", ("10:00-11:00",)),
    Next("Friday's night lasts into Saturday", JAKARTA, "2026-01-10 00:30", "2026-01-10 00:30", ("fri 22:00-01:00",)),
    Next("Thursday's night is none", JAKARTA, "2026-01-09 00:30", "2026-01-09 22:00", ("fri 22:00-01:00",)),
    Next("Friday's night is over at one", JAKARTA, "2026-01-10 01:00", "2026-01-16 22:00", ("fri 22:00-01:00",)),
    Next("a Sunday's night ends on Monday", JAKARTA, "2026-01-12 04:59", "2026-01-12 04:59", ("sun 23:00-05:00",)),
    Next("to midnight and no further", JAKARTA, "2026-01-11 00:00", "2026-01-17 22:00", ("sat 22:00-24:00",)),
    Next("two nights that meet in a window of the day", JAKARTA, "2026-01-06 05:30", "2026-01-06 05:30",
         ("mon 23:00-05:00", "tue 05:00-06:00")),
]  # fmt: skip

CLOCKS = [
    Next("London forward: lunch is summer's", LONDON, "2026-03-29 11:30+00:00", "2026-03-29 11:30+00:00",
         ("12:00-13:00",)),
    Next("London forward: before summer's lunch", LONDON, "2026-03-29 10:30+00:00", "2026-03-29 11:00+00:00",
         ("12:00-13:00",)),
    Next("London forward: a window that does not come", LONDON, "2026-03-29 00:30+00:00", "2026-03-30 00:00+00:00",
         ("01:00-02:00",)),
    Next("London forward: one that begins in the hour that is skipped", LONDON, "2026-03-29 00:30+00:00",
         "2026-03-29 01:00+00:00", ("01:30-03:00",)),
    Next("London back: what came is over the second time", LONDON, "2026-10-25 01:10+00:00", "2026-10-26 01:00+00:00",
         ("01:00-01:30",)),
    Next("London back: a night of four hours", LONDON, "2026-10-25 01:30+00:00", "2026-10-25 01:30+00:00",
         ("23:00-02:00",)),
    Next("London back: and its end", LONDON, "2026-10-25 02:00+00:00", "2026-10-25 23:00+00:00", ("23:00-02:00",)),
    Next("London forward: the weekend's quiet", LONDON, "2026-03-28 20:00+00:00", "2026-03-30 07:00+00:00"),
    Next("London back: the weekend's quiet", LONDON, "2026-10-24 19:00+00:00", "2026-10-26 08:00+00:00"),
    # Jerusalem goes forward on a Friday, 27 March at 02:00
    Next("Jerusalem forward: a quiet night of eleven hours", JERUSALEM, "2026-03-26 20:00+02:00",
         "2026-03-27 08:00+03:00"),
    # Cairo goes forward on a Friday, 24 April at 00:00, and back on Thursday 29 October at 24:00
    Next("Cairo forward: the day begins at one", CAIRO, "2026-04-23 21:00+02:00", "2026-04-24 01:00+03:00",
         ("fri 00:00-02:00",)),
    Next("Cairo back: a quiet night of thirteen hours", CAIRO, "2026-10-29 20:00+03:00", "2026-10-30 08:00+02:00"),
    # Lord Howe goes forward by half an hour on 4 October at 02:00 and back by as much on 5 April
    Next("Lord Howe forward: a window that loses its second half", LORD_HOWE, "2026-10-04 02:30+11:00",
         "2026-10-05 01:45+11:00", ("01:45-02:15",)),
    Next("Lord Howe forward: its first half", LORD_HOWE, "2026-10-04 01:59+10:30", "2026-10-04 01:59+10:30",
         ("01:45-02:15",)),
    Next("Lord Howe back: half an hour that comes twice", LORD_HOWE, "2026-04-05 01:45+10:30",
         "2026-04-05 01:45+10:30", ("01:30-02:00",)),
]  # fmt: skip

ALL = [*QUIET, *ZONES, *STATED, *CLOCKS]
