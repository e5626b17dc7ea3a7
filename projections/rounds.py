"""The history of each complaint: its rounds, with every resolution that there was and how it stood against its deadline.

A row holds over an interval, as time alone resolves what the customer does not answer and closes what nobody objects to
(`projections.settling`). A second table leads from a cause (an outage, a problem, a first complaint) to all complaints
that were linked to it, of whatever customer.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec

from domain.cases import Case
from domain.facts import NEVER
from domain.rules import STEPS, Rules
from domain.settling import NO_ANSWER, closes_at, lapses_at, reopens_until
from projections import settling
from projections.projection import INSTANT, INTERVAL, TEXT, Table
from projections.settling import Stand
from projections.state import Deadlines, State, Verdict

_SHARED = (
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
    ("outcome", TEXT),  # of the last resolution
    ("root_cause", TEXT),  # the last one that was named
    ("version", "integer"),
)

HISTORY = Table(
    "complaints",
    (
        *INTERVAL,
        *_SHARED,
        (
            "detail",
            "jsonb",
        ),  # resolutions with their verdicts, waits, reopenings, escalations, links, deadlines, redress
    ),
    ("customer, opened_at", "state, opened_at", "complaint"),
)

LINKED = Table(
    "linked",
    (*INTERVAL, ("cause", "uuid"), ("link", TEXT), ("linked_at", INSTANT), *_SHARED),
    ("cause, linked_at, complaint, customer", "customer"),
)


def render(state: State, rules: Rules, until: int) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of both tables: for each complaint that is remembered one for each stretch in which its state stays."""
    rows: list[tuple[Any, ...]] = []
    links: list[tuple[Any, ...]] = []
    for case in state.customer.cases.values():
        for start, end, stand in _stretches(state, rules, case, until):
            lapse = settling.lapse_of(state, rules, case) if case.open and stand.ended else NEVER
            shared = _of(case, stand, lapse)
            rows.append((start, end, *shared, _encode(_detail(state, rules, case, lapse)).decode()))
            if case.links:
                links += [
                    (start, end, cause, kind, at, *shared)
                    for (cause, kind), at in zip(case.links, case.joined, strict=True)
                ]
    return rows, links


def _stretches(state: State, rules: Rules, case: Case, until: int) -> Iterator[tuple[int, int, Stand]]:
    cuts = {at for at in settling.turns(state, rules, case) if state.now < at < until}
    for start, end in pairwise((state.now, *sorted(cuts), until)):
        yield start, end, settling.stand(state, rules, case, start)


def _of(case: Case, stand: Stand, lapse: int) -> tuple[Any, ...]:
    outcome = NO_ANSWER if lapse < NEVER else case.resolutions[-1].outcome if case.resolutions else None
    cause = next((one.root_cause for one in reversed(case.resolutions) if one.root_cause is not None), None)
    return (
        case.ref, case.at, stand.ended or None, stand.state, case.severity, case.category, case.product, case.handler,
        case.team, case.round, outcome, cause, case.version,
    )  # fmt: skip


_encode = msgspec.json.Encoder(decimal_format="string").encode


def _detail(state: State, rules: Rules, case: Case, lapse: int) -> dict[str, Any]:
    """`lapse`: when time resolved it, where it did by the beginning of the row."""
    known = state.deadlines.get(case.ref) if lapse == NEVER else None
    over = lapse if case.open else case.ended
    return {
        "acknowledged_at": case.acknowledged or None,
        "responded_at": case.responded or None,
        "promised_due": case.promised_due or None,
        "extended_until": case.extended_until or None,
        "heard_at": case.heard or None,
        "level": case.level,
        "resolutions": _resolutions(state, rules, case, lapse),
        "redress": _redress(case),
        "waits": [
            {"from": p.at, "until": p.until if p.until < NEVER else None, "for": p.waiting_for} for p in case.pauses
        ],
        "reopened": case.reopened,
        "reopened_late": _late(state, rules, case),
        "escalations": [
            {"at": r.at, "level": r.level, "to": r.to, "reason": r.reason, "round": r.round, "event": r.id}
            for r in case.raised
        ],
        "promises": [
            {"promise": p.ref, "due": p.due, "kind": p.kind, "staff": p.staff}
            for p in state.customer.promises.values()
            if p.complaint == case.ref
        ],
        "links": [{"cause": cause, "kind": kind} for cause, kind in case.links],
        "deadlines": _shown(known) if known else None,
        "lapses_at": _ever(lapses_at(rules, case)) if lapse == NEVER else None,
        "closes_at": _ever(closes_at(rules, over)) if case.open or case.state == "resolved" else None,
        "reopens_until": _ever(reopens_until(rules, case)) if over and over < NEVER else None,
    }


def _resolutions(state: State, rules: Rules, case: Case, lapse: int) -> list[dict[str, Any]]:
    """Everybody's, and those of time, in order."""
    verdicts = {(v.round, v.resolved): v for v in state.verdicts.get(case.ref, ())}
    found = [
        {
            "round": r.round, "at": r.at, "event": r.id, "version": r.version, "outcome": r.outcome,
            "redress": r.redress, "currency": r.currency, "root_cause": r.root_cause, "staff": r.staff,
            **_verdict(verdicts.get((r.round, r.at))),
        }
        for r in case.resolutions
    ]  # fmt: skip
    silent = [*state.lapsed.get(case.ref, ())] if state.lapsed else []
    if lapse < NEVER and not any(v.resolved == lapse for v in silent):  # it will be
        known = state.deadlines[case.ref]
        silent.append(Verdict(case.round, known.resolve, lapse, known.resolve < lapse, known.factor))
    for v in silent:
        said = {"redress": None, "currency": None, "root_cause": None, "staff": None}
        found.append(
            {"round": v.round, "at": v.resolved, "event": None, "version": None, "outcome": NO_ANSWER, **said}
            | _verdict(v)
        )
    return sorted(found, key=lambda one: one["at"]) if silent else found


def _redress(case: Case) -> dict[str, Decimal]:
    """What was given in all, by currency."""
    given: dict[str, Decimal] = {}
    for one in case.resolutions:
        if one.redress is not None and one.currency is not None:
            given[one.currency] = given.get(one.currency, Decimal(0)) + one.redress
    return given


def _late(state: State, rules: Rules, case: Case) -> list[int]:
    """Reopenings that came later after a resolution than the rules allow."""
    within = rules.complaints.reopen_within
    if within is None or not case.reopened:
        return []
    resolved = [*(one.at for one in case.resolutions), *(v.resolved for v in state.lapsed.get(case.ref, ()))]
    last = {at: max((one for one in resolved if one <= at), default=at) for at in case.reopened}
    return [at for at in case.reopened if at - last[at] > within]


def _verdict(verdict: Verdict | None) -> dict[str, Any]:
    return {} if verdict is None else {"due_at": _ever(verdict.due), "late": verdict.late}


def _shown(d: Deadlines) -> dict[str, int]:
    dues = zip((*STEPS, "near"), (d.acknowledge, d.respond, d.update, d.resolve, d.near), strict=True)
    return {step: at for step, at in dues if at < NEVER}


def _ever(at: int) -> int | None:
    return at if at < NEVER else None
