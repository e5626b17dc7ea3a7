"""Rows under other rules, over HTTP: built beside those that are shown, compared with them, promoted, taken back, dropped."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.changing import building, diffing, promoting
from api.changing.building import Wish
from api.changing.diffing import Asked
from api.changing.promoting import Change
from api.clouds import moment as written
from api.coordinates import AsOf, moment
from api.customers import answered
from api.errors import BadCursor, CannotCompare, CannotPromote, NameTaken, UnknownGeneration, UnknownRulebook, refusals
from api.keys import Bearer, needs
from api.references import customer_of
from api.wiring import House, HouseDep
from domain.errors import UnknownCustomer
from projections.generations import Generation, Unready

router = APIRouter(prefix="/v1/rebuilds", tags=["rules"])

Reader = Annotated[Bearer, Depends(needs("read"))]
Ruler = Annotated[Bearer, Depends(needs("rules"))]

PATIENCE = 60.0  # seconds that a request waits for a generation to catch up
LIST = "differences"  # what cursors of a diff belong to


class Build(BaseModel):
    """What is to be built; what is left out is as what is shown now."""

    model_config = ConfigDict(extra="forbid")

    rulebook: Annotated[str | None, Field(max_length=120)] = None
    """A version, or `in-force`."""
    as_of: str | None = None
    known_at: str | None = None
    """A time or a position."""
    sample: Annotated[int | None, Field(ge=2)] = None
    """Of every so many-th customer only."""
    name: Annotated[str | None, Field(min_length=1, max_length=120)] = None
    resume: int | None = None
    """Go on with this one, whose build was stopped."""


class Reason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=2_000)] = ""


class Rebuild(BaseModel):
    """A set of rows: at which coordinates, in which state, how far."""

    id: int
    name: str | None
    rulebook: str
    state: str
    """building; stopped (a build that nobody goes on with); ready, live or previous (followed: it can be shown); side
    (kept as it is); stale (of an older form of the fold)."""
    as_of: str | None
    known_at: int | None
    sample: int | None
    position: int
    """Up to where the ledger is, or will be, in it."""
    created_at: str
    customers: int
    events: int
    """Read so far."""
    total: int
    """Events to read."""
    left_s: float | None
    """Seconds that it will still take, at its rate so far."""


class Rebuilds(BaseModel):
    """All of them, oldest first."""

    items: list[Rebuild]


class Comparison(BaseModel):
    """What these rows change against those that are shown; read on from `next` until it is null."""

    old: dict[str, Any]
    new: dict[str, Any]
    as_of: str
    scope: str
    """All customers, or a sample: then figures are of these alone."""
    figures: dict[str, Any] | None
    """On the first page."""
    items: list[dict[str, Any]]
    next: str | None


class Promotion(BaseModel):
    """What is shown now."""

    generation: int
    rulebook: str
    before: int | None
    rulebook_before: str
    event: str | None
    """The event that says so; null where the rulebook in force is the same as before."""
    position: int | None


def described(house: House, of: Generation, held: Collection[int]) -> dict[str, Any]:
    """A generation with how far it is."""
    stopped = of.state == "building" and of.id not in held
    left: float | None = None
    if of.state == "building" and not stopped and of.events:
        taken = max(0.0, (house.clock() - of.created_at).total_seconds())
        left = round(taken * max(0, of.total - of.events) / of.events, 1)
    made = diffing.about(of)
    return made | {
        "state": "stopped" if stopped else of.state,
        "created_at": written(of.created_at),
        "customers": of.customers,
        "events": of.events,
        "total": of.total,
        "left_s": left,
    }


def _one(house: House, number: int) -> dict[str, Any]:
    return described(house, promoting.find(house, number), building.running(house))


@router.get("", operation_id="listRebuilds", summary="Sets of rows", response_model=Rebuilds, responses=refusals())
def rebuilds(house: HouseDep, _: Reader) -> Response:
    """All sets of rows that are kept: the one that is shown, those built beside it, with their progress."""
    held = building.running(house)
    return answered({"items": [described(house, of, held) for of in promoting.listed(house)]})


@router.post(
    "",
    operation_id="startRebuild",
    summary="Build rows beside those that are shown",
    status_code=202,
    response_model=Rebuild,
    responses=refusals(UnknownRulebook, UnknownGeneration, NameTaken, CannotPromote),
)
def start(house: HouseDep, _: Ruler, wish: Build) -> Response:
    """Build all rows under a rulebook, or of a sample, or at other coordinates. It goes on after this is answered."""
    as_of = moment(wish.as_of, "as_of")
    if wish.resume is not None:
        found = _one(house, wish.resume)
        if found["state"] != "stopped":
            raise CannotPromote(f"generation {wish.resume} is {found['state']}; only a stopped build can be resumed")
    try:
        made = building.start(house, Wish(wish.rulebook, as_of, wish.known_at, wish.sample, wish.name, wish.resume))
    except Unready as unready:
        raise NameTaken(str(unready), pointer="/name") from None
    answer = answered(described(house, made, building.running(house)))
    answer.status_code = 202
    answer.headers["Location"] = f"/v1/rebuilds/{made.id}"
    return answer


@router.get(
    "/{number}",
    operation_id="getRebuild",
    summary="One set of rows",
    response_model=Rebuild,
    responses=refusals(UnknownGeneration),
)
def rebuild(house: HouseDep, _: Reader, number: int) -> Response:
    """Its coordinates, its state, and how far it is."""
    return answered(_one(house, number))


@router.get(
    "/{number}/diff",
    operation_id="diffRebuild",
    summary="What these rows change",
    response_model=Comparison,
    responses=refusals(UnknownGeneration, UnknownCustomer, CannotCompare, BadCursor),
)
def diff(
    house: HouseDep,
    _: Reader,
    number: int,
    against: Annotated[int | None, Query(description="another set of rows; default the one that is shown")] = None,
    as_of: AsOf = None,
    customer: Annotated[str | None, Query(description="only this customer", max_length=500)] = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=0, le=500)] = 50,
) -> Response:
    """Stages from → to, tiers, deadlines and both queues with money and working hours; and each customer who differs."""
    clock, old, place = moment(as_of, "as_of"), against, None
    if after is not None:
        # A walk goes on between the same rows and at the same clock, whatever was promoted meanwhile.
        old, at, place = house.cursors.read(f"{LIST}:{number}", after)
        clock = moment(at, "as_of")
    only = None if customer is None else [customer_of(house, customer, clock or house.now())]
    asked = Asked(number, old, clock, only, place, limit, figures=after is None and only is None)
    made = diffing.answer(house, asked)
    if made["next"] is not None:
        made["next"] = house.cursors.write(f"{LIST}:{number}", made["old"]["id"], made["as_of"], made["next"])
    return answered(made)


@router.post(
    "/{number}/promote",
    operation_id="promoteRebuild",
    summary="Show these rows, and put their rulebook into force",
    response_model=Promotion,
    responses=refusals(UnknownGeneration, CannotPromote),
)
def promote(house: HouseDep, bearer: Ruler, number: int, why: Reason | None = None) -> Response:
    """In one step, with readers and writers at work; it waits until the rows have caught up."""
    reason = why.reason if why else ""
    change = promoting.promote(
        house, number, actor=bearer.name, also=f"key:{bearer.id}", reason=reason, patience=PATIENCE
    )
    return answered(_promotion(change))


@router.post(
    "/rollback",
    operation_id="rollbackRebuild",
    summary="Show the rows from before again",
    response_model=Promotion,
    responses=refusals(CannotPromote),
)
def rollback(house: HouseDep, bearer: Ruler, why: Reason | None = None) -> Response:
    """In one step, without building anything: they were kept, and followed."""
    reason = why.reason if why else ""
    return answered(_promotion(promoting.rollback(house, actor=bearer.name, reason=reason, patience=PATIENCE)))


@router.delete(
    "/{number}",
    operation_id="dropRebuild",
    summary="Remove a set of rows",
    status_code=204,
    responses=refusals(UnknownGeneration, CannotPromote),
)
def drop(house: HouseDep, _: Ruler, number: int) -> Response:
    """Never the one that is shown."""
    promoting.drop(house, number)
    return Response(status_code=204)


def _promotion(change: Change) -> dict[str, Any]:
    return {name: getattr(change, name) for name in change.__struct_fields__}
