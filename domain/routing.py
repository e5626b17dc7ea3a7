"""Whose stream an event belongs to: decided once, by the holder of its contact point at `occurred_at`, and kept with it.

Nobody holding the point registers a new customer; several holding it puts the event on a provisional customer until a person
says whose it is. Registration is repeated by every sender until one has recorded it, under an id that all of them share, so
that a sender that dies in between leaves nothing half done.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Struct

from domain.door import Point, Touchpoint, instant
from domain.errors import Refusal, UnknownCustomer
from domain.events import (
    Beside,
    CalendarPublished,
    CustomerIdentified,
    CustomerRegistered,
    Event,
    ProductListed,
    ProductRetired,
    RulebookPromoted,
    RulebookPublished,
    RulebookRolledBack,
    StaffAbsent,
    StaffChanged,
    StaffRegistered,
)
from domain.keystore import REMEMBERED, KeyStore
from domain.points import Holding, holders
from domain.sealing import uuid_bytes, uuid_text
from domain.vocabulary import name_of

SELF = "urn:jejak:identity"  # the source of events that routing itself brings about


class Route(Struct):
    """Where one event goes, and the registration that goes before it while that may not be recorded yet."""

    customer: bytes
    before: Sequence[Touchpoint] = ()


class Router:
    """Finds customers by what senders know of them."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._secrets = keys.secrets
        self._token = lru_cache(maxsize=65_536)(keys.secrets.token)
        self._settled: set[bytes] = set()  # customers whose registration is known to be recorded

    def route(self, touchpoints: Sequence[Touchpoint]) -> list[Route | Refusal]:
        """One route or refusal for each, in order; claims points that nobody holds."""
        tokens = [None if t.point is None else self.token(t.point) for t in touchpoints]
        held = self._keys.holdings(token for token in tokens if token is not None)
        found = [_holders(t, token, held) for t, token in zip(touchpoints, tokens, strict=True)]
        unheld = [i for i, (token, who) in enumerate(zip(tokens, found, strict=True)) if token is not None and not who]
        if unheld:
            claims = [
                (token, t.point.kind, t.occurred)
                for t, token in ((touchpoints[i], tokens[i]) for i in unheld)
                if token is not None and t.point is not None
            ]
            held |= self._keys.claim(claims, self._identified_id)
            for i in unheld:
                found[i] = _holders(touchpoints[i], tokens[i], held)
        return [self._one(t, token, who, held) for t, token, who in zip(touchpoints, tokens, found, strict=True)]

    def settle(self, customers: Iterable[bytes]) -> None:
        """These customers' registrations are recorded; nobody has to repeat them."""
        if len(self._settled) > REMEMBERED:
            self._settled.clear()
        self._settled.update(customers)

    def find(self, point: Point, at: int) -> list[bytes]:
        """Who holds a point at `at` (µs): nobody, one, or several."""
        token = self.token(point)
        return [h.customer for h in holders(self._keys.holdings([token]).get(token, ()), at)]

    def token(self, point: Point) -> bytes:
        """The blind-index token of a point."""
        return self._token(point.kind, point.text)

    def _one(
        self, t: Touchpoint, token: bytes | None, found: Sequence[Holding], held: Mapping[bytes, Sequence[Holding]]
    ) -> Route | Refusal:
        if token is None or t.point is None:
            return Route(self.stream_beside(t.event)) if isinstance(t.event, Beside) else self._by_id(t)
        if len(found) > 1:
            customer = self._keys.provisional(token)
            if customer in self._settled:
                return Route(customer)
            return Route(customer, [self._registered(customer, t, provisional=True)])
        holder = found[0]
        if not holder.claimed:
            return Route(holder.customer)
        since = holder.since if holder.since > min(h.since for h in held[token]) else None
        before = [self._identified(holder.customer, t, t.point, since)]
        if not isinstance(t.event, CustomerRegistered):
            before.insert(0, self._registered(holder.customer, t, provisional=False))
        return Route(holder.customer, before)

    def _by_id(self, t: Touchpoint) -> Route | Refusal:
        if (stranger := self.stranger(t)) is not None:
            return stranger
        customer = uuid_bytes(t.customer or "")
        if isinstance(t.event, CustomerRegistered) and not self._keys.ensure_keys([customer]):
            return _unknown(t)
        return Route(customer)

    def stranger(self, t: Touchpoint) -> Refusal | None:
        """The refusal of an event that names a customer by an id that we do not know."""
        if t.customer is None or isinstance(t.event, CustomerRegistered) or self._keys.keys([uuid_bytes(t.customer)]):
            return None
        return _unknown(t)

    def stream_beside(self, event: Beside) -> bytes:
        """The stream of something that is not a customer; made with a key, as a person at work has a name too."""
        stream = uuid_bytes(self._secrets.ref("stream", "", _beside_name(event)))
        self._keys.ensure_keys([stream])
        return stream

    def _identified_id(self, customer: bytes) -> bytes:
        return self._secrets.event_id(SELF, f"identified:{customer.hex()}")

    def _registered(self, customer: bytes, prompt: Touchpoint, *, provisional: bool) -> Touchpoint:
        id_ = self._secrets.event_id(SELF, f"registered:{customer.hex()}")
        event = CustomerRegistered(
            id=uuid_text(id_),
            at=prompt.occurred,
            offset=prompt.event.offset,
            source=SELF,
            actor=prompt.event.actor,
            provisional=provisional,
        )
        return self._own(event, id_, {}, prompt)

    def _identified(self, customer: bytes, prompt: Touchpoint, point: Point, since: int | None) -> Touchpoint:
        id_ = self._identified_id(customer)
        kind = "external" if point.kind.startswith("external:") else point.kind
        event = CustomerIdentified(
            id=uuid_text(id_),
            at=prompt.occurred,
            offset=prompt.event.offset,
            source=SELF,
            actor=prompt.event.actor,
            kind=msgspec.convert(kind, CustomerIdentified.__annotations__["kind"]),
            scheme=point.scheme,
            since=None if since is None else instant(since),
        )
        return self._own(event, id_, {"value": point.given}, prompt)

    def _own(self, event: Event, id_: bytes, sealed: dict[str, str], prompt: Touchpoint) -> Touchpoint:
        return Touchpoint(
            event=event,
            id=id_,
            clear=msgspec.json.encode(event),
            sealed=dict(sealed),
            # The same whoever sends it first: a second sender's registration is a repetition, never a contradiction.
            content=id_,
            occurred=event.at,
            type=name_of(event),
            recorded=prompt.recorded,
        )


def _holders(t: Touchpoint, token: bytes | None, held: Mapping[bytes, Sequence[Holding]]) -> Sequence[Holding]:
    return () if token is None else holders(held.get(token, ()), t.occurred)


def _unknown(t: Touchpoint) -> Refusal:
    return UnknownCustomer(
        f"{t.customer} is no customer of ours, or was forgotten; name them by an external id or a contact point",
        pointer="/subject",
    )


def _beside_name(event: Beside) -> str:
    match event:
        case StaffRegistered() | StaffChanged() | StaffAbsent():
            return f"staff:{event.staff}"
        case ProductListed() | ProductRetired():
            return f"product:{event.product}"
        case CalendarPublished():
            return f"calendar:{event.calendar}"
        case RulebookPublished() | RulebookPromoted() | RulebookRolledBack():
            return "rulebook"
        case _:
            raise TypeError(f"{name_of(event)} has no stream of its own")
