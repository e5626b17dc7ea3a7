"""What time alone does to a complaint, and what undoes it: silence, reminders, resolutions without an answer, closing."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.cases import Case
from domain.facts import DAY, HOUR, NEVER
from domain.rules import Rules, compile_rules, first_rules, shipped
from domain.settling import may_reopen, settled
from projections import fold
from projections.complaints import OVERDUE
from projections.inforce import Schedule, fold_in_force
from tests import examples
from tests.spec import Spec, a, given, numbered

OPENED = a(e.ComplaintOpened, 0)
ASKED = a(e.ComplaintWaiting, 1)


def complaint(story: Spec, day: float) -> dict[str, Any]:
    [row] = story.at("complaints", day)
    return row


def standing(story: Spec, day: float) -> dict[str, Any]:
    [row] = story.at("standing", day)
    return row


def rules(**complaints: Any) -> Rules:
    document = shipped() | {"customers": [], "version": "other"}
    return compile_rules(document | {"complaints": document["complaints"] | complaints})


# --- resolved without an answer ---------------------------------------------------------------------------------------


def test_what_nobody_answers_for_ten_days_is_open_no_more_wherever_that_is_asked() -> None:
    story = given(OPENED, ASKED)
    assert complaint(story, 10.9)["state"] == "waiting"
    assert standing(story, 10.9)["open_complaints"] == 1
    after = complaint(story, 11.1)
    assert (after["state"], after["outcome"], after["ended_at"]) == ("resolved", "no-answer", examples.day(11))
    assert standing(story, 11.1)["open_complaints"] == 0
    assert story.at("reactive", 11.1) == []
    assert complaint(story, 16.1)["state"] == "closed"


def test_it_gives_and_takes_no_trust() -> None:
    before, after = given(OPENED, ASKED), given(OPENED, ASKED, a(e.NoteAdded, 20))
    assert before.profile()["trust"] == after.profile()["trust"]


def test_selling_after_it_is_no_selling_during_a_complaint() -> None:
    sold = a(e.CallMade, 12, direction="outbound", purpose="selling")
    assert given(OPENED, ASKED, sold).profile()["trust"]["score"] == 50
    assert given(OPENED, a(e.ComplaintWaiting, 5), sold).profile()["trust"]["score"] == 40


def test_one_who_left_in_anger_can_come_back_once_time_has_resolved_it() -> None:
    """The way back to expansion asks for no open complaint: it opens at the moment at which time resolves the last."""
    story = given(
        a(e.PurchaseMade, -30), a(e.RelationshipEnded, -20), OPENED, ASKED,
        a(e.PurchaseMade, 2, purchase=examples.uid("again")), a(e.VisitMade, 3),
    )  # fmt: skip
    back = story.rows("stages")[2]
    assert (back["stage"], back["clause"], back["from_at"]) == ("expansion", "came-back", examples.day(11))


def test_work_that_goes_on_after_it_goes_on_in_the_same_round() -> None:
    story = given(OPENED, ASKED, a(e.ComplaintResumed, 14))
    row = complaint(story, 14.1)
    assert (row["state"], row["rounds"], row["ended_at"]) == ("opened", 1, None)
    assert [(r["outcome"], r["at"]) for r in row["detail"]["resolutions"]] == [("no-answer", examples.day(11))]
    assert row["detail"]["deadlines"]["resolve"] > examples.day(14)  # the clock stood still all the time
    assert story.customer.odd == []


def test_a_return_after_it_begins_a_round_and_what_was_resolved_stays() -> None:
    story = given(OPENED, ASKED, a(e.ComplaintReopened, 14), a(e.ComplaintResolved, 15))
    row = complaint(story, 15.1)
    found = [(r["round"], r["outcome"], r["at"]) for r in row["detail"]["resolutions"]]
    assert found == [(1, "no-answer", examples.day(11)), (2, "upheld", examples.day(15))]
    assert row["detail"]["waits"] == [{"from": examples.day(1), "until": examples.day(14), "for": "customer"}]
    assert story.customer.odd == []


def test_what_they_tell_us_of_it_is_the_answer_that_was_waited_for() -> None:
    told = a(e.MessageExchanged, 5, complaint=examples.COMPLAINT)
    story = given(OPENED, ASKED, told)
    assert complaint(story, 30)["state"] == "opened"
    assert complaint(story, 30)["detail"]["waits"][0]["until"] == examples.day(5)
    assert story.when(a(e.ComplaintResumed, 6)).customer.odd == []  # another system says so as well
    other = given(OPENED, ASKED, a(e.MessageExchanged, 5, complaint=None))
    assert complaint(other, 30)["state"] == "closed"


def test_it_was_late_where_its_time_was_over_before_they_were_asked() -> None:
    story = given(a(e.ComplaintOpened, 0, severity="critical"), a(e.ComplaintWaiting, 2))
    [resolution] = complaint(story, 13)["detail"]["resolutions"]
    assert (resolution["outcome"], resolution["late"], resolution["due_at"]) == ("no-answer", True, examples.day(1))


def test_under_rules_without_it_a_complaint_waits_for_ever() -> None:
    story = given(OPENED, ASKED).under(rules(no_answer_after=None, remind_after=[]))
    assert complaint(story, 700)["state"] == "waiting"


def test_what_was_resolved_under_the_rules_of_then_stays_so_under_others() -> None:
    patient = rules(no_answer_after="60 days")
    history = numbered([OPENED, ASKED])

    def state_at(switch: float, day: float) -> Any:
        schedule = Schedule([(-NEVER, first_rules()), (examples.day(switch), patient)])
        state = fold_in_force(history, schedule, examples.day(day))
        fold.settle(state, patient, examples.day(day))
        return [verdict.resolved for past in state.lapsed.values() for verdict in past], len(state.open())

    assert state_at(20, 30) == ([examples.day(11)], 0)
    assert state_at(5, 30) == ([], 1)
    assert state_at(5, 62) == ([examples.day(61)], 0)


def test_rules_that_are_stricter_resolve_nothing_before_they_are_in_force() -> None:
    patient, strict = rules(no_answer_after="60 days"), first_rules()
    schedule = Schedule([(-NEVER, patient), (examples.day(30), strict)])
    state = fold_in_force(numbered([OPENED, ASKED]), schedule, examples.day(40))
    assert [v.resolved for past in state.lapsed.values() for v in past] == [examples.day(30)]


# --- reminders, silence, levels ---------------------------------------------------------------------------------------


def test_a_reminder_is_due_until_they_hear_of_us() -> None:
    asked = given(OPENED, a(e.ComplaintResponded, 0, 1), ASKED)
    [row] = asked.at("reactive", 4.5)
    assert (row["due_kind"], row["due_at"], row["lateness"]) == ("remind", examples.day(4), OVERDUE)
    wrote = a(e.EmailExchanged, 4.6, complaint=examples.COMPLAINT)
    [row] = asked.when(wrote).at("reactive", 4.7)
    assert (row["due_kind"], row["due_at"]) == ("remind", examples.day(8))
    rang = a(e.CallMade, 4.6, direction="outbound", outcome="not-reached", complaint=examples.COMPLAINT)
    [row] = asked.when(rang).at("reactive", 4.7)
    assert row["due_at"] == examples.day(4)


def test_two_who_keep_silent_at_different_times_are_told_apart_by_what_was_said_last() -> None:
    def silent(*more: e.Event) -> float:
        rows = given(a(e.ComplaintOpened, 0, severity="low"), *more).rows("reactive")
        [since] = {r["escalate_at"] for r in rows if r["escalate_for"] == "silence"}
        return (since - examples.day(0)) / HOUR

    # From Monday 09:00 sixteen working hours end on Wednesday at 09:00; what they hear in between begins them anew.
    assert silent() == 48
    assert silent(a(e.ComplaintAcknowledged, 0, 2)) == 50
    assert silent(a(e.CallMade, 0, 1, direction="outbound", complaint=examples.COMPLAINT)) == 49
    assert silent(a(e.CallMade, 0, 1, direction="outbound", complaint=None)) == 48
    assert silent(a(e.ComplaintAssigned, 0, 1), a(e.ComplaintInvestigated, 0, 2)) == 48


def test_levels_of_a_round_are_its_own_and_all_of_them_are_kept() -> None:
    story = given(
        OPENED, a(e.ComplaintEscalated, 1, level=2), a(e.ComplaintResolved, 2), a(e.ComplaintReopened, 3),
        a(e.ComplaintEscalated, 4, level=1),
    )  # fmt: skip
    detail = complaint(story, 4.1)["detail"]
    assert [(up["round"], up["level"]) for up in detail["escalations"]] == [(1, 2), (2, 1)]
    assert detail["level"] == 1


def test_an_extension_is_not_eaten_up_by_a_wait_after_it() -> None:
    extended = a(e.ComplaintExtended, 1, until=examples.moment(9, 0))
    asked, answered = a(e.ComplaintWaiting, 7), a(e.ComplaintResumed, 14)
    # On day 7 (Monday) two working days were left until day 9; from day 14 (Monday) on they are over on day 16.
    story = given(OPENED, extended, asked, answered)
    assert complaint(story, 14.1)["detail"]["deadlines"]["resolve"] == examples.day(16)


# --- reopening --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "late"), [(31, []), (31.1, [examples.day(31.1)])])
def test_a_reopening_after_thirty_days_counts_and_is_shown_as_late(day: float, late: list[int]) -> None:
    story = given(OPENED, a(e.ComplaintResolved, 1), a(e.ComplaintReopened, day))
    row = complaint(story, 40)
    assert (row["rounds"], row["ended_at"], row["detail"]["reopened_late"]) == (2, None, late)


def test_after_nobody_answered_thirty_days_count_from_then() -> None:
    for day, late in ((41, 0), (41.1, 1)):
        row = complaint(given(OPENED, ASKED, a(e.ComplaintReopened, day)), 60)
        assert (row["rounds"], len(row["detail"]["reopened_late"])) == (2, late)


def test_commands_ask_whether_it_may_be_reopened() -> None:
    def may(day: float, *events: e.Event) -> bool:
        return may_reopen(first_rules(), _case(*events), examples.day(day))

    resolved = (OPENED, a(e.ComplaintResolved, 1))
    assert may(1, *resolved)
    assert may(31, *resolved)
    assert not may(31.1, *resolved)
    assert not may(2, OPENED)
    assert not may(10.9, OPENED, ASKED)
    assert may(11, OPENED, ASKED)
    assert may(41, OPENED, ASKED)
    assert not may(41.1, OPENED, ASKED)


def _case(*events: e.Event) -> Case:
    [case] = given(*events).customer.cases.values()
    return case


def test_facts_as_they_stand_say_what_time_has_done_and_leave_the_facts_alone() -> None:
    facts = given(OPENED, ASKED).customer
    [ref] = facts.cases
    for day, state, open_ in ((10, "waiting", 1), (11, "resolved", 0), (16, "closed", 0)):
        then = settled(facts, first_rules(), examples.day(day))
        assert (then.cases[ref].state, then.open_cases) == (state, open_)
    assert (facts.cases[ref].state, facts.open_cases) == ("waiting", 1)


# --- rank, links, redress ---------------------------------------------------------------------------------------------


def test_of_two_alike_the_one_whose_trust_is_at_risk_comes_first() -> None:
    broken = [a(e.PromiseBroken, -1, n, promise=examples.uid(f"p{n}")) for n in range(2)]
    made = [a(e.PromiseMade, -2, n, promise=examples.uid(f"p{n}")) for n in range(2)]
    [row, *_] = given(*made, *broken, OPENED).rows("reactive")
    assert row["trust"] == 0  # 34 points
    [row, *_] = given(OPENED).rows("reactive")
    assert row["trust"] == 1
    [row, *_] = given(*made, *broken, OPENED).under(_without_priorities()).rows("reactive")
    assert row["trust"] == 1


def _without_priorities() -> Rules:
    return compile_rules({name: part for name, part in shipped().items() if name != "priorities"})


def test_linked_complaints_are_found_by_their_cause_as_they_stand() -> None:
    outage = examples.uid("outage")
    story = given(OPENED, a(e.ComplaintLinked, 1, cause=outage, kind="outage"), a(e.ComplaintResolved, 2))
    found = [(r["cause"], r["link"], r["linked_at"], r["state"]) for r in story.rows("linked")]
    assert found == [(outage, "outage", examples.day(1), state) for state in ("resolved", "closed")]
    assert given(OPENED).rows("linked") == []


def test_redress_is_summed_by_currency_and_the_last_cause_named_stays() -> None:
    money = e.Money(amount="500000", currency="IDR")
    story = given(
        OPENED, a(e.ComplaintResolved, 1, redress=money, root_cause="supplier"), a(e.ComplaintReopened, 2),
        a(e.ComplaintResolved, 3, redress=money, root_cause=None, outcome="settled"),
    )  # fmt: skip
    row = complaint(story, 3.1)
    assert (row["detail"]["redress"], row["root_cause"], row["outcome"]) == ({"IDR": "1000000"}, "supplier", "settled")


# --- pauses -----------------------------------------------------------------------------------------------------------

SEVERITIES = st.sampled_from(["low", "normal", "high", "critical"])
HOURS = st.integers(0, 24 * 30)


@for_all(SEVERITIES, st.lists(HOURS, min_size=2, max_size=8, unique=True).map(sorted), st.booleans(), HOURS, HOURS)
@settings(max_examples=120, deadline=None)
def test_pausing_and_resuming_never_makes_a_deadline_earlier(
    severity: Any, hours: list[int], extended: bool, until: int, answered: int
) -> None:
    """With any wait for the customer every deadline falls at the same moment as without it, or later."""
    base = [a(e.ComplaintOpened, 0, severity=severity), a(e.ComplaintResponded, 0, answered + 0.5)]
    if extended:
        base.append(a(e.ComplaintExtended, 0, 1, until=examples.moment(0, until + 2)))
    waits = [
        [a(e.ComplaintWaiting, 0, start), a(e.ComplaintResumed, 0, end)]
        for start, end in zip(hours[::2], hours[1::2], strict=False)
    ]
    with_all = _deadlines([*base, *(event for wait in waits for event in wait)])
    for left_out in waits:
        without = _deadlines([*base, *(event for wait in waits if wait is not left_out for event in wait)])
        assert {step: at for step, at in with_all.items() if at < without.get(step, 0)} == {}


def _deadlines(events: list[e.Event]) -> dict[str, int]:
    """Of all steps that are still asked, and when it is to be taken up."""
    state = given(*sorted(events, key=lambda event: event.at)).state
    fold.settle(state, first_rules())
    known = state.deadlines[examples.COMPLAINT]
    return {
        "acknowledge": known.acknowledge, "respond": known.respond, "update": known.update, "resolve": known.resolve,
        "near": known.near, **{f"{why} {level}": at for at, level, why in known.up},
    }  # fmt: skip


def test_a_deadline_that_was_reached_before_a_wait_stays_missed() -> None:
    story = given(a(e.ComplaintOpened, 0, severity="critical"), a(e.ComplaintWaiting, 2), a(e.ComplaintResumed, 3))
    assert story.state.deadlines[examples.COMPLAINT].resolve == examples.day(0) + DAY
