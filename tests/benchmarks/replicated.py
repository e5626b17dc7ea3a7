"""A ledger of millions of events: the histories of some thousand simulated customers, told anew of many more customers.

Lengths are skewed as real histories are: lognormal around a median of 36, so that their mean is 100 and one in a hundred is
longer than 1,000; of 100,000 customers and more the longest has 20,500. A short history is the beginning of a simulated one
that is not much longer, a long one is made of several, which happened side by side. Events have ids of their own, and what
refers to an event within its history still does. Rows come in the order in which the simulated ones were recorded, so that
the histories are mixed as in a ledger that grew; positions have no gaps, and every thousand share a commit.

Rows are put there by COPY, and only those of events and commits: nothing here asks what was ever received.
"""

import random
import re
import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import msgspec
import psycopg

from api.wiring import House
from domain.packing import POSTGRES_EPOCH
from tests.benchmarks.stocked import stock

SIMULATED = 3_000  # customers
MEAN = 100  # events of a customer
_MEDIAN, _SIGMA = 36, 1.43
_LONGEST = 20_500
_ALONE = 400  # events; a longer history is made of several
_COMMIT = 1_000
_BATCH = 2_000

_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEAD = struct.Struct(">hi16siiiqiq")  # eight columns: customer, version, position, recorded_at, each after its length


class Told(msgspec.Struct, array_like=True, gc=False):
    """One event of a simulated history, as it was stored; histories are numbered in the order of their first event."""

    history: int
    customer: bytes
    beside: bool
    occurred: int  # µs since 2000
    type: bytes
    clear: bytes
    sealed: bytes | None


def simulate(house: House, file: Path, customers: int = SIMULATED) -> None:
    """Have that many customers simulated, recorded in a house, and keep what its ledger then holds in a file."""
    stock(house, customers * 105)
    numbers: dict[bytes, int] = {}
    with psycopg.connect(house.database_url) as c, c.cursor(name="told", binary=True) as cursor:
        cursor.execute(
            """SELECT uuid_send(customer), type LIKE ANY('{rulebook.%,staff.%,calendar.%,product.%}'),
                      (extract(epoch FROM occurred_at) * 1000000)::bigint, type, clear, sealed
                 FROM ledger.events ORDER BY position"""
        )
        cursor.itersize = 20_000
        told = [
            Told(
                numbers.setdefault(who, len(numbers)),
                who,
                beside,
                at - POSTGRES_EPOCH,
                kind.encode(),
                clear.encode(),
                s,
            )
            for who, beside, at, kind, clear, s in cursor
        ]
    file.write_bytes(msgspec.msgpack.encode(told))


