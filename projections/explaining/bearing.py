"""Which events an answer may rest on: said once for each event, by what it is, never by what others are not there.

An event is `FIXED` where it can take something away, or turn what another one does: a return, a resolution, a promise kept,
a refusal, an amendment. Those are cited, all of them that the rules may look at, for what such an event did depends on what
else is there. It is `OPEN` where more of its kind only ever adds (a talk, a visit): of these it is asked which are needed
(`citing`). It is left out where nothing that the field rests on looks at it.

That this is so for the rulebook at hand is worked out from its criteria (`Asked`): where one clause wants more of a kind
and another (or the same) wants less, that kind is fixed as well.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from domain import events as e
from domain.criteria import groups
from domain.criteria import measures as m
from domain.criteria import standing as s
from domain.facts import KINDS, NEVER, Changed, Series
from domain.rules import Rules
from projections.explaining import tangles
from projections.explaining.answer import Answer, Field
from projections.explaining.history import History, counts_as
from projections.state import State

CASE_TURNS = (
    e.ComplaintOpened | e.ComplaintReclassified | e.ComplaintWaiting | e.ComplaintResumed | e.ComplaintExtended
    | e.ComplaintResolved | e.ComplaintReopened | e.ComplaintClosed | e.ComplaintWithdrawn
)  # fmt: skip
PROMISES = e.PromiseMade | e.PromiseKept | e.PromiseBroken | e.PromiseReleased
HOLDINGS = e.HoldingOpened | e.HoldingChanged | e.HoldingClosed
CONSENTS = e.ConsentGranted | e.ConsentWithdrawn
PURCHASES = e.PurchaseMade | e.PurchaseReturned
PLANS = e.OutreachPlanned | e.OutreachDone | e.OutreachSnoozed | e.OutreachCancelled
MANAGERS = e.ManagerAssigned | e.ManagerUnassigned | e.ManagerIntroduced

_SERIES = (1 << KINDS) - 1
_BOUGHT = 1 << Series.PURCHASE | Changed.SPEND | Changed.RETURNED | Changed.TIER | Changed.CASES | Changed.TRUST
_CASES = Changed.CASES | Changed.TRUST | 1 << Series.ACT | 1 << Series.COMPLAINT | 1 << Series.RESOLUTION
_PROMISED = Changed.TRUST | 1 << Series.PROMISE_KEPT | 1 << Series.PROMISE_BROKEN
_BREACHES = frozenset({"refusal-broken", "selling-in-complaint"})


class Bearing(NamedTuple):
    """Ids of events that an answer rests on in any case, and of those of which it is asked which are needed."""

    fixed: set[str]
    open: set[str]


class Asked:
    """What the clauses of some rulebooks look at, in bits (`Changed`)."""

    def __init__(self, books: Iterable[Rules]) -> None:
        self.all = self.mixed = 0
        self.varies = False
        for rules in books:
            self.varies |= any(leaf.varies for leaf in rules.leaves)
            self.all |= _joined(leaf.turns for leaf in rules.leaves)
            clauses = list(dict.fromkeys(clause for out in rules.lifecycle.out.values() for clause in out))
            ways = {clause: _ways(clause.criteria) for clause in clauses}
            for clause, (more, less) in ways.items():
                self._weigh(more, less)
                for back, (open_more, open_less) in ways.items():
                    if back.to in clause.sources and clause.to in back.sources:  # taken where the way back is not open
                        self._weigh(more | open_less, less | open_more)
            self._weigh(*_ways(criterion for clause in rules.lifecycle.keeps for criterion in clause.criteria))

    def _weigh(self, more: int, less: int) -> None:
        if more and less:
            self.mixed |= more | less


def _joined(bits: Iterable[int]) -> int:
    found = 0
    for some in bits:
        found |= some
    return found


_ADDED = _SERIES & ~(1 << Series.PURCHASE)  # purchases are fixed wherever a clause asks for them
_TALKS = 1 << Series.RELATIONSHIP_TALK


def _ways(criteria: Iterable[m.Criterion]) -> tuple[int, int]:
    """Of what more makes one of these hold, and of what less does; what is neither, or not known here, is both."""
    found = [_way(criterion) for criterion in criteria]
    return _joined(more for more, _ in found), _joined(less for _, less in found)


def _way(criterion: m.Criterion) -> tuple[int, int]:
    match criterion:
        case m.AtLeast() | m.Months():
            return criterion.wakes & _ADDED, 0
        case m.AtMost() | m.Silence():
            return 0, criterion.sinks & _ADDED
        case s.Trust():
            return (0, _TALKS) if criterion.least is None else (_TALKS, _TALKS if criterion.below is not None else 0)
        case groups.Not():
            more, less = _ways(criterion.parts)
            return less, more
        case groups.Group():
            return _ways(criterion.parts)
        case _:
            either = criterion.turns & _ADDED
            return either, either


# --- by field ---------------------------------------------------------------------------------------------------------

LEFT, OPEN, FIXED = 0, 1, 2

Sort = Callable[[e.Event], int]


def bearing(answer: Answer, history: History, state: State, books: Sequence[Rules], item: str | None) -> Bearing:
    """Sort the events of a history; `state` is all of it folded, `item` the complaint that is asked for."""
    field = answer.field
    sorting = _Sorting(history, state, books, item, answer)
    sort: Sort = {
        "stage": sorting.stage, "tier": sorting.tier, "trust": sorting.trust, "manager": sorting.manager,
        "deadline": sorting.case, "rank": sorting.rank, "outreach": sorting.outreach, "neglected": sorting.outreach,
    }[field]  # fmt: skip
    found = Bearing(set(), set())
    for event in history.events:
        bears = sort(event)
        if bears:
            (found.fixed if bears == FIXED else found.open).add(event.id)
    for bundle in history.bundles:
        ids = {event.id for event in bundle}
        if ids & found.fixed or ids & found.open or _might(field, bundle[0]):
            found.fixed.update(ids)
    if history.events:
        found.open.add(history.events[0].id)  # when and by what they came to be known
    found.open.difference_update(found.fixed)
    return found


class _Sorting:
    def __init__(self, history: History, state: State, books: Sequence[Rules], item: str | None, now: Answer) -> None:
        self.item = item
        self.chosen = item or now.verdict.get("item") or now.verdict.get("complaint")
        self.asked = Asked(books)
        self.trust_first = any(rules.trust_first for rules in books)
        self.breaches = {item.event for item in state.trust.items if item.what in _BREACHES}
        self.crowded = tangles.crowded(history, books)
        self.entangled = tangles.entangled(history)
        self.responsible = tangles.responsible(history)
        self.cases = tangles.Cases(history)
        self.withdrawn = min((x.at for x in history.events if isinstance(x, e.ConsentWithdrawn)), default=NEVER)
        self.taken = {event.kind for event in history.events if isinstance(event, e.CustomerIdentifierRemoved)}
        self.planned_since = min((planned.at for planned in state.customer.planned.values()), default=NEVER)
        self.selling_since = history.as_of - max(tangles.selling_window(rules) for rules in books)

    def stage(self, event: e.Event) -> int:
        """Whatever a clause of the lifecycle looks at."""
        asked = self.asked
        if asked.all & _CASES and _answers_a_case(event):
            return FIXED
        if isinstance(event, _FIXED_BY_CLAUSES) and not self._idle(event):
            for kinds, bits in _FIXED_WHERE:
                if isinstance(event, kinds) and (asked.all & bits or (asked.varies and kinds is PURCHASES)):
                    return FIXED
        trusted = self._trusted(event) if asked.all & Changed.TRUST else LEFT
        bits = counts_as(event) & _SERIES
        if trusted == FIXED or bits & asked.mixed:
            return FIXED
        return OPEN if trusted or bits & asked.all else LEFT

    def _idle(self, event: e.Event) -> bool:
        """Whether it turned nothing, and would not whatever else that is not fixed were gone."""
        if isinstance(event, e.HoldingChanged):
            return event.product is None and event.category is None
        return event.id in self.cases.idle

    def _trusted(self, event: e.Event) -> int:
        """What trust rests on, purchases left out."""
        if isinstance(event, CASE_TURNS):
            return LEFT if event.id in self.cases.idle else FIXED
        if _answers_a_case(event):
            return FIXED
        if isinstance(event, PROMISES | e.ConsentWithdrawn):
            return FIXED
        if isinstance(event, e.ConsentGranted):
            return FIXED if event.at >= self.withdrawn else LEFT  # before any refusal it takes none back
        if isinstance(event, e.PreferenceStated):
            return FIXED if event.refused is not None else LEFT
        if event.id in self.breaches or event.id in self.crowded:
            return FIXED
        return OPEN if tangles.cares(event) else LEFT

    def trust(self, event: e.Event) -> int:
        """As the clauses that ask for trust; a tier decides in what time a complaint had to be resolved."""
        return self._trusted(event) or self.tier(event)

    def tier(self, event: e.Event) -> int:
        """Purchases; fixed where something came back, or where two have one reference."""
        if not isinstance(event, PURCHASES):
            return LEFT
        return FIXED if event.purchase is None or event.purchase in self.entangled else OPEN

    def manager(self, event: e.Event) -> int:
        """Whom they were assigned to, and who took whose place."""
        return FIXED if event.id in self.responsible else LEFT

    def case(self, event: e.Event) -> int:
        """All of a complaint that turns it, and the tier that shortens it; of others, where one was to be chosen, too.

        Of a complaint that is over, that it is over is enough not to be chosen.
        """
        if isinstance(event, e.ComplaintEvent) or (isinstance(event, e.Conversation) and event.complaint is not None):
            ref = event.complaint or ""
            if isinstance(event, _BESIDE_A_CASE) or self.item not in (None, ref):
                return LEFT
            if ref != self.chosen and ref in self.cases.over:
                return FIXED if isinstance(event, _ENDS) and event.id not in self.cases.idle else LEFT
            return FIXED
        return FIXED if event.id == self.item else self.tier(event)

    def rank(self, event: e.Event) -> int:
        """As the deadline; and what trust rests on, where it says who comes first."""
        return max(self.case(event), self.trust(event) if self.trust_first else LEFT)

    def outreach(self, event: e.Event) -> int:
        """Almost all: stage, tier, wishes, consents, contact points, promises, plans, and every contact."""
        if isinstance(event, _FIXED_BY_OUTREACH):
            return FIXED
        if isinstance(event, MANAGERS):
            return self.manager(event)
        if isinstance(event, e.CustomerIdentified):
            return FIXED if event.kind in self.taken else OPEN
        if isinstance(event, e.CustomerProfileChanged):
            told = (event.timezone, event.birthday, event.country, event.traits)
            return LEFT if told == (None, None, None, None) else FIXED
        if isinstance(event, e.ContactAttempted):
            return LEFT if event.outcome == "held" else FIXED  # by limits, and by attempts that failed
        if isinstance(event, e.Conversation):
            lately = event.purpose in ("selling", "relationship") and event.at > self.selling_since
            planned = event.outreach is not None or (event.direction == "outbound" and event.at >= self.planned_since)
            return FIXED if lately or planned else max(OPEN, self.stage(event))
        said = isinstance(event, CONSENTS | e.PreferenceStated) or counts_as(event) & 1 << Series.ACT
        return self.stage(event) or (OPEN if said else LEFT)


def _answers_a_case(event: e.Event) -> bool:
    """Whether it is something that they told us of a complaint, which may have waited for it."""
    return isinstance(event, e.Conversation) and event.complaint is not None and event.direction == "inbound"


def _might(field: Field, event: e.Event) -> bool:
    """Whether an event of this type could bear on the field, whatever an amendment makes of it."""
    match field:
        case "manager":
            return isinstance(event, MANAGERS | e.CoverArranged)
        case "deadline":
            return isinstance(event, e.ComplaintEvent | e.Conversation | PURCHASES)
        case "tier":
            return isinstance(event, PURCHASES)
        case _:
            touch = isinstance(event, e.BroadcastSent | e.EventInvited) or bool(counts_as(event))
            return touch or isinstance(event, _FIXED_BY_CLAUSES | _FIXED_BY_OUTREACH | _SAID | e.ComplaintEvent)


_FIXED_WHERE: tuple[tuple[Any, int], ...] = (
    (PURCHASES, _BOUGHT),
    (CASE_TURNS, _CASES),
    (PROMISES, _PROMISED),
    (e.HoldingOpened, Changed.HOLDINGS | Changed.ENDED),
    (HOLDINGS, Changed.HOLDINGS),
    (e.RelationshipEnded, Changed.ENDED),
)  # a type, and what a clause has to look at for it to be fixed
_FIXED_BY_CLAUSES = PURCHASES | CASE_TURNS | PROMISES | HOLDINGS | e.RelationshipEnded
_FIXED_BY_OUTREACH = (
    e.CustomerRegistered | e.CustomerIdentifierRemoved | PROMISES | PLANS | CASE_TURNS | PURCHASES | e.RelationshipEnded
    | HOLDINGS
)  # fmt: skip
_SAID = (
    CONSENTS | MANAGERS | e.PreferenceStated | e.CustomerIdentified | e.CustomerProfileChanged | e.ContactAttempted
    | e.Conversation
)  # fmt: skip
_BESIDE_A_CASE = e.ComplaintAssigned | e.ComplaintLinked
_ENDS = e.ComplaintOpened | e.ComplaintReopened | e.ComplaintResolved | e.ComplaintClosed | e.ComplaintWithdrawn
