"""Contacts on occasions, and planned ones, as the worked cases have them."""

import pytest

from domain import events as e
from projections.outreach import OCCASION
from tests import examples
from tests.projections.cases import occasions
from tests.projections.cases.telling import moment, told
from tests.spec import Spec, a, given

KNOWN = (
    "2026-01-02 09:00 customer.registered kind=person timezone=Asia/Jakarta",
    "2026-01-02 09:00 customer.identified kind=whatsapp",
    "2026-01-02 09:00 customer.identified kind=email",
    "2026-01-02 09:00 customer.identified kind=phone",
    "2026-01-02 09:00 preference.stated preferred=whatsapp",
)


def named(item: str) -> str:
    """An item as rows name it: of a plan its reference, of an occasion itself."""
    return item if " " in item else examples.uid(f"outreach {item}")


@pytest.mark.parametrize("case", occasions.ALL, ids=lambda case: f"{case.item}: {case.name}")
def test_what_is_due_on_an_occasion_is_due_when_the_rules_say(case: occasions.On) -> None:
    history = told(*KNOWN, *case.told)
    asked = max(event.at for event in history) if case.at is None else moment(case.at)
    rows = [
        row
        for row in Spec(history).rows("outreach")
        if row["item"].startswith(named(case.item)) and row["from_at"] <= asked < row["until_at"]
    ]
    if not case.due:
        assert rows == []
        return
    [row] = rows
    assert (row["due_at"], row["held"]) == (moment(case.due), case.held)


def test_a_greeting_goes_to_whom_it_is_known_to_suit() -> None:
    known = [a(e.CustomerRegistered, 0, traits={"celebrates": "eid"}), a(e.CustomerIdentified, 0, kind="whatsapp")]
    story = given(*known, a(e.PurchaseMade, 0), a(e.PreferenceStated, 0, windows=None, refused=None, cadence=None))
    [row] = [row for row in story.rows("outreach") if row["content"] == "greeting-eid"]
    assert (row["class"], row["item"], row["purpose"]) == (OCCASION, "greeting-eid 2026-03-21", "relationship")
    assert row["due_at"] == moment("2026-03-21 08:00")  # a holiday: greetings by message may be sent
    others = given(a(e.CustomerRegistered, 0), *story.events[1:])
    assert [row for row in others.rows("outreach") if row["content"].startswith("greeting")] == []


def test_every_case_has_a_name_of_its_own() -> None:
    names = [(case.item, case.name) for case in occasions.ALL]
    assert len(names) == len(set(names)) >= 50
