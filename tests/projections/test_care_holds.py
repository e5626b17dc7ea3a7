"""What holds of every customer's care: intervals of ownership partition time, and no wait brings a deadline forward."""

from itertools import pairwise

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.events import Event
from domain.facts import HOUR, NEVER, micros
from domain.rules import first_rules
from projections import fold
from projections.state import State
from tests import examples
from tests.projections.byhand import filtered
from tests.projections.histories import histories
from tests.spec import Spec, a, numbered

RULES = first_rules()

# --- ownership --------------------------------------------------------------------------------------------------------


@st.composite
def handovers(draw: st.DrawFn) -> list[Event]:
    """Assignments and covers of a few people, close together, late and at one instant, some voided."""
    found: list[Event] = []
    for number in range(draw(st.integers(1, 12))):
        day = draw(st.integers(0, 8))
        stated = {"sequence": draw(st.sampled_from(["", "1", "2"])), "id": examples.uid(f"handover {number}")}
        kind = draw(st.sampled_from([e.ManagerAssigned, e.ManagerAssigned, e.ManagerUnassigned, e.CoverArranged]))
        if kind is e.ManagerAssigned:
            stated["manager"] = draw(st.sampled_from(["ani", "budi", "citra"]))
        elif kind is e.CoverArranged:
            stated |= {"cover": draw(st.sampled_from(["dewi", "eka"]))}
            found.append(a(kind, day, until=examples.moment(day + draw(st.integers(1, 5))), **stated))
            continue
        found.append(a(kind, day, **stated))
    if draw(st.booleans()):
        target = draw(st.sampled_from(found)).id
        found.append(a(e.TouchpointVoided, 9, id=examples.uid("void"), target=target, attributed_to=None))
    return numbered(found)


def owner_by_hand(past: list[Event], at: int) -> str | None:
    """Who was named last, by then."""
    owner = None
    for event in past:
        if event.at <= at and isinstance(event, e.ManagerAssigned):
            owner = event.manager
        elif event.at <= at and isinstance(event, e.ManagerUnassigned):
            owner = None
    return owner


@for_all(handovers() | histories(amended=True))
@settings(max_examples=150, deadline=None)
def test_intervals_of_ownership_partition_time(history: list[Event]) -> None:
    rows = [row for row in Spec(history).rows("managers") if row["kind"] == "owner"]
    past = filtered(history, NEVER)
    owned = [event.at for event in past if owner_by_hand(past, event.at) is not None]
    assert bool(rows) == bool(owned)
    if rows:
        assert (rows[0]["from_at"], rows[-1]["until_at"]) == (min(owned), NEVER)
    for one, other in pairwise(rows):
        assert one["from_at"] < one["until_at"] == other["from_at"]
        assert one["staff"] != other["staff"]
    for at in {event.at + shift for event in past for shift in (-1, 0, HOUR)}:
        [owner] = [row["staff"] for row in rows if row["from_at"] <= at < row["until_at"]] or [None]
        assert owner == owner_by_hand(past, at)


@for_all(handovers())
@settings(max_examples=100, deadline=None)
def test_covers_never_overlap_and_last_no_longer_than_was_said(history: list[Event]) -> None:
    covers = [row for row in Spec(history).rows("managers") if row["kind"] == "cover"]
    said = [event for event in filtered(history, NEVER) if isinstance(event, e.CoverArranged)]
    for one, other in pairwise(sorted(covers, key=lambda row: row["from_at"])):
        assert one["until_at"] <= other["from_at"]
    for at in {event.at + shift for event in said for shift in (0, HOUR, 30 * HOUR, 100 * HOUR)}:
        last = [event for event in said if event.at <= at][-1:]
        expected = [event.cover for event in last if micros(event.until) > at]
        assert [row["staff"] for row in covers if row["from_at"] <= at < row["until_at"]] == expected


# --- waits ------------------------------------------------------------------------------------------------------------

_STEPS = (
    (e.ComplaintAcknowledged, {"promised_due": None}),
    (e.ComplaintResponded, {}),
    (e.ComplaintInvestigated, {}),
    (e.ComplaintReclassified, {"severity": "high"}),
    (e.ComplaintReclassified, {"severity": "critical"}),
    (e.ComplaintResolved, {}),
    (e.ComplaintReopened, {}),
    (e.ComplaintWaiting, {"waiting_for": "vendor"}),
    (e.ComplaintResumed, {}),
    (e.PurchaseMade, {"total": "60000000", "lines": ()}),
)
hours = st.integers(0, 24 * 20)


@st.composite
def cases(draw: st.DrawFn) -> list[Event]:
    """A complaint with all that happens to one, on whole hours; it waits for nobody but a vendor."""
    found: list[Event] = [a(e.ComplaintOpened, 0, 0, severity=draw(st.sampled_from(["low", "normal", "high"])))]
    for number, hour in enumerate(draw(st.lists(hours, max_size=6))):
        kind, stated = draw(st.sampled_from(_STEPS))
        found.append(a(kind, 0, hour, id=examples.uid(f"step {number}"), **stated))
    return found


def dated(history: list[Event]) -> dict[str, int]:
    """Deadlines of the present round, with what was judged so far; NEVER where there is none."""
    state: State = fold.fold(numbered(history), RULES)
    fold.settle(state, RULES)
    known = state.deadlines.get(examples.COMPLAINT)
    names = ("acknowledge", "respond", "update", "resolve")
    return {name: NEVER if known is None else getattr(known, name) for name in names}


@for_all(cases(), hours, st.integers(1, 9 * 24))
@settings(max_examples=200, deadline=None)
def test_a_wait_for_the_customer_brings_no_deadline_forward(history: list[Event], begins: int, length: int) -> None:
    """A wait that is told among whatever else happened; where it falls into one for a vendor, that one ends earlier.

    A reopening within it is left out: it contradicts a complaint that is open, but may follow one that time resolved.
    """
    start, end = examples.day(0, begins + 0.5), examples.day(0, begins + length + 0.5)
    history = [event for event in history if not (isinstance(event, e.ComplaintReopened) and start < event.at < end)]
    wait = [
        a(e.ComplaintWaiting, at=start, waiting_for="customer", id=examples.uid("wait")),
        a(e.ComplaintResumed, at=end, id=examples.uid("resume")),
    ]
    last = max(event.at for event in history)
    ahead = a(e.NoteAdded, at=max(last, end) + 1, id=examples.uid("note"), pinned=False)
    without, paused = dated([*history, ahead]), dated([*history, *wait, ahead])
    assert {step: at for step, at in paused.items() if at < without[step]} == {}


@for_all(cases(), hours, st.integers(1, 9 * 24))
@settings(max_examples=100, deadline=None)
def test_a_wait_for_others_moves_no_deadline(history: list[Event], begins: int, length: int) -> None:
    start, end = examples.day(0, begins + 0.5), examples.day(0, begins + length + 0.5)
    wait = [
        a(e.ComplaintWaiting, at=start, waiting_for="problem", id=examples.uid("wait")),
        a(e.ComplaintResumed, at=end, id=examples.uid("resume")),
    ]
    last = max(event.at for event in history)
    ahead = a(e.NoteAdded, at=max(last, end) + 1, id=examples.uid("note"), pinned=False)
    assert dated([*history, *wait, ahead]) == dated([*history, ahead])
