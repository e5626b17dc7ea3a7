"""The one fold: order, time, encoding, and totality."""

import itertools
import random

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.facts import DAY, NEVER
from domain.order import effective
from domain.rules import first_rules
from domain.vocabulary import TYPES
from projections import fold
from projections.state import State
from tests import examples
from tests.projections.histories import histories
from tests.spec import a, given, numbered

RULES = first_rules()
_decode = msgspec.msgpack.Decoder(State).decode
_encode = msgspec.msgpack.encode


@for_all(histories(amended=True), st.randoms())
@settings(max_examples=150, deadline=None)
def test_any_order_of_arrival_gives_the_same_state_and_rows(history: list[e.Event], chance: random.Random) -> None:
    shuffled = history.copy()
    chance.shuffle(shuffled)
    one, other = fold.fold(history, RULES), fold.fold(shuffled, RULES)
    assert one == other
    assert fold.render(one, RULES) == fold.render(other, RULES)


@for_all(histories())
@settings(max_examples=100, deadline=None)
def test_event_by_event_with_encoding_and_rendering_in_between_equals_a_fold_of_all(history: list[e.Event]) -> None:
    state = fold.begin()
    for event in effective(history):
        fold.advance(state, event, RULES)
        fold.render(state, RULES)
        state = _decode(_encode(state))
    whole = fold.fold(history, RULES)
    state.version = whole.version
    assert state == whole
    assert fold.render(state, RULES) == fold.render(whole, RULES)


_STANDING = [name for name, _ in fold.TABLES[1].columns]


@for_all(histories(), st.integers(0, 900))
@settings(max_examples=150, deadline=None)
def test_what_is_rendered_ahead_is_what_a_fold_finds_once_time_has_passed(history: list[e.Event], days: int) -> None:
    state = fold.fold(history, RULES)
    later = state.now + days * DAY + 1
    neutral = examples.example(e.NoteAdded, at=later, pinned=False, id=examples.uid("later"), version=len(history) + 1)
    ahead = fold.render(state, RULES)
    found = fold.render(fold.fold([*history, neutral], RULES), RULES)
    for table in ("standing", "outreach", "reactive"):
        assert _at(ahead[table], later) == _at(found[table], later), table
    assert _past(ahead["stages"], later) == _past(found["stages"], later)


def _at(rows: list[tuple], now: int) -> list[tuple]:
    return sorted((row[2:] for row in rows if row[0] <= now < row[1]), key=repr)


def _past(rows: list[tuple], now: int) -> list[tuple]:
    return [(row[0], *row[2:5]) for row in rows if row[0] <= now]


@for_all(histories(amended=True))
@settings(max_examples=100, deadline=None)
def test_stages_owners_and_standing_partition_time(history: list[e.Event]) -> None:
    state = fold.fold(history, RULES)
    rows = fold.render(state, RULES)
    for name, start in (("stages", None), ("standing", state.now if state.count else None)):
        _partition(rows[name], start)
    _partition([row for row in rows["managers"] if row[2] == "owner"], None)
    for name in ("managers", "reactive", "outreach"):
        assert all(row[0] < row[1] for row in rows[name]), name


def _partition(rows: list[tuple], start: int | None) -> None:
    for one, other in itertools.pairwise(rows):
        assert one[1] == other[0]
    assert all(row[0] < row[1] for row in rows)
    if rows and start is not None:
        assert rows[0][0] == start


@pytest.mark.parametrize(
    "kind", [k for k in TYPES.values() if not issubclass(k, e.Beside)], ids=lambda kind: kind.__name__
)
def test_each_type_alone_folds_and_renders(kind: type[e.Event]) -> None:
    rows = given(examples.EXAMPLES[kind]).rows("standing")
    assert rows[0]["from_at"] == examples.EXAMPLES[kind].at
    assert rows[-1]["until_at"] == NEVER


def test_rendering_changes_nothing() -> None:
    state = fold.fold(examples.STORY, RULES)
    before = _encode(state)
    first = fold.render(state, RULES)
    assert _encode(state) == before
    assert fold.render(state, RULES) == first


def test_columns_and_rows_have_the_same_width() -> None:
    rows = fold.render(fold.fold(examples.STORY[:40], RULES), RULES)
    for table in fold.TABLES:
        assert all(len(row) == len(table.columns) for row in rows[table.name])
    assert all(rows[table.name] for table in fold.TABLES if table.name not in ("managers", "linked"))


def test_late_amending_and_awaited_events_need_a_refold() -> None:
    call, later = a(e.CallMade, 1), a(e.CallMade, 3)
    void = a(e.TouchpointVoided, 2, target=examples.uid("awaited"))
    state = fold.fold(numbered([call, void]), RULES)
    assert not fold.needs_refold(state, later)
    assert fold.needs_refold(state, a(e.CallMade, 1))
    assert fold.needs_refold(state, a(e.TouchpointVoided, 9, target=call.id))
    assert fold.needs_refold(state, a(e.CallMade, 9, id=examples.uid("awaited")))


def test_state_stays_bounded_by_windows_and_not_by_history() -> None:
    def size(years: int) -> int:
        calls = [a(e.CallMade, day) for day in range(365 * years)]
        purchases = [a(e.PurchaseMade, day, 1, purchase=examples.uid(f"p {day}")) for day in range(0, 365 * years, 3)]
        return len(_encode(fold.fold(numbered([*calls, *purchases]), RULES)))

    assert size(4) < size(2) * 1.2


def test_a_cold_start_knows_nothing() -> None:
    assert all(not rows for rows in fold.render(fold.begin(), RULES).values())


def test_a_rule_that_asks_again_without_end_ends_the_fold_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold, "_MOST_TURNS", 100)
    monkeypatch.setattr(fold.lifecycle, "judge", lambda state, *_: setattr(state, "stage_due", -NEVER))
    with pytest.raises(fold.Endless, match="rulebook v1"):
        fold.fold([a(e.CallMade, 1), a(e.CallMade, 9)], RULES)
