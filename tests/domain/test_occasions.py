"""Occasions as the rulebook has them: when they are, and how mistakes in them are named."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from domain.facts import NEVER, Customer
from domain.occasions import Occasion
from domain.rulebook.model import Occasion as Document
from domain.rules import InvalidRulebook, compile_rules, shipped
from tests.domain.walltime import at


def occasion(**fields: Any) -> Occasion:
    return Occasion(Document.model_validate({"content": "it", "lasts": "1 days"} | fields), 0, ["gold", "basic"])


def born(day: str) -> Customer:
    customer = Customer()
    customer.birthday = day
    return customer


@pytest.mark.parametrize(
    ("day", "zone", "begins", "ends"),
    [
        ("08-17", "Asia/Jakarta", "2026-08-17 00:00+07:00", "2026-08-18 00:00+07:00"),
        ("03-29", "Europe/London", "2026-03-29 00:00+00:00", "2026-03-30 00:00+01:00"),  # a day of 23 hours
        ("10-25", "Europe/London", "2026-10-25 00:00+01:00", "2026-10-26 00:00+00:00"),  # a day of 25
        ("02-29", "Asia/Jakarta", "2026-02-28 00:00+07:00", "2026-03-01 00:00+07:00"),
        ("01-01", "Pacific/Kiritimati", "2026-01-01 00:00+14:00", "2026-01-02 00:00+14:00"),
    ],
)
def test_a_day_is_the_whole_local_date_whatever_clocks_do(day: str, zone: str, begins: str, ends: str) -> None:
    since, until = at("2025-12-31 11:00", zone), at("2026-12-31 00:00", zone)
    [time] = occasion(of="birthday").times(born(day), zone, since, until)
    assert (time.begins, time.ends) == (at(begins, zone), at(ends, zone))


def test_whoever_was_born_on_a_leap_day_has_their_day_each_year() -> None:
    span = at("2027-01-01 00:00", "UTC"), at("2101-01-01 00:00", "UTC")
    days = [time.item for time in occasion(of="birthday").times(born("02-29"), "UTC", *span)]
    assert len(days) == 74
    leap = [day for day in days if day.endswith("02-29")]
    assert leap == [f"it {year}-02-29" for year in range(2028, 2100, 4)]  # 2100 is none


def test_it_is_there_from_before_it_begins_until_it_is_over() -> None:
    zone = "Asia/Jakarta"
    week = occasion(of="day", days=[date(2026, 3, 21)], before="2 days", lasts="3 days")
    [time] = week.times(Customer(), zone, 0, NEVER)
    assert (time.begins, time.ends) == (at("2026-03-19 00:00", zone), at("2026-03-22 00:00", zone))
    assert week.times(Customer(), zone, time.ends - 1, NEVER) == [time]
    assert week.times(Customer(), zone, time.ends, NEVER) == []
    assert week.times(Customer(), zone, 0, time.begins) == []


def test_it_is_for_those_whom_the_rulebook_names() -> None:
    greeting = occasion(
        of="day", days=[date(2026, 3, 21)], countries=["ID"], traits={"celebrates": ["eid"]}, tiers=["gold"]
    )
    someone = Customer()
    assert not greeting.concerns(someone)
    someone.country = "ID"
    assert not greeting.concerns(someone)
    someone.traits = {"celebrates": "christmas", "sector": "retail"}
    assert not greeting.concerns(someone)
    someone.traits["celebrates"] = "eid"
    assert greeting.concerns(someone)
    assert (greeting.suits(0, "expansion"), greeting.suits(1, "expansion")) == (True, False)


@pytest.mark.parametrize(
    ("change", "at_", "says"),
    [
        ({"tiers": ["golden"]}, "/tiers/0", "there is no tier 'golden'"),
        ({"stages": ["expansive"]}, "/stages/0", "there is no stage 'expansive'"),
        ({"of": "day"}, "/days", "names no day"),
        ({"days": [date(2026, 1, 1)]}, "/days", "has its own date"),
        ({"lasts": "0 days"}, "/lasts", "is over as it begins"),
        ({"content": "two words"}, "/content", "cannot name a contact"),
        ({"content": "rhythm"}, "/content", "cannot name a contact"),
        ({"of": "wedding"}, "/of", ""),
    ],
)
def test_mistakes_in_an_occasion_are_named(change: dict[str, Any], at_: str, says: str) -> None:
    document = deepcopy(shipped())
    document["occasions"].append({"content": "new", "of": "birthday", "lasts": "1 days"} | change)
    with pytest.raises(InvalidRulebook) as refused:
        compile_rules(document)
    [(place, said)] = refused.value.problems
    assert place == f"/occasions/{len(document['occasions']) - 1}{at_}"
    assert says in said


def test_an_occasion_has_a_name_of_its_own() -> None:
    document = deepcopy(shipped())
    document["occasions"].append({"content": "birthday", "of": "birthday", "lasts": "1 days"})
    with pytest.raises(InvalidRulebook) as refused:
        compile_rules(document)
    assert [place for place, _ in refused.value.problems] == ["/occasions"]
