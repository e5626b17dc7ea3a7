"""Finds customers: lists by what they are, searches, and who is calling."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api import answers
from api.clouds import moment
from api.coordinates import Asked, Coordinates
from api.customers import PAGE, PAGE_TABLES, Reader, opening, page
from api.errors import BadCursor, BadRequest, CursorExpired, NotBuilt, UnknownRulebook, refusals
from api.listing import Filter, listing
from api.looking import Row, look
from api.opening import names
from api.queueing import continued
from api.references import holders, matching, point_of
from api.wiring import House, HouseDep
from domain.door import Point
from domain.errors import InvalidIdentifier, UnknownCustomer
from domain.ledger import Ledger

router = APIRouter(prefix="/v1/customers", tags=["customers"])

LISTING = refusals(BadCursor, CursorExpired, UnknownRulebook, NotBuilt)
RESOLVING = refusals(InvalidIdentifier, UnknownRulebook)


class CustomerItem(BaseModel):
    """A customer in a list."""

    customer: str
    name: str | None
    stage: str
    stage_since: str | None
    fading: bool
    tier: str
    trust: str
    owner: str | None
    open_complaints: int
    last_talk_at: str | None
    last_purchase_at: str | None
    provisional: bool
    parked: str | None
    """Why the customer's newest events could not be folded."""


class CustomerPage(BaseModel):
    """A page of customers, in a fixed order; read on from `next` until it is null."""

    as_of: str
    forecast: bool
    known_at: int | None
    position: int
    """Up to where the ledger was taken into account."""
    rulebook: str
    items: list[CustomerItem]
    next: str | None


@router.get("", operation_id="listCustomers", summary="Customers by what they are", responses=LISTING)
def list_customers(
    house: HouseDep,
    bearer: Reader,
    at: Asked,
    q: Annotated[
        str | None,
        Query(
            description="a contact point, an external id or, with the scope read-sealed, beginnings of names",
            max_length=200,
        ),
    ] = None,
    stage: Annotated[str | None, Query(max_length=40)] = None,
    tier: Annotated[str | None, Query(max_length=40)] = None,
    manager: Annotated[str | None, Query(description="whose customers they are", max_length=120)] = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 50,
) -> CustomerPage:
    """Customers in a stage, of a tier, of a manager, or found by a search."""
    cursor = tuple(house.cursors.read("customers", after)) if after else None
    if cursor is not None:
        at = continued(at, cursor)
    among = None if q is None else matching(house, q, at.as_of, PAGE, by_name=bearer.may("read-sealed"))
    found = listing(house, at, Filter(stage, tier, manager, among), cursor, limit)
    called: Mapping[str, str] = names(house, found.described) if bearer.may("read-sealed") else {}
    return CustomerPage(
        as_of=moment(at.as_of) or "",
        forecast=at.forecast,
        known_at=at.known_at,
        position=found.position,
        rulebook=found.rulebook,
        items=[_item(r, called) for r in found.items],
        next=house.cursors.write("customers", *found.next) if found.next else None,
    )


def _item(row: Row, called: Mapping[str, str]) -> CustomerItem:
    return CustomerItem(
        customer=row["customer"],
        name=called.get(row["customer"]),
        stage=row["stage"],
        stage_since=answers.shown(row["stage_since"]),
        fading=row["fading"],
        tier=row["tier_name"],
        trust=row["trust"],
        owner=row["owner"],
        open_complaints=row["open_complaints"],
        last_talk_at=answers.shown(row["last_talk_at"]),
        last_purchase_at=answers.shown(row["last_purchase_at"]),
        provisional=row["provisional"],
        parked=row["parked"],
    )


class ContactPoint(BaseModel):
    """A contact point of a kind."""

    kind: str
    value: Annotated[str, Field(max_length=320)]


class Caller(BaseModel):
    """What is known of who is calling: a contact point or an external id."""

    contact_point: str | ContactPoint | None = None
    external_id: Annotated[str | None, Field(max_length=400, description="scheme:value")] = None


class Resolution(BaseModel):
    """Who it may be: nobody known, one customer, or several who share or contest the point."""

    as_of: str
    customers: list[dict[str, Any]]


@router.post("/resolve", operation_id="resolveCustomer", summary="Who is calling?", responses=RESOLVING)
def resolve(house: HouseDep, bearer: Reader, at: Asked, caller: Caller) -> Resolution:
    """Name, tier, owner or cover now, last talk, open complaints and promises, handling: while the telephone rings."""
    if (caller.contact_point is None) == (caller.external_id is None):
        raise BadRequest("give either contact_point or external_id", pointer="/contact_point")
    ledger = opening(house, bearer)
    found = holders(house, _called(house, caller), at.as_of)
    return Resolution(
        as_of=moment(at.as_of) or "", customers=[_short(house, customer, at, ledger) for customer in found]
    )


def _called(house: House, caller: Caller) -> Point:
    if caller.external_id is not None:
        return point_of(house, caller.external_id)
    given = caller.contact_point
    return house.ledger.door.contact_point(given.model_dump() if isinstance(given, ContactPoint) else given)


def _short(house: House, customer: str, at: Coordinates, ledger: Ledger | None) -> dict[str, Any]:
    try:
        whole = page(house, look(house, customer, at, PAGE_TABLES), ledger)
    except UnknownCustomer:  # the rows do not hold them yet
        return {"customer": customer, "known": False}
    kept = (
        "customer",
        "name",
        "standing",
        "last_conversation",
        "promises",
        "complaints",
        "unanswered",
        "handling",
        "parked",
    )
    return {n: whole[n] for n in kept} | {"known": True}
