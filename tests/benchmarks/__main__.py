"""Runs one benchmark: `python -m tests.benchmarks NAME [--events N] [--json]`; NAME is one of `EVENTS`."""

import argparse
from collections.abc import Callable, Iterator
from importlib import import_module

from tests.benchmarks.figures import Figure

EVENTS = {
    "append": 40_000, "asof": 10_000, "assign": 10_000, "ingest": 200_000, "project": 100_000, "promote": 1_500,
    "queues": 200_000, "rebuild": 500_000, "read": 200_000, "worktime": 20_000,
}  # fmt: skip


def main() -> None:
    """Print each figure as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted(EVENTS))
    others = "assign, promote, queues, read: customers; worktime: deadlines"
    parser.add_argument("--events", type=int, help=f"how many events to measure with ({others})")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    given = parser.parse_args()
    run: Callable[[int], Iterator[Figure]] = import_module(f"tests.benchmarks.{given.name}").run
    for figure in run(given.events or EVENTS[given.name]):
        print(figure.line(as_json=given.json), flush=True)


if __name__ == "__main__":
    main()
