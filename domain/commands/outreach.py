"""Commands on planned contacts: plan, snooze, done, cancel."""

from collections.abc import Callable
from typing import Any

from domain import events as e
from domain.commands.checks import FOR_GOOD, ahead, changing, said, serving, unstopped
from domain.commands.command import Command, Situation
from domain.commands.refusals import AlreadyPlanned, OutreachNotOpen
from domain.facts import Customer, Planned, micros

RHYTHM = "rhythm"


def _planned(c: Customer) -> dict[str, Planned]:
    return c.planned


def _plan(wish: e.OutreachPlanned, s: Situation) -> None:
    """A plan is kept whatever the rhythm; what the customer refused, or does not fit them, is not planned."""
    planned = s.facts.planned.get(wish.outreach)
    if planned is not None:
        raise AlreadyPlanned(
            f"this is planned for {said(planned.due)}; snooze-outreach or another reference would be right",
            pointer="/outreach",
            members={"due": planned.due, "events": [planned.id]},
        )
    ahead(wish.due, s, "/due")
    serving(wish.staff, s, "/staff")
    unstopped(s, wish.channel, wish.purpose, micros(wish.due), wish.content, reasons=FOR_GOOD)


def _is_open(ref: str | None, s: Situation) -> None:
    """Without a reference, what is due is meant; an occasion or a rhythm is named as queues name it."""
    if ref is None or ref == RHYTHM:
        return
    to_come = s.suggested()
    if ref not in to_come:
        raise OutreachNotOpen(
            f"{ref} is no contact to come; there are {', '.join(sorted(to_come)) or 'none'}",
            pointer="/outreach",
            members={"outreach": sorted(to_come)},
        )


def _snooze(wish: e.OutreachSnoozed, s: Situation) -> None:
    _is_open(wish.outreach, s)
    ahead(wish.until, s, "/until")
    until = micros(wish.until)
    changing(_snoozed(wish.outreach, s.facts) != until, f"it is snoozed until {said(until)} already")


def _snoozed(ref: str | None, c: Customer) -> int:
    """Until when it is put off already."""
    if ref is None or ref == RHYTHM:
        return c.snoozed_until
    planned = c.planned.get(ref)
    return c.set_aside.get(ref, 0) if planned is None else planned.not_before


def _done(wish: e.OutreachDone, s: Situation) -> None:
    _is_open(wish.outreach, s)


def _cancel(wish: e.OutreachCancelled, s: Situation) -> None:
    _is_open(wish.outreach, s)
    if wish.outreach is None and not any(planned.due <= s.at for planned in s.facts.planned.values()):
        raise OutreachNotOpen(
            "no planned contact is due; `outreach` would name one that is to come, and snooze-outreach would put off "
            "one that is due by the rhythm",
            pointer="/outreach",
        )


def _on(name: str, event: type[e.Event], says: str, check: Callable[[Any, Situation], None]) -> Command:
    return Command(name, event, says, check, about="outreach", among=_planned, named=False)


COMMANDS = (
    Command("plan-outreach", e.OutreachPlanned, "Plan a contact for a date", _plan, new="outreach"),
    _on("snooze-outreach", e.OutreachSnoozed, "Not before a date", _snooze),
    _on("finish-outreach", e.OutreachDone, "It took place, or was tried", _done),
    _on("cancel-outreach", e.OutreachCancelled, "It will not take place", _cancel),
)
