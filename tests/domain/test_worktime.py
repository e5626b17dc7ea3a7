"""Working time: worked cases written from the rules, and agreement with a count minute by minute."""

import pickle
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.openings import MINUTE_US
from domain.worktime import Calendar, InvalidCalendar, Shift, Unreachable, draft
from tests.domain.walltime import CHANGES, DAYS, at, clock, clock_minutes, counting, first_open, midnight, pattern

JAKARTA = "Asia/Jakarta"
WORKDAYS = DAYS[:5]


def shifts(*texts: str) -> list[dict[str, str]]:
    return [dict(zip(("start", "end"), text.split("-"), strict=True)) for text in texts]


def document(**changed: Any) -> dict[str, Any]:
    plain = {
        "name": "test",
        "version": "1",
        "zone": JAKARTA,
        "shifts": {day: shifts("08:00-12:00", "13:00-17:00") for day in WORKDAYS},
    }
    return {key: value for key, value in (plain | changed).items() if value is not None}


OFFICE = document(
    holidays={"2026-01-01": "New Year", "2026-03-19": "Nyepi", "2026-03-20": "Idulfitri"},
    exceptional={"2026-01-10": shifts("09:00-12:00"), "2026-01-14": [], "2026-03-20": shifts("10:00-11:00")},
)
RAMADAN = document(shifts={day: shifts("07:30-11:30", "12:30-14:30", "19:00-21:00") for day in WORKDAYS})
NIGHT = document(zone="Europe/Berlin", shifts={day: shifts("22:00-06:00") for day in DAYS})
WEEKEND_NIGHT = document(shifts={"fri": shifts("20:00-04:00")}, holidays=["2026-01-10", "2026-01-16"])
NEW_YORK = document(zone="America/New_York", shifts={day: shifts("01:00-01:30", "02:00-04:00") for day in DAYS})
NOON = document(zone="America/New_York", shifts={day: shifts("00:00-24:00") for day in DAYS})
ALWAYS = document(zone="Europe/Berlin", shifts=None, always=True)
HOUR, DAY = 60, 480

