"""Three of each fault trial; `python -m tests.faults` runs them in full."""

import random
from collections.abc import Generator

import pytest

from tests.faults.stage import Stage, stage
from tests.faults.trials import TRIALS


@pytest.fixture(scope="module")
def where() -> Generator[Stage]:
    """A server of the trials' own, for it is going to be killed."""
    with stage() as made:
        yield made


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", TRIALS)
def test_every_promise_is_kept(where: Stage, name: str, seed: int) -> None:
    print(TRIALS[name](where, 0.8, random.Random(seed)))
