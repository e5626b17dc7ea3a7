"""A rebuild gives the rows that following gave."""

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from domain.events import ProductListed
from projections import generations
from projections.rebuild import Progress, RebuildFailed, rebuild, show
from tests.projections import given, standin
from tests.projections.given import append, call, new_id

Connection = psycopg.Connection[Any]


@pytest.fixture
def ledger(database: str) -> Iterator[Connection]:
    given.prepare(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


def rules(version: str) -> str:
    return f"rules {version}"


def no_rules(version: str) -> str:
    raise LookupError(f"no rulebook {version}")


@pytest.mark.parametrize("seed", range(2))
def test_rebuilt_rows_equal_those_that_were_kept_live(database: str, ledger: Connection, seed: int) -> None:
    told = given.history(random.Random(seed), 30, 2000)
    for start in range(0, len(told), 300):
        append(ledger, told[start : start + 300])
        given.engine(database).catch_up()
    seen: list[Progress] = []
    generation = rebuild(database, standin, rules, "v1", processes=2, progress=seen.append)
    assert given.rows(ledger, generation.id) == given.rows(ledger, 1)
    assert (seen[-1].customers, seen[-1].events, seen[-1].total) == (30, 2000, 2000)
    assert seen[-1].left == 0


def test_a_rebuilt_generation_catches_up_and_is_shown_in_one_step(database: str, ledger: Connection) -> None:
    a, b = new_id(), new_id()
    append(ledger, [(a, call(1, staff=standin.POISON)), (b, call(1))])
    engine = given.engine(database)
    engine.catch_up()
    generation = rebuild(database, standin, rules, "v2", processes=1)
    append(ledger, [(b, call(2))])
    engine.catch_up()
    assert given.live(ledger).id == 1
    show(database, generation.id, engine)
    assert [(g.id, g.state, g.position) for g in generations.listed(ledger)] == [(1, "previous", 3), (2, "live", 3)]
    assert ledger.execute("SELECT generation, events FROM rows.profile ORDER BY 1").fetchall() == [(1, 2), (2, 2)]
    assert ledger.execute("SELECT generation, customer::text FROM rows.parked ORDER BY 1").fetchall() == [
        (1, a),
        (2, a),
    ]

    append(ledger, [(b, call(3))])  # the one before is followed, so going back needs no rebuild
    engine.catch_up()
    assert generations.rollback(ledger)
    assert given.live(ledger)[:1] + given.live(ledger)[4:5] == (1, 4)


def test_a_generation_is_dropped_on_command_but_never_the_one_shown(database: str, ledger: Connection) -> None:
    append(ledger, [(new_id(), call(1))])
    given.engine(database).catch_up()
    generation = rebuild(database, standin, rules, "v2", processes=1)
    ledger.execute("SET ROLE jejak_engine")
    generations.drop(ledger, generation.id, standin.TABLES)
    with pytest.raises(generations.Unready, match="live"):
        generations.drop(ledger, 1, standin.TABLES)
    assert [g.id for g in generations.listed(ledger)] == [1]
    assert ledger.execute("SELECT to_regclass('rows.profile_g2')").fetchone() == (None,)


def test_a_rebuild_that_fails_leaves_nothing_behind(database: str, ledger: Connection) -> None:
    append(ledger, [(new_id(), call(1))])
    given.engine(database).catch_up()
    with pytest.raises(RebuildFailed, match="no rulebook v9"):
        rebuild(database, standin, no_rules, "v9", processes=2)
    assert [g.id for g in generations.listed(ledger)] == [1]


def test_events_beside_customers_are_catalogued_by_a_rebuild_too(database: str, ledger: Connection) -> None:
    listed = ProductListed(id=new_id(), at=given.START, source="urn:test", product="tea")
    append(ledger, [(new_id(), call(1)), (new_id(), listed)])
    rebuild(database, standin, rules, "v1", processes=1)
    assert ledger.execute("SELECT position FROM rows.catalogue").fetchall() == [(2,)]
    assert ledger.execute("SELECT count(*) FROM rows.profile").fetchone() == (1,)
