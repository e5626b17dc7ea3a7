"""Readers get the same answer from rows as from the ledger, at any clock and any knowledge."""

import random
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from domain.events import (
    Beside,
    ComplaintOpened,
    ComplaintResolved,
    CustomerRegistered,
    Event,
    TouchpointCorrected,
    TouchpointVoided,
)
from domain.facts import DAY, NEVER, micros
from domain.order import amend
from domain.rules import first_rules
from projections import fold, generations
from projections.engine import Engine
from projections.reading import COMPLAINTS, OUTREACH, Reader
from projections.rebuild import rebuild
from tests import examples
from tests.examples import EXAMPLES, example
from tests.projections import given
from tests.projections.given import append, new_id

Connection = psycopg.Connection[Any]


def rules(version: str) -> Any:
    return first_rules()


@pytest.fixture
def ledger(database: str) -> Iterator[Connection]:
    given.prepare(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


def engine(url: str) -> Engine:
    return Engine(url, fold, rules, "v1", given.QUICK)


def story(chance: random.Random, customers: int, events: int) -> list[tuple[str, Event]]:
    """Customers to whom anything in the vocabulary happens, late and tied, with corrections and voids."""
    kinds = [k for k in EXAMPLES if not issubclass(k, Beside | TouchpointCorrected | TouchpointVoided)]
    streams = [new_id(chance) for _ in range(customers)]
    told: list[tuple[str, Event]] = []
    for number in range(events):
        customer = chance.choice(streams)
        past = [e for c, e in told if c == customer]
        if past and chance.random() < 0.06:
            target = chance.choice(past)
            told.append((customer, given.void(0, target)))
            continue
        at = examples.day((number if chance.random() < 0.8 else chance.randrange(number + 1)) // 2)
        told.append((customer, example(chance.choice(kinds), id=new_id(chance), at=at)))
    return told


def folded(told: list[tuple[str, Event]], as_of: int, queue: Any) -> list[tuple[Any, ...]]:
    """Ranks of the queue, by folding each history by hand."""
    columns = [n for n, _ in next(t for t in fold.TABLES if t.name == queue.table).columns]
    found: list[tuple[Any, ...]] = []
    streams: dict[str, list[Any]] = {}
    for customer, event in told:
        stream = streams.setdefault(customer, [])
        stream.append(msgspec.structs.replace(event, version=len(stream) + 1))
    for customer, events in streams.items():
        state = fold.begin()
        for event in amend(events).events:
            if event.at <= as_of:
                fold.advance(state, event, first_rules())
        for row in fold.render(state, first_rules())[queue.table]:
            fields = {"customer": customer, **dict(zip(columns, row, strict=True))}
            holds = fields["from_at"] <= as_of < fields["until_at"]
            if holds and (queue is COMPLAINTS or (fields["ready"] and fields["due_at"] <= as_of)):
                found.append(tuple(fields[c] for c in queue.rank))
    return sorted(found)


@pytest.mark.parametrize("seed", range(3))
def test_queues_equal_folds_by_hand_at_any_clock_page_by_page(database: str, ledger: Connection, seed: int) -> None:
    chance = random.Random(seed)
    told = story(chance, 12, 400)
    for start in range(0, 400, 90):
        append(ledger, told[start : start + 90])
        engine(database).catch_up()
    assert ledger.execute("SELECT count(*) FROM rows.parked").fetchone() == (0,)
    ledger.execute("SET ROLE jejak_api")
    reader = Reader(fold, rules)
    for day in (30, 100, 199, 230, 5000):
        for queue in (COMPLAINTS, OUTREACH):
            seen: list[tuple[Any, ...]] = []
            after = None
            while True:
                page = reader.queue(ledger, queue, examples.day(day), limit=7, after=after)
                seen += [tuple(_plain(r[c]) for c in queue.rank) for r in page.rows]
                after = page.next
                if after is None:
                    break
            if day < 5000:
                assert seen == folded(told, examples.day(day), queue)
            assert seen == sorted(set(seen))


def _plain(value: Any) -> Any:
    return micros(value) if hasattr(value, "tzinfo") else value


def test_rows_and_the_ledger_give_the_same_customer(
    database: str, ledger: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = story(random.Random(7), 6, 300)
    append(ledger, told)
    engine(database).catch_up()
    ledger.execute("SET ROLE jejak_api")
    reader = Reader(fold, rules)
    now = examples.day(151)
    for customer in {c for c, _ in told}:
        rows = reader.customer(ledger, customer, now)
        assert rows is not None
        assert not rows.folded
        monkeypatch.setattr(reader, "_covers", lambda *_: False)
        other = reader.customer(ledger, customer, now)
        monkeypatch.undo()
        assert other is not None
        assert other.folded
        for name, shown in rows.tables.items():
            assert len(shown) == len(other.tables[name])
            assert all(row in other.tables[name] for row in shown), name


def test_live_rows_equal_rebuilt_ones_over_the_whole_vocabulary(database: str, ledger: Connection) -> None:
    told = story(random.Random(11), 10, 800)
    for start in range(0, 800, 37):
        append(ledger, told[start : start + 37])
        engine(database).catch_up()
    generation = rebuild(database, fold, rules, "v1", processes=2)
    assert given.rows(ledger, generation.id, fold) == given.rows(ledger, given.live(ledger).id, fold)


def test_earlier_knowledge_shows_what_was_known_then(database: str, ledger: Connection) -> None:
    a, ref = new_id(), examples.COMPLAINT
    append(ledger, [(a, example(CustomerRegistered, id=new_id(), at=examples.day(0))),
                    (a, example(ComplaintOpened, id=new_id(), at=examples.day(1), complaint=ref))])  # fmt: skip
    append(ledger, [(a, example(ComplaintResolved, id=new_id(), at=examples.day(2), complaint=ref))])
    engine(database).catch_up()
    reader = Reader(fold, rules)
    assert reader.queue(ledger, COMPLAINTS, examples.day(3)).rows == []
    assert [r["item"] for r in reader.queue(ledger, COMPLAINTS, examples.day(3), known_at=2).rows] == [ref]
    assert [r["item"] for r in reader.queue(ledger, COMPLAINTS, examples.day(1.5)).rows] == [ref]
    assert reader.profile(ledger, a, examples.day(-1)) is None
    then = reader.profile(ledger, a, examples.day(3), known_at=2)
    assert then is not None
    assert then.folded
    assert [c["complaint"] for c in then.tables["profile"][0]["document"]["complaints"]] == [ref]


def test_a_complaint_that_is_told_of_two_customers_stands_in_the_queue_for_both(
    database: str, ledger: Connection
) -> None:
    told = [new_id() for _ in range(3)]
    append(ledger, [(c, example(ComplaintOpened, id=new_id(), at=examples.day(1))) for c in told])
    engine(database).catch_up()
    seen: list[str] = []
    after = None
    while len(seen) < 3:
        page = Reader(fold, rules).queue(ledger, COMPLAINTS, examples.day(2), limit=1, after=after)
        seen += [row["customer"] for row in page.rows]
        after = page.next
    assert seen == sorted(told)
    assert after is None


def test_past_the_horizon_the_reader_folds_on(database: str, ledger: Connection) -> None:
    a = new_id()
    append(ledger, [(a, example(CustomerRegistered, id=new_id(), at=examples.day(0)))])
    engine(database).catch_up()
    until = ledger.execute("SELECT max(until_at) FROM rows.standing").fetchone()
    found = Reader(fold, rules).profile(ledger, a, min(examples.day(0) + 20_000 * DAY, NEVER - DAY))
    assert until
    assert found is not None
    assert len(found.tables["standing"]) == 1
    assert len(found.tables["profile"]) == 1


def test_a_parked_customer_shows_the_reason_on_every_read(database: str, ledger: Connection) -> None:
    a = new_id()
    append(ledger, [(a, example(CustomerRegistered, id=new_id(), at=examples.day(0))), (a, '{"type":"call.made.v1"}')])  # type: ignore[list-item] # not an event
    engine(database).catch_up()
    found = Reader(fold, rules).profile(ledger, a, examples.day(1))
    assert found is not None
    assert "cannot be read" in (found.parked or "")


def test_nothing_is_shown_before_there_is_a_generation(database: str, ledger: Connection) -> None:
    with pytest.raises(generations.Unready, match="no rows yet"):
        Reader(fold, rules).queue(ledger, COMPLAINTS, 0)
