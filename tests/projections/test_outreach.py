"""The proactive queue: next contacts by promise, plan and rhythm."""

from itertools import pairwise

from hypothesis import given as for_all
from hypothesis import settings

from domain import events as e
from domain.facts import DAY
from domain.families.conversation import refused
from domain.rules import compile_rules, first_rules, shipped
from projections import fold
from projections.outreach import FADING, PLANNED, PROMISE, RHYTHM
from tests import examples
from tests.projections.histories import histories
from tests.projections.test_lifecycle import loyal
from tests.spec import Spec, a, as_dict, given

RULES = first_rules()
KNOWN = [a(e.CustomerRegistered, 0), a(e.CustomerIdentified, 0), a(e.ManagerAssigned, 0), a(e.ManagerIntroduced, 0)]
WHATSAPP = e.PreferenceStated(id=examples.uid("wa"), at=examples.day(0), source="s", preferred=("whatsapp",))


def whatsapp() -> list[e.Event]:
    return [*KNOWN, a(e.CustomerIdentified, 0, kind="whatsapp"), WHATSAPP]


def rhythm(spec: Spec) -> dict:
    return next(row for row in spec.rows("outreach") if row["item"] == "rhythm")


def bought(day: float, total: str) -> e.Event:
    return a(e.PurchaseMade, day, purchase=examples.uid(f"p {day}"), total=total, lines=())


def test_everybody_has_a_date_or_a_reason() -> None:
    row = rhythm(given(a(e.CustomerRegistered, 0)))
    assert (row["ready"], row["unreachable"]) == (False, "no-contact-point")
    reachable = rhythm(given(*whatsapp()))
    assert reachable["ready"]
    assert examples.day(0) <= reachable["due_at"] <= examples.day(95)


