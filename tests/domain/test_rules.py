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
    assert "90 days" in found["/tiers/window"]
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


def test_some_clause_has_to_give_everybody_a_stage(document: dict[str, Any]) -> None:
    document["lifecycle"]["clauses"].pop()
    assert "/lifecycle/clauses" in faults(document)


def test_a_published_calendar_is_found_by_code_and_version(document: dict[str, Any]) -> None:
    calendar = document["calendar"].pop("document")
    rules = compile_rules(document, {("office", "1"): calendar})
    assert rules.calendar.document.name == "office"
