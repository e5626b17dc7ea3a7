"""The key store: customers' keys, the ledger's secrets, and the blind indexes; a database of its own.

What was read is remembered in this process until the store's revision moves on, which it does whenever something known
stops being so: a point gets a second holder, a holder loses it, a key is destroyed.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection

from domain import packing
from domain.errors import JejakError
from domain.pools import Pool
from domain.sealing import Secrets, new_key, seal, unseal

FOREVER = 2**62  # µs; beyond every date
REMEMBERED = 100_000  # entries, of keys and of holdings, before memory is freed


class WrongMasterKey(JejakError):
    """The master key does not open this key store."""


class Holding(NamedTuple):
    """`customer` held a point from `since` until `until` (µs)."""

    customer: bytes
    since: int
    until: int
    shared: bool
    claimed: bool
    event: bytes


class NewPoint(NamedTuple):
    """A point that a customer begins to hold, or has no more (`removed`), as an event says."""

    token: bytes
    kind: str
    customer: bytes
    event: bytes
    at: int
    since: int | None
    shared: bool
    removed: bool = False

    @property
    def start(self) -> int:
        """When it begins, or began to be no longer so; who shares a point and does not say, has it from the beginning."""
        if self.since is not None:
            return self.since
        return -FOREVER if self.shared else self.at


class KeyStore:
    """Keys and blind indexes; safe to use from several threads."""

    def __init__(self, pool: Pool, master: bytes) -> None:
        self._pool = pool
        self._master = AESGCM(master)
        self._keys: dict[bytes, AESGCM] = {}
        self._holdings: dict[bytes, tuple[Holding, ...]] = {}
        self._provisional: dict[bytes, bytes] = {}
        self._revision = 0
        self.secrets = self._open_secrets()

    # --- secrets and keys ------------------------------------------------------------------------------------------------

    def _open_secrets(self) -> Secrets:
        names = ("digest", "index", "cursor")
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
                "the master key does not open this key store; JEJAK_MASTER_KEY is another store's"
            ) from None

    def refresh(self) -> None:
        """Forget what is remembered if the store has moved on; called once per batch."""
        with self._pool.connection() as c:
            row = c.execute("SELECT counter FROM keys.revision").fetchone()
        if row is not None and row[0] != self._revision:
            self._keys.clear()
            self._holdings.clear()
            self._provisional.clear()
            self._revision = row[0]

    def keys(self, customers: Iterable[bytes]) -> dict[bytes, AESGCM]:
        """The customers' keys; one that was never made, or was destroyed, is missing."""
        wanted = set(customers)
        # Another thread may forget everything meanwhile: what is found is held here.
        found = {c: key for c in wanted if (key := self._keys.get(c)) is not None}
        if missing := list(wanted - found.keys()):
            with self._pool.connection() as c:
                rows = c.execute(
                    "SELECT customer, wrapped FROM keys.customers WHERE customer = ANY(%b)",
                    [packing.uuids(missing)],
                    binary=True,
                ).fetchall()
            self._make_room(self._keys)
            read = {customer.bytes: AESGCM(self._unwrap(wrapped, customer.bytes)) for customer, wrapped in rows}
            self._keys |= read
            found |= read
        return found

    def ensure_keys(self, customers: Iterable[bytes]) -> dict[bytes, AESGCM]:
        """The customers' keys, made where there were none."""
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
            for table in ("customers", "points", "names", "provisional"):
                c.execute(f"DELETE FROM keys.{table} WHERE customer = %s", [who])  # noqa: S608 - names from the line above
            _moved_on(c)

    def _make_room(self, remembered: dict[bytes, Any]) -> None:
        if len(remembered) > REMEMBERED:
            remembered.clear()

    # --- who holds a contact point -----------------------------------------------------------------------------------------

    def holdings(self, tokens: Iterable[bytes]) -> dict[bytes, tuple[Holding, ...]]:
        """Every holding of each token, earliest first; a token that nobody ever held is missing."""
        wanted = set(tokens)
        found = {t: held for t in wanted if (held := self._holdings.get(t)) is not None}
        if missing := list(wanted - found.keys()):
            self._make_room(self._holdings)
            with self._pool.connection() as c:
                read = _holdings(c, missing)
            # A claim is remembered only once its registration is recorded: until then each sender repeats it.
            self._holdings |= {t: held for t, held in read.items() if not any(h.claimed for h in held)}
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
            _lock(c, tokens)
            held = _holdings(c, tokens)
            fresh: dict[tuple[bytes, int], Claim] = {}
            for token, kind, at in points:
                if not holders(held.get(token, ()), at):
                    since, until = _gap(held.get(token, ()), at)
                    if (token, until) not in fresh:
                        fresh[token, until] = Claim(token, kind, since, until, uuid4().bytes)
            if fresh:
                self._make_keys(c, [claim.customer for claim in fresh.values()])
                _claim(c, list(fresh.values()), identified)
                held = _holdings(c, tokens)
        return held

    def provisional(self, token: bytes) -> bytes:
        """The provisional customer that stands for all holders of a point."""
        known = self._provisional.get(token)
        if known is None:
            self._make_room(self._provisional)
            known = self._provisional[token] = self._find_provisional(token)
        return known

    def _find_provisional(self, token: bytes) -> bytes:
        with self._pool.connection() as c, c.transaction():
            _lock(c, [token])
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
            _lock(c, [p.token for p in points])
            known = _holdings(c, [p.token for p in points])
            # Said again, it is passed over, or a nightly synchronisation would fill the store.
            _hold(c, [p for p in points if p.removed or not _goes_on(p, known.get(p.token, ()))])
            # Nobody remembers that a point is held by nobody: a first holder takes nothing back.
            if known:
                _moved_on(c)

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
            _hold(c, points)
            for token, event, bound in before:  # which no event states
                if bound is not None:
                    c.execute(
                        "UPDATE keys.points SET held_until = %s WHERE token = %s AND customer = %s AND event = %s",
                        [bound, token, who, event],
                    )
            _index_names(c, ((t, customer) for t in names))
            _moved_on(c)

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


