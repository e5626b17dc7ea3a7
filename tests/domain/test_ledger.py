"""What goes in is kept once, in an order that can be trusted, and comes out as it was."""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Abandoned, DifferentContent, InvalidEvent, NotEmpty, Refusal, StaleVersion, UnknownCustomer
from domain.ledger import Ledger, Receipt
from domain.recorder import Guard, Recorded
from domain.sealing import uuid_bytes
from tests.ledgers import Home, cloud, opened, record

numbers = itertools.count()


def fresh() -> str:
    """A customer whom no other test knows, as a subject."""
    return f"crm:L-{next(numbers)}-{uuid4()}"


def everything(ledger: Ledger) -> list[Recorded]:
    return ledger.feed(0, 1_000_000)


def statuses(outcomes: Sequence[Receipt | Refusal]) -> list[str]:
    return [o.status if isinstance(o, Receipt) else o.code for o in outcomes]


# --- duplicates ------------------------------------------------------------------------------------------------------


def test_the_same_batch_twice_writes_nothing(ledger: Ledger) -> None:
    who = fresh()
    clouds = [cloud(f"{who}{n}", subject=who) for n in range(5)]
    first = record(ledger, *clouds)
    before = everything(ledger)
    second = record(ledger, *clouds)
    assert everything(ledger) == before
    assert [r.status for r in second] == ["duplicate"] * 5
    assert [(r.id, r.customer, r.version, r.position, r.recorded_at) for r in second] == [
        (r.id, r.customer, r.version, r.position, r.recorded_at) for r in first
    ]


def test_other_content_under_the_same_id_is_refused_and_touches_no_neighbour(ledger: Ledger) -> None:
    who = fresh()
    record(ledger, cloud(who, subject=who))
    other = cloud(who, subject=who, data={"direction": "outbound"})
    outcomes = ledger.record([cloud(f"{who}a", subject=who), other, cloud(f"{who}b", subject=who)], actor="t")
    assert statuses(outcomes) == ["recorded", "different-content", "recorded"]
    assert isinstance(outcomes[1], DifferentContent)
    assert (
        len([e for e in ledger.stream(record(ledger, cloud(who, subject=who))[0].customer) if e.source == "urn:test"])
        == 3
    )


def test_an_id_that_comes_twice_in_one_call_is_recorded_once(ledger: Ledger) -> None:
    who = fresh()
    one = cloud(who, subject=who)
    outcomes = ledger.record([one, one, one | {"time": "2026-03-02T00:00:00Z"}], actor="t")
    assert statuses(outcomes) == ["recorded", "duplicate", "different-content"]
    assert statuses(ledger.record([one], actor="t")) == ["duplicate"]


def test_two_sources_may_use_the_same_id(ledger: Ledger) -> None:
    who = fresh()
    receipts = record(ledger, cloud(who, subject=who, source="urn:a"), cloud(who, subject=who, source="urn:b"))
    assert statuses(receipts) == ["recorded", "recorded"]
    assert receipts[0].id != receipts[1].id


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 11), max_size=6), max_size=6))
def test_any_split_into_batches_with_repeats_gives_the_same_streams(ledger: Ledger, batches: list[list[int]]) -> None:
    run = uuid4()
    people = [fresh() for _ in range(3)]
    clouds = [
        cloud(f"{run}:{n}", subject=people[n % 3], data={"direction": "inbound", "duration_s": n}) for n in range(12)
    ]
    head = ledger.head()
    seen: set[int] = set()
    for batch in [*batches, list(range(12))]:
        outcomes = ledger.record([clouds[n] for n in batch], actor="t")
        news = [n for i, n in enumerate(batch) if n not in seen and n not in batch[:i]]
        assert statuses(outcomes).count("recorded") == len(news)
        assert statuses(outcomes).count("duplicate") == len(batch) - len(news)
        seen |= set(batch)
    places = record(ledger, *clouds)
    for who in range(3):
        stream = ledger.stream(places[who].customer)
        assert [type(e).__name__ for e in stream[:2]] == ["CustomerRegistered", "CustomerIdentified"]
        durations = {getattr(e, "duration_s", None) for e in stream[2:]}
        assert durations == set(range(who, 12, 3))
        assert [e.version for e in stream] == list(range(1, len(stream) + 1))
    assert ledger.head() == head + 12 + 6


# --- order -----------------------------------------------------------------------------------------------------------


