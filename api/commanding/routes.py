"""Commands over HTTP: one, many, what there is, and what is possible now."""

import re
import secrets
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Depends, Header, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.commanding import listing
from api.commanding.doing import give
from api.commanding.orders import Done, Order
from api.coordinates import moment
from api.customers import Ref, answered
from api.errors import BadRequest, SeveralCustomers, problem, refusals
from api.keys import Bearer, needs
from api.references import customer_of
from api.wiring import House, HouseDep
from domain.commands.deciding import COMMANDS
from domain.commands.refusals import Impossible, UnknownCommand
from domain.errors import Contradiction, DifferentContent, FromTheFuture, Refusal, StaleVersion, UnknownCustomer

router = APIRouter(tags=["commands"])

Commander = Annotated[Bearer, Depends(needs("command"))]
Reader = Annotated[Bearer, Depends(needs("read"))]
MOST = 1_000  # commands in one request
OWN = ("occurred_at", "given_by")
"""Fields of a command's body that are not its event's."""
TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_LINE = r"^[^\x00-\x1f\x7f]+$"
REFUSED = refusals(
    UnknownCustomer, SeveralCustomers, UnknownCommand, Impossible, Contradiction, DifferentContent, StaleVersion,
    FromTheFuture,
)  # fmt: skip


class Wish(BaseModel):
    """One command of many."""

    model_config = ConfigDict(extra="forbid")

    customer: Annotated[str, Field(min_length=1, max_length=400)]
    """Our id, scheme:value of an external id, or a telephone number or e-mail address."""
    name: Annotated[str, Field(max_length=120)]
    data: dict[str, Any] = {}
    occurred_at: AwareDatetime | None = None
    given_by: Annotated[str | None, Field(min_length=1, max_length=120, pattern=_LINE)] = None
    id: Annotated[str | None, Field(min_length=1, max_length=200, pattern=_LINE)] = None
    """What the command is called; sent again under it, it is answered as the first time."""
    at_version: Annotated[int | None, Field(ge=1)] = None
    """Only where the customer's history is still there."""


class Wishes(BaseModel):
    """Many commands; each is carried out for itself, those of one customer one after the other."""

    model_config = ConfigDict(extra="forbid")

    commands: Annotated[list[Wish], Field(min_length=1, max_length=MOST)]


@router.get("/v1/commands", operation_id="listCommands", summary="All commands and their fields", responses=refusals())
def list_commands(_: Reader) -> Response:
    """Each with the event that it brings about and a JSON Schema of its fields."""
    return answered({"items": listing.everything()})


@router.get(
    "/v1/customers/{ref}/commands",
    operation_id="listPossibleCommands",
    summary="Which commands are possible now",
    responses=refusals(UnknownCustomer, SeveralCustomers),
)
def list_possible(
    ref: Ref,
    house: HouseDep,
    _: Reader,
    complaint: Annotated[str | None, Query(description="only what can be done about this complaint")] = None,
    promise: Annotated[str | None, Query(description="only about this promise")] = None,
    outreach: Annotated[str | None, Query(description="only about this planned contact")] = None,
) -> Response:
    """Each with what it could be about now, or why it cannot be given; fields may still stand against it.

    The ETag is the version of the customer's history, to be sent back as If-Match.
    """
    about = {k: v for k, v in (("complaint", complaint), ("promise", promise), ("outreach", outreach)) if v is not None}
    found = listing.possible(house, customer_of(house, ref, house.now()), about)
    return Response(
        msgspec.json.encode(found), media_type="application/json", headers={"ETag": f'"{found["version"]}"'}
    )


