"""Single events over HTTP, 32 clients, each durable before it is answered; against a route that validates and stores nothing."""

from collections.abc import Iterator
from statistics import median

import msgspec

from tests.benchmarks import material
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Client, request
from tests.benchmarks.machine import described, open_machine, serve
from tests.benchmarks.served import BASELINE

CLIENTS = 32
ROUNDS = 5
MEDIA = "application/cloudevents+json"


def run(events: int) -> Iterator[Figure]:
    """Rounds of ours and baseline in turn, so that a machine that changes its pace changes it for both."""
    with open_machine() as house, serve(house) as api:
        sent = material.clouds(events)
        known = [c for c in sent if not isinstance(house.ledger.admit(c, actor="bench"), Exception)]
        warm, measured = known[: len(known) // 4], known[len(known) // 4 :]
        house.ledger.record(warm, actor="bench")
        admitted = [house.ledger.admit(c, actor="bench") for c in measured]
        note = f"{CLIENTS} clients; {material.mix([t for t in admitted if not isinstance(t, Exception)])}; {described(house)}"
        client = Client(api.host, api.port, CLIENTS, b"HTTP/1.1 20")
        ours: list[float] = []
        baseline: list[float] = []
        bodies = [msgspec.json.encode(c) for c in measured]
        for part in material.batches(bodies, len(bodies) // ROUNDS):
            baseline.append(len(part) / client.send([request(BASELINE, b, api.key, MEDIA) for b in part]))
            ours.append(len(part) / client.send([request("/v1/events", b, api.key, MEDIA) for b in part]))
        client.close()
        yield Figure("append", "single", median(ours), median(baseline), "events/s", note)
