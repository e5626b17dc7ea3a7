"""Outreach: the proactive queue, of whom we contact next, when, why, about what, on which channel.

Each customer has one row for the next contact by their rhythm, and one for each open promise and each contact that a
person planned. A row holds over an interval in which its rank (class, tier, due_at, item) does not change; it is in a
day's queue from `due_at` on. A contact that may not take place is `held`, one that cannot is `unreachable`, each with
the reason; so nobody is forgotten in silence.
"""

from typing import Any, NamedTuple

import msgspec

from domain.facts import Customer, Planned, Promise, Series
from domain.families.conversation import refused
from domain.rules import Rules
from projections.planning import Channels, Step, consented, due_by, matter, rhythm_of, spared_until
from projections.projection import INSTANT, INTERVAL, TEXT, Table
from projections.state import State

PROMISE, PLANNED, FADING, RHYTHM = 0, 1, 2, 3
CLASSES = ("promise", "planned", "fading", "rhythm")

# Customers whom nobody owns or who cannot be reached, as SQL says it with `q` before each column.
UNOWNED = "({q}owner IS NULL AND ({q}held IS NULL OR {q}held NOT IN ('ended', 'provisional')))"
UNREACHABLE = "({q}unreachable IS NOT NULL AND {q}held IS NULL)"
FORGOTTEN = "{q}item = 'rhythm' AND (" + f"{UNREACHABLE} OR {UNOWNED})"

TABLE = Table(
    "outreach",
    (
        *INTERVAL,
        ("item", TEXT),  # the promise's or planned contact's reference, or "rhythm"
        ("class", "smallint"),  # 0 promise, 1 planned, 2 fading in a high tier, 3 by rhythm
        ("tier", "smallint"),
        ("due_at", INSTANT),
        ("ready", "boolean"),  # neither held nor unreachable
        ("held", TEXT),
        ("unreachable", TEXT),
        ("purpose", TEXT),
        ("content", TEXT),
        ("channel", TEXT),
        ("owner", TEXT),
        ("staff", TEXT),  # whom the promise or plan names
        ("version", "integer"),  # of the event whose sealed part says more; null by rhythm
        ("why", "jsonb"),
    ),
    (
        "class, tier, due_at, customer, item WHERE ready",
        "owner, class, tier, due_at, customer, item WHERE ready",
        "purpose, channel, class, tier, due_at, customer, item WHERE ready",
        f"tier, due_at, customer, item WHERE {FORGOTTEN.format(q='')}",
        "customer",
    ),
)


class _Plan(NamedTuple):
    due: int
    purpose: str
    content: str
    channel: str | None
    held: str
    unreachable: str
    why: dict[str, Any]


def render(state: State, rules: Rules, steps: list[Step], until: int) -> list[tuple[Any, ...]]:
    """Rows from the last event on; steps say what holds from when on, the first from the last event."""
    c = state.customer
    owner = c.managers[-1].manager if c.managers else None
    channels = Channels(c, rules)
    rows = _rhythm_rows(state, rules, steps, until, channels, owner)
    if not c.promises and not c.planned:
        return rows
    service = channels.best("service")
    for index, step in enumerate(steps):
        if index and step.tier == steps[index - 1].tier:
            continue
        end = next((later.at for later in steps[index + 1 :] if later.tier != step.tier), until)
        rows += [_promise_row(c, promise, step, end, service, owner) for promise in c.promises.values()]
        for planned in c.planned.values():
            rows += _planned_rows(c, rules, planned, step, end, channels, owner)
    return rows


# --- by rhythm --------------------------------------------------------------------------------------------------------


def _rhythm_rows(
    state: State, rules: Rules, steps: list[Step], until: int, channels: Channels, owner: str | None
) -> list[tuple[Any, ...]]:
    c = state.customer
    rows: list[tuple[Any, ...]] = []
    cuts = _turns(c, rules)
    for index, step in enumerate(steps):
        end = steps[index + 1].at if index + 1 < len(steps) else until
        starts = [step.at, *(cut for cut in cuts if step.at < cut < end)]
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            plan = _by_rhythm(state, rules, step, start, channels)
            rank = FADING if step.fading and step.tier in rules.fading_first else RHYTHM
            _join(rows, _row(start, stop, "rhythm", rank, step.tier, plan, owner, None, None))
    return rows


def _join(rows: list[tuple[Any, ...]], row: tuple[Any, ...]) -> None:
    """Add a row, or draw the last one out where nothing but time changed."""
    if rows and rows[-1][2:] == row[2:]:
        rows[-1] = (rows[-1][0], *row[1:])
    else:
        rows.append(row)


