"""Everything that happens between a company and a customer, on one page.

An event is a fact in the past tense. Its class is the type, its `tag` the name under which it is stored for ever
(never a module path). The fields of `Event` say when and from where; the fields of each class say what. Fields of type
`Sealed` hold personal data: they are encrypted with the customer's own key, stored apart from the rest, and absent (None)
when a fold reads the event. Fields of type `Ref` are references that another system issued; at the door they become ids of
ours, derived from that system and the reference, and the original text goes into the sealed part.

The order of the classes is the causal rank of the types (see `domain.order`): at one instant a complaint is opened before it
is resolved. New classes go where they belong; the relative order of existing ones never changes.

Units: `at` and all stored instants are microseconds since 1970-01-01T00:00Z; `offset` is minutes east of UTC; money is a
decimal string with an ISO 4217 currency.
"""

from datetime import date, datetime
from re import compile as compile_
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

# --- the words that fields are made of ---------------------------------------------------------------------------------


def _text(pattern: str, expects: str, **flags: bool) -> Meta:
    """What a text has to look like, whole. It is looked at once, at the door: what is stored is read without a second look."""
    return Meta(
        extra={"pattern": compile_(pattern), "expects": expects, **flags},
        extra_json_schema={"pattern": f"^({pattern})$"},
    )


