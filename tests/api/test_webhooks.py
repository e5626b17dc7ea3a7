"""Deliveries: nothing lost, each customer's events in order, whatever becomes of receiver and deliverer."""

import asyncio
import itertools
import random
import threading
import time
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from api.webhooks import source
from api.webhooks.book import Book, Changes, Superseded, Waiting
from api.webhooks.dispatch import connect
from api.webhooks.pace import Pace
from api.webhooks.routes import webhooks
from api.webhooks.signing import NotVerified, key_of, verify
from api.webhooks.subscription import Subscription
from api.wiring import House
from tests.api.conftest import call, event, record
from tests.api.receiver import (
    QUICK,
    Got,
    calls,
    delivered,
    delivering,
    eventually,
    in_order,
    inside,
    ledger,
    log,
    receiving,
    state,
    subscribe,
)


@pytest.fixture(autouse=True)
def _inside(house: House) -> None:
    inside(house)


def test_every_event_arrives_once_signed_and_in_order(client: TestClient, house: House) -> None:
    calls(house, 60, 7)
    with receiving() as receiver, delivering(house):
        made = subscribe(client, receiver)
        eventually(lambda: delivered(house, receiver))
        calls(house, 20, 7, start=60)
        eventually(lambda: delivered(house, receiver))
        eventually(lambda: state(client, made["id"])["backlog"]["behind"] == 0)
    assert receiver.positions() == ledger(house)  # each once, in order
    for got in receiver.accepted:
        assert got.headers["content-type"].startswith("application/cloudevents+json")
        assert got.headers["webhook-id"] == got.events[0]["id"]
        verify([key_of(made["secret"])], got.headers, got.body, time.time())
    assert "summary" not in receiver.accepted[-1].events[0]["data"]


@pytest.mark.parametrize("batch", [1, 20])
def test_a_receiver_that_is_down_for_a_while_loses_nothing(client: TestClient, house: House, batch: int) -> None:
    up = threading.Event()
    with receiving(lambda _: 204 if up.is_set() else 503) as receiver, delivering(house):
        made = subscribe(client, receiver, batch=batch)
        for part in range(5):
            calls(house, 40, 60, start=40 * part)
        eventually(lambda: len(receiver.seen) >= 12)
        failing = state(client, made["id"])
        assert failing["failing_since"] is not None
        assert failing["backlog"]["waiting_customers"] >= 1
        assert failing["backlog"]["oldest_recorded"] is not None
        # Once it is known to be away, it is tried with one event at a time: only so many customers come to wait.
        assert failing["backlog"]["waiting_customers"] <= QUICK.flights * batch + len(receiver.seen)
        up.set()
        eventually(lambda: delivered(house, receiver))
        eventually(lambda: state(client, made["id"])["backlog"]["waiting_customers"] == 0)
    assert in_order(receiver)


def test_an_hour_without_a_receiver_under_the_schedule_as_it_is(client: TestClient, house: House) -> None:
    """A clock that runs 1,200 times as fast; all else is as in earnest."""
    began, at = time.monotonic(), house.clock()
    house.clock = lambda: at + timedelta(seconds=(time.monotonic() - began) * 1_200)
    up_from = at + timedelta(hours=1)
    tried: list[datetime] = []

    def answer(_: Got) -> int:
        tried.append(house.clock())
        return 204 if tried[-1] >= up_from else 503

    with receiving(answer) as receiver, delivering(house, Pace(flush=0.02, look=0.05)):
        subscribe(client, receiver)
        for part in range(10):
            calls(house, 10, 8, start=10 * part)
            time.sleep(0.2)
        eventually(lambda: delivered(house, receiver))
    assert in_order(receiver)
    in_vain = [moment for moment in tried if moment < up_from]
    # Eight on their way at once at the beginning; then one every five minutes at the latest, and not much oftener.
    assert 1 <= len(in_vain) <= 8 + Pace().away_after + 2 * 12


