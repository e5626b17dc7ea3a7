"""Counts requests for the figures that Prometheus collects."""

import os
import time
from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Counts:
    """How many requests were answered and how long that took, in this process."""

    def __init__(self) -> None:
        self._answered: Counter[tuple[str, str, int]] = Counter()
        self._seconds: Counter[tuple[str, str, int]] = Counter()

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note one answer."""
        self._answered[method, route, status] += 1
        self._seconds[method, route, status] += seconds  # pyright: ignore[reportArgumentType] - Counter adds any number

    def lines(self) -> list[str]:
        """As Prometheus reads it."""
        text = [
            "# HELP jejak_requests_seconds Requests answered by this process.",
            "# TYPE jejak_requests_seconds summary",
        ]
        for (method, route, status), count in sorted(self._answered.items()):
            labels = f'{{process="{os.getpid()}",method="{method}",route="{route}",status="{status}"}}'
            text += [
                f"jejak_requests_seconds_count{labels} {count}",
                f"jejak_requests_seconds_sum{labels} {self._seconds[method, route, status]:.6f}",
            ]
        return text


class Counting:
    """Counts what is answered. Labels are routes as they are declared, never paths: those can name a person."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.monotonic()
        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._counts.add(scope["method"], route, status, time.monotonic() - began)
