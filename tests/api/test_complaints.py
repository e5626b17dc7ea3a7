"""Complaints over HTTP: their history, deadlines from three sides, what time does, and all of one cause."""

from collections.abc import Callable, Generator
from io import StringIO
from typing import Any, cast

import pytest
from rich.console import Console
from starlette.testclient import TestClient

from api import rendering
from api.wiring import House
from domain.rules import shipped
from tests.api.conftest import MakeHouse, event, fold, record
from tests.api.test_coordinates_http import beside

OUTAGE = "OUT-1"
Ask = Callable[..., Any]


def slower() -> dict[str, Any]:
    document: dict[str, Any] = shipped() | {"version": "v2", "customers": []}
    document["complaints"]["severities"]["normal"]["resolve"] = "10 d"
    return document


def tell(house: House) -> None:
    """Three customers who were hit by one outage; v2 is in force from before, the rows that are shown are by v1."""
    record(house, beside("v2", "rulebook.published", -9, rulebook="v2", document=slower(), reason="a trial"))
    record(house, beside("on", "rulebook.promoted", -8, rulebook="v2"))
    record(
        house,
        event("o", "complaint.opened", 0, complaint="K-1", severity="normal", description="it came broken"),
        event("a", "complaint.acknowledged", 0.1, complaint="K-1", promised_due="2026-03-05T12:00:00+07:00"),
        event("p", "promise.made", 0.2, promise="PR-1", due="2026-03-04T09:00:00+07:00", complaint="K-1"),
        event("l", "complaint.linked", 0.3, complaint="K-1", cause=OUTAGE, kind="outage"),
        event("e", "complaint.escalated", 3, complaint="K-1", level=1, to="lead-1"),
    )
    for number in (2, 3):
        of, called = f"crm:C-{number}", f"K-{number}"
        record(
            house,
            event(f"r{number}", "customer.registered", 0, of, name=f"Person {number}"),
            event(f"o{number}", "complaint.opened", 1, of, complaint=called, severity="high"),
            event(f"l{number}", "complaint.linked", 1 + number / 10, of, complaint=called, cause=OUTAGE, kind="outage"),
            event(f"w{number}", "complaint.waiting", 2, of, complaint=called, waiting_for="customer"),
        )
    money = {"amount": "250000", "currency": "IDR"}
    record(
        house,
        event("d", "complaint.resolved", 3, "crm:C-2", complaint="K-2", redress=money, root_cause="power"),
        event("n", "complaint.linked", 3, "crm:C-2", complaint="K-2", cause="K-1"),
    )
    fold(house)


@pytest.fixture(scope="module")
def told(make_house: MakeHouse) -> Generator[House]:
    with make_house() as made:
        tell(made)
        yield made


@pytest.fixture
def house(told: House) -> House:
    return told


@pytest.fixture
def ask(client: TestClient) -> Ask:
    def asking(path: str, status: int = 200, **params: str) -> Any:
        answer = client.get(path, params={"as_of": "2026-03-06T03:00:00Z", "rulebook": "v1"} | params)
        assert answer.status_code == status, answer.text
        return answer.json()

    return asking


def test_deadlines_stand_side_by_side_as_promised_in_force_and_restated(ask: Ask) -> None:
    [case] = ask("/v1/customers/crm:C-1/complaints")["items"]
    due = case["due"]
    assert due["promised"]["resolve"] == case["promised_due"] == "2026-03-05T05:00:00Z"
    assert [(p["due"], p["kind"]) for p in due["promised"]["promises"]] == [("2026-03-04T02:00:00Z", "other")]
    # Opened on Monday at nine: five and ten working days; the sixteenth of March is a Monday again.
    assert (due["restated"]["rulebook"], due["restated"]["resolve"]) == ("v1", "2026-03-09T02:00:00Z")
    assert due["in_force"]["resolve"] == "2026-03-16T02:00:00Z"
    assert due["in_force"]["acknowledge"] is due["restated"]["acknowledge"] is None  # done
    [case] = ask("/v1/customers/crm:C-1/complaints", rulebook="in-force")["items"]
    assert case["due"]["in_force"]["resolve"] == case["due"]["restated"]["resolve"] == "2026-03-16T02:00:00Z"


