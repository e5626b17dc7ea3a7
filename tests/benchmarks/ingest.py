"""Events over HTTP in batches of 1,000; against INSERT … SELECT FROM unnest of the very rows that they made, on the same server."""

import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import msgspec
import psycopg
from psycopg.sql import SQL, Identifier, Literal

from api.wiring import House
from domain import packing
from tests.benchmarks import material
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Client, request
from tests.benchmarks.machine import described, open_machine, serve

BATCH = 1_000
CLIENTS = 8
WORKERS = 2
ROUNDS = 4
MEDIA = "application/cloudevents-batch+json"


def run(events: int) -> Iterator[Figure]:
    """In rounds: what is sent over HTTP, then the very rows that it made, by plain inserts; so a change of pace meets both.

    Two baselines: the statement as one writes it, with psycopg's own lists; and the same with arrays that were packed before
    the clock started, which is what the server alone can take.
    """
    with (
        open_machine() as house,
        serve(house, WORKERS) as api,
        psycopg.connect(house.database_url, autocommit=True) as c,
    ):
        clouds = material.clouds(events)
        admitted = [house.ledger.admit(cloud, actor="bench") for cloud in clouds]
        sound = [cloud for cloud, a in zip(clouds, admitted, strict=True) if not isinstance(a, Exception)]
        bodies = [msgspec.json.encode(part) for part in material.batches(sound, BATCH)]
        client = Client(api.host, api.port, CLIENTS, b"HTTP/1.1 200")
        _make_plain(c)
        first, *rest = material.batches(bodies, len(bodies) // (ROUNDS + 1))
        _round(house, client, c, [request("/v1/events", b, api.key, MEDIA) for b in first])
        rates = [_round(house, client, c, [request("/v1/events", b, api.key, MEDIA) for b in part]) for part in rest]
        client.close()
        ours, plain, packed = (median(r) for r in zip(*rates, strict=True))
        mix = material.mix([t for t in admitted if not isinstance(t, Exception)])
        note = f"batches of {BATCH}, {CLIENTS} connections, {WORKERS} workers; {mix}; {described(house)}"
        yield Figure("ingest", "batch", ours, plain, "events/s", note)
        yield Figure(
            "ingest", "batch-packed", ours, packed, "events/s", f"baseline sends arrays packed beforehand; {note}"
        )


def _round(
    house: House, client: Client, c: psycopg.Connection[Any], requests: Sequence[bytes]
) -> tuple[float, float, float]:
    """Rows a second: over HTTP, by plain inserts, by plain inserts of packed arrays."""
    before = house.ledger.head()
    took = client.send(requests)
    rows = c.execute(
        "SELECT * FROM ledger.events WHERE position > %s ORDER BY position", [before], binary=True
    ).fetchall()
    parts = list(material.batches(rows, BATCH))
    plain = _insert(c, [[list(column) for column in zip(*part, strict=True)] for part in parts])
    c.execute("TRUNCATE public.plain")
    packed = _insert(c, [_columns(part) for part in parts])
    c.execute("TRUNCATE public.plain")
    return len(rows) / took, len(rows) / plain, len(rows) / packed


def _make_plain(c: psycopg.Connection[Any]) -> None:
    """A table with the ledger's columns, partitions and primary key, and nothing else."""
    packing.register(c)
    c.execute(
        "CREATE TABLE public.plain (LIKE ledger.events, PRIMARY KEY (customer, version)) PARTITION BY HASH (customer)"
    )
    for i in range(16):
        c.execute(
            SQL("CREATE TABLE {} PARTITION OF public.plain FOR VALUES WITH (MODULUS 16, REMAINDER {})").format(
                Identifier("public", f"plain_{i}"), Literal(i)
            )
        )


def _insert(c: psycopg.Connection[Any], batches: Sequence[Sequence[Any]]) -> float:
    """Seconds that the inserts take, each batch a transaction."""
    started = time.perf_counter()
    for columns in batches:
        c.execute(
            """INSERT INTO public.plain SELECT * FROM unnest(%b::uuid[], %b::int[], %b::bigint[],
                   %b::timestamptz[], %b::timestamptz[], %b::text[], %b::text[], %b::bytea[])""",
            columns,
        )
    return time.perf_counter() - started


def _columns(rows: Sequence[Any]) -> list[Any]:
    """The rows as arrays in the server's own form."""
    customer, version, position, recorded_at, occurred_at, type_, clear, sealed = zip(*rows, strict=True)
    return [
        packing.uuids([u.bytes for u in customer]),
        packing.int4s(version),
        list(position),
        list(recorded_at),
        list(occurred_at),
        packing.texts([t.encode() for t in type_]),
        packing.texts([t.encode() for t in clear]),
        packing.byteas(sealed),
    ]
