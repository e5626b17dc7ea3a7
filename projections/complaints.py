"""Complaints: the reactive queue, in which everything stands that a customer waits for, and the history of each complaint.

An item of the queue is an open complaint, or something that a human has yet to answer: an enquiry, a missed call, a poor rating, an
automatic reply that did not suffice. Its rank is (lateness, severity, tier, ranked_at, item): a row holds over an interval in
which none of these changes. Within a lateness, `ranked_at` is what a page is read along, so that all rows of a moment lie together:
when the first deadline was missed (0 overdue), when the next is due (1 running), since when it waits (2 waiting).
"""

from typing import Any, NamedTuple

import msgspec

from domain.facts import NEVER, Case, News, Wait
from domain.rules import Rules
from domain.worktime import Calendar, Unreachable
from projections import trust
from projections.projection import INSTANT, INTERVAL, TEXT, Table
from projections.state import Deadlines, State, Verdict

OVERDUE, RUNNING, WAITING = 0, 1, 2
SEVERITY = {"critical": 0, "high": 1, "normal": 2, "low": 3}

QUEUE = Table(
    "reactive",
    (
        *INTERVAL,
        ("item", "uuid"),  # the complaint's reference, or the id of the event that waits for an answer
        ("kind", TEXT),
        ("lateness", "smallint"),
        ("severity", "smallint"),  # 0 critical … 3 low
        ("tier", "smallint"),  # 0 the highest
        ("ranked_at", INSTANT),
        ("opened_at", INSTANT),
        ("state", TEXT),
        ("waiting_for", TEXT),
        ("round", "smallint"),
        ("due_kind", TEXT),
        ("due_at", INSTANT),
        ("near_at", INSTANT),
        ("owner", TEXT),
        ("handler", TEXT),
        ("team", TEXT),
        ("category", TEXT),
        ("channel", TEXT),
        ("version", "integer"),  # of the event whose sealed part says what it is about
        ("why", "jsonb"),
    ),
    (
        "lateness, severity, tier, ranked_at, item",
        "owner, lateness, severity, tier, ranked_at, item",
        "team, lateness, severity, tier, ranked_at, item",
        "customer",
    ),
)

HISTORY = Table(
    "complaints",
    (
        ("complaint", "uuid"),
        ("opened_at", INSTANT),
        ("ended_at", INSTANT),
        ("state", TEXT),
        ("severity", TEXT),
        ("category", TEXT),
        ("product", TEXT),
        ("handler", TEXT),
        ("team", TEXT),
        ("rounds", "smallint"),
        ("version", "integer"),
        ("detail", "jsonb"),  # resolutions with their verdicts, waits, reopenings, links, deadlines
    ),
    ("customer, opened_at", "state, opened_at"),
)


# --- judge ------------------------------------------------------------------------------------------------------------------------


def heed(state: State, rules: Rules, news: News) -> None:
    """Answer one piece of news of a complaint: date its deadlines, or its round's verdict."""
    case = state.customer.cases[news.ref]
    match news.what:
        case "resolved":
            late = _end_round(state, rules, case, news.at)
            points = rules.trust.resolved_late if late else rules.trust.resolved_in_time
            trust.add(state, news, points, "resolved-late" if late else "resolved-in-time")
        case "reopened":
            trust.add(state, news, rules.trust.reopened)
            _date(state, rules, case)
        case "ended":
            state.deadlines.pop(case.ref, None)
        case _:
            if case.open:
                _date(state, rules, case)


def _end_round(state: State, rules: Rules, case: Case, at: int) -> bool:
    deadlines = state.deadlines.pop(case.ref, None)
    if deadlines is None:  # opened and resolved within one instant
        deadlines = _deadlines(rules, case, rules.factors[state.level])
    late = deadlines.resolve < at
    verdict = Verdict(deadlines.round, deadlines.resolve, at, late, deadlines.factor)
    state.verdicts.setdefault(case.ref, []).append(verdict)
    return late


