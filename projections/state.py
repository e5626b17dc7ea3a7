"""The folded state of one customer: facts, and the verdicts that the rules gave on them so far.

It can be encoded (msgspec, msgpack) and decoded in between without a difference, and it is bounded: by the windows of
the rules, but for the short histories of stages and managers, which are whole.
"""

from copy import copy
from decimal import Decimal

from msgspec import Struct, field

from domain.cases import Case
from domain.criteria.measures import Measured
from domain.facts import NEVER, Customer, Item
from domain.order import Key


class TrustItem(Struct, array_like=True, frozen=True, gc=False):
    """Points that something gave or took."""

    at: int
    points: int
    what: str
    event: str


class Trust(Struct, array_like=True, gc=False):
    """Points over a rolling window, as running sums over a list in order of time."""

    items: list[TrustItem] = field(default_factory=list[TrustItem])
    first: int = 0  # where the window begins
    recent: int = 0  # where the window for "falling" begins
    total: int = 0
    change: int = 0  # points since the window for "falling" began
    falling: bool = False
    mark: int = -1  # how many marks of the rules the score has passed
    missed: list[str] = field(default_factory=list[str])  # promises that were due and are still open
    due: int = NEVER
    taken: int = 0  # of `total`, what was taken
    lately: int = 0  # of `change`, what was taken
    low: int = 0  # the mark holds while `total` is at least this
    high: int = 0  # and less than this
    talks: list[int] = field(default_factory=list[int])  # when the last talks were that gave points


class Tier(Struct, array_like=True, gc=False):
    """Which levels hold, and since when others do not."""

    lost: list[int] = field(
        default_factory=list[int]
    )  # per level: NEVER holds now; 0 never held; else when it ceased to
    since: int = 0
    first: dict[str, int] = field(default_factory=dict[str, int])  # currency -> where the window begins
    upto: dict[str, int] = field(default_factory=dict[str, int])  # currency -> how many items are summed
    net: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    need: dict[str, Decimal] = field(
        default_factory=dict[str, Decimal]
    )  # currency -> from what on a level more may hold
    enough: dict[str, Decimal] = field(
        default_factory=dict[str, Decimal]
    )  # currency -> what has to have been spent in all before that can be
    back: dict[str, Decimal] = field(default_factory=dict[str, Decimal])  # currency -> what was returned of that
    due: int = 0


class Stage(Struct, array_like=True, frozen=True, gc=False):
    """A stage from `at` on, and why."""

    at: int
    stage: str
    clause: str
    reason: list[Measured]
    last: str  # the event cited last, or ""


class Asked(Struct, array_like=True, frozen=True, gc=False):
    """A question to the rules that was answered: with what changes, or from when on, to ask it again."""

    due: int = -NEVER
    watch: int = 0


class Deadlines(Struct, array_like=True, gc=False):
    """What the rules ask of an open complaint in its present round. NEVER: not asked, or the clock stands still."""

    id: str
    severity: str
    round: int
    factor: float
    acknowledge: int
    respond: int
    update: int
    resolve: int
    near: int
    late: dict[int, int]  # by so many times its time -> from when on
    up: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    """When it is to be taken to which level, and why: near, missed, silence. In order of time."""
    over: int = NEVER  # since when time has resolved it, and nothing of this is asked any more


class Verdict(Struct, array_like=True, frozen=True, gc=False):
    """How a round of a complaint ended against its deadline; it stays whatever comes after."""

    round: int
    due: int
    resolved: int
    late: bool
    factor: float


class State(Struct, array_like=True, gc=False):
    """One customer, folded up to `last`."""

    customer: Customer = field(default_factory=Customer)
    now: int = -NEVER  # the instant of the last event; events of one instant are judged together
    last: Key | None = None
    version: int = 0
    count: int = 0
    dirty: int = 0  # what changed at `now` and is not judged yet
    watch: int = -1  # changes that some rule might answer now
    due: int = NEVER  # the next moment at which a verdict may change by itself

    trust: Trust = field(default_factory=Trust)
    score: int = 0
    tier: Tier = field(default_factory=Tier)
    level: int = 0
    stages: list[Stage] = field(default_factory=list[Stage])
    stage: str = "start"
    entered: int = 0
    stage_due: int = 0
    stage_watch: int = -1
    unmet_since: int = 0
    asked: list[Asked] = field(default_factory=list[Asked])  # of each clause that leads out of the stage
    kept: Asked = Asked(NEVER)  # whether anything would still lead into the stage
    deadlines: dict[str, Deadlines] = field(default_factory=dict[str, Deadlines])
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict[str, list[Verdict]])
    lapsed: dict[str, list[Verdict]] = field(default_factory=dict[str, list[Verdict]])
    """Rounds that time resolved, as the customer did not answer; the last may be undone, see `lapse`."""
    case_due: int = NEVER  # when time may resolve the next

    def been_in(self, stage: str) -> list[Item]:
        """When this stage was entered, and by which event last cited."""
        return [(past.at, past.last) for past in self.stages if past.stage == stage]

    def lapse(self, case: Case) -> Verdict | None:
        """How time resolved a complaint of which the customer has not been heard of since; None: it did not."""
        past = self.lapsed.get(case.ref) if self.lapsed else None
        wait = case.asked if past else None
        return past[-1] if past and wait and wait.at < past[-1].resolved else None

    def open(self) -> list[Case]:
        """Complaints that are open at `now`."""
        if not self.customer.open_cases:
            return []
        return [case for case in self.customer.cases.values() if case.open and not self.lapse(case)]

    def overdue(self, severities: frozenset[str], times: int) -> tuple[list[Item], int]:
        """Open complaints overdue at `now` by so many times their time, the latest first; and when the next will be."""
        found: list[Item] = []
        next_ = NEVER
        for of in self.deadlines.values():
            if of.severity in severities and of.over == NEVER:
                at = of.late.get(times, NEVER)
                if at <= self.now:
                    found.append((at, of.id))
                else:
                    next_ = min(next_, at)
        return sorted(found), next_

    def late(self) -> list[Item]:
        """Complaints that were resolved late, in order of time: when, and by which event."""
        found: list[Item] = []
        for ref, past in self.verdicts.items():
            case = self.customer.cases.get(ref)
            late = {(verdict.round, verdict.resolved) for verdict in past if verdict.late}
            found += [(r.at, r.id) for r in case.resolutions if (r.round, r.at) in late] if case and late else ()
        return sorted(found)

    def ghost(self) -> "State":
        """A copy that may be judged into the future; facts are shared, for no event happens there."""
        other = copy(self)
        other.trust = copy(self.trust)
        other.trust.items = self.trust.items.copy()
        other.trust.missed = self.trust.missed.copy()
        other.trust.talks = self.trust.talks.copy()
        other.tier = copy(self.tier)
        other.tier.lost = self.tier.lost.copy()
        other.tier.first = self.tier.first.copy()
        other.tier.upto = self.tier.upto.copy()
        other.tier.net = self.tier.net.copy()
        other.tier.back = self.tier.back.copy()
        other.tier.enough = self.tier.enough.copy()
        other.stages = self.stages.copy()
        other.asked = self.asked.copy()
        other.deadlines = self.deadlines.copy()
        other.lapsed = {ref: past.copy() for ref, past in self.lapsed.items()}
        other.verdicts = {ref: past.copy() for ref, past in self.verdicts.items()}
        return other
