"""Whatever is commanded, in whatever order, among whatever facts: what was accepted fits, and the facts stay in order."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import events as e
from domain.commands.deciding import COMMANDS, possible
from domain.commands.refusals import Impossible
from domain.facts import NEVER, Customer
from projections import fold
from tests.domain.commanding import Story
from tests.examples import COMPLAINT, OUTREACH, PROMISE, moment, uid
from tests.spec import a, numbered

SECOND = uid("complaint 2")
STAFF = (
    a(e.StaffRegistered, 0, staff="ani", capacity=None),
    a(e.StaffRegistered, 0, staff="budi", capacity=None),
    a(e.StaffAbsent, 20, staff="budi", until=moment(30), cover="ani"),
    a(e.StaffChanged, 60, staff="budi", active=False),
)

_people = st.sampled_from(["ani", "ani", "budi", "budi", "eko", None])
_cases = st.sampled_from([COMPLAINT, COMPLAINT, COMPLAINT, SECOND, None])
_ahead = st.integers(1, 90).map(moment)
_channels = st.sampled_from(["phone", "email", "whatsapp"])
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "complaint": _cases, "promise": st.sampled_from([PROMISE, None]), "outreach": st.sampled_from([OUTREACH, None]),
    "handler": _people, "staff": _people, "manager": _people, "cover": _people, "to": _people,
    "team": st.sampled_from(["care", "quality", None]),
    "severity": st.sampled_from(["low", "high", None]), "category": st.sampled_from(["quality", None]),
    "waiting_for": st.sampled_from(["customer", "vendor"]), "until": _ahead, "due": _ahead, "promised_due": _ahead,
    "level": st.integers(1, 3), "cause": st.sampled_from([COMPLAINT, uid("outage")]),
    "direction": st.sampled_from(["inbound", "outbound"]), "outcome": st.just(None), "purpose": st.just(None),
    "channel": _channels, "by": st.sampled_from(["customer", "company"]), "need": st.just("n"), "instruction": st.just("i"),
    "benefit": st.just("free-delivery"), "text": st.just("t"), "kind": st.just(None), "language": st.sampled_from(["id", "en"]),
}  # fmt: skip
_LISTS = {"preferred", "allowed", "refused"}
# Whose the contacts are, what identifies them and what was wrong is settled in the ledger: see tests/api.
_ASKED = sorted(set(COMMANDS) - {"attribute", "identify", "remove-identifier", "correct", "void"})
_FACTS = [
    e.ComplaintOpened, e.ComplaintResolved, e.ComplaintWaiting, e.ComplaintResumed, e.ComplaintReopened, e.ComplaintClosed,
    e.ComplaintExtended, e.PromiseMade, e.PromiseKept, e.OutreachPlanned, e.OutreachDone, e.ManagerAssigned,
    e.RelationshipEnded, e.PreferenceStated, e.CallMade,
]  # fmt: skip


def _fields(draw: Callable[[st.SearchStrategy[Any]], Any], name: str) -> dict[str, Any]:
    """Some fields of a command, and all that it needs."""
    if name == "state-preference":
        return {field: draw(st.lists(_channels, max_size=2)) for field in _LISTS if draw(st.booleans())}
    command = COMMANDS[name]
    needed = {*command.required(), "complaint"} - {command.new}
    known = [field for field in command.fields() if field in _FIELDS]
    data = {field: draw(_FIELDS[field]) for field in known if field in needed or draw(st.booleans())}
    return {field: value for field, value in data.items() if value is not None}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_was_accepted_fits_and_the_facts_stay_in_order(data: st.DataObject) -> None:
    """Commands, most of them such as seem possible, among facts that other systems report."""
    story = Story([a(e.CustomerRegistered, 0), a(e.ComplaintOpened, 1), a(e.ManagerAssigned, 2)], STAFF)
    accepted: set[str] = set()
    for step in range(data.draw(st.integers(1, 25))):
        day = 3 + 2 * step
        kind = data.draw(st.integers(0, 9))
        if kind == 0:
            story = Story([*story.events, a(data.draw(st.sampled_from(_FACTS)), day)], STAFF)
        else:
            s = story.seen(day).situation
            open_ = [name for name in _ASKED if not isinstance(possible(COMMANDS[name], s), Impossible)]
            name = data.draw(st.sampled_from(_ASKED if kind == 1 else open_))
            outcome = story.give(name, day, "ani", _fields(data.draw, name))
            if outcome.refusal is None:
                accepted.add(outcome.event.id)
                story = outcome.story
        c = fold.fold(numbered(story.events), story.rules).customer
        _in_order(c)
        odd = {mark.id for mark in c.odd} | {event.id for waiting in c.unmatched.values() for event in waiting}
        assert not odd & accepted


def _in_order(c: Customer) -> None:
    assert c.open_cases == sum(case.open for case in c.cases.values())
    for case in c.cases.values():
        assert case.open == (case.state in {"opened", "acknowledged", "investigated", "responded", "waiting"})
        assert case.round == 1 + len(case.reopened)
        assert (case.state == "waiting") == any(pause.until == NEVER for pause in case.pauses)
        assert all(pause.at <= pause.until for pause in case.pauses)
        assert all(one.round <= case.round for one in case.resolutions)
    starts = [one.at for one in c.managers]
    assert starts == sorted(set(starts))
    assert all(cover.at < cover.until for cover in c.covers)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(_ASKED), st.integers(0, 4))
def test_the_same_again_is_refused_or_means_something_else(name: str, day: int) -> None:
    """What changes nothing is not recorded: a second time, each command of a state is refused."""
    repeatable = {
        "log-call", "log-visit", "log-email", "log-message", "log-meeting", "log-letter", "add-note", "note-need",
        "instruct-handling", "grant-benefit", "open-complaint", "plan-outreach", "make-promise", "investigate-complaint",
        "respond-complaint", "finish-outreach", "arrange-cover", "snooze-outreach", "change-profile",
    }  # fmt: skip
    fields = COMMANDS[name].fields()
    fill = {
        "waiting_for": "vendor", "until": moment(80), "handler": "ani", "severity": "low", "cause": uid("outage"),
        "level": 2, "purpose": "selling", "preferred": ["email"], "manager": "ani", "by": "customer", "outcome": None,
    }  # fmt: skip
    data = {field: value for field, value in fill.items() if field in fields and value is not None}
    story = Story(
        [a(e.CustomerRegistered, 0), a(e.ComplaintOpened, 1, handler=None), a(e.PromiseMade, 2, due=moment(80))], STAFF
    )
    first = story.give(name, 5 + day, "ani", data)
    if first.refusal is None and name not in repeatable:
        assert first.story.give(name, 6 + day, "ani", data).refusal is not None
