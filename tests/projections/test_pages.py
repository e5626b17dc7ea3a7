"""Pages of both queues, and of all customers, from a real database."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain import events as e
from domain.facts import micros
from domain.rules import first_rules
from projections import complaints, fold
from projections.engine import Engine
from projections.pages import Queue
from projections.paging import Wanted
from projections.reading import COMPLAINTS, CUSTOMERS, OUTREACH, Reader
from tests import examples
from tests.projections import given
from tests.spec import a

TIERS = range(5)


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


def test_the_complaint_queue_holds_each_open_complaint_once_at_any_time(rows: psycopg.Connection[Any]) -> None:
    live = given.live(rows).id
    for day in (4, 6, 9, 60):
        found = complaints.page(rows, live, at(day), Wanted(TIERS, limit=500))
        assert sorted(str(row["item"]) for row in found) == sorted(examples.uid(f"c {number}") for number in range(12))


def test_overdue_comes_first_and_waiting_last(rows: psycopg.Connection[Any]) -> None:
    found = complaints.page(rows, given.live(rows).id, at(4.1), Wanted(TIERS, limit=500))
    lateness = [row["lateness"] for row in found]
    assert lateness[0] == complaints.OVERDUE
    assert found[-1]["item"] == UUID(examples.uid("c 4"))
    assert found[-1]["waiting_for"] == "customer"


def test_filters_leave_the_rest_out(rows: psycopg.Connection[Any]) -> None:
    live = given.live(rows).id
    whole = complaints.page(rows, live, at(5), Wanted(TIERS, limit=500))
    by_owner = complaints.page(rows, live, at(5), Wanted(TIERS, ["ani"], limit=500))
    assert by_owner == [row for row in whole if row["owner"] == "ani"]
    assert complaints.page(rows, live, at(5), Wanted(TIERS, ["ani", "budi"], limit=500)) == whole
    by_team = complaints.page(rows, live, at(5), Wanted(TIERS, equal={"team": "care"}, limit=500))
    assert by_team == [row for row in whole if row["team"] == "care"]
    by_tier = complaints.page(rows, live, at(5), Wanted([0, 1], limit=500))
    assert by_tier == [row for row in whole if row["tier"] < 2]
    one = complaints.page(rows, live, at(5), Wanted(TIERS, customers=[customer(3)], limit=500))
    assert one == [row for row in whole if str(row["customer"]) == customer(3)]


def test_customers_are_listed_by_how_they_stand(rows: psycopg.Connection[Any]) -> None:
    reader, now = Reader(fold, lambda _version: first_rules()), micros(at(10))
    first = reader.queue(rows, CUSTOMERS, now, limit=5)
    rest = reader.queue(rows, CUSTOMERS, now, limit=50, after=first.next)
    assert [len(first.rows), len(rest.rows), rest.next] == [5, 7, None]
    assert {row["owner"] for row in reader.queue(rows, CUSTOMERS, now, where={"owner": "ani"}).rows} == {"ani"}
