"""An answer at any coordinates equals a fold of the history filtered by hand."""

from typing import Any
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from api.queueing import QUEUES
from domain import events as e
from domain.facts import DAY, HOUR, NEVER
from domain.order import effective
from domain.rules import Rules
from projections import fold
from projections.engine import Engine
from projections.inforce import Schedule
from projections.reading import Reader
from tests import examples
from tests.api.conftest import clear
from tests.projections import byhand, given
from tests.projections.asked import comparable, shown, told_in_turns, whole
from tests.projections.given import append
from tests.projections.histories import histories
from tests.projections.rulebooks import rulebooks

# Before all, at the instants of events, between them, at those of corrections, past every horizon.
CLOCKS = st.sampled_from([-1, 0, 1, 30, 30.5, 90, 100, 365, 499, 700, 5000]).map(examples.day) | st.integers(
    0, 900
).map(lambda days: examples.day(0) + days * DAY + HOUR)

BESIDE = examples.uid("the company's own stream")


@for_all(histories(amended=True), CLOCKS)
@settings(max_examples=150, deadline=None)
def test_amendments_and_order_are_as_by_hand(history: list[e.Event], as_of: int) -> None:
    assert [event for event in effective(history) if event.at <= as_of] == byhand.filtered(history, as_of)


@for_all(histories(amended=True), CLOCKS, st.integers(0, 60), rulebooks())
@settings(max_examples=100, deadline=None)
def test_one_fold_of_all_is_a_fold_of_the_history_filtered_by_hand(
    history: list[e.Event], as_of: int, known: int, rules: Rules
) -> None:
    state = byhand.folded(history[:known], as_of, rules)
    later = [event for event in effective(history[:known]) if event.at > as_of]
    at_once = fold.fold([event for event in effective(history[:known]) if event not in later], rules)
    if state is None:
        assert not at_once.count
    else:
        assert fold.render(state, rules) == fold.render(at_once, rules)


def test_reader_answers_as_by_hand(database: str) -> None:
    """Of each customer every table, and every queue as a whole; whatever was recorded in whatever pieces."""
    given.prepare(database)
    # Not shrunk: each example asks a database, and shrinking would take minutes.

    @for_all(st.data())
    @settings(
        max_examples=12,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    def ask(data: st.DataObject) -> None:
        rules = {version: data.draw(rulebooks(version=version)) for version in ("v1", "v2")}
        streams = {str(UUID(int=n + 1)): data.draw(histories(20, amended=True)) for n in range(3)}
        streams[BESIDE] = [examples.example(e.RulebookPromoted, at=data.draw(CLOCKS), rulebook="v2")]
        with psycopg.connect(database, autocommit=True) as connection:
            clear(connection, ["ledger", "rows"])
            told = told_in_turns(streams, data.draw(st.randoms(use_true_random=False)))
            pieces = data.draw(st.lists(st.integers(1, 30), max_size=3))
            for piece in [*pieces, len(told)]:
                begun = _head(connection)
                append(connection, told[begun : begun + piece])
                Engine(database, fold, rules.__getitem__, "v1", given.QUICK).catch_up()
            connection.execute("SET ROLE jejak_api")
            for _ in range(4):
                as_of = data.draw(CLOCKS)
                known = data.draw(st.none() | st.integers(0, len(told) + 1))
                rulebook = data.draw(st.sampled_from([None, "v2", "in-force"]))
                _compare(connection, rules, told, as_of, known, rulebook)

    ask()


def _head(connection: psycopg.Connection[Any]) -> int:
    [head] = connection.execute("SELECT coalesce(max(last), 0) FROM ledger.commits").fetchone() or (0,)
    return head


def _compare(
    connection: psycopg.Connection[Any],
    rules: dict[str, Rules],
    told: list[tuple[str, e.Event]],
    as_of: int,
    known: int | None,
    rulebook: str | None,
) -> None:
    reader = Reader(fold, rules.__getitem__)
    known_of: dict[str, list[e.Event]] = {}
    for customer, event in told[:known]:
        known_of.setdefault(customer, []).append(event)
    promoted = known_of.pop(BESIDE, [])
    active = given.live(connection).rulebook
    judge = rules[rulebook or active] if rulebook != "in-force" else _in_force(rules, promoted)
    for customer, history in known_of.items():
        found = reader.customer(connection, customer, as_of, known, rulebook=rulebook)
        expected = byhand.answers(history, as_of, judge)
        assert (found is None) is (not expected)
        for table, rows in expected.items():
            assert found is not None
            assert comparable(found.tables[table]) == comparable(shown(table, customer, rows)), table
    for name, queue in QUEUES.items():
        expected_queue = byhand.queue(name, known_of, as_of, judge)
        assert whole(reader, connection, queue, as_of, known, rulebook=rulebook) == [
            comparable(shown("reactive" if name == "complaints" else "outreach", row["customer"], [row]))[0]
            for row in expected_queue
        ], name


def _in_force(rules: dict[str, Rules], promoted: list[e.Event]) -> Schedule:
    return Schedule([(-NEVER, rules["v1"]), *((event.at, rules["v2"]) for event in promoted)])
