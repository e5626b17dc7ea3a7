"""What may be done by what a customer agreed to and took back, as the worked cases have it."""

import pytest

from domain.rules import first_rules
from projections import fold, permission
from tests.projections.cases import consents
from tests.projections.cases.telling import moment, told
from tests.spec import Spec


@pytest.mark.parametrize("case", consents.ALL, ids=lambda case: case.name)
def test_what_they_said_last_counts(case: consents.Said) -> None:
    rules = first_rules()
    history = told(*case.told[: case.known])
    for channel, purpose, when, reason in case.asked:
        asked = moment(when)
        # By then it had been said; an amendment counts whenever it came.
        so_far = [event for event in history if event.at <= asked or type(event).__name__ == "TouchpointVoided"]
        state = fold.fold(so_far, rules)
        found = [stop.reason for stop in permission.stops(state, rules, channel, purpose, asked)]
        willing = [one for one in found if one in permission.WILL]
        assert willing[:1] == ([reason] if reason else []), (channel, purpose, when)


@pytest.mark.parametrize("case", consents.BROKEN, ids=lambda case: case.name)
def test_a_refusal_that_was_broken_costs_trust(case: consents.Broken) -> None:
    assert Spec(told(*case.told)).profile()["trust"]["score"] == 50 - case.lost


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in (*consents.ALL, *consents.BROKEN)]
    assert len(names) == len(set(names)) >= 25
