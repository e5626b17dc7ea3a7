"""A promotion under load: 1,000 events a second going in over HTTP, readers paging both queues again and again."""

from collections.abc import Iterator

from api.simulation import DEFAULT_END
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import described, open_machine
from tests.benchmarks.promoting import Load, trial

RATE = 1_000
BEFORE = 10.0  # seconds before the promotion, between it and the rollback, and after
PAUSE = 100.0  # ms that a writer may wait


def run(customers: int) -> Iterator[Figure]:
    """`--events N` is the number of customers here. RuntimeError where a row is wrong, whatever the figures say."""
    with open_machine(now=DEFAULT_END) as house:
        seen = trial(house, Load(customers, RATE, batch=20, writers=4, before=BEFORE))
        mixed = [m for r in seen.reads for m in r.mixed]
        walks = {name: sum(r.walks.get(name, 0) for r in seen.reads) for r in seen.reads for name in r.walks}
        promoted, rolled = (1_000 * took for took in seen.took)
        note = (
            f"{customers:,} customers; promotion {promoted:.0f} ms, rollback {rolled:.0f} ms with the wait until rows were "
            f"level; {sum(r.pages for r in seen.reads):,} pages in walks of {walks}, {sum(r.across for r in seen.reads)} of "
            f"them across a change; at all other times a writer waited {1_000 * seen.median:.0f} ms in the median, "
            f"{1_000 * seen.usual:.0f} ms at most; {described(house)}"
        )
        yield Figure("promote", "events", seen.recorded / seen.seconds, RATE, "events/s", note)
        yield Figure("promote", "pause", 1000 * seen.pause, PAUSE, "ms at most", note)
        yield Figure("promote", "errors", len(seen.errors), 0, "of writers and readers", "; ".join(seen.errors[:3]))
        yield Figure("promote", "mixed", len(mixed), 0, "pages", "; ".join(mixed[:3]))
        yield Figure("promote", "differing", sum(seen.differing.values()), 0, "rows", "against a fresh fold of both")
