"""What stops a contact, until when, and by which events."""

from typing import Any

import pytest

from domain import events as e
from domain.facts import DAY
from domain.rules import compile_rules, first_rules, shipped
from projections import fold, permission
from projections.state import State
from tests.projections.cases import permissions
from tests.projections.cases.permissions import Asked
from tests.projections.cases.telling import moment, told
from tests.spec import a

RULES = first_rules()


def at_the_moment(lines: tuple[str, ...], when: str, rules: Any = RULES) -> State:
    state = fold.fold(told(*permissions.BASE, *lines), rules)
    fold.settle(state, rules, moment(when))
    return state


@pytest.mark.parametrize("case", permissions.ALL, ids=lambda case: case.name)
def test_what_stops_a_contact_and_until_when(case: Asked) -> None:
    state = at_the_moment(case.told, case.when)
    more = {"content": case.content, "staff": case.staff}
    found = permission.stops(state, RULES, case.channel, case.purpose, moment(case.when), **more)
    wanted = [(reason, moment(until) if until else None) for reason, until in case.stops]
    assert [(stop.reason, stop.until) for stop in found] == wanted
    at = permission.next_moment(state, RULES, case.channel, case.purpose, moment(case.when), **more)
    assert at == (moment(case.next) if case.next else None)


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in permissions.ALL]
    assert len(names) == len(set(names)) >= 60


def test_a_limit_cites_those_contacts_that_have_to_leave() -> None:
    contacts = next(case for case in permissions.LIMITS if case.name == "six in thirty days")
    state = at_the_moment(contacts.told, contacts.when)
    [stop] = permission.stops(state, RULES, "whatsapp", "relationship", moment(contacts.when))
    history = told(*permissions.BASE, *contacts.told)
    assert stop.events == tuple(event.id for event in history[-6:])
    assert stop.detail == {"count": 6, "at_most": 6, "within": 30 * DAY}


def test_a_rulebook_may_limit_a_channel() -> None:
    document = shipped()
    document["contact"]["channel_limits"] = {"phone": [{"at_most": 1, "within": "7 days"}]}
    rules = compile_rules(document | {"version": "v2"})
    called = ("2026-01-06 09:00 call.made direction=outbound purpose=relationship",)
    state = at_the_moment(called, "2026-01-08 10:00", rules)
    asked = moment("2026-01-08 10:00")
    [stop] = permission.stops(state, rules, "phone", "relationship", asked)
    assert (stop.reason, stop.until) == ("limit-channel", moment("2026-01-13 09:00"))
    assert permission.stops(state, rules, "whatsapp", "relationship", asked) == []
    assert permission.stops(state, rules, "phone", "service", asked) == []


def test_a_rulebook_may_have_holidays_of_its_own() -> None:
    document = shipped()
    document["contact"]["holidays"] = ["2026-01-07"]
    rules = compile_rules(document | {"version": "v2"})
    state = at_the_moment((), "2026-01-07 10:00", rules)
    found = [
        [stop.reason for stop in permission.stops(state, rules, "whatsapp", "relationship", moment(when))]
        for when in ("2026-01-07 10:00", "2026-01-16 10:00")
    ]
    assert found == [["holiday"], []]  # and not those of the calendar


def test_a_benefit_that_does_not_fit_is_stopped() -> None:
    rules = compile_rules(shipped() | {"version": "v2", "benefits": {"fit": {}, "unfit": {"platinum": ["discount"]}}})
    platinum = at_the_moment(("2026-01-05 09:00 platinum",), "2026-01-06 10:00", rules)
    asked = moment("2026-01-06 10:00")
    [stop] = permission.stops(platinum, rules, "whatsapp", "relationship", asked, content="discount")
    assert (stop.reason, stop.detail) == ("unfit", {"benefit": "discount", "tier": "platinum"})
    assert permission.stops(platinum, rules, "whatsapp", "relationship", asked, content="tea") == []


def test_nothing_is_sold_to_who_left() -> None:
    lines = (
        "2025-11-03 09:00 consent.granted purpose=selling",
        "2025-11-04 09:00 purchase.made purchase=1 currency=GBP total=10",
    )
    state = at_the_moment(lines, "2026-06-09 10:00")  # 217 days of silence
    found = permission.stops(state, RULES, "whatsapp", "selling", moment("2026-06-09 10:00"))
    assert [stop.reason for stop in found] == ["no-selling-stage", "ratio"]
    assert permission.stops(state, RULES, "whatsapp", "relationship", moment("2026-06-09 10:00")) == []


def test_failed_attempts_are_advice_and_no_reason() -> None:
    calls = [a(e.CallMade, day, direction="outbound", outcome="not-reached") for day in (1, 2, 3)]
    state = fold.fold(calls, RULES)
    assert [stop.detail["count"] for stop in permission.advice(state.customer, RULES, "phone")] == [3]
    assert permission.advice(state.customer, RULES, "whatsapp") == []
    assert "failed-attempts" not in [s.reason for s in permission.stops(state, RULES, "phone", "service", state.now)]


def test_attempts_that_failed_are_counted_by_their_receipts_and_none_twice() -> None:
    tried = "contact.attempted channel=phone purpose=relationship outcome=busy"
    call = "call.made direction=outbound purpose=relationship outcome=busy"

    def failed(*lines: str) -> int:
        return at_the_moment(lines, "2026-01-20 10:00").customer.failed.get("phone", 0)

    assert failed(f"2026-01-06 09:00 {tried}", f"2026-01-07 09:00 {tried}") == 2
    assert failed(f"2026-01-06 09:00 {tried}", f"2026-01-06 09:05 {call}", f"2026-01-07 09:00 {tried}") == 2
    assert failed(f"2026-01-06 09:00 {call}", f"2026-01-06 09:05 {tried}") == 1
    assert (
        failed(f"2026-01-06 09:00 {tried}", "2026-01-07 09:00 call.made direction=outbound purpose=relationship") == 0
    )


def test_what_is_taken_back_for_everything_leaves_service_as_it_was() -> None:
    lines = (
        "2026-01-05 09:00 consent.withdrawn purpose=service", "2026-01-06 09:00 consent.granted",
        "2026-01-07 09:00 consent.withdrawn",
    )  # fmt: skip

    def against(*said: str) -> list[list[str]]:
        state, asked = at_the_moment(said, "2026-01-08 10:00"), moment("2026-01-08 10:00")
        return [
            [stop.reason for stop in permission.stops(state, RULES, "phone", purpose, asked)]
            for purpose in ("service", "information")
        ]

    assert against(*lines) == [[], ["refused-purpose"]]
    assert against(*lines, "2026-01-07 10:00 consent.withdrawn purpose=service") == [["refused-purpose"]] * 2
    assert against(lines[0], "2026-01-06 09:00 consent.granted channel=whatsapp", lines[2]) == [["refused-purpose"]] * 2


def test_a_provisional_customer_is_only_answered() -> None:
    state = fold.fold(
        [a(e.CustomerRegistered, 0, provisional=True), a(e.CustomerIdentified, 0, kind="whatsapp")], RULES
    )
    asked = moment("2026-01-06 10:00")
    assert [s.reason for s in permission.stops(state, RULES, "whatsapp", "information", asked)] == ["provisional"]
    assert permission.stops(state, RULES, "whatsapp", "service", asked) == []
