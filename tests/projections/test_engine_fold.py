"""The engine with the real fold: following in any pieces, over kept states or none, gives what one fold of all gives."""

import random
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.events import Event
from domain.rules import first_rules
from projections import fold, folding, generations
from projections.engine import Engine, Pace
from projections.shapes import Shape
from tests.projections import given
from tests.projections.given import append, new_id
from tests.projections.histories import histories

RULES = first_rules()
_SHAPES = {table.name: Shape(table) for table in fold.TABLES}
_KEPT_EVERY = 4  # instead of the engine's stride, so that short histories leave kept states too


def test_a_correction_that_does_not_fit_stands_at_its_own_moment(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "STRIDE", _KEPT_EVERY)
    monkeypatch.setattr(folding.Folder.__init__, "__defaults__", (20_000, _KEPT_EVERY))
    given.prepare(database)
    customer = new_id()
    # Given events of which states are kept, what comes last of them, and a correction that takes it for a visit
    wrong = given.call(900)
    early = msgspec.structs.replace(given.corrected(5, wrong), target_type="visit.made.v1")
    history = [*(given.call(minute) for minute in range(10, 90)), early, wrong]
    with psycopg.connect(database, autocommit=True) as ledger:
        append(ledger, [(customer, event) for event in history[:-2]])
        _engine(database, given.QUICK).catch_up()
        # When both arrive together, the correction from before all that was folded
        append(ledger, [(customer, event) for event in history[-2:]])
        _engine(database, given.QUICK).catch_up()
        # Then the rows are those of one fold
        _assert_rows(ledger, {customer: _numbered(history)})


def test_corrections_in_any_order_and_pieces_give_the_rows_of_one_fold(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "STRIDE", _KEPT_EVERY)
    monkeypatch.setattr(folding.Folder.__init__, "__defaults__", (20_000, _KEPT_EVERY))
    given.prepare(database)

    @for_all(st.lists(histories(amended=True), min_size=4, max_size=4), st.randoms(use_true_random=False))
    @settings(
        max_examples=12,
        deadline=None,
        phases=[Phase.generate],  # not shrunk: each example asks a database
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )
    def follow(many: list[list[Event]], chance: random.Random) -> None:
        streams = {new_id(): _shuffled(history, chance) for history in many}
        _record_and_follow(database, streams, chance)
        with psycopg.connect(database, autocommit=True) as ledger:
            _assert_rows(ledger, streams)

    follow()


def _assert_rows(ledger: psycopg.Connection[Any], streams: dict[str, list[Event]]) -> None:
    """The rows of these customers are those of one fold of each."""
    assert ledger.execute("SELECT reason FROM rows.parked").fetchall() == []
    for customer, history in streams.items():
        for name, rows in fold.render(fold.fold(history, RULES), RULES).items():
            expected = [_SHAPES[name].rendered(customer, row) for row in rows]
            assert _comparable(_written(ledger, name, customer)) == _comparable(expected), name


def _shuffled(history: list[Event], chance: random.Random) -> list[Event]:
    """In any order of arrival, so that amendments come before what they amend; or in time, each after its target."""
    chance.shuffle(history)
    if chance.random() < 0.5:
        when = {event.id: event.at for event in history}
        history.sort(key=lambda event: (when.get(getattr(event, "target", event.id), event.at), event.at))
    return _numbered(history)


def _numbered(history: list[Event]) -> list[Event]:
    return [msgspec.structs.replace(event, version=version) for version, event in enumerate(history, 1)]


def _record_and_follow(url: str, streams: dict[str, list[Event]], chance: random.Random) -> None:
    """In pieces, of all customers in turns, each followed by an engine that begins anew."""
    turns = [customer for customer, history in streams.items() for _ in history]
    chance.shuffle(turns)
    coming = {customer: iter(history) for customer, history in streams.items()}
    told = [(customer, next(coming[customer])) for customer in turns]
    # An engine that catches up begins anew from what was kept; from batch to batch it goes on from memory.
    pace = given.QUICK._replace(capacity=chance.choice([1, 2, 100]), batch=chance.choice([1, 3, 10, 1000]))
    with psycopg.connect(url, autocommit=True) as ledger:
        while told:
            size = chance.choice([3, 10, 40, 100])
            append(ledger, told[:size])
            del told[:size]
            _engine(url, pace).catch_up()


def _engine(url: str, pace: Pace) -> Engine:
    return Engine(url, fold, lambda _: RULES, "v1", pace)


def _written(ledger: psycopg.Connection[Any], name: str, customer: str) -> list[dict[str, Any]]:
    shape = _SHAPES[name]
    query = f"SELECT {', '.join(shape.names)} FROM rows.{name} WHERE generation = 1 AND customer = %s"
    return [shape.selected(row) for row in ledger.execute(generations.ours(query), [customer])]


def _comparable(rows: list[dict[str, Any]]) -> list[bytes]:
    """Rows as JSON, so that numbers and instants look alike wherever they come from."""
    return sorted(msgspec.json.encode(row, order="deterministic") for row in rows)
