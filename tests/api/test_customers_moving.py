"""Customers whose history moves on, and identities that people have to look at."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import House
from tests.api.conftest import MakeHouse, event, fold, record
from tests.api.test_customers import HISTORY, NOW, TELEPHONE, told


@pytest.fixture
def siti(house: House) -> str:
    """The id of a customer with a little history, folded; of this test's own."""
    return told(house)


@pytest.fixture
def get(client: TestClient, siti: str) -> Callable[..., Any]:
    """Asks for what is below the customer's address."""

    def ask(path: str = "", ref: str = siti, **params: str) -> Any:
        answer = client.get(f"/v1/customers/{ref}{path}", params=NOW | params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def test_earlier_knowledge_leaves_out_what_was_learnt_later(get: Callable[..., Any], house: House) -> None:
    before = house.ledger.head()
    record(house, event("late", "complaint.resolved", 3.5, complaint="K-1"))
    fold(house)
    assert get()["complaints"] == []
    assert len(get(known_at=str(before))["complaints"]) == 1


def test_complaints_come_with_all_their_rounds(get: Callable[..., Any], house: House) -> None:
    record(
        house,
        event("o2", "complaint.resolved", 3.3, complaint="K-1", summary="sent a new one"),
        event("o3", "complaint.reopened", 3.4, complaint="K-1"),
    )
    fold(house)
    (case,) = get("/complaints")["items"]
    assert case["description"] == "it came broken"
    assert [r["summary"] for r in case["resolutions"]] == ["sent a new one"]
    assert len(case["reopened"]) == 1
    assert case["rounds"] == 2
    assert case["deadlines"]["resolve"]


def test_corrected_and_voided_events_are_shown_as_such(get: Callable[..., Any], house: House) -> None:
    target = {"source": "urn:crm:jakarta", "id": "c"}
    corrected = {"direction": "inbound", "staff": "cs-02", "summary": "asked for a refund"}
    record(
        house,
        event("x1", "touchpoint.corrected", 4, target=target, target_type="call.made", data=corrected, reason="typo"),
        event("x2", "touchpoint.voided", 4, target={"source": "urn:crm:jakarta", "id": "b"}, reason="not theirs"),
        event("x3", "touchpoint.voided", 4, target={"source": "urn:crm:jakarta", "id": "never"}),
    )
    fold(house)
    items = {i["type"]: i for i in get("/timeline", as_of="2026-03-07")["items"]}
    assert items["call.made.v1"]["status"] == "corrected"
    assert items["call.made.v1"]["data"]["summary"] == "asked for a refund"
    assert items["call.made.v1"]["amended_by"][0]["reason"] == "typo"
    assert items["purchase.made.v1"]["status"] == "voided"
    assert items["touchpoint.voided.v1"]["status"] == "unmatched"


def test_a_forgotten_customers_page_has_no_person_left(get: Callable[..., Any], house: House, siti: str) -> None:
    house.ledger.keys.destroy(bytes.fromhex(siti.replace("-", "")))
    page = get()
    assert page["name"] is None
    assert page["last_conversation"]["summary"] is None
    assert page["purchases"]["count"] == 1


def test_lists_are_filtered_and_paged(client: TestClient, house: House) -> None:
    for n in range(5):
        record(house, event(f"r{n}", "customer.registered", n, f"crm:D-{n}"))
        record(house, event(f"m{n}", "manager.assigned", n, f"crm:D-{n}", manager=f"rm-{n % 2}"))
    fold(house)
    seen, after = [], {}
    while True:
        page = client.get("/v1/customers", params=NOW | {"as_of": "2026-04-01", "limit": "2"} | after).json()
        seen += [i["customer"] for i in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(set(seen)) == 5
    mine = client.get("/v1/customers", params={"manager": "rm-1", "stage": "awareness", "tier": "unknown"}).json()
    assert len(mine["items"]) == 2
    assert client.get("/v1/customers", params={"tier": "diamond"}).status_code == 422


def test_a_caller_whose_events_are_not_folded_yet_is_named_all_the_same(
    client: TestClient, siti: str, house: House
) -> None:
    receipt = record(house, event("n", "customer.registered", 0, "crm:new"))[0]
    (found,) = client.post("/v1/customers/resolve", json={"external_id": "crm:new"}).json()["customers"]
    assert (found["customer"], found["known"]) == (receipt.customer, False)


def test_before_there_are_rows_the_answer_is_to_try_again(make_house: MakeHouse) -> None:
    with make_house() as own, TestClient(create_app(own)) as client:
        record(own, *HISTORY[:1])
        client.headers["Authorization"] = f"Bearer {own.bearers.create('k', ['read'])}"
        answer = client.get("/v1/customers/crm:C-1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.fixture
def shared(house: House) -> list[str]:
    """Two customers who hold one telephone, and a call from it."""
    for n in (1, 2):
        record(
            house,
            event(f"r{n}", "customer.registered", 0, f"crm:E-{n}"),
            event(f"p{n}", "customer.identified", 0.1, f"crm:E-{n}", kind="phone", value=TELEPHONE),
        )
    unknown = event("call", "call.made", 1, direction="inbound", contact_point=TELEPHONE, summary="it was me")
    del unknown["subject"]
    (receipt,) = record(house, unknown)
    fold(house)
    holders = [record(house, event(f"r{n}", "customer.registered", 0, f"crm:E-{n}"))[0].customer for n in (1, 2)]
    return [*holders, receipt.customer]


def test_a_point_that_two_hold_is_contested_and_its_calls_are_ambiguous(client: TestClient, shared: list[str]) -> None:
    one, two, provisional = shared
    (contested,) = client.get("/v1/identities/contested").json()["items"]
    assert contested == {"kind": "phone", "customers": sorted([one, two]), "shared": False}
    (ambiguous,) = client.get("/v1/identities/ambiguous").json()["items"]
    assert ambiguous == {"customer": provisional, "candidates": sorted([one, two]), "events": 1}
    assert client.get("/v1/customers/+6281234567890").json()["code"] == "several-customers"


def test_attributing_moves_the_call_to_whom_it_is_about(client: TestClient, shared: list[str], house: House) -> None:
    one, _, provisional = shared
    answer = client.post(f"/v1/customers/{provisional}/commands/attribute", json={"to": "crm:E-1"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["customer"] == one
    fold(house)
    page = client.get(f"/v1/customers/{one}").json()
    assert page["last_conversation"]["summary"] == "it was me"
    assert client.get("/v1/identities/ambiguous").json()["items"] == []
    again = client.post(f"/v1/customers/{provisional}/commands/attribute", json={"to": "crm:E-1"})
    assert (again.status_code, again.json()) == (200, answer.json())  # a reply may have been lost


def test_a_customer_who_cannot_be_folded_says_so(client: TestClient, siti: str, house: House) -> None:
    with house.pool.connection() as c:
        c.execute("RESET ROLE")
        c.execute(
            """INSERT INTO rows.parked (generation, customer, position, reason, fingerprint)
               SELECT generation, %s, 1, 'an event that nobody understands', '' FROM rows.pointer""",
            [siti],
        )
        c.execute("SET ROLE jejak_api")
    (listed,) = client.get("/v1/customers", params={"q": "siti"}).json()["items"]
    assert listed["parked"] == "an event that nobody understands"
    for path in ("", "/timeline", "/stages", "/complaints"):
        assert client.get(f"/v1/customers/{siti}{path}").json()["parked"] == "an event that nobody understands"
