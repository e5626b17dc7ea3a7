"""Complaint: one case with its rounds, told by fifteen types of events.

A fact that contradicts the state of its case (a wait for one that is settled) is kept as odd and changes nothing, so
that only a reopening opens a case again.
"""

from decimal import Decimal
from typing import Any

from domain import events as e
from domain.cases import Case, Pause, Raised, Resolution
from domain.facts import NEVER, Changed, Customer, News, Series, micros
from domain.families.common import Evolve, act, bits, contradicts, matched, wait_for

_OPENED = bits(Series.COMPLAINT, Series.ACT) | Changed.NEWS
_MOST_DETAILS = 200


def opened(c: Customer, event: e.ComplaintOpened) -> int:
    """A case begins; opened twice under one reference, the first opening counts."""
    if event.complaint in c.cases:
        return contradicts(c, event)
    case = Case(
        event.complaint, event.id, event.version, event.at, event.severity, event.intake, event.channel, event.category,
        event.product, event.order, event.team, event.handler, round_at=event.at, changed=event.at,
    )  # fmt: skip
    c.cases[event.complaint] = case
    c.open_cases += 1
    c.series[Series.COMPLAINT].append((event.at, event.id))
    act(c, event)
    c.news.append(News("opened", event.at, event.id, case.ref))
    if c.unmatched and event.complaint in c.unmatched:
        return _OPENED | matched(c, event.complaint, follow)
    return _OPENED


def follow(c: Customer, event: e.ComplaintEvent) -> int:
    """What happens to a case that was opened; to one that was not, it waits."""
    case = c.cases.get(event.complaint)
    if case is None:
        return wait_for(c, event.complaint, event)
    change = _FOLLOW[type(event)](c, case, event)
    case.changed = max(case.changed, event.at)
    return change


def _tell(c: Customer, case: Case, what: str, event: e.Event) -> int:
    c.news.append(News(what, max(event.at, case.at), event.id, case.ref))
    return Changed.NEWS


def _assigned(_c: Customer, case: Case, event: e.ComplaintAssigned) -> int:
    case.handler, case.team = event.handler, event.team if event.team is not None else case.team
    return 0


def _move(case: Case, state: str) -> None:
    """A case that waits goes on waiting; what it will be afterwards is kept."""
    case.resume_to = state
    if case.state != "waiting":
        case.state = state


def _acknowledged(c: Customer, case: Case, event: e.ComplaintAcknowledged) -> int:
    if event.promised_due is not None:
        case.promised_due = micros(event.promised_due)
    if not case.open:
        return contradicts(c, event)
    at = max(event.at, case.at)
    case.acknowledged = case.acknowledged or at
    case.heard = at
    if case.resume_to == "opened":
        _move(case, "acknowledged")
    return _tell(c, case, "answered", event)


def _investigated(c: Customer, case: Case, event: e.ComplaintInvestigated) -> int:
    if not case.open:
        return contradicts(c, event)
    if case.resume_to in {"opened", "acknowledged"}:
        _move(case, "investigated")
    return 0


def _responded(c: Customer, case: Case, event: e.ComplaintResponded) -> int:
    if not case.open:
        return contradicts(c, event)
    at = max(event.at, case.at)
    case.acknowledged = case.acknowledged or at
    case.responded = case.responded or at
    case.spoke = case.heard = at
    _move(case, "responded")
    return _tell(c, case, "answered", event)


def _reclassified(c: Customer, case: Case, event: e.ComplaintReclassified) -> int:
    if event.category is not None:
        case.category = event.category
    if event.product is not None:
        case.product = event.product
    if event.severity is None or event.severity == case.severity:
        return 0
    case.severity = event.severity
    return _tell(c, case, "case", event) if case.open else 0


def _waiting(c: Customer, case: Case, event: e.ComplaintWaiting) -> int:
    if not case.open:
        return contradicts(c, event)
    at = max(event.at, case.at)
    _resume(case, at)
    case.pauses.append(Pause(at, NEVER, event.waiting_for, event.id))
    if event.waiting_for == "customer":
        case.heard = at  # they were asked
    if len(case.pauses) > _MOST_DETAILS:
        del case.pauses[0]
    case.state = "waiting"
    return _tell(c, case, "case", event)


def _resume(case: Case, at: int) -> None:
    if case.state == "waiting":
        case.pauses[-1].until = at
        case.state = case.resume_to


def told_by_them(c: Customer, case: Case, event: e.Conversation) -> int:
    """They spoke with us about it: of whom we waited, we wait no more."""
    if case.asked is None:
        return 0
    at = max(event.at, case.at)
    case.pauses[-1].answer = event.id
    _resume(case, at)
    return _tell(c, case, "case", event)


