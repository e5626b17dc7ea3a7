"""The ledger: touchpoints go in through the door, are routed, sealed and appended; histories come out.

    door (read strictly) -> routing (whose is it) -> sealing (with whose key) -> recorder (duplicate? which place?)

Everything here is safe to call from several threads and several processes at once.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from domain import upcast
from domain.blind import BlindIndex
from domain.door import Door, Touchpoint
from domain.errors import Abandoned, DifferentContent, InvalidEvent, NotEmpty, Refusal, StaleVersion, UnknownCustomer
from domain.events import Event
from domain.identity import OWN
from domain.keystore import KeyStore
from domain.points import FOREVER
from domain.pools import Connections
from domain.recorder import EventMapper, Guard, Item, LedgerRecorder, Outcome, Recorded
from domain.routing import Route, Router
from domain.sealing import NONCE, associated, seal, unseal, uuid_bytes, uuid_text


class Receipt(Struct, gc=False, frozen=True, kw_only=True):
    """What became of an event: `accepted` is what a dry run says of one that would be recorded."""

    status: Literal["recorded", "duplicate", "accepted"]
    id: str
    customer: str
    version: int | None = None
    position: int | None = None
    recorded_at: datetime | None = None


class Sending(Struct, gc=False):
    """One event on its way, and where its outcome goes."""

    touchpoint: Touchpoint
    customer: bytes
    unit: int
    slot: int | None  # None: a registration that routing put in front


class Ledger:
    """The one way in and out of the history."""

    def __init__(self, pool: Connections, keys: KeyStore, *, clock: Callable[[], datetime], region: str = "ID") -> None:
        self.recorder = LedgerRecorder(pool)
        self.mapper = EventMapper()
        self.keys = keys
        self.door = Door(keys.secrets, region)
        self.router = Router(keys)
        self.blind = BlindIndex(keys, self.door, self.recorder)
        self._clock = clock

    def now(self) -> datetime:
        """The clock that the ledger was given: the time of commands."""
        return self._clock()

    # --- in -----------------------------------------------------------------------------------------------------------

    def record(
        self,
        clouds: Sequence[Mapping[str, Any]],
        *,
        actor: str,
        atomic: bool = False,
        dry_run: bool = False,
        backfill: bool = False,
    ) -> list[Receipt | Refusal]:
        """Record CloudEvents; one outcome each, in order.

        `atomic` records all or none; `dry_run` records nothing and says what would be; `backfill` takes `recordedtime` as the
        recorded time, for an administrator's import into an empty ledger.
        """
        admitted = [self.admit(cloud, actor=actor, backfill=backfill) for cloud in clouds]
        if backfill:
            admitted = _going_forward(admitted)
        if atomic and any(isinstance(a, Refusal) for a in admitted):
            return [a if isinstance(a, Refusal) else _abandoned() for a in admitted]
        sound = [a for a in admitted if not isinstance(a, Refusal)]
        outcomes = iter(self._try(sound) if dry_run else self.append(sound, atomic=atomic))
        return [a if isinstance(a, Refusal) else next(outcomes) for a in admitted]

    def admit(self, cloud: Mapping[str, Any], *, actor: str, backfill: bool = False) -> Touchpoint | Refusal:
        """Read one CloudEvent; nothing is recorded yet."""
        try:
            touchpoint = self.door.admit(cloud, actor=actor, now=self._clock())
        except Refusal as refusal:
            return refusal
        if touchpoint.event.source.startswith(OWN) and not backfill:
            return InvalidEvent(
                f"source {OWN}… is for what Jejak itself records; the name of the sending system would be right",
                pointer="/source",
            )
        if (touchpoint.recorded is not None) != backfill:
            return NotEmpty(
                "recordedtime is for an administrator's import of history into an empty ledger, "
                "and needed for each event there",
                pointer="/recordedtime",
            )
        return touchpoint

    def append(
        self, touchpoints: Sequence[Touchpoint], *, atomic: bool = False, guards: Sequence[Guard] = ()
    ) -> list[Receipt | Refusal]:
        """Record what the door let in; one outcome each. An item's failure does not touch its neighbours, unless `atomic`.

        Guards name units by the index of their touchpoint (0 where `atomic`).
        """
        self.keys.refresh()
        outcomes: list[Receipt | Refusal | None] = [None] * len(touchpoints)
        sendings, repeats = self._sendings(touchpoints, self.router.route(touchpoints), outcomes, atomic=atomic)
        for slot, first in repeats.items():
            if touchpoints[slot].content != touchpoints[first].content:
                outcomes[slot] = _different(touchpoints[slot])
        items = self._items(sendings, outcomes)
        if atomic and any(isinstance(o, Refusal) for o in outcomes):
            return [o if isinstance(o, Refusal) else _abandoned() for o in outcomes]
        self.blind.begin([(s.touchpoint, s.customer) for s in sendings])
        kept = [(s, item) for s, item in zip(sendings, items, strict=True) if item is not None]
        try:
            rows = self.recorder.append([item for _, item in kept], guards)
        except NotEmpty as refusal:
            self._finish(kept, [])
            return [o if isinstance(o, Refusal) else refusal for o in outcomes]
        for row in rows:
            sending, _ = kept[row.item - 1]
            if sending.slot is not None:
                outcomes[sending.slot] = _outcome(sending, row)
        self._finish(kept, rows)
        for slot, first in repeats.items():
            outcomes[slot] = _repeat(touchpoints[slot], touchpoints[first], outcomes[first])
        return [o if o is not None else _abandoned() for o in outcomes]

    def _finish(self, kept: Sequence[tuple[Sending, Item]], rows: Sequence[Outcome]) -> None:
        """Settle the new customers whose registration is recorded; enter anew what the indexes were told of in vain."""
        recorded = {row.item - 1 for row in rows if row.status in "rd"}
        registrations = [(i, s.customer, item) for i, (s, item) in enumerate(kept) if s.slot is None]
        settled = [customer for i, customer, _ in registrations if i in recorded]
        if len(settled) < len(registrations):
            # The event that a registration stood in front of was refused, but others of the same customer were not.
            known = {s.customer for i, (s, _) in enumerate(kept) if i in recorded}
            late = [item for i, customer, item in registrations if i not in recorded and customer in known]
            self.recorder.append([item._replace(unit=0) for item in late])
            settled += [item.customer for item in late]
        self.router.settle(settled)
        sent = [(s.touchpoint, s.customer) for s, _ in kept]
        self.blind.finish(
            settled,
            sent,
            [pair for i, pair in enumerate(sent) if i not in recorded] if len(recorded) < len(sent) else (),
        )

    def _sendings(
        self,
        touchpoints: Sequence[Touchpoint],
        routes: Sequence[Route | Refusal],
        outcomes: list[Receipt | Refusal | None],
        *,
        atomic: bool,
    ) -> tuple[list[Sending], dict[int, int]]:
        """What is to be sent, each id once, and which slots repeat an earlier one of the same call."""
        sendings: list[Sending] = []
        seen: dict[bytes, int] = {}
        repeats: dict[int, int] = {}
        for slot, (touchpoint, route) in enumerate(zip(touchpoints, routes, strict=True)):
            unit = 0 if atomic else slot
            if isinstance(route, Refusal):
                outcomes[slot] = route
            elif touchpoint.id in seen:
                repeats[slot] = seen[touchpoint.id]
            else:
                for before in route.before:
                    if before.id not in seen:
                        seen[before.id] = slot
                        sendings.append(Sending(before, route.customer, unit, None))
                seen[touchpoint.id] = slot
                sendings.append(Sending(touchpoint, route.customer, unit, slot))
        return sendings, repeats

    def _items(self, sendings: Sequence[Sending], outcomes: list[Receipt | Refusal | None]) -> list[Item | None]:
        """Seal each event with its customer's key; one whose key is gone cannot be recorded."""
        keys = self.keys.keys(s.customer for s in sendings if s.touchpoint.sealed)
        nonces = os.urandom(NONCE * len(sendings))
        items: list[Item | None] = []
        recorded: int | None = None
        for i, s in enumerate(sendings):
            t, sealed = s.touchpoint, None
            # No two events have the same recorded time, so that a time of knowledge is a position.
            recorded = None if t.recorded is None else max(t.recorded, -FOREVER if recorded is None else recorded + 1)
            type_ = t.type.encode()
            if t.sealed:
                key = keys.get(s.customer)
                if key is None:
                    if s.slot is not None:
                        outcomes[s.slot] = UnknownCustomer(
                            f"customer {uuid_text(s.customer)} was forgotten", pointer="/subject"
                        )
                    items.append(None)
                    continue
                plain = msgspec.json.encode(t.sealed)
                sealed = seal(key, plain, s.customer + t.id + type_, nonces[i * NONCE : (i + 1) * NONCE])
            items.append(Item(s.customer, t.id, t.content, s.unit, t.occurred, type_, t.clear, sealed, recorded))
        return items

    def _try(self, touchpoints: Sequence[Touchpoint]) -> list[Receipt | Refusal]:
        """What would become of each event, as far as can be known without recording."""
        self.keys.refresh()
        found = self.recorder.received([t.id for t in touchpoints])
        outcomes: list[Receipt | Refusal] = []
        for t in touchpoints:
            known = found.get(t.id)
            if known is not None and known.content != t.content:
                outcomes.append(_different(t))
            elif known is not None:
                outcomes.append(
                    Receipt(
                        status="duplicate",
                        id=t.event.id,
                        customer=uuid_text(known.customer),
                        version=known.version,
                        position=known.position,
                        recorded_at=known.recorded_at,
                    )
                )
            elif (stranger := self.router.stranger(t)) is not None:
                outcomes.append(stranger)
            else:
                holders = [] if t.point is None else self.router.find(t.point, t.occurred)
                who = uuid_text(holders[0]) if len(holders) == 1 else t.customer or ""
                outcomes.append(Receipt(status="accepted", id=t.event.id, customer=who))
        return outcomes

    # --- out ----------------------------------------------------------------------------------------------------------

    def feed(self, after: int, limit: int, types: Sequence[str] = (), customer: str | None = None) -> list[Recorded]:
        """Events behind a position, in order. Whoever sees one has been shown all before it that match."""
        return [self.mapper.to_domain_event(fact) for fact in self.recorder.page(after, limit, types, customer)]

    def stream(self, customer: str, known_at: int | None = None) -> list[Event]:
        """A customer's events by version, `.version` set; only what was recorded up to position `known_at`."""
        clears, versions = self.recorder.history(UUID(customer), known_at)
        events = upcast.read_many(clears)
        for event, version in zip(events, versions, strict=True):
            structs.force_setattr(event, "version", version)
        return events

    def head(self) -> int:
        """The last position; 0 in an empty ledger."""
        return self.recorder.max_notification_id() or 0

    def position_at(self, known_at: datetime) -> int:
        """The last position that was recorded at that time; 0 before the first."""
        return self.recorder.position_at(known_at)

    def open(self, customer: str, versions: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The opened sealed parts by version; {} for what has none, and for all of them once the key is destroyed."""
        self.keys.refresh()
        facts = self.recorder.facts(UUID(customer), versions)
        raw = uuid_bytes(customer)
        key = self.keys.keys([raw]).get(raw)
        opened: dict[int, dict[str, Any]] = {}
        for fact in facts:
            parts: dict[str, Any] = {}
            if fact.sealed is not None and key is not None:
                event_id = uuid_bytes(upcast.read(fact.state).id)
                parts = msgspec.json.decode(unseal(key, fact.sealed, associated(raw, event_id, fact.topic)))
            opened[fact.originator_version] = parts | parts.pop("sealed_data", {})
        return opened


def _going_forward(admitted: Sequence[Touchpoint | Refusal]) -> list[Touchpoint | Refusal]:
    """Refuse what is back-filled out of the order in which it was recorded."""
    kept: list[Touchpoint | Refusal] = []
    last = -FOREVER
    for a in admitted:
        back = isinstance(a, Touchpoint) and a.recorded is not None and a.recorded < last
        kept.append(
            NotEmpty(
                "recordedtime goes back; send history in the order in which it was recorded", pointer="/recordedtime"
            )
            if back
            else a
        )
        if isinstance(a, Touchpoint) and a.recorded is not None:
            last = max(last, a.recorded)
    return kept


def _outcome(sending: Sending, row: Outcome) -> Receipt | Refusal:
    t = sending.touchpoint
    if row.status == "c":
        return _different(t)
    if row.status == "s":
        return StaleVersion(f"customer {row.customer} is at version {row.version} by now; look again and decide anew")
    if row.status == "a":
        return _abandoned()
    return Receipt(
        status="recorded" if row.status == "r" else "duplicate",
        id=t.event.id,
        customer=uuid_text(sending.customer) if row.customer is None else str(row.customer),
        version=row.version,
        position=row.position,
        recorded_at=row.recorded_at,
    )


def _repeat(again: Touchpoint, first: Touchpoint, outcome: Receipt | Refusal | None) -> Receipt | Refusal:
    """The outcome of an event that stands a second time in the same call."""
    if again.content != first.content:
        return _different(again)
    if isinstance(outcome, Receipt) and outcome.status == "recorded":
        return structs.replace(outcome, status="duplicate")
    return outcome if outcome is not None else _abandoned()


def _different(t: Touchpoint) -> Refusal:
    return DifferentContent(
        f"event {t.event.id} of {t.event.source} was recorded with other content; "
        "correct it with touchpoint.corrected, or send a new id",
        pointer="/id",
    )


def _abandoned() -> Refusal:
    return Abandoned("not recorded, because another item of the same atomic batch was refused")
