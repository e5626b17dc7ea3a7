"""Outreach: the proactive queue, of whom we contact next, when, why, about what, on which channel.

Each customer has one row for the next contact by each of their rhythms (`cadence`), one for each open promise and each
contact that a person planned, and one for each occasion that is near (`domain.occasions`). A row holds over an interval in
which its rank (class, tier, due_at, item) does not change; it is in a day's queue from `due_at` on. A contact that may not
take place is `held`, one that cannot is `unreachable`, each with the reason; so nobody is forgotten in silence.

What is promised, and what is planned for a time of day, keeps its moment: it was agreed upon. All else is placed where
nothing stops it (`placing`).
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from domain.facts import DAY, NEVER, Customer, Planned, Promise
from domain.occasions import Occasion, Occurrence
from domain.refusals import refused
from domain.rules import Rules
from projections import permission
from projections.cadence import Beat, Step, beats, rhythm_of
from projections.placing import Placed, Places
from projections.planning import SELLING, fulfilled, matter
from projections.projection import INSTANT, INTERVAL, TEXT, Table
from projections.state import State

PROMISE, PLANNED, OCCASION, FADING, RHYTHM = 0, 1, 2, 3, 4
CLASSES = ("promise", "planned", "occasion", "fading", "rhythm")
_AHEAD = 60 * DAY  # so long before it begins, an occasion is shown

# Customers whom nobody owns or who cannot be reached, as SQL says it with `q` before each column.
UNOWNED = "({q}owner IS NULL AND ({q}held IS NULL OR {q}held NOT IN ('ended', 'provisional')))"
UNREACHABLE = "({q}unreachable IS NOT NULL AND {q}held IS NULL)"
FORGOTTEN = "{q}item = 'rhythm' AND (" + f"{UNREACHABLE} OR {UNOWNED})"

TABLE = Table(
    "outreach",
    (
        *INTERVAL,
        ("item", TEXT),  # the promise's or planned contact's reference, the occasion and its date, "rhythm" …
        ("class", "smallint"),  # 0 promise, 1 planned, 2 occasion, 3 fading in a high tier, 4 by rhythm
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
    (  # those by a column hold no row without it: or they would be searched, and sorted, for a page of everybody's
        "class, tier, due_at, customer, item WHERE ready",
        "owner, class, tier, due_at, customer, item WHERE ready AND owner IS NOT NULL",
        "purpose, channel, class, tier, due_at, customer, item WHERE ready AND channel IS NOT NULL",
        "staff, class, tier, due_at, customer, item WHERE ready AND staff IS NOT NULL",
        f"tier, due_at, customer, item WHERE {FORGOTTEN.format(q='')}",
        "customer",
    ),
)


class _Plan(NamedTuple):
    """What a row says of its contact, from a moment on; `until`: when by itself it says something else (NEVER: it does not)."""

    placed: Placed
    purpose: str
    content: str
    why: dict[str, Any]

    @property
    def until(self) -> int:
        return self.placed.until if self.placed.held else NEVER

    @property
    def lasts(self) -> bool:
        """Whether time alone turns nothing of it, not even what else holds it."""
        return bool(self.placed.unreachable or self.placed.held in permission.WILL)


class _Whose(NamedTuple):
    """Whom a row is for: the owner of the relationship, whom a promise or plan names, and the event that says more."""

    owner: str | None
    staff: str | None = None
    version: int | None = None


def render(state: State, rules: Rules, steps: list[Step], until: int) -> list[tuple[Any, ...]]:
    """Rows from the last event on; steps say what holds from when on, the first from the last event."""
    c = state.customer
    whose = _Whose(c.managers[-1].manager if c.managers else None)
    places = Places(state, rules)
    rows = _by_rhythm(state, rules, steps, until, places, whose)
    if rules.occasions and c.ended is None and not c.provisional:
        rows += _occasions(state, rules, steps, until, places, whose)
    if not c.promises and not c.planned:
        return rows
    by_tier = _joined(steps, until, attrgetter("tier"))
    for step, end in by_tier:
        rows += [_promise_row(c, promise, step, end, places, whose) for promise in c.promises.values()]
    done = fulfilled(c, rules) if c.planned else {}
    for planned in c.planned.values():
        if planned.ref not in done:
            selling = planned.purpose == "selling"
            asked = _joined(steps, until, attrgetter("tier", "stage")) if selling else by_tier
            rows += _planned_rows(c, rules, planned, asked, places, whose)
    return rows


def recurs(c: Customer, rules: Rules, tier: int, stage: str) -> bool:
    """Whether some occasion comes again for ever to a customer who stays as they are."""
    return c.ended is None and any(one.suits(tier, stage) and one.recurs(c) for one in rules.occasions)


def _joined(steps: list[Step], until: int, by: Callable[[Step], Any]) -> list[tuple[Step, int]]:
    """The steps at which this changes, each with its end."""
    found = [step for index, step in enumerate(steps) if not index or by(step) != by(steps[index - 1])]
    return list(zip(found, [*(step.at for step in found[1:]), until], strict=True))


# --- by rhythm --------------------------------------------------------------------------------------------------------


def _by_rhythm(
    state: State, rules: Rules, steps: list[Step], until: int, places: Places, whose: _Whose
) -> list[tuple[Any, ...]]:
    c = state.customer
    rows: dict[str, list[tuple[Any, ...]]] = {}
    cuts = _turns(c, rules)
    for index, step in enumerate(steps):
        end = steps[index + 1].at if index + 1 < len(steps) else until
        rank = FADING if step.fading and step.tier in rules.fading_first else RHYTHM
        for beat in beats(state, rules, step):
            mine = rows.setdefault(beat.item, [])
            for start, stop in _cut(step.at, end, [cut for cut in cuts if cut > beat.wanted]):
                plan = partial(_plan, state, rules, beat, step, places)
                _stretch(mine, start, stop, beat.item, rank, step.tier, whose, plan)
    return [row for mine in rows.values() for row in mine]


def _stretch(
    rows: list[tuple[Any, ...]],
    start: int,
    end: int,
    item: str,
    rank: int,
    tier: int,
    whose: _Whose,
    plan: Callable[[int], _Plan],
    first: _Plan | None = None,
) -> None:
    """Add rows for a stretch: a new one where the plan turns by itself, or the last one drawn out where it does not.

    `first`: the plan at its start, where that is known.
    """
    while start < end:
        now, first = first or plan(start), None
        until = min(end, max(now.until, start + 1))
        row = _row(start, until, item, rank, tier, now, whose)
        if rows and rows[-1][1] == start and rows[-1][2:] == row[2:]:
            rows[-1] = (rows[-1][0], *row[1:])
        else:
            rows.append(row)
        start = until


def _turns(c: Customer, rules: Rules) -> list[int]:
    """The moments, in order, at which what may be planned changes by itself; a rest is asked about where it is placed."""
    turns = set(permission.complaint_turns(c, rules))
    turns.update(consent.until for consent in c.consents.values() if consent.granted)
    if c.wishes.preferred and any(consent.granted for consent in c.consents.values()):
        turns.update(permission.turns(c, rules))
    return sorted(turns)


def _plan(state: State, rules: Rules, beat: Beat, step: Step, places: Places, start: int) -> _Plan:
    c = state.customer
    rhythm = rhythm_of(rules, step)
    why = beat.why | benefits if (benefits := _benefits(c, rules, step)) else beat.why
    purpose, content = matter(state, rules, step, max(beat.wanted, start))
    only, digital = beat.channel, rhythm is not None and rhythm.digital
    placed = None
    if (purpose, content) == SELLING:
        placed = places.place(purpose, content, beat.wanted, start, step.stage, digital=digital, only=only)
        if placed.held or placed.unreachable:  # it waits for nothing: there is something else to talk about
            placed, purpose, content = None, "relationship", "advice"
    if placed is None:
        placed = places.place(purpose, content, beat.wanted, start, step.stage, digital=digital, only=only)
    if placed.held in ("ended", "provisional"):
        pass
    elif start < c.wishes.rest_until:
        stated = c.wishes.stated.get("rest_until")
        placed = placed._replace(held="rest", until=c.wishes.rest_until, events=(stated,) if stated else ())
    elif rhythm is None and not c.wishes.cadence:
        placed = placed._replace(held="no-rhythm", until=NEVER, events=())
    return _Plan(placed, purpose, content, why)


def _benefits(c: Customer, rules: Rules, step: Step) -> dict[str, Any]:
    """What to offer them, and what of their wishes does not fit their tier."""
    wished, benefits = c.wishes.benefits, rules.benefits
    if not benefits.said:
        return _NONE
    found: dict[str, Any] = {}
    if fitting := benefits.fitting(step.tier, wished):
        found["benefits"] = fitting
    if wished and (unfit := [benefit for benefit in wished if benefits.unfit(step.tier, benefit)]):
        found["unfit"] = unfit
    return found


_NONE: dict[str, Any] = {}


def _row(start: int, end: int, item: str, rank: int, tier: int, plan: _Plan, whose: _Whose) -> tuple[Any, ...]:
    placed, why = plan.placed, plan.why
    if placed.held and placed.events and placed.held != "no-selling-stage":  # that follows from the stage of the row
        why = why | {"held": placed.events}
    return (
        start, end, item, rank, tier, placed.due, not placed.held and not placed.unreachable, placed.held or None,
        placed.unreachable or None, plan.purpose, plan.content, placed.channel, *whose, _json(why),
    )  # fmt: skip


# --- occasions --------------------------------------------------------------------------------------------------------


def _occasions(
    state: State, rules: Rules, steps: list[Step], until: int, places: Places, whose: _Whose
) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    stretches = list(zip(steps, [*(step.at for step in steps[1:]), until], strict=True))
    for occasion in rules.occasions:
        if not occasion.concerns(state.customer):
            continue
        suited = [(step, end) for step, end in stretches if occasion.suits(step.tier, step.stage)]
        if not suited:
            continue
        for time in occasion.times(state.customer, places.zone, suited[0][0].at, suited[-1][1] + _AHEAD):
            for step, end in suited:
                _occasion(rows, state, rules, occasion, time, step, end, places, whose)
    return rows


def _occasion(
    rows: list[tuple[Any, ...]],
    state: State,
    rules: Rules,
    occasion: Occasion,
    time: Occurrence,
    step: Step,
    end: int,
    places: Places,
    whose: _Whose,
) -> None:
    """Rows of one occurrence within a step: none where it has taken place, or was set aside."""
    c = state.customer
    wanted = max(time.begins, c.set_aside.get(time.item, 0)) if c.set_aside else time.begins
    reached = c.reached_for.get(occasion.purpose)
    start, end = max(step.at, time.begins - _AHEAD), min(end, time.ends)
    if start >= end or wanted >= time.ends or (reached is not None and reached[0] >= time.opens):
        return
    rhythm = rhythm_of(rules, step)
    digital = rhythm is not None and rhythm.digital
    why: dict[str, Any] = {"occasion": occasion.content, "clause": occasion.clause, "ends_at": time.ends}
    if time.event:
        why["event"], why["since_at"] = time.event, time.since
    why |= _benefits(c, rules, step)

    def plan(at: int) -> _Plan:
        placed = places.place(occasion.purpose, occasion.content, wanted, at, step.stage, digital=digital)
        if not placed.unreachable and placed.due >= time.ends:  # by then it is over
            day = places.inside(wanted, occasion.content, placed.channel)
            held = placed.held or "outside-window"
            placed = placed._replace(due=day if day < time.ends else wanted, held=held, until=NEVER)
        return _Plan(placed, occasion.purpose, occasion.content, why)

    mine = rows if rows and rows[-1][2] == time.item else list[tuple[Any, ...]]()
    first = plan(start)
    cuts = () if first.lasts else places.turns(occasion.purpose)
    for begin, stop in _cut(start, end, [cut for cut in cuts if cut > wanted]):
        known = first if begin == start else None
        _stretch(mine, begin, stop, time.item, OCCASION, step.tier, whose, plan, known)
    if mine is not rows:
        rows += mine


# --- promised and planned ---------------------------------------------------------------------------------------------


def _promise_row(c: Customer, promise: Promise, step: Step, end: int, places: Places, whose: _Whose) -> tuple[Any, ...]:
    channel, unreachable = promise.channel, ""
    if channel is None or refused(c, channel, "service") is not None:
        order, unreachable = places.channels("service")
        channel = order[0] if order else None
    # What was promised once it had ended still stands.
    held = "ended" if c.ended is not None and promise.at <= c.ended.at else ""
    placed = Placed(promise.due, channel, unreachable, held, NEVER, (c.ended.id,) if held and c.ended else ())
    plan = _Plan(placed, "service", promise.kind, {"promise": promise.id, "kept": True})
    whose = whose._replace(staff=promise.staff, version=promise.version)
    return _row(step.at, end, promise.ref, PROMISE, step.tier, plan, whose)


def _planned_rows(
    c: Customer, rules: Rules, planned: Planned, steps: list[tuple[Step, int]], places: Places, whose: _Whose
) -> list[tuple[Any, ...]]:
    due = max(planned.due, planned.not_before)
    exact, purpose, content = places.agreed(due), planned.purpose, planned.content or ""
    why = {"planned": planned.id, "kept": True}  # its date, whatever the rules become

    def plan(at: int, step: Step) -> _Plan:
        channel = planned.channel
        if channel is None or refused(c, channel, purpose) is not None:
            placed = places.place(purpose, content, due, at, step.stage, exact=exact)
        else:
            placed = places.on(channel, purpose, content, due, at, step.stage, exact=exact)
        if rules.benefits.unfit(step.tier, content) and placed.held not in ("ended", "provisional"):
            placed = placed._replace(held="unfit", until=NEVER, events=(planned.id,))
        elif at < c.wishes.rest_until and purpose != "service" and placed.held != "ended":
            stated = c.wishes.stated.get("rest_until")
            placed = placed._replace(held="rest", until=c.wishes.rest_until, events=(stated,) if stated else ())
        return _Plan(placed, purpose, content, why)

    rows: list[tuple[Any, ...]] = []
    whose = whose._replace(staff=planned.staff, version=planned.version)
    for step, end in steps:
        first = plan(step.at, step)
        cuts = () if first.lasts else places.turns(purpose)
        for start, stop in _cut(step.at, end, [cut for cut in cuts if cut > due]):
            known = first if start == step.at else None
            _stretch(rows, start, stop, planned.ref, PLANNED, step.tier, whose, partial(plan, step=step), known)
    return rows


def _cut(start: int, end: int, cuts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The parts into which moments, in order, cut a stretch."""
    for cut in cuts:
        if start < cut < end:
            yield start, cut
            start = cut
    yield start, end


_encode = msgspec.json.Encoder().encode


def _json(value: dict[str, Any]) -> str:
    return _encode(value).decode()
