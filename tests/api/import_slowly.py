"""A process of its own: `LEDGER KEYS FILE` imports the incident log in small batches, and says so after each."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from api.importing import Importer
from tests.ledgers import Home, opened


def main(ledger_url: str, keys_url: str, file: str) -> None:
    with opened(Home(ledger_url, keys_url)) as ledger:

        def record(clouds: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
            outcomes = ledger.record(clouds, actor="import")
            sys.stdout.write(f"{len(outcomes)}\n")
            sys.stdout.flush()
            return outcomes

        Importer(record, mapping="incident-log", quiet=True, batch=200).run([file])


if __name__ == "__main__":
    main(*sys.argv[1:])
