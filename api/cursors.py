"""Opaque cursors: where a reader stands in a list, signed so that nobody can make one up.

A cursor says of which list it is, so that one of the feed is refused by a queue. Written as base64url without padding:
16 bytes of BLAKE2b (RFC 7693) keyed with the ledger's cursor secret, then msgpack.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any

import msgspec

from api.errors import BadCursor

SIGNATURE = 16


class Cursors:
    """Writes and reads cursors."""

    def __init__(self, key: bytes) -> None:
        self._base = blake2b(key=key, digest_size=SIGNATURE, person=b"jejak-cursor")

    def write(self, of: str, *place: Any) -> str:
        """The cursor of a place in the list `of`; the place is anything msgpack can hold."""
        packed = msgspec.msgpack.encode((of, *place))
        return urlsafe_b64encode(self._signed(packed) + packed).decode().rstrip("=")

    def read(self, of: str, cursor: str) -> list[Any]:
        """The place in the list `of` that a cursor stands for. BadCursor where it is not ours or of another list."""
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        signature, packed = raw[:SIGNATURE], raw[SIGNATURE:]
        if not hmac.compare_digest(signature, self._signed(packed)):
            raise BadCursor(
                "this is no cursor of this ledger; take `next` from an answer, or leave it out to begin",
                pointer="/query/after",
            )
        kind, *place = msgspec.msgpack.decode(packed)
        if kind != of:
            raise BadCursor(f"this cursor belongs to the list {kind}, not to {of}", pointer="/query/after")
        return place

    def _signed(self, packed: bytes) -> bytes:
        h = self._base.copy()
        h.update(packed)
        return h.digest()
