"""A book of customers given to ten staff: proposed from rows and applied, against dealing them out one after the other."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

from api.assigning import applying, making
from api.assigning.applying import Why
from api.coordinates import coordinates
from api.queueing import everybody
from api.rows import make_engine
from api.wiring import House
from domain.facts import micros
from projections.assigning import reading
from projections.assigning.proposing import Client, Member
from projections.assigning.reading import Wanted
from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import described, open_machine

STAFF = tuple(f"rm-{n:02}" for n in range(10))
NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
BATCH = 1_000
ROUNDS = 3


def run(customers: int) -> Iterator[Figure]:
    """Customers a second, from asking to a proposal that is kept; and recorded assignments a second."""
    with open_machine(NOW) as house:
        told = company(customers)
        for start in range(0, len(told), BATCH):
            house.ledger.record(told[start : start + BATCH], actor="bench")
        make_engine(house.database_url).catch_up()
        at, wanted = coordinates(house, None), Wanted(unowned=True)
        rounds = [(timed(lambda: making.make(house, at, wanted, "bench")), timed(lambda: deal(house, wanted)))
                  for _ in range(ROUNDS)]  # fmt: skip
        (ours, kept), (plain, spread) = (
            sorted(of, key=lambda one: one[0])[ROUNDS // 2] for of in zip(*rounds, strict=True)
        )
        found = kept.summary
        note = (
            f"{ours:.2f} s for {found['customers']:,} over {len(STAFF)} staff, {found['unplaced']} of whom nobody fits; "
            f"the heaviest book is {found['spread_after']:.1%} over the lightest, dealt out {spread:.1%}; {described(house)}"
        )
        yield Figure("assign", "propose", customers / ours, customers / plain, "customers/s", note)
        started = time.perf_counter()
        applying.apply(house, kept.id, Why("bench", note="as agreed"))
        taken = time.perf_counter() - started
        started = time.perf_counter()
        notes = [
            cloud("note.added", f"n-{n}", timedelta(days=1), f"crm:C-{n}", text="as agreed") for n in range(customers)
        ]
        for start in range(0, len(notes), BATCH):
            house.ledger.record(notes[start : start + BATCH], actor="bench")
        baseline = time.perf_counter() - started
        note = f"{taken:.2f} s; baseline: as many notes recorded in batches of {BATCH:,}"
        yield Figure("assign", "apply", found["moves"] / taken, customers / baseline, "customers/s", note)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """How long it took, and what it gave."""
    started = time.perf_counter()
    found = call()
    return time.perf_counter() - started, found


def deal(house: House, wanted: Wanted) -> float:
    """Deal customers out in turn to whoever fits and has room; how much heavier the heaviest book is then."""
    at = coordinates(house, None)
    with everybody(house, at) as population:
        scene = reading.gather(population, house.people.catalogue(), wanted)
    return dealt(scene.clients, scene.members, micros(at.as_of))


def dealt(clients: Sequence[Client], members: Sequence[Member], as_of: int) -> float:
    """The same of what was read."""
    loads, rooms = {m.code: m.load for m in members}, {m.code: m.room or len(clients) for m in members}
    turn = cycle(members)
    for client in clients:
        for _ in members:
            member = next(turn)
            if rooms[member.code] and client.asked.refuses(member.code, member.person, as_of) is None:
                rooms[member.code] -= 1
                loads[member.code] += client.weight
                break
    return max(loads.values()) / min(loads.values()) - 1


def company(customers: int, seed: int = 1) -> list[dict[str, Any]]:
    """Staff, and customers of all tiers with wishes for rhythm and, one in five, for staff."""
    chance = random.Random(seed)
    told = [
        cloud("staff.registered", code, timedelta(days=900), None, staff=code, team="relationship", capacity=customers // 9,
              languages=["id", "jv"] if n % 3 == 0 else ["id"], gender="female" if n % 2 else "male")
        for n, code in enumerate(STAFF)
    ]  # fmt: skip
    for n in range(customers):
        subject, talked = f"crm:C-{n}", chance.choice(STAFF)
        told.append(cloud("call.made", f"t-{n}", timedelta(days=chance.randrange(2, 80)), subject, staff=talked,
                          direction="inbound"))  # fmt: skip
        if chance.random() < 0.6:
            amount = f"{chance.choice([100, 400, 900, 2500, 9000])}.00"
            told += [
                cloud("purchase.made", f"p-{n}-{k}", timedelta(days=chance.randrange(3, 80)), subject,
                      purchase=f"P-{n}-{k}", currency="GBP", total=amount)
                for k in range(chance.choice([1, 4]))
            ]  # fmt: skip
        wish: dict[str, Any] = {}
        if chance.random() < 0.3:
            wish["cadence"] = [{"times": chance.choice([1, 2, 6]), "per": chance.choice(["month", "quarter"])}]
        kind = chance.random()
        if kind < 0.1:
            wish["staff"] = chance.sample(STAFF, chance.choice([1, 2]))
        elif kind < 0.2:
            wish["staff_traits"] = chance.choice([{"language": "jv"}, {"gender": "female"}, {"gender": "male"}])
        if wish:
            told.append(cloud("preference.stated", f"w-{n}", timedelta(days=1), subject, **wish))
    return told


def cloud(type_: str, id_: str, ago: timedelta, subject: str | None, **data: Any) -> dict[str, Any]:
    """An event so long before the present."""
    made = {"specversion": "1.0", "type": type_, "source": "urn:bench", "id": f"{type_}:{id_}", "data": data,
            "time": (NOW - ago).isoformat()}  # fmt: skip
    return made if subject is None else made | {"subject": subject}
