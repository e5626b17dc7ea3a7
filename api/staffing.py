"""Staff: who works here, what they can do, how much they have, and who acts for them, at any date and as known at any time."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel

from api import answers
from api.clouds import moment
from api.coordinates import Asked, Coordinates
from api.customers import answered, opening
from api.errors import NotBuilt, NotFound, UnknownRulebook, refusals
from api.keys import Bearer, needs
from api.opening import open_many
from api.queueing import everybody
from api.wiring import House, HouseDep
from domain.door import micros
from projections.assigning.reading import Load, loads
from projections.catalogue import Catalogue
from projections.staff import Staff

router = APIRouter(prefix="/v1/staff", tags=["staff"])

Reader = Annotated[Bearer, Depends(needs("read"))]
REFUSED = refusals(UnknownRulebook, NotBuilt)


class UnknownStaff(NotFound):
    """Nobody of this code was registered by then."""

    code = "unknown-staff"
    title = "Nobody of this code works here"


class StaffMember(BaseModel):
    """Somebody who works here."""

    staff: str
    name: str | None
    """For keys with the scope `read-sealed`; so too `email`."""
    email: str | None
    team: str | None
    active: bool
    languages: list[str]
    gender: str | None
    skills: list[str]
    traits: dict[str, str]
    qualifications: dict[str, str | None]
    """With their last day; null: for good."""
    qualified: list[str]
    """Of these, what counts at this moment."""
    capacity: int | None
    """Customers that their book holds; null: any number."""
    minutes_a_day: int | None
    calendar: str | None
    hours: list[dict[str, Any]]
    timezone: str | None
    at_work: bool
    """Here, and in their hours where those are known."""
    absent_until: str | None
    """Null: they are not away."""
    acting: dict[str, Any]
    """Who acts for them, and past whom that went."""
    load: dict[str, Any]
    """Customers owned, the minutes a month that these weigh, and the share of the capacity."""


class StaffAnswer(BaseModel):
    """One member of staff at coordinates."""

    as_of: str
    forecast: bool
    known_at: int | None
    rulebook: str
    position: int
    member: StaffMember


class StaffList(BaseModel):
    """All members of staff at coordinates, by code."""

    as_of: str
    forecast: bool
    known_at: int | None
    rulebook: str
    position: int
    items: list[StaffMember]


@router.get("", operation_id="listStaff", summary="Who works here", response_model=StaffList, responses=REFUSED)
def list_staff(
    house: HouseDep,
    bearer: Reader,
    at: Asked,
    team: Annotated[str | None, Query(max_length=120)] = None,
    active: Annotated[bool | None, Query(description="only those who work here, or who left")] = None,
    at_work: Annotated[bool | None, Query(description="only those who are at work at this moment, or are not")] = None,
) -> Response:
    """Team, traits, qualifications, capacity and load, and who acts for whoever is away."""
    wanted = Wanted(team, active, at_work)
    return answered(listed(house, at, wanted, sealed=opening(house, bearer) is not None))


@router.get(
    "/{code}",
    operation_id="getStaff",
    summary="One member of staff",
    response_model=StaffAnswer,
    responses=REFUSED | refusals(UnknownStaff),
)
def get_staff(house: HouseDep, bearer: Reader, at: Asked, code: Annotated[str, Path(max_length=120)]) -> Response:
    """Team, traits, qualifications, capacity and load, until when they are away, and who acts for them."""
    return answered(one(house, at, code, sealed=opening(house, bearer) is not None))


class Wanted(NamedTuple):
    """Which staff are asked for; None: whichever."""

    team: str | None = None
    active: bool | None = None
    at_work: bool | None = None

    def fits(self, person: Staff, known: Catalogue, as_of: int) -> bool:
        """Whether somebody is meant."""
        return (
            self.team in (None, person.team)
            and self.active in (None, person.active)
            and (self.at_work is None or known.at_work(person.staff, as_of) == self.at_work)
        )


def listed(house: House, at: Coordinates, wanted: Wanted, *, sealed: bool = True) -> dict[str, Any]:
    """Staff as answered; `sealed`: with names."""
    known, now = house.people.catalogue(at.known_at), micros(at.as_of)
    found = [person for _, person in sorted(known.staff(now).items()) if wanted.fits(person, known, now)]
    about, shown = _answer(house, at, known, found, sealed=sealed)
    return about | {"items": shown}


def one(house: House, at: Coordinates, code: str, *, sealed: bool = True) -> dict[str, Any]:
    """One member of staff as answered. UnknownStaff where nobody of this code was registered by then."""
    known = house.people.catalogue(at.known_at)
    person = known.staff(micros(at.as_of)).get(code)
    if person is None:
        raise UnknownStaff(
            f"nobody is registered under {code!r} at that time; `jejak staff list` shows who is", pointer="/path/code"
        )
    about, [shown] = _answer(house, at, known, [person], sealed=sealed)
    return about | {"member": shown}


def _answer(
    house: House, at: Coordinates, known: Catalogue, people: Sequence[Staff], *, sealed: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    with everybody(house, at) as population:
        books = loads(population, (person.staff for person in people))
        where = population.at
    places = [(d.stream, d.version) for person in people for d in person.details]
    parts = open_many(house, places) if sealed else {}
    about = {
        "as_of": moment(at.as_of),
        "forecast": at.forecast,
        "known_at": at.known_at,
        "rulebook": where.rulebook,
        "position": where.position,
    }
    return about, [_member(person, known, at, books[person.staff], parts) for person in people]


def _member(
    person: Staff, known: Catalogue, at: Coordinates, load: Load, parts: Mapping[tuple[str, int], Mapping[str, Any]]
) -> dict[str, Any]:
    now = micros(at.as_of)
    absence = known.absence(person.staff, now)
    own = [parts.get((d.stream, d.version), {}) for d in reversed(person.details)]
    return {
        "staff": person.staff,
        **{name: next((p[name] for p in own if p.get(name)), None) for name in ("name", "email")},
        "team": person.team,
        "active": person.active,
        "languages": person.languages,
        "gender": person.gender,
        "skills": person.skills,
        "traits": person.traits,
        "qualifications": person.qualifications,
        "qualified": sorted(person.qualified(now)),
        "capacity": person.capacity,
        "minutes_a_day": person.minutes_a_day,
        "calendar": person.calendar,
        "hours": person.hours,
        "timezone": person.timezone,
        "at_work": known.at_work(person.staff, now),
        "absent_until": None if absence is None else answers.shown(absence.until_at),
        "acting": answers.acting(known.acting(person.staff, now)),
        "load": {
            "customers": load.customers,
            "minutes_a_month": load.minutes,
            "of_capacity": round(load.customers / person.capacity, 3) if person.capacity else None,
        },
    }
