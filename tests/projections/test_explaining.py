"""Explanations: exact over random histories, and over what the simulated company went through."""

import copy
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from api.simulation import simulate
from domain import events as e
from domain.door import Door
from domain.facts import DAY, NEVER, micros
from domain.rulebook.words import SERIES
from domain.rules import Rules, compile_rules, first_rules, shipped
from domain.sealing import Secrets
from projections import fold
from projections.asof import rows_at
from projections.explaining import citing
from projections.explaining.answer import FIELDS, Explanation, Field
from projections.explaining.bearing import Bearing
from projections.explaining.cases import UnknownComplaint
from projections.explaining.citing import Question, explain
from projections.explaining.telling import Code, Day, Line
from projections.explaining.words import LANGUAGES, TONGUES, words
from projections.inforce import Schedule
from projections.profile import STANDING
from tests import examples
from tests.projections.histories import histories
from tests.projections.lives import lives
from tests.spec import a, numbered

RULES = first_rules()
MOMENTS = st.sampled_from([1, 45, 90, 181, 366, 420, 500, 501, 560, 700, 900])


def at(day: float) -> int:
    return examples.day(0) + int(day * DAY)


def without(history: list[e.Event], id_: str) -> list[e.Event]:
    return [event for event in history if event.id != id_]


def hold_exact(question: Question, history: list[e.Event]) -> Explanation:
    """Remove each event in turn: without an uncited one all is the same, without a cited one it is not."""
    said = explain(question, history)
    for event in history:
        less = explain(question, without(history, event.id))
        if event.id in said.events:
            assert (less.answer, less.events) != (said.answer, said.events), event
        else:
            assert less.answer == said.answer, event
            assert less.events == said.events, event
    return said


ANY = histories(most=25, amended=True)


@pytest.mark.parametrize("field", FIELDS)
@for_all(st.one_of(ANY, lives(30)), MOMENTS)
@settings(max_examples=20, deadline=None)
def test_what_is_not_cited_can_go_and_what_is_cited_cannot(field: Field, history: list[e.Event], day: float) -> None:
    hold_exact(Question(field, RULES, at(day)), history)


@pytest.mark.parametrize("field", FIELDS)
@for_all(st.one_of(ANY, lives(40)), MOMENTS)
@settings(max_examples=25, deadline=None)
def test_what_is_cited_alone_gives_the_same_answer(field: Field, history: list[e.Event], day: float) -> None:
    question = Question(field, RULES, at(day))
    said = explain(question, history)
    cited = [event for event in history if event.id in said.events]
    alone = explain(question, cited)
    assert (alone.answer, alone.events) == (said.answer, said.events)


@pytest.mark.parametrize("field", FIELDS)
@for_all(lives(25), MOMENTS, st.randoms())
@settings(max_examples=20, deadline=None)
def test_any_uncited_events_can_go_together(
    field: Field, history: list[e.Event], day: float, chance: random.Random
) -> None:
    question = Question(field, RULES, at(day))
    said = explain(question, history)
    some = [event for event in history if event.id in said.events or chance.random() < 0.5]
    less = explain(question, some)
    assert (less.answer, less.events) == (said.answer, said.events)


@pytest.mark.parametrize("complaint", ["1", "2"])
@pytest.mark.parametrize("field", ["rank", "deadline"])
@for_all(histories(most=25, amended=True), MOMENTS)
@settings(max_examples=20, deadline=None)
def test_of_one_complaint_nothing_else_is_cited_that_does_not_bear_on_it(
    field: Field, complaint: str, history: list[e.Event], day: float
) -> None:
    question = Question(field, RULES, at(day), examples.uid(f"complaint {complaint}"))
    try:
        said = explain(question, history)
    except UnknownComplaint:
        return
    for event in history:
        if event.id not in said.events:
            less = explain(question, without(history, event.id))
            assert (less.answer, less.events) == (said.answer, said.events), event


@for_all(st.one_of(ANY, lives(40)), MOMENTS)
@settings(max_examples=60, deadline=None)
def test_what_is_explained_is_what_rows_say(history: list[e.Event], day: float) -> None:
    rows = rows_at(fold, history, RULES, at(day))
    if rows is None:
        return
    stage, tier, manager = (explain(Question(f, RULES, at(day)), history).answer for f in ("stage", "tier", "manager"))
    names = [name for name, _ in STANDING.columns]
    row = next(dict(zip(names, r, strict=True)) for r in rows.tables[STANDING.name] if r[0] <= at(day) < r[1])
    assert (stage.verdict["stage"], stage.since, stage.verdict["fading"]) == (
        row["stage"], row["stage_since"], row["fading"],
    )  # fmt: skip
    assert tier.verdict["tier"] == RULES.tier_names[row["tier"]]
    assert manager.verdict["manager"] == row["owner"]


