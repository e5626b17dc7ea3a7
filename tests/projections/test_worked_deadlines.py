"""Deadlines of complaints as the worked cases have them."""

from functools import cache
from typing import Any

import pytest

from domain.rules import Rules, compile_rules, shipped
from tests.domain.cases.calendars import calendars
from tests.projections.cases import complaint_deadlines as cases
from tests.projections.cases.telling import moment, told
from tests.spec import Spec

made = cache(calendars)


@cache
def rules_of(calendar: str) -> tuple[Rules, str]:
    """The shipped rulebook by this calendar, and the zone of that."""
    document = made()[calendar].document
    written = {"code": "cases", "version": "1", "document": document.model_dump(mode="json")}
    return compile_rules(shipped() | {"calendar": written, "customers": []}), document.zone


def detail(lines: tuple[str, ...], calendar: str = "office") -> dict[str, Any]:
    rules, zone = rules_of(calendar)
    history = told(*lines, zone=zone)
    asked = max(event.at for event in history)
    rows = Spec(history, rules).rows("complaints")
    [row] = [row for row in rows if row.get("from_at", asked) <= asked < row.get("until_at", asked + 1)]
    return row["detail"]


@pytest.mark.parametrize("case", cases.ALL, ids=lambda case: case.name)
def test_deadlines_fall_where_the_rules_say(case: cases.Deadline) -> None:
    found = detail(case.told, case.calendar)["deadlines"]
    zone = rules_of(case.calendar)[1]
    expected = {step: None if due is None else moment(due, zone) for step, due in case.due.items()}
    assert {step: found.get(step) for step in expected} == expected


@pytest.mark.parametrize("case", cases.VERDICTS, ids=lambda case: case.name)
def test_each_round_keeps_its_verdict(case: cases.Rounds) -> None:
    found = [(r["round"], r["due_at"], r["late"]) for r in detail(case.told)["resolutions"]]
    assert found == [(number, None if due is None else moment(due), late) for number, due, late in case.verdicts]


@pytest.mark.parametrize("case", cases.ANSWERS, ids=lambda case: case.name)
def test_a_human_answers_within_four_working_hours(case: cases.Answer) -> None:
    rows = Spec(told(*case.told), rules_of("office")[0]).rows("reactive")
    assert {(row["kind"], row["due_at"]) for row in rows} == {(case.kind, moment(case.due))}


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in (*cases.ALL, *cases.VERDICTS, *cases.ANSWERS)]
    assert len(names) == len(set(names)) >= 60
