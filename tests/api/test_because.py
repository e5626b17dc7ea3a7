"""What is said to have moved a place in a queue."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.changing import because
from projections.comparing import Change

DUE = datetime(2026, 8, 23, 9, tzinfo=UTC)
LEFT = {
    "class": 3, "tier": "gold", "due_at": DUE, "entered_at": DUE - timedelta(days=14), "entered_by": "silent-too-long",
    "why": {"stage": "dissolution", "care": True},
}  # fmt: skip
ASKED = {"class": 3, "tier": "gold", "due_at": DUE, "why": {"stage": "expansion", "times": 1, "months": 2}}


def said(old: dict[str, Any] | None, new: dict[str, Any] | None, what: str = "outreach") -> str:
    return because.sentence(Change(what, "rhythm", old, new), None, "v1", "v2")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            LEFT,
            LEFT | {"due_at": DUE - timedelta(days=61), "entered_at": DUE - timedelta(days=75)},
            "61 days earlier; dissolution since 2026-08-09 (silent-too-long) under v1, since 2026-06-09 (silent-too-long)"
            " under v2",
        ),
        (
            ASKED,
            ASKED | {"due_at": DUE - timedelta(days=30), "why": ASKED["why"] | {"months": 1}},
            "30 days earlier; contacts 1 in 2 months under v1, 1 in a month under v2",
        ),
        (
            ASKED,
            LEFT | {"tier": "silver", "due_at": DUE + timedelta(hours=1)},
            "1 hour later; tier gold under v1, silver under v2; stage expansion under v1, dissolution since 2026-08-09"
            " (silent-too-long) under v2",
        ),
        (
            ASKED | {"why": {"kept": True}},
            ASKED | {"tier": "basic", "why": {"kept": True}},
            "planned before: keeps its date; tier gold under v1, basic under v2",
        ),
        (ASKED, ASKED | {"due_at": DUE + timedelta(days=1)}, "1 day later; nothing else differs"),
        (
            None,
            LEFT,
            "comes in under v2: tier gold, due 2026-08-23, dissolution since 2026-08-09 (silent-too-long)",
        ),
    ],
)
def test_only_what_differs_is_said(old: dict[str, Any] | None, new: dict[str, Any] | None, sentence: str) -> None:
    assert said(old, new) == sentence


def test_of_a_complaint_severity_and_tier_are_told_apart() -> None:
    old = {"lateness": 0, "severity": 1, "tier": "gold", "due_at": DUE, "why": {}}
    assert said(old, old | {"severity": 0, "tier": "silver"}, "complaints") == (
        "severity high under v1, critical under v2; tier gold under v1, silver under v2"
    )
