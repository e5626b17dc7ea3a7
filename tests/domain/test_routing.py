"""Each event goes to the customer who held the contact point when it happened."""

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from domain.attribution import attribute
from domain.errors import Contradiction, StaleVersion, UnknownCustomer
from domain.events import CallMade, CustomerIdentified, CustomerRegistered, Event, TouchpointVoided
from domain.ledger import Ledger
from domain.order import effective
from tests.ledgers import call_from, cloud, record

serial = itertools.count(10_000_000)


@pytest.fixture
def number() -> str:
    """A telephone number that no other test knows."""
    return f"0812{next(serial)}"


def on(day: int) -> str:
    return f"2026-03-{day:02}T12:00:00Z"


def identify(number: str, who: str, day: int = 1, *, gone: bool = False, **more: Any) -> dict[str, Any]:
    """`who` has the number, or has it no more."""
    type_ = "customer.identifier-removed" if gone else "customer.identified"
    return cloud(
        f"{who}{number}{day}{gone}", type_, {"kind": "phone", "value": number} | more, subject=who, time=on(day)
    )


def person() -> str:
    return f"crm:R-{uuid4()}"


def customer_of(ledger: Ledger, who: str) -> str:
    return record(ledger, cloud(f"hello {who}", subject=who))[0].customer


def routed(ledger: Ledger, number: str, *days: int) -> list[str]:
    """Whose stream calls from a number on these days of March go to; one batch."""
    return [r.customer for r in record(ledger, *(call_from(str(uuid4()), number, time=on(day)) for day in days))]


def names(events: Sequence[Event]) -> list[str]:
    return [type(e).__name__ for e in events]


# --- nobody holds it -------------------------------------------------------------------------------------------------


def test_an_unknown_number_makes_a_customer_who_is_known_from_then_on(ledger: Ledger, number: str) -> None:
    [first] = routed(ledger, number, 5)
    assert names(ledger.stream(first)) == ["CustomerRegistered", "CustomerIdentified", "CallMade"]
    assert not any(isinstance(e, CustomerRegistered) and e.provisional for e in ledger.stream(first))
    assert ledger.open(first, [2])[2] == {"value": number}
    assert routed(ledger, f"+62 {number[1:]}", 6) == [first]
    assert routed(ledger, number, 1) == [first], "an earlier call was theirs as well"
    assert ledger.stream(first)[0].source == "urn:jejak:identity"


def test_an_external_id_makes_a_customer_of_its_scheme(ledger: Ledger) -> None:
    id_ = uuid4()
    assert customer_of(ledger, f"crm:{id_}") == customer_of(ledger, f"crm:{id_}")
    assert customer_of(ledger, f"crm:{id_}") != customer_of(ledger, f"erp:{id_}")


