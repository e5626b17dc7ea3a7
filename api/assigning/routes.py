"""Assignments over HTTP: propose who gets whom, look at it, apply it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.assigning import applying, making
from api.assigning.applying import Why
from api.assigning.making import UnknownProposal
from api.assigning.shown import line, proposal
from api.coordinates import Coordinates, coordinates
from api.customers import answered
from api.errors import (
    BadCursor,
    BadRequest,
    NotBuilt,
    SeveralCustomers,
    UnknownRulebook,
    refusals,
)
from api.keys import Bearer, needs
from api.wiring import HouseDep
from domain.errors import UnknownCustomer
from projections.assigning import keeping

router = APIRouter(prefix="/v1/assignments", tags=["staff"])

Reader = Annotated[Bearer, Depends(needs("read"))]
Commander = Annotated[Bearer, Depends(needs("command"))]
Which = Literal["moves", "unplaced", "skipped"]
CodeText = Annotated[str, Field(min_length=1, max_length=120)]


class Asked(BaseModel):
    """Which customers are to be placed, and with whom; coordinates as in any question."""

    model_config = ConfigDict(extra="forbid")

    unowned: bool = False
    """Customers whom nobody owns, or somebody who has left."""
    leaving: Annotated[list[CodeText], Field(max_length=1_000)] = []
    """Staff whose books are given away."""
    rebalance: bool = False
    """The whole books of the staff (or team) named here."""
    customers: Annotated[list[str], Field(max_length=making.MOST_LISTED)] = []
    """Single customers, by id, external id or contact point."""
    staff: Annotated[list[CodeText], Field(max_length=1_000)] = []
    """Who is given customers; none named: all who work here."""
    team: CodeText | None = None
    as_of: str | None = None
    known_at: str | None = None
    rulebook: str | None = None


class Reason(BaseModel):
    """What is said of each assignment."""

    model_config = ConfigDict(extra="forbid")

    reason: CodeText | None = None
    """A code; default why the proposal moves the customer."""
    note: Annotated[str | None, Field(max_length=20_000)] = None
    """For whoever takes over; it is sealed for each customer."""


class Proposal(BaseModel):
    """A proposal: how loads change, who is left, and how far applying is."""

    id: int
    state: Literal["proposed", "applying", "applied"]
    made_at: str
    made_by: str
    as_of: str
    position: int
    rulebook: str
    wanted: dict[str, Any]
    customers: int
    moves: int
    stay: int
    unplaced: int
    spread_before: float | None
    """By how much the heaviest book is heavier than the lightest, for their shares of work; null: one is empty."""
    spread_after: float | None
    loads: list[dict[str, Any]]
    left_out: dict[str, str]
    progress: dict[str, int]
    applied_at: str | None
    applied_by: str | None


class Proposals(BaseModel):
    """The latest ones first."""

    items: list[Proposal]


class Lines(BaseModel):
    """A page of a proposal's customers; read on from `next` until it is null."""

    id: int
    items: list[dict[str, Any]]
    next: str | None


@router.post(
    "",
    operation_id="proposeAssignment",
    summary="Propose who gets whom",
    status_code=201,
    response_model=Proposal,
    responses=refusals(BadRequest, UnknownCustomer, SeveralCustomers, UnknownRulebook, NotBuilt),
)
def propose(house: HouseDep, bearer: Commander, asked: Asked) -> Response:
    """By wish, qualification and capacity, which bind; then even loads, by value and rhythm; then whom they know.

    Nothing changes by it: look at it, and apply it.
    """
    at: Coordinates = coordinates(house, asked.as_of, asked.known_at, asked.rulebook)
    wanted = making.wanted(
        house, at, asked.customers, staff=tuple(asked.staff), team=asked.team, unowned=asked.unowned,
        leaving=tuple(asked.leaving), rebalance=asked.rebalance,
    )  # fmt: skip
    kept = making.make(house, at, wanted, bearer.name)
    answer = answered(proposal(kept, making.counted(house, kept.id)))
    answer.status_code = 201
    answer.headers["Location"] = f"/v1/assignments/{kept.id}"
    return answer


@router.get(
    "", operation_id="listAssignments", summary="Proposals", response_model=Proposals, responses=refusals(BadRequest)
)
def proposals(house: HouseDep, _: Reader) -> Response:
    """All that are kept, the latest first."""
    with house.pool.connection() as c:
        kept = [(one, keeping.counts(c, one.id)) for one in keeping.listed(c)]
    return answered({"items": [proposal(one, counts) for one, counts in kept]})


@router.get(
    "/{number}",
    operation_id="getAssignment",
    summary="One proposal",
    response_model=Proposal,
    responses=refusals(UnknownProposal),
)
def one(house: HouseDep, _: Reader, number: int) -> Response:
    """Loads before and after, how many move, and how far applying is."""
    return answered(proposal(making.find(house, number), making.counted(house, number)))


@router.get(
    "/{number}/{which}",
    operation_id="listAssignmentCustomers",
    summary="The customers of a proposal",
    response_model=Lines,
    responses=refusals(UnknownProposal, BadCursor),
)
def customers(
    house: HouseDep,
    _: Reader,
    number: int,
    which: Which,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """Moves in the order of applying, with reason and outcome; customers for whom there is nobody; or moves that were skipped."""
    making.find(house, number)
    name = f"assignment:{number}:{which}"
    place = -1 if after is None else int(house.cursors.read(name, after)[0])
    found = making.lines(house, number, which, place, limit + 1)
    more, found = len(found) > limit, found[:limit]
    following = house.cursors.write(name, found[-1].number) if more else None
    return answered({"id": number, "items": [line(of) for of in found], "next": following})


@router.post(
    "/{number}/apply",
    operation_id="applyAssignment",
    summary="Assign as proposed",
    response_model=Proposal,
    responses=refusals(UnknownProposal),
)
def apply(house: HouseDep, bearer: Commander, number: int, why: Reason | None = None) -> Response:
    """Record the assignments that still hold; the others are skipped, with the reason. Again: goes on, or changes nothing."""
    reason = why or Reason()
    kept = applying.apply(house, number, Why(bearer.name, reason.reason, reason.note))
    return answered(proposal(kept, making.counted(house, number)))


@router.delete(
    "/{number}",
    operation_id="dropAssignment",
    summary="Throw a proposal away",
    status_code=204,
    responses=refusals(UnknownProposal),
)
def drop(house: HouseDep, _: Commander, number: int) -> Response:
    """What was applied of it stays."""
    making.find(house, number)
    with house.pool.connection() as c:
        keeping.drop(c, number)
    return Response(status_code=204)
