"""Where contacts are placed: never where something stops them, and always with a date or a reason."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.facts import DAY, HOUR
from domain.rules import Rules, compile_rules, first_rules, shipped
from projections import fold, permission
from projections.outreach import OCCASION, PLANNED, PROMISE
from projections.state import State
from tests import examples
from tests.projections.cases.telling import moment, told
from tests.projections.histories import histories
from tests.projections.lives import lives
from tests.spec import Spec, a, as_dict, given

RULES = first_rules()
_TYPES = [
    e.PreferenceStated, e.ConsentGranted, e.ConsentWithdrawn, e.MessageExchanged, e.VisitMade, e.OutreachPlanned,
    e.PurchaseMade, e.HoldingOpened, e.ComplaintOpened, e.ComplaintResolved, e.ContactAttempted, e.PromiseMade,
    e.CustomerIdentified, e.CustomerRegistered, e.OutreachSnoozed,
]  # fmt: skip


@st.composite
def wishful(draw: st.DrawFn) -> list[e.Event]:
    """Histories in which much is wished, agreed, refused and planned."""
    found: list[e.Event] = []
    day = 0.0
    for number in range(draw(st.integers(3, 25))):
        day += draw(st.sampled_from([0, 0.04, 0.5, 1, 3, 15, 31]))
        kind = draw(st.sampled_from(_TYPES))
        stated: dict[str, Any] = {"id": examples.uid(f"wishful {number}"), "version": number + 1}
        if kind is e.PreferenceStated:
            stated |= {
                "preferred": draw(st.sampled_from([None, (), ("whatsapp",), ("visit", "email")])),
                "refused": draw(st.sampled_from([None, (), ("email",)])),
                "windows": draw(st.sampled_from([None, (), (e.Window(days=("wed",), start="22:00", end="02:00"),)])),
                "cadence": draw(st.sampled_from([None, (), (e.Wish(times=6),), (
                    e.Wish(times=1, per="quarter", channel="visit"), e.Wish(times=2, channel="whatsapp"))])),
                "rest_until": draw(st.sampled_from([None, None, examples.moment(day + 20)])),
            }  # fmt: skip
        elif kind in (e.ConsentGranted, e.ConsentWithdrawn):
            stated |= {"purpose": draw(st.sampled_from([None, "selling", "relationship"]))}
            stated |= {"channel": draw(st.sampled_from([None, None, "whatsapp", "email"]))}
            if kind is e.ConsentGranted:
                stated["until"] = draw(st.sampled_from([None, examples.moment(day + 40)]))
        elif kind in (e.MessageExchanged, e.VisitMade):
            stated |= {
                "direction": draw(st.sampled_from(["inbound", "outbound", "outbound"])),
                "purpose": draw(st.sampled_from(["relationship", "relationship", "selling", "service"])),
                "outcome": draw(st.sampled_from(["reached", "reached", "not-reached"])), "outreach": None,
            }  # fmt: skip
        elif kind in (e.OutreachPlanned, e.OutreachSnoozed, e.PromiseMade):
            due = examples.moment(day + draw(st.sampled_from([-2, 0, 5, 40])), draw(st.sampled_from([0, -9, 12])))
            stated["until" if kind is e.OutreachSnoozed else "due"] = due
            if kind is e.OutreachPlanned:
                stated |= {"purpose": draw(st.sampled_from(["relationship", "selling", "service"]))}
                stated |= {"channel": draw(st.sampled_from([None, "whatsapp", "email", "phone"]))}
        elif kind is e.CustomerIdentified:
            stated["kind"] = draw(st.sampled_from(["whatsapp", "email", "postal"]))
        found.append(a(kind, day, **stated))
    return found


def _stopped(state: State, rules: Rules, row: dict[str, Any], at: int) -> list[str]:
    stops = permission.held(
        state, rules, row["channel"], row["purpose"], at, content=row["content"], stage=_stage(state, rules, at)
    )
    return [stop.reason for stop in stops if stop.reason != "unfit"]


def _stage(state: State, rules: Rules, at: int) -> str:
    return next(s["stage"] for s in _rows(state, rules, "standing") if s["from_at"] <= at < s["until_at"])


def _rows(state: State, rules: Rules, table: str) -> list[dict[str, Any]]:
    return [as_dict(table, row) for row in fold.render(state, rules)[table]]


@for_all(wishful() | histories() | lives(), st.lists(st.floats(0, 1), min_size=3, max_size=3))
@settings(max_examples=200, deadline=None)
def test_nothing_is_suggested_that_may_not_be(history: list[e.Event], shares: list[float]) -> None:
    """At its date, or at the clock once that has passed; at its date also inside windows, if it was not agreed upon."""
    state = fold.fold(history, RULES)
    windows = RULES.quiet.windows(state.customer.wishes.windows, RULES.zone_of(state.customer.timezone))
    for row in _rows(state, RULES, "outreach"):
        if not row["ready"] or row["class"] == PROMISE:
            continue
        last = min(row["until_at"], state.now + RULES.horizon) - 1
        for share in shares:
            clock = max(row["due_at"], row["from_at"] + int((last - row["from_at"]) * share))
            if clock <= last:
                assert _stopped(state, RULES, row, clock) == [], (row, clock)
        if row["class"] not in (PLANNED, OCCASION):  # an appointment; a greeting on a holiday
            assert windows.contains(row["due_at"]), row
        if row["class"] == OCCASION:
            stops = permission.stops(
                state, RULES, row["channel"], row["purpose"], row["due_at"], content=row["content"]
            )
            assert not [stop for stop in stops if stop.reason in permission.HOURS]


@for_all(wishful())
@settings(max_examples=100, deadline=None)
def test_everybody_has_a_date_or_a_reason_at_any_time(history: list[e.Event]) -> None:
    state = fold.fold(history, RULES)
    rows = [row for row in _rows(state, RULES, "outreach") if row["item"] == "rhythm"]
    assert rows[0]["from_at"] == state.now
    assert all(one["until_at"] == other["from_at"] for one, other in pairwise(rows))
    assert all(row["ready"] is not bool(row["held"] or row["unreachable"]) for row in rows)


@for_all(wishful(), st.integers(0, 200))
@settings(max_examples=100, deadline=None)
def test_a_date_stays_as_time_goes_by(history: list[e.Event], days: int) -> None:
    state = fold.fold(history, RULES)
    later = state.now + days * DAY + HOUR
    note = a(e.NoteAdded, at=later, pinned=False, version=len(history) + 1)
    then = fold.fold([*history, note], RULES)
    ahead, found = (
        [{n: v for n, v in row.items() if n not in ("from_at", "until_at")} for row in _rows(s, RULES, "outreach")
         if row["from_at"] <= later < row["until_at"]] for s in (state, then)
    )  # fmt: skip
    assert ahead == found


@for_all(wishful())
@settings(max_examples=60, deadline=None)
def test_what_no_rule_can_ask_for_may_be_forgotten(history: list[e.Event]) -> None:
    rendered: list[Any] = []
    for every in (1, 1_000_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fold, "_TRIM_EVERY", every)
            rendered.append(fold.render(fold.fold(history, RULES), RULES)["outreach"])
    assert rendered[0] == rendered[1]


# --- rhythms of channels, introductions, the beginning ------------------------------------------------------------------

KNOWN = (
    "2026-01-02 09:00 customer.registered kind=person timezone=Asia/Jakarta",
    "2026-01-02 09:00 customer.identified kind=whatsapp",
    "2026-01-02 09:00 customer.identified kind=email",
    "2026-01-02 09:00 customer.identified kind=postal",
    "2026-01-05 10:00 silver",
)


def under(changes: dict[str, Any], history: list[e.Event]) -> Spec:
    document = shipped()
    for path, value in changes.items():
        section, name = path.split(".")
        document[section] = document[section] | {name: value}
    return Spec(history, compile_rules(document | {"version": "v2", "customers": []}))


def test_who_named_channels_only_hears_from_us_on_those_and_as_often() -> None:
    wish = "2026-01-05 11:00 preference.stated preferred=whatsapp cadence=2/month/whatsapp;1/quarter/visit"
    talks = [
        "2026-02-03 10:00 message.exchanged channel=whatsapp direction=outbound purpose=relationship",
        "2026-02-04 12:00 visit.made direction=outbound purpose=relationship",
    ]
    rows = {
        row["item"]: row for row in Spec(told(*KNOWN, wish, *talks)).rows("outreach")[::-1] if row["why"].get("wish")
    }
    assert {item: row["channel"] for item, row in rows.items()} == {"rhythm": "whatsapp", "rhythm visit": "visit"}
    assert rows["rhythm"]["due_at"] == moment(
        "2026-02-16 08:00"
    )  # the second half of February begins on Sunday the 15th
    assert rows["rhythm visit"]["due_at"] == moment("2026-05-06 18:00")  # 91 days and 6 hours later


def test_a_visit_done_without_a_conversation_counts_for_the_rhythm_of_visits() -> None:
    wish = "2026-01-05 11:00 preference.stated cadence=2/month;1/quarter/visit"
    visits = "2026-02-04 12:00 outreach.done outreach=(rhythm_visit)"
    rows = {row["item"]: row for row in Spec(told(*KNOWN, wish, visits)).rows("outreach")[::-1]}
    assert rows["rhythm visit"]["due_at"] == moment("2026-05-06 18:00")
    snoozed = "2026-02-05 12:00 outreach.snoozed outreach=(rhythm_visit) until=2026-06-03_10:00"
    rows = {row["item"]: row for row in Spec(told(*KNOWN, wish, visits, snoozed)).rows("outreach")[::-1]}
    assert rows["rhythm visit"]["due_at"] == moment("2026-06-03 10:00")


def test_what_is_done_by_the_rhythm_of_channels_is_done_on_the_one_that_was_next() -> None:
    wish = "2026-01-05 11:00 preference.stated preferred=whatsapp cadence=2/month/whatsapp;1/quarter/visit"
    talk = "2026-02-03 10:00 message.exchanged channel=whatsapp direction=outbound purpose=relationship"
    visit = "2026-02-04 12:00 visit.made direction=outbound purpose=relationship"
    for done in ("2026-02-17 09:00 outreach.done", "2026-02-17 09:00 outreach.done outreach=(rhythm)"):
        rows = {row["item"]: row for row in Spec(told(*KNOWN, wish, talk, visit, done)).rows("outreach")[::-1]}
        assert rows["rhythm"]["due_at"] == moment("2026-03-02 08:00")  # 1 March is a Sunday
        assert rows["rhythm visit"]["due_at"] == moment("2026-05-06 18:00")


def test_a_new_manager_introduces_themself_in_time_not_all_on_one_day() -> None:
    days: set[int] = set()
    for number in range(40):
        story = [
            a(e.CustomerRegistered, 0, id=examples.uid(f"customer {number}")), a(e.CustomerIdentified, 0, kind="email"),
            a(e.PurchaseMade, 0), a(e.EmailExchanged, 1, purpose="relationship"), a(e.ManagerAssigned, 10),
        ]  # fmt: skip
        row = next(row for row in given(*story).rows("outreach") if row["item"] == "rhythm")
        assert row["content"] == "introduce-manager"
        assert examples.day(10) <= row["due_at"] <= examples.day(44)  # thirty days, and past a weekend of holidays
        days.add(row["due_at"] // DAY)
        met = given(*story, a(e.EmailExchanged, 12, purpose="relationship")).rows("outreach")[0]
        assert met["due_at"] > examples.day(90)  # basic: a quarter after the last contact
    assert len(days) >= 10


def test_what_fell_due_before_outreach_began_is_spread_from_then_on() -> None:
    begins = moment("2027-01-01 00:00")
    dates: set[int] = set()
    known = [
        a(e.CustomerIdentified, 0, kind="email"),
        a(e.EmailExchanged, 1, purpose="relationship"),
        a(e.SelfServiceUsed, 2),
    ]
    story: list[e.Event] = []
    for number in range(40):
        story = [a(e.CustomerRegistered, 0, id=examples.uid(f"customer {number}")), *known]
        row = under({"cadence.begins": examples.datetime(2027, 1, 1).date()}, story).rows("outreach")[0]
        assert begins <= row["due_at"] <= begins + 35 * DAY  # the first months of who is unknown and asked
        dates.add(row["due_at"] // DAY)
    assert len(dates) >= 12
    [late] = {row["due_at"] for row in given(*story).rows("outreach")[:1]}
    assert late < begins


@pytest.mark.parametrize(
    ("told_", "channel"),
    [
        ((), "email"),  # the least intrusive
        (("2026-01-06 10:00 preference.stated refused=email",), "whatsapp"),
        (("2026-01-06 10:00 preference.stated preferred=visit",), "visit"),
        (("2026-01-06 10:00 consent.withdrawn purpose=relationship channel=email",), "whatsapp"),
        (tuple(f"2026-01-{day:02} 10:00 email.exchanged direction=outbound outcome=bounced" for day in (6, 7, 8)),
         "whatsapp"),
        (tuple(f"2026-01-{day:02} 10:00 email.exchanged direction=outbound outcome=bounced" for day in (6, 7)), "email"),
    ],
)  # fmt: skip
def test_the_channel_is_the_best_that_is_left(told_: tuple[str, ...], channel: str) -> None:
    row = next(row for row in Spec(told(*KNOWN, *told_)).rows("outreach") if row["item"] == "rhythm")
    assert row["channel"] == channel


def test_a_limit_of_one_channel_turns_to_another() -> None:
    limits = {"email": [{"at_most": 1, "within": "90 days"}]}
    mailed = "2026-01-06 10:00 email.exchanged direction=outbound purpose=relationship"
    story = told(*KNOWN, "2026-01-05 12:00 preference.stated cadence=1/month", mailed)
    row = next(
        row for row in under({"contact.channel_limits": limits}, story).rows("outreach") if row["item"] == "rhythm"
    )
    assert (row["channel"], row["held"]) == ("whatsapp", None)


def test_what_holds_a_contact_cites_its_events() -> None:
    story = [*told(*KNOWN), a(e.PreferenceStated, 1, rest_until=examples.moment(60), windows=None, cadence=None)]
    row = Spec(story).rows("outreach")[0]
    assert (row["held"], row["why"]["held"]) == ("rest", [story[-1].id])


def test_the_shipped_rulebook_without_the_new_fields_plans_as_before() -> None:
    document = shipped()
    document["cadence"] = {
        n: v for n, v in document["cadence"].items() if n not in ("introduce_within", "fulfils_within")
    }
    rules = compile_rules({n: v for n, v in document.items() if n != "occasions"} | {"version": "old"})
    plan = a(e.OutreachPlanned, 1, channel="whatsapp")
    talk = a(e.MessageExchanged, 69, direction="outbound", purpose="relationship")
    story = Spec([*told(*KNOWN), plan, msgspec.structs.replace(talk, outreach=None)], rules)
    assert {row["class"] for row in story.rows("outreach")} == {PLANNED, 4}
