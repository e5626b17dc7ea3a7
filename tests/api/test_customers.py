"""What the API says of customers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.wiring import House
from tests.api.conftest import event, fold, record

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


@pytest.fixture
def siti(house: House) -> str:
    """The id of a customer with a little history, folded."""
    receipt = record(house, *HISTORY)[0]
    record(house, event("cover", "staff.absent", 0, staff="rm-01", until="2026-04-01T00:00:00Z", cover="rm-02"))
    fold(house)
    return receipt.customer


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


def test_earlier_knowledge_leaves_out_what_was_learnt_later(get: Callable[..., Any], house: House) -> None:
    before = house.ledger.head()
    record(house, event("late", "complaint.resolved", 3.5, complaint="K-1"))
    fold(house)
    assert get()["complaints"] == []
    assert len(get(known_at=str(before))["complaints"]) == 1
    assert (
        len(get(known_at=datetime(2020, 1, 1, tzinfo=UTC).isoformat(), as_of="2026-03-06")["complaints"]) == 0
        if before == 0
        else True
    )


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


@pytest.mark.parametrize(
    ("ref", "params", "status", "code"),
    [
        ("crm:nobody", {}, 404, "unknown-customer"),
        ("00000000-0000-4000-8000-000000000000", {}, 404, "unknown-customer"),
        ("what is this", {}, 422, "invalid-identifier"),
        ("crm:C-1", {"as_of": "yesterday"}, 422, "bad-request"),
        ("crm:C-1", {"as_of": "1999-01-01"}, 404, "unknown-customer"),
        ("crm:C-1", {"rulebook": "v99"}, 404, "unknown-rulebook"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    client: TestClient, siti: str, ref: str, params: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(f"/v1/customers/{ref}", params=params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


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
    assert client.post("/v1/customers/resolve", json={"contact_point": "0812 0000 0000"}).json() == {"customers": []}
    assert client.post("/v1/customers/resolve", json={}).status_code == 422
    assert client.post("/v1/customers/resolve", json={"contact_point": "12"}).status_code == 422


def test_a_caller_whose_events_are_not_folded_yet_is_named_all_the_same(
    client: TestClient, siti: str, house: House
) -> None:
    receipt = record(house, event("n", "customer.registered", 0, "crm:new"))[0]
    (found,) = client.post("/v1/customers/resolve", json={"external_id": "crm:new"}).json()["customers"]
    assert (found["customer"], found["known"]) == (receipt.customer, False)


def test_before_there_are_rows_the_answer_is_to_try_again(client: TestClient, house: House) -> None:
    record(house, *HISTORY[:1])
    answer = client.get("/v1/customers/crm:C-1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


# --- identities -------------------------------------------------------------------------------------------------------


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
    assert (again.status_code, again.json()["code"]) == (409, "contradiction")


def test_a_customer_who_cannot_be_folded_says_so(client: TestClient, siti: str, house: House) -> None:
    with house.pool.connection() as c:
        c.execute("RESET ROLE")
        c.execute(
            """INSERT INTO rows.parked (generation, customer, position, reason, fingerprint)
               SELECT generation, %s, 1, 'an event that nobody understands', '' FROM rows.pointer""",
            [siti],
        )
        c.execute("SET ROLE jejak_api")
    for path in ("", "/stages", "/complaints"):
        assert client.get(f"/v1/customers/{siti}{path}").json()["parked"] == "an event that nobody understands"
