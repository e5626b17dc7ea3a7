"""On which channel somebody is contacted next, as the worked cases have it."""

import pytest

from tests.projections.cases import channels
from tests.projections.cases.telling import told
from tests.spec import Spec


@pytest.mark.parametrize("case", channels.ALL, ids=lambda case: case.name)
def test_the_channel_is_what_the_rules_say(case: channels.Suggested) -> None:
    history = told("2026-01-05 09:00 silver", *case.told)
    asked = max(event.at for event in history)
    rows = Spec(history).rows("outreach")
    [row] = [r for r in rows if r["item"] == "rhythm" and r["from_at"] <= asked < r["until_at"]]
    assert (row["channel"], row["unreachable"]) == (case.channel, case.unreachable)
    assert case.content in (None, row["content"])


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in channels.ALL]
    assert len(names) == len(set(names)) >= 20
