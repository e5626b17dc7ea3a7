"""Why a customer is neglected, or is not: overdue for too long, owned by nobody, or beyond reach, each since when."""

from domain.criteria.measures import Measured
from domain.facts import NEVER
from projections import pages
from projections.cadence import RHYTHM
from projections.explaining.answer import Answer, Next, nothing, written
from projections.explaining.outreach import grounds
from projections.explaining.standing import Row, Then

_CLAUSE = "/cadence/neglected_after"


def answer(then: Then) -> Answer:
    """Explain by the next contact of their rhythm, as the list of who is neglected does."""
    found = [row for row in then.ahead("outreach") if row["item"] == RHYTHM and row["from_at"] <= then.as_of]
    if not found:
        return nothing("neglected")
    row, after = found[0], then.rules.cadence.neglected_after
    values = [_measured(then, row, reason) for reason in pages.neglect(row, then.as_of - after)]
    since = [_since(then, row, value.measure) for value in values]
    managers = [(past.at, past.manager, past.id) for past in then.state.customer.managers[-1:]]
    return Answer(
        "neglected",
        {
            "neglected": bool(values),
            "reasons": [{"reason": v.measure, "since_at": at} for v, at in zip(values, since, strict=True)],
            "due_at": row["due_at"],
            "held": row["held"],
            "unreachable": row["unreachable"],
            "owner": row["owner"],
        },
        min(since, default=None),
        _CLAUSE,
        values,
        _next(row, after, then.as_of),
        (*grounds(then, row), managers, then.state.customer.first_at),
    )


def _since(then: Then, row: Row, reason: str) -> int:
    c = then.state.customer
    if reason == "overdue":
        return row["due_at"]
    if reason == "unowned":
        return c.managers[-1].at if c.managers else c.first_at
    return c.last.at if c.last is not None else c.first_at


def _measured(then: Then, row: Row, reason: str) -> Measured:
    c, since = then.state.customer, written(_since(then, row, reason))
    days = f"{then.rules.cadence.neglected_after // 86_400_000_000} days"
    if reason == "overdue":
        return Measured(reason, since, "longer than", days, [c.last.id] if c.last is not None else [])
    if reason == "unowned":
        return Measured(reason, "nobody", "since", since, [c.managers[-1].id] if c.managers else [])
    return Measured(reason, row["unreachable"], "since", since, [c.last.id] if c.last is not None else [])


def _next(row: Row, after: int, now: int) -> Next | None:
    """When a contact that is due, or will be, has waited for too long."""
    at = row["due_at"] + after
    return Next(at, {"neglected": True}, _CLAUSE) if row["ready"] and now < at < min(row["until_at"], NEVER) else None
