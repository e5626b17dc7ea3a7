"""Facts: what is gathered, what waits, what is shown as odd. No rules here."""

from decimal import Decimal

import pytest

from domain import events as e
from domain.customer import EVOLVE
from domain.facts import DAY, Series
from domain.vocabulary import TYPES, is_beside
from tests import examples
from tests.spec import a, given


def test_every_type_of_a_customers_stream_is_answered_for() -> None:
    assert set(EVOLVE) == {kind for kind in TYPES.values() if not is_beside(kind)}


@pytest.mark.parametrize(
    ("event", "replaces"),
    [
        (a(e.CallMade, 2), True),
        (a(e.EmailExchanged, 2), True),
        (a(e.CallMade, 2, direction="outbound", outcome="not-reached"), False),
        (a(e.CallMade, 2, outcome="missed"), False),
        (a(e.ContactAttempted, 2), False),
        (a(e.BroadcastSent, 2), False),
        (a(e.AutoReplySent, 2), False),
    ],
    ids=lambda value: getattr(value, "id", str(value))[:8],
)
def test_only_a_conversation_that_reached_them_replaces_the_last_context(event: e.Event, replaces: bool) -> None:
    visit = a(e.VisitMade, 1)
    last = given(visit, event).customer.last
    assert last is not None
    assert last.id == (event.id if replaces else visit.id)


def test_what_came_before_what_it_is_about_waits_and_then_counts() -> None:
    resolved, opened = a(e.ComplaintResolved, 1), a(e.ComplaintOpened, 2)
    waiting = given(resolved)
    assert [event["type"] for event in waiting.profile()["unmatched"]] == ["complaint.resolved.v1"]
    found = waiting.when(opened)
    assert found.profile()["unmatched"] == []
    assert found.rows("complaints")[0]["state"] == "resolved"
    assert found.rows("reactive") == []


