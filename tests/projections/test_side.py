"""Rows of everybody at other coordinates, kept beside; and builds that go on after a kill."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest

from domain.events import Event, PurchaseMade, RulebookPromoted, RulebookRolledBack
from domain.rules import Rules, compile_rules, first_rules, shipped
from projections import fold, generations
from projections.engine import Engine
from projections.generations import Generation, Unready
from projections.inforce import IN_FORCE, Schedule, fold_in_force
from projections.reading import COMPLAINTS, CUSTOMERS, OUTREACH, NotBuilt, Reader
from projections.rebuild import rebuild
from projections.shapes import instant
from tests import examples
from tests.examples import example
from tests.projections import byhand, given, slow, standin
from tests.projections.asked import comparable, shown
from tests.projections.given import append, new_id
from tests.projections.test_reading import story

Connection = psycopg.Connection[Any]


def rules(version: str) -> Rules:
    """Under v2 it takes one purchase and nothing else to be committed."""
    if version == "v1":
        return first_rules()
    if version != "v2":
        raise LookupError(f"no rulebook {version}")
    document: dict[str, Any] = shipped() | {"version": "v2"}
    for clause in document["lifecycle"]["clauses"]:
        if clause["to"] == "commitment":
            clause["all"] = [{"measure": "count", "of": ["purchase"], "at_least": 1, "within": "365 days"}]
    return compile_rules(document)


@pytest.fixture
def ledger(database: str) -> Iterator[Connection]:
    given.prepare(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


Told = list[tuple[str, Event]]


@pytest.fixture
def told(database: str, ledger: Connection) -> Told:
    """Nine customers over a hundred days, followed under v1; v2 was in force from day 60 to day 80."""
    found = story(random.Random(5), 8, 240)
    buyer = new_id()
    found += [(buyer, example(PurchaseMade, id=new_id(), at=examples.day(40)))]
    beside = new_id()
    promoted = [
        example(RulebookPromoted, id=new_id(), at=examples.day(60), rulebook="v2"),
        example(RulebookRolledBack, id=new_id(), at=examples.day(80), rulebook="v1"),
    ]
    append(ledger, found[:100])
    append(ledger, [(beside, event) for event in promoted])
    append(ledger, found[100:])
    Engine(database, fold, rules, "v1", given.QUICK).catch_up()
    return [*found[:100], *((beside, event) for event in promoted), *found[100:]]


def streams(told: Told) -> dict[str, list[Event]]:
    """Customers' events with their versions."""
    found: dict[str, list[Event]] = {}
    for customer, event in told:
        if not event.__class__.__name__.startswith("Rulebook"):
            found.setdefault(customer, []).append(event)
    return {c: [_numbered(e, n) for n, e in enumerate(events, 1)] for c, events in found.items()}


def _numbered(event: Event, version: int) -> Event:
    return type(event)(**{**{f: getattr(event, f) for f in event.__struct_fields__}, "version": version})


def moment(day: float) -> datetime:
    return instant(examples.day(day))


@pytest.mark.parametrize(("day", "known", "version"), [(50, None, "v1"), (70, 130, "v2"), (3000, 90, "v1")])
def test_a_side_generation_holds_what_each_history_filtered_by_hand_gives(
    database: str, ledger: Connection, told: Told, day: int, known: int | None, version: str
) -> None:
    made = rebuild(database, fold, rules, version, as_of=moment(day), known_at=known, name="then", processes=2)
    assert (made.state, made.name, made.as_of, made.known_at) == ("side", "then", moment(day), known)
    assert made.events == made.total == made.position == (len(told) if known is None else known)
    expected = {c: byhand.answers(h, examples.day(day), rules(version)) for c, h in streams(told[:known]).items()}
    for name in ("standing", "reactive", "outreach", "profile", "complaints"):
        columns = ", ".join(byhand.columns(name))
        holding = "AND from_at <= %(now)s AND until_at > %(now)s" if "from_at" in columns else ""
        query = generations.ours(
            f"SELECT customer::text, {columns} FROM rows.{name} WHERE generation = %(of)s {holding}"
        )
        cursor = ledger.execute(query, {"of": made.id, "now": moment(day)})
        found = [
            {"customer": row[0]}
            | {
                c: str(v) if v.__class__.__name__ == "UUID" else v
                for c, v in zip(byhand.columns(name), row[1:], strict=True)
            }
            for row in cursor
        ]
        by_hand = [row for c, tables in expected.items() for row in shown(name, c, tables.get(name, []))]
        assert comparable(found) == comparable(by_hand), name
    known_then = {c for c, tables in expected.items() if tables}
    assert {
        c for (c,) in ledger.execute("SELECT customer::text FROM rows.spans WHERE generation = %s", [made.id])
    } == known_then


