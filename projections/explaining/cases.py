"""Why a complaint is due when it is, and why it stands where it stands in the queue."""

from typing import Any

import msgspec

from domain.cases import Case
from domain.criteria.measures import Measured
from domain.errors import Refusal
from domain.facts import NEVER
from domain.rules import STEPS, Rules
from domain.settling import closes_at, lapses_at, reminder, reopens_until
from projections import settling
from projections.complaints import WAITING
from projections.explaining.answer import Answer, Next, nothing, written
from projections.explaining.standing import Row, Then, nth
from projections.explaining.tier import answer as tier_of
from projections.state import Deadlines

LATENESS = ("overdue", "running", "waiting")
TRUST = ("at-risk", "not-at-risk")
SEVERITIES = ("critical", "high", "normal", "low")


class UnknownComplaint(Refusal):
    """This customer has no such complaint."""

    code = "unknown-complaint"
    title = "There is no such complaint"


def chosen(then: Then, item: str | None) -> Row | None:
    """The queue's row at `as_of` of that item, or of the most urgent complaint of this customer."""
    now = [row for row in then.ahead("reactive") if row["from_at"] <= then.as_of]
    if item is not None:
        return next((row for row in now if row["item"] == item), None)
    cases = [row for row in now if row["kind"] == "complaint"]
    return min(cases, key=_rank, default=None)


def _rank(row: Row) -> tuple[Any, ...]:
    return (row["lateness"], row["severity"], row["tier"], row["trust"], row["ranked_at"], row["item"])


# --- the rank ---------------------------------------------------------------------------------------------------------


def rank(then: Then, item: str | None) -> Answer:
    """Explain the key by which the queue is ordered: never the place in it, which other customers decide as well.

    UnknownComplaint: there is no such complaint, nor anything else of that id that waits.
    """
    row = chosen(then, item)
    if row is None:
        if item is not None and item not in then.state.customer.cases:
            raise UnknownComplaint(f"{item} is no complaint of this customer, and nothing that waits for an answer")
        return nothing("rank")
    lateness: str = nth(LATENESS, row["lateness"])
    tier: str = nth(then.rules.tier_names, row["tier"])
    case = then.state.customer.cases.get(row["item"])
    severity: str = nth(SEVERITIES, row["severity"])
    by = _by(row)
    began = row["ranked_at"] if lateness != "running" else row["opened_at"] if case is None else case.round_at
    return Answer(
        "rank",
        {
            "item": row["item"],
            "kind": row["kind"],
            "lateness": lateness,
            "severity": severity,
            "tier": tier,
            "trust": nth(TRUST, row["trust"]),
            "ranked_at": row["ranked_at"],
            "by": by,
        },
        max(began, then.state.tier.since),
        "/complaints/answer_within" if case is None else f"/complaints/severities/{severity}",
        [
            Measured(
                "lateness",
                lateness,
                "by",
                f"waiting for {row['waiting_for'] or 'nothing'}" if by == "waiting" else by,
                [],
            ),
            Measured(
                "severity", severity, "of", "complaint" if case else row["kind"], [case.id if case else row["item"]]
            ),
            Measured("tier", tier, "since", written(then.state.tier.since), []),
            *_trust(then, row),
        ],
        _turn(then, row),
        (row["due_at"], row["near_at"], tier_of(then).grounds),
    )


def _by(row: Row) -> str:
    """By which step the row stands where it stands; what is due next may be another one, while we wait for the customer."""
    if row["lateness"] == WAITING:
        return "waiting"
    dues: dict[str, int] = msgspec.json.decode(row["why"]).get("deadlines", {})
    return str(next((step for step, at in dues.items() if at == row["ranked_at"]), row["due_kind"]))


def _trust(then: Then, row: Row) -> list[Measured]:
    """Whether trust is at risk, where the rules ask for it; the score itself is explained by its own field."""
    first = then.rules.trust_first
    return [Measured("trust", nth(TRUST, row["trust"]), "in", ", ".join(sorted(first)), [])] if first else []


