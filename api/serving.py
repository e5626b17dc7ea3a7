"""`jejak serve`: worker processes that answer, one engine that keeps the rows, one courier of webhooks, and a parent.

    parent (this module) ── owns the listening socket, starts again whoever ends
    ├── worker × N       uvicorn on the inherited socket
    ├── engine           follows the ledger
    └── courier          delivers webhooks

A child that was killed is started again, at once at first and then with growing delay; the others go on meanwhile. The
end of a child's standard input tells it that the parent is gone, however that ended, so that nothing is left behind.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn

from api.app import create_app
from api.rows import make_engine
from api.webhooks import dispatch
from api.wiring import House, open_house

logger = logging.getLogger(__name__)

GRACE = 15.0  # seconds in which a child finishes what it accepted
STEADY = 5.0  # a child that lived for so long had started well
LONGEST_DELAY = 5.0  # seconds before a child that keeps ending is started again
LOOK_EVERY = 0.05


class Child:
    """A process of ours that is to run until we say otherwise."""

    def __init__(self, name: str, arguments: Sequence[str], inherited: Sequence[int] = ()) -> None:
        self.name = name
        self._arguments = arguments
        self._inherited = inherited
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._delay = 0.0
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """Its process id; None while it does not run."""
        return None if self._process is None else self._process.pid

    def see_to(self) -> None:
        """Start it if it does not run."""
        now = time.monotonic()
        if self._process is not None and (code := self._process.poll()) is not None:
            self._process = None
            lived = now - self._started
            self._delay = 0.0 if lived > STEADY else min(LONGEST_DELAY, max(0.1, self._delay * 2))
            self._not_before = now + self._delay
            logger.warning("the %s ended with %s after %.0f s; starting it again", self.name, code, lived)
        if self._process is None and now >= self._not_before:
            command = [sys.executable, "-m", "api.serving", *self._arguments]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=self._inherited)
            self._started = now

    def ask_to_end(self) -> None:
        """Let it finish what it accepted."""
        if self._process is not None:
            self._process.terminate()

    def end(self, seconds: float) -> None:
        """Wait for its end, and end it then."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            logger.warning("the %s does not end by itself; ending it", self.name)
            self._process.kill()
            self._process.wait()


def bind(host: str, port: int, workers: int = 1) -> list[socket.socket]:
    """A listening socket for each worker; OSError where the address is taken or not ours.

    With a socket each, the kernel shares connections out. On one for all, whoever is idle first takes every connection
    that waits, and a few senders that stay connected end up with the same worker.
    """
    first = _bind(host, port, shared=False)
    if workers == 1 or not sys.platform.startswith("linux"):
        return [first] * workers
    # Taken alone first: shared at once, an address that another `jejak serve` listens on would be let in as well.
    address = first.getsockname()[1]
    first.close()
    return [_bind(host, address, shared=True) for _ in range(workers)]


def _bind(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if shared else socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


def serve(
    listening: Sequence[socket.socket], stop: threading.Event, *, ready: Callable[[], None] | None = None
) -> None:
    """Run a worker for each socket, the engine and the courier, until `stop` is set; then let them finish.

    `ready`: once they are started.
    """
    log_as_set()
    children = [Child("engine", ["engine"]), Child("courier", ["courier"])]
    children += [
        Child(f"worker {n}", ["worker", str(own.fileno())], [own.fileno()]) for n, own in enumerate(listening, start=1)
    ]
    try:
        for child in children:
            child.see_to()
        if ready is not None:
            ready()
        while not stop.wait(LOOK_EVERY):
            for child in children:
                child.see_to()
    finally:
        for child in children:
            child.ask_to_end()
        deadline = time.monotonic() + GRACE
        for child in children:
            child.end(deadline - time.monotonic())


def stopping() -> threading.Event:
    """An event that is set when this process is asked to end (SIGTERM, SIGINT, SIGHUP)."""
    stop = threading.Event()

    def ask(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ask)
    return stop


# --- what the children do ---------------------------------------------------------------------------------------------


class Worker(uvicorn.Server):
    """Uvicorn that also lets go those who wait for the feed when it is asked to end."""

    def __init__(self, config: uvicorn.Config, house: House) -> None:
        super().__init__(config)
        self._house = house

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then finish all other requests."""
        await self._house.tail.close()
        await super().shutdown(sockets)


def work(listening: socket.socket) -> None:
    """Answer requests that come in on this socket until asked to end."""
    with open_house(migrating=False, size=WORKER_CONNECTIONS) as house:
        config = uvicorn.Config(
            create_app(house),
            loop="uvloop" if sys.platform != "win32" else "asyncio",
            http="httptools",
            log_config=None,
            access_log=False,  # a path can name a person
            timeout_graceful_shutdown=int(GRACE),
            server_header=False,
        )
        server = Worker(config, house)
        _when_orphaned(lambda: setattr(server, "should_exit", True))
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            server.run([listening])


WORKER_CONNECTIONS = 12  # to each database; the embedded server allows 100 in all


def follow() -> None:
    """Keep the rows until asked to end."""
    stop = stopping()
    _when_orphaned(stop.set)
    with open_house(migrating=False, size=2) as house:
        make_engine(house.database_url).run(stop)


def deliver() -> None:
    """Deliver webhooks until asked to end."""
    stop = stopping()
    _when_orphaned(stop.set)
    with open_house(migrating=False, size=2) as house:
        dispatch.run(house, stop)


def _when_orphaned(act: Callable[[], object]) -> None:
    """Call `act` when the parent is gone: our standard input is a pipe that only it holds."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        act()

    threading.Thread(target=wait, name="parent", daemon=True).start()


def log_as_set() -> None:
    """Write what is worth knowing to standard error, from JEJAK_LOG on."""
    level = os.environ.get("JEJAK_LOG", "info").upper()
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # that it started, the parent says


def main(arguments: Sequence[str]) -> None:
    """What a child process does: `engine`, `courier`, or `worker` and the number of the inherited socket."""
    log_as_set()
    match list(arguments):
        case ["engine"]:
            follow()
        case ["courier"]:
            deliver()
        case ["worker", number]:
            work(socket.socket(fileno=int(number)))
        case _:
            raise SystemExit("this is for `jejak serve` alone")


if __name__ == "__main__":
    main(sys.argv[1:])
