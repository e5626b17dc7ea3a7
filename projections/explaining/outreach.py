"""Why this customer is contacted next about this, then, on that channel; or why not."""

from typing import Any

from domain.criteria.measures import Measured
from domain.facts import Customer, Series
from projections.explaining.answer import Answer, Next, nothing, written
from projections.explaining.stage import answer as stage
from projections.explaining.standing import Row, Then, nth
from projections.planning import reachable

CLASSES: tuple[str, ...] = ("promise", "planned", "fading", "rhythm")
_SHOWN = ("class", "tier", "due_at", "ready", "held", "unreachable", "purpose", "content", "channel")


def answer(then: Then) -> Answer:
    """Explain the next contact: what is due and most urgent, else what comes first, else what is held."""
    now = [row for row in then.ahead("outreach") if row["from_at"] <= then.as_of]
    if not now:
        return nothing("outreach")
    row = min(now, key=lambda row: _urgency(row, then.as_of))
    return Answer(
        "outreach",
        _verdict(then, row),
        _since(then, row),
        _clause(then, row),
        _values(then, row),
        _turn(then, row),
        _grounds(then, row),
    )


def _urgency(row: Row, now: int) -> tuple[Any, ...]:
    due = row["due_at"] <= now
    return (not row["ready"], not due, (row["class"], row["tier"]) if due else (), row["due_at"], row["item"])


def _verdict(then: Then, row: Row) -> dict[str, Any]:
    return {
        "class": nth(CLASSES, row["class"]),
        "item": row["item"],
        "due_at": row["due_at"],
        "purpose": row["purpose"],
        "content": row["content"],
        "channel": row["channel"],
        "held": row["held"],
        "unreachable": row["unreachable"],
        "owner": row["owner"],
        "staff": row["staff"],
        "tier": nth(then.rules.tier_names, row["tier"]),
        "stage": then.state.stage,
    }


def _source(then: Then, row: Row) -> tuple[int, str]:
    """From what the date follows: when it happened, and its event."""
    c = then.state.customer
    if row["item"] in c.promises:
        return c.promises[row["item"]].at, c.promises[row["item"]].id
    if row["item"] in c.planned:
        return c.planned[row["item"]].at, c.planned[row["item"]].id
    return (c.last.at, c.last.id) if c.last is not None else (c.first_at, c.first_id)


def _since(then: Then, row: Row) -> int:
    return _source(then, row)[0]


def _clause(then: Then, row: Row) -> str:
    return f"/cadence/stages/{then.state.stage}" if row["item"] == "rhythm" else "/contact"


def _values(then: Then, row: Row) -> list[Measured]:
    at, event = _source(then, row)
    c, rhythm = then.state.customer, row["item"] == "rhythm"
    kind: str = nth(CLASSES, row["class"])
    told = "last conversation" if rhythm and c.last is not None else "first known" if rhythm else kind
    values = [Measured(told, written(at), "due", written(row["due_at"]), [event])]
    wish = c.wishes.stated.get("cadence")
    if rhythm and any(w.channel is None for w in c.wishes.cadence) and wish:
        values.append(Measured("cadence", "their own wish", "instead of", "the rhythm", [wish]))
    elif rhythm:
        rule = then.rules.cadence.stages.get(then.state.stage, {})
        tier: str = nth(then.rules.tier_names, row["tier"])
        named = rule.get(tier) or rule.get("*")
        if named is not None:
            sent = min(len(c.series[Series.UNASKED]) + c.dropped[Series.UNASKED], named.at_first)
            months = named.first_months if sent < named.at_first else named.months
            values.append(Measured("rhythm", f"{named.times}", "times in months", f"{months}", []))
    if rhythm and c.snoozed_until > then.as_of:
        values.append(Measured("snoozed", "not", "before", written(c.snoozed_until), []))
    preferred = c.wishes.stated.get("preferred")
    if preferred:
        values.append(
            Measured(
                "preferred channels", ", ".join(c.wishes.preferred), "suggested", row["channel"] or "–", [preferred]
            )
        )
    return values


def _turn(then: Then, row: Row) -> Next | None:
    for later in then.ahead("outreach"):
        if later["item"] == row["item"] and later["from_at"] > then.as_of:
            to = {name: later[name] for name in _SHOWN if later[name] != row[name]}
            if to:
                if "class" in to:
                    to["class"] = nth(CLASSES, to["class"])
                if "tier" in to:
                    to["tier"] = nth(then.rules.tier_names, to["tier"])
                return Next(later["from_at"], to, "/cadence")
    return None


def _grounds(then: Then, row: Row) -> tuple[Any, ...]:
    c, rules = then.state.customer, then.rules
    limit = rules.contact.failures_before_change
    past = stage(then)
    return (
        *past.grounds,
        past.next,
        c.last.id if c.last is not None else "",
        sorted((channel, at) for channel, at in c.reached_by.items()),
        sorted((channel, min(failed, limit)) for channel, failed in c.failed.items()),
        tuple(_care(then, c)),
        sorted(reachable(c)),
        sorted(c.wishes.stated.items()),
        sorted((key, consent.id) for key, consent in c.consents.items()),
        row["why"],
    )


def _care(then: Then, c: Customer) -> list[Any]:
    """Of a customer who left: what we sent last since, and what they did last."""
    if then.state.stage not in then.rules.cadence.no_selling_in:
        return []
    entered, rest = then.state.entered, then.rules.cadence.rest_after_unanswered
    sent = [item for item in c.series[Series.OUTBOUND] if item[0] > entered]
    return [sent[-rest - 1 :], c.series[Series.ACT][-1:]]
