"""A reader: pages the feed and writes what it sees to a file, position and id, until it is told how far the feed goes.

The last position comes on standard input. A lost connection is answered by asking again from where it was.
"""

import json
import logging
import select
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg_pool import PoolTimeout

from domain.errors import JejakError
from domain.keystore import KeyStore
from domain.ledger import Ledger
from domain.pools import open_pool
from tests.ledgers import MASTER


def main() -> None:
    """Read as the JSON in the first argument says."""
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # lost connections are what this is about
    wish = json.loads(sys.argv[1])
    after, until = 0, None
    with (
        open_pool(wish["ledger"], size=2, patience=1.0) as pool,
        open_pool(wish["keys"], size=2, patience=1.0) as keys,
        Path(wish["out"]).open("w", encoding="ascii") as out,
    ):
        ledger = Ledger(pool, KeyStore(keys, MASTER), clock=lambda: datetime.now(UTC))
        while until is None or after < until:
            if until is None and select.select([sys.stdin], [], [], 0)[0]:
                until = int(sys.stdin.readline())
            try:
                page = ledger.feed(after, wish["page"])
            except (JejakError, psycopg.Error, PoolTimeout):
                continue
            out.writelines(f"{r.position} {r.event.id}\n" for r in page)
            after = page[-1].position if page else after
            if not page:
                time.sleep(0.002)


if __name__ == "__main__":
    main()