def _other(change: Callable[[dict[str, Any]], None], version: str) -> Rules:
    document = copy.deepcopy(shipped())
    document["version"] = version
    change(document)
    return compile_rules(document)


def _mixed(document: dict[str, Any]) -> None:
    """Clauses that ask for more and for less of the same, in groups and ratios."""
    talks = {"measure": "count", "of": ["talk"], "at_least": 2, "within": "90 days"}
    silence = {"measure": "silence", "of": ["act"], "at_least": "40 days"}
    ratio = {"measure": "ratio", "of": ["inbound"], "to": ["outbound"], "at_least": 1, "within": "120 days"}
    for clause in document["lifecycle"]["clauses"]:
        if clause["name"] == "curious":
            clause["all"] = [{"any": [talks, {"all": [ratio, silence]}]}]
        if clause["name"] == "came-back":
            clause["all"] = [talks, {"not": silence}]


def _hasty(document: dict[str, Any]) -> None:
    for clause in document["lifecycle"]["clauses"]:
        if clause["name"] == "silent-too-long":
            clause["all"][0] |= {"at_least": "60 days", "intervals": 1}
    document["tiers"]["window"] = "120 days"
    document["complaints"]["severities"]["low"]["resolve"] = "1 d"


@cache
def mixed() -> Rules:
    return _other(_mixed, "mixed")


@cache
def hasty() -> Rules:
    return _other(_hasty, "hasty")


@pytest.mark.parametrize("field", ["stage", "outreach"])
@for_all(lives(25), MOMENTS)
@settings(max_examples=20, deadline=None)
def test_it_is_exact_under_rules_that_want_more_and_less_of_the_same(
    field: Field, history: list[e.Event], day: float
) -> None:
    hold_exact(Question(field, mixed(), at(day)), history)


@pytest.mark.parametrize("field", FIELDS)
@for_all(lives(20), MOMENTS, st.sampled_from([40, 200, 500]))
@settings(max_examples=10, deadline=None)
def test_it_is_exact_over_a_switch_of_rulebooks(
    field: Field, history: list[e.Event], day: float, switch: float
) -> None:
    in_force = Schedule([(-NEVER, RULES), (at(switch), hasty())])
    hold_exact(Question(field, in_force, at(day)), history)
    hold_exact(Question(field, RULES, at(day), None, in_force), history)


# --- what the simulated company went through --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def simulated() -> dict[str, list[e.Event]]:
    """Histories of simulated customers, by whom they are of."""
    door = Door(Secrets(b"a" * 32, b"b" * 32, b"c" * 32))
    found: dict[str, list[e.Event]] = defaultdict(list)
    for cloud in simulate(12, 5):
        touch = door.admit(cloud, actor="test", now=datetime(2100, 1, 1, tzinfo=UTC))
        if touch.point is not None:
            found[touch.point.text].append(touch.event)
    return {name: numbered(events) for name, events in found.items()}


SIMULATED = micros(datetime(2026, 3, 4, tzinfo=UTC))


@pytest.mark.parametrize("field", FIELDS)
def test_it_is_exact_over_simulated_customers_and_cites_few(field: Field, simulated: dict[str, list[e.Event]]) -> None:
    chance = random.Random(7)
    cited = 0
    for history in simulated.values():
        question = Question(field, RULES, SIMULATED)
        said = explain(question, history)
        cited += len(said.events)
        for event in chance.sample(history, min(4, len(history))):
            less = explain(question, without(history, event.id))
            same = (less.answer, less.events) == (said.answer, said.events)
            assert same is (event.id not in said.events), event
    assert cited < sum(map(len, simulated.values())) / 2


# --- what is said -----------------------------------------------------------------------------------------------------