EventId = Annotated[str, _text(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", "an event id (UUID)")]
Code = Annotated[
    str, _text(r"[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,118}[^\s\x00-\x1f\x7f])?", "a code of 1 to 120 characters")
]
Ref = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        extra={
            "ref": True,
            "expects": 'a reference of 1 to 200 characters, or {"source": …, "id": …} of another system',
        },
    ),
]
Sealed = Annotated[str, Meta(max_length=20_000, extra={"sealed": True})] | None
SealedYear = Annotated[int, Meta(ge=1880, le=2100, extra={"sealed": True})] | None
Instant = Annotated[
    datetime,
    Meta(
        tz=True, extra={"instant": True, "expects": "an RFC 3339 time with an offset, e.g. 2026-03-01T09:00:00+07:00"}
    ),
]
Decimal_ = Annotated[str, _text(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", 'a decimal in a string, e.g. "12.50"')]
Amount = Annotated[str, _text(r"[0-9]{1,15}(\.[0-9]{1,6})?", 'a decimal of zero or more in a string, e.g. "12.50"')]
Currency = Annotated[str, _text(r"[A-Z]{3}", "an ISO 4217 code, e.g. IDR", currency=True)]
Percent = Annotated[int, Meta(ge=0, le=100)]
MonthDay = Annotated[
    str,
    _text(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31", "a month and day, e.g. 08-17"),
]
ClockTime = Annotated[str, _text(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", "a time of day, e.g. 12:30")]
Zone = Annotated[str, Meta(max_length=64, extra={"zone": True, "expects": "an IANA time zone, e.g. Asia/Jakarta"})]
Country = Annotated[
    str, _text(r"[^\s\x00-\x1f\x7f]{2}[^\x00-\x1f\x7f]{0,58}", "a country of 2 to 60 characters, e.g. ID")
]
Text = Annotated[str, _text(r"[^\x00-\x1f\x7f]{0,500}", "a text of one line, of at most 500 characters")]
Language = Annotated[str, _text(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "a BCP 47 language, e.g. id")]

Channel = Literal[
    "phone", "visit", "email", "sms", "whatsapp", "telegram", "messenger", "web-chat", "audio", "video", "letter", "event",
    "app", "social", "web",
]  # fmt: skip
Purpose = Literal["relationship", "selling", "service", "information"]
Direction = Literal["inbound", "outbound"]
Outcome = Literal["reached", "not-reached", "missed", "voicemail", "busy", "refused", "wrong-person", "bounced"]
Severity = Literal["low", "normal", "high", "critical"]
PointKind = Literal["phone", "email", "whatsapp", "telegram", "messenger", "postal", "external"]


class Money(Struct, gc=False, frozen=True, forbid_unknown_fields=True):
    """An amount in one currency; never a float."""

    amount: Decimal_
    currency: Currency


class Line(Struct, gc=False, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One line of a purchase or return: so many of a product for so much in all."""

    product: Code
    quantity: Amount = "1"
    amount: Amount  # of the whole line, in the purchase's currency
    category: Code | None = None
    replaces: Code | None = None


class Window(Struct, gc=False, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """When a customer may be contacted, in their own zone; `end` before `start` runs over midnight."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()  # empty: every day
    start: ClockTime
    end: ClockTime


class Wish(Struct, gc=False, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """How often a customer wants to hear from us: `times` in each period; of one channel, or of all."""

    times: Annotated[int, Meta(ge=1, le=31)]
    per: Literal["month", "quarter", "year"] = "month"
    channel: Channel | None = None


class Event(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type", gc=False
):
    """What every event carries. `id` is the keyed digest of the sender's (source, id), written as a UUID."""

    id: str
    at: int  # occurred_at
    offset: int = 0
    sequence: str = ""  # CloudEvents extension: the sender's own order among events of one instant
    source: str
    actor: str = ""  # who reported it or gave the command: a key's name, never a person's
    backfilled: bool = False  # recorded_at was given by an administrator's import
    version: int = 0  # place in the stream; set by whoever reads it, never stored
    sealed_refs: dict[str, str] | None = None  # references as their systems wrote them; part of the sealed data

    type: ClassVar[str]


# --- person ------------------------------------------------------------------------------------------------------------


class _Traits(Event, frozen=True, kw_only=True):
    """What is known of a person or organisation; absent means unchanged."""

    kind: Literal["person", "organisation"] | None = None
    birthday: MonthDay | None = None
    timezone: Zone | None = None
    language: Language | None = None
    country: Country | None = None
    segment: Code | None = None
    traits: dict[Code, Code] | None = None  # further characteristics as codes, e.g. {"sector": "retail"}
    name: Sealed = None
    address: Sealed = None
    year_of_birth: SealedYear = None


class CustomerRegistered(_Traits, tag="customer.registered.v1", frozen=True, kw_only=True):
    """We first know of them."""

    acquisition: Code | None = None  # where they came from: a campaign, a shop, a referral
    provisional: bool = False  # stands in for a customer that a person has yet to name


class CustomerProfileChanged(_Traits, tag="customer.profile-changed.v1", frozen=True, kw_only=True):
    """Something that describes them changed."""


class CustomerIdentified(Event, tag="customer.identified.v1", frozen=True, kw_only=True):
    """A contact point or an external id is theirs from `since` on (default: from the first we know of it)."""

    kind: PointKind
    scheme: Code | None = None  # of an external id: the system or register that issued it
    shared: bool = False  # a household or a switchboard
    since: Instant | None = None
    value: Sealed = None  # required at the door


class CustomerIdentifierRemoved(Event, tag="customer.identifier-removed.v1", frozen=True, kw_only=True):
    """A contact point or an external id is no longer theirs."""

    kind: PointKind
    scheme: Code | None = None
    value: Sealed = None  # required at the door


class NeedNoted(Event, tag="need.noted.v1", frozen=True, kw_only=True):
    """They need something that we might serve."""

    need: Code
    product: Code | None = None
    category: Code | None = None
    detail: Sealed = None


class NoteAdded(Event, tag="note.added.v1", frozen=True, kw_only=True):
    """An internal note."""

    pinned: bool = False
    text: Sealed = None


class HandlingInstructed(Event, tag="handling.instructed.v1", frozen=True, kw_only=True):
    """How to treat this customer: a vulnerability, a courtesy, a caution."""

    instruction: Code
    until: Instant | None = None
    text: Sealed = None


# --- consents and wishes stand before conversations: at one instant they govern them -------------------------------------


class ConsentGranted(Event, tag="consent.granted.v1", frozen=True, kw_only=True):
    """They agreed to be contacted for a purpose on a channel (all of them where left out)."""

    purpose: Purpose | None = None
    channel: Channel | None = None
    until: Instant | None = None
    evidence: Code | None = None  # form, recording, tick-box, … or an event id
    text: Sealed = None


class ConsentWithdrawn(Event, tag="consent.withdrawn.v1", frozen=True, kw_only=True):
    """They no longer agree; counts from its own moment."""

    purpose: Purpose | None = None
    channel: Channel | None = None
    evidence: Code | None = None
    text: Sealed = None


class PreferenceStated(Event, tag="preference.stated.v1", frozen=True, kw_only=True):
    """How they wish to be treated; absent means unchanged, an empty list takes a wish back."""

    preferred: tuple[Channel, ...] | None = None
    allowed: tuple[Channel, ...] | None = None
    refused: tuple[Channel, ...] | None = None
    windows: tuple[Window, ...] | None = None
    cadence: tuple[Wish, ...] | None = None
    staff: tuple[Code, ...] | None = None  # only these, in this order
    staff_traits: dict[Code, Code] | None = None
    benefits: tuple[Code, ...] | None = None
    topics: tuple[Code, ...] | None = None
    rest_until: Instant | None = None
    text: Sealed = None
    refused_topics: tuple[Code, ...] | None = None  # products, categories or needs that they do not want to hear of


# --- conversation --------------------------------------------------------------------------------------------------------


class Conversation(Event, frozen=True, kw_only=True):
    """What all conversations share. Only one that reached the customer replaces the last context."""

    channel: Channel
    direction: Direction
    purpose: Purpose = "service"
    outcome: Outcome = "reached"
    staff: Code | None = None
    thread: Ref | None = None
    outreach: Ref | None = None
    complaint: Ref | None = None
    duration_s: Annotated[int, Meta(ge=0, le=86_400 * 7)] | None = None
    sentiment: Literal["positive", "neutral", "negative"] | None = None
    prompted_by: EventId | None = None  # the contact that brought them here
    summary: Sealed = None


class CallMade(Conversation, tag="call.made.v1", frozen=True, kw_only=True):
    """A telephone call."""

    channel: Literal["phone"] = "phone"


class VisitMade(Conversation, tag="visit.made.v1", frozen=True, kw_only=True):
    """A visit, by us (outbound) or by them (inbound)."""

    channel: Literal["visit"] = "visit"


class EmailExchanged(Conversation, tag="email.exchanged.v1", frozen=True, kw_only=True):
    """One e-mail."""

    channel: Literal["email"] = "email"


class MessageExchanged(Conversation, tag="message.exchanged.v1", frozen=True, kw_only=True):
    """One instant message."""

    channel: Literal["sms", "whatsapp", "telegram", "messenger", "web-chat", "app"]


class MeetingHeld(Conversation, tag="meeting.held.v1", frozen=True, kw_only=True):
    """An audio or video conference."""

    channel: Literal["audio", "video"] = "video"


class LetterExchanged(Conversation, tag="letter.exchanged.v1", frozen=True, kw_only=True):
    """A letter or printed matter addressed to one person."""

    channel: Literal["letter"] = "letter"


class EventInvited(Event, tag="event.invited.v1", frozen=True, kw_only=True):
    """We invited them to something."""

    event: Code
    channel: Channel = "email"
    purpose: Purpose = "relationship"
    staff: Code | None = None


class EventAttended(Event, tag="event.attended.v1", frozen=True, kw_only=True):
    """They came to something."""

    event: Code
    staff: Code | None = None
    prompted_by: EventId | None = None


# --- self-service and automated ------------------------------------------------------------------------------------------


class SelfServiceUsed(Event, tag="self-service.used.v1", frozen=True, kw_only=True):
    """They served themself."""

    act: Literal["look-up", "order", "data-change", "browse"]
    medium: Literal["web", "app", "kiosk", "ivr", "chatbot"] = "web"
    product: Code | None = None
    category: Code | None = None
    prompted_by: EventId | None = None


class AutoReplySent(Event, tag="auto-reply.sent.v1", frozen=True, kw_only=True):
    """A machine answered; it may need a human next."""

    channel: Channel
    needs_human: bool = False
    topic: Code | None = None
    thread: Ref | None = None
    summary: Sealed = None


# --- community and co-creation -------------------------------------------------------------------------------------------


class BroadcastSent(Event, tag="broadcast.sent.v1", frozen=True, kw_only=True):
    """One recipient's copy of something sent to many; raises awareness, is no conversation."""

    channel: Channel
    campaign: Code | None = None
    purpose: Purpose = "information"


class CommunityEngaged(Event, tag="community.engaged.v1", frozen=True, kw_only=True):
    """They took part where others see it."""

    platform: Code
    act: Literal["follow", "like", "comment", "share", "post", "join", "leave"]
    prompted_by: EventId | None = None
    text: Sealed = None


class ReviewPosted(Event, tag="review.posted.v1", frozen=True, kw_only=True):
    """They rated something publicly, 1 to 5."""

    rating: Annotated[int, Meta(ge=1, le=5)]
    product: Code | None = None
    platform: Code | None = None
    text: Sealed = None


class IdeaContributed(Event, tag="idea.contributed.v1", frozen=True, kw_only=True):
    """They proposed something; it deserves an answer."""

    topic: Code | None = None
    thread: Ref | None = None
    text: Sealed = None


class FeedbackGiven(Event, tag="feedback.given.v1", frozen=True, kw_only=True):
    """They answered a question of ours: CSAT 1 to 5, NPS 0 to 10."""

    metric: Literal["csat", "nps"]
    score: Annotated[int, Meta(ge=0, le=10)]
    complaint: Ref | None = None
    text: Sealed = None


# --- commerce ------------------------------------------------------------------------------------------------------------


class ProspectNoted(Event, tag="prospect.noted.v1", frozen=True, kw_only=True):
    """They may buy something."""

    prospect: Ref
    product: Code
    amount: Money | None = None
    probability: Percent | None = None
    expected: date | None = None
    staff: Code | None = None


class ProspectClosed(Event, tag="prospect.closed.v1", frozen=True, kw_only=True):
    """It is decided whether they buy."""

    prospect: Ref
    outcome: Literal["won", "lost", "dropped"]
    reason: Code | None = None


class OrderPlaced(Event, tag="order.placed.v1", frozen=True, kw_only=True):
    """They ordered."""

    order: Ref
    amount: Money | None = None
    lines: tuple[Line, ...] = ()
    channel: Channel | None = None
    seller: Code | None = None


class OrderShipped(Event, tag="order.shipped.v1", frozen=True, kw_only=True):
    """It is on its way."""

    order: Ref
    carrier: Code | None = None
    expected: date | None = None
    tracking: Sealed = None


class OrderDelivered(Event, tag="order.delivered.v1", frozen=True, kw_only=True):
    """They have it."""

    order: Ref


class OrderCancelled(Event, tag="order.cancelled.v1", frozen=True, kw_only=True):
    """It will not come."""

    order: Ref
    by: Literal["customer", "company"] = "customer"
    reason: Code | None = None


class PurchaseMade(Event, tag="purchase.made.v1", frozen=True, kw_only=True):
    """They bought; `total` is the sum of the lines (filled in at the door where left out)."""

    purchase: Ref
    currency: Currency
    total: Amount | None = None
    lines: tuple[Line, ...] = ()
    order: Ref | None = None
    channel: Channel | None = None
    seller: Code | None = None
    prompted_by: EventId | None = None


class PurchaseReturned(Event, tag="purchase.returned.v1", frozen=True, kw_only=True):
    """They gave back, by line; `purchase` names what it was bought with, where that is known."""

    purchase: Ref | None = None
    currency: Currency
    total: Amount | None = None
    lines: tuple[Line, ...] = ()
    reason: Code | None = None


class HoldingOpened(Event, tag="holding.opened.v1", frozen=True, kw_only=True):
    """An account, policy or subscription began."""

    holding: Ref
    product: Code
    category: Code | None = None
    amount: Money | None = None
    matures: date | None = None
    seller: Code | None = None


class HoldingChanged(Event, tag="holding.changed.v1", frozen=True, kw_only=True):
    """An account, policy or subscription changed; absent means unchanged."""

    holding: Ref
    product: Code | None = None
    category: Code | None = None
    amount: Money | None = None
    matures: date | None = None


class HoldingClosed(Event, tag="holding.closed.v1", frozen=True, kw_only=True):
    """An account, policy or subscription ended."""

    holding: Ref
    reason: Code | None = None


class ReferralMade(Event, tag="referral.made.v1", frozen=True, kw_only=True):
    """They brought somebody; stands on the referrer."""

    referred: EventId | None = None  # the new customer's id, once known
    product: Code | None = None
    name: Sealed = None


class BenefitGranted(Event, tag="benefit.granted.v1", frozen=True, kw_only=True):
    """We gave them something for the relationship."""

    benefit: Code
    amount: Money | None = None
    reason: Code | None = None
    outreach: Ref | None = None


# --- complaint (ISO 10002 in spirit) --------------------------------------------------------------------------------------


class ComplaintEvent(Event, frozen=True, kw_only=True):
    """What all events of a case share."""

    complaint: Ref


class ComplaintOpened(ComplaintEvent, tag="complaint.opened.v1", frozen=True, kw_only=True):
    """They told us something is wrong and expect an answer."""

    severity: Severity = "normal"
    intake: Literal["spoken", "written", "regulator"] = "written"
    channel: Channel | None = None
    category: Code | None = None
    product: Code | None = None
    order: Ref | None = None
    team: Code | None = None
    handler: Code | None = None
    description: Sealed = None


class ComplaintAssigned(ComplaintEvent, tag="complaint.assigned.v1", frozen=True, kw_only=True):
    """Somebody takes care of it; both left out means nobody does."""

    handler: Code | None = None
    team: Code | None = None


class ComplaintAcknowledged(ComplaintEvent, tag="complaint.acknowledged.v1", frozen=True, kw_only=True):
    """We told them that we have it, and perhaps until when."""

    promised_due: Instant | None = None
    staff: Code | None = None


class ComplaintInvestigated(ComplaintEvent, tag="complaint.investigated.v1", frozen=True, kw_only=True):
    """Somebody looked into it."""

    staff: Code | None = None
    finding: Sealed = None


class ComplaintResponded(ComplaintEvent, tag="complaint.responded.v1", frozen=True, kw_only=True):
    """We told them something of substance."""

    channel: Channel | None = None
    staff: Code | None = None
    summary: Sealed = None


class ComplaintReclassified(ComplaintEvent, tag="complaint.reclassified.v1", frozen=True, kw_only=True):
    """It is more, less or something else than first thought; absent means unchanged."""

    severity: Severity | None = None
    category: Code | None = None
    product: Code | None = None
    reason: Code | None = None


class ComplaintWaiting(ComplaintEvent, tag="complaint.waiting.v1", frozen=True, kw_only=True):
    """It stands still; only waiting for the customer stops the clock."""

    waiting_for: Literal["customer", "vendor", "evidence", "problem", "other"]
    reason: Code | None = None


class ComplaintResumed(ComplaintEvent, tag="complaint.resumed.v1", frozen=True, kw_only=True):
    """Work goes on."""


class ComplaintExtended(ComplaintEvent, tag="complaint.extended.v1", frozen=True, kw_only=True):
    """More time is needed, and they were told."""

    until: Instant
    notified: bool = True
    reason: Code | None = None


class ComplaintLinked(ComplaintEvent, tag="complaint.linked.v1", frozen=True, kw_only=True):
    """It has the same cause as another, or belongs to an outage or problem."""

    cause: Ref
    kind: Literal["same-cause", "duplicate", "outage", "problem"] = "same-cause"


class ComplaintEscalated(ComplaintEvent, tag="complaint.escalated.v1", frozen=True, kw_only=True):
    """It was taken one level up."""

    level: Annotated[int, Meta(ge=1, le=9)] = 1
    to: Code | None = None
    reason: Code | None = None


class ComplaintResolved(ComplaintEvent, tag="complaint.resolved.v1", frozen=True, kw_only=True):
    """We consider it settled."""

    outcome: Literal["upheld", "partly-upheld", "rejected", "settled", "no-answer"] = "settled"
    redress: Money | None = None
    root_cause: Code | None = None
    staff: Code | None = None
    summary: Sealed = None


class ComplaintReopened(ComplaintEvent, tag="complaint.reopened.v1", frozen=True, kw_only=True):
    """It was not settled after all; a new round begins, earlier resolutions stay."""

    reason: Code | None = None


class ComplaintClosed(ComplaintEvent, tag="complaint.closed.v1", frozen=True, kw_only=True):
    """Settled, and not objected to."""


class ComplaintWithdrawn(ComplaintEvent, tag="complaint.withdrawn.v1", frozen=True, kw_only=True):
    """They take it back."""

    reason: Code | None = None


# --- care ----------------------------------------------------------------------------------------------------------------


class ManagerUnassigned(Event, tag="manager.unassigned.v1", frozen=True, kw_only=True):
    """Nobody owns the relationship from here on."""

    reason: Code | None = None


class ManagerAssigned(Event, tag="manager.assigned.v1", frozen=True, kw_only=True):
    """This person owns the relationship from here on; ends the assignment before."""

    manager: Code
    reason: Code | None = None
    note: Sealed = None  # handover


class ManagerIntroduced(Event, tag="manager.introduced.v1", frozen=True, kw_only=True):
    """The customer knows their person."""

    manager: Code


class CoverArranged(Event, tag="cover.arranged.v1", frozen=True, kw_only=True):
    """Somebody else cares for this customer for a while; the owner stays."""

    cover: Code
    until: Instant
    reason: Code | None = None


class PromiseMade(Event, tag="promise.made.v1", frozen=True, kw_only=True):
    """We told them that we would; a callback request is one."""

    promise: Ref
    due: Instant
    kind: Literal["callback", "answer", "delivery", "visit", "other"] = "other"
    channel: Channel | None = None
    staff: Code | None = None
    complaint: Ref | None = None
    text: Sealed = None


class PromiseKept(Event, tag="promise.kept.v1", frozen=True, kw_only=True):
    """We did."""

    promise: Ref


class PromiseBroken(Event, tag="promise.broken.v1", frozen=True, kw_only=True):
    """We did not."""

    promise: Ref
    reason: Code | None = None


class PromiseReleased(Event, tag="promise.released.v1", frozen=True, kw_only=True):
    """They no longer expect it."""

    promise: Ref


class OutreachPlanned(Event, tag="outreach.planned.v1", frozen=True, kw_only=True):
    """A person planned a contact; it keeps its date."""

    outreach: Ref
    due: Instant
    purpose: Purpose = "relationship"
    content: Code | None = None
    channel: Channel | None = None
    staff: Code | None = None
    text: Sealed = None


class OutreachDone(Event, tag="outreach.done.v1", frozen=True, kw_only=True):
    """It took place; without a reference, whatever was due."""

    outreach: Ref | None = None
    outcome: Outcome = "reached"


class OutreachSnoozed(Event, tag="outreach.snoozed.v1", frozen=True, kw_only=True):
    """Not before then."""

    outreach: Ref | None = None
    until: Instant
    reason: Code | None = None


class OutreachCancelled(Event, tag="outreach.cancelled.v1", frozen=True, kw_only=True):
    """It will not take place."""

    outreach: Ref | None = None
    reason: Code | None = None


class ContactAttempted(Event, tag="contact.attempted.v1", frozen=True, kw_only=True):
    """The receipt of an attempt, also of one that was held back."""

    channel: Channel
    purpose: Purpose
    outcome: Outcome | Literal["held"]
    permit: Code | None = None
    reason: Code | None = None
    staff: Code | None = None
    outreach: Ref | None = None


class RelationshipEnded(Event, tag="relationship.ended.v1", frozen=True, kw_only=True):
    """Customer or company ended it."""

    by: Literal["customer", "company"]
    reason: Code | None = None
    text: Sealed = None


# --- correction ----------------------------------------------------------------------------------------------------------


TargetId = Annotated[
    str,
    _text(
        r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
        'an event id of ours (UUID), or {"source": …, "id": …} as its sender named it',
    ),
]


class TouchpointCorrected(Event, tag="touchpoint.corrected.v1", frozen=True, kw_only=True):
    """The target was wrong; `data` (and `time`) stand in its place, whole, in every as-of.

    The last recorded correction of a target wins. Customer and type stay: void and record anew to change those.
    """

    target: TargetId
    target_type: Code
    time: Instant | None = None  # absent: as it was
    data: dict[str, Any] = {}  # the target's clear fields
    reason: Code | None = None
    sealed_data: dict[str, Any] | None = None  # the target's sealed fields


class TouchpointVoided(Event, tag="touchpoint.voided.v1", frozen=True, kw_only=True):
    """The target never happened, or not to this customer; a void can itself be voided."""

    target: TargetId
    reason: Code | None = None
    attributed_to: EventId | None = None  # the customer whose stream has it now


# --- beside customers: streams of their own, never in a customer's fold ----------------------------------------------------


class Beside(Event, frozen=True, kw_only=True):
    """An event that belongs to the company, not to a customer."""


class RulebookPublished(Beside, tag="rulebook.published.v1", frozen=True, kw_only=True):
    """A version of the rules exists, and never changes."""

    rulebook: Code  # its version
    document: dict[str, Any]
    reason: Text = ""


class RulebookPromoted(Beside, tag="rulebook.promoted.v1", frozen=True, kw_only=True):
    """This version is in force from here on."""

    rulebook: Code
    reason: Text = ""


class RulebookRolledBack(Beside, tag="rulebook.rolled-back.v1", frozen=True, kw_only=True):
    """The version before is in force again."""

    rulebook: Code
    reason: Text = ""


class StaffRegistered(Beside, tag="staff.registered.v1", frozen=True, kw_only=True):
    """Somebody works here."""

    staff: Code
    team: Code | None = None
    languages: tuple[Language, ...] = ()
    traits: dict[Code, Code] | None = None
    capacity: Annotated[int, Meta(ge=0)] | None = None  # customers in a book
    minutes_a_day: Annotated[int, Meta(ge=0, le=1440)] | None = None
    calendar: Code | None = None  # of their working hours; or `hours`, week by week
    name: Sealed = None
    email: Sealed = None
    gender: Code | None = None
    skills: tuple[Code, ...] = ()
    qualifications: dict[Code, date | None] | None = None  # until and with which day; null: for good
    hours: tuple[Window, ...] = ()
    timezone: Zone | None = None


class StaffChanged(Beside, tag="staff.changed.v1", frozen=True, kw_only=True):
    """Something about them changed; absent means unchanged, an empty list takes back. Traits and qualifications are added."""

    staff: Code
    team: Code | None = None
    languages: tuple[Language, ...] | None = None
    traits: dict[Code, Code] | None = None
    capacity: Annotated[int, Meta(ge=0)] | None = None
    minutes_a_day: Annotated[int, Meta(ge=0, le=1440)] | None = None
    calendar: Code | None = None
    active: bool | None = None
    name: Sealed = None
    email: Sealed = None
    gender: Code | None = None
    skills: tuple[Code, ...] | None = None
    qualifications: dict[Code, date | None] | None = None
    hours: tuple[Window, ...] | None = None
    timezone: Zone | None = None


class StaffAbsent(Beside, tag="staff.absent.v1", frozen=True, kw_only=True):
    """They are away from `at` until `until`; `cover` cares for their whole book."""

    staff: Code
    until: Instant
    cover: Code | None = None
    reason: Code | None = None


class CalendarPublished(Beside, tag="calendar.published.v1", frozen=True, kw_only=True):
    """A version of a working calendar exists, and never changes."""

    calendar: Code
    calendar_version: Code
    document: dict[str, Any]


class ProductListed(Beside, tag="product.listed.v1", frozen=True, kw_only=True):
    """It can be bought."""

    product: Code
    category: Code | None = None
    name: Text | None = None
    price: Money | None = None


class ProductRetired(Beside, tag="product.retired.v1", frozen=True, kw_only=True):
    """It can no longer be bought."""

    product: Code
    replaced_by: Code | None = None
