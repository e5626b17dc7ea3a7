"""A follower: the engine, keeping rows in step with the ledger until it is killed or its standard input ends."""

import json
import logging
import sys
import threading

from projections import fold
from projections.engine import Engine, Pace
from tests.faults.rows import RULEBOOK, rules


def main() -> None:
    """Follow the ledger that the JSON in the first argument names."""
    logging.getLogger("projections.engine").setLevel(logging.ERROR)  # lost connections are what this is about
    ended = threading.Event()
    engine = Engine(json.loads(sys.argv[1])["ledger"], fold, rules, RULEBOOK, Pace(backoff_limit=0.5))
    following = threading.Thread(target=engine.run, args=(ended,))
    following.start()
    sys.stdin.read()
    ended.set()
    following.join()


if __name__ == "__main__":
    main()