def test_an_event_that_is_refused_holds_up_its_customer_alone(client: TestClient, house: House) -> None:
    receipts = record(house, call("a-1", "crm:A"), call("b-1", "crm:B"), call("a-2", "crm:A"), call("b-2", "crm:B"))
    bad = receipts[0]
    mended = threading.Event()

    def answer(got: Got) -> int:
        return 422 if got.events[0]["id"] == bad.id and not mended.is_set() else 200

    with receiving(answer) as receiver, delivering(house):
        made = subscribe(client, receiver)
        eventually(lambda: sum(g.events[0]["id"] == bad.id for g in receiver.seen) >= 3)
        calls(house, 10, 5)
        others = {c: p for c, p in ledger(house).items() if c != bad.customer}
        eventually(lambda: {c: p for c, p in receiver.positions().items() if c != bad.customer} == others)
        held = [p for p in ledger(house)[bad.customer] if p >= bad.position]
        assert set(receiver.positions()[bad.customer]).isdisjoint(held)
        eventually(lambda: any(d["status"] == 422 and d["customer"] == bad.customer for d in log(client, made["id"])))
        mended.set()
        eventually(lambda: delivered(house, receiver))
    assert in_order(receiver)


def test_whatever_a_receiver_answers_nothing_is_lost_and_order_is_kept(client: TestClient, house: House) -> None:
    dice = random.Random(5)
    with receiving(lambda _: dice.choice([200, 200, 200, 400, 500, 429])) as receiver, delivering(house):
        subscribe(client, receiver, batch=3)
        for part in range(4):
            calls(house, 30, 6, start=30 * part)
        eventually(lambda: delivered(house, receiver))
    assert in_order(receiver)


def test_at_410_it_is_over_until_a_person_says_otherwise(client: TestClient, house: House) -> None:
    replies = [410]
    calls(house, 3, 1)
    with receiving(lambda _: replies[0]) as receiver, delivering(house):
        made = subscribe(client, receiver)
        gone = eventually(lambda: (s := state(client, made["id"]))["state"] == "gone" and s)
        assert (gone["active"], gone["reason"]) == (False, "the receiver answered 410 Gone")
        attempts = len(receiver.seen)
        calls(house, 3, 1, start=3)
        time.sleep(0.3)
        assert len(receiver.seen) == attempts
        replies[0] = 200
        assert client.patch(f"/v1/webhooks/{made['id']}", json={"active": True}).json()["state"] == "active"
        eventually(lambda: delivered(house, receiver))
    assert in_order(receiver)


def test_after_days_of_failing_it_is_parked_and_goes_on_when_resumed(client: TestClient, house: House) -> None:
    replies = [500]
    calls(house, 5, 2)
    with receiving(lambda _: replies[0]) as receiver, delivering(house, QUICK._replace(park_after=0.3)):
        made = subscribe(client, receiver)
        parked = eventually(lambda: (s := state(client, made["id"]))["state"] == "parked" and s)
        assert "no message was accepted for" in parked["reason"]
        assert parked["backlog"]["oldest_recorded"] is not None
        replies[0] = 200
        client.post(f"/v1/webhooks/{made['id']}/resume")
        eventually(lambda: delivered(house, receiver))
    assert in_order(receiver)


def test_a_customer_is_parked_alone_and_may_be_resumed_without_what_is_refused(
    client: TestClient, house: House
) -> None:
    receipts = record(house, call("a-1", "crm:A"), call("a-2", "crm:A"), call("b-1", "crm:B"))
    bad = receipts[0]
    with (
        receiving(lambda got: 400 if got.events[0]["id"] == bad.id else 200) as receiver,
        delivering(house, QUICK._replace(park_after=0.2)),
    ):
        made = subscribe(client, receiver)
        eventually(lambda: state(client, made["id"])["backlog"]["parked_customers"] == 1)
        client.post(f"/v1/webhooks/{made['id']}/resume", json={"skip": True})
        wanted = {c: [p for p in ps if p != bad.position] for c, ps in ledger(house).items()}
        eventually(lambda: receiver.positions() == wanted)
    [skipped] = [d for d in log(client, made["id"]) if d["outcome"] == "skipped"]
    assert (skipped["position"], skipped["customer"]) == (bad.position, bad.customer)