def test_positions_are_gapless_and_recorded_times_rise(ledger: Ledger) -> None:
    for n in (1, 7, 3):
        who = fresh()
        ledger.record(
            [cloud(f"{who}{i}", subject=who if i % 2 else fresh()) for i in range(n)] + [cloud("bad", "no.type")],
            actor="t",
        )
        ledger.record([cloud(f"{who}0", subject=fresh())], actor="t")
    rows = everything(ledger)
    assert [r.position for r in rows] == list(range(1, ledger.head() + 1))
    assert all(a.recorded_at < b.recorded_at for a, b in itertools.pairwise(rows))


def test_recorded_times_rise_although_the_clock_of_the_server_is_slower(own_ledger: Ledger) -> None:
    record(own_ledger, cloud("1"))
    with own_ledger.recorder.connection() as c:
        c.execute("UPDATE ledger.commits SET recorded_at = recorded_at + interval '1 hour'")
        c.execute("UPDATE ledger.events SET recorded_at = recorded_at + interval '1 hour'")
    record(own_ledger, cloud("2"), cloud("3"))
    rows = everything(own_ledger)
    assert all(a.recorded_at < b.recorded_at for a, b in itertools.pairwise(rows))


def test_known_at_a_time_is_known_at_a_position(ledger: Ledger) -> None:
    who = fresh()
    customer = record(ledger, cloud(who, subject=who))[0].customer
    for n in range(4):
        record(ledger, *(cloud(f"{who}.{n}.{i}", subject=who) for i in range(n + 1)))
    rows = everything(ledger)
    microsecond = timedelta(microseconds=1)
    for before, row in zip([None, *rows], rows, strict=False):
        assert ledger.position_at(row.recorded_at) == row.position
        assert ledger.position_at(row.recorded_at - microsecond) == (before.position if before else 0)
    assert ledger.position_at(datetime(2020, 1, 1, tzinfo=UTC)) == 0
    assert ledger.position_at(rows[-1].recorded_at + timedelta(days=1)) == ledger.head()
    for row in rows:
        if row.customer == customer:
            known = ledger.stream(customer, known_at=row.position)
            assert known == ledger.stream(customer)[: row.version]
    assert ledger.stream(customer, known_at=0) == []


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_feed_pages_without_loss_or_repetition(ledger: Ledger, size: int) -> None:
    who = fresh()
    customer = record(ledger, *(cloud(f"{who}{n}", subject=who) for n in range(20)))[0].customer
    for types, of in ((), None), (("call.made.v1",), None), (("call.made.v1", "customer.identified.v1"), customer):
        whole = ledger.feed(0, 1_000_000, types, of)
        paged: list[Recorded] = []
        while page := ledger.feed(paged[-1].position if paged else 0, size, types, of):
            assert len(page) <= size
            paged += page
        assert paged == whole
        assert all(not of or r.customer == of for r in whole)


def test_an_empty_ledger_answers(own_ledger: Ledger) -> None:
    assert (own_ledger.head(), own_ledger.feed(0, 10), own_ledger.stream(str(uuid4()))) == (0, [], [])
    assert own_ledger.record([], actor="t") == []
    assert own_ledger.open(str(uuid4()), [1]) == {}


# --- all or nothing --------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.sampled_from(["good", "good", "repeat", "unreadable", "contradiction", "nobody"]), min_size=1, max_size=6
    )
)
def test_an_atomic_batch_is_recorded_whole_or_not_at_all(ledger: Ledger, kinds: list[str]) -> None:
    who = fresh()
    record(ledger, cloud(f"{who}known", subject=who))
    made: dict[str, Callable[[int], dict[str, Any]]] = {
        "good": lambda n: cloud(f"{who}{n}", subject=fresh()),
        "repeat": lambda _: cloud(f"{who}known", subject=who),
        "unreadable": lambda n: cloud(f"{who}{n}", data={}),
        "contradiction": lambda _: cloud(f"{who}known", subject=who, data={"direction": "outbound"}),
        "nobody": lambda n: cloud(f"{who}{n}", subject=str(uuid4())),
    }
    clouds = [made[kind](n) for n, kind in enumerate(kinds)]
    head = ledger.head()
    outcomes = ledger.record(clouds, actor="t", atomic=True)
    if {"unreadable", "contradiction", "nobody"} & set(kinds):
        assert ledger.head() == head
        assert not any(isinstance(o, Receipt) and o.status == "recorded" for o in outcomes)
        assert any(isinstance(o, InvalidEvent | DifferentContent | UnknownCustomer) for o in outcomes)
        assert all(isinstance(o, Refusal) for kind, o in zip(kinds, outcomes, strict=True) if kind == "good")
    else:
        assert statuses(outcomes) == ["duplicate" if kind == "repeat" else "recorded" for kind in kinds]
        assert ledger.head() == head + 3 * kinds.count("good")


