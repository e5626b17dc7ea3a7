"""What is known of one customer: facts gathered from their history, without any rule.

`Customer` is folded in place by `domain.customer.evolve`. All of it can be encoded (msgpack) and is bounded: what
would grow with a history is cut by `domain.customer.trim`, which a fold calls with the memory that its rules need.

Nothing here can be part of a ring, so the collector need not look at it (`gc=False`).

Units: instants are microseconds since 1970-01-01T00:00Z; money is `Decimal`, kept apart per currency. An `Item` is one
happening: (occurred at, event id). `version` is the place in the stream of the event whose sealed part says more.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Final

from msgspec import Struct, field

from domain import events as e
from domain.cases import Case
from domain.events import Window, Wish

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
NEVER: Final = 253_402_300_799_000_000  # 9999-12-31T23:59:59Z, which PostgreSQL can hold too

Item = tuple[int, str]


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an instant."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds  # quicker than to divide spans


class Series(IntEnum):
    """Kinds of happenings that rules count; one event can be of several. The order is part of the stored state."""

    INBOUND = 0  # a conversation that they began
    REACHED = 1  # a conversation of either direction that reached the other side
    TALK = 2  # one in which both could speak, or which they began: not a letter, e-mail or SMS of ours
    OUTBOUND = 3  # a conversation that we began, reached or not
    SELLING = 4  # of these, to sell
    RELATIONSHIP = 5  # of these, for the relationship
    RELATIONSHIP_TALK = 6  # a talk for the relationship
    MISSED = 7  # a call of theirs that nobody took
    ONE_WAY = 8  # a broadcast, invitation, letter, e-mail or SMS of ours
    ACT = 9  # anything that they did themselves
    SELF_SERVICE = 10
    BROWSE = 11  # looked at what there is
    ATTENDED = 12
    COMMUNITY = 13
    REVIEW = 14
    IDEA = 15
    FEEDBACK = 16
    PROSPECT = 17
    ORDER = 18
    PURCHASE = 19  # kept: not wholly returned
    RETURN = 20
    REFERRAL = 21
    BENEFIT = 22
    COMPLAINT = 23
    RESOLUTION = 24
    PROMISE_KEPT = 25
    PROMISE_BROKEN = 26
    ATTEMPT = 27  # the receipt of an attempt
    NEED = 28
    UNASKED = 29  # of OUTBOUND, all but service: what limits and rhythms count


KINDS: Final = len(Series)


class Changed:
    """Bits that say what an event changed: one for each series (1 << series), and those below."""

    SPEND: Final = 1 << 40  # net spend
    RETURNED: Final = 1 << 41  # a purchase is no longer kept: counts went down
    NEWS: Final = 1 << 42  # something stands in `Customer.news` that verdicts have to answer
    PROMISES: Final = 1 << 43
    HOLDINGS: Final = 1 << 44
    ENDED: Final = 1 << 45
    NAMED: Final = 1 << 46  # a purchase named a category, and none was known before
    # Not facts but verdicts that other verdicts measure:
    TRUST: Final = 1 << 50
    TIER: Final = 1 << 51
    CASES: Final = 1 << 52


class News(Struct, array_like=True, frozen=True, gc=False):
    """Something that verdicts have to answer once, in order."""

    what: str
    at: int
    event: str
    ref: str = ""


class Mark(Struct, array_like=True, gc=False):
    """A pointer to an event whose sealed part is shown, with the code that says what it is about."""

    id: str
    version: int
    at: int
    code: str = ""
    until: int = NEVER


class Point(Struct, array_like=True, gc=False):
    """A contact point or external id; its value is sealed in the event that `version` points at."""

    id: str
    version: int
    at: int
    kind: str
    scheme: str | None
    shared: bool


class Contact(Struct, array_like=True, gc=False):
    """The conversation that reached them last."""

    id: str
    version: int
    at: int
    channel: str | None
    direction: str
    purpose: str
    staff: str | None
    thread: str | None
    complaint: str | None


class Consent(Struct, array_like=True, gc=False):
    """What they said last about being contacted for a purpose on a channel (None: all of them)."""

    purpose: str | None
    channel: str | None
    granted: bool
    at: int
    until: int
    id: str
    version: int
    evidence: str | None


class Wishes(Struct, array_like=True, gc=False):
    """How they wish to be treated."""

    preferred: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    cadence: tuple[Wish, ...] = ()
    staff: tuple[str, ...] = ()
    staff_traits: dict[str, str] | None = None
    benefits: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    rest_until: int = 0
    stated: dict[str, str] = field(default_factory=dict[str, str])  # field -> id of the event that stated it
    refused_topics: tuple[str, ...] = ()


class Sent(Struct, array_like=True, frozen=True, gc=False):
    """The receipt of an attempt of ours, of which no conversation was reported."""

    at: int
    id: str
    channel: str
    purpose: str
    failed: bool = False


class Promise(Struct, array_like=True, gc=False):
    """What someone told them that we would do."""

    ref: str
    id: str
    version: int
    at: int
    due: int
    kind: str
    channel: str | None
    staff: str | None
    complaint: str | None


class Planned(Struct, array_like=True, gc=False):
    """A contact that a person planned."""

    ref: str
    id: str
    version: int
    at: int
    due: int
    purpose: str
    content: str | None
    channel: str | None
    staff: str | None
    not_before: int = 0
    met: list[Item] = field(
        default_factory=list[Item]
    )  # fitting contacts that reached them and named no other, near it


class Wait(Struct, array_like=True, gc=False):
    """Something of theirs that a human has yet to answer."""

    kind: str  # enquiry, missed-call, auto-reply, review, csat, nps
    id: str
    version: int
    at: int
    channel: str | None
    thread: str | None
    score: int = 0
    topic: str | None = None


class Assignment(Struct, array_like=True, gc=False):
    """Who owns the relationship from `at` on; `manager` None: nobody."""

    at: int
    manager: str | None
    id: str
    version: int
    reason: str | None
    introduced: int = 0


class Cover(Struct, array_like=True, gc=False):
    """Who cares for them for a while in the owner's place."""

    at: int
    until: int
    cover: str
    id: str
    reason: str | None