def test_a_loyal_customer_is_explained_in_words() -> None:
    bought = [
        a(e.PurchaseMade, 30 * n, purchase=examples.uid(f"p {n}"), total="900000", currency="IDR", lines=())
        for n in range(7)
    ]
    notes = [a(e.NoteAdded, 10 + n) for n in range(5)]
    said = hold_exact(Question("stage", RULES, at(200)), numbered([*bought, *notes, *_kept(5)]))
    assert said.answer.verdict["stage"] == "commitment"
    assert {event.id for event in notes}.isdisjoint(said.events)
    english = [sentence for _, sentence in words(said, "en")]
    assert english[0] == "Commitment since 4 June 2026, by the rule “loyal-and-regular”:"
    assert "purchase within 365 days: 6 (at least 6)" in english
    assert any(sentence.startswith("If nothing happens, dissolution from") for sentence in english)
    asked = english.index("purchase within 365 days: 6 (at least 6)")
    assert english[asked + 1] == (
        "purchase made 4 June 2026, purchase made 5 May 2026, purchase made 5 April 2026 and 3 more"
    )


def test_a_clock_that_never_stops_is_said_to_run_around_the_clock() -> None:
    history = numbered([a(e.ComplaintOpened, 1, complaint=examples.uid("c"), severity="critical")])
    english = [sentence for _, sentence in words(explain(Question("deadline", RULES, at(1)), history), "en")]
    assert english[1:3] == ["complaint opened 6 January 2026", "Around the clock:"]
    assert any(sentence.startswith("resolving: 1,440 minutes × 1") for sentence in english)


def _kept(count: int) -> list[e.Event]:
    made = [a(e.PromiseMade, n, promise=examples.uid(f"promise {n}"), due=examples.moment(n + 5)) for n in range(count)]
    return [*made, *(a(e.PromiseKept, n + 1, promise=examples.uid(f"promise {n}")) for n in range(count))]


def test_where_it_is_not_known_what_bears_on_an_answer_all_is_cited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(citing, "bearing", lambda *_: Bearing(set(), set()))
    history = numbered([a(e.PurchaseMade, 1, total="900000", currency="IDR"), a(e.NoteAdded, 2)])
    assert explain(Question("tier", RULES, at(9)), history).events == [event.id for event in history]


def test_whoever_took_over_is_cited_with_whom_they_took_over_from() -> None:
    budi, ani = a(e.ManagerAssigned, 1, manager="budi"), a(e.ManagerAssigned, 2, manager="ani")
    history = numbered([a(e.ManagerAssigned, 0, manager="ani"), budi, ani, a(e.ManagerAssigned, 3, manager="ani")])
    assert hold_exact(Question("manager", RULES, at(9)), history).events == [budi.id, ani.id]


def test_a_correction_is_cited_with_what_it_corrects() -> None:
    bought = a(e.PurchaseMade, 1, total="900000", currency="IDR", version=1)
    void = a(e.TouchpointVoided, 2, target=bought.id, version=2)
    said = hold_exact(Question("tier", RULES, at(9)), [bought, void, a(e.NoteAdded, 3, version=3)])
    assert {bought.id, void.id} <= set(said.events)


@for_all(st.one_of(ANY, lives(40)), MOMENTS, st.sampled_from(FIELDS))
@settings(max_examples=60, deadline=None)
def test_everything_can_be_said_in_every_language(history: list[e.Event], day: float, field: Field) -> None:
    said = explain(Question(field, RULES, at(day)), history)
    for language in LANGUAGES:
        assert all(sentence and "{" not in sentence for _, sentence in words(said, language))


def test_no_language_lacks_a_sentence_a_term_or_a_series() -> None:
    english, indonesian = TONGUES["en"], TONGUES["id"]
    assert english.sentences.keys() == indonesian.sentences.keys()
    assert english.terms.keys() <= indonesian.terms.keys()
    for name, said in english.sentences.items():
        assert _places(said) == _places(indonesian.sentences[name]), name
    assert [name for name in SERIES if indonesian.measure(name) == name] == []


def _places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_numbers_and_dates_are_written_as_people_write_them() -> None:
    zone = ZoneInfo("Asia/Jakarta")
    day = Line("next.tier", {"tier": Code("gold"), "at": Day(at(1))})
    assert TONGUES["en"].say(day, zone) == "If nothing happens, gold from 6 January 2026."
    assert TONGUES["id"].say(day, zone) == "Jika tidak terjadi apa-apa, emas mulai 6 Januari 2026."
    assert TONGUES["en"].measure("1234567.50") == "1,234,567.5"
    assert TONGUES["id"].measure("net spend within 365 days, IDR 1234567.50") == (
        "belanja bersih dalam 365 hari, IDR 1.234.567,5"
    )
