"""Random dealings with one customer, as a Hypothesis strategy: consents, wishes, contacts and complaints, close together."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from domain import events as e
from domain.events import Event
from domain.facts import HOUR
from tests import examples
from tests.spec import a, numbered

CHANNELS = ("whatsapp", "phone", "email")
PURPOSES = ("selling", "relationship", "information", "service")
WINDOWS = (
    None,
    None,
    None,
    (),
    (),
    (e.Window(start="12:00", end="13:00"),),
    (e.Window(days=("wed",), start="22:00", end="02:00"), e.Window(days=("sun",), start="09:00", end="10:00")),
)
WISHES = (
    None,
    None,
    None,
    (),
    (e.Wish(times=1),),
    (e.Wish(times=2, per="quarter"), e.Wish(times=1, channel="phone")),
)
ZONES = ("Asia/Jakarta", "Asia/Jayapura", "Europe/London", "America/New_York")
_SPOKEN = {"whatsapp": e.MessageExchanged, "phone": e.CallMade, "email": e.EmailExchanged}
_CASE = (
    e.ComplaintOpened, e.ComplaintOpened, e.ComplaintWaiting, e.ComplaintWaiting, e.ComplaintResumed, e.ComplaintResolved,
    e.ComplaintReopened, e.ComplaintClosed, e.ComplaintWithdrawn,
)  # fmt: skip


def _contact(draw: st.DrawFn, at: int) -> Event:
    channel = draw(st.sampled_from(CHANNELS))
    stated: dict[str, Any] = {
        "direction": draw(st.sampled_from(["outbound", "outbound", "outbound", "inbound"])),
        "purpose": draw(st.sampled_from((*PURPOSES, "relationship", "relationship", "selling"))),
        "outcome": draw(st.sampled_from(["reached", "reached", "not-reached"])),
        "channel": channel,
    }
    return a(_SPOKEN[channel], at=at, thread=None, outreach=None, complaint=None, **stated)


def _consent(draw: st.DrawFn, at: int) -> Event:
    stated: dict[str, Any] = {
        "purpose": draw(st.sampled_from([None, "selling", "selling", "relationship", "service"])),
        "channel": draw(st.sampled_from([None, None, "whatsapp", "phone"])),
    }
    if draw(st.sampled_from([True, True, False])):
        until = draw(st.sampled_from([None, None, 5, 40]))
        ends = None if until is None else examples.datetime.fromtimestamp(at / 1e6, tz=examples.UTC)
        return a(e.ConsentGranted, at=at, until=ends and ends + examples.timedelta(days=until or 0), **stated)
    return a(e.ConsentWithdrawn, at=at, **stated)


def _wish(draw: st.DrawFn, at: int) -> Event:
    rest = draw(st.sampled_from([None, None, 3, 20]))
    now = examples.datetime.fromtimestamp(at / 1e6, tz=examples.UTC)
    return a(
        e.PreferenceStated,
        at=at,
        preferred=draw(st.sampled_from([None, ("whatsapp",), ()])),
        refused=draw(st.sampled_from([None, None, (), ("phone",), ("whatsapp", "email")])),
        windows=draw(st.sampled_from(WINDOWS)),
        rest_until=None if rest is None else now + examples.timedelta(days=rest),
        cadence=draw(st.sampled_from(WISHES)),
        staff=None, benefits=None, topics=None,
    )  # fmt: skip


def _case(draw: st.DrawFn, at: int) -> Event:
    kind = draw(st.sampled_from(_CASE))
    stated = (
        {"waiting_for": draw(st.sampled_from(["customer", "customer", "vendor"]))} if kind is e.ComplaintWaiting else {}
    )
    return a(kind, at=at, **stated, complaint=examples.uid(f"complaint {draw(st.sampled_from('12'))}"))


def _plan(draw: st.DrawFn, at: int) -> Event:
    due = examples.datetime.fromtimestamp(at / 1e6, tz=examples.UTC)
    return a(
        e.OutreachPlanned,
        at=at,
        outreach=examples.uid(f"outreach {draw(st.sampled_from('12'))}"),
        due=due
        + examples.timedelta(days=draw(st.sampled_from([0, 2, 30])), hours=draw(st.sampled_from([0, 5, 11, 15]))),
        purpose=draw(st.sampled_from(PURPOSES)),
        channel=draw(st.sampled_from([None, *CHANNELS])),
        content=None,
    )


_OTHERS = (e.CustomerProfileChanged,) * 3 + (e.PurchaseMade,) * 2 + (e.RelationshipEnded, e.CustomerIdentified)


def _other(draw: st.DrawFn, at: int) -> Event:
    kind = draw(st.sampled_from(_OTHERS))
    if kind is e.CustomerProfileChanged:
        return a(kind, at=at, timezone=draw(st.sampled_from(ZONES)))
    if kind is e.CustomerIdentified:
        return a(kind, at=at, kind=draw(st.sampled_from(["whatsapp", "email", "phone"])))
    return a(kind, at=at)


def _courted() -> list[Event]:
    """Enough for selling not to outweigh it: six contacts for the relationship in the weeks before, and consent."""
    talks = [a(e.VisitMade, -8 * number, purpose="relationship", direction="outbound") for number in range(1, 7)]
    prefers = a(e.PreferenceStated, -1, preferred=("whatsapp",), refused=None, windows=None, cadence=None)
    return [*talks, a(e.ConsentGranted, -1, purpose="selling", channel=None, until=None), prefers]


_MAKERS = (_contact, _contact, _contact, _consent, _consent, _wish, _case, _plan, _other)


@st.composite
def dealings(draw: st.DrawFn, most: int = 30) -> list[Event]:
    """Events in the order of recording; some are late, many at one instant, some are voided. None is a mere receipt."""
    moment = examples.day(0)
    found: list[Event] = [a(e.CustomerIdentified, at=moment, kind=kind) for kind in ("whatsapp", "email", "phone")]
    if draw(st.booleans()):
        found += _courted()
    for _ in range(draw(st.integers(1, most))):
        moment += draw(st.sampled_from([0, 1, 7, 24, 24 * 5, 24 * 13])) * HOUR
        found.append(draw(st.sampled_from(_MAKERS))(draw, moment))
    found = [msgspec.structs.replace(event, id=examples.uid(f"dealing {number}")) for number, event in enumerate(found)]
    found.append(found.pop(draw(st.integers(0, len(found) - 1))))
    if draw(st.sampled_from([True, False, False])):
        target = draw(st.sampled_from(found)).id
        found.append(a(e.TouchpointVoided, at=moment, id=examples.uid("void"), target=target, attributed_to=None))
    return numbered(found)
