"""Bearer keys: who calls, and what they may.

A key reads `jejak_<id>_<secret><checksum>`. It is shown once, when it is made; kept is a keyed hash of it. The checksum
tells a mistyped key from a wrong one without asking the database, and lets scanners find keys that leaked.
"""

import binascii
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg import Connection
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from api.errors import BadRequest, NoKey, NoRight
from domain.sealing import Secrets

Scope = Literal["append", "read", "read-sealed", "command", "rules", "webhooks", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
IMPLIED: dict[str, frozenset[str]] = {"read-sealed": frozenset({"read", "read-sealed"}), "admin": frozenset(SCOPES)}

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECK = 6  # characters of the checksum
REMEMBERED_FOR = 3.0  # seconds; so long a revoked key may still be let in
REMEMBERED = 1_000  # keys
USE_NOTED_EVERY = timedelta(minutes=1)


class Bearer(NamedTuple):
    """A key as it is kept."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def may(self, scope: Scope) -> bool:
        """Whether the key allows this."""
        return scope in self.scopes or any(scope in IMPLIED.get(s, ()) for s in self.scopes)


COLUMNS = "id, name, scopes, created_at, expires_at, revoked_at, last_used_at"


class Bearers:
    """Makes, lists, revokes and recognises keys; safe to use from several threads."""

    def __init__(self, pool: ConnectionPool[Connection[Any]], digests: Secrets) -> None:
        self._pool = pool
        self._digests = digests
        self._known: dict[str, tuple[float, Bearer]] = {}

    def create(self, name: str, scopes: Iterable[str], expires_at: datetime | None = None) -> str:
        """A new key, in full. BadRequest for a scope that there is not."""
        wanted = sorted(set(scopes))
        unknown = [scope for scope in wanted if scope not in SCOPES]
        if not wanted or unknown:
            raise BadRequest(f"scopes have to be some of {', '.join(SCOPES)}; not {', '.join(unknown) or 'none'}")
        with self._pool.connection() as c:
            return self._insert(c, name, wanted, expires_at)

    def first(self, name: str = "first") -> str | None:
        """A key that may do everything, where no key was ever made; else None. One of several callers gets it."""
        with self._pool.connection() as c, c.transaction():
            c.execute("SELECT pg_advisory_xact_lock(hashtext('keys.bearers'))")
            if c.execute("SELECT FROM keys.bearers LIMIT 1").fetchone() is not None:
                return None
            return self._insert(c, name, ["admin"], None)

    def _insert(self, c: Connection[Any], name: str, scopes: list[str], expires_at: datetime | None) -> str:
        id_ = "".join(secrets.choice(ALPHABET) for _ in range(8))
        body = f"jejak_{id_}_" + "".join(secrets.choice(ALPHABET) for _ in range(40))
        key = body + checksum(body)
        c.execute(
            "INSERT INTO keys.bearers (id, name, hash, scopes, expires_at) VALUES (%s, %s, %s, %s, %s)",
            [id_, name, self._hash(key), scopes, expires_at],
        )
        return key

    def listed(self) -> list[Bearer]:
        """Every key that was ever made, oldest first."""
        with self._pool.connection() as c, c.cursor(row_factory=class_row(Bearer)) as cursor:
            return cursor.execute(f"SELECT {COLUMNS} FROM keys.bearers ORDER BY created_at, id").fetchall()  # noqa: S608 - constant

    def revoke(self, id_: str) -> bool:
        """End a key; False where there is none of this id. Whoever remembers it lets it in for a few seconds more."""
        with self._pool.connection() as c:
            found = c.execute(
                "UPDATE keys.bearers SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = %s", [id_]
            ).rowcount
        self._known.clear()
        return found > 0

    def revoke_named(self, name: str) -> None:
        """End all keys of this name."""
        for bearer in self.listed():
            if bearer.name == name and bearer.revoked_at is None:
                self.revoke(bearer.id)

    def recognise(self, key: str) -> Bearer:
        """Whose key this is. NoKey where it is no key, unknown, expired or revoked."""
        body, check = key[:-CHECK], key[-CHECK:]
        if not key.startswith("jejak_") or checksum(body) != check:
            raise NoKey(
                "this is no key of ours: those begin with jejak_ and are shown when `jejak key create` makes them"
            )
        bearer = self.remembered(key) or self._look_up(key)
        if bearer is None:
            raise NoKey("this key is not known, was revoked, or has expired")
        return bearer

    def remembered(self, key: str) -> Bearer | None:
        """Whose key this is, where it was recognised moments ago; does not ask the database."""
        until, bearer = self._known.get(key, (0.0, None))
        return bearer if time.monotonic() < until else None

    def _look_up(self, key: str) -> Bearer | None:
        with self._pool.connection() as c:
            with c.cursor(row_factory=class_row(Bearer)) as cursor:
                bearer = cursor.execute(
                    f"""SELECT {COLUMNS} FROM keys.bearers WHERE hash = %s AND revoked_at IS NULL
                           AND (expires_at IS NULL OR expires_at > clock_timestamp())""",  # noqa: S608 - constant
                    [self._hash(key)],
                ).fetchone()
            if bearer is not None:
                c.execute(
                    """UPDATE keys.bearers SET last_used_at = clock_timestamp()
                        WHERE id = %s AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - %s)""",
                    [bearer.id, USE_NOTED_EVERY],
                )
                if len(self._known) > REMEMBERED:
                    self._known.clear()
                self._known[key] = (time.monotonic() + REMEMBERED_FOR, bearer)
        return bearer

    def _hash(self, key: str) -> UUID:
        return UUID(bytes=self._digests.token("bearer", key))


def checksum(body: str) -> str:
    """Six characters that change with any character of a key."""
    value, letters = binascii.crc32(body.encode()), ""
    for _ in range(CHECK):
        value, rest = divmod(value, len(ALPHABET))
        letters += ALPHABET[rest]
    return letters


_scheme = HTTPBearer(auto_error=False, description="A key from `jejak key create`.")


async def caller(request: Request, given: HTTPAuthorizationCredentials | None = Depends(_scheme)) -> Bearer:
    """Who calls. NoKey where they do not say so, or wrongly."""
    if given is None:
        raise NoKey("send the header Authorization: Bearer <key>; `jejak key create` makes a key")
    bearers: Bearers = request.app.state.house.bearers
    return bearers.remembered(given.credentials) or await run_in_threadpool(bearers.recognise, given.credentials)


def needs(scope: Scope) -> Callable[[Bearer], Coroutine[Any, Any, Bearer]]:
    """A dependency: the caller, who must have this scope. NoRight otherwise."""

    async def allowed(bearer: Bearer = Depends(caller)) -> Bearer:
        if not bearer.may(scope):
            raise NoRight(f"key {bearer.id} has {', '.join(bearer.scopes)}; this needs {scope}")
        return bearer

    return allowed