def test_one_refusal_in_an_ordinary_batch_touches_no_neighbour(ledger: Ledger) -> None:
    who = fresh()
    outcomes = ledger.record(
        [
            cloud(f"{who}1", subject=who),
            cloud(f"{who}2", data={}),
            cloud(f"{who}3", subject=str(uuid4())),
            cloud(f"{who}4", subject=who),
        ],
        actor="t",
    )
    assert statuses(outcomes) == ["recorded", "invalid-event", "unknown-customer", "recorded"]


def test_a_neighbours_refusal_does_not_cost_a_new_customer_the_registration(ledger: Ledger) -> None:
    known, new = fresh(), fresh()
    record(ledger, cloud(known, subject=known))
    contradiction = cloud(known, subject=new)
    outcomes = ledger.record([contradiction, cloud(f"{known}2", subject=new)], actor="t")
    assert statuses(outcomes) == ["different-content", "recorded"]
    assert isinstance(outcomes[1], Receipt)
    record(ledger, cloud(f"{known}3", subject=new))
    names = [type(e).__name__ for e in ledger.stream(outcomes[1].customer)]
    assert sorted(names) == ["CallMade", "CallMade", "CustomerIdentified", "CustomerRegistered"]


def test_a_refused_event_does_not_leave_a_customer_without_registration(ledger: Ledger) -> None:
    known, new = fresh(), fresh()
    record(ledger, cloud(known, subject=known))
    assert statuses(ledger.record([cloud(known, subject=new)], actor="t")) == ["different-content"]
    [receipt] = record(ledger, cloud(f"{known}2", subject=new))
    assert [type(e).__name__ for e in ledger.stream(receipt.customer)] == [
        "CustomerRegistered",
        "CustomerIdentified",
        "CallMade",
    ]


def test_a_dry_run_records_nothing_and_says_what_would_be(ledger: Ledger) -> None:
    who = fresh()
    record(ledger, cloud(who, subject=who))
    head = ledger.head()
    clouds = [cloud(who, subject=who), cloud(f"{who}2", subject=who), cloud(f"{who}3", subject=fresh()), cloud(f"{who}4", data={}),
              cloud(who, subject=who, data={"direction": "outbound"}), cloud(f"{who}5", subject=str(uuid4()))]  # fmt: skip
    outcomes = ledger.record(clouds, actor="t", dry_run=True)
    assert statuses(outcomes) == [
        "duplicate",
        "accepted",
        "accepted",
        "invalid-event",
        "different-content",
        "unknown-customer",
    ]
    assert ledger.head() == head
    assert statuses(ledger.record(clouds, actor="t")) == [
        "duplicate",
        "recorded",
        "recorded",
        "invalid-event",
        "different-content",
        "unknown-customer",
    ]


# --- guards ----------------------------------------------------------------------------------------------------------


def test_a_guard_lets_in_only_at_its_version(ledger: Ledger) -> None:
    who = fresh()
    [receipt] = record(ledger, cloud(who, subject=who))
    customer, version = uuid_bytes(receipt.customer), receipt.version or 0
    wish = ledger.admit(cloud(f"{who}2", subject=receipt.customer), actor="t")
    assert not isinstance(wish, Refusal)
    for stale in (0, version - 1, version + 1):
        [refused] = ledger.append([wish], guards=[Guard(0, customer, stale)])
        assert isinstance(refused, StaleVersion)
        assert f"version {version} by now" in refused.detail
    assert statuses(ledger.append([wish], guards=[Guard(0, customer, version)])) == ["recorded"]
    # Tried again after a lost answer: it was recorded, so it is answered as the first time.
    assert statuses(ledger.append([wish], guards=[Guard(0, customer, version)])) == ["duplicate"]


def test_a_stale_guard_abandons_its_unit_and_no_other(ledger: Ledger) -> None:
    who = fresh()
    [receipt] = record(ledger, cloud(who, subject=who))
    customer = uuid_bytes(receipt.customer)
    wishes = [ledger.admit(cloud(f"{who}{n}", subject=receipt.customer), actor="t") for n in range(3)]
    touchpoints = [w for w in wishes if not isinstance(w, Refusal)]
    outcomes = ledger.append(touchpoints, guards=[Guard(1, customer, 1)])
    assert statuses(outcomes) == ["recorded", "stale-version", "recorded"]
    assert statuses(ledger.append(touchpoints, atomic=True, guards=[Guard(0, customer, 1)]))[1] in {
        "stale-version",
        "abandoned",
    }


