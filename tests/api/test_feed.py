"""The feed, by page, by waiting, and as a stream."""

import threading
import time

import pytest
from starlette.testclient import TestClient

from api.wiring import House
from tests.api.conftest import call, record


def events_of(page: dict) -> list[tuple[int, str]]:
    return [(e["position"], e["type"]) for e in page["events"]]


def test_an_empty_ledger_has_an_empty_feed_with_a_place_to_go_on_from(client: TestClient, house: House) -> None:
    page = client.get("/v1/events").json()
    assert (page["events"], page["head"]) == ([], 0)
    record(house, call("c-1"))
    assert len(client.get("/v1/events", params={"after": page["next"]}).json()["events"]) == 3


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_pages_of_any_size_hold_every_event_once_in_order(client: TestClient, house: House, limit: int) -> None:
    record(house, *(call(f"c-{i}", f"crm:C-{i % 3}") for i in range(7)))
    seen: list[tuple[int, str]] = []
    after = None
    while True:
        page = client.get("/v1/events", params={"limit": limit} | ({"after": after} if after else {})).json()
        if not page["events"]:
            break
        seen += events_of(page)
        after = page["next"]
    assert [p for p, _ in seen] == list(range(1, house.ledger.head() + 1))


def test_an_event_comes_out_as_a_cloudevent_with_ids_of_ours(client: TestClient, house: House) -> None:
    receipt = record(house, call("c-1", sequence="0007"))[0]
    event = client.get("/v1/events").json()["events"][-1]
    assert event["specversion"] == "1.0"
    assert event["type"] == "call.made.v1"
    assert event["id"] == receipt.id
    assert event["subject"] == receipt.customer
    assert event["time"] == "2026-03-01T09:00:00+07:00"
    assert event["sequence"] == "0007"
    assert event["position"] == receipt.position
    assert event["recordedtime"].endswith("Z")
    assert event["data"]["summary"] == "asked about the delivery"


def test_the_sealed_part_is_for_keys_with_the_right_alone(app_client: TestClient, house: House) -> None:
    record(house, call("c-1"))
    seen = {}
    for scope in ("read", "read-sealed"):
        key = house.bearers.create(scope, [scope])
        answer = app_client.get("/v1/events", headers={"Authorization": f"Bearer {key}"})
        seen[scope] = answer.json()["events"][-1]["data"].get("summary")
    assert seen == {"read": None, "read-sealed": "asked about the delivery"}


def test_a_forgotten_customers_events_stay_without_their_sealed_part(client: TestClient, house: House) -> None:
    receipt = record(house, call("c-1"))[0]
    house.ledger.keys.destroy(bytes.fromhex(receipt.customer.replace("-", "")))
    data = client.get("/v1/events").json()["events"][-1]["data"]
    assert data == {"direction": "inbound", "staff": "ani"}


def test_filters_choose_types_and_customers_and_the_cursor_goes_on_past_the_rest(
    client: TestClient, house: House
) -> None:
    first = record(house, call("c-1"), call("c-2", "crm:C-2"))[0]
    page = client.get("/v1/events", params={"type": "call.made"}).json()
    assert [t for _, t in events_of(page)] == ["call.made.v1"] * 2
    assert events_of(client.get("/v1/events", params={"after": page["next"]}).json()) == []
    mine = client.get("/v1/events", params={"customer": first.customer}).json()
    assert {e["subject"] for e in mine["events"]} == {first.customer}
    both = client.get("/v1/events", params={"type": ["call.made.v1", "customer.registered"]}).json()
    assert len(both["events"]) == 4


def test_latest_begins_at_the_end(client: TestClient, house: House) -> None:
    record(house, call("c-1"))
    page = client.get("/v1/events", params={"after": "latest"}).json()
    assert page["events"] == []
    record(house, call("c-2"))
    assert len(client.get("/v1/events", params={"after": page["next"]}).json()["events"]) == 1


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"after": "x"}, 400, "bad-cursor"),
        ({"after": "AAAA" * 10}, 400, "bad-cursor"),
        ({"type": "call.maid"}, 422, "bad-request"),
        ({"customer": "crm:C-1"}, 422, "bad-request"),
        ({"customer": "00 " * 16 + "0"}, 422, "bad-request"),
        ({"limit": 0}, 422, "bad-request"),
        ({"limit": 1001}, 422, "bad-request"),
        ({"wait": 61}, 422, "bad-request"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(client: TestClient, params: dict, status: int, code: str) -> None:
    answer = client.get("/v1/events", params=params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert next(iter(params)) in answer.json()["pointer"] or next(iter(params)) in answer.text


def test_a_customers_id_may_be_written_in_any_way(client: TestClient, house: House) -> None:
    customer = record(house, call("c-1"))[0].customer
    for given in (customer.upper(), customer.replace("-", ""), customer.replace("-", " ")):
        assert client.get("/v1/events", params={"customer": given}).json()["events"]


def test_a_cursor_of_another_list_is_refused(client: TestClient, house: House) -> None:
    answer = client.get("/v1/events", params={"after": house.cursors.write("ambiguous", "x")})
    assert answer.json()["code"] == "bad-cursor"


def test_waiting_ends_with_the_event_that_comes(client: TestClient, house: House) -> None:
    record(house, call("c-0"))
    after = client.get("/v1/events").json()["next"]
    sender = threading.Timer(0.3, record, [house, call("c-1")])
    sender.start()
    began = time.monotonic()
    page = client.get("/v1/events", params={"after": after, "wait": 20}).json()
    sender.join()
    assert len(page["events"]) == 1
    assert time.monotonic() - began < 5


def test_waiting_for_nothing_ends_in_time(client: TestClient) -> None:
    began = time.monotonic()
    page = client.get("/v1/events", params={"wait": 0.3}).json()
    assert page["events"] == []
    assert 0.25 < time.monotonic() - began < 5
