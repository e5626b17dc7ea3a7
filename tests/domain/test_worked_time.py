"""Working time as the worked cases have it."""

from functools import cache

import pytest

from domain.worktime import Calendar
from tests.domain.cases import working_time
from tests.domain.cases.calendars import calendars
from tests.domain.walltime import at

made = cache(calendars)  # the library of holidays is slow to load


@pytest.mark.parametrize("case", working_time.ALL, ids=lambda case: case.name)
def test_work_is_over_when_the_rules_say(case: working_time.Due) -> None:
    calendar = made()[case.calendar]

    def moment(text: str) -> int:
        return at(text, calendar.document.zone)

    paused = [(moment(begin), None if end is None else moment(end)) for begin, end in case.pauses]
    start, minutes = moment(case.start), case.hours * 60
    due = calendar.deadline(start, minutes, paused)
    assert due == (None if case.due is None else moment(case.due))
    if due is not None and not case.pauses:
        assert calendar.add_working(start, minutes) == due
        assert calendar.working_us_between(start, due) == round(minutes * 60_000_000)
        assert_not_over_before(calendar, start, due, minutes)


def assert_not_over_before(calendar: Calendar, start: int, due: int, minutes: float) -> None:
    assert calendar.working_us_between(start, due - 1) == round(minutes * 60_000_000) - 1


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in working_time.ALL]
    assert len(names) == len(set(names)) >= 60
