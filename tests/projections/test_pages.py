"""Pages of both queues, and of all customers, from a real database."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from domain import events as e
from domain.facts import micros
from domain.rules import first_rules
from projections import complaints, fold, outreach, paging
from projections.engine import Engine
from projections.pages import Queue, neglected
from projections.paging import Clock, Wanted
from projections.reading import COMPLAINTS, CUSTOMERS, OUTREACH, Reader
from tests import examples
from tests.projections import given
from tests.spec import a


@pytest.fixture
def rows(database: str) -> Iterator[psycopg.Connection[Any]]:
    given.prepare(database)
    engine = Engine(database, fold, lambda _version: first_rules(), "v1", given.QUICK)
    stop = threading.Event()
    with psycopg.connect(database, autocommit=True) as connection:
        head = given.append(connection, _told())
        thread = threading.Thread(target=engine.run, args=[stop])
        thread.start()
        while given.live_or_none(connection) < head:
            stop.wait(0.02)
        stop.set()
        thread.join(20)
        yield connection


def customer(number: int) -> str:
    return examples.uid(f"customer {number}")


def _told() -> list[tuple[str, e.Event]]:
    told: list[tuple[str, e.Event]] = []
    for number in range(12):
        known = customer(number)
        told += [
            (known, a(e.CustomerRegistered, 0)),
            (known, a(e.CustomerIdentified, 0, kind="whatsapp")),
            (known, a(e.ManagerAssigned, 0, manager="ani" if number % 2 else "budi")),
            (known, a(e.PurchaseMade, 1, purchase=examples.uid(f"p {number}"), total=str(10_000_000 * number))),
            (
                known,
                a(
                    e.ComplaintOpened, number % 3, number / 10, complaint=examples.uid(f"c {number}"),
                    severity=("low", "high")[number % 2], team="care" if number < 6 else "tech",
                ),
            ),
            (known, a(e.PromiseMade, 3, promise=examples.uid(f"pr {number}"), due=examples.moment(4, number))),
        ]  # fmt: skip
    waits = examples.uid("c 4")
    told.append((customer(4), a(e.ComplaintResponded, 1, 1, complaint=waits)))
    return [*told, (customer(4), a(e.ComplaintWaiting, 1, 2, complaint=waits))]


def at(day: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=examples.day(day))


def test_pages_of_any_size_give_the_whole_queue_in_order_of_rank(rows: psycopg.Connection[Any]) -> None:
    reader = Reader(fold, lambda _version: first_rules())
    for queue, days in ((COMPLAINTS, (4, 5, 8, 30)), (OUTREACH, (4.3, 30, 200))):
        for day in days:
            now = micros(at(day))
            whole = reader.queue(rows, queue, now, limit=500)
            ranks = [tuple(row[name] for name in queue.rank) for row in whole.rows]
            assert ranks == sorted(ranks)
            assert ranks
            assert whole.next is None
            for size in (1, 5):
                assert _paged(reader, rows, queue, now, size) == whole.rows


def _paged(reader: Reader, rows: psycopg.Connection[Any], queue: Queue, now: int, size: int) -> list[dict[str, Any]]:
    page = reader.queue(rows, queue, now, limit=size)
    found = [*page.rows]
    while page.next is not None:
        page = reader.queue(rows, queue, now, limit=size, after=page.next)
        found += page.rows
    return found


def whole(rows: psycopg.Connection[Any], queue: Queue, day: float, **where: Any) -> list[dict[str, Any]]:
    reader = Reader(fold, lambda _version: first_rules())
    return reader.queue(rows, queue, micros(at(day)), where=where, limit=500).rows


def test_the_complaint_queue_holds_each_open_complaint_once_at_any_time(rows: psycopg.Connection[Any]) -> None:
    for day in (4, 6, 9, 60):
        found = whole(rows, COMPLAINTS, day)
        unanswered = {4} if day == 60 else set[int]()  # time resolved it after ten days
        still = {examples.uid(f"c {number}") for number in range(12) if number not in unanswered}
        assert sorted(str(row["item"]) for row in found) == sorted(still)


def test_overdue_comes_first_and_waiting_last(rows: psycopg.Connection[Any]) -> None:
    found = whole(rows, COMPLAINTS, 4.05)  # not yet to be reminded
    assert found[0]["lateness"] == complaints.OVERDUE
    assert (found[-1]["item"], found[-1]["waiting_for"]) == (examples.uid("c 4"), "customer")


FILTERS: list[tuple[Queue, float, dict[str, Any]]] = [
    (COMPLAINTS, 5, {"owner": "ani"}),
    (COMPLAINTS, 5, {"owner": ["ani", "budi"]}),
    (COMPLAINTS, 5, {"team": "care"}),
    (COMPLAINTS, 5, {"tier": [0, 1]}),
    (COMPLAINTS, 5, {"tier": 2}),
    (COMPLAINTS, 5, {"severity": 1, "lateness": 0}),
    (COMPLAINTS, 5, {"kind": "complaint", "owner": "ani"}),
    (COMPLAINTS, 5, {"customer": [customer(3)]}),
    (COMPLAINTS, 5, {"handler": "nobody"}),
    (OUTREACH, 200, {"owner": "ani"}),
    (OUTREACH, 200, {"owner": ["ani", "budi"], "tier": 2}),
    (OUTREACH, 200, {"channel": "whatsapp"}),
    (OUTREACH, 200, {"purpose": "service"}),
    (OUTREACH, 200, {"purpose": "service", "channel": "whatsapp", "tier": [0, 1]}),
    (OUTREACH, 200, {"class": outreach.RHYTHM}),
    (OUTREACH, 200, {"class": [0, 1], "owner": "budi"}),
    (OUTREACH, 200, {"content": "callback", "channel": "whatsapp"}),
    (neglected(at(170)), 200, {"owner": "ani"}),
    (neglected(at(170)), 200, {"tier": 1}),
]


@pytest.mark.parametrize(("queue", "day", "where"), FILTERS)
def test_filters_leave_the_rest_out(
    rows: psycopg.Connection[Any], queue: Queue, day: float, where: dict[str, Any]
) -> None:
    found = whole(rows, queue, day)
    fit = [r for r in found if all(r[n] in v if isinstance(v, list) else r[n] == v for n, v in where.items())]
    assert whole(rows, queue, day, **where) == fit
    assert bool(fit) == ("handler" not in where)


@pytest.mark.parametrize(("queue", "day", "where"), FILTERS)
def test_pages_are_read_from_indexes_alone(
    rows: psycopg.Connection[Any], queue: Queue, day: float, where: dict[str, Any]
) -> None:
    """Nothing is read through, and within a group nothing is sorted."""
    for name in ("seqscan", "bitmapscan"):
        rows.execute(sql.SQL("SET enable_{} = off").format(sql.SQL(name)))
    clock = Clock(at(day), queue.until or at(day), 5)
    for order in queue.orders:
        query, values = paging.statement(order, Wanted(given.live(rows).id, clock, where), ("customer",))
        assert query is not None
        plan = [line for (line,) in rows.execute(sql.SQL("EXPLAIN ") + query, values)]
        assert any("Index Scan using" in line for line in plan), plan
        assert not any("Seq Scan" in line for line in plan), plan
        if "customer" not in where:
            nested = max(n for n, line in enumerate(plan) if "Nested Loop" in line)
            assert not any("Sort" in line for line in plan[nested:]), plan


def test_rows_are_counted_by_the_first_number_of_their_rank(rows: psycopg.Connection[Any]) -> None:
    reader = Reader(fold, lambda _version: first_rules())
    for queue, day, where in FILTERS[:-2]:
        found = [row[queue.rank[0]] for row in whole(rows, queue, day, **where)]
        counted = reader.population(rows, micros(at(day))).counts(queue, where, 500)
        assert counted == {number: (found.count(number), False) for number in found}


def test_of_very_many_not_all_are_counted_and_it_is_said(rows: psycopg.Connection[Any]) -> None:
    everybody = Reader(fold, lambda _version: first_rules()).population(rows, micros(at(5)))
    whole = everybody.counts(COMPLAINTS, {}, 500)
    for most in (1, 2):
        counted = everybody.counts(COMPLAINTS, {}, most)
        assert counted.keys() == whole.keys()
        for lateness, found in counted.items():
            assert found.number <= whole[lateness].number
            assert found.more or found.number == whole[lateness].number
    assert any(found.more for found in everybody.counts(COMPLAINTS, {}, 1).values())


def test_customers_are_listed_by_how_they_stand(rows: psycopg.Connection[Any]) -> None:
    reader, now = Reader(fold, lambda _version: first_rules()), micros(at(10))
    first = reader.queue(rows, CUSTOMERS, now, limit=5)
    rest = reader.queue(rows, CUSTOMERS, now, limit=50, after=first.next)
    assert [len(first.rows), len(rest.rows), rest.next] == [5, 7, None]
    assert {row["owner"] for row in reader.queue(rows, CUSTOMERS, now, where={"owner": "ani"}).rows} == {"ani"}
