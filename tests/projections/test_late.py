"""What arrives late changes what was true then, and never what was known before it arrived."""

from typing import Any
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from api.queueing import QUEUES
from domain import events as e
from domain.rules import Rules, first_rules
from projections import fold
from projections.engine import Engine
from projections.reading import Reader
from tests import examples
from tests.api.conftest import clear
from tests.projections import given
from tests.projections.asked import comparable, told_in_turns, whole
from tests.projections.given import append
from tests.projections.histories import events, histories
from tests.projections.rulebooks import rulebooks

Told = list[tuple[str, e.Event]]
Answers = dict[tuple[str, str], list[bytes]]

CLOCKS = [examples.day(day) for day in (0.5, 31, 200, 365.25, 600)]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
NEW = examples.uid("the customer of whom nothing was known")


def test_late_events_change_no_answer_for_an_earlier_knowledge_nor_for_an_earlier_time(database: str) -> None:
    given.prepare(database)
    # Not shrunk: each example asks a database, and shrinking would take minutes.

    @for_all(st.data())
    @settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=SLOW)
    def ask(data: st.DataObject) -> None:
        rules = data.draw(rulebooks(version="v1"))
        streams = {str(UUID(int=n + 1)): data.draw(histories(20, amended=True)) for n in range(3)}
        told = told_in_turns(streams, data.draw(st.randoms(use_true_random=False)))
        late: Told = [
            (data.draw(st.sampled_from([*streams, NEW])), data.draw(events(1_000 + number)))
            for number in range(data.draw(st.integers(1, 3)))
        ]
        with psycopg.connect(database, autocommit=True) as connection:
            clear(connection, ["ledger", "rows"])
            head = append(connection, told)
            before = _follow_and_ask(database, connection, rules)
            append(connection, late)
            after = _follow_and_ask(database, connection, rules)
            then = _follow_and_ask(database, connection, rules, head)
        first = min(event.at for _, event in late)
        for clock in CLOCKS:
            assert before[clock] == then[clock]
            if clock < first:
                assert before[clock] == after[clock]

    ask()


def test_a_late_event_changes_what_was_true_since(database: str) -> None:
    """So that the property above does not hold for the reason that nothing ever changes."""
    given.prepare(database)
    rules = first_rules()
    told = [("00000000-0000-0000-0000-000000000001", examples.example(e.CallMade, at=examples.day(30), version=1))]
    late = examples.example(e.PurchaseMade, at=examples.day(10), id=examples.uid("late"))
    with psycopg.connect(database, autocommit=True) as connection:
        append(connection, told)
        before = _follow_and_ask(database, connection, rules)
        append(connection, [(told[0][0], late)])
        after = _follow_and_ask(database, connection, rules)
    assert before[CLOCKS[0]] == after[CLOCKS[0]]
    assert all(before[clock] != after[clock] for clock in CLOCKS[1:])


def _follow_and_ask(
    url: str, connection: psycopg.Connection[Any], rules: Rules, known: int | None = None
) -> dict[int, Answers]:
    """Every answer of everybody and every queue at the clocks, as known at a position."""
    Engine(url, fold, lambda _: rules, "v1", given.QUICK).catch_up()
    reader = Reader(fold, lambda _: rules)
    customers = [row[0] for row in connection.execute("SELECT DISTINCT customer::text FROM ledger.events")]
    found: dict[int, Answers] = {}
    for clock in CLOCKS:
        answers: Answers = {}
        for customer in customers:
            answer = reader.customer(connection, customer, clock, known)
            answers |= {(customer, t): comparable(rows) for t, rows in (answer.tables if answer else {}).items()}
        answers |= {("", name): whole(reader, connection, queue, clock, known) for name, queue in QUEUES.items()}
        found[clock] = answers
    return found
