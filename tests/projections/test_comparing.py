"""Two generations beside each other: every number and every name is what folding each customer by hand gives."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
import psycopg
import pytest

from domain.events import (
    ComplaintOpened,
    CustomerRegistered,
    Event,
    OutreachPlanned,
    PurchaseMade,
)
from domain.facts import micros
from domain.order import effective
from domain.rules import Rules, compile_rules, shipped
from projections import comparing, fold
from projections.comparing import Difference, Pair, Side
from projections.comparing.changes import LOWEST
from projections.engine import Engine
from projections.generations import Generation
from projections.rebuild import rebuild
from projections.shapes import instant
from tests import examples
from tests.examples import example
from tests.projections import given
from tests.projections.given import append, new_id
from tests.projections.test_reading import story

Connection = psycopg.Connection[Any]
Told = Sequence[tuple[str, Event]]

NOW = examples.day(215)  # after the last of a story's events


@cache
def rules(version: str) -> Rules:
    """v1 is the one that comes with Jejak; the others differ from it in what their name says."""
    document: dict[str, Any] = shipped() | {"version": version}
    clauses = {clause["name"]: clause for clause in document["lifecycle"]["clauses"]}
    match version:
        case "loyal-at-six" | "loyal-at-seven":
            criteria = clauses["loyal-and-regular"]["all"]
            criteria[1]["at_least"] = 6 if version == "loyal-at-six" else 7
            next(c for c in criteria if c["measure"] == "trust")["at_least"] = 50
        case "silver-at-more":
            document["tiers"]["levels"][2]["at_least"]["IDR"] = 20_000_000
        case "quicker":
            document["complaints"]["severities"]["high"]["resolve"] = "1 d"
        case "otherwise":  # in many ways at once
            clauses["silent-too-long"]["all"][0] |= {"at_least": "20 days", "intervals": 0, "at_most": "30 days"}
            document["tiers"]["levels"][3]["over"]["IDR"] = 400_000
            document["complaints"]["severities"]["high"] |= {"resolve": "1 d", "respond": "6 h"}
            document["complaints"]["answer_within"] = "8 d"
            document["cadence"]["stages"]["expansion"]["*"] = {"times": 1, "months": 1}
        case _:
            pass
    return compile_rules(document)


@pytest.fixture
def ledger(database: str) -> Iterator[Connection]:
    given.prepare(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


def beside(url: str, ledger: Connection, told: Told, other: str, first: str = "v1", **how: Any) -> Pair:
    """Record it all, fold it under one rulebook, and build it under another one beside."""
    append(ledger, told)
    Engine(url, fold, rules, first, given.QUICK).catch_up()
    new = rebuild(url, fold, rules, other, processes=1, **how)
    return pair(given.live(ledger), new)


def pair(old: Generation, new: Generation, now: int = NOW) -> Pair:
    return Pair(Side(old, rules(old.rulebook)), Side(new, rules(new.rulebook)), instant(now))


def compared(ledger: Connection, of: Pair) -> tuple[comparing.Figures, list[Difference]]:
    with ledger.transaction():
        ledger.execute("SET LOCAL ROLE jejak_api")
        return comparing.figures(ledger, of), list(comparing.differences(ledger, of))


# --- by hand ----------------------------------------------------------------------------------------------------------


def histories(told: Told) -> dict[str, list[Event]]:
    streams: dict[str, list[Event]] = {}
    for customer, event in told:
        stream = streams.setdefault(customer, [])
        stream.append(msgspec.structs.replace(event, version=len(stream) + 1))
    return {customer: list(effective(events)) for customer, events in streams.items()}


class Stand:
    """How one customer stands at the clock under one rulebook, folded and not read from rows."""

    def __init__(self, history: Sequence[Event], version: str) -> None:
        judging = rules(version)
        state = fold.fold(history, judging)
        rendered = fold.render(state, judging)
        fold.settle(state, judging)
        self.net = {c: Decimal(v) for c, v in state.tier.net.items()}  # as of the last event
        self.queues = {name: self._items(rendered, name, judging) for name in ("reactive", "outreach")}
        fold.settle(state, judging, NOW)
        self.stage, self.tier = state.stage, judging.tier_names[state.level]

    def _items(self, rendered: Mapping[str, Any], name: str, judging: Rules) -> dict[str, tuple[Any, ...]]:
        columns = [c for c, _ in next(t for t in fold.TABLES if t.name == name).columns]
        rank = ("lateness", "severity", "ranked_at") if name == "reactive" else ("class", "due_at")
        found: dict[str, tuple[Any, ...]] = {}
        for values in rendered[name]:
            row = dict(zip(columns, values, strict=True))
            stands = name == "reactive" or (row["ready"] and row["due_at"] <= NOW)
            if row["from_at"] <= NOW < row["until_at"] and stands:
                found[row["item"]] = (*(row[c] for c in rank), judging.tier_names[row["tier"]])
        return found


def moves(old: Mapping[str, Any], new: Mapping[str, Any]) -> Counter[str]:
    return Counter(
        "in" if item not in old else "out" if item not in new else "moved" if old[item] != new[item] else "stay"
        for item in old.keys() | new.keys()
    )


# --- tests ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_figures_and_names_are_those_of_folding_everybody_by_hand(database: str, ledger: Connection, seed: int) -> None:
    told = story(random.Random(seed), 25, 400)
    of = beside(database, ledger, told, "otherwise")
    figures, found = compared(ledger, of)
    stands = {c: (Stand(h, "v1"), Stand(h, "otherwise")) for c, h in histories(told).items()}

    assert figures.customers == (len(stands), 0, 0, 0, 0, 0)
    assert {(c.old, c.new): c.customers for c in figures.stages} == Counter(
        (a.stage, b.stage) for a, b in stands.values()
    )
    assert {(c.old, c.new): c.customers for c in figures.tiers} == Counter((a.tier, b.tier) for a, b in stands.values())
    for cell in figures.tiers:
        money: Counter[str] = Counter()
        for a, b in stands.values():
            if (a.tier, b.tier) == (cell.old, cell.new):
                money.update(a.net)
        assert cell.net == dict(money)
    for name, seen in (("reactive", figures.complaints), ("outreach", figures.outreach)):
        counted = sum((moves(a.queues[name], b.queues[name]) for a, b in stands.values()), Counter[str]())
        assert seen == tuple(counted[n] for n in ("in", "out", "moved", "stay"))

    differ = {c for c, (a, b) in stands.items() if (a.stage, a.tier, a.queues) != (b.stage, b.tier, b.queues)}
    assert differ
    assert differ <= {d.customer for d in found}
    assert [d.customer for d in found] == sorted(d.customer for d in found)
    assert figures.differ == len(found)
    for difference in found:
        a, b = stands[difference.customer]
        assert difference.changes
        for change in difference.changes:
            if change.what == "stage":
                assert change.old is not None
                assert change.new is not None
                assert (change.old["stage"], change.new["stage"]) == (a.stage, b.stage)
            if change.what in ("complaints", "outreach"):
                name = "reactive" if change.what == "complaints" else "outreach"
                assert (change.old is None, change.new is None) == (
                    change.item not in a.queues[name],
                    change.item not in b.queues[name],
                )


def test_the_same_rules_differ_in_nothing(database: str, ledger: Connection) -> None:
    of = beside(database, ledger, story(random.Random(5), 12, 200), "v1")
    figures, found = compared(ledger, of)
    assert found == []
    assert figures.differ == 0
    assert all(cell.old == cell.new for cell in (*figures.stages, *figures.tiers))


def bought(times: int, each: str = "1000000") -> list[Event]:
    """So many purchases, two weeks apart, the last one close to the clock."""
    registered = example(CustomerRegistered, id=new_id(), at=examples.day(100))
    purchases = [
        example(
            PurchaseMade,
            id=new_id(),
            at=examples.day(213 - 14 * n),
            purchase=new_id(),
            currency="IDR",
            total=each,
            lines=(),
        )
        for n in range(times)
    ]
    return [registered, *purchases]


def cause(ledger: Connection, told: Told, of: Pair, customer: str, what: str) -> dict[str, Any]:
    with ledger.transaction():
        (difference,) = comparing.differences(ledger, of, customers=[customer])
    history = histories(told)[customer]
    causes = comparing.explain(difference.changes, history, of.old.rules, of.new.rules, NOW)
    found = next(c for change, c in zip(difference.changes, causes, strict=True) if change.what == what)
    assert found is not None
    return found


@pytest.mark.parametrize(("first", "other", "mover"), [("six", "seven", "old"), ("seven", "six", "new")])
def test_a_stage_names_the_clause_and_the_criterion_that_made_the_difference(
    database: str, ledger: Connection, first: str, other: str, mover: str
) -> None:
    told = [(c, e) for c, times in ((new_id(), 6), (new_id(), 7), (new_id(), 5)) for e in bought(times)]
    six = told[0][0]
    of = beside(database, ledger, told, f"loyal-at-{other}", f"loyal-at-{first}")
    _, found = compared(ledger, of)
    assert [d.customer for d in found] == [six]
    seen = cause(ledger, told, of, six, "stage")
    assert (seen["clause"], seen["taken_under"], seen["from"], seen["to"]) == (
        "loyal-and-regular", mover, "expansion", "commitment",
    )  # fmt: skip
    (differs,) = seen["differs"]
    stayer = "new" if mover == "old" else "old"
    assert [(differs[side]["value"], differs[side]["threshold"]) for side in (mover, stayer)] == [
        ("6", "6"),
        ("6", "7"),
    ]
    (change,) = [c for c in found[0].changes if c.what == "stage"]
    assert change.old is not None
    assert change.new is not None
    assert {change.old["stage"], change.new["stage"]} == {"expansion", "commitment"}


def test_a_tier_is_measured_against_both_thresholds(database: str, ledger: Connection) -> None:
    told = [(c, e) for c, each in ((new_id(), "5000000"), (new_id(), "9000000")) for e in bought(3, each)]
    below, above = told[0][0], told[-1][0]
    of = beside(database, ledger, told, "silver-at-more")
    _, found = compared(ledger, of)
    assert [d.customer for d in found] == [below]
    seen = cause(ledger, told, of, below, "tier")
    assert above != below
    assert seen["tier"] == "silver"
    assert [(seen[s]["net"], seen[s]["at_least"], seen[s]["met"]) for s in ("old", "new")] == [
        ({"IDR": "15000000"}, {"IDR": "10000000"}, True),
        ({"IDR": "15000000"}, {"IDR": "20000000"}, False),
    ]


def test_a_deadline_says_by_how_many_working_hours_and_by_what_rule(database: str, ledger: Connection) -> None:
    customer, complaint = new_id(), new_id()
    opened = example(ComplaintOpened, id=new_id(), at=examples.day(210), complaint=complaint, severity="high")
    told: Told = [(customer, e) for e in (*bought(1), opened)]
    of = beside(database, ledger, told, "quicker")
    figures, found = compared(ledger, of)
    shift = figures.deadlines["resolve"]
    assert (shift.earlier, shift.later, shift.hours_earlier) == (1, 0, 8.0)
    assert list(figures.deadlines) == ["resolve"]
    (change,) = [c for d in found for c in d.changes if c.what == "deadline"]
    assert (change.item, change.hours) == (complaint, -8.0)
    seen = cause(ledger, told, of, customer, "deadline")
    assert [(seen[s]["severity"], seen[s]["hours"], seen[s]["factor"]) for s in ("old", "new")] == [
        ("high", 16.0, 1.0),
        ("high", 8.0, 1.0),
    ]
    (cell,) = [c for c in figures.stages if c.deadlines.earlier]
    assert cell.deadlines.hours_earlier == 8.0


def test_what_people_planned_keeps_its_date_and_says_so(database: str, ledger: Connection) -> None:
    customer, item = new_id(), new_id()
    planned = example(OutreachPlanned, id=new_id(), at=examples.day(205), outreach=item, due=examples.moment(214))
    told: Told = [(customer, e) for e in (*bought(3, "5000000"), planned)]
    of = beside(database, ledger, told, "silver-at-more")
    figures, (found,) = compared(ledger, of)
    assert figures.planned == (1, 0)
    (kept,) = found.kept
    assert (kept["item"], kept["class"], kept["due_at"]) == (item, "planned", instant(examples.day(214)))
    why = ledger.execute(
        "SELECT DISTINCT why FROM rows.outreach WHERE item = %s AND generation = %s", [item, of.new.generation.id]
    ).fetchall()
    assert [w[0]["kept"] for w in why] == [True]


def test_a_sample_is_compared_with_the_same_customers_alone(database: str, ledger: Connection) -> None:
    told = story(random.Random(9), 40, 400)
    of = beside(database, ledger, told, "otherwise", sample=4)
    figures, found = compared(ledger, of)
    counted = figures.customers
    assert 0 < counted.compared < 40
    assert counted.compared + counted.only_old == len({c for c, _ in told})
    assert sum(cell.customers for cell in figures.stages) == counted.compared
    whole = rebuild(database, fold, rules, "otherwise", processes=1)
    _, everybody = compared(ledger, pair(given.live(ledger), whole))
    names = {d.customer for d in found}
    assert names == {d.customer for d in everybody if d.customer in sampled(ledger, of)}


def sampled(ledger: Connection, of: Pair) -> set[str]:
    rows = ledger.execute("SELECT customer::text FROM rows.spans WHERE generation = %s", [of.new.generation.id])
    return {row[0] for row in rows}


def test_those_of_whom_more_became_known_are_counted_apart(database: str, ledger: Connection) -> None:
    told = story(random.Random(3), 8, 80)
    of = beside(database, ledger, told, "otherwise", as_of=instant(NOW))
    moved = told[0][0]
    append(ledger, [(moved, example(CustomerRegistered, id=new_id(), at=examples.day(1)))])
    Engine(database, fold, rules, "v1", given.QUICK).catch_up()
    figures, found = compared(ledger, of)
    assert figures.customers.moved_on == 1
    assert moved not in {d.customer for d in found}


def test_pages_go_on_where_the_one_before_ended(database: str, ledger: Connection) -> None:
    of = beside(database, ledger, story(random.Random(1), 20, 300), "otherwise")
    _, found = compared(ledger, of)
    walked: list[str] = []
    after = LOWEST
    while True:
        with ledger.transaction():
            page = next(comparing.differences(ledger, of, after=after), None)
        if page is None:
            break
        walked.append(after := page.customer)
    assert walked == [d.customer for d in found]
    assert micros(of.now) == NOW
