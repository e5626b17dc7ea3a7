"""What a rulebook says of complaints beside their deadlines: every slip is named, and a rulebook without it says nothing of it."""

from typing import Any

import pytest

from domain.rulebook.checks import InvalidRulebook
from domain.rules import compile_rules, first_rules, shipped

NEW = ("escalate", "remind_after", "no_answer_after", "close_after", "reopen_within")


def written(**complaints: Any) -> dict[str, Any]:
    document = shipped()
    return document | {"complaints": document["complaints"] | complaints}


@pytest.mark.parametrize(
    ("wrong", "pointer", "said"),
    [
        ({"escalate": [{"level": 1, "to": "lead"}]}, "/complaints/escalate/0", "either at"),
        (
            {"escalate": [{"level": 1, "to": "lead", "at": 0.5, "silence": "1 d"}]},
            "/complaints/escalate/0",
            "either at",
        ),
        ({"escalate": [{"level": 0, "to": "lead", "at": 0.5}]}, "/complaints/escalate/0/level", "1"),
        (
            {"escalate": [{"level": 1, "to": "lead", "silence": "2 days"}]},
            "/complaints/escalate/0/silence",
            "working time",
        ),
        ({"remind_after": ["7 days", "3 days"]}, "/complaints/remind_after/1", "in order of time"),
        ({"no_answer_after": "7 days"}, "/complaints/no_answer_after", "before the last reminder"),
        ({"reopen_within": "4 days"}, "/complaints/reopen_within", "shorter than close_after"),
        ({"close_after": "5 d"}, "/complaints/close_after", '"5 days" was meant'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_slip_is_named(wrong: dict[str, Any], pointer: str, said: str) -> None:
    with pytest.raises(InvalidRulebook) as refused:
        compile_rules(written(**wrong))
    assert any(at == pointer and said in sentence for at, sentence in refused.value.problems), refused.value.problems


def test_an_unknown_band_of_trust_is_named() -> None:
    with pytest.raises(InvalidRulebook, match="there is no band of trust 'at risk'; perhaps \"at-risk\" was meant"):
        compile_rules(shipped() | {"priorities": {"trust_first": ["at risk"]}})


def test_a_rulebook_from_before_says_nothing_of_it() -> None:
    document = written()
    document["complaints"] = {name: value for name, value in document["complaints"].items() if name not in NEW}
    document.pop("priorities")
    rules = compile_rules(document)
    assert (rules.escalate, rules.trust_first) == ([], frozenset())
    assert {getattr(rules.complaints, name) for name in NEW[2:]} == {None}


def test_the_shipped_rulebook_has_the_values_that_were_asked_for() -> None:
    rules = first_rules()
    assert [(s.level, s.to, s.part, s.silence) for s in rules.escalate] == [
        (1, "team-lead", 0.75, 0), (2, "head", 1.0, 0), (1, "team-lead", 0, 2 * 8 * 60),
    ]  # fmt: skip
    assert rules.trust_first == {"at-risk", "broken"}  # below 40 points
