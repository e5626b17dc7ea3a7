"""One canonical event of each type, which all tests share: `EXAMPLES[type]`.

They tell the story of one customer, so that folding all of them in order is a history without contradictions.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any

import msgspec

from domain import events as e
from domain.facts import micros

EPOCH = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)  # a Monday, 09:00 in Jakarta
SOURCE = "urn:example:crm"


def uid(name: str) -> str:
    """The same id for the same name, always."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:example:{name}"))


def day(number: float, hour: float = 0) -> int:
    """Microseconds of so many days and hours after the story's beginning."""
    return micros(EPOCH + timedelta(days=number, hours=hour))


def moment(number: float, hour: float = 0) -> datetime:
    """The same as an instant with an offset."""
    return EPOCH + timedelta(days=number, hours=hour)


COMPLAINT, PURCHASE, ORDER, HOLDING = uid("complaint 1"), uid("purchase 1"), uid("order 1"), uid("holding 1")
PROMISE, OUTREACH, PROSPECT, THREAD = uid("promise 1"), uid("outreach 1"), uid("prospect 1"), uid("thread 1")
CALL = uid("call.made.v1")

_FIELDS: dict[type[e.Event], dict[str, Any]] = {
    e.CustomerRegistered: {"kind": "person", "birthday": "08-17", "timezone": "Asia/Jakarta", "language": "id",
                           "country": "ID",
                           "acquisition": "shop-jakarta", "name": "Siti Rahma", "year_of_birth": 1988},
    e.CustomerProfileChanged: {"segment": "retail", "traits": {"sector": "batik"}, "address": "Jl. Melati 5"},
    e.CustomerIdentified: {"kind": "phone", "value": "+62 812 3456 7890"},
    e.CustomerIdentifierRemoved: {"kind": "email", "value": "old@example.com"},
    e.NeedNoted: {"need": "delivery-on-saturday", "category": "textile", "detail": "is at work all week"},
    e.NoteAdded: {"pinned": True, "text": "Prefers to be called Bu Siti."},
    e.HandlingInstructed: {"instruction": "hard-of-hearing", "until": moment(700), "text": "Speak slowly."},
    e.ConsentGranted: {"purpose": "selling", "channel": "whatsapp", "until": moment(400), "evidence": "form-7"},
    e.ConsentWithdrawn: {"purpose": "selling", "channel": "phone", "text": "does not want calls"},
    e.PreferenceStated: {"preferred": ("whatsapp",), "refused": ("phone",),
                         "windows": (e.Window(days=("wed",), start="12:00", end="13:00"),),
                         "cadence": (e.Wish(times=2),),
                         "staff": ("ani",), "benefits": ("personal-service",), "topics": ("batik",)},
    e.CallMade: {"direction": "inbound", "staff": "ani", "thread": THREAD, "duration_s": 240, "sentiment": "positive",
                 "summary": "asked about blue batik"},
    e.VisitMade: {"direction": "outbound", "purpose": "relationship", "staff": "ani", "summary": "tea at the shop"},
    e.EmailExchanged: {"direction": "outbound", "purpose": "information", "staff": "ani", "summary": "catalogue"},
    e.MessageExchanged: {"channel": "whatsapp", "direction": "inbound", "thread": THREAD, "summary": "is it in stock?"},
    e.MeetingHeld: {"channel": "video", "direction": "outbound", "staff": "ani", "summary": "showed the new patterns"},
    e.LetterExchanged: {"direction": "outbound", "purpose": "relationship", "summary": "greeting card"},
    e.EventInvited: {"event": "fair-2026", "channel": "email", "staff": "ani"},
    e.EventAttended: {"event": "fair-2026", "prompted_by": uid("event.invited.v1")},
    e.SelfServiceUsed: {"act": "browse", "medium": "app", "product": "batik-7", "category": "textile"},
    e.AutoReplySent: {"channel": "whatsapp", "needs_human": True, "topic": "opening-hours", "thread": THREAD},
    e.BroadcastSent: {"channel": "email", "campaign": "spring"},
    e.CommunityEngaged: {"platform": "instagram", "act": "comment", "text": "lovely"},
    e.ReviewPosted: {"rating": 2, "product": "batik-7", "platform": "shop", "text": "colour ran"},
    e.IdeaContributed: {"topic": "packaging", "text": "less plastic"},
    e.FeedbackGiven: {"metric": "csat", "score": 5, "complaint": COMPLAINT},
    e.ProspectNoted: {"prospect": PROSPECT, "product": "batik-9", "amount": e.Money("2500000", "IDR"),
                      "probability": 60,
                      "expected": date(2026, 4, 1), "staff": "ani"},
    e.ProspectClosed: {"prospect": PROSPECT, "outcome": "won"},
    e.OrderPlaced: {"order": ORDER, "amount": e.Money("1500000", "IDR"),
                    "lines": (e.Line(product="batik-7", amount="1500000", category="textile"),), "channel": "whatsapp"},
    e.OrderShipped: {"order": ORDER, "carrier": "jne", "expected": date(2026, 2, 20), "tracking": "JNE123"},
    e.OrderDelivered: {"order": ORDER},
    e.OrderCancelled: {"order": uid("order 2"), "by": "customer", "reason": "too-late"},
    e.PurchaseMade: {"purchase": PURCHASE, "currency": "IDR", "total": "1500000",
                     "lines": (e.Line(product="batik-7", quantity="3", amount="1500000", category="textile"),),
                     "channel": "whatsapp", "seller": "ani"},
    e.PurchaseReturned: {"purchase": PURCHASE, "currency": "IDR", "total": "500000",
                         "lines": (e.Line(product="batik-7", amount="500000"),), "reason": "colour"},
    e.HoldingOpened: {"holding": HOLDING, "product": "savings-plan", "category": "savings",
                      "amount": e.Money("100000", "IDR"),
                      "matures": date(2027, 1, 1), "seller": "ani"},
    e.HoldingChanged: {"holding": HOLDING, "amount": e.Money("200000", "IDR")},
    e.HoldingClosed: {"holding": HOLDING, "reason": "matured"},
    e.ReferralMade: {"referred": uid("customer 2"), "product": "batik-7", "name": "Dewi"},
    e.BenefitGranted: {"benefit": "free-delivery", "amount": e.Money("20000", "IDR"), "reason": "birthday"},
    e.ComplaintOpened: {"complaint": COMPLAINT, "severity": "high", "intake": "written", "channel": "whatsapp",
                        "category": "quality", "product": "batik-7", "team": "care", "description": "the colour ran"},
    e.ComplaintAssigned: {"complaint": COMPLAINT, "handler": "budi", "team": "care"},
    e.ComplaintAcknowledged: {"complaint": COMPLAINT, "promised_due": moment(33), "staff": "budi"},
    e.ComplaintInvestigated: {"complaint": COMPLAINT, "staff": "budi", "finding": "a bad batch"},
    e.ComplaintResponded: {"complaint": COMPLAINT, "channel": "whatsapp", "staff": "budi",
                           "summary": "we looked into it"},
    e.ComplaintReclassified: {"complaint": COMPLAINT, "severity": "normal", "reason": "one-piece"},
    e.ComplaintWaiting: {"complaint": COMPLAINT, "waiting_for": "customer", "reason": "photograph"},
    e.ComplaintResumed: {"complaint": COMPLAINT},
    e.ComplaintExtended: {"complaint": COMPLAINT, "until": moment(40), "reason": "supplier"},
    e.ComplaintLinked: {"complaint": COMPLAINT, "cause": uid("complaint 0"), "kind": "same-cause"},
    e.ComplaintEscalated: {"complaint": COMPLAINT, "level": 1, "to": "citra", "reason": "near"},
    e.ComplaintResolved: {"complaint": COMPLAINT, "outcome": "upheld", "redress": e.Money("500000", "IDR"),
                          "root_cause": "supplier", "staff": "budi", "summary": "money back"},
    e.ComplaintReopened: {"complaint": COMPLAINT, "reason": "again"},
    e.ComplaintClosed: {"complaint": COMPLAINT},
    e.ComplaintWithdrawn: {"complaint": COMPLAINT, "reason": "sorted-out"},
    e.ManagerUnassigned: {"reason": "left"},
    e.ManagerAssigned: {"manager": "ani", "reason": "wish", "note": "knows the family"},
    e.ManagerIntroduced: {"manager": "ani"},
    e.CoverArranged: {"cover": "budi", "until": moment(61), "reason": "leave"},
    e.PromiseMade: {"promise": PROMISE, "due": moment(64), "kind": "callback", "channel": "whatsapp", "staff": "ani",
                    "text": "call about the blue one"},
    e.PromiseKept: {"promise": PROMISE},
    e.PromiseBroken: {"promise": PROMISE, "reason": "forgotten"},
    e.PromiseReleased: {"promise": PROMISE},
    e.OutreachPlanned: {"outreach": OUTREACH, "due": moment(70), "purpose": "relationship", "content": "birthday",
                        "channel": "whatsapp", "staff": "ani"},
    e.OutreachDone: {"outreach": OUTREACH},
    e.OutreachSnoozed: {"outreach": OUTREACH, "until": moment(75), "reason": "travelling"},
    e.OutreachCancelled: {"outreach": OUTREACH, "reason": "moved"},
    e.ContactAttempted: {"channel": "whatsapp", "purpose": "relationship", "outcome": "not-reached", "staff": "ani"},
    e.RelationshipEnded: {"by": "customer", "reason": "moved-abroad"},
    e.TouchpointCorrected: {"target": CALL, "target_type": "call.made.v1", "data": {"direction": "inbound",
                            "staff": "budi"},
                            "reason": "wrong-name"},
    e.TouchpointVoided: {"target": CALL, "reason": "wrong-customer"},
    e.RulebookPublished: {"rulebook": "v2", "document": {"title": "second"}, "reason": "calmer rhythm"},
    e.RulebookPromoted: {"rulebook": "v2"},
    e.RulebookRolledBack: {"rulebook": "v1"},
    e.StaffRegistered: {"staff": "ani", "team": "north", "languages": ("id", "en"), "capacity": 1000, "name": "Ani"},
    e.StaffChanged: {"staff": "ani", "team": "south"},
    e.StaffAbsent: {"staff": "ani", "until": moment(10), "cover": "budi", "reason": "leave"},
    e.CalendarPublished: {"calendar": "office", "calendar_version": "2", "document": {"name": "office"}},
    e.ProductListed: {"product": "batik-7", "category": "textile", "name": "Batik no. 7", "price": e.Money("500000",
                      "IDR")},
    e.ProductRetired: {"product": "batik-7"},
}  # fmt: skip


def _build() -> Iterator[tuple[type[e.Event], e.Event]]:
    for number, (kind, fields) in zip(count(1), _FIELDS.items(), strict=False):
        tag = str(kind.__struct_config__.tag)
        yield kind, kind(id=uid(tag), at=day(number), offset=420, source=SOURCE, version=number, **fields)


EXAMPLES: MappingProxyType[type[e.Event], e.Event] = MappingProxyType(dict(_build()))
STORY: tuple[e.Event, ...] = tuple(event for kind, event in EXAMPLES.items() if not issubclass(kind, e.Beside))


def example(kind: type[e.Event], /, **changes: Any) -> Any:
    """The example of a type, with some fields otherwise."""
    return msgspec.structs.replace(EXAMPLES[kind], **changes)
