"""Is this a permit, and does it still hold? It is told, and nothing is refused."""

from datetime import datetime
from typing import Any

from api.clouds import moment
from api.errors import NotPermitted, PermitExpired, PermitInvalid, PermitMismatch, PermitUsed
from api.permitting.asking import at_head, decision_of, told_stop
from api.permitting.asking import signer as signer_of
from api.permitting.attempting import used_by
from api.wiring import House
from domain.door import instant, micros
from projections.permits import Wanted

STOPPED = "stopped"


def verify(house: House, permit: str, channel: str | None = None, purpose: str | None = None) -> dict[str, Any]:
    """Whether a permit is ours, allows the contact, is valid now, fits, is unused, and would be given again."""
    try:
        claims = signer_of(house).read(permit)
    except PermitInvalid as refusal:
        return _told(refusal, None, None)
    used = used_by(house, claims["jti"])
    refusal = _against(claims, {"channel": channel, "purpose": purpose}, house.now(), used)
    if refusal is not None:
        return _told(refusal, claims, used)
    head = at_head(house, claims["sub"])
    rest = (claims.get(name) for name in Wanted._fields[2:])
    decision = decision_of(house, head, Wanted(claims["channel"], claims["purpose"], *rest))
    found = [told_stop(head, stop, "en") for stop in decision.stops]
    told = _told(None, claims, used) | {"stops": found}
    if found:
        told |= {"valid": False, "because": STOPPED, "detail": " ".join(stop["says"] for stop in found)}
    return told


def _against(
    claims: dict[str, Any], carried: dict[str, str | None], now: datetime, used: str | None
) -> NotPermitted | None:
    for name, given in carried.items():
        if given is not None and given != claims[name]:
            return PermitMismatch(f"this permit is for {name} {claims[name]!r}, not for {given!r}")
    if not claims["allowed"]:
        return NotPermitted(f"this permit says no: {', '.join(claims['stops'])}")
    if not claims["nbf"] <= micros(now) / 1_000_000 < claims["exp"]:
        until = moment(instant(claims["exp"] * 1_000_000))
        return PermitExpired(f"this permit is valid until {until}, and now it is {moment(now)}")
    return PermitUsed(f"event {used} is the attempt that was made under it") if used else None


def _told(refusal: NotPermitted | None, claims: dict[str, Any] | None, used: str | None) -> dict[str, Any]:
    return {
        "valid": refusal is None,
        "because": refusal.code if refusal else None,
        "detail": refusal.detail if refusal else None,
        "claims": claims,
        "used_by": used,
        "stops": [],
    }
