"""What is known of one customer: facts gathered from their history, without any rule.

`Customer` is folded in place by `domain.customer.evolve`. Everything in it can be encoded (msgpack) and is bounded: lists that
would grow with a history are cut by `domain.customer.trim`, which a fold calls with the memory that its rules need.

Units: instants are microseconds since 1970-01-01T00:00Z; money is `Decimal`, kept apart per currency. An `Item` is one
happening: (occurred at, event id). `version` is the place in the stream of the event whose sealed part says more.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, IntFlag
from typing import Final

from msgspec import Struct, field

from domain.events import ComplaintEvent, HoldingChanged, HoldingClosed, ProspectClosed  # noqa: F401  (see Unmatched)
from domain.events import Event, Window, Wish

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
NEVER: Final = 253_402_300_799_000_000  # 9999-12-31T23:59:59Z, which PostgreSQL can store too

Item = tuple[int, str]
