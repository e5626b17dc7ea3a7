"""What the ledger refuses leaves no trace, and nobody speaks in its name."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
from psycopg import sql

from domain.errors import InvalidEvent, NotEmpty
from domain.ledger import Ledger
from tests.ledgers import Home, cloud, opened, record


def test_history_that_is_refused_as_a_whole_leaves_no_trace_in_the_indexes(ledger: Ledger) -> None:
    record(ledger, cloud("first", subject="crm:L-trace"))
    held = {"kind": "phone", "value": "+62 812 7777 0001"}
    late = cloud("late", "customer.identified", held, subject="crm:L-trace-2", recordedtime="2026-03-01T00:00:00Z")
    outcomes = ledger.record([late], actor="tester", backfill=True)
    assert isinstance(outcomes[0], NotEmpty)
    assert ledger.router.find(ledger.door.contact_point("+62 812 7777 0001"), 2**60) == []


def test_positions_are_given_out_once_whatever_the_servers_default_isolation(make_home: Callable[[], Home]) -> None:
    home = make_home()
    with psycopg.connect(home.ledger, autocommit=True) as c:
        named = sql.Identifier(c.info.dbname)
        c.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'").format(named))
    with opened(home) as ledger:

        def send(writer: int) -> None:
            for n in range(10):
                record(ledger, *(cloud(f"{writer}-{n}-{i}", subject=f"crm:I-{writer}") for i in range(1 + n % 3)))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(send, range(4)))
        positions = [r.position for r in ledger.feed(0, 1_000)]
    assert positions == list(range(1, len(positions) + 1))
    assert len(positions) > 4 * 19


def test_nobody_speaks_in_the_name_of_the_ledger_itself(ledger: Ledger) -> None:
    outcome = ledger.record([cloud("own", source="urn:jejak:identity")], actor="tester")[0]
    assert isinstance(outcome, InvalidEvent)
    assert outcome.pointer == "/source"
