"""A person says whose events those of a provisional customer are: void there, recorded anew where they belong, in one commit."""

from collections.abc import Sequence
from typing import Any

import msgspec

from domain.door import Touchpoint, micros
from domain.errors import Contradiction, Refusal
from domain.events import CustomerRegistered, Event, TouchpointVoided
from domain.ledger import Ledger, Receipt
from domain.order import effective
from domain.recorder import Guard
from domain.sealing import uuid_bytes, uuid_text
from domain.upcast import write
from domain.vocabulary import name_of

SOURCE = "urn:jejak:attribution"


def attribute(
    ledger: Ledger, provisional: str, to: str, *, actor: str, events: Sequence[str] | None = None
) -> list[Receipt]:
    """Move `events` (ids; default: all) from a provisional customer to the one they are about; the receipts of the new events.

    Said again, it is answered as the first time. Contradiction where the customer is not provisional or an event is not (or
    no longer) theirs; StaleVersion where the history moved on meanwhile; UnknownCustomer where `to` is none of ours.
    """
    if to == provisional:
        raise Contradiction(
            "this is the provisional customer itself; name the one whose events these are", pointer="/to"
        )
    history = ledger.stream(provisional)
    current = {e.id: e for e in effective(history) if not isinstance(e, CustomerRegistered | TouchpointVoided)}
    if not any(isinstance(e, CustomerRegistered) and e.provisional for e in history):
        raise Contradiction(
            f"{provisional} is not provisional; only events whose customer is still open can be attributed",
            pointer="/ref",
        )
    chosen = list(current) if events is None else list(events)
    if not current.keys() & set(chosen) and (done := _done_before(ledger, history, to, chosen)):
        return done
    if missing := [e for e in chosen if e not in current] or (not chosen and ["(none)"]):
        raise Contradiction(f"not, or no longer, on {provisional}: {', '.join(missing)}", pointer="/events")
    opened = ledger.open(provisional, [current[e].version for e in chosen])
    touchpoints: list[Touchpoint] = []
    for id_ in chosen:
        event = current[id_]
        anew = _anew(ledger, event, to, actor, opened.get(event.version, {}))
        touchpoints += [_void(ledger, event, provisional, to, actor), anew]
    guard = Guard(0, uuid_bytes(provisional), max(e.version for e in history))
    outcomes = ledger.append(touchpoints, atomic=True, guards=[guard])
    if refused := next((o for o in outcomes if isinstance(o, Refusal)), None):
        raise refused
    return [o for o in outcomes[1::2] if isinstance(o, Receipt)]


def _done_before(ledger: Ledger, history: Sequence[Event], to: str, chosen: Sequence[str]) -> list[Receipt]:
    """The receipts of an attribution to the same customer that took place before; [] where it did not, or not of all of them."""
    moved = [e.target for e in history if isinstance(e, TouchpointVoided) and e.attributed_to == to]
    wanted = [target for target in moved if not chosen or target in chosen]
    if not wanted or (chosen and set(wanted) != set(chosen)):
        return []
    ids = [ledger.keys.secrets.event_id(SOURCE, f"{target}>{to}") for target in wanted]
    found = ledger.recorder.received(ids)
    return [
        Receipt(
            status="duplicate",
            id=uuid_text(id_),
            customer=uuid_text(known.customer),
            version=known.version,
            position=known.position,
            recorded_at=known.recorded_at,
        )
        for id_ in ids
        if (known := found.get(id_)) is not None
    ]


def _void(ledger: Ledger, event: Event, provisional: str, to: str, actor: str) -> Touchpoint:
    id_ = ledger.keys.secrets.event_id(SOURCE, f"void:{event.id}>{to}")
    void = TouchpointVoided(
        id=uuid_text(id_),
        at=micros(ledger.now()),
        source=SOURCE,
        actor=actor,
        target=event.id,
        reason="attributed",
        attributed_to=to,
    )
    return _touchpoint(void, id_, provisional, {})


def _anew(ledger: Ledger, event: Event, to: str, actor: str, sealed: dict[str, Any]) -> Touchpoint:
    id_ = ledger.keys.secrets.event_id(SOURCE, f"{event.id}>{to}")
    sealed = {name: part for name, part in sealed.items() if name != "sent_as"}  # that is the first one's, for ever
    anew = msgspec.structs.replace(event, id=uuid_text(id_), actor=actor, version=0)
    return _touchpoint(anew, id_, to, sealed)


def _touchpoint(event: Event, id_: bytes, customer: str, sealed: dict[str, Any]) -> Touchpoint:
    # The content is the act itself: saying the same thing twice is a repetition.
    return Touchpoint(
        event=event,
        id=id_,
        clear=write(event),
        sealed=sealed,
        content=id_,
        occurred=event.at,
        type=name_of(event),
        customer=customer,
    )
