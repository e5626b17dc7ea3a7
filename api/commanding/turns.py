"""Commands for one customer that got in each other's way take turns; those that do not are not held up."""

import contextlib
from collections.abc import Generator, Iterable
from threading import Lock

STRIPES = 64  # customers of one stripe take turns with each other, which costs a little and changes nothing


class Turns:
    """Locks of one process. Others in other processes are told apart by the version of the stream, as ever."""

    def __init__(self) -> None:
        self._locks = [Lock() for _ in range(STRIPES)]

    @contextlib.contextmanager
    def of(self, customers: Iterable[str]) -> Generator[None]:
        """One at a time for these customers; in one order, so that nobody waits in a ring."""
        with contextlib.ExitStack() as stack:
            for stripe in sorted({hash(customer) % STRIPES for customer in customers}):
                stack.enter_context(self._locks[stripe])
            yield
