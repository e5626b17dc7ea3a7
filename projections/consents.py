"""What a customer said about being contacted, as a history; and which contacts of ours it stopped, or would have.

A withdrawal counts from its own moment, also where it was learnt later: the contacts in between are then shown as stopped by
it. Both are read off one history, as it is understood at the coordinates of the question, by the same fold as everything.
"""

from collections.abc import Sequence
from typing import NamedTuple

from domain import events as e
from domain.customer import evolve
from domain.facts import NEVER, Customer, micros
from domain.rules import Rules
from projections.permission import Stop, unwilling

_SAYING = (e.ConsentGranted, e.ConsentWithdrawn, e.PreferenceStated)
Contact = e.Conversation | e.BroadcastSent | e.EventInvited | e.ContactAttempted


class Said(NamedTuple):
    """What a statement is about."""

    purpose: str | None
    channel: str | None
    granted: bool


class Statement(NamedTuple):
    """A grant or withdrawal, and from when until when it is what counts."""

    event: e.ConsentGranted | e.ConsentWithdrawn
    until: int
    """When it ended by itself or another statement took its place; NEVER: it still counts."""
    ended_by: str | None
    """The statement that took its place wholly. Narrower ones may have taken a part of it before."""

    @property
    def granted(self) -> bool:
        """They agreed."""
        return isinstance(self.event, e.ConsentGranted)

    def counts(self, at: int) -> bool:
        """Whether it is in force at a moment."""
        return self.event.at <= at < self.until


def statements(history: Sequence[e.Event], as_of: int) -> list[Statement]:
    """All that was said by then, oldest first. `history`: the events that stand, in the order of the fold."""
    said = [x for x in history if isinstance(x, e.ConsentGranted | e.ConsentWithdrawn) and x.at <= as_of]
    found: list[Statement] = []
    for index, one in enumerate(said):
        until = NEVER
        if isinstance(one, e.ConsentGranted) and one.until is not None:
            until = max(micros(one.until), one.at)
        later = next((other for other in said[index + 1 :] if covers(_of(other), _of(one))), None)
        if later is not None and later.at <= until:
            found.append(Statement(one, later.at, later.id))
        else:
            found.append(Statement(one, until, None))
    return found


def _of(event: e.ConsentGranted | e.ConsentWithdrawn) -> Said:
    return Said(event.purpose, event.channel, isinstance(event, e.ConsentGranted))


def covers(later: Said, one: Said) -> bool:
    """Whether nothing is left of a statement after another one; what is withdrawn for all purposes leaves service."""
    if later.channel not in (None, one.channel):
        return False
    if later.purpose is None:
        return one.purpose != "service" or later.granted
    return later.purpose == one.purpose


def is_contact(event: e.Event) -> bool:
    """Whether it is a contact of ours, that they may have refused."""
    match event:
        case e.Conversation():
            return event.direction == "outbound"
        case e.ContactAttempted():
            return event.outcome != "held"
        case _:
            return isinstance(event, e.BroadcastSent | e.EventInvited)


def stopped(history: Sequence[e.Event], rules: Rules, as_of: int) -> dict[str, list[Stop]]:
    """By contact: what they had said by its moment that stops it. Contacts that nothing they said stops are not in it."""
    if not any(isinstance(x, _SAYING) for x in history):
        return {}
    c = Customer()
    found: dict[str, list[Stop]] = {}
    for event in history:
        if event.at > as_of:
            break
        if isinstance(event, Contact) and is_contact(event):
            stops = [s for s in unwilling(c, rules, event.channel, event.purpose, event.at) if s.events]
            if stops:
                found[event.id] = stops
        elif isinstance(event, _SAYING):  # nothing else says what they are willing to
            evolve(c, event)
    return found
