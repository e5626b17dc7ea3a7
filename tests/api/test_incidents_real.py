"""The incident log through mapping and fold: rounds, waits and the time on hold of each complaint, counted by hand from the file.

By hand means: by nothing of ours but what reads the lines. An incident is on hold from an update that says "Awaiting User Info"
until the first one that says otherwise; a new round begins with an update that is neither Resolved nor Closed after one
that was; each update to Resolved after another state is a resolution.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from api.importing import Importer
from domain.door import instant
from domain.events import Event
from domain.facts import micros
from domain.rules import first_rules
from domain.vocabulary import TYPES
from projections import fold
from projections.asof import rows_at
from projections.rounds import HISTORY
from tests.api.importing import Memory, moment, real
from tests.examples import uid

INCIDENTS = "incident_event_log.csv.gz"
LATELY = datetime(2016, 3, 10, tzinfo=UTC)
LAST = datetime(2017, 6, 1, tzinfo=UTC)  # after the last update
AWAITED = {
    "Awaiting User Info": "customer", "Awaiting Vendor": "vendor", "Awaiting Evidence": "evidence",
    "Awaiting Problem": "problem",
}  # fmt: skip
OVER = ("Resolved", "Closed")

Step = tuple[datetime, str]
Wait = tuple[datetime, datetime | None, str]


@pytest.fixture(scope="module")
def updates() -> dict[str, list[Step]]:
    """By incident: when and to which state, in order of time, those of one minute in the file's order."""
    found: dict[str, list[Step]] = defaultdict(list)
    with gzip.open(real(INCIDENTS), "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            at = datetime.strptime(row["sys_updated_at"], "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
            found[row["number"]].append((at, row["incident_state"]))
    return {number: sorted(steps, key=lambda step: step[0]) for number, steps in found.items()}


@pytest.fixture(scope="module")
def streams() -> list[list[Event]]:
    """The events of each caller, as the mapping makes them."""
    memory = Memory()
    Importer(memory, mapping="incident-log", quiet=True).run([str(real(INCIDENTS))])
    found: dict[str, list[Event]] = defaultdict(list)
    for cloud in memory.clouds:
        stream = found[cloud["subject"]]
        known = {"type": cloud["type"], "id": uid(cloud["id"]), "source": cloud["source"], "version": len(stream) + 1}
        fields = known | {"at": micros(moment(cloud)), "sequence": cloud["sequence"]} | cloud["data"]
        stream.append(msgspec.convert(fields, TYPES[cloud["type"]]))
    return list(found.values())


def histories(streams: list[list[Event]], clock: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """By incident: its row in the history of complaints at a clock."""
    names, now = [name for name, _ in HISTORY.columns], micros(clock)
    for stream in streams:
        rows = rows_at(fold, stream, first_rules(), now)
        for rendered in () if rows is None else rows.tables[HISTORY.name]:
            row = dict(zip(names, rendered, strict=True))
            if row["from_at"] <= now < row["until_at"]:
                yield row["complaint"], row | {"detail": msgspec.json.decode(row["detail"])}


def until(updates: dict[str, list[Step]], clock: datetime) -> dict[str, list[Step]]:
    found = {number: [step for step in steps if step[0] <= clock] for number, steps in updates.items()}
    return {number: steps for number, steps in found.items() if steps}


def waits(steps: list[Step]) -> list[Wait]:
    """Each stretch in which somebody was awaited: from, until (None: they still are), whom."""
    found: list[Wait] = []
    awaited = None
    for at, state in steps:
        if AWAITED.get(state) == awaited:
            continue
        if awaited is not None:
            found[-1] = (found[-1][0], at, awaited)
        awaited = AWAITED.get(state)
        if awaited is not None:
            found.append((at, None, awaited))
    return found


def on_hold(found: list[Wait], clock: datetime) -> timedelta:
    return sum(((end or clock) - start for start, end, whom in found if whom == "customer"), timedelta())


def rounds(steps: list[Step]) -> tuple[int, list[datetime]]:
    """How many rounds there are, and when each resolution was."""
    moves = [("", steps[0]), *((before[1], after) for before, after in pairwise(steps))]
    again = sum(before in OVER and state not in OVER for before, (_, state) in moves)
    return 1 + again, [at for before, (at, state) in moves if state == "Resolved" != before]


@pytest.mark.parametrize("clock", [LATELY, LAST], ids=["meanwhile", "in the end"])
def test_waits_and_time_on_hold_are_those_of_the_file(
    streams: list[list[Event]], updates: dict[str, list[Step]], clock: datetime
) -> None:
    by_hand = {number: waits(steps) for number, steps in until(updates, clock).items()}
    by_fold: dict[str, list[Wait]] = {}
    for number, row in histories(streams, clock):
        found = row["detail"]["waits"]
        by_fold[number] = [(instant(w["from"]), w["until"] and instant(w["until"]), w["for"]) for w in found]
    assert by_fold == by_hand
    held = {number: on_hold(found, clock) for number, found in by_hand.items()}
    assert {number: on_hold(found, clock) for number, found in by_fold.items()} == held
    assert sum(time > timedelta() for time in held.values()) > 100


@pytest.mark.parametrize("clock", [LATELY, LAST], ids=["meanwhile", "in the end"])
def test_rounds_and_resolutions_are_those_of_the_file(
    streams: list[list[Event]], updates: dict[str, list[Step]], clock: datetime
) -> None:
    by_hand = {number: rounds(steps) for number, steps in until(updates, clock).items()}
    by_fold: dict[str, tuple[int, list[datetime]]] = {}
    for number, row in histories(streams, clock):
        told = [resolution for resolution in row["detail"]["resolutions"] if resolution["event"] is not None]
        by_fold[number] = (row["rounds"], [instant(resolution["at"]) for resolution in told])
    assert by_fold == by_hand
    assert any(number > 1 for number, _ in by_hand.values())
