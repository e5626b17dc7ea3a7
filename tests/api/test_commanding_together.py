"""Commands given at once: one wins, the others are told; what was decided on a history that moved on is decided again."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest

from api.commanding import doing
from api.commanding.doing import TRIES, give
from api.commanding.orders import Done, Order
from api.wiring import House
from domain.commands.refusals import AlreadyClaimed, OverCapacity
from domain.errors import LedgerUnavailable, Refusal
from domain.events import ComplaintAssigned
from domain.rules import first_rules
from domain.vocabulary import name_of
from projections import fold as folding
from tests.api.conftest import event, fold, record


def customer(house: House, number: int) -> str:
    return record(house, event(f"r{number}", "customer.registered", 0, f"crm:C-{number}"))[0].customer


def staff(house: House, code: str, **fields: Any) -> None:
    cloud = event(f"staff-{code}-{len(fields)}", "staff.registered", 0, staff=code, **fields)
    del cloud["subject"]
    record(house, cloud)


def order(of: str, name: str, id_: str = "", **fields: Any) -> Order:
    given_by = fields.pop("given_by", None)
    return Order(
        customer=of,
        name=name,
        data=fields,
        actor="key:tests",
        id=id_ or f"{name} {of} {fields} {given_by}",
        given_by=given_by,
    )


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """Results of tasks that begin together."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        start.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def one(house: House, wish: Order) -> Done | Refusal:
    [outcome] = give(house, [wish])
    return outcome


def codes(outcomes: Sequence[Any]) -> list[str]:
    return sorted(o.code if isinstance(o, Refusal) else o.status for o in outcomes)


@pytest.mark.parametrize("_again", range(5))
def test_of_claims_at_once_one_wins_and_the_others_are_told_by_whom_and_since_when(house: House, _again: int) -> None:
    siti = customer(house, 1)
    record(house, event("o", "complaint.opened", 1, complaint="K-1", severity="high"))
    who = ("ani", "budi", "citra", "dewi")
    outcomes = at_once(*(lambda w=w: one(house, order(siti, "claim-complaint", given_by=w)) for w in who))
    assert codes(outcomes) == ["already-claimed"] * 3 + ["recorded"]
    assigned = [e for e in house.ledger.stream(siti) if name_of(e) == "complaint.assigned.v1"]
    assert len(assigned) == 1
    won = assigned[0]
    assert isinstance(won, ComplaintAssigned)
    for told in outcomes:
        if isinstance(told, AlreadyClaimed):
            assert told.members == {"by": won.handler, "since": won.at, "events": [won.id]}


@pytest.mark.parametrize("folded", [False, True])
def test_of_assignments_at_once_only_one_takes_the_last_place(house: House, folded: bool) -> None:
    """Also where the rows lag behind: books are counted in the ledger."""
    staff(house, "ani", capacity=3)
    everybody = [customer(house, number) for number in range(6)]
    for of in everybody[:2]:
        assert isinstance(one(house, order(of, "assign-manager", manager="ani")), Done)
    if folded:
        fold(house)
    outcomes = at_once(
        *(lambda of=of: one(house, order(of, "assign-manager", of, manager="ani")) for of in everybody[2:])
    )
    assert codes(outcomes) == ["over-capacity"] * 3 + ["recorded"]
    assert all(o.members == {"book": 3, "capacity": 3} for o in outcomes if isinstance(o, OverCapacity))


def test_many_assignments_of_one_request_fill_a_book_and_no_more(house: House) -> None:
    staff(house, "ani", capacity=2)
    everybody = [customer(house, number) for number in range(4)]
    outcomes = give(house, [order(of, "assign-manager", of, manager="ani") for of in everybody])
    assert [o.code if isinstance(o, Refusal) else o.status for o in outcomes] == ["recorded"] * 2 + [
        "over-capacity"
    ] * 2
    # Who leaves makes room for the next of the same request.
    freed = give(
        house, [order(everybody[3], "assign-manager", "again", manager="ani"), order(everybody[0], "unassign-manager")]
    )
    assert codes(freed) == ["recorded", "recorded"]
    full = one(house, order(everybody[2], "assign-manager", "later", manager="ani"))
    assert isinstance(full, OverCapacity)


