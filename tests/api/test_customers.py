"""What the API says of customers."""

from collections.abc import Callable, Generator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.wiring import House
from tests.api.conftest import MakeHouse, event, fold, record

NAME = "Siti Soekarno"
TELEPHONE = "+62 812 3456 7890"

HISTORY = (
    event("r", "customer.registered", 0, name=NAME, language="id", timezone="Asia/Jakarta", acquisition="branch"),
    event("p", "customer.identified", 0.01, kind="phone", value=TELEPHONE),
    event("m", "manager.assigned", 0.02, manager="rm-01", note="likes to be called Bu Siti"),
    event("g", "consent.granted", 0.03, purpose="selling", channel="whatsapp", text="ticked on the form"),
    event("b", "purchase.made", 1, purchase="INV-1", currency="IDR", lines=[{"product": "P1", "amount": "150000"}]),
    event("c", "call.made", 2, direction="inbound", staff="cs-01", summary="asked when it comes"),
    event("o", "complaint.opened", 3, complaint="K-1", severity="high", description="it came broken"),
    event("w", "promise.made", 3.1, promise="PR-1", due="2026-03-06T09:00:00+07:00", kind="callback", text="call back"),
    event("t", "handling.instructed", 3.2, instruction="hard-of-hearing", text="speak slowly"),
)
NOW = {"as_of": "2026-03-06T03:00:00Z"}


def told(house: House) -> str:
    """The id of a customer with a little history, folded."""
    receipt = record(house, *HISTORY)[0]
    record(house, event("cover", "staff.absent", 0, staff="rm-01", until="2026-04-01T00:00:00Z", cover="rm-02"))
    fold(house)
    return receipt.customer


@pytest.fixture(scope="module")
def lasting(make_house: MakeHouse) -> Generator[tuple[House, str]]:
    """That customer, for tests that change nothing."""
    with make_house() as made:
        yield made, told(made)


@pytest.fixture
def house(lasting: tuple[House, str]) -> House:
    return lasting[0]


@pytest.fixture
def siti(lasting: tuple[House, str]) -> str:
    return lasting[1]


