"""Looks the whole installation over and says what is wrong, and what would help. Changes nothing."""

import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import psycopg
from psycopg import Connection

from api.clouds import moment, opened
from api.ops import standing, waited
from api.webhooks.store import Webhooks
from api.wiring import KEY_SCHEMAS, SCHEMAS, House
from domain.errors import JejakError
from projections.engine import LOCK

Verdict = Literal["good", "attention", "bad"]

LOW_DISK = 2 * 1024**3  # bytes
SAMPLE = 200  # sealed parts
LONG_BEHIND = 60.0  # seconds
MOST_WEBHOOKS = 1_000


class Finding(NamedTuple):
    """What was looked at, how it is, and what was seen."""

    check: str
    verdict: Verdict
    seen: str


def examine(house: House) -> Iterator[Finding]:
    """Every check, one after the other; one that cannot be made is a finding too."""
    for name, check in CHECKS.items():
        try:
            verdict, seen = check(house)
        except (psycopg.Error, JejakError, OSError) as error:
            verdict, seen = "bad", f"{type(error).__name__}: {error}"
        yield Finding(name, verdict, seen)


Seen = tuple[Verdict, str]


def _server(house: House) -> Seen:
    with house.pool.connection() as c:
        names = ("server_version", "fsync", "full_page_writes", "synchronous_commit")
        shown = {n: _one(c, "SELECT current_setting(%s)", n) for n in names}
    off = [n for n in names[1:] if shown[n] == "off"]
    where = f"embedded, in {house.server.data}" if house.server else "as JEJAK_DATABASE_URL says"
    text = f"PostgreSQL {shown['server_version']}, {where}"
    if off:
        return (
            "bad",
            f"{text}; {', '.join(off)} is off: what was acknowledged can be lost with the machine; switch it on",
        )
    return "good", text


def _schemas(house: House) -> Seen:
    missing: list[str] = []
    there = 0
    for url, schemas in ((house.database_url, SCHEMAS), (house.keys_url, KEY_SCHEMAS)):
        with psycopg.connect(url) as c:  # the API's role may not read what was migrated
            for package, name in schemas:
                known = [f.name for f in files(package).iterdir() if f.name.endswith(".sql")]
                applied = {
                    f for (f,) in c.execute("SELECT file FROM public.jejak_migrations WHERE schema = %s", [name])
                }
                missing += [f"{name}/{f}" for f in known if f not in applied]
                missing += [f"{name}/{f} (of a newer Jejak)" for f in sorted(applied - set(known))]
                there += len(applied)
    if missing:
        return "bad", f"out of step: {', '.join(missing)}; starting `jejak serve` brings the databases up to date"
    return "good", f"all {there} migrations are applied"


def _settings(house: House) -> Seen:
    given = sorted(f"JEJAK_{name.upper()}" for name in house.settings.model_fields_set)
    text = f"from the environment: {', '.join(given)}" if given else "all as they come"
    if house.settings.now is not None:
        return "attention", f"{text}; JEJAK_NOW stands for the present in every question"
    return "good", text


def _positions(house: House) -> Seen:
    with house.pool.connection() as c:
        events, last = _row(c, "SELECT count(*), coalesce(max(position), 0) FROM ledger.events")
        committed, head = _row(
            c, "SELECT coalesce(sum(last - first + 1), 0)::bigint, coalesce(max(last), 0) FROM ledger.commits"
        )
        streams = _one(
            c,
            """SELECT count(*) FROM (SELECT FROM ledger.events GROUP BY customer
                HAVING max(version) <> count(*) OR min(version) <> 1) AS gaps""",
        )
    if not events == last == committed == head:
        return (
            "bad",
            f"{events:,} events, last position {last:,}, but commits of {committed:,} up to {head:,}; restore a backup",
        )
    if streams:
        return "bad", f"{streams} histories have gaps in their versions; restore from a backup"
    return "good", f"{events:,} events at positions without a gap"


def _received(house: House) -> Seen:
    with house.pool.connection() as c:
        without = _one(
            c,
            """SELECT count(*) FROM ledger.received r FULL JOIN ledger.events e
                   ON e.customer = r.customer AND e.version = r.version AND e.position = r.position
                WHERE r.id IS NULL OR e.customer IS NULL""",
        )
    if without:
        return (
            "bad",
            f"{without} events and what is remembered of their ids do not match; a repetition could be doubled",
        )
    return "good", "every event is remembered by its id"


