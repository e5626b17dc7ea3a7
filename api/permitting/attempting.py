"""Receipts: an attempt leaves `contact.attempted` with the permit under which it took place, also one that was held."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from api.clouds import moment
from api.errors import NotPermitted, PermitExpired, PermitMismatch, PermitUsed
from api.permitting.asking import signer
from api.permitting.signing import ISSUER, Signer
from api.references import customer_of
from api.wiring import House
from domain.door import instant, micros
from domain.errors import DifferentContent, Refusal
from domain.events import ContactAttempted
from domain.ledger import Receipt
from domain.sealing import uuid_text

HELD = "held"


class Attempt(NamedTuple):
    """What somebody tried, or held back."""

    outcome: str
    permit: str | None = None
    """The token."""
    channel: str | None = None
    purpose: str | None = None
    reason: str | None = None
    staff: str | None = None
    outreach: str | None = None
    time: datetime | None = None
    """When it began; absent: now."""


def attempt(house: House, ref: str, tried: Attempt, *, actor: str) -> Receipt:
    """Record an attempt, once for each permit; the same again (with its time) answers as the first time.

    PermitInvalid, PermitExpired, PermitMismatch, PermitUsed, NotPermitted: the sentence says what would be right.
    """
    now = house.now()
    customer = customer_of(house, ref, now)
    claims = {} if tried.permit is None else signer(house).read(tried.permit)
    at = tried.time or now
    data = _data(customer, tried, claims, micros(at))
    cloud = {
        "specversion": "1.0",
        "type": "contact.attempted",
        "source": ISSUER,
        "id": claims.get("jti") or f"held:{uuid.uuid4()}",
        "time": at.isoformat(),
        "subject": customer,
        "data": data,
    }
    touchpoint = house.ledger.door.admit(cloud, actor=actor, now=max(house.ledger.now(), now))
    [outcome] = house.ledger.append([touchpoint])
    if isinstance(outcome, DifferentContent):
        raise PermitUsed(
            f"an attempt was recorded under this permit already, as event {touchpoint.event.id}; "
            "each attempt needs a permit of its own",
            pointer="/permit",
        )
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _data(customer: str, tried: Attempt, claims: dict[str, Any], at: int) -> dict[str, Any]:
    """The event's data. A refusal where the permit does not cover the attempt."""
    if not claims:
        if tried.outcome != HELD:
            raise NotPermitted(
                "an attempt needs a permit: ask with POST /v1/customers/{ref}/permits; what took place in another "
                "system without one is posted to /v1/events as contact.attempted",
                pointer="/permit",
            )
        if tried.channel is None or tried.purpose is None:
            raise PermitMismatch("without a permit, channel and purpose have to be given", pointer="/channel")
    _fitting(customer, tried, claims)
    if claims and tried.outcome != HELD:
        if not claims["allowed"]:
            raise NotPermitted(
                f"this permit says no ({', '.join(claims['stops'])}); outcome {HELD!r} would be right",
                pointer="/outcome",
            )
        since, until = claims["nbf"] * 1_000_000, claims["exp"] * 1_000_000
        if not since <= at < until:
            raise PermitExpired(
                f"this permit was valid from {moment(instant(since))} until {moment(instant(until))}, and the attempt "
                f"began {moment(instant(at))}; ask for another one",
                pointer="/permit",
            )
    stops: list[str] = claims.get("stops", [])
    given: dict[str, str | None] = {
        "channel": claims.get("channel", tried.channel),
        "purpose": claims.get("purpose", tried.purpose),
        "outcome": tried.outcome,
        "permit": claims.get("jti"),
        "reason": tried.reason or (stops[0] if tried.outcome == HELD and stops else None),
        "staff": tried.staff or claims.get("staff"),
        "outreach": tried.outreach or claims.get("outreach"),
    }
    return {name: value for name, value in given.items() if value is not None}


def _fitting(customer: str, tried: Attempt, claims: dict[str, Any]) -> None:
    if claims and claims["sub"] != customer:
        raise PermitMismatch(f"this permit is for customer {claims['sub']}, not for {customer}", pointer="/permit")
    for name in ("channel", "purpose", "staff"):
        asked, given = claims.get(name), getattr(tried, name)
        if claims and asked is not None and given is not None and asked != given:
            raise PermitMismatch(f"this permit is for {name} {asked!r}, not for {given!r}", pointer=f"/{name}")


def used_by(house: House, permit: str) -> str | None:
    """The event of the attempt under the permit with this id; None: there was none."""
    id_ = house.ledger.keys.secrets.event_id(ISSUER, permit)
    return uuid_text(id_) if house.ledger.recorder.received([id_]) else None


def standing(sign: Signer, customer: str, event: ContactAttempted) -> str:
    """How a receipt stands to the permit that it names: valid, denied, expired, held, or without one of ours."""
    if event.outcome == HELD:
        return "held"
    span = sign.read_id(event.permit, customer, event.channel, event.purpose) if event.permit else None
    if span is None:
        return "without-permit"
    if not span.allowed:
        return "denied"
    return "valid" if span.since <= event.at < span.until else "expired"
