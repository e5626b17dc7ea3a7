"""The reactive queue: everything that a customer waits for. The history of each complaint is in `projections.rounds`.

An item of the queue is an open complaint, or something that a human has yet to answer: an enquiry, a missed call, a
poor rating, an automatic reply that did not suffice. Its rank is (lateness, severity, tier, trust, ranked_at, item,
customer), as one complaint may be told of two customers: a row holds over an interval in which none of these changes.
`trust` is 0 where theirs is at risk, 1 elsewhere. Within a lateness, `ranked_at` is what a page is read along, so that
all rows of a moment lie together: when the first deadline was missed (0 overdue), when the next is due (1 running),
since when it waits (2 waiting). Of those alike the one that is older in this comes first.

While we wait for the customer, a reminder is what is due (`due_kind` remind). `escalate` is the level to which a
complaint is to be taken up, `escalate_at` since when, `escalate_for` why (near, missed, silence), until it was.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from domain.cases import Case
from domain.facts import NEVER, Wait
from domain.rules import STEPS, Rules
from domain.settling import lapses_at, reminder
from projections.deadlines import after
from projections.projection import INSTANT, INTERVAL, TEXT, Table
from projections.state import Deadlines, State

OVERDUE, RUNNING, WAITING = 0, 1, 2
AT_RISK, TRUSTING = 0, 1
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
        ("trust", "smallint"),  # 0 at risk, 1 not
        ("ranked_at", INSTANT),
        ("opened_at", INSTANT),
        ("state", TEXT),
        ("waiting_for", TEXT),
        ("round", "smallint"),
        ("due_kind", TEXT),
        ("due_at", INSTANT),
        ("near_at", INSTANT),
        ("level", "smallint"),  # to which it was taken up in this round
        ("escalate", "smallint"),  # to which it is to be taken up
        ("escalate_at", INSTANT),
        ("escalate_for", TEXT),
        ("owner", TEXT),
        ("handler", TEXT),
        ("team", TEXT),
        ("category", TEXT),
        ("channel", TEXT),
        ("version", "integer"),  # of the event whose sealed part says what it is about
        ("why", "jsonb"),
    ),
    (  # those by a column hold no row without it: or they would be searched, and sorted, for a page of everybody's
        "lateness, severity, tier, trust, ranked_at, item, customer",
        "owner, lateness, severity, tier, trust, ranked_at, item, customer WHERE owner IS NOT NULL",
        "team, lateness, severity, tier, trust, ranked_at, item, customer WHERE team IS NOT NULL",
        "handler, lateness, severity, tier, trust, ranked_at, item, customer WHERE handler IS NOT NULL",
        "customer",
    ),
)


# --- render -----------------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """What holds from a moment on, as far as this queue asks."""

    at: int
    tier: int
    trust: int
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
            if deadlines.over < NEVER:
                continue
            rows += _case_rows(rules, c.cases[ref], deadlines, step, end, owner)
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


def _case_rows(
    rules: Rules, case: Case, d: Deadlines, step: Step, until: int, owner: str | None
) -> list[tuple[Any, ...]]:
    said = (d.acknowledge, d.respond, d.update, d.resolve)
    dues = sorted((at, kind) for kind, at in zip(STEPS, said, strict=True) if at < NEVER)
    wait = case.asked
    why = _why(rules, case, d, dues)
    near = None if wait or d.near >= NEVER else d.near
    up = [raise_ for raise_ in d.up if raise_[1] > case.level]
    remind = reminder(rules, case)
    if wait:
        dues = sorted([*dues, (remind, "remind")])
    rows: list[tuple[Any, ...]] = []
    for start, end in _pieces(step.at, until, [dues[0][0] if dues else NEVER, remind, *(at for at, _, _ in up)]):
        due_at, due_kind = dues[0] if dues else (NEVER, None)
        if remind <= start:
            due_at, due_kind = remind, "remind"  # whatever else was missed: this is what can be done now
        if due_at <= start:
            lateness, ranked_at = OVERDUE, due_at
        elif wait or not dues:
            lateness, ranked_at = WAITING, wait.at if wait else case.round_at
        else:
            lateness, ranked_at = RUNNING, due_at
        raised = max(((level, -at, why_) for at, level, why_ in up if at <= start), default=None)
        rows.append(
            (
                start, end, case.ref, "complaint", lateness, SEVERITY[case.severity], step.tier, step.trust, ranked_at,
                case.at, case.state, case.pauses[-1].waiting_for if case.state == "waiting" else None, case.round,
                *((None, None) if due_at >= NEVER else (due_kind, due_at)), near, case.level,
                *((None, None, None) if raised is None else (raised[0], -raised[1], raised[2])), owner, case.handler,
                case.team, case.category, case.channel, case.version, why,
            )
        )  # fmt: skip
    return rows


def _why(rules: Rules, case: Case, d: Deadlines, dues: list[tuple[int, str]]) -> str:
    why: dict[str, Any] = {"factor": d.factor, "round_at": case.round_at, "deadlines": {kind: at for at, kind in dues}}
    lapse = lapses_at(rules, case)
    if lapse < NEVER:
        why["lapses_at"] = lapse
    if case.links:
        why["causes"] = [cause for cause, _ in case.links]
    return _json(why)


def _wait_rows(wait: Wait, due: int, step: Step, until: int, owner: str | None) -> list[tuple[Any, ...]]:
    why = _json({"score": wait.score} if wait.score else {"topic": wait.topic} if wait.topic else {})
    return [
        (
            start, end, wait.id, wait.kind, OVERDUE if due <= start else RUNNING, SEVERITY["normal"], step.tier,
            step.trust, due, wait.at, "opened", None, 1, "answer", due, None, 0, None, None, None, owner, None, None,
            wait.topic, wait.channel, wait.version, why,
        )
        for start, end in _pieces(step.at, until, [due])
    ]  # fmt: skip


def _pieces(start: int, until: int, turns: list[int]) -> list[tuple[int, int]]:
    """The interval, cut where something turns."""
    cuts = [start, *sorted({at for at in turns if start < at < until}), until]
    return list(pairwise(cuts))


_encode = msgspec.json.Encoder(decimal_format="string").encode


def _json(value: Any) -> str:
    return _encode(value).decode()
