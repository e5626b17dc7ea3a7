"""Sends one message and says what became of it. No redirect is followed, no proxy asked, little of the answer read."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpcore2

from api.webhooks.targets import PORTS, Pinned, TargetRefused, Targets, parsed

TIMEOUT = 20.0  # seconds for everything; Standard Webhooks asks for 15 to 30
CONNECT = 10.0
READ_AT_MOST = (
    16_384  # bytes of an answer's body: they are not looked at, but a connection that is read out can be used again
)
READ_FOR = 1.0  # seconds
CONNECTIONS = 200
IDLE = 4.0  # seconds for which a connection is kept; many servers close theirs after five
OF_THE_MESSAGE = (400, 409, 413, 415, 422)  # refusals of what was sent, not of whoever sends
LONGEST_REST = 86_400.0  # seconds that a receiver can ask us to wait


class Answer(NamedTuple):
    """What became of an attempt."""

    status: int | None
    """None: there was no answer."""
    error: str | None
    """A sentence; None where it was accepted."""
    seconds: float
    retry_after: float = 0.0
    """Seconds for which the receiver wants to be left alone."""

    @property
    def accepted(self) -> bool:
        """Whether the receiver has it now."""
        return self.error is None

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing more."""
        return self.status == 410

    @property
    def away(self) -> bool:
        """Whether it is the receiver that has trouble, and not this message: others would fare no better."""
        return not self.accepted and self.status not in OF_THE_MESSAGE


class Sender:
    """Sends, over connections that it keeps; to be used within one event loop, and closed."""

    def __init__(
        self,
        targets: Targets,
        clock: Callable[[], float],
        *,
        timeout: float = TIMEOUT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`clock`: seconds since 1970. `tls`: whose certificates are good; None: whose the system takes for good."""
        self._targets = targets
        self._clock = clock
        self._timeout = timeout
        self._pools = {
            scheme: httpcore2.AsyncConnectionPool(
                ssl_context=tls,
                max_connections=CONNECTIONS,
                max_keepalive_connections=CONNECTIONS // 4,
                keepalive_expiry=IDLE,
                network_backend=Pinned(targets, plain=scheme == "http"),
            )
            for scheme in ("https", "http")
        }

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post a body, and wait for the receiver's word."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                status, wait = await self._post(url, headers, body)
        except (TimeoutError, httpcore2.TimeoutException):
            return Answer(None, f"no answer within {self._timeout:g} s", time.monotonic() - began)
        except TargetRefused as refused:
            return Answer(None, refused.detail, time.monotonic() - began)
        except (OSError, UnicodeError, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            return Answer(None, _said(error), time.monotonic() - began)
        return Answer(status, _verdict(status), time.monotonic() - began, wait)

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, float]:
        target = parsed(url)
        host = f"[{target.host}]" if ":" in target.host else target.host
        sent = {
            "Host": host if target.port == PORTS[target.scheme] else f"{host}:{target.port}",
            "User-Agent": "Jejak",
            "Accept-Encoding": "identity",
            "Content-Length": str(len(body)),
            **headers,
        }
        async with self._pools[target.scheme].stream(
            "POST",
            target.url,
            headers=[(name.encode(), value.encode()) for name, value in sent.items()],
            content=body,
            extensions={"timeout": {"connect": CONNECT, "pool": self._timeout}},
        ) as response:
            given = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            await _drain(response)
            return response.status, retry_after(given.get(b"retry-after", ""), self._clock())

    async def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()
        self._targets.close()


async def _drain(response: httpcore2.Response) -> None:
    """Read a short body out, so that the connection can be used again; a long or slow one ends the connection."""
    read = 0
    with contextlib.suppress(TimeoutError, httpcore2.NetworkError, httpcore2.ProtocolError):
        async with asyncio.timeout(READ_FOR):
            async for part in response.aiter_stream():
                read += len(part)
                if read > READ_AT_MOST:
                    return


def retry_after(value: str, now: float) -> float:
    """Seconds that a Retry-After asks for (RFC 9110: seconds, or a date); 0 where it asks nothing that can be read."""
    text = value.strip()
    if text.isdecimal() and len(text) < 10:
        return min(float(text), LONGEST_REST)
    try:
        return min(max(0.0, parsedate_to_datetime(text).timestamp() - now), LONGEST_REST)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _verdict(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"answered {status}; redirects are not followed: change the subscription's url"
    if status == 410:
        return "answered 410 Gone: nothing more is sent"
    return f"answered {status}"


def _said(error: BaseException) -> str:
    """What went wrong, without the address that a name stands for: whoever may subscribe need not know the inside."""
    reason: BaseException | None = error
    while reason is not None:
        if isinstance(reason, ssl.SSLCertVerificationError):
            return f"the certificate is not good: {reason.verify_message}"
        if isinstance(reason, socket.gaierror | UnicodeError):
            return "the host's name cannot be resolved"
        if isinstance(reason, ConnectionRefusedError):
            return "the connection was refused"
        reason = reason.__cause__ or reason.__context__
    return f"no answer: {type(error).__name__}"
