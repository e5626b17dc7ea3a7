"""The key store: customers' keys, the ledger's secrets, and the blind indexes; a database of its own.

What was read is remembered in this process until the store says that it has moved, which it does whenever something known
stops being so: a point gets a second holder, a holder loses it, a key is destroyed.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection

from domain import packing
from domain.errors import JejakError
from domain.points import (
    Claim,
    Holding,
    NewPoint,
    claim,
    gap,
    goes_on,
    hold,
    holders,
    holdings,
    lock,
    moved_on,
)
from domain.pools import Pool
from domain.sealing import Secrets, new_key, seal, unseal

REMEMBERED = 100_000  # entries, of keys and of holdings, before memory is freed


class WrongMasterKey(JejakError):
    """The master key does not open this key store."""


class KeyStore:
    """Keys and blind indexes; safe to use from several threads."""

    def __init__(self, pool: Pool, master: bytes) -> None:
        self._pool = pool
        self._master = AESGCM(master)
        self._keys: dict[bytes, AESGCM] = {}
        self._holdings: dict[bytes, tuple[Holding, ...]] = {}
        self._provisional: dict[bytes, bytes] = {}
        self._memory = threading.Lock()
        self._revision = self._newest_revision()
        self.secrets = self._open_secrets()

    def _newest_revision(self) -> int:
        with self._pool.connection() as c:
            return _revision(c)

    # --- secrets and keys ------------------------------------------------------------------------------------------------

    def _open_secrets(self) -> Secrets:
        names = ("digest", "index", "cursor", "permit")
        with self._pool.connection() as c, c.transaction():
            for name in names:
                c.execute(
                    "INSERT INTO keys.secrets VALUES (%s, %s) ON CONFLICT DO NOTHING",
                    [name, seal(self._master, new_key(), name.encode())],
                )
            wrapped: dict[str, bytes] = dict(c.execute("SELECT name, wrapped FROM keys.secrets").fetchall())
        return Secrets(*(self._unwrap(wrapped[n], n.encode()) for n in names))

    def _unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        try:
            return unseal(self._master, wrapped, bound_to)
        except (JejakError, InvalidTag):
            raise WrongMasterKey(
                "the master key does not open this key store; JEJAK_MASTER_KEY (or the file master.key) is another store's"
            ) from None

    def wrap(self, plain: bytes, bound_to: bytes) -> bytes:
        """Seal a secret with the master key, so that it can lie in another database."""
        return seal(self._master, plain, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """What `wrap` sealed. WrongMasterKey where it was altered, moved, or sealed with another key."""
        return self._unwrap(wrapped, bound_to)

    def refresh(self) -> None:
        """Forget of what is remembered whatever has moved since; called once per batch."""
        with self._pool.connection() as c:
            newest = _revision(c)
            if newest == self._revision:
                return
            moved = c.execute(
                "SELECT what FROM keys.moved WHERE counter > %b", [self._revision], binary=True
            ).fetchall()
        with self._memory:
            for (what,) in moved:
                for remembered in (self._keys, self._holdings, self._provisional):
                    remembered.pop(what.bytes, None)
            self._revision = max(self._revision, newest)

    def keys(self, customers: Iterable[bytes]) -> dict[bytes, AESGCM]:
        """The customers' keys; one that was never made, or was destroyed, is missing."""
        wanted = set(customers)
        # Another thread may forget everything meanwhile: what is found is held here.
        found = {c: key for c in wanted if (key := self._keys.get(c)) is not None}
        if missing := list(wanted - found.keys()):
            revision = self._revision
            with self._pool.connection() as c:
                rows = c.execute(
                    "SELECT customer, wrapped FROM keys.customers WHERE customer = ANY(%b) AND wrapped IS NOT NULL",
                    [packing.uuids(missing)],
                    binary=True,
                ).fetchall()
            read = {customer.bytes: AESGCM(self._unwrap(wrapped, customer.bytes)) for customer, wrapped in rows}
            self._remember(self._keys, read, revision)
            found |= read
        return found

    def ensure_keys(self, customers: Iterable[bytes]) -> dict[bytes, AESGCM]:
        """The customers' keys, made where there never were any; one that was destroyed stays missing."""
        wanted = set(customers)
        found = self.keys(wanted)
        if len(found) < len(wanted):
            with self._pool.connection() as c:
                self._make_keys(c, sorted(wanted - found.keys()))
            found = self.keys(wanted)
        return found

    def _make_keys(self, c: Connection[Any], customers: Sequence[bytes]) -> None:
        c.execute(
            "INSERT INTO keys.customers (customer, wrapped) SELECT * FROM unnest(%b::uuid[], %b::bytea[]) ON CONFLICT DO NOTHING",
            [[UUID(bytes=x) for x in customers], [seal(self._master, new_key(), x) for x in customers]],
        )

    def destroy(self, customer: bytes) -> None:
        """Forget a person: their key and their rows in the blind indexes. What was sealed stays sealed for ever."""
        who = UUID(bytes=customer)
        with self._pool.connection() as c, c.transaction():
            tokens = c.execute(
                "SELECT token FROM keys.points WHERE customer = %s UNION SELECT token FROM keys.provisional WHERE customer = %s",
                [who, who],
            ).fetchall()
            c.execute("UPDATE keys.customers SET wrapped = NULL WHERE customer = %s", [who])
            for table in ("points", "names", "provisional"):
                c.execute(f"DELETE FROM keys.{table} WHERE customer = %s", [who])  # noqa: S608 - names from the line above
            moved_on(c, [customer, *(token.bytes for (token,) in tokens)])

    def _remember(self, remembered: dict[bytes, Any], read: dict[bytes, Any], revision: int) -> None:
        """Remember what was read at a revision, unless the store has moved meanwhile: what was read may be what moved."""
        with self._memory:
            if self._revision == revision:
                if len(remembered) > REMEMBERED:
                    remembered.clear()
                remembered |= read

    # --- who holds a contact point -----------------------------------------------------------------------------------------

    def holdings(self, tokens: Iterable[bytes]) -> dict[bytes, tuple[Holding, ...]]:
        """Every holding of each token, earliest first; a token that nobody ever held is missing."""
        wanted = set(tokens)
        found = {t: held for t in wanted if (held := self._holdings.get(t)) is not None}
        if missing := list(wanted - found.keys()):
            revision = self._revision
            with self._pool.connection() as c:
                read = holdings(c, missing)
            # A claim is remembered only once its registration is recorded: until then each sender repeats it.
            settled = {t: held for t, held in read.items() if not any(h.claimed for h in held)}
            self._remember(self._holdings, settled, revision)
            found |= read
        return found

    def claim(
        self, points: Sequence[tuple[bytes, str, int]], identified: Callable[[bytes], bytes]
    ) -> dict[bytes, tuple[Holding, ...]]:
        """Give each (token, kind, at µs) that nobody holds at that time to a new customer, with a key.

        `identified` tells the id of the event that will say so, from the customer's id. Whoever comes first wins; all
        others get the winner. Locks are taken in the order of the tokens.
        """
        with self._pool.connection() as c, c.transaction():
            tokens = sorted({token for token, _, _ in points})
            lock(c, tokens)
            held = holdings(c, tokens)
            fresh: dict[tuple[bytes, int], Claim] = {}
            for token, kind, at in points:
                if not holders(held.get(token, ()), at):
                    since, until = gap(held.get(token, ()), at)
                    if (token, until) not in fresh:
                        fresh[token, until] = Claim(token, kind, since, until, uuid4().bytes)
            if fresh:
                self._make_keys(c, [claim.customer for claim in fresh.values()])
                claim(c, list(fresh.values()), identified)
                held = holdings(c, tokens)
        return held

    def provisional(self, token: bytes) -> bytes:
        """The provisional customer that stands for all holders of a point."""
        known = self._provisional.get(token)
        if known is None:
            revision = self._revision
            known = self._find_provisional(token)
            self._remember(self._provisional, {token: known}, revision)
        return known

    def _find_provisional(self, token: bytes) -> bytes:
        with self._pool.connection() as c, c.transaction():
            lock(c, [token])
            row = c.execute("SELECT customer FROM keys.provisional WHERE token = %s", [UUID(bytes=token)]).fetchone()
            if row is not None:
                return row[0].bytes
            customer = uuid4()
            self._make_keys(c, [customer.bytes])
            c.execute("INSERT INTO keys.provisional VALUES (%s, %s)", [UUID(bytes=token), customer])
            return customer.bytes

    def confirm(self, customers: Iterable[bytes]) -> None:
        """These customers' registrations are recorded."""
        with self._pool.connection() as c:
            c.execute(
                "UPDATE keys.points SET claimed = false WHERE claimed AND customer = ANY(%b)",
                [[UUID(bytes=x) for x in customers]],
            )

    def hold(self, points: Sequence[NewPoint]) -> None:
        """Enter what is said of points; in whatever order it comes, the same follows."""
        with self._pool.connection() as c, c.transaction():
            lock(c, [p.token for p in points])
            known = holdings(c, [p.token for p in points])
            # Said again, it is passed over, or a nightly synchronisation would fill the store.
            news = [p for p in points if p.removed or not goes_on(p, known.get(p.token, ()))]
            hold(c, news)
            # Nobody remembers that a point is held by nobody: a first holder takes nothing back.
            moved_on(c, {p.token for p in news if p.token in known})

    # --- names, and everything of one customer anew -------------------------------------------------------------------------

    def index_names(self, names: Iterable[tuple[bytes, bytes]]) -> None:
        """Make (token, customer) pairs findable."""
        with self._pool.connection() as c:
            _index_names(c, names)

    def find_names(self, words: Sequence[Sequence[bytes]], limit: int) -> list[str]:
        """Customers with, for each word, a name that has one of its tokens."""
        if not words:
            return []
        with self._pool.connection() as c:
            rows = c.execute(
                """SELECT n.customer FROM keys.names n JOIN unnest(%b::uuid[], %b::int[]) AS w(token, word) USING (token)
                    GROUP BY n.customer HAVING count(DISTINCT w.word) = %b ORDER BY n.customer LIMIT %b""",
                [
                    [UUID(bytes=t) for tokens in words for t in tokens],
                    [i for i, tokens in enumerate(words) for _ in tokens],
                    len(words),
                    limit,
                ],
            ).fetchall()
        return [str(r[0]) for r in rows]

    def replace(
        self, customer: bytes, said_by: Collection[bytes], points: Sequence[NewPoint], names: Iterable[bytes]
    ) -> None:
        """What the events `said_by` say of one customer, anew: points, and name tokens. Other events may be on their way."""
        who = UUID(bytes=customer)
        with self._pool.connection() as c, c.transaction():
            before = c.execute(
                """DELETE FROM keys.points WHERE customer = %s AND event = ANY(%s)
                RETURNING token, event, CASE WHEN isfinite(held_until) THEN held_until END""",
                [who, [UUID(bytes=event) for event in said_by]],
            ).fetchall()
            c.execute("DELETE FROM keys.names WHERE customer = %s", [who])
            hold(c, points)
            for token, event, bound in before:  # which no event states
                if bound is not None:
                    c.execute(
                        "UPDATE keys.points SET held_until = %s WHERE token = %s AND customer = %s AND event = %s",
                        [bound, token, who, event],
                    )
            _index_names(c, ((t, customer) for t in names))
            moved_on(c, {token.bytes for token, _, _ in before} | {p.token for p in points})

    def contested(self, limit: int) -> list[tuple[str, list[str], bool]]:
        """Points that several customers hold at once: kind, customers, and whether all say that it is shared."""
        with self._pool.connection() as c:
            return c.execute(
                """SELECT a.kind, array_agg(DISTINCT a.customer::text ORDER BY a.customer::text), bool_and(a.shared)
                     FROM keys.holdings a
                    WHERE EXISTS (SELECT FROM keys.holdings b WHERE b.token = a.token AND b.customer <> a.customer
                                     AND b.held_from < a.held_until AND a.held_from < b.held_until)
                    GROUP BY a.token, a.kind ORDER BY max(a.held_from) DESC LIMIT %s""",
                [limit],
            ).fetchall()

    def candidates(self, customer: str) -> list[str]:
        """Who may be meant by a provisional customer: all holders of its point."""
        with self._pool.connection() as c:
            rows = c.execute(
                """SELECT DISTINCT p.customer::text FROM keys.provisional v JOIN keys.holdings p USING (token)
                    WHERE v.customer = %s ORDER BY 1""",
                [UUID(customer)],
            ).fetchall()
        return [r[0] for r in rows]


def _revision(c: Connection[Any]) -> int:
    row = c.execute("SELECT counter FROM keys.revision", binary=True).fetchone()
    assert row is not None
    return row[0]


def _index_names(c: Connection[Any], names: Iterable[tuple[bytes, bytes]]) -> None:
    pairs = sorted(set(names))
    if pairs:
        c.execute(
            "INSERT INTO keys.names SELECT * FROM unnest(%b::uuid[], %b::uuid[]) ON CONFLICT DO NOTHING",
            [packing.uuids([t for t, _ in pairs]), packing.uuids([x for _, x in pairs])],
        )
