"""The queues: which complaint is next, whom to contact next, and who was forgotten."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from msgspec import structs
from pydantic import BaseModel

from api import answers, queueing
from api.clouds import moment
from api.coordinates import Asked, Coordinates
from api.customers import answered
from api.errors import BadCursor, BadRequest, CursorExpired, NotBuilt, UnknownRulebook, refusals
from api.keys import Bearer, needs
from api.looking import Row
from api.opening import names, open_many
from api.queueing import COMPLAINTS, LATENESS, NEGLECTED, OUTREACH, SEVERITIES, Page, Queue, Wanted
from api.wiring import House, HouseDep
from domain.events import Channel, Purpose
from projections.complaints import AT_RISK
from projections.outreach import CLASSES

router = APIRouter(prefix="/v1/queues", tags=["queues"])

Reader = Annotated[Bearer, Depends(needs("read"))]
Manager = Annotated[
    str | None, Query(description="whose customers: those they own, and those they cover for", max_length=120)
]
After = Annotated[str | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]
Tier = Annotated[str | None, Query(description="customers of this tier", max_length=120)]
Handler = Annotated[str | None, Query(description="whose work it was made", max_length=120)]
Counts = Annotated[
    bool, Query(description="say too how many there are; a thousand of one rank are not counted further")
]
REFUSED = refusals(BadCursor, CursorExpired, BadRequest, UnknownRulebook, NotBuilt)


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
    counts: dict[str, "Count"] | None
    """How many there are in all, where that was asked for: by lateness, or by class of contact."""


class Count(BaseModel):
    """So many."""

    count: int
    more: bool
    """Perhaps there are more."""


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
    team: Annotated[str | None, Query(description="whose work it was made", max_length=120)] = None,
    tier: Tier = None,
    handler: Handler = None,
    channel: Channel | None = None,
    kind: Annotated[str | None, Query(description="complaint, or what else waits: enquiry, missed-call, …")] = None,
    severity: Annotated[str | None, Query(max_length=40)] = None,
    lateness: Annotated[str | None, Query(max_length=40)] = None,
    counts: Counts = False,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Open complaints, and what else waits for a human's answer: overdue first, then by severity, tier and time left."""
    filters = _given(
        team=team, tier=tier, handler=handler, channel=channel, kind=kind, severity=severity, lateness=lateness
    )
    return _answer(house, bearer, COMPLAINTS, at, Wanted(manager, filters, limit=limit, counted=counts), after)


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
    team: Annotated[str | None, Query(description="customers of the staff of this team", max_length=120)] = None,
    tier: Tier = None,
    handler: Handler = None,
    channel: Channel | None = None,
    purpose: Purpose | None = None,
    kind: Annotated[str | None, Query(description="promise, planned, or why else: `class` of the items")] = None,
    content: Annotated[str | None, Query(max_length=120)] = None,
    counts: Counts = False,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Contacts that are due: promises first, then what was planned, then the rhythm, higher tiers before lower ones."""
    filters = _given(
        team=team, tier=tier, handler=handler, channel=channel, purpose=purpose, kind=kind, content=content
    )
    return _answer(house, bearer, OUTREACH, at, Wanted(manager, filters, limit=limit, counted=counts), after)


@router.get(
    "/neglected",
    operation_id="listNeglected",
    summary="Customers who were forgotten",
    response_model=QueuePage,
    responses=REFUSED,
)
def neglected(
    house: HouseDep,
    bearer: Reader,
    at: Asked,
    manager: Manager = None,
    team: Annotated[str | None, Query(description="customers of the staff of this team", max_length=120)] = None,
    tier: Tier = None,
    reason: Literal["overdue", "unowned", "unreachable"] | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Customers whose next contact is long overdue, whom nobody owns, or who cannot be reached; each reason with its since.

    How long is for the rulebook to say (`cadence.neglected_after`). Overdue since the contact was due, unowned since nobody is
    responsible, unreachable since they were last reached; the latter two, where that never was, since they are known.
    """
    filters = _given(team=team, tier=tier, reason=reason)
    return _answer(house, bearer, NEGLECTED, at, Wanted(manager, filters, limit=limit), after)


