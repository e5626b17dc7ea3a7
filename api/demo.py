"""`jejak demo`: a company's history in a folder of its own, and a first look at it.

The folder has a file `demo.json` that says how the history was made. A folder that holds anything else is left alone,
and one whose history was cut short is finished: the same plan gives the same events, and what was recorded is not doubled.
"""

import itertools
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.text import Text

from api import customers, queueing, queues, rendering, serving
from api.cluster import make_folder
from api.coordinates import coordinates
from api.errors import BadRequest
from api.export import restore
from api.looking import look
from api.progress import meter
from api.queueing import Wanted
from api.rows import make_engine
from api.settings import Settings
from api.simulation import lines
from api.wiring import House
from domain.errors import Refusal

MARK = "demo.json"
BATCH = 2_000  # events recorded together
KEY_NAME = "demo"
HEAD = 5  # items of a queue on the first screen
PORTS = 50  # tried, from the wanted one on


class Plan(Struct):
    """How a demo's history is made."""

    customers: int
    years: float
    seed: int
    end: datetime
    done: bool = False


def settings(folder: Path) -> Settings:
    """Settings of a house in this folder, whatever the environment says of another one.

    BadRequest where the folder is no demo's.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise BadRequest(f"{folder} holds something that is no demo; name another folder with --data, or an empty one")
    return Settings(data=folder, database_url=None, keys_url=None, master_key=None, now=None)


def take_over(chosen: Settings) -> None:
    """Let child processes find the same house, whatever the environment said of another one."""
    for name in ("DATABASE_URL", "KEYS_URL", "MASTER_KEY", "NOW"):
        os.environ.pop(f"JEJAK_{name}", None)
    os.environ["JEJAK_DATA"] = str(chosen.data.absolute())


def planned(folder: Path, fresh: Plan) -> Plan:
    """The plan of this folder: what it was made with, or else the fresh one, which is noted."""
    with suppress(FileNotFoundError):
        return msgspec.json.decode((folder / MARK).read_bytes(), type=Plan)
    make_folder(folder, 0o711 if os.geteuid() == 0 else 0o700)  # as the embedded server wants it
    note(folder, fresh)
    return fresh


def note(folder: Path, plan: Plan) -> None:
    """Write down how far this demo is."""
    aside = folder / f"{MARK}.new"
    aside.write_bytes(msgspec.json.encode(plan))
    aside.replace(folder / MARK)


def fill(house: House, folder: Path, plan: Plan, *, quiet: bool) -> int:
    """Record the planned history through the ledger, and fold it; how many events it holds."""
    if not plan.done:
        with meter("history", None, "events", quiet=quiet) as show:
            for count, batch in _batches(plan):
                outcomes = restore(house.ledger, batch, actor="demo")
                refused = next((o for o in outcomes if isinstance(o, Refusal)), None)
                if refused is not None:
                    raise refused
                show(count)
    head = house.ledger.head()
    with meter("rows", head, "events", quiet=quiet) as show:
        make_engine(house.database_url).catch_up()
        show(head)
    if not plan.done:
        plan.done = True
        note(folder, plan)
    return head


def _batches(plan: Plan) -> Iterator[tuple[int, Sequence[dict[str, Any]]]]:
    events = lines(plan.customers, plan.seed, plan.years, plan.end, recordedtime=True)
    count = 0
    while batch := list(itertools.islice(events, BATCH)):
        count += len(batch)
        yield count, [msgspec.json.decode(line) for line in batch]


def new_key(house: House) -> str:
    """A key for this run; those of earlier runs end, as nobody can have kept them for good."""
    house.bearers.revoke_named(KEY_NAME)
    return house.bearers.create(KEY_NAME, ["admin"])


def free_port(host: str, port: int) -> socket.socket:
    """A listening socket on the first free port from this one on."""
    for tried in range(port, min(port + PORTS, 65_536)) if port else (0,):
        with suppress(OSError):
            return serving.bind(host, tried)[0]
    raise BadRequest(f"no port is free on {host} from {port} on; choose another with --port")


# --- the first screen ----------------------------------------------------------------------------------------------


def first_look(house: House) -> dict[str, Any]:
    """What is worth seeing first: the heads of the queues, a customer, and how many are in which stage."""
    at = coordinates(house, None)
    pages = {name: queueing.read(house, queue, at, Wanted(limit=HEAD)) for name, queue in queueing.QUEUES.items()}
    shaped = {n: queues.shaped(house, queueing.QUEUES[n], at, p, opening=True) for n, p in pages.items()}
    return {
        "events": house.ledger.head(),
        "customers": sum(n for _, n in _stages(house, at.as_of)),
        "stages": dict(_stages(house, at.as_of)),
        "queues": shaped,
        "customer": customers.page(
            house, look(house, _telling(house, at.as_of), at, customers.PAGE_TABLES), house.ledger
        ),
    }


def _stages(house: House, now: datetime) -> list[tuple[str, int]]:
    with house.pool.connection() as c:
        return c.execute(
            """SELECT stage, count(*) FROM rows.standing WHERE generation = (SELECT generation FROM rows.pointer)
                  AND from_at <= %s AND until_at > %s AND NOT provisional
                GROUP BY stage ORDER BY count(*) DESC, stage""",
            [now, now],
        ).fetchall()


def _telling(house: House, now: datetime) -> str:
    """A customer with something to tell: a complaint and a promise are open, and somebody spoke with them lately."""
    with house.pool.connection() as c:
        row = c.execute(
            """SELECT s.customer::text FROM rows.standing s JOIN rows.profile p USING (generation, customer)
                WHERE s.generation = (SELECT generation FROM rows.pointer) AND s.from_at <= %s AND s.until_at > %s
                ORDER BY (s.open_complaints > 0)::int + (jsonb_array_length(p.document->'promises') > 0)::int
                         + (s.owner IS NOT NULL)::int + (s.stage IN ('expansion', 'commitment'))::int DESC,
                         s.tier, s.last_talk_at DESC NULLS LAST LIMIT 1""",
            [now, now],
        ).fetchone()
    assert row is not None
    return row[0]


def show(console: Console, seen: dict[str, Any]) -> None:
    """The first screen."""
    console.print()
    for name in ("complaints", "outreach"):
        console.print(rendering.queue(name, seen["queues"][name]))
        console.print()
    console.print(rendering.customer(seen["customer"]))
    console.print()
    title = f"{seen['customers']:,} customers, {seen['events']:,} events"
    console.print(rendering.counts(title, list(seen["stages"].items()), rendering.STAGES))
    console.print()


def show_where(console: Console, address: str, key: str, seen: dict[str, Any]) -> None:
    """Where to ask further."""
    customer = seen["customer"]["customer"]
    console.print(
        Text.assemble(("Jejak answers at ", "bold"), address, ("   described at ", "bold"), f"{address}/docs")
    )
    console.print(Text.assemble(("Your key, shown this once: ", "bold"), (key, "cyan")), soft_wrap=True)
    console.print(Text("Try:", style="bold"))
    # One line to paste each, however narrow the terminal is.
    for path in ("v1/queues/complaints?limit=3", f"v1/customers/{customer}", "v1/events/stream?after=latest"):
        console.print(f"  curl -N -H 'Authorization: Bearer {key}' '{address}/{path}'", soft_wrap=True, markup=False)
    console.print("Ctrl-C ends it; `jejak demo` starts it again with everything in it.", style="dim")
