"""How much memory processes take together, as long as something goes on (Linux)."""

import contextlib
import os
import threading
from collections.abc import Generator
from pathlib import Path

_EVERY = 0.25  # seconds


class Peak:
    """The most that was seen at once, in bytes: PSS, so that what processes share counts once."""

    def __init__(self, roots: list[int]) -> None:
        self.roots = roots
        self.bytes = 0

    def look(self) -> None:
        """Add up the processes and all their descendants."""
        seen: set[int] = set()
        for root in self.roots:
            _descend(root, seen)
        self.bytes = max(self.bytes, sum(map(_pss, seen)))


@contextlib.contextmanager
def watched(*roots: int) -> Generator[Peak]:
    """Look at these processes and their descendants, and at our own, time and again."""
    peak = Peak([os.getpid(), *roots])
    over = threading.Event()

    def look() -> None:
        while not over.wait(_EVERY):
            peak.look()

    thread = threading.Thread(target=look, name="memory", daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()
        peak.look()


def _descend(process: int, seen: set[int]) -> None:
    seen.add(process)
    with contextlib.suppress(OSError):
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            for child in children.read_text().split():
                if int(child) not in seen:
                    _descend(int(child), seen)


def _pss(process: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
