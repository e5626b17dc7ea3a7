"""Builds rows at the coordinates of a question, where none are kept there."""

from collections.abc import Callable
from typing import Any

from api.coordinates import Coordinates
from api.errors import NotBuilt
from api.progress import meter
from api.wiring import House
from domain.rules import first_rules
from projections import fold, generations
from projections.generations import Generation
from projections.rebuild import Progress, rebuild


def build_at(house: House, at: Coordinates, *, quiet: bool) -> Generation:
    """Build them, with a bar that shows how far it is."""
    with house.pool.connection() as c:
        shown = generations.live(c)
    version = at.rulebook or (shown.rulebook if shown else first_rules().version)
    as_of = at.as_of if "as_of" in at.given else None
    with meter("rows at these coordinates", house.ledger.head(), "events", quiet=quiet) as bar:

        def note(progress: Progress) -> None:
            bar(progress.events)

        return rebuild(
            house.database_url, fold, house.rulebooks, version, as_of=as_of, known_at=at.known_at, progress=note
        )


def answer_at(house: House, at: Coordinates, ask: Callable[[], Any], *, quiet: bool) -> Any:
    """The answer to a question about everybody; where rows have to be built for it first, they are."""
    try:
        return ask()
    except NotBuilt:
        build_at(house, at, quiet=quiet)
        return ask()
