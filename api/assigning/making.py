"""Makes proposals at given coordinates, and finds those that were kept."""

from collections.abc import Sequence
from typing import Any

from api.coordinates import Coordinates
from api.errors import BadRequest, NotFound
from api.queueing import everybody
from api.references import customer_of
from api.wiring import House
from projections.assigning import keeping, reading
from projections.assigning.keeping import Kept, Line, Making
from projections.assigning.ordering import parts
from projections.assigning.proposing import Load, Proposal, propose
from projections.assigning.reading import Scene, UnknownStaff, Wanted

MOST_LISTED = 1_000  # customers of a request, by reference


class UnknownProposal(NotFound):
    """A proposal that was never made, or was thrown away."""

    code = "unknown-proposal"
    title = "There is no such proposal"


def wanted(house: House, at: Coordinates, refs: Sequence[str], **what: Any) -> Wanted:
    """What is asked for. BadRequest where nothing is; the errors of `customer_of` for customers."""
    made = Wanted(customers=tuple(customer_of(house, ref, at.as_of) for ref in refs), **what)
    if not (made.unowned or made.leaving or made.rebalance or made.customers):
        raise BadRequest(
            "says of nobody who is to be placed; unowned, leaving, rebalance or customers would", pointer="/unowned"
        )
    if made.rebalance and not (made.staff or made.team):
        raise BadRequest("rebalance needs staff or a team whose books are to be evened out", pointer="/staff")
    return made


def make(house: House, at: Coordinates, asked: Wanted, by: str) -> Kept:
    """Make a proposal and keep it. BadRequest where staff are asked for who do not work here, or where nobody is left."""
    known = house.people.catalogue(at.known_at)
    with everybody(house, at) as population:
        try:
            scene = reading.gather(population, known, asked)
        except UnknownStaff as unknown:
            raise BadRequest(
                f"nobody works here under {', '.join(unknown.codes)}; `jejak staff list` shows who does",
                pointer="/staff",
            ) from None
        where, rules = population.at, population.rules
    if not scene.members:
        raise BadRequest("nobody is left to give customers to; name staff who work here", pointer="/staff")
    found = propose(scene.clients, scene.members, where.as_of, rules.book.books.even_within)
    making = Making(
        by=by,
        as_of=at.as_of,
        present=not at.given & {"as_of", "known_at"},
        position=where.position,
        rulebook=where.rulebook,
        wanted=asked._asdict(),
        summary=_summary(found, scene),
    )
    # What each book holds before anybody of it moves.
    full = {m.code: None if m.person.capacity is None else m.person.capacity - m.had for m in scene.members}
    with house.pool.connection() as c:
        return find(house, keeping.keep(c, making, parts(found.moves, full), found.unplaced))


def _summary(found: Proposal, scene: Scene) -> dict[str, Any]:
    return {
        "customers": len(scene.clients),
        "moves": len(found.moves),
        "stay": found.stay,
        "unplaced": len(found.unplaced),
        "spread_before": _spread([(load.minutes_before, load.share) for load in found.loads]),
        "spread_after": _spread([(load.minutes_after, load.share) for load in found.loads]),
        "loads": [_load(load) for load in found.loads],
        "left_out": scene.left_out,
    }


def _load(load: Load) -> dict[str, Any]:
    return load._asdict()


def _spread(loads: Sequence[tuple[float, float]]) -> float | None:
    """By how much the heaviest book, for its share of work, is heavier than the lightest; None: there is an empty one."""
    levels = [minutes / share for minutes, share in loads]
    return round(max(levels) / min(levels) - 1, 4) if levels and min(levels) > 0 else None


def find(house: House, number: int) -> Kept:
    """A proposal that was kept. UnknownProposal where there is none of this number."""
    with house.pool.connection() as c:
        kept = keeping.find(c, number)
    if kept is None:
        raise UnknownProposal(
            f"there is no proposal {number}; the latest hundred are kept, and `jejak assign list` shows them",
            pointer="/path/number",
        )
    return kept


def counted(house: House, number: int) -> dict[str, int]:
    """How many of its moves are pending, applied, or skipped for which reason."""
    with house.pool.connection() as c:
        return keeping.counts(c, number)


def lines(house: House, number: int, which: str, after: int, limit: int) -> list[Line]:
    """Some of its lines, behind a number."""
    with house.pool.connection() as c:
        return keeping.lines(c, number, which, after, limit)
