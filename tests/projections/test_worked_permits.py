"""Whether somebody may be contacted, as the worked cases have it."""

import pytest

from domain.rules import first_rules
from projections import fold, permission
from tests.projections.cases import permits
from tests.projections.cases.telling import moment, told

KNOWN = (
    "2026-01-02 09:00 customer.identified kind=whatsapp",
    "2026-01-02 09:00 customer.identified kind=phone",
    "2026-01-02 09:00 consent.granted purpose=selling",
)


@pytest.mark.parametrize("case", permits.ALL, ids=lambda case: case.name)
def test_what_is_against_it_is_what_the_rules_say(case: permits.May) -> None:
    rules = first_rules()
    state = fold.fold(told(*KNOWN, *case.told), rules)
    channel, purpose, content = case.asked
    found = permission.stops(state, rules, channel, purpose, moment(case.at), content=content)
    assert {stop.reason for stop in found} == case.reasons
    until = [stop.until for stop in found]
    assert all(one is None or one > moment(case.at) for one in until)


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in permits.ALL]
    assert len(names) == len(set(names)) >= 40
