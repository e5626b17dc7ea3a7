"""Commands on complaints: from opening to closing, with who takes care of it and what it waits for."""

from collections.abc import Callable
from typing import Any

from domain import events as e
from domain.cases import Case
from domain.commands.checks import ahead, changing, here, known, open_cases, said
from domain.commands.command import Command, Situation, free
from domain.commands.refusals import (
    AlreadyClaimed,
    AlreadyExtended,
    AlreadyOpen,
    NotAhead,
    NotAssigned,
    NotNotified,
    NotOpen,
    NotResolved,
    NotWaiting,
    TooLateToReopen,
)
from domain.facts import NEVER, Customer, micros
from domain.settling import reopens_until


def _settled(c: Customer) -> dict[str, Case]:
    return {ref: case for ref, case in c.cases.items() if not case.open}


def _resolved_ones(c: Customer) -> dict[str, Case]:
    return {ref: case for ref, case in c.cases.items() if case.state == "resolved"}


def _waiting_ones(c: Customer) -> dict[str, Case]:
    return {ref: case for ref, case in open_cases(c).items() if case.state == "waiting"}


def _is_open(case: Case, _s: Situation) -> None:
    if not case.open:
        raise NotOpen(
            f"complaint {case.ref} is {case.state} since {said(case.ended)}; reopen-complaint would open it again",
            pointer="/complaint",
            members={"state": case.state, "since": case.ended},
        )


# --- who takes care of it ---------------------------------------------------------------------------------------------


def _held_since(case: Case, s: Situation) -> tuple[int, str]:
    """When the present handler got it, and by which event."""
    since = (case.at, case.id)
    for event in s.events.values():
        match event:
            case e.ComplaintAssigned(complaint=case.ref) | e.ComplaintEscalated(complaint=case.ref, to=str()):
                since = (event.at, event.id)
            case _:
                pass
    return since


def _taken(case: Case, s: Situation, instead: str) -> AlreadyClaimed:
    since, event = _held_since(case, s)
    return AlreadyClaimed(
        f"{case.handler} takes care of it since {said(since)}; {instead}",
        pointer="/handler",
        members={"by": case.handler, "since": since, "events": [event]},
    )


def _claim(wish: e.ComplaintAssigned, s: Situation) -> None:
    here(wish.handler, s, "/handler")
    case = s.facts.cases[wish.complaint]
    changing(case.handler != wish.handler, f"{wish.handler} takes care of it already")
    if case.handler is not None:
        raise _taken(case, s, "transfer-complaint would hand it over")


def _assign(wish: e.ComplaintAssigned, s: Situation) -> None:
    here(wish.handler, s, "/handler")
    case = s.facts.cases[wish.complaint]
    _given(wish, case)
    if case.handler is not None and case.handler != wish.handler:
        raise _taken(case, s, "transfer-complaint would hand it over")


def _given(wish: e.ComplaintAssigned, case: Case) -> None:
    if wish.handler is None and wish.team is None:
        raise NotAssigned("either handler or team has to say who takes care of it", pointer="/handler")
    same = wish.handler == case.handler and wish.team in (None, case.team)
    changing(not same, f"{case.handler or case.team} takes care of it already")


def _someones(case: Case, s: Situation) -> None:
    _is_open(case, s)
    if case.handler is None and case.team is None:
        raise NotAssigned(
            "nobody takes care of it yet; assign-complaint or claim-complaint would be right", pointer="/complaint"
        )


def _transfer(wish: e.ComplaintAssigned, s: Situation) -> None:
    here(wish.handler, s, "/handler")
    _given(wish, s.facts.cases[wish.complaint])


def _handled(case: Case, s: Situation) -> None:
    _is_open(case, s)
    if case.handler is None:
        raise NotAssigned("nobody takes care of it", pointer="/complaint")


# --- work on it -------------------------------------------------------------------------------------------------------


def _open(wish: e.ComplaintOpened, s: Situation) -> None:
    case = s.facts.cases.get(wish.complaint)
    if case is not None:
        raise AlreadyOpen(
            f"this complaint was opened at {said(case.at)} and is {case.state}; another reference would be right",
            pointer="/complaint",
            members={"state": case.state, "since": case.at, "events": [case.id]},
        )
    here(wish.handler, s, "/handler")


def _acknowledge(wish: e.ComplaintAcknowledged, s: Situation) -> None:
    known(wish.staff, s, "/staff")
    ahead(wish.promised_due, s, "/promised_due")
    case = s.facts.cases[wish.complaint]
    promised = case.promised_due if wish.promised_due is None else micros(wish.promised_due)
    changing(
        not case.acknowledged or promised != case.promised_due,
        f"it was acknowledged at {said(case.acknowledged)}",
        since=case.acknowledged,
    )


def _staffed(wish: Any, s: Situation) -> None:
    known(wish.staff, s, "/staff")


def _wait(wish: e.ComplaintWaiting, s: Situation) -> None:
    case = s.facts.cases[wish.complaint]
    pause = case.pauses[-1] if case.state == "waiting" and case.pauses else None
    changing(
        pause is None or pause.waiting_for != wish.waiting_for,
        f"it waits for {wish.waiting_for} already",
        since=pause.at if pause else None,
    )


def _waits(case: Case, s: Situation) -> None:
    _is_open(case, s)
    if case.state != "waiting":
        raise NotWaiting(
            f"complaint {case.ref} is {case.state} and waits for nobody", pointer="/complaint",
            members={"state": case.state},
        )  # fmt: skip


