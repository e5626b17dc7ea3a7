"""A customer's page and the first page of a queue over HTTP, with many customers against a thousand of the same kind.

`--events N` is the number of customers here. Both houses are up at once and asked in turn.
"""

import http.client
import random
import time
from collections.abc import Iterator
from itertools import islice
from statistics import median

import psycopg

from api.rows import Rulebooks, make_engine
from api.simulation import DEFAULT_END, simulate
from api.wiring import House
from domain.rules import first_rules
from projections import fold
from projections.rebuild import rebuild, show
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import Served, described, open_machine, serve

FEW = 1_000
ASKED = 400  # times each page of each house
YEARS = 0.02  # a week: how pages find their rows is asked here, not how long histories are


def run(customers: int) -> Iterator[Figure]:
    """Pages a second, from the median time of one."""
    with open_machine(now=DEFAULT_END) as many, open_machine(now=DEFAULT_END) as few:
        for house, size in ((few, FEW), (many, customers)):
            fill(house, size)
        note = f"{customers:,} customers against {FEW:,}; {described(many)}"
        with serve(many) as large, serve(few) as small:
            pages = {
                "profile": [[f"/v1/customers/{c}" for c in _some(h)] for h in (many, few)],
                "queue": [["/v1/queues/complaints?limit=50", "/v1/queues/outreach?limit=50"] * (ASKED // 2)] * 2,
            }
            for name, (of_many, of_few) in pages.items():
                ours, baseline = measure((large, of_many), (small, of_few))
                yield Figure("read", name, 1 / ours, 1 / baseline, "pages/s", note)


def fill(house: House, customers: int) -> None:
    """Short histories of so many customers, folded."""
    events = simulate(customers, 1, YEARS)
    while part := list(islice(events, 1_000)):
        house.ledger.record(part, actor="bench")
    engine = make_engine(house.database_url)
    generation = rebuild(house.database_url, fold, Rulebooks(house.database_url), first_rules().version)
    show(house.database_url, generation.id, engine)
    for url in (house.database_url, house.keys_url):
        with psycopg.connect(url, autocommit=True) as c:
            c.execute("VACUUM ANALYZE")


def _some(house: House) -> list[str]:
    with house.pool.connection() as c:
        rows = c.execute(
            "SELECT customer::text FROM ledger.events TABLESAMPLE SYSTEM (20) WHERE type = 'customer.registered.v1' LIMIT 20000"
        )
        found = [row[0] for row in rows]
    return random.Random(1).choices(found, k=ASKED)


def measure(*asked: tuple[Served, list[str]]) -> list[float]:
    """The median seconds of each house's pages, asked in turn over connections that stay open."""
    connections = [http.client.HTTPConnection(api.host, api.port) for api, _ in asked]
    seconds: list[list[float]] = [[] for _ in asked]
    for paths in zip(*(paths for _, paths in asked), strict=True):
        for i, path in enumerate(paths):
            started = time.perf_counter()
            connections[i].request("GET", path, headers={"Authorization": f"Bearer {asked[i][0].key}"})
            answer = connections[i].getresponse()
            body = answer.read()
            if answer.status != http.client.OK:
                raise RuntimeError(f"{path}: {answer.status} {body[:500]!r}")
            seconds[i].append(time.perf_counter() - started)
    for connection in connections:
        connection.close()
    return [median(s) for s in seconds]
