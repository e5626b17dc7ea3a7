"""What a customer agreed to and refused, at any coordinates: now, as a history, and the contacts that it stopped."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

from api import answers
from api.clouds import written
from api.commanding.doing import rules_shown
from api.coordinates import Coordinates
from api.permitting.asking import signer
from api.permitting.attempting import standing
from api.permitting.signing import Signer
from api.wiring import House
from domain.door import micros
from domain.events import ContactAttempted, Event, Purpose
from domain.facts import Customer
from domain.order import amend
from domain.rules import Rules
from domain.vocabulary import name_of
from projections import consents
from projections.consents import Statement
from projections.inforce import IN_FORCE
from projections.permission import Stop, unwilling
from projections.reach import reachable


def rules_of(house: House, at: Coordinates) -> Rules:
    """The rulebook that a question names; where it names none, or that of each moment, the one that is shown."""
    return rules_shown(house) if at.rulebook in (None, IN_FORCE) else house.rulebooks(at.rulebook)


def histories(
    history: Sequence[Event], rules: Rules, c: Customer, at: Coordinates, parts: answers.Parts
) -> dict[str, Any]:
    """Statements with their intervals, what may be done on each channel, and contacts that they would have stopped."""
    standing = amend(history).events
    as_of = micros(at.as_of)
    by_id = {event.id: event for event in history}
    stopped = consents.stopped(standing, rules, as_of)
    return {
        "history": [_statement(s, as_of, parts) for s in consents.statements(standing, as_of)],
        "may": [
            _may(c, rules, purpose, channel, as_of)
            for purpose in get_args(Purpose)
            for channel in sorted(_channels(c))
        ],
        "stopped": [
            {
                "event": event.id,
                "type": name_of(event),
                "at": written(event.at, event.offset),
                "channel": getattr(event, "channel", None),
                "purpose": getattr(event, "purpose", None),
                "stopped_by": stops(stopped[event.id], event, by_id),
            }
            for event in standing
            if event.id in stopped
        ],
    }  # fmt: skip


def _statement(said: Statement, as_of: int, parts: answers.Parts) -> dict[str, Any]:
    event = said.event
    return {
        "event": event.id,
        "granted": said.granted,
        "purpose": event.purpose,
        "channel": event.channel,
        "from": answers.shown(event.at),
        "until": answers.shown(said.until),
        "ended_by": said.ended_by,
        "in_force": said.granted and said.counts(as_of),
        "source": event.source,
        "evidence": event.evidence,
        "text": parts(event.version).get("text"),
    }


def _channels(c: Customer) -> set[str]:
    named = {consent.channel for consent in c.consents.values() if consent.channel}
    return named | {*c.wishes.refused, *c.wishes.preferred, *c.wishes.allowed} | reachable(c)


def _may(c: Customer, rules: Rules, purpose: str, channel: str, at: int) -> dict[str, Any]:
    found = unwilling(c, rules, channel, purpose, at)
    first = found[0] if found else None
    return {
        "purpose": purpose,
        "channel": channel,
        "may": first is None,
        "reason": first.reason if first else None,
        "event": first.events[0] if first and first.events else None,
    }


def stops(found: Sequence[Stop], contact: Event, events: Mapping[str, Event]) -> list[dict[str, Any]]:
    """What a contact was, or would have been, stopped by; `known` is false where that was learnt only afterwards."""
    return [
        {
            "reason": stop.reason,
            "event": event,
            "at": written(said.at, said.offset),
            "known": said.version < contact.version,
        }
        for stop in found
        for event in stop.events
        if (said := events.get(event)) is not None
    ]


# --- on a timeline ------------------------------------------------------------------------------------------------------


class Marks(NamedTuple):
    """What a timeline says of contacts of ours."""

    stopped: dict[str, list[Stop]]
    events: dict[str, Event]
    customer: str
    signer: Signer


def marks(house: House, customer: str, history: Sequence[Event], at: Coordinates) -> Marks:
    """Read off a history which contacts they had refused."""
    found = consents.stopped(amend(history).events, rules_of(house, at), micros(at.as_of))
    return Marks(found, {event.id: event for event in history} if found else {}, customer, signer(house))


def judged(marks: Marks, event: Event) -> dict[str, Any]:
    """Of a contact: by what it was stopped, or would have been; of a receipt: how it stands to its permit."""
    said: dict[str, Any] = {}
    if event.id in marks.stopped:
        said["stopped_by"] = stops(marks.stopped[event.id], event, marks.events)
    if isinstance(event, ContactAttempted):
        said["permit"] = standing(marks.signer, marks.customer, event)
    return said