def test_the_rhythm_counts_from_the_last_contact_that_reached_them() -> None:
    story = given(*whatsapp(), bought(1, "11000000"), a(e.VisitMade, 10))
    due = rhythm(story)["due_at"]
    assert 0 <= due - examples.day(10) - 2 * (365 * DAY // 12) < 4 * DAY
    tried = story.when(a(e.CallMade, 40, direction="outbound", outcome="not-reached"))
    assert rhythm(tried)["due_at"] == due


def test_twice_a_month_is_once_in_each_half() -> None:
    platinum = [bought(day, "30000000") for day in (1, 2, 3, 4)]
    for day, due in ((10, "2026-01-17"), (20, "2026-02-02")):
        row = rhythm(given(*whatsapp(), *platinum, a(e.VisitMade, day)))
        assert examples.datetime.fromtimestamp(row["due_at"] / 1e6, tz=examples.UTC).date().isoformat() >= due[:8]
        assert row["tier"] == 0


def test_a_due_contact_lies_inside_the_windows_they_stated() -> None:
    wednesdays = rhythm(given(*KNOWN, a(e.CustomerIdentified, 0, kind="whatsapp"), a(e.PreferenceStated, 0)))
    due = examples.datetime.fromtimestamp(wednesdays["due_at"] / 1e6, tz=examples.UTC)
    assert (due.weekday(), due.hour) == (2, 5)  # Wednesday, from 12:00 in Jakarta


def test_a_new_manager_is_introduced_first() -> None:
    assert rhythm(given(*whatsapp(), a(e.ManagerAssigned, 5, manager="budi")))["content"] == "introduce-manager"


def test_without_a_preference_the_least_intrusive_channel_asks_for_one() -> None:
    row = rhythm(given(*KNOWN, a(e.CustomerIdentified, 0, kind="email")))
    assert (row["channel"], row["content"]) == ("email", "ask-preference")
    assert rhythm(given(*KNOWN))["channel"] == "sms"  # never a call


def test_promises_come_first_and_keep_their_date() -> None:
    rows = given(*whatsapp(), a(e.PromiseMade, 1)).rows("outreach")
    [row] = [row for row in rows if row["class"] == PROMISE]
    assert (row["due_at"], row["item"], row["staff"]) == (examples.day(64), examples.PROMISE, "ani")
    assert given(*whatsapp(), a(e.PromiseMade, 1), a(e.PromiseKept, 2)).at("outreach", 3)[0]["class"] == RHYTHM


def test_a_planned_contact_keeps_its_date_until_it_is_done_snoozed_or_cancelled() -> None:
    planned = given(*whatsapp(), a(e.OutreachPlanned, 1))
    assert [row["due_at"] for row in planned.rows("outreach") if row["class"] == PLANNED] == [examples.day(70)]
    snoozed = planned.when(a(e.OutreachSnoozed, 2))
    assert [row["due_at"] for row in snoozed.rows("outreach") if row["class"] == PLANNED] == [examples.day(75)]
    for end in (
        a(e.OutreachDone, 3),
        a(e.OutreachCancelled, 3),
        a(e.MessageExchanged, 3, direction="outbound", outreach=examples.OUTREACH),
    ):
        assert [row for row in planned.when(end).rows("outreach") if row["class"] == PLANNED] == []


def test_selling_is_held_without_consent_while_a_complaint_is_open_and_just_after() -> None:
    selling = a(e.OutreachPlanned, 1, purpose="selling")
    cared = [a(e.VisitMade, 0.5, purpose="relationship"), a(e.VisitMade, 0.7, purpose="relationship")]  # two for one
    plan = given(*whatsapp(), *cared, selling)

    def held(spec: Spec) -> list[str | None]:
        return [row["held"] for row in spec.rows("outreach") if row["class"] == PLANNED]

    assert held(plan) == ["no-consent"]
    agreed = plan.when(a(e.ConsentGranted, 2))
    assert held(agreed) == [
        None,
        "ratio",
        "consent-ended",
    ]  # until the visits are 90 days ago; until day 400, when it lapses
    complaining = agreed.when(a(e.ComplaintOpened, 3))
    assert set(held(complaining)) == {"complaint-open", "consent-ended"}
    solved = complaining.when(a(e.ComplaintResolved, 4))
    assert held(solved) == [None, "ratio", "consent-ended"]  # its day is long after
    sooner = plan.when(
        a(e.ConsentGranted, 2), a(e.OutreachPlanned, 2, purpose="selling", due=examples.moment(10)),
        a(e.ComplaintOpened, 3), a(e.ComplaintResolved, 4),
    )  # fmt: skip
    rows = [row for row in sooner.rows("outreach") if row["class"] == PLANNED]
    assert [row["held"] for row in rows] == ["complaint-just-resolved", None, "ratio", "consent-ended"]
    assert rows[0]["until_at"] == rows[1]["due_at"] == examples.day(18)


def test_rest_and_end_hold_the_rhythm() -> None:
    resting = e.PreferenceStated(
        id=examples.uid("rest"), at=examples.day(1), source="s", rest_until=examples.moment(60)
    )
    rows = [row for row in given(*whatsapp(), resting).rows("outreach") if row["item"] == "rhythm"]
    assert (rows[0]["held"], rows[0]["until_at"], rows[1]["held"]) == ("rest", examples.day(60), None)
    assert rhythm(given(*whatsapp(), a(e.RelationshipEnded, 1)))["held"] == "ended"


def test_service_is_excepted_from_limits_and_from_the_first_contacts() -> None:
    known = [*whatsapp(), a(e.MessageExchanged, 0, 1)]  # exploration: a month from then, three times
    calls = [a(e.VisitMade, 25 + day, purpose="service", outcome="not-reached") for day in range(6)]
    assert rhythm(given(*known, *calls))["due_at"] == rhythm(given(*known))["due_at"]
    offers = [a(e.VisitMade, 25 + day, purpose="information", outcome="not-reached") for day in range(6)]
    assert rhythm(given(*known, *offers))["due_at"] > examples.day(60)


def test_an_end_holds_what_was_promised_before_and_not_what_was_promised_since() -> None:
    for by in ("customer", "company"):
        ended = [*whatsapp(), a(e.PromiseMade, 1), a(e.OutreachPlanned, 1), a(e.RelationshipEnded, 2, by=by)]
        assert {row["held"] for row in given(*ended).rows("outreach")} == {"ended"}
        after = given(*ended, a(e.PromiseMade, 3, promise=examples.uid("after"))).rows("outreach")
        assert [row["item"] for row in after if row["ready"]] == [examples.uid("after")]


def test_rest_holds_what_was_planned_too() -> None:
    resting = a(e.PreferenceStated, 2, rest_until=examples.moment(80), windows=None, cadence=None, refused=None)
    rows = given(*whatsapp(), a(e.OutreachPlanned, 1), resting).rows("outreach")
    planned = [row for row in rows if row["class"] == PLANNED]
    assert [(row["held"], row["ready"]) for row in planned] == [("rest", False), (None, True)]
    assert planned[0]["until_at"] == examples.day(80)


def test_a_provisional_customer_is_not_sought_out() -> None:
    provisional = [a(e.CustomerRegistered, 0, provisional=True), a(e.CustomerIdentified, 0, kind="whatsapp")]
    assert rhythm(given(*provisional))["held"] == "provisional"
    assert rhythm(given(*provisional, a(e.PreferenceStated, 1)))["held"] == "provisional"


def test_who_left_gets_one_contact_of_care_and_no_selling() -> None:
    left = given(*whatsapp(), bought(1, "11000000"), a(e.VisitMade, 2))
    gone = [row for row in left.rows("outreach") if row["why"].get("care")]
    dissolved = examples.day(182)
    assert gone[0]["content"] == "win-back"
    assert gone[0]["purpose"] == "relationship"
    assert 0 <= gone[0]["due_at"] - dissolved - 14 * DAY < 4 * DAY


def test_a_fading_customer_of_a_high_tier_stands_before_the_rhythm() -> None:
    days = range(0, 240, 30)
    trusted = [
        event
        for day in days
        for event in (
            a(e.PromiseMade, day, promise=examples.uid(f"q{day}"), due=examples.moment(day + 5)),
            a(e.PromiseKept, day + 1, promise=examples.uid(f"q{day}")),
        )
    ]
    story = given(*whatsapp(), *(bought(day, "8000000") for day in days), *trusted)
    assert [row["class"] for row in story.at("outreach", 300) if row["item"] == "rhythm"] == [RHYTHM]
    assert [row["class"] for row in story.at("outreach", 361) if row["item"] == "rhythm"] == [FADING]


@for_all(histories())
@settings(max_examples=150, deadline=None)
def test_no_suggestion_ever_names_a_refused_channel(history: list[e.Event]) -> None:
    state = fold.fold(history, RULES)
    for row in fold.render(state, RULES)["outreach"]:
        shown = as_dict("outreach", row)
        if shown["ready"] and shown["channel"] is not None:
            assert refused(state.customer, shown["channel"], shown["purpose"]) is None


@for_all(histories())
@settings(max_examples=100, deadline=None)
def test_every_customer_is_due_held_or_unreachable_at_any_time(history: list[e.Event]) -> None:
    state = fold.fold(history, RULES)
    rows = [as_dict("outreach", row) for row in fold.render(state, RULES)["outreach"] if row[2] == "rhythm"]
    assert rows[0]["from_at"] == state.now
    for one, other in pairwise(rows):
        assert one["until_at"] == other["from_at"]
    assert all(row["ready"] or row["held"] or row["unreachable"] for row in rows)


def test_benefits_follow_tier_and_wish_where_the_rulebook_says_so() -> None:
    says = {"fit": {"basic": ["discount"], "*": ["personal-service"]}, "unfit": {"*": ["discount"]}}
    rules = compile_rules(shipped() | {"version": "v2", "benefits": says})
    story = Spec([*whatsapp(), bought(1, "100")], rules)
    assert "benefits" not in rhythm(story)["why"]  # what fits nobody is not offered, whoever names it
    gold = Spec([*whatsapp(), bought(1, "50000000"), a(e.PreferenceStated, 2, benefits=("tea", "discount"))], rules)
    assert rhythm(gold)["why"]["benefits"] == ["tea", "personal-service"]
    assert "benefits" not in rhythm(given(*whatsapp()))["why"]


def test_a_rulebook_says_whose_fading_comes_first() -> None:
    fades = [row["class"] for row in given(*loyal()).rows("outreach") if row["item"] == "rhythm"]
    first = compile_rules(shipped() | {"version": "v2", "priorities": {"fading_first": ["silver", "basic"]}})
    others = [row["class"] for row in given(*loyal()).under(first).rows("outreach") if row["item"] == "rhythm"]
    assert (FADING in fades, FADING in others) == (False, True)
