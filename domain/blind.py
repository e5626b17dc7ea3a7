"""Keeps the blind indexes in step with what is recorded about identities and names.

An identification is entered before it is recorded, so that nobody who reads it misses it; a void or correction of one, and
whatever is found out of step, is mended by reading the customer's stream and entering everything anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from domain import upcast
from domain.door import Door, Touchpoint, micros
from domain.events import (
    CustomerIdentified,
    CustomerIdentifierRemoved,
    CustomerProfileChanged,
    CustomerRegistered,
    Event,
    TouchpointCorrected,
    TouchpointVoided,
)
from domain.identity import name_prefixes, name_query
from domain.keystore import KeyStore
from domain.order import effective
from domain.points import NewPoint
from domain.recorder import LedgerRecorder
from domain.routing import SELF
from domain.sealing import associated, unseal, uuid_bytes, uuid_text
from domain.vocabulary import name_of

Named = (CustomerRegistered, CustomerProfileChanged)
Identity = (CustomerIdentified, CustomerIdentifierRemoved, *Named)
IDENTITY = frozenset[type[Event]](Identity)
Amending = (TouchpointVoided, TouchpointCorrected)
TELLING = frozenset(
    str(t.__struct_config__.tag) for t in (*Identity, TouchpointVoided, TouchpointCorrected)
)  # or tells of one that does


class BlindIndex:
    """Contact points, external ids and names of customers, findable without being readable."""

    def __init__(self, keys: KeyStore, door: Door, recorder: LedgerRecorder) -> None:
        self._keys = keys
        self._secrets = keys.secrets
        self._door = door
        self._recorder = recorder

    def begin(self, sent: Sequence[tuple[Touchpoint, bytes]]) -> None:
        """Enter what these events say of identities; those that were received before say nothing new."""
        telling = [(t, c) for t, c in sent if type(t.event) in IDENTITY and t.event.source != SELF and t.sealed]
        if not telling:
            return
        known = self._recorder.received([t.id for t, _ in telling])
        points: list[NewPoint] = []
        names: list[tuple[bytes, bytes]] = []
        for t, customer in telling:
            if t.id in known:
                continue
            if isinstance(t.event, Named):
                names += ((token, customer) for token in self.name_tokens(t.sealed.get("name")))
            elif isinstance(t.event, CustomerIdentified | CustomerIdentifierRemoved):
                points.append(self._point(t.event, t.sealed["value"], customer))
        if names:
            self._keys.index_names(names)
        if points:
            self._keys.hold(points)

    def finish(
        self,
        registered: Iterable[bytes],
        sent: Sequence[tuple[Touchpoint, bytes]],
        refused: Sequence[tuple[Touchpoint, bytes]],
    ) -> None:
        """After recording: registrations are settled; what was voided, corrected or, after all, refused is entered anew."""
        if settled := set(registered):
            self._keys.confirm(settled)
        amended = {t.event.target: c for t, c in sent if isinstance(t.event, Amending)}
        in_vain: dict[bytes, list[bytes]] = defaultdict(list)
        for t, c in refused:
            if isinstance(t.event, Identity) and t.event.source != SELF:
                in_vain[c].append(t.id)
        telling = [(t, c) for t, c in sent if type(t.event) in IDENTITY and t.event.source != SELF]
        # A removal may stand before identifications that were passed over as said before; a correction, before its target.
        stale = {*in_vain, *(c for t, c in telling if isinstance(t.event, CustomerIdentifierRemoved))}
        if telling:
            stale |= self._recorder.amended([c for _, c in telling])
        if amended:
            types = self._recorder.types_of([uuid_bytes(target) for target in amended])
            stale |= {amended[uuid_text(target)] for target, type_ in types.items() if type_ in TELLING}
        for customer in stale:
            self.mend(customer, in_vain[customer])

    def mend(self, customer: bytes, in_vain: Sequence[bytes] = ()) -> None:
        """Enter everything of one customer anew, from their stream; forget what events said that were refused after all."""
        key = self._keys.keys([customer]).get(customer)
        if key is None:
            return
        opened: dict[int, dict[str, Any]] = {}
        events: list[Event] = []
        for fact in self._recorder.select_events(UUID(bytes=customer)):
            event = upcast.read(fact.state)
            msgspec.structs.force_setattr(event, "version", fact.originator_version)
            events.append(event)
            if fact.sealed is not None and isinstance(event, (*Identity, TouchpointCorrected)):
                parts = msgspec.json.decode(
                    unseal(key, fact.sealed, associated(customer, uuid_bytes(event.id), name_of(event)))
                )
                opened[fact.originator_version] = parts | parts.pop("sealed_data", {})
        points: list[NewPoint] = []
        names: set[bytes] = set()
        for event in effective(events):
            parts = opened.get(event.version, {})
            if isinstance(event, Named):
                names |= set(self.name_tokens(parts.get("name")))
            elif isinstance(event, CustomerIdentified | CustomerIdentifierRemoved) and parts.get("value"):
                points.append(self._point(event, parts["value"], customer))
        points.sort(key=lambda p: not p.removed)  # what ended must be known before a repetition is passed over
        self._keys.replace(customer, [*(uuid_bytes(e.id) for e in events), *in_vain], points, names)

    def name_tokens(self, name: str | None) -> list[bytes]:
        """Tokens of every prefix of every word of a name."""
        return [self._secrets.token("name", prefix) for prefix in name_prefixes(name or "")]

    def find(self, text: str, limit: int = 20) -> list[str]:
        """Customers one of whose names has, for each word of `text`, a word that begins so."""
        return self._keys.find_names(
            [[self._secrets.token("name", s) for s in word] for word in name_query(text)], limit
        )

    def _point(self, event: CustomerIdentified | CustomerIdentifierRemoved, value: str, customer: bytes) -> NewPoint:
        point = self._door.identifier(event, value)
        token, since = self._secrets.token(point.kind, point.text), None
        if isinstance(event, CustomerIdentified) and event.since is not None:
            since = micros(event.since)
        removed = isinstance(event, CustomerIdentifierRemoved)
        return NewPoint(token, point.kind, customer, uuid_bytes(event.id), event.at, since, point.shared, removed)
