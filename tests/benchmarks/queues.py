"""Both queues and a manager's day, filtered and paged deep, of many customers against a thousand of the same kind.

`--events N` is the number of customers here. Pages are read in one process, without HTTP and without names, in both houses in turn;
what is compared is the median time of one. Beside it stands what reading one profile by its primary key takes in the same run.
"""

import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from api import days, queueing, queues
from api.coordinates import Coordinates, coordinates
from api.queueing import COMPLAINTS, OUTREACH, Wanted
from api.rows import Rulebooks, make_engine
from api.simulation import DEFAULT_END
from api.wiring import House
from domain.rules import first_rules
from projections import fold
from projections.rebuild import rebuild, show
from tests.benchmarks import replicated
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import described, open_machine

FEW = 1_000
SIMULATED = 1_000  # customers whose histories are told anew
EVENTS = 10  # of a customer, in the mean
ASKED = 60  # times each page of each house
DEEP = 20_000  # rows into a queue, or half of it where it has fewer
LIMIT = 50

Ask = Callable[[House], object]


class Case(NamedTuple):
    """A page, and how it is asked for in a house."""

    name: str
    ask: Callable[[House, Coordinates], Ask]


def run(customers: int) -> Iterator[Figure]:
    """Pages a second, from the median time of one; the 95th percentile is told beside it."""
    with tempfile.TemporaryDirectory(prefix="jejak-bench-", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        simulated = Path(folder, "simulated")
        with open_machine() as house:
            replicated.simulate(house, simulated, SIMULATED)
        with open_machine(now=DEFAULT_END) as many, open_machine(now=DEFAULT_END) as few:
            told = [fill(house, simulated, size) for house, size in ((many, customers), (few, FEW))]
            where = f"{customers:,} customers against {FEW:,}; {told[0]}; {described(many)}"
            keyed = [measure(profile(house), house) for house in (many, few)]
            beside = f"one profile by its key: p50 {keyed[0][0]:.2f} and {keyed[1][0]:.2f} ms"
            for case in cases():
                asks = [(case.ask(house, coordinates(house, None)), house) for house in (many, few)]
                ours, baseline = in_turn(*asks)
                note = f"p50 {ours[0]:.1f} and {baseline[0]:.1f} ms, p95 {ours[1]:.1f} and {baseline[1]:.1f} ms; {beside}; {where}"
                yield Figure("queues", case.name, 1e3 / ours[0], 1e3 / baseline[0], "pages/s", note)


def cases() -> Iterator[Case]:
    """Both queues as a whole, of a manager, of a team, of a tier, by channel; each from its beginning and deep inside."""
    filters: dict[str, Callable[[House], Wanted]] = {
        "all": lambda _: Wanted(limit=LIMIT),
        "of a manager": lambda house: Wanted(busiest(house), limit=LIMIT),
        "of a team": lambda house: Wanted(filters={"team": team(house)}, limit=LIMIT),
        "of a tier": lambda _: Wanted(filters={"tier": "silver"}, limit=LIMIT),
        "of a manager and a tier": lambda house: Wanted(busiest(house), {"tier": "silver"}, limit=LIMIT),
        "by a channel": lambda _: Wanted(filters={"channel": "email"}, limit=LIMIT),
    }
    for queue in (COMPLAINTS, OUTREACH):
        for name, wanted in filters.items():
            for deep in (False, True):

                def ask(
                    house: House, at: Coordinates, queue: queueing.Queue = queue,
                    wanted: Callable[[House], Wanted] = wanted, deep: bool = deep,
                ) -> Ask:  # fmt: skip
                    part = wanted(house)
                    if deep:
                        part = inside(house, queue, at, part)
                    return lambda house: queues.shaped(
                        house, queue, at, queueing.read(house, queue, at, part), opening=False
                    )

                yield Case(f"{queue.name} {name}{', deep' if deep else ''}", ask)
    yield Case("day of a manager", lambda house, at: _day(busiest(house), at))


def _day(manager: str, at: Coordinates) -> Ask:
    return lambda house: days.shaped(house, days.read(house, manager, at, None, 20), opening=False)


def inside(house: House, queue: queueing.Queue, at: Coordinates, wanted: Wanted) -> Wanted:
    """The same part of a queue from a place deep inside on."""
    places: list[Any] = []
    rows, step = 0, 500
    after = None
    while rows < DEEP:
        page = queueing.read(house, queue, at, Wanted(wanted.manager, wanted.filters, after, step))
        if page.next is None:
            break
        after, rows = page.next, rows + step
        places.append(after)
        step = min(5_000, step * 2) if rows > 2_000 else step
    if not places:
        page = queueing.read(house, queue, at, Wanted(wanted.manager, wanted.filters, None, LIMIT))
        places.append(page.next)
    chosen = places[-1] if rows >= DEEP else places[len(places) // 2]
    return Wanted(wanted.manager, wanted.filters, chosen, wanted.limit)


def fill(house: House, simulated: Path, customers: int) -> str:
    """Histories of so many customers, folded; says what they are."""
    told = replicated.fill(house.database_url, simulated, customers * EVENTS, EVENTS)
    engine = make_engine(house.database_url)
    generation = rebuild(house.database_url, fold, Rulebooks(house.database_url), first_rules().version)
    show(house.database_url, generation.id, engine)
    with psycopg.connect(house.database_url, autocommit=True) as c:
        c.execute("VACUUM ANALYZE")
    return told


def busiest(house: House) -> str:
    """Who owns most customers."""
    with house.pool.connection() as c:
        row = c.execute(
            """SELECT owner FROM rows.standing WHERE owner IS NOT NULL AND generation = (SELECT generation FROM rows.pointer)
                GROUP BY owner ORDER BY count(*) DESC, owner LIMIT 1"""
        ).fetchone()
    assert row is not None
    return str(row[0])


def team(house: House) -> str:
    """The team of whom most are."""
    staff = house.people.catalogue().staff(2**62)
    return Counter(person.team for person in staff.values() if person.team).most_common(1)[0][0]


def profile(house: House) -> Ask:
    """Read a profile by its key, as the queues' baseline."""
    with house.pool.connection() as c:
        [generation] = c.execute("SELECT generation FROM rows.pointer").fetchone() or (0,)
        found = c.execute("SELECT customer FROM rows.profile WHERE generation = %s LIMIT 5000", [generation])
        customers = [row[0] for row in found]
    chosen = random.Random(1)

    def ask(house: House) -> object:
        with house.pool.connection() as c:
            return c.execute(
                "SELECT document FROM rows.profile WHERE generation = %s AND customer = %s",
                [generation, chosen.choice(customers)],
            ).fetchone()

    return ask


def measure(ask: Ask, house: House) -> tuple[float, float]:
    """Median and 95th percentile, in ms."""
    return in_turn((ask, house))[0]


def in_turn(*asks: tuple[Ask, House]) -> list[tuple[float, float]]:
    """The same of several, asked in turn; the first of each is not counted."""
    taken: list[list[float]] = [[] for _ in asks]
    for number in range(ASKED + 5):
        for times, (ask, house) in zip(taken, asks, strict=True):
            started = time.perf_counter()
            ask(house)
            if number >= 5:
                times.append((time.perf_counter() - started) * 1e3)
    return [(statistics.median(times), statistics.quantiles(times, n=20)[-1]) for times in taken]