def _turn(then: Then, row: Row) -> Next | None:
    later = [r for r in then.ahead("reactive") if r["item"] == row["item"] and r["from_at"] > then.as_of]
    turned = next((r for r in later if _rank(r) != _rank(row)), None)
    if turned is None:
        return None
    key: dict[str, Any] = {
        "lateness": nth(LATENESS, turned["lateness"]),
        "severity": nth(SEVERITIES, turned["severity"]),
        "tier": nth(then.rules.tier_names, turned["tier"]),
        "trust": nth(TRUST, turned["trust"]),
        "ranked_at": turned["ranked_at"],
    }
    by = "/tiers" if turned["tier"] != row["tier"] else "/trust" if turned["trust"] != row["trust"] else "/complaints"
    return Next(turned["from_at"], key, by)


# --- the deadline -----------------------------------------------------------------------------------------------------


def deadline(then: Then, item: str | None, in_force: Then | None = None) -> Answer:
    """Explain each step of a complaint; `in_force`: as the rules in force at each moment had it.

    UnknownComplaint: there is no such complaint.
    """
    if item is None:
        row = chosen(then, None)
        if row is None:
            return nothing("deadline")
        item = str(row["item"])
    case = then.state.customer.cases.get(item)
    if case is None:
        raise UnknownComplaint(f"{item} is no complaint of this customer")
    known = _known(then, item)
    due = next(iter(sorted((at, step) for step, at in _dues(known) if at < NEVER)), None)
    stand = settling.stand(then.state, then.rules, case, then.as_of)
    near = known.near if known is not None and known.near < NEVER else None
    verdict = {
        "complaint": item,
        "state": stand.state,
        "severity": case.severity,
        "round": case.round,
        "step": due[1] if due else None,
        "due_at": due[0] if due else None,
        "near_at": near,
        "late": due is not None and due[0] <= then.as_of,
        "promised_at": case.promised_due or None,
        "in_force": _in_force(in_force or then, item),
        "extended_at": case.extended_until or None,
        "factor": known.factor if known else None,
        "calendar": _calendar(then.rules, case),
        "steps": _steps(then, case, known),
        "pauses": _pauses(case),
        "rounds": _rounds(then, case),
        "level": case.level,
        "escalate": _escalate(then, case, known),
        "raised": [{"raised_at": r.at, "level": r.level, "event": r.id} for r in case.raised if r.round == case.round],
        **_by_time(then, case, stand),
    }
    return Answer(
        "deadline",
        verdict,
        case.round_at,
        f"/complaints/severities/{case.severity}",
        _measured(then, case, known),
        _passes(then, case, known, near, stand),
    )


def _in_force(then: Then, item: str) -> dict[str, Any]:
    known = _known(then, item)
    dues = {f"{step}_at": at if at < NEVER else None for step, at in _dues(known)}
    return {"rulebook": then.rules.version, **dues}


def _known(then: Then, item: str) -> Deadlines | None:
    """What is asked of it; nothing of what time has resolved."""
    known = then.state.deadlines.get(item)
    return known if known is not None and known.over == NEVER else None


def _dues(known: Deadlines | None) -> list[tuple[str, int]]:
    if known is None:
        return []
    return list(zip(STEPS, (known.acknowledge, known.respond, known.update, known.resolve), strict=True))


def _calendar(rules: Rules, case: Case) -> str:
    if case.severity in rules.around_the_clock:
        return "always"
    return f"{rules.book.calendar.code} {rules.book.calendar.version}"


