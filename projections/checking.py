"""Test customers of a rulebook: their made-up histories go through the real door and the real fold, and come out as expected.

What differs is said by its place in the document (a JSON Pointer): what was expected, what came out, by which clause
with which measures, and what the clauses that would have led to what was expected lack.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import msgspec

from domain import errors
from domain.criteria.measures import Measured
from domain.criteria.periods import start_of
from domain.door import Door, instant, micros
from domain.events import Event
from domain.facts import DAY, NEVER
from domain.rulebook.checks import InvalidRulebook, Problem
from domain.rulebook.model import Happening, TestCustomer
from domain.rules import Clause, Rules, compile_rules
from domain.sealing import Secrets
from projections import asof, fold, trust
from projections.profile import STANDING
from projections.state import State

_SOURCE = "urn:test-customer"
_LATER = datetime(9998, 12, 31, tzinfo=UTC)  # a test customer may live in any time
_MOST_TOLD = 3  # clauses of which it is told what they lack
_NO_SECRET = b"made-up people need no secrets  "


class Trial(NamedTuple):
    """One test customer, as judged."""

    name: str
    expected: dict[str, Any]
    found: dict[str, Any]  # the fields that were expected, as they came out; empty where the history cannot be read
    problems: list[Problem]


class Checked(NamedTuple):
    """A document, as far as it could be checked: without compiled rules no test customer was tried."""

    rules: Rules | None
    problems: list[Problem]
    trials: list[Trial]


def check(document: Mapping[str, Any], calendars: Mapping[tuple[str, str], Mapping[str, Any]] | None = None) -> Checked:
    """Everything that is wrong with a rulebook's document, its test customers tried. Raises nothing for what is wrong in it.

    `calendars`: published ones by (code, version).
    """
    try:
        rules = compile_rules(document, calendars)
    except InvalidRulebook as error:
        return Checked(None, list(error.problems), [])
    trials = [_try(customer, f"/customers/{i}", rules) for i, customer in enumerate(rules.book.customers)]
    return Checked(rules, [problem for trial in trials for problem in trial.problems], trials)


def _try(customer: TestCustomer, at: str, rules: Rules) -> Trial:
    expected = customer.expect.model_dump(exclude_unset=True)
    events, problems = _history(customer, at)
    if problems:
        return Trial(customer.name, expected, {}, problems)
    now = micros(customer.as_of)
    then = asof.state_at(fold, events, rules, now)
    if then is None:
        late = f'nothing happens to test customer "{customer.name}" by {customer.as_of.isoformat()}'
        return Trial(customer.name, expected, {}, [(f"{at}/as_of", f"{late}; a later moment would be right")])
    state: State = then.state
    fold.settle(state, rules, now)
    seen = _Seen(state, rules, now)
    found: dict[str, Any] = {}
    for field, wanted in expected.items():
        got = _LOOKS[field](seen)
        found[field] = instant(got) if isinstance(got, int) and field in _MOMENTS else got
        if not _meets(wanted, got, seen):
            said = _differs(customer, field, wanted, found[field], seen)
            problems.append((f"{at}/expect/{field}", said))
    return Trial(customer.name, expected, found, problems)


# --- their history ----------------------------------------------------------------------------------------------------


def _history(customer: TestCustomer, at: str) -> tuple[list[Event], list[Problem]]:
    """The events as the ledger would hold them, and what the door refuses."""
    door = Door(Secrets(_NO_SECRET, _NO_SECRET, _NO_SECRET))
    events: dict[str, Event] = {}
    problems: list[Problem] = []
    for j, happening in enumerate(customer.events):
        for n, cloud in enumerate(_clouds(happening, j), 1):
            try:
                event = door.admit(cloud, actor="check", now=_LATER).event
            except errors.InvalidEvent as refused:
                which = f" (repetition {n})" if n > 1 else ""
                problems += [(f"{at}/events/{j}{_inner(p)}", f"{said}{which}") for p, said in refused.problems]
                break
            msgspec.structs.force_setattr(event, "version", len(events) + 1)
            events[event.id] = event  # the same id again is the same event
    return list(events.values()), problems


def _inner(pointer: str) -> str:
    """Where the document has what a CloudEvent has at `pointer`."""
    return "/at" if pointer == "/time" else pointer


def _clouds(happening: Happening, number: int) -> Iterator[dict[str, Any]]:
    for n in range(happening.times):
        at = happening.at + timedelta(microseconds=(happening.every or 0) * n)
        yield {
            "specversion": "1.0",
            "type": happening.type,
            "source": _SOURCE,
            "id": _numbered(happening.id, n + 1) if happening.id else f"{number}-{n}",
            "time": at.isoformat(),
            "subject": "test:customer",
            "sequence": f"{number:04d}-{n:04d}",
            "data": _numbered(happening.data, n + 1),
        }


def _numbered(value: Any, n: int) -> Any:
    """Data with {n} filled in, and times as texts."""
    match value:
        case str():
            return value.replace("{n}", str(n))
        case dict():
            return {name: _numbered(inner, n) for name, inner in cast("dict[str, Any]", value).items()}
        case list():
            return [_numbered(inner, n) for inner in cast("list[Any]", value)]
        case date():
            return value.isoformat()
        case _:
            return value


# --- what came out ----------------------------------------------------------------------------------------------------


class _Seen:
    """How a customer stands at a moment, and what is to come."""

    def __init__(self, state: State, rules: Rules, now: int) -> None:
        self.state, self.rules, self.now = state, rules, now
        self.zone = ZoneInfo(rules.book.contact.zone)
        rows = fold.render(state, rules)
        names = [name for name, _ in STANDING.columns]
        self.standing: dict[str, Any] = next(
            dict(zip(names, row, strict=True)) for row in rows[STANDING.name] if _holds(row, now)
        )
        stages = [name for name, _ in fold.lifecycle.TABLE.columns]
        self.stage: dict[str, Any] = next(
            dict(zip(stages, row, strict=True)) for row in rows["stages"] if _holds(row, now)
        )
        contacts = [name for name, _ in fold.outreach.TABLE.columns]
        held: list[dict[str, Any]] = [
            dict(zip(contacts, row, strict=True)) for row in rows["outreach"] if _holds(row, now)
        ]
        self.contact = min(held, key=_urgency)


def _urgency(contact: dict[str, Any]) -> tuple[bool, int]:
    return not contact["ready"], contact["due_at"]


def _holds(row: tuple[Any, ...], now: int) -> bool:
    return row[0] <= now < row[1]


_LOOKS: dict[str, Callable[[_Seen], Any]] = {
    "stage": lambda s: s.stage["stage"],
    "since": lambda s: s.stage["from_at"],
    "clause": lambda s: s.stage["clause"],
    "fading": lambda s: s.standing["fading"],
    "next_stage": lambda s: s.stage["next_stage"] or "",
    "next_stage_at": lambda s: s.stage["next_at"] or NEVER,
    "tier": lambda s: s.rules.tier_names[int(s.standing["tier"])],
    "trust": lambda s: s.state.score,
    "band": lambda s: trust.band(s.rules, s.state.score),
    "falling": lambda s: s.standing["falling"],
    "next_contact": lambda s: s.contact["due_at"],
    "held": lambda s: s.contact["held"] or s.contact["unreachable"] or "",
    "purpose": lambda s: s.contact["purpose"],
    "content": lambda s: s.contact["content"],
    "overdue_complaints": lambda s: len(s.state.overdue(frozenset(s.rules.minutes), 0)[0]),
}
_MOMENTS = {"since", "next_stage_at", "next_contact"}

_TESTS: dict[str, Callable[[int, int], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
}


def _meets(wanted: Any, got: Any, seen: _Seen) -> bool:
    match wanted:
        case None:
            return True
        case datetime():
            return start_of(wanted, seen.zone) == got
        case date():
            start = start_of(wanted, seen.zone)
            return start <= got < start_of(wanted + timedelta(days=1), seen.zone)
        case str() if isinstance(got, int) and not isinstance(got, bool):
            test, points = wanted.split(" ")
            return _TESTS[test](got, int(points))
        case _:
            return wanted == got


# --- in words ---------------------------------------------------------------------------------------------------------


def _differs(customer: TestCustomer, field: str, wanted: Any, got: Any, seen: _Seen) -> str:
    """What was expected, what came out, and why."""
    told = [f'test customer "{customer.name}": expected {_word(wanted, seen)}, found {_word(got, seen)}']
    if field in {"stage", "clause", "since", "next_stage", "next_stage_at", "fading"}:
        told.append(_reason(seen))
        told += _lacking(field, wanted, seen)
    elif field == "tier":
        told += _spend(wanted, seen)
    elif field in {"trust", "band", "falling"}:
        items = seen.state.trust.items[seen.state.trust.first :]
        points = ", ".join(f"{item.what} {item.points:+d} on {_day(item.at, seen)}" for item in items[-8:])
        told.append(f"{seen.rules.trust.start} points and {points or 'nothing since'}")
    elif field in {"next_contact", "held", "purpose", "content"}:
        contact = seen.contact
        why = contact["held"] or contact["unreachable"]
        told.append(f"{contact['content']} for {contact['purpose']}, due {_day(contact['due_at'], seen)}"
                    f"{f', but {why}' if why else ''}")  # fmt: skip
    return "; ".join(told)


def _spend(wanted: str, seen: _Seen) -> Iterable[str]:
    """What was spent, and what a tier asks for."""
    rules = seen.rules
    net = ", ".join(f"{amount} {currency}" for currency, amount in seen.state.tier.net.items()) or "nothing"
    yield f"net spend within {rules.tier_window / DAY:g} days is {net}, a tier is lost {rules.down_after / DAY:g} days late"
    for level in rules.book.tiers.levels:
        if level.name == wanted:
            amounts = [f"{amount} {currency}" for currency, amount in level.at_least.items()]
            amounts += [f"more than {amount} {currency}" for currency, amount in level.over.items()]
            also = f" and {level.purchases} purchases" if level.purchases else ""
            yield f"{level.name} asks for {' or '.join(amounts)}{also}"


def _reason(seen: _Seen) -> str:
    """By what the present stage was entered."""
    stage = next(s for s in reversed(seen.state.stages) if s.at <= seen.now)
    measures = f" ({', '.join(map(_measure, stage.reason))})" if stage.reason else ""
    return f'in "{stage.stage}" since {_day(stage.at, seen)} by clause "{stage.clause}"{measures}'


def _lacking(field: str, wanted: Any, seen: _Seen) -> Iterable[str]:
    """What the clauses lack that would lead on to what was expected."""
    state = seen.state
    ways = seen.rules.lifecycle.out[state.stage]
    if field == "stage":
        ways = [clause for clause in ways if clause.to == wanted]
        if not ways:
            yield f'no clause leads from "{state.stage}" to "{wanted}"'
    elif field == "clause":
        ways = [clause for clause in ways if clause.name == wanted]
    else:
        return
    for clause in ways[:_MOST_TOLD]:
        if missing := _missing(clause, state, seen.now):
            yield f'clause "{clause.name}" lacks {", ".join(map(_measure, missing))}'


def _missing(clause: Clause, state: State, now: int) -> list[Measured]:
    return [c.show(state, now) for c in clause.criteria if not c.holds(state, now)[0]]


def _measure(one: Measured) -> str:
    return f"{one.measure} {one.value}, needed {one.test} {one.threshold}"


def _word(value: Any, seen: _Seen) -> str:
    match value:
        case datetime() if micros(value) >= NEVER:
            return "never"
        case datetime():
            return value.astimezone(seen.zone).isoformat()
        case str():
            return f'"{value}"'
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _day(at: int, seen: _Seen) -> str:
    return "never" if at >= NEVER else instant(at).astimezone(seen.zone).date().isoformat()