class Purchase(Struct, array_like=True, gc=False):
    """A purchase of which something may still come back."""

    at: int
    id: str
    left: Decimal
    currency: str
    categories: tuple[str, ...] = ()


class Order(Struct, array_like=True, gc=False):
    """An order on its way."""

    ref: str
    id: str
    version: int
    at: int
    state: str
    expected: str | None = None


class Prospect(Struct, array_like=True, gc=False):
    """What they may buy."""

    ref: str
    id: str
    at: int
    product: str
    amount: Decimal | None
    currency: str | None
    probability: int | None
    expected: str | None
    staff: str | None


class Holding(Struct, array_like=True, gc=False):
    """An account, policy or subscription that they have."""

    ref: str
    id: str
    at: int
    product: str
    category: str | None
    amount: Decimal | None
    currency: str | None
    matures: str | None


# Facts that came before what they are about wait whole, and count once it is there.
Unmatched = (
    e.ComplaintAssigned | e.ComplaintAcknowledged | e.ComplaintInvestigated | e.ComplaintResponded | e.ComplaintReclassified
    | e.ComplaintWaiting | e.ComplaintResumed | e.ComplaintExtended | e.ComplaintLinked | e.ComplaintEscalated
    | e.ComplaintResolved | e.ComplaintReopened | e.ComplaintClosed | e.ComplaintWithdrawn
    | e.PromiseKept | e.PromiseBroken | e.PromiseReleased | e.OutreachDone | e.OutreachSnoozed | e.OutreachCancelled
    | e.ProspectClosed | e.HoldingChanged | e.HoldingClosed | e.PurchaseReturned
    | e.TouchpointCorrected | e.TouchpointVoided
)  # fmt: skip


