"""What the API says of why a customer stands as they do."""

from collections.abc import Callable, Generator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.wiring import House
from projections.explaining.answer import FIELDS
from tests.api.conftest import MakeHouse, event, fold, record

HISTORY = (
    event("r", "customer.registered", 0, name="Siti Soekarno", timezone="Asia/Jakarta"),
    event("p", "customer.identified", 0.01, kind="phone", value="+62 812 3456 7890"),
    event("m", "manager.assigned", 0.02, manager="rm-01"),
    event("n", "note.added", 0.5, text="has a dog"),
    event("b", "purchase.made", 1, purchase="INV-1", currency="IDR", lines=[{"product": "P1", "amount": "15000000"}]),
    event("c", "call.made", 2, direction="inbound", staff="cs-01"),
    event("o", "complaint.opened", 3, complaint="K-1", severity="high", description="it came broken"),
    event("a", "complaint.acknowledged", 3.01, complaint="K-1", promised_due="2026-03-06T09:00:00+07:00"),
    event("w", "promise.made", 3.1, promise="PR-1", due="2026-03-06T09:00:00+07:00", kind="callback"),
)
NOW = {"as_of": "2026-03-06T03:00:00Z"}

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def lasting(make_house: MakeHouse) -> Generator[tuple[House, str]]:
    """A customer with a little history, for tests that change nothing."""
    with make_house() as made:
        customer = record(made, *HISTORY)[0].customer
        fold(made)
        yield made, customer


@pytest.fixture
def house(lasting: tuple[House, str]) -> House:
    return lasting[0]


@pytest.fixture
def ask(client: TestClient, lasting: tuple[House, str]) -> Ask:
    def asking(field: str, **params: str) -> Any:
        answer = client.get(f"/v1/customers/{lasting[1]}/explain/{field}", params=NOW | params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return asking


def kinds(answer: Any) -> set[str]:
    return {event["type"] for event in answer["events"]}


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_says_what_it_rests_on(ask: Ask, field: str) -> None:
    answer = ask(field)
    assert answer["field"] == field
    assert answer["rulebook"] == "v1"
    assert answer["verdict"]
    assert answer["words"]
    assert answer["events"]
    assert "note.added" not in kinds(answer)


def test_a_stage_says_clause_values_and_what_comes_by_itself(ask: Ask) -> None:
    answer = ask("stage")
    assert (answer["verdict"]["stage"], answer["clause"]) == ("expansion", "bought-and-kept")
    (value,) = answer["values"]
    assert (value["measure"], value["value"], value["test"], value["threshold"]) == ("purchase", "1", ">=", "1")
    assert value["events"][0] in [event["id"] for event in answer["events"]]
    assert answer["next"]["to"] == {"stage": "dissolution"}
    assert answer["next"]["at"] > answer["as_of"] > answer["since"]
    assert {way["clause"] for way in answer["towards"]} >= {"loyal-and-regular", "silent-too-long"}


def test_a_deadline_tells_promised_in_force_and_restated_apart(ask: Ask) -> None:
    verdict = ask("deadline")["verdict"]
    assert verdict["promised_at"] == "2026-03-06T02:00:00Z"
    assert verdict["in_force"]["rulebook"] == "v1"
    resolve = next(step for step in verdict["steps"] if step["step"] == "resolve")
    assert resolve["due_at"] == verdict["in_force"]["resolve_at"]
    assert resolve["minutes"] == 960
    assert verdict["late"]


def test_a_rank_is_its_key_and_never_a_place(ask: Ask) -> None:
    answer = ask("rank")
    assert answer["verdict"].keys() == {"item", "kind", "lateness", "severity", "tier", "trust", "ranked_at", "by"}
    assert ask("rank", complaint=answer["verdict"]["item"].upper())["verdict"] == answer["verdict"]
    assert ask("rank", complaint="K-1")["verdict"] == answer["verdict"], "as its own system wrote it"
    assert kinds(answer) >= {"complaint.opened", "complaint.acknowledged", "purchase.made"}


def test_words_are_in_english_and_indonesian(ask: Ask) -> None:
    assert ask("manager")["words"][0] == "rm-01 owns the relationship since 2 March 2026."
    assert ask("manager", language="id")["words"][0] == "rm-01 memegang hubungan ini sejak 2 Maret 2026."


def test_any_date_and_any_knowledge_can_be_explained(ask: Ask) -> None:
    assert ask("stage", as_of="2027-03-06T03:00:00Z")["verdict"]["stage"] == "dissolution"
    assert ask("stage", as_of="2026-03-02T12:00:00Z")["verdict"]["stage"] == "awareness"
    assert ask("stage", known_at="1")["verdict"]["stage"] == "awareness"
    assert ask("stage", rulebook="in-force")["verdict"] == ask("stage")["verdict"]


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("deadline", {"complaint": "no such"}, 404, "unknown-complaint"),
        ("rank", {"complaint": "00000000-0000-0000-0000-000000000000"}, 404, "unknown-complaint"),
        ("stage", {"as_of": "2020-01-01"}, 404, "unknown-customer"),
        ("stage", {"rulebook": "v0"}, 404, "unknown-rulebook"),
        ("mood", {}, 422, "bad-request"),
        ("stage", {"language": "fr"}, 422, "bad-request"),
    ],
)
def test_what_cannot_be_explained_is_refused(
    client: TestClient, lasting: tuple[House, str], path: str, params: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(f"/v1/customers/{lasting[1]}/explain/{path}", params=NOW | params)
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"urn:jejak:problem:{code}"
