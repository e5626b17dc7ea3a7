"""A fold that is small enough to check by hand, and whose rows tell in which order it was given which events."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from domain.events import CallMade, Event, TouchpointCorrected, TouchpointVoided, VisitMade
from domain.order import Key, key
from projections.projection import Table

HORIZON = 400 * 86_400_000_000
POISON = "poison"


TABLES = (
    Table(
        "profile",
        (
            ("from_at", "timestamptz"),
            ("until_at", "timestamptz"),
            ("events", "integer"),
            ("chain", "text"),
            ("last", "uuid"),
        ),
    ),
    Table(
        "stages",
        (("from_at", "timestamptz"), ("until_at", "timestamptz"), ("stage", "text"), ("why", "jsonb")),
        ("stage, from_at",),
    ),
)


class Counts(Struct):
    corrected: int = 0
    voided: int = 0


class State(Struct):
    customer: Counts
    last: Key | None = None
    version: int = 0
    events: int = 0
    chain: str = ""
    stages: list[tuple[int, str]] = []
    waiting: set[str] = set()


def fingerprint() -> str:
    return "stand-in 1"


def begin() -> State:
    return State(Counts())


def advance(state: State, event: Event, rules: Any) -> None:
    if getattr(event, "staff", None) == POISON:
        raise ArithmeticError("nobody can fold this")
    assert isinstance(event, TouchpointCorrected | TouchpointVoided) or state.last is None or key(event) > state.last
    state.version = max(state.version, event.version)
    if isinstance(event, TouchpointCorrected | TouchpointVoided):
        state.waiting.add(event.target)
        return
    state.last = key(event)
    state.events += 1
    said = f"{state.chain} {event.id} {event.at} {event.version} {getattr(event, 'staff', '')} {rules}"
    state.chain = blake2b(said.encode(), digest_size=8).hexdigest()
    stage = "visited" if isinstance(event, VisitMade) else "called" if isinstance(event, CallMade) else ""
    if stage and (not state.stages or state.stages[-1][1] != stage):
        state.stages.append((event.at, stage))


def run(state: State, events: Iterable[Event], rules: Any) -> None:
    for event in events:
        advance(state, event, rules)


def needs_refold(state: State, event: Event) -> bool:
    if isinstance(event, TouchpointCorrected | TouchpointVoided) or event.id in state.waiting:
        return True
    return state.last is not None and key(event) <= state.last


def settle(state: State, rules: Any, at: int | None = None) -> None:
    raise AssertionError("time changes nothing here")


def render(state: State, rules: Any) -> dict[str, list[tuple[Any, ...]]]:
    if state.last is None:
        return {}
    ends = [*(at for at, _ in state.stages[1:]), state.last[0] + HORIZON]
    return {
        "profile": [(state.last[0], state.last[0] + HORIZON, state.events, state.chain, state.last[3])],
        "stages": [
            (at, until, stage, {"rules": rules}) for (at, stage), until in zip(state.stages, ends, strict=False)
        ],
    }
