"""Order of folding, corrections and voids."""

import random

import msgspec
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.order import RANK, amend, effective, key
from domain.vocabulary import TYPES
from tests import examples
from tests.projections.histories import histories
from tests.spec import a, numbered


def staff(history: list[e.Event]) -> list[str | None]:
    return [event.staff for event in effective(history) if isinstance(event, e.CallMade)]


def corrected(call: e.CallMade, staff: str, **fields: object) -> e.TouchpointCorrected:
    data = {"direction": "inbound", "staff": staff}
    return a(e.TouchpointCorrected, 9, target=call.id, target_type="call.made.v1", data=data, **fields)


def voided(target: e.Event, **fields: object) -> e.TouchpointVoided:
    return a(e.TouchpointVoided, 9, target=target.id, **fields)


def test_every_type_has_a_rank_and_the_rank_follows_the_page() -> None:
    assert list(RANK) == list(TYPES.values())
    assert RANK[e.ComplaintOpened] < RANK[e.ComplaintResolved] < RANK[e.ComplaintReopened]


def test_time_then_sequence_then_cause_then_id_decide() -> None:
    resolved = a(e.ComplaintResolved, 1)
    opened = a(e.ComplaintOpened, 1)
    earlier = a(e.CallMade, 0, 5)
    later_by_sequence = a(e.CallMade, 1, sequence="2")
    assert effective([later_by_sequence, resolved, opened, earlier]) == [earlier, opened, resolved, later_by_sequence]


@for_all(histories(amended=True), st.randoms())
@settings(max_examples=100, deadline=None)
def test_arrival_in_memory_does_not_matter(history: list[e.Event], chance: random.Random) -> None:
    shuffled = history.copy()
    chance.shuffle(shuffled)
    assert amend(shuffled) == amend(history)
    assert [key(event) for event in effective(history)] == sorted(key(event) for event in effective(history))


def test_a_correction_stands_in_its_targets_place() -> None:
    call = a(e.CallMade, 1, sequence="7")
    history = numbered([call, corrected(call, "citra", time=examples.moment(3))])
    [event] = effective(history)
    assert isinstance(event, e.CallMade)
    assert (event.id, event.sequence, event.staff, event.at, event.version) == (
        call.id,
        "7",
        "citra",
        examples.day(3),
        2,
    )


def test_without_a_time_the_target_keeps_its_own() -> None:
    call = a(e.CallMade, 1)
    [event] = effective(numbered([call, corrected(call, "citra", time=None)]))
    assert (event.at, event.offset) == (call.at, call.offset)


def test_of_several_amendments_the_last_recorded_counts() -> None:
    call = a(e.CallMade, 1)
    first, second = corrected(call, "citra", time=None), corrected(call, "dewi", time=None)
    assert staff(numbered([second, call, first])) == ["citra"]
    assert effective(numbered([call, first, voided(call)])) == []
    assert staff(numbered([call, voided(call), second])) == ["dewi"]


def test_a_void_takes_away_and_a_voided_void_gives_back() -> None:
    call = a(e.CallMade, 1)
    void = voided(call)
    assert effective(numbered([call, void])) == []
    assert [event.id for event in effective(numbered([call, void, voided(void)]))] == [call.id]
    assert effective(numbered([call, void, again := voided(void), voided(again)])) == []


def test_a_voided_correction_is_as_if_never_made() -> None:
    call = a(e.CallMade, 1)
    correction = corrected(call, "citra", time=None)
    assert staff(numbered([call, correction, voided(correction)])) == ["ani"]


def test_what_finds_no_target_or_does_not_fit_stays_visible() -> None:
    call = a(e.CallMade, 1)
    awaiting = a(e.TouchpointVoided, 2, target=examples.uid("not here yet"))
    other_type = msgspec.structs.replace(corrected(call, "citra"), target_type="visit.made.v1")
    nonsense = msgspec.structs.replace(corrected(call, "citra"), data={"direction": "sideways"})
    history = amend(numbered([call, awaiting, other_type]))
    assert [type(event) for event in history.events] == [e.CallMade, e.TouchpointVoided, e.TouchpointCorrected]
    assert (history.corrected, history.voided) == (0, 0)
    assert [type(event) for event in effective(numbered([call, nonsense]))] == [e.CallMade, e.TouchpointCorrected]


def test_voids_in_a_ring_end_and_do_not_depend_on_arrival() -> None:
    one = a(e.TouchpointVoided, 1, id=examples.uid("ring 1"), target=examples.uid("ring 2"), version=1)
    other = a(e.TouchpointVoided, 1, id=examples.uid("ring 2"), target=examples.uid("ring 1"), version=2)
    assert amend([one, other]) == amend([other, one])
    itself = a(e.TouchpointVoided, 1, id=examples.uid("self"), target=examples.uid("self"), version=1)
    assert effective([itself]) == [itself]


def test_a_long_chain_of_voids_is_no_problem() -> None:
    call = a(e.CallMade, 0)
    chain: list[e.Event] = [call]
    for _ in range(3001):
        chain.append(voided(chain[-1]))
    assert effective(numbered(chain)) == []
