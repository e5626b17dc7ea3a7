"""The rulebook: what ships, and how mistakes in one are named."""

from copy import deepcopy
from typing import Any

import pytest

from domain.facts import DAY, Series
from domain.rules import InvalidRulebook, compile_rules, first_rules, shipped


@pytest.fixture
def document() -> dict[str, Any]:
    return deepcopy(shipped())


def faults(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidRulebook) as refused:
        compile_rules(document)
    return dict(refused.value.problems)


def test_what_ships_compiles_once_and_remembers_no_more_than_its_windows() -> None:
    rules = first_rules()
    assert rules is first_rules()
    assert rules.version == "v1"
    assert rules.memory.longest == 365 * DAY
    assert rules.memory.keep[Series.BROWSE] == 1
    assert rules.tier_names == ["platinum", "gold", "silver", "basic", "unknown"]


def test_books_name_tiers_that_there_are(document: dict[str, Any]) -> None:
    document["books"] = {"weights": {"platinium": 2, "*": 1}, "by_tier": {"golden": ["wmi"]}, "even_within": 0.05}
    found = faults(document)
    assert set(found) == {"/books/weights/platinium", "/books/by_tier/golden"}
    assert 'perhaps "platinum" was meant' in found["/books/weights/platinium"]


def test_a_rulebook_without_books_weighs_all_tiers_alike(document: dict[str, Any]) -> None:
    del document["books"]
    assert compile_rules(document).book.books.weights == {}


def test_deadlines_are_in_working_minutes() -> None:
    assert first_rules().minutes["high"] == (120, 240, 480, 960)
    assert first_rules().minutes["critical"] == (60, 120, 240, 1440)
    assert first_rules().factors == [0.5, 0.75, 1, 1, 1]


def test_every_fault_is_named_by_its_place(document: dict[str, Any]) -> None:
    document["tiers"]["window"] = "1 year"
    document["trust"]["start"] = 200
    document["lifecycle"]["clauses"][0]["all"] = [{"measure": "count", "of": ["purchses"], "at_least": 1}]
    document["shape"] = "round"
    del document["complaints"]["near"]
    found = faults(document)
    assert set(found) == {
        "/tiers/window", "/trust/start", "/lifecycle/clauses/0/all/0/of/0", "/shape", "/complaints/near",
    }  # fmt: skip
    assert "365 days" in found["/tiers/window"]
    assert "purchase" in found["/lifecycle/clauses/0/all/0/of/0"]