def _extendable(case: Case, s: Situation) -> None:
    _is_open(case, s)
    if case.extended_until:
        raise AlreadyExtended(
            f"it was extended once, until {said(case.extended_until)}; there is one extension in a round",
            pointer="/complaint",
            members={"until": case.extended_until},
        )


def _extend(wish: e.ComplaintExtended, s: Situation) -> None:
    ahead(wish.until, s, "/until")
    if not wish.notified:
        raise NotNotified(
            "the customer has to be told of it; an extension without notice moves nothing", pointer="/notified"
        )
    due = s.due.get(wish.complaint, NEVER)
    if due != NEVER and micros(wish.until) <= due:
        raise NotAhead(
            f"it has to be resolved by {said(due)} as it is; a later time would be an extension",
            pointer="/until",
            members={"due": due},
        )


def _reclassify(wish: e.ComplaintReclassified, s: Situation) -> None:
    case = s.facts.cases[wish.complaint]
    changes = [
        name for name in ("severity", "category", "product") if getattr(wish, name) not in (None, getattr(case, name))
    ]
    changing(bool(changes), f"it is {case.severity}, {case.category or 'of no category'} already")
    if "severity" in changes:
        _is_open(case, s)


def _link(wish: e.ComplaintLinked, s: Situation) -> None:
    case = s.facts.cases[wish.complaint]
    changing(wish.cause != wish.complaint, "a complaint is no cause of itself")
    changing((wish.cause, wish.kind) not in case.links, "it is linked to that already")


def _escalate(wish: e.ComplaintEscalated, s: Situation) -> None:
    here(wish.to, s, "/to")
    case = s.facts.cases[wish.complaint]
    changing(wish.level > case.level, f"it stands at level {case.level} already; a higher one would be right")


# --- its end, and the next round --------------------------------------------------------------------------------------


def _reopenable(case: Case, s: Situation) -> None:
    if case.open:
        raise AlreadyOpen(
            f"complaint {case.ref} is {case.state}; it need not be reopened", pointer="/complaint",
            members={"state": case.state, "since": case.round_at},
        )  # fmt: skip
    until = reopens_until(s.rules, case)
    if s.at > until:
        raise TooLateToReopen(
            f"it is {case.state} since {said(case.ended)}, and could be reopened until {said(until)}; "
            "open-complaint would begin another, and link-complaint would say that it is the same cause",
            pointer="/complaint",
            members={"since": case.ended, "until": until},
        )


def _closable(case: Case, _s: Situation) -> None:
    if case.state == "resolved":
        return
    if case.open:
        raise NotResolved(
            f"complaint {case.ref} is {case.state}; resolve-complaint comes before closing it", pointer="/complaint",
            members={"state": case.state},
        )  # fmt: skip
    raise NotOpen(
        f"complaint {case.ref} is {case.state} since {said(case.ended)} already", pointer="/complaint",
        members={"state": case.state, "since": case.ended},
    )  # fmt: skip


def _on(
    name: str,
    event: type[e.Event],
    says: str,
    check: Callable[[Any, Situation], None] = free,
    ready: Callable[[Case, Situation], None] = _is_open,
    among: Callable[[Customer], dict[str, Case]] = open_cases,
    **more: Any,
) -> Command:
    """A command on one complaint that there is."""
    return Command(name, event, says, check, about="complaint", among=among, ready=ready, **more)


COMMANDS = (
    Command("open-complaint", e.ComplaintOpened, "Take up a complaint", _open, new="complaint"),
    _on("assign-complaint", e.ComplaintAssigned, "Give it to a handler or a team", _assign),
    _on("claim-complaint", e.ComplaintAssigned, "Take care of it oneself", _claim, by="handler", needs=("handler",)),
    _on("transfer-complaint", e.ComplaintAssigned, "Hand it over to another handler or team", _transfer, _someones),
    _on(
        "release-complaint",
        e.ComplaintAssigned,
        "Give it back to the team",
        free,
        _handled,
        without=("handler", "team"),
    ),
    _on("acknowledge-complaint", e.ComplaintAcknowledged, "Tell them that we have it", _acknowledge, by="staff"),
    _on("investigate-complaint", e.ComplaintInvestigated, "Note what was found out", _staffed, by="staff"),
    _on("respond-complaint", e.ComplaintResponded, "Tell them something of substance", _staffed, by="staff"),
    _on("wait-complaint", e.ComplaintWaiting, "Let it stand still until somebody has answered", _wait),
    _on("resume-complaint", e.ComplaintResumed, "Go on with it", free, _waits, _waiting_ones),
    _on("extend-complaint", e.ComplaintExtended, "Take more time, with notice", _extend, _extendable),
    _on("reclassify-complaint", e.ComplaintReclassified, "Call it more, less or something else", _reclassify, free),
    _on("link-complaint", e.ComplaintLinked, "Link it with what has the same cause", _link, free),
    _on("escalate-complaint", e.ComplaintEscalated, "Take it one level up", _escalate),
    _on("resolve-complaint", e.ComplaintResolved, "Settle it", _staffed, by="staff"),
    _on(
        "reopen-complaint", e.ComplaintReopened, "Begin another round: it was not settled", free, _reopenable, _settled
    ),
    _on("close-complaint", e.ComplaintClosed, "Close it for good", free, _closable, _resolved_ones),
    _on("withdraw-complaint", e.ComplaintWithdrawn, "They take it back", free, _is_open),
)
