"""Where what one event did depends on what others did: found in a history for `bearing`.

Each of these says the same of a history from which events that are not cited are gone.
"""

from collections.abc import Sequence

from domain import events as e
from domain.facts import Changed, micros
from domain.rules import Rules
from projections.explaining.history import History, counts_as

_TURNS = (
    e.ComplaintOpened | e.ComplaintReclassified | e.ComplaintWaiting | e.ComplaintResumed | e.ComplaintExtended
    | e.ComplaintResolved | e.ComplaintReopened | e.ComplaintClosed | e.ComplaintWithdrawn
)  # fmt: skip


class Cases:
    """Complaints as they were opened and ended: which are over, and which events contradicted what had happened before.

    What happened to a complaint before it was opened waits for it: of such a complaint nothing is said here.
    """

    def __init__(self, history: History) -> None:
        self.over: set[str] = set()
        self.idle: set[str] = set()
        self._open: set[str] = set()
        early: set[str] = set()
        for event in history.events:
            if isinstance(event, _TURNS):
                ref = event.complaint
                if ref not in self.over and ref not in self._open and not isinstance(event, e.ComplaintOpened):
                    early.add(ref)
                elif ref not in early:
                    self._turn(event, ref)

    def _turn(self, event: e.ComplaintEvent, ref: str) -> None:
        is_open = ref in self._open
        match event:
            case e.ComplaintOpened() if not is_open and ref not in self.over:
                self._open.add(ref)
            case e.ComplaintReopened() if not is_open:
                self._open.add(ref)
                self.over.discard(ref)
            case e.ComplaintResolved() | e.ComplaintClosed() | e.ComplaintWithdrawn() if is_open:
                self._open.discard(ref)
                self.over.add(ref)
            case e.ComplaintReclassified() | e.ComplaintReopened():  # reopened while it waits: a new round all the same
                pass
            case e.ComplaintResumed() | e.ComplaintExtended() | e.ComplaintWaiting() if is_open:
                pass
            case _:
                self.idle.add(event.id)


def cares(event: e.Event) -> bool:
    """Whether it is a talk for the relationship, which gives a point."""
    return isinstance(event, e.Conversation) and bool(counts_as(event) & Changed.NEWS)


def selling_window(rules: Rules) -> int:
    """How far back limits of selling look, µs."""
    return max([rules.contact.ratio_within, *(limit.within for limit in rules.contact.selling)])


def entangled(history: History) -> set[str]:
    """References of purchases of which something came back, or which were made twice."""
    seen: set[str] = set()
    found: set[str] = set()
    for event in history.events:
        if isinstance(event, e.PurchaseMade):
            (found if event.purchase in seen else seen).add(event.purchase)
        elif isinstance(event, e.PurchaseReturned) and event.purchase is not None:
            found.add(event.purchase)
    return found


def crowded(history: History, books: Sequence[Rules]) -> set[str]:
    """Talks for the relationship that came so close upon each other that not all could count."""
    within = max(rules.trust.talks_within for rules in books)
    counted = min(rules.trust.talks_counted for rules in books)
    found: set[str] = set()
    group: list[e.Event] = []
    for talk in filter(cares, history.events):
        if group and talk.at - group[-1].at >= within:
            group = []
        group.append(talk)
        if len(group) > counted:
            found.update(one.id for one in group)
    return found


def responsible(history: History) -> set[str]:
    """The assignment that stands, what stood before it, and the cover arranged last."""
    turns = [event for event in history.events if isinstance(event, e.ManagerAssigned | e.ManagerUnassigned)]
    covers = [
        event for event in history.events if isinstance(event, e.CoverArranged) and micros(event.until) > event.at
    ]
    found = {cover.id for cover in covers[-1:]}
    if not turns:
        return found
    last = _to(turns[-1])
    began = len(turns) - 1
    while began and _to(turns[began - 1]) == last:
        began -= 1
    told = [event for event in history.events if isinstance(event, e.ManagerIntroduced) and event.manager == last]
    found.update([event.id for event in told if history.place[event.id] > history.place[turns[began].id]][:1])
    if began and turns[began - 1].at == turns[began].at:  # what lasts for no time is as if it had not been: ask all
        return found | {turn.id for turn in turns} | {event.id for event in told}
    return found | {turn.id for turn in turns[max(0, began - 1) : began + 1]}


def _to(event: e.ManagerAssigned | e.ManagerUnassigned) -> str | None:
    return event.manager if isinstance(event, e.ManagerAssigned) else None
