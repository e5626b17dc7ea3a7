"""What writers and readers of a trial do, each in a process of its own that is up soon: it imports little."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

MEDIA = "application/cloudevents-batch+json"
SECOND = "marked"  # the rulebook that leaves its mark on rows
BREATH = 0.02  # seconds between two pages: readers are not to take the machine from writers
MONTHS = 12  # of every cadence of that rulebook, and of none of the first


class Api(NamedTuple):
    """Where to call, and with which key."""

    host: str
    port: int
    key: str


class Written(NamedTuple):
    """What a writer saw."""

    recorded: int
    errors: list[str]
    waits: list[tuple[float, float]]  # (when sent, seconds until the answer), by the clock that all processes share


class Read(NamedTuple):
    """What a reader saw."""

    walks: dict[str, int]  # by rulebook
    across: int  # walks that began before the pointer moved, and ended after it
    pages: int
    mixed: list[str]
    errors: list[str]


def write_on(pipe: Connection, api: Api, batches: Sequence[bytes], every: float, first: float) -> None:
    """Send a batch every so many seconds, at once where that is over already, until told to end."""
    connection = http.client.HTTPConnection(api.host, api.port)
    headers = {"Authorization": f"Bearer {api.key}", "Content-Type": MEDIA}
    recorded, errors, waits = 0, list[str](), list[tuple[float, float]]()
    pipe.send("ready")
    due = time.monotonic() + first
    for body in batches:
        if pipe.poll(max(0.0, due - time.monotonic())):
            break
        due += every
        at = time.monotonic()
        connection.request("POST", "/v1/events", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        waits.append((at, time.monotonic() - at))
        outcomes = json.loads(said)
        if answer.status != http.client.OK:
            errors.append(f"{answer.status} {said[:300]!r}")
        else:
            counts: dict[str, int] = outcomes["counts"]
            recorded += counts.pop("recorded")
            errors += [f"{n} events were {status}" for status, n in counts.items() if n]
    else:
        pipe.recv()
    pipe.send(Written(recorded, errors, waits))


def read_on(pipe: Connection, api: Api, queue: str, size: int) -> None:
    """Page a queue from start to end, again and again, until told to end."""
    connection = http.client.HTTPConnection(api.host, api.port)
    walks: Counter[str] = Counter()
    mixed, errors = list[str](), list[str]()
    pages = across = 0
    pipe.send("ready")
    while not pipe.poll():
        books: list[str] = []
        for page in _walk(connection, api, queue, size, errors):
            pages += 1
            books.append(page["rulebook"])
            marks = {_mark(item) for item in page["items"]} - {None}
            if marks - {books[0] == SECOND} or books[-1] != books[0]:
                mixed.append(f"{queue}: a walk under {books[0]} has a page of {books[-1]} with rows marked {marks}")
        if books:
            walks[books[0]] += 1
            across += _shown(connection, api) != books[0]
    pipe.recv()
    pipe.send(Read(dict(walks), across, pages, mixed, errors))


def _walk(
    connection: http.client.HTTPConnection, api: Api, queue: str, size: int, errors: list[str]
) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        page = _get(connection, api, f"/v1/queues/{queue}?limit={size}{after}", errors)
        if page is None:
            return
        yield page
        time.sleep(BREATH)
        if page["next"] is None:
            return
        after = f"&after={page['next']}"


def _get(connection: http.client.HTTPConnection, api: Api, path: str, errors: list[str]) -> dict[str, Any] | None:
    connection.request("GET", path, headers={"Authorization": f"Bearer {api.key}"})
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != http.client.OK:
        errors.append(f"{path}: {answer.status} {said[:300]!r}")
        return None
    return json.loads(said)


def _shown(connection: http.client.HTTPConnection, api: Api) -> str | None:
    page = _get(connection, api, "/v1/queues/complaints?limit=1", [])
    return None if page is None else page["rulebook"]


def _mark(item: dict[str, Any]) -> bool | None:
    """Whether the second rulebook made this row; None: it does not show."""
    why = item["why"] or {}
    if "months" in why and "wish" not in why:  # a wish of theirs has months of its own
        return bool(why["months"] == MONTHS)
    if item.get("kind") == "complaint" and why.get("factor") is not None:
        return why["factor"] not in (1, 0.75, 0.5)
    return None