# (what it shows, calendar, start, minutes, due); 2026-01-05 is a Monday
DUE = [
    ("within a shift", OFFICE, "2026-01-05 08:00", HOUR, "2026-01-05 09:00"),
    ("across the lunch break", OFFICE, "2026-01-05 11:30", HOUR, "2026-01-05 13:30"),
    ("up to the break: over when the shift is", OFFICE, "2026-01-05 11:00", HOUR, "2026-01-05 12:00"),
    ("a minute more: after the break", OFFICE, "2026-01-05 11:00", 61, "2026-01-05 13:01"),
    ("begins in the break", OFFICE, "2026-01-05 12:15", HOUR, "2026-01-05 14:00"),
    ("begins before work", OFFICE, "2026-01-05 06:00", HOUR, "2026-01-05 09:00"),
    ("begins after work", OFFICE, "2026-01-05 19:00", HOUR, "2026-01-06 09:00"),
    ("begins as work ends", OFFICE, "2026-01-05 17:00", HOUR, "2026-01-06 09:00"),
    ("over the night", OFFICE, "2026-01-05 16:30", HOUR, "2026-01-06 08:30"),
    ("a whole day ends that day", OFFICE, "2026-01-05 08:00", DAY, "2026-01-05 17:00"),
    ("a whole day from noon", OFFICE, "2026-01-05 12:00", DAY, "2026-01-06 12:00"),
    ("a day and a minute", OFFICE, "2026-01-05 08:00", DAY + 1, "2026-01-06 08:01"),
    ("a week of days", OFFICE, "2026-01-19 08:00", 5 * DAY, "2026-01-23 17:00"),
    ("over the weekend", OFFICE, "2026-01-02 16:00", 2 * HOUR, "2026-01-05 09:00"),
    ("begins on Saturday", OFFICE, "2026-01-03 10:00", 30, "2026-01-05 08:30"),
    ("over a holiday", OFFICE, "2025-12-31 16:00", 2 * HOUR, "2026-01-02 09:00"),
    ("begins on a holiday", OFFICE, "2026-01-01 09:00", HOUR, "2026-01-02 09:00"),
    ("holiday, then weekend", OFFICE, "2025-12-31 16:30", DAY + 40, "2026-01-05 08:10"),
    ("a Saturday with work", OFFICE, "2026-01-09 16:00", 2 * HOUR, "2026-01-10 10:00"),
    ("a day closed for once", OFFICE, "2026-01-13 16:30", HOUR, "2026-01-15 08:30"),
    ("an hour's work on a holiday", OFFICE, "2026-03-18 16:30", HOUR, "2026-03-20 10:30"),
    ("nothing to wait for", OFFICE, "2026-01-03 10:00", 0, "2026-01-03 10:00"),
    ("fractions", OFFICE, "2026-01-05 08:00", 7.5, "2026-01-05 08:07:30"),
    ("three quarters of a day", OFFICE, "2026-01-05 08:00", 0.75 * DAY, "2026-01-05 15:00"),
    ("two breaks", RAMADAN, "2026-03-02 11:00", 3 * HOUR + 1, "2026-03-02 19:31"),
    ("the evening shift is today's", RAMADAN, "2026-03-02 15:00", 2 * HOUR, "2026-03-02 21:00"),
    ("a night shift", NIGHT, "2026-01-05 23:00", 2 * HOUR, "2026-01-06 01:00"),
    ("through a day", NIGHT, "2026-01-05 05:00", 2 * HOUR, "2026-01-05 23:00"),
    ("Friday's night reaches into a holiday", WEEKEND_NIGHT, "2026-01-09 22:00", 5 * HOUR, "2026-01-10 03:00"),
    ("a holiday's night does not begin", WEEKEND_NIGHT, "2026-01-10 03:00", 2 * HOUR, "2026-01-23 21:00"),
    ("clocks forward: the night is 7 hours", NIGHT, "2026-03-28 22:00", 7 * HOUR, "2026-03-29 06:00"),
    ("clocks forward: 8 hours need the next night", NIGHT, "2026-03-28 22:00", 8 * HOUR, "2026-03-29 23:00"),
    ("clocks forward: across the jump", NIGHT, "2026-03-29 01:30", HOUR, "2026-03-29 03:30"),
    ("clocks back: the night is 9 hours", NIGHT, "2026-10-24 22:00", 9 * HOUR, "2026-10-25 06:00"),
    ("clocks back: 8 hours end at five", NIGHT, "2026-10-24 22:00", 8 * HOUR, "2026-10-25 05:00"),
    ("clocks back: the first of two", NIGHT, "2026-10-24 22:00", 4.5 * HOUR, "2026-10-25 02:30+02:00"),
    ("clocks back: the second of two", NIGHT, "2026-10-24 22:00", 5.5 * HOUR, "2026-10-25 02:30+01:00"),
    ("a start that is skipped begins at the jump", NEW_YORK, "2026-03-08 01:30", HOUR, "2026-03-08 04:00"),
    ("and is shorter", NEW_YORK, "2026-03-08 01:30", HOUR + 10, "2026-03-09 01:10"),
    ("what comes twice opens once", NEW_YORK, "2026-11-01 01:00-04:00", 40, "2026-11-01 02:10"),
    ("the longer day", NOON, "2026-11-01 00:00", 25 * HOUR, "2026-11-02 00:00"),
    ("the shorter day", NOON, "2026-03-08 00:00", 23 * HOUR, "2026-03-09 00:00"),
    ("around the clock, in real hours, forward", ALWAYS, "2026-03-28 12:00", 24 * HOUR, "2026-03-29 13:00"),
    ("around the clock, in real hours, back", ALWAYS, "2026-10-24 12:00", 24 * HOUR, "2026-10-25 11:00"),
    ("around the clock on New Year", ALWAYS, "2025-12-31 23:00", 4 * HOUR, "2026-01-01 03:00"),
]


@pytest.mark.parametrize(("calendar", "start", "minutes", "due"), [case[1:] for case in DUE], ids=[c[0] for c in DUE])
def test_minutes_are_over_when_the_rules_say(calendar: dict[str, Any], start: str, minutes: float, due: str) -> None:
    compiled = Calendar.from_document(calendar)
    begins, ends = at(start, calendar["zone"]), at(due, calendar["zone"])
    assert compiled.add_working(begins, minutes) == ends
    assert compiled.working_between(begins, ends) == minutes
    assert compiled.working_between(ends, begins) == -minutes


