"""May I, now, on this channel, for this purpose? Asked at the head of the stream; the asking leaves no fact."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from api import answers
from api.clouds import moment
from api.commanding.doing import rules_shown
from api.errors import BadRequest
from api.permitting.signing import ISSUER, Signer, Span
from api.references import customer_of
from api.wiring import House
from domain.door import instant, micros
from domain.errors import UnknownCustomer
from domain.events import Event
from domain.facts import NEVER
from domain.openings import zone_named
from domain.rules import Rules
from projections import fold
from projections.asof import state_at
from projections.explaining.stops import told
from projections.explaining.words import TONGUES, Language
from projections.permission import Stop
from projections.permits import Decision, Wanted, decide
from projections.reach import zone_of
from projections.state import State

_SECOND = 1_000_000
_INSTANTS = frozenset({"from", "until", "since", "at", "ended"})


class Head(NamedTuple):
    """A customer as they are known at this moment, by all that was recorded."""

    customer: str
    state: State
    rules: Rules
    events: list[Event]
    version: int
    position: int
    now: int


def signer(house: House) -> Signer:
    """Makes and reads the permits of this ledger."""
    return Signer(house.ledger.keys.secrets.permit_key)


def at_head(house: House, ref: str) -> Head:
    """Fold a customer up to now, from the ledger and not from rows. UnknownCustomer where nothing is known of them yet."""
    now = house.now()
    customer = customer_of(house, ref, now)
    position = house.ledger.head()  # before the history, which then holds all up to there
    events = house.ledger.stream(customer)
    rules = rules_shown(house)
    then = state_at(fold, events, rules, micros(now)) if events else None
    if then is None:
        raise UnknownCustomer("nothing is known of this customer yet", pointer="/path/ref")
    fold.settle(then.state, rules, micros(now))
    return Head(customer, then.state, rules, events, max(e.version for e in events), position, micros(now))


def ask(house: House, ref: str, wanted: Wanted, *, language: Language = "en") -> dict[str, Any]:
    """A signed answer, with all that it rests on."""
    head = at_head(house, ref)
    decision = decision_of(house, head, wanted)
    if decision.until // _SECOND <= decision.at // _SECOND and decision.allowed:
        raise BadRequest("what stops this contact begins within this second; ask again in a moment")
    span = Span(decision.at, decision.until, decision.allowed)
    sign = signer(house)
    id_ = sign.id_of(head.customer, wanted.channel, wanted.purpose, span)
    told_ = shown(head, wanted, decision, language)
    claims = {
        "iss": ISSUER,
        "sub": head.customer,
        "jti": id_,
        "iat": decision.at // _SECOND,
        "nbf": decision.at // _SECOND,
        "exp": decision.until // _SECOND,
        **_asked(wanted),
        "allowed": decision.allowed,
        "stops": [stop.reason for stop in decision.stops],
        "events": told_["events"],
        "rulebook": head.rules.version,
        "position": head.position,
        "version": head.version,
    }
    return {
        "permit": sign.sign(claims),
        "id": id_,
        "customer": head.customer,
        "allowed": decision.allowed,
        "valid_from": _time(decision.at // _SECOND * _SECOND),
        "valid_until": _time(decision.until // _SECOND * _SECOND),
        **_asked(wanted),
        **told_,
        "rulebook": head.rules.version,
        "position": head.position,
        "version": head.version,
    }


def decision_of(house: House, head: Head, wanted: Wanted) -> Decision:
    """Decide on a customer at the head of the stream."""
    person = house.people.at_head().staff(head.now).get(wanted.staff) if wanted.staff else None
    return decide(head.state, head.rules, wanted, head.now, person)


def _asked(wanted: Wanted) -> dict[str, Any]:
    return {name: value for name, value in wanted._asdict().items() if value is not None}


def shown(head: Head, wanted: Wanted, decision: Decision, language: Language) -> dict[str, Any]:
    """What stops the contact, from when on it may take place, on what that rests, and the events of all of it."""
    found = [told_stop(head, stop, language) for stop in decision.stops]
    basis = _plain(decision.basis)
    return {
        "stops": found,
        "advice": [told_stop(head, stop, language) for stop in decision.advice],
        "next_at": answers.shown(decision.next_at),
        "basis": basis,
        "events": _cited(decision),
    }


def told_stop(head: Head, stop: Stop, language: Language) -> dict[str, Any]:
    """A stop for an answer; in words its dates are in the customer's own time."""
    return {
        "reason": stop.reason,
        "says": told(stop, TONGUES[language], zone_named(zone_of(head.state.customer, head.rules))),
        "until": answers.shown(stop.until),
        "events": list(stop.events),
        "measured": _plain(stop.detail),
    }


def _cited(decision: Decision) -> list[str]:
    """Every event that the answer names, once."""
    basis = decision.basis
    cited = [event for stop in decision.stops for event in stop.events]
    cited += [basis[part]["event"] for part in ("consent", "refusals", "window") if basis[part]["event"]]
    cited += [event for limit in basis["limits"] for event in limit["events"]]
    cited += [case["event"] for case in basis["complaints"]["open"]]
    if basis["complaints"]["resolved"]:
        cited.append(basis["complaints"]["resolved"]["event"])
    if basis["agreed"]:
        cited.append(basis["agreed"]["event"])
    return list(dict.fromkeys(cited))


def _plain(value: Any, name: str = "") -> Any:
    """Instants (µs) as text, and spans as seconds."""
    if isinstance(value, dict):
        return {key: _plain(inner, key) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in cast("Sequence[Any]", value)]
    if name == "within":
        return value // _SECOND
    if name in _INSTANTS and isinstance(value, int):
        return None if value >= NEVER else _time(value)
    return value


def _time(at: int) -> str | None:
    return moment(instant(at))


__all__ = ["Head", "ask", "at_head", "decision_of", "shown", "signer", "told_stop"]
