"""Why this customer is contacted next about this, then, on that channel; or why not."""

from typing import Any

from msgspec.json import decode

from domain.criteria.measures import Measured
from domain.facts import Customer, Series
from projections.cadence import RHYTHM
from projections.explaining.answer import Answer, Next, nothing, written
from projections.explaining.stage import answer as stage
from projections.explaining.standing import Row, Then, nth
from projections.outreach import CLASSES, OCCASION, PLANNED, PROMISE
from projections.reach import reachable

_SHOWN = ("class", "tier", "due_at", "ready", "held", "unreachable", "purpose", "content", "channel")


def answer(then: Then) -> Answer:
    """Explain the next contact: what is due and most urgent, else what comes first, else what is held."""
    now = [row for row in then.ahead("outreach") if row["from_at"] <= then.as_of]
    if not now:
        return nothing("outreach")
    row = min(now, key=lambda row: _urgency(row, then.as_of))
    why = _why(row)
    return Answer(
        "outreach",
        _verdict(then, row),
        _source(then, row, why)[1],
        _clause(then, row, why),
        _values(then, row, why),
        _turn(then, row),
        grounds(then, row),
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


def _why(row: Row) -> dict[str, Any]:
    return decode(row["why"])


def _source(then: Then, row: Row, why: dict[str, Any]) -> tuple[str, int, str]:
    """From what the date follows: what it is, when it happened, and its event ("": no event says so)."""
    c, item = then.state.customer, row["item"]
    if row["class"] in (PROMISE, PLANNED):
        of = c.promises[item] if row["class"] == PROMISE else c.planned[item]
        return nth(CLASSES, row["class"]), of.at, of.id
    if "occasion" in why:
        return "occasion", why.get("since_at") or c.first_at, why.get("event", "")
    if "introduce" in why:
        return "assignment", c.managers[-1].at, c.managers[-1].id
    if "on" in why:
        on, last = why["on"], c.last
        at = c.reached_by.get(on, 0)
        if last is not None and last.channel == on and last.at >= at:
            return "last conversation", last.at, last.id
        return ("last conversation", at, "") if at else ("first known", c.first_at, c.first_id)
    if c.done is not None and (c.last is None or c.done[0] > c.last.at):
        return "last conversation", *c.done
    if c.last is not None:
        return "last conversation", c.last.at, c.last.id
    return "first known", c.first_at, c.first_id


def _clause(then: Then, row: Row, why: dict[str, Any]) -> str:
    if row["item"].startswith(RHYTHM):
        return f"/cadence/stages/{then.state.stage}"
    return why.get("clause", "/contact")


def _values(then: Then, row: Row, why: dict[str, Any]) -> list[Measured]:
    told, at, event = _source(then, row, why)
    c = then.state.customer
    events = [event] if event else []
    values = [Measured(told, written(at), "due", written(row["due_at"]), events)]
    if "occasion" in why:
        values = [Measured(told, why["occasion"], "until", written(why["ends_at"]), events)]
    if "wish" in why:
        stated = [why["wish"]] if why["wish"] else []
        values.append(Measured("cadence", "their own wish", "instead of", "the rhythm", stated))
    elif "times" in why:
        values.append(Measured("rhythm", f"{why['times']}", "times in months", f"{why['months']}", []))
    if why.get("snoozed"):
        values.append(Measured("snoozed", "not", "before", written(row["due_at"]), []))
    preferred = c.wishes.stated.get("preferred")
    if preferred:
        suggested = row["channel"] or "–"
        values.append(
            Measured("preferred channels", ", ".join(c.wishes.preferred), "suggested", suggested, [preferred])
        )
    if "held" in why:
        values.append(Measured("held", row["held"], "by", "", list(why["held"])))
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
    if row["class"] == OCCASION:
        return Next(row["until_at"], {"item": None}, _why(row)["clause"])
    return None


def grounds(then: Then, row: Row) -> tuple[Any, ...]:
    """What has to stay as well, for the row to be as it is."""
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
        sorted(c.reached_for.items()),
        c.done,
        sorted(c.set_aside.items()),
        row["why"],
    )


def _care(then: Then, c: Customer) -> list[Any]:
    """Of a customer who left: what we sent last since, and what they did last."""
    if then.state.stage not in then.rules.cadence.no_selling_in:
        return []
    entered, rest = then.state.entered, then.rules.cadence.rest_after_unanswered
    sent = [item for item in c.series[Series.OUTBOUND] if item[0] > entered]
    return [sent[-rest - 1 :], c.series[Series.ACT][-1:]]