@pytest.mark.parametrize(
    ("later", "earlier", "left"),
    [
        (a(e.PromiseKept, 1), a(e.PromiseMade, 2), "promises"),
        (a(e.PromiseBroken, 1), a(e.PromiseMade, 2), "promises"),
        (a(e.PromiseReleased, 1), a(e.PromiseMade, 2), "promises"),
        (a(e.OutreachCancelled, 1), a(e.OutreachPlanned, 2), "planned"),
        (a(e.ProspectClosed, 1), a(e.ProspectNoted, 2), "prospects"),
        (a(e.HoldingClosed, 1), a(e.HoldingOpened, 2), "holdings"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_end_before_its_beginning_ends_it(later: e.Event, earlier: e.Event, left: str) -> None:
    assert len(given(later).customer.unmatched) == 1
    customer = given(later, earlier).customer
    assert not customer.unmatched
    assert not getattr(customer, left)
    assert getattr(given(earlier).customer, left)


def test_a_purchase_wholly_returned_is_not_kept_and_net_spend_is_by_currency() -> None:
    bought = a(e.PurchaseMade, 1)
    half = a(e.PurchaseReturned, 2)
    rest = a(e.PurchaseReturned, 3, total="1000000", lines=())
    other = a(e.PurchaseMade, 4, purchase=examples.uid("other"), currency="GBP", total="0.10", lines=())
    customer = given(bought, half, other).customer
    assert customer.lifetime == {"IDR": Decimal(1000000), "GBP": Decimal("0.10")}
    assert len(customer.series[Series.PURCHASE]) == 2
    assert len(given(bought, half, rest).customer.series[Series.PURCHASE]) == 0


def test_without_a_total_the_lines_are_summed() -> None:
    lines = (e.Line(product="a", amount="1.10"), e.Line(product="b", amount="2.205"))
    assert given(a(e.PurchaseMade, 1, total=None, lines=lines)).customer.lifetime == {"IDR": Decimal("3.305")}


def test_the_rhythm_of_buying_counts_days_and_not_tills() -> None:
    days = (0, 0.1, 10, 20, 40)
    customer = given(*(a(e.PurchaseMade, day, purchase=examples.uid(f"p{day}")) for day in days)).customer
    assert [interval / DAY for interval in customer.intervals] == pytest.approx([9.9, 10, 20])


def test_a_human_answers_what_waits_but_not_another_thread() -> None:
    message = a(e.MessageExchanged, 1)
    elsewhere = a(e.EmailExchanged, 2, direction="outbound", thread=examples.uid("elsewhere"))
    answer = a(e.MessageExchanged, 3, direction="outbound")
    assert [wait.kind for wait in given(message).customer.waits] == ["enquiry"]
    assert len(given(message, elsewhere).customer.waits) == 1
    assert given(message, elsewhere, answer).customer.waits == []
    assert given(message, a(e.AutoReplySent, 2, needs_human=False)).customer.waits != []


def test_a_missed_call_waits_until_they_are_reached() -> None:
    missed = a(e.CallMade, 1, outcome="missed", thread=None)
    tried = a(e.CallMade, 2, direction="outbound", outcome="not-reached", thread=None)
    reached = a(e.CallMade, 3, direction="outbound", thread=None)
    assert len(given(missed, tried).customer.waits) == 1
    assert given(missed, tried, reached).customer.waits == []


def test_a_case_keeps_every_resolution_and_round() -> None:
    story = given(
        a(e.ComplaintOpened, 1), a(e.ComplaintResolved, 2), a(e.ComplaintReopened, 3), a(e.ComplaintWaiting, 4),
        a(e.ComplaintResumed, 5), a(e.ComplaintResolved, 6), a(e.ComplaintClosed, 7),
    )  # fmt: skip
    [case] = story.customer.cases.values()
    assert [(r.round, r.at) for r in case.resolutions] == [(1, examples.day(2)), (2, examples.day(6))]
    assert [(p.at, p.until) for p in case.pauses] == [(examples.day(4), examples.day(5))]
    assert (case.state, case.round, case.open) == ("closed", 2, False)
    assert story.customer.odd == []


def test_a_fact_that_contradicts_is_odd_and_only_a_reopening_opens_again() -> None:
    story = given(a(e.ComplaintOpened, 1), a(e.ComplaintResolved, 2), a(e.ComplaintWaiting, 3))
    [case] = story.customer.cases.values()
    assert case.state == "resolved"
    assert [mark.code for mark in story.customer.odd] == ["complaint.waiting.v1"]
    assert story.when(a(e.ComplaintReopened, 4)).customer.open_cases == 1


def test_work_done_while_waiting_shows_once_the_wait_is_over() -> None:
    waiting = given(a(e.ComplaintOpened, 1), a(e.ComplaintWaiting, 2), a(e.ComplaintResponded, 3))
    assert next(iter(waiting.customer.cases.values())).state == "waiting"
    assert next(iter(waiting.when(a(e.ComplaintResumed, 4)).customer.cases.values())).state == "responded"


def test_a_manager_assigned_and_unassigned_at_one_instant_leaves_no_empty_interval() -> None:
    assigned = [
        a(e.ManagerAssigned, 1, manager="ani"),
        a(e.ManagerUnassigned, 2),
        a(e.ManagerAssigned, 2, manager="budi"),
    ]
    assert [(m.at, m.manager) for m in given(*assigned).customer.managers] == [
        (examples.day(1), "ani"),
        (examples.day(2), "budi"),
    ]
    assert given(a(e.ManagerUnassigned, 1)).customer.managers == []


def test_wishes_change_only_where_stated() -> None:
    stated = given(a(e.PreferenceStated, 1)).when(
        e.PreferenceStated(id=examples.uid("w2"), at=examples.day(2), source="s", refused=())
    )
    assert stated.customer.wishes.refused == ()
    assert stated.customer.wishes.preferred == ("whatsapp",)


def test_buying_again_begins_an_ended_relationship_anew() -> None:
    ended = given(a(e.RelationshipEnded, 1))
    assert ended.customer.ended is not None
    assert ended.when(a(e.CallMade, 2)).customer.ended is not None
    assert ended.when(a(e.PurchaseMade, 2)).customer.ended is None
