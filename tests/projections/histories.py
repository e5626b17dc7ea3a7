"""Random histories of one customer, as Hypothesis strategies: dense in ties, contradictions, references that meet."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from domain.events import Beside, Event, TouchpointCorrected, TouchpointVoided
from domain.facts import DAY, HOUR
from tests import examples

_KINDS = [kind for kind in examples.EXAMPLES if not issubclass(kind, Beside | TouchpointCorrected | TouchpointVoided)]
_OFTEN = [k for k in _KINDS if k.__name__ in {"PurchaseMade", "CallMade", "MessageExchanged", "ComplaintOpened",
"ComplaintResolved",
                                              "ComplaintReopened", "ComplaintWaiting", "PurchaseReturned",
                                              "PromiseMade"}]  # fmt: skip
_REFS = ("complaint", "purchase", "order", "holding", "promise", "outreach", "prospect", "thread")
_CHOICES: dict[str, list[Any]] = {
    "severity": ["low", "normal", "high", "critical"],
    "direction": ["inbound", "outbound"],
    "outcome": ["reached", "missed", "not-reached"],
    "purpose": ["relationship", "selling", "service"],
    "waiting_for": ["customer", "vendor"],
    "total": ["0", "100000", "12000000", "45000000.50"],
    "manager": ["ani", "budi"],
    "rating": [1, 5],
}


@st.composite
def events(draw: st.DrawFn, number: int) -> Event:
    """One event, on one of some days or close to the one before, with one of two references."""
    kind = draw(st.sampled_from(_OFTEN) | st.sampled_from(_KINDS))
    example = examples.EXAMPLES[kind]
    at = draw(st.sampled_from([0, 1, 2, 30, 89, 90, 180, 365, 366, 500])) * DAY + draw(
        st.sampled_from([0, 0, HOUR, 7 * HOUR])
    )
    changes: dict[str, Any] = {
        "id": examples.uid(f"random {number}"),
        "at": examples.day(0) + at,
        "sequence": draw(st.sampled_from(["", "", "1", "2"])),
        "version": number,
    }
    for name in _REFS:
        if getattr(example, name, None) is not None:
            changes[name] = examples.uid(f"{name} {draw(st.sampled_from('12'))}")
    for name, choices in _CHOICES.items():
        if isinstance(getattr(example, name, None), type(choices[0])):
            allowed = choices if name != "outcome" or hasattr(example, "direction") else [getattr(example, name)]
            changes[name] = draw(st.sampled_from(allowed))
    if hasattr(example, "total"):
        changes["lines"] = ()
    return msgspec.structs.replace(example, **changes)


@st.composite
def histories(draw: st.DrawFn, most: int = 40, amended: bool = False) -> list[Event]:
    """Events in the order of recording, versions from 1 on; `amended`: with corrections and voids among them."""
    size = draw(st.integers(1, most))
    found = [draw(events(number)) for number in range(1, size + 1)]
    if amended:
        for number in range(size + 1, size + 1 + draw(st.integers(0, 6))):
            found.append(_amendment(draw, found, number))
    return found


def _amendment(draw: st.DrawFn, known: list[Event], number: int) -> Event:
    target = draw(st.sampled_from(known))
    stated = {"id": examples.uid(f"random {number}"), "at": examples.day(600), "version": number, "target": target.id}
    if draw(st.booleans()) or isinstance(target, TouchpointCorrected | TouchpointVoided):
        return examples.example(TouchpointVoided, **stated)
    data = msgspec.to_builtins(msgspec.structs.replace(target, version=0))
    for name in ("id", "at", "offset", "sequence", "source", "type", "version"):
        data.pop(name, None)
    time = draw(st.sampled_from([None, examples.moment(3), examples.moment(100)]))
    tag = str(type(target).__struct_config__.tag)
    return examples.example(TouchpointCorrected, target_type=tag, data=data, time=time, **stated)
