"""What senders get back from POST /v1/events."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from psycopg import OperationalError
from starlette.testclient import TestClient

from api.grouping import LARGEST, Grouping
from api.wiring import House
from domain.door import Touchpoint
from domain.errors import LedgerUnavailable
from domain.ledger import Receipt
from tests.api.conftest import call

ONE = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
LINES = {"Content-Type": "application/x-ndjson"}


def send(client: TestClient, value: Any, headers: dict[str, str] = ONE, query: str = "") -> Any:
    return client.post(f"/v1/events{query}", content=msgspec.json.encode(value), headers=headers)


def admitted(house: House, cloud: dict[str, Any]) -> Touchpoint:
    touchpoint = house.ledger.admit(cloud, actor="k")
    assert isinstance(touchpoint, Touchpoint)
    return touchpoint


def test_a_new_event_is_recorded_and_the_same_again_answered_as_the_first_time(client: TestClient) -> None:
    first = send(client, call("1"))
    again = send(client, call("1"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() | {"status": "duplicate"} == again.json()


def test_the_same_id_with_other_content_is_a_conflict(client: TestClient) -> None:
    send(client, call("1"))
    answer = send(client, call("1", data={"staff": "budi"}))
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "different-content"


def test_a_refusal_names_each_field_its_value_and_what_would_be_right(client: TestClient) -> None:
    answer = send(client, call("1", data={"direction": "sideways", "lenght": 3, "duration_s": -1}))
    assert answer.status_code == 422
    told = {e["pointer"]: e["detail"] for e in answer.json()["errors"]}
    assert set(told) == {"/data/direction", "/data/lenght", "/data/duration_s"}
    assert "'sideways'" in told["/data/direction"]
    assert "inbound, outbound" in told["/data/direction"]


def test_each_item_of_a_batch_gets_its_own_answer(client: TestClient) -> None:
    answer = send(
        client,
        [call("1"), call("2", type="call.mde"), call("1"), "no event", call("1", time="2026-03-01T10:00:00Z")],
        BATCH,
    )
    assert answer.status_code == 200
    body = answer.json()
    assert [r["status"] for r in body["results"]] == ["recorded", "refused", "duplicate", "refused", "refused"]
    assert body["counts"] == {"recorded": 1, "duplicate": 1, "accepted": 0, "refused": 3}
    assert body["results"][4]["problem"]["status"] == 409


def test_an_atomic_batch_is_recorded_whole_or_not_at_all(client: TestClient, house: House) -> None:
    refused = send(client, [call("1"), call("2", type="nothing")], BATCH, "?atomic=true").json()
    assert [r["status"] for r in refused["results"]] == ["refused", "refused"]
    assert house.ledger.head() == 0
    assert send(client, [call("1"), call("2")], BATCH, "?atomic=true").json()["counts"]["recorded"] == 2


def test_a_dry_run_says_what_would_be_and_records_nothing(client: TestClient, house: House) -> None:
    assert send(client, call("1"), query="?dry_run=true").json()["status"] == "accepted"
    assert house.ledger.head() == 0


def test_lines_are_answered_by_lines_and_one_that_is_no_json_in_its_place(client: TestClient) -> None:
    content = b"\n".join([msgspec.json.encode(call("1")), b"{broken", b"", msgspec.json.encode(call("2"))])
    answer = client.post("/v1/events", content=content, headers=LINES)
    results = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    assert [r["status"] for r in results] == ["recorded", "refused", "recorded"]


def test_binary_mode_reads_attributes_from_headers(client: TestClient, house: House) -> None:
    cloud = call("1", source="urn:caf%C3%A9")
    data = cloud.pop("data")
    answer = client.post("/v1/events", json=data, headers={f"ce-{name}": value for name, value in cloud.items()})
    assert answer.status_code == 201
    assert house.ledger.feed(2, 10)[0].event.source == "urn:café"


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", ONE, 400),
        (b"[]", ONE, 422),
        (b"{}", BATCH, 422),
        (b"\xff", ONE, 400),
        (b"x", {"Content-Type": "text/plain"}, 415),
        (b"[" * 100_000, BATCH, 400),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(
    client: TestClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/v1/events", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_too_many_events_are_refused_as_a_whole(client: TestClient, house: House) -> None:
    answer = client.post("/v1/events", content=b"[" + b",".join([b"{}"] * 10_001) + b"]", headers=BATCH)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert house.ledger.head() == 0


def test_nothing_is_taken_without_a_key_that_may_append(app_client: TestClient, house: House) -> None:
    assert send(app_client, call("1")).status_code == 401
    reader = {"Authorization": f"Bearer {house.bearers.create('reader', ['read'])}"}
    assert send(app_client, call("1"), ONE | reader).status_code == 403


def test_concurrent_events_share_commits_and_each_has_its_own_outcome(house: House) -> None:
    async def all_at_once() -> list[Any]:
        grouping = Grouping(house.ledger)
        sent = [admitted(house, call(str(i % 150), subject=f"crm:C-{i % 7}")) for i in range(200)]
        conflict = admitted(house, call("3", subject="crm:C-3", data={"staff": "budi"}))
        answers = await asyncio.gather(*(grouping.append(t) for t in [*sent, conflict]))
        await grouping.close()
        return answers

    *answers, conflict = asyncio.run(all_at_once())
    statuses = [a.status for a in answers if isinstance(a, Receipt)]
    assert (statuses.count("recorded"), statuses.count("duplicate")) == (
        150,
        len(answers) - 150 - sum(isinstance(a, Exception) for a in answers),
    )
    assert isinstance(conflict, Exception)
    with house.pool.connection() as c:
        row = c.execute("SELECT count(*), sum(last - first + 1) FROM ledger.commits").fetchone()
    assert row is not None
    assert row[0] < 30
    assert row[1] == house.ledger.head()


def test_when_the_database_is_away_nobody_waits_for_ever(house: House) -> None:
    async def one() -> Any:
        grouping = Grouping(house.ledger)
        touchpoint = admitted(house, call("1"))
        house.pool.close()
        try:
            return await asyncio.wait_for(grouping.append(touchpoint), 20)
        finally:
            await grouping.close()

    with pytest.raises(LedgerUnavailable):
        asyncio.run(one())


def test_a_fault_of_one_group_leaves_nobody_of_the_next_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Any) -> Any:
        raise OperationalError("the key store went away")

    async def many() -> list[Any]:
        monkeypatch.setattr(house.ledger, "append", fails)
        grouping = Grouping(house.ledger)
        sent = [admitted(house, call(str(i))) for i in range(2 * LARGEST + 1)]
        answers = asyncio.gather(*(grouping.append(t) for t in sent), return_exceptions=True)
        try:
            return await asyncio.wait_for(answers, 10)
        finally:
            await grouping.close()

    assert all(isinstance(a, OperationalError) for a in asyncio.run(many()))


def test_too_many_lines_are_refused_as_a_whole(client: TestClient, house: House) -> None:
    answer = client.post("/v1/events", content=b"{}\n" * 10_001, headers=LINES)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert house.ledger.head() == 0


def test_one_unknown_number_from_many_callers_at_once_makes_one_customer(client: TestClient) -> None:
    def post(i: int) -> str:
        cloud = call(str(i))
        del cloud["subject"]
        cloud["data"]["contact_point"] = "0812 3456 7890"
        return send(client, cloud).json()["customer"]

    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(post, range(32)))) == 1