def test_commands_of_one_instant_follow_each_other(house: House) -> None:
    """While the clock stands (JEJAK_NOW), what was decided later comes later, whatever the causal rank of its type."""
    siti = customer(house, 1)
    record(house, event("o", "complaint.opened", 1, complaint="K-1", severity="high"))
    still = replace(house, settings=house.settings.model_copy(update={"now": datetime(2026, 4, 1, tzinfo=UTC)}))
    wait, resume = ("wait-complaint", {"waiting_for": "vendor"}), ("resume-complaint", {})
    for number, (name, data) in enumerate(
        [wait, resume, wait, resume, ("resolve-complaint", {}), ("reopen-complaint", {}), wait]
    ):
        done = one(still, order(siti, name, str(number), **data))
        assert isinstance(done, Done), done
    c = folding.fold(house.ledger.stream(siti), first_rules()).customer
    [case] = c.cases.values()
    assert (case.state, case.round, len(case.pauses), c.odd) == ("waiting", 2, 3, [])
    assert len({e.at for e in house.ledger.stream(siti)[-7:]}) == 1


def test_the_same_command_at_once_is_recorded_once(house: House) -> None:
    siti = customer(house, 1)
    wish = order(siti, "add-note", "once", text="x")
    outcomes = at_once(*(lambda: one(house, wish) for _ in range(4)))
    assert codes(outcomes) == ["duplicate"] * 3 + ["recorded"]
    assert len({o.events for o in outcomes}) == 1
    assert [name_of(e) for e in house.ledger.stream(siti)].count("note.added.v1") == 1


def test_many_at_once_on_one_customer_take_turns_and_are_all_done(house: House) -> None:
    siti = customer(house, 1)
    outcomes = at_once(*(lambda n=n: one(house, order(siti, "add-note", str(n), text=str(n))) for n in range(24)))
    assert codes(outcomes) == ["recorded"] * 24
    assert sorted(o.version for o in outcomes) == list(range(3, 27))


def test_what_moved_on_meanwhile_is_decided_again_on_what_is_new(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a claim is being decided, another system reports that the complaint was resolved."""
    siti = customer(house, 1)
    record(house, event("o", "complaint.opened", 1, complaint="K-1", severity="high"))
    decided = doing.decide

    def interrupted(*args: Any) -> Any:
        found = decided(*args)
        record(house, event("z", "complaint.resolved", 2, complaint="K-1"))
        return found

    monkeypatch.setattr(doing, "decide", interrupted)
    outcome = one(house, order(siti, "claim-complaint", given_by="ani"))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "not-open"


def test_a_history_that_never_stands_still_is_given_up_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    siti = customer(house, 1)
    decided, count = doing.decide, iter(range(100))

    def interrupted(*args: Any) -> Any:
        record(house, event(f"n{next(count)}", "note.added", 1, text="busy"))
        return decided(*args)

    monkeypatch.setattr(doing, "decide", interrupted)
    outcome = one(house, order(siti, "add-note", text="x"))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "stale-version"
    assert next(count) == TRIES + 1


def test_nothing_is_recorded_that_the_fold_would_find_odd(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a decision overlooks: the fold is tried before."""
    siti = customer(house, 1)
    record(house, event("o", "complaint.opened", 1, complaint="K-1", severity="high"))
    before = house.ledger.head()

    def lenient(_command: Any, wish: Any, _situation: Any) -> list[Any]:
        return [wish]

    monkeypatch.setattr(doing, "decide", lenient)
    outcome = one(house, order(siti, "resume-complaint", complaint="K-1"))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "contradiction"
    assert house.ledger.head() == before


def test_a_reply_that_is_lost_on_its_way_is_found_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded, and then the connection breaks: the caller knows nothing, and asks again."""
    siti = customer(house, 1)
    append = house.ledger.append

    def broken(*args: Any, **how: Any) -> Any:
        append(*args, **how)
        raise LedgerUnavailable("the connection is gone")

    monkeypatch.setattr(house.ledger, "append", broken)
    with pytest.raises(LedgerUnavailable):
        one(house, order(siti, "add-note", "n-1", text="x"))
    monkeypatch.undo()
    outcome = one(house, order(siti, "add-note", "n-1", text="x"))
    assert isinstance(outcome, Done)
    assert outcome.status == "duplicate"
    assert [name_of(e) for e in house.ledger.stream(siti)].count("note.added.v1") == 1
