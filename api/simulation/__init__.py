"""A company that does not exist, and everything that happened between it and its customers, as CloudEvents.

The same customers, seed, years and end give the same bytes on any machine and Python: chance comes from `random()`
alone, time is counted in whole seconds, and nothing depends on sets, hashes or locale. Events come in the order in
which they were reported, which is not always that in which they happened. Beyond `customers` there are a few strangers
who call from numbers that nobody has named.

Memory does not grow with the number of customers: sorted runs of RUN events go to temporary files and are merged.
"""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec

from api.simulation.cases import troubles
from api.simulation.clock import DAY, stamp
from api.simulation.company import Company
from api.simulation.ending import neglect, unfinished
from api.simulation.journal import KEY
from api.simulation.life import live
from api.simulation.person import Person
from api.simulation.scenes import occasions

DEFAULT_END = datetime(2026, 3, 4, tzinfo=timezone(timedelta(hours=7)))
RUN = 150_000  # events kept in memory, about 80 MB


def simulate(
    customers: int, seed: int, years: float = 2, end: datetime = DEFAULT_END, *, recordedtime: bool = False
) -> Iterator[dict[str, Any]]:
    """CloudEvents as decoded JSON, in the order of their reports; all reported before `end`.

    `recordedtime`: add the extension attribute of that name, strictly increasing, for an import as history.
    """
    for line in lines(customers, seed, years, end, recordedtime=recordedtime):
        yield msgspec.json.decode(line)


def write(
    file: IO[bytes],
    customers: int,
    seed: int,
    years: float = 2,
    end: datetime = DEFAULT_END,
    *,
    recordedtime: bool = False,
) -> int:
    """Write them to a binary file as NDJSON; answers how many."""
    count = 0
    for line in lines(customers, seed, years, end, recordedtime=recordedtime):
        file.write(line)
        count += 1
    return count


def lines(
    customers: int, seed: int, years: float = 2, end: datetime = DEFAULT_END, *, recordedtime: bool = False
) -> Iterator[bytes]:
    """The same as lines of NDJSON, newline included.

    ValueError: no customers, no time, or an `end` without an offset.
    """
    if customers < 1 or years <= 0:
        raise ValueError(f"simulate at least one customer over some time, not {customers} over {years} years")
    if end.tzinfo is None:
        raise ValueError(f"the end {end} needs an offset, e.g. 2026-03-04T00:00:00+07:00")
    until = int((end - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))
    company = Company(customers, seed, until - int(years * 365 * DAY), until)
    everybody = (history(number, customers, seed, company) for number in range(1, customers + 1))
    last = 0
    for line in _sorted(company.journal.lines, everybody):
        if recordedtime:
            last = max(last + 1, int(line[:17]))
            at = stamp(last // 1_000_000, 420, last % 1_000_000)
            yield line[KEY:-2] + f',"recordedtime":"{at}"}}\n'.encode()
        else:
            yield line[KEY:]


def history(number: int, customers: int, seed: int, company: Company) -> list[bytes]:
    """All that is reported of one customer, as lines that begin with their sort key."""
    person = Person(number, customers, seed, company)
    neglect(person)
    person.introduce()
    troubles(person)
    occasions(person)
    unfinished(person, customers)
    live(person)
    person.part()
    return person.journal.lines


def _sorted(first: list[bytes], more: Iterable[list[bytes]]) -> Iterator[bytes]:
    """All lines in order, of which no more than a run is held."""
    with ExitStack() as stack:
        runs: list[IO[bytes]] = []
        held = [line + b"\n" for line in first]
        for some in more:
            held += [line + b"\n" for line in some]
            if len(held) > RUN:
                file = stack.enter_context(TemporaryFile())
                file.writelines(sorted(held))
                file.seek(0)
                runs.append(file)
                held = []
        held.sort()
        yield from heapq.merge(*runs, held)
