"""An engine that begins anew goes on from what was kept as if it had never ended."""

import random
from typing import Any

import psycopg
import pytest

from projections.rebuild import rebuild
from tests.projections import given, standin
from tests.projections.given import append, call, new_id


def rules(version: str) -> str:
    return f"rules {version}"


@pytest.mark.parametrize("seed", range(3))
def test_what_is_late_for_a_kept_state_is_seen_although_the_first_event_recorded_is_not_in_it(
    database: str, seed: int
) -> None:
    given.prepare(database)
    chance = random.Random(seed)
    customer = new_id(chance)
    # The first event recorded happened last, so that every kept state leaves it out.
    histories: list[list[Any]] = [[call(10_000, new_id(chance))], [call(chance.randrange(5000)) for _ in range(200)]]
    histories += [[call(chance.randrange(9000))] for _ in range(5)]
    with psycopg.connect(database, autocommit=True) as ledger:
        ledger.execute("SET timezone = 'UTC'")
        for events in histories:
            append(ledger, [(customer, event) for event in events])
            given.engine(database).catch_up()
        generation = rebuild(database, standin, rules, "v1", processes=1)
        assert given.rows(ledger, generation.id) == given.rows(ledger, 1)
