"""A pass over the ledger gives what the histories give, cut at any coordinates, in however many processes."""

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.events import ComplaintOpened, ComplaintResolved, Event, ProductListed, RulebookPromoted
from domain.rules import Rules, compile_rules, first_rules, shipped
from projections import catalogue, parallel
from projections.reports import running
from projections.reports.registry import REPORTS
from projections.reports.report import Made
from projections.reports.running import Wanted
from tests.examples import STORY, day, uid
from tests.projections import given
from tests.projections.reporting import asked, frame, gathered
from tests.spec import a

Connection = psycopg.Connection[Any]
ALL = tuple(REPORTS)


@pytest.fixture
def ledger(database: str) -> Iterator[Connection]:
    given.prepare(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


def rules(version: str) -> Rules:
    if version != "v1":
        raise LookupError(f"no rulebook {version}")
    return first_rules()


def told(seed: int, customers: int = 8) -> dict[str, list[Event]]:
    """The shared story, some of it left out and moved for each customer."""
    chance = random.Random(seed)
    return {
        given.new_id(chance): [
            a(type(event), chance.randrange(400), **_own(event, number))
            for event in STORY
            if chance.random() < 0.7 and event.id not in {uid("touchpoint.corrected.v1"), uid("touchpoint.voided.v1")}
        ]
        for number in range(customers)
    }


def _own(event: Event, number: int) -> dict[str, Any]:
    names = [n for n in ("complaint", "purchase", "promise", "prospect", "outreach") if getattr(event, n, None)]
    return {name: uid(f"{name} of {number}") for name in names}


def pass_over(url: str, processes: int, *names: str, as_of: int = day(300), known_at: int = 10**9) -> list[Made]:
    wanted = [Wanted(REPORTS[n], asked(as_of=as_of, by=REPORTS[n].default)._replace(known_at=known_at)) for n in names]
    return running.run(url, wanted, rules, "v1", processes=processes).made


def by_hand(histories: list[list[Event]], *names: str, as_of: int = day(300)) -> list[Made]:
    found: list[Made] = []
    for name in names:
        over = frame(asked(as_of=as_of, by=REPORTS[name].default))
        found.append(REPORTS[name].table(gathered(name, histories, over), over))
    return found


def anonymous(made: Made) -> list[tuple[Any, ...]]:
    """Rows without ids of customers, which histories at hand do not have, in an order of their own."""
    hidden = {i for i, c in enumerate(made.columns) if c.name in {"customer", "recorded_at"} or c.kind == "event"}
    return sorted((tuple(v for i, v in enumerate(row) if i not in hidden) for row in made.rows), key=repr)


@pytest.mark.parametrize("processes", [0, 2])
def test_every_report_over_the_ledger_is_that_over_the_histories(
    database: str, ledger: Connection, processes: int
) -> None:
    streams = told(processes)
    given.append(ledger, [(customer, event) for customer, events in streams.items() for event in events])
    unrecorded = tuple(n for n in ALL if not REPORTS[n].recorded)  # when it was recorded is the clock's affair here
    found = pass_over(database, processes, *unrecorded)
    expected = by_hand(list(streams.values()), *unrecorded)
    assert {n: anonymous(m) for n, m in zip(unrecorded, found, strict=True)} == {
        n: anonymous(m) for n, m in zip(unrecorded, expected, strict=True)
    }
    assert any(made.rows for made in found)


def test_what_was_recorded_later_is_not_known(database: str, ledger: Connection) -> None:
    streams = told(3)
    early = {customer: events[: len(events) // 2] for customer, events in streams.items()}
    position = given.append(ledger, [(c, e) for c, events in early.items() for e in events])
    given.append(ledger, [(c, e) for c, events in streams.items() for e in events[len(early[c]) :]])
    names = ("funnel", "sales", "channels", "retention")
    found = pass_over(database, 0, *names, known_at=position)
    assert [anonymous(m) for m in found] == [anonymous(m) for m in by_hand([e for e in early.values() if e], *names)]
    assert [anonymous(m) for m in found] != [anonymous(m) for m in pass_over(database, 0, *names)]


def test_when_events_were_recorded_decides_which_misses_could_be_known(database: str, ledger: Connection) -> None:
    streams = told(4, 20)
    given.append(ledger, [(customer, event) for customer, events in streams.items() for event in events])
    [made] = pass_over(database, 0, "misses")
    kinds = {row[[c.name for c in made.columns].index("kind")] for row in made.rows}
    assert kinds == {"could not know"}  # all of it was recorded now, long after


def test_who_cannot_be_folded_is_named_and_left_out(database: str, ledger: Connection) -> None:
    broken, sound = given.new_id(), given.new_id()
    given.append(ledger, [(broken, '{"type":"call.made.v1"}'), (sound, given.call(1))])  # pyright: ignore[reportArgumentType] - no event at all
    question = asked()
    done = running.run(database, [Wanted(REPORTS["channels"], question)], rules, "v1", processes=0)
    assert done.unreadable == [broken]
    assert (done.customers, len(done.made[0].rows)) == (1, 1)


def test_events_beside_customers_are_no_customers(database: str, ledger: Connection) -> None:
    listed = ProductListed(id=given.new_id(), at=given.START, source="urn:test", product="tea")
    given.append(ledger, [(given.new_id(), listed), (given.new_id(), given.call(1))])
    seen: list[int] = []
    done = running.run(
        database, [Wanted(REPORTS["funnel"], asked())], rules, "v1", processes=0, progress=seen.append
    )  # fmt: skip
    assert (done.customers, done.events, seen[-1]) == (1, 2, 2)


def test_in_force_is_what_was_promoted_as_far_as_it_was_known(database: str, ledger: Connection) -> None:
    late = [
        a(ComplaintOpened, 1, complaint="k", severity="normal"),
        a(ComplaintResolved, 20, complaint="k"),
        a(ComplaintOpened, 31, complaint="l", severity="normal"),
        a(ComplaintResolved, 51, complaint="l"),
    ]
    customer, beside = given.new_id(), given.new_id()
    position = given.append(ledger, [(customer, event) for event in late])
    given.append(ledger, [(beside, a(RulebookPromoted, 30, rulebook="v2"))])
    catalogue.record(ledger, [UUID(beside).bytes], position + 1)

    def missed(known_at: int, rulebook: str) -> tuple[int, ...]:
        question = asked(as_of=day(300), by=(), rulebook=rulebook)._replace(known_at=known_at)
        [made] = running.run(database, [Wanted(REPORTS["complaints"], question)], lenient, "v1", processes=0).made
        [row] = made.rows
        found = {c.name: value for c, value in zip(made.columns, row, strict=True)}
        return tuple(found[f"{b}_knew"] + found[f"{b}_could_not_know"] for b in ("in_force", "restated"))

    assert missed(position + 1, "in-force") == (1, 1)
    assert missed(position + 1, "v1") == (1, 2)
    assert missed(position + 1, "v2") == (1, 0)
    assert missed(position, "in-force") == (2, 2)


def lenient(version: str) -> Rules:
    """v2 gives complaints ten times as long."""
    if version == "v1":
        return first_rules()
    document: dict[str, Any] = shipped() | {"version": version}
    document["complaints"]["severities"]["normal"]["resolve"] = "50 d"
    return compile_rules(document)


def test_an_empty_ledger_gives_empty_tables(database: str, ledger: Connection) -> None:
    assert all(not any(isinstance(v, int) and v for v in row) for m in pass_over(database, 0, *ALL) for row in m.rows)


def test_a_process_that_fails_fails_the_report(database: str, ledger: Connection) -> None:
    given.append(ledger, [(given.new_id(), given.call(1))])
    with pytest.raises(parallel.Failed, match="no rulebook v9"):
        running.run(database, [Wanted(REPORTS["funnel"], asked(rulebook="v9"))], rules, "v1", processes=1)
