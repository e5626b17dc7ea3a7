"""A ledger with a history in it, put there as fast as it takes them."""

from api.wiring import House
from domain.door import Touchpoint
from tests.benchmarks import material


def stock(house: House, events: int) -> str:
    """Record at least `events` events of a simulated company; says what they are."""
    sample: list[Touchpoint] = []
    for part in material.batches(material.clouds(events), 1_000):
        admitted = [a for c in part if not isinstance(a := house.ledger.admit(c, actor="bench"), Exception)]
        sample += admitted if len(sample) < 20_000 else []
        house.ledger.append(admitted)
    with house.pool.connection() as c:
        row = c.execute("SELECT count(DISTINCT customer), count(*) FROM ledger.events").fetchone()
    customers, recorded = row or (0, 0)
    return f"{recorded:,} events of {customers:,} streams; {material.mix(sample)}"
