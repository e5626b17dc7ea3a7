"""The engine keeps rows in step with the ledger, whatever comes in and whatever goes wrong."""

import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import psycopg
import pytest

from domain.events import Event
from domain.order import effective
from projections import generations
from projections.engine import Engine
from projections.folding import STRIDE
from tests.projections import given, standin
from tests.projections.given import append, call, new_id, visit

Connection = psycopg.Connection[Any]


@pytest.fixture
def ledger(database: str) -> Iterator[Connection]:
    given.prepare(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


@contextmanager
def running(engine: Engine) -> Iterator[Engine]:
    stop = threading.Event()
    thread = threading.Thread(target=engine.run, args=[stop])
    thread.start()
    try:
        yield engine
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def eventually(true: Any, seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.01)


def chain(events: Sequence[Event]) -> str:
    """What the stand-in makes of a history, folded whole."""
    state = standin.begin()
    for event in effective(events):
        standin.advance(state, event, "rules v1")
    return state.chain


def chains(connection: Connection) -> dict[str, str]:
    return {
        str(c): x
        for c, x in connection.execute("SELECT customer, chain FROM rows.profile JOIN rows.pointer USING (generation)")
    }


def expected(told: Sequence[tuple[str, Event]]) -> dict[str, str]:
    streams: dict[str, list[Event]] = {}
    for customer, event in told:
        stream = streams.setdefault(customer, [])
        stream.append(msgspec.structs.replace(event, version=len(stream) + 1))
    return {c: x for c, events in streams.items() if (x := chain(events))}


def test_rows_follow_what_is_recorded(database: str, ledger: Connection) -> None:
    a, b = new_id(), new_id()
    told = [(a, call(1)), (b, visit(2)), (a, call(3))]
    with running(given.engine(database)):
        append(ledger, told)
        eventually(lambda: chains(ledger) == expected(told))
        told += [(b, call(4))]
        append(ledger, told[-1:])
        eventually(lambda: chains(ledger) == expected(told))
    assert given.live(ledger).position == 4
    assert len(given.rows(ledger, 1)["stages"]) == 3


def test_checkpoint_and_rows_end_together(database: str, ledger: Connection) -> None:
    a = new_id()
    append(ledger, [(a, call(n)) for n in range(10)])
    given.engine(database).catch_up()
    assert given.live(ledger).position == 10
    assert ledger.execute("SELECT events FROM rows.profile").fetchall() == [(10,)]


@pytest.mark.parametrize("seed", range(4))
def test_any_history_in_any_batches_gives_the_rows_of_one_fold(database: str, ledger: Connection, seed: int) -> None:
    chance = random.Random(seed)
    told = given.history(chance, 4, 900)
    pace = given.QUICK._replace(
        batch=chance.choice([7, 50, 400]), commit_events=chance.choice([1, 100, 1000]), capacity=chance.choice([2, 100])
    )
    done = 0
    while done < len(told):
        step = chance.choice([1, 20, 150, 300])
        append(ledger, told[done : done + step])
        done += step
        engine = given.engine(database, pace=pace)
        engine.catch_up()
    assert chains(ledger) == expected(told)


def counted(database: str, ledger: Connection, events: Sequence[tuple[str, Event]]) -> Any:
    """Record these one after the other under a running engine; what it read and folded for them."""
    with running(given.engine(database)) as engine:
        head = given.live_or_none(ledger)
        eventually(lambda: engine.followers and next(iter(engine.followers.values())).position == head)
        tally = next(iter(engine.followers.values())).folder.tally
        before = (tally.read, tally.folded)
        for item in events:
            last = append(ledger, [item])
            eventually(lambda last=last: given.live(ledger).position == last)
        return SimpleNamespace(read=tally.read - before[0], folded=tally.folded - before[1])


def test_a_live_event_costs_the_same_after_a_long_history(database: str, ledger: Connection) -> None:
    a = new_id()
    told: list[tuple[str, Event]] = [(a, call(n)) for n in range(5000)]
    append(ledger, told)
    given.engine(database).catch_up()
    more = [(a, call(6000 + n)) for n in range(10)]
    cost = counted(database, ledger, more)
    assert cost.read <= STRIDE + 2 * len(more)  # the first finds its state in the database, which may lag
    assert cost.folded <= STRIDE + len(more)
    assert chains(ledger) == expected(told + more)


def test_an_event_late_by_minutes_costs_a_short_refold(database: str, ledger: Connection) -> None:
    a = new_id()
    told: list[tuple[str, Event]] = [(a, call(2 * n)) for n in range(5000)]
    append(ledger, told)
    given.engine(database).catch_up()
    late: list[tuple[str, Event]] = [(a, call(2 * 4990 + 1))]
    cost = counted(database, ledger, late)
    assert cost.read <= 8 * STRIDE
    assert cost.folded <= 8 * STRIDE
    assert chains(ledger) == expected(told + late)


def test_a_customer_who_cannot_be_folded_is_parked_with_the_reason(database: str, ledger: Connection) -> None:
    a, b = new_id(), new_id()
    bad = call(2, staff=standin.POISON)
    append(ledger, [(a, call(1)), (b, call(1))])
    given.engine(database).catch_up()
    append(ledger, [(a, bad), (b, call(3)), (a, call(4))])
    given.engine(database).catch_up()
    found = ledger.execute("SELECT customer::text, event::text, type, reason, position FROM rows.parked").fetchall()
    assert found == [(a, bad.id, "call.made.v1", "ArithmeticError: nobody can fold this", 5)]
    assert dict(ledger.execute("SELECT customer::text, events FROM rows.profile").fetchall()) == {a: 1, b: 2}

    append(ledger, [(a, call(5)), (b, call(6))])  # stays parked, holds up nobody
    given.engine(database).catch_up()
    assert dict(ledger.execute("SELECT customer::text, events FROM rows.profile").fetchall()) == {a: 1, b: 3}

    append(ledger, [(a, given.void(7, bad))])  # mended
    given.engine(database).catch_up()
    assert dict(ledger.execute("SELECT customer::text, events FROM rows.profile").fetchall()) == {a: 3, b: 3}
    assert ledger.execute("SELECT count(*) FROM rows.parked").fetchone() == (0,)


def test_an_event_that_cannot_be_read_parks_its_customer(database: str, ledger: Connection) -> None:
    a, b = new_id(), new_id()
    append(ledger, [(a, call(1)), (a, '{"type":"call.made.v1","at":"never","id":"x"}'), (b, call(1))])  # type: ignore[list-item] # not an event
    given.engine(database).catch_up()
    [(customer, reason)] = ledger.execute("SELECT customer::text, reason FROM rows.parked").fetchall()
    assert customer == a
    assert "cannot be read" in reason
    assert "at" in reason
    assert set(chains(ledger)) == {b}


def other(**changes: Any) -> Any:
    """The stand-in with something else in it."""
    return SimpleNamespace(**{n: getattr(standin, n) for n in dir(standin) if not n.startswith("_")} | changes)


def test_parked_customers_get_another_try_on_command_and_with_another_fold(database: str, ledger: Connection) -> None:
    a = new_id()
    append(ledger, [(a, call(1, staff=standin.POISON))])
    given.engine(database).catch_up()
    broken = {"on": True}

    def run(state: Any, events: Iterable[Event], rules: Any) -> None:
        for event in events:
            if broken["on"]:
                raise ArithmeticError("still")
            state.last, state.events = standin.key(event), state.events + 1

    mended = other(run=run)
    with running(given.engine(database, mended)):
        ledger.execute("UPDATE rows.parked SET retry = true")
        eventually(lambda: ledger.execute("SELECT reason FROM rows.parked").fetchone() == ("ArithmeticError: still",))
        broken["on"] = False
        ledger.execute("UPDATE rows.parked SET retry = true")
        eventually(lambda: ledger.execute("SELECT count(*) FROM rows.parked").fetchone() == (0,))
    assert ledger.execute("SELECT events FROM rows.profile").fetchall() == [(1,)]


def test_rows_that_no_column_can_hold_park_their_customer_alone(database: str, ledger: Connection) -> None:
    a, b, c = new_id(), new_id(), new_id()

    def render(state: Any, rules: Any) -> Any:
        rendered = standin.render(state, rules)
        if state.events == 2:
            rendered["profile"] = [(*rendered["profile"][0][:2], 2**40, "", None)]
        return rendered

    append(ledger, [(a, call(1)), (b, call(1)), (b, call(2)), (c, call(3))])
    given.engine(database, other(render=render)).catch_up()
    assert dict(ledger.execute("SELECT customer::text, events FROM rows.profile").fetchall()) == {a: 1, c: 1}
    [(customer, reason)] = ledger.execute("SELECT customer::text, reason FROM rows.parked").fetchall()
    assert customer == b
    assert "cannot be written" in reason
    assert given.live(ledger).position == 4


def test_the_engine_survives_cut_connections(database: str, ledger: Connection) -> None:
    a, told = new_id(), list[tuple[str, Event]]()
    with running(given.engine(database)):
        for n in range(60):
            told.append((a, call(n)))
            append(ledger, told[-1:])
            if n % 10 == 5:
                ledger.execute(
                    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = 'jejak engine' AND datname = current_database()"""
                )
        eventually(lambda: chains(ledger) == expected(told))


def test_of_two_engines_one_stands_by_and_takes_over(database: str, ledger: Connection) -> None:
    a = new_id()
    with running(given.engine(database)) as second:
        eventually(lambda: second.followers)
        with running(given.engine(database)) as first:
            append(ledger, [(a, call(1))])
            eventually(lambda: chains(ledger))
            assert not first.followers
            ledger.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
            )
            append(ledger, [(a, call(2))])
            eventually(lambda: ledger.execute("SELECT events FROM rows.profile").fetchall() == [(2,)])


def test_another_fold_builds_its_own_generation_and_then_shows_it(database: str, ledger: Connection) -> None:
    a = new_id()
    append(ledger, [(a, call(1)), (a, call(2))])
    given.engine(database).catch_up()
    wider = (standin.Table("profile", (*standin.TABLES[0].columns, ("more", "integer"))), standin.TABLES[1])

    def render(state: Any, rules: Any) -> Any:
        rendered = standin.render(state, rules)
        return {**rendered, "profile": [(*r, 7) for r in rendered["profile"]]}

    given.engine(database, other(fingerprint=lambda: "stand-in 2", TABLES=wider, render=render)).catch_up()
    assert given.live(ledger).id == 2
    assert ledger.execute("SELECT generation, events, more FROM rows.profile ORDER BY 1").fetchall() == [
        (1, 2, None),
        (2, 2, 7),
    ]
    assert [g.state for g in generations.listed(ledger)] == ["stale", "live"]


def test_the_api_reads_parents_and_nothing_else(database: str, ledger: Connection) -> None:
    append(ledger, [(new_id(), call(1))])
    given.engine(database).catch_up()
    with ledger.transaction():
        ledger.execute("SET LOCAL ROLE jejak_api")
        assert ledger.execute("SELECT count(*) FROM rows.profile").fetchone() == (1,)
        for forbidden in (
            "SELECT * FROM rows.profile_g1",
            "SELECT * FROM rows.states",
            "DELETE FROM rows.profile",
            "SELECT * FROM ledger.events_00",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), ledger.transaction():
                ledger.execute(forbidden)  # type: ignore[call-overload] # a plain str
