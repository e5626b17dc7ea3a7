"""A receiver of webhooks on 127.0.0.1, and couriers that deliver to it at a quick pace."""

import contextlib
import json
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, cast

from starlette.testclient import TestClient

from api.webhooks import dispatch
from api.webhooks.pace import Pace
from api.wiring import House
from tests.api.conftest import call, record

PATIENCE = 60.0  # seconds; other work may hold the machine up
QUICK = Pace(
    delays=(0.02, 0.04, 0.08, 0.16), probe=0.1, park_after=3_600.0, flush=0.02, look=0.05, grace=2.0, timeout=2.0
)


class Got(NamedTuple):
    """A message that came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        decoded = json.loads(self.body)
        return decoded if isinstance(decoded, list) else [decoded]


Reply = int | tuple[int, dict[str, str]]


class Receiver(ThreadingHTTPServer):
    """Keeps what it accepted; `answer` decides what it says to a message."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Callable[[Got], Reply], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.seen: list[Got] = []  # every attempt
        self.accepted: list[Got] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def positions(self) -> dict[str, list[int]]:
        """By customer, the events that were accepted, in the order in which they came; repetitions among them."""
        found: dict[str, list[int]] = defaultdict(list)
        with self.lock:
            for got in self.accepted:
                for event in got.events:
                    found[event.get("subject", "")].append(event["position"])
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        got = Got({name.lower(): value for name, value in self.headers.items()}, self.rfile.read(length))
        if len(got.body) < length:  # the sender was killed in the middle of it
            self.close_connection = True
            return
        server = cast("Receiver", self.server)
        reply = server.answer(got)
        status, headers = reply if isinstance(reply, tuple) else (reply, {})
        with server.lock:
            server.seen.append(got)
            if 200 <= status < 300:
                server.accepted.append(got)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # a client that breaks off, or does not like our certificate
            super().handle()

    def log_message(self, format: str, *_: Any) -> None:
        """Nothing."""


@contextmanager
def receiving(
    answer: Callable[[Got], Reply] = lambda _: 204, port: int = 0, tls: ssl.SSLContext | None = None
) -> Generator[Receiver]:
    with Receiver(answer, port) as receiver:
        if tls is not None:  # each connection shakes hands in its own thread
            receiver.socket = tls.wrap_socket(receiver.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()


@contextmanager
def delivering(house: House, pace: Pace = QUICK) -> Generator[None]:
    """Couriers at work, as in the process of their own."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(dispatch.run, house, stop, pace)
        try:
            yield
        finally:
            stop.set()
        running.result(PATIENCE)


def inside(house: House) -> House:
    """The same house, whose webhooks may go to this machine."""
    house.settings = house.settings.model_copy(update={"webhook_inside": True})
    return house


def eventually(true: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := true():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not come about")


def firsts(positions: list[int]) -> list[int]:
    """Each position once, in the order in which they came first."""
    return list(dict.fromkeys(positions))


# --- what tests of deliveries do and look at ---------------------------------------------------------------------------


def subscribe(client: TestClient, receiver: Receiver, **wanted: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": receiver.url, "from": "beginning"} | wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def ledger(house: House) -> dict[str, list[int]]:
    """By customer, the positions of all events."""
    found: dict[str, list[int]] = {}
    for r in house.ledger.feed(0, 100_000):
        found.setdefault(r.customer, []).append(r.position)
    return found


def calls(house: House, count: int, customers: int, start: int = 0) -> None:
    record(house, *(call(f"c-{i}", f"crm:C-{i % customers}") for i in range(start, start + count)))


def delivered(house: House, receiver: Receiver) -> bool:
    return {c: sorted(set(p)) for c, p in receiver.positions().items()} == ledger(house)


def in_order(receiver: Receiver) -> bool:
    return all(firsts(p) == sorted(set(p)) for p in receiver.positions().values())


def state(client: TestClient, id_: str) -> dict[str, Any]:
    return client.get(f"/v1/webhooks/{id_}").json()


def log(client: TestClient, id_: str) -> list[dict[str, Any]]:
    return client.get(f"/v1/webhooks/{id_}/deliveries").json()["deliveries"]
