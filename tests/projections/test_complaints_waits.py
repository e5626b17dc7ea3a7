"""What waits for a human: which talk ends it, which does not, and how that and the levels are told in words."""

from typing import Any

import pytest

from domain import events as e
from domain.rules import first_rules
from projections.complaints import OVERDUE, RUNNING
from projections.explaining.citing import Question, explain
from projections.explaining.words import words
from tests import examples
from tests.spec import Spec, a, given, numbered

THREAD, OTHER = examples.uid("the thread"), examples.uid("another thread")


def told(name: str, **more: Any) -> e.Event:
    """Something that waits for a human, by its kind."""
    kinds: dict[str, tuple[type[e.Event], dict[str, Any]]] = {
        "enquiry": (e.MessageExchanged, {"direction": "inbound", "thread": None, "complaint": None}),
        "missed-call": (e.CallMade, {"outcome": "missed", "thread": None}),
        "auto-reply": (e.AutoReplySent, {"thread": None}),
        "review": (e.ReviewPosted, {"rating": 1}),
        "csat": (e.FeedbackGiven, {"metric": "csat", "score": 2, "complaint": None}),
        "nps": (e.FeedbackGiven, {"metric": "nps", "score": 0, "complaint": None}),
    }
    kind, fields = kinds[name]
    return a(kind, 0, **fields | more)


KINDS = ("enquiry", "missed-call", "auto-reply", "review", "csat", "nps")
WRITTEN = ("enquiry", "missed-call", "auto-reply")  # which can belong to a thread


def waiting(story: Spec) -> list[str]:
    return sorted({row["kind"] for row in story.rows("reactive")})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "talk",
    [
        a(e.CallMade, 1, direction="outbound", thread=None),
        a(e.CallMade, 1, direction="inbound", thread=None),
        a(e.EmailExchanged, 1, direction="outbound", thread=None),
        a(e.MeetingHeld, 1, direction="outbound", thread=None),
    ],
    ids=["we call", "they call and we answer", "we write", "we meet"],
)
def test_a_talk_with_a_human_ends_every_kind_of_wait(kind: str, talk: e.Event) -> None:
    assert waiting(given(told(kind), talk)) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "other",
    [
        a(e.CallMade, 1, direction="outbound", outcome="not-reached", thread=None),
        a(e.BroadcastSent, 1),
        a(e.AutoReplySent, 1, needs_human=False),
        a(e.SelfServiceUsed, 1),
        a(e.ContactAttempted, 1, outcome="not-reached"),
    ],
    ids=["nobody was reached", "a broadcast", "an automatic reply", "self-service", "an attempt"],
)
def test_nothing_else_does(kind: str, other: e.Event) -> None:
    assert kind in waiting(given(told(kind), other))


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_belongs_to_a_thread_is_answered_in_it(kind: str) -> None:
    story = given(told(kind, thread=THREAD))
    assert waiting(story.when(a(e.MessageExchanged, 1, direction="outbound", thread=OTHER, complaint=None))) == [kind]
    assert waiting(story.when(a(e.MessageExchanged, 1, direction="outbound", thread=THREAD, complaint=None))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_overdue_after_four_working_hours_by_time_alone(kind: str) -> None:
    early, late = given(told(kind)).rows("reactive")[:2]
    assert (early["lateness"], early["due_kind"], late["lateness"]) == (RUNNING, "answer", OVERDUE)
    assert early["until_at"] == late["from_at"] == examples.day(0, 5)
    assert (late["escalate"], late["severity"]) == (None, 2)


# --- in words ---------------------------------------------------------------------------------------------------------


def said(language: Any, day: float, *events: e.Event, field: Any = "deadline") -> list[str]:
    question = Question(field, first_rules(), examples.day(day), examples.COMPLAINT)
    return [sentence for _, sentence in words(explain(question, numbered(events)), language)]


OPENED = a(e.ComplaintOpened, 0, severity="low")


def test_an_explanation_says_to_whom_it_is_to_be_taken_since_when_and_why() -> None:
    english = said("en", 2.5, OPENED)
    up = "It is to be taken to level 1, the team lead, since 7 January 2026, 09:00: the customer has heard nothing for too long."
    assert up in english
    indonesian = said("id", 2.5, OPENED)
    assert any(sentence.startswith("Harus dinaikkan ke tingkat 1, yaitu ketua tim") for sentence in indonesian)
    raised = said("en", 2.5, OPENED, a(e.ComplaintEscalated, 2.1, level=1))
    assert up not in raised
    assert any(sentence.startswith("It was taken to level 1 7 January 2026") for sentence in raised)


def test_an_explanation_says_what_time_will_do_and_what_it_did() -> None:
    asked = a(e.ComplaintWaiting, 1)
    waits = said("en", 2, OPENED, asked)
    assert "Without an answer it counts as resolved 16 January 2026, 09:00." in waits
    assert waits[-2] == "If nothing happens, the customer is to be reminded 9 January 2026, 09:00."
    over = said("en", 12, OPENED, asked)
    assert "Round 1 ended 16 January 2026, 09:00, as the customer did not answer." in over
    assert over[-2] == "If nobody objects, it is closed 21 January 2026, 09:00."
    assert "Nobody objected: it is closed since 21 January 2026, 09:00." in said("en", 17, OPENED, asked)


def test_a_rank_says_that_trust_is_at_risk_and_what_took_it() -> None:
    promises = [a(e.PromiseMade, -3, n, promise=examples.uid(f"p{n}")) for n in range(2)]
    broken = [a(e.PromiseBroken, -2, n, promise=examples.uid(f"p{n}")) for n in range(2)]
    history = numbered([*promises, *broken, OPENED])
    found = explain(Question("rank", first_rules(), examples.day(0, 1), examples.COMPLAINT), history)
    assert found.answer.verdict["trust"] == "at-risk"
    assert {event.id for event in history} == set(found.events)
    assert "trust: at risk" in [sentence for _, sentence in words(found, "en")]
