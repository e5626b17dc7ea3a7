"""Test customers in a rulebook: judged by the real door and fold, and what differs is explained by its place."""

from copy import deepcopy
from typing import Any

import pytest

from domain.rulebook.model import Expected
from domain.rules import shipped
from projections import checking
from projections.checking import check

Document = dict[str, Any]
BOUGHT = {
    "type": "purchase.made", "at": "2026-02-02T10:00:00+07:00",
    "data": {"purchase": "P-{n}", "currency": "GBP", "total": "600"},
}  # fmt: skip


def with_customer(**customer: Any) -> Document:
    made = {"name": "tried", "as_of": "2026-03-01T09:00:00+07:00", "events": [BOUGHT]} | customer
    return deepcopy(shipped()) | {"customers": [made]}


def said(document: Document) -> dict[str, str]:
    return dict(check(document).problems)


def test_the_test_customers_of_what_ships_come_out_as_expected_and_reach_every_stage_by_every_clause() -> None:
    checked = check(shipped())
    assert checked.problems == []
    assert checked.rules is not None
    assert {t.found.get("stage") for t in checked.trials} - {None} == set(checked.rules.lifecycle.stages)
    clauses = {clause.name for out in checked.rules.lifecycle.out.values() for clause in out}
    assert clauses - {t.found.get("clause") for t in checked.trials} == {"holds-something"}


def test_everything_that_can_be_expected_is_looked_at() -> None:
    assert set(checking._LOOKS) == set(Expected.model_fields)


@pytest.mark.parametrize(
    ("expect", "right"),
    [
        ({"stage": "expansion", "clause": "bought-and-kept"}, True),
        ({"stage": "commitment"}, False),
        ({"since": "2026-02-02"}, True),
        ({"since": "2026-02-02T10:00:00+07:00"}, True),
        ({"since": "2026-02-02T10:00:01+07:00"}, False),
        ({"since": "2026-02-01"}, False),
        ({"next_stage": "dissolution", "next_stage_at": "2026-08-01"}, True),
        ({"next_stage": ""}, False),
        ({"tier": "silver"}, True),
        ({"tier": "gold"}, False),
        ({"trust": "= 50"}, True),
        ({"trust": 50}, True),
        ({"trust": "> 50"}, False),
        ({"trust": "<= 50", "band": "steady", "falling": False}, True),
        ({"fading": True}, False),
        ({"held": "no-contact-point", "purpose": "relationship", "content": "ask-preference"}, True),
        ({"held": ""}, False),
        ({"next_contact": "2026-02-02"}, False),
        ({"overdue_complaints": 0}, True),
    ],
    ids=str,
)
def test_an_expectation_is_met_or_not(expect: dict[str, Any], right: bool) -> None:
    problems = said(with_customer(expect=expect))
    assert problems == {} if right else set(problems) == {f"/customers/0/expect/{next(iter(expect))}"}


def test_what_differs_is_explained_by_clause_and_measures() -> None:
    [sentence] = said(with_customer(expect={"stage": "commitment"})).values()
    assert 'test customer "tried": expected "commitment", found "expansion"' in sentence
    assert 'in "expansion" since 2026-02-02 by clause "bought-and-kept" (purchase 1, needed >= 1)' in sentence
    assert 'clause "loyal-and-regular" lacks purchase within 365 days 1, needed >= 6' in sentence
    assert "trust 50, needed >= 60" in sentence
    [sentence] = said(with_customer(expect={"stage": "awareness"})).values()
    assert 'no clause leads from "expansion" to "awareness"' in sentence
    [sentence] = said(with_customer(expect={"tier": "gold"})).values()
    assert "net spend within 365 days is 600 GBP" in sentence
    assert "gold asks for 2000 GBP" in sentence


def test_an_event_may_be_repeated_with_a_number_in_its_data() -> None:
    repeated = BOUGHT | {"every": "30 days", "times": 4}
    document = with_customer(events=[repeated], as_of="2026-09-01T09:00:00+07:00", expect={"tier": "gold"})
    assert said(document) == {}
    document["customers"][0]["events"][0] = repeated | {"data": BOUGHT["data"] | {"total": "1300"}}
    document["customers"][0]["expect"] = {"tier": "platinum"}
    assert said(document) == {}


def test_corrections_name_the_event_by_its_id() -> None:
    void = {"type": "touchpoint.voided", "at": "2026-02-05T10:00:00+07:00", "data": {"target": {"id": "mistake"}}}
    registered = {"type": "customer.registered", "at": "2026-02-01T10:00:00+07:00"}
    events = [registered, BOUGHT | {"id": "mistake"}, void]
    assert said(with_customer(events=events, expect={"stage": "awareness"})) == {}


def test_what_the_door_refuses_is_named_in_the_document() -> None:
    wrong = BOUGHT | {"data": {"purchase": "P-1", "currency": "GBP", "total": 600}}
    unknown = {"type": "call.mode", "at": "2026-02-02T10:00:00+07:00"}
    found = said(with_customer(events=[wrong, unknown], expect={"stage": "x"}))
    assert set(found) == {"/customers/0/expect/stage"}  # what the document itself has wrong comes first
    found = said(with_customer(events=[BOUGHT, wrong, unknown], expect={"trust": 50}))
    assert "decimal" in found["/customers/0/events/1/data/total"]
    assert "call.made" in found["/customers/0/events/2/type"]


@pytest.mark.parametrize(
    ("customer", "pointer"),
    [
        ({"expect": {"trust": 50}, "as_of": "2026-01-01T09:00:00+07:00"}, "/customers/0/as_of"),
        ({"expect": {"trust": 50}, "as_of": "2026-03-01T09:00:00"}, "/customers/0/as_of"),
        ({"expect": {}}, "/customers/0/expect"),
        ({"expect": {"stage": "love"}}, "/customers/0/expect/stage"),
        ({"expect": {"clause": "by-chance"}}, "/customers/0/expect/clause"),
        ({"expect": {"trust": "about 50"}}, "/customers/0/expect/trust"),
        ({"expect": {"mood": "fine"}}, "/customers/0/expect/mood"),
        ({"expect": {"trust": 50}, "events": [BOUGHT | {"times": 3}]}, "/customers/0/events/0/times"),
        ({"expect": {"trust": 50}, "events": []}, "/customers/0/events"),
        ({"expect": {"trust": 50}, "events": [BOUGHT | {"at": "2026-02-02T10:00:00"}]}, "/customers/0/events/0/at"),
        ({"expect": {"trust": 50}, "events": [BOUGHT | {"every": "20000 days", "times": 9}]}, "/customers/0/events/0/every"),
    ],
)  # fmt: skip
def test_mistakes_in_a_test_customer_are_named(customer: dict[str, Any], pointer: str) -> None:
    assert set(said(with_customer(**customer))) == {pointer}


def test_a_document_that_does_not_compile_is_not_tried() -> None:
    checked = check(shipped() | {"horizon": "long"})
    assert (checked.rules, checked.trials, [pointer for pointer, _ in checked.problems]) == (None, [], ["/horizon"])
