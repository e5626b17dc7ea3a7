"""Random lives of one customer, as a Hypothesis strategy: years of buying, talking, complaining and coming back.

Where `histories` are dense in contradictions, these lead through all stages, tiers and queues.
"""

from typing import Any

import msgspec
from hypothesis import strategies as st

from domain import events as e
from tests import examples
from tests.spec import a, numbered

_SELDOM: tuple[tuple[type[e.Event], dict[str, list[Any]]], ...] = (
    (e.PurchaseReturned, {"purchase": [examples.uid(f"p {number}") for number in range(9)], "total": ["9000000"]}),
    (e.ComplaintOpened, {"severity": ["low", "high"]}),
    (e.ComplaintResolved, {}),
    (e.ComplaintWithdrawn, {}),
    (e.ComplaintReopened, {}),
    (e.ComplaintWaiting, {"waiting_for": ["customer"]}),
    (e.ComplaintResumed, {}),
    (e.PromiseMade, {"due": [3]}),
    (e.PromiseKept, {}),
    (e.PreferenceStated, {"refused": [None, (), ("phone",)]}),
    (e.ConsentWithdrawn, {"purpose": ["relationship"], "channel": [None]}),
    (e.ConsentGranted, {"purpose": ["selling"], "channel": [None], "until": [None]}),
    (e.RelationshipEnded, {}),
    (e.HoldingOpened, {}),
    (e.HoldingClosed, {}),
    (e.ManagerAssigned, {"manager": ["ani", "budi"]}),
    (e.ManagerUnassigned, {}),
    (e.CoverArranged, {"until": [1, 40]}),
    (e.CustomerIdentified, {"kind": ["phone"]}),
    (e.OutreachSnoozed, {"until": [60]}),
    (e.SelfServiceUsed, {}),
    (e.NoteAdded, {}),
)  # what may be stated of each; an instant as days from its event
_REFS = ("complaint", "promise", "holding")


def _refs(name: str, count: int) -> st.SearchStrategy[str]:
    return st.sampled_from([examples.uid(f"{name} {number}") for number in range(count)])


def _purchase(draw: st.DrawFn, day: float) -> e.Event:
    line = e.Line(product="p", quantity="1", amount="1", category=draw(st.sampled_from([None, "tea", "textile"])))
    total = draw(st.sampled_from(["500000", "9000000", "40000000"]))
    return a(e.PurchaseMade, day, purchase=draw(_refs("p", 9)), total=total, currency="IDR", lines=(line,), order=None)


def _talk(draw: st.DrawFn, day: float) -> e.Event:
    return a(
        e.CallMade,
        day,
        direction=draw(st.sampled_from(["inbound", "outbound", "outbound"])),
        purpose=draw(st.sampled_from(["relationship", "relationship", "selling", "service"])),
        outcome=draw(st.sampled_from(["reached", "reached", "not-reached"])),
        channel="phone",
        complaint=draw(st.none() | _refs("complaint", 2)),
        outreach=None,
    )


def _seldom(draw: st.DrawFn, day: float) -> e.Event:
    kind, choices = draw(st.sampled_from(_SELDOM))
    stated: dict[str, Any] = {name: draw(st.sampled_from(some)) for name, some in choices.items()}
    for name in ("due", "until"):
        if stated.get(name) is not None:
            stated[name] = examples.moment(day + stated[name])
    for name in _REFS:
        if name in kind.__struct_fields__ and (name != "complaint" or issubclass(kind, e.ComplaintEvent)):
            stated[name] = draw(_refs(name, 2))
    if kind is e.PurchaseReturned:
        stated |= {"currency": "IDR", "lines": ()}
    return a(kind, day, **stated)


@st.composite
def lives(draw: st.DrawFn, most: int = 40) -> list[e.Event]:
    """Events in the order in which they happened and were recorded, versions from 1 on."""
    day = 0.0
    found: list[e.Event] = []
    for number in range(draw(st.integers(1, most))):
        day += draw(st.sampled_from([0, 0.04, 1, 15, 29, 31, 60, 89, 91, 200]))
        make = draw(st.sampled_from([_purchase, _purchase, _talk, _talk, _seldom, _seldom]))
        found.append(msgspec.structs.replace(make(draw, day), id=examples.uid(f"life {number}")))
    return numbered(found)
