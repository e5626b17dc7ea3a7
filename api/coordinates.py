"""The three coordinates of a question: what was true at T, as known on K, judged by rulebook R."""

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from msgspec import Struct

from api.errors import BadRequest
from api.wiring import House, HouseDep
from domain.vocabulary import EARLIEST, LATEST_INSTANT


class Coordinates(Struct, frozen=True):
    """Each has its default: now, everything, the rulebook whose rows are shown."""

    as_of: datetime
    known_at: int | None
    """A position; None: everything."""
    rulebook: str | None
    """A version, or "in-force"; None: that whose rows are shown."""
    now: datetime
    given: frozenset[str] = frozenset()
    """Which of the three were asked for."""

    @property
    def forecast(self) -> bool:
        """Whether the question is about the future: what will hold if nothing else happens."""
        return self.as_of > self.now


def coordinates(
    house: House, as_of: str | None, known_at: str | None = None, rulebook: str | None = None
) -> Coordinates:
    """Coordinates as they are written in a query or on the command line. BadRequest where they cannot be read."""
    now = house.now()
    written = {"as_of": as_of, "known_at": known_at, "rulebook": rulebook}
    given = frozenset(name for name, text in written.items() if text is not None)
    return Coordinates(moment(as_of, "as_of") or now, position(house, known_at), rulebook, now, given)


def moment(text: str | None, name: str) -> datetime | None:
    """A time; one without an offset is in UTC, and a date is its first moment. BadRequest where it cannot be read."""
    if text is None:
        return None
    try:
        # A plus sign that was not encoded arrives as a blank.
        given = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text.strip()))
    except ValueError:
        raise BadRequest(
            f"{name} is {text!r}; 2026-03-01 or 2026-03-01T09:00:00+07:00 could be read", pointer=f"/query/{name}"
        ) from None
    given = given if given.tzinfo else given.replace(tzinfo=UTC)
    if not EARLIEST <= given < LATEST_INSTANT:  # outside, it could not be written in every time zone
        raise BadRequest(f"{name} is {text!r}; a time from 1900 to 9998 would be right", pointer=f"/query/{name}")
    return given


def position(house: House, text: str | None) -> int | None:
    """A time of knowledge, given as a time or a position, as a position."""
    if text is None:
        return None
    if re.fullmatch(r"\d{1,18}", text):
        return int(text)
    known = moment(text, "known_at")
    assert known is not None
    return house.ledger.position_at(known)


AsOf = Annotated[
    str | None,
    Query(description="What was true at this time; default now. In the future: a forecast, if nothing else happens."),
]
KnownAt = Annotated[
    str | None, Query(description="Using only what was recorded by this time or position; default everything.")
]
RulebookVersion = Annotated[
    str | None,
    Query(
        description="Judged by this version of the rules; default the active one. `in-force`: each moment by the version "
        "in force then.",
        max_length=120,
    ),
]


def asked(
    house: HouseDep, as_of: AsOf = None, known_at: KnownAt = None, rulebook: RulebookVersion = None
) -> Coordinates:
    """A dependency: all three coordinates."""
    return coordinates(house, as_of, known_at, rulebook)


Asked = Annotated[Coordinates, Depends(asked)]
