"""`python -m tests.faults [NAME] [--trials N] [--seconds S] [--seed S]`: run fault trials, one line for each."""

import argparse
import random
import sys
import time

from tests.faults.stage import Stage, Unkept, stage
from tests.faults.trials import FULL, SECONDS, TRIALS


def run(where: Stage, name: str, number: int, seconds: float, seed: int) -> bool:
    """One trial, one line; whether every promise was kept."""
    began = time.monotonic()
    try:
        said = TRIALS[name](where, seconds, random.Random(f"{seed}{name}{number}"))
    except Unkept as broken:
        print(f"{name} {number}: NOT KEPT: {broken}", flush=True)
        return False
    print(f"{name} {number}: {said} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


def main() -> int:
    """Run what the arguments name; 1 where a promise was not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("name", nargs="?", choices=TRIALS, help="one trial (default: all)")
    parser.add_argument("--trials", type=int, default=FULL, help="how many times each (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of load before something is killed, at most")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    wish = parser.parse_args()
    print(f"seed {wish.seed}")
    broken = 0
    with stage() as where:
        for name in [wish.name] if wish.name else TRIALS:
            broken += sum(not run(where, name, n, wish.seconds, wish.seed) for n in range(1, wish.trials + 1))
    print(f"{broken} trials failed" if broken else "every promise was kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