class Customer(Struct, array_like=True, gc=False):
    """Everything that is known of one customer, as far as clear facts say."""

    # what rules count
    series: list[list[Item]] = field(default_factory=lambda: [[] for _ in range(KINDS)])
    dropped: list[int] = field(default_factory=lambda: [0] * KINDS)
    months: list[Item] = field(default_factory=list[Item])  # the last act of each calendar month (UTC)
    month_ends: int = 0
    news: list[News] = field(default_factory=list[News])

    # person
    first_id: str = ""
    first_at: int = 0
    registered: Mark | None = None
    provisional: bool = False
    acquisition: str | None = None
    kind: str | None = None
    birthday: str | None = None
    timezone: str | None = None
    language: str | None = None
    country: str | None = None
    segment: str | None = None
    traits: dict[str, str] = field(default_factory=dict[str, str])
    described: list[int] = field(default_factory=list[int])  # versions that may hold name and address, last first
    points: list[Point] = field(default_factory=list[Point])
    removed: list[Point] = field(default_factory=list[Point])
    needs: list[Mark] = field(default_factory=list[Mark])
    pinned: list[Mark] = field(default_factory=list[Mark])
    handling: list[Mark] = field(default_factory=list[Mark])

    # conversation
    last: Contact | None = None
    failed: dict[str, int] = field(default_factory=dict[str, int])  # attempts in a row that failed, by channel
    reached_by: dict[str, int] = field(default_factory=dict[str, int])  # channel -> when it last reached them
    waits: list[Wait] = field(default_factory=list[Wait])

    # commerce
    spend: dict[str, list[tuple[int, str, Decimal]]] = field(default_factory=dict[str, list[tuple[int, str, Decimal]]])
    lifetime: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    bought: int = 0
    returned: int = 0
    last_purchase: Item | None = None
    intervals: list[int] = field(default_factory=list[int])  # between days of purchase, the last twelve
    categories: dict[str, Item] = field(default_factory=dict[str, Item])
    purchases: dict[str, Purchase] = field(default_factory=dict[str, Purchase])
    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    prospects: dict[str, Prospect] = field(default_factory=dict[str, Prospect])
    holdings: dict[str, Holding] = field(default_factory=dict[str, Holding])

    # complaints
    cases: dict[str, Case] = field(default_factory=dict[str, Case])
    open_cases: int = 0

    # care
    managers: list[Assignment] = field(default_factory=list[Assignment])
    covers: list[Cover] = field(default_factory=list[Cover])
    consents: dict[str, Consent] = field(default_factory=dict[str, Consent])
    withdrawn: bool = False  # some consent was withdrawn
    wishes: Wishes = field(default_factory=Wishes)
    promises: dict[str, Promise] = field(default_factory=dict[str, Promise])
    planned: dict[str, Planned] = field(default_factory=dict[str, Planned])
    snoozed_until: int = 0
    ended: Mark | None = None

    # what does not fit
    unmatched: dict[str, list[Unmatched]] = field(default_factory=dict[str, list[Unmatched]])
    amendments: dict[str, str] = field(default_factory=dict[str, str])  # target -> waiting correction or void
    corrected: int = 0
    voided: int = 0
    odd: list[Mark] = field(default_factory=list[Mark])  # facts that contradict what was known then

    # what they said of us: review, csat, nps -> (at, event, score), the last hundred of each
    ratings: dict[str, list[tuple[int, str, int]]] = field(default_factory=dict[str, list[tuple[int, str, int]]])

    # of outreach
    reached_for: dict[str, Item] = field(default_factory=dict[str, Item])  # purpose -> what of ours reached them last
    first_purchase: Item | None = None  # of those that were kept
    done: Item | None = None  # a contact that was said to have taken place
    set_aside: dict[str, int] = field(
        default_factory=dict[str, int]
    )  # an occasion or rhythm -> until when it is not due

    # what limits count, beside the series: contacts of ours but for service, by channel; receipts that stand alone
    by_channel: dict[str, list[Item]] = field(default_factory=dict[str, list[Item]])
    receipts: list[Sent] = field(default_factory=list[Sent])
    receipted: tuple[str, ...] = ()  # the last conversations that have a receipt
