"""/v1/webhooks: subscriptions to the feed that we deliver."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response, status
from fastapi.concurrency import run_in_threadpool

from api.clouds import moment
from api.errors import BadCursor, NoRight, refusals
from api.feed import customer_id, event_type
from api.keys import Bearer, needs
from api.webhooks.models import (
    Attempt,
    AttemptPage,
    Backlog,
    ReplayWanted,
    ResumeWanted,
    RotateWanted,
    SecretMade,
    Tried,
    Webhook,
    WebhookChanged,
    WebhookMade,
    WebhookPage,
    WebhookWanted,
)
from api.webhooks.store import Delivery, UnknownWebhook, Webhooks
from api.webhooks.subscription import Subscription
from api.webhooks.targets import TargetRefused, parsed
from api.webhooks.trying import checked, try_out
from api.wiring import House, HouseDep

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

Caller = Annotated[Bearer, Depends(needs("webhooks"))]
Id = Annotated[UUID, Path(alias="id")]
REFUSED = refusals(UnknownWebhook, BadCursor)


def webhooks(house: House) -> Webhooks:
    """The subscriptions of this house."""
    return Webhooks(house.pool, house.ledger.keys, house.clock)


@router.post(
    "",
    operation_id="createWebhook",
    summary="Subscribe",
    status_code=status.HTTP_201_CREATED,
    response_model=WebhookMade,
    responses=refusals(TargetRefused, BadCursor),
)
async def create_webhook(wanted: WebhookWanted, house: HouseDep, bearer: Caller) -> WebhookMade:
    """Have the feed delivered. The answer holds the secret that messages are signed with; it is not shown again."""
    _allowed(bearer, sealed=wanted.sealed)
    await checked(house, wanted.url)
    return await run_in_threadpool(make, house, wanted, bearer.name)


@router.get("", operation_id="listWebhooks", summary="List webhooks", response_model=WebhookPage, responses=REFUSED)
def list_webhooks(
    house: HouseDep,
    _: Caller,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> WebhookPage:
    """Every webhook, how far it is, and what holds it up."""
    [number] = house.cursors.read("webhooks", after) if after else [0]
    found = webhooks(house).listed(number, limit + 1)
    shown = [described(house, s) for s in found[:limit]]
    more = len(found) > limit
    return WebhookPage(webhooks=shown, next=house.cursors.write("webhooks", found[limit - 1].number) if more else None)


@router.get("/{id}", operation_id="getWebhook", summary="One webhook", response_model=Webhook, responses=REFUSED)
def get_webhook(id_: Id, house: HouseDep, _: Caller) -> Webhook:
    """What is sent where, how far it is, and what holds it up."""
    return described(house, webhooks(house).get(id_))


@router.patch(
    "/{id}",
    operation_id="changeWebhook",
    summary="Change a webhook",
    response_model=Webhook,
    responses=REFUSED | refusals(TargetRefused),
)
async def change_webhook(id_: Id, changed: WebhookChanged, house: HouseDep, bearer: Caller) -> Webhook:
    """Change what is named. `active: false` parks it, `active: true` resumes it."""
    subscription = await run_in_threadpool(webhooks(house).get, id_)
    _allowed(bearer, sealed=subscription.sealed or bool(changed.sealed))
    if changed.url is not None:
        await checked(house, changed.url)
    return await run_in_threadpool(alter, house, id_, changed, bearer.name)


@router.delete(
    "/{id}",
    operation_id="deleteWebhook",
    summary="Unsubscribe",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=REFUSED,
)
def delete_webhook(id_: Id, house: HouseDep, _: Caller) -> Response:
    """Send nothing more, and forget the subscription, its secrets and its log."""
    webhooks(house).delete(id_)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post(
    "/{id}/rotate",
    operation_id="rotateWebhookSecret",
    summary="A new secret",
    response_model=SecretMade,
    responses=REFUSED,
)
def rotate_secret(id_: Id, house: HouseDep, bearer: Caller, wanted: RotateWanted | None = None) -> SecretMade:
    """Make a new secret. Messages carry a signature with each, the new and the old, until the overlap is over."""
    _allowed(bearer, sealed=webhooks(house).get(id_).sealed)
    return rotated(house, id_, (wanted or RotateWanted()).overlap_hours)


@router.post(
    "/{id}/replay",
    operation_id="replayWebhook",
    summary="Send again",
    response_model=Webhook,
    responses=REFUSED,
)
def replay_webhook(id_: Id, wanted: ReplayWanted, house: HouseDep, bearer: Caller) -> Webhook:
    """Send again everything from a cursor on; each message has the id that it had, so that receivers can tell.

    It is resumed where it was parked. What waits is not forgotten, unless the cursor is one that it did not reach yet: from
    `now` on, all that is outstanding is left out.
    """
    _allowed(bearer, sealed=webhooks(house).get(id_).sealed)
    return described(house, webhooks(house).replay(id_, place(house, wanted.begin)))


@router.post(
    "/{id}/resume",
    operation_id="resumeWebhook",
    summary="Go on with a parked webhook",
    response_model=Webhook,
    responses=REFUSED,
)
def resume_webhook(id_: Id, house: HouseDep, _: Caller, wanted: ResumeWanted | None = None) -> Webhook:
    """Try at once whatever waits, parked customers among it; also after 410 Gone."""
    return described(house, webhooks(house).resume(id_, skip=bool(wanted and wanted.skip)))


@router.get(
    "/{id}/deliveries",
    operation_id="listWebhookDeliveries",
    summary="The log of attempts",
    response_model=AttemptPage,
    responses=REFUSED,
)
def list_deliveries(
    id_: Id,
    house: HouseDep,
    _: Caller,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AttemptPage:
    """Attempts, the latest first; some thousands are kept."""
    before = None
    if after:
        of, before = house.cursors.read("webhook-deliveries", after)
        if of != str(id_):
            raise BadCursor("this cursor belongs to the log of another webhook", pointer="/query/after")
    found = webhooks(house).deliveries(id_, before, limit + 1)
    more = len(found) > limit
    cursor = house.cursors.write("webhook-deliveries", str(id_), found[limit - 1].number) if more else None
    return AttemptPage(deliveries=[attempt(d) for d in found[:limit]], next=cursor)


@router.post(
    "/{id}/test",
    operation_id="testWebhook",
    summary="Send a test event",
    response_model=Tried,
    responses=REFUSED,
)
async def send_test(id_: Id, house: HouseDep, _: Caller) -> Tried:
    """Send an event of the type `webhook.test`, signed like all others, whatever the webhook's state."""
    subscription = await run_in_threadpool(webhooks(house).get, id_)
    return Tried(**await try_out(house, webhooks(house), subscription))