def _rows(house: House) -> Seen:
    at = standing(house)
    with house.pool.connection() as c:
        # A lock on one 64-bit number shows its halves apart.
        led = _one(
            c,
            """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
                  AND classid::bigint = %s AND objid::bigint = %s
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
            LOCK >> 32,
            LOCK & 0xFFFFFFFF,
        )
    running = "an engine runs" if led else "no engine runs; `jejak serve` starts one"
    if at.generation is None:
        return ("good" if at.head == 0 else "attention"), f"there are no rows yet; {running}"
    seconds = waited(house, at)
    text = f"generation {at.generation} (rulebook {at.rulebook}) is {at.behind:,} events behind; {running}"
    if at.behind and (not led or seconds > LONG_BEHIND):
        return "attention", f"{text}; the first has been waiting for {seconds:,.0f} s"
    return "good", text


def _parked(house: House) -> Seen:
    with house.pool.connection() as c:
        rows = c.execute(
            """SELECT customer::text, type, reason FROM rows.parked
                WHERE generation = (SELECT generation FROM rows.pointer) ORDER BY parked_at LIMIT 5"""
        ).fetchall()
    if rows:
        first = "; ".join(f"{customer}: {kind or 'an event'}: {reason}" for customer, kind, reason in rows)
        return (
            "attention",
            f"{standing(house).parked} customers cannot be folded, their rows stay as they were: {first}",
        )
    return "good", "every customer can be folded"


def _webhooks(house: House) -> Seen:
    kept = Webhooks(house.pool, house.ledger.keys, house.clock)
    subscriptions = kept.listed(limit=MOST_WEBHOOKS)
    troubled: list[str] = []
    for s in subscriptions:
        kept.keys(s.id)  # which tells whether the master key opens its secrets
        parked = kept.standing(s).parked
        if s.state != "active":
            troubled.append(f"{s.id} is {s.state}: {s.reason}")
        elif s.failing_since is not None:
            troubled.append(f"{s.id} has been failing since {moment(s.failing_since)}")
        elif parked:
            troubled.append(f"{s.id} has {parked} parked customers")
    if troubled:
        return "attention", f"{'; '.join(troubled)}; `jejak webhook log ID` says why, `jejak webhook resume ID` goes on"
    return "good", f"{len(subscriptions)} are delivered" if subscriptions else "nobody has subscribed"


def _seals(house: House) -> Seen:
    head = house.ledger.head()
    tried = found = 0
    step = max(1, head // SAMPLE)
    for after in range(0, head, step):
        page = [r for r in house.ledger.feed(after, 1) if r.sealed is not None]
        tried += len(page)
        found += sum(1 for part in opened(page, house.ledger.keys) if part)
    if tried == 0:
        return "good", "nothing is sealed yet"
    if found < tried:
        return "good", f"{found} of {tried} sealed parts open; the others' keys were destroyed"
    return "good", f"{tried} sealed parts, picked over the whole ledger, open"


def _disk(house: House) -> Seen:
    with house.pool.connection() as c:
        size = _one(c, "SELECT pg_database_size(current_database())")
    text = f"the ledger's database takes {size / 1024**2:,.0f} MiB"
    if house.server is None:
        return "good", text
    free = shutil.disk_usage(house.server.data).free
    text += f"; {free / 1024**3:,.1f} GiB are free"
    return ("good" if free > LOW_DISK else "bad"), text


CHECKS: dict[str, Callable[[House], Seen]] = {
    "settings": _settings,
    "server": _server,
    "schemas": _schemas,
    "positions": _positions,
    "received": _received,
    "rows": _rows,
    "parked": _parked,
    "webhooks": _webhooks,
    "seals": _seals,
    "disk": _disk,
}


def _row(c: Connection[Any], query: str, *values: Any) -> tuple[Any, ...]:
    row = c.execute(query, values).fetchone()  # pyright: ignore[reportArgumentType] - the queries above, all constant
    assert row is not None
    return row


def _one(c: Connection[Any], query: str, *values: Any) -> Any:
    return _row(c, query, *values)[0]
