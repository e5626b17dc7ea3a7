"""The stand-in, so slow that a build can be killed halfway; as a program (`DSN KNOWN_AT`): one that builds with it."""

import sys
import time
from collections.abc import Iterable
from typing import Any

from domain.events import Event
from projections.rebuild import rebuild
from tests.projections import standin
from tests.projections.standin import TABLES, State, begin, fingerprint, needs_refold, render, settle

__all__ = ["TABLES", "begin", "fingerprint", "needs_refold", "render", "rules", "run", "settle"]


def rules(version: str) -> str:
    return f"rules {version}"


def run(state: State, events: Iterable[Event], rules: Any) -> None:
    for event in events:
        time.sleep(0.001)
        standin.advance(state, event, rules)


if __name__ == "__main__":
    from tests.projections import slow

    rebuild(sys.argv[1], slow, slow.rules, "v2", name="trial", known_at=int(sys.argv[2]), processes=2)
