"""A writer: appends singles and batches as fast as it can, and tells each answer on its standard output.

    sent WRITER FROM UNTIL          events with these numbers are about to be sent
    kept WRITER NUMBER ID POSITION  the ledger answered that this event is recorded
    undone ID                       this event was appended in a transaction that failed

A failure is answered as a good client would: by sending the same again. Ends when its standard input does.
"""

import itertools
import json
import logging
import os
import random
import sys
import threading
from datetime import UTC, datetime
from typing import NoReturn

import psycopg
from psycopg import sql
from psycopg_pool import PoolTimeout

from domain.errors import JejakError, Refusal
from domain.keystore import KeyStore
from domain.ledger import Ledger, Receipt
from domain.pools import open_pool
from domain.sealing import uuid_text
from tests.faults.load import event
from tests.ledgers import MASTER

UNDONE = 1_000_000_000  # numbers from here on are of events whose transactions fail
SIZES = (1, 1, 1, 1, 2, 7, 40)


def tell(lines: list[str]) -> None:
    """One write a time, so that lines of several threads do not mix."""
    os.write(1, "".join(f"{line}\n" for line in lines).encode())


def write(ledger: Ledger, name: str, first: int, ended: threading.Event, *, undoing: bool) -> None:
    """Append events from number `first` on until `ended`."""
    chance = random.Random(f"{name}{first}{os.getpid()}")
    number = first
    for turn in itertools.count():
        if ended.is_set():
            return
        size = chance.choice(SIZES)
        clouds = [event(name, n) for n in range(number, number + size)]
        tell([f"sent {name} {number} {number + size}"])
        receipts = insist(ledger, clouds, ended)
        tell([f"kept {name} {n} {r.id} {r.position}" for n, r in enumerate(receipts, number)])
        number += len(receipts)
        if undoing and turn % 4 == 3:
            undo(ledger, name, UNDONE + number)


def insist(ledger: Ledger, clouds: list[dict[str, object]], ended: threading.Event) -> list[Receipt]:
    """Send until there is an answer."""
    while not ended.is_set():
        try:
            outcomes = ledger.record(clouds, actor="faults")
        except (JejakError, psycopg.Error, PoolTimeout):
            ended.wait(0.02)
            continue
        for outcome in outcomes:
            if not isinstance(outcome, Receipt):
                fail(f"refused: {outcome.detail}")
        return [o for o in outcomes if isinstance(o, Receipt)]
    return []


def undo(ledger: Ledger, name: str, number: int) -> None:
    """Append inside a transaction of which a later statement fails: nothing of it may ever be seen."""
    touchpoint = ledger.admit(event(name, number), actor="faults")
    if isinstance(touchpoint, Refusal):
        fail(f"refused: {touchpoint.detail}")
    tell([f"undone {uuid_text(touchpoint.id)}"])
    query = sql.SQL(
        """SELECT ledger.append(ARRAY[%(id)s]::uuid[], ARRAY[%(id)s]::uuid[], ARRAY[%(id)s]::uuid[], ARRAY[0], ARRAY[now()],
                                ARRAY['note.added.v1'], ARRAY[%(clear)s], ARRAY[NULL]::bytea[], '{}', '{}', '{}', NULL)"""
    )
    try:
        with ledger.recorder.connection() as c, c.transaction():
            c.execute(query, {"id": uuid_text(touchpoint.id), "clear": touchpoint.clear.decode()})
            c.execute("SELECT pg_sleep(0.005), 1 / 0")
    except (JejakError, psycopg.Error):
        return
    fail("a failing transaction did not fail")


def fail(why: str) -> NoReturn:
    """End the whole process, whichever thread finds out."""
    sys.stderr.write(f"{why}\n")
    os._exit(3)


def main() -> None:
    """Write as the JSON in the first argument says."""
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # lost connections are what this is about
    wish = json.loads(sys.argv[1])
    ended = threading.Event()
    # No patience: a killed server is to be met with a new try, not with half a minute of waiting.
    with open_pool(wish["ledger"], size=4, patience=1.0) as pool, open_pool(wish["keys"], size=4, patience=1.0) as keys:
        while True:
            try:
                ledger = Ledger(pool, KeyStore(keys, MASTER), clock=lambda: datetime(2026, 6, 1, tzinfo=UTC))
                break
            except (psycopg.Error, PoolTimeout):
                continue
        threads = [
            threading.Thread(target=write, args=(ledger, name, first, ended), kwargs={"undoing": wish["undoing"]})
            for name, first in wish["writers"]
        ]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        ended.set()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
