"""Identities that people have to look at: points that several customers claim, and contacts that may be several's."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.customers import Ref
from api.errors import BadCursor, SeveralCustomers, refusals
from api.keys import Bearer, needs
from api.references import customer_of
from api.wiring import House, HouseDep
from domain.attribution import attribute
from domain.errors import Contradiction, StaleVersion, UnknownCustomer
from domain.events import CustomerRegistered, Event, TouchpointVoided
from domain.order import effective

router = APIRouter(tags=["identities"])

MOST = 500


class Contested(BaseModel):
    """A contact point or external id that several customers hold at the same time."""

    kind: str
    """phone, email, … or external: and the scheme."""
    customers: list[str]
    shared: bool
    """All of them say that it is shared (a household, a switchboard)."""


class ContestedList(BaseModel):
    """The latest first."""

    items: list[Contested]


class Ambiguous(BaseModel):
    """A provisional customer, with contacts of whom it is not known whose they are."""

    customer: str
    candidates: list[str]
    """Who holds the contact point, and may be meant."""
    events: int
    """Contacts that wait to be attributed."""


class AmbiguousPage(BaseModel):
    """In a fixed order; read on from `next` until it is null."""

    items: list[Ambiguous]
    next: str | None


@router.get(
    "/v1/identities/contested",
    operation_id="listContested",
    summary="Contact points that several customers claim",
    responses=refusals(),
)
def list_contested(
    house: HouseDep, _: Annotated[Bearer, Depends(needs("read"))], limit: Annotated[int, Query(ge=1, le=MOST)] = 100
) -> ContestedList:
    """A second claim is recorded, never refused, and shown here; which claim is right is for a person to find out."""
    found = house.ledger.keys.contested(limit)
    return ContestedList(
        items=[Contested(kind=kind, customers=customers, shared=shared) for kind, customers, shared in found]
    )


@router.get(
    "/v1/identities/ambiguous",
    operation_id="listAmbiguous",
    summary="Contacts that may be several customers'",
    responses=refusals(BadCursor),
)
def list_ambiguous(
    house: HouseDep,
    _: Annotated[Bearer, Depends(needs("read"))],
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> AmbiguousPage:
    """Provisional customers that still have contacts; the command `attribute` on one says whose they are."""
    last = house.cursors.read("ambiguous", after)[0] if after else None
    items: list[Ambiguous] = []
    while len(items) < limit and (found := _provisional(house, last, limit)):
        for customer in found:
            last = customer
            if (waiting := len(unattributed(house.ledger.stream(customer)))) > 0:
                items.append(
                    Ambiguous(customer=customer, candidates=house.ledger.keys.candidates(customer), events=waiting)
                )
            if len(items) == limit:
                break
    return AmbiguousPage(items=items, next=house.cursors.write("ambiguous", last) if len(items) == limit else None)


def unattributed(history: Sequence[Event]) -> list[Event]:
    """The events of a provisional customer's stream of whom it is still not known whose they are."""
    return [e for e in effective(history) if not isinstance(e, CustomerRegistered | TouchpointVoided)]


def _provisional(house: House, after: str | None, limit: int) -> list[str]:
    with house.keys_pool.connection() as c:
        rows = c.execute(
            "SELECT customer::text FROM keys.provisional WHERE customer > %s ORDER BY customer LIMIT %s",
            [after or UUID(int=0), limit],
        ).fetchall()
    return [r[0] for r in rows]


class Attribution(BaseModel):
    """Whose the contacts of a provisional customer are."""

    to: Annotated[str, Field(max_length=400, description="the customer: our id, an external id or a contact point")]
    events: Annotated[
        list[str] | None, Field(description="ids of the events; all of them where left out", min_length=1)
    ] = None


class Attributed(BaseModel):
    """The events as they stand on the right customer now."""

    customer: str
    events: list[str]


@router.post(
    "/v1/customers/{ref}/commands/attribute",
    operation_id="attributeEvents",
    summary="Say whose contacts these are",
    responses=refusals(UnknownCustomer, SeveralCustomers, Contradiction, StaleVersion),
)
def attribute_events(
    ref: Ref, house: HouseDep, bearer: Annotated[Bearer, Depends(needs("command"))], wish: Attribution
) -> Attributed:
    """Void contacts on a provisional customer and record them anew on the one they are about, in one commit."""
    now = house.now()
    to = customer_of(house, wish.to, now)
    receipts = attribute(house.ledger, customer_of(house, ref, now), to, actor=f"key:{bearer.id}", events=wish.events)
    return Attributed(customer=to, events=[r.id for r in receipts])