def test_many_at_once_make_one_customer(ledger: Ledger, number: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        customers = list(pool.map(lambda day: routed(ledger, number, day)[0], range(1, 17)))
    assert len(set(customers)) == 1
    assert sorted(names(ledger.stream(customers[0]))) == ["CallMade"] * 16 + [
        "CustomerIdentified",
        "CustomerRegistered",
    ]


def test_one_batch_makes_one_customer_for_each_number(ledger: Ledger) -> None:
    numbers = [f"0813{next(serial)}" for _ in range(3)]
    receipts = record(ledger, *(call_from(str(uuid4()), numbers[n % 3], time=on(1 + n)) for n in range(9)))
    assert len({r.customer for r in receipts}) == 3
    assert [r.customer for r in receipts] == [receipts[n % 3].customer for n in range(9)]


def test_a_registration_by_the_sender_is_the_only_one(ledger: Ledger) -> None:
    who = person()
    [receipt] = record(
        ledger, cloud(f"new {who}", "customer.registered", {"name": "Siti", "acquisition": "shop"}, subject=who)
    )
    assert names(ledger.stream(receipt.customer)) == ["CustomerIdentified", "CustomerRegistered"]


# --- an id of ours ---------------------------------------------------------------------------------------------------


def test_an_id_of_ours_needs_to_be_one(ledger: Ledger) -> None:
    customer = customer_of(ledger, person())
    assert record(ledger, cloud(str(uuid4()), subject=customer))[0].customer == customer
    stranger = str(uuid4())
    [refused] = ledger.record([cloud(str(uuid4()), subject=stranger)], actor="t")
    assert isinstance(refused, UnknownCustomer)
    [registered] = record(ledger, cloud(str(uuid4()), "customer.registered", {}, subject=stranger))
    assert registered.customer == stranger


# --- somebody holds it -----------------------------------------------------------------------------------------------


def test_the_holder_is_meant(ledger: Ledger, number: str) -> None:
    who = person()
    customer = customer_of(ledger, who)
    record(ledger, identify(number, who))
    assert routed(ledger, number, 1, 2, 20) == [customer] * 3
    assert ledger.router.find(ledger.door.contact_point(number), 0) == [bytes.fromhex(customer.replace("-", ""))]


def test_a_number_that_passed_on_belongs_to_its_holder_of_each_time(ledger: Ledger, number: str) -> None:
    ani, budi = person(), person()
    record(ledger, identify(number, ani, 2), identify(number, ani, 10, gone=True), identify(number, budi, 15))
    a, b = customer_of(ledger, ani), customer_of(ledger, budi)
    assert routed(ledger, number, 1, 2, 9) == [a, a, a]
    assert routed(ledger, number, 15, 20) == [b, b]
    assert routed(ledger, number, 9, 20, 3) == [a, b, a], "late events go where they belong"
    assert not any({a, b} <= set(customers) for _, customers, _ in ledger.keys.contested(1000))


def test_calls_between_two_holders_are_of_somebody_else(ledger: Ledger, number: str) -> None:
    ani, budi, cici = person(), person(), person()
    record(ledger, identify(number, ani, 1), identify(number, ani, 5, gone=True))
    record(ledger, identify(number, budi, 10), identify(number, budi, 15, gone=True), identify(number, cici, 20))
    known = [customer_of(ledger, who) for who in (ani, budi, cici)]
    calls = routed(ledger, number, 8, 6, 18, 16, 7)
    assert calls[0] == calls[1] == calls[4]
    assert calls[2] == calls[3] != calls[0]
    assert not set(calls) & set(known)
    assert routed(ledger, number, 3, 12, 25, 5, 15) == [known[0], known[1], known[2], calls[0], calls[2]]


def test_since_may_lie_before_the_day_on_which_it_was_said(ledger: Ledger, number: str) -> None:
    ani, budi = person(), person()
    record(ledger, identify(number, ani, 1), identify(number, ani, 10, gone=True))
    record(ledger, identify(number, budi, 20, since=on(12)))
    assert routed(ledger, number, 9, 12, 25) == [customer_of(ledger, ani), *[customer_of(ledger, budi)] * 2]


def test_a_removal_that_arrives_before_its_identification_counts(ledger: Ledger, number: str) -> None:
    ani = person()
    record(ledger, identify(number, ani, 10, gone=True), identify(number, ani, 2))
    a = customer_of(ledger, ani)
    before, after = routed(ledger, number, 5, 12)
    assert before == a
    assert after != a


def test_who_gets_a_number_back_has_it_again(ledger: Ledger, number: str) -> None:
    ani = person()
    record(ledger, identify(number, ani, 1), identify(number, ani, 5, gone=True), identify(number, ani, 10))
    assert routed(ledger, number, 2, 12) == [customer_of(ledger, ani)] * 2


def test_what_was_routed_stays_where_it_is(ledger: Ledger, number: str) -> None:
    ani = person()
    call = call_from(str(uuid4()), number, time=on(3))
    [first] = record(ledger, call)
    record(ledger, identify(number, ani, 1, since=on(1)))
    [again] = record(ledger, call)
    assert (again.status, again.customer) == ("duplicate", first.customer)


# --- several hold it -------------------------------------------------------------------------------------------------


def household(ledger: Ledger, number: str, *, shared: bool) -> tuple[str, str]:
    ani, budi = person(), person()
    record(ledger, identify(number, ani, 1, shared=shared), identify(number, budi, 2, shared=shared))
    return customer_of(ledger, ani), customer_of(ledger, budi)


def test_a_call_from_a_household_waits_on_a_provisional_customer(ledger: Ledger, number: str) -> None:
    a, b = household(ledger, number, shared=True)
    first, second = routed(ledger, number, 5, 6)
    assert first == second
    assert first not in {a, b}
    stream = ledger.stream(first)
    assert isinstance(stream[0], CustomerRegistered)
    assert stream[0].provisional
    assert names(stream) == ["CustomerRegistered", "CallMade", "CallMade"]
    assert ledger.keys.candidates(first) == sorted([a, b])
    assert ("phone", sorted([a, b]), True) in ledger.keys.contested(1000)


def test_a_second_claim_to_an_unshared_number_is_recorded_and_shown_as_contested(ledger: Ledger, number: str) -> None:
    a, b = household(ledger, number, shared=False)
    assert ("phone", sorted([a, b]), False) in ledger.keys.contested(1000)
    assert sum(isinstance(e, CustomerIdentified) for e in ledger.stream(b)) == 2
    assert routed(ledger, number, 1) == [a], "before the second claim there was no doubt"
    assert routed(ledger, number, 5)[0] not in {a, b}


def test_a_person_says_whose_an_ambiguous_event_is(ledger: Ledger, number: str) -> None:
    a, b = household(ledger, number, shared=True)
    call = call_from(str(uuid4()), number, time=on(5))
    call["data"]["summary"] = "it is about the roof"
    [waiting] = record(ledger, call)
    [receipt] = attribute(ledger, waiting.customer, a, actor="supervisor")
    assert receipt.customer == a
    moved = next(e for e in ledger.stream(a) if e.version == receipt.version)
    assert isinstance(moved, CallMade)
    assert moved.at == next(e for e in ledger.stream(waiting.customer) if isinstance(e, CallMade)).at
    assert ledger.open(a, [moved.version])[moved.version]["summary"] == "it is about the roof"
    left = effective(ledger.stream(waiting.customer))
    assert names(left) == ["CustomerRegistered"]
    void = ledger.stream(waiting.customer)[-1]
    assert isinstance(void, TouchpointVoided)
    assert void.attributed_to == a
    with pytest.raises((Contradiction, StaleVersion)):
        attribute(ledger, waiting.customer, b, actor="supervisor", events=[waiting.id])
    with pytest.raises(Contradiction, match="itself"):
        attribute(ledger, waiting.customer, waiting.customer, actor="supervisor")
    with pytest.raises(Contradiction):
        attribute(ledger, a, b, actor="supervisor")


# --- beside customers ------------------------------------------------------------------------------------------------


def test_what_lies_beside_customers_has_streams_of_its_own(ledger: Ledger) -> None:
    def beside(type_: str, data: dict[str, Any]) -> str:
        return record(ledger, cloud(str(uuid4()), type_, data, subject=None))[0].customer

    ani = beside("staff.registered", {"staff": "ani", "name": "Ani"})
    assert beside("staff.absent", {"staff": "ani", "until": on(9)}) == ani
    assert beside("staff.registered", {"staff": "budi"}) != ani
    assert beside("product.listed", {"product": "ani"}) != ani
    assert beside("rulebook.published", {"rulebook": "1", "document": {}}) == beside(
        "rulebook.promoted", {"rulebook": "1"}
    )
    assert beside("calendar.published", {"calendar": "ani", "calendar_version": "1", "document": {}}) != ani
    assert ledger.open(ani, [1])[1]["name"] == "Ani"
    assert names(ledger.stream(ani)) == ["StaffRegistered", "StaffAbsent"]
