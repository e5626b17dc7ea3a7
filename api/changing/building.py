"""Builds generations: here, or in a process of its own that outlives whoever asked for it.

`python -m api.changing.building ID` goes on with a generation that was entered before; the environment says in which house.
"""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from api.changing.promoting import find
from api.coordinates import position
from api.errors import BadRequest
from api.rows import Rulebooks
from api.wiring import House, open_house
from domain.rules import first_rules
from projections import fold, generations, inforce
from projections import rebuild as rebuilding
from projections.generations import Coordinates, Generation
from projections.rebuild import Progress

logger = logging.getLogger(__name__)


class Wish(Struct, frozen=True):
    """What is to be built; what is left out is as what is shown now."""

    rulebook: str | None = None
    as_of: datetime | None = None
    known_at: str | None = None
    """A time or a position."""
    sample: int | None = None
    name: str | None = None
    resume: int | None = None


class Made(Struct, frozen=True):
    """What was built, and whether it is to be shown now."""

    generation: Generation
    promote: bool


class Plan(Struct, frozen=True):
    """A wish that was checked."""

    rulebook: str
    at: Coordinates
    same: bool
    """Whether it says the same as what is shown, of everybody and of all that is known."""


def plan(house: House, wish: Wish) -> Plan:
    """Check a wish. UnknownRulebook, BadRequest."""
    with house.pool.connection() as c:
        shown = generations.live(c)
    active = shown.rulebook if shown else first_rules().version
    version = wish.rulebook or active
    if version != inforce.IN_FORCE:
        house.rulebooks(version)
    at = Coordinates(wish.as_of, position(house, wish.known_at), wish.sample)
    return Plan(version, at, version == active and at == Coordinates() and wish.name is None)


def build(
    house: House,
    wish: Wish,
    *,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    promote: bool | None = None,
) -> Made:
    """Build here. `promote`: whether to show it; None: where it is under the same rules and nothing else was asked.

    UnknownRulebook, BadRequest, RebuildFailed, Unready.
    """
    planned = plan(house, wish)
    if promote and (planned.at != Coordinates() or planned.rulebook == inforce.IN_FORCE):
        raise BadRequest("rows of a sample, or at other coordinates, cannot be shown to everybody; leave out --promote")
    at = planned.at
    made = rebuilding.rebuild(
        house.database_url,
        fold,
        Rulebooks(house.database_url),
        planned.rulebook,
        name=wish.name,
        as_of=at.as_of,
        known_at=at.known_at,
        sample=at.sample,
        processes=processes,
        progress=progress,
        resume=wish.resume,
    )
    same = planned.same and wish.resume is None
    return Made(made, (same if promote is None else promote) and made.state == "ready")


def start(house: House, wish: Wish) -> Generation:
    """Enter a generation and have a process of its own build it. UnknownRulebook, BadRequest; Unready: its name is taken."""
    if wish.resume is not None:
        number = wish.resume
    else:
        planned = plan(house, wish)
        url = house.database_url
        number = rebuilding.begin(url, fold, planned.rulebook, name=wish.name, at=planned.at).id
    child = subprocess.Popen(
        [sys.executable, "-m", "api.changing.building", str(number)],
        env=os.environ | _environment(house),
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # a Ctrl-C that ends the API is not meant for it
    )
    _started.add(number)
    threading.Thread(target=_await, args=(child, number), name=f"rebuild {number}", daemon=True).start()
    return find(house, number)


_started: set[int] = set()  # generations whose build this process started, as long as it runs


def running(house: House) -> set[int]:
    """The generations that some process builds at this moment."""
    with house.pool.connection() as c:
        return generations.held(c) | _started


def _await(child: subprocess.Popen[bytes], number: int) -> None:
    code = child.wait()
    _started.discard(number)
    if code:
        logger.warning("the build of generation %s ended with %s; it can be resumed, or dropped", number, code)


def _environment(house: House) -> dict[str, str]:
    """What says to a child in which house it is."""
    settings = house.settings
    given = {"JEJAK_DATA": str(settings.data.expanduser().absolute())}
    for name in ("database_url", "keys_url", "master_key"):
        if (secret := getattr(settings, name)) is not None:
            given[f"JEJAK_{name.upper()}"] = secret.get_secret_value()
    return given


def main(number: int) -> None:
    """The whole life of the process."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    with open_house(migrating=False, size=2) as house:
        url = house.database_url
        made = rebuilding.rebuild(url, fold, Rulebooks(url), find(house, number).rulebook, resume=number)
    logger.info("generation %s is built, up to position %s", made.id, made.position)


if __name__ == "__main__":
    main(int(sys.argv[1]))
