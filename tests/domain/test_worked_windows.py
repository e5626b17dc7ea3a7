"""Contact windows and quiet hours as the worked cases have them."""

from datetime import date

import msgspec
import pytest

from domain.events import Window
from domain.rules import first_rules
from domain.windows import QuietHours
from tests.domain.cases import contact_windows
from tests.domain.walltime import at


def window(text: str) -> Window:
    *days, times = text.split(" ")
    start, end = times.split("-")
    return msgspec.convert({"days": days[0].split(",") if days else [], "start": start, "end": end}, Window)


@pytest.mark.parametrize("case", contact_windows.ALL, ids=lambda case: case.name)
def test_the_next_moment_is_where_the_rules_say(case: contact_windows.Next) -> None:
    holidays = [date.fromisoformat(day) for day in contact_windows.HOLIDAYS]
    quiet = QuietHours(first_rules().book.contact.quiet, holidays)
    windows = quiet.windows(tuple(map(window, case.windows)), case.zone)
    asked, due = at(case.asked, case.zone), at(case.due, case.zone)
    assert windows.next_moment(asked) == due
    assert windows.contains(asked) == (asked == due)
    assert windows.contains(due)
    assert asked == due or not windows.contains(due - 1)


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in contact_windows.ALL]
    assert len(names) == len(set(names)) >= 45
