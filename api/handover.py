"""What whoever takes over a customer has to know, at any coordinates, with texts for those who may open them."""

from typing import Any

import msgspec
from fastapi import APIRouter, Response
from pydantic import BaseModel

from api import answers
from api.answers import Parts
from api.clouds import moment
from api.coordinates import Asked, Coordinates
from api.customers import REFUSED, Reader, Ref, answered, opening
from api.looking import parked
from api.references import customer_of
from api.wiring import House, HouseDep
from domain.door import micros
from domain.errors import UnknownCustomer
from domain.ledger import Ledger
from domain.order import effective
from projections import fold
from projections.generations import consistent
from projections.handover import handover

router = APIRouter(prefix="/v1/customers", tags=["customers"])

_TEXTS = ("text", "summary", "description", "detail", "note")
_PARTS = ("owners", "promises", "complaints", "handling", "refused", "planned", "needs", "notes", "talks")


class HandoverAnswer(BaseModel):
    """A handover note. Each item may have a `text`, for keys with the scope `read-sealed`."""

    customer: str
    as_of: str
    forecast: bool
    known_at: int | None
    rulebook: str
    position: int
    parked: str | None
    name: str | None
    first: list[dict[str, Any]]
    """What is to be done before all else: promise-missed, complaint-open, waits-for-answer, promise-open,
    introduce-yourself."""
    standing: dict[str, Any]
    owners: list[dict[str, Any]]
    """The latest first, with the notes that were handed over."""
    promises: list[dict[str, Any]]
    complaints: list[dict[str, Any]]
    handling: list[dict[str, Any]]
    wishes: dict[str, Any]
    refused: list[dict[str, Any]]
    planned: list[dict[str, Any]]
    needs: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    talks: list[dict[str, Any]]
    """The latest that reached them, on any channel."""


@router.get(
    "/{ref}/handover",
    operation_id="getHandover",
    summary="What whoever takes over has to know",
    response_model=HandoverAnswer,
    responses=REFUSED,
)
def get_handover(ref: Ref, house: HouseDep, bearer: Reader, at: Asked) -> Response:
    """What is owed to them, open complaints, how to treat them, what they wish, who had them before, and the last talks."""
    return answered(note(house, customer_of(house, ref, at.as_of), at, opening(house, bearer)))


def note(house: House, customer: str, at: Coordinates, ledger: Ledger | None) -> dict[str, Any]:
    """The note as answered. UnknownCustomer where nothing was known of them by then, or where they cannot be folded."""
    now = micros(at.as_of)
    reason = parked(house, [customer]).get(customer)
    if reason is not None:
        raise UnknownCustomer(f"this customer cannot be folded: {reason}", pointer="/path/ref")
    with house.pool.connection() as c, consistent(c):
        view = house.reader.view(c)
        then = house.reader.state(c, customer, now, at.known_at, at.rulebook)
    if then is None:
        raise UnknownCustomer("nothing was known of this customer then", pointer="/path/ref")
    fold.settle(then.state, then.rules, now)
    position = view.position if at.known_at is None else min(at.known_at, view.position)
    made = handover(effective(house.ledger.stream(customer, position)), then.state, then.rules, now)
    described = then.state.customer.described
    parts = answers.opener(ledger, customer, [*described, *(item["version"] for name in _PARTS for item in made[name])])
    return {
        "customer": customer,
        "as_of": moment(at.as_of),
        "forecast": at.forecast,
        "known_at": at.known_at,
        "rulebook": then.rules.version,
        "position": position,
        "parked": None,
        "name": next((found for v in described if (found := parts(v).get("name"))), None),
        **{name: _shown(value, parts) for name, value in made.items()},
    }


def _shown(value: Any, parts: Parts) -> Any:
    """Instants as text, and sealed texts in the place of where they are."""
    if isinstance(value, list):
        return [_item(item, parts) for item in value]  # type: ignore[reportUnknownVariableType] # items of the note
    return answers.plain(msgspec.to_builtins(value))


def _item(item: dict[str, Any], parts: Parts) -> dict[str, Any]:
    made = answers.plain(item)
    if "version" in item:
        sealed = parts(item["version"])
        made["text"] = next((sealed[name] for name in _TEXTS if sealed.get(name)), None)
    return made
