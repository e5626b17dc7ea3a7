"""A calendar to begin with: what comes out can be published as it is, and every slip is named."""

import json
import tomllib

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.rulebooks.drafting import drafted
from domain.facts import HOUR, micros
from domain.rules import shipped
from domain.worktime import Calendar, InvalidCalendar
from tests.examples import EPOCH

LINE = {
    "country": "id",
    "years": "2026,2027",
    "name": "office",
    "version": "1",
    "zone": "Asia/Jakarta",
    "shifts": "08:00-12:00,13:00-17:00",
    "days": "mon,tue,wed,thu,fri",
}


def test_a_draft_is_a_calendar_with_breaks_and_the_holidays_of_its_years() -> None:
    made = drafted(**LINE)
    assert made["holidays"]["2026-08-17"] == "Independence Day"
    assert {day[:4] for day in made["holidays"]} == {"2026", "2027"}
    monday = micros(EPOCH)  # 09:00
    assert Calendar.from_document(made).add_working(monday, 4 * 60) == monday + 5 * HOUR


def test_the_rulebook_that_comes_with_jejak_has_the_holidays_that_a_draft_gives() -> None:
    assert shipped()["calendar"]["document"]["holidays"] == drafted(**LINE | {"years": "2025,2026,2027"})["holidays"]


def test_a_day_off_is_no_working_day() -> None:
    assert list(drafted(**LINE | {"days": "tue,sat"})["shifts"]) == ["tue", "sat"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"country": "XX"}, "no public holidays are known of 'XX'"),
        ({"years": "26"}, "'26' is no year"),
        ({"shifts": "8 to 5"}, "'8 to 5' is no shift"),
        ({"shifts": "08:00-12:00,11:00-17:00"}, "overlap"),
        ({"days": "monday,someday"}, "'som' is no day"),
        ({"zone": "Jakarta"}, "'Jakarta' is not a time zone"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_slip_is_named(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidCalendar, match=said):
        drafted(**LINE | wrong)


def test_the_command_prints_a_document_that_reads_back() -> None:
    as_toml = CliRunner().invoke(app, ["calendar", "draft", "ID", "--years", "2026"])
    as_json = CliRunner().invoke(app, ["calendar", "draft", "ID", "--years", "2026", "--json"])
    assert tomllib.loads(as_toml.output) == json.loads(as_json.output) == drafted(**LINE | {"years": "2026"})
    refused = CliRunner().invoke(app, ["calendar", "draft", "ID", "--years", "soon"])
    assert refused.exit_code == 1