def holders(held: Sequence[Holding], at: int) -> list[Holding]:
    """Who held a point at `at`, one holding a customer; before its first holder, that one."""
    active = {h.customer: h for h in held if h.since <= at < h.until}
    if not active and held and at < min(h.since for h in held):
        first = min(held, key=lambda h: (h.since, h.customer))
        return [first]
    return list(active.values())


class Claim(NamedTuple):
    """A new customer for a point that nobody holds between `since` and `until` (µs)."""

    token: bytes
    kind: str
    since: int
    until: int
    customer: bytes


def _gap(held: Sequence[Holding], at: int) -> tuple[int, int]:
    """The time around `at` (µs) in which nobody holds a point: from the last holder's end to the next one's beginning."""
    return max((h.until for h in held if h.until <= at), default=at), min(
        (h.since for h in held if h.since > at), default=FOREVER
    )


def _claim(c: Connection[Any], fresh: Sequence[Claim], identified: Callable[[bytes], bytes]) -> None:
    c.execute(
        """INSERT INTO keys.points (token, kind, customer, event, held_from, held_until, claimed)
           SELECT t, k, c, e, to_timestamp(f / 1e6), CASE WHEN u < %b THEN to_timestamp(u / 1e6) ELSE 'infinity' END, true
             FROM unnest(%b::uuid[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], %b::bigint[]) AS x(t, k, c, e, f, u)""",
        [
            FOREVER,
            [UUID(bytes=claim.token) for claim in fresh],
            [claim.kind for claim in fresh],
            [UUID(bytes=claim.customer) for claim in fresh],
            [UUID(bytes=identified(claim.customer)) for claim in fresh],
            [claim.since for claim in fresh],
            [claim.until for claim in fresh],
        ],
    )


def _lock(c: Connection[Any], tokens: Iterable[bytes]) -> None:
    """Keep others from deciding on the same points at the same time; in one order, so that nobody waits in a ring."""
    keys = sorted({int.from_bytes(token[:8], "big", signed=True) for token in tokens})
    c.execute("SELECT pg_advisory_xact_lock(t) FROM unnest(%b::bigint[]) t", [keys])


def _moved_on(c: Connection[Any]) -> None:
    c.execute("UPDATE keys.revision SET counter = counter + 1")


def _holdings(c: Connection[Any], tokens: Sequence[bytes]) -> dict[bytes, tuple[Holding, ...]]:
    rows = c.execute(
        """SELECT token, customer, shared, claimed, event,
                  CASE WHEN isfinite(held_from) THEN (extract(epoch FROM held_from) * 1000000)::bigint ELSE -%b::bigint END,
                  CASE WHEN isfinite(held_until) THEN (extract(epoch FROM held_until) * 1000000)::bigint ELSE %b::bigint END
             FROM keys.holdings WHERE token = ANY(%b) ORDER BY held_from, customer""",
        [FOREVER, FOREVER, packing.uuids(tokens)],
        binary=True,
    ).fetchall()
    found: dict[bytes, tuple[Holding, ...]] = {}
    for token, customer, shared, claimed, event, since, until in rows:
        holding = Holding(customer.bytes, since, until, shared, claimed, event.bytes)
        found[token.bytes] = (*found.get(token.bytes, ()), holding)
    return found


def _goes_on(point: NewPoint, held: Sequence[Holding]) -> bool:
    """Whether the customer holds this point already, in the same way."""
    return any(
        h.customer == point.customer and h.until >= FOREVER and h.shared == point.shared and h.since <= point.start
        for h in held
    )


def _hold(c: Connection[Any], points: Sequence[NewPoint]) -> None:
    """Enter what is said of points."""
    if points:
        c.execute(
            """INSERT INTO keys.points (token, kind, customer, event, held_from, shared, removed)
               SELECT token, kind, customer, event,
                      CASE WHEN since > -%b::bigint THEN to_timestamp(since / 1e6) ELSE '-infinity' END, shared, removed
                 FROM unnest(%b::uuid[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], %b::boolean[], %b::boolean[])
                      AS n(token, kind, customer, event, since, shared, removed)
               ON CONFLICT DO NOTHING""",
            [
                FOREVER,
                packing.uuids([p.token for p in points]),
                [p.kind for p in points],
                packing.uuids([p.customer for p in points]),
                packing.uuids([p.event for p in points]),
                [p.start for p in points],
                [p.shared for p in points],
                [p.removed for p in points],
            ],
        )


def _index_names(c: Connection[Any], names: Iterable[tuple[bytes, bytes]]) -> None:
    pairs = sorted(set(names))
    if pairs:
        c.execute(
            "INSERT INTO keys.names SELECT * FROM unnest(%b::uuid[], %b::uuid[]) ON CONFLICT DO NOTHING",
            [packing.uuids([t for t, _ in pairs]), packing.uuids([x for _, x in pairs])],
        )