def _date(state: State, rules: Rules, case: Case) -> None:
    factor = rules.factors[state.level]
    known = state.deadlines.get(case.ref)
    if known is not None and known.round == case.round:
        factor = min(factor, known.factor)  # a tier only shortens
    state.deadlines[case.ref] = _deadlines(rules, case, factor)


def shorten(state: State, rules: Rules) -> None:
    """A higher tier shortens what is open; a lower one leaves it as it is."""
    factor = rules.factors[state.level]
    if any(factor < known.factor for known in state.deadlines.values()):
        state.deadlines = {  # a new one: what was rendered ahead keeps the one of its moment
            ref: _deadlines(rules, state.customer.cases[ref], factor) if factor < known.factor else known
            for ref, known in state.deadlines.items()
        }


def _deadlines(rules: Rules, case: Case, factor: float) -> Deadlines:
    around = case.severity in rules.around_the_clock
    calendar = rules.around if around else rules.calendar
    acknowledge, respond, update, resolve = (minutes * factor for minutes in rules.minutes[case.severity])
    begun = case.round_at
    paused = [
        (pause.at, None if pause.until == NEVER else pause.until)
        for pause in case.pauses
        if pause.waiting_for == "customer" and pause.until > begun
    ]
    due = _after(calendar, begun, resolve, paused)
    if case.extended_until and due != NEVER:
        due = max(due, case.extended_until)
    return Deadlines(
        case.id,
        case.severity,
        case.round,
        factor,
        NEVER if case.acknowledged else _after(calendar, begun, acknowledge, paused),
        NEVER if case.responded else _after(calendar, begun, respond, paused),
        _after(calendar, case.spoke, update, paused) if case.spoke else NEVER,
        due,
        _after(calendar, begun, resolve * rules.complaints.near, paused),
        {
            times: due if not times else _after(calendar, begun, resolve * (1 + times), paused)
            for times in rules.late_times[case.severity]
        },
    )


def _after(calendar: Calendar, start: int, minutes: float, paused: list[tuple[int, int | None]]) -> int:
    """When so many working minutes will have passed; NEVER while the clock stands still."""
    try:
        found = calendar.deadline(start, minutes, paused) if paused else calendar.add_working(start, minutes)
    except Unreachable:
        return NEVER
    return NEVER if found is None else found


# --- render -----------------------------------------------------------------------------------------------------------------------

class Step(NamedTuple):
    """What holds from a moment on, as far as this queue asks."""

    at: int
    tier: int
    deadlines: dict[str, Deadlines]


def render_queue(state: State, rules: Rules, steps: list[Step], until: int) -> list[tuple[Any, ...]]:
    """A row for each item and interval, from the last event on; steps say what holds from when on."""
    c = state.customer
    owner = c.managers[-1].manager if c.managers else None
    rows: list[tuple[Any, ...]] = []
    if not c.waits and not state.deadlines:
        return rows
    waits = [(wait, _after(rules.calendar, wait.at, rules.answer_minutes, [])) for wait in c.waits if _needs_human(rules, wait)]
    for step, end in zip(steps, [*(later.at for later in steps[1:]), until], strict=True):
        for ref, deadlines in step.deadlines.items():
            rows += _case_rows(c.cases[ref], deadlines, step, end, owner)
        for wait, due in waits:
            rows += _wait_rows(wait, due, step, end, owner)
    return rows


def _needs_human(rules: Rules, wait: Wait) -> bool:
    poor = rules.complaints.poor
    match wait.kind:
        case "review":
            return wait.score <= poor.review
        case "csat":
            return wait.score <= poor.csat
        case "nps":
            return wait.score <= poor.nps
        case _:
            return True


_STEPS = ("acknowledge", "respond", "update", "resolve")