def test_of_many_who_decide_on_the_same_version_one_is_let_in(ledger: Ledger) -> None:
    who = fresh()
    [receipt] = record(ledger, cloud(who, subject=who))
    guard = Guard(0, uuid_bytes(receipt.customer), receipt.version or 0)

    def decide(n: int) -> str:
        wish = ledger.admit(cloud(f"{who}-{n}", subject=receipt.customer), actor="t")
        assert not isinstance(wish, Refusal)
        return statuses(ledger.append([wish], guards=[guard]))[0]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(decide, range(8))) == ["recorded"] + ["stale-version"] * 7


# --- the contract of the library -------------------------------------------------------------------------------------


def test_the_recorder_keeps_the_librarys_contract(ledger: Ledger) -> None:
    who = fresh()
    [receipt] = record(ledger, cloud(who, subject=who))
    stream = ledger.recorder.select_events(uuid4())
    assert stream == []
    stored = ledger.recorder.select_notifications(receipt.position, 10)[0]
    recorded = ledger.mapper.to_domain_event(stored)
    assert ledger.mapper.to_stored_event(recorded).state == stored.state
    with pytest.raises(IntegrityError):
        ledger.recorder.insert_events([stored])
    assert ledger.recorder.max_notification_id() == ledger.head()
    assert isinstance(stored, StoredEvent)


# --- backfill --------------------------------------------------------------------------------------------------------


def backfilled(n: int, **attributes: Any) -> dict[str, Any]:
    return cloud(f"old-{n}", recordedtime=f"2024-01-01T00:00:{n:02}Z", time="2023-12-31T00:00:00Z", **attributes)


def test_history_with_its_own_recorded_times_enters_an_empty_ledger(own_ledger: Ledger) -> None:
    outcomes = own_ledger.record([backfilled(n) for n in range(3)], actor="admin", backfill=True)
    assert statuses(outcomes) == ["recorded"] * 3
    outcomes = own_ledger.record([backfilled(n, subject="crm:C-2") for n in range(3, 6)], actor="admin", backfill=True)
    assert statuses(outcomes) == ["recorded"] * 3
    rows = everything(own_ledger)
    assert all(r.event.backfilled for r in rows if r.event.source == "urn:test")
    assert [r.position for r in rows] == list(range(1, len(rows) + 1))
    assert all(a.recorded_at < b.recorded_at for a, b in itertools.pairwise(rows))
    assert all(own_ledger.position_at(r.recorded_at) == r.position for r in rows)
    [now] = record(own_ledger, cloud("now"))
    assert now.recorded_at is not None
    assert now.recorded_at > datetime(2025, 1, 1, tzinfo=UTC)
    assert statuses(own_ledger.record([backfilled(1)], actor="admin", backfill=True)) == ["duplicate"]
    assert statuses(own_ledger.record([backfilled(9)], actor="admin", backfill=True)) == ["not-empty"]


def test_recorded_times_go_one_way_in_a_backfill_too(own_ledger: Ledger) -> None:
    outcomes = own_ledger.record([backfilled(5), backfilled(4, subject="crm:C-3")], actor="admin", backfill=True)
    assert statuses(outcomes) == ["recorded", "not-empty"]
    assert statuses(own_ledger.record([backfilled(3)], actor="admin", backfill=True)) == ["not-empty"]
    assert statuses(own_ledger.record([backfilled(5), backfilled(6)], actor="admin", backfill=True)) == [
        "duplicate",
        "recorded",
    ]
    assert all(a.recorded_at < b.recorded_at for a, b in itertools.pairwise(everything(own_ledger)))


def test_nobody_else_says_when_something_was_recorded(ledger: Ledger) -> None:
    [refused] = ledger.record([backfilled(1)], actor="t")
    assert isinstance(refused, NotEmpty)
    [refused] = ledger.record([cloud("x")], actor="t", backfill=True)
    assert isinstance(refused, NotEmpty)


# --- connections -----------------------------------------------------------------------------------------------------


def test_a_lost_connection_costs_nothing(make_home: Callable[[], Home]) -> None:
    home = make_home()
    with opened(home, size=2) as ledger:
        for n in range(5):
            with psycopg.connect(home.ledger, autocommit=True) as admin:
                admin.execute(
                    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()"""
                )
            assert statuses(ledger.record([cloud(f"{n}")], actor="t")) == ["recorded"]
        assert [r.position for r in everything(ledger)] == list(range(1, 8))


def test_nothing_is_abandoned_without_a_cause(ledger: Ledger) -> None:
    who = fresh()
    outcomes = ledger.record([cloud(f"{who}{n}", subject=fresh() if n % 3 else who) for n in range(50)], actor="t")
    assert not any(isinstance(o, Abandoned) for o in outcomes)
