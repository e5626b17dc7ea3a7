"""32 writers report one unknown telephone number at the same moment: it is one customer, and nobody waits for ever."""

import random

import psycopg

from tests.faults.promises import check_sound
from tests.faults.stage import Child, Stage, Unkept, until
from tests.ledgers import opened

PROCESSES, THREADS = 8, 4
ROUNDS = 12


def number(stage: Stage, seconds: float, chance: random.Random) -> str:
    """One customer for each number, registered once, with all calls; no deadlock. `seconds` does not matter here."""
    del seconds
    home = stage.home()
    # Rounds of one number, and rounds of several that half of the callers name in the other order.
    rounds = [[f"0812{chance.randrange(10**8):08}" for _ in range(1 if n % 2 == 0 else 5)] for n in range(ROUNDS)]
    children = [
        Child("caller", {**home._asdict(), "callers": [f"c{p}{t}" for t in range(THREADS)], "rounds": rounds})
        for p in range(PROCESSES)
    ]
    until(lambda: all(child.lines for child in children), "all callers are ready")
    for child in children:
        child.say("go")
    for child in children:
        child.finish()
    answers = [line.split(" ", 1) for child in children for line in child.lines if line != "ready"]
    found: dict[str, set[str]] = {}
    for phone, answer in answers:
        found.setdefault(phone, set()).add(answer.split()[0])
    if split := {phone: customers for phone, customers in found.items() if len(customers) > 1}:
        raise Unkept(f"more than one answer for one number: {split}")
    callers = PROCESSES * THREADS
    with opened(home) as ledger:
        for phone, [customer] in found.items():
            kinds = [type(e).__name__ for e in ledger.stream(customer)]
            expected = ["CallMade"] * callers + ["CustomerIdentified", "CustomerRegistered"]
            if sorted(kinds) != expected:
                raise Unkept(f"the customer of {phone} has {sorted(kinds)}")
    check_sound(home)
    deadlocks = 0
    for url in home:
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            ).fetchone()
            deadlocks += row[0] if row else 0
    if deadlocks:
        raise Unkept(f"{deadlocks} deadlocks")
    stage.forget(home)
    return f"{callers} writers, {len(found)} numbers, {len(answers)} answers: {len(found)} customers, no deadlock"