# (what it shows, start, minutes, pauses, due), in OFFICE; 2026-01-05 is a Monday
PAUSED = [
    ("no pause", "2026-01-05 08:00", HOUR, [], "2026-01-05 09:00"),
    ("an hour's pause", "2026-01-05 08:00", 2 * HOUR, [("08:30", "09:30")], "2026-01-05 11:00"),
    ("a pause over lunch costs working time only", "2026-01-05 08:00", DAY, [("11:00", "14:00")], "2026-01-06 10:00"),
    ("a pause inside the break costs nothing", "2026-01-05 08:00", DAY, [("12:10", "12:50")], "2026-01-05 17:00"),
    ("a pause after the deadline changes nothing", "2026-01-05 08:00", HOUR, [("10:00", "11:00")], "2026-01-05 09:00"),
    ("a pause that begins at the deadline", "2026-01-05 08:00", HOUR, [("09:00", None)], "2026-01-05 09:00"),
    ("a pause that still lasts", "2026-01-05 08:00", HOUR, [("08:59", None)], None),
    ("paused from the start", "2026-01-05 08:00", HOUR, [("08:00", "10:00")], "2026-01-05 11:00"),
    ("a pause from before", "2026-01-05 09:00", HOUR, [("08:00", "10:00")], "2026-01-05 11:00"),
    ("a pause long over", "2026-01-05 13:00", HOUR, [("08:00", "10:00")], "2026-01-05 14:00"),
    ("two pauses", "2026-01-05 08:00", 2 * HOUR, [("08:30", "09:00"), ("09:30", "10:00")], "2026-01-05 11:00"),
    ("two that overlap", "2026-01-05 08:00", HOUR, [("08:30", "09:30"), ("09:00", "10:00")], "2026-01-05 10:30"),
    ("one inside another", "2026-01-05 08:00", HOUR, [("08:30", "10:30"), ("09:00", "10:00")], "2026-01-05 11:00"),
    ("in any order", "2026-01-05 08:00", 2 * HOUR, [("09:30", "10:00"), ("08:30", "09:00")], "2026-01-05 11:00"),
    ("an empty pause", "2026-01-05 08:00", HOUR, [("08:30", "08:30")], "2026-01-05 09:00"),
    ("nothing to wait for", "2026-01-05 08:00", 0, [("08:00", None)], "2026-01-05 08:00"),
    (
        "a pause over a holiday and a weekend",
        "2025-12-31 16:00",
        2 * HOUR,
        [("2025-12-31 16:30", "2026-01-05 08:30")],
        "2026-01-05 10:00",
    ),
]


@pytest.mark.parametrize(("start", "minutes", "pauses", "due"), [c[1:] for c in PAUSED], ids=[c[0] for c in PAUSED])
def test_the_clock_stands_still_in_pauses(
    start: str, minutes: float, pauses: list[tuple[str, str | None]], due: str | None
) -> None:
    def moment(text: str | None) -> int | None:
        return None if text is None else at(text if " " in text else f"{start[:10]} {text}", JAKARTA)

    paused = [(moment(begin) or 0, moment(end)) for begin, end in pauses]
    assert Calendar.from_document(OFFICE).deadline(at(start, JAKARTA), minutes, paused) == moment(due)


def test_opens_with_the_shift_and_closes_as_it_ends() -> None:
    office = Calendar.from_document(OFFICE)
    begins, ends = at("2026-01-05 08:00", JAKARTA), at("2026-01-05 12:00", JAKARTA)
    assert [office.is_open(us) for us in (begins - 1, begins, ends - 1, ends)] == [False, True, True, False]
    assert office.next_open(begins) == begins
    assert office.next_open(ends) == at("2026-01-05 13:00", JAKARTA)
    assert office.next_open(at("2025-12-31 17:00", JAKARTA)) == at("2026-01-02 08:00", JAKARTA)


def test_a_shift_across_a_seam_of_blocks_is_one() -> None:
    seam = 50 << 45
    calendar = Calendar.from_document(document(shifts={day: shifts("00:00-24:00") for day in DAYS}))
    assert calendar.working_us_between(seam - 5, seam + 7) == 12
    assert calendar.add_working(seam - MINUTE_US, 1) == seam
    assert calendar.add_working(seam - MINUTE_US, 2) == seam + MINUTE_US


def test_a_calendar_survives_pickling() -> None:
    office = Calendar.from_document(OFFICE)
    copy = pickle.loads(pickle.dumps(office))
    assert copy.document == office.document
    assert copy.add_working(0, 10_000) == office.add_working(0, 10_000)


def test_a_deadline_that_never_comes_is_an_error() -> None:
    once = Calendar.from_document(document(shifts=None, exceptional={"2026-01-10": shifts("09:00-12:00")}))
    before, after = at("2026-01-01 00:00", JAKARTA), at("2026-01-11 00:00", JAKARTA)
    assert once.add_working(before, 180) == at("2026-01-10 12:00", JAKARTA)
    with pytest.raises(Unreachable, match="test 1 has no 181 working minutes"):
        once.add_working(before, 181)
    with pytest.raises(Unreachable, match="never open"):
        once.next_open(after)
    with pytest.raises(Unreachable):
        once.deadline(after, 1)


