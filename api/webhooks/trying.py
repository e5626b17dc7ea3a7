"""Looks at a target, and sends a test to it, from a process that answers requests."""

from typing import Any
from uuid import uuid4

import msgspec
from fastapi.concurrency import run_in_threadpool

from api.clouds import moment
from api.webhooks.courier import BATCH, SINGLE
from api.webhooks.dispatch import targets_of
from api.webhooks.sending import Sender
from api.webhooks.signing import signed
from api.webhooks.store import Webhooks
from api.webhooks.subscription import Subscription
from api.webhooks.targets import Target
from api.wiring import House

TYPE = "webhook.test"


async def checked(house: House, url: str) -> Target:
    """A URL that may be subscribed. TargetRefused."""
    targets = targets_of(house)
    try:
        return await targets.check(url)
    finally:
        targets.close()


async def try_out(house: House, webhooks: Webhooks, subscription: Subscription) -> dict[str, Any]:
    """Send a test event and put it into the log: accepted, message, status, duration_ms, error."""
    now = house.clock()
    id_ = str(uuid4())
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": "urn:jejak:webhooks",
        "type": TYPE,
        "time": moment(now),
        "datacontenttype": "application/json",
        "data": {"webhook": str(subscription.id)},
    }
    single = subscription.batch == 1
    body = msgspec.json.encode(event if single else [event])
    keys = await run_in_threadpool(webhooks.keys, subscription.id)
    headers = signed(keys, id_, int(now.timestamp()), body)
    sender = Sender(targets_of(house), lambda: house.clock().timestamp())
    try:
        answer = await sender.send(subscription.url, headers | {"Content-Type": SINGLE if single else BATCH}, body)
    finally:
        await sender.close()
    await run_in_threadpool(webhooks.note_test, subscription.id, id_, answer.status, answer.seconds, answer.error)
    return {
        "accepted": answer.accepted,
        "message": id_,
        "status": answer.status,
        "duration_ms": round(answer.seconds * 1000),
        "error": answer.error,
    }
