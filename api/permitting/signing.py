"""The form of a permit: a signed token for whoever carries it, and a short id that proves itself.

A token is a JSON Web Signature (RFC 7515) with Ed25519 (RFC 8037), so that a dialler can check it with the public key and
without asking us. Its id (`jti`) is short enough to be a code in an event; it holds the time for which the permit is valid,
and a keyed digest over that, customer, channel and purpose. So a receipt from whatever system that names an id can be
told from one that makes it up, with nothing kept of the asking.
"""

import base64
import binascii
import hmac
import os
import struct
from collections.abc import Mapping
from hashlib import blake2b, sha256
from typing import Any, NamedTuple

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.errors import PermitInvalid

ISSUER = "urn:jejak:permits"
_ALGORITHM = "EdDSA"
_TYPE = "permit+jwt"
_HEAD = struct.Struct(">Bqq6s")  # form and answer, from, until (s), chance
_MAC = 16
_SECOND = 1_000_000
_FORM, _ALLOWED = 0x10, 0x01


class Span(NamedTuple):
    """What the id of a permit says by itself. Instants are whole seconds, in µs."""

    since: int
    until: int
    """The first moment at which it is no longer valid."""
    allowed: bool


class Signer:
    """Makes and reads permits. `secret`: 32 bytes of the key store."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(_derived(secret, b"jejak-sign"))
        self._digest = _derived(secret, b"jejak-permit-id")
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        jwk = {"crv": "Ed25519", "kty": "OKP", "x": _text(public)}
        self.kid = _text(sha256(msgspec.json.encode(jwk, order="sorted")).digest())  # RFC 7638
        self.jwk: dict[str, str] = jwk | {"kid": self.kid, "alg": _ALGORITHM, "use": "sig"}

    def id_of(self, customer: str, channel: str, purpose: str, span: Span) -> str:
        """A new id. Times are cut to whole seconds, so that it is valid for no longer than it was given."""
        head = _HEAD.pack(
            _FORM | (_ALLOWED if span.allowed else 0), span.since // _SECOND, span.until // _SECOND, os.urandom(6)
        )
        return _text(head + self._mac(head, customer, channel, purpose))

    def read_id(self, id_: str, customer: str, channel: str, purpose: str) -> Span | None:
        """What an id says, where it is one of ours for this customer, channel and purpose."""
        try:
            raw = base64.urlsafe_b64decode(id_ + "=" * (-len(id_) % 4))
        except (binascii.Error, ValueError):
            return None
        head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
        if len(mac) != _MAC or not hmac.compare_digest(mac, self._mac(head, customer, channel, purpose)):
            return None
        kind, since, until, _ = _HEAD.unpack(head)
        return Span(since * _SECOND, until * _SECOND, bool(kind & _ALLOWED))

    def _mac(self, head: bytes, customer: str, channel: str, purpose: str) -> bytes:
        return blake2b(head + f"{customer} {channel} {purpose}".encode(), key=self._digest, digest_size=_MAC).digest()

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token of these claims."""
        return jwt.encode(dict(claims), self._key, algorithm=_ALGORITHM, headers={"kid": self.kid, "typ": _TYPE})

    def read(self, token: str) -> dict[str, Any]:
        """The claims of a token, whatever the time. PermitInvalid where we did not sign it as it is."""
        try:
            if jwt.get_unverified_header(token).get("typ") != _TYPE:
                raise PermitInvalid("this is a token, but no permit", pointer="/permit")
            return jwt.decode(
                token,
                self._key.public_key(),
                algorithms=[_ALGORITHM],
                issuer=ISSUER,
                options={
                    "verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["jti", "sub", "exp"],
                },
            )  # fmt: skip
        except jwt.InvalidTokenError as error:
            raise PermitInvalid(
                f"this is no permit of ours, or it was altered ({error}); ask for one with POST "
                "/v1/customers/{ref}/permits and send the text of `permit` as it is",
                pointer="/permit",
            ) from None


def _derived(secret: bytes, person: bytes) -> bytes:
    return blake2b(key=secret, digest_size=32, person=person).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
