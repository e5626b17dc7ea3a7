"""Bodies have an end: what is larger than any request may be is refused before it is taken in."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TooLarge, respond

LARGEST_BODY = 64 * 1024 * 1024  # bytes


class Bounded:
    """Lets no request in whose body is larger than `largest` bytes, whatever its route and whether it has a key or not."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it says that it is too large; stop it where it turns out to be."""
        if scope["type"] != "http" or scope["method"] == "GET":
            await self._app(scope, receive, send)
            return
        if self._declared(scope) > self._largest:
            await respond(TooLarge(self._detail()))(scope, receive, send)
            return
        taken = 0

        async def counting() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._largest:
                raise HTTPException(413, self._detail())
            return message

        await self._app(scope, counting, send)

    def _declared(self, scope: Scope) -> int:
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        return int(length) if length.isdigit() else 0

    def _detail(self) -> str:
        return f"the body is larger than {self._largest} bytes; send it in parts"
