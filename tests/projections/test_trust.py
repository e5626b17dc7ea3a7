"""Trust: points with exact dates."""

import pytest

from domain import events as e
from domain.facts import DAY
from tests import examples
from tests.spec import Spec, a, given


def promise(number: int, day: float, due: float) -> e.Event:
    return a(e.PromiseMade, day, promise=examples.uid(f"t{number}"), due=examples.moment(due))


def kept(number: int, day: float) -> e.Event:
    return a(e.PromiseKept, day, promise=examples.uid(f"t{number}"))


def later(day: float) -> e.Event:
    return a(e.NoteAdded, day, pinned=False)


def score(spec: Spec) -> int:
    return spec.profile()["trust"]["score"]


@pytest.mark.parametrize(
    ("events", "points"),
    [
        ([promise(1, 0, 5), kept(1, 5)], 2),
        ([promise(1, 0, 5), kept(1, 6)], -8),
        ([promise(1, 0, 5), later(6)], -8),
        ([promise(1, 0, 5), a(e.PromiseBroken, 3, promise=examples.uid("t1")), later(9)], -8),
        ([promise(1, 0, 5), a(e.PromiseBroken, 7, promise=examples.uid("t1")), later(9)], -8),
        ([promise(1, 0, 5), a(e.PromiseReleased, 3, promise=examples.uid("t1")), later(9)], 0),
        ([a(e.ComplaintOpened, 0), a(e.ComplaintResolved, 1)], 3),
        ([a(e.ComplaintOpened, 0), a(e.ComplaintResolved, 4)], -6),
        ([a(e.ComplaintOpened, 0), a(e.ComplaintResolved, 1), a(e.ComplaintReopened, 2)], 3 - 5),
        ([a(e.PreferenceStated, 0), a(e.CallMade, 1, direction="outbound")], -20),
        ([a(e.ConsentWithdrawn, 0), a(e.CallMade, 1, direction="outbound", purpose="selling")], -20),
        ([a(e.ConsentWithdrawn, 0), a(e.CallMade, 1, direction="outbound", purpose="service")], 0),
        ([a(e.ComplaintOpened, 0, severity="low"), a(e.VisitMade, 0, 1, purpose="selling")], -10),
        ([a(e.VisitMade, day) for day in range(3)], 3),
        ([a(e.VisitMade, day) for day in range(9)], 4),
        ([a(e.VisitMade, day) for day in (0, 1, 2, 3, 95)], 5),
        ([a(e.LetterExchanged, 1)], 0),
        ([a(e.PreferenceStated, 0, refused=("email",)), a(e.BroadcastSent, 1)], -20),
        ([a(e.ConsentWithdrawn, 0, purpose=None, channel=None), a(e.EventInvited, 1)], -20),
        ([a(e.ConsentWithdrawn, 0, purpose="selling", channel=None), a(e.BroadcastSent, 1)], 0),
        ([a(e.ComplaintOpened, 0, severity="low"), a(e.BroadcastSent, 0, 1, purpose="selling")], -10),
    ],
)
def test_points(events: list[e.Event], points: int) -> None:
    assert score(given(*events)) == 50 + points


def test_points_leave_after_365_days() -> None:
    story = given(promise(1, 0, 5), kept(1, 5))
    assert story.profile()["trust"]["ahead"] == [[examples.day(370), 50]]
    assert score(story.when(later(370))) == 50
    assert score(story.when(later(369.9))) == 52


def test_a_promise_is_missed_at_the_moment_it_was_due() -> None:
    broken = [promise(number, 0, 5 + number) for number in range(2)]
    turns = [row["from_at"] for row in given(*broken).rows("standing") if row["trust"] == "at-risk"]
    assert turns[0] == examples.day(6)


def test_what_an_open_promise_will_take_is_told_ahead() -> None:
    trust = given(promise(1, 0, 5), promise(2, 0, 2)).profile()["trust"]
    turns = [[2, 42], [5, 34], [367, 42], [370, 50]]
    assert trust["ahead"] == [[examples.day(day), score] for day, score in turns]
    assert [(item["at"], item["points"]) for item in trust["to_come"]] == [
        (examples.day(2), -8),
        (examples.day(5), -8),
    ]


def test_ten_points_lost_in_ninety_days_is_falling_and_ends_by_itself() -> None:
    refused = given(a(e.PreferenceStated, 0), a(e.CallMade, 1, direction="outbound"))
    rows = refused.rows("standing")
    assert rows[0]["falling"]
    assert rows[0]["trust"] == "at-risk"
    assert next(row["from_at"] for row in rows if not row["falling"]) == examples.day(1) + 90 * DAY
    assert next(row["from_at"] for row in rows if row["trust"] == "steady") == examples.day(1) + 365 * DAY


def test_the_score_stays_between_0_and_100() -> None:
    calls = [a(e.CallMade, 1 + number, direction="outbound") for number in range(5)]
    assert score(given(a(e.PreferenceStated, 0), *calls)) == 0