@pytest.fixture
def get(client: TestClient, siti: str) -> Callable[..., Any]:
    """Asks for what is below the customer's address."""

    def ask(path: str = "", ref: str = siti, **params: str) -> Any:
        answer = client.get(f"/v1/customers/{ref}{path}", params=NOW | params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def test_the_page_begins_with_what_one_needs_before_speaking_to_them(get: Callable[..., Any], siti: str) -> None:
    page = get()
    assert page["customer"] == siti
    assert page["name"] == NAME
    assert page["last_conversation"]["summary"] == "asked when it comes"
    assert [(p["reference"], p["missed"], p["text"]) for p in page["promises"]] == [("PR-1", True, "call back")]
    assert [(c["reference"], c["description"]) for c in page["complaints"]] == [("K-1", "it came broken")]
    assert [h["text"] for h in page["handling"]] == ["speak slowly"]
    assert page["standing"]["owner"] == "rm-01"
    assert page["standing"]["acting"] == "rm-02"
    assert page["standing"]["stage"] == "expansion"
    assert page["standing"]["because"]["clause"]
    assert page["purchases"]["net"] == {"IDR": "150000"}
    assert {p["value"] for p in page["contact_points"]} == {TELEPHONE, "C-1"}


def test_every_answer_says_of_when_and_by_which_rules_it_is(get: Callable[..., Any], house: House) -> None:
    page = get()
    assert page["as_of"] == "2026-03-06T03:00:00Z"
    assert page["forecast"] is False
    assert page["position"] == house.ledger.head()
    assert page["rulebook"] == "v1"
    assert page["parked"] is None


@pytest.mark.parametrize("ref", ["crm:C-1", "0812 3456 7890", "tel:+6281234567890"])
def test_a_customer_is_found_by_external_id_and_telephone(get: Callable[..., Any], siti: str, ref: str) -> None:
    assert get(ref=ref)["customer"] == siti


def test_without_the_right_nothing_sealed_is_shown(app_client: TestClient, house: House, siti: str) -> None:
    headers = {"Authorization": f"Bearer {house.bearers.create('k', ['read'])}"}
    for path in ("", "/timeline", "/managers", "/complaints", "/outreach", "/consents"):
        text = app_client.get(f"/v1/customers/{siti}{path}", params=NOW, headers=headers).text
        for secret in (NAME, TELEPHONE, "asked when", "broken", "slowly", "call back", "Bu Siti", "ticked", "K-1"):
            assert secret not in text, path


def test_an_earlier_date_shows_what_was_true_then(get: Callable[..., Any]) -> None:
    then = get(as_of="2026-03-03T00:00:00Z")
    assert then["folded"] is True
    assert then["complaints"] == then["promises"] == []
    assert then["last_conversation"] is None
    assert then["standing"]["stage"] == "awareness"


def test_a_date_in_the_future_is_a_forecast(get: Callable[..., Any]) -> None:
    ahead = get(as_of="2036-03-06T00:00:00Z")
    assert ahead["forecast"] is True
    assert ahead["standing"]["stage"] == "dissolution"


def test_stages_come_with_the_reason(get: Callable[..., Any]) -> None:
    items = get("/stages")["items"]
    assert [i["stage"] for i in items] == ["awareness", "expansion"]
    assert items[1]["reason"]
    assert items[0]["until_at"] == items[1]["from_at"]


def test_managers_come_with_the_handover_note(get: Callable[..., Any]) -> None:
    assert [(i["staff"], i["note"]) for i in get("/managers")["items"]] == [("rm-01", "likes to be called Bu Siti")]


def test_outreach_says_when_why_and_on_which_channel(get: Callable[..., Any]) -> None:
    items = get("/outreach")["items"]
    promise = next(i for i in items if i["class"] == "promise")
    assert (promise["text"], promise["due_at"]) == ("call back", "2026-03-06T02:00:00Z")
    assert any(i["class"] in ("rhythm", "fading") for i in items)


def test_consents_come_with_their_evidence(get: Callable[..., Any]) -> None:
    (consent,) = get("/consents")["items"]
    assert (consent["purpose"], consent["channel"], consent["in_force"]) == ("selling", "whatsapp", True)
    assert consent["text"] == "ticked on the form"


def test_the_timeline_is_read_backwards_page_by_page(get: Callable[..., Any]) -> None:
    whole = get("/timeline")
    assert [i["type"] for i in whole["items"]][:2] == ["handling.instructed.v1", "promise.made.v1"]
    assert whole["next"] is None
    seen, after = [], {}
    while True:
        page = get("/timeline", limit="4", **after)
        seen += page["items"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == whole["items"]
    assert [i["references"] for i in get("/timeline", type="complaint.opened")["items"]] == [{"complaint": "K-1"}]


@pytest.mark.parametrize(
    ("ref", "params", "status", "code"),
    [
        ("crm:nobody", {}, 404, "unknown-customer"),
        ("00000000-0000-4000-8000-000000000000", {}, 404, "unknown-customer"),
        ("what is this", {}, 422, "invalid-identifier"),
        ("crm:C-1", {"as_of": "yesterday"}, 422, "bad-request"),
        ("crm:C-1", {"as_of": "9999-12-31T23:59:59-12:00"}, 422, "bad-request"),
        ("crm:C-1", {"known_at": "0001-01-01T00:00:00+14:00"}, 422, "bad-request"),
        ("crm:C-1", {"as_of": "1999-01-01"}, 404, "unknown-customer"),
        ("crm:C-1", {"rulebook": "v99"}, 404, "unknown-rulebook"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    client: TestClient, siti: str, ref: str, params: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(f"/v1/customers/{ref}", params=params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_reference_that_cannot_be_read_is_pointed_at_where_it_stands(client: TestClient, siti: str) -> None:
    refused = client.get("/v1/customers/what is this").json()
    assert refused["pointer"] == "/path/ref"
    assert "scheme:value" in refused["detail"]


def test_a_cursor_of_another_timeline_is_refused(client: TestClient, siti: str, house: House) -> None:
    cursor = house.cursors.write("timeline", "somebody", [0, "", 0, ""])
    answer = client.get(f"/v1/customers/{siti}/timeline", params={"after": cursor})
    assert answer.json()["code"] == "bad-cursor"


# --- finding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["sit", "sukarno", "Soek Sit", "0812-3456-7890", "crm:C-1"])
def test_a_search_finds_by_name_in_any_spelling_and_by_contact_point(client: TestClient, siti: str, text: str) -> None:
    page = client.get("/v1/customers", params=NOW | {"q": text}).json()
    assert [(i["customer"], i["name"]) for i in page["items"]] == [(siti, NAME)]
    assert client.get("/v1/customers", params=NOW | {"q": "nobody"}).json()["items"] == []


def test_names_are_not_read_letter_by_letter_without_the_right(app_client: TestClient, siti: str, house: House) -> None:
    app_client.headers["Authorization"] = f"Bearer {house.bearers.create('k', ['read'])}"
    by_name = app_client.get("/v1/customers", params=NOW | {"q": "sit"})
    assert (by_name.status_code, by_name.json()["code"]) == (403, "no-right")
    by_number = app_client.get("/v1/customers", params=NOW | {"q": TELEPHONE}).json()
    assert [(i["customer"], i["name"]) for i in by_number["items"]] == [(siti, None)]
    assert app_client.get("/v1/customers", params=NOW | {"q": "0812 0000 0000"}).json()["items"] == []


def test_who_calls_is_told_while_the_telephone_rings(client: TestClient, siti: str) -> None:
    for caller in (
        {"contact_point": "0812 3456 7890"},
        {"contact_point": {"kind": "whatsapp", "value": TELEPHONE}},
        {"external_id": "crm:C-1"},
    ):
        (found,) = client.post("/v1/customers/resolve", json=caller).json()["customers"]
        assert (found["customer"], found["name"], found["known"]) == (siti, NAME, True)
        assert found["standing"]["owner"] == "rm-01"
        assert found["complaints"]
    assert client.post("/v1/customers/resolve", json={"contact_point": "0812 0000 0000"}).json()["customers"] == []
    assert client.post("/v1/customers/resolve", json={}).status_code == 422
    assert client.post("/v1/customers/resolve", json={"contact_point": "12"}).status_code == 422
