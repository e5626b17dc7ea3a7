"""A company's book from what is recorded: rows, proposal and application agree with each other and with what customers said."""

from collections import Counter

from api.assigning import applying, making
from api.assigning.applying import Why
from api.coordinates import coordinates
from api.queueing import everybody
from api.wiring import House
from domain.facts import micros
from projections import owning
from projections.assigning import reading
from projections.assigning.proposing import propose
from projections.assigning.reading import Wanted
from tests.api.conftest import fold
from tests.benchmarks.assign import STAFF, company, dealt
from tests.projections.test_assigning import WITHIN, heavier_that_could_give

CUSTOMERS = 400


def test_a_whole_company_is_placed_by_its_wishes_evenly_and_as_proposed(house: House) -> None:
    outcomes = house.ledger.record(company(CUSTOMERS), actor="tests")
    assert not [o for o in outcomes if isinstance(o, Exception)]
    fold(house)
    at, wanted = coordinates(house, None), Wanted(unowned=True)
    known, now = house.people.catalogue(), micros(at.as_of)
    with everybody(house, at) as population:
        scene = reading.gather(population, known, wanted)
    people = dict(known.staff(now))
    found = propose(scene.clients, scene.members, now, WITHIN)
    assert len(scene.clients) == CUSTOMERS
    assert heavier_that_could_give(found, scene.clients, people) == []
    assert found.unplaced == []
    loads = [load.minutes_after for load in found.loads]
    assert max(loads) / min(loads) - 1 < min(0.15, dealt(scene.clients, scene.members, now))

    kept = making.make(house, at, wanted, "tests")
    applying.apply(house, kept.id, Why("tests"))
    assert making.counted(house, kept.id) == {"applied": CUSTOMERS}
    with house.pool.connection() as c:
        books = owning.books(c, STAFF, now + 60_000_000)  # at the head: no row knows of it yet
    assert books == {load.staff: load.customers_after for load in found.loads}
    fold(house)
    later = coordinates(house, None)
    with everybody(house, later) as population:
        weighed = reading.loads(population, STAFF)
    assert {code: load.customers for code, load in weighed.items()} == books
    for load in found.loads:
        assert abs(weighed[load.staff].minutes - load.minutes_after) < 0.2
    asked = {client.customer: client.asked for client in scene.clients}
    owners = Counter[str]()
    for line in making.lines(house, kept.id, "moves", -1, CUSTOMERS):
        assert line.target is not None
        assert asked[line.customer].refuses(line.target, people[line.target], now) is None
        owners[line.target] += 1
    assert owners == books
