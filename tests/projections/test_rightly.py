"""No permit and no suggestion goes against what a customer said, or against a window or a limit: read off the events alone."""

from datetime import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Event
from domain.facts import DAY, HOUR, MINUTE
from domain.rules import first_rules
from projections import fold, permission
from projections.outreach import PLANNED, PROMISE
from tests.projections.byhand import filtered
from tests.projections.dealings import CHANNELS, PURPOSES, dealings
from tests.projections.histories import histories
from tests.projections.lives import lives
from tests.projections.rightly import HOURS, against, local
from tests.spec import as_dict

RULES = first_rules()
HOLIDAYS = RULES.calendar.document.holidays
BY_HAND = {
    "ended", "refused-channel", "refused-purpose", "no-consent", "consent-ended", "rest", "complaint-open",
    "complaint-just-resolved", "limit-day", "limit-month", "limit-wish", "limit-selling", "ratio",
    *HOURS,
}  # fmt: skip
GREETINGS = {
    "birthday",
    "greeting-eid",
    "greeting-christmas",
    "greeting-nyepi",
    "greeting-lunar-new-year",
    "greeting-vesak",
}
MESSAGES = {"sms", "whatsapp", "telegram", "messenger", "web-chat", "app"}
offsets = st.one_of(
    st.integers(0, 24 * 60).map(lambda minutes: minutes * MINUTE),
    st.integers(0, 100 * 24).map(lambda hours: hours * HOUR),
    st.sampled_from([7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 0, DAY - 1, DAY]),
)
asked = st.tuples(st.sampled_from([*CHANNELS, None]), st.sampled_from(PURPOSES), offsets)


@settings(max_examples=200, deadline=None)
@given(dealings(), st.lists(asked, min_size=4, max_size=8))
def test_a_permit_is_given_where_nothing_is_against_it_and_nowhere_else(
    history: list[Event], questions: list[tuple[str | None, str, int]]
) -> None:
    state = fold.fold(history, RULES)
    last = max(event.at for event in history)
    past = filtered(history, last)
    for channel, purpose, offset in questions:
        at = last + offset
        found = {stop.reason for stop in permission.stops(state, RULES, channel, purpose, at)} & BY_HAND
        assert found - ({"ended"} if purpose == "service" else set()) == against(past, channel, purpose, at, HOLIDAYS)


@settings(max_examples=100, deadline=None)
@given(histories(amended=True) | lives(), st.lists(asked, min_size=2, max_size=6))
def test_no_permit_goes_against_anything_whatever_happened(
    history: list[Event], questions: list[tuple[str | None, str, int]]
) -> None:
    state = fold.fold(history, RULES)
    last = max(event.at for event in history)
    past = filtered(history, max(last, state.now))  # a correction may have moved one ahead
    for channel, purpose, offset in questions:
        at = max(last, state.now) + offset
        if not permission.stops(state, RULES, channel, purpose, at):
            assert against(past, channel, purpose, at, HOLIDAYS) == set()


def suggested(history: list[Event]) -> list[dict[str, Any]]:
    state = fold.fold(history, RULES)
    return [as_dict("outreach", row) for row in fold.render(state, RULES)["outreach"]]


def moments(row: dict[str, Any]) -> list[int]:
    """When the row is a suggestion: from when it is due, while it holds."""
    first, last = max(row["due_at"], row["from_at"]), min(row["until_at"], row["from_at"] + 800 * DAY)
    return [first, (first + last) // 2, last - 1] if row["ready"] and first < last else []


@settings(max_examples=200, deadline=None)
@given(dealings() | histories(amended=True) | lives())
def test_no_suggestion_goes_against_a_refusal_a_limit_or_consent_while_it_stands(history: list[Event]) -> None:
    rows = suggested(history)
    past = filtered(history, max(event.at for event in history))
    for row in rows:
        for at in moments(row):
            reasons = against(past, row["channel"], row["purpose"], at, HOLIDAYS)
            assert reasons - HOURS == set(), row


@settings(max_examples=200, deadline=None)
@given(dealings() | histories(amended=True) | lives())
def test_no_suggestion_becomes_due_outside_of_the_customers_hours(history: list[Event]) -> None:
    rows = suggested(history)
    past = filtered(history, max(event.at for event in history))
    for row in rows:
        # What was promised, or planned for a time of day, keeps it: it was agreed upon. Midnight stands for the day.
        timed = local(past, row["due_at"]).time() != time()
        agreed = row["class"] == PROMISE or (row["class"] == PLANNED and timed)
        if row["ready"] and row["from_at"] <= row["due_at"] < row["until_at"] and not agreed:
            off = () if row["content"] in GREETINGS and row["channel"] in MESSAGES else HOLIDAYS
            assert against(past, row["channel"], row["purpose"], row["due_at"], off) & HOURS == set(), row
