"""All projections of the whole ledger anew, against `COPY … TO STDOUT` of it on one connection, and against ProjectionRunner."""

import os
import time
from collections.abc import Iterator

import psycopg

from api.rows import Rulebooks
from domain.rules import first_rules
from projections import fold
from projections.rebuild import rebuild
from tests.benchmarks import runner
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import described, open_machine
from tests.benchmarks.project import BASELINE_EVENTS
from tests.benchmarks.stocked import stock


def run(events: int) -> Iterator[Figure]:
    """COPY before and after, as the second one finds its pages in memory; the better one counts."""
    with open_machine() as house:
        told = stock(house, events)
        with psycopg.connect(house.database_url, autocommit=True) as c:
            c.execute("VACUUM ANALYZE ledger.events")
        slow = runner.measure(house, first_rules(), BASELINE_EVENTS)
        head = house.ledger.head()
        copied = min(_copy(house.database_url), _copy(house.database_url))
        started = time.perf_counter()
        rebuild(
            house.database_url, fold, Rulebooks(house.database_url), first_rules().version, processes=os.cpu_count()
        )
        took = time.perf_counter() - started
        note = f"{told}; {described(house)}"
        yield Figure("rebuild", "copy", head / took, head / copied, "events/s", note)
        yield Figure("rebuild", "runner", head / took, slow, "events/s", note)


def _copy(url: str) -> float:
    """Seconds that it takes to send the ledger's table to a client that throws it away."""
    with psycopg.connect(url) as c, c.cursor() as cursor:
        started = time.perf_counter()
        with cursor.copy("COPY (SELECT * FROM ledger.events) TO STDOUT (FORMAT binary)") as copy:
            for _ in copy:
                pass
        return time.perf_counter() - started