@router.post(
    "/v1/customers/{ref}/commands/{name}",
    operation_id="giveCommand",
    summary="Have something done",
    status_code=201,
    responses={200: {"description": "It was done before, or would be (dry run)"}, **REFUSED},
)
def give_command(
    ref: Ref,
    name: Annotated[
        str, Path(description="as GET /v1/commands lists them", json_schema_extra={"enum": list(COMMANDS)})
    ],
    house: HouseDep,
    bearer: Commander,
    wish: Annotated[
        dict[str, Any] | None, Body(description="the command's fields; `occurred_at`, `given_by` beside them")
    ] = None,
    dry_run: Annotated[bool, Query(description="decide, and record nothing")] = False,
    key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)] = None,
    match: Annotated[str | None, Header(alias="If-Match", description="the version it was decided on")] = None,
) -> Response:
    """Decided on all that is recorded by now, and decided again where the customer's history moves on meanwhile.

    With If-Match it is done only where the history is still at that version. The same Idempotency-Key again answers as
    the first time.
    """
    wish = wish or {}
    data = {field: value for field, value in wish.items() if field not in OWN}
    order = Order(
        customer=customer_of(house, ref, house.now()),
        name=name,
        data=data,
        actor=_actor(bearer, given_by := _text(wish.get("given_by"), "given_by")),
        id=_named(key),
        occurred_at=_time(wish.get("occurred_at")),
        given_by=given_by,
        at_version=_version(match),
    )
    [outcome] = give(house, [order], dry_run=dry_run)
    if isinstance(outcome, Refusal):
        raise outcome
    headers = {} if outcome.version is None else {"ETag": f'"{outcome.version}"'}
    status = 201 if outcome.status == "recorded" else 200
    return Response(msgspec.json.encode(outcome), status, headers, "application/json")


@router.post(
    "/v1/commands",
    operation_id="giveCommands",
    summary="Have many things done",
    responses=refusals(),
)
def give_commands(
    house: HouseDep,
    bearer: Commander,
    wishes: Wishes,
    dry_run: Annotated[bool, Query(description="decide, and record nothing")] = False,
) -> Response:
    """One outcome each, in order; one that is refused does not touch the others."""
    now = house.now()
    orders: list[Order | Refusal] = [_order(house, bearer, wish, now) for wish in wishes.commands]
    outcomes = iter(give(house, [order for order in orders if isinstance(order, Order)], dry_run=dry_run))
    results = [order if isinstance(order, Refusal) else next(outcomes) for order in orders]
    counts = dict.fromkeys(("recorded", "duplicate", "accepted", "refused"), 0)
    for result in results:
        counts["refused" if isinstance(result, Refusal) else result.status] += 1
    return answered({"counts": counts, "results": [_shown(result) for result in results]})


def _shown(result: Done | Refusal) -> Any:
    return {"status": "refused", "problem": problem(result)} if isinstance(result, Refusal) else result


def _order(house: House, bearer: Bearer, wish: Wish, now: datetime) -> Order | Refusal:
    try:
        customer = customer_of(house, wish.customer, now)
    except Refusal as refusal:
        return refusal
    return Order(
        customer=customer,
        name=wish.name,
        data=wish.data,
        actor=_actor(bearer, wish.given_by),
        id=wish.id or _named(None),
        occurred_at=wish.occurred_at,
        given_by=wish.given_by,
        at_version=wish.at_version,
    )


def _actor(bearer: Bearer, given_by: str | None) -> str:
    """Who answers for it: the key, and the member of staff who is said to have given it."""
    return f"key:{bearer.id}" if given_by is None else f"key:{bearer.id}/{given_by}"


def _named(key: str | None) -> str:
    """What the command is called: as the caller says, or by chance."""
    if key is None:
        return secrets.token_hex(16)
    if not TEXT.fullmatch(key):
        raise BadRequest("Idempotency-Key has to be 1 to 200 characters", pointer="/header/Idempotency-Key")
    return key


def _version(match: str | None) -> int | None:
    """The version that If-Match names; `*`: whatever it is."""
    if match is None or match.strip() == "*":
        return None
    found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', match.strip())
    if found is None:
        raise BadRequest(
            f'If-Match is {match!r}; an ETag as it was given out would be right, e.g. "12"', pointer="/header/If-Match"
        )
    return int(found[1])


def _text(value: Any, name: str) -> str | None:
    if value is not None and not (isinstance(value, str) and len(value) <= 120 and TEXT.fullmatch(value)):
        raise BadRequest(f"{name} has to be a code of 1 to 120 characters", pointer=f"/{name}")
    return value


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        found = moment(str(value), "occurred_at")
        assert found is not None
        offset = datetime.fromisoformat(str(value)).tzinfo
    except (BadRequest, ValueError):
        offset, found = None, None
    if found is None or offset is None:
        raise BadRequest(
            f"occurred_at is {value!r}; a time with an offset would be right, e.g. 2026-03-01T09:00:00+07:00",
            pointer="/occurred_at",
        )
    return found
