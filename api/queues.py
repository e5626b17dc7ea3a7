"""The queues: which complaint is next, whom to contact next, and who was forgotten."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from api import answers, queueing
from api.clouds import moment
from api.coordinates import Asked, Coordinates
from api.customers import answered
from api.errors import BadCursor, CursorExpired, NotBuilt, UnknownRulebook, refusals
from api.keys import Bearer, needs
from api.looking import Row
from api.opening import names, open_many
from api.queueing import COMPLAINTS, NEGLECTED, OUTREACH, Page, Queue, Wanted
from api.wiring import House, HouseDep

router = APIRouter(prefix="/v1/queues", tags=["queues"])

Reader = Annotated[Bearer, Depends(needs("read"))]
Manager = Annotated[
    str | None, Query(description="whose customers: those they own, and those they cover for", max_length=120)
]
After = Annotated[str | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]
REFUSED = refusals(BadCursor, CursorExpired, UnknownRulebook, NotBuilt)

LATENESS = ("overdue", "running", "waiting")
SEVERITIES = ("critical", "high", "normal", "low")
CLASSES = ("promise", "planned", "fading", "rhythm")


class QueuePage(BaseModel):
    """A page of a queue; read on from `next` until it is null."""

    as_of: str
    forecast: bool
    known_at: int | None
    position: int
    """Up to where the ledger was taken into account."""
    rulebook: str
    items: list[dict[str, Any]]
    next: str | None


@router.get(
    "/complaints",
    operation_id="listComplaintQueue",
    summary="The reactive queue",
    response_model=QueuePage,
    responses=REFUSED,
)
def complaints(
    house: HouseDep,
    bearer: Reader,
    at: Asked,
    manager: Manager = None,
    team: Annotated[str | None, Query(max_length=120)] = None,
    handler: Annotated[str | None, Query(max_length=120)] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Open complaints, and what else waits for a human's answer: overdue first, then by severity, tier and time left."""
    filters = {n: v for n, v in (("team", team), ("handler", handler)) if v is not None}
    return _answer(house, bearer, COMPLAINTS, at, Wanted(manager, filters, limit=limit), after)


@router.get(
    "/outreach",
    operation_id="listOutreachQueue",
    summary="The proactive queue",
    response_model=QueuePage,
    responses=REFUSED,
)
def outreach(
    house: HouseDep,
    bearer: Reader,
    at: Asked,
    manager: Manager = None,
    channel: Annotated[str | None, Query(max_length=40)] = None,
    purpose: Annotated[str | None, Query(max_length=40)] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Contacts that are due: promises first, then what was planned, then the rhythm, higher tiers before lower ones."""
    filters = {n: v for n, v in (("channel", channel), ("purpose", purpose)) if v is not None}
    return _answer(house, bearer, OUTREACH, at, Wanted(manager, filters, limit=limit), after)


@router.get(
    "/neglected",
    operation_id="listNeglected",
    summary="Customers who were forgotten",
    response_model=QueuePage,
    responses=REFUSED,
)
def neglected(
    house: HouseDep, bearer: Reader, at: Asked, manager: Manager = None, after: After = None, limit: Limit = 50
) -> Response:
    """Customers whose next contact has been due for thirty days, or who cannot be reached, with the reason."""
    return _answer(house, bearer, NEGLECTED, at, Wanted(manager, limit=limit), after)


Acting = Callable[[str | None], str | None]  # who acts for a member of staff


def _answer(house: House, bearer: Bearer, queue: Queue, at: Coordinates, wanted: Wanted, after: str | None) -> Response:
    if after is not None:
        cursor = tuple(house.cursors.read(queue.name, after))
        at = queueing.continued(at, cursor)
        wanted = Wanted(wanted.manager, wanted.filters, cursor, wanted.limit)
    page = queueing.read(house, queue, at, wanted)
    return answered(shaped(house, queue, at, page, opening=bearer.may("read-sealed")))


def shaped(house: House, queue: Queue, at: Coordinates, page: Page, *, opening: bool) -> dict[str, Any]:
    """A page of a queue as an answer."""
    called: Mapping[str, str] = {}
    parts: Mapping[tuple[str, int], dict[str, Any]] = {}
    if opening and page.items:
        called = names(house, page.described)
        parts = open_many(house, ((r["customer"], r["version"]) for r in page.items))
    item = complaint_item if queue is COMPLAINTS else outreach_item
    acting = house.people.acting(at.as_of, at.known_at)
    items = [
        {"customer": r["customer"], "name": called.get(r["customer"]), "parked": r["parked"]}
        | item(r, page.tiers, parts.get((r["customer"], r["version"] or 0), {}), acting, at)
        for r in page.items
    ]
    return {
        "as_of": moment(at.as_of),
        "forecast": at.forecast,
        "known_at": at.known_at,
        "position": page.position,
        "rulebook": page.rulebook,
        "items": items,
        "next": None if page.next is None else house.cursors.write(queue.name, *page.next),
    }


def complaint_item(row: Row, tiers: Any, parts: Mapping[str, Any], acting: Acting, at: Coordinates) -> dict[str, Any]:
    """What waits for an answer, with the time left (seconds; negative: overdue by so much)."""
    due = answers.time_of(row["due_at"])
    return {
        "item": row["item"],
        "reference": answers.reference(parts, "complaint"),
        "kind": row["kind"],
        "lateness": LATENESS[row["lateness"]],
        "severity": SEVERITIES[row["severity"]],
        "tier": tiers[row["tier"]],
        "state": row["state"],
        "waiting_for": row["waiting_for"],
        "round": row["round"],
        "opened_at": answers.shown(row["opened_at"]),
        "due": row["due_kind"],
        "due_at": answers.shown(row["due_at"]),
        "left_s": None if due is None else round((due - at.as_of).total_seconds()),
        "near_at": answers.shown(row["near_at"]),
        "owner": row["owner"],
        "acting": acting(row["owner"]),
        "handler": row["handler"],
        "team": row["team"],
        "category": row["category"],
        "channel": row["channel"],
        "about": parts.get("description") or parts.get("summary") or parts.get("text"),
        "why": _why(row["why"] or {}),
    }


def _why(why: Mapping[str, Any]) -> dict[str, Any]:
    made = {n: answers.shown(v) if n.endswith("_at") else v for n, v in why.items()}
    return made | {"deadlines": {step: answers.shown(at) for step, at in why.get("deadlines", {}).items()}}


def outreach_item(row: Row, tiers: Any, parts: Mapping[str, Any], acting: Acting, at: Coordinates) -> dict[str, Any]:
    """Whom to contact, when, why, about what and on which channel; or why not."""
    due = answers.time_of(row["due_at"])
    return {
        "item": row["item"],
        "class": CLASSES[row["class"]],
        "tier": tiers[row["tier"]],
        "due_at": answers.shown(row["due_at"]),
        "overdue_days": None if due is None else max(0, (at.as_of - due).days),
        "purpose": row["purpose"],
        "content": row["content"],
        "channel": row["channel"],
        "held": row["held"],
        "unreachable": row["unreachable"],
        "owner": row["owner"],
        "acting": acting(row["owner"]),
        "staff": row["staff"],
        "text": parts.get("text"),
        "why": row["why"],
    }
