"""What time does to a complaint, as the worked cases have it."""

from typing import Any

import pytest

from tests.projections.cases import settling as cases
from tests.projections.cases.telling import moment, told
from tests.projections.test_worked_deadlines import rules_of
from tests.spec import Spec


def rows_at(table: str, lines: tuple[str, ...], at: str) -> list[dict[str, Any]]:
    rules, zone = rules_of("office")
    rows = Spec(told(*lines, zone=zone), rules).rows(table)
    return [row for row in rows if row["from_at"] <= moment(at) < row["until_at"]]


@pytest.mark.parametrize("case", cases.UP, ids=lambda case: case.name)
def test_it_is_taken_up_when_the_rules_say(case: cases.Up) -> None:
    [row] = rows_at("reactive", case.told, case.at)
    expected = (None, None, None) if case.level is None else (*case.level[:2], moment(case.level[2]))
    assert (row["escalate"], row["escalate_for"], row["escalate_at"]) == expected


@pytest.mark.parametrize("case", cases.STANDS, ids=lambda case: case.name)
def test_it_stands_as_the_rules_say(case: cases.Stands) -> None:
    [row] = rows_at("complaints", case.told, case.at)
    over = None if case.over is None else moment(case.over)
    assert (row["state"], row["ended_at"]) == (case.state, over)
    if over is not None:
        assert row["outcome"] == case.outcome
    assert bool(rows_at("reactive", case.told, case.at)) == (over is None)


@pytest.mark.parametrize("case", cases.REMIND, ids=lambda case: case.name)
def test_they_are_reminded_when_the_rules_say(case: cases.Remind) -> None:
    [row] = rows_at("reactive", case.told, case.at)
    assert (row["due_at"] if row["due_kind"] == "remind" else None) == (case.due and moment(case.due))


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in (*cases.UP, *cases.STANDS, *cases.REMIND)]
    assert len(names) == len(set(names)) >= 15
