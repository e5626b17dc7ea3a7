"""What a decision looks at: a customer folded at the head of the stream, by the one fold, up to a moment."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from msgspec import structs

from api.commanding.staffing import Books, Roster
from api.wiring import House
from domain.commands.command import Command, Situation
from domain.door import Touchpoint
from domain.errors import Contradiction
from domain.events import Event, TouchpointCorrected, TouchpointVoided
from domain.facts import Customer, Mark
from domain.order import amend
from domain.rules import Rules
from domain.sealing import uuid_bytes
from domain.settling import settled
from projections import fold, outreach, permission
from projections.asof import state_at
from projections.assigning.weighing import needed
from projections.catalogue import Catalogue
from projections.histories import Broken, decode, tails
from projections.staff import asked
from projections.state import State

_UPTO = 2**62
AMENDING = (TouchpointCorrected, TouchpointVoided)


class Known(NamedTuple):
    """A customer's whole stream, as it is at its head."""

    customer: str
    events: Sequence[Event]  # as recorded, by version
    version: int


class Frame(NamedTuple):
    """What is the same for all commands of one request."""

    rules: Rules
    catalogue: Catalogue
    books: Books


class View(NamedTuple):
    """A situation, and the state that it was taken from."""

    situation: Situation
    state: State


def heads(house: House, customers: Iterable[str]) -> dict[str, Known | Broken]:
    """The streams of these customers as they are now."""
    raw = {uuid_bytes(customer): customer for customer in customers}
    found: dict[str, Known | Broken] = {customer: Known(customer, (), 0) for customer in raw.values()}
    with house.pool.connection() as c:
        pieces = tails(c, dict.fromkeys(raw, 1), _UPTO)
    for piece in pieces:
        customer = raw[piece.customer]
        try:
            found[customer] = Known(customer, decode(piece), piece.first + piece.events - 1)
        except Broken as broken:
            found[customer] = broken
    return found


def unfolded(error: Exception) -> Contradiction:
    """The refusal of a command for a customer whose history cannot be folded."""
    return Contradiction(f"this customer cannot be folded: {error}; `jejak doctor` looks further")


def state_of(known: Known, rules: Rules, at: int | None) -> State:
    """The stream folded up to a moment (None: whole); of nothing a customer of whom nothing is known."""
    then = state_at(fold, known.events, rules, at) if known.events else None
    return fold.begin() if then is None else then.state


def view(known: Known, frame: Frame, at: int, holds: Callable[[], bool], sealed: frozenset[str] = frozenset()) -> View:
    """What a command at this moment (µs) is decided on."""
    rules = frame.rules
    state = state_of(known, rules, at)
    fold.settle(state, rules, at)
    c = settled(state.customer, rules, at)
    needs = needed(rules, state.level, [need.code for need in c.needs])
    counting = amend(known.events).events if known.events else []
    situation = Situation(
        facts=c,
        rules=rules,
        at=at,
        tier=state.level,
        due={ref: deadlines.resolve for ref, deadlines in state.deadlines.items()},
        staff=Roster(frame.catalogue, at, asked(c.wishes, needs), frame.books),
        stops=partial(_stops, state, rules),
        suggested=partial(_suggested, state, rules),
        holds=holds,
        sealed=sealed,
        events={event.id: event for event in counting if event.at <= at},
        amendments={event.id: event for event in known.events if isinstance(event, AMENDING)},
    )
    return View(situation, state)


def _stops(
    state: State, rules: Rules, channel: str | None, purpose: str, at: int, content: str | None
) -> list[permission.Stop]:
    return permission.stops(state, rules, channel, purpose, at, content=content)


_ITEM, _CLASS = (
    [name for name, _ in outreach.TABLE.columns].index("item"), [name for name, _ in outreach.TABLE.columns].index("class")
)  # fmt: skip


def _suggested(state: State, rules: Rules) -> frozenset[str]:
    """What the queue of contacts holds of this customer from now on; promises are no contacts that could be put off."""
    rows = fold.render(state, rules)[outreach.TABLE.name]
    return frozenset(row[_ITEM] for row in rows if row[_CLASS] != outreach.CLASSES.index("promise"))


class Afterwards(NamedTuple):
    """What became odd, or found no match, by an event."""

    itself: bool
    others: tuple[Mark, ...]


def afterwards(known: Known, rules: Rules, touchpoint: Touchpoint, before: State) -> Afterwards:
    """Fold the stream with an event more, to see whether it fits where it stands, and whether all later ones still do.

    `before`: the state up to the event's moment. Nothing is recorded that this fold would show as odd.
    """
    new = touchpoint.event
    more = known._replace(
        events=[*known.events, structs.replace(new, version=known.version + 1)], version=known.version + 1
    )
    fresh = _unfit(state_of(more, rules, new.at).customer) - _unfit(before.customer)
    last = max((event.at for event in known.events), default=new.at)
    if last <= new.at:
        return Afterwards(new.id in fresh, ())
    whole, earlier = state_of(more, rules, None).customer, state_of(known, rules, None).customer
    gone = _unfit(whole) - _unfit(earlier) - {new.id}
    by_id = {event.id: event for event in known.events}
    marks = [Mark(id_, e.version, e.at, str(type(e).__struct_config__.tag)) for id_ in gone if (e := by_id.get(id_))]
    return Afterwards(new.id in fresh, tuple(sorted(marks, key=lambda mark: (mark.at, mark.id))))


def _unfit(c: Customer) -> set[str]:
    """Events that contradict what was known, or wait for what they are about."""
    waiting = {event.id for events in c.unmatched.values() for event in events}
    return {mark.id for mark in c.odd} | waiting | set(c.amendments.values())


def fits(command: Command, after: Afterwards) -> None:
    """Contradiction where the event itself would not fit the history."""
    if after.itself:
        raise Contradiction(f"{command.name} does not fit what is known of this customer at that time")