@pytest.mark.parametrize("minutes", [-1, float("nan"), float("inf")])
def test_impossible_minutes_are_refused(minutes: float) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        Calendar.from_document(OFFICE).add_working(0, minutes)


WRONG = [
    ({"zone": "Mars/Olympus"}, "/zone", "IANA name"),
    ({"name": ""}, "/name", "at least 1"),
    ({"version": None}, "/version", "required"),
    ({"closed": True}, "/closed", "not permitted"),
    ({"shifts": {"monday": shifts("08:00-12:00")}}, "/shifts/monday", "'mon'"),
    ({"shifts": {"mon": shifts("8:00-12:00")}}, "/shifts/mon/0/start", "two digits"),
    ({"shifts": {"mon": shifts("08:00-12:60")}}, "/shifts/mon/0/end", "'12:60'"),
    ({"shifts": {"mon": shifts("08:00-08:00")}}, "/shifts/mon/0/end", "00:00 to 24:00"),
    ({"shifts": {"mon": shifts("24:00-02:00")}}, "/shifts/mon/0/end", "next day"),
    ({"shifts": {"mon": shifts("08:00-12:00", "11:00-13:00")}}, "/shifts/mon", "overlap"),
    ({"shifts": {"sun": shifts("22:00-06:00"), "mon": shifts("05:00-13:00")}}, "/shifts", "last shift of sun"),
    ({"exceptional": {"2026-01-10": shifts("20:00-04:00", "23:00-24:00")}}, "/exceptional/2026-01-10", "overlap"),
    ({"holidays": ["2026-02-30"]}, "/holidays/2026-02-30", "date"),
    ({"shifts": {}}, "/always", "never open"),
    ({"shifts": {"mon": []}}, "/always", "never open"),
    ({"always": True}, "/always", "no shifts"),
    ({"shifts": None, "always": True, "holidays": ["2026-01-01"]}, "/always", "no holidays"),
]


@pytest.mark.parametrize(("changed", "pointer", "says"), WRONG)
def test_a_wrong_document_is_refused_by_field(changed: dict[str, Any], pointer: str, says: str) -> None:
    with pytest.raises(InvalidCalendar) as refused:
        Calendar.from_document(document(**changed))
    assert refused.value.problems[0][0] == pointer
    assert says in refused.value.problems[0][1]


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(InvalidCalendar) as refused:
        Calendar.from_document({"name": "", "zone": "here"})
    assert [pointer for pointer, _ in refused.value.problems] == ["/name", "/version", "/zone", "/always"]


def test_a_draft_lists_the_public_holidays_as_dates() -> None:
    drafted = draft("office", "2026", JAKARTA, {"mon": [Shift(start="08:00", end="12:00")]}, country="ID", years=[2026])
    assert {date(2026, 1, 1), date(2026, 3, 19), date(2026, 8, 17)} <= set(drafted.holidays)
    again = Calendar.from_document(drafted.model_dump(mode="json"))
    assert again.document == drafted
    assert not again.is_open(at("2026-08-17 09:00", JAKARTA))
    assert again.is_open(at("2026-08-24 09:00", JAKARTA))


def test_a_deadline_over_a_year_of_holidays_falls_into_the_year_after() -> None:
    holidays = [str(date(2026, 1, 1) + timedelta(days=i)) for i in range(365)]
    office = Calendar.from_document(document(zone="America/New_York", holidays=holidays))
    start = at("2025-12-31 16:00", "America/New_York")
    assert office.add_working(start, 2 * HOUR) == at("2027-01-01 09:00", "America/New_York")


# --- agreement with a count minute by minute ---

COUNTED = 6 * 1440
lengths = st.integers(0, COUNTED)


@st.composite
def disjoint_shifts(draw: st.DrawFn, latest: int = 1440) -> list[tuple[int, int]]:
    """Up to three shifts of a day; the last may run into the night."""
    cuts = sorted(draw(st.sets(clock_minutes.filter(lambda minute: minute < latest), max_size=6)))
    found = list(zip(cuts[::2], cuts[1::2], strict=False))
    if len(cuts) % 2:
        until = min(draw(st.integers(0, 6)) * 60, cuts[0], max(0, cuts[-1] - 1))
        found.append((cuts[-1], 1440 + until))
    return found


