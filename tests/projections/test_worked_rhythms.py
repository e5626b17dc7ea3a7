"""When the next contact is due, as the worked cases have it."""

import uuid
from collections import Counter

import pytest

from domain import events as e
from domain.facts import DAY
from tests import examples
from tests.projections.cases import rhythms
from tests.projections.cases.telling import moment, told
from tests.spec import Spec, a, given

KNOWN = (
    "2026-01-02 09:00 customer.registered kind=person",
    "2026-01-02 09:00 customer.identified kind=whatsapp",
    "2026-01-02 09:00 customer.identified kind=phone",
    "2026-01-02 09:00 preference.stated preferred=whatsapp",
)


@pytest.mark.parametrize("case", rhythms.ALL, ids=lambda case: case.name)
def test_the_next_contact_is_due_when_the_rules_say(case: rhythms.Due) -> None:
    history = told(*KNOWN, *case.told)
    asked = max(event.at for event in history) if case.at is None else moment(case.at)
    [row] = [
        row
        for row in Spec(history).rows("outreach")
        if row["item"] == case.item and row["from_at"] <= asked < row["until_at"]
    ]
    assert row["due_at"] == moment(case.due)


def test_first_dates_are_spread_evenly_over_the_first_period() -> None:
    """Awareness: once a quarter. Of 1,300 customers about a hundred fall into each of thirteen weeks."""
    weeks: Counter[int] = Counter()
    for number in range(1300):
        registered = a(e.CustomerRegistered, 0, id=str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))))
        known = [registered, a(e.CustomerIdentified, 0, kind="email")]
        [row, *_] = [row for row in given(*known).rows("outreach") if row["item"] == "rhythm"]
        weeks[(row["due_at"] - examples.day(0)) // (7 * DAY)] += 1
    assert set(weeks) <= set(range(14))  # a quarter is 91¼ days, and a date may move on past a weekend
    assert all(60 <= weeks[week] <= 150 for week in range(13))


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in rhythms.ALL]
    assert len(names) == len(set(names)) >= 30