def _resumed(c: Customer, case: Case, event: e.ComplaintResumed) -> int:
    if case.state != "waiting":
        answered = case.open and case.pauses and case.pauses[-1].answer
        return 0 if answered else contradicts(c, event)
    _resume(case, max(event.at, case.at))
    return _tell(c, case, "case", event)


def _extended(c: Customer, case: Case, event: e.ComplaintExtended) -> int:
    if not case.open or case.extended_until:
        return contradicts(c, event)
    if event.notified:
        case.extended_until, case.extended_at = micros(event.until), max(event.at, case.at)
        case.heard = case.extended_at
    return _tell(c, case, "case", event)


def _linked(_c: Customer, case: Case, event: e.ComplaintLinked) -> int:
    if (event.cause, event.kind) not in case.links:
        case.links.append((event.cause, event.kind))
        case.joined.append(max(event.at, case.at))
        del case.links[:-_MOST_DETAILS], case.joined[:-_MOST_DETAILS]
    return 0


def _escalated(c: Customer, case: Case, event: e.ComplaintEscalated) -> int:
    if event.to is not None:
        case.handler = event.to
    if not case.open:
        return contradicts(c, event)
    case.level = max(case.level, event.level)
    case.raised.append(Raised(max(event.at, case.at), event.level, event.to, event.reason, event.id, case.round))
    del case.raised[:-_MOST_DETAILS]
    return 0


def _end(c: Customer, case: Case, state: str, at: int) -> None:
    _resume(case, at)
    if case.open:
        c.open_cases -= 1
    case.state, case.ended = state, at


def _resolved(c: Customer, case: Case, event: e.ComplaintResolved) -> int:
    """Every settlement is kept, also a second one of the same round."""
    at = max(event.at, case.at)
    redress = event.redress
    case.resolutions.append(
        Resolution(
            case.round, at, event.id, event.version, event.outcome,
            None if redress is None else Decimal(redress.amount), None if redress is None else redress.currency,
            event.root_cause, event.staff,
        )
    )  # fmt: skip
    if len(case.resolutions) > _MOST_DETAILS:
        del case.resolutions[0]
    if not case.open:
        return contradicts(c, event)
    _end(c, case, "resolved", at)
    c.series[Series.RESOLUTION].append((at, event.id))
    return _RESOLVED | _tell(c, case, "resolved", event)


_RESOLVED = bits(Series.RESOLUTION)


def _reopened(c: Customer, case: Case, event: e.ComplaintReopened) -> int:
    if case.open and case.asked is None:  # what waits for the customer may have been settled as nobody answered
        return contradicts(c, event)
    at = max(event.at, case.at)
    if case.open:
        _resume(case, at)
    else:
        c.open_cases += 1
    case.ended = 0
    case.state = case.resume_to = "opened"
    case.round += 1
    case.round_at = at
    case.acknowledged = case.responded = case.spoke = case.promised_due = case.extended_until = 0
    case.heard = case.extended_at = case.level = 0
    case.reopened.append(at)
    return _tell(c, case, "reopened", event)


def _closed(c: Customer, case: Case, event: e.ComplaintClosed) -> int:
    at = max(event.at, case.at)
    was_open = case.open
    _end(c, case, "closed", at)
    return _tell(c, case, "ended", event) if was_open else 0


def _withdrawn(c: Customer, case: Case, event: e.ComplaintWithdrawn) -> int:
    if not case.open:
        return contradicts(c, event)
    _end(c, case, "withdrawn", max(event.at, case.at))
    return _tell(c, case, "ended", event)


_FOLLOW: dict[type[e.Event], Any] = {
    e.ComplaintAssigned: _assigned,
    e.ComplaintAcknowledged: _acknowledged,
    e.ComplaintInvestigated: _investigated,
    e.ComplaintResponded: _responded,
    e.ComplaintReclassified: _reclassified,
    e.ComplaintWaiting: _waiting,
    e.ComplaintResumed: _resumed,
    e.ComplaintExtended: _extended,
    e.ComplaintLinked: _linked,
    e.ComplaintEscalated: _escalated,
    e.ComplaintResolved: _resolved,
    e.ComplaintReopened: _reopened,
    e.ComplaintClosed: _closed,
    e.ComplaintWithdrawn: _withdrawn,
}

EVOLVE: dict[type[e.Event], Evolve] = {e.ComplaintOpened: opened, **dict.fromkeys(_FOLLOW, follow)}