def test_a_history_says_who_took_it_up_what_was_given_and_until_when_it_can_come_back(ask: Ask) -> None:
    [one] = ask("/v1/customers/crm:C-1/complaints")["items"]
    assert (one["level"], one["handler"]) == (1, "lead-1")
    assert [(e["level"], e["at"]) for e in one["escalations"]] == [(1, "2026-03-05T02:00:00Z")]
    [two] = ask("/v1/customers/crm:C-2/complaints")["items"]
    assert (two["state"], two["redress"], two["root_cause"]) == ("resolved", {"IDR": "250000"}, "power")
    assert (two["closes_at"], two["reopens_until"]) == ("2026-03-10T02:00:00Z", "2026-04-04T02:00:00Z")
    [later] = ask("/v1/customers/crm:C-2/complaints", as_of="2026-03-10T02:00:00Z")["items"]
    assert later["state"] == "closed"


def test_what_nobody_answers_is_gone_from_queue_and_page_by_itself(ask: Ask) -> None:
    def stands(as_of: str) -> tuple[str, int, int, int]:
        [case] = ask("/v1/customers/crm:C-3/complaints", as_of=as_of)["items"]
        page = ask("/v1/customers/crm:C-3", as_of=as_of)
        queue = [i for i in ask("/v1/queues/complaints", as_of=as_of)["items"] if i["customer"] == page["customer"]]
        return case["state"], len(page["complaints"]), page["standing"]["open_complaints"], len(queue)

    assert stands("2026-03-14T01:59:59Z") == ("waiting", 1, 1, 1)
    assert stands("2026-03-14T02:00:00Z") == ("resolved", 0, 0, 0)


def test_the_queue_says_what_is_to_be_taken_up_since_when_and_why(ask: Ask) -> None:
    by_reference = {i["reference"]: i for i in ask("/v1/queues/complaints", as_of="2026-03-09T02:00:00Z")["items"]}
    up = by_reference["K-1"]
    assert (up["level"], up["escalate"]) == (1, {"level": 2, "since": "2026-03-09T02:00:00Z", "reason": "missed"})
    silent = by_reference["K-3"]
    assert (silent["due"], silent["due_at"], silent["escalate"]) == ("remind", "2026-03-07T02:00:00Z", None)


def test_a_terminal_shows_what_is_to_be_done_beside_answering(ask: Ask) -> None:
    screen = Console(width=200, file=StringIO())
    screen.print(rendering.queue("complaints", ask("/v1/queues/complaints", as_of="2026-03-09T02:00:00Z")))
    shown = cast("StringIO", screen.file).getvalue()
    assert "acknowledged, to level 2 (missed)" in shown
    assert "waits for customer, remind" in shown


def test_complaints_of_one_cause_are_listed_whoever_made_them(ask: Ask) -> None:
    found = ask("/v1/complaints", cause=OUTAGE, source="urn:crm:jakarta")
    assert [(i["reference"], i["link"], i["state"]) for i in found["items"]] == [
        ("K-1", "outage", "acknowledged"), ("K-2", "outage", "resolved"), ("K-3", "outage", "waiting"),
    ]  # fmt: skip
    assert [i["name"] for i in found["items"]] == [None, "Person 2", "Person 3"]
    assert ask("/v1/complaints", cause=found["cause"])["items"] == found["items"]
    before = ask("/v1/complaints", cause=OUTAGE, source="urn:crm:jakarta", as_of="2026-03-02T12:00:00Z")
    assert [i["reference"] for i in before["items"]] == ["K-1"]
    assert ask("/v1/complaints", cause="OUT-2", source="urn:crm:jakarta")["items"] == []


def test_a_complaint_that_is_itself_the_cause_stands_first(ask: Ask) -> None:
    found = ask("/v1/complaints", cause="K-1", source="urn:crm:jakarta")
    assert (found["first"]["reference"], [i["reference"] for i in found["items"]]) == ("K-1", ["K-2"])


def test_pages_of_a_cause_go_on_where_they_ended_and_of_that_cause_alone(ask: Ask) -> None:
    whole = ask("/v1/complaints", cause=OUTAGE, source="urn:crm:jakarta")["items"]
    paged: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = ask("/v1/complaints", cause=OUTAGE, source="urn:crm:jakarta", limit="1", **after)
        paged += page["items"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert paged == whole
    refused = ask("/v1/complaints", 400, cause="K-1", source="urn:crm:jakarta", **after)
    assert "another cause" in refused["detail"]