def test_a_replay_sends_everything_again_from_a_cursor_under_the_same_ids(client: TestClient, house: House) -> None:
    calls(house, 12, 3)
    with receiving() as receiver, delivering(house):
        made = subscribe(client, receiver)
        eventually(lambda: delivered(house, receiver))
        page = client.get("/v1/events", params={"limit": 5}).json()
        first = len(receiver.accepted)
        client.post(f"/v1/webhooks/{made['id']}/replay", json={"from": page["next"]})
        again = house.ledger.head() - 5
        eventually(lambda: len(receiver.accepted) == first + again)
        time.sleep(0.2)
    assert len(receiver.accepted) == first + again
    ids = [got.headers["webhook-id"] for got in receiver.accepted]
    assert sorted(ids[first:]) == sorted(e.event.id for e in house.ledger.feed(5, 1_000))
    assert set(ids[first:]) <= set(ids[:first])


@pytest.mark.parametrize("begin", ["late", "now"])
def test_a_replay_forgets_nothing_that_waits_unless_it_leaves_out_all(
    client: TestClient, house: House, begin: str
) -> None:
    bad = record(house, call("a-1", "crm:A"), call("b-1", "crm:B"))[0]
    mended = threading.Event()
    with (
        receiving(lambda got: 422 if got.events[0]["id"] == bad.id and not mended.is_set() else 200) as receiver,
        delivering(house),
    ):
        made = subscribe(client, receiver)
        calls(house, 5, 2)
        eventually(lambda: (b := state(client, made["id"])["backlog"])["behind"] == 0 and b["waiting_customers"] == 1)
        late = house.cursors.write("feed", house.ledger.head() - 2)
        client.post(f"/v1/webhooks/{made['id']}/replay", json={"from": late if begin == "late" else "now"})
        if begin == "late":
            mended.set()
            calls(house, 5, 2, start=5)
            eventually(lambda: delivered(house, receiver))
        else:
            after = record(house, call("a-2", "crm:A"))[0]  # which would wait behind the other one
            eventually(lambda: after.position in receiver.positions()[bad.customer])
            mended.set()
            calls(house, 5, 2, start=5)
            eventually(lambda: state(client, made["id"])["backlog"]["behind"] == 0)
            assert bad.position not in receiver.positions()[bad.customer]


def signed_by(key: bytes, got: Got) -> bool:
    try:
        verify([key], got.headers, got.body, time.time())
    except NotVerified:
        return False
    return True


def test_both_secrets_sign_during_the_overlap_and_the_new_one_alone_afterwards(
    client: TestClient, house: House
) -> None:
    sent = itertools.count()

    def first_signed_by(key: bytes) -> Got:
        """A courier takes up a new secret when it looks next."""

        def comes() -> Got | None:
            calls(house, 1, 1, start=next(sent))
            eventually(lambda: delivered(house, receiver))
            return got if signed_by(key, got := receiver.accepted[-1]) else None

        return eventually(comes)

    with receiving() as receiver, delivering(house):
        made = subscribe(client, receiver)
        old = key_of(made["secret"])
        rotate = f"/v1/webhooks/{made['id']}/rotate"
        new = key_of(client.post(rotate, json={"overlap_hours": 1}).json()["secret"])
        assert signed_by(old, first_signed_by(new))
        newest = key_of(client.post(rotate, json={"overlap_hours": 0}).json()["secret"])
        last = first_signed_by(newest)
    assert not signed_by(old, last)
    assert not signed_by(new, last)


def test_of_two_processes_one_delivers_and_the_other_takes_over(client: TestClient, house: House) -> None:
    with receiving() as receiver, delivering(house):
        with delivering(house):
            made = subscribe(client, receiver)
            calls(house, 40, 5)
            eventually(lambda: delivered(house, receiver))
            eventually(lambda: state(client, made["id"])["backlog"]["behind"] == 0)
            assert receiver.positions() == ledger(house)  # each once
        calls(house, 40, 5, start=40)
        eventually(lambda: delivered(house, receiver))
    assert receiver.positions() == ledger(house)  # a graceful end sends nothing twice


def test_retry_after_is_honoured(client: TestClient, house: House) -> None:
    times: list[float] = []

    def answer(_: Got) -> tuple[int, dict[str, str]]:
        times.append(time.monotonic())
        return (503, {"Retry-After": "1"}) if len(times) == 1 else (200, {})

    record(house, call("c-1"))
    with receiving(answer) as receiver, delivering(house, QUICK._replace(flights=1)):
        subscribe(client, receiver)
        eventually(lambda: delivered(house, receiver))
    assert times[1] - times[0] >= 0.95


