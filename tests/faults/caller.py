"""Callers: several threads, each with connections of its own, that report the same unknown numbers at the same moment."""

import json
import sys
import threading
from datetime import UTC, datetime

from domain.errors import Refusal
from domain.keystore import KeyStore
from domain.ledger import Ledger
from domain.pools import open_pool
from tests.ledgers import MASTER


def call(wish: dict[str, str], name: str, rounds: list[list[str]], together: threading.Barrier) -> None:
    """One batch a round, with a call from each number of it."""
    with open_pool(wish["ledger"], size=1) as pool, open_pool(wish["keys"], size=1) as keys:
        ledger = Ledger(pool, KeyStore(keys, MASTER), clock=lambda: datetime.now(UTC))
        together.wait()
        for number, phones in enumerate(rounds):
            # Half of the callers name the numbers in the other order: locks taken in that order would make a ring.
            ordered = phones if int(name[-1]) % 2 else phones[::-1]
            clouds = [
                {
                    "specversion": "1.0",
                    "type": "call.made",
                    "source": f"urn:faults:{name}",
                    "id": f"{number}-{phone}",
                    "time": "2026-03-01T09:00:00+07:00",
                    "data": {"direction": "inbound", "contact_point": phone},
                }
                for phone in ordered
            ]
            for phone, outcome in zip(ordered, ledger.record(clouds, actor="faults"), strict=True):
                said = (
                    f"refused: {outcome.detail}" if isinstance(outcome, Refusal) else f"{outcome.customer} {outcome.id}"
                )
                sys.stdout.write(f"{phone} {said}\n")


def main() -> None:
    """Call as the JSON in the first argument says, once a line comes on standard input."""
    wish = json.loads(sys.argv[1])
    together = threading.Barrier(len(wish["callers"]) + 1)
    threads = [threading.Thread(target=call, args=(wish, name, wish["rounds"], together)) for name in wish["callers"]]
    for thread in threads:
        thread.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    together.wait()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
