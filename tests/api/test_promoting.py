"""A promotion and a rollback while events go in and both queues are paged: in small what `tests.benchmarks promote` measures."""

from api.simulation import DEFAULT_END
from projections import fold
from tests.benchmarks.callers import SECOND
from tests.benchmarks.machine import open_machine
from tests.benchmarks.promoting import FIRST, Load, trial


def test_a_promotion_under_load_loses_and_mixes_nothing() -> None:
    with open_machine(now=DEFAULT_END) as house:
        seen = trial(house, Load(customers=60, rate=60, batch=10, writers=2, before=2.0, page=5))
    assert seen.errors == []
    assert [r.mixed for r in seen.reads] == [[], []]
    assert seen.recorded > 100
    walked = {name for r in seen.reads for name in r.walks}
    assert walked == {FIRST, SECOND}
    assert len(seen.differing) == 2 * len(fold.TABLES)  # of two generations
    assert {name: n for name, n in seen.differing.items() if n} == {}
