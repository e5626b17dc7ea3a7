"""Commands are decided at the head of the stream and recorded where it still is; decided again where it moved on.

    received before? -> read the stream -> fold -> complete, door, decide -> does it fit? -> append at this version

Nothing goes past the door or the ledger: what a command comes to is an event like any other. Many commands go the same way
together: each customer's one after the other, and what was decided in one round is recorded in one call.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from api.commanding import answering, naming, situations
from api.commanding.orders import SOURCE, Done, Notice, Order
from api.commanding.situations import Afterwards, Frame, Known, View
from api.commanding.staffing import SKEW, Books, held
from api.references import customer_of
from api.wiring import House
from domain import explain_faults
from domain.attribution import attribute
from domain.commands import checks
from domain.commands.command import Command, name_of_type
from domain.commands.correction import correction, missing
from domain.commands.deciding import complete, decide, present, readable
from domain.commands.refusals import Impossible, OverCapacity
from domain.door import Touchpoint, instant, micros
from domain.errors import Contradiction, DifferentContent, FromTheFuture, InvalidEvent, Refusal, StaleVersion
from domain.events import CustomerIdentified, CustomerIdentifierRemoved
from domain.recorder import Guard, Received
from domain.rules import Rules, first_rules
from domain.sealing import uuid_bytes, uuid_text
from domain.vocabulary import sealed_fields
from projections import generations
from projections.fold import Endless
from projections.histories import Broken

LEAVING = ("assign-manager", "unassign-manager", "end-relationship")  # after which a book may have room that had none
TRIES = 20  # how often a command is decided again because the customer's history moved on meanwhile


class Decided(NamedTuple):
    """An order that was found possible: the event that it comes to, and what there is to say of it."""

    order: Order
    touchpoint: Touchpoint
    version: int
    after: Afterwards
    warnings: tuple[Notice, ...]


def give(house: House, orders: Sequence[Order], *, dry_run: bool = False) -> list[Done | Refusal]:
    """Carry out commands; one outcome each, in order. One that is refused does not touch its neighbours."""
    staff = [str(order.data.get("manager")) for order in orders if order.name == "assign-manager"]
    with held(house, staff) as books:
        return _Giving(house, orders, books, dry_run=dry_run).run()


class _Giving:
    """The commands of one request on their way."""

    def __init__(self, house: House, orders: Sequence[Order], books: Books, *, dry_run: bool) -> None:
        self._house, self._orders, self._dry_run = house, orders, dry_run
        self._ledger = house.ledger
        self._frame = Frame(rules_shown(house), house.people.at_head(), books)
        self._outcomes: list[Done | Refusal | None] = [None] * len(orders)
        self._tries = [0] * len(orders)

    def run(self) -> list[Done | Refusal]:
        """Round after round until each has its outcome."""
        self._ledger.keys.refresh()
        waiting = deque(range(len(self._orders)))
        while waiting:
            taken = self._one_of_each(waiting)
            if fresh := self._not_repeated(taken):
                contended = [self._orders[i].customer for i in fresh if self._tries[i]]
                with self._house.turns.of(contended):
                    self._round(fresh)
            waiting.extendleft(i for i in reversed(taken) if self._outcomes[i] is None)
        return [cast("Done | Refusal", outcome) for outcome in self._outcomes]

    def _one_of_each(self, waiting: deque[int]) -> list[int]:
        """The first that waits of each customer, taken out."""
        first: dict[str, int] = {}
        for i in waiting:
            first.setdefault(self._orders[i].customer, i)
        taken = sorted(first.values())
        for i in taken:
            waiting.remove(i)
        return taken

    def _not_repeated(self, taken: Sequence[int]) -> list[int]:
        """Those that were not recorded before; others are answered as the first time."""
        secrets = self._ledger.keys.secrets
        ids = {i: self._orders[i].event_id(secrets) for i in taken}
        found = self._ledger.recorder.received(list(ids.values()))
        fresh: list[int] = []
        for i, id_ in ids.items():
            known = found.get(id_)
            if known is None:
                fresh.append(i)
                continue
            try:
                self._outcomes[i] = self._repeated(self._orders[i], known)
            except Refusal as refusal:
                self._outcomes[i] = refusal
        return fresh

    def _repeated(self, order: Order, known: Received) -> Done | Refusal:
        if known.content != order.content(self._ledger.keys.secrets):
            return DifferentContent(
                f"command {order.id} was given before with other content; another id would make it another command"
            )
        customer = uuid_text(known.customer)
        event = next(e for e in self._ledger.stream(customer) if e.version == known.version)
        return answering.repeated(order, customer, event, known)

    def _round(self, taken: Sequence[int]) -> None:
        self._frame.books.count()
        heads = situations.heads(self._house, [self._orders[i].customer for i in taken])
        decided: list[tuple[int, Decided]] = []
        for i in taken:
            order = self._orders[i]
            try:
                if order.name == "attribute":
                    self._outcomes[i] = self._attribute(order)
                else:
                    decided.append((i, self._decide(order, heads[order.customer])))
            except (Broken, Endless) as error:
                self._outcomes[i] = situations.unfolded(error)
            except Refusal as refusal:
                self._outcomes[i] = refusal
        if self._dry_run:
            for i, one in decided:
                self._outcomes[i] = answering.accepted(one.order, one.touchpoint, one.after, one.warnings)
        elif decided:
            self._record(decided)
            if any(one.order.name in LEAVING for _, one in decided):
                self._try_full_books_again(taken)

    def _try_full_books_again(self, taken: Sequence[int]) -> None:
        """Who left in this round may have made room."""
        for i in taken:
            if isinstance(self._outcomes[i], OverCapacity) and self._tries[i] < TRIES:
                self._tries[i] += 1
                self._outcomes[i] = None

    # --- deciding -----------------------------------------------------------------------------------------------------

    def _decide(self, order: Order, known: Known | Broken) -> Decided:
        if isinstance(known, Broken):
            raise known
        command = order.command()
        if order.at_version is not None and order.at_version != known.version:
            raise StaleVersion(
                f"the customer's history is at version {known.version}, not {order.at_version}; "
                "look again and decide anew"
            )
        at = self._moment(order, known)
        view = situations.view(known, self._frame, at, lambda: False)
        touchpoint = self._touchpoint(order, command, view, known)
        event = touchpoint.event
        s = view.situation._replace(
            sealed=frozenset(touchpoint.sealed) & frozenset(sealed_fields(type(event))),
            holds=lambda: self._holds(order.customer, touchpoint),
        )
        checks.known(order.given_by, s, "/given_by")
        try:
            decide(command, event, s)
        except Impossible as refusal:
            raise naming.as_written(refusal, command, order.data, event) from None
        after = situations.afterwards(known, self._frame.rules, touchpoint, view.state)
        situations.fits(command, after)
        if order.name == "assign-manager":
            self._frame.books.add(str(order.data["manager"]))
        warnings = (*answering.warnings(touchpoint, view), *self._contested(order.customer, touchpoint))
        return Decided(order, touchpoint, known.version, after, warnings)

    def _moment(self, order: Order, known: Known) -> int:
        """When it takes place (µs): as it says, or now, which is read only after the history.

        So all that others had done when it was read is before now, also where their clock is a little ahead of ours.
        """
        now = micros(self._house.now())
        if order.occurred_at is None:
            return max([now, *(event.at for event in known.events if event.at <= now + SKEW)])
        at = micros(order.occurred_at)
        if at > now:
            raise FromTheFuture(
                f"occurred_at {order.occurred_at.isoformat()} lies ahead of {instant(now).isoformat()}; "
                "what is given as a command has happened",
                pointer="/occurred_at",
            )
        return at

    def _touchpoint(self, order: Order, command: Command, view: View, known: Known) -> Touchpoint:
        """The event that an order would bring about, as the door reads it."""
        own = order.own_id
        data = complete(
            command,
            order.data,
            view.situation,
            given_by=order.given_by,
            ref=uuid_text(order.event_id(self._ledger.keys.secrets)),
        )
        data = naming.resolved(self._ledger, known.customer, view.situation.facts, command, data)
        if order.name == "correct":
            data = self._correction(known.customer, view, data)
        when = order.occurred_at or instant(view.situation.at)
        cloud: dict[str, Any] = {
            "specversion": "1.0",
            "id": own,
            "source": SOURCE,
            "type": name_of_type(command.event),
            "time": when.isoformat(),
            "subject": known.customer,
            # Of one instant, what was decided later comes later: it was decided on what was known already.
            "sequence": f"{known.version + 1:012d}",
            "data": data,
        }
        try:
            touchpoint = self._ledger.door.admit(cloud, actor=order.actor, now=self._ledger.now())
        except Refusal as refusal:
            raise _in_data(refusal) from None
        touchpoint.content = order.content(self._ledger.keys.secrets)
        return touchpoint

    def _correction(self, customer: str, view: View, data: Mapping[str, Any]) -> dict[str, Any]:
        target = view.situation.events.get(str(data["target"]))
        if target is None:
            raise missing(data["target"])
        opened = self._ledger.open(customer, [target.version]).get(target.version, {})
        return correction(target, opened, data)

    def _holds(self, customer: str, touchpoint: Touchpoint) -> bool:
        """Whether the contact point or external id of an identification is this customer's at that time."""
        return uuid_bytes(customer) in self._holders(touchpoint)

    def _holders(self, touchpoint: Touchpoint) -> list[bytes]:
        event = touchpoint.event
        if not isinstance(event, CustomerIdentified | CustomerIdentifierRemoved):
            return []
        point = self._ledger.door.identifier(event, touchpoint.sealed["value"])
        return self._ledger.router.find(point, event.at)

    def _contested(self, customer: str, touchpoint: Touchpoint) -> tuple[Notice, ...]:
        """That somebody else holds what is said to be theirs, and to be nobody else's."""
        event = touchpoint.event
        if not isinstance(event, CustomerIdentified) or event.shared:
            return ()
        others = [holder for holder in self._holders(touchpoint) if holder != uuid_bytes(customer)]
        return (Notice(reason="contested", until=None, events=()),) if others else ()

    # --- recording ----------------------------------------------------------------------------------------------------

    def _record(self, decided: Sequence[tuple[int, Decided]]) -> None:
        guards = [Guard(slot, uuid_bytes(d.order.customer), d.version) for slot, (_, d) in enumerate(decided)]
        receipts = self._ledger.append([d.touchpoint for _, d in decided], guards=guards)
        for (i, one), receipt in zip(decided, receipts, strict=True):
            if isinstance(receipt, StaleVersion) and one.order.at_version is None and self._tries[i] < TRIES:
                self._tries[i] += 1  # and stays without an outcome, for the next round
            elif isinstance(receipt, Refusal):
                self._outcomes[i] = receipt
            else:
                self._outcomes[i] = answering.recorded(one.order, one.touchpoint, receipt, one.after, one.warnings)

    def _attribute(self, order: Order) -> Done:
        """Void contacts of a provisional customer, and record them anew on the one whose they are."""
        if self._dry_run:
            raise Contradiction(
                "attribute cannot be tried without doing it; GET its customer's timeline to see what it moves"
            )
        readable(order.command(), order.data)
        present(order.command(), order.data)
        events = _ids(order.data.get("events"))
        to = customer_of(self._house, str(order.data["to"]), self._house.now())
        receipts = attribute(self._ledger, order.customer, to, actor=order.actor, events=events)
        return answering.attributed(order, to, receipts)


def _ids(given: Any) -> list[str] | None:
    """Event ids as they were given; None: all. InvalidEvent where they are none."""
    try:
        return msgspec.convert(given, list[str] | None)
    except msgspec.ValidationError:
        raise InvalidEvent("events has to be a list of event ids", pointer="/events") from None


def rules_shown(house: House) -> Rules:
    """The rulebook whose rows are shown; before there are any, the one that comes with Jejak."""
    with house.pool.connection() as c:
        shown = generations.live(c)
    return first_rules() if shown is None else house.rulebooks(shown.rulebook)


def _in_data(refusal: Refusal) -> Refusal:
    """A refusal of the door, with pointers into the data as it was given."""
    problems = tuple((pointer.removeprefix("/data"), said) for pointer, said in refusal.problems)
    if type(refusal) is InvalidEvent:
        return explain_faults.refusal(list(problems))
    return type(refusal)(refusal.detail, pointer=refusal.pointer.removeprefix("/data"), problems=problems)
