"""Complaints: the reactive queue of everything that a customer waits for, and the history of each complaint.

An item of the queue is an open complaint, or something that a human has yet to answer: an enquiry, a missed call, a
poor rating, an automatic reply that did not suffice. Its rank is (lateness, severity, tier, ranked_at, item,
customer), as one complaint may be told of two customers: a row holds over an interval in which none of these changes.
Within a lateness, `ranked_at` is what a page is read along, so that all rows of a moment lie together: when the first
deadline was missed (0 overdue), when the next is due (1 running), since when it waits (2 waiting).
"""

from typing import Any, NamedTuple

import msgspec

from domain.cases import Case
from domain.facts import NEVER, Wait
from domain.rules import Rules
from projections.deadlines import after
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
        "lateness, severity, tier, ranked_at, item, customer",
        "owner, lateness, severity, tier, ranked_at, item, customer",
        "team, lateness, severity, tier, ranked_at, item, customer",
        "handler, lateness, severity, tier, ranked_at, item, customer",
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


# --- render -----------------------------------------------------------------------------------------------------------


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
    waits = [
        (wait, after(rules.calendar, wait.at, rules.answer_minutes, [])) for wait in c.waits if needs_human(rules, wait)
    ]
    for step, end in zip(steps, [*(later.at for later in steps[1:]), until], strict=True):
        for ref, deadlines in step.deadlines.items():
            rows += _case_rows(c.cases[ref], deadlines, step, end, owner)
        for wait, due in waits:
            rows += _wait_rows(wait, due, step, end, owner)
    return rows


def needs_human(rules: Rules, wait: Wait) -> bool:
    """Whether it is for a human to answer: of ratings only poor ones are."""
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
    dues = sorted(
        (at, kind)
        for kind, at in zip(_STEPS, (d.acknowledge, d.respond, d.update, d.resolve), strict=True)
        if at < NEVER
    )
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
                start, end, case.ref, "complaint", lateness, SEVERITY[case.severity], step.tier, ranked_at, case.at,
                case.state,
                waiting, case.round, due_kind, None if due_kind is None else ranked_at, near, owner, case.handler,
                case.team,
                case.category, case.channel, case.version, why,
            )
        )  # fmt: skip
    return rows


def _wait_rows(wait: Wait, due: int, step: Step, until: int, owner: str | None) -> list[tuple[Any, ...]]:
    why = _json({"score": wait.score} if wait.score else {"topic": wait.topic} if wait.topic else {})
    return [
        (
            start, end, wait.id, wait.kind, OVERDUE if due <= start else RUNNING, SEVERITY["normal"], step.tier, due,
            wait.at,
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
                    "round": r.round, "at": r.at, "event": r.id, "version": r.version, "outcome": r.outcome,
                    "redress": r.redress,
                    "currency": r.currency, "root_cause": r.root_cause, "staff": r.staff,
                    **_verdict(verdicts.get((r.round, r.at))),
                }
                for r in case.resolutions
            ],
            "waits": [{"from": p.at, "until": p.until if p.until < NEVER else None,
            "for": p.waiting_for} for p in case.pauses],
            "reopened": case.reopened,
            "links": [{"cause": cause, "kind": kind} for cause, kind in case.links],
            "deadlines": _shown(deadlines) if deadlines else None,
        }  # fmt: skip
        rows.append(
            (
                case.ref, case.at, case.ended or None, case.state, case.severity, case.category, case.product,
                case.handler,
                case.team, case.round, case.version, _json(detail),
            )
        )  # fmt: skip
    return rows


def _verdict(verdict: Verdict | None) -> dict[str, Any]:
    return {} if verdict is None else {"due_at": verdict.due if verdict.due < NEVER else None, "late": verdict.late}


def _shown(d: Deadlines) -> dict[str, Any]:
    dues = {
        "acknowledge": d.acknowledge,
        "respond": d.respond,
        "update": d.update,
        "resolve": d.resolve,
        "near": d.near,
    }
    return {step: at for step, at in dues.items() if at < NEVER}
