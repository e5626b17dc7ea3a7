"""A customer with a long history, as of a day in the past, over HTTP; against selecting the rows of that history by psycopg."""

import http.client
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any
from urllib.parse import quote

import psycopg

from api.rows import make_engine
from api.wiring import House
from tests.benchmarks import material
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import Served, described, open_machine, serve

SUBJECT = "crm:C-LONG"
LATER = 100  # events after the moment that is asked for, so that what stands in rows is no answer
ROUNDS = 30
WARM = 3


def run(events: int) -> Iterator[Figure]:
    """Answers a second, from the median time of one; asked in turn with the baseline, over connections that stay open."""
    with open_machine() as house:
        long = history(events + LATER)
        for part in material.batches(long, 1_000):
            house.ledger.record(part, actor="bench")
        make_engine(house.database_url).catch_up()
        with psycopg.connect(house.database_url, autocommit=True) as c, serve(house) as api:
            c.execute("VACUUM ANALYZE ledger.events")
            customer, as_of, folded = _moment(c, events)
            select = [
                lambda: c.execute(_ROWS, [customer, as_of]).fetchall(),
                lambda: c.execute(_ROWS, [customer, as_of], binary=True).fetchall(),
            ]
            ours, *plain = in_turn([_asking(api, customer, as_of), *select])
        note = f"{folded:,} events folded, of which as many are selected; {_told(house)}; {described(house)}"
        yield Figure("asof", "asof", 1 / ours, 1 / min(plain), "answers/s", note)


def history(events: int) -> list[dict[str, Any]]:
    """A business account: all that happened with as many simulated people as it takes, told of one customer."""
    people = [c for c in material.clouds(round(events * 1.25)) if "subject" in c]
    first = people[0]["subject"]
    # Who they are is told once, or the account would have as many names and numbers as people.
    told = [c for c in people if c["subject"] == first or not c["type"].startswith("customer.")]
    if len(told) < events:
        raise RuntimeError(f"{len(told):,} events are too few; simulate more people")
    return [c | {"subject": SUBJECT} for c in told[:events]]


_ROWS = "SELECT * FROM ledger.events WHERE customer = %s AND occurred_at <= %s ORDER BY version"


def _moment(c: psycopg.Connection[Any], events: int) -> tuple[str, Any, int]:
    """The customer, the moment up to which so many events of theirs had happened, and how many rows that is."""
    row = c.execute(
        """SELECT customer::text, occurred_at FROM ledger.events
            WHERE customer = (SELECT customer FROM ledger.events GROUP BY 1 ORDER BY count(*) DESC LIMIT 1)
            ORDER BY occurred_at OFFSET %s LIMIT 1""",
        [events - 1],
    ).fetchone()
    assert row is not None, "fewer events than were recorded"
    return row[0], row[1], len(c.execute(_ROWS, [row[0], row[1]]).fetchall())


def _asking(api: Served, customer: str, as_of: Any) -> Callable[[], Any]:
    """A call that asks once, and fails unless the answer was folded for it."""
    connection = http.client.HTTPConnection(api.host, api.port)
    path = f"/v1/customers/{customer}?as_of={quote(as_of.isoformat())}"

    def ask() -> None:
        connection.request("GET", path, headers={"Authorization": f"Bearer {api.key}"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK or b'"folded":true' not in body.replace(b": ", b":"):
            raise RuntimeError(f"{path}: {answer.status} {body[:500]!r}")

    return ask


def in_turn(calls: list[Callable[[], Any]]) -> list[float]:
    """The median seconds of each call."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(WARM + ROUNDS):
        for call, found in zip(calls, seconds, strict=True):
            started = time.perf_counter()
            call()
            found.append(time.perf_counter() - started)
    return [median(found[WARM:]) for found in seconds]


def _told(house: House) -> str:
    with house.pool.connection() as c:
        row = c.execute(
            "SELECT count(DISTINCT type), avg(length(clear))::int, avg(length(sealed))::int FROM ledger.events"
        ).fetchone()
    types, clear, sealed = row or (0, 0, 0)
    return f"{types} types, {clear} clear and {sealed} sealed bytes on average"
