"""The reactive queue and the history of complaints. Day 0 of the story is a Monday, 09:00 in Jakarta; 12 to 13 is a break."""

import pytest

from domain import events as e
from projections.complaints import OVERDUE, RUNNING, WAITING
from tests import examples
from tests.spec import Spec, a, given


def gold() -> e.Event:
    return a(e.PurchaseMade, -1, purchase=examples.uid("gold"), total="50000000", lines=())


def dues(spec: Spec) -> dict[str, float]:
    """Hours after the story's beginning at which each deadline falls."""
    deadlines = spec.rows("complaints")[0]["detail"]["deadlines"]
    return {step: (at - examples.day(0)) / 3_600_000_000 for step, at in deadlines.items()}


def test_deadlines_count_working_time_by_severity() -> None:
    high = dues(given(a(e.ComplaintOpened, 0, severity="high")))
    assert high == {"acknowledge": 2, "respond": 5, "near": 24 + 5, "resolve": 24 * 2}
    critical = dues(given(a(e.ComplaintOpened, 0, 11, severity="critical")))
    assert critical == {"acknowledge": 12, "respond": 13, "near": 11 + 18, "resolve": 11 + 24}


def test_a_tier_shortens_all_four_and_one_that_rises_meanwhile_too() -> None:
    opened = a(e.ComplaintOpened, 0, severity="critical")
    assert dues(given(gold(), opened))["resolve"] == 18
    later = a(e.PurchaseMade, 0, 1, purchase=examples.uid("later"), total="50000000", lines=())
    assert dues(given(opened, later))["resolve"] == 18


def test_only_waiting_for_the_customer_stops_the_clock() -> None:
    opened = a(e.ComplaintOpened, 0, severity="critical")
    for whom, resolve in (("customer", 24 + 5), ("vendor", 24)):
        wait = given(opened, a(e.ComplaintWaiting, 0, 3, waiting_for=whom), a(e.ComplaintResumed, 0, 8))
        assert dues(wait)["resolve"] == resolve


def test_what_waits_for_the_customer_stands_last_until_they_are_to_be_reminded() -> None:
    opened = [a(e.ComplaintOpened, 0), a(e.ComplaintResponded, 0, 1)]
    [row, late] = given(*opened, a(e.ComplaintWaiting, 0, 2)).rows("reactive")
    assert (row["lateness"], row["due_kind"], row["waiting_for"]) == (WAITING, "remind", "customer")
    assert (row["ranked_at"], row["near_at"], row["escalate"]) == (examples.day(0, 2), None, None)
    assert (late["from_at"], late["until_at"], late["lateness"]) == (examples.day(3, 2), examples.day(10, 2), OVERDUE)
    for_vendor = given(*opened, a(e.ComplaintWaiting, 0, 2, waiting_for="vendor")).rows("reactive")[0]
    assert (for_vendor["lateness"], for_vendor["state"]) == (RUNNING, "waiting")


def test_a_row_ends_where_its_lateness_changes() -> None:
    rows = given(a(e.ComplaintOpened, 0, severity="high")).rows("reactive")
    assert [(row["lateness"], row["due_kind"]) for row in rows[:2]] == [
        (RUNNING, "acknowledge"),
        (OVERDUE, "acknowledge"),
    ]
    assert {row["lateness"] for row in rows[2:]} == {OVERDUE}  # what follows are the levels to which it is to go
    assert rows[0]["until_at"] == rows[1]["from_at"] == rows[0]["due_at"] == examples.day(0, 2)
    acknowledged = given(a(e.ComplaintOpened, 0, severity="high"), a(e.ComplaintAcknowledged, 0, 1)).rows("reactive")
    assert acknowledged[0]["due_kind"] == "respond"


def test_who_speaks_with_them_about_it_has_acknowledged_and_responded() -> None:
    opened = a(e.ComplaintOpened, 0, severity="high")
    call = a(e.CallMade, 0, 1, direction="outbound", complaint=examples.COMPLAINT)
    assert dues(given(opened, call)) == {"update": 1 + 24, "near": 24 + 5, "resolve": 24 * 2}