def _turns(c: Customer, rules: Rules) -> list[int]:
    """The moments, in order, at which what may be planned changes by itself."""
    turns = {c.wishes.rest_until, spared_until(c, rules)}
    turns.update(consent.until for consent in c.consents.values() if consent.granted)
    if c.wishes.preferred and any(consent.granted for consent in c.consents.values()):
        contact = rules.contact
        spans = [limit.within for limit in contact.selling] + [contact.ratio_within]
        turns.update(at + span for at, _ in c.series[Series.SELLING] for span in spans)
        turns.update(at + contact.ratio_within for at, _ in c.series[Series.RELATIONSHIP])
    return sorted(turns)


def _row(
    start: int,
    end: int,
    item: str,
    rank: int,
    tier: int,
    plan: _Plan,
    owner: str | None,
    staff: str | None,
    version: int | None,
) -> tuple[Any, ...]:
    ready = not plan.held and not plan.unreachable
    return (
        start, end, item, rank, tier, plan.due, ready, plan.held or None, plan.unreachable or None, plan.purpose,
        plan.content,
        plan.channel, owner, staff, version, _json(plan.why),
    )  # fmt: skip


def _by_rhythm(state: State, rules: Rules, step: Step, start: int, channels: Channels) -> _Plan:
    c = state.customer
    rhythm = rhythm_of(rules, step)
    digital = rhythm is not None and rhythm.digital
    due, why = due_by(state, rules, step, rhythm)
    if rules.benefits.said:
        why = why | {"benefits": rules.benefits.fitting(step.tier, c.wishes.benefits)}
    purpose, content = matter(c, rules, step, start)
    channel, unreachable = channels.best(purpose, digital=digital)
    if purpose == "selling" and not consented(c, rules, channel, "selling", start):
        purpose, content = "relationship", "advice"
        channel, unreachable = channels.best(purpose, digital=digital)
    held = ""
    if c.ended is not None:
        held = "ended"
    elif c.provisional:
        held = "provisional"  # whose the contacts are is for a person to say first
    elif start < c.wishes.rest_until:
        held = "rest"
    elif rhythm is None and not c.wishes.cadence:
        held = "no-rhythm"
    return _Plan(due, purpose, content, channel, held, unreachable, why)


# --- promised and planned ---------------------------------------------------------------------------------------------


def _promise_row(
    c: Customer, promise: Promise, step: Step, end: int, service: tuple[str | None, str], owner: str | None
) -> tuple[Any, ...]:
    channel, unreachable = promise.channel, ""
    if channel is None or refused(c, channel, "service") is not None:
        channel, unreachable = service
    # What was promised once it had ended still stands.
    held = "ended" if c.ended is not None and promise.at <= c.ended.at else ""
    plan = _Plan(
        promise.due, "service", promise.kind, channel, held, unreachable, {"promise": promise.id, "kept": True}
    )
    return _row(step.at, end, promise.ref, PROMISE, step.tier, plan, owner, promise.staff, promise.version)


def _planned_rows(
    c: Customer, rules: Rules, planned: Planned, step: Step, end: int, channels: Channels, owner: str | None
) -> list[tuple[Any, ...]]:
    channel, unreachable = planned.channel, ""
    if channel is None or refused(c, channel, planned.purpose) is not None:
        channel, unreachable = channels.best(planned.purpose)
    due = max(planned.due, planned.not_before)
    selling = planned.purpose == "selling"
    spared = spared_until(c, rules)
    why = {"planned": planned.id, "kept": True}  # its date, whatever the rules become
    rows: list[tuple[Any, ...]] = []
    cuts = {c.wishes.rest_until, spared, *(consent.until for consent in c.consents.values())}
    starts = [step.at, *sorted(cut for cut in cuts if step.at < cut < end)]
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        held = ""
        if c.ended is not None:
            held = "ended"
        elif start < c.wishes.rest_until:
            held = "rest"
        elif selling and c.open_cases:
            held = "complaint-open"
        elif selling and start < spared:
            held = "complaint-just-resolved"
        elif not consented(c, rules, channel, planned.purpose, start):
            held = "no-consent"
        plan = _Plan(due, planned.purpose, planned.content or "", channel, held, unreachable, why)
        row = _row(start, stop, planned.ref, PLANNED, step.tier, plan, owner, planned.staff, planned.version)
        _join(rows, row)
    return rows


_encode = msgspec.json.Encoder().encode


def _json(value: dict[str, Any]) -> str:
    return _encode(value).decode()
