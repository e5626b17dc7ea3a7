"""A client that sends ready-made HTTP requests over many connections and waits for each answer; it thinks as little as it can,
since it shares the machine with what it measures."""

import asyncio
import sys
import time
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import cast

import uvloop


def request(path: str, body: bytes, key: str, media: str) -> bytes:
    """The bytes of one POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Sender(asyncio.Protocol):
    """One connection that sends the next request as soon as the last one is answered."""

    def __init__(self, queue: list[bytes], expected: bytes, done: asyncio.Future[None]) -> None:
        self._queue = queue
        self._expected = expected
        self._done = done
        self._received = b""
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # which uvloop's is in all but name
        self._next()

    def _next(self) -> None:
        if not self._queue:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        self._received, self._wanted = b"", 0
        self._transport.write(self._queue.pop())

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._wanted:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._received[:end].lower()
            at = head.index(b"content-length:") + 15
            self._wanted = end + 4 + int(head[at : head.find(b"\r\n", at) if head.find(b"\r\n", at) > 0 else None])
        if len(self._received) >= self._wanted:
            if not self._received.startswith(self._expected):
                self._done.set_exception(RuntimeError(self._received[:2000].decode(errors="replace")))
                self._transport.close()
                return
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))


async def _send(host: str, port: int, requests: list[bytes], clients: int, expected: bytes) -> float:
    loop = asyncio.get_running_loop()
    waiting = [loop.create_future() for _ in range(clients)]
    started = time.perf_counter()
    for done in waiting:
        await loop.create_connection(lambda d=done: _Sender(requests, expected, d), host, port)
    await asyncio.gather(*waiting)
    return time.perf_counter() - started


def _child(pipe: Connection, host: str, port: int, clients: int, expected: bytes) -> None:
    while (requests := pipe.recv()) is not None:
        try:
            pipe.send(uvloop.run(_send(host, port, requests[::-1], clients, expected)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent has to see it
            print(error, file=sys.stderr)
            pipe.send(None)


class Client:
    """A process of its own that sends requests over `clients` connections."""

    def __init__(self, host: str, port: int, clients: int, expected: bytes) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_child, args=(theirs, host, port, clients, expected), daemon=True)
        self._process.start()

    def send(self, requests: Sequence[bytes]) -> float:
        """Send them all; the seconds that it took. RuntimeError where any was not answered as expected."""
        self._pipe.send(list(requests))
        took = self._pipe.recv()
        if took is None:
            raise RuntimeError("the load client failed; see its message above")
        return took

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join()