def everything(reader: Reader, ledger: Connection, day: float, **how: Any) -> list[list[dict[str, Any]]]:
    """All rows of the queues and of the list."""
    found: list[list[dict[str, Any]]] = []
    for queue in (COMPLAINTS, OUTREACH, CUSTOMERS):
        rows: list[dict[str, Any]] = []
        after = None
        while True:
            page = reader.queue(ledger, queue, examples.day(day), limit=3, after=after, **how)
            rows += page.rows
            after = page.next
            if after is None:
                break
        found.append(rows)
    return found


@pytest.mark.parametrize(
    "how", [{}, {"known_at": 130}, {"rulebook": "v2"}, {"rulebook": IN_FORCE, "known_at": 200}, {"rulebook": IN_FORCE}]
)
def test_readers_get_the_same_from_a_side_generation_as_folded_on_the_spot(
    database: str, ledger: Connection, told: Told, how: dict[str, Any]
) -> None:
    reader = Reader(fold, rules)
    before = everything(reader, ledger, 70, **how)
    assert any(before)
    version = how.get("rulebook", "v1")
    made = rebuild(database, fold, rules, version, as_of=moment(70), known_at=how.get("known_at"), processes=1)
    population = reader.population(ledger, examples.day(70), how.get("known_at"), how.get("rulebook"), most=0)
    assert population.at.base is not None
    assert population.at.base.id == made.id
    assert everything(Reader(fold, rules), ledger, 70, **how) == before


def test_what_came_in_since_it_was_built_is_folded_beside_it(database: str, ledger: Connection, told: Told) -> None:
    rebuild(database, fold, rules, "v2", as_of=moment(70), processes=1)
    late = example(PurchaseMade, id=new_id(), at=examples.day(69))
    append(ledger, [(told[0][0], late)])
    Engine(database, fold, rules, "v1", given.QUICK).catch_up()
    reader = Reader(fold, rules)
    beside = everything(reader, ledger, 70, rulebook="v2")
    assert {r["customer"]: r["stage"] for r in beside[2]}[told[0][0]] == "commitment"
    assert reader.population(ledger, examples.day(70), None, "v2", most=1).at.base is not None
    with pytest.raises(NotBuilt):
        reader.population(ledger, examples.day(70), None, "v2", most=0)
    assert everything(reader, ledger, 70, rulebook="v2", known_at=len(told)) != beside


def test_where_nothing_is_kept_and_too_many_would_be_folded_the_reader_says_so(ledger: Connection, told: Told) -> None:
    reader = Reader(fold, rules)
    with pytest.raises(NotBuilt):
        reader.population(ledger, examples.day(70), None, "v2", most=3)
    with pytest.raises(LookupError, match="no rulebook v9"):
        reader.population(ledger, examples.day(70), None, "v9", most=3)
    few = sorted(streams(told))[:3]
    among = reader.population(ledger, examples.day(70), None, "v2", most=3, among=few)
    assert {r["customer"] for r in among.page(CUSTOMERS, {"customer": few}).rows} <= set(few)


def test_in_force_gives_rows_of_the_fold_that_carries_stages_over(
    database: str, ledger: Connection, told: Told
) -> None:
    made = rebuild(database, fold, rules, IN_FORCE, as_of=moment(90), processes=1)
    schedule = Schedule([(0, rules("v1")), (examples.day(60), rules("v2")), (examples.day(80), rules("v1"))])
    expected: dict[str, list[str]] = {}
    for customer, history in streams(told).items():
        state = fold_in_force(history, schedule, examples.day(90))
        if state.count:
            rows = fold.render(state, rules("v1"))["stages"]
            expected[customer] = [row[2] for row in rows]
    found: dict[str, list[str]] = {}
    query = "SELECT customer::text, stage FROM rows.stages WHERE generation = %s ORDER BY customer, from_at"
    for customer, stage in ledger.execute(query, [made.id]):
        found.setdefault(customer, []).append(stage)
    assert found == expected
    alone = rebuild(database, fold, rules, "v1", as_of=moment(90), processes=1)
    committed = "SELECT count(DISTINCT customer) FROM rows.stages WHERE generation = %s AND stage = 'commitment'"
    assert ledger.execute(committed, [made.id]).fetchone() != ledger.execute(committed, [alone.id]).fetchone()


