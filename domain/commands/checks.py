"""What several families of commands ask: who may take something on, which complaint is meant, whether a time lies ahead."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from domain.cases import Case
from domain.commands.command import Colleague, Obstacle, Situation
from domain.commands.refusals import (
    AbsentStaff,
    BenefitUnfit,
    HeldBack,
    Impossible,
    InactiveStaff,
    NotAhead,
    NothingChanges,
    NotRegistered,
    NotTheirComplaint,
    RefusedChannel,
    RefusedPurpose,
    RelationshipEnded,
    UnwishedStaff,
)
from domain.door import instant
from domain.facts import Customer, micros


def said(at: int) -> str:
    """An instant (µs) as it is written in a sentence: to the second, in UTC."""
    return f"{instant(at):%Y-%m-%dT%H:%M:%SZ}"


def ahead(moment: datetime | None, s: Situation, pointer: str) -> None:
    """A time that was given has to lie after the moment of the command."""
    if moment is not None and micros(moment) <= s.at:
        raise NotAhead(
            f"{pointer[1:]} is {said(micros(moment))}; a time after {said(s.at)} would be right", pointer=pointer
        )


def changing(changes: bool, detail: str, **members: Any) -> None:
    """NothingChanges where what is wished for is so already."""
    if not changes:
        raise NothingChanges(detail, members=members)


# --- staff ------------------------------------------------------------------------------------------------------------


def known(code: str | None, s: Situation, pointer: str) -> Colleague | None:
    """Somebody whom an event mentions: registered, whether they still work here or not."""
    if code is None or not s.staff.kept:
        return None
    found = s.staff(code)
    if found is None:
        raise NotRegistered(f"nobody is registered as {code!r}; staff.registered would register them", pointer=pointer)
    return found


def serving(code: str | None, s: Situation, pointer: str) -> Colleague | None:
    """Somebody who takes something on for good: they work here, and somebody acts for them while they are away."""
    found = known(code, s, pointer)
    if found is None:
        return None
    if not found.active:
        raise InactiveStaff(f"{code} works here no more; somebody who does would be right", pointer=pointer)
    if found.acting is None:
        raise _away(found, pointer, "and nobody covers for them")
    return found


def here(code: str | None, s: Situation, pointer: str) -> Colleague | None:
    """Somebody who takes something on now: they work here, and are here."""
    found = serving(code, s, pointer)
    if found is not None and found.away_until is not None:
        raise _away(found, pointer, f"{found.acting} covers for them")
    return found


def _away(person: Colleague, pointer: str, more: str) -> AbsentStaff:
    until = "" if person.away_until is None else f" until {said(person.away_until)}"
    return AbsentStaff(
        f"{person.code} is away{until}, {more}",
        pointer=pointer,
        members={"until": person.away_until, "cover": person.acting},
    )


def wished(code: str, s: Situation, pointer: str) -> None:
    """Whom the customer accepts, and who may care for them."""
    against = s.staff.refuses(code)
    if against is None:
        return
    wishes = s.facts.wishes
    what, _, value = against.partition(":")
    if what == "not-named":
        detail = f"the customer accepts only {', '.join(wishes.staff)}; state-preference would change that"
    elif what == "trait":
        detail = f"the customer asked for somebody with {value}, and {code} is not known to be so"
    elif what == "qualification":
        detail = f"to care for this customer takes the qualification {value}, which {code} does not hold at that time"
    else:
        detail = f"{code} cannot care for this customer: {against}"
    stated = [wishes.stated[name] for name in ("staff", "staff_traits") if name in wishes.stated]
    raise UnwishedStaff(
        detail, pointer=pointer, members={"reason": against, "staff": list(wishes.staff), "events": stated}
    )


# --- complaints -------------------------------------------------------------------------------------------------------


def complaint_of(ref: str | None, s: Situation, pointer: str = "/complaint") -> Case | None:
    """The complaint that an event refers to, where it does."""
    if ref is None:
        return None
    case = s.facts.cases.get(ref)
    if case is None:
        open_ = ", ".join(open_cases(s.facts)) or "none"
        raise NotTheirComplaint(f"{ref} is no complaint of this customer; open: {open_}", pointer=pointer)
    return case


def open_cases(c: Customer) -> dict[str, Case]:
    """Their open complaints."""
    return {ref: case for ref, case in c.cases.items() if case.open} if c.open_cases else {}


# --- contacts ---------------------------------------------------------------------------------------------------------

_KINDS: dict[str, type[Impossible]] = {
    "ended": RelationshipEnded,
    "refused-channel": RefusedChannel,
    "refused-purpose": RefusedPurpose,
    "no-consent": RefusedPurpose,
    "consent-ended": RefusedPurpose,
    "unfit": BenefitUnfit,
}
_SENTENCES = {
    "ended": "the relationship has ended; a service that is still owed, or a new purchase, would be another matter",
    "refused-channel": "the customer refused to be contacted by {channel}; another channel would be right",
    "refused-purpose": "the customer withdrew consent to {purpose}; consent.granted would bring it back",
    "no-consent": "the customer never gave consent to {purpose}; consent.granted would be needed first",
    "consent-ended": "the customer's consent to {purpose} has ended by then; consent.granted would renew it",
    "unfit": "{content} does not fit this customer's tier; another benefit would be right",
}


def unstopped(
    s: Situation,
    channel: str | None,
    purpose: str,
    at: int,
    content: str | None = None,
    *,
    reasons: Iterable[str] | None = None,
) -> None:
    """Refuses a contact to come that may not take place at that moment, by the most final reason (of some, or of all)."""
    wanted = None if reasons is None else set(reasons)
    for stop in s.stops(channel, purpose, at, content):
        if wanted is None or stop.reason in wanted:
            raise refusal_of(stop, channel, purpose, content)


def refusal_of(stop: Obstacle, channel: str | None, purpose: str, content: str | None) -> Impossible:
    """The refusal that a reason against a contact is."""
    sentence = _SENTENCES.get(stop.reason)
    if sentence is None:
        until = "" if stop.until is None else f" until {said(stop.until)}"
        detail = f"such a contact is held back{until}: {stop.reason}"
    else:
        detail = sentence.format(channel=channel, purpose=purpose, content=content)
    return _KINDS.get(stop.reason, HeldBack)(
        detail, members={"reason": stop.reason, "until": stop.until, "events": list(stop.events)}
    )


FOR_GOOD = ("ended", "refused-channel", "refused-purpose", "no-consent", "unfit")
"""Reasons that a later moment does not take away by itself."""
