"""A door to knock at, and what it says."""

from typing import Any

import pytest

from domain.door import Door, Touchpoint
from domain.errors import Refusal
from domain.sealing import Secrets
from tests.ledgers import NOW

DOOR = Door(Secrets(b"a" * 32, b"b" * 32, b"c" * 32))


def admit(raw: Any) -> Touchpoint:
    """The event as it was read."""
    return DOOR.admit(raw, actor="tester", now=NOW)


def problems(raw: Any) -> dict[str, str]:
    """What is wrong with an event, by pointer."""
    with pytest.raises(Refusal) as caught:
        admit(raw)
    assert caught.value.pointer == caught.value.problems[0][0]
    return dict(caught.value.problems)
