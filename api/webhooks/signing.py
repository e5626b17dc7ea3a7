"""Signatures as Standard Webhooks 1.0 has them: HMAC-SHA256 over `id.timestamp.body`, in base64, behind `v1,`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from domain.errors import JejakError

PREFIX = "whsec_"
LENGTH = 32  # bytes; the specification asks for 24 to 64
TOLERANCE = 300.0  # seconds by which a message's time may differ from the receiver's clock


class NotVerified(JejakError):
    """A message that was not signed with the secret, or not lately."""


def new_secret() -> str:
    """A secret as it is shown: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def key_of(secret: str) -> bytes:
    """The bytes of a secret as it is shown. ValueError where it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError(f"a webhook's secret is {PREFIX} and base64")
    return key


def signed(keys: Iterable[bytes], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message: its id, the second of the attempt, and a signature with each key."""
    content = f"{message}.{timestamp}.".encode() + body
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(key, content) for key in keys),
    }


def verify(keys: Iterable[bytes], headers: Mapping[str, str], body: bytes, now: float) -> None:
    """What a receiver does. NotVerified where no signature is by one of the keys, or the time is not about `now`."""
    message, timestamp, given = (headers.get(f"webhook-{n}", "") for n in ("id", "timestamp", "signature"))
    if not timestamp.isdecimal() or abs(int(timestamp) - now) > TOLERANCE:
        raise NotVerified("webhook-timestamp is missing, or too far from the present")
    content = f"{message}.{timestamp}.".encode() + body
    expected = [_signature(key, content) for key in keys]
    if not any(hmac.compare_digest(e.encode(), g.encode()) for e in expected for g in given.split(" ")):
        raise NotVerified("webhook-signature was not made with this secret")


def _signature(key: bytes, content: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