def _case_rows(case: Case, d: Deadlines, step: Step, until: int, owner: str | None) -> list[tuple[Any, ...]]:
    dues = sorted((at, kind) for kind, at in zip(_STEPS, (d.acknowledge, d.respond, d.update, d.resolve), strict=True) if at < NEVER)
    waiting = case.pauses[-1].waiting_for if case.state == "waiting" else None
    stopped = waiting == "customer"
    why = _json({"factor": d.factor, "round_at": case.round_at, "deadlines": {kind: at for at, kind in dues}})
    near = None if stopped or d.near >= NEVER else d.near
    rows: list[tuple[Any, ...]] = []
    for start, end in _pieces(step.at, until, dues[0][0] if dues else NEVER):
        if dues and dues[0][0] <= start:
            lateness, (ranked_at, due_kind) = OVERDUE, dues[0]
        elif stopped or not dues:
            lateness, ranked_at, due_kind = WAITING, case.pauses[-1].at if stopped else case.round_at, None
        else:
            lateness, (ranked_at, due_kind) = RUNNING, dues[0]
        rows.append(
            (
                start, end, case.ref, "complaint", lateness, SEVERITY[case.severity], step.tier, ranked_at, case.at, case.state,
                waiting, case.round, due_kind, None if due_kind is None else ranked_at, near, owner, case.handler, case.team,
                case.category, case.channel, case.version, why,
            )
        )  # fmt: skip
    return rows


def _wait_rows(wait: Wait, due: int, step: Step, until: int, owner: str | None) -> list[tuple[Any, ...]]:
    why = _json({"score": wait.score} if wait.score else {"topic": wait.topic} if wait.topic else {})
    return [
        (
            start, end, wait.id, wait.kind, OVERDUE if due <= start else RUNNING, SEVERITY["normal"], step.tier, due, wait.at,
            "opened", None, 1, "answer", due, None, owner, None, None, wait.topic, wait.channel, wait.version, why,
        )
        for start, end in _pieces(step.at, until, due)
    ]  # fmt: skip


def _pieces(start: int, until: int, missed: int) -> list[tuple[int, int]]:
    """The interval, cut where the first deadline is missed."""
    return [(start, missed), (missed, until)] if start < missed < until else [(start, until)]


_encode = msgspec.json.Encoder(decimal_format="string").encode


def _json(value: Any) -> str:
    return _encode(value).decode()


def render_history(state: State) -> list[tuple[Any, ...]]:
    """A row for each complaint that is remembered, with all its rounds."""
    rows: list[tuple[Any, ...]] = []
    for case in state.customer.cases.values():
        deadlines = state.deadlines.get(case.ref)
        verdicts = {(v.round, v.resolved): v for v in state.verdicts.get(case.ref, ())}
        detail = {
            "acknowledged_at": case.acknowledged or None,
            "responded_at": case.responded or None,
            "promised_due": case.promised_due or None,
            "extended_until": case.extended_until or None,
            "level": case.level,
            "resolutions": [
                {
                    "round": r.round, "at": r.at, "event": r.id, "version": r.version, "outcome": r.outcome, "redress": r.redress,
                    "currency": r.currency, "root_cause": r.root_cause, "staff": r.staff, **_verdict(verdicts.get((r.round, r.at))),
                }
                for r in case.resolutions
            ],
            "waits": [{"from": p.at, "until": p.until if p.until < NEVER else None, "for": p.waiting_for} for p in case.pauses],
            "reopened": case.reopened,
            "links": [{"cause": cause, "kind": kind} for cause, kind in case.links],
            "deadlines": _shown(deadlines) if deadlines else None,
        }  # fmt: skip
        rows.append(
            (
                case.ref, case.at, case.ended or None, case.state, case.severity, case.category, case.product, case.handler,
                case.team, case.round, case.version, _json(detail),
            )
        )  # fmt: skip
    return rows


def _verdict(verdict: Verdict | None) -> dict[str, Any]:
    return {} if verdict is None else {"due_at": verdict.due if verdict.due < NEVER else None, "late": verdict.late}


def _shown(d: Deadlines) -> dict[str, Any]:
    dues = {"acknowledge": d.acknowledge, "respond": d.respond, "update": d.update, "resolve": d.resolve, "near": d.near}
    return {step: at for step, at in dues.items() if at < NEVER}


def cut(state: State) -> None:
    """Forget the verdicts of complaints that are not remembered."""
    if len(state.verdicts) > len(state.customer.cases):
        state.verdicts = {ref: past for ref, past in state.verdicts.items() if ref in state.customer.cases}

