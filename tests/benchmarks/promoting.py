"""A promotion and a rollback while events go in and readers page both queues: what writers and readers saw of it.

The second rulebook leaves its mark on the rows themselves (months and factors that the first one has not), so that a page
of mixed rows would show, whatever its head says.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg import sql

from api.changing import building, promoting
from api.changing.building import Wish
from api.rows import Rulebooks, make_engine
from api.simulation import simulate
from api.wiring import House
from domain.rules import shipped
from projections import fold
from projections.rebuild import rebuild, show
from tests.benchmarks.callers import MONTHS, SECOND, Api, Read, Written, read_on, write_on
from tests.benchmarks.machine import Served, serve

PAGE = 50
AROUND = 0.25  # seconds after a change in which a writer may still feel it
FIRST = "v1"


class Load(NamedTuple):
    """How much goes on."""

    customers: int
    rate: int  # events a second, of all writers together
    batch: int  # events a request
    writers: int
    before: float  # seconds before the promotion, and between it and the rollback
    page: int = PAGE
    workers: int = 2  # of the API


class Seen(NamedTuple):
    """What a trial came to."""

    recorded: int
    seconds: float
    pause: float  # the longest that a writer waited who waited while rules changed, or just after
    usual: float  # the longest of all other times,
    median: float  # and the middle of those
    took: list[float]  # seconds that promotion and rollback took, with the wait until rows were level
    reads: list[Read]
    errors: list[str]
    differing: dict[str, int]  # rows that a fresh fold has otherwise, by table and rulebook


def marked() -> dict[str, Any]:
    """The rulebook that comes with Jejak, with silver at more, and a mark on whatever it makes."""
    document: dict[str, Any] = deepcopy(shipped()) | {"version": SECOND}
    document["tiers"]["levels"][2]["at_least"]["IDR"] = 15_000_000
    for tiers in document["cadence"]["stages"].values():
        for rhythm in tiers.values():
            rhythm["times"] = max(1, rhythm["times"] * MONTHS // rhythm["months"])
            rhythm |= {"months": MONTHS} | ({"first_months": MONTHS} if "first_months" in rhythm else {})
    document["complaints"]["factors"] = {"platinum": 0.4, "gold": 0.7, "silver": 0.9, "basic": 0.95, "unknown": 0.95}
    return document


def trial(house: House, load: Load) -> Seen:
    """Fill a house, build rows under the second rulebook, and promote and roll back under load."""
    batches = _fill(house, load)
    second = building.build(house, Wish(SECOND), promote=False).generation.id
    changes: list[tuple[float, float]] = []
    took: list[float] = []

    def change(act: Callable[[], promoting.Change]) -> None:
        started = time.monotonic()
        done = act()
        ended = time.monotonic()
        changes.append((_recorded(house, done), ended))
        took.append(ended - started)

    with (
        _engine(house),
        serve(house, load.workers) as api,
        _writing(api, batches, load) as writers,
        _reading(api, load) as readers,
    ):
        time.sleep(load.before)
        change(lambda: promoting.promote(house, second, actor="benchmark"))
        time.sleep(load.before)
        change(lambda: promoting.rollback(house, actor="benchmark"))
        time.sleep(load.before)
        written: list[Written] = [_end(*writer) for writer in writers]
        reads: list[Read] = [_end(*reader) for reader in readers]
    waits = sorted(wait for w in written for wait in w.waits)
    errors = [e for w in written for e in w.errors] + [e for r in reads for e in r.errors]
    felt, others = list[float](), list[float]()
    for at, waited in waits:
        during = any(at <= end + AROUND and at + waited >= start for start, end in changes)
        (felt if during else others).append(waited)
    return Seen(
        recorded=sum(w.recorded for w in written),
        seconds=waits[-1][0] - waits[0][0],
        pause=max(felt, default=0.0),
        usual=max(others),
        median=median(others),
        took=took,
        reads=reads,
        errors=errors + _missing(house),
        differing=_differing(house),
    )


def _recorded(house: House, change: promoting.Change) -> float:
    """When the event of a change was recorded, which is when it began to keep writers out; by the clock of all processes."""
    with psycopg.connect(house.database_url) as c:
        [at] = c.execute("SELECT recorded_at FROM ledger.events WHERE position = %s", [change.position]).fetchone() or (
            None,
        )
    assert at is not None
    return at.timestamp() - time.time() + time.monotonic()


# --- what is there before ---------------------------------------------------------------------------------------------


def _fill(house: House, load: Load) -> list[bytes]:
    """Record and fold all but the newest events of a simulated company; those, in bodies of one request each."""
    told = list(simulate(load.customers, 1))
    wanted = round(load.rate * (3 * load.before + 4))
    past, to_come = told[:-wanted], told[-wanted:]
    assert len(past) > wanted, "simulate more customers"
    for start in range(0, len(past), 1_000):
        house.ledger.record(past[start : start + 1_000], actor="benchmark")
    cloud = {
        "specversion": "1.0", "type": "rulebook.published", "source": "urn:benchmark", "id": SECOND,
        "time": "2026-01-01T00:00:00Z", "data": {"rulebook": SECOND, "document": marked()},
    }  # fmt: skip
    [outcome] = house.ledger.record([cloud], actor="benchmark")
    if isinstance(outcome, Exception):
        raise outcome
    first = rebuild(house.database_url, fold, Rulebooks(house.database_url), FIRST)
    show(house.database_url, first.id, make_engine(house.database_url))
    with psycopg.connect(house.database_url, autocommit=True) as c:
        c.execute("VACUUM ANALYZE")
    return [msgspec.json.encode(to_come[at : at + load.batch]) for at in range(0, len(to_come), load.batch)]


@contextmanager
def _engine(house: House) -> Generator[None]:
    """The engine in a process of its own, as `jejak serve` has it."""
    env = os.environ | {"JEJAK_DATA": str(house.settings.data), "PYTHONPATH": str(Path.cwd()), "JEJAK_LOG": "error"}
    with subprocess.Popen([sys.executable, "-m", "api.serving", "engine"], env=env, stdin=subprocess.PIPE) as process:
        try:
            yield
        finally:
            process.terminate()


# --- load -------------------------------------------------------------------------------------------------------------

Worker = tuple[BaseProcess, Connection]


@contextmanager
def _running(act: Any, several: Sequence[tuple[Any, ...]]) -> Generator[list[Worker]]:
    """A process for each; they go on until they are told to end, and are ended where they are not."""
    context = get_context("spawn")
    workers: list[Worker] = []
    for arguments in several:
        ours, theirs = context.Pipe()
        process = context.Process(target=act, args=(theirs, *arguments), daemon=True)
        process.start()
        workers.append((process, ours))
    try:
        for _, pipe in workers:
            pipe.recv()  # it is ready
        yield workers
    finally:
        for process, _ in workers:
            process.terminate()
            process.join()


def _end(process: BaseProcess, pipe: Connection) -> Any:
    pipe.send(None)
    found = pipe.recv()
    process.join(20)
    return found


def _api(api: Served) -> Api:
    return Api(api.host, api.port, api.key)


@contextmanager
def _writing(api: Served, batches: Sequence[bytes], load: Load) -> Generator[list[Worker]]:
    every = load.batch * load.writers / load.rate
    shares = [batches[n :: load.writers] for n in range(load.writers)]
    with _running(
        write_on, [(_api(api), share, every, n * every / load.writers) for n, share in enumerate(shares)]
    ) as workers:
        yield workers


@contextmanager
def _reading(api: Served, load: Load) -> Generator[list[Worker]]:
    with _running(read_on, [(_api(api), queue, load.page) for queue in ("complaints", "outreach")]) as workers:
        yield workers


# --- what is there after ----------------------------------------------------------------------------------------------


def _missing(house: House) -> list[str]:
    """Whether the ledger tells of both changes of rules, once each."""
    with psycopg.connect(house.database_url) as c:
        rows = c.execute("SELECT type, count(*) FROM ledger.events WHERE type LIKE 'rulebook.%' GROUP BY 1").fetchall()
    counted = dict(rows)
    expected = {"rulebook.published.v1": 1, "rulebook.promoted.v1": 1, "rulebook.rolled-back.v1": 1}
    return [] if counted == expected else [f"of rulebooks the ledger has {counted}"]


def _differing(house: House) -> dict[str, int]:
    """Rows of the two followed generations that a rebuild from the whole ledger does not give, or gives besides."""
    url = house.database_url
    make_engine(url).catch_up()
    found: dict[str, int] = {}
    for kept in [g for g in promoting.listed(house) if g.state in ("live", "previous")]:
        anew = rebuild(url, fold, Rulebooks(url), kept.rulebook, name=f"fresh {kept.rulebook}")
        with psycopg.connect(url) as c:
            assert anew.position == kept.position == house.ledger.head()
            for table in fold.TABLES:
                query = sql.SQL(
                    """WITH a AS (SELECT to_jsonb(r) - 'generation' FROM rows.{0} r WHERE generation = %(a)s),
                            b AS (SELECT to_jsonb(r) - 'generation' FROM rows.{0} r WHERE generation = %(b)s)
                       SELECT (SELECT count(*) FROM (TABLE a EXCEPT ALL TABLE b) x)
                            + (SELECT count(*) FROM (TABLE b EXCEPT ALL TABLE a) y)"""
                ).format(sql.Identifier(table.name))
                [differing] = c.execute(query, {"a": kept.id, "b": anew.id}).fetchone() or (0,)
                found[f"{table.name} under {kept.rulebook}"] = differing
    return found