def _steps(then: Then, case: Case, known: Deadlines | None) -> list[dict[str, Any]]:
    """Of each step: working minutes by severity, by what part of them the tier leaves, when it is due, when it was done."""
    done = {"acknowledge": case.acknowledged, "respond": case.responded, "update": case.spoke, "resolve": case.ended}
    dues = dict(_dues(known))
    return [
        {
            "step": step,
            "minutes": minutes,
            "due_at": dues[step] if dues.get(step, NEVER) < NEVER else None,
            "done_at": done[step] or None,
        }
        for step, minutes in zip(STEPS, then.rules.minutes[case.severity], strict=True)
    ]


def _pauses(case: Case) -> list[dict[str, Any]]:
    """The waits of this round that stop its clock."""
    return [
        {"from_at": pause.at, "until_at": pause.until if pause.until < NEVER else None, "event": pause.id}
        for pause in case.pauses
        if pause.waiting_for == "customer" and pause.until > case.round_at
    ]


def _rounds(then: Then, case: Case) -> list[dict[str, Any]]:
    """How the rounds that are over ended against their deadlines, also those that time resolved without an answer."""
    judged = [(past, True) for past in then.state.verdicts.get(case.ref, ())]
    judged += [(past, False) for past in then.state.lapsed.get(case.ref, ())]
    return [
        {
            "round": past.round,
            "due_at": past.due if past.due < NEVER else None,
            "resolved_at": past.resolved,
            "late": past.late,
            "factor": past.factor,
            **({} if answered else {"answered": False}),
        }
        for past, answered in sorted(judged, key=lambda one: one[0].resolved)
    ]


def _measured(then: Then, case: Case, known: Deadlines | None) -> list[Measured]:
    minutes: dict[str, float] = dict(zip(STEPS, then.rules.minutes[case.severity], strict=True))
    values = [Measured("severity", case.severity, "of", "complaint", [case.id])]
    for step, at in _dues(known):
        if at < NEVER and known is not None:
            allowed = f"{minutes[step] * known.factor:g} working minutes"
            values.append(Measured(step, written(at), "due after", allowed, []))
    return values


def _escalate(then: Then, case: Case, known: Deadlines | None) -> dict[str, Any] | None:
    """To which level it is to be taken, since when, why, and to whom that is."""
    due = [
        (level, -at, why) for at, level, why in (known.up if known else ()) if at <= then.as_of and level > case.level
    ]
    if not due:
        return None
    level, since, why = max(due)
    to = next((step.to for step in then.rules.escalate if step.level == level), None)
    return {"level": level, "to": to, "since_at": -since, "reason": why}


def _by_time(then: Then, case: Case, stand: settling.Stand) -> dict[str, Any]:
    """What time alone brings about; None: nothing of the kind."""
    rules = then.rules
    closes = closes_at(rules, stand.ended) if stand.ended and stand.state in ("resolved", "closed") else NEVER
    found = {
        "remind_at": NEVER if stand.ended else reminder(rules, case),
        "lapses_at": NEVER if stand.ended else lapses_at(rules, case),
        "closes_at": closes,
        "reopens_until_at": reopens_until(rules, case) if stand.ended else NEVER,
    }
    return {name: at if at < NEVER else None for name, at in found.items()}


def _passes(then: Then, case: Case, known: Deadlines | None, near: int | None, stand: settling.Stand) -> Next | None:
    """What comes first: a step missed, the resolution near, a level to take it to, or what time does by itself."""
    coming = [(at, {"missed": step}) for step, at in _dues(known) if then.as_of < at < NEVER]
    if near is not None:
        coming.append((near, {"near": "resolve"}))
    if known is not None:
        coming += [(at, {"escalate": why}) for at, level, why in known.up if level > case.level and why == "silence"]
    ahead = _by_time(then, case, stand)
    for name, what in (("remind_at", "remind"), ("lapses_at", "lapse"), ("closes_at", "close")):
        if ahead[name] is not None:
            coming.append((ahead[name], {what: case.ref}))
    first = min((one for one in coming if one[0] > then.as_of), key=lambda one: one[0], default=None)
    return None if first is None else Next(first[0], first[1], "/complaints")
