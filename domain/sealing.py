"""The cryptography of the ledger: keyed digests that name things without telling them, and seals that only a customer's key opens.

Digests are BLAKE2b with a key (RFC 7693), 16 bytes, written as UUIDs of version 8 (RFC 9562) where they serve as ids. Sealed
parts are AES-256-GCM (NIST SP 800-38D) under the customer's own key, with a random 96-bit nonce; the associated data binds
customer, event id and stored type, so that a part cannot be moved to another place. Customer keys and ledger secrets rest
wrapped by the master key in the same way.
"""

import os
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import SealBroken

NONCE = 12
FORMAT = b"\x01"  # AES-256-GCM, nonce in front


def uuid_text(raw: bytes) -> str:
    """16 bytes as the text of a UUID."""
    h = raw.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def uuid_bytes(text: str) -> bytes:
    """The text of a UUID as 16 bytes; ValueError where it is none."""
    raw = bytes.fromhex(text.replace("-", ""))
    if len(raw) != 16:
        raise ValueError(text)
    return raw


def _version_8(raw: bytes) -> bytes:
    """Mark 16 bytes as a UUID whose content is the application's own (RFC 9562, version 8)."""
    return raw[:6] + bytes((raw[6] & 0x0F | 0x80, raw[7], raw[8] & 0x3F | 0x80)) + raw[9:]


class Secrets:
    """The ledger's keys for digests; they never change, or de-duplication would forget."""

    def __init__(self, digest_key: bytes, index_key: bytes, cursor_key: bytes, permit_key: bytes = b"") -> None:
        self._event = blake2b(key=digest_key, digest_size=16, person=b"jejak-event")
        self._content = blake2b(key=digest_key, digest_size=16, person=b"jejak-content")
        self._ref = blake2b(key=digest_key, digest_size=16, person=b"jejak-ref")
        self._index = blake2b(key=index_key, digest_size=16, person=b"jejak-index")
        self.cursor_key = cursor_key
        self.permit_key = permit_key

    @staticmethod
    def _digest(base: blake2b, text: str) -> bytes:
        h = base.copy()
        h.update(text.encode("utf-8", "surrogatepass"))
        return h.digest()

    def event_id(self, source: str, id_: str) -> bytes:
        """Our id of the event that `source` calls `id_`: always the same for the same pair."""
        # The length in front: ("ab", "c") and ("a", "bc") must differ.
        return _version_8(self._digest(self._event, f"{len(source)}:{source}{id_}"))

    def ref(self, kind: str, source: str, ref: str) -> str:
        """Our id of the complaint, order, thread or the like that `source` calls `ref`."""
        return uuid_text(_version_8(self._digest(self._ref, f"{kind}:{len(source)}:{source}{ref}")))

    def content(self, canonical: bytes) -> bytes:
        """What was sent, to tell a repetition from a contradiction."""
        h = self._content.copy()
        h.update(canonical)
        return h.digest()

    def token(self, kind: str, value: str) -> bytes:
        """A blind-index token of a normalised contact point, external id or part of a name."""
        return self._digest(self._index, f"{len(kind)}:{kind}{value}")


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return AESGCM.generate_key(bit_length=256)


def associated(customer: bytes, event_id: bytes, stored_type: str) -> bytes:
    """What binds a sealed part to its place."""
    return customer + event_id + stored_type.encode()


def seal(key: AESGCM, plain: bytes, bound_to: bytes, nonce: bytes | None = None) -> bytes:
    """Encrypt; `nonce` must never repeat under one key (default: random)."""
    nonce = nonce or os.urandom(NONCE)
    return FORMAT + nonce + key.encrypt(nonce, plain, bound_to)


def unseal(key: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    """Decrypt; SealBroken where it was altered, moved, or sealed under another key."""
    if sealed[:1] != FORMAT:
        raise SealBroken(f"unknown form of seal {sealed[:1].hex()}")
    try:
        return key.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], bound_to)
    except InvalidTag:
        raise SealBroken("a sealed part was altered or does not belong here") from None