def lengths(events: int, mean: int = MEAN) -> list[int]:
    """How long the histories are, the longest first; together about `events`, `mean` of a customer."""
    customers = max(1, events // mean)
    normal, median = NormalDist(), _MEDIAN * mean / MEAN
    found = [
        max(1, round(median * 2.718281828 ** (_SIGMA * normal.inv_cdf((i + 0.5) / customers))))
        for i in range(customers)
    ]
    if mean == MEAN and customers * MEAN >= 10_000_000:
        found[-1] = _LONGEST
    return found[::-1]


def fill(url: str, file: Path, events: int, mean: int = MEAN) -> str:
    """Fill an empty ledger from such a file, in a process of its own so that its memory goes; says what is in it then."""
    worker = get_context("spawn").Process(target=_fill, args=(url, file, events, mean))
    worker.start()
    worker.join()
    if worker.exitcode:
        raise RuntimeError("the ledger was not filled")
    with psycopg.connect(url, autocommit=True) as c:
        c.execute("VACUUM ANALYZE ledger.events")
        c.execute("CHECKPOINT")
        row = c.execute(
            """SELECT sum(n)::bigint, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY n), max(n)
                 FROM (SELECT count(*) AS n FROM ledger.events GROUP BY customer) AS histories"""
        ).fetchone()
    total, customers, median, longest = row or (0, 0, 0, 0)
    return f"{total:,} events of {customers:,} streams, median {median:.0f}, longest {longest:,}"


class _Piece(NamedTuple):
    """The beginning of a simulated history, as a part of one of ours."""

    customer: int
    events: int
    mask: int  # what our event ids differ by from the simulated ones


def _cast(told: Sequence[Told], wanted: Sequence[int]) -> dict[int, list[_Piece]]:
    """By simulated history, of whom it is told."""
    known: dict[int, int] = {}
    for event in told:
        if not event.beside:
            known[event.history] = known.get(event.history, 0) + 1
    by_length = sorted((length, history) for history, length in known.items())
    choose = random.Random(1)
    cast: dict[int, list[_Piece]] = {}
    for customer, length in enumerate(wanted):
        left = length
        while left > 0:
            first = bisect_left(by_length, (left, 0)) if left <= _ALONE else 0
            last = bisect_left(by_length, (left + left // 4 + 10, 0)) if left <= _ALONE else len(by_length)
            if first >= len(by_length):
                first = 0
            size, history = by_length[choose.randrange(first, max(last, first + 1))]
            cast.setdefault(history, []).append(_Piece(customer, min(size, left), choose.getrandbits(47) | 1))
            left -= size
    return cast


def _fill(url: str, file: Path, events: int, mean: int) -> None:
    told = msgspec.msgpack.decode(file.read_bytes(), type=list[Told])
    wanted = lengths(events, mean)
    rows = _rows(told, _cast(told, wanted), [_customer(number) for number in range(len(wanted))])
    with psycopg.connect(url) as c, c.cursor() as cursor:
        [base] = cursor.execute("SELECT (extract(epoch FROM now()) * 1000000)::bigint").fetchone() or (0,)
        position = 0
        with cursor.copy("COPY ledger.events FROM STDIN (FORMAT binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            while part := [
                _HEAD.pack(8, 16, who, 4, version, 8, place, 8, base - POSTGRES_EPOCH + place) + rest
                for place, (who, version, rest) in enumerate(islice(rows, _BATCH), position + 1)
            ]:
                position += len(part)
                copy.write(b"".join(part))
            copy.write(b"\xff\xff")
        cursor.execute(
            """INSERT INTO ledger.commits (first, last, recorded_at)
               SELECT g, least(g + %(n)s - 1, %(last)s), 'epoch'::timestamptz + (%(base)s + g) * interval '1 microsecond'
                 FROM generate_series(1, %(last)s, %(n)s) AS g""",
            {"n": _COMMIT, "last": position, "base": base},
        )


def _customer(number: int) -> bytes:
    made = bytearray(random.Random(number).randbytes(16))
    made[6], made[8] = made[6] & 0x0F | 0x80, made[8] & 0x3F | 0x80
    return bytes(made)


def _rows(
    told: Sequence[Told], cast: dict[int, list[_Piece]], customers: Sequence[bytes]
) -> Iterator[tuple[bytes, int, bytes]]:
    """(customer, version, all columns from the fourth on) of each row, in the order of positions."""
    versions = [0] * len(customers)
    ids: dict[int, set[bytes]] = {}
    heard: dict[int, int] = {}
    alone: dict[bytes, int] = {}
    for event in told:
        if event.beside:
            alone[event.customer] = alone.get(event.customer, 0) + 1
            yield event.customer, alone[event.customer], b"".join((_before(event), event.clear, _after(event)))
            continue
        known = ids.setdefault(event.history, set())
        known.add(msgspec.json.decode(event.clear)["id"].encode())
        heard[event.history] = number = heard.get(event.history, 0) + 1
        texts, tails = _apart(event.clear, known)
        before, after = _before(event), _after(event)
        for piece in cast.get(event.history, ()):
            if number <= piece.events:
                versions[piece.customer] = version = versions[piece.customer] + 1
                clear = b"".join([t + b"%012x" % (x ^ piece.mask) for t, x in zip(texts, tails, strict=False)])
                yield customers[piece.customer], version, b"".join((before, clear, texts[-1], after))


def _before(event: Told) -> bytes:
    head = struct.pack(">iqi", 8, event.occurred, len(event.type))
    return head + event.type + struct.pack(">i", len(event.clear))


def _after(event: Told) -> bytes:
    return b"\xff\xff\xff\xff" if event.sealed is None else struct.pack(">i", len(event.sealed)) + event.sealed


def _apart(clear: bytes, known: set[bytes]) -> tuple[list[bytes], list[int]]:
    """A stored event, cut before the last twelve digits of each id of an event of its history; and those digits."""
    texts: list[bytes] = []
    tails: list[int] = []
    done = 0
    for found in _ID.finditer(clear):
        if found[0] in known:
            texts.append(clear[done : found.end() - 12])
            tails.append(int(found[0][-12:], 16))
            done = found.end()
    return [*texts, clear[done:]], tails


__all__ = ["MEAN", "Told", "fill", "lengths", "simulate"]
