"""Commands at random on the real ledger, some of them backdated: what was accepted fits, and what it contradicts is told."""

import random
from datetime import timedelta
from typing import Any

import pytest

from api.commanding.doing import give, rules_shown
from api.commanding.orders import Done, Order
from api.wiring import House
from domain.commands.deciding import COMMANDS
from domain.door import instant, micros
from domain.errors import Refusal
from domain.facts import DAY
from projections import fold
from projections.asof import state_at
from projections.state import State
from tests.api.conftest import event, record

STEPS = 60
_NAMES = sorted(set(COMMANDS) - {"attribute", "identify", "remove-identifier", "correct", "void"})


def _data(chance: random.Random, name: str) -> dict[str, Any]:
    later = (instant(micros_of(chance)) + timedelta(days=400)).isoformat()
    choices: dict[str, list[Any]] = {
        "complaint": ["K-1", "K-1", "K-2", None], "promise": ["P-1", None], "outreach": ["PL-1", "rhythm", None],
        "handler": ["ani", "budi", None], "manager": ["ani", "budi"], "cover": ["ani", "budi"], "to": ["ani", None],
        "staff": ["ani", None], "severity": ["low", "high", None], "waiting_for": ["customer", "vendor"],
        "until": [later], "due": [later], "level": [1, 2, 3], "cause": ["K-1", "OUTAGE"],
        "direction": ["inbound", "outbound"], "channel": ["phone", "whatsapp", "video"], "by": ["customer"],
        "text": ["t"], "need": ["n"], "instruction": ["i"], "benefit": ["b"], "language": ["id", "en"],
    }  # fmt: skip
    if name == "state-preference":
        return {"preferred": chance.sample(["phone", "email"], 1), "refused": chance.sample(["sms", "visit"], 1)}
    data = {field: chance.choice(choices[field]) for field in COMMANDS[name].fields() if field in choices}
    return {field: value for field, value in data.items() if value is not None}


def micros_of(chance: random.Random) -> int:
    """A moment of the two months that the story takes."""
    return 1_772_500_000_000_000 + chance.randrange(60) * DAY


def _unfit(state: State) -> set[str]:
    c = state.customer
    return {mark.id for mark in c.odd} | {e.id for waiting in c.unmatched.values() for e in waiting}


@pytest.mark.parametrize("seed", range(3))
def test_what_was_accepted_fits_and_what_it_contradicts_is_told(house: House, seed: int) -> None:
    chance = random.Random(seed)
    customer = record(
        house,
        event("r", "customer.registered", 0, name="Siti"),
        event("o", "complaint.opened", 1, complaint="K-1", severity="high"),
        event("x", "complaint.resumed", 40, complaint="K-1"),  # which has nothing to resume
    )[0].customer
    rules, told = rules_shown(house), 0
    for step in range(STEPS):
        name = chance.choice(_NAMES)
        at = instant(micros_of(chance)) if chance.random() < 0.7 else None
        before = house.ledger.stream(customer)
        order = Order(
            customer=customer, name=name, data=_data(chance, name), actor="key:t", id=f"{step}", occurred_at=at,
            given_by="ani",
        )  # fmt: skip
        [outcome] = give(house, [order])
        after = house.ledger.stream(customer)
        if not isinstance(outcome, Done):
            assert len(after) == len(before)
            continue
        new = after[-1]
        assert new.at == (micros(at) if at else new.at)
        then = state_at(fold, after, rules, new.at)
        assert then is not None
        assert new.id not in _unfit(then.state)
        odd_before, odd_after = (_unfit(fold.fold(events, rules)) for events in (before, after))
        later = {c.event for c in outcome.contradictions}
        assert later == odd_after - odd_before - {new.id}
        told += len(later)
    assert len(house.ledger.stream(customer)) > STEPS / 5
    assert told or seed  # the first story has some, so that this is seen to be told


VALUES: list[Any] = [
    None, True, 0, -1, 7, 2**70, 1.5, "", " ", "x", "K-1", "\x00", "a\nb", "é" * 300, "2026-13-45", "2026-03-04T05:06:07Z",
    "9999-12-31T23:59:59-23:59", "rhythm", "a b", [], ["x"], [None], [[1]], {}, {"x": None}, {"source": "s", "id": "i"},
    {"source": 1, "id": {}}, {"amount": "1", "currency": "IDR"}, {"amount": "1e9", "currency": "QQQ"}, "ani",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_wished_is_answered(house: House, seed: int) -> None:
    """Done or refused, with whatever stands in its fields."""
    chance = random.Random(seed)
    customer = record(
        house,
        event("r", "customer.registered", 0, name="Siti"),
        event("o", "complaint.opened", 1, complaint="K-1", severity="high"),
        event("p", "promise.made", 1, promise="P-1", due="2126-03-06T09:00:00+07:00"),
        event("l", "outreach.planned", 1, outreach="PL-1", due="2126-03-06T09:00:00+07:00"),
    )[0].customer
    targets = [*VALUES, *(e.id for e in house.ledger.stream(customer))]
    for name in sorted(COMMANDS):
        fields = [*COMMANDS[name].fields(), "unknown"]
        orders = [
            Order(
                customer=customer, name=name, actor="key:t", id=f"{name} {seed} {number}",
                data={field: chance.choice(targets) for field in chance.sample(fields, chance.randint(0, min(4, len(fields))))},
            )
            for number in range(12)
        ]  # fmt: skip
        outcomes = give(house, orders, dry_run=seed == 1)
        assert all(isinstance(outcome, Done | Refusal) for outcome in outcomes)
