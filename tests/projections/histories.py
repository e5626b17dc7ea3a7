"""Random histories of one customer, as Hypothesis strategies: dense in ties, contradictions, references that meet."""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from domain.events import Beside, Event, Line, TouchpointCorrected, TouchpointVoided
from domain.facts import DAY, HOUR
from domain.vocabulary import sealed_fields
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
    "currency": ["IDR", "IDR", "EUR"],
    "manager": ["ani", "budi"],
    "rating": [1, 5],
    "due": [examples.moment(1), examples.moment(64), examples.moment(300)],
    "until": [examples.moment(2), examples.moment(61), examples.moment(400), examples.moment(700)],
}
_CATEGORIES = ("textile", "tea", None)


@st.composite
def events(draw: st.DrawFn, number: int, kinds: Sequence[type[Event]] = ()) -> Event:
    """One event, on one of some days or close to the one before, with one of two references."""
    kind = draw(st.sampled_from(kinds) if kinds else st.sampled_from(_OFTEN) | st.sampled_from(_KINDS))
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
        category = draw(st.sampled_from(_CATEGORIES))
        changes["lines"] = (Line(product="batik-7", amount="100000", category=category),) if category else ()
    return msgspec.structs.replace(example, **changes)


@st.composite
def histories(draw: st.DrawFn, most: int = 40, amended: bool = False) -> list[Event]:
    """Events in the order of recording, versions from 1 on; `amended`: with corrections and voids among them.

    Nearly every event is late or at the same instant as another. An amendment may come before what it amends.
    """
    size = draw(st.integers(1, most))
    found = [draw(events(number)) for number in range(1, size + 1)]
    if not amended:
        return found
    for number in range(size + 1, size + 1 + draw(st.integers(0, 6))):
        found.insert(draw(st.sampled_from([0, len(found) // 2, len(found)])), _amendment(draw, found, number))
    return [msgspec.structs.replace(event, version=version) for version, event in enumerate(found, 1)]


def _amendment(draw: st.DrawFn, known: list[Event], number: int) -> Event:
    target = draw(st.sampled_from(known))
    stated: dict[str, Any] = {
        "id": examples.uid(f"random {number}"),
        "at": examples.day(draw(st.sampled_from([0, 90, 600]))),
        "target": draw(st.sampled_from([target.id] * 9 + [examples.uid("never recorded")])),
    }
    if draw(st.booleans()) or isinstance(target, TouchpointCorrected | TouchpointVoided):
        return examples.example(TouchpointVoided, **stated)
    kind = type(target)
    other = draw(st.sampled_from([target, target, draw(events(number, [kind]))]))
    data = msgspec.to_builtins(msgspec.structs.replace(other, version=0))
    for name in ("id", "at", "offset", "sequence", "source", "type", "version", *sealed_fields(kind)):
        data.pop(name, None)
    time = draw(st.sampled_from([None, examples.moment(3), examples.moment(100)]))
    tag = draw(st.sampled_from([str(kind.__struct_config__.tag)] * 9 + ["visit.made.v1"]))
    return examples.example(TouchpointCorrected, target_type=tag, data=data, time=time, **stated)