@pytest.mark.parametrize(
    ("place", "wrong", "pointer"),
    [
        (("lifecycle", "clauses", 0, "to"), "divorce", "/lifecycle/clauses/0/to"),
        (("lifecycle", "clauses", 0, "from"), ["dissolution"], "/lifecycle/clauses/0/to"),
        (("lifecycle", "fading", "stage"), "love", "/lifecycle/fading/stage"),
        (("lifecycle", "clauses", 4, "all"), [{"measure": "trust"}], "/lifecycle/clauses/4/all/0"),
        (
            ("lifecycle", "clauses", 4, "all"),
            [{"measure": "tier", "at_least": "tin"}],
            "/lifecycle/clauses/4/all/0/at_least",
        ),
        (("complaints", "factors"), {"tin": 0.5}, "/complaints/factors/tin"),
        (("cadence", "stages", "love"), {}, "/cadence/stages/love"),
        (("calendar",), {"code": "shop", "version": "9"}, "/calendar"),
        (("calendar", "document", "zone"), "Asia/Atlantis", "/calendar/document/zone"),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_what_a_schema_cannot_say_is_checked_too(
    document: dict[str, Any], place: tuple[Any, ...], wrong: Any, pointer: str
) -> None:
    inner: Any = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = wrong
    assert pointer in faults(document)


@pytest.mark.parametrize(
    ("criterion", "inner"),
    [
        ({"measure": "count", "of": ["purchase"]}, ""),
        ({"measure": "count", "of": ["purchase"], "at_least": 2, "at_most": 3}, ""),
        ({"measure": "count", "of": ["purchase"], "at_least": 0}, "/at_least"),
        ({"measure": "count", "of": ["purchase"], "at_least": 2, "within": "this week"}, "/within"),
        ({"measure": "count", "of": ["purchase"], "at_least": 2, "within": {"from": "2026-01-01"}}, "/within/until"),
        (
            {
                "measure": "count",
                "of": ["purchase"],
                "at_least": 2,
                "within": {"from": "2026-02-01", "until": "2026-01-01"},
            },
            "/within",
        ),
        ({"measure": "count", "of": ["purchase"], "at_least": 2, "within": "90 days", "since": "entry"}, ""),
        ({"measure": "recency", "of": ["purchase"]}, ""),
        ({"measure": "rhythm", "of": ["purchase"], "gap": "smallest", "at_most": "90 days"}, "/gap"),
        ({"measure": "rhythm", "of": ["purchase"], "gap": "median", "at_most": "90 days", "last": 1}, "/last"),
        ({"measure": "spend", "currency": "pounds", "at_least": 5, "within": "90 days"}, "/currency"),
        ({"measure": "spend", "currency": "GBX", "at_least": 5, "within": "90 days"}, "/currency"),
        ({"measure": "spend", "currency": "GBP", "within": "90 days"}, ""),
        (
            {"measure": "spend-ratio", "currency": "GBP", "at_least": 2, "within": "90 days", "before": "last year"},
            "/before",
        ),
        ({"measure": "average-rating", "of": "stars", "at_least": 4}, "/of"),
        ({"measure": "been-in", "stage": "love"}, "/stage"),
        ({"measure": "been-in", "stage": "expansion", "at_least": 1, "at_most": 2}, ""),
        ({"measure": "open-complaints", "at_most": 0, "severity": ["urgent"]}, "/severity/0"),
        ({"any": []}, "/any"),
        ({"any": [{"measure": "tier", "at_least": "tin"}]}, "/any/0/at_least"),
        ({"not": {"all": [{"measure": "ended"}, {"measure": "trsut", "below": 5}]}}, "/not/all/1/measure"),
        ({"not": {"not": {"measure": "trust", "belw": 5}}}, "/not/not/belw"),
        ({"of": ["purchase"], "at_least": 2}, ""),
        ("ended", ""),
    ],
    ids=str,
)
def test_mistakes_in_a_criterion_are_named(document: dict[str, Any], criterion: Any, inner: str) -> None:
    document["lifecycle"]["clauses"][4]["all"] = [criterion]
    assert set(faults(document)) == {f"/lifecycle/clauses/4/all/0{inner}"}


@pytest.mark.parametrize(
    ("place", "wrong", "pointer"),
    [
        (("version",), "in-force", "/version"),
        (("version",), "schema", "/version"),
        (("version",), "v/2", "/version"),
        (("lifecycle", "stages"), ["awareness", "awareness"], "/lifecycle/stages"),
        (("lifecycle", "clauses", 1, "name"), "ended", "/lifecycle/clauses"),
        (("tiers", "otherwise"), "gold", "/tiers/levels"),
        (("contact", "zone"), "Asia/Atlantis", "/contact/zone"),
        (("tiers", "levels", 1, "at_least"), {"XPD": 5, "GBX": 5}, "/tiers/levels/1/at_least/GBX"),
        (("cadence", "no_selling_in"), ["love"], "/cadence/no_selling_in/0"),
        (("benefits",), {"fit": {"tin": ["tea"]}}, "/benefits/fit/tin"),
        (("priorities",), {"fading_first": ["tin"]}, "/priorities/fading_first/0"),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_names_are_known_and_given_once(
    document: dict[str, Any], place: tuple[Any, ...], wrong: Any, pointer: str
) -> None:
    inner: Any = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = wrong
    assert pointer in faults(document)


def test_some_clause_has_to_give_everybody_a_stage(document: dict[str, Any]) -> None:
    document["lifecycle"]["clauses"].pop()
    assert "/lifecycle/clauses" in faults(document)


def test_a_published_calendar_is_found_by_code_and_version(document: dict[str, Any]) -> None:
    calendar = document["calendar"].pop("document")
    rules = compile_rules(document, {("office", "1"): calendar})
    assert rules.calendar.document.name == "office"
