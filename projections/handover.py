"""Handover: what whoever takes over a customer has to know, from the timeline, at any moment.

First what is owed to the customer and by when, then how they want to be treated, then what was said. Texts stay where they
are sealed: each item has the `version` of the event that holds its own, and readers who may open it do so.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from domain.events import Conversation, Event
from domain.facts import DAY, NEVER, Customer
from domain.rules import Rules
from domain.settling import settled
from projections.complaints import needs_human
from projections.state import State

TALKS = 5  # the latest that reached them
LATELY = 180 * DAY  # so long a resolved complaint is worth knowing of

Item = dict[str, Any]


def handover(events: Iterable[Event], state: State, rules: Rules, as_of: int) -> dict[str, Any]:
    """The note, of a history in order with amendments applied. Instants are µs; `as_of` says what is missed by now."""
    c = settled(state.customer, rules, as_of)
    return {
        "first": _first(c, rules, as_of),
        "standing": {
            "stage": state.stage,
            "since_at": state.entered,
            "tier": rules.tier_names[state.level],
            "trust": state.score,
            "falling": state.trust.falling,
            "ended_at": c.ended.at if c.ended else None,
        },
        "owners": _owners(c),
        "promises": [_promise(p, as_of) for p in sorted(c.promises.values(), key=lambda p: p.due)],
        "complaints": _complaints(c, as_of),
        "handling": [
            {"code": m.code, "at": m.at, "until": _until(m.until), "event": m.id, "version": m.version}
            for m in c.handling
            if m.until > as_of
        ],
        "wishes": _wishes(c),
        "refused": [
            {"purpose": k.purpose, "channel": k.channel, "at": k.at, "event": k.id, "version": k.version}
            for k in c.consents.values()
            if not k.granted
        ],
        "planned": [
            {"due": p.due, "purpose": p.purpose, "content": p.content, "channel": p.channel, "staff": p.staff,
             "event": p.id, "version": p.version}
            for p in sorted(c.planned.values(), key=lambda p: p.due)
        ],
        "needs": [{"code": m.code, "at": m.at, "event": m.id, "version": m.version} for m in c.needs],
        "notes": [{"at": m.at, "event": m.id, "version": m.version} for m in c.pinned],
        "talks": _talks(events, as_of),
    }  # fmt: skip


def _first(c: Customer, rules: Rules, as_of: int) -> list[Item]:
    """What is to be done before all else, the most pressing first."""
    owner = c.managers[-1] if c.managers else None
    found: list[Item] = [
        {"what": "promise-missed", "at": p.due, "ref": p.ref} for p in c.promises.values() if p.due <= as_of
    ]
    found += [{"what": "complaint-open", "at": case.at, "ref": case.ref} for case in c.cases.values() if case.open]
    found += [{"what": "waits-for-answer", "at": w.at, "ref": w.id} for w in c.waits if needs_human(rules, w)]
    found += [{"what": "promise-open", "at": p.due, "ref": p.ref} for p in c.promises.values() if p.due > as_of]
    if owner is not None and owner.manager is not None and not owner.introduced:
        found.append({"what": "introduce-yourself", "at": owner.at, "ref": owner.id})
    rank = {what: place for place, what in enumerate(_RANK)}
    return sorted(found, key=lambda item: (rank[item["what"]], item["at"], item["ref"]))


_RANK = ("promise-missed", "complaint-open", "waits-for-answer", "promise-open", "introduce-yourself")


def _owners(c: Customer) -> list[Item]:
    """Who had them, the latest first, with the notes that they were handed over with."""
    until = [*(later.at for later in c.managers[1:]), NEVER]
    return [
        {"staff": a.manager, "from_at": a.at, "until_at": _until(end), "reason": a.reason, "event": a.id,
         "version": a.version}
        for a, end in reversed(list(zip(c.managers, until, strict=True)))
    ]  # fmt: skip


def _promise(p: Any, as_of: int) -> Item:
    return {
        "promise": p.ref, "kind": p.kind, "due": p.due, "missed": p.due <= as_of, "channel": p.channel, "staff": p.staff,
        "complaint": p.complaint, "event": p.id, "version": p.version,
    }  # fmt: skip


def _complaints(c: Customer, as_of: int) -> list[Item]:
    """Open ones, and those that ended lately: how they ended, and how often they came back."""
    found: list[Item] = []
    for case in c.cases.values():
        if not case.open and case.ended <= as_of - LATELY:
            continue
        last = case.resolutions[-1] if case.resolutions else None
        found.append(
            {"complaint": case.ref, "open": case.open, "state": case.state, "severity": case.severity,
             "category": case.category, "opened_at": case.at, "handler": case.handler, "round": case.round,
             "resolved_at": last.at if last else None, "outcome": last.outcome if last else None,
             "event": case.id, "version": case.version}
        )  # fmt: skip
    return sorted(found, key=lambda item: (not item["open"], -item["opened_at"]))


def _wishes(c: Customer) -> Item:
    """What they said of how they want to be treated; what they never spoke of is left out."""
    wishes = c.wishes
    names = ("preferred", "allowed", "refused", "windows", "cadence", "staff", "staff_traits", "benefits", "topics")
    said = {name: getattr(wishes, name) for name in names if getattr(wishes, name)}
    return said | ({"rest_until": wishes.rest_until} if wishes.rest_until else {})


def _talks(events: Iterable[Event], as_of: int) -> list[Item]:
    """The latest conversations that reached them, on any channel."""
    reached: Sequence[Conversation] = [
        e for e in events if isinstance(e, Conversation) and e.outcome == "reached" and e.at <= as_of
    ]
    return [
        {"at": e.at, "channel": e.channel, "direction": e.direction, "purpose": e.purpose, "staff": e.staff,
         "sentiment": e.sentiment, "event": e.id, "version": e.version}
        for e in reversed(reached[-TALKS:])
    ]  # fmt: skip


def _until(at: int) -> int | None:
    return None if at >= NEVER else at