def _given(**filters: str | None) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value is not None}


def _answer(house: House, bearer: Bearer, queue: Queue, at: Coordinates, wanted: Wanted, after: str | None) -> Response:
    if after is not None:
        cursor = tuple(house.cursors.read(queue.name, after))
        at = queueing.continued(at, cursor)
        wanted = structs.replace(wanted, after=cursor)
    page = queueing.read(house, queue, at, wanted)
    return answered(shaped(house, queue, at, page, opening=bearer.may("read-sealed")))


def shaped(house: House, queue: Queue, at: Coordinates, page: Page, *, opening: bool) -> dict[str, Any]:
    """A page of a queue as an answer."""
    called: Mapping[str, str] = {}
    parts: Mapping[tuple[str, int], dict[str, Any]] = {}
    if opening and page.items:
        called = names(house, page.described)
        parts = open_many(house, ((r["customer"], r["version"]) for r in page.items))
    item = {COMPLAINTS.name: complaint_item, NEGLECTED.name: neglected_item}.get(queue.name, outreach_item)
    items = [
        {"customer": r["customer"], "name": called.get(r["customer"]), "parked": r["parked"]}
        | item(r, page.tiers, parts.get((r["customer"], r["version"] or 0), {}), at)
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
        "counts": None
        if page.counts is None
        else {name: {"count": found.number, "more": found.more} for name, found in page.counts.items()},
    }


def complaint_item(row: Row, tiers: Any, parts: Mapping[str, Any], at: Coordinates) -> dict[str, Any]:
    """What waits for an answer, with the time left (seconds; negative: overdue by so much)."""
    due = answers.time_of(row["due_at"])
    return {
        "item": row["item"],
        "reference": answers.reference(parts, "complaint"),
        "kind": row["kind"],
        "lateness": LATENESS[row["lateness"]],
        "severity": SEVERITIES[row["severity"]],
        "tier": tiers[row["tier"]],
        "trust_at_risk": row["trust"] == AT_RISK,
        "state": row["state"],
        "waiting_for": row["waiting_for"],
        "round": row["round"],
        "opened_at": answers.shown(row["opened_at"]),
        "due": row["due_kind"],
        "due_at": answers.shown(row["due_at"]),
        "left_s": None if due is None else round((due - at.as_of).total_seconds()),
        "near_at": answers.shown(row["near_at"]),
        "level": row["level"],
        "escalate": None if row["escalate"] is None else _up(row),
        "owner": row["owner"],
        "acting": row["acting"],
        "handler": row["handler"],
        "team": row["team"],
        "category": row["category"],
        "channel": row["channel"],
        "about": parts.get("description") or parts.get("summary") or parts.get("text"),
        "why": _why(row["why"] or {}),
    }


def _up(row: Row) -> dict[str, Any]:
    """To which level it is to be taken, since when, and why."""
    return {"level": row["escalate"], "since": answers.shown(row["escalate_at"]), "reason": row["escalate_for"]}


def _why(why: Mapping[str, Any]) -> dict[str, Any]:
    return answers.instants(why) | {
        "deadlines": {step: answers.shown(at) for step, at in why.get("deadlines", {}).items()}
    }


def outreach_item(row: Row, tiers: Any, parts: Mapping[str, Any], at: Coordinates) -> dict[str, Any]:
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
        "acting": row["acting"],
        "staff": row["staff"],
        "text": parts.get("text"),
        "offers": None if row["offers"] is None else [offer._asdict() for offer in row["offers"]],
        "why": answers.instants(row["why"] or {}),
    }


def neglected_item(row: Row, tiers: Any, parts: Mapping[str, Any], at: Coordinates) -> dict[str, Any]:
    """Who is neglected, why and since when; and the next contact, as in the queue of contacts."""
    reasons = [reason | {"since": answers.shown(reason["since"])} for reason in row["reasons"]]
    return outreach_item(row, tiers, parts, at) | {"reasons": reasons}
