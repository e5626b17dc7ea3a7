"""All projections of the whole ledger anew.

Against `COPY … TO STDOUT` of it on one connection and against ProjectionRunner; what an event costs against what it costs
where there are 100,000 (start-up, measured on an empty ledger, left out); and the memory of all processes together.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg

from api.rows import Rulebooks
from api.wiring import House
from domain.rules import first_rules
from projections import fold
from projections.rebuild import rebuild
from tests.benchmarks import replicated, runner
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import described, open_machine
from tests.benchmarks.memory import watched
from tests.benchmarks.project import BASELINE_EVENTS

FEW = 100_000  # events
_MOST_MIB = 3 * 1024
_MIB = 1024 * 1024


class _Took(NamedTuple):
    """Of one ledger."""

    told: str
    events: int
    empty: float  # seconds that a rebuild takes where there is nothing
    whole: float  # seconds
    copy: float  # seconds
    peak: int  # bytes
    runner: float  # events a second
    on: str

    @property
    def cost(self) -> float:
        """Nanoseconds an event."""
        return (self.whole - self.empty) / self.events * 1e9


def run(events: int) -> Iterator[Figure]:
    """COPY is done twice, as the second one finds its pages in memory; the better one counts."""
    with tempfile.TemporaryDirectory(prefix="jejak-bench-", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        simulated = Path(folder, "simulated")
        with open_machine() as house:
            replicated.simulate(house, simulated, min(replicated.SIMULATED, max(20, events // replicated.MEAN)))
        few = _measure(simulated, min(FEW, events))
        many = _measure(simulated, events) if events > FEW else few
    note = f"{many.told}; {many.on}"
    rate = many.events / many.whole
    yield Figure("rebuild", "copy", rate, many.events / many.copy, "events/s", note)
    yield Figure("rebuild", "runner", rate, many.runner, "events/s", note)
    yield Figure(
        "rebuild", "growth", many.cost, few.cost, "ns/event", f"{many.told} against {few.told}; less is better"
    )
    yield Figure(
        "rebuild", "memory", many.peak / _MIB, _MOST_MIB, "MiB", "PSS of all processes, the server's among them; less"
    )


def _measure(simulated: Path, events: int) -> _Took:
    with open_machine() as house:
        empty = _rebuilt(house)
        told = replicated.fill(house.database_url, simulated, events)
        slow = runner.measure(house, first_rules(), BASELINE_EVENTS)
        head = house.ledger.head()
        copied = min(_copy(house.database_url), _copy(house.database_url))
        with watched(*_server(house)) as peak:
            took = _rebuilt(house)
        return _Took(told, head, empty, took, copied, peak.bytes, slow, described(house))


def _rebuilt(house: House) -> float:
    started = time.perf_counter()
    rebuild(house.database_url, fold, Rulebooks(house.database_url), first_rules().version, processes=os.cpu_count())
    return time.perf_counter() - started


def _server(house: House) -> list[int]:
    """The process that all of the server's descend from."""
    return [int(file.read_text().split()[0]) for file in house.settings.data.rglob("postmaster.pid")]


def _copy(url: str) -> float:
    """Seconds that it takes to send the ledger's table to a client that throws it away."""
    with psycopg.connect(url) as c, c.cursor() as cursor:
        started = time.perf_counter()
        with cursor.copy("COPY (SELECT * FROM ledger.events) TO STDOUT (FORMAT binary)") as copy:
            for _ in copy:
                pass
        return time.perf_counter() - started