def test_a_sample_is_of_whole_customers_and_the_same_each_time(database: str, ledger: Connection) -> None:
    append(ledger, given.history(random.Random(1), 60, 900))
    whole = rebuild(database, standin, slow.rules, "v1", processes=1)
    parts = [rebuild(database, standin, slow.rules, "v1", sample=n, processes=1) for n in (1, 3, 3)]
    all_rows, *sampled = [given.rows(ledger, g.id)["profile"] for g in (whole, *parts)]
    assert (parts[0].state, whole.state) == ("side", "ready")
    assert sampled[0] == all_rows
    assert sampled[1] == sampled[2]
    assert 0 < len(sampled[1]) < len(all_rows)
    assert set(sampled[1]) < set(all_rows)


def test_a_side_generation_is_not_followed_and_kept_under_its_name_until_it_is_dropped(
    database: str, ledger: Connection
) -> None:
    append(ledger, given.history(random.Random(2), 5, 60))
    given.engine(database).catch_up()
    made = rebuild(database, standin, slow.rules, "v1", known_at=30, name="april", processes=1)
    with pytest.raises(Unready, match="april"):
        rebuild(database, standin, slow.rules, "v1", known_at=31, name="april", processes=1)
    other = rebuild(database, standin, slow.rules, "v1", known_at=31, processes=1)
    assert other.name == f"side-{other.id}"
    rows = given.rows(ledger, made.id)
    append(ledger, given.history(random.Random(3), 5, 60))
    given.engine(database).catch_up()
    assert given.rows(ledger, made.id) == rows
    with pytest.raises(Unready, match="side"):
        generations.promote(ledger, made.id)
    ledger.execute("SET ROLE jejak_engine")
    generations.drop(ledger, made.id, standin.TABLES)
    assert [g.id for g in generations.listed(ledger)] == [1, other.id]


# --- after a kill -----------------------------------------------------------------------------------------------------


def building(ledger: Connection, ready: Callable[[Generation], bool]) -> Generation:
    """The generation that is being built, once it is as far."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = [g for g in generations.listed(ledger) if g.state == "building"]
        if found and ready(found[0]):
            return found[0]
        time.sleep(0.01)
    raise AssertionError("the build did not get as far")


def test_a_killed_build_goes_on_where_it_was_and_gives_the_same_rows(database: str, ledger: Connection) -> None:
    append(ledger, given.history(random.Random(4), 50, 2500))
    child = subprocess.Popen([sys.executable, "-m", "tests.projections.slow", database, "2400"])
    try:
        halfway = building(ledger, lambda g: 3 <= len(generations.finished(ledger, g.id)) < 14)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    append(ledger, given.history(random.Random(6), 20, 300))
    done = generations.finished(ledger, halfway.id)
    assert 0 < sum(events for _, events in done.values()) < 2400

    seen: list[Any] = []
    resumed = rebuild(database, standin, slow.rules, "v2", processes=2, progress=seen.append, resume=halfway.id)
    undisturbed = rebuild(database, standin, slow.rules, "v2", known_at=2400, processes=2)
    assert (resumed.state, resumed.name, resumed.position, resumed.events) == ("side", "trial", 2400, 2400)
    assert given.rows(ledger, resumed.id) == given.rows(ledger, undisturbed.id)
    assert seen[0].events > sum(events for _, events in done.values())
    with pytest.raises(Unready, match="only a build"):
        rebuild(database, standin, slow.rules, "v2", resume=halfway.id)


def test_nobody_goes_on_with_what_is_being_built_or_was_begun_by_another_fold(
    database: str, ledger: Connection
) -> None:
    append(ledger, given.history(random.Random(4), 5, 50))
    with ledger.transaction():
        ledger.execute("SET LOCAL ROLE jejak_engine")
        mine = generations.create(ledger, "v1", standin.fingerprint(), standin.TABLES, position=50)
        other = generations.create(ledger, "v1", "another", standin.TABLES, position=50)
    assert generations.hold(ledger, mine.id)
    with pytest.raises(Unready, match="at this moment"):
        rebuild(database, standin, slow.rules, "v1", resume=mine.id)
    assert other.id not in [g.id for g in generations.listed(ledger)]
    ledger.execute("SELECT pg_advisory_unlock_all()")
    assert rebuild(database, standin, slow.rules, "v1", processes=1, resume=mine.id).state == "ready"
