"""The engine catching up with a ledger, all projections, rows and checkpoint; against `eventsourcing`'s ProjectionRunner."""

import time
from collections.abc import Iterator

from api.rows import make_engine
from domain.rules import first_rules
from tests.benchmarks import runner
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import described, open_machine
from tests.benchmarks.stocked import stock

BASELINE_EVENTS = 5_000  # the baseline is slow and steady: so many suffice


def run(events: int) -> Iterator[Figure]:
    """Ours over all events, the runner over the first few thousand of the same ledger."""
    with open_machine() as house:
        told = stock(house, events)
        slow = runner.measure(house, first_rules(), BASELINE_EVENTS)
        engine = make_engine(house.database_url)
        started = time.perf_counter()
        engine.catch_up()
        took = time.perf_counter() - started
        yield Figure("project", "runner", house.ledger.head() / took, slow, "events/s", f"{told}; {described(house)}")