def written(day: list[tuple[int, int]]) -> list[dict[str, str]]:
    return shifts(*(f"{clock(start)}-{clock(end if end <= 1440 else end - 1440)}" for start, end in day))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[dict[str, Any], Any, int]:
    """A document near a change of clocks, its pattern, and where to begin counting."""
    zone, change = draw(st.sampled_from(CHANGES))
    near = st.integers(-3, 4).map(lambda i: change + timedelta(days=i))
    one = draw(disjoint_shifts().filter(bool))
    other = [(start, min(end, 1440)) for start, end in draw(disjoint_shifts()) if start >= 6 * 60]
    week = {day: draw(st.sampled_from([one, other, []])) for day in DAYS} | {DAYS[change.weekday()]: one}
    if any(late[-1][1] - 1440 > early[0][0] for late, early in _neighbours(week) if late and early):
        week = {day: [(start, min(end, 1440)) for start, end in of_day] for day, of_day in week.items()}
    holidays = draw(st.sets(near, max_size=2))
    exceptional = draw(st.dictionaries(near, disjoint_shifts(), max_size=2))
    text = document(
        zone=zone,
        shifts={day: written(of_day) for day, of_day in week.items()},
        holidays=[str(day) for day in holidays],
        exceptional={str(day): written(of_day) for day, of_day in exceptional.items()},
    )
    start = midnight(change - timedelta(days=3), zone) + draw(st.integers(0, 1439)) * MINUTE_US
    return text, pattern(week, dict.fromkeys(holidays, ()) | exceptional), start


def _neighbours(week: dict[str, Any]) -> list[tuple[Any, Any]]:
    return [(week[day], week[DAYS[(i + 1) % 7]]) for i, day in enumerate(DAYS)]


@settings(max_examples=60, deadline=None)
@given(made=calendars(), pauses=st.lists(st.tuples(lengths, st.integers(0, 2000)), max_size=3), data=st.data())
def test_agrees_with_a_count_minute_by_minute(made: Any, pauses: list[tuple[int, int]], data: st.DataObject) -> None:
    text, opens, start = made
    calendar = Calendar.from_document(text)
    counted = list(counting(text["zone"], opens, start, COUNTED))
    worked = [start + i * MINUTE_US for i, is_open in enumerate(counted) if is_open]

    probes = data.draw(st.lists(st.integers(0, COUNTED - 1), min_size=1, max_size=20))
    assert [calendar.is_open(start + i * MINUTE_US) for i in probes] == [counted[i] for i in probes]
    assert calendar.working_between(start, start + COUNTED * MINUTE_US) == len(worked)
    for i in probes:
        assert calendar.working_between(start, start + i * MINUTE_US) == sum(counted[:i])
    if worked:
        assert calendar.next_open(start) == first_open(counted, start)
        minutes = data.draw(st.integers(1, len(worked)))
        assert calendar.add_working(start, minutes) == worked[minutes - 1] + MINUTE_US

    held = {minute for begin, length in pauses for minute in range(begin, begin + length)}
    unheld = [us for us in worked if (us - start) // MINUTE_US not in held]
    paused = [(start + begin * MINUTE_US, start + (begin + length) * MINUTE_US) for begin, length in pauses]
    if unheld:
        minutes = data.draw(st.integers(1, len(unheld)))
        assert calendar.deadline(start, minutes, paused) == unheld[minutes - 1] + MINUTE_US


instants = st.integers(0, 30 * 1440 * MINUTE_US)
durations = st.floats(0, 5000)


@settings(max_examples=60, deadline=None)
@given(calendars(), instants, instants, durations, st.lists(st.tuples(instants, instants)))
def test_a_later_start_or_a_pause_never_makes_a_deadline_earlier(
    made: Any, one: int, other: int, minutes: float, pauses: list[tuple[int, int]]
) -> None:
    text, _, start = made
    calendar = Calendar.from_document(text)
    paused = [(start + min(pair), start + max(pair)) for pair in pauses]
    early, late = start + min(one, other), start + max(one, other)
    plain, held = calendar.add_working(early, minutes), calendar.deadline(early, minutes, paused)
    assert held is not None
    assert early <= plain <= held
    assert plain <= calendar.add_working(late, minutes)
    assert held <= (calendar.deadline(late, minutes, paused) or 0)
    assert held <= (calendar.deadline(early, minutes, [*paused, (late, late + MINUTE_US)]) or 0)


@settings(max_examples=60, deadline=None)
@given(made=calendars(), offset=instants, minutes=durations)
def test_what_was_added_is_what_lies_between(made: Any, offset: int, minutes: float) -> None:
    text, _, start = made
    calendar = Calendar.from_document(text)
    due = calendar.add_working(start + offset, minutes)
    assert calendar.working_us_between(start + offset, due) == round(minutes * MINUTE_US)
    middle = (start + offset + due) // 2
    halves = calendar.working_us_between(start + offset, middle) + calendar.working_us_between(middle, due)
    assert halves == round(minutes * MINUTE_US)