# --- shared with the command line ----------------------------------------------------------------------------------------


def make(house: House, wanted: WebhookWanted, by: str) -> WebhookMade:
    """Subscribe; the url is checked already."""
    fields = _fields(wanted.model_dump(exclude={"begin"}))
    made, secret = webhooks(house).create(fields, position=place(house, wanted.begin), by=by)
    return WebhookMade(**described(house, made).model_dump(), secret=secret)


def alter(house: House, id_: UUID, changed: WebhookChanged, by: str) -> Webhook:
    """Change what is named."""
    kept = webhooks(house)
    fields = _fields(changed.model_dump(exclude_none=True, exclude={"active"}))
    subscription = kept.change(id_, fields) if fields else kept.get(id_)
    if changed.active is not None and changed.active != (subscription.state == "active"):
        subscription = kept.resume(id_) if changed.active else kept.park(id_, by)
    return described(house, subscription)


def rotated(house: House, id_: UUID, hours: float) -> SecretMade:
    """A new secret; the old one signs as well for so many hours."""
    return SecretMade(secret=webhooks(house).rotate(id_, timedelta(hours=hours)), overlap_hours=hours)


def place(house: House, begin: str) -> int:
    """The position that a subscriber means. BadCursor."""
    if begin == "beginning":
        return 0
    if begin == "now":
        return house.ledger.head()
    try:
        found = house.cursors.read("feed", begin)
    except BadCursor as refused:
        raise BadCursor(
            f"from is `now`, `beginning` or a cursor of the feed: {refused.detail}", pointer="/from"
        ) from None
    return found[0]


def described(house: House, s: Subscription) -> Webhook:
    """A subscription for an answer."""
    at = webhooks(house).standing(s)
    return Webhook(
        id=str(s.id),
        url=s.url,
        description=s.description,
        types=s.types,
        customers=[str(c) for c in s.customers],
        sealed=s.sealed,
        batch=s.batch,
        active=s.state == "active",
        state=s.state,  # pyright: ignore[reportArgumentType] - the table's own check
        reason=s.reason,
        state_since=moment(s.state_since) or "",
        failing_since=moment(s.failing_since),
        created_at=moment(s.created_at) or "",
        created_by=s.created_by,
        cursor=house.cursors.write("feed", s.position),
        backlog=Backlog(
            behind=max(0, at.head - s.position),
            waiting_customers=at.waiting,
            parked_customers=at.parked,
            oldest_recorded=moment(at.oldest),
            next_try=moment(at.next_try),
        ),
    )


def attempt(d: Delivery) -> Attempt:
    """A line of the log for an answer."""
    return Attempt.model_validate(d._asdict() | {"at": moment(d.at), "next_at": moment(d.next_at)})


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """Types by their stored names, customers as ids; BadRequest where there are none such."""
    fields = dict(given)
    if "url" in fields:
        parsed(fields["url"])
    if "types" in fields:
        fields["types"] = list(dict.fromkeys(event_type(t, "/types") for t in fields["types"]))
    if "customers" in fields:
        fields["customers"] = list(dict.fromkeys(UUID(customer_id(c, "/customers")) for c in fields["customers"]))
    return fields


def _allowed(bearer: Bearer, *, sealed: bool) -> None:
    """Whoever has the feed sent elsewhere must be allowed to read it, sealed parts where those are sent."""
    for scope in ("read", "read-sealed") if sealed else ("read",):
        if not bearer.may(scope):
            raise NoRight(
                f"key {bearer.id} has {', '.join(bearer.scopes)}; a webhook that sends this needs {scope} as well"
            )
