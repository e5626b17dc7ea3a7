"""What the ledger refuses leaves no trace, and nobody speaks in its name."""

from domain.errors import InvalidEvent, NotEmpty
from domain.ledger import Ledger
from tests.ledgers import cloud, record


def test_history_that_is_refused_as_a_whole_leaves_no_trace_in_the_indexes(ledger: Ledger) -> None:
    record(ledger, cloud("first", subject="crm:L-trace"))
    held = {"kind": "phone", "value": "+62 812 7777 0001"}
    late = cloud("late", "customer.identified", held, subject="crm:L-trace-2", recordedtime="2026-03-01T00:00:00Z")
    outcomes = ledger.record([late], actor="tester", backfill=True)
    assert isinstance(outcomes[0], NotEmpty)
    assert ledger.router.find(ledger.door.contact_point("+62 812 7777 0001"), 2**60) == []


def test_nobody_speaks_in_the_name_of_the_ledger_itself(ledger: Ledger) -> None:
    outcome = ledger.record([cloud("own", source="urn:jejak:identity")], actor="tester")[0]
    assert isinstance(outcome, InvalidEvent)
    assert outcome.pointer == "/source"