def test_a_good_rating_waits_for_nobody() -> None:
    rated = given(a(e.ReviewPosted, 0, rating=5), a(e.ReviewPosted, 1, rating=1))
    assert [row["version"] for row in rated.rows("reactive")[:1]] == [2]
    assert [wait["version"] for wait in rated.profile()["waits"]] == [2]


@pytest.mark.parametrize("end", [e.ComplaintResolved, e.ComplaintClosed, e.ComplaintWithdrawn])
def test_what_has_ended_is_not_in_the_queue_and_a_reopening_brings_it_back(end: type[e.Event]) -> None:
    ended = given(a(e.ComplaintOpened, 0), a(end, 1))
    assert ended.rows("reactive") == []
    back = ended.when(a(e.ComplaintReopened, 2)).rows("reactive")[0]
    assert (back["round"], back["state"], back["opened_at"]) == (2, "opened", examples.day(0))
    assert back["due_at"] == examples.day(2, 2)


def test_every_resolution_keeps_the_verdict_of_its_round() -> None:
    story = given(
        a(e.ComplaintOpened, 0, severity="critical"), a(e.ComplaintResolved, 2), a(e.ComplaintReopened, 3),
        a(e.ComplaintResolved, 3, 5),
    )  # fmt: skip
    verdicts = [(r["round"], r["late"]) for r in story.rows("complaints")[0]["detail"]["resolutions"]]
    assert verdicts == [(1, True), (2, False)]


def test_one_extension_moves_the_deadline_of_resolution() -> None:
    extended = given(a(e.ComplaintOpened, 0), a(e.ComplaintExtended, 1, until=examples.moment(30)))
    assert dues(extended)["resolve"] == 30 * 24
    again = extended.when(a(e.ComplaintExtended, 2, until=examples.moment(60)))
    assert dues(again)["resolve"] == 30 * 24


def test_a_higher_severity_dates_anew_from_the_beginning_of_the_round() -> None:
    story = given(a(e.ComplaintOpened, 0, severity="low"), a(e.ComplaintReclassified, 1, severity="critical"))
    assert dues(story)["resolve"] == 24


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (a(e.MessageExchanged, 0), "enquiry"),
        (a(e.EmailExchanged, 0, direction="inbound"), "enquiry"),
        (a(e.CallMade, 0, outcome="missed"), "missed-call"),
        (a(e.AutoReplySent, 0), "auto-reply"),
        (a(e.ReviewPosted, 0, rating=2), "review"),
        (a(e.FeedbackGiven, 0, metric="nps", score=4, complaint=None), "nps"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_needs_a_human_stands_in_the_queue_until_a_human_answers(event: e.Event, kind: str) -> None:
    waiting = given(event)
    rows = waiting.rows("reactive")
    assert {row["kind"] for row in rows} == {kind}
    assert rows[0]["due_at"] == examples.day(0, 5)  # four working hours, with a break among them
    assert waiting.when(a(e.VisitMade, 1, thread=None)).rows("reactive") == []


@pytest.mark.parametrize(
    "event",
    [
        a(e.ReviewPosted, 0, rating=3),
        a(e.FeedbackGiven, 0, metric="csat", score=3, complaint=None),
        a(e.AutoReplySent, 0, needs_human=False),
        a(e.CallMade, 0),
        a(e.EmailExchanged, 0),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_needs_nobody_is_not_in_the_queue(event: e.Event) -> None:
    assert given(event).rows("reactive") == []


def test_rows_name_owner_handler_and_team() -> None:
    [row, *_] = given(
        a(e.ManagerAssigned, 0), a(e.ComplaintOpened, 1), a(e.ComplaintAssigned, 2, handler="budi", team="tech")
    ).rows("reactive")
    assert (row["owner"], row["handler"], row["team"]) == ("ani", "budi", "tech")
