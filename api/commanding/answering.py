"""What is said of a command that was carried out, or would be."""

from collections.abc import Sequence
from typing import Literal

from api.commanding.orders import Contradicted, Done, Made, Notice, Order
from api.commanding.situations import Afterwards, View
from domain.door import Touchpoint, instant, micros
from domain.events import ComplaintResponded, Conversation, Event, OutreachPlanned, PromiseMade
from domain.ledger import Receipt
from domain.recorder import Received
from domain.vocabulary import name_of, ref_fields

Status = Literal["recorded", "duplicate", "accepted"]


def recorded(
    order: Order, touchpoint: Touchpoint, receipt: Receipt, after: Afterwards, warned: tuple[Notice, ...]
) -> Done:
    """It is done."""
    made = _made(receipt, touchpoint.type)
    return _done(order, receipt.customer, receipt.status, made, touchpoint.event, after, warned)


def accepted(order: Order, touchpoint: Touchpoint, after: Afterwards, warned: tuple[Notice, ...]) -> Done:
    """It would be done."""
    made = Made(id=touchpoint.event.id, type=touchpoint.type, version=None, position=None, recorded_at=None)
    return _done(order, order.customer, "accepted", made, touchpoint.event, after, warned)


def repeated(order: Order, customer: str, event: Event, known: Received) -> Done:
    """It was done before."""
    made = Made(
        id=event.id,
        type=name_of(event),
        version=known.version,
        position=known.position,
        recorded_at=known.recorded_at,
    )
    return _done(order, customer, "duplicate", made, event)


def attributed(order: Order, customer: str, receipts: Sequence[Receipt]) -> Done:
    """Contacts stand on the customer whose they are."""
    return Done(
        command=order.name,
        id=order.id,
        customer=customer,
        status=receipts[0].status,
        version=receipts[-1].version,
        events=tuple(_made(receipt, "") for receipt in receipts),
        refs={},
    )


def _done(
    order: Order,
    customer: str,
    status: Status,
    made: Made,
    event: Event,
    after: Afterwards | None = None,
    warned: tuple[Notice, ...] = (),
) -> Done:
    later = after.others if after is not None else ()
    return Done(
        command=order.name,
        id=order.id,
        customer=customer,
        status=status,
        version=made.version,
        events=(made,),
        refs={name: ref for name in ref_fields(type(event)) if (ref := getattr(event, name)) is not None},
        contradictions=tuple(Contradicted(event=mark.id, type=mark.code, at=instant(mark.at)) for mark in later),
        warnings=warned,
    )


def _made(receipt: Receipt, type_: str) -> Made:
    return Made(
        id=receipt.id, type=type_, version=receipt.version, position=receipt.position, recorded_at=receipt.recorded_at
    )


def warnings(touchpoint: Touchpoint, view: View) -> tuple[Notice, ...]:
    """What stood against a contact of ours that took place all the same, or would stand against one that is to come."""
    match touchpoint.event:
        case Conversation(direction="outbound") as event:
            found = view.situation.stops(event.channel, event.purpose, event.at, None)
        case ComplaintResponded(channel=str()) as event:
            found = view.situation.stops(event.channel, "service", event.at, None)
        case OutreachPlanned() as event:
            found = view.situation.stops(event.channel, event.purpose, micros(event.due), event.content)
        case PromiseMade() as event:
            found = view.situation.stops(event.channel, "service", micros(event.due), None)
        case _:
            return ()
    return tuple(
        Notice(reason=stop.reason, until=None if stop.until is None else instant(stop.until), events=stop.events)
        for stop in found
    )


__all__ = ["accepted", "attributed", "recorded", "repeated", "warnings"]