def test_filters_choose_and_sealed_parts_are_for_those_who_asked(client: TestClient, house: House) -> None:
    receipt = record(house, call("c-1", "crm:A"), call("c-2", "crm:B"))[0]
    with receiving() as some, receiving() as whole, delivering(house):
        subscribe(client, some, types=["call.made"], customers=[receipt.customer.upper()])
        subscribe(client, whole, sealed=True, batch=50)
        eventually(lambda: delivered(house, whole))
        eventually(lambda: some.accepted)
        time.sleep(0.2)
    assert [e["id"] for got in some.accepted for e in got.events] == [receipt.id]
    assert whole.accepted[0].headers["content-type"].startswith("application/cloudevents-batch+json")
    assert {e["data"].get("summary") for got in whole.accepted for e in got.events if e["type"] == "call.made.v1"} == {
        "asked about the delivery"
    }


def test_a_slow_receiver_holds_up_no_other(client: TestClient, house: House) -> None:
    let_go = threading.Event()

    def slow(_: Got) -> int:
        let_go.wait(10)
        return 200

    calls(house, 30, 30)
    with receiving(slow) as stuck, receiving() as quick, delivering(house, QUICK._replace(timeout=20.0)):
        subscribe(client, stuck)
        subscribe(client, quick)
        eventually(lambda: delivered(house, quick))
        assert not delivered(house, stuck)
        let_go.set()
        eventually(lambda: delivered(house, stuck))


def test_what_a_courier_did_before_a_replay_counts_no_more(client: TestClient, house: House) -> None:
    calls(house, 3, 1)
    with receiving() as receiver:
        made = subscribe(client, receiver)
    kept = webhooks(house)
    before = kept.get(UUID(made["id"]))
    kept.replay(before.id, 2)
    done = Changes(5, 0, None, None, {before.id: Waiting(1, 1, 0.0, 0.0)}, [], None)

    async def write(subscription: Subscription) -> None:
        async with await connect(house.database_url) as connection:
            await Book(connection, 100).write(subscription, done)

    with pytest.raises(Superseded):
        asyncio.run(write(before))
    after = kept.get(before.id)
    assert (after.position, kept.standing(after).waiting) == (2, 0)
    asyncio.run(write(after))
    assert (kept.get(before.id).position, kept.standing(after).waiting) == (5, 1)


def test_a_narrow_filter_gets_past_all_that_it_does_not_let_through(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "STRIDE", 10)
    calls(house, 100, 20)
    last = record(house, event("last", "note.added", 0, "crm:C-7"))[0]
    with receiving() as by_type, receiving() as by_two, receiving() as by_one, delivering(house):
        hooks = [
            subscribe(client, by_type, types=["note.added"]),
            subscribe(client, by_two, types=["note.added"], customers=[last.customer, str(UUID(int=1))]),
            subscribe(client, by_one, types=["note.added"], customers=[last.customer]),
        ]
        for hook, receiver in zip(hooks, (by_type, by_two, by_one), strict=True):
            eventually(lambda hook=hook: state(client, hook["id"])["backlog"]["behind"] == 0)
            assert receiver.positions() == {last.customer: [last.position]}


def test_the_log_is_bounded(client: TestClient, house: House) -> None:
    with receiving() as receiver, delivering(house, QUICK._replace(kept=20)):
        made = subscribe(client, receiver)
        for part in range(10):
            calls(house, 10, 3, start=10 * part)
            time.sleep(0.05)
        eventually(lambda: delivered(house, receiver))
        eventually(lambda: state(client, made["id"])["backlog"]["behind"] == 0)
    with house.pool.connection() as c:
        kept = c.execute("SELECT count(*) FROM webhooks.deliveries").fetchone()
    assert kept is not None
    assert 20 <= kept[0] < 40 + 20


def test_the_schedule_spans_days_and_grows() -> None:
    pace = Pace(jitter=0)
    delays = [pace.delay(n) for n in range(1, 11)]
    assert delays == sorted(delays)
    assert delays[:4] == [5, 300, 1_800, 7_200]
    assert sum(delays[:9]) == 75 * 3_600 + 35 * 60 + 5  # as the specification's example has it
    spread = {Pace().delay(3) for _ in range(50)}
    assert min(spread) >= 1_440
    assert max(spread) <= 2_160
    assert len(spread) > 1
