"""Commands over HTTP, on the real ledger: what they record, what they refuse, and what they answer a second time."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.app import create_app
from api.commanding import situations
from api.wiring import House
from domain.events import CallMade, ComplaintAssigned
from domain.order import effective
from domain.rules import first_rules
from domain.vocabulary import name_of
from projections import fold as folding
from projections.histories import Broken
from tests.api.conftest import event, record

TELEPHONE = "+62 812 3456 7890"

Do = Callable[..., Response]


@pytest.fixture
def siti(house: House) -> str:
    """A customer with an open complaint and an open promise."""
    receipt, *_ = record(
        house,
        event("r", "customer.registered", 0, name="Siti Soekarno"),
        event("c", "call.made", 2, direction="inbound", staff="cs-01", summary="asked when it comes"),
        event("o", "complaint.opened", 3, complaint="K-1", severity="high", description="it came broken"),
        event("p", "promise.made", 3.1, promise="PR-1", due="2126-03-06T09:00:00+07:00", kind="callback"),
    )
    return receipt.customer


@pytest.fixture
def do(client: TestClient, siti: str) -> Do:
    """Gives a command for the customer."""

    def give(
        name: str, headers: dict[str, str] | None = None, ref: str = siti, dry: bool = False, **data: Any
    ) -> Response:
        params = {"dry_run": "true"} if dry else {}
        return client.post(f"/v1/customers/{ref}/commands/{name}", json=data, headers=headers or {}, params=params)

    return give


def types(house: House, customer: str) -> list[str]:
    return [name_of(e) for e in house.ledger.stream(customer)]


def refused(answer: Response, status: int, code: str) -> dict[str, Any]:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    return body


def test_a_command_is_recorded_as_an_event_like_any_other(do: Do, house: House, siti: str) -> None:
    answer = do(
        "resolve-complaint", outcome="upheld", redress={"amount": "50000", "currency": "IDR"}, summary="money back"
    )
    assert answer.status_code == 201
    body = answer.json()
    [made] = body["events"]
    assert made["type"] == "complaint.resolved.v1"
    assert answer.headers["ETag"] == f'"{made["version"]}"' == f'"{body["version"]}"'
    stored = house.ledger.stream(siti)[-1]
    assert (stored.id, stored.version) == (made["id"], made["version"])
    assert stored.actor.startswith("key:")
    assert house.ledger.open(siti, [stored.version])[stored.version]["summary"] == "money back"


def test_what_is_personal_is_sealed(do: Do, house: House, siti: str) -> None:
    do("add-note", text="has moved to her sister")
    with house.pool.connection() as c:
        rows = c.execute("SELECT clear FROM ledger.events WHERE customer = %s", [siti]).fetchall()
    assert not any("sister" in clear for (clear,) in rows)


def test_a_complaint_is_called_as_its_own_system_wrote_it(do: Do) -> None:
    by_name = do("claim-complaint", complaint="K-1", given_by="ani")
    assert by_name.status_code == 201
    again = do("claim-complaint", complaint=by_name.json()["refs"]["complaint"], given_by="ani")
    refused(again, 409, "nothing-changes")
    unknown = refused(do("claim-complaint", complaint="K-2", given_by="ani"), 409, "not-their-complaint")
    assert unknown["detail"].startswith("K-2 is no complaint of this customer"), "in the words of the caller"


def test_what_is_linked_and_its_cause_are_told_apart(do: Do) -> None:
    linked = do("link-complaint", complaint="K-1", cause="outage-7").json()["refs"]
    assert linked["complaint"] == do("claim-complaint", complaint="K-1", given_by="ani").json()["refs"]["complaint"]
    assert linked["cause"] not in (None, linked["complaint"])


def test_an_answer_names_its_thread_as_the_enquiry_did(do: Do, house: House, siti: str) -> None:
    """Two threads wait; the answer to one leaves the other waiting."""
    for number in (1, 2):
        asked = {"channel": "whatsapp", "direction": "inbound", "thread": f"T-{number}"}
        record(house, event(f"m{number}", "message.exchanged", 4 + number, **asked))
    do("log-message", channel="whatsapp", direction="outbound", thread="T-1")
    c = folding.fold(house.ledger.stream(siti), first_rules()).customer
    [waits] = c.waits
    assert house.ledger.open(siti, [waits.version])[waits.version]["sealed_refs"] == {"thread": "T-2"}


def test_who_gives_it_stands_beside_the_key(do: Do, house: House, siti: str) -> None:
    do("claim-complaint", given_by="ani")
    event_ = house.ledger.stream(siti)[-1]
    assert event_.actor.endswith("/ani")
    assert isinstance(event_, ComplaintAssigned)
    assert event_.handler == "ani"


def test_what_the_door_refuses_is_pointed_at_where_it_was_given(do: Do) -> None:
    body = refused(
        do("resolve-complaint", outcome="upheld", redress={"amount": "x", "currency": "IDR"}), 422, "invalid-event"
    )
    assert body["pointer"] == "/redress/amount"
    assert "/data" not in body["detail"]
    body = refused(do("add-note", txt="x"), 422, "invalid-event")
    assert body["errors"] == [{"pointer": "/txt", "detail": "is no field of add-note; there are pinned, text"}]


def test_an_unknown_command_or_customer_is_not_there(do: Do) -> None:
    refused(do("sing-a-song"), 404, "unknown-command")
    refused(do("add-note", ref="crm:nobody", text="x"), 404, "unknown-customer")


def test_a_dry_run_records_nothing(do: Do, house: House, siti: str) -> None:
    before = house.ledger.head()
    answer = do("claim-complaint", given_by="ani", dry=True)
    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    refused(do("resume-complaint", dry=True), 409, "not-waiting")
    assert house.ledger.head() == before


def test_after_a_lost_reply_the_same_is_answered_and_nothing_is_recorded_twice(do: Do, house: House, siti: str) -> None:
    once = {"Idempotency-Key": "claim-7"}
    first = do("claim-complaint", once, given_by="ani")
    assert first.status_code == 201
    do("resolve-complaint")  # by now it could not be claimed any more
    second = do("claim-complaint", once, given_by="ani")
    assert second.status_code == 200
    assert second.json() == first.json() | {"status": "duplicate"}
    assert types(house, siti).count("complaint.assigned.v1") == 1
    refused(do("claim-complaint", once, given_by="budi"), 409, "different-content")


def test_what_was_refused_may_be_tried_again_under_the_same_key(do: Do) -> None:
    once = {"Idempotency-Key": "resume-1"}
    refused(do("resume-complaint", once), 409, "not-waiting")
    do("wait-complaint", waiting_for="customer")
    assert do("resume-complaint", once).status_code == 201


def test_if_match_holds_a_command_to_what_was_seen(do: Do, client: TestClient, siti: str) -> None:
    seen = client.get(f"/v1/customers/{siti}/commands").headers["ETag"]
    assert do("add-note", {"If-Match": seen}, text="first").status_code == 201
    refused(do("add-note", {"If-Match": seen}, text="second"), 412, "stale-version")
    assert do("add-note", text="second").status_code == 201
    assert do("add-note", {"If-Match": "*"}, text="third").status_code == 201
    refused(do("add-note", {"If-Match": "soon"}, text="fourth"), 422, "bad-request")


def test_a_backdated_command_is_decided_on_the_state_of_its_moment(do: Do, house: House, siti: str) -> None:
    """Resolved today; that it had been waiting yesterday can still be said, and that it was before it was opened cannot."""
    do("resolve-complaint", occurred_at="2026-03-10T09:00:00+07:00")
    before = do("wait-complaint", waiting_for="vendor", occurred_at="2026-03-08T09:00:00+07:00")
    assert before.status_code == 201
    refused(do("wait-complaint", waiting_for="other", occurred_at="2026-03-11T09:00:00+07:00"), 409, "not-open")
    early = do("wait-complaint", waiting_for="vendor", complaint="K-1", occurred_at="2026-03-01T09:00:00+07:00")
    refused(early, 409, "not-their-complaint")


def test_what_a_backdated_command_contradicts_is_shown(do: Do, house: House, siti: str) -> None:
    """Resumed on the tenth by a fact; that it was resumed on the ninth already leaves that one without a wait to end."""
    record(
        house,
        event("w", "complaint.waiting", 4, complaint="K-1", waiting_for="vendor"),
        event("x", "complaint.resumed", 8, complaint="K-1"),
    )
    resumed = house.ledger.stream(siti)[-1].id
    answer = do("resume-complaint", occurred_at="2026-03-09T09:00:00+07:00")
    assert answer.status_code == 201, answer.text
    assert answer.json()["contradictions"] == [
        {"event": resumed, "type": "complaint.resumed.v1", "at": "2026-03-10T02:00:00Z"}
    ]


def test_a_command_has_happened(do: Do) -> None:
    refused(do("add-note", text="x", occurred_at="2036-01-01T00:00:00Z"), 422, "from-the-future")
    refused(do("add-note", text="x", occurred_at="2026-03-09T09:00:00"), 422, "bad-request")


def test_what_stood_against_a_contact_that_took_place_is_said(do: Do) -> None:
    do("state-preference", refused=["phone"])
    answer = do("log-call", direction="outbound", purpose="relationship", given_by="ani")
    assert answer.status_code == 201
    assert answer.json()["warnings"][0]["reason"] == "refused-channel"
    inbound = do("log-call", direction="inbound")
    assert inbound.json()["warnings"] == []


def test_a_contact_point_is_theirs_once(do: Do, siti: str) -> None:
    refused(do("remove-identifier", kind="phone", value=TELEPHONE), 409, "not-held")
    assert do("identify", kind="phone", value=TELEPHONE).status_code == 201
    refused(do("identify", kind="phone", value="0812-3456-7890"), 409, "nothing-changes")
    assert do("add-note", ref="tel:+6281234567890", text="by telephone").json()["customer"] == siti
    assert do("remove-identifier", kind="phone", value=TELEPHONE).status_code == 201
    refused(do("remove-identifier", kind="phone", value=TELEPHONE), 409, "not-held")


def test_a_point_that_somebody_else_holds_is_contested_and_recorded(do: Do, house: House) -> None:
    record(house, event("i2", "customer.identified", 0.2, "crm:C-2", kind="phone", value=TELEPHONE))
    answer = do("identify", kind="phone", value=TELEPHONE)
    assert (answer.status_code, answer.json()["warnings"][0]["reason"]) == (201, "contested")


def test_whoever_gives_it_has_a_code(do: Do, client: TestClient, siti: str) -> None:
    for given_by in ("", 7, "a\nb", "x" * 121):
        refused(do("add-note", text="x", given_by=given_by), 422, "bad-request")
    wish = {"customer": siti, "name": "add-note", "data": {"text": "x"}, "given_by": "a\nb"}
    refused(client.post("/v1/commands", json={"commands": [wish]}), 422, "bad-request")


def test_a_command_without_fields_needs_no_body(client: TestClient, siti: str) -> None:
    assert client.post(f"/v1/customers/{siti}/commands/resolve-complaint").status_code == 201


def test_what_would_stand_against_a_contact_to_come_is_said(do: Do) -> None:
    """A sale while a complaint is open may be planned, and waits until then."""
    do("grant-consent", purpose="selling")
    answer = do("plan-outreach", due="2126-05-07T10:00:00+07:00", purpose="selling")
    assert answer.status_code == 201, answer.text
    assert "complaint-open" in [w["reason"] for w in answer.json()["warnings"]]


def test_who_cannot_be_folded_is_given_no_command(
    do: Do, client: TestClient, siti: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise Broken(None, None, "cannot be read")

    monkeypatch.setattr(situations, "decode", broken)
    assert "cannot be folded" in refused(do("add-note", text="x"), 409, "contradiction")["detail"]
    refused(client.get(f"/v1/customers/{siti}/commands"), 409, "contradiction")


def test_a_correction_names_only_what_is_to_be_other(do: Do, house: House, siti: str) -> None:
    call = house.ledger.stream(siti)[-3]
    assert name_of(call) == "call.made.v1"
    answer = do("correct", target=call.id, data={"staff": "cs-02"}, reason="wrong-name")
    assert answer.status_code == 201, answer.text
    [shown] = [e for e in effective(house.ledger.stream(siti)) if e.id == call.id]
    assert isinstance(shown, CallMade)
    assert (shown.staff, shown.direction) == ("cs-02", "inbound")
    opened = house.ledger.open(siti, [shown.version])[shown.version]
    assert opened["summary"] == "asked when it comes"  # sealed, and carried over
    refused(do("correct", target=call.id, data={"staff": "cs-02"}), 409, "nothing-changes")
    refused(do("correct", target=call.id, data={"direction": "sideways"}), 422, "invalid-event")
    refused(do("correct", target=siti, data={}), 409, "unknown-event")


def test_a_void_can_be_taken_back(do: Do, house: House, siti: str) -> None:
    promise = house.ledger.stream(siti)[-1]
    void = do("void", target=promise.id).json()["events"][0]["id"]
    refused(do("keep-promise"), 409, "promise-not-open")
    refused(do("void", target=promise.id), 409, "unknown-event")
    assert do("void", target=void).status_code == 201
    assert do("keep-promise").status_code == 201


def test_the_list_says_what_is_possible_and_why_not(client: TestClient, do: Do, siti: str) -> None:
    items = {i["name"]: i for i in client.get(f"/v1/customers/{siti}/commands").json()["items"]}
    [complaint] = items["resolve-complaint"]["refs"]
    assert items["resume-complaint"]["refusal"]["code"] == "not-waiting"
    assert items["attribute"]["refusal"]["code"] == "not-provisional"
    assert items["add-note"]["possible"]
    do("wait-complaint", waiting_for="customer")
    one = client.get(f"/v1/customers/{siti}/commands", params={"complaint": "K-1"}).json()["items"]
    said = {i["name"]: i["possible"] for i in one}
    assert {i["about"] for i in one} == {"complaint"}
    assert (said["resume-complaint"], said["close-complaint"]) == (True, False)
    assert next(i for i in one if i["name"] == "resume-complaint")["refs"] == [complaint]


def test_all_commands_are_listed_with_the_fields_of_their_events(client: TestClient) -> None:
    items = {i["name"]: i for i in client.get("/v1/commands").json()["items"]}
    assert items["extend-complaint"]["schema"]["required"] == ["until"]
    assert items["extend-complaint"]["event"] == "complaint.extended.v1"
    assert items["log-call"]["by"] == "staff"


def test_many_commands_each_have_their_own_outcome(client: TestClient, house: House, siti: str) -> None:
    record(house, event("r2", "customer.registered", 0, "crm:C-2"))
    wish: dict[str, Any] = {"customer": siti, "given_by": "ani"}
    answer = client.post(
        "/v1/commands",
        json={
            "commands": [
                wish | {"name": "claim-complaint", "id": "b-1"},
                wish | {"name": "claim-complaint", "given_by": "budi"},
                wish | {"name": "wait-complaint", "data": {"waiting_for": "customer"}},
                wish | {"name": "resume-complaint"},
                wish | {"name": "resume-complaint"},
                {"customer": "crm:C-2", "name": "add-note", "data": {"text": "x"}},
                {"customer": "crm:C-3", "name": "add-note", "data": {"text": "x"}},
                wish | {"name": "claim-complaint", "id": "b-1"},
                wish | {"name": "add-note", "data": {"text": "late"}, "at_version": 1},
            ]
        },
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    said = [r["problem"]["code"] if r["status"] == "refused" else r["status"] for r in body["results"]]
    assert said == [
        "recorded", "already-claimed", "recorded", "recorded", "not-waiting", "recorded", "unknown-customer", "duplicate",
        "stale-version",
    ]  # fmt: skip
    assert body["counts"] == {"recorded": 4, "duplicate": 1, "accepted": 0, "refused": 4}
    assert types(house, siti)[-3:] == ["complaint.assigned.v1", "complaint.waiting.v1", "complaint.resumed.v1"]


def test_a_request_holds_a_thousand_commands_at_most(client: TestClient) -> None:
    wish = {"customer": "crm:C-1", "name": "add-note", "data": {"text": "x"}}
    refused(client.post("/v1/commands", json={"commands": [wish] * 1_001}), 422, "bad-request")
    refused(client.post("/v1/commands", json={"commands": []}), 422, "bad-request")


def test_a_provisional_customers_contacts_are_attributed(client: TestClient, house: House, siti: str) -> None:
    """Two customers share a telephone, and somebody calls from it."""
    record(
        house,
        event("i1", "customer.identified", 0.1, kind="phone", value=TELEPHONE, shared=True),
        event("i2", "customer.identified", 0.2, "crm:C-2", kind="phone", value=TELEPHONE, shared=True),
    )
    cloud = event("call", "call.made", 5, direction="inbound", contact_point=TELEPHONE)
    del cloud["subject"]
    [receipt] = record(house, cloud)
    wish = {"customer": receipt.customer, "name": "attribute", "data": {"to": "crm:C-1"}}
    [result] = client.post("/v1/commands", json={"commands": [wish]}).json()["results"]
    assert (result["customer"], result["status"]) == (siti, "recorded")
    assert types(house, siti)[-1] == "call.made.v1"
    [again] = client.post("/v1/commands", json={"commands": [wish]}).json()["results"]
    assert (again["events"], again["status"]) == (result["events"], "duplicate")


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("append", 403), ("command", 201), ("admin", 201)])
def test_commands_are_for_those_who_may(house: House, siti: str, scope: str, status: int) -> None:
    with TestClient(create_app(house)) as client:
        client.headers["Authorization"] = f"Bearer {house.bearers.create('k', [scope])}"
        assert client.post(f"/v1/customers/{siti}/commands/add-note", json={"text": "x"}).status_code == status
        attributed = client.post(f"/v1/customers/{siti}/commands/attribute", json={"to": siti}).status_code
        assert attributed == (status if status == 403 else 409)  # there is nothing to attribute
