"""What benchmarks send: the simulated company's events, in their mix and sizes, addressed to as many customers as are wanted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import msgspec

from api.simulation import simulate
from domain.door import Touchpoint

EVENTS_A_CUSTOMER = 105  # of the simulated company; DESIGN asks for ten million events of 100,000 customers


def clouds(events: int, seed: int = 1) -> list[dict[str, Any]]:
    """About `events` CloudEvents: two whole years of as many customers as make them, in the order of reporting."""
    return list(simulate(max(20, round(events / EVENTS_A_CUSTOMER)), seed))


def batches(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Consecutive parts of one size."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def mix(touchpoints: Sequence[Touchpoint]) -> str:
    """The types and sizes of what is sent, in a line."""
    types = Counter(t.type for t in touchpoints)
    clear = median(len(t.clear) for t in touchpoints)
    sealed = median(len(msgspec.json.encode(t.sealed)) for t in touchpoints if t.sealed)
    shares = ", ".join(
        f"{name.removesuffix('.v1')} {100 * n / len(touchpoints):.0f} %" for name, n in types.most_common(6)
    )
    return f"{len(types)} types ({shares}, …); median {clear:.0f} clear and {sealed:.0f} sealed bytes"
