"""Events over HTTP in batches of 1,000; against INSERT … SELECT FROM unnest of the very rows that they made, on the same server."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.sql import SQL, Identifier, Literal

from domain import packing
from tests.benchmarks import material
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Client, request
from tests.benchmarks.machine import described, open_machine, serve

BATCH = 1_000
CLIENTS = 4
WORKERS = 2
MEDIA = "application/cloudevents-batch+json"


def run(events: int) -> Iterator[Figure]:
    """Ours first, then the baseline with the rows that ours made."""
    with open_machine() as house, serve(house, WORKERS) as api:
        clouds = material.clouds(events)
        admitted = [house.ledger.admit(c, actor="bench") for c in clouds]
        sound = [c for c, a in zip(clouds, admitted, strict=True) if not isinstance(a, Exception)]
        bodies = [msgspec.json.encode(part) for part in material.batches(sound, BATCH)]
        quarter = len(bodies) // 4
        client = Client(api.host, api.port, CLIENTS, b"HTTP/1.1 200")
        client.send([request("/v1/events", b, api.key, MEDIA) for b in bodies[:quarter]])
        before = house.ledger.head()
        took = client.send([request("/v1/events", b, api.key, MEDIA) for b in bodies[quarter:]])
        recorded = house.ledger.head() - before
        client.close()
        plain = unnest(house.database_url, before)
        mix = material.mix([t for t in admitted if not isinstance(t, Exception)])
        note = f"batches of {BATCH}, {CLIENTS} connections, {WORKERS} workers; {mix}; {described(house)}"
        yield Figure("ingest", "batch", recorded / took, plain, "events/s", note)


def unnest(url: str, after: int) -> float:
    """Rows a second that plain inserts put into a table with the ledger's columns, partitions and primary key."""
    with psycopg.connect(url, autocommit=True) as c:
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
        rows = c.execute(
            "SELECT * FROM ledger.events WHERE position > %s ORDER BY position", [after], binary=True
        ).fetchall()
        arrays = [_columns(part) for part in material.batches(rows, BATCH)]
        started = time.perf_counter()
        for columns in arrays:
            c.execute(
                """INSERT INTO public.plain SELECT * FROM unnest(%b::uuid[], %b::int[], %b::bigint[],
                       %b::timestamptz[], %b::timestamptz[], %b::text[], %b::text[], %b::bytea[])""",
                columns,
            )
        return len(rows) / (time.perf_counter() - started)


def _columns(rows: Sequence[Any]) -> list[Any]:
    """The rows as arrays, packed before the clock starts: the baseline is what the server can take."""
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
